"""Tables that several reading pages tell alike: by a coded column, risks by kind and level, charts of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.reading.exports import Fact
from api.reading.measures import number
from api.reading.numbers import BY, folded, named
from geo.errors import Text
from geo.layer import Layer
from geo.render.charts import Bar, bars, both
from geo.render.popup import day
from geo.shapes.measure import rai_ngan_wah
from geo.store.grouped import Group
from layers import LAYERS

NOT_STATED = Text("ไม่ระบุ", "Not stated")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a table: what, its colour, how many, and the area where it is measured."""

    label: Text
    color: str | None
    count: int | None
    square_metres: float | None = None

    @property
    def rai(self) -> str | None:
        """The area as deeds write it, `12-3-45.6`."""
        return None if self.square_metres is None else rai_of(self.square_metres)


@dataclass(frozen=True, kw_only=True)
class Table:
    """Lines of one layer by one of its columns."""

    layer: Layer
    label: Text
    lines: list[Line]

    @property
    def count(self) -> int:
        """All of them."""
        return sum(line.count or 0 for line in self.lines)

    def facts(self) -> list[Fact]:
        """The same for a file."""
        topic = Text(f"{self.layer.title.th}: {self.label.th}", f"{self.layer.title.en}: {self.label.en}")
        found = [Fact(topic=topic, item=one.label, value=one.count, source=self.layer.source) for one in self.lines]
        return found + [
            Fact(topic=topic, item=one.label, value=one.square_metres, unit=Text("ตร.ม.", "m²"),
                 source=self.layer.source)
            for one in self.lines if one.square_metres is not None
        ]  # fmt: skip

    def chart(self, id: str, language: str, *, by_area: bool = False) -> Markup:
        """Its lines as bars, by number or by area."""
        shown = [
            Bar(
                label=both(line.label, language),
                value=line.square_metres if by_area else line.count,
                told=f"{line.rai}" if by_area and line.rai else number(line.count, 0),
                color=line.color,
            )
            for line in self.lines
        ]
        title = f"{self.layer.title.in_language(language)}: {self.label.in_language(language)}"
        told = "; ".join(f"{bar.label} {bar.told}" for bar in shown)
        return bars(id, shown, title=title, about=told)


@dataclass(frozen=True, kw_only=True)
class Risks:
    """The risks of one layer: by kind and level, and by state."""

    layer: Layer
    bands: list[tuple[Text, str | None]]
    rows: list[tuple[Text, list[int]]]
    states: Table

    @property
    def count(self) -> int:
        """All of them."""
        return self.states.count

    def facts(self) -> list[Fact]:
        """The same for a file."""
        topic = Text(f"{self.layer.title.th}: ประเภทและระดับ", f"{self.layer.title.en}: hazard and level")
        cells = [
            Fact(topic=topic, item=Text(f"{kind.th} / {band.th}", f"{kind.en} / {band.en}"), value=count,
                 source=self.layer.source)
            for kind, counts in self.rows for (band, _), count in zip(self.bands, counts, strict=True) if count
        ]  # fmt: skip
        return cells + self.states.facts()


def rai_of(square_metres: float) -> str:
    """An area as deeds write it, `12-3-45.6`."""
    found = rai_ngan_wah(round(square_metres, 1))
    return f"{found.rai:,}-{found.ngan}-{round(found.wah, 1)}"


def day_of(iso: str | None) -> Text | None:
    """A day as people read it; None where there is none."""
    return day(dt.date.fromisoformat(iso)) if iso else None


def label(layer: Layer, by: str, code: str | None) -> Text:
    """The words of a code; what the list does not know is shown as it is."""
    codes = layer.fields[by].codes
    return NOT_STATED if code is None or codes is None else codes.label(str(code))


def color(layer: Layer, by: str, code: str | None) -> str | None:
    """The colour of a code, where its list has one."""
    codes = layer.fields[by].codes
    entry = codes.by_code.get(str(code)) if codes and code is not None else None
    return entry.color if entry else None


def table(layer_id: str, by: str, groups: Sequence[Group], *, with_area: bool = False) -> Table:
    """Lines by a column of what was counted by the columns of `BY`, the largest first."""
    layer = LAYERS[layer_id]
    found = folded(groups, BY[layer_id][0].index(by))
    return Table(
        layer=layer, label=layer.fields[by].label,
        lines=[
            Line(label=label(layer, by, code), color=color(layer, by, code), count=group.count,
                 square_metres=group.sums[0] if with_area else None)
            for code, group in found.items()
        ],
    )  # fmt: skip


def in_code_order(found: Table, by: str) -> Table:
    """The same lines in the order of the code list: a life goes from its beginning to its end."""
    codes = found.layer.fields[by].codes
    order = {code.label: place for place, code in enumerate(codes.codes)} if codes else {}
    lines = sorted(found.lines, key=lambda line: order.get(line.label, len(order)))
    return Table(layer=found.layer, label=found.label, lines=lines)


def risks(layer_id: str, groups: Sequence[Group]) -> Risks:
    """Risks by kind and level; the levels in the order of their list, then those of which none is stated."""
    layer = LAYERS[layer_id]
    held: Mapping[str | None, None] = dict.fromkeys(named(layer_id, group)["band"] for group in groups)
    codes = layer.fields["band"].codes
    bands: list[str | None] = [code.code for code in codes.codes] if codes else []
    bands += [None] if None in held else []
    kinds: dict[str | None, list[int]] = {}
    for group in groups:
        words = named(layer_id, group)
        row = kinds.setdefault(words["kind"], [0] * len(bands))
        row[bands.index(words["band"])] += group.count
    ordered = sorted(kinds.items(), key=lambda item: (-sum(item[1]), item[0] or ""))
    return Risks(
        layer=layer,
        bands=[(label(layer, "band", band), color(layer, "band", band)) for band in bands],
        rows=[(label(layer, "kind", kind), counts) for kind, counts in ordered],
        states=in_code_order(table(layer_id, "status", groups), "status"),
    )
