"""How a layer is drawn, as data: the style for programs that paint our tiles, and what it means in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geo.errors import Text
from geo.layer import Cells, Layer
from geo.render.popup import day
from geo.store.read import Asking, Edition, form
from geo.store.tiles import tile_fields

# From how many on a square is painted stronger; the script has the same steps (api/web/src/paint.ts).
COUNT_STEPS = ((1, 0.14), (5, 0.28), (20, 0.44), (100, 0.62), (500, 0.82))
OVERVIEW = Text("ภาพรวม — ซูมเข้าเพื่อดูรายละเอียด", "overview – zoom in for single features")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a legend: a colour, how strongly it fills, and its words."""

    label: Text
    color: str
    opacity: float
    symbol: str
    code: str | None = None


def legend(layer: Layer, asking: Asking) -> list[Entry]:
    """What each colour of the layer means to this audience; one entry where there is one colour."""
    style, cells = layer.style, form(layer, asking)
    symbol = style.symbol if layer.shape.dimension == 0 else "square"
    if isinstance(cells, Cells):
        return _steps(layer, cells.at_least)
    codes = layer.fields[style.by].codes if style.by else None
    if not codes:
        return [Entry(label=layer.title, color=style.color, opacity=style.fill_opacity, symbol=symbol)]
    return [
        Entry(label=code.label, color=code.color, opacity=style.fill_opacity, symbol=symbol, code=code.code)
        for code in codes.codes
        if code.color
    ]


def _steps(layer: Layer, at_least: int) -> list[Entry]:
    steps = [(start, opacity) for start, opacity in COUNT_STEPS if start >= at_least]
    ends = [start - 1 for start, _ in steps[1:]]
    return [
        Entry(
            label=_counted(f"{start}–{end}" if end else f"{start}+"),
            color=layer.style.color, opacity=opacity, symbol="square",
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


def style_document(layer: Layer, asking: Asking, *, base_url: str) -> dict[str, Any]:
    """A MapLibre style (version 8) of one layer, for programs that draw our tiles themselves."""
    source = {
        "type": "vector",
        "tiles": [f"{base_url}/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": layer.zooms.start,
        "maxzoom": layer.zooms.stop - 1,
        "attribution": f"{layer.source} ({layer.licence})",
    }
    return {
        "version": 8,
        "name": str(layer.title),
        "sources": {layer.id: source},
        "layers": _paints(layer, asking),
    }


def _paints(layer: Layer, asking: Asking) -> list[dict[str, Any]]:
    style, common = layer.style, {"source": layer.id, "source-layer": layer.id}
    color = _color(layer, asking)
    if layer.shape.dimension == 0 and not isinstance(form(layer, asking), Cells):
        rim = {"circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5}
        paint = {"circle-color": color, "circle-radius": 6, **rim}
        return [{"id": f"{layer.id}-circle", "type": "circle", **common, "paint": paint}]
    fill = {"fill-color": color, "fill-opacity": style.fill_opacity}
    line: dict[str, Any] = {"line-color": color, "line-width": style.stroke_width}
    if style.dash:
        line["line-dasharray"] = [float(part) for part in style.dash.split()]
    areas = ["==", ["geometry-type"], "Polygon"]
    return [
        {"id": f"{layer.id}-fill", "type": "fill", **common, "filter": areas, "paint": fill},
        {"id": f"{layer.id}-line", "type": "line", **common, "paint": line},
    ]


def _color(layer: Layer, asking: Asking) -> Any:
    by = layer.style.by
    codes = layer.fields[by].codes if by and by in tile_fields(layer, asking) else None
    colored = [code for code in codes.codes if code.color] if codes else []
    pairs = [part for code in colored for part in (code.code, code.color)]
    return ["match", ["to-string", ["get", by]], *pairs, layer.style.color] if pairs else layer.style.color
