"""What pages and JSON tell of people: the same words for both, and never a secret."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from api.people.who import SignedIn
from api.people.words import AUDIENCES
from geo.errors import Text
from geo.people.areas import AreaKind
from geo.people.grants import BANGKOK, BY_NAME, MINUTES_BY_NAME, last_day_of
from geo.store.people import KeptGrant
from geo.store.people_tables import BearerToken, Person, SecurityEvent


def grants_json(kept: Iterable[KeptGrant], now: dt.datetime) -> list[dict[str, Any]]:
    """Grants with the name of their area and their last day in Bangkok."""
    return [
        {
            "id": one.id, "audience": one.grant.audience.value, "kind": one.grant.kind.value, "area": one.grant.area,
            "place": one.place, "last_day": last_day_of(one.grant.ends).isoformat() if one.grant.ends else None,
            "over": not one.grant.holds(now),
        }
        for one in kept
    ]  # fmt: skip


def tokens_json(tokens: Iterable[BearerToken]) -> list[dict[str, Any]]:
    """Long-lived tokens by their names."""
    return [
        {"id": one.id, "name": one.name, "audience": one.audience, "purpose": one.purpose, "may_write": one.may_write,
         "last_day": last_day_of(one.ends_at).isoformat()}
        for one in tokens
    ]  # fmt: skip


def events_json(events: Iterable[SecurityEvent]) -> list[dict[str, Any]]:
    """What was done to an account, in Bangkok's time."""
    return [
        {"at": one.happened_at.astimezone(BANGKOK).isoformat(timespec="minutes"), "by": one.made_by, "what": one.what,
         "detail": one.detail or {}}
        for one in events
    ]  # fmt: skip


def person_json(person: Person, kept: Iterable[KeptGrant], now: dt.datetime) -> dict[str, Any]:
    """An account as its steward sees it."""
    state = "disabled" if person.disabled_at else "active" if person.password_hash or person.oidc_subject else "invited"
    return {"id": person.id, "login": person.login, "name": person.name, "state": state,
            "one_time_codes": person.totp_secret is not None, "grants": grants_json(kept, now)}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """As whom somebody looks: the audience, where, and what for and until when where it is granted by name."""

    audience: Text
    places: tuple[str, ...]
    purpose: str | None
    until: str | None

    @property
    def more(self) -> list[Text]:
        """What stands after the audience: where, what for, until when."""
        where = ", ".join(self.places[:MOST_PLACES]) + (" …" if len(self.places) > MOST_PLACES else "")
        parts = [Text(one, one) for one in (where, f"“{self.purpose}”" if self.purpose else "") if one]
        return [*parts, Text(f"ถึง {self.until} น.", f"until {self.until}")] if self.until else parts


MOST_PLACES = 2


def speaking(me: SignedIn) -> Speaking:
    """As whom somebody looks now, from what was found when they came in: no page asks the database for it."""
    mine = [one for one in me.grants if one.grant.audience == me.audience and _is_used(one, me)]
    since, by_name = me.credential.since, me.audience in BY_NAME
    until = since + dt.timedelta(minutes=MINUTES_BY_NAME) if since and by_name else None
    return Speaking(
        audience=AUDIENCES[me.audience.value], places=tuple(dict.fromkeys(one.place for one in mine)),
        purpose=me.purpose if by_name else None,
        until=until.astimezone(BANGKOK).strftime("%H:%M") if until else None,
    )  # fmt: skip


def _is_used(kept: KeptGrant, me: SignedIn) -> bool:
    """Whether a grant is among those that they speak from: a town may withhold one until there is a one-time code."""
    area = kept.grant.area
    if kept.grant.kind is AreaKind.MUNICIPALITY:
        return area in me.areas.towns
    return int(area) in (me.areas.communities if kept.grant.kind is AreaKind.COMMUNITY else me.areas.shared)


def town_names(me: SignedIn) -> dict[str, str]:
    """What the towns that somebody speaks for are called, by code."""
    towns = [one for one in me.grants if one.grant.kind is AreaKind.MUNICIPALITY]
    return {town: town for town in me.areas.towns} | {one.grant.area: one.place for one in towns}
