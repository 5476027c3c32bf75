"""Rows of the read door as the bytes in which PostgreSQL hands them over, and pages of features made of them.

One value holds all rows (`record_send`, put one behind the other): PostgreSQL writes no text, the driver makes no
objects, and compiled code reads the bytes (`geo.encode`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, LargeBinary, Select, String, func, literal_column, null, select
from sqlalchemy.orm import Session

from geo.encode import EncodedPage, features
from geo.layer import Layer
from geo.store.db import AS_BYTES
from geo.store.read import DEGREE_DIGITS, MOST_AT_ONCE, Asking, Wanted, named_fields, rows, witnessed


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


def features_in_bytes(
    session: Session, layer: Layer, asking: Asking, wanted: Wanted, *,
    shape: Callable[[ColumnElement[Any]], ColumnElement[Any]] | None = None,
    digits: int = DEGREE_DIGITS, swap: bool = False, shapes: bool = True,
) -> EncodedPage:  # fmt: skip
    """A page of GeoJSON features as bytes: what `read.features` gives as dicts, and written down as that is.

    `shape` is what becomes of the geometry on the way (say, transformed), `digits` and `swap` are how its coordinates
    are told (`geo.encode.page`).
    """
    limit = min(wanted.limit or MOST_AT_ONCE, MOST_AT_ONCE)
    inner = rows(layer, asking, Wanted(**{**wanted.__dict__, "limit": limit + 1}))
    held = inner.subquery("held")
    told = tuple(named_fields(layer, asking, wanted))
    geom: Any = null() if not shapes else shape(held.c.geom) if shape else held.c.geom
    # The order of the rows is that of the query within: nothing here sorts, joins or groups.
    query = select(held.c.id, *(_readable(held.c[name]) for name in told), geom.label("geom"))
    buffer: Any = session.scalar(in_bytes(query), execution_options=AS_BYTES)
    page = features(buffer or b"", told, digits=digits, swap=swap, most=limit)
    witnessed(session, layer, asking, page.ids)
    return page
