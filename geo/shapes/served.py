"""The coordinate reference systems that features are asked for and answered in (OGC API Features, Part 2).

Longitude and latitude are at rest; Indian 1975 goes by the pinned operation in both directions (`indian_1975`).
EPSG:4326 is latitude first, as its registry says; CRS84 is longitude first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.enums import TransformDirection
from pyproj.transformer import Transformer

from geo.errors import BadRequest
from geo.shapes.crs import moved
from geo.shapes.indian_1975 import pinned_pipeline
from geo.shapes.whereabouts import Box

Geometries = NDArray[np.object_]
Numbers = NDArray[np.float64]

SEGMENT_METRES = 1_000.0
MOST_SEGMENTS = 400


@dataclass(frozen=True, kw_only=True)
class Served:
    """One CRS: its URI, its EPSG number, whether latitude comes first, and how many decimals its numbers are worth.

    `pinned` says that PROJ's own choice of the datum shift is wrong, so that PostGIS must not be asked for it.
    """

    uri: str
    srid: int
    swapped: bool = False
    pinned: bool = False
    digits: int = 3
    is_high: bool = False

    @property
    def is_degrees(self) -> bool:
        """Whether its numbers are degrees of WGS 84."""
        return self.srid == 4326


def _epsg(code: int, **more: bool | int) -> Served:
    return Served(uri=f"http://www.opengis.net/def/crs/EPSG/0/{code}", srid=code, **more)  # type: ignore[arg-type]  # by name


CRS84 = Served(uri="http://www.opengis.net/def/crs/OGC/1.3/CRS84", srid=4326, digits=7)
CRS84H = Served(uri="http://www.opengis.net/def/crs/OGC/0/CRS84h", srid=4326, digits=7, is_high=True)
_ALL = (
    CRS84, CRS84H, _epsg(4326, swapped=True, digits=7), _epsg(3857), _epsg(32647), _epsg(32648),
    _epsg(24047, pinned=True), _epsg(24048, pinned=True),
)  # fmt: skip
SERVED = {one.uri: one for one in _ALL}
# What is listed of every collection: heights are in any answer whose features have them.
LISTED = tuple(uri for uri in SERVED if uri != CRS84H.uri)


def served_crs(uri: str, parameter: str) -> Served:
    """The CRS of a URI or of a safe CURIE (`[EPSG:32647]`); BadRequest where it is not served."""
    asked = uri.strip().replace("https://", "http://", 1)
    if asked.startswith("[") and asked.endswith("]"):
        authority, _, code = asked[1:-1].partition(":")
        asked = CRS84.uri if code == "CRS84" else f"http://www.opengis.net/def/crs/{authority}/0/{code}"
    if asked not in SERVED:
        raise BadRequest(
            f"{parameter}: ไม่รองรับระบบพิกัด {uri[:120]!r}", f"{parameter}: the CRS {uri[:120]!r} is not served here"
        )
    return SERVED[asked]


@lru_cache(maxsize=16)
def _from_degrees(served: Served) -> Transformer:
    if served.pinned:
        return Transformer.from_pipeline(pinned_pipeline(CRS.from_epsg(served.srid)))
    return Transformer.from_crs("EPSG:4326", CRS.from_epsg(served.srid), always_xy=True)


def _coordinates(
    served: Served, x: NDArray[np.float64], y: NDArray[np.float64], *, to_degrees: bool
) -> NDArray[np.float64]:
    if served.is_degrees:
        return np.column_stack((x, y))
    # The pinned pipeline leads from its CRS to degrees, the others the other way round.
    forward = to_degrees is served.pinned
    direction = TransformDirection.FORWARD if forward else TransformDirection.INVERSE
    return np.column_stack(_from_degrees(served).transform(x, y, direction=direction))


def in_served(shapes: Geometries, served: Served) -> Geometries:
    """Shapes of degrees in a served CRS, easting or longitude first whatever the CRS says; heights as they are."""
    return _transformed(shapes, served, to_degrees=False)


def from_served(shapes: Geometries, served: Served) -> Geometries:
    """Shapes of a served CRS in degrees; their numbers are easting or longitude first unless the CRS is `swapped`."""
    if served.swapped:
        shapes = moved(shapes, lambda xy: xy[:, ::-1])
    return _transformed(shapes, served, to_degrees=True)


def _transformed(shapes: Geometries, served: Served, *, to_degrees: bool) -> Geometries:
    if served.is_degrees:
        return shapes
    return moved(shapes, lambda xy: _coordinates(served, xy[:, 0], xy[:, 1], to_degrees=to_degrees))


def outline(box: Box, served: Served) -> shapely.Geometry:
    """A rectangle of a served CRS as the true shape it has in degrees, not the upright box around it.

    Its sides are followed a kilometre at a time (`SEGMENT_METRES`), so that it is right to a few centimetres.
    BadRequest where the CRS cannot hold it.
    """
    steps = int(min(MOST_SEGMENTS, max(8, max(box.east - box.west, box.north - box.south) // SEGMENT_METRES)))
    along = np.linspace(0, 1, steps, endpoint=False)
    wide, high = box.east - box.west, box.north - box.south
    x = np.concatenate([box.west + along * wide, np.full(steps, box.east), box.east - along * wide,
                        np.full(steps, box.west)])  # fmt: skip
    y = np.concatenate([np.full(steps, box.south), box.south + along * high, np.full(steps, box.north),
                        box.north - along * high])  # fmt: skip
    ring = _coordinates(served, x, y, to_degrees=True)
    kind = shapely.Polygon if wide and high else shapely.LineString if wide or high else shapely.Point
    shape = kind(ring if wide or high else ring[0]) if np.isfinite(ring).all() else shapely.Polygon()
    if shape.is_empty or not shape.is_valid:
        raise BadRequest("bbox อยู่นอกพื้นที่ของระบบพิกัด", "bbox lies outside of what its CRS can hold")
    return shape
