"""Areas of very many polygons at once.

`area_square_metres` builds each shape again on its equal-area map. A lot of the tax map has one ring and no hole,
so its area is a sum over its corners, which numpy does for a million of them in a second.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.shapes.measure import _on_equal_area_cylinder, area_square_metres


def areas_of_many(geoms: NDArray[np.object_]) -> NDArray[np.float64]:
    """What `area_square_metres` answers, sooner."""
    areas = np.full(len(geoms), np.nan)
    plain = (shapely.get_type_id(geoms) == 3) & (shapely.get_num_interior_rings(geoms) == 0) & ~shapely.is_empty(geoms)
    areas[~plain] = area_square_metres(geoms[~plain])
    if plain.any():
        areas[plain] = _shoelace(geoms[plain])
    return areas


def _shoelace(polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    lonlat, owner = shapely.get_coordinates(polygons, return_index=True)
    x, y = _on_equal_area_cylinder(lonlat).T
    first = np.searchsorted(owner, np.arange(len(polygons)))
    # Measured from each ring's own first corner: far from the origin the products would lose the small differences.
    x, y = x - x[first][owner], y - y[first][owner]
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    same_ring = owner[1:] == owner[:-1]
    twice = np.bincount(owner[1:][same_ring], weights=cross[same_ring], minlength=len(polygons))
    return np.asarray(np.abs(twice) / 2)
