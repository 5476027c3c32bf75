"""A town's communities by a chosen measure: ranked, mapped in honest classes, and as a table that sorts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from api.reading.exports import Column, Sheet
from api.reading.looking import Community, Looking, Picture
from api.reading.measures import PER, STATES, Measure, Per, number, said
from api.reading.numbers import Figure, Known, figure, numbers_of
from geo.errors import BadRequest, Text
from geo.render.charts import RAMPS, Area, Bar, Step, bars, choropleth
from geo.shapes.classes import Classes, natural_classes
from layers import LAYERS

NAME = "name"
MOST_BARS = 12
DENOMINATORS = {"registered-people": "registered_people", "present-people": "present_people"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One community: its place in the ranking (equal numbers share one), and its figures by column."""

    rank: int | None
    community: Community
    figures: Mapping[str, Figure]
    told: Mapping[str, Text]


@dataclass(frozen=True, kw_only=True)
class Heading:
    """One column of the table: what it is sorted by, and how it is sorted now (`aria-sort`)."""

    id: str
    label: Text
    unit: Text
    order: str
    next_sort: str


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """A town by a measure, told in one of its ways."""

    measure: Measure
    per: Per
    digits: int
    sort: str
    rows: list[Row]
    classes: Classes
    longest: float
    height: int

    @property
    def shown_per(self) -> tuple[Per, ...]:
        """The ways in which the measure is told, the chosen one first."""
        return (self.per, *(one for one in self.measure.per if one is not self.per))

    def headings(self) -> list[Heading]:
        """The columns of the table in their order."""
        words = LAYERS["community"].fields
        people = [(id, words[name].label, Text("คน", "people")) for id, name in DENOMINATORS.items()]
        own = self.measure
        ways = [(one.id, *((one.title, one.unit) if one.divisor else (own.title, own.unit))) for one in self.shown_per]
        columns = [(NAME, Text("ชุมชน", "Community"), Text("", "")), *ways, *people]
        return [self._heading(*column) for column in columns]

    def _heading(self, id: str, label: Text, unit: Text) -> Heading:
        order = {id: "ascending", f"-{id}": "descending"}.get(self.sort, "none")
        # Numbers are first wanted from the greatest down, names from the beginning.
        following = id if order == "descending" or (id == NAME and order == "none") else f"-{id}"
        return Heading(id=id, label=label, unit=unit, order=order, next_sort=following)


def ranking(looking: Looking, picture: Picture, measure: Measure, per: Per, sort: str | None) -> Ranking:
    """The communities of a town by a measure; BadRequest for a sort that is no column."""
    numbers = numbers_of(looking, picture.communities, measure.needs)
    digits = measure.digits_of(per.id)
    figures = [_figures(measure, one) for one in numbers]
    # What is told as the same number is the same: neither parted by a class nor ranked apart.
    values = [_rounded(one[per.id].value, digits) for one in figures]
    found = [one for one in values if one is not None]
    rows = [
        Row(rank=None if value is None else 1 + sum(other > value for other in found), community=one.community,
            figures=own, told={id: said(own[id], _digits(measure, id)) for id in own})
        for one, own, value in zip(numbers, figures, values, strict=True)
    ]  # fmt: skip
    chosen = sort or f"-{per.id}"
    return Ranking(
        measure=measure, per=per, digits=digits, sort=chosen, rows=_sorted(rows, chosen),
        classes=natural_classes(values), longest=max(found, default=0.0), height=picture.height,
    )  # fmt: skip


def _figures(measure: Measure, numbers: Any) -> dict[str, Figure]:
    people = {id: figure(numbers.word(name)) for id, name in DENOMINATORS.items()}
    return {one.id: measure.told(numbers, one.id) for one in measure.per} | people


def _digits(measure: Measure, id: str) -> int:
    return 0 if id in DENOMINATORS else measure.digits_of(id)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    """By a column; what has no number comes last either way, and equals by name."""
    id, falls = sort.removeprefix("-"), sort.startswith("-")
    known = {NAME, *(rows[0].figures if rows else (*PER, *DENOMINATORS))}
    if id not in known:
        raise BadRequest(f"เรียงตาม {sort[:40]!r} ไม่ได้", f"{sort[:40]!r} is nothing to sort by")
    if id == NAME:
        return sorted(rows, key=lambda row: (row.community.words.get("name_th") or "", row.community.id), reverse=falls)

    def place(row: Row) -> tuple[bool, float, str, int]:
        value = row.figures[id].value
        own = 0.0 if value is None else value
        return value is None, -own if falls else own, row.community.words.get("name_th") or "", row.community.id

    return sorted(rows, key=place)


def town_map(found: Ranking, town: Text, language: str) -> Markup:
    """The choropleth of a ranking, with its legend."""
    words = {row.community.id: row for row in found.rows}
    shown = [row for row in words.values() if row.community.path]
    areas = [
        Area(
            path=row.community.path or "", point=row.community.point, mark=str(row.rank or ""),
            step=found.classes.of(_rounded(row.figures[found.per.id].value, found.digits)),
            told=f"{_name(row.community, language)}: {row.told[found.per.id].in_language(language)}",
        )
        for row in shown
    ]  # fmt: skip
    legend = list(_legend(found, language))
    about = "; ".join(step.label for step in legend)
    return choropleth("town-map", areas, legend, height=found.height, title=_titled(found, town, language), about=about)


def town_bars(found: Ranking, town: Text, language: str) -> Markup:
    """The first communities of a ranking as bars, with their ranks."""
    first = sorted((row for row in found.rows if row.rank), key=lambda row: (row.rank, row.community.id))[:MOST_BARS]
    shown = [
        Bar(label=f"{row.rank}  {_name(row.community, language)}", value=row.figures[found.per.id].value,
            told=row.told[found.per.id].in_language(language))
        for row in first
    ]  # fmt: skip
    about = "; ".join(f"{bar.label} {bar.told}" for bar in shown)
    return bars("town-bars", shown, title=_titled(found, town, language), about=about)


def _titled(found: Ranking, town: Text, language: str) -> str:
    title = f"{town.in_language(language)}: {found.measure.title.in_language(language)}"
    return f"{title}, {found.per.title.in_language(language)}" if found.per.divisor else title


def _legend(found: Ranking, language: str) -> Iterator[Step]:
    unit = "ชุมชน" if language == "th" else "communities"
    ramp = RAMPS[len(found.classes.classes)]
    for one, color in zip(found.classes.classes, ramp, strict=True):
        low, high = number(one.low, found.digits), number(one.high, found.digits)
        yield Step(label=f"{low if low == high else f'{low} – {high}'}  ({one.count} {unit})", color=color)
    for known, words in STATES.items():
        count = sum(row.figures[found.per.id].known is known for row in found.rows)
        if count:
            yield Step(label=f"{words.in_language(language)}  ({count} {unit})", color=None)


def _name(community: Community, language: str) -> str:
    th: str = community.words.get("name_th") or "–"
    return th if language == "th" else community.words.get("name_en") or th


def sheet_of(found: Ranking, code: str, town: Text) -> Sheet:
    """The table as a file, in the order in which it is sorted."""
    words = LAYERS["community"].fields
    kept = ("registered_people", "counted_on", "registered_source", "present_people", "present_on", "present_source")
    ways = found.shown_per
    columns = [
        Column(name="rank", label=Text("อันดับ", "Rank")), Column(name="id", label=Text("รหัสรายการ", "Id")),
        *(Column(name=name, label=words[name].label) for name in ("name_th", "name_en", "zone")),
        *(Column(name=f"value_{one.id}", label=_way(found.measure, one)) for one in ways),
        Column(name="remark", label=Text("หมายเหตุ", "Remark")),
        *(Column(name=name, label=words[name].label) for name in kept),
    ]  # fmt: skip
    title = Text(f"{town.th}: {found.measure.title.th}", f"{town.en}: {found.measure.title.en}")
    about = {
        "municipality": code, "measure": found.measure.id, "per": found.per.id,
        "direction": str(found.measure.direction),
        "classes": [{"low": one.low, "high": one.high, "count": one.count} for one in found.classes.classes],
    }  # fmt: skip
    return Sheet(title=title, columns=columns, rows=[_line(row, ways, kept) for row in found.rows], about=about)


def _way(measure: Measure, per: Per) -> Text:
    if per.divisor is None:
        return measure.title
    return Text(f"{measure.title.th} {per.title.th}", f"{measure.title.en} {per.title.en}")


def _line(row: Row, ways: Sequence[Per], kept: Sequence[str]) -> list[Any]:
    words, chosen = row.community.words, row.figures[ways[0].id]
    remark = STATES[chosen.known] if chosen.known is not Known.YES else None
    if chosen.is_about:
        remark = Text("โดยประมาณ", "approximate")
    return [
        row.rank, row.community.id, words.get("name_th"), words.get("name_en"), words.get("zone"),
        *(row.figures[one.id].value for one in ways), remark, *(words.get(name) for name in kept),
    ]  # fmt: skip
