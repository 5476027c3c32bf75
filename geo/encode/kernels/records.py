"""Rows as `record_send` writes them, found in their bytes; and whole numbers and text put into bytes.

`SELECT string_agg(record_send(r), '') FROM (…) AS r` is one value: of each row the number of its columns, and of each
column its type, its length and its value as PostgreSQL's binary protocol has it (the most significant byte first).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.compiled import compiled
from geo.encode.kernels.memory import int_from_left, long_from_left, move, short_from_left
from geo.encode.kernels.wkb import rectangle

BOOL, BYTES, INT8, INT2, INT4, TEXT, JSON, FLOAT4, FLOAT8 = 16, 17, 20, 21, 23, 25, 114, 700, 701
TEXTS, VARCHAR, DATE, TIMESTAMP, TIMESTAMPTZ, NUMERIC, UUID, JSONB = 1009, 1043, 1082, 1114, 1184, 1700, 2950, 3802


@compiled()
def int_at(buffer: Any, at: Any) -> Any:
    """Four bytes as a signed number."""
    return np.int64(int_from_left(buffer, at))


@compiled()
def long_at(buffer: Any, at: Any) -> Any:
    """Eight bytes as their bits."""
    return long_from_left(buffer, at)


@compiled()
def short_at(buffer: Any, at: Any) -> Any:
    """Two bytes as a signed number."""
    return np.int64(short_from_left(buffer, at))


@compiled()
def fits(kind: Any, length: Any) -> Any:
    """Whether a value may be so long."""
    if kind == INT8 or kind == FLOAT8 or kind == TIMESTAMP or kind == TIMESTAMPTZ:
        return length == 8
    if kind == INT4 or kind == FLOAT4 or kind == DATE:
        return length == 4
    if kind == INT2:
        return length == 2
    if kind == BOOL:
        return length == 1
    if kind == UUID:
        return length == 16
    return True


@compiled("Tuple((int64, int32[::1], int64[::1], int32[::1]))(Array(uint8, 1, 'C', readonly=True), int64)")
def found_rows(buffer: Any, columns: Any) -> Any:
    """How many rows there are; the type of each column, and of each value where it begins and its length (-1: null).

    A buffer that is not made of such rows, or ends within one, is an error and is never read beyond its end.
    """
    size = buffer.size
    most = size // (4 + 8 * columns) + 1
    types = np.zeros(columns, np.int32)
    starts = np.empty(most * columns, np.int64)
    lengths = np.empty(most * columns, np.int32)
    at, rows = 0, 0
    while at < size:
        if at + 4 > size or int_at(buffer, at) != columns:
            raise ValueError("these bytes are not rows of so many columns")
        at += 4
        for column in range(columns):
            if at + 8 > size:
                raise ValueError("the bytes end within a row")
            kind, length = int_at(buffer, at), int_at(buffer, at + 4)
            at += 8
            if length < -1 or at + length > size or (rows > 0 and kind != types[column]):
                raise ValueError("the bytes end within a value, or its type is another than in the row before")
            types[column] = kind
            if length >= 0 and not fits(kind, length):
                raise ValueError("a value is not as long as its type")
            starts[rows * columns + column] = at
            lengths[rows * columns + column] = length
            at += max(length, 0)
        rows += 1
    return rows, types, starts, lengths


@compiled()
def whole_at(buffer: Any, at: Any, kind: Any) -> Any:
    """A whole number of one of PostgreSQL's three lengths."""
    if kind == INT8:
        return np.int64(long_at(buffer, at))
    return int_at(buffer, at) if kind == INT4 else short_at(buffer, at)


@compiled()
def keys(buffer: Any, rows: Any, types: Any, starts: Any, columns: Any) -> Any:
    """The first column of each row, which is its id."""
    found = np.empty(rows, np.int64)
    for row in range(rows):
        found[row] = whole_at(buffer, starts[row * columns], types[0])
    return found


@compiled(
    "Tuple((int64[::1], boolean, float64[::1]))"
    "(Array(uint8, 1, 'C', readonly=True), int64, int32[::1], int64[::1], int32[::1])"
)
def looked_through(buffer: Any, rows: Any, types: Any, starts: Any, lengths: Any) -> Any:
    """The same; whether any of the shapes in the last column has heights; and the rectangle around the first."""
    columns, is_high = types.size, False
    for row in range(rows):
        shape = row * columns + columns - 1
        # The highest bit of an EWKB type, which PostgreSQL writes little-endian here, says so.
        is_high = is_high or (lengths[shape] > 4 and buffer[starts[shape] + 4] & 0x80 != 0)
    around = np.array([np.inf, np.inf, -np.inf, -np.inf])
    if rows > 0 and lengths[columns - 1] > 0:
        around = rectangle(buffer, starts[columns - 1], starts[columns - 1] + lengths[columns - 1])
    return keys(buffer, rows, types, starts, columns), is_high, around


@compiled()
def room(out: Any, at: Any, more: Any) -> Any:
    """The bytes written so far with room for so many more."""
    if at + more <= out.size:
        return out
    grown = np.empty(max(out.size * 2, at + more), np.uint8)
    grown[:at] = out[:at]
    return grown


@compiled()
def put(out: Any, at: Any, buffer: Any, start: Any, length: Any) -> Any:
    """Bytes as they are; where they end."""
    move(out, at, buffer, start, length)
    return at + length
