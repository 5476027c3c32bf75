"""Polygons laid flat in metres, once, for all that is asked of how they lie to each other.

Degrees are no measure of a slip of the pen: tolerances are metres, so everything is worked out in the UTM zone of the
place. Positions are row positions of the array that came in; a row that cannot be measured keeps its position and has
no shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj.transformer import Transformer

from geo.shapes.crs import utm_srid
from geo.shapes.repair import has_bad_coordinates, repaired

Geometries = NDArray[np.object_]
Numbers = NDArray[np.float64]
Positions = NDArray[np.intp]
Mask = NDArray[np.bool_]
# Called often with what is done and of how much of one step (a piece of work has several, each from 0); what it raises
# ends the work, which has changed nothing.
Progress = Callable[[int, int | None], None]

# A thousandth of a metre: far below what any map shows, far above the rounding of coordinates in millions of metres.
GRID_METRES = 0.001
# A shape that reaches further than this from the middle of its town has another zone's coordinates or none.
FURTHEST_DEGREES = 3.0
_POLYGON, _COLLECTION = 3, 7


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Polygons in metres of one UTM zone.

    `shapes` are valid polygons or None, position by position; `left_out` is where a row came with a shape that could
    not be laid flat: no polygon, coordinates that are no place, or beyond mending. `drawn` are
    the same shapes before they were mended.
    """

    shapes: Geometries
    drawn: Geometries
    srid: int
    left_out: Mask

    @property
    def measured(self) -> Positions:
        """The positions that have a shape."""
        return np.flatnonzero(~shapely.is_missing(self.shapes))


@dataclass(frozen=True, kw_only=True)
class Places:
    """Points to click: WGS 84 degrees, NaN where none was worked out."""

    lon: Numbers
    lat: Numbers


def quiet(done: int, total: int | None) -> None:
    """A progress that nobody watches."""


def plan_of(shapes: Geometries | Plan, *, like: Plan | None = None) -> Plan:
    """Longitude and latitude laid flat in the zone of most of them, or in the zone of `like`; a Plan is itself.

    Invalid shapes are mended as geo.shapes.repair does; nothing is raised for what cannot be measured.
    """
    if isinstance(shapes, Plan):
        return shapes
    degrees = np.array(shapes, dtype=object)
    there = ~(shapely.is_missing(degrees) | shapely.is_empty(degrees))
    usable = there & ~has_bad_coordinates(degrees)
    bounds = shapely.bounds(degrees)
    usable[usable] = (np.abs(bounds[usable]) <= (180, 80, 180, 80)).all(axis=1)
    srid = like.srid if like else _srid(bounds[usable])
    if usable.any():
        middle = np.median(bounds[usable], axis=0)
        usable[usable] = (np.abs(bounds[usable] - middle) <= FURTHEST_DEGREES).all(axis=1)
    flat = np.full(len(degrees), None, dtype=object)
    flat[usable] = _moved(degrees[usable], _transformer(4326, srid))
    mended = repaired(flat, ["MULTIPOLYGON"])
    unusable = mended.missing | mended.bad_coordinates | mended.too_big | mended.tangled | mended.lost
    flat[unusable] = mended.geoms[unusable] = None
    return Plan(shapes=mended.geoms, drawn=flat, srid=srid, left_out=there & unusable)


def _srid(bounds: Numbers) -> int:
    if not len(bounds):
        return 32647
    west, south, east, north = np.median(bounds, axis=0).tolist()
    return utm_srid((west + east) / 2, (south + north) / 2)


@lru_cache(maxsize=8)
def _transformer(source: int, target: int) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def _moved(geoms: Geometries, transformer: Transformer) -> Geometries:
    def by(xy: Numbers) -> Numbers:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(geoms, by), dtype=object)


def in_degrees(geoms: Geometries, plan: Plan) -> Geometries:
    """Shapes of a plan back in longitude and latitude."""
    return _moved(geoms, _transformer(plan.srid, 4326))


def places_of(geoms: Geometries, plan: Plan) -> Places:
    """A point on each shape of a plan: a place to click."""
    points = in_degrees(np.asarray(shapely.point_on_surface(geoms), dtype=object), plan)
    return Places(lon=shapely.get_x(points), lat=shapely.get_y(points))


def overlaid(operation: Callable[..., Any], left: Geometries, right: Geometries) -> Geometries:
    """`operation` (shapely.intersection, difference …) pair by pair, whatever GEOS makes of one of them.

    GEOS gives up on a few pairs in a hundred thousand that are all but the same; these are laid on a grid of a
    millimetre, where it does not. None where even that fails.
    """
    try:
        return np.asarray(operation(left, right), dtype=object)
    except shapely.GEOSException:
        pass
    if len(left) > 1:
        half = len(left) // 2
        parts = (overlaid(operation, left[:half], right[:half]), overlaid(operation, left[half:], right[half:]))
        return np.concatenate(parts)
    try:
        return np.array([operation(left[0], right[0], grid_size=GRID_METRES)], dtype=object)
    except shapely.GEOSException:
        return np.array([None], dtype=object)


def united(geoms: Geometries) -> Any:
    """One shape of many."""
    try:
        return shapely.union_all(geoms)
    except shapely.GEOSException:
        return shapely.union_all(geoms, grid_size=GRID_METRES)


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """The polygons in shapes that an overlay gave, each with the position of the shape that it is of."""

    shapes: Geometries
    of: Positions

    @property
    def areas(self) -> Numbers:
        """Square metres."""
        return np.asarray(shapely.area(self.shapes), dtype=np.float64)

    @property
    def widths(self) -> Numbers:
        """Metres, as widths_of has it."""
        return widths_of(self.areas, np.asarray(shapely.length(self.shapes), dtype=np.float64))


def widths_of(areas: Numbers, outlines: Numbers) -> Numbers:
    """The width in metres of the rectangle with this area and this length of outline: a strip's width, a square's side.

    Of what is rounder than a square, a quarter of the outline.
    """
    half = outlines / 2
    return np.asarray((half - np.sqrt(np.maximum(half**2 - 4 * areas, 0))) / 2)


def pieces(geoms: Geometries) -> Pieces:
    """Only what has an area: the lines and points that an overlay leaves where shapes touch are nothing."""
    parts: Any = np.asarray(geoms, dtype=object)
    of: Any = np.arange(len(parts))
    while (shapely.get_type_id(parts) > _POLYGON).any():
        parts, owner = shapely.get_parts(parts, return_index=True)
        of = of[owner]
    solid = (shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)
    return Pieces(shapes=np.asarray(parts[solid], dtype=object), of=of[solid])


def only_solid(geoms: Geometries) -> Geometries:
    """Each shape without the lines and points in it: a polygon, several, or None."""
    whole = np.array(geoms, dtype=object)
    for position in np.flatnonzero(shapely.get_type_id(whole) == _COLLECTION).tolist():
        solid = pieces(whole[position : position + 1]).shapes
        whole[position] = shapely.multipolygons(solid) if len(solid) else None
    whole[~np.isin(shapely.get_type_id(whole), (_POLYGON, 6)) | shapely.is_empty(whole)] = None
    return whole


def joined(left: Positions, right: Positions, count: int) -> Positions:
    """For each of `count` things the lowest of those that it hangs together with, by the pairs given."""
    lowest = np.arange(count)
    while True:
        least = np.minimum(lowest[left], lowest[right])
        before = lowest.copy()
        np.minimum.at(lowest, left, least)
        np.minimum.at(lowest, right, least)
        np.minimum.at(lowest, before, lowest.copy())
        lowest = lowest[lowest]
        if (lowest == before).all():
            return lowest
