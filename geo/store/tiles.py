"""Vector tiles, MVT and GeoJSON, of what the read door gives an audience.

Both formats are cut by the same PostGIS call, so that they hold the same features with the same ids. Where a tile
would hold too much the layer's declared generalisation is drawn instead and says so; nothing is dropped silently.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    cast,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy import Text as TextType
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.types import JSON, Boolean, Double, Integer, Numeric

from geo.layer import Audience, Cells, Layer, Published
from geo.shapes.grids import BUFFER, EXTENT, WEB_MERCATOR, Grid, Tile, square_at
from geo.store.area import SETTING
from geo.store.functions import COUNT_ZOOM
from geo.store.read import Asking, Wanted, form, rows, shown_fields

SIDE = 40075016.685578488
BY_PLACE = Wanted(by_place=True)
SQUARES_DEEPER = 5  # a generalised tile is cut into at most 32 by 32 squares


class TileFormat(StrEnum):
    """How a tile is written."""

    MVT = "mvt"
    GEOJSON = "geojson"

    @property
    def media_type(self) -> str:
        """Its media type."""
        return {"mvt": "application/vnd.mapbox-vector-tile", "geojson": "application/geo+json"}[self.value]


async def tile_bytes(
    connection: AsyncConnection[Any], layers: Sequence[Layer], asking: Asking, tile: Tile, written: TileFormat,
    *, area: str | None = None, wanted: Wanted = BY_PLACE,
) -> bytes:  # fmt: skip
    """The tile of these layers, one after the other, all as of one moment; empty where nothing is.

    `area` is the signed area of whoever is no part of the public (`area.py`). `wanted` may ask for less than all rows,
    or for the past; where and how many they are says the tile.
    """
    shown = [layer for layer in layers if tile.z in levels(layer, tile.grid)]
    parts = [f"({_statement(layer, asking, tile, written, wanted)})" for layer in shown]
    made: Any = None
    if parts:
        # Bytes as they are: the driver would otherwise have them spelled out as text.
        async with connection.cursor(binary=True) as cursor:
            statement = _JOINED[written](parts) + (_IN_AREA if area else "")
            await cursor.execute(statement, {"z": tile.z, "x": tile.x, "y": tile.y, "area": area})
            found = await cursor.fetchone()
            made = found[0] if found else None
    if written is TileFormat.MVT:
        return bytes(made or b"")
    return f'{{"type":"FeatureCollection","features":[{made or ""}]}}'.encode()


_JOINED: dict[TileFormat, Callable[[list[str]], str]] = {
    TileFormat.MVT: lambda parts: "SELECT " + " || ".join(f"coalesce({part}, ''::bytea)" for part in parts),
    TileFormat.GEOJSON: lambda parts: f"SELECT concat_ws(',', {', '.join(parts)})",
}
# The setting is made in the statement itself, a journey less than a transaction around it, and ends with it. It comes
# before the tile because a row is needed before anything is made of it; were it not so, the tile would be empty.
_IN_AREA = f" FROM (SELECT set_config('{SETTING}', %(area)s, true) AS area OFFSET 0) AS s WHERE s.area <> ''"
_STATEMENTS: dict[Hashable, str] = {}
MOST_STATEMENTS = 2_000  # a town has a handful of areas; a server of many towns may have hundreds


def levels(layer: Layer, grid: Grid) -> tuple[int, ...]:
    """The levels of a grid at which a layer is drawn: as itself, or further out as counts."""
    shown = {*layer.zooms, *range(layer.generalise.below if layer.generalise else 0)}
    return tuple(z for z in range(grid.deepest + 1) if _zoom(z, grid) in shown)


def _zoom(z: int, grid: Grid) -> int:
    """The zoom of web maps whose tiles are as wide: a grid that begins with two tiles is one ahead."""
    return z + grid.columns.bit_length() - 1


def _statement(layer: Layer, asking: Asking, tile: Tile, written: TileFormat, wanted: Wanted) -> str:
    if wanted != BY_PLACE or tile.grid is not WEB_MERCATOR:
        return other_tile_sql(layer, asking, tile, written, wanted)
    # Built once: putting the expression together costs as much as a small tile does.
    key = (layer.id, asking.eyes, tile.z, written)
    if key not in _STATEMENTS:
        if len(_STATEMENTS) >= MOST_STATEMENTS:
            _STATEMENTS.clear()
        _STATEMENTS[key] = re.sub(r"(?<!:):([zxy])\b", r"%(\1)s", tile_sql(layer, asking, tile.z, written))
    return _STATEMENTS[key]


def other_tile_sql(
    layer: Layer, asking: Asking, tile: Tile, written: TileFormat, wanted: Wanted = BY_PLACE
) -> str:  # fmt: skip
    """The statement of one tile of another grid, or of the past, with everything written out in it."""
    plan, zoom = layer.generalise, _zoom(tile.z, tile.grid)
    has_counts = plan is not None and form(layer, asking) is Published.AS_IT_IS and wanted == BY_PLACE
    features = _other_squares(layer, tile) if has_counts and plan and zoom < plan.below else None
    if features is None:
        features = _other_shapes(layer, asking, tile, wanted)
    return _written(layer, features, zoom, written, tile).replace("%", "%%")


def _box_of(bounds: tuple[float, float, float, float], srid: int) -> Any:
    return func.ST_MakeEnvelope(*bounds, srid)


def _other_shapes(layer: Layer, asking: Asking, tile: Tile, wanted: Wanted) -> Select[Any]:
    held = rows(layer, asking, wanted).order_by(None).subquery("h")
    west, south, east, north = tile.degrees()
    near = _box_of((west, south, east, north), 4326)
    inner = select(held).where(held.c.geom.op("&&")(near)).subquery("r")
    source = inner.c.geom if tile.grid.srid == 4326 else inner.c.mercator
    envelope = _box_of(tile.bounds(), tile.grid.srid)
    columns = [_tile_value(inner.c[name]).label(name) for name in tile_fields(layer, asking)]
    if _zoom(tile.z, tile.grid) < 15 and layer.shape.dimension > 0:
        simple = func.ST_Simplify(source, tile.grid.tile_side(tile.z) / EXTENT * 2, literal_column("true"))
        cut: Any = func.coalesce(*(
            func.ST_AsMVTGeom(one, envelope, EXTENT, BUFFER, literal_column("true"))
            for one in (simple, func.ST_PointOnSurface(source))
        ))  # fmt: skip
    else:
        cut = func.ST_AsMVTGeom(source, envelope, EXTENT, BUFFER, literal_column("true"))
    return select(inner.c.id, *columns, cut.label("g")).select_from(inner).offset(0)


def _other_squares(layer: Layer, tile: Tile) -> Select[Any]:
    """Counts in squares of the web maps' grid, on a tile of another grid: every square that it meets, whole."""
    level = min(COUNT_ZOOM, _zoom(tile.z, tile.grid) + SQUARES_DEEPER)
    west, south, east, north = tile.degrees()
    (x0, y0), (x1, y1) = square_at(west, north, level), square_at(east, south, level)
    deeper = COUNT_ZOOM - level
    held = text(
        f"(SELECT x >> {deeper} AS sx, y >> {deeper} AS sy, sum(features)::bigint AS count FROM tile_count"
        f" WHERE layer = '{layer.id}' AND x BETWEEN {x0 << deeper} AND {((x1 + 1) << deeper) - 1}"
        f" AND y BETWEEN {y0 << deeper} AND {((y1 + 1) << deeper) - 1} GROUP BY 1, 2 HAVING sum(features) > 0) AS q"
    )
    number: ColumnElement[Any] = literal_column(f"(q.sx::bigint << {level}) + q.sy")
    square = func.ST_Transform(literal_column(f"ST_TileEnvelope({level}, q.sx, q.sy)"), tile.grid.srid)
    envelope = _box_of(tile.bounds(), tile.grid.srid)
    cut = func.ST_AsMVTGeom(square, envelope, EXTENT, BUFFER, literal_column("true"))
    columns: tuple[Any, ...] = (number.label("id"), literal_column("q.count").label("count"))
    return select(*columns, literal_column("true").label("generalised"), cut.label("g")).select_from(held)


def tile_sql(layer: Layer, asking: Asking, z: int, written: TileFormat = TileFormat.MVT) -> str:
    """The statement that makes a tile at zoom `z`, with `:z`, `:x` and `:y` for its place.

    It differs by zoom in what is simplified and whether counts take the place of shapes. One value comes back: the
    MVT layer, or the GeoJSON features joined by commas.
    """
    plan = layer.generalise
    if plan is None or form(layer, asking) is not Published.AS_IT_IS:
        return _written(layer, _shapes(layer, asking, z), z, written)
    if z < plan.below:
        return _written(layer, _squares(layer), z, written)
    shapes = _written(layer, _shapes(layer, asking, z), z, written)
    if z > plan.below + 1:
        return shapes
    squares = _written(layer, _squares(layer), z, written)
    return f"SELECT CASE WHEN ({_literal(_held(layer))}) <= {plan.at_most} THEN ({shapes}) ELSE ({squares}) END"


def for_tiles(asking: Asking) -> Asking:
    """Who asks, as far as tiles go: nothing personal is in a tile, nor is reading one written down (DOMAIN §7.2).

    Case workers and the tax office get the tiles of the municipality, in their own areas.
    """
    if asking.audience in (Audience.CARE, Audience.TAX):
        return replace(asking, audience=Audience.STAFF, purpose=None)
    return asking


def tile_fields(layer: Layer, asking: Asking) -> tuple[str, ...]:
    """The properties a tile carries: what the popup, the style and the labels need, of those the audience gets."""
    shown = shown_fields(layer, asking)
    if isinstance(form(layer, asking), Cells):
        return tuple(shown)
    named = (layer.name_field, layer.style.by, layer.style.label, *layer.popup, *layer.links)
    return tuple(dict.fromkeys(name for name in named if name in shown))


_DIALECT: Any = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]  # untyped there
# Cast, because a driver sends a small number as a small integer, and shifting that overflows without a word.
_Z, _X, _Y = "cast(:z AS integer)", "cast(:x AS integer)", "cast(:y AS integer)"
_PLACE = f"{_Z}, {_X}, {_Y}"


def _envelope(margin: float = 0.0) -> ColumnElement[Any]:
    return literal_column(f"ST_TileEnvelope({_PLACE}{f', margin => {margin!r}' if margin else ''})")


def _shapes(layer: Layer, asking: Asking, z: int) -> Select[Any]:
    inner = _rows_near(layer, asking)
    columns = [_tile_value(inner.c[name]).label(name) for name in tile_fields(layer, asking)]
    pixel = SIDE / 2**z / EXTENT
    source = inner.c.mercator
    if z < 15 and layer.shape.dimension > 0:
        source = func.ST_Simplify(source, literal_column(repr(pixel * 2)), literal_column("true"))
    cut = func.ST_AsMVTGeom(source, _envelope(), EXTENT, BUFFER, literal_column("true"))
    if layer.shape.dimension > 0 and z < 15:
        # What is smaller than a pixel becomes a point instead of vanishing.
        middle = func.ST_PointOnSurface(inner.c.mercator)
        cut = func.coalesce(cut, func.ST_AsMVTGeom(middle, _envelope(), EXTENT, BUFFER, literal_column("true")))
    # OFFSET 0 keeps the cut from being made twice, once to see whether there is any and once to write it.
    return select(inner.c.id, *columns, cut.label("g")).select_from(inner).offset(0)


def _rows_near(layer: Layer, asking: Asking) -> Any:
    near = func.ST_Transform(_envelope(BUFFER / EXTENT), 4326)
    query = rows(layer, asking, Wanted(by_place=True)).order_by(None)
    return query.where(query.selected_columns.geom.op("&&")(near)).subquery("r")


def _tile_value(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # MVT knows text, numbers and booleans; anything else (a day, an exact decimal) is written as one of them.
    if isinstance(column.type, Numeric) and not isinstance(column.type, Double):
        return cast(column, Double)
    return column if isinstance(column.type, (Boolean, Double, Integer, TextType)) else cast(column, TextType)


def _squares(layer: Layer) -> Select[Any]:
    """Counts in squares of the tile grid, from the counts that triggers keep."""
    deeper = literal_column(f"greatest(0, {COUNT_ZOOM} - {_Z} - {SQUARES_DEEPER})", Integer)
    level = literal_column(f"({_Z} + least({SQUARES_DEEPER}, {COUNT_ZOOM} - {_Z}))", Integer)
    total: ColumnElement[Any] = func.sum(literal_column("t.features"))
    held = _within_tile(
        layer,
        select(
            literal_column("t.x").op(">>")(deeper).label("sx"),
            literal_column("t.y").op(">>")(deeper).label("sy"),
            cast(total, BigInteger).label("count"),
        ),
    )
    inner = held.group_by(literal_column("sx"), literal_column("sy")).having(total > 0).subquery("q")
    square = func.ST_TileEnvelope(level, inner.c.sx, inner.c.sy)
    number = cast(inner.c.sx, BigInteger).op("<<")(level).op("+")(inner.c.sy)
    cut = func.ST_AsMVTGeom(square, _envelope(), EXTENT, BUFFER, literal_column("true"))
    return select(number.label("id"), inner.c["count"], literal_column("true").label("generalised"), cut.label("g"))


def _held(layer: Layer) -> Select[Any]:
    return _within_tile(layer, select(func.coalesce(func.sum(literal_column("t.features")), 0)))


def _within_tile(layer: Layer, query: Select[Any]) -> Select[Any]:
    shift = f"({COUNT_ZOOM} - {_Z})"
    axes = (("t.x", _X), ("t.y", _Y))
    bounds = [f"{square} >= ({tile} << {shift}) AND {square} < (({tile} + 1) << {shift})" for square, tile in axes]
    conditions = [
        literal_column(f"t.layer = '{layer.id}'", Boolean),
        *(literal_column(b, Boolean) for b in bounds),
    ]
    return query.select_from(text("tile_count AS t")).where(*conditions)


def _written(layer: Layer, features: Select[Any], z: int, written: TileFormat, tile: Tile | None = None) -> str:
    # By id: in the order in which rows lie in their table, the tile (and its ETag) would tell that one was written anew
    # though all that changed in it is hidden.
    f = features.subquery("f")
    if written is TileFormat.MVT:
        names: tuple[Any, ...] = (
            literal_column(f"'{layer.id}'"),
            EXTENT,
            literal_column("'g'"),
            aggregate_order_by(literal_column("'id'"), f.c.id),
        )
        query = select(func.ST_AsMVT(literal_column("f.*"), *names)).select_from(f).where(f.c.g.is_not(None))
        return _literal(query)
    placed = _degrees(f.c.g) if tile is None else _placed(f.c.g, tile)
    shape = func.ST_AsGeoJSON(func.ST_ForcePolygonCCW(placed), _digits(z))
    pairs: list[Any] = []
    for name in (column.name for column in f.c if column.name not in ("id", "g")):
        pairs += [literal_column(f"'{name}'"), f.c[name]]
    feature = func.json_build_object(
        literal_column("'type'"), literal_column("'Feature'"), literal_column("'id'"), f.c.id,
        literal_column("'layer'"), literal_column(f"'{layer.id}'"),
        literal_column("'geometry'"), cast(shape, JSON),
        literal_column("'properties'"), func.json_strip_nulls(func.json_build_object(*pairs)),
    )  # fmt: skip
    joined = func.string_agg(cast(feature, TextType), aggregate_order_by(literal_column("','"), f.c.id))
    return _literal(select(joined).select_from(f).where(f.c.g.is_not(None)))


def _degrees(cut: ColumnElement[Any]) -> ColumnElement[Any]:
    """Tile units back to longitude and latitude: scale, move, and the sphere's own inverse."""
    pixel: ColumnElement[Any] = literal_column(f"({SIDE!r} / (1::bigint << {_Z}) / {EXTENT})")
    west: ColumnElement[Any] = literal_column(f"({_X} * {SIDE!r} / (1::bigint << {_Z}) - {SIDE / 2!r})")
    north: ColumnElement[Any] = literal_column(f"({SIDE / 2!r} - {_Y} * {SIDE!r} / (1::bigint << {_Z}))")
    zero: ColumnElement[Any] = literal_column("0")
    placed = func.ST_Affine(cut, pixel, zero, zero, -pixel, west, north)
    return func.ST_Transform(func.ST_SetSRID(placed, 3857), 4326)


def _placed(cut: ColumnElement[Any], tile: Tile) -> ColumnElement[Any]:
    """The same for one tile of any grid."""
    west, _, _, north = tile.bounds()
    pixel, grid = tile.grid.tile_side(tile.z) / EXTENT, tile.grid
    placed = func.ST_SetSRID(func.ST_Affine(cut, pixel, 0, 0, -pixel, west, north), grid.srid)
    return placed if grid.srid == 4326 else func.ST_Transform(placed, 4326)


def _digits(z: int) -> int:
    """Decimals that the zoom can show: one finer than the width of a tile unit at the equator."""
    return min(8, max(1, math.ceil(-math.log10(360 / 2**z / EXTENT))))


def _literal(query: Any) -> str:
    # Only names and constants of ours are in here; the place of the tile is bound when it is run.
    return str(query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
