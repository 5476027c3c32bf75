"""Sheets (ระวาง) of the cadastral map, worked out from the grid that they are cut along: Indian 1975 / UTM.

A sheet of 1:4,000 is 2 km by 2 km from even kilometres on, those of larger scales are cut out of it (DOMAIN 2.6). How
the parts are numbered is not confirmed, and the number of the 1:50,000 sheet in front of a Land Department name cannot
be worked out from what we hold. So a sheet is called by the corner that decides it, its lower left one in kilometres,
and says that this is no number of the Land Department's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.enums import TransformDirection
from pyproj.transformer import Transformer
from shapely.geometry.base import BaseGeometry

from geo.errors import BadRequest
from geo.shapes.indian_1975 import pinned_pipeline
from geo.shapes.whereabouts import THAILAND

# The side of a sheet in metres, by its scale (the codes of data/codes/sheet_scale.csv).
SIDES = {"1000": 500, "2000": 1000, "4000": 2000}
MOST = 20_000
# Zone 47 ends here and zone 48 begins; a town on both sides gets sheets of both.
BORDER = 102.0
CRS_OF = {47: "EPSG:24047", 48: "EPSG:24048"}
NUMBERING = (
    "คำนวณจากกริด {crs} (มุมซ้ายล่างเป็นกิโลเมตร) ไม่ใช่เลขระวางของกรมที่ดิน · "
    "worked out from the grid of {crs} (lower-left corner, kilometres); not the Land Department's number"
)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet: what it is called here, its scale, where the name comes from, its shape (longitude, latitude)."""

    sheet_no: str
    scale: str
    numbering: str
    shape: BaseGeometry


def sheets_over(outline: BaseGeometry, scale: str) -> tuple[Sheet, ...]:
    """The sheets of a scale that share ground with an outline (WGS 84 degrees), from the south-west on.

    BadRequest for a scale that has no sheets here, an outline outside Thailand, and more than `MOST` sheets.
    """
    if scale not in SIDES:
        known = ", ".join(SIDES)
        raise BadRequest(f"ไม่มีระวางมาตราส่วน 1:{scale} (มี {known})", f"there are no sheets of 1:{scale} ({known})")
    west, south, east, north = shapely.bounds(outline)
    inside = THAILAND.west <= west and east <= THAILAND.east and THAILAND.south <= south and north <= THAILAND.north
    if shapely.is_empty(outline) or not inside:
        raise BadRequest("แนวเขตไม่ได้อยู่ในประเทศไทย", "the outline does not lie in Thailand")
    found: list[Sheet] = []
    for zone, half in ((47, shapely.box(-180, -90, BORDER, 90)), (48, shapely.box(BORDER, -90, 180, 90))):
        part = outline if east <= BORDER and zone == 47 else shapely.intersection(outline, half)
        if shapely.area(part) > 0:
            found += _of_zone(part, scale, zone)
    return tuple(found)


def _of_zone(outline: BaseGeometry, scale: str, zone: int) -> list[Sheet]:
    side = SIDES[scale]
    flat = shapely.transform(shapely.force_2d(outline), lambda xy: _moved(zone, xy, TransformDirection.INVERSE))
    west, south, east, north = shapely.bounds(flat)
    columns = np.arange(math.floor(west / side), math.ceil(east / side)) * side
    rows = np.arange(math.floor(south / side), math.ceil(north / side)) * side
    if len(columns) * len(rows) > MOST * 10:
        raise _too_many(scale)
    x, y = (grid.ravel() for grid in np.meshgrid(columns, rows))
    squares = shapely.box(x, y, x + side, y + side)
    shapely.prepare(flat)
    # Those that only touch it at an edge share no ground with it.
    chosen = shapely.intersects(flat, squares) & ~shapely.touches(flat, squares)
    if chosen.sum() > MOST:
        raise _too_many(scale)
    shapes = shapely.transform(squares[chosen], lambda xy: _moved(zone, xy, TransformDirection.FORWARD))
    digits = 1 if side < 1000 else 0
    return [
        Sheet(
            sheet_no=f"IND75-{zone} {left / 1000:.{digits}f}E {low / 1000:.{digits}f}N",
            scale=scale,
            numbering=NUMBERING.format(crs=CRS_OF[zone]),
            shape=shape,
        )
        for left, low, shape in zip(x[chosen].tolist(), y[chosen].tolist(), shapes, strict=True)
    ]


def _too_many(scale: str) -> BadRequest:
    return BadRequest(
        f"แนวเขตใหญ่เกินไปสำหรับระวาง 1:{scale} (เกิน {MOST:,} ระวาง)",
        f"the outline is too large for sheets of 1:{scale} (more than {MOST:,})",
    )


@lru_cache(maxsize=2)
def _to_wgs84(zone: int) -> Transformer:
    return Transformer.from_pipeline(pinned_pipeline(CRS(CRS_OF[zone])))


def _moved(zone: int, xy: NDArray[np.float64], direction: TransformDirection) -> NDArray[np.float64]:
    return np.column_stack(_to_wgs84(zone).transform(xy[:, 0], xy[:, 1], direction=direction))
