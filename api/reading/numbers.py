"""What is counted in communities: one question a layer, however many communities a page tells of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from api.reading.looking import Community, Looking
from geo.store.grouped import Group
from geo.store.tallies import Tally

# By which columns a layer is counted, and what is added up.
BY: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "risk_point": (("kind", "band", "status", "seen_on"), ()),
    "risk_zone": (("kind", "band", "status", "seen_on"), ()),
    "asset": (("kind", "open_in_flood"), ("capacity",)),
    "parcel": (("land_use",), ("area_square_metres",)),
    "building": (("use",), ("area_square_metres",)),
    "household": (("registration", "tenure", "programme"), ("residents",)),
}
RISKS = ("risk_point", "risk_zone")
SURVEYED = "surveyed"
HOMES = "household"


class Known(StrEnum):
    """Whether a number is told; and if not, whether it is not known or not for telling."""

    YES = "known"
    NOT_KNOWN = "not known"
    WITHHELD = "not published"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number, or why there is none; `is_about` where it has parts of squares in it."""

    value: float | None = None
    known: Known = Known.YES
    is_about: bool = False


NOT_KNOWN, WITHHELD = Figure(known=Known.NOT_KNOWN), Figure(known=Known.WITHHELD)


def figure(value: float | None) -> Figure:
    """A number, or that it is not known: what is missing is never a zero."""
    return NOT_KNOWN if value is None else Figure(value=value)


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """One community and what was counted in it; `recorded` are the layers that hold anything in any of those asked."""

    community: Community
    groups: Mapping[str, Sequence[Group]] = field(default_factory=dict)
    surveyed: Tally | None = None
    recorded: frozenset[str] = frozenset()

    def word(self, name: str) -> Any:
        """A word of the community's own row."""
        return self.community.words.get(name)

    def count(self, layer: str, test: Callable[[Mapping[str, Any]], bool] | None = None) -> Figure:
        """How many rows, all or those whose columns pass a test; not known where nobody has recorded any nearby."""
        if layer not in self.recorded:
            return NOT_KNOWN
        return Figure(
            value=sum(group.count for group in self.groups[layer] if test is None or test(named(layer, group)))
        )

    def total(self, layer: str, test: Callable[[Mapping[str, Any]], bool] | None = None) -> float:
        """What is added up over the rows, all or those whose columns pass a test."""
        found = (group for group in self.groups[layer] if test is None or test(named(layer, group)))
        return sum(group.sums[0] for group in found)

    def folded(self, layer: str, column: str) -> dict[str | None, Group]:
        """Counts and sums by one of the columns."""
        return folded(self.groups.get(layer, ()), BY[layer][0].index(column))


def named(layer: str, group: Group) -> dict[str, Any]:
    """A group's values by the names of their columns."""
    return dict(zip(BY[layer][0], group.values, strict=True))


def folded(groups: Iterable[Group], place: int) -> dict[str | None, Group]:
    """Groups put together by the value at a place, the largest first."""
    found: dict[str | None, Group] = {}
    for group in groups:
        before = found.get(group.values[place])
        sums = group.sums
        if before is not None:
            sums = tuple(one + other for one, other in zip(before.sums, group.sums, strict=True))
        count = group.count + (before.count if before else 0)
        found[group.values[place]] = Group(values=(group.values[place],), count=count, sums=sums)
    return dict(sorted(found.items(), key=lambda item: (-item[1].count, item[0] or "")))


def numbers_of(looking: Looking, communities: Sequence[Community], needs: Iterable[str]) -> list[Numbers]:
    """What the layers of `needs` count in each of these communities; households where the eyes that look may know."""
    ids = [one.id for one in communities]
    needed = set(needs)
    counted = [name for name in BY if name in needed and (name != HOMES or looking.knows_homes)]
    groups: dict[str, dict[int, list[Group]]] = {name: {} for name in counted}
    for name in counted if ids else ():
        by, sums = BY[name]
        for group in looking.groups(name, ids, by, sums):
            fid, *rest = group.values
            own = Group(values=tuple(rest), count=group.count, sums=group.sums)
            groups[name].setdefault(fid, []).append(own)
    surveyed = looking.households(ids) if SURVEYED in needed and ids else {}
    recorded = frozenset(name for name in counted if groups[name])
    return [
        Numbers(
            community=one, groups={name: groups[name].get(one.id, ()) for name in counted},
            surveyed=surveyed.get(one.id), recorded=recorded,
        )
        for one in communities
    ]  # fmt: skip


def seen_between(numbers: Numbers, layer: str, after: dt.date, until: dt.date) -> int:
    """How many risks were seen after one day and until another."""

    def in_time(words: Mapping[str, Any]) -> bool:
        return words["seen_on"] is not None and after < dt.date.fromisoformat(words["seen_on"]) <= until

    return sum(group.count for group in numbers.groups[layer] if in_time(named(layer, group)))
