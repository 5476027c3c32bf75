"""Rows as PostgreSQL's protocol sends them, found in their bytes.

A `DataRow` message is a `D`, its length, the number of columns, and of each value its length and its bytes; what types
they are was told once, when the statement was prepared.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.compiled import compiled
from geo.encode.kernels.records import fits, int_at, short_at

_ROW = np.uint8(ord("D"))


@compiled("int64(Array(uint8, 1, 'C', readonly=True), int64, int64)")
def rows_end(buffer: Any, at: Any, size: Any) -> Any:
    """Where the whole rows that begin at `at` end, within the first `size` bytes."""
    while at + 5 <= size and buffer[at] == _ROW:
        length = int_at(buffer, at + 1)
        if length < 6 or at + 1 + length > size:
            break
        at += 1 + length
    return at


@compiled("Tuple((int64, int64[::1], int32[::1]))(Array(uint8, 1, 'C', readonly=True), int32[::1])")
def found_messages(buffer: Any, types: Any) -> Any:
    """How many rows there are, and of each value where it begins and its length (-1: null).

    A buffer that is not made of such rows, or ends within one, is an error and is never read beyond its end.
    """
    size, columns = buffer.size, types.size
    most = size // (7 + 4 * columns) + 1
    starts = np.empty(most * columns, np.int64)
    lengths = np.empty(most * columns, np.int32)
    at, rows = 0, 0
    while at < size:
        if at + 7 > size or buffer[at] != _ROW or short_at(buffer, at + 5) != columns:
            raise ValueError("these bytes are not rows of so many columns")
        end = at + 1 + int_at(buffer, at + 1)
        if end > size:
            raise ValueError("the bytes end within a row")
        at += 7
        for column in range(columns):
            if at + 4 > end:
                raise ValueError("a row ends within a value")
            length = int_at(buffer, at)
            at += 4
            if length < -1 or at + length > end:
                raise ValueError("a row ends within a value")
            if length >= 0 and not fits(types[column], length):
                raise ValueError("a value is not as long as its type")
            starts[rows * columns + column] = at
            lengths[rows * columns + column] = length
            at += max(length, 0)
        if at != end:
            raise ValueError("a row goes on after its last value")
        rows += 1
    return rows, starts, lengths
