"""The statements that hand over what is near a tile: rows with their shapes, or counts in squares in their place.

They say nothing of the tile itself, whose place is bound when they are run: PostgreSQL plans them once, and a handful
of them serve every tile of a layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy import Text as TextType
from sqlalchemy.types import Boolean, Date, DateTime, Double, Numeric, String, Uuid

from geo.layer import Cells, Layer, Published
from geo.shapes.grids import Tile
from geo.shapes.whereabouts import Box
from geo.store.functions import COUNT_ZOOM
from geo.store.prepared import Prepared, Statements, prepared
from geo.store.read import Asking, Wanted, form, rows, shown_fields

SIDE, HALF = 40075016.685578488, 20037508.342789244


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What the rows of a statement are: those of a layer with these properties, or its squares."""

    layer: Layer
    names: tuple[str, ...]
    squares: bool = False


def tile_fields(layer: Layer, asking: Asking, themed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The properties a tile carries, of those the audience gets.

    What the popup, the style and the labels need, and what somebody may colour or filter by: of themes the columns of
    those that were asked for, because three more columns would cost every tile of parcels a tenth.
    """
    shown = shown_fields(layer, asking)
    if isinstance(form(layer, asking), Cells):
        return tuple(shown)
    style = layer.style
    named = (
        layer.name_field,
        style.by,
        style.label,
        style.label_short,
        *layer.popup,
        *layer.links,
        *layer.carried,
        *themed,
    )
    return tuple(dict.fromkeys(name for name in named if name in shown))


_STATEMENTS: Statements[tuple[Prepared, ...]] = Statements()


def statements(layers: tuple[Layer, ...], asking: Asking, tile: Tile, wanted: Wanted) -> tuple[Prepared, ...]:
    """The statements for these layers at this zoom; each is about the `Columns` of its rows."""

    def make() -> tuple[Prepared, ...]:
        return tuple(one for layer in layers for one in _of_layer(layer, asking, tile, wanted))

    if wanted.at is not None:
        # Another instant each time, and a place that cannot be bound afterwards: nothing to keep.
        return make()
    kinds = tuple(_drawn_as(layer, asking, tile.zoom) for layer in layers)
    # A layer may be declared anew while the service runs: what is kept is that of this very declaration, and holds it.
    key = (tuple(map(id, layers)), tuple(layer.generalise for layer in layers), kinds, asking.eyes, tile.grid, wanted)
    return _STATEMENTS.get(key, make)


def _place(name: str, kind: Any) -> Any:
    return bindparam(name, None, type_=kind)


_PLACE = {name: _place(name, Double()) for name in ("west", "south", "east", "north")} | {
    name: _place(name, Integer()) for name in ("deeper", "level", "first_x", "end_x", "first_y", "end_y")
}


def _drawn_as(layer: Layer, asking: Asking, zoom: int) -> str:
    plan = layer.generalise
    if plan is None or form(layer, asking) is not Published.AS_IT_IS or zoom > plan.below + 1:
        return "rows"
    return "squares" if zoom < plan.below else "rows or squares"


def _of_layer(layer: Layer, asking: Asking, tile: Tile, wanted: Wanted) -> list[Prepared]:
    drawn = _drawn_as(layer, asking, tile.zoom)
    as_rows = Columns(layer=layer, names=tile_fields(layer, asking, wanted.names or ()))
    as_squares = Columns(layer=layer, names=("count", "generalised"), squares=True)
    if drawn == "rows":
        return [prepared(_shapes(layer, asking, tile, wanted), _PLACE, about=as_rows)]
    # The kept counts are of all rows; of some of them they are counted now.
    counted = (
        _kept_counts(layer)
        if replace(wanted, names=None) == Wanted(by_place=True)
        else _counted_now(layer, asking, tile, wanted)
    )
    squares = _squares(counted, tile)
    if drawn == "squares":
        return [prepared(squares, _PLACE, about=as_squares)]
    held = select(func.coalesce(func.sum(counted.c.features), 0)).scalar_subquery()
    most = layer.generalise.at_most if layer.generalise else 0
    shapes = _shapes(layer, asking, tile, wanted)
    # Of the two one has no rows; PostgreSQL looks at what decides it once, before it looks for any.
    return [
        prepared(shapes.where(held <= most), _PLACE, about=as_rows),
        prepared(squares.where(held > most), _PLACE, about=as_squares),
    ]


def _shapes(layer: Layer, asking: Asking, tile: Tile, wanted: Wanted) -> Select[Any]:
    """Rows near the tile in no order, each with its shape in the units of the grid."""
    inner = _near(layer, asking, tile, wanted)
    columns = [_tile_value(inner.c[name]).label(name) for name in tile_fields(layer, asking, wanted.names or ())]
    return select(inner.c.id, *columns, inner.c.geom if tile.grid.srid == 4326 else inner.c.mercator)


def _near(layer: Layer, asking: Asking, tile: Tile, wanted: Wanted) -> Any:
    if wanted.at is not None:
        # Rows of two tables: the read door itself has to look where they are.
        west, south, east, north = tile.degrees()
        box = Box(west=max(west, -180), south=max(south, -90), east=min(east, 180), north=min(north, 90))
        return rows(layer, asking, Wanted(**{**wanted.__dict__, "box": box})).order_by(None).subquery("r")
    place = func.ST_MakeEnvelope(*(_PLACE[name] for name in ("west", "south", "east", "north")), literal_column("4326"))
    query = rows(layer, asking, wanted).order_by(None)
    return query.where(query.selected_columns.geom.op("&&")(place)).subquery("r")


_WRITTEN_AS_THEY_ARE = (Boolean, Date, DateTime, Double, Integer, Numeric, String, Uuid)


def _tile_value(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # MVT knows text, numbers and booleans; what is none of them, and no day or instant either, is written as text.
    return column if isinstance(column.type, _WRITTEN_AS_THEY_ARE) else cast(column, TextType)


def _squares(counted: Any, tile: Tile) -> Select[Any]:
    """Counts in squares of the web map's grid, each with its outline."""
    sx, sy = counted.c.x.op(">>")(_PLACE["deeper"]), counted.c.y.op(">>")(_PLACE["deeper"])
    total = cast(func.sum(counted.c.features), BigInteger)
    held = select(sx.label("sx"), sy.label("sy"), total.label("count"))
    inner = held.group_by(text("1"), text("2")).having(total > 0).subquery("q")
    outline = func.ST_TileEnvelope(_PLACE["level"], inner.c.sx, inner.c.sy)
    number = cast(inner.c.sx, BigInteger).op("<<")(_PLACE["level"]).op("+")(inner.c.sy)
    shape = func.ST_Transform(outline, 4326) if tile.grid.srid == 4326 else outline
    return select(number.label("id"), inner.c["count"], literal_column("true").label("generalised"), shape.label("g"))


def _kept_counts(layer: Layer) -> Any:
    """The counts that triggers keep, of the squares within the tile."""
    x, y = literal_column("t.x", Integer), literal_column("t.y", Integer)
    features: ColumnElement[int] = literal_column("t.features", BigInteger)
    of_layer = literal_column("t.layer", TextType) == layer.id
    query = select(x.label("x"), y.label("y"), features.label("features")).select_from(text("tile_count AS t"))
    return query.where(of_layer, *_within(x, y)).subquery("c")


def _counted_now(layer: Layer, asking: Asking, tile: Tile, wanted: Wanted) -> Any:
    """The same, worked out from the rows as the triggers do (`functions.py`)."""
    shape = _near(layer, asking, tile, wanted).c.mercator
    side = SIDE / 2**COUNT_ZOOM
    x = cast(func.floor(((func.ST_XMin(shape) + func.ST_XMax(shape)) / 2 + HALF) / side), Integer)
    y = cast(func.floor((HALF - (func.ST_YMin(shape) + func.ST_YMax(shape)) / 2) / side), Integer)
    places = select(x.label("x"), y.label("y")).where(shape.is_not(None)).subquery("p")
    one = literal_column("1", Integer).label("features")
    return select(places.c.x, places.c.y, one).where(*_within(places.c.x, places.c.y)).subquery("c")


def _within(x: Any, y: Any) -> list[ColumnElement[bool]]:
    return [x >= _PLACE["first_x"], x < _PLACE["end_x"], y >= _PLACE["first_y"], y < _PLACE["end_y"]]
