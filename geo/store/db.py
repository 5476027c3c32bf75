"""Connections: one engine that reads and one that writes, each asked for by name.

Reading connects read-only, so that a read route that tries to write fails in PostgreSQL and not in a review.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from geo.errors import StoreAway

READ_SECONDS = 20


def read_only_engine(url: str, *, pool_size: int = 8, single: bool = False) -> Engine:
    """An engine whose every transaction is read-only and ends after `READ_SECONDS`.

    With `single` each statement is a transaction of its own, which saves two round trips where one statement is all.
    """
    options = f"-c default_transaction_read_only=on -c statement_timeout={READ_SECONDS * 1000} -c jit=off"
    return _engine(url, options, pool_size=pool_size, single=single)


def writing_engine(url: str, *, pool_size: int = 4) -> Engine:
    """An engine that may write; a forgotten transaction is ended by the server."""
    return _engine(url, "-c idle_in_transaction_session_timeout=900000 -c jit=off", pool_size=pool_size)


def _engine(url: str, options: str, *, pool_size: int, single: bool = False) -> Engine:
    return create_engine(
        url,
        isolation_level="AUTOCOMMIT" if single else None,
        pool_size=pool_size,
        max_overflow=8,
        pool_timeout=5,
        pool_pre_ping=False,
        connect_args={"options": options, "connect_timeout": 3, "prepare_threshold": 2},
    )


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
