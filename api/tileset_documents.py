"""What OGC API – Tiles and the Tile Matrix Set standard (17-083r4) say of grids and tilesets, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from fastapi import Request

from api.definition import HTML, JSON
from api.links import link, with_query
from api.tile_answers import Drawn
from geo.errors import Text
from geo.layer import Audience, Field, Layer
from geo.shapes.grids import WEB_MERCATOR, WORLD_CRS84, Grid, Span
from geo.shapes.whereabouts import Box
from geo.store.tile_words import carried, dimension
from geo.store.tiles import TileFormat, levels

_TILES, _GRIDS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf", "http://www.opengis.net/spec/tms/2.0/conf"
CONFORMS_TO = (
    *(f"{_TILES}/{name}" for name in (
        "core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets", "collections-selection", "mvt",
        "geojson",
    )),
    *(f"{_GRIDS}/{name}" for name in (
        "tilematrixset", "tilesetmetadata", "tilematrixsetlimits", "json-tilematrixset", "json-tilesetmetadata",
        "json-tilematrixsetlimits",
    )),
)  # fmt: skip
TILING_SCHEMES = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
GEODATA = "http://www.opengis.net/def/rel/ogc/1.0/geodata"
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
CRS84 = WORLD_CRS84.crs
PIXELS = 256
PIXEL_METRES = 0.00028  # the standard's pixel, by which cell sizes are scales
# The last level of the definitions that are registered under these addresses; we draw fewer.
REGISTERED = {WEB_MERCATOR.id: 24, WORLD_CRS84.id: 23}
SCALES = {
    WEB_MERCATOR.id: "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
    WORLD_CRS84.id: "http://www.opengis.net/def/wkss/OGC/1.0/GoogleCRS84Quad",
}
METRES_PER_UNIT = {WEB_MERCATOR.id: 1.0, WORLD_CRS84.id: 111319.49079327358}
AXES = {WEB_MERCATOR.id: ["X", "Y"], WORLD_CRS84.id: ["Lon", "Lat"]}
TITLES = {
    WEB_MERCATOR.id: Text("ตารางไทล์ของแผนที่เว็บ (เว็บเมอร์เคเตอร์)", "Web maps (Web Mercator)"),
    WORLD_CRS84.id: Text("ตารางไทล์เป็นองศา (CRS84)", "Degrees (CRS84)"),
}
_JSON_TYPES = {bool: "boolean", int: "integer", float: "number", Decimal: "number"}


def matrix_set(request: Request, grid: Grid, language: str) -> dict[str, Any]:
    """The whole definition of a grid."""
    half = grid.side * grid.columns
    return {
        "id": grid.id,
        "title": TITLES[grid.id].in_language(language),
        "uri": grid.uri,
        "crs": grid.crs,
        "orderedAxes": AXES[grid.id],
        "wellKnownScaleSet": SCALES[grid.id],
        "boundingBox": {
            "lowerLeft": [grid.west, grid.north - grid.side],
            "upperRight": [grid.west + half, grid.north],
            "crs": grid.crs,
            "orderedAxes": AXES[grid.id],
        },
        "tileMatrices": [_matrix(grid, z) for z in range(REGISTERED[grid.id] + 1)],
        "links": [
            link(request, f"/tileMatrixSets/{grid.id}", "self", JSON, grid.id),
            link(request, f"/tileMatrixSets/{grid.id}?f=html", "alternate", HTML, "เป็นหน้าเว็บ · As a page"),
        ],
    }


def _matrix(grid: Grid, z: int) -> dict[str, Any]:
    cell = grid.tile_side(z) / PIXELS
    return {
        "id": str(z),
        "scaleDenominator": cell * METRES_PER_UNIT[grid.id] / PIXEL_METRES,
        "cellSize": cell,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [grid.west, grid.north],
        "tileWidth": PIXELS,
        "tileHeight": PIXELS,
        "matrixWidth": grid.columns << z,
        "matrixHeight": 1 << z,
    }


def tileset_item(request: Request, grid: Grid, at: str, title: str, collections: str | None) -> dict[str, Any]:
    """A tileset as a list of tilesets names it; `at` is the address of the list."""
    own = with_query(f"{at}/{grid.id}", collections=collections)
    return {
        "title": title,
        "dataType": "vector",
        "crs": grid.crs,
        "tileMatrixSetURI": grid.uri,
        "links": [
            link(request, own, "self", JSON, title),
            link(request, f"/tileMatrixSets/{grid.id}", TILING_SCHEME, JSON, grid.id),
            *_tile_links(request, grid, at, collections),
        ],
    }


def tileset(
    request: Request, drawn: Drawn, grid: Grid, at: str, title: str, language: str, *,
    boxes: Mapping[str, Box | None], spans: Sequence[Span], collections: str | None,
) -> dict[str, Any]:  # fmt: skip
    """All about a tileset: where it has tiles, what is in them, and where they are."""
    item = tileset_item(request, grid, at, title, collections)
    own = with_query(f"{at}/{grid.id}", collections=collections, f="html")
    names = ",".join(layer.id for layer in drawn.layers)
    is_public = drawn.asking.audience is Audience.PUBLIC
    document = item | {
        "description": " ".join(layer.about.in_language(language) for layer in drawn.layers),
        "attribution": "; ".join(dict.fromkeys(str(layer.source) for layer in drawn.layers)),
        "license": "; ".join(dict.fromkeys(layer.licence for layer in drawn.layers)),
        "accessConstraints": "unclassified" if is_public else "restricted",
        "mediaTypes": [kind.media_type for kind in TileFormat],
        "tileMatrixSetLimits": [_limits(span) for span in spans],
        "layers": [_layer(request, layer, drawn, grid, boxes[layer.id], language) for layer in drawn.layers],
        "links": [
            *item["links"],
            link(request, own, "alternate", HTML, "เป็นหน้าเว็บ · As a page"),
            *_of_web_maps(request, grid, names),
        ],
    }
    known = [box for box in boxes.values() if box]
    if known and spans:
        around = Box(west=min(box.west for box in known), south=min(box.south for box in known),
                     east=max(box.east for box in known), north=max(box.north for box in known))  # fmt: skip
        document["boundingBox"] = _bounding_box(around)
        middle = spans[len(spans) // 2].z
        document["centerPoint"] = {"coordinates": list(around.centre), "crs": CRS84, "tileMatrix": str(middle)}
    return document


def _tile_links(request: Request, grid: Grid, at: str, collections: str | None) -> list[dict[str, Any]]:
    place = f"{at}/{grid.id}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    return [
        link(request, with_query(place, f=str(kind), collections=collections), "item", kind.media_type,
             kind.name, templated=True)
        for kind in TileFormat
    ]  # fmt: skip


def _of_web_maps(request: Request, grid: Grid, names: str) -> list[dict[str, Any]]:
    if grid is not WEB_MERCATOR:
        return []
    return [
        link(request, f"/tiles/{names}.json", "alternate", JSON, "TileJSON"),
        link(request, f"/tiles/{names}/style.json", "stylesheet", "application/vnd.mapbox.style+json", "MapLibre"),
        link(request, f"/maps?layers={names}", "preview", HTML, "แผนที่ · Map"),
    ]


def _limits(span: Span) -> dict[str, Any]:
    (top, bottom), (left, right) = span.rows, span.columns
    return {"tileMatrix": str(span.z), "minTileRow": top, "maxTileRow": bottom,
            "minTileCol": left, "maxTileCol": right}  # fmt: skip


def _layer(
    request: Request, layer: Layer, drawn: Drawn, grid: Grid, box: Box | None, language: str
) -> dict[str, Any]:  # fmt: skip
    drawn_at = levels(layer, grid)
    words = carried(layer, drawn.asking)
    found: dict[str, Any] = {
        "id": layer.id,
        "title": layer.title.in_language(language),
        "description": layer.about.in_language(language),
        "dataType": "vector",
        "geometryDimension": dimension(layer, drawn.asking),
        "attribution": str(layer.source),
        "license": layer.licence,
        "propertiesSchema": {
            "type": "object", "properties": {name: _schema(one, language) for name, one in words.items()}
        },
        "links": [link(request, f"/collections/{layer.id}", GEODATA, JSON, layer.title.in_language(language))],
    }  # fmt: skip
    if drawn_at:
        found |= {"minTileMatrix": str(drawn_at[0]), "maxTileMatrix": str(drawn_at[-1])}
    if box:
        found["boundingBox"] = _bounding_box(box)
    return found


def _schema(words: Field, language: str) -> dict[str, Any]:
    kind = _JSON_TYPES.get(words.python_type, "string")
    found: dict[str, Any] = {"title": words.label.in_language(language), "type": kind}
    if words.unit:
        found["uom"] = words.unit
    if words.codes and not words.many:
        codes = [code.code for code in words.codes.codes]
        found["enum"] = [int(code) for code in codes] if kind == "integer" else codes
    return found


def _bounding_box(box: Box) -> dict[str, Any]:
    return {"lowerLeft": [box.west, box.south], "upperRight": [box.east, box.north], "crs": CRS84,
            "orderedAxes": AXES[WORLD_CRS84.id]}  # fmt: skip
