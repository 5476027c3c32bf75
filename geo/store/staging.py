"""Rows on their way into a table: Arrow batches as PostgreSQL's own binary COPY.

A file's rows wait in a temporary table until the merging statement has seen all of them; where a town has no rows yet
there is nothing to merge with, and the owner's are copied into the layer itself, inside the same transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import psycopg
import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.store.db import away
from geo.store.history import quoted

STAGING = "incoming"


def make_staging(session: Session, layer: Layer, columns: Sequence[str]) -> None:
    """An empty staging table with these columns of the layer, in the layer's types."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    types = {column.name: column.type.compile(dialect) for column in layer.table.__table__.columns}
    types["geom"] = "geometry"
    named = ", ".join(f"{quoted(name)} {types[name]}" for name in columns)
    session.execute(text(f"CREATE TEMPORARY TABLE {STAGING} (row_no integer, {named}) ON COMMIT DROP"))


def takes_copies(session: Session, layer: Layer) -> bool:
    """Whether rows may be copied into the layer itself: not by a role from whom PostgreSQL guards its rows."""
    return bool(session.scalar(text("SELECT NOT row_security_active(:table)"), {"table": quoted(layer.id)}))


def copy_rows(session: Session, table: str, rows: pa.RecordBatch) -> None:
    """Append a batch to a table by binary COPY; its columns are named as the table's."""
    connection: Any = session.connection().connection.driver_connection
    columns = ", ".join(quoted(name) for name in rows.schema.names)
    statement = f"COPY {quoted(table)} ({columns}) FROM STDIN (FORMAT BINARY)"
    encoder = ArrowToPostgresBinaryEncoder(rows.schema)
    try:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(encoder.write_header())
            copy.write(encoder.write_batch(rows))
            copy.write(encoder.finish())
    except psycopg.OperationalError as error:
        raise away() from error


def as_final(rows: pa.RecordBatch, *, change_id: int, at: dt.datetime) -> pa.RecordBatch:
    """A staged batch as rows of the layer itself: without its row numbers, with the change that makes them."""
    kept = [name for name in rows.schema.names if name != "row_no"]
    constants: dict[str, pa.Array[Any]] = {
        "change_id": pa.repeat(pa.scalar(change_id, pa.int64()), rows.num_rows),
        "changed_at": pa.repeat(pa.scalar(at.astimezone(dt.UTC), pa.timestamp("us", "UTC")), rows.num_rows),
    }
    arrays: list[pa.Array[Any]] = [rows.column(name) for name in kept] + list(constants.values())
    return pa.RecordBatch.from_arrays(arrays, names=[*kept, *constants])
