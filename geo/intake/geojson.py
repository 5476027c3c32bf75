"""Geometries as GeoJSON writes them (RFC 7946), made into shapes; what is none is told in words and never raised."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import Text

# How deep the coordinates of each kind lie: 0 is one position.
_DEPTH = {
    "Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3,
}  # fmt: skip
MOST_PARTS = 10_000
_NOT_A_GEOMETRY = Text("ไม่ใช่ geometry ของ GeoJSON", "not a GeoJSON geometry")
_A_FEATURE = Text("เป็น Feature ไม่ใช่ geometry", "a Feature, not a geometry")
_COORDINATES = Text("coordinates ไม่เป็นไปตามชนิดของรูป", "the coordinates do not fit the type of the geometry")
_POSITION = Text("พิกัดแต่ละจุดต้องเป็นตัวเลข 2 หรือ 3 ตัว", "a position is two numbers, or three with the height")
_MIXED = Text("บางจุดมีความสูงและบางจุดไม่มี", "some positions have a height and others have none")
_PARTS = Text(f"GeometryCollection มีเกิน {MOST_PARTS:,} ส่วน หรือซ้อนกัน",
              f"a collection of more than {MOST_PARTS:,} parts, or one inside another")  # fmt: skip


class Unreadable(ValueError):
    """What was written is no geometry; `told` says why."""

    def __init__(self, told: Text) -> None:
        super().__init__(told.en)
        self.told = told


def shape_in(written: Any) -> BaseGeometry:
    """The shape that a GeoJSON geometry describes; `Unreadable` where it is none."""
    if not isinstance(written, dict):
        raise Unreadable(_NOT_A_GEOMETRY)
    kind = written.get("type")
    if kind in ("Feature", "FeatureCollection"):
        raise Unreadable(_A_FEATURE)
    if kind == "GeometryCollection":
        return _collection(written.get("geometries"))
    if not isinstance(kind, str) or kind not in _DEPTH:
        raise Unreadable(_NOT_A_GEOMETRY)
    sizes: set[int] = set()
    coordinates = _numbers(written.get("coordinates"), _DEPTH[kind], sizes)
    if len(sizes) > 1:
        raise Unreadable(_MIXED)
    try:
        return shapely.geometry.shape({"type": kind, "coordinates": coordinates})
    except (ValueError, IndexError, TypeError, shapely.GEOSException):
        raise Unreadable(_COORDINATES) from None


def _collection(parts: Any) -> BaseGeometry:
    plain = isinstance(parts, list) and len(parts) <= MOST_PARTS
    if not plain or any(isinstance(one, dict) and one.get("type") == "GeometryCollection" for one in parts):
        raise Unreadable(_PARTS)
    return shapely.GeometryCollection([shape_in(one) for one in parts])


def _numbers(written: Any, depth: int, sizes: set[int]) -> Any:
    if not isinstance(written, list):
        raise Unreadable(_COORDINATES)
    if depth:
        return [_numbers(one, depth - 1, sizes) for one in written]
    if not written:
        return written
    position = tuple(map(_number, written))
    if len(position) not in (2, 3):
        raise Unreadable(_POSITION)
    sizes.add(len(position))
    return position


def _number(written: Any) -> float:
    if isinstance(written, (int, float, Decimal)) and not isinstance(written, bool):
        try:
            number = float(written)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise Unreadable(_POSITION)
