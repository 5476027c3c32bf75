"""What changed since last year: for everybody by the days that are public, for members by the history.

The public has no history (`geo/store/past.py`), so that it is told of risks by the day on which each was seen, and that
this is not the same as what was known a year ago.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from api.reading.exports import Fact
from api.reading.looking import Community, Looking
from api.reading.numbers import Numbers, seen_between
from geo.errors import Text, UnknownFeature
from geo.layer import Layer
from geo.people.grants import BANGKOK
from geo.store.asking import shown_fields
from geo.store.grouped import grouped
from geo.store.read import Wanted, feature
from layers import LAYERS

# Layers that are small enough for their past to be counted while somebody waits; a tax map has pages of its own.
COUNTED = ("risk_point", "asset", "household")
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
class Change:
    """A number as the history has it a year ago (None: nothing was in the register then), and now."""

    label: Text
    then: int | None
    now: int | None


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


def changes(looking: Looking, community: Community, numbers: Numbers, now: dt.datetime) -> list[Change]:
    """The community's own numbers and what is counted in it, on this day last year and now; for members alone."""
    local = now.astimezone(BANGKOK)
    at = dt.datetime.combine(a_year_before(local.date()), local.time(), BANGKOK)
    layer = LAYERS["community"]
    try:
        then = feature(looking.session, layer, looking.asking, community.id, at=at)["properties"]
    except UnknownFeature:
        then = {}
    found = [
        Change(label=layer.fields[name].label, then=then.get(name), now=community.words.get(name)) for name in WORDS
    ]
    for name in COUNTED:
        if "community_id" not in shown_fields(LAYERS[name], looking.asking):
            continue
        wanted = Wanted(at=at, equal=(("community_id", str(community.id)),))
        groups = grouped(looking.session, LAYERS[name], looking.asking, wanted, by=())
        before = sum(group.count for group in groups)
        found.append(
            Change(label=LAYERS[name].title, then=before if then else None,
                   now=sum(group.count for group in numbers.groups[name]))
        )  # fmt: skip
    return found
