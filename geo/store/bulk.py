"""The first large load of a layer: its indexes are put aside and built anew over all rows at once.

Growing a spatial index row by row is a third of such a load. The price is that readers of this one layer wait until
the load ends, so it is done only while the layer is empty and nobody can miss anything in it; a layer that has rows,
even of another town, is loaded with its indexes in place and its readers undisturbed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.store.history import quoted

WORTH_REBUILDING = 200_000
LOCK_NOT_AVAILABLE = "55P03"

_OURS_AND_PLAIN = text(
    "SELECT pg_get_indexdef(i.indexrelid) AS made_by, i.indexrelid::regclass::text AS name FROM pg_index AS i "
    "JOIN pg_class AS t ON t.oid = i.indrelid WHERE t.oid = to_regclass(:table) "
    "AND pg_has_role(t.relowner, 'USAGE') AND NOT i.indisunique AND i.indisvalid ORDER BY 2"
)


@contextmanager
def indexes_put_aside(session: Session, layer: Layer, expected: int | None) -> Iterator[bool]:
    """Load inside this; gives whether the indexes are away. A failure brings them back with the transaction."""
    away = expected is not None and expected >= WORTH_REBUILDING and _alone_and_empty(session, layer)
    indexes = session.execute(_OURS_AND_PLAIN, {"table": quoted(layer.id)}).all() if away else []
    connection = session.connection()
    for index in indexes:
        connection.exec_driver_sql(f"DROP INDEX {index.name}")
    yield bool(indexes)
    if indexes:
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
    for index in indexes:
        connection.exec_driver_sql(index.made_by)


def _alone_and_empty(session: Session, layer: Layer) -> bool:
    """Whether the layer has no rows and nobody is busy with it now; if so nobody gets at it until we are done."""
    try:
        with session.begin_nested():
            session.execute(text("SET LOCAL lock_timeout = '1s'"))
            session.execute(text(f"LOCK TABLE {quoted(layer.id)} IN ACCESS EXCLUSIVE MODE"))
            session.execute(text("SET LOCAL lock_timeout = DEFAULT"))
            if session.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {quoted(layer.id)})")):
                raise _NotEmpty
    except _NotEmpty:
        return False
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            return False
        raise
    return True


class _NotEmpty(Exception):
    """Rolls the savepoint back, and the lock with it."""
