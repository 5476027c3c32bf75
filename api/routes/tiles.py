"""Tiles as web maps ask for them (z/x/y), and TileJSON, which tells them what is there."""

from __future__ import annotations

import logging
import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.answers import json_answer, told_again
from api.bare import Bare
from api.definition import JSON_ONLY
from api.deps import Asking, Cache, Known, ReadSession
from api.doorstep import Desk, Told, fail_as_before
from api.links import base_of
from api.negotiation import language_of
from api.routes.collections import known_extent
from api.tile_answers import drawn_for, joined, layers_named, layers_soon, no_number, tile_at, tile_key, tile_made
from geo.errors import UnknownFeature
from geo.layer import Layer
from geo.shapes.grids import GRIDS, WEB_MERCATOR
from geo.store import read
from geo.store.tile_words import carried
from geo.store.tiles import TileFormat, for_tiles, levels

router = APIRouter(tags=["tiles"])

NORTHMOST = 85.0511287798066  # where web maps end
LOOK_FROM = 13  # from how far a map looks at first: a town fits into it
_WRITTEN = {str(kind): kind for kind in TileFormat}


@router.get("/tiles/{ids}.json", response_model=None, responses=JSON_ONLY, dependencies=[Known])
def get_tilejson(request: Request, ids: str, session: ReadSession, asking: Asking, cache: Cache) -> Response:
    """TileJSON 3.0 of one or several layers."""
    layers, language, asking = layers_named(request, ids), language_of(request), for_tiles(asking)
    described = [_vector_layer(layer, asking, language) for layer in layers]
    first, last = min(one["minzoom"] for one in described), max(one["maxzoom"] for one in described)
    names = ",".join(layer.id for layer in layers)
    document: dict[str, Any] = {
        "tilejson": "3.0.0",
        "version": "1.0.0",
        "name": ", ".join(layer.title.in_language(language) for layer in layers),
        "description": " ".join(layer.about.in_language(language) for layer in layers),
        "attribution": "; ".join(dict.fromkeys(str(layer.source) for layer in layers)),
        "scheme": "xyz",
        "tiles": [f"{base_of(request)}/tiles/{names}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": first,
        "maxzoom": last,
        "vector_layers": described,
    }
    box = joined([box for layer in layers if (box := known_extent(session, cache, layer, asking))])
    if box:
        south, north = (max(-NORTHMOST, min(NORTHMOST, one)) for one in (box.south, box.north))
        document["bounds"] = [box.west, south, box.east, north]
        document["center"] = [(box.west + box.east) / 2, (south + north) / 2, max(first, min(last, LOOK_FROM))]
    return json_answer(request, document)


def _vector_layer(layer: Layer, asking: read.Asking, language: str) -> dict[str, Any]:
    zooms = levels(layer, WEB_MERCATOR)
    return {
        "id": layer.id,
        "description": layer.title.in_language(language),
        "minzoom": zooms[0],
        "maxzoom": zooms[-1],
        "fields": {name: words.label.in_language(language) for name, words in carried(layer, asking).items()},
    }


_TILE = "/tiles/{ids}/{z}/{x}/{y}.{written}"
_TILE_PATH = (
    ("ids", "layer ids with commas between them", {"type": "string"}),
    ("z", "zoom, 0 to 22", {"type": "integer"}),
    ("x", "column, from the west", {"type": "integer"}),
    ("y", "row, from the north", {"type": "integer"}),
    ("written", "how it is written", {"type": "string", "enum": [str(kind) for kind in TileFormat]}),
)
AT = {
    "name": "datetime", "in": "query", "required": False, "schema": {"type": "string"},
    "description": "members: as it was at an instant, 2026-11-21T10:00:00Z",
}  # fmt: skip
THEME = {
    "name": "theme", "in": "query", "required": False, "schema": {"type": "string"},
    "description": "themes whose columns the tile is to carry, with commas between them",
}  # fmt: skip
FILTER = [
    {"name": name, "in": "query", "required": False, "schema": schema, "description": about}
    for name, schema, about in (
        ("filter", {"type": "string"}, "a condition in CQL2, as on items"),
        ("filter-lang", {"type": "string", "enum": ["cql2-text", "cql2-json"]}, "how it is written"),
        ("filter-crs", {"type": "string", "format": "uri"}, "the CRS of its shapes"),
    )
]
TILE_ANSWERS = {
    "200": {"content": {kind.media_type: {} for kind in TileFormat}},
    "204": {"description": "Nothing is there"},
}
_DESCRIBED = {
    "parameters": [
        {"name": name, "in": "path", "required": True, "description": about, "schema": schema}
        for name, about, schema in _TILE_PATH
    ] + [AT, THEME, *FILTER],
    "responses": TILE_ANSWERS,
}  # fmt: skip


async def get_tile(request: Request) -> Response:
    """One tile: `mvt` or `geojson`; an empty one is 204, as GeoJSON a collection of nothing."""
    fail_as_before(request.scope)
    return told_again(request, (await _tile(request)).kept)


async def _tile(request: Request) -> Told:
    ids, z, x, y, written = (request.path_params[name] for name, _, _ in _TILE_PATH)
    if ids in GRIDS:
        # A tile of the whole dataset (`/tiles/{tileMatrixSetId}/…`), whose column has a point in it.
        raise no_number("tileCol")
    if written not in _WRITTEN:
        raise UnknownFeature(f"ไม่มีไทล์แบบ {written!r}", f"There are no {written!r} tiles")
    layers, tile, kind = await layers_soon(request, ids), tile_at(z, x, y), _WRITTEN[written]
    drawn = await drawn_for(request, layers)
    key = tile_key(drawn, tile, kind)
    return Told(await tile_made(request, drawn, tile, kind, key), key)


# A map asks for tiles by the hundred, and FastAPI's machinery of arguments and dependencies costs more than finding a
# kept tile: a bare route answers, and the declared one behind it describes it in the API document.
FIRST = (Bare(_TILE, get_tile),)
DESKS = (
    Desk(
        re.compile(r"/tiles/(?P<ids>[^/]+)/(?P<z>\d+)/(?P<x>\d+)/(?P<y>\d+)\.(?P<written>mvt|geojson)", re.ASCII),
        _TILE, _tile, is_linked=False, level=logging.DEBUG,
    ),
)  # fmt: skip
router.get(_TILE, response_model=None, openapi_extra=_DESCRIBED)(get_tile)
