"""Metres, square metres and ไร่-งาน-ตารางวา. Shapes here are longitude and latitude unless a name says otherwise."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.shapes.whereabouts import Box

Geometries = NDArray[np.object_]


class RaiNganWah(NamedTuple):
    """An area as Thai deeds write it."""

    rai: int
    ngan: int
    wah: Decimal

    def __str__(self) -> str:
        return f"{self.rai}-{self.ngan}-{self.wah.normalize():f}"


def area_square_metres(geoms: Geometries) -> NDArray[np.float64]:
    """Areas on the spheroid of polygons in degrees; 0 for other shapes, NaN for none."""
    raise NotImplementedError


def length_metres(geoms: Geometries) -> NDArray[np.float64]:
    """Geodesic lengths of lines (of the outline, for polygons); 0 for points, NaN for none."""
    raise NotImplementedError


def rai_ngan_wah(square_metres: Decimal | float | int) -> RaiNganWah:
    """The area in ไร่-งาน-ตารางวา; BadRequest when it is negative or not a number."""
    raise NotImplementedError


def square_metres(rai: int, ngan: int, wah: Decimal | int | str) -> Decimal:
    """The area of `2-1-50.5`: 3802; BadRequest for ngan over 3, wah of 100 or more, or anything negative."""
    raise NotImplementedError


def read_rai_ngan_wah(text: str) -> RaiNganWah:
    """`2-1-50.5` as written, Thai digits allowed; BadRequest otherwise."""
    raise NotImplementedError


def bounds_of(geoms: Geometries) -> Box | None:
    """The box around all the shapes; None when there is nothing finite."""
    raise NotImplementedError


def point_on(geoms: Geometries) -> NDArray[np.float64]:
    """A point on each shape as an (n, 2) array of x, y: a place to click. NaN where there is no shape."""
    raise NotImplementedError
