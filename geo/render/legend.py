"""What the colours of a layer mean, as data; `style.py` is the style that paints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from geo.errors import Text
from geo.layer import Cells, Layer, Theme
from geo.render.popup import day
from geo.render.themes import Drawn
from geo.store.read import Asking, Edition, form

# From how many on a square is painted stronger; the script has the same steps (api/web/src/paint.ts).
COUNT_STEPS = ((1, 0.14), (5, 0.28), (20, 0.44), (100, 0.62), (500, 0.82))
# A class must be seen as its colour: what is filled with little gets more of it (api/web/src/paint.ts).
THEME_OPACITY = 0.55
OVERVIEW = Text("ภาพรวม — ซูมเข้าเพื่อดูรายละเอียด", "overview – zoom in for single features")
_NONE: Mapping[str, Drawn] = MappingProxyType({})
_NO_THEMES: Mapping[str, Sequence[Theme]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a legend: a colour, how strongly it fills, and its words.

    `kind` is what it is drawn as: a `point` (as its `symbol`), a `line`, an `area`, or a `cell` with a count in it.
    Of a theme it is a class: with a `key`, perhaps hatched (`pattern`), of a `code` or of numbers from `least` up to
    and without `below`.
    """

    label: Text
    color: str
    opacity: float
    symbol: str
    kind: str
    code: str | None = None
    key: str | None = None
    pattern: str | None = None
    least: float | None = None
    below: float | None = None


def legend(layer: Layer, asking: Asking, themed: Drawn | None = None) -> list[Entry]:
    """What each colour of the layer means to this audience, in a theme where one is chosen; at least one entry."""
    style, cells = layer.style, form(layer, asking)
    symbol = style.symbol if layer.shape.dimension == 0 else "square"
    kind = ("point", "line", "area")[layer.shape.dimension]
    if isinstance(cells, Cells):
        return _steps(layer, cells.at_least)
    if themed:
        opacity = max(style.fill_opacity, THEME_OPACITY)
        return [
            Entry(label=one.label, color=one.color, opacity=opacity, symbol=symbol, kind=kind, code=one.code,
                  key=one.key, pattern=one.pattern, least=one.least, below=one.below)
            for one in themed.classes
        ]  # fmt: skip
    codes = layer.fields[style.by].codes if style.by else None
    if not codes:
        return [Entry(label=layer.title, color=style.color, opacity=style.fill_opacity, symbol=symbol, kind=kind)]
    return [
        Entry(label=code.label, color=code.color, opacity=style.fill_opacity, symbol=symbol, kind=kind, code=code.code,
              pattern=code.pattern)
        for code in codes.codes
        if code.color
    ]  # fmt: skip


def _steps(layer: Layer, at_least: int) -> list[Entry]:
    steps = [(start, opacity) for start, opacity in COUNT_STEPS if start >= at_least]
    ends = [start - 1 for start, _ in steps[1:]]
    return [
        Entry(
            label=_counted(f"{start}–{end}" if end else f"{start}+"),
            color=layer.style.color, opacity=opacity, symbol="square", kind="cell",
        )
        for (start, opacity), end in zip(steps, [*ends, None], strict=True)
    ]  # fmt: skip


def edition_words(edition: Edition) -> Text:
    """When the squares that are shown were published, and how many one holds at least."""
    first, last = day(edition.first), day(edition.last)
    th, en = (first.th, first.en) if first == last else (f"{first.th} – {last.th}", f"{first.en} – {last.en}")
    return Text(
        f"เผยแพร่เมื่อ {th} · อย่างน้อย {edition.at_least} ต่อช่อง", f"published {en} · squares of at least {edition.at_least}"
    )


def _counted(numbers: str) -> Text:
    return Text(f"{numbers} ต่อช่อง", f"{numbers} per square")


def legend_document(
    layers: Sequence[Layer], asking: Asking, editions: Mapping[str, Text], themed: Mapping[str, Drawn] = _NONE,
    themes: Mapping[str, Sequence[Theme]] = _NO_THEMES,
) -> dict[str, Any]:  # fmt: skip
    """The legend of several layers for a program (a Leaflet control, say): all entries, and whose they are.

    `themed` are the themes that are drawn, by layer; `themes` those that could be.
    """
    return {
        "layers": [
            {"id": layer.id, "title": _pair(layer.title), "source": _pair(layer.source), "licence": layer.licence}
            | ({"edition": _pair(editions[layer.id])} if layer.id in editions else {})
            | ({"theme": themed[layer.id].theme.id} if layer.id in themed else {})
            | {"themes": [{"id": one.id, "title": _pair(one.title)} for one in themes.get(layer.id, ())]}
            for layer in layers
        ],
        "entries": [_words(layer, one) for layer in layers for one in legend(layer, asking, themed.get(layer.id))],
    }


def _words(layer: Layer, entry: Entry) -> dict[str, Any]:
    told = {"layer": layer.id, "label": _pair(entry.label), "color": entry.color, "opacity": entry.opacity,
            "symbol": entry.symbol, "kind": entry.kind}  # fmt: skip
    more = {"code": entry.code, "key": entry.key, "pattern": entry.pattern, "from": entry.least, "below": entry.below}
    return told | {name: value for name, value in more.items() if value is not None}


def _pair(text: Text) -> dict[str, str]:
    return {"th": text.th, "en": text.en}
