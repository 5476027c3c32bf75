"""A layer of a Mapbox Vector Tile, version 2.1, from rows and what is left of their shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.compiled import compiled
from geo.encode.kernels.cut import AREA, DOT, NOTHING, ODD
from geo.encode.kernels.decimals import number_of
from geo.encode.kernels.memory import long_from_right, store_long
from geo.encode.kernels.records import (
    BOOL,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    NUMERIC,
    TIMESTAMP,
    TIMESTAMPTZ,
    UUID,
    keys,
    long_at,
    put,
    room,
    whole_at,
)
from geo.encode.kernels.values import numeric_double, put_plain, single_at

_SEVEN, _MORE = np.uint64(7), np.uint64(0x80)


@compiled()
def put_varint(out: Any, at: Any, number: Any) -> Any:
    """A number (uint64) in seven bits a byte; at most ten bytes."""
    while number >= _MORE:
        out[at] = np.uint8((number & np.uint64(0x7F)) | _MORE)
        number >>= _SEVEN
        at += 1
    out[at] = np.uint8(number)
    return at + 1


@compiled()
def _put_small(out: Any, at: Any, number: Any) -> Any:
    return put_varint(out, at, np.uint64(number))


@compiled()
def _put_step(out: Any, at: Any, step: Any) -> Any:
    return put_varint(out, at, np.uint64((step << 1) ^ (step >> 63)))


@compiled()
def _put_value(out: Any, at: Any, buffer: Any, start: Any, length: Any, kind: Any) -> Any:
    """A value as the message `Value`; nothing at all where MVT has no word for it."""
    if kind == INT8 or kind == INT4 or kind == INT2:
        number = whole_at(buffer, start, kind)
        out[at] = 0x28 if number >= 0 else 0x30
        return put_varint(out, at + 1, np.uint64(number)) if number >= 0 else _put_step(out, at + 1, number)
    if kind == FLOAT8 or kind == NUMERIC or kind == FLOAT4:
        if kind == FLOAT8:
            bits = long_at(buffer, start)
        elif kind == FLOAT4:
            bits = np.float64(single_at(buffer, start)).view(np.uint64)
        else:
            bits = numeric_double(buffer, start, length)
        if not number_of(bits):
            return at
        out[at] = 0x19
        store_long(out, at + 1, bits)
        return at + 9
    if kind == BOOL:
        out[at], out[at + 1] = 0x38, buffer[start]
        return at + 2
    out[at] = 0x0A
    if kind == DATE or kind == TIMESTAMP or kind == TIMESTAMPTZ or kind == UUID:
        # Never longer than 127 bytes, so that their number is one byte.
        end = put_plain(out, at + 2, buffer, start, kind)
        if end == at + 2:
            return at
        out[at + 1] = np.uint8(end - at - 2)
        return end
    return put(out, _put_small(out, at + 1, length), buffer, start, length)


@compiled()
def _word(out: Any, at: Any, end: Any) -> Any:
    """Eight bytes, or those before the end; behind it there is always room that may be read."""
    bits = long_from_right(out, at)
    if end - at < 8:
        bits &= (np.uint64(1) << np.uint64(8 * (end - at))) - np.uint64(1)
    return bits


@compiled()
def _hashed(out: Any, start: Any, end: Any) -> Any:
    """FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), by eight bytes."""
    told = np.uint64(0xCBF29CE484222325) ^ np.uint64(end - start)
    for at in range(start, end, 8):
        told = (told ^ _word(out, at, end)) * np.uint64(0x9E3779B97F4A7C15)
        told ^= told >> np.uint64(32)
    return told


@compiled()
def _same(out: Any, start: Any, end: Any, other: Any, other_end: Any) -> Any:
    if end - start != other_end - other:
        return False
    for at in range(0, end - start, 8):
        if _word(out, start + at, end) != _word(out, other + at, other_end):
            return False
    return True


@compiled()
def _place_of(values: Any, start: Any, end: Any, ends: Any, known: Any, slots: Any) -> Any:
    """The number of a value that has just been written; `known` where it is a new one."""
    mask = slots.size - 1
    slot = np.int64(_hashed(values, start, end) & np.uint64(mask))
    while slots[slot] >= 0:
        one = np.int64(slots[slot])
        if _same(values, start, end, ends[2 * one], ends[2 * one + 1]):
            return one
        slot = (slot + 1) & mask
    slots[slot] = known
    ends[2 * known], ends[2 * known + 1] = start, end
    return known


@compiled()
def _put_geometry(out: Any, at: Any, kind: Any, first: Any, last: Any, parts: Any, xy: Any) -> Any:
    x, y = np.int64(0), np.int64(0)
    for part in range(first, last):
        start, end = parts[0, part], parts[1, part]
        at = _put_small(out, at, ((end - start) << 3 | 1) if kind == DOT else 9)
        for place in range(start, end):
            if place == start + 1 and kind != DOT:
                at = _put_small(out, at, (end - start - 1) << 3 | 2)
            at = _put_step(out, at, xy[2 * place] - x)
            at = _put_step(out, at, xy[2 * place + 1] - y)
            x, y = np.int64(xy[2 * place]), np.int64(xy[2 * place + 1])
        if kind == AREA:
            out[at] = 15
            at += 1
    return at


@compiled()
def _places(first: Any, last: Any, parts: Any) -> Any:
    total = 0
    for part in range(first, last):
        total += 12 * (parts[1, part] - parts[0, part]) + 16
    return total


@compiled()
def _next_power(number: Any) -> Any:
    power = 64
    while power < number:
        power *= 2
    return power


@compiled()
def _framed(out: Any, at: Any, names: Any, name_ends: Any, values: Any, ends: Any, known: Any, title: Any,
            extent: Any) -> Any:  # fmt: skip
    """Version and name before the features, the tables of keys and values behind them."""
    tables = names.size + 6 * name_ends.size + 12 * known + (ends[2 * known - 1] if known > 0 else 0)
    whole = np.empty(at + tables + title.size + 80, np.uint8)
    body = 12
    whole[body], whole[body + 1], whole[body + 2] = 0x78, 2, 0x0A
    end = put(whole, _put_small(whole, body + 3, title.size), title, 0, title.size)
    whole[end : end + at] = out[:at]
    end += at
    for name in range(name_ends.size):
        begins = name_ends[name - 1] if name > 0 else 0
        whole[end] = 0x1A
        end = _put_small(whole, end + 1, name_ends[name] - begins)
        end = put(whole, end, names, begins, name_ends[name] - begins)
    for value in range(known):
        start, length = ends[2 * value], ends[2 * value + 1] - ends[2 * value]
        whole[end] = 0x22
        end = put(whole, _put_small(whole, end + 1, length), values, start, length)
    whole[end] = 0x28
    end = _put_small(whole, end + 1, extent)
    length = end - body
    head = np.empty(12, np.uint8)
    head[0] = 0x1A
    size = _put_small(head, 1, length)
    start = body - size
    put(whole, start, head, 0, size)
    return whole[start:].copy(), end - start


@compiled(
    "Tuple((uint8[::1], int64))(Array(uint8, 1, 'C', readonly=True), int64, int32[::1], int64[::1], int32[::1], "
    "Array(uint8, 1, 'C', readonly=True), int64[::1], Array(uint8, 1, 'C', readonly=True), "
    "uint8[::1], int64[:, ::1], int64[:, ::1], int32[::1], int64)"
)
def written_layer(buffer: Any, rows: Any, types: Any, starts: Any, lengths: Any, names: Any, name_ends: Any, title: Any,
                  kinds: Any, of_rows: Any, parts: Any, xy: Any, extent: Any) -> Any:  # fmt: skip
    """The message `Layer` of the rows that have a shape, in the order of their ids; no bytes where none has."""
    columns = types.size
    properties = name_ends.size
    ids = keys(buffer, rows, types, starts, columns)
    order = np.argsort(ids)
    slots = np.full(_next_power(2 * rows * properties), -1, np.int32)
    ends = np.empty(2 * rows * properties + 2, np.int64)
    values, valued, known = np.empty(4096, np.uint8), 0, 0
    out, at = np.empty(max(4096, buffer.size), np.uint8), 0
    tags = np.empty(20 * properties + 20, np.uint8)
    shape = np.empty(4096, np.uint8)
    for place in range(rows):
        row = order[place]
        kind = np.int64(kinds[row])
        if kind == NOTHING or kind == ODD:
            continue
        tagged = 0
        for column in range(properties):
            value = row * columns + 1 + column
            length = np.int64(lengths[value])
            if length < 0:
                continue
            values = room(values, valued, length + 64)
            end = _put_value(values, valued, buffer, starts[value], length, types[1 + column])
            if end > valued:
                number = _place_of(values, valued, end, ends, known, slots)
                tagged = _put_small(tags, _put_small(tags, tagged, column), number)
                if number == known:
                    known, valued = known + 1, end
        first, last = of_rows[row, 0], of_rows[row, 1]
        shape = room(shape, 0, _places(first, last, parts))
        drawn = _put_geometry(shape, 0, kind, first, last, parts, xy)
        out = room(out, at, tagged + drawn + 80)
        # The feature is written behind the longest head it can have, and moved to where the head ends.
        body = at + 12
        end = body
        out[end] = 0x08
        end = put_varint(out, end + 1, np.uint64(ids[row]))
        if tagged > 0:
            out[end] = 0x12
            end = put(out, _put_small(out, end + 1, tagged), tags, 0, tagged)
        out[end], out[end + 1], out[end + 2] = 0x18, kind, 0x22
        end = put(out, _put_small(out, end + 3, drawn), shape, 0, drawn)
        out[at] = 0x12
        head = _put_small(out, at + 1, end - body)
        at = put(out, head, out, body, end - body)
    if at == 0:
        return out, 0
    return _framed(out, at, names, name_ends, values, ends, known, title, extent)
