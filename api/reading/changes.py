"""What changed since last year: for everybody by the days that are public, for members by the history.

The public has no history (`geo/store/past.py`), so that it is told of risks by the day on which each was seen, and that
this is not the same as what was known a year ago. Of a register of thousands (a tax map) the past costs one question a
layer: versions are counted where they lie, and none leaves the store.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from api.reading.exports import Fact
from api.reading.looking import Community, Looking, counts_by_touch
from api.reading.numbers import BY, HOMES, Numbers, folded, seen_between
from api.reading.tables import color, label, rai_of
from geo.errors import Text, UnknownFeature
from geo.layer import Layer
from geo.people.grants import BANGKOK
from geo.shapes.whereabouts import Box
from geo.store.asking import shown_fields
from geo.store.grouped import Group, grouped, touching
from geo.store.read import Wanted, feature
from layers import LAYERS

# By which column the lines of a layer are told beneath its sum, where they are.
COUNTED: Mapping[str, str | None] = {
    "risk_point": None, "risk_zone": None, "asset": None, "parcel": "land_use", "building": None, HOMES: None,
}  # fmt: skip
WORDS = ("registered_people", "present_people", "registered_households")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Risks of a layer by the day on which they were seen: the last twelve months, and the twelve before."""

    layer: Layer
    since: dt.date
    before: dt.date
    lately: int
    earlier: int

    def facts(self) -> list[Fact]:
        """The same for a file."""
        topic = Text(f"{self.layer.title.th}: วันที่พบ", f"{self.layer.title.en}: day seen")
        return [
            Fact(topic=topic, item=Text("12 เดือนล่าสุด", "the last 12 months"), value=self.lately,
                 as_of=self.since.isoformat()),
            Fact(topic=topic, item=Text("12 เดือนก่อนหน้านั้น", "the 12 months before"), value=self.earlier,
                 as_of=self.before.isoformat()),
        ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How many, and how much land where it is measured."""

    count: int
    square_metres: float | None = None

    @property
    def rai(self) -> str | None:
        """The land as deeds write it."""
        return None if self.square_metres is None else rai_of(self.square_metres)


@dataclass(frozen=True, kw_only=True)
class Change:
    """An amount as the history has it a year ago (None: nothing was in the register then), and now.

    What these eyes may not count by place `is_withheld`.
    """

    label: Text
    then: Amount | None
    now: Amount | None
    color: str | None = None
    is_withheld: bool = False


def a_year_before(day: dt.date, years: int = 1) -> dt.date:
    """The same day so many years earlier; of a leap day the one before it."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def seen(numbers: Numbers, layer_id: str, now: dt.datetime) -> Seen:
    """Risks seen in the twelve months up to today in Bangkok, and in the twelve before."""
    today = now.astimezone(BANGKOK).date()
    since, before = a_year_before(today), a_year_before(today, 2)
    return Seen(
        layer=LAYERS[layer_id], since=since, before=before,
        lately=seen_between(numbers, layer_id, since, today), earlier=seen_between(numbers, layer_id, before, since),
    )  # fmt: skip


def changes(
    looking: Looking, community: Community, numbers: Numbers, box: Box | None, now: dt.datetime
) -> list[Change]:
    """The community's own numbers and what is counted in it, on this day last year and now; for members alone."""
    local = now.astimezone(BANGKOK)
    at = dt.datetime.combine(a_year_before(local.date()), local.time(), BANGKOK)
    layer = LAYERS["community"]
    try:
        then = feature(looking.session, layer, looking.asking, community.id, at=at)["properties"]
    except UnknownFeature:
        then = None
    found = [
        Change(label=layer.fields[name].label, then=_amount((then or {}).get(name)),
               now=_amount(community.words.get(name)))
        for name in WORDS
    ]  # fmt: skip
    for name, by in COUNTED.items():
        layer = LAYERS[name]
        # A zone that reaches a community without being its own has a past for the town's staff alone.
        is_half_seen = looking.public is not None and counts_by_touch(layer)
        if is_half_seen or "community_id" not in shown_fields(layer, looking.asking):
            found.append(Change(label=layer.title, then=None, now=None, is_withheld=True))
            continue
        before = _a_year_ago(looking, community, name, by, box, at) if then is not None else None
        found += _lines(name, by, before, numbers.groups[name])
    return found


# An outline that left the store has seven decimals, and one that lies on it must not fall out for want of the eighth.
_BESIDE_DEGREES = 0.0001


def _around(box: Box) -> Box:
    more = _BESIDE_DEGREES
    return Box(west=box.west - more, south=box.south - more, east=box.east + more, north=box.north + more)


def _a_year_ago(
    looking: Looking, community: Community, name: str, by: str | None, box: Box | None, at: dt.datetime
) -> list[Group]:
    layer, wanted = LAYERS[name], Wanted(at=at)
    columns = () if by is None else (by,)
    if counts_by_touch(layer):
        # The outline is that of today, so that a line which was drawn better is no zone that came or went.
        near = replace(wanted, box=_around(box)) if box else wanted
        groups = touching(looking.session, layer, LAYERS["community"], looking.asking, [community.id], near, by=columns)
        return [replace(one, values=one.values[1:]) for one in groups]
    wanted = replace(wanted, equal=(("community_id", str(community.id)),))
    return grouped(looking.session, layer, looking.asking, wanted, by=columns, sums=BY[name][1] if by else ())


def _lines(name: str, by: str | None, then: Sequence[Group] | None, now: Sequence[Group]) -> list[Change]:
    """The sum of a layer, and by a column what it is made up of, in the order of what there is now."""
    layer = LAYERS[name]
    found = [Change(label=layer.title, then=None if then is None else _sum(then, by), now=_sum(now, by))]
    if by is None:
        return found
    after, before = folded(now, BY[name][0].index(by)), folded(then or (), 0)
    for code in (*after, *(one for one in before if one not in after)):
        found.append(
            Change(label=label(layer, by, code), color=color(layer, by, code),
                   then=None if then is None else _sum([before[code]] if code in before else [], by),
                   now=_sum([after[code]] if code in after else [], by))
        )  # fmt: skip
    return found


def _sum(groups: Sequence[Group], by: str | None) -> Amount:
    land = sum(group.sums[0] for group in groups) if by else None
    return Amount(count=sum(group.count for group in groups), square_metres=land)


def _amount(count: int | None) -> Amount | None:
    return None if count is None else Amount(count=count)
