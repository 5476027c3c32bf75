"""What lies within so many metres of a shape."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

METRES_A_DEGREE = 111_195.0  # of a great circle on the mean sphere; at 7° N the spheroid's differs by half of a percent


def within_reach(shape: BaseGeometry, metres: float) -> BaseGeometry:
    """The shape and all within `metres` of it, in degrees; good to a percent over a town, and simplified to a metre."""
    middle = shape.centroid.y
    scale: NDArray[np.float64] = np.array([np.cos(np.radians(middle)) * METRES_A_DEGREE, METRES_A_DEGREE])

    def to_metres(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.multiply(xy, scale)

    def to_degrees(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.divide(xy, scale)

    flat = shapely.transform(shapely.force_2d(shape), to_metres)
    found: BaseGeometry = shapely.transform(flat.simplify(1.0).buffer(metres, quad_segs=4), to_degrees)
    return found
