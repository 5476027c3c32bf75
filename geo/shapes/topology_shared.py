"""How much ground shapes of two arrays share, pair by pair, with memory for a few thousand pairs at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.shapes.topology_plan import Geometries, Numbers, Positions, Progress, overlaid, pieces, quiet

PAIRS_AT_ONCE = 200_000
OVERLAYS_AT_ONCE = 5_000
# Coordinates of nine decimals, in degrees, are good to a tenth of a millimetre; what is thinner than this is how
# numbers are written, and is not even counted as slight.
NOISE_METRES = 0.005


def meeting(
    left: Geometries, right: Geometries, least_area: float, least_width: float, progress: Progress = quiet
) -> Iterator[tuple[Positions, Positions]]:
    """Pairs whose boxes share enough to matter, some at a time. Metres; no shape may be missing."""
    bounds = shapely.bounds(left), shapely.bounds(right)
    tree = shapely.STRtree(right)
    at, step = 0, 64
    while at < len(left):
        progress(at, len(left))
        one, other = tree.query(left[at : at + step])
        found = len(one)
        one = one + at
        sides = np.minimum(bounds[0][one, 2:], bounds[1][other, 2:]) - np.maximum(
            bounds[0][one, :2], bounds[1][other, :2]
        )
        enough = (sides > least_width / 2).all(axis=1) & (sides[:, 0] * sides[:, 1] > least_area / 2)
        yield one[enough], other[enough]
        at += step
        # Lots have a handful of neighbours each, a heap of layers thousands: memory follows the pairs, not the rows.
        step = max(1, min(4 * step, step * PAIRS_AT_ONCE // max(found, 1)))


def shared(
    left: Geometries, right: Geometries, least_area: float, least_width: float, progress: Progress = quiet
) -> tuple[Numbers, NDArray[np.bool_]]:
    """The square metres that left[k] and right[k] share, and where that is too slight to tell."""
    areas, slight = np.zeros(len(left)), np.zeros(len(left), dtype=bool)
    own = shapely.area(left), shapely.area(right)
    large, small = np.where(own[0] < own[1], (right, left), (left, right))
    shapely.prepare(large)
    touching = np.flatnonzero(shapely.intersects(large, small))
    # A roof on its lot: what they share is the roof, and nothing needs to be cut out.
    within = shapely.covers(large[touching], small[touching])
    shapely.destroy_prepared(large)
    areas[touching[within]] = np.minimum(*own)[touching[within]]
    slight[touching[within]] = areas[touching[within]] < least_area
    cut = touching[~within]
    for at in range(0, len(cut), OVERLAYS_AT_ONCE):
        progress(at, len(cut))
        some = cut[at : at + OVERLAYS_AT_ONCE]
        common = pieces(overlaid(shapely.intersection, left[some], right[some]))
        tells = (common.areas >= least_area) & (common.widths >= least_width)
        real = common.widths >= NOISE_METRES
        areas[some] = np.bincount(common.of, weights=common.areas * real, minlength=len(some))
        slight[some] = (areas[some] > 0) & (np.bincount(common.of, weights=tells, minlength=len(some)) == 0)
    return areas, slight
