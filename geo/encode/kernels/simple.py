"""Whether rings of whole numbers make valid polygons, worked out exactly.

The common case alone is decided here: rings that touch neither themselves nor each other, holes inside their
exterior. Whatever is less plain is answered with no, and made right elsewhere (`odd.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.compiled import compiled

EXTERIOR, INTERIOR = 2, 3
_FEW = 40  # so many segments are compared each with each; of more, those beside each other from west to east


@compiled()
def _side(xy: Any, a: Any, b: Any, c: Any) -> Any:
    ax, ay = np.int64(xy[2 * a]), np.int64(xy[2 * a + 1])
    bx, by = np.int64(xy[2 * b]), np.int64(xy[2 * b + 1])
    return (bx - ax) * (np.int64(xy[2 * c + 1]) - ay) - (by - ay) * (np.int64(xy[2 * c]) - ax)


@compiled()
def _meet(xy: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Whether two segments have a place in common."""
    if max(xy[2 * a], xy[2 * b]) < min(xy[2 * c], xy[2 * d]) or max(xy[2 * c], xy[2 * d]) < min(xy[2 * a], xy[2 * b]):
        return False
    if max(xy[2 * a + 1], xy[2 * b + 1]) < min(xy[2 * c + 1], xy[2 * d + 1]):
        return False
    if max(xy[2 * c + 1], xy[2 * d + 1]) < min(xy[2 * a + 1], xy[2 * b + 1]):
        return False
    one, other = _side(xy, a, b, c), _side(xy, a, b, d)
    if (one > 0 and other > 0) or (one < 0 and other < 0):
        return False
    one, other = _side(xy, c, d, a), _side(xy, c, d, b)
    return not ((one > 0 and other > 0) or (one < 0 and other < 0))


@compiled()
def _holds(xy: Any, start: Any, end: Any, place: Any) -> Any:
    """Whether a place that is on no edge lies within a ring."""
    x, y = np.int64(xy[2 * place]), np.int64(xy[2 * place + 1])
    inside = False
    before = end - 1
    for one in range(start, end):
        y1, y2 = np.int64(xy[2 * before + 1]), np.int64(xy[2 * one + 1])
        if (y1 > y) != (y2 > y):
            x1, x2 = np.int64(xy[2 * before]), np.int64(xy[2 * one])
            turn = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
            if (turn < 0) == (y2 > y1):
                inside = not inside
        before = one
    return inside


@compiled()
def _next(place: Any, start: Any, end: Any) -> Any:
    return start if place + 1 == end else place + 1


@compiled()
def _rings_meet(xy: Any, starts: Any, ends: Any, first: Any, last: Any) -> Any:
    """Whether any two segments meet that do not follow each other."""
    total = ends[last - 1] - starts[first]
    if total <= _FEW:
        for ring in range(first, last):
            for other in range(ring, last):
                if _two_meet(xy, starts[ring], ends[ring], starts[other], ends[other], ring == other):
                    return True
        return False
    return _many_meet(xy, starts, ends, first, last, total)


@compiled()
def _two_meet(xy: Any, start: Any, end: Any, other_start: Any, other_end: Any, same: Any) -> Any:
    for a in range(start, end):
        b = _next(a, start, end)
        for c in range(a + 2 if same else other_start, other_end):
            d = _next(c, other_start, other_end)
            if not (same and d == a) and _meet(xy, a, b, c, d):
                return True
    return False


@compiled()
def _many_meet(xy: Any, starts: Any, ends: Any, first: Any, last: Any, total: Any) -> Any:
    begin = starts[first]
    follower = np.empty(total, np.int64)
    west = np.empty(total, np.int32)
    for ring in range(first, last):
        for a in range(starts[ring], ends[ring]):
            b = _next(a, starts[ring], ends[ring])
            follower[a - begin] = b
            west[a - begin] = min(xy[2 * a], xy[2 * b])
    order = np.argsort(west)
    for place in range(total):
        a = order[place] + begin
        b = follower[a - begin]
        east = max(xy[2 * a], xy[2 * b])
        for later in range(place + 1, total):
            if west[order[later]] > east:
                break
            c = order[later] + begin
            d = follower[c - begin]
            if c != b and d != a and _meet(xy, a, b, c, d):
                return True
    return False


@compiled()
def _is_convex(xy: Any, start: Any, end: Any) -> Any:
    """Whether a ring always turns to the same side and goes around once, as most lots do."""
    turned, ways, before = 0, 0, 0
    a, b = end - 2, end - 1
    for c in range(start, end):
        turn = _side(xy, a, b, c)
        if turn != 0:
            if turned != 0 and (turn > 0) != (turned > 0):
                return False
            turned = 1 if turn > 0 else -1
        dx = xy[2 * c] - xy[2 * b]
        if dx != 0:
            way = 1 if dx > 0 else -1
            ways += 1 if way != before else 0
            before = way
        a, b = b, c
    # From nothing to a way, to the other, and perhaps back to the first.
    return ways <= 3


@compiled()
def _boxes_meet(boxes: Any, one: Any, other: Any) -> Any:
    return not (
        boxes[one, 2] < boxes[other, 0]
        or boxes[other, 2] < boxes[one, 0]
        or boxes[one, 3] < boxes[other, 1]
        or boxes[other, 3] < boxes[one, 1]
    )


@compiled()
def valid(xy: Any, starts: Any, ends: Any, roles: Any, first: Any, last: Any) -> Any:
    """Whether these rings are plainly a valid polygon or several; an exterior comes before its holes."""
    if last - first == 1 and _is_convex(xy, starts[first], ends[first]):
        return True
    if _rings_meet(xy, starts, ends, first, last):
        return False
    if last - first == 1:
        return True
    boxes = np.empty((last - first, 4), np.int32)
    for ring in range(first, last):
        box = boxes[ring - first]
        box[0], box[1] = xy[2 * starts[ring]], xy[2 * starts[ring] + 1]
        box[2], box[3] = box[0], box[1]
        for place in range(starts[ring] + 1, ends[ring]):
            box[0], box[2] = min(box[0], xy[2 * place]), max(box[2], xy[2 * place])
            box[1], box[3] = min(box[1], xy[2 * place + 1]), max(box[3], xy[2 * place + 1])
    exterior = first
    for ring in range(first, last):
        if roles[ring] == EXTERIOR:
            exterior = ring
        elif not _holds(xy, starts[exterior], ends[exterior], starts[ring]):
            return False
        for other in range(first, ring):
            if other != exterior and _boxes_meet(boxes, ring - first, other - first):
                # Neither may lie in the other; an island in a hole is right, and rare.
                if _holds(xy, starts[other], ends[other], starts[ring]):
                    return False
                if _holds(xy, starts[ring], ends[ring], starts[other]):
                    return False
    return True
