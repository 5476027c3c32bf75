"""Parcels that lie on each other: in part (an overlap), or shape on shape (a duplicate)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.shapes.topology_plan import (
    Geometries,
    Numbers,
    Places,
    Plan,
    Positions,
    Progress,
    in_degrees,
    joined,
    only_solid,
    overlaid,
    places_of,
    plan_of,
    quiet,
)
from geo.shapes.topology_shared import OVERLAYS_AT_ONCE, meeting, shared

# Two lines drawn over the same wall differ by a hand's breadth; a tax map at 1:1,000 cannot show 5 cm (0.05 mm of
# paper). An overlap that is nowhere wider is the pen, not the land; below 0.1 m² nobody can find it on the ground.
LEAST_WIDTH_METRES = 0.05
LEAST_SQUARE_METRES = 0.1
# Shapes that differ by less than a thousandth are the same lot drawn twice, not an overlap of two lots.
SAME_SHARE = 0.001
# Of so many the shape and a place are worked out, the largest first: more is no list that a person reads.
MOST_SHAPES = 20_000
# A file of layers thrown together has millions of pairs, and a stack of all but the same shapes has them all.
MOST_PAIRS = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """Rows that have the same shape: `group` numbers the shapes, `position` are the rows, lowest first in each."""

    group: Positions
    position: Positions

    def __len__(self) -> int:
        return len(self.position)

    @property
    def groups(self) -> list[Positions]:
        """The rows of each shape that occurs more than once."""
        if not len(self):
            return []
        return np.split(self.position, np.flatnonzero(np.diff(self.group)) + 1)


@dataclass(frozen=True, kw_only=True)
class Overlaps:
    """Pairs of rows (`left` < `right`) that share ground, the largest first.

    `square_metres` is what they share. `shapes` (lon, lat) and `places` are of the first MOST_SHAPES; beyond, None and
    NaN. `slight` pairs were below the tolerances and are only counted. Not `complete`: there were more than asked for.
    Rows of one shape are in `duplicates`, and only the first of them is told as overlapping others.
    """

    left: Positions
    right: Positions
    square_metres: Numbers
    shapes: Geometries
    places: Places
    slight: int
    complete: bool
    duplicates: Duplicates

    def __len__(self) -> int:
        return len(self.left)


def overlaps(
    shapes: Geometries | Plan, *, least_square_metres: float = LEAST_SQUARE_METRES,
    least_width_metres: float = LEAST_WIDTH_METRES, same_share: float = SAME_SHARE, most_pairs: int = MOST_PAIRS,
    most_shapes: int = MOST_SHAPES, progress: Progress = quiet,
) -> Overlaps:  # fmt: skip
    """Where polygons (lon, lat WGS 84, or a Plan of them) lie on each other beyond a slip of the pen."""
    plan = plan_of(shapes)
    group = _same_shapes(plan)
    found = _Found()
    for left, right in _candidates(plan, group, least_square_metres, least_width_metres, progress):
        one, other = plan.shapes[left], plan.shapes[right]
        areas, slight = shared(one, other, least_square_metres, least_width_metres, progress=progress)
        found.add(left, right, areas, slight)
        if found.count >= most_pairs:
            break
    left, right, areas = found.all()
    own = shapely.area(plan.shapes)
    same = areas >= (1 - same_share) * np.maximum(own[left], own[right])
    group = joined(
        np.concatenate((np.arange(len(group)), left[same])), np.concatenate((group, right[same])), len(group)
    )
    left, right, areas = left[~same], right[~same], areas[~same]
    order = np.lexsort((right, left, -areas))
    left, right, areas = left[order], right[order], areas[order]
    drawn, places = _drawn(plan, left[:most_shapes], right[:most_shapes], len(left), progress)
    return Overlaps(
        left=left, right=right, square_metres=areas, shapes=drawn, places=places, slight=found.slight,
        complete=found.count < most_pairs, duplicates=_duplicates(plan, group),
    )  # fmt: skip


class _Found:
    """Pairs as they come in."""

    def __init__(self) -> None:
        self._parts: list[tuple[Positions, Positions, Numbers]] = []
        self.count = 0
        self.slight = 0

    def add(self, left: Positions, right: Positions, areas: Numbers, slight: NDArray[np.bool_]) -> None:
        self.slight += int(slight.sum())
        real = (areas > 0) & ~slight
        self.count += int(real.sum())
        if real.any():
            self._parts.append((left[real], right[real], areas[real]))

    def all(self) -> tuple[Positions, Positions, Numbers]:
        if not self._parts:
            return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0)
        left, right, areas = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        return left, right, areas


def _same_shapes(plan: Plan) -> Positions:
    """For each row the lowest row with the very same shape, to the millimetre."""
    first = np.arange(len(plan.shapes))
    rows = plan.measured
    rounded = shapely.transform(plan.shapes[rows], lambda xy: np.round(xy, 3))
    written = shapely.to_wkb(shapely.normalize(rounded))
    seen: dict[bytes, int] = {}
    first[rows] = [seen.setdefault(wkb, row) for wkb, row in zip(written, rows.tolist(), strict=True)]
    return first


def _duplicates(plan: Plan, group: Positions) -> Duplicates:
    rows = plan.measured
    count = np.bincount(group[rows], minlength=len(group))
    rows = rows[count[group[rows]] > 1]
    rows = rows[np.lexsort((rows, group[rows]))]
    numbers = np.unique(group[rows], return_inverse=True)[1]
    return Duplicates(group=numbers.astype(np.intp), position=rows)


def _candidates(
    plan: Plan, group: Positions, least_area: float, least_width: float, progress: Progress
) -> Iterator[tuple[Positions, Positions]]:
    """Pairs of rows whose boxes share enough to matter, some at a time; of the same shapes only the first."""
    rows = plan.measured
    rows = rows[group[rows] == rows]
    shapes = plan.shapes[rows]
    for one, other in meeting(shapes, shapes, least_area, least_width, progress):
        later = one < other
        yield rows[one[later]], rows[other[later]]


def _drawn(plan: Plan, left: Positions, right: Positions, count: int, progress: Progress) -> tuple[Geometries, Places]:
    shapes = np.full(count, None, dtype=object)
    lon, lat = np.full(count, np.nan), np.full(count, np.nan)
    for at in range(0, len(left), OVERLAYS_AT_ONCE):
        progress(at, len(left))
        some = slice(at, min(at + OVERLAYS_AT_ONCE, len(left)))
        common = only_solid(overlaid(shapely.intersection, plan.shapes[left[some]], plan.shapes[right[some]]))
        places = places_of(common, plan)
        shapes[some], lon[some], lat[some] = in_degrees(common, plan), places.lon, places.lat
    return shapes, Places(lon=lon, lat=lat)
