"""How rows of one layer lie to another: parcels outside the town, buildings across parcel lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.shapes.topology_plan import (
    Geometries,
    Numbers,
    Places,
    Plan,
    Positions,
    Progress,
    overlaid,
    pieces,
    places_of,
    plan_of,
    quiet,
)

# Outlines of towns are drawn at 1:4,000 or coarser: half a metre is an eighth of a millimetre there.
OUTSIDE_SLIP_METRES = 0.5
OUTSIDE_SQUARE_METRES = 1.0
# Eaves, a wall drawn from the roof of an air photograph: less than half a metre over the line is the drawing.
ACROSS_SLIP_METRES = 0.5
ACROSS_SQUARE_METRES = 1.0
_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Rows that lie outside an outline, in part or wholly (`share` 1), with a place outside."""

    position: Positions
    square_metres: Numbers
    share: Numbers
    places: Places

    def __len__(self) -> int:
        return len(self.position)


@dataclass(frozen=True, kw_only=True)
class Across:
    """Buildings that stand on several parcels: a line for each building and parcel, in the order of the buildings.

    `share` is of the building's footprint on that parcel, the largest first; the places are on the parcel's part.
    """

    building: Positions
    parcel: Positions
    square_metres: Numbers
    share: Numbers
    places: Places

    def __len__(self) -> int:
        """How many buildings."""
        return len(np.unique(self.building))


def outside(
    shapes: Geometries | Plan, town: Any, *, slip_metres: float = OUTSIDE_SLIP_METRES,
    least_square_metres: float = OUTSIDE_SQUARE_METRES, progress: Progress = quiet,
) -> Outside:  # fmt: skip
    """What of polygons lies outside `town`, one outline in lon, lat.

    A row that nowhere reaches more than `slip_metres` beyond the outline is inside.
    """
    plan = plan_of(shapes)
    outline = plan_of(np.array([town], dtype=object), like=plan).shapes[0]
    rows = plan.measured
    if outline is None:
        return _nothing_outside(plan)
    wider = shapely.buffer(outline, slip_metres)
    shapely.prepare(wider)
    rows = rows[~shapely.covers(wider, plan.shapes[rows])]
    areas, beyond = shapely.area(plan.shapes[rows]), np.full(len(rows), None, dtype=object)
    apart = shapely.disjoint(wider, plan.shapes[rows])
    beyond[apart] = plan.shapes[rows[apart]]
    cut = np.flatnonzero(~apart)
    for at in range(0, len(cut), _AT_ONCE):
        progress(at, len(cut))
        some = cut[at : at + _AT_ONCE]
        beyond[some] = overlaid(shapely.difference, plan.shapes[rows[some]], np.full(len(some), outline, dtype=object))
    metres = shapely.area(beyond)
    tells = metres >= np.minimum(least_square_metres, areas / 2)
    rows, areas, metres, beyond = rows[tells], areas[tells], metres[tells], beyond[tells]
    share = np.minimum(np.divide(metres, areas, out=np.zeros(len(rows)), where=areas > 0), 1.0)
    return Outside(position=rows, square_metres=metres, share=share, places=places_of(beyond, plan))


def _nothing_outside(plan: Plan) -> Outside:
    none = np.zeros(0)
    return Outside(
        position=np.zeros(0, np.intp), square_metres=none, share=none, places=places_of(plan.shapes[:0], plan)
    )


def across(
    buildings: Geometries | Plan, parcels: Geometries | Plan, *, slip_metres: float = ACROSS_SLIP_METRES,
    least_square_metres: float = ACROSS_SQUARE_METRES, progress: Progress = quiet,
) -> Across:  # fmt: skip
    """Buildings across parcel lines, beyond a slip of the pen.

    A part that is thinner than `slip_metres` or smaller than `least_square_metres` is nothing. A building that lies
    wholly on each of two parcels does not cross a line: the parcels lie on each other, and are told as overlapping.
    """
    ground = plan_of(parcels)
    plan = plan_of(buildings, like=ground)
    rows, lots = plan.measured, ground.measured
    tree = shapely.STRtree(ground.shapes[lots])
    found: list[tuple[Positions, Positions, Numbers, Geometries]] = []
    for at in range(0, len(rows), _AT_ONCE):
        progress(at, len(rows))
        some = rows[at : at + _AT_ONCE]
        shapes = plan.shapes[some]
        inside = np.unique(tree.query(shapes, predicate="covered_by")[0])
        some, shapes = np.delete(some, inside), np.delete(shapes, inside)
        one, lot = tree.query(shapes, predicate="intersects")
        found.append(_parts(plan, ground, some[one], lots[lot], (slip_metres, least_square_metres)))
    building, parcel, metres, shared = (
        (np.concatenate(column) for column in zip(*found, strict=True))
        if found
        else (rows[:0], rows[:0], np.zeros(0), ground.shapes[:0])
    )
    own = shapely.area(plan.shapes[building])
    return Across(
        building=building, parcel=parcel, square_metres=metres,
        share=np.divide(metres, own, out=np.zeros(len(own)), where=own > 0), places=places_of(shared, plan),
    )  # fmt: skip


def _parts(
    plan: Plan, ground: Plan, building: Positions, parcel: Positions, least: tuple[float, float]
) -> tuple[Positions, Positions, Numbers, Geometries]:
    """The parts of buildings on parcels, of those that have at least two worth telling."""
    shared = overlaid(shapely.intersection, plan.shapes[building], ground.shapes[parcel])
    metres = shapely.area(shared)
    order = np.lexsort((parcel, -metres, building))
    building, parcel, metres, shared = building[order], parcel[order], metres[order], shared[order]
    first = np.searchsorted(building, building)
    main = first == np.arange(len(building))
    # Of the other parts only what does not lie on the building's own parcel as well counts.
    beyond = shared.copy()
    beyond[~main] = overlaid(shapely.difference, shared[~main], ground.shapes[parcel[first[~main]]])
    part = pieces(beyond)
    slip, smallest = least
    worth = (part.areas >= smallest) & (part.widths >= slip)
    tells = main | (np.bincount(part.of, weights=worth, minlength=len(building)) > 0)
    several = np.bincount(building[tells], minlength=len(plan.shapes))[building] > 1
    kept = tells & several
    return building[kept], parcel[kept], metres[kept], shared[kept]
