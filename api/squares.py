"""What lies where, by squares of several sizes: the few things that an edit touches are found without walking all.

A thing is noted in the squares of the size nearest to its own, so that it lies in four of them at most, be it a
tile of a street or of a country; an edit looks at the squares it meets, of each size.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator

from geo.shapes.whereabouts import Box

FINEST = 20  # squares of a third of a thousandth of a degree
_Square = tuple[int, int]


class Squares:
    """Names, each at a rectangle of degrees, or nowhere in particular."""

    def __init__(self) -> None:
        self._levels: dict[int, dict[_Square, set[Hashable]]] = {}
        self.nowhere: set[Hashable] = set()

    def add(self, name: Hashable, box: Box | None) -> None:
        """Note where something lies."""
        if box is None:
            self.nowhere.add(name)
            return
        level = _level(box)
        squares = self._levels.setdefault(level, {})
        for square in _squares(box, level):
            squares.setdefault(square, set()).add(name)

    def remove(self, name: Hashable, box: Box | None) -> None:
        """Forget what was added with this very box."""
        if box is None:
            self.nowhere.discard(name)
            return
        level = _level(box)
        squares = self._levels.get(level, {})
        for square in _squares(box, level):
            names = squares.get(square, set())
            names.discard(name)
            if not names:
                squares.pop(square, None)
        if not squares:
            self._levels.pop(level, None)

    def near(self, box: Box) -> set[Hashable]:
        """What may meet a rectangle: all that does, and some neighbours."""
        found: set[Hashable] = set()
        for level, squares in self._levels.items():
            west, south, east, north = _range(box, level)
            if (east - west + 1) * (north - south + 1) > len(squares):
                # A large edit: fewer squares are in use than it covers.
                within = (one for one in squares if west <= one[0] <= east and south <= one[1] <= north)
            else:
                within = (one for one in _squares(box, level) if one in squares)
            for square in within:
                found |= squares[square]
        return found


def _level(box: Box) -> int:
    size = max(box.east - box.west, box.north - box.south)
    return FINEST if size <= 360 / (1 << FINEST) else max(0, math.floor(math.log2(360 / size)))


def _range(box: Box, level: int) -> tuple[int, int, int, int]:
    side = 360 / (1 << level)
    west, south, east, north = (math.floor(one / side) for one in (box.west, box.south, box.east, box.north))
    return west, south, east, north


def _squares(box: Box, level: int) -> Iterator[_Square]:
    west, south, east, north = _range(box, level)
    return ((x, y) for x in range(west, east + 1) for y in range(south, north + 1))
