"""Features of a GeoJSON tile: what the same rows are in MVT, with the tile's whole numbers told in degrees.

Exteriors run counter-clockwise on the ground (RFC 7946); what has no value is left out, as MVT leaves it out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.compiled import compiled
from geo.encode.kernels.cut import AREA, DOT, NOTHING, ODD, PATH
from geo.encode.kernels.decimals import number_of, put_double, put_scaled, put_whole
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
)
from geo.encode.kernels.simple import EXTERIOR
from geo.encode.kernels.values import most_bytes, numeric_double, put_json, put_text, single_at
from geo.shapes.grids import BUFFER

_WORDS = np.frombuffer(
    b'{"type":"Feature","id":,"layer":,"geometry":{"type":""MultiPointLineStringPolygon,"coordinates":},"properties":{',
    np.uint8,
).copy()


@compiled()
def _put_place(out: Any, at: Any, xy: Any, place: Any, degrees: Any, digits: Any) -> Any:
    # Numbers of a tile are few: each was worked out once.
    out[at] = 91
    at = put_scaled(out, at + 1, degrees[0, xy[2 * place] + BUFFER], digits)
    out[at] = 44
    at = put_scaled(out, at + 1, degrees[1, xy[2 * place + 1] + BUFFER], digits)
    out[at] = 93
    return at + 1


@compiled()
def _put_places(out: Any, at: Any, xy: Any, start: Any, end: Any, degrees: Any, digits: Any) -> Any:
    for place in range(start, end):
        if place > start:
            out[at] = 44
            at += 1
        at = _put_place(out, at, xy, place, degrees, digits)
    return at


@compiled()
def _put_ring(out: Any, at: Any, xy: Any, start: Any, end: Any, degrees: Any, digits: Any) -> Any:
    """A ring the other way round, as north is up on the ground, and closed."""
    out[at] = 91
    at = _put_place(out, at + 1, xy, start, degrees, digits)
    for place in range(end - 1, start - 1, -1):
        out[at] = 44
        at = _put_place(out, at + 1, xy, place, degrees, digits)
    out[at] = 93
    return at + 1


@compiled()
def _put_areas(out: Any, at: Any, first: Any, last: Any, parts: Any, roles: Any, xy: Any, many: Any, degrees: Any,
               digits: Any) -> Any:  # fmt: skip
    out[at] = 91
    at += 1
    for part in range(first, last):
        if part > first:
            if many and roles[part] == EXTERIOR:
                out[at] = 93
                at += 1
            out[at] = 44
            at += 1
        if many and roles[part] == EXTERIOR:
            out[at] = 91
            at += 1
        at = _put_ring(out, at, xy, parts[0, part], parts[1, part], degrees, digits)
    if many:
        out[at] = 93
        at += 1
    out[at] = 93
    return at + 1


@compiled()
def _put_paths(out: Any, at: Any, first: Any, last: Any, parts: Any, xy: Any, many: Any, degrees: Any,
               digits: Any) -> Any:  # fmt: skip
    if many:
        out[at] = 91
        at += 1
    for part in range(first, last):
        if part > first:
            out[at] = 44
            at += 1
        out[at] = 91
        at = _put_places(out, at + 1, xy, parts[0, part], parts[1, part], degrees, digits)
        out[at] = 93
        at += 1
    if many:
        out[at] = 93
        at += 1
    return at


@compiled()
def _put_shape(out: Any, at: Any, kind: Any, first: Any, last: Any, parts: Any, roles: Any, xy: Any, degrees: Any,
               digits: Any) -> Any:  # fmt: skip
    """The geometry behind `"type":"`."""
    many = last - first > 1
    if kind == AREA:
        many = False
        for part in range(first + 1, last):
            many = many or roles[part] == EXTERIOR
    elif kind == DOT:
        many = parts[1, first] - parts[0, first] > 1
    if many:
        at = put(out, at, _WORDS, 54, 5)
    if kind == DOT:
        at = put(out, at, _WORDS, 59, 5)
    else:
        at = put(out, at, _WORDS, 64 if kind == PATH else 74, 10 if kind == PATH else 7)
    out[at] = 34
    at = put(out, at + 1, _WORDS, 81, 15)
    if kind == AREA:
        return _put_areas(out, at, first, last, parts, roles, xy, many, degrees, digits)
    if kind == PATH:
        return _put_paths(out, at, first, last, parts, xy, many, degrees, digits)
    if not many:
        return _put_place(out, at, xy, parts[0, first], degrees, digits)
    out[at] = 91
    at = _put_places(out, at + 1, xy, parts[0, first], parts[1, first], degrees, digits)
    out[at] = 93
    return at + 1


@compiled()
def _put_value(out: Any, at: Any, buffer: Any, start: Any, length: Any, kind: Any) -> Any:
    """A value as MVT has it; nothing at all where MVT has no word for it."""
    if kind == FLOAT8 or kind == NUMERIC or kind == FLOAT4:
        if kind == FLOAT8:
            bits = long_at(buffer, start)
        elif kind == FLOAT4:
            bits = np.float64(single_at(buffer, start)).view(np.uint64)
        else:
            bits = numeric_double(buffer, start, length)
        return put_double(out, at, bits) if number_of(bits) else at
    if kind == INT8 or kind == INT4 or kind == INT2 or kind == BOOL:
        return put_json(out, at, buffer, start, length, kind)
    if kind == DATE or kind == TIMESTAMP or kind == TIMESTAMPTZ or kind == UUID:
        end = put_json(out, at, buffer, start, length, kind)
        return end if out[at] == 34 else at
    return put_text(out, at, buffer, start, length)


@compiled()
def _places(first: Any, last: Any, parts: Any) -> Any:
    total = 0
    for part in range(first, last):
        total += 60 * (parts[1, part] - parts[0, part]) + 100
    return total


@compiled(
    "Tuple((uint8[::1], int64))(Array(uint8, 1, 'C', readonly=True), int64, int32[::1], int64[::1], int32[::1], "
    "Array(uint8, 1, 'C', readonly=True), int64[::1], Array(uint8, 1, 'C', readonly=True), "
    "uint8[::1], int64[:, ::1], int64[:, ::1], uint8[::1], int32[::1], int64[:, ::1], int64)"
)
def written_features(buffer: Any, rows: Any, types: Any, starts: Any, lengths: Any, names: Any, name_ends: Any,
                     title: Any, kinds: Any, of_rows: Any, parts: Any, roles: Any, xy: Any, degrees: Any,
                     digits: Any) -> Any:  # fmt: skip
    """The features with commas between them, in the order of their ids.

    `names` are JSON with a colon behind each, `title` the layer's id as JSON. `degrees` are the longitude of each
    whole number of the tile and the latitude, times ten to `digits`, from the lowest number to the highest.
    """
    columns = types.size
    properties = name_ends.size
    ids = keys(buffer, rows, types, starts, columns)
    order = np.argsort(ids)
    out, at = np.empty(max(4096, buffer.size * 2), np.uint8), 0
    for place in range(rows):
        row = order[place]
        kind = np.int64(kinds[row])
        if kind == NOTHING or kind == ODD:
            continue
        first, last = of_rows[row, 0], of_rows[row, 1]
        out = room(out, at, _places(first, last, parts) + names.size + title.size + 400)
        if at > 0:
            out[at] = 44
            at += 1
        at = put(out, at, _WORDS, 0, 23)
        at = put_whole(out, at, ids[row])
        at = put(out, at, _WORDS, 23, 9)
        at = put(out, at, title, 0, title.size)
        at = put(out, at, _WORDS, 32, 21)
        at = _put_shape(out, at, kind, first, last, parts, roles, xy, degrees, digits)
        at = put(out, at, _WORDS, 96, 16)
        is_first = True
        for column in range(properties):
            value = row * columns + 1 + column
            start, length, type_of = starts[value], np.int64(lengths[value]), types[1 + column]
            if length < 0:
                continue
            out = room(out, at, names.size + 400 + most_bytes(buffer, start, length, type_of))
            begins = name_ends[column - 1] if column > 0 else 0
            before = at
            if not is_first:
                out[at] = 44
                at += 1
            told = put(out, at, names, begins, name_ends[column] - begins)
            at = _put_value(out, told, buffer, start, length, type_of)
            if at == told:
                at = before
            else:
                is_first = False
        out[at], out[at + 1] = 125, 125
        at += 2
    return out, at
