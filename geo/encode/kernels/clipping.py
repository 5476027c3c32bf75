"""Paths cut at a square: lines in as many pieces as are left, rings in one.

A ring that leaves the square and comes back keeps an edge along the border between its pieces; `simple.valid` notices
where that makes it no longer a ring.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.compiled import compiled

ROOM = 6  # 1.5 to the fourth, and something over


@compiled()
def _cut_at(source: Any, count: Any, target: Any, axis: Any, limit: Any, above: Any) -> Any:
    """A ring's part on one side of a line (I. Sutherland and G. Hodgman 1974)."""
    made = 0
    if count == 0:
        return made
    before = count - 1
    value = source[before, axis]
    was_in = value <= limit if above else value >= limit
    for place in range(count):
        value = source[place, axis]
        is_in = value <= limit if above else value >= limit
        if is_in != was_in:
            part = (limit - source[before, axis]) / (value - source[before, axis])
            other = 1 - axis
            target[made, axis] = limit
            target[made, other] = source[before, other] + part * (source[place, other] - source[before, other])
            made += 1
        if is_in:
            target[made, 0], target[made, 1] = source[place, 0], source[place, 1]
            made += 1
        before, was_in = place, is_in
    return made


@compiled()
def cut_ring(ring: Any, count: Any, spare: Any, low: Any, high: Any) -> Any:
    """Cut an open ring at all four sides, in place; how many places are left.

    Each side makes them at most half as many again, and both arrays have room for `ROOM` times as many.
    """
    count = _cut_at(ring, count, spare, 0, low, False)
    count = _cut_at(spare, count, ring, 0, high, True)
    count = _cut_at(ring, count, spare, 1, low, False)
    return _cut_at(spare, count, ring, 1, high, True)


@compiled()
def cut_segment(x1: Any, y1: Any, x2: Any, y2: Any, low: Any, high: Any) -> Any:
    """The part of a segment within the square, as shares of its way (Y. Liang and B. Barsky 1984).

    Where the second is less than the first there is none.
    """
    begin, end = 0.0, 1.0
    for start, way in ((x1, x2 - x1), (y1, y2 - y1)):
        if way == 0.0:
            if start < low or start > high:
                return 1.0, 0.0
        else:
            one, other = (low - start) / way, (high - start) / way
            begin, end = max(begin, min(one, other)), min(end, max(one, other))
    return begin, end


@compiled()
def simplified(path: Any, count: Any, tolerance: Any, least: Any) -> Any:
    """Leave out, in place, places nearer than the tolerance to what is left (Douglas and Peucker 1973); how many stay.

    At least so many stay, those farthest off: a far lot is a small lot and not nothing.
    """
    if count <= least:
        return count
    keep = np.zeros(count, np.bool_)
    keep[0] = keep[count - 1] = True
    kept = 2
    stack = np.empty((count, 2), np.int64)
    stack[0, 0], stack[0, 1] = 0, count - 1
    depth = 1
    while depth > 0:
        depth -= 1
        start, end = stack[depth, 0], stack[depth, 1]
        far, place = _farthest(path, start, end)
        if place > 0 and (far > tolerance * tolerance or kept < least):
            keep[place] = True
            kept += 1
            stack[depth, 0], stack[depth, 1] = start, place
            stack[depth + 1, 0], stack[depth + 1, 1] = place, end
            depth += 2
    made = 0
    for place in range(count):
        if keep[place]:
            path[made, 0], path[made, 1] = path[place, 0], path[place, 1]
            made += 1
    return made


@compiled()
def _farthest(path: Any, start: Any, end: Any) -> Any:
    """The place between two that is farthest from the segment between them, and its distance squared."""
    x, y = path[start, 0], path[start, 1]
    dx, dy = path[end, 0] - x, path[end, 1] - y
    length = dx * dx + dy * dy
    far, found = -1.0, 0
    for place in range(start + 1, end):
        px, py = path[place, 0] - x, path[place, 1] - y
        share = 0.0 if length == 0.0 else max(0.0, min(1.0, (px * dx + py * dy) / length))
        ox, oy = px - share * dx, py - share * dy
        distance = ox * ox + oy * oy
        if distance > far:
            far, found = distance, place
    return far, found
