"""One tile for whoever asks, by whichever address: made once for a crowd, kept, told in the form that is wanted."""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from api.answers import with_headers
from api.asked import FILTERS, Reader, filter_asked, instant_asked
from api.deps import area_of, asking_soon, check_parameters, session_as
from api.doorstep import stays
from api.flights import Flights, Place, Rests
from api.intervals import span_of
from api.kept import Kept
from api.layers import layers_of
from geo.errors import BadRequest, UnknownFeature, UnknownLayer
from geo.layer import Audience, Layer
from geo.render.themes import theme_of
from geo.shapes.grids import WEB_MERCATOR, Grid, Span, Tile, span_over
from geo.shapes.whereabouts import Box
from geo.store import read
from geo.store.lines import Lines
from geo.store.roles import Role
from geo.store.tiles import BY_PLACE, TileFormat, for_tiles, levels, tile_bytes, tile_fields
from geo.store.wanted import During, Wanted

MOST_LAYERS = 20
LONGEST_QUESTION = 600
# Counts are drawn in whole squares of the web maps' grid: on another one they reach into the neighbouring tile.
STRADDLING = 1 / 8


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What a tile shows, and to whom: its layers bottom to top, and which rows of each."""

    layers: tuple[Layer, ...]
    asking: read.Asking
    wanted: tuple[Wanted, ...]

    @property
    def is_past(self) -> bool:
        """Whether any of it is shown as it was."""
        return any(one.at is not None for one in self.wanted)


async def drawn_for(request: Request, layers: Sequence[Layer], *others: str) -> Drawn:
    """What a request asks to be drawn; refuses parameters that tiles do not have, but for the `others`."""
    who = await asking_soon(request)
    asking = for_tiles(who)
    if not request.query_params:
        return Drawn(layers=tuple(layers), asking=asking, wanted=(BY_PLACE,) * len(layers))
    check_parameters(request, ("f", "lang", "datetime", "theme", *FILTERS, *others))
    text = request.query_params.get("datetime")
    span = span_of(text) if text is not None else None
    reader = Reader(request, FILTERS)
    where = filter_asked(reader)
    reader.finish()
    names = themed(layers, who, request.query_params.get("theme"))
    wanted = tuple(replace(rows_drawn(layer, asking, span), where=where, names=names.get(layer.id)) for layer in layers)
    return Drawn(layers=tuple(layers), asking=asking, wanted=wanted)


def themed(layers: Sequence[Layer], who: read.Asking, names: str | None) -> dict[str, tuple[str, ...]]:
    """The columns that tiles of each layer carry besides, for the themes that are asked for; BadRequest for no theme.

    One that stands apart from the tiles brings nothing: it is nobody's but the asker's (`routes/map_facts.py`).
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(names.split(",")) if names is not None else ():
        layer, theme = theme_of(layers, who, name)
        if theme.apart_from is None and theme.by not in tile_fields(layer, for_tiles(who)):
            found[layer.id] = (*found.get(layer.id, ()), theme.by)
    return found


def rows_drawn(layer: Layer, asking: read.Asking, span: During | None) -> Wanted:
    """Which rows of a layer: the rules of `datetime` are those of its items."""
    if span is None:
        return BY_PLACE
    at = instant_asked(layer, asking, span)
    return replace(BY_PLACE, at=at, during=span if at is None else None)


def tile_key(drawn: Drawn, tile: Tile, kind: TileFormat) -> Hashable:
    """By what a tile is kept: the same for all who see the same of it."""
    # By the tables and not by the names: a layer that its town changed just now is another one.
    tables = tuple(layer.table for layer in drawn.layers)
    chosen = None if all(one is BY_PLACE for one in drawn.wanted) else drawn.wanted
    return "tile", tables, tile.grid.id, tile.z, tile.x, tile.y, kind, drawn.asking.eyes, chosen


async def tile_made(request: Request, drawn: Drawn, tile: Tile, kind: TileFormat, key: Hashable) -> Kept:
    """The tile's bytes: kept under its `tile_key`, or made now."""
    flights: Flights = request.app.state.flights
    asking = drawn.asking
    lines: Lines = request.app.state.lines[Role.PUBLIC if asking.audience is Audience.PUBLIC else Role.MEMBER]
    known: Kept | None = request.app.state.cache.kept(key)
    if known is not None:
        return known

    async def made() -> Kept:
        area = area_of(request, asking)
        parts = [
            await tile_bytes(lines, [layer for layer, _ in some], asking, tile, kind, area=area, wanted=wanted)
            for wanted, some in groupby(zip(drawn.layers, drawn.wanted, strict=True), key=itemgetter(1))
        ]
        return with_headers(request, Kept.of(_joined(parts, kind)), kind.media_type, vary="Accept-Encoding")

    # The past is not kept: an erasure changes it without a word. Nor are questions that may be longer than the answer.
    is_kept = not drawn.is_past and len(request.url.query) <= LONGEST_QUESTION
    place = Place(box=place_of(tile)) if is_kept else None
    rests = Rests.on(drawn.layers, asking, lambda _: place)
    kept: Kept = await flights.answer(key, made, rests, stays=stays(request.scope))
    return kept


def _joined(parts: list[bytes], kind: TileFormat) -> bytes:
    """Tiles of several layers as one; there is more than one where layers mean different things by a time."""
    if kind is TileFormat.MVT or len(parts) == 1:
        return b"".join(parts)
    features = [feature for part in parts for feature in json.loads(part)["features"]]
    told = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))
    return told.encode()


def place_of(tile: Tile) -> Box:
    """Where an edit must lie to change a tile."""
    west, south, east, north = tile.degrees()
    if tile.grid is not WEB_MERCATOR:
        across, along = (east - west) * STRADDLING, (north - south) * STRADDLING
        west, south, east, north = west - across, south - along, east + across, north + along
    return Box(west=west, south=south, east=east, north=north)


async def spans(request: Request, drawn: Drawn, grid: Grid) -> dict[int, Span]:
    """The tiles that a tileset has at each level: those over what is seen of the layers that are drawn there."""
    seen = [(layer, await extent_of(request, layer, drawn.asking)) for layer in drawn.layers]
    found: dict[int, Span] = {}
    for z in range(grid.deepest + 1):
        box = joined([box for layer, box in seen if box and z in levels(layer, grid)])
        if box:
            found[z] = span_over(grid, z, box.west, box.south, box.east, box.north)
    return found


async def check_within(request: Request, drawn: Drawn, tile: Tile) -> None:
    """404 outside the limits of a tileset; the past lies within the grid's own, because it may reach further."""
    if not drawn.is_past:
        span = (await spans(request, drawn, tile.grid)).get(tile.z)
        if span is None or not span.holds(tile):
            raise no_tile(tile)


async def extent_of(request: Request, layer: Layer, asking: read.Asking) -> Box | None:
    """The same as `known_extent`, and kept by the same key, without a thread where it is known."""
    flights: Flights = request.app.state.flights

    def asked() -> tuple[Box | None]:
        with session_as(request, asking) as session:
            return (read.extent(session, layer, asking),)

    rests = Rests.on([layer], asking, lambda made: Place(inside=None if asking.areas.shared else made[0]))
    found: tuple[Box | None] = await flights.answer(
        ("extent", layer.table, asking.eyes), lambda: run_in_threadpool(asked), rests
    )
    return found[0]


def joined(boxes: Sequence[Box]) -> Box | None:
    """The rectangle around rectangles."""
    if not boxes:
        return None
    return Box(
        west=min(box.west for box in boxes), south=min(box.south for box in boxes),
        east=max(box.east for box in boxes), north=max(box.north for box in boxes),
    )  # fmt: skip


async def layers_soon(request: Request, ids: str) -> tuple[Layer, ...]:
    """The same for a coroutine: in a thread where the database has to be asked for one of them."""
    if layers_of(request).knows(ids.split(",")):
        return layers_named(request, ids)
    return await run_in_threadpool(layers_named, request, ids)


def layers_named(request: Request, ids: str) -> tuple[Layer, ...]:
    """The layers of a comma-separated list, each once."""
    names = list(dict.fromkeys(ids.split(",")))
    if len(names) > MOST_LAYERS:
        raise BadRequest(f"เกิน {MOST_LAYERS} ชั้นข้อมูล", f"More than {MOST_LAYERS} layers")
    return tuple(map(layers_of(request).named, names))


def layers_selected(request: Request, collections: str) -> tuple[Layer, ...]:
    """The same as a parameter, of which a name that means nothing is a bad value."""
    try:
        return layers_named(request, collections)
    except UnknownLayer as error:
        raise BadRequest(f"collections: {error.told.th}", f"collections: {error.told.en}") from None


def tile_at(z: str, x: str, y: str, grid: Grid = WEB_MERCATOR, names: Sequence[str] = ("z", "x", "y")) -> Tile:
    """The tile of three numbers; 404 outside the grid, 400 where one of them is no number."""
    for name, part in zip(names, (z, x, y), strict=True):
        if not (part.isascii() and part.removeprefix("-").isdigit() and len(part) < 12):
            raise no_number(name)
    tile = Tile(int(z), int(x), int(y), grid)
    if not tile.exists:
        raise no_tile(tile)
    return tile


def no_number(name: str) -> BadRequest:
    """The words for a part of a tile's address that is no whole number."""
    return BadRequest(f"{name} ของไทล์ต้องเป็นจำนวนเต็ม", f"A tile's {name} is a whole number")


def no_tile(tile: Tile) -> UnknownFeature:
    """The words for a tile outside its grid or its tileset."""
    place = f"{tile.z}/{tile.x}/{tile.y}" if tile.grid is WEB_MERCATOR else f"{tile.grid.id} {tile.z}/{tile.y}/{tile.x}"
    return UnknownFeature(f"ไม่มีไทล์ {place}", f"There is no tile {place}")
