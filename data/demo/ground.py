"""The words for land: lots, the cells that communities are made of, strips, and a whole town's land.

A lot is a four-cornered piece of a block: cuts run straight from edge to edge, so neighbours meet exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from data.demo.plan import Floats, Plan

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Shapes = NDArray[np.object_]


CORE, INNER, MIDDLE, OUTER, ESTATE, RAILSIDE, CANALSIDE, PARK = range(8)


@dataclass(frozen=True, kw_only=True)
class Lots:
    """Pieces of land, one row each: corners (front left, front right, back right, back left) and the shape as cut."""

    corners: Floats
    shapes: Shapes
    whole: Bools
    grain: Ints
    quarter: Ints
    block: Ints
    single: Bools

    def __len__(self) -> int:
        return len(self.shapes)

    def only(self, rows: Bools | Ints) -> Lots:
        """The lots of those rows."""
        return Lots(**{name: value[rows] for name, value in vars(self).items()})


@dataclass(frozen=True, kw_only=True)
class Cells:
    """The land with half of its streets, cut along street middles: what communities are put together from."""

    shapes: Shapes
    quarter: Ints
    grain: Ints


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A narrow community's land along a railway or canal."""

    shape: BaseGeometry
    grain: int


@dataclass(frozen=True, kw_only=True)
class Land:
    """A town's land, ready for people."""

    plan: Plan
    lots: Lots
    cells: Cells
    strips: tuple[Strip, ...]
    water: BaseGeometry
    reserve: BaseGeometry
    carriageways: BaseGeometry


def quads(corners: Floats) -> Shapes:
    """Four-cornered shapes from an array of corners."""
    rings = np.concatenate((corners, corners[:, :1]), axis=1)
    return np.asarray(shapely.polygons(rings), dtype=np.object_)


def inside_quads(corners: Floats, u: Floats, v: Floats) -> Floats:
    """Places in four-cornered shapes: `u` runs along the front, `v` from front to back, both 0–1."""
    u, v = u[..., None], v[..., None]
    a, b, c, d = (corners[..., place, :] for place in range(4))
    found: Floats = (1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * d + u * c)
    return found


def largest_parts(shapes: Shapes) -> Shapes:
    """Each shape's largest polygon; cutting leaves collections where only an edge is touched."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort((shapely.area(parts), owner))
    last = np.append(owner[order][1:] != owner[order][:-1], True) if len(order) else np.empty(0, dtype=bool)
    found = np.full(len(shapes), shapely.Polygon(), dtype=np.object_)
    found[owner[order][last]] = parts[order][last]
    found[shapely.get_type_id(found) != 3] = shapely.Polygon()
    return found


def no_lots() -> Lots:
    none, nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)
    return Lots(
        corners=np.empty((0, 4, 2)), shapes=np.empty(0, dtype=np.object_), whole=nothing, grain=none, quarter=none,
        block=none, single=nothing,
    )  # fmt: skip


def joined(lots: list[Lots]) -> Lots:
    return Lots(**{name: np.concatenate([vars(part)[name] for part in lots]) for name in vars(lots[0])})
