"""Shapes in the whole numbers of a tile: moved, thinned out where it is far, cut at its buffer, valid.

Both ways of writing a tile are made from this, so that they hold the same. What is left of a shape is in `xy` from
`part_starts` to `part_ends`, ring by ring (no ring repeats its first place), and of each row the parts from
`first` to `last`. Odd rows have none yet (`odd.py`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.encode.kernels.clipping import ROOM, cut_ring, cut_segment, simplified
from geo.encode.kernels.compiled import compiled
from geo.encode.kernels.simple import EXTERIOR, INTERIOR, valid
from geo.encode.kernels.wkb import COLLECTION, LINE, LINES, POINT, POINTS, counted, double_at, opened

NOTHING, DOT, PATH, AREA, ODD = 0, 1, 2, 3, 9
_POINTS_MADE, _PARTS_MADE, _IS_ODD, _HAS_SPECK, _SPECK_X, _SPECK_Y = range(6)


@compiled()
def _read_path(buffer: Any, start: Any, places: Any, step: Any, view: Any, path: Any) -> Any:
    """Places in tile units, and the rectangle around them."""
    west, north, unit = view[0], view[1], view[2]
    x1, y1, x2, y2 = np.inf, np.inf, -np.inf, -np.inf
    for place in range(places):
        at = start + place * step
        x = (double_at(buffer, at) - west) / unit
        y = (north - double_at(buffer, at + 8)) / unit
        path[place, 0], path[place, 1] = x, y
        x1, y1, x2, y2 = min(x1, x), min(y1, y), max(x2, x), max(y2, y)
    return x1, y1, x2, y2


@compiled()
def _is_spike(xy: Any, a: Any, b: Any, c: Any) -> Any:
    """Whether the way from a to b comes straight back."""
    dx, dy = np.int64(xy[2 * b]) - np.int64(xy[2 * a]), np.int64(xy[2 * b + 1]) - np.int64(xy[2 * a + 1])
    ex, ey = np.int64(xy[2 * c]) - np.int64(xy[2 * b]), np.int64(xy[2 * c + 1]) - np.int64(xy[2 * b + 1])
    return dx * ey == dy * ex and dx * ex + dy * ey <= 0


@compiled()
def _snapped_ring(path: Any, count: Any, xy: Any, at: Any) -> Any:
    """A ring on whole numbers, without repeats and spikes; how many places are left."""
    end = at
    for place in range(count):
        xy[2 * end] = np.int32(np.rint(path[place, 0]))
        xy[2 * end + 1] = np.int32(np.rint(path[place, 1]))
        end += 1
        while end - at >= 2:
            if xy[2 * end - 2] == xy[2 * end - 4] and xy[2 * end - 1] == xy[2 * end - 3]:
                end -= 1
            elif end - at >= 3 and _is_spike(xy, end - 3, end - 2, end - 1):
                xy[2 * end - 4], xy[2 * end - 3] = xy[2 * end - 2], xy[2 * end - 1]
                end -= 1
            else:
                break
    while end - at >= 2:
        if xy[2 * end - 2] == xy[2 * at] and xy[2 * end - 1] == xy[2 * at + 1]:
            end -= 1
        elif end - at >= 3 and _is_spike(xy, end - 2, end - 1, at):
            end -= 1
        elif end - at >= 3 and _is_spike(xy, end - 1, at, at + 1):
            for place in range(2 * at, 2 * end - 2):
                xy[place] = xy[place + 2]
            end -= 1
        else:
            break
    return end - at


@compiled()
def _turned(xy: Any, at: Any, count: Any, outside: Any) -> Any:
    """Turn a ring as MVT 2.1 asks: the surveyor's area of an exterior is above nothing. False where it has no area."""
    twice = np.int64(0)
    before = at + count - 1
    for place in range(at, at + count):
        twice += np.int64(xy[2 * before]) * xy[2 * place + 1] - np.int64(xy[2 * place]) * xy[2 * before + 1]
        before = place
    if (twice > 0) != outside:
        for place in range(count // 2):
            one, other = at + place, at + count - 1 - place
            xy[2 * one], xy[2 * other] = xy[2 * other], xy[2 * one]
            xy[2 * one + 1], xy[2 * other + 1] = xy[2 * other + 1], xy[2 * one + 1]
    return twice != 0


@compiled()
def _note_speck(path: Any, count: Any, made: Any) -> None:
    """Remember where what is too small to be drawn lies: the middle of its longest edge."""
    longest = -1.0
    for place in range(count):
        other = place + 1 if place + 1 < count else 0
        dx, dy = path[other, 0] - path[place, 0], path[other, 1] - path[place, 1]
        if dx * dx + dy * dy > longest:
            longest = dx * dx + dy * dy
            made[_HAS_SPECK] = 1
            made[_SPECK_X] = np.int64(np.rint((path[place, 0] + path[other, 0]) / 2))
            made[_SPECK_Y] = np.int64(np.rint((path[place, 1] + path[other, 1]) / 2))


@compiled()
def _add_part(made: Any, parts: Any, roles: Any, count: Any, role: Any) -> None:
    at, part = made[_POINTS_MADE], made[_PARTS_MADE]
    parts[0, part], parts[1, part], roles[part] = at, at + count, role
    made[_POINTS_MADE], made[_PARTS_MADE] = at + count, part + 1


@compiled()
def _add_polygon(buffer: Any, start: Any, end: Any, step: Any, view: Any, made: Any, xy: Any, parts: Any, roles: Any,
                 path: Any, spare: Any) -> Any:  # fmt: skip
    """One polygon's rings; where the shape goes on."""
    low, high, tolerance = view[3], view[4], view[5]
    rings = counted(buffer, start, end, 4)
    start += 4
    drawn = True
    for ring in range(rings):
        places = counted(buffer, start, end, step)
        begin = start + 4
        start = begin + places * step
        if not drawn or places == 0:
            continue
        x1, y1, x2, y2 = _read_path(buffer, begin, places, step, view, path)
        is_inside = x1 >= low and y1 >= low and x2 <= high and y2 <= high
        if not is_inside:
            if x1 > high or y1 > high or x2 < low or y2 < low:
                drawn = ring > 0
                continue
            if not (np.isfinite(x1) and np.isfinite(y1) and np.isfinite(x2) and np.isfinite(y2)):
                made[_IS_ODD] = 1
                continue
        count = simplified(path, places, tolerance, 4) if tolerance > 0 else places
        if count > 1 and path[0, 0] == path[count - 1, 0] and path[0, 1] == path[count - 1, 1]:
            count -= 1
        if not is_inside:
            count = cut_ring(path, count, spare, low, high)
        at = made[_POINTS_MADE]
        left = _snapped_ring(path, count, xy, at)
        if left >= 3 and _turned(xy, at, left, ring == 0):
            _add_part(made, parts, roles, left, EXTERIOR if ring == 0 else INTERIOR)
        elif ring == 0:
            drawn = False
            if is_inside:
                _note_speck(path, count, made)
            elif count > 0:
                made[_IS_ODD] = 1
    return start


@compiled()
def _add_line(buffer: Any, start: Any, end: Any, step: Any, view: Any, made: Any, xy: Any, parts: Any, roles: Any,
              path: Any) -> Any:  # fmt: skip
    low, high, tolerance = view[3], view[4], view[5]
    places = counted(buffer, start, end, step)
    begin = start + 4
    start = begin + places * step
    if places == 0:
        return start
    x1, y1, x2, y2 = _read_path(buffer, begin, places, step, view, path)
    if x1 > high or y1 > high or x2 < low or y2 < low:
        return start
    if not (np.isfinite(x1) and np.isfinite(y1) and np.isfinite(x2) and np.isfinite(y2)):
        made[_IS_ODD] = 1
        return start
    count = simplified(path, places, tolerance, 2) if tolerance > 0 else places
    length, already = np.int64(0), made[_PARTS_MADE]
    for place in range(count - 1):
        x, y, dx, dy = path[place, 0], path[place, 1], path[place + 1, 0], path[place + 1, 1]
        dx, dy = dx - x, dy - y
        one, other = cut_segment(x, y, x + dx, y + dy, low, high)
        if one <= other:
            if length == 0 or one > 0.0:
                length = _ended(made, parts, roles, length)
                length = _lengthened(xy, made[_POINTS_MADE], length, x + one * dx, y + one * dy)
            length = _lengthened(xy, made[_POINTS_MADE], length, x + other * dx, y + other * dy)
        if one > other or other < 1.0:
            length = _ended(made, parts, roles, length)
    _ended(made, parts, roles, length)
    if made[_PARTS_MADE] == already and x1 >= low and y1 >= low and x2 <= high and y2 <= high:
        _note_speck(path, count, made)
    return start


@compiled()
def _lengthened(xy: Any, at: Any, length: Any, x: Any, y: Any) -> Any:
    place = at + length
    xy[2 * place], xy[2 * place + 1] = np.int32(np.rint(x)), np.int32(np.rint(y))
    repeats = length > 0 and xy[2 * place] == xy[2 * place - 2] and xy[2 * place + 1] == xy[2 * place - 1]
    return length if repeats else length + 1


@compiled()
def _ended(made: Any, parts: Any, roles: Any, length: Any) -> Any:
    """A piece of a line is over; one that came to a single place is nothing."""
    if length >= 2:
        _add_part(made, parts, roles, length, 1)
    return np.int64(0)


@compiled()
def _added_place(buffer: Any, at: Any, view: Any, xy: Any, place: Any) -> Any:
    x = (double_at(buffer, at) - view[0]) / view[2]
    y = (view[1] - double_at(buffer, at + 8)) / view[2]
    if not (x >= view[3] - 0.5 and x <= view[4] + 0.5 and y >= view[3] - 0.5 and y <= view[4] + 0.5):
        return False
    xy[2 * place], xy[2 * place + 1] = np.int32(np.rint(x)), np.int32(np.rint(y))
    return True


@compiled()
def _add_points(buffer: Any, start: Any, end: Any, kind: Any, step: Any, view: Any, made: Any, xy: Any, parts: Any,
                roles: Any) -> None:  # fmt: skip
    count = counted(buffer, start, end, 5 + step) if kind == POINTS else 1
    start += 4 if kind == POINTS else 0
    length, at = 0, made[_POINTS_MADE]
    for _ in range(count):
        if kind == POINTS:
            _, _, _, start = opened(buffer, start, end)
        if start + step > end:
            raise ValueError("a shape ends too early")
        place = at + length
        if _added_place(buffer, start, view, xy, place):
            again = length > 0 and xy[2 * place] == xy[2 * place - 2] and xy[2 * place + 1] == xy[2 * place - 1]
            length += 0 if again else 1
        start += step
    if length > 0:
        _add_part(made, parts, roles, length, 0)


@compiled()
def _add_shape(buffer: Any, start: Any, end: Any, view: Any, made: Any, xy: Any, parts: Any, roles: Any, path: Any,
               spare: Any) -> Any:  # fmt: skip
    """One row's shape; what kind it is now."""
    kind, places, _, start = opened(buffer, start, end)
    step = 8 * places
    if kind == 0 or kind == COLLECTION:
        return ODD
    if kind == POINT or kind == POINTS:
        _add_points(buffer, start, end, kind, step, view, made, xy, parts, roles)
        return DOT
    count = 1
    if kind >= POINTS:
        count = counted(buffer, start, end, 5)
        start += 4
    for _ in range(count):
        if kind >= POINTS:
            _, _, _, start = opened(buffer, start, end)
        if kind == LINE or kind == LINES:
            start = _add_line(buffer, start, end, step, view, made, xy, parts, roles, path)
        else:
            start = _add_polygon(buffer, start, end, step, view, made, xy, parts, roles, path, spare)
    return PATH if kind == LINE or kind == LINES else AREA


@compiled(
    "Tuple((uint8[::1], int64[:, ::1], int64[:, ::1], uint8[::1], int32[::1]))"
    "(Array(uint8, 1, 'C', readonly=True), int64, int64, int64[::1], int32[::1], float64[::1], boolean)"
)
def cut_rows(buffer: Any, rows: Any, columns: Any, starts: Any, lengths: Any, view: Any, is_valid: Any) -> Any:
    """Each row's shape (its last column) in the tile: kinds, first and last part, the parts' ends, roles, places.

    `view` is west, north and the length of a tile unit; the lowest and highest number kept; the tolerance in units.
    With `is_valid` nobody looks whether polygons are.
    """
    most, total = np.int64(0), np.int64(0)
    for row in range(rows):
        size = np.int64(lengths[row * columns + columns - 1])
        if size > 0:
            most = size if size > most else most
            total += size
    path = np.empty((ROOM * (most // 16) + 32, 2), np.float64)
    spare = np.empty_like(path)
    # As much as there can ever be; memory that is not written to costs nothing.
    xy = np.empty(2 * (ROOM * (total // 16) + 32 + 2 * rows), np.int32)
    parts = np.empty((2, total // 4 + rows + 8), np.int64)
    roles = np.empty(parts.shape[1], np.uint8)
    kinds = np.zeros(rows, np.uint8)
    of_rows = np.zeros((rows, 2), np.int64)
    made = np.zeros(6, np.int64)
    for row in range(rows):
        value = row * columns + columns - 1
        if lengths[value] < 0:
            continue
        begun, first = made[_POINTS_MADE], made[_PARTS_MADE]
        made[_IS_ODD] = made[_HAS_SPECK] = 0
        end = starts[value] + lengths[value]
        kind = _add_shape(buffer, starts[value], end, view, made, xy, parts, roles, path, spare)
        last = made[_PARTS_MADE]
        if made[_IS_ODD] or kind == ODD:
            kind = ODD
        elif last == first:
            kind = NOTHING
            if made[_HAS_SPECK]:
                made[_POINTS_MADE] = begun
                xy[2 * begun], xy[2 * begun + 1] = made[_SPECK_X], made[_SPECK_Y]
                _add_part(made, parts, roles, 1, 0)
                kind = DOT
        elif kind == AREA and not is_valid and not valid(xy, parts[0], parts[1], roles, first, last):
            kind = ODD
        if kind == ODD:
            made[_POINTS_MADE], made[_PARTS_MADE] = begun, first
        kinds[row] = kind
        of_rows[row, 0], of_rows[row, 1] = first, made[_PARTS_MADE]
    made_parts, made_points = made[_PARTS_MADE], made[_POINTS_MADE]
    return kinds, of_rows, parts[:, :made_parts].copy(), roles[:made_parts].copy(), xy[: 2 * made_points].copy()
