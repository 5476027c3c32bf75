"""Shapes as PostGIS sends them (EWKB, the least significant byte first), read number by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.compiled import compiled
from geo.encode.kernels.memory import int_from_right, long_from_right

POINT, LINE, POLYGON, POINTS, LINES, POLYGONS, COLLECTION = 1, 2, 3, 4, 5, 6, 7
_HAS_HEIGHT, _HAS_MEASURE, _HAS_SRID = 0x80000000, 0x40000000, 0x20000000


@compiled()
def count_at(buffer: Any, at: Any) -> Any:
    """Four bytes as a number not below nothing."""
    return np.int64(int_from_right(buffer, at))


@compiled()
def double_at(buffer: Any, at: Any) -> Any:
    """Eight bytes as a double."""
    return np.uint64(long_from_right(buffer, at)).view(np.float64)


@compiled()
def opened(buffer: Any, at: Any, end: Any) -> Any:
    """The kind of the shape that begins here, how many numbers a place has, whether the third is a height, and where
    its contents begin; kind 0 for what is written in another byte order or is no kind of ours.
    """
    if at + 5 > end:
        raise ValueError("a shape ends too early")
    if buffer[at] != 1:
        return 0, 2, False, at
    kind = count_at(buffer, at + 1)
    height, measure = (kind & _HAS_HEIGHT) != 0, (kind & _HAS_MEASURE) != 0
    start = at + (9 if kind & _HAS_SRID else 5)
    plain = kind & 0xFF
    if (kind & 0x1FFFFFFF) != plain or plain < POINT or plain > COLLECTION:
        return 0, 2, False, at
    if plain != POINT and start + 4 > end:
        raise ValueError("a shape ends too early")
    return plain, 2 + height + measure, height, start


@compiled()
def counted(buffer: Any, at: Any, end: Any, least: Any) -> Any:
    """How many parts of at least so many bytes follow; more than there can be is an error."""
    if at + 4 > end:
        raise ValueError("a shape ends too early")
    count = count_at(buffer, at)
    if count * least > end - at - 4:
        raise ValueError("a shape ends too early")
    return count


@compiled()
def _widened(buffer: Any, at: Any, end: Any, places: Any, step: Any, found: Any) -> Any:
    """Take in so many places; where they end."""
    if at + places * step > end:
        raise ValueError("a shape ends too early")
    for _ in range(places):
        x, y = double_at(buffer, at), double_at(buffer, at + 8)
        found[0], found[1] = min(found[0], x), min(found[1], y)
        found[2], found[3] = max(found[2], x), max(found[3], y)
        at += step
    return at


@compiled()
def rectangle(buffer: Any, start: Any, end: Any) -> Any:
    """West, south, east and north of a shape; west above east where it has no place, or is none of the plain kinds."""
    found = np.array([np.inf, np.inf, -np.inf, -np.inf])
    kind, numbers, _, at = opened(buffer, start, end)
    if kind == 0 or kind == COLLECTION:
        return found
    count = 1
    if kind >= POINTS:
        count = counted(buffer, at, end, 5)
        at += 4
    for _ in range(count):
        part = kind
        if kind >= POINTS:
            part, numbers, _, at = opened(buffer, at, end)
        step = 8 * numbers
        if part == POINT:
            at = _widened(buffer, at, end, 1, step, found)
        elif part == LINE:
            places = counted(buffer, at, end, step)
            at = _widened(buffer, at + 4, end, places, step, found)
        else:
            rings = counted(buffer, at, end, 4)
            at += 4
            for _ring in range(rings):
                places = counted(buffer, at, end, step)
                at = _widened(buffer, at + 4, end, places, step, found)
    return found
