"""Metres, square metres and ไร่-งาน-ตารางวา.

Shapes here are longitude and latitude unless a name says otherwise.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from geo.errors import BadRequest
from geo.shapes.whereabouts import Box
from geo.thai_digits import western_digits

Geometries = NDArray[np.object_]
Numbers = NDArray[np.float64]

_WGS84 = pyproj.Geod(ellps="WGS84")
_ECCENTRICITY = float(np.sqrt(_WGS84.es))

_LARGE_DEGREES = 0.02

SQUARE_METRES_OF_A_WAH = 4
WAH_OF_A_NGAN = 100
NGAN_OF_A_RAI = 4


class RaiNganWah(NamedTuple):
    """An area as Thai deeds write it."""

    rai: int
    ngan: int
    wah: Decimal

    def __str__(self) -> str:
        return f"{self.rai}-{self.ngan}-{self.wah.normalize():f}"


def area_square_metres(geoms: Geometries) -> Numbers:
    """Areas on the spheroid of polygons in degrees; 0 for other shapes, NaN for none.

    Shapes as small as a lot are laid on Lambert's equal-area cylinder and measured there, all at once. An edge
    is straight on that map and geodesic on the ground, which tells only over kilometres: large shapes are
    measured one by one along geodesics.
    """
    flat = shapely.transform(geoms, _on_equal_area_cylinder)
    areas = np.array(shapely.area(flat), dtype=np.float64)
    west, south, east, north = shapely.bounds(geoms).T
    wide = np.maximum(east - west, north - south) > _LARGE_DEGREES
    for index in np.flatnonzero(wide & (shapely.get_dimensions(geoms) == 2)).tolist():
        areas[index] = sum(map(_geodesic_area, shapely.get_parts(shapely.get_parts(geoms[index]))))
    return areas


def _geodesic_area(part: Any) -> float:
    if part.geom_type != "Polygon":
        return 0.0
    return abs(float(_WGS84.geometry_area_perimeter(shapely.orient_polygons(part))[0]))


def _on_equal_area_cylinder(lonlat: Numbers) -> Numbers:
    sine = np.sin(np.radians(lonlat[:, 1]))
    e = _ECCENTRICITY
    # Snyder, Map Projections: a Working Manual (1987), equation 3-12: the authalic q of a latitude.
    q = (1 - e * e) * (sine / (1 - (e * sine) ** 2) - np.log((1 - e * sine) / (1 + e * sine)) / (2 * e))
    return np.column_stack((_WGS84.a * np.radians(lonlat[:, 0]), _WGS84.a * q / 2))


def length_metres(geoms: Geometries) -> Numbers:
    """Geodesic lengths of lines (of the outline, for polygons); 0 for points, NaN for none."""
    lengths = np.where(shapely.is_missing(geoms), np.nan, 0.0)
    parts, owners = _lines(geoms)
    xy, part_of = shapely.get_coordinates(parts, return_index=True)
    if len(xy) < 2:
        return lengths
    inside = part_of[1:] == part_of[:-1]
    start, end = xy[:-1][inside], xy[1:][inside]
    _, _, metres = _WGS84.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    np.add.at(lengths, owners[part_of[1:][inside]], metres)
    return lengths


def _lines(geoms: Geometries) -> tuple[Geometries, NDArray[np.intp]]:
    """Every line and ring in the shapes, and whose it is."""
    parts: Any = np.array(geoms, dtype=object)
    owners: Any = np.arange(len(parts))
    while (shapely.get_type_id(parts) > 3).any():
        parts, of = shapely.get_parts(parts, return_index=True)
        owners = owners[of]
    polygons = shapely.get_type_id(parts) == 3
    rings, of = shapely.get_rings(parts[polygons], return_index=True)
    lines = np.isin(shapely.get_type_id(parts), (1, 2))
    return np.concatenate((parts[lines], rings)), np.concatenate((owners[lines], owners[polygons][of]))


def rai_ngan_wah(square_metres: Decimal | float | int) -> RaiNganWah:
    """The area in ไร่-งาน-ตารางวา; BadRequest when it is negative or not a number."""
    metres = Decimal(str(square_metres))
    if not metres.is_finite() or metres < 0:
        raise BadRequest(f"พื้นที่ {square_metres} ตร.ม. เป็นไปไม่ได้", f"{square_metres} square metres is not an area")
    ngans, wah = divmod(metres / SQUARE_METRES_OF_A_WAH, WAH_OF_A_NGAN)
    rai, ngan = divmod(int(ngans), NGAN_OF_A_RAI)
    return RaiNganWah(rai, ngan, wah)


def square_metres(rai: int, ngan: int, wah: Decimal | int | str) -> Decimal:
    """The area of `2-1-50.5`: 3802; BadRequest for ngan over 3, wah of 100 or more, or anything negative."""
    try:
        exact = Decimal(wah)
    except InvalidOperation:
        raise _not_thai_units(f"{rai}-{ngan}-{wah}") from None
    if not exact.is_finite() or rai < 0 or not 0 <= ngan < NGAN_OF_A_RAI or not 0 <= exact < WAH_OF_A_NGAN:
        raise _not_thai_units(f"{rai}-{ngan}-{wah}")
    return ((rai * NGAN_OF_A_RAI + ngan) * WAH_OF_A_NGAN + exact) * SQUARE_METRES_OF_A_WAH


def _not_thai_units(written: str) -> BadRequest:
    return BadRequest(
        f"“{written}” ไม่ใช่ไร่-งาน-ตร.ว. (งานไม่เกิน 3 ตารางวาน้อยกว่า 100)",
        f"“{written}” is not rai-ngan-wah (ngan at most 3, wah below 100)",
    )


def read_rai_ngan_wah(text: str) -> RaiNganWah:
    """`2-1-50.5` as written, Thai digits allowed; BadRequest otherwise."""
    found = re.fullmatch(r"\s*([0-9,]+)\s*-\s*([0-9]+)\s*-\s*([0-9]+(?:\.[0-9]+)?)\s*", western_digits(text))
    if found is None:
        raise _not_thai_units(text[:40])
    area = RaiNganWah(int(found[1].replace(",", "") or 0), int(found[2]), Decimal(found[3]))
    square_metres(*area)
    return area


def bounds_of(geoms: Geometries) -> Box | None:
    """The box around all the shapes; None when there is nothing finite."""
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(geoms))
    box = Box(west=west, south=south, east=east, north=north)
    return box if box.finite else None


def point_on(geoms: Geometries) -> Numbers:
    """A point on each shape as an (n, 2) array of x, y: a place to click. NaN where there is no shape."""
    points = shapely.point_on_surface(geoms)
    return np.column_stack((shapely.get_x(points), shapely.get_y(points)))
