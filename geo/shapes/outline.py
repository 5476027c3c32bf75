"""The outline of a few areas as one shape, thinned for a telephone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping, shape

# About five metres: whether a place lies inside is for the write door to say; this is what a person sees of it.
THINNED_DEGREES = 0.00005
DIGITS = 6


def outline(geometries: Iterable[dict[str, Any] | None]) -> dict[str, Any] | None:
    """All of these GeoJSON polygons (degrees) as one GeoJSON shape, moved by about 5 m at most; None for none."""
    areas = [shape(one) for one in geometries if one]
    if not areas:
        return None
    # Neighbours are joined before they are thinned: thinned apart, they would leave slivers between them.
    joined = shapely.union_all(np.array([shapely.make_valid(one) for one in areas], dtype=object))
    thin = shapely.simplify(joined, THINNED_DEGREES, preserve_topology=True)
    found: dict[str, Any] = mapping(shapely.set_precision(thin, 10**-DIGITS))
    return found
