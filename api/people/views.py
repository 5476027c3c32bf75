"""What pages and JSON tell of people: the same words for both, and never a secret."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from geo.people.grants import BANGKOK, last_day_of
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
