"""The caller's own conditions and order, on what their audience sees of a row and on nothing else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    and_,
    func,
    literal_column,
    or_,
)

from geo.errors import BadRequest, unknown_property
from geo.layer import Field, Layer, Published
from geo.shapes.whereabouts import Box
from geo.store.asking import Asking, form, shown_fields
from geo.store.queryables import queryables, sortable_fields
from geo.store.wanted import Cursor, During, OpenBox, Order, Wanted


def narrowed(columns: Any, layer: Layer, asking: Asking, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The caller's own conditions, on what this audience sees of a row."""
    found = _equal(columns, layer, asking, wanted)
    if form(layer, asking) is not Published.WITHHELD:
        # A shape that is withheld is nowhere for this asker: no rectangle tells where it is.
        found += _near(columns, layer, wanted)
    if wanted.during and layer.instant in shown_fields(layer, asking):
        time = columns[layer.instant]
        # A feature that has no time is in every span of time (OGC Features, datetime, requirement C).
        found.append(or_(_in_time(time, wanted.during), time.is_(None)))
    if wanted.where:
        found.append(wanted.where.condition(queryables(layer, asking, columns)))
    return found


def _near(columns: Any, layer: Layer, wanted: Wanted) -> list[ColumnElement[bool]]:
    near: list[ColumnElement[bool]] = []
    box: Any = wanted.box
    if isinstance(box, OpenBox):
        near.append(meets_piece(columns.geom, box.whole, box.inner))
    elif wanted.box:
        near.append(meets(columns.geom, wanted.box))
    if wanted.region:
        shape = func.ST_GeomFromEWKB(wanted.region.ewkb)
        near += [columns.geom.op("&&")(shape), func.ST_Intersects(columns.geom, shape)]
    if wanted.heights:
        top, bottom = func.ST_ZMax(columns.geom), func.ST_ZMin(columns.geom)
        flat = func.ST_NDims(columns.geom) < 3
        near.append(or_(flat, and_(bottom <= wanted.heights.high, top >= wanted.heights.low)))
    if near and not layer.shape.required:
        # A feature without a shape is nowhere, so no rectangle excludes it (OGC Features, bbox, requirement C).
        return [or_(and_(*near), columns.geom.is_(None))]
    return near


def _in_time(time: Any, during: During) -> ColumnElement[bool]:
    """Whether a moment lies in a span of time, or a day has a part in common with it (days are those of UTC)."""
    tests: list[ColumnElement[bool]] = []
    is_day = isinstance(time.type, Date)
    if during.start is not None:
        tests.append(time >= (during.start.date() if is_day else during.start))
    if during.end is not None:
        # A day reaches to its last moment: it begins before the end of the span, or on it.
        open_end = during.before_end and not (is_day and during.end.time() != dt.time(0))
        end = during.end.date() if is_day else during.end
        tests.append(time < end if open_end else time <= end)
    return and_(*tests)


def meets(geom: Any, box: Box) -> ColumnElement[bool]:
    """Whether a geometry touches a rectangle of degrees; one with west > east crosses the antimeridian."""
    return or_(*(meets_piece(geom, piece, well_within(piece)) for piece in box.pieces))


# PostGIS keeps the rectangle around a shape in single precision, rounded outwards: two of them by so many degrees.
BLUR = 0.00004
_NOWHERE = Box(west=-1000, south=-1000, east=-1000, north=-1000)


def well_within(box: Box) -> Box:
    """The rectangle in which no shape is beside `box` for want of digits; of a narrow one that is nowhere at all."""
    return box.shrunk(BLUR) or _NOWHERE


def meets_piece(geom: Any, box: Any, within: Any) -> ColumnElement[bool]:
    """The same of `box` and what is `well_within` it, with four edges each: numbers or bound parameters.

    What lies in the inner one need not be looked at more closely; of a page's rows that is nearly all.
    """
    whole, inner = _envelope(box), _envelope(within)
    return and_(geom.op("&&")(whole), or_(geom.op("@", is_comparison=True)(inner), func.ST_Intersects(geom, whole)))


def _envelope(box: Any) -> ColumnElement[Any]:
    srid: ColumnElement[int] = literal_column("4326")
    return func.ST_MakeEnvelope(box.west, box.south, box.east, box.north, srid)


def _equal(columns: Any, layer: Layer, asking: Asking, wanted: Wanted) -> list[ColumnElement[bool]]:
    shown = shown_fields(layer, asking)
    conditions: list[ColumnElement[bool]] = []
    for name, text in wanted.equal:
        # A hidden column cannot be filtered on, and is refused with the words of one that does not exist.
        if name not in shown:
            raise unknown_property(name)
        conditions.append(columns[name] == typed(shown[name], text, columns[name]))
    return conditions


def typed(words: Field, text: str, column: Any) -> Any:
    """A value as somebody wrote it, as its column has it; BadRequest where it is none."""
    kind = words.python_type
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        if kind is dt.date:
            return dt.date.fromisoformat(text)
        if kind is dt.datetime:
            moment = dt.datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        if kind in (int, float, Decimal):
            number = Decimal(text)
            largest = 2**31 - 1 if kind is int and not isinstance(column.type, BigInteger) else 2**53
            if not number.is_finite() or abs(number) > largest or (number and number.adjusted() < -15):
                raise ValueError(text)
            return int(number) if kind is int and number == int(number) else number
        if kind is list:
            raise ValueError(text)
    except (KeyError, ValueError, InvalidOperation):
        told = f"{words.name}={text[:80]!r}"
        raise BadRequest(f"ค่าของ {told} ไม่ถูกต้อง", f"The value {told} does not fit that property") from None
    return text


def kept_value(value: Any) -> str | None:
    """A value as a cursor carries it: text that `_typed` reads back to the same."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else str(value)


def sorted_by(columns: Any, order: tuple[Order, ...]) -> list[ColumnElement[Any]]:
    """The columns to sort by; what has no value comes last either way."""
    return [(columns[one.name].desc() if one.descending else columns[one.name].asc()).nulls_last() for one in order]


def beyond(columns: Any, layer: Layer, asking: Asking, order: tuple[Order, ...], after: Cursor) -> ColumnElement[bool]:
    """Whether a row comes after the last one of the page before: by each sorted column in turn, then by id."""
    fields = sortable_fields(layer, asking)
    same: list[ColumnElement[bool]] = []
    beyond: list[ColumnElement[bool]] = []
    for one, value in zip(order, after.values, strict=True):
        if one.name not in fields:
            raise BadRequest(f"เรียงตาม {one.name} ไม่ได้", f"{one.name} is nothing to sort by")
        column = columns[one.name]
        if value is None:
            same.append(column.is_(None))
            continue
        last = typed(fields[one.name], str(value), column)
        further = column < last if one.descending else column > last
        beyond.append(and_(*same, or_(further, column.is_(None))))
        same.append(column == last)
    return or_(*beyond, and_(*same, columns.id > after.id))
