"""Shapes that stand in a filter: read, mended, and brought to WGS 84 longitude and latitude.

The second axis of `EPSG:4326` is longitude, as its registry says; CRS84 has it first. Edges of a projected CRS are
divided before they are brought over, because a straight line there is none in degrees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.errors import BadRequest
from geo.filter import tree
from geo.filter.limits import Budget, bad, short
from geo.filter.text import WrittenNumber
from geo.shapes.crs import Operation, named_crs, operation_to_wgs84, swapped_axes, to_wgs84
from geo.shapes.repair import repaired

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_LONGITUDE_FIRST = re.compile(r"https?://www\.opengis\.net/def/crs/OGC/(1\.3/CRS84|0/CRS84h)|\[?OGC:CRS84h?\]?")
_EPSG = re.compile(
    r"(?:https?://www\.opengis\.net/def/crs/EPSG/[0-9.]{1,9}/|urn:ogc:def:crs:EPSG:[0-9.]{0,9}:|\[?EPSG:)([0-9]{4,6})\]?"
)
_EDGE_METRES = 1_000.0
_MOST_PIECES = 2_000
# Of the coordinates of each kind: how many lists deep they are.
_DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


@dataclass(frozen=True, kw_only=True)
class Crs:
    """The coordinate system that a filter's shapes are written in."""

    operation: Operation
    is_projected: bool
    swapped: bool


@lru_cache(maxsize=64)
def crs_called(name: str) -> Crs:
    """A CRS by its URI, its safe CURIE or `EPSG:32647`; BadRequest where there is none."""
    if _LONGITUDE_FIRST.fullmatch(name):
        return Crs(operation=operation_to_wgs84(named_crs("EPSG:4326")), is_projected=False, swapped=False)
    epsg = _EPSG.fullmatch(name)
    try:
        crs = named_crs(f"EPSG:{epsg[1]}") if epsg else None
    except BadRequest:
        crs = None
    if crs is None or not (crs.is_projected or crs.is_geographic):
        raise _unknown_crs(name)
    swapped = crs.axis_info[0].direction.lower() in ("north", "south")
    return Crs(operation=operation_to_wgs84(crs), is_projected=crs.is_projected, swapped=swapped)


def _unknown_crs(name: str) -> BadRequest:
    return BadRequest(f"filter-crs: ไม่รู้จักระบบพิกัด {short(name)!r}", f"filter-crs: no coordinate system {short(name)!r}")


def shape_of(said: str | dict[str, Any], crs: Crs, budget: Budget) -> tree.Shape:
    """A shape from well-known text or from a GeoJSON object."""
    try:
        if isinstance(said, str):
            budget.take_shape(said.count(",") + 1)
            with np.errstate(over="ignore", invalid="ignore"):  # what is no finite number is told below
                read = shapely.from_wkt(said)
        else:
            budget.take_shape(0)
            read = _from_geojson(said, budget)
    except (shapely.GEOSException, ValueError, TypeError) as error:
        raise bad("รูปเรขาคณิตไม่ถูกต้อง", f"not a shape: {short(str(error).rpartition('Exception: ')[2])}") from None
    if not isinstance(read, BaseGeometry) or read.is_empty:
        raise bad("รูปว่างเปล่า", "a shape without a place")
    return _sound(_in_degrees(read, crs), budget)


def box_of(numbers: Sequence[float], crs: Crs, budget: Budget) -> tree.Shape:
    """The rectangle of a BBOX (of six numbers the heights are left aside); west > east crosses ±180°."""
    if len(numbers) not in (4, 6):
        raise bad("BBOX มีสี่หรือหกตัวเลข", "a BBOX has four numbers, or six")
    budget.take_shape(5)
    half = len(numbers) // 2
    low, high = numbers[:2], numbers[half : half + 2]
    if crs.swapped:
        low, high = low[::-1], high[::-1]
    (west, south), (east, north) = low, high
    if south > north or (west > east and crs.is_projected):
        raise bad("BBOX ต้องเป็น มุมล่างซ้าย แล้วมุมบนขวา", "a BBOX is its lower left corner, then its upper right one")
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    # A degenerate one is a point or a line, which GEOS would not take for a polygon.
    boxes = [shapely.multipoints([(w, south), (e, south), (e, north), (w, north)]).envelope for w, e in spans]
    box = boxes[0] if len(boxes) == 1 else shapely.union_all(boxes)
    plain = Crs(operation=crs.operation, is_projected=crs.is_projected, swapped=False)
    return _sound(_in_degrees(box, plain), budget)


def _from_geojson(said: dict[str, Any], budget: Budget) -> Any:
    kind = said["type"]
    if kind == "GeometryCollection":
        inner = said.get("geometries")
        if not isinstance(inner, list) or not all(isinstance(one, dict) and "type" in one for one in inner):
            raise ValueError("a GeometryCollection without geometries")
        return shapely.geometrycollections([_from_geojson(one, budget) for one in inner])
    if not isinstance(kind, str) or kind not in _DEPTHS:
        raise ValueError("no geometry of GeoJSON")
    places = _places(said.get("coordinates"), _DEPTHS[kind], budget)
    return _MAKE[kind](places)


def _places(said: Any, depth: int, budget: Budget) -> Any:
    if not isinstance(said, list):
        raise ValueError("coordinates are lists of numbers")
    if depth:
        return [_places(one, depth - 1, budget) for one in said]
    if not 2 <= len(said) <= 4 or not all(isinstance(one, WrittenNumber) for one in said):
        raise ValueError("a position is two numbers, or three")
    budget.take_vertices(1)
    return float(said[0].text), float(said[1].text)


def _polygon(rings: Any) -> Any:
    for ring in rings:
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise ValueError("a ring has four positions or more, and ends where it began")
    return shapely.polygons(rings[0], holes=rings[1:] or None)


_MAKE: dict[str, Callable[[Any], Any]] = {
    "Point": shapely.points,
    "MultiPoint": shapely.multipoints,
    "LineString": shapely.linestrings,
    "MultiLineString": lambda lines: shapely.multilinestrings([shapely.linestrings(one) for one in lines]),
    "Polygon": _polygon,
    "MultiPolygon": lambda polygons: shapely.multipolygons([_polygon(one) for one in polygons]),
}


def _in_degrees(shape: Any, crs: Crs) -> Any:
    geoms = np.array([shapely.force_2d(shape)], dtype=object)
    if not np.isfinite(shapely.get_coordinates(geoms)).all():
        raise bad("พิกัดต้องเป็นตัวเลขจำกัด", "coordinates are finite numbers")
    if crs.swapped:
        geoms = swapped_axes(geoms)
    if crs.is_projected:
        geoms = shapely.segmentize(geoms, np.maximum(shapely.length(geoms) / _MOST_PIECES, _EDGE_METRES))
    moved = to_wgs84(geoms, crs.operation)
    places = shapely.get_coordinates(moved)
    # A NaN is in no range.
    if not ((np.abs(places[:, 0]) <= 180) & (np.abs(places[:, 1]) <= 90)).all():
        raise bad(
            "พิกัดอยู่นอกช่วง ลองจิจูด ±180 ละติจูด ±90",
            "coordinates out of range: longitude ±180, latitude ±90 (what crosses ±180 is cut there)",
        )
    return moved[0]


def _sound(shape: Any, budget: Budget) -> tree.Shape:
    if not shapely.is_valid(shape):
        shape = _mended(shape, budget)
    return tree.Shape(tuple(shapely.to_wkb(part, output_dimension=2, byte_order=1) for part in _by_dimension(shape)))


def _mended(shape: Any, budget: Budget) -> Any:
    # Mending takes time for each crossing, of which there may be as many as pairs of edges.
    if not budget.may_mend(int(shapely.get_num_coordinates(shape))):
        fault = short(str(shapely.is_valid_reason(shape)))
        raise bad(f"รูปไม่ถูกต้อง ({fault}) และใหญ่เกินจะซ่อม", f"a shape that is not valid ({fault}) and too large to mend")
    mended = repaired(np.array([shape], dtype=object), ("GEOMETRY",)).geoms[0]
    if mended is None or mended.is_empty:
        raise bad("รูปเรขาคณิตซ่อมไม่ได้", "a shape of which nothing is left when it is mended")
    return mended


def _by_dimension(shape: Any) -> list[Any]:
    """The shape as it is; a collection as one shape for each dimension, without what the larger ones cover already."""
    if shape.geom_type != "GeometryCollection":
        return [shape]
    parts = shapely.get_parts(shape)
    while (shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
        parts = shapely.get_parts(parts)
    dimensions = shapely.get_dimensions(parts)
    found: list[Any] = []
    for dimension in (2, 1, 0):
        some = parts[dimensions == dimension]
        if len(some):
            merged = shapely.union_all(some)
            for larger in found:
                merged = shapely.difference(merged, larger)
            if not merged.is_empty:
                found.append(merged)
    return found
