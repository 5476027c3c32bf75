"""From any CRS to WGS 84, with the datum shift pinned: Indian 1975 goes by EPSG:1304 and nothing else.

PROJ prefers EPSG:1812, which lands 185 m away from every other source (DOMAIN 2.6). The operation used is
recorded, so that a shift can be explained later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import Transformer, TransformerGroup

from geo.errors import BadRequest, Text
from geo.shapes.indian_1975 import PINNED_OPERATION, is_indian_1975, pinned_pipeline, unbound
from geo.shapes.listening import warnings_heard
from geo.shapes.whereabouts import THAILAND, Box, Candidate, Guess, looks_like

__all__ = [
    "THAILAND", "Box", "Candidate", "Guess", "Operation", "looks_like", "moved", "named_crs", "operation_to_wgs84",
    "swapped_axes", "to_wgs84", "utm_srid", "web_mercator",
]  # fmt: skip

Geometries = NDArray[np.object_]
Coordinates = NDArray[np.float64]

_WGS84_DATUMS = ("world geodetic system 1984", "wgs 1984", "wgs 84", "wgs84")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """How coordinates became WGS 84: kept with the batch, so that a shift can be undone or explained.

    `code` is the datum shift's own code ("EPSG:1304"), or "none" where the datum is WGS 84 already.
    """

    name: str
    code: str
    pipeline: str
    accuracy_metres: float | None
    note: Text | None = None

    @property
    def identity(self) -> bool:
        """Nothing to compute: the numbers are WGS 84 longitude and latitude already."""
        return self.pipeline == "noop"


def named_crs(text: str) -> CRS:
    """A CRS from what a person typed (`EPSG:24047`, `24047`, WKT); raises BadRequest.

    A PROJ string is not taken: it can name grid files of this machine, and it hides which datum is meant.
    """
    asked = text.strip()
    try:
        if "+" in asked.partition("[")[0] or "proj=" in asked.lower() or "nadgrids" in asked.lower():
            raise CRSError("a PROJ string")
        return CRS(f"EPSG:{asked}" if asked.isascii() and asked.isdigit() else asked)
    except CRSError:
        short = asked[:80]
        raise BadRequest(f"ไม่รู้จักระบบพิกัด “{short}”", f"there is no coordinate system “{short}”") from None


def operation_to_wgs84(crs: CRS) -> Operation:
    """The operation for this CRS; Indian 1975 in any spelling is pinned to EPSG:1304."""
    if is_indian_1975(crs):
        return _pinned(crs)
    plain = _on_wgs84(crs)
    if plain is not None and plain.is_geographic:
        return Operation(name="WGS 84 longitude, latitude", code="none", pipeline="noop", accuracy_metres=0.0)
    best = _best(plain if plain is not None else crs)
    if plain is not None:
        return Operation(name=best.description, code="none", pipeline=best.definition, accuracy_metres=0.0)
    accuracy = best.accuracy if best.accuracy >= 0 else None
    return Operation(
        name=best.description, code=_codes(best), pipeline=best.definition, accuracy_metres=accuracy,
        note=_doubt(best.description, accuracy),
    )  # fmt: skip


def _pinned(crs: CRS) -> Operation:
    note = None
    if crs.is_bound:
        note = Text(
            "ไฟล์ระบุค่า TOWGS84 มาเอง แต่ไม่ได้ใช้ ใช้ EPSG:1304 แทน",
            "the file brings TOWGS84 numbers of its own; they were not used, EPSG:1304 was",
        )
    return Operation(
        name="Indian 1975 to WGS 84 (2), pinned", code=PINNED_OPERATION, pipeline=pinned_pipeline(crs),
        accuracy_metres=5.0, note=note,
    )  # fmt: skip


def _on_wgs84(crs: CRS) -> CRS | None:
    """The CRS, without a TOWGS84 of zeros, when its datum is WGS 84; None otherwise."""
    plain = unbound(crs)
    if plain.is_compound and plain.sub_crs_list:
        plain = plain.sub_crs_list[0]
    geodetic = plain.geodetic_crs
    if geodetic is None or geodetic.datum is None:
        return None
    if geodetic.prime_meridian is not None and geodetic.prime_meridian.longitude != 0:
        return None
    name = geodetic.datum.name.casefold().replace("_", " ").removeprefix("d ")
    return plain if name.startswith(_WGS84_DATUMS) else None


def _best(crs: CRS) -> Transformer:
    try:
        with warnings_heard():  # that a better operation lacks its grid shows in the accuracy of the one taken
            return TransformerGroup(crs, "EPSG:4326", always_xy=True, allow_ballpark=True).transformers[0]
    except (ProjError, IndexError):
        raise BadRequest(f"ไม่มีวิธีแปลง {crs.name} เป็น WGS 84", f"there is no way from {crs.name} to WGS 84") from None


def _codes(best: Transformer) -> str:
    """The codes of the datum shifts in a transformer; "ballpark" when it has none worth the name."""
    found = []
    for step in best.operations or ():
        identity = step.to_json_dict().get("id")
        if identity and step.type_name in ("Transformation", "Concatenated Operation"):
            found.append(f"{identity['authority']}:{identity['code']}")
    return "+".join(found) or "ballpark"


def _doubt(description: str, accuracy: float | None) -> Text | None:
    if accuracy is None or "ballpark" in description.casefold():
        return Text(
            "ไม่ทราบความแม่นยำของการแปลงพื้นหลักฐาน อาจคลาดเคลื่อนหลายเมตร",
            "the accuracy of this datum shift is not known; it may be off by metres",
        )
    if accuracy > 1:
        return Text(f"การแปลงพื้นหลักฐานแม่นยำราว {accuracy:g} เมตร", f"this datum shift is good to about {accuracy:g} m")
    return None


@lru_cache(maxsize=64)
def _transformer(pipeline: str) -> Transformer:
    return Transformer.from_pipeline(pipeline)


def to_wgs84(geoms: Geometries, operation: Operation) -> Geometries:
    """The shapes in longitude and latitude; heights are kept as they are."""
    if operation.identity:
        return geoms
    return moved(geoms, lambda xy: _by(_transformer(operation.pipeline), xy))


def swapped_axes(geoms: Geometries) -> Geometries:
    """The shapes with x and y exchanged."""
    return moved(geoms, lambda xy: xy[:, ::-1])


def web_mercator(geoms: Geometries) -> Geometries:
    """Longitude and latitude as EPSG:3857 metres, for tiles; never for areas."""
    return moved(geoms, lambda xy: _by(_to_web_mercator(), xy))


@lru_cache(maxsize=1)
def _to_web_mercator() -> Transformer:
    return Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)


def _by(transformer: Transformer, xy: Coordinates) -> Coordinates:
    return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))


def moved(geoms: Geometries, move: Callable[[Coordinates], Coordinates]) -> Geometries:
    """Flat and high shapes apart, so that flat ones stay flat and heights come through untouched."""
    high = shapely.has_z(geoms)
    result = np.array(geoms, dtype=object)
    if not high.all():
        result[~high] = shapely.transform(result[~high], move)
    if high.any():
        result[high] = shapely.transform(
            result[high], lambda xyz: np.column_stack((move(xyz[:, :2]), xyz[:, 2])), include_z=True
        )
    return result


def utm_srid(lon: float, lat: float) -> int:
    """The SRID of the WGS 84 / UTM zone of a place: 32647 or 32648 in Thailand."""
    if not (-180 <= lon <= 180 and -80 <= lat <= 84):
        raise BadRequest(f"ไม่มีโซน UTM ที่ ({lon}, {lat})", f"there is no UTM zone at ({lon}, {lat})")
    zone = min(int((lon + 180) // 6) + 1, 60)
    return (32600 if lat >= 0 else 32700) + zone
