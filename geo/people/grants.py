"""Grants: who may be what, where, until when. A grant is one audience in one area; nothing is inherited.

A grant's last day is a day in Bangkok, and it ends at the midnight that ends that day there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from geo.layer import Audience
from geo.people.areas import NOWHERE, AreaKind, Areas

BANGKOK = dt.timezone(dt.timedelta(hours=7), "Asia/Bangkok")
# Whose columns are personal: granted by name, asked for with a purpose, and never what a sign-in begins with.
BY_NAME = (Audience.CARE, Audience.TAX)
DEFAULTS = (Audience.STAFF, Audience.COMMUNITY, Audience.PARTNER, Audience.STEWARD)
GRANTED = (*DEFAULTS, *BY_NAME)
MINUTES_BY_NAME = 60
PURPOSE_SHORTEST, PURPOSE_LONGEST = 5, 200


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One audience in one area, until an instant or for good.

    `towns` are the municipalities that the area lies in, as the database knows them: whose steward governs the grant.
    """

    audience: Audience
    kind: AreaKind
    area: str
    ends: dt.datetime | None = None
    towns: frozenset[str] = frozenset()

    def holds(self, at: dt.datetime) -> bool:
        """Whether it is not over yet."""
        return self.ends is None or at < self.ends


def areas_of(grants: Iterable[Grant], audience: Audience, at: dt.datetime) -> Areas:
    """Where somebody is of exactly this audience now."""
    held = [grant for grant in grants if grant.audience == audience and grant.holds(at)]
    if not held:
        return NOWHERE
    named = {kind: [grant.area for grant in held if grant.kind == kind] for kind in AreaKind}
    return Areas(
        towns=frozenset(named[AreaKind.MUNICIPALITY]),
        communities=frozenset(map(int, named[AreaKind.COMMUNITY])),
        shared=frozenset(map(int, named[AreaKind.SHARED_AREA])),
    )


def audiences_of(grants: Iterable[Grant], at: dt.datetime) -> tuple[Audience, ...]:
    """The audiences somebody holds now, the best to begin with first; those granted by name stand last."""
    held = {grant.audience for grant in grants if grant.holds(at)}
    return tuple(audience for audience in GRANTED if audience in held)


def default_of(audiences: Iterable[Audience]) -> Audience:
    """What a sign-in begins with: never an audience granted by name, and the public where there is nothing else."""
    return next((audience for audience in audiences if audience not in BY_NAME), Audience.PUBLIC)


def speaking_for(
    wanted: Audience, audiences: Iterable[Audience], *, since: dt.datetime | None, at: dt.datetime
) -> Audience:
    """The audience that a session speaks for: the one it asked for while that is held and, by name, still fresh."""
    held = tuple(audiences)
    stale = wanted in BY_NAME and (since is None or at >= since + dt.timedelta(minutes=MINUTES_BY_NAME))
    return default_of(held) if stale or wanted not in held else wanted


def end_of(last_day: dt.date) -> dt.datetime:
    """The midnight in Bangkok that ends a day there."""
    return dt.datetime.combine(last_day + dt.timedelta(days=1), dt.time(), BANGKOK)


def last_day_of(ends: dt.datetime) -> dt.date:
    """The last day in Bangkok of something that ends at an instant."""
    return (ends.astimezone(BANGKOK) - dt.timedelta(microseconds=1)).date()


def without_codes(grants: Iterable[Grant], rules: frozenset[tuple[str, Audience]]) -> list[Grant]:
    """The grants that may be used without a one-time code: those that no town of theirs asks one for."""
    return [grant for grant in grants if not any((town, grant.audience) in rules for town in grant.towns)]


def purpose_in(text: str | None) -> str | None:
    """A purpose as it is written down, or None where it says too little or too much to be one."""
    written = " ".join((text or "").split())
    return written if PURPOSE_SHORTEST <= len(written) <= PURPOSE_LONGEST else None
