"""What a surveyor does to a parcel: a line through it, a corner elsewhere. None where it cannot well be done."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.ops import split

from geo.shapes.measure import area_square_metres

METRES_OF_A_DEGREE = 111_320.0
MOVED_METRES = (2.0, 5.0)
# Far above the pen's width and far below the half of a parcel: nobody doubts that the line moved or whose parcel it is.
LEAST_MOVED_SQUARE_METRES, LEAST_MOVED_SHARE, MOST_MOVED_SHARE = 3.0, 0.003, 0.3
LEAST_PART_SQUARE_METRES = 40.0


def cut_in_two(shape: Any, rng: Generator) -> list[Any]:
    """Two parts of a parcel, cut across its longer way somewhere in its middle third."""
    ring = shapely.get_coordinates(shapely.oriented_envelope(shape))[:4]
    sides = ring[1] - ring[0], ring[3] - ring[0]
    long, short = sides if np.hypot(*sides[0]) >= np.hypot(*sides[1]) else sides[::-1]
    at = ring[0] + long * rng.uniform(0.35, 0.65)
    line = shapely.LineString([at - short * 0.5, at + short * 1.5])
    halves = shapely.get_parts(split(shape, line))
    areas = area_square_metres(halves)
    if len(halves) != 2 or areas.min() < LEAST_PART_SQUARE_METRES or areas.min() < 0.1 * areas.sum():
        return []
    return list(halves)


def corner_moved(
    shapes: NDArray[np.object_], corner: tuple[float, float], rows: list[int], beside: list[int], rng: Generator
) -> NDArray[np.object_] | None:
    """The parcels at `rows` with one corner elsewhere, where each changes by enough and none comes over another."""
    east = METRES_OF_A_DEGREE * np.cos(np.radians(corner[1]))
    for _ in range(4):
        turn, far = rng.uniform(0, 2 * np.pi), rng.uniform(*MOVED_METRES)
        way = np.array((np.cos(turn) * far / east, np.sin(turn) * far / METRES_OF_A_DEGREE))
        moved = _with_corner(shapes[rows], corner, way)
        if _well_moved(shapes[rows], moved, shapes[beside]):
            return moved
    return None


def _with_corner(shapes: NDArray[np.object_], corner: tuple[float, float], way: Any) -> NDArray[np.object_]:
    def elsewhere(xy: Any) -> Any:
        moved = xy.copy()
        moved[(xy == np.array(corner)).all(axis=1)] += way
        return moved

    return np.asarray(shapely.transform(shapes, elsewhere), dtype=object)


def _well_moved(before: NDArray[np.object_], after: NDArray[np.object_], beside: NDArray[np.object_]) -> bool:
    if not shapely.is_valid(after).all():
        return False
    areas, moved = area_square_metres(before), area_square_metres(shapely.symmetric_difference(before, after))
    enough = (moved >= LEAST_MOVED_SQUARE_METRES) & (moved >= LEAST_MOVED_SHARE * areas)
    if not (enough & (moved <= MOST_MOVED_SHARE * areas)).all():
        return False
    everything = np.asarray(shapely.make_valid(np.concatenate((after, beside))), dtype=object)
    one, other = np.triu_indices(len(everything), 1)
    known = one < len(after)
    over = area_square_metres(shapely.intersection(everything[one[known]], everything[other[known]]))
    return bool((over < 0.05).all())
