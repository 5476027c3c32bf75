"""Two to six communities side by side: the same measures, on the same scale, each number with its day and source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from api.reading.exports import Fact, Sheet, fact_sheet
from api.reading.looking import Community, Looking
from api.reading.measures import PER, STATES, Measure, measures_for, said
from api.reading.numbers import Figure, numbers_of
from geo.errors import BadRequest, Text
from geo.render.charts import Bar, bars
from geo.store.wanted import KEY_LIMIT
from layers import LAYERS

FEWEST, MOST = 2, 6
LETTERS = "ABCDEF"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One measure of each community, told in one way."""

    per: str
    unit: Text
    figures: list[Figure]
    said: list[Any]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One measure: its ways, each with the figures of all communities."""

    measure: Measure
    ways: list[Told]

    @property
    def is_known(self) -> bool:
        """Whether there is a number of any community."""
        return any(one.value is not None for way in self.ways for one in way.figures)

    @property
    def is_more_than_nothing(self) -> bool:
        """Whether any bar would have a length."""
        return any(one.value for one in self.ways[0].figures)

    def chart(self, names: Sequence[str], language: str) -> Markup:
        """The first way as bars on one scale, a letter for each community."""
        way = self.ways[0]
        shown = [
            Bar(label=f"{letter}  {name}", value=one.value, told=words.in_language(language))
            for letter, name, one, words in zip(LETTERS, names, way.figures, way.said, strict=False)
        ]
        title = f"{self.measure.title.in_language(language)} ({way.unit.in_language(language)})"
        about = "; ".join(f"{bar.label} {bar.told}" for bar in shown)
        return bars(f"of-{self.measure.id}", shown, title=title, about=about)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The communities, and every measure of them by theme."""

    communities: list[Community]
    themes: list[tuple[Text, list[Line]]]


def ids_in(written: str, *more: str | None) -> list[int]:
    """The communities asked for, each once, in their order; BadRequest for what is no id, and for more than six."""
    found: dict[int, None] = {}
    for part in (*written.split(","), *(one or "" for one in more)):
        text = part.strip()
        if not text:
            continue
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= KEY_LIMIT):
            raise BadRequest(f"{text[:40]!r} ไม่ใช่รหัสชุมชน", f"{text[:40]!r} is no id of a community")
        found[int(text)] = None
    if len(found) > MOST:
        raise BadRequest(f"เปรียบเทียบได้ไม่เกิน {MOST} ชุมชน", f"At most {MOST} communities can be compared")
    return list(found)


def comparison(looking: Looking, communities: list[Community], per: str) -> Comparison:
    """Every measure that these eyes may see, of each community; counts first by what `per` names."""
    measures = measures_for(looking)
    needs = {name for one in measures for name in one.needs}
    numbers = numbers_of(looking, communities, needs)
    themes: dict[Text, list[Line]] = {}
    for measure in measures:
        ways = sorted(measure.per, key=lambda way: way.id != per)
        line = Line(
            measure=measure,
            ways=[
                Told(per=way.id, unit=way.unit if way.divisor else measure.unit,
                     figures=(figures := [measure.told(one, way.id) for one in numbers]),
                     said=[said(one, measure.digits_of(way.id)) for one in figures])
                for way in ways
            ],
        )  # fmt: skip
        if line.is_known or measure.is_count:
            themes.setdefault(measure.theme, []).append(line)
    return Comparison(communities=communities, themes=list(themes.items()))


def sheet_of(found: Comparison) -> Sheet:
    """The page's numbers as a file: a line for each community, measure and way."""
    facts = []
    fields = LAYERS["community"].fields
    for place, one in enumerate(found.communities):
        topic = Text(one.words["name_th"], one.words.get("name_en") or one.words["name_th"])
        for name in ("counted_on", "registered_source", "present_on", "present_source"):
            told = one.words.get(name)
            facts.append(Fact(topic=topic, item=fields[name].label, value=None,
                              state=Text(told, told) if told else STATES_NONE))  # fmt: skip
        for _, lines in found.themes:
            for line in lines:
                facts += [_fact(topic, line.measure, way, place) for way in line.ways]
    return fact_sheet(
        Text("เปรียบเทียบชุมชน", "Communities compared"), facts, {"ids": [one.id for one in found.communities]}
    )


STATES_NONE = Text("ยังไม่มีข้อมูล", "not known")


def _fact(topic: Text, measure: Measure, way: Told, place: int) -> Fact:
    one = way.figures[place]
    state = STATES[one.known] if one.value is None else Text("โดยประมาณ", "approximate") if one.is_about else None
    return Fact(topic=topic, item=measure.title, value=one.value, state=state, unit=way.unit, source=measure.how)


def per_of(name: str | None) -> str:
    """By what counts are told first; BadRequest for what is none of the ways."""
    if name is not None and name not in PER:
        raise BadRequest(f"ไม่มีการเทียบแบบ {name[:40]!r}", f"There is no way {name[:40]!r} to tell a number")
    return name or next(iter(PER))
