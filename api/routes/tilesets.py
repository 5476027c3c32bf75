"""OGC API – Tiles 1.0: grids, tilesets of a collection and of the whole dataset, and their tiles by row and column.

The addresses of web maps (`/tiles/{ids}/{z}/{x}/{y}.mvt`) come first and have a point in their last part; what is left
of `/tiles/…` is the dataset's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api.answers import answer, json_answer
from api.definition import HTML, JSON, JSON_OR_PAGE
from api.deps import Known, asking_of
from api.kept import Kept
from api.layers import layer_soon, layers_of
from api.links import link, with_query
from api.negotiation import accepted, format_of, language_of
from api.pages import page
from api.routes.tiles import AT, FILTER, THEME, TILE_ANSWERS
from api.tile_answers import (
    Drawn,
    check_within,
    drawn_for,
    extent_of,
    layers_selected,
    spans,
    tile_at,
    tile_key,
    tile_made,
)  # fmt: skip
from api.tileset_documents import TITLES, matrix_set, tileset, tileset_item
from geo.errors import BadRequest, Text, UnknownFeature
from geo.layer import Layer
from geo.shapes.grids import GRIDS, Grid
from geo.store.tiles import TileFormat

router = APIRouter(tags=["tiles"])

DATASET = Text("ทุกชั้นข้อมูล", "All layers")
Collections = Annotated[
    str | None, Query(description="which layers, with commas between them, bottom to top; all when left out")
]
_NAMES = ("tileMatrix", "tileCol", "tileRow")


@router.get("/tileMatrixSets", response_model=None, responses=JSON_OR_PAGE, dependencies=[Known],
            operation_id="getTileMatrixSetsList")  # fmt: skip
def list_matrix_sets(request: Request) -> Response:
    """The grids in which tiles are cut."""
    wanted, language = format_of(request), language_of(request)
    asking_of(request)
    if wanted == "html":
        return page(request, "tile_matrix_sets.html", grids=list(GRIDS.values()), titles=TITLES)
    keys = ("id", "title", "uri", "crs")
    found = [matrix_set(request, grid, language) for grid in GRIDS.values()]
    sets = [{key: one[key] for key in keys} | {"links": one["links"][:1]} for one in found]
    return json_answer(request, {"tileMatrixSets": sets, "links": _self_and_page(request, "/tileMatrixSets")})


@router.get("/tileMatrixSets/{tileMatrixSetId}", response_model=None, responses=JSON_OR_PAGE, dependencies=[Known],
            operation_id="getTileMatrixSet")  # fmt: skip
def get_matrix_set(request: Request, tileMatrixSetId: str) -> Response:
    """The whole definition of a grid."""
    wanted, grid = format_of(request), grid_named(tileMatrixSetId)
    asking_of(request)
    document = matrix_set(request, grid, language_of(request))
    if wanted == "html":
        return page(request, "tile_matrix_set.html", grid=grid, title=TITLES[grid.id], document=document)
    return json_answer(request, document)


@router.get("/tiles", response_model=None, responses=JSON_OR_PAGE, dependencies=[Known],
            operation_id=".dataset.vector.getTileSetsList")  # fmt: skip
def list_dataset_tilesets(request: Request, collections: Collections = None) -> Response:
    """The tilesets of all layers, or of those that are selected."""
    layers = layers_asked(request, collections)
    return _listed(request, "/tiles", layers, _title_of(request, layers, collections), collections)


@router.get("/collections/{collection}/tiles", response_model=None, responses=JSON_OR_PAGE, dependencies=[Known],
            operation_id=".collection.vector.getTileSetsList")  # fmt: skip
def list_tilesets(request: Request, collection: str) -> Response:
    """The tilesets of a layer."""
    layer = layers_of(request).named(collection)
    return _listed(request, f"/collections/{layer.id}/tiles", (layer,), layer.title, None)


def _listed(request: Request, at: str, layers: Sequence[Layer], title: Text, collections: str | None) -> Response:
    wanted, language = format_of(request), language_of(request)
    asking_of(request)
    if wanted == "html":
        return page(request, "tilesets.html", title=title, at=at, grids=list(GRIDS.values()), titles=TITLES,
                    layers=layers, query=with_query("", collections=collections, f="html"))  # fmt: skip
    own = title.in_language(language)
    items = [tileset_item(request, grid, at, f"{own} – {grid.id}", collections) for grid in GRIDS.values()]
    links = _self_and_page(request, with_query(at, collections=collections))
    return json_answer(request, {"title": own, "tilesets": items, "links": links})


@router.get("/tiles/{tileMatrixSetId}", response_model=None, responses=JSON_OR_PAGE, dependencies=[Known],
            operation_id=".dataset.vector.getTileSet")  # fmt: skip
async def get_dataset_tileset(
    request: Request,
    tileMatrixSetId: str,
    collections: Collections = None,
) -> Response:
    """All about a tileset of all layers, or of those that are selected."""
    grid, layers = grid_named(tileMatrixSetId), await run_in_threadpool(layers_asked, request, collections)
    title = _title_of(request, layers, collections)
    return await _described(request, grid, "/tiles", layers, title, collections)


@router.get("/collections/{collection}/tiles/{tileMatrixSetId}", response_model=None, responses=JSON_OR_PAGE,
            dependencies=[Known], operation_id=".collection.vector.getTileSet")  # fmt: skip
async def get_tileset(
    request: Request,
    collection: str,
    tileMatrixSetId: str,
) -> Response:
    """All about a tileset of a layer: where it has tiles, and what is in them."""
    layer, grid = await layer_soon(request, collection), grid_named(tileMatrixSetId)
    return await _described(request, grid, f"/collections/{layer.id}/tiles", (layer,), layer.title, None)


async def _described(
    request: Request, grid: Grid, at: str, layers: Sequence[Layer], title: Text, collections: str | None
) -> Response:
    wanted, language = format_of(request), language_of(request)
    drawn = await drawn_for(request, layers, "collections")
    boxes = {layer.id: await extent_of(request, layer, drawn.asking) for layer in layers}
    found = list((await spans(request, drawn, grid)).values())
    document = tileset(
        request, drawn, grid, at, f"{title.in_language(language)} – {grid.id}", language,
        boxes=boxes, spans=found, collections=collections,
    )  # fmt: skip
    if wanted == "html":

        def made() -> Response:
            return page(request, "tileset.html", title=title, grid=grid, grid_title=TITLES[grid.id], document=document)

        # In a thread, because a page may ask the database whether its data are made up.
        return await run_in_threadpool(made)
    return json_answer(request, document)


async def get_dataset_tile(request: Request) -> Response:
    """One tile of all layers, or of those that are selected."""
    collections = request.query_params.get("collections")
    layers = await run_in_threadpool(layers_asked, request, collections)
    drawn = await drawn_for(request, layers, "collections")
    return await _tile(request, drawn)


async def get_collection_tile(request: Request) -> Response:
    """One tile of a layer."""
    layer = await layer_soon(request, request.path_params["collection"])
    return await _tile(request, await drawn_for(request, (layer,)))


async def _tile(request: Request, drawn: Drawn) -> Response:
    """204 where a tile within the limits is empty, 404 outside of them."""
    path = request.path_params
    grid, kind = grid_named(path["tileMatrixSetId"]), kind_of(request)
    tile = tile_at(path["tileMatrix"], path["tileCol"], path["tileRow"], grid, _NAMES)
    await check_within(request, drawn, tile)
    kept = await tile_made(request, drawn, tile, kind, tile_key(drawn, tile, kind))
    if kind is TileFormat.GEOJSON and b'"features":[]' in kept.body[:80]:
        kept = Kept.of(b"")
    return answer(request, kept, kind.media_type, vary="Accept, Accept-Encoding")


def kind_of(request: Request) -> TileFormat:
    """How a tile is to be written: by `f`, else by Accept, else as MVT; 400 and 406 where it cannot be."""
    asked = request.query_params.get("f")
    if asked is not None:
        if asked not in list(TileFormat):
            raise BadRequest(f"ไม่รู้จักรูปแบบ f={asked!r}", f"Unknown format f={asked!r}")
        return TileFormat(asked)
    types = accepted(request)
    if not types:
        return TileFormat.MVT
    weights = {kind: max((types.get(name, 0.0) for name in names), default=0.0) for kind, names in _READ_AS.items()}
    best = max(weights, key=lambda kind: weights[kind])
    if weights[best] > 0:
        return best
    if max(types.get("*/*", 0.0), types.get("application/*", 0.0)) > 0:
        return TileFormat.MVT
    raise HTTPException(406)


_READ_AS = {
    TileFormat.MVT: (TileFormat.MVT.media_type, "application/x-protobuf", "application/vnd.mapbox-vector-tile;*"),
    TileFormat.GEOJSON: (TileFormat.GEOJSON.media_type, "application/json"),
}


def grid_named(name: str) -> Grid:
    """The grid of this id."""
    if name not in GRIDS:
        raise UnknownFeature(f"ไม่มีตารางไทล์ชื่อ {name!r}", f"There is no tile matrix set called {name!r}")
    return GRIDS[name]


def layers_asked(request: Request, collections: str | None) -> tuple[Layer, ...]:
    """The layers that are selected, or all that are listed to the asker."""
    if collections is not None:
        return layers_selected(request, collections)
    return tuple(layers_of(request).shown_to(asking_of(request)))


def _title_of(request: Request, layers: Sequence[Layer], collections: str | None) -> Text:
    if collections is None:
        return DATASET
    return Text(", ".join(layer.title.th for layer in layers), ", ".join(layer.title.en for layer in layers))


def _self_and_page(request: Request, path: str) -> list[dict[str, Any]]:
    joint = "&" if "?" in path else "?"
    return [
        link(request, path, "self", JSON, "This document"),
        link(request, f"{path}{joint}f=html", "alternate", HTML, "เป็นหน้าเว็บ · As a page"),
    ]


def _parameters(*more: dict[str, Any], collection: bool) -> list[dict[str, Any]]:
    parts = [
        *([("collection", "the layer's id", {"type": "string"})] if collection else []),
        ("tileMatrixSetId", "the grid", {"type": "string", "enum": list(GRIDS)}),
        ("tileMatrix", "level", {"type": "string"}),
        ("tileRow", "row, from the north", {"type": "integer"}),
        ("tileCol", "column, from the west", {"type": "integer"}),
    ]
    path = [{"name": name, "in": "path", "required": True, "description": about, "schema": schema}
            for name, about, schema in parts]  # fmt: skip
    form = {"name": "f", "in": "query", "required": False, "description": "how it is written; else as Accept says",
            "schema": {"type": "string", "enum": [str(kind) for kind in TileFormat]}}  # fmt: skip
    return [*path, form, AT, THEME, *FILTER, *more]


_SELECTED = {"name": "collections", "in": "query", "required": False, "schema": {"type": "string"},
             "description": "which layers, with commas between them, bottom to top; all when left out"}  # fmt: skip
_PLACE = "/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"
# Bare routes answer, as in `tiles.py`; the declared ones behind them describe them.
for _path, _ask, _id, _told in (
    ("/tiles", get_dataset_tile, ".dataset.vector.getTile", _parameters(_SELECTED, collection=False)),
    ("/collections/{collection}/tiles", get_collection_tile, ".collection.vector.getTile",
     _parameters(collection=True)),
):  # fmt: skip
    router.add_route(_path + _PLACE, _ask, include_in_schema=False)
    router.get(_path + _PLACE, response_model=None, operation_id=_id,
               openapi_extra={"parameters": _told, "responses": TILE_ANSWERS})(_ask)  # fmt: skip
