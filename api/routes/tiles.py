"""Tiles: MVT and GeoJSON of one or several layers, and TileJSON."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api.answers import answer, json_answer
from api.caching import EditCache, Kept
from api.definition import JSON_ONLY
from api.deps import Asking, Cache, Known, ReadSession, area_of, asking_soon, known_parameters
from api.layers import layers_of
from api.links import base_of
from api.negotiation import language_of
from api.routes.collections import known_extent
from geo.errors import BadRequest, UnknownFeature
from geo.layer import Audience, Layer
from geo.shapes.grids import Tile
from geo.shapes.whereabouts import Box
from geo.store import read
from geo.store.db import read_once
from geo.store.roles import Role
from geo.store.tiles import TileFormat, for_tiles, tile_bytes, tile_fields

router = APIRouter(tags=["tiles"])

MOST_LAYERS = 20
_WRITTEN = {str(kind): kind for kind in TileFormat}


@router.get("/tiles/{ids}.json", response_model=None, responses=JSON_ONLY, dependencies=[Known])
def get_tilejson(request: Request, ids: str, session: ReadSession, asking: Asking, cache: Cache) -> Response:
    """TileJSON 3.0 of one or several layers."""
    layers, language, asking = layers_named(request, ids), language_of(request), for_tiles(asking)
    boxes = [box for layer in layers if (box := known_extent(session, cache, layer, asking))]
    document: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": ", ".join(layer.title.in_language(language) for layer in layers),
        "description": " ".join(layer.about.in_language(language) for layer in layers),
        "attribution": "; ".join(dict.fromkeys(str(layer.source) for layer in layers)),
        "scheme": "xyz",
        "tiles": [f"{base_of(request)}/tiles/{ids}/{{z}}/{{x}}/{{y}}.mvt"],
        "minzoom": min(0 if layer.generalise else layer.zooms.start for layer in layers),
        "maxzoom": max(layer.zooms.stop - 1 for layer in layers),
        "vector_layers": [_vector_layer(layer, asking, language) for layer in layers],
    }
    if boxes:
        west, south = min(box.west for box in boxes), min(box.south for box in boxes)
        east, north = max(box.east for box in boxes), max(box.north for box in boxes)
        document["bounds"] = [west, south, east, north]
        document["center"] = [(west + east) / 2, (south + north) / 2, 13]
    return json_answer(request, document)


def _vector_layer(layer: Layer, asking: read.Asking, language: str) -> dict[str, Any]:
    shown = read.shown_fields(layer, asking)
    return {
        "id": layer.id,
        "description": layer.title.in_language(language),
        "minzoom": 0 if layer.generalise else layer.zooms.start,
        "maxzoom": layer.zooms.stop - 1,
        "fields": {name: shown[name].label.in_language(language) for name in tile_fields(layer, asking)},
    }


_TILE = "/tiles/{ids}/{z}/{x}/{y}.{written}"
_TILE_PATH = (
    ("ids", "layer ids with commas between them", {"type": "string"}),
    ("z", "zoom, 0 to 22", {"type": "integer"}),
    ("x", "column, from the west", {"type": "integer"}),
    ("y", "row, from the north", {"type": "integer"}),
    ("written", "how it is written", {"type": "string", "enum": [str(kind) for kind in TileFormat]}),
)
_DESCRIBED = {
    "parameters": [
        {"name": name, "in": "path", "required": True, "description": about, "schema": schema}
        for name, about, schema in _TILE_PATH
    ],
    "responses": {"200": {"content": {kind.media_type: {} for kind in TileFormat}}},
}


async def get_tile(request: Request) -> Response:
    """One tile: `mvt` or `geojson`."""
    if request.query_params:
        await known_parameters(request)
    ids, z, x, y, written = (request.path_params[name] for name, _, _ in _TILE_PATH)
    if written not in _WRITTEN:
        raise UnknownFeature(f"ไม่มีไทล์แบบ {written!r}", f"There are no {written!r} tiles")
    layers, tile, kind = await _layers_soon(request, ids), tile_at(z, x, y), _WRITTEN[written]
    asking = for_tiles(await asking_soon(request))
    cache = request.app.state.cache
    # By the tables and not by the names: a layer that its town changed just now is another one.
    key = (tuple(layer.table for layer in layers), tile, kind, asking.eyes)
    kept = cache.kept(key)
    if kept is None:
        kept = await _made(request, cache, key, layers, asking, tile, kind)
    return answer(request, kept, kind.media_type)


# A map asks for tiles by the hundred, and FastAPI's machinery of arguments and dependencies costs more than finding a
# kept tile: a bare route answers, and the declared one behind it describes it in the API document.
router.add_route(_TILE, get_tile, include_in_schema=False)
router.get(_TILE, response_model=None, openapi_extra=_DESCRIBED)(get_tile)


async def _made(
    request: Request,
    cache: EditCache,
    key: Any,
    layers: tuple[Layer, ...],
    asking: read.Asking,
    tile: Tile,
    kind: TileFormat,
) -> Kept:
    names = tuple(layer.id for layer in layers)
    since = cache.edits(names)
    made = await read_once(
        request.app.state.tiles[Role.PUBLIC if asking.audience is Audience.PUBLIC else Role.MEMBER],
        lambda connection: tile_bytes(connection, layers, asking, tile, kind, area=area_of(request, asking)),
    )
    kept = Kept.of(made)
    west, south, east, north = tile.degrees()
    cache.keep(key, kept, layers=names, box=Box(west=west, south=south, east=east, north=north), since=since)
    return kept


async def _layers_soon(request: Request, ids: str) -> tuple[Layer, ...]:
    if layers_of(request).knows(ids.split(",")):
        return layers_named(request, ids)
    return await run_in_threadpool(layers_named, request, ids)


def layers_named(request: Request, ids: str) -> tuple[Layer, ...]:
    """The layers of a comma-separated list, each once."""
    names = list(dict.fromkeys(ids.split(",")))
    if len(names) > MOST_LAYERS:
        raise BadRequest(f"เกิน {MOST_LAYERS} ชั้นข้อมูล", f"More than {MOST_LAYERS} layers")
    return tuple(map(layers_of(request).named, names))


def tile_at(z: str, x: str, y: str) -> Tile:
    """The tile of three numbers; 404 outside the grid, 400 where they are not numbers."""
    if not all(part.isascii() and part.removeprefix("-").isdigit() and len(part) < 12 for part in (z, x, y)):
        raise BadRequest("ตำแหน่งไทล์ต้องเป็นตัวเลข", "A tile's place is three whole numbers")
    tile = Tile(int(z), int(x), int(y))
    if not tile.exists:
        raise UnknownFeature(f"ไม่มีไทล์ {z}/{x}/{y}", f"There is no tile {z}/{x}/{y}")
    return tile
