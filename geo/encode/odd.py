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
    thin = shapely.simplify(moved, tolerance, preserve_topology=False) if tolerance else moved
    for one in (thin, moved):
        found = _snapped(one, square, dimension)
        if found is not None:
            return shapely.to_wkb(found, byte_order=1)
    return _speck(moved, square)


def _snapped(shape: BaseGeometry, square: BaseGeometry, dimension: int) -> BaseGeometry | None:
    """What is left of a shape in the square, on whole numbers; None where nothing of its dimension is."""
    sound = shape if shapely.is_valid(shape) else shapely.make_valid(shape)
    cut = shapely.clip_by_rect(sound, *square.bounds)
    if dimension == 2:
        if shapely.get_type_id(cut) not in (3, 6) or not shapely.is_valid(cut):
            cut = shapely.union_all(_parts(cut, dimension))
        # As one shape: parts that were beside each other might overlap if each were snapped by itself.
        cut = shapely.set_precision(cut, 1.0)
    parts = _parts(cut, dimension)
    if not parts:
        return None
    made: Any
    if dimension == 2:
        made = shapely.multipolygons(parts)
    else:
        made = shapely.multilinestrings(parts) if dimension == 1 else shapely.multipoints(parts)
    return cast(BaseGeometry, made)


def _parts(shape: BaseGeometry, dimension: int) -> list[BaseGeometry]:
    """The parts of a dimension, those of collections among them."""
    parts = [shape]
    while any(shapely.get_type_id(part) >= 4 for part in parts):
        parts = list(shapely.get_parts(parts))
    return [part for part in parts if not part.is_empty and shapely.get_dimensions(part) == dimension]


def _speck(shape: BaseGeometry, square: BaseGeometry) -> bytes | None:
    if shape.is_empty:
        return None
    place = shapely.point_on_surface(shape)
    if not shapely.covers(square, place):
        return None
    return shapely.to_wkb(shapely.Point(round(place.x), round(place.y)), byte_order=1)
