"""A MapLibre style (version 8) of our tiles, from what the layers declare, for programs that draw them themselves.

No glyphs and no sprite are named: MapLibre GL JS from 5.11 on draws letters with the fonts of the page or of the
machine, so that nothing is asked of another server. Points are circles, which every version draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from geo.layer import Cells, Layer, Published, Stack
from geo.render.legend import COUNT_STEPS, THEME_OPACITY
from geo.render.themes import Drawn, color_by
from geo.shapes.grids import WEB_MERCATOR
from geo.shapes.whereabouts import Box
from geo.store.read import Asking, form
from geo.store.tile_words import dimension
from geo.store.tiles import levels, tile_fields

# The first is the pages' own; the others are what phones and desks have for Thai.
FONTS = ("Sarabun", "Noto Sans Thai", "Leelawadee UI", "Thonburi", "Tahoma")
GENERALISED = ["==", ["get", "generalised"], True]
PALER = 0.55  # counts among the shapes of other layers, as in the script (api/web/src/paint.ts)
DARKER = 0.62
_STACKS = tuple(Stack)
_NONE: Mapping[str, Drawn] = MappingProxyType({})


def style_document(
    layers: Sequence[Layer], asking: Asking, *, base_url: str, language: str = "th", box: Box | None = None,
    themed: Mapping[str, Drawn] = _NONE,
) -> dict[str, Any]:  # fmt: skip
    """The style of several layers in one source, bottom to top; `box` is where it looks at first.

    `themed` are the themes that are drawn, by layer. Hatching needs pictures, which no style of ours names: it is told
    in the legend, and drawn by our own pages.
    """
    ordered = sorted(layers, key=height)
    name = ",".join(layer.id for layer in layers)
    zooms = [z for layer in layers for z in levels(layer, WEB_MERCATOR)]
    source: dict[str, Any] = {
        "type": "vector",
        "tiles": [f"{base_url}/tiles/{name}/{{z}}/{{x}}/{{y}}.mvt{_asked(layers, asking, themed)}"],
        "minzoom": min(zooms),
        "maxzoom": max(zooms),
        "attribution": "; ".join(dict.fromkeys(f"{layer.source} ({layer.licence})" for layer in layers)),
    }
    document: dict[str, Any] = {
        "version": 8,
        "name": ", ".join(layer.title.in_language(language) for layer in layers),
        "metadata": _metadata(name, base_url, themed),
    }
    if box:
        source["bounds"] = [box.west, box.south, box.east, box.north]
        document |= {"center": list(box.centre), "zoom": max(min(zooms), min(max(zooms), 13))}
    painted = [paint for layer in ordered for paint in _painted(layer, asking, themed.get(layer.id))]
    # All names over all shapes, so that no outline crosses one out.
    labels = [label for layer in ordered for label in _labels(layer, asking)]
    drawn = [{**one, "source": name, "source-layer": one["metadata"]["atlas:layer"]} for one in (*painted, *labels)]
    return {**document, "sources": {name: source}, "layers": drawn}


def _asked(layers: Sequence[Layer], asking: Asking, themed: Mapping[str, Drawn]) -> str:
    """What an address of tiles says so that they carry the columns of themes; nothing where they do anyway."""
    lacking = [themed[layer.id].theme for layer in layers if layer.id in themed
               and themed[layer.id].theme.by not in tile_fields(layer, asking)]  # fmt: skip
    names = ",".join(theme.id for theme in lacking if theme.apart_from is None)
    return f"?theme={names}" if names else ""


def _metadata(name: str, base_url: str, themed: Mapping[str, Drawn]) -> dict[str, str]:
    chosen = [one.theme.id for one in themed.values()]
    more = f"&theme={chosen[0]}" if chosen else ""
    found = {"atlas:legend": f"{base_url}/tiles/{name}/legend?f=json{more}"}
    for layer, one in themed.items():
        if one.theme.apart_from is not None:
            found["atlas:bands"] = f"{base_url}/map/bands?layer={layer}&theme={one.theme.id}&bbox={{bbox}}"
    return found


def height(layer: Layer) -> tuple[int, int]:
    """The place of a layer in the drawing order; of areas the larger, which show from further out, lie lower."""
    return _STACKS.index(layer.stack), layer.zooms.start if layer.shape.dimension == 2 else 0


def _painted(layer: Layer, asking: Asking, themed: Drawn | None) -> list[dict[str, Any]]:
    shown = form(layer, asking)
    if isinstance(shown, Cells):
        return _squares(layer, 1.0, "cells", None)
    if shown is Published.WITHHELD:
        return []
    shapes = _points(layer, asking, themed) if dimension(layer, asking) == 0 else _areas(layer, asking, themed)
    return [*(_squares(layer, PALER, "counts", GENERALISED) if layer.generalise else []), *shapes]


def _one(layer: Layer, what: str, kind: str, where: Any, paint: dict[str, Any], **more: Any) -> dict[str, Any]:
    own = ["!", GENERALISED] if layer.generalise and where is not GENERALISED else None
    conditions = [one for one in (where, own) if one]
    found: dict[str, Any] = {"id": f"{layer.id}-{what}", "type": kind, "metadata": {"atlas:layer": layer.id}}
    if conditions:
        found["filter"] = conditions[0] if len(conditions) == 1 else ["all", *conditions]
    return {**found, **more, "paint": paint}


def _is(kind: str) -> list[Any]:
    return ["==", ["geometry-type"], kind]


def _squares(layer: Layer, strength: float, what: str, where: Any) -> list[dict[str, Any]]:
    """Counts, from pale to strong, in the legend's steps."""
    (_, first), *rest = ((start, round(opacity * strength, 3)) for start, opacity in COUNT_STEPS)
    graded = ["step", ["to-number", ["get", "count"]], first, *(part for step in rest for part in step)]
    edges = {"line-color": layer.style.color, "line-opacity": 0.5 if strength == 1 else 0.12, "line-width": 1}
    return [
        _one(layer, what, "fill", where, {"fill-color": layer.style.color, "fill-opacity": graded}),
        _one(layer, f"{what}-edge", "line", where, edges),
    ]


def _points(layer: Layer, asking: Asking, themed: Drawn | None) -> list[dict[str, Any]]:
    paint = {
        "circle-color": _color(layer, asking, themed),
        "circle-opacity": layer.style.fill_opacity,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 2.5, 16, 8],
        "circle-stroke-color": "#ffffff",
        "circle-stroke-width": 1.5,
    }
    return [_one(layer, "points", "circle", _is("Point"), paint)]


def _areas(layer: Layer, asking: Asking, themed: Drawn | None) -> list[dict[str, Any]]:
    style, color = layer.style, _color(layer, asking, themed)
    edge = _color(layer, asking, themed, DARKER) if style.by or themed else style.color
    opacity = max(style.fill_opacity, THEME_OPACITY) if themed else style.fill_opacity
    line: dict[str, Any] = {"line-color": edge, "line-width": style.stroke_width}
    if style.dash:
        # There in pixels, here in widths of the line.
        line["line-dasharray"] = [float(part) / style.stroke_width for part in style.dash.split()]
    found = []
    if opacity > 0:
        paint = {"fill-color": color, "fill-opacity": opacity}
        found.append(_one(layer, "fill", "fill", _is("Polygon"), paint))
    found.append(_one(layer, "outline", "line", _is("Polygon"), line))
    if "LINESTRING" in layer.shape.kinds:
        course = {"line-color": edge, "line-width": max(style.stroke_width, 3)}
        found.append(_one(layer, "line", "line", _is("LineString"), course,
                          layout={"line-join": "round", "line-cap": "round"}))  # fmt: skip
    # Too small for the zoom, and still there.
    found.append(_one(layer, "speck", "circle", _is("Point"), {"circle-color": edge, "circle-radius": 1}))
    return found


def _labels(layer: Layer, asking: Asking) -> list[dict[str, Any]]:
    style = layer.style
    if style.label not in tile_fields(layer, asking) or form(layer, asking) is Published.WITHHELD:
        return []
    layout: dict[str, Any] = {
        "text-field": ["to-string", ["get", style.label]], "text-font": list(FONTS),
        "text-size": style.label_size or 13,
    }  # fmt: skip
    if layer.shape.dimension == 0:
        layout |= {"text-anchor": "top", "text-offset": [0, 0.8]}
    paint = {"text-color": "#1b1b1b", "text-halo-color": "#ffffff", "text-halo-width": 1.5}
    return [_one(layer, "label", "symbol", None, paint, layout=layout, minzoom=style.label_from_zoom,
                 **({} if style.label_to_zoom is None else {"maxzoom": style.label_to_zoom + 1}))]  # fmt: skip


def _color(layer: Layer, asking: Asking, themed: Drawn | None, shade: float = 1.0) -> Any:
    if themed:
        return color_by(themed, lambda color: _shaded(color, shade))
    by = layer.style.by
    codes = layer.fields[by].codes if by and by in tile_fields(layer, asking) else None
    pairs = [part for code in (codes.codes if codes else ()) if code.color
             for part in (code.code, _shaded(code.color, shade))]  # fmt: skip
    rest = _shaded(layer.style.color, shade)
    return ["match", ["to-string", ["get", by]], *pairs, rest] if pairs else rest


def _shaded(color: str, shade: float) -> str:
    parts = (round(int(color[start : start + 2], 16) * shade) for start in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in parts)
