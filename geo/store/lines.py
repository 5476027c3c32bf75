"""Connections for answers that are read-only statements and are wanted by the hundred.

They are few, because these statements are all work: more of them at once than PostgreSQL has cores only wait for each
other. What is asked together is told as of one moment (`repeatable read`), and whoever is no part of the public comes
with a signed area, which is set for that transaction alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import psycopg
from psycopg import AsyncConnection, AsyncRawCursor
from sqlalchemy import String

from geo.encode import Records
from geo.store import db
from geo.store.area import SETTING
from geo.store.db import CONNECT_SECONDS, POOL_SECONDS, away, told_when_away
from geo.store.prepared import Open, Prepared, left_open
from geo.store.wire import Bound, Line, LineLost

_IN_AREA = Prepared(sql=f"SELECT set_config('{SETTING}', $1, true)", parameters=(left_open("area", String()),))
# One plan for all places: each tile is found through the same index, and is over before another process has begun to
# help with it. What lies in a rectangle is put aside while it is counted, of some ten thousand rows several megabytes.
_OPTIONS = (
    "-c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0 -c work_mem=16MB "
    r"-c default_transaction_isolation=repeatable\ read"
)


class Lines:
    """At most `size` connections to one database as one role; made when they are needed, in one event loop."""

    def __init__(self, url: str, *, size: int = 4) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://")
        self._size = size
        self._loop: asyncio.AbstractEventLoop | None = None
        self._free: list[Line | Slowly] = []
        self._turns = asyncio.Semaphore(size)

    async def ask(self, asked: Sequence[Bound], area: str | None = None) -> list[Records]:
        """The rows of each statement, all as of one moment; StoreAway while the database is away.

        A connection that died while it lay idle (the database was started anew) costs nobody an answer, nor does one
        whose statements were prepared before a table changed: it is asked once more, on another one.
        """
        told = [(_IN_AREA, {"area": area}), *asked] if area is not None else asked
        with told_when_away():
            turns = await self._turn()
            try:
                try:
                    found = await self._asked(told)
                except (LineLost, psycopg.errors.FeatureNotSupported):
                    self._end_free()
                    found = await self._asked(told)
            finally:
                turns.release()
        return found[1:] if area is not None else found

    async def close(self) -> None:
        """End those that are free; others end when their answer is there."""
        self._loop = None
        self._end_free()

    async def _turn(self) -> asyncio.Semaphore:
        if self._loop is not asyncio.get_running_loop():
            # A server has one loop, tests have several, and what belongs to one that is over cannot be used.
            self._end_free()
            self._loop, self._turns = asyncio.get_running_loop(), asyncio.Semaphore(self._size)
        turns = self._turns
        if not turns.locked():
            await turns.acquire()
            return turns
        try:
            async with asyncio.timeout(POOL_SECONDS):
                await turns.acquire()
        except TimeoutError:
            raise away() from None
        return turns

    async def _asked(self, told: Sequence[Bound]) -> list[Records]:
        loop = self._loop
        line = self._free.pop() if self._free else await self._made()
        try:
            return await line.ask(told)
        except psycopg.errors.FeatureNotSupported:
            # "Cached plan must not change result type"
            line.abort()
            raise
        finally:
            if line.is_lost or self._loop is not loop:
                line.abort()
            else:
                self._free.append(line)

    async def _made(self) -> Line | Slowly:
        connection = await AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=CONNECT_SECONDS, options=f"{db.READ_ONLY} {_OPTIONS}",
            prepare_threshold=0, gssencmode="disable",
        )  # fmt: skip
        return Slowly(connection) if connection.pgconn.ssl_in_use else await Line.over(connection)

    def _end_free(self) -> None:
        while self._free:
            self._free.pop().abort()


class Slowly:
    """The same as a `Line` for a connection that is encrypted: asked and read by the driver, value by value."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    @property
    def is_lost(self) -> bool:
        """Whether the connection is gone."""
        return self._connection.broken or self._connection.closed

    async def ask(self, asked: Sequence[Bound]) -> list[Records]:
        """See `Line.ask`."""
        try:
            async with self._connection.transaction():
                return [await self._rows(statement, given) for statement, given in asked]
        except psycopg.OperationalError as error:
            if self.is_lost:
                raise LineLost(str(error)) from error
            raise

    def abort(self) -> None:
        """End the connection at once."""
        self._connection.pgconn.finish()

    async def _rows(self, statement: Prepared, given: Mapping[str, Any]) -> Records:
        values = [given[one.name] if isinstance(one, Open) else one for one in statement.parameters]
        async with AsyncRawCursor(self._connection) as cursor:
            await cursor.execute(statement.sql, values, binary=True)
            held = cursor.pgresult
            assert held is not None
            width = range(held.nfields)
            types = np.array([held.ftype(column) for column in width], np.uint32).astype(np.int32)
            return Records(b"".join(_row([held.get_value(row, one) for one in width]) for row in range(held.ntuples)),
                           types)  # fmt: skip


def _row(values: Sequence[bytes | None]) -> bytes:
    """A row as the protocol sends it."""
    told = [b"\xff\xff\xff\xff" if one is None else len(one).to_bytes(4, "big") + one for one in values]
    body = len(values).to_bytes(2, "big") + b"".join(told)
    return b"D" + (len(body) + 4).to_bytes(4, "big") + body
