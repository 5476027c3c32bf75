"""The narrow communities: homes on the railway's land and along a canal's banks, in two uneven rows."""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry.base import BaseGeometry

from data.demo.ground import CANALSIDE, RAILSIDE, Lots, Strip, joined, no_lots, quads
from data.demo.plan import Floats, Line, Plan

BANK_METRES = 48.0
TRACK_METRES, RESERVE_METRES = 9.0, 40.0


def strips_of(
    plan: Plan, settled: BaseGeometry, water: BaseGeometry, reserve: BaseGeometry, carriageways: BaseGeometry,
    rng: Generator,
) -> tuple[tuple[Strip, ...], Lots]:  # fmt: skip
    """Homes on the railway's land and along the canal's banks: small uneven lots in two rows."""
    strips: list[Strip] = []
    lots = [no_lots()]
    reach = plan.core_metres * 2.9
    near = shapely.intersection(settled.buffer(-15), shapely.Point(plan.core).buffer(reach))
    drawn = [(line, RAILSIDE, TRACK_METRES, RESERVE_METRES, 5, near) for line in plan.railways]
    along = shapely.intersection(settled.buffer(-15), shapely.Point(plan.core).buffer(plan.canalside_metres))
    drawn += [(line, CANALSIDE, line.width / 2 + 4, line.width / 2 + BANK_METRES, 4, along) for line in plan.canals[:1]]
    for line, grain, inner, outer, count, where in drawn:
        others = water if grain == RAILSIDE else reserve
        free = shapely.difference(where, shapely.union(carriageways.buffer(2), others.buffer(4)))
        for side in (-1.0, 1.0):
            for part in _split(_stretch(line, where.buffer(90)), count):
                shape = shapely.intersection(_band(part, side * (inner - 4), side * outer), where)
                shape = shapely.difference(shape, shapely.union_all([strip.shape for strip in strips]))
                if shape.area < 3000:
                    continue
                strips.append(Strip(shape=shape, grain=grain))
                room = shapely.intersection(shape.buffer(-0.6), free)
                for low, high in _rows_between(inner, outer):
                    lots.append(_strip_lots(part, side * low, side * high, grain, room, len(strips), rng))
    return tuple(strips), joined(lots)


def _rows_between(inner: float, outer: float) -> tuple[tuple[float, float], ...]:
    middle = (inner + outer) / 2
    return (inner + 1, middle - 1.5), (middle + 1.5, outer - 1)


def _stretch(line: Line, where: BaseGeometry) -> Floats:
    """The part of the line's points that lies inside."""
    found: Floats = line.points[shapely.contains_xy(where, line.points[:, 0], line.points[:, 1])]
    return found


def _split(points: Floats, count: int) -> list[Floats]:
    """The points in as many lengths, each beginning where the last one ends."""
    ends = np.linspace(0, len(points) - 1, count + 1).astype(int)
    return [points[low : high + 1] for low, high in itertools.pairwise(ends) if high - low > 3]


def beside(points: Floats, away: float) -> Floats:
    """The points moved sideways."""
    ahead = np.gradient(points, axis=0)
    ahead /= np.hypot(ahead[:, 0], ahead[:, 1])[:, None]
    return points + away * np.column_stack((-ahead[:, 1], ahead[:, 0]))


def _band(points: Floats, inner: float, outer: float) -> BaseGeometry:
    ring = np.vstack((beside(points, inner), beside(points, outer)[::-1]))
    return shapely.make_valid(shapely.Polygon(ring)).buffer(0)


def _strip_lots(
    points: Floats, low: float, high: float, grain: int, room: BaseGeometry, block: int, rng: Generator
) -> Lots:
    gone = np.concatenate(([0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    count = max(1, int(gone[-1] / 12.5))
    ends = np.cumsum(rng.uniform(0.6, 1.5, count))
    at = np.concatenate(([0.0], ends)) / ends[-1] * gone[-1]

    def edge(away: float) -> Floats:
        side = beside(points, away)
        return np.column_stack((np.interp(at, gone, side[:, 0]), np.interp(at, gone, side[:, 1])))

    front, back = edge(low), edge(high)
    corners = np.stack((front[:-1], front[1:], back[1:], back[:-1]), axis=1)
    if low < 0:
        corners = corners[:, [1, 0, 3, 2]]
    # A tight bend may fold a lot over; such a place stays empty.
    corners = corners[shapely.is_valid(quads(corners)) & (shapely.area(quads(corners)) > 40)]
    kept = corners[(rng.random(len(corners)) < 0.9) & shapely.contains_properly(room, quads(corners))]
    n = len(kept)
    return Lots(
        corners=kept, shapes=quads(kept), whole=np.ones(n, dtype=bool), grain=np.full(n, grain),
        quarter=np.zeros(n, dtype=np.int64), block=np.full(n, block), single=np.zeros(n, dtype=bool),
    )  # fmt: skip
