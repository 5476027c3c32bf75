"""The shapes that compiled code leaves alone, made right by GEOS: one in hundreds, at a hundred times the cost.

What would cross itself once its places are whole numbers, or falls into pieces at the border, is cut and snapped
here so that it stays valid (snap rounding); of a collection the parts of the highest dimension are drawn.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry


def mended(wkb: bytes, view: Any) -> bytes | None:
    """A shape in whole numbers of the tile, as WKB; a point where it is too small, None where it is elsewhere.

    North is still up, so that what comes back is read as any row's shape is.
    """
    west, north, unit, low, high, tolerance = view
    square = shapely.box(low, -high, high, -low)
    whole = shapely.force_2d(shapely.from_wkb(wkb))
    if not np.isfinite(shapely.get_coordinates(whole)).all():
        return None
    moved = shapely.transform(whole, lambda places: (places - (west, north)) / unit)
    dimension = int(shapely.get_dimensions(moved))
    thin = shapely.make_valid(shapely.simplify(moved, tolerance, preserve_topology=False)) if tolerance else moved
    for one in (thin, moved):
        found = _of_dimension(_snapped(one, square), dimension)
        if found is not None:
            return shapely.to_wkb(found, byte_order=1)
    return _speck(moved, square)


def _snapped(shape: BaseGeometry, square: BaseGeometry) -> BaseGeometry:
    sound = shape if shapely.is_valid(shape) else shapely.make_valid(shape)
    return shapely.set_precision(shapely.clip_by_rect(sound, *square.bounds), 1.0)


def _of_dimension(shape: BaseGeometry, dimension: int) -> BaseGeometry | None:
    """The parts of a dimension, those of collections among them, as one shape; None where there are none."""
    parts = [shape]
    while any(shapely.get_type_id(part) >= 4 for part in parts):
        parts = list(shapely.get_parts(parts))
    kept = [part for part in parts if not part.is_empty and shapely.get_dimensions(part) == dimension]
    if not kept:
        return None
    made: Any
    if dimension == 2:
        made = shapely.multipolygons(kept)
    else:
        made = shapely.multilinestrings(kept) if dimension == 1 else shapely.multipoints(kept)
    return cast(BaseGeometry, made)


def _speck(shape: BaseGeometry, square: BaseGeometry) -> bytes | None:
    if shape.is_empty:
        return None
    place = shapely.point_on_surface(shape)
    if not shapely.covers(square, place):
        return None
    return shapely.to_wkb(shapely.Point(round(place.x), round(place.y)), byte_order=1)
