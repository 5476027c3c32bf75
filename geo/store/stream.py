"""Rows of the read door as the bytes in which PostgreSQL hands them over, and pages of features made of them.

One value holds all rows (`record_send`, put one behind the other): PostgreSQL writes no text, the driver makes no
objects, and compiled code reads the bytes (`geo.encode`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, LargeBinary, Select, String, func, literal_column, select
from sqlalchemy.orm import Session

from geo.encode import EncodedPage, Records, features
from geo.layer import Layer
from geo.shapes.served import CRS84, Served
from geo.store.db import AS_BYTES
from geo.store.read import MOST_AT_ONCE, Asking, Wanted, named_fields, rows, witnessed


def in_bytes(query: Select[Any]) -> Select[bytes | None]:
    """All rows of a query as one value, in its order; null where there are none."""
    one: ColumnElement[bytes | None] = func.string_agg(
        func.record_send(literal_column("r")), literal_column("''::bytea"), type_=LargeBinary
    )
    return select(one).select_from(query.subquery("r"))


def _readable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as the compiled code reads it: lists of other things than text come as JSON, the rest as it is."""
    if isinstance(column.type, ARRAY) and not isinstance(column.type.item_type, String):
        return func.array_to_json(column)
    return column


def told_columns(held: Any, names: tuple[str, ...], crs: Served) -> Select[Any]:
    """What compiled code writes features from: the id, the properties and the shape in its CRS, in the order of `held`.

    `held` is a subquery of `read.rows`. Nothing here sorts, joins or groups.
    """
    shape = held.c.geom if crs.is_degrees else func.ST_Transform(held.c.geom, crs.srid)
    return select(held.c.id, *(_readable(held.c[name]) for name in names), shape.label("geom"))


def features_in_bytes(
    session: Session, layer: Layer, asking: Asking, wanted: Wanted, crs: Served = CRS84
) -> EncodedPage:  # fmt: skip
    """A page of GeoJSON features as bytes: what `read.features` gives as dicts, and written down as that is.

    Not for a CRS whose datum shift is our own (`Served.pinned`).
    """
    limit = min(wanted.limit or MOST_AT_ONCE, MOST_AT_ONCE)
    held = rows(layer, asking, replace(wanted, limit=limit + 1)).subquery("held")
    names = tuple(named_fields(layer, asking, wanted))
    buffer: Any = session.scalar(in_bytes(told_columns(held, names, crs)), execution_options=AS_BYTES)
    page = features(Records(buffer or b""), names, digits=crs.digits, swap=crs.swapped, most=limit)
    witnessed(session, layer, asking, page.ids)
    return page
