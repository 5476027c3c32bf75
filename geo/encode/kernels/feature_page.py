"""Rows as GeoJSON features with commas between them (RFC 7946), for pages of items.

Exteriors run counter-clockwise, coordinates are rounded and carry no needless zeros, heights stay, measures go.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.compiled import compiled
from geo.encode.kernels.decimals import put_coordinate, put_whole
from geo.encode.kernels.records import keys, put, room
from geo.encode.kernels.values import most_bytes, put_json
from geo.encode.kernels.wkb import (
    COLLECTION,
    LINE,
    POINT,
    POINTS,
    counted,
    double_at,
    opened,
)

_NAMES = np.frombuffer(
    b"Point             LineString        Polygon           MultiPoint        MultiLineString   MultiPolygon      "
    b"GeometryCollection",
    np.uint8,
).copy()
_WIDTH = 18
_WORDS = np.frombuffer(
    b'{"type":"Feature","id":,"geometry":null,"properties":{}}{"type":"","coordinates":[]}{"type":"","geometries":[]}',
    np.uint8,
).copy()
_PLACE_BYTES = 90  # three numbers of at most 26 bytes, brackets and commas


@compiled()
def _put_place(out: Any, at: Any, buffer: Any, start: Any, numbers: Any, digits: Any, swap: Any) -> Any:
    first, second = double_at(buffer, start), double_at(buffer, start + 8)
    if swap:
        first, second = second, first
    out[at] = 91
    at = put_coordinate(out, at + 1, first, digits)
    out[at] = 44
    at = put_coordinate(out, at + 1, second, digits)
    if numbers == 3:
        out[at] = 44
        at = put_coordinate(out, at + 1, double_at(buffer, start + 16), digits)
    out[at] = 93
    return at + 1


@compiled()
def _turns_left(buffer: Any, start: Any, places: Any, step: Any) -> Any:
    """Whether a ring runs counter-clockwise; one of no area does, as far as anybody can tell."""
    twice = 0.0
    if places > 0:
        x0, y0 = double_at(buffer, start), double_at(buffer, start + 8)
        for place in range(1, places - 1):
            one, other = start + place * step, start + (place + 1) * step
            twice += (double_at(buffer, one) - x0) * (double_at(buffer, other + 8) - y0)
            twice -= (double_at(buffer, other) - x0) * (double_at(buffer, one + 8) - y0)
    return twice >= 0


@compiled()
def _put_path(out: Any, at: Any, buffer: Any, start: Any, end: Any, step: Any, numbers: Any, digits: Any, swap: Any,
              turn: Any) -> Any:  # fmt: skip
    """A line, or a ring that is to turn left (1) or right (-1); the bytes, where they end, where the shape goes on."""
    places = counted(buffer, start, end, step)
    start += 4
    out = room(out, at, places * _PLACE_BYTES + 200)
    backwards = turn != 0 and _turns_left(buffer, start, places, step) != (turn > 0)
    out[at] = 91
    at += 1
    for place in range(places):
        if place > 0:
            out[at] = 44
            at += 1
        one = places - 1 - place if backwards else place
        at = _put_place(out, at, buffer, start + one * step, numbers, digits, swap)
    out[at] = 93
    return out, at + 1, start + places * step


@compiled()
def _put_rings(out: Any, at: Any, buffer: Any, start: Any, end: Any, step: Any, numbers: Any, digits: Any,
               swap: Any) -> Any:  # fmt: skip
    rings = counted(buffer, start, end, 4)
    start += 4
    out = room(out, at, 200)
    out[at] = 91
    at += 1
    for ring in range(rings):
        if ring > 0:
            out[at] = 44
            at += 1
        out, at, start = _put_path(out, at, buffer, start, end, step, numbers, digits, swap, 1 if ring == 0 else -1)
    out[at] = 93
    return out, at + 1, start


@compiled()
def _put_contents(out: Any, at: Any, buffer: Any, start: Any, end: Any, kind: Any, step: Any, numbers: Any,
                  digits: Any, swap: Any) -> Any:  # fmt: skip
    """The coordinates of a point, a line or a polygon."""
    if kind == POINT:
        if start + step > end:
            raise ValueError("a shape ends too early")
        out = room(out, at, 400)
        if np.isnan(double_at(buffer, start)):
            out[at], out[at + 1] = 91, 93
            return out, at + 2, start + step
        return out, _put_place(out, at, buffer, start, numbers, digits, swap), start + step
    if kind == LINE:
        return _put_path(out, at, buffer, start, end, step, numbers, digits, swap, 0)
    return _put_rings(out, at, buffer, start, end, step, numbers, digits, swap)


@compiled()
def _put_shape(out: Any, at: Any, buffer: Any, start: Any, end: Any, digits: Any, swap: Any) -> Any:
    """A shape that is no collection, as a GeoJSON geometry."""
    kind, places, height, start = opened(buffer, start, end)
    if kind == 0 or kind == COLLECTION:
        raise ValueError("a shape of a kind that GeoJSON has no word for")
    step, numbers = 8 * places, 3 if height else 2
    out = room(out, at, 400)
    at = put(out, at, _WORDS, 56, 9)
    at = put(out, at, _NAMES, (kind - 1) * _WIDTH, _name_length(kind))
    at = put(out, at, _WORDS, 65, 16)
    if kind < POINTS:
        out, at, start = _put_contents(out, at, buffer, start, end, kind, step, numbers, digits, swap)
    else:
        parts = counted(buffer, start, end, 5)
        start += 4
        out[at] = 91
        at += 1
        for part in range(parts):
            out = room(out, at, 200)
            if part > 0:
                out[at] = 44
                at += 1
            inner, _, _, start = opened(buffer, start, end)
            if inner != kind - 3:
                raise ValueError("a part of a shape is of another kind")
            out, at, start = _put_contents(out, at, buffer, start, end, inner, step, numbers, digits, swap)
        out = room(out, at, 200)
        out[at] = 93
        at += 1
    out = room(out, at, 200)
    out[at] = 125
    return out, at + 1, start


@compiled()
def _name_length(kind: Any) -> Any:
    length = _WIDTH
    while _NAMES[(kind - 1) * _WIDTH + length - 1] == 32:
        length -= 1
    return length


@compiled()
def _put_geometry(out: Any, at: Any, buffer: Any, start: Any, length: Any, digits: Any, swap: Any) -> Any:
    end = start + length
    kind, _, _, contents = opened(buffer, start, end)
    if kind != COLLECTION:
        out, at, _ = _put_shape(out, at, buffer, start, end, digits, swap)
        return out, at
    parts = counted(buffer, contents, end, 5)
    out = room(out, at, 200)
    at = put(out, at, _WORDS, 84, 9)
    at = put(out, at, _NAMES, (kind - 1) * _WIDTH, _WIDTH)
    at = put(out, at, _WORDS, 93, 16)
    start = contents + 4
    for part in range(parts):
        out = room(out, at, 200)
        if part > 0:
            out[at] = 44
            at += 1
        out, at, start = _put_shape(out, at, buffer, start, end, digits, swap)
    out = room(out, at, 200)
    out[at], out[at + 1] = 93, 125
    return out, at + 2


@compiled(
    "Tuple((uint8[::1], int64))(Array(uint8, 1, 'C', readonly=True), int64, int32[::1], int64[::1], int32[::1], "
    "Array(uint8, 1, 'C', readonly=True), int64[::1], int64, boolean)"
)
def written_page(buffer: Any, rows: Any, types: Any, starts: Any, lengths: Any, names: Any, name_ends: Any, digits: Any,
                 swap: Any) -> Any:  # fmt: skip
    """The first `rows` rows as features: their id in the first column, properties, their shape in the last.

    `names` are the properties' names as JSON with a colon behind each, one after the other up to `name_ends`.
    """
    columns = types.size
    ids = keys(buffer, rows, types, starts, columns)
    out = np.empty(max(4096, buffer.size * 3), np.uint8)
    at = 0
    for row in range(rows):
        out = room(out, at, 400 + names.size)
        if row > 0:
            out[at] = 44
            at += 1
        at = put(out, at, _WORDS, 0, 23)
        at = put_whole(out, at, ids[row])
        at = put(out, at, _WORDS, 23, 12)
        shape = row * columns + columns - 1
        if lengths[shape] < 0:
            at = put(out, at, _WORDS, 35, 4)
        else:
            out, at = _put_geometry(out, at, buffer, starts[shape], np.int64(lengths[shape]), digits, swap)
        out = room(out, at, 400 + names.size)
        at = put(out, at, _WORDS, 39, 15)
        for column in range(1, columns - 1):
            value, begins = row * columns + column, name_ends[column - 2] if column > 1 else 0
            start, length, kind = starts[value], np.int64(lengths[value]), types[column]
            out = room(out, at, names.size + 400 + most_bytes(buffer, start, length, kind))
            if column > 1:
                out[at] = 44
                at += 1
            at = put(out, at, names, begins, name_ends[column - 1] - begins)
            at = put_json(out, at, buffer, start, length, kind)
        out[at], out[at + 1] = 125, 125
        at += 2
    return out, at
