"""The same tiles made by PostGIS alone (`ST_AsMVT`): what ours are compared with, in speed and in what they hold."""

from __future__ import annotations

import math
from typing import Any

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

from geo.layer import Cells, Layer, Published
from geo.shapes.grids import BUFFER, EXTENT
from geo.store.functions import COUNT_ZOOM
from geo.store.read import Asking, Wanted, form, rows
from geo.store.tables import ReleaseCell
from geo.store.tiles import TileFormat, tile_fields

SIDE = 40075016.685578488
SQUARES_DEEPER = 5  # a generalised tile is cut into at most 32 by 32 squares


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
    geom = ReleaseCell.geom if isinstance(form(layer, asking), Cells) else layer.table.geom
    query = rows(layer, asking, Wanted(by_place=True)).order_by(None)
    return query.where(geom.op("&&")(near)).subquery("r")


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


def _written(layer: Layer, features: Select[Any], z: int, written: TileFormat) -> str:
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
    shape = func.ST_AsGeoJSON(func.ST_ForcePolygonCCW(_degrees(f.c.g)), _digits(z))
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


def _digits(z: int) -> int:
    """Decimals that the zoom can show: one finer than the width of a tile unit at the equator."""
    return min(8, max(1, math.ceil(-math.log10(360 / 2**z / EXTENT))))


def _literal(query: Any) -> str:
    # Only names and constants of ours are in here; the place of the tile is bound when it is run.
    return str(query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
