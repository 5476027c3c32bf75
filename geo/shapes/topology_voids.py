"""Ground that no parcel covers though it should (gaps), and parcels that are no land (slivers).

Most of a town that no parcel covers is rightly so: streets, canals, the courts of a block. Two rules tell a gap:
it is *enclosed* by parcels on all sides, small and thin; or it is a *slit* between parcels, open to a street at its
end, so narrow that nobody walks there. A street is no slit, an unsurveyed lot is too wide, a court too large.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.shapes.topology_plan import (
    Geometries,
    Numbers,
    Pieces,
    Places,
    Plan,
    Positions,
    Progress,
    in_degrees,
    overlaid,
    pieces,
    places_of,
    plan_of,
    quiet,
    united,
    widths_of,
)
from geo.shapes.topology_shared import NOISE_METRES

# What is smaller or thinner is the pen (see topology_overlaps): rounding leaves thousands of them.
LEAST_SQUARE_METRES = 0.1
LEAST_WIDTH_METRES = 0.02
# The narrowest way that has no parcel of its own is a drain or footpath of two metres.
ENCLOSED_WIDTH_METRES = 2.0
ENCLOSED_SQUARE_METRES = 100.0
# Open at an end it may be a passage between two houses: narrower than a shoulder it is not.
SLIT_METRES = 0.5
# Parcels that are so near to each other touch: coordinates are written to a centimetre.
BRIDGED_METRES = 0.02
# Two lines that run together in a corner leave a tip that is narrow too: shorter than a step it is not told.
SLIT_LENGTH_METRES = 2.0
MOST_SHAPES = 20_000
_UNITED_AT_ONCE = 2_000
# GEOS lets go of Python's lock, and to unite a town is the longest of all that is done here.
_HANDS = 2
_STRIP_METRES = 500.0

# 4πA/P²: 1 for a circle, 0.79 for a square, 0.2 for a strip thirteen times as long as wide.
SLIVER_COMPACTNESS = 0.2
SLIVER_WIDTH_METRES = 0.3
SLIVER_SQUARE_METRES = 1.0


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """Voids between parcels, the largest first, with shapes in lon, lat.

    `width_metres` is the mean width. `beside` (n, 2) are the two parcels that have most of it at their side.
    `enclosed` has parcels all around; the others are slits that end at a street.
    """

    square_metres: Numbers
    width_metres: Numbers
    enclosed: np.ndarray[Any, np.dtype[np.bool_]]
    beside: Positions
    shapes: Geometries
    places: Places

    def __len__(self) -> int:
        return len(self.square_metres)


@dataclass(frozen=True, kw_only=True)
class Slivers:
    """Rows whose shape is too small or too thin to be land."""

    position: Positions
    square_metres: Numbers
    width_metres: Numbers
    places: Places

    def __len__(self) -> int:
        return len(self.position)


def gaps(
    shapes: Geometries | Plan, *, least_square_metres: float = LEAST_SQUARE_METRES,
    least_width_metres: float = LEAST_WIDTH_METRES, enclosed_width_metres: float = ENCLOSED_WIDTH_METRES,
    enclosed_square_metres: float = ENCLOSED_SQUARE_METRES, slit_metres: float = SLIT_METRES,
    slit_length_metres: float = SLIT_LENGTH_METRES, progress: Progress = quiet,
) -> Gaps:  # fmt: skip
    """Voids between polygons (lon, lat WGS 84, or a Plan of them) by the two rules above."""
    plan = plan_of(shapes)
    covered = shapely.get_parts(_all_of(plan, progress))
    holes = _holes(covered)
    small = (holes.areas <= enclosed_square_metres) & (holes.widths < enclosed_width_metres)
    enclosed = holes.shapes[small]
    progress(1, 3)
    slits = _slits(covered, slit_metres)
    progress(2, 3)
    long = (slits.areas >= slits.widths * slit_length_metres) & (slits.widths >= NOISE_METRES)
    # A hole and the narrow ends of it, which were found as slits, are one gap.
    one = pieces(np.array([united(np.concatenate((enclosed, slits.shapes[long])))], dtype=object))
    closed = np.zeros(len(one.shapes), dtype=bool)
    closed[shapely.STRtree(one.shapes).query(shapely.point_on_surface(enclosed), predicate="intersects")[1]] = True
    tells = (one.areas >= least_square_metres) & (one.widths >= least_width_metres)
    order = np.flatnonzero(tells)[np.argsort(-one.areas[tells], kind="stable")][:MOST_SHAPES]
    beside = _beside(plan, one.shapes[order])
    # A thin notch or hole in one parcel's own outline lies between no two.
    between = beside[:, 1] >= 0
    order, beside = order[between], beside[between]
    found = one.shapes[order]
    return Gaps(
        square_metres=one.areas[order], width_metres=one.widths[order], enclosed=closed[order],
        beside=beside, shapes=in_degrees(found, plan), places=places_of(found, plan),
    )  # fmt: skip


def _all_of(plan: Plan, progress: Progress) -> Any:
    """All parcels as one shape: neighbours first, so that what is still to be joined stays small."""
    rows = plan.shapes[plan.measured]
    if not len(rows):
        return shapely.MultiPolygon()
    x, y = shapely.bounds(rows)[:, :2].T
    rows = rows[np.lexsort((y, x // _STRIP_METRES))]
    some = [rows[at : at + _UNITED_AT_ONCE] for at in range(0, len(rows), _UNITED_AT_ONCE)]
    parts: list[Any] = []
    pool = ThreadPoolExecutor(_HANDS)
    try:
        for part in pool.map(united, some):
            progress(len(parts), len(some))
            parts.append(part)
    finally:
        pool.shutdown(cancel_futures=True)
    return united(np.array(parts, dtype=object))


def _holes(covered: Geometries) -> Pieces:
    """What has parcels all around, though these may touch there no better than numbers are written."""
    outlines = shapely.get_parts(_closed(covered, BRIDGED_METRES))
    rings, of = shapely.get_rings(outlines, return_index=True)
    inner = np.concatenate(([False], of[1:] == of[:-1])) if len(of) else np.zeros(0, dtype=bool)
    holes = np.asarray(shapely.polygons(rings[inner]), dtype=object)
    # In a hole there may be a parcel, as an island is in a lake.
    islands: Geometries = np.full(len(holes), shapely.MultiPolygon(), dtype=object)
    hole, part = shapely.STRtree(covered).query(holes, predicate="contains")
    for number in np.unique(hole).tolist():
        islands[number] = shapely.union_all(covered[part[hole == number]])
    return pieces(overlaid(shapely.difference, holes, islands))


def _closed(covered: Geometries, metres: float) -> Any:
    """What is covered when it grows and shrinks again, which fills all that is narrower than so many metres."""
    wider = shapely.buffer(covered, metres / 2, join_style="mitre")
    return shapely.buffer(united(wider), -metres / 2, join_style="mitre")


def _slits(covered: Geometries, metres: float) -> Pieces:
    """What is filled when slits are closed."""
    blocks = shapely.get_parts(_closed(covered, metres))
    block, part = shapely.STRtree(covered).query(blocks, predicate="intersects")
    return _left_over(blocks, covered, block, part)


def _left_over(blocks: Geometries, covered: Geometries, block: Positions, part: Positions) -> Pieces:
    """The blocks without what was covered already, part by part: most blocks have one."""
    order = np.lexsort((part, block))
    block, part = block[order], part[order]
    count = np.bincount(block, minlength=len(blocks))
    single = np.flatnonzero(count == 1)
    inside = np.full(len(blocks), None, dtype=object)
    first = np.concatenate(([0], np.cumsum(count)))
    inside[single] = covered[part[first[single]]]
    for number in np.flatnonzero(count > 1).tolist():
        inside[number] = shapely.multipolygons(shapely.get_parts(covered[part[first[number] : first[number + 1]]]))
    return pieces(overlaid(shapely.difference, blocks, inside))


def _beside(plan: Plan, found: Geometries) -> Positions:
    """The two parcels that share most with a narrow band around each void."""
    beside = np.full((len(found), 2), -1, dtype=np.intp)
    rows = plan.measured
    if not len(found) or not len(rows):
        return beside
    band = shapely.buffer(found, 0.1)
    gap, near = shapely.STRtree(plan.shapes[rows]).query(band, predicate="intersects")
    shared = shapely.area(overlaid(shapely.intersection, band[gap], plan.shapes[rows[near]]))
    order = np.lexsort((rows[near], -shared, gap))
    gap, near = gap[order], rows[near[order]]
    rank = np.arange(len(gap)) - np.searchsorted(gap, gap)
    for place in (0, 1):
        chosen = rank == place
        beside[gap[chosen], place] = near[chosen]
    return beside


def slivers(
    shapes: Geometries | Plan, *, square_metres: float = SLIVER_SQUARE_METRES,
    width_metres: float = SLIVER_WIDTH_METRES, compactness: float = SLIVER_COMPACTNESS,
) -> Slivers:  # fmt: skip
    """Rows smaller than `square_metres`, or thinner than `width_metres` and long for it."""
    plan = plan_of(shapes)
    rows = plan.measured
    areas, outlines = shapely.area(plan.shapes[rows]), shapely.length(plan.shapes[rows])
    widths = widths_of(areas, outlines)
    round_as = np.divide(4 * np.pi * areas, outlines**2, out=np.zeros(len(rows)), where=outlines > 0)
    thin = (widths < width_metres) & (round_as < compactness)
    found = thin | (areas < square_metres)
    return Slivers(
        position=rows[found], square_metres=areas[found], width_metres=widths[found],
        places=places_of(plan.shapes[rows[found]], plan),
    )  # fmt: skip
