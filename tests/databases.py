"""Databases for tests, with the service over each: copies of one migrated template, emptied and lent again.

To copy one costs half a second of a slow disk, to empty one a few hundredths; and connections that were used before
need not learn the tables and queries anew. Most of a run was that. What a test did to more than rows (a table altered,
a function replaced), or did to many rows, is not undone; its database is left.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from api.settings import Settings
from geo.store.cluster import Cluster
from geo.store.db import writing_engine

TEMPLATE = "atlas_template"
LARGEST = 2**20  # bytes of one table or index beyond which emptying is no bargain

# Everything but rows, and the rows of large tables that hardly any test touches: how many there are, and how many were
# written after the template was made.
_SAME = """
SELECT '{name}', count(*), count(*) FILTER (WHERE xmin::text::bigint > {since}) FROM {name}
"""
_WATCHED = (
    "pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_proc", "pg_trigger", "pg_policy",
    "pg_type", "pg_namespace", "pg_sequence", "pg_rewrite", "pg_extension", "pg_event_trigger", "pg_default_acl",
    "pg_inherits", "spatial_ref_sys",
)  # fmt: skip
_SETTINGS = """
SELECT 'settings', count(*), 0 FROM pg_db_role_setting
WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_TABLES = """
SELECT oid::regclass::text, pg_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
  AND relname <> 'spatial_ref_sys'
ORDER BY 1
"""
# A transaction that somebody forgot would hold its locks for ever.
_FORGOTTEN = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'
"""
_COUNTERS = """
SELECT schemaname || '.' || quote_ident(sequencename), coalesce(last_value, start_value), last_value IS NOT NULL
FROM pg_sequences ORDER BY 1
"""


@contextlib.contextmanager
def keeper(cluster: Cluster) -> Iterator[Connection]:
    """A connection of the server's superuser, to make databases with."""
    engine = create_engine(cluster.keeper_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def named(url: str, database: str) -> str:
    """The same server's other database."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _driver(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


@dataclass(frozen=True)
class _State:
    """What the template holds: its schema in numbers, the rows of its tables and where its counters are."""

    since: int
    schema: list[tuple[Any, ...]]
    rows: Mapping[str, bytes]
    counters: list[tuple[Any, ...]]


_NUMBERS = itertools.count()


class Stand:
    """A database, connections of its owner and the service over it, for one test at a time."""

    def __init__(self, url: str, home: Path, made: Callable[[Settings, str], FastAPI]) -> None:
        self.url, self.home = url, home
        self.keeper: psycopg.Connection[tuple[Any, ...]] | None = None
        self.engine = writing_engine(url)
        self._made = made
        self._open = contextlib.ExitStack()
        self._client: TestClient | None = None
        self._state: dict[str, Any] = {}

    @property
    def client(self) -> TestClient:
        """Somebody who asks the service, in this process; it is started when it is first wanted."""
        if self._client is None:
            app = self._made(Settings(home=self.home), self.url)
            self._client = self._open.enter_context(TestClient(app, raise_server_exceptions=False))
            self._state = dict(app.state._state)
        return self._client

    def rest(self) -> bool:
        """Forget what one test told it; whether the next may have it."""
        if self.engine.pool.checkedout():  # type: ignore[attr-defined]  # a pool that counts, as all of ours
            return False
        if self._client is None:
            return True
        state = self._client.app.state  # type: ignore[attr-defined]  # the app is one of ours
        self._client.cookies.clear()
        state._state.clear()
        state._state.update(self._state)
        state.area_key.cache_clear()
        state.cache.hearing(True)
        return not state.stopping.is_set()

    def close(self) -> None:
        """End the service and its connections."""
        self._open.close()
        self.engine.dispose()
        if self.keeper is not None:
            self.keeper.close()


@dataclass
class Databases:
    """The databases of one process of a run; `made` makes the service over one of them."""

    cluster: Cluster
    made: Callable[[Settings, str], FastAPI]
    _free: list[Stand] = field(default_factory=list)
    _template: _State | None = None

    def new(self) -> str:
        """The URL of an empty, migrated database; it goes with the run's cluster.

        To drop each would write everything to the disk first, hundreds of times.
        """
        return named(self.cluster.url, self._copied())

    def lend(self) -> Stand:
        """One that was given back, or a new one."""
        if self._template is None:
            self._template = self._looked_at()
        if self._free:
            return self._free.pop()
        name = self._copied()
        home = self.cluster.home / name
        home.mkdir()
        return Stand(named(self.cluster.url, name), home, self.made)

    def give_back(self, stand: Stand) -> None:
        """Empty it and keep it for the next test, where nothing but rows was changed."""
        if self._template is not None and stand.rest() and self._emptied(stand, self._template):
            self._free.append(stand)
        else:
            stand.close()

    def close(self) -> None:
        """End all services that are left."""
        for stand in self._free:
            stand.close()

    def _copied(self) -> str:
        name = f"t_{os.getpid()}_{next(_NUMBERS)}"
        with keeper(self.cluster) as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER atlas"))
        return name

    def _looked_at(self) -> _State:
        # A copy, because nobody may be connected to a template while others copy it.
        with self._connected(self.new()) as found:
            since = _all(found, "SELECT pg_current_xact_id()::text::bigint")[0][0]
            rows = {}
            for table, size in _all(found, _TABLES):
                if size:
                    with found.cursor().copy(f"COPY {table} TO STDOUT") as copied:
                        rows[table] = b"".join(copied)
            return _State(since, _schema(found, since), rows, _all(found, _COUNTERS))

    def _emptied(self, stand: Stand, state: _State) -> bool:
        if stand.keeper is None:
            stand.keeper = self._connected(stand.url)
            stand.keeper.execute("SET lock_timeout = '2s'")
            stand.keeper.execute("SET session_replication_role = replica")
        found = stand.keeper
        found.execute(_FORGOTTEN)
        tables = _all(found, _TABLES)
        if _schema(found, state.since) != state.schema or any(size > LARGEST for _, size in tables):
            return False
        try:
            with found.transaction():
                for table, size in tables:
                    if size:
                        found.execute(sql.SQL("DELETE FROM {}").format(sql.SQL(table)))
                for table, rows in state.rows.items():
                    with found.cursor().copy(f"COPY {table} FROM STDIN") as copied:
                        copied.write(rows)
                moved = [one for one in _all(found, _COUNTERS) if one not in state.counters]
                wanted = {name: rest for name, *rest in state.counters}
                for name, *_ in moved:
                    found.execute("SELECT setval(%s, %s, %s)", (name, *wanted[name]))
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            return False  # somebody of that test is still at work
        return True

    def _connected(self, url: str) -> psycopg.Connection[tuple[Any, ...]]:
        as_keeper = make_url(self.cluster.keeper_url).set(database=make_url(url).database)
        return psycopg.connect(_driver(as_keeper.render_as_string()), autocommit=True)


def _all(connection: psycopg.Connection[tuple[Any, ...]], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def _schema(connection: psycopg.Connection[tuple[Any, ...]], since: int) -> list[tuple[Any, ...]]:
    each = [_SAME.format(name=name, since=since) for name in _WATCHED]
    return _all(connection, " UNION ALL ".join([*each, _SETTINGS]))
