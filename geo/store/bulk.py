"""The first large load of a layer: its indexes and foreign keys are put aside and made anew over all rows at once.

Growing a spatial index and looking up a foreign key row by row is half of such a load. The price is that readers of
this layer, and of those it points to, wait until the load ends. So it is done only for a file of `WORTH_REBUILDING`
rows (a province, not a town) while the layer is empty and nobody can miss anything in it; a layer that has rows, even
of another town, is loaded with everything in place and its readers undisturbed.
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

# A unique index stays: it is how other tables point here.
_ASIDE = text(
    "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname) AS away, "
    "format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) "
    "AS back FROM pg_constraint AS c WHERE c.conrelid = to_regclass(:table) AND c.contype = 'f' "
    "UNION ALL "
    "SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid) FROM pg_index AS i "
    "WHERE i.indrelid = to_regclass(:table) AND NOT i.indisunique AND i.indisvalid"
)


@contextmanager
def loading_all_at_once(session: Session, layer: Layer, expected: int | None) -> Iterator[bool]:
    """Copy rows inside this; gives whether the indexes are away. A failure brings them back with the transaction."""
    away = _put_aside(session, layer) if expected is not None and expected >= WORTH_REBUILDING else []
    connection = session.connection()
    if away:
        # The triggers see each batch of rows as a table of its own; with less memory that table would go to the disk.
        connection.exec_driver_sql("SET LOCAL work_mem = '128MB'")
    yield bool(away)
    if away:
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
    for back in away:
        connection.exec_driver_sql(back)


def _put_aside(session: Session, layer: Layer) -> list[str]:
    """The statements that bring back what was taken; none where the layer has rows or somebody is busy with it."""
    try:
        with session.begin_nested():
            session.execute(text("SET LOCAL lock_timeout = '1s'"))
            session.execute(text(f"LOCK TABLE {quoted(layer.id)} IN ACCESS EXCLUSIVE MODE"))
            if session.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {quoted(layer.id)})")):
                raise _NotEmpty
            found = session.execute(_ASIDE, {"table": quoted(layer.id)}).all()
            for one in found:
                session.connection().exec_driver_sql(one.away)
            session.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    except _NotEmpty:
        return []
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            return []
        raise
    return [one.back for one in found]


class _NotEmpty(Exception):
    """Rolls the savepoint back, and the lock with it."""
