"""A connection on which PostgreSQL's rows arrive as the bytes that it sends, and are left as they are.

A driver makes an object of every value, and of every answer a round of waiting that costs as much as a small tile.
Here the statements of one answer go out together, and the rows that come back go to compiled code untouched
(`geo.encode`). The driver makes the connection, shows who we are and writes the values; what is spoken afterwards is
chapter 55 of PostgreSQL's manual ("Extended Query"), of which this needs six messages.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import pack
from typing import Any

import numpy as np
import psycopg
from psycopg import AsyncConnection

from geo.encode import Records
from geo.encode.wire import end_of_rows
from geo.store.prepared import Open, Prepared, written

MOST_PREPARED = 100  # on one connection; a server process holds the plan of each
_ROW, _ROWS_ARE, _DONE, _READY, _FAILED = (ord(kind) for kind in "DTCZE")
_EXECUTE = b"E\x00\x00\x00\x09\x00\x00\x00\x00\x00"
_SYNC = b"S\x00\x00\x00\x04"
# What may come at any moment, also between rows: a notice, a setting that changed, a notification.
_BESIDES = frozenset(map(ord, "NSA"))

Bound = tuple[Prepared, Mapping[str, Any]]


class LineLost(psycopg.OperationalError):
    """The connection ended before the answer was there."""


@dataclass(slots=True)
class _Known:
    """A statement as this connection has it: what its binding begins and ends with, and what its columns are."""

    head: bytes
    fixed: list[bytes | None]
    open: list[tuple[int, Open]]
    types: Any = None

    def binding(self, given: Mapping[str, Any]) -> bytes:
        """Bind to the unnamed portal; everything is to come in binary."""
        values: list[Any] = self.fixed.copy()
        for place, one in self.open:
            values[place] = one.pack(given[one.name])
        told = b"".join((self.head, *values, b"\x00\x01\x00\x01"))
        return b"B" + (len(told) + 4).to_bytes(4, "big") + told


class Line(asyncio.Protocol):
    """One connection, on which one answer at a time is asked for."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection
        self._transport: asyncio.Transport | None = None
        self._known: OrderedDict[int, _Known] = OrderedDict()
        self._held = bytearray()
        self._at = 0
        self._answer: asyncio.Future[list[Records]] | None = None
        self._begin()
        self.is_lost = False

    @classmethod
    async def over(cls, connection: AsyncConnection[Any]) -> Line:
        """Speak over a connection that the driver has made, and that it is not used for any more.

        It must not be encrypted: what comes over such a one only the driver's library can read.
        """
        made = socket.socket(fileno=os.dup(connection.fileno()))
        made.setblocking(False)
        loop = asyncio.get_running_loop()
        begin: Any = loop.create_unix_connection if made.family == socket.AF_UNIX else loop.create_connection
        transport, line = await begin(lambda: cls(connection), sock=made)
        line._transport = transport
        found: Line = line
        return found

    async def ask(self, asked: Sequence[Bound]) -> list[Records]:
        """The rows of each statement, all of them as of one moment, in one transaction that ends with the last.

        Raises the driver's errors, with PostgreSQL's own code; LineLost where the connection is gone.
        """
        if self.is_lost or self._transport is None or self._answer is not None:
            raise LineLost("the connection is gone, or busy")
        told: list[bytes] = []
        self._begin()
        try:
            for statement, given in asked:
                known = self._known.get(statement.number)
                if known is None:
                    known = self._prepare(statement, told)
                else:
                    self._known.move_to_end(statement.number)
                self._asked.append(known)
                told += (known.binding(given), _EXECUTE)
        except BaseException:
            # A value that cannot be written: what was to be prepared before it is not, and is noted as if it were.
            self.abort()
            raise
        told.append(_SYNC)
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(b"".join(told))
        try:
            return await self._answer
        except BaseException:
            # Half an answer may still be on its way, and half a question be prepared: nobody may read on from there.
            if not self._is_ready or self._is_preparing:
                self.abort()
            raise
        finally:
            self._answer = None

    def abort(self) -> None:
        """End the connection at once."""
        self.is_lost = True
        if self._transport is not None:
            self._transport.abort()
        self._connection.pgconn.finish()

    def data_received(self, data: bytes) -> None:
        """Read what is whole of what has arrived."""
        self._held += data
        try:
            self._read()
        except (ValueError, IndexError) as error:
            self.connection_lost(error)
            self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits is told."""
        self.is_lost = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LineLost("the connection to the database was lost"))

    def _begin(self) -> None:
        self._asked: list[_Known] = []
        self._found: list[Records] = []
        self._rows_from, self._pieces = 0, list[bytes]()
        self._error: psycopg.Error | None = None
        self._is_preparing = self._is_ready = False

    def _prepare(self, statement: Prepared, told: list[bytes]) -> _Known:
        self._is_preparing = True
        while len(self._known) >= MOST_PREPARED:
            number, _ = self._known.popitem(last=False)
            told.append(_message(b"C", b"S%d\0" % number))
        name = b"%d\0" % statement.number
        types, formats, fixed = written(statement.parameters)
        count = len(types)
        told.append(_message(b"P", name + statement.sql.encode() + b"\0" + pack(f"!h{count}I", count, *types)))
        told.append(_message(b"D", b"S" + name))
        head = b"\0" + name + pack(f"!h{count}hh", count, *formats, count)
        still_open = [(place, one) for place, one in enumerate(statement.parameters) if isinstance(one, Open)]
        known = self._known[statement.number] = _Known(head, fixed, still_open)
        return known

    def _read(self) -> None:
        held, at = self._held, self._at
        while len(held) - at >= 5:
            if held[at] == _ROW:
                begun, at = at, end_of_rows(held, at)
                if at == begun:
                    break
                continue
            end = at + 1 + int.from_bytes(held[at + 1 : at + 5], "big")
            if len(held) < end:
                break
            self._told(held[at], at, end)
            if self._is_ready:
                break
            at = end
        if self._is_ready:
            # What follows may be the beginning of a notice, whose rest is still to come.
            self._held, self._at = held[end:], 0
            self._answered()
        else:
            self._at = at

    def _told(self, kind: int, at: int, end: int) -> None:
        if kind in _BESIDES:
            self._pieces.append(self._part(self._rows_from, at))
        elif kind == _ROWS_ARE:
            self._asked[len(self._found)].types = _types_in(self._part(at + 5, end))
        elif kind == _DONE:
            rows = b"".join((*self._pieces, self._part(self._rows_from, at)))
            self._found.append(Records(rows, self._asked[len(self._found)].types))
            self._pieces.clear()
        elif kind == _FAILED:
            self._error = _error_in(self._part(at + 5, end))
        elif kind == _READY:
            self._is_ready = True
        self._rows_from = end

    def _part(self, start: int, end: int) -> bytes:
        with memoryview(self._held) as held:
            return bytes(held[start:end])

    def _answered(self) -> None:
        if self._answer is None or self._answer.done():
            return
        if self._error is not None:
            self._answer.set_exception(self._error)
        else:
            self._answer.set_result(self._found)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


def _types_in(described: bytes) -> Any:
    """The types of the columns of a RowDescription."""
    types, at = [], 2
    for _ in range(int.from_bytes(described[:2], "big")):
        at = described.index(0, at) + 1
        types.append(int.from_bytes(described[at + 6 : at + 10], "big"))
        at += 18
    # Numbers above 2³¹ wrap, as they do in the bytes of `record_send`.
    return np.array(types, np.uint32).astype(np.int32)


def _error_in(told: bytes) -> psycopg.Error:
    """An ErrorResponse as the driver raises it."""
    said = {part[:1]: part[1:].decode("utf-8", "replace") for part in told.split(b"\0") if part}
    try:
        kind = psycopg.errors.lookup(said.get(b"C", ""))
    except KeyError:
        kind = psycopg.DatabaseError
    return kind(said.get(b"M", ""))
