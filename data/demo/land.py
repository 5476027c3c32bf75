"""From a plan to a town's land: quarters between the main roads, then their lots, the strips and the parks."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry.base import BaseGeometry

from data.demo.ground import PARK, Cells, Land, Lots, Shapes, joined, largest_parts
from data.demo.plan import Plan
from data.demo.streets import laid_out, longest_way
from data.demo.strips import RESERVE_METRES, strips_of


def land_of(plan: Plan, rng: Generator) -> Land:
    """Lay the town out."""
    settled = _settled(plan)
    water = shapely.union_all([line.shape.buffer(line.width / 2) for line in plan.canals])
    rails = [line.shape.buffer(RESERVE_METRES, cap_style="flat") for line in plan.railways]
    reserve = shapely.union_all(rails) if rails else shapely.Polygon()
    carriageways = shapely.union_all([line.shape.buffer(line.width / 2) for line in plan.roads])
    strips, strip_lots = strips_of(plan, settled, water, reserve, carriageways, rng)
    taken = shapely.union_all([water, reserve, *[strip.shape for strip in strips]])
    lots, cells = [strip_lots, _park_lots(plan, settled, shapely.union(taken, carriageways))], []
    green = shapely.union_all([carriageways, *plan.parks])
    for number, quarter in enumerate(_quarters(plan, settled), start=1):
        for free in shapely.get_parts(shapely.difference(quarter, taken)):
            piece = shapely.difference(free, green)
            if piece.area < 900:
                continue
            grain, angle = _grain(plan, piece, rng), longest_way(piece)
            found, around = laid_out(piece, free, grain, angle, rng)
            lots.append(_numbered(found, number, lots))
            cells.append((around, number, grain))
    return Land(
        plan=plan, lots=joined(lots), cells=_cells(cells), strips=strips, water=water, reserve=reserve,
        carriageways=carriageways,
    )  # fmt: skip


def _settled(plan: Plan) -> BaseGeometry:
    if plan.kept >= 1:
        return plan.outline
    radius = math.sqrt(plan.outline.area * plan.kept**1.5 / math.pi)
    return shapely.intersection(plan.outline, shapely.Point(plan.core).buffer(radius))


def _quarters(plan: Plan, settled: BaseGeometry) -> list[BaseGeometry]:
    """The faces between main roads, canals, railways and the edge, numbered from the core outwards."""
    lines = [line.shape for line in (*plan.roads, *plan.canals, *plan.railways)]
    noded = shapely.union_all([*lines, settled.boundary])
    faces = shapely.get_parts(shapely.polygonize([noded]))
    kept = faces[shapely.contains(settled, shapely.point_on_surface(faces))]
    away = shapely.distance(kept, shapely.Point(plan.core)) + shapely.area(kept) * 1e-9
    return list(kept[np.argsort(away, kind="stable")])


def _grain(plan: Plan, piece: BaseGeometry, rng: Generator) -> int:
    """Small lots in the core, fields at the edge, with some chance between."""
    away = piece.centroid.distance(shapely.Point(plan.core)) / plan.core_metres * rng.uniform(0.9, 1.1)
    return int(np.searchsorted((0.95, 1.75, 2.6), away))


def _park_lots(plan: Plan, settled: BaseGeometry, taken: BaseGeometry) -> Lots:
    inside = [park for park in plan.parks if settled.contains(park)]
    shapes = largest_parts(np.array([park.difference(taken) for park in inside], dtype=object))
    n = len(shapes)
    corners = np.array([np.asarray(shapely.box(*shape.bounds).exterior.coords)[:4] for shape in shapes])
    return Lots(
        corners=corners.reshape(n, 4, 2), shapes=shapes, whole=np.zeros(n, dtype=bool), grain=np.full(n, PARK),
        quarter=np.zeros(n, dtype=np.int64), block=1000 + np.arange(n), single=np.ones(n, dtype=bool),
    )  # fmt: skip


def _numbered(lots: Lots, quarter: int, before: list[Lots]) -> Lots:
    """Give the lots their quarter, and blocks that no other piece of it has."""
    used = max((int(other.block.max(initial=-1)) for other in before if len(other)), default=-1) + 1
    return Lots(**{**vars(lots), "quarter": np.full(len(lots), quarter), "block": lots.block + used})


def _cells(found: list[tuple[Shapes, int, int]]) -> Cells:
    return Cells(
        shapes=np.concatenate([shapes for shapes, _, _ in found]),
        quarter=np.concatenate([np.full(len(shapes), quarter) for shapes, quarter, _ in found]),
        grain=np.concatenate([np.full(len(shapes), grain) for shapes, _, grain in found]),
    )
