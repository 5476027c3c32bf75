"""Connections: one engine that reads and one that writes, each asked for by name.

Reading connects read-only, so that a read route that tries to write fails in PostgreSQL and not in a review.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import Format
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from geo.errors import StoreAway

READ_SECONDS = 20
CONNECT_SECONDS = 3
POOL_SECONDS = 5
READ_ONLY = f"-c default_transaction_read_only=on -c statement_timeout={READ_SECONDS * 1000} -c jit=off"
QUERIES_KEPT = 150
# A statement seen twice is prepared: planning a tile costs as much as making a small one.
PREPARE_AFTER = 2


def read_only_engine(url: str, *, pool_size: int = 8) -> Engine:
    """An engine whose every transaction is read-only and ends after `READ_SECONDS`."""
    return _engine(url, READ_ONLY, pool_size=pool_size)


def writing_engine(url: str, *, pool_size: int = 4) -> Engine:
    """An engine that may write; a forgotten transaction is ended by the server.

    What is said to be done is on the disk, whatever the server does otherwise.
    """
    options = "-c idle_in_transaction_session_timeout=900000 -c jit=off -c synchronous_commit=on"
    return _engine(url, options, pool_size=pool_size)


# With these execution options the driver hands values over as PostgreSQL has them: bytes are not spelled out as text.
AS_BYTES = {"as_bytes": True}


def _engine(url: str, options: str, *, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=8,
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=False,
        # A compiled query holds a tenth of a megabyte, and people's filters are many.
        query_cache_size=QUERIES_KEPT,
        # A failure's words would carry what was asked and written.
        hide_parameters=True,
        connect_args={"options": options, "connect_timeout": CONNECT_SECONDS, "prepare_threshold": PREPARE_AFTER},
    )
    event.listen(engine, "before_cursor_execute", _ask_for_bytes)
    return engine


def _ask_for_bytes(_connection: Any, cursor: Any, _sql: Any, _values: Any, context: Any, _many: Any) -> None:
    if context is not None and context.execution_options.get("as_bytes"):
        cursor.format = Format.BINARY


def renewable(engine: Engine) -> Callable[[], None]:
    """A function after which connections made before are not used again.

    What a connection has prepared of a table cannot be run any more when the table has other columns ("cached plan
    must not change result type"). One that is busy is closed when it comes to be lent again.
    """
    now = [0]

    def made(_connection: Any, record: Any) -> None:
        record.info["made_in"] = now[0]

    def lent(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("made_in") != now[0]:
            raise DisconnectionError("made before the tables changed")

    def renew() -> None:
        now[0] += 1

    event.listen(engine, "connect", made)
    event.listen(engine, "checkout", lent)
    return renew


@contextmanager
def told_when_away() -> Iterator[None]:
    """Turn a lost or refused connection into `StoreAway`, whose status is 503."""
    try:
        yield
    except (OperationalError, PoolTimeout, psycopg.OperationalError) as error:
        raise away() from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise away() from error
        raise


def away() -> StoreAway:
    """The failure people see while the database is away."""
    return StoreAway(
        "ฐานข้อมูลไม่ตอบสนอง โปรดลองใหม่ในอีกสักครู่", "The database does not answer; please try again in a moment"
    )


@contextmanager
def session_of(engine: Engine) -> Iterator[Session]:
    """A session that commits once at the end and rolls back on any failure."""
    with told_when_away(), Session(engine) as session, session.begin():
        yield session
