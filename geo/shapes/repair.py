"""Mend shapes without losing any in silence.

What is invalid is made valid and counted, and its fault is told with the place where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo.errors import Text

Geometries = NDArray[np.object_]
Mask = NDArray[np.bool_]

MOST_VERTICES = 1_000_000
MOST_CROSSINGS = 50_000
FEW_VERTICES = 300
CROSSING_SAMPLE = 256

_POINT, _LINE, _RING, _POLYGON, _COLLECTION = 0, 1, 2, 3, 7
_DIMENSION = {"POINT": 0, "LINESTRING": 1, "POLYGON": 2}
_MULTI: dict[int, Any] = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}
_FAULT = re.compile(r"(?P<what>[^\[]+?)\s*(?:\[(?P<x>\S+)\s+(?P<y>\S+?)\])?")
_FAULTS_IN_THAI = {
    "Self-intersection": "เส้นขอบตัดกันเอง",
    "Ring Self-intersection": "วงขอบตัดหรือแตะกันเอง",
    "Duplicate Rings": "มีวงขอบซ้ำ",
    "Too few points in geometry component": "มีจุดน้อยเกินกว่าจะเป็นรูป",
    "Hole lies outside shell": "รูเจาะอยู่นอกรูป",
    "Holes are nested": "รูเจาะซ้อนกัน",
    "Nested shells": "รูปซ้อนกัน",
    "Interior is disconnected": "เนื้อรูปขาดจากกัน",
    "Ring is not closed": "วงขอบไม่ปิด",
}


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why one shape was invalid.

    `index` is its position in the array, `x`, `y` a place in the array's own CRS.
    """

    index: int
    told: Text
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """The mended shapes and, position by position, what happened to each.

    A position can be `missing` (None or empty as it came), `bad_coordinates` (NaN, infinity), `too_big` or
    `tangled` (too many vertices, or crossing itself too often to be mended; both left as they are), `was_invalid`
    (mended), `trimmed` (parts of another kind taken off) or `lost` (nothing of the right kind left; its shape is
    None). `area_change` is relative: 0 unchanged, -0.5 half the planar area gone.
    """

    geoms: Geometries
    missing: Mask
    bad_coordinates: Mask
    too_big: Mask
    tangled: Mask
    was_invalid: Mask
    trimmed: Mask
    lost: Mask
    reasons: tuple[Reason, ...]
    area_change: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class WrittenShapes:
    """Shapes read from WKT text: `closed` had an open ring, now closed.

    `unreadable` is no WKT and has no shape.
    """

    geoms: Geometries
    closed: Mask
    unreadable: Mask


def repaired(geoms: Geometries, kinds: Iterable[str], *, most_vertices: int = MOST_VERTICES) -> Repaired:
    """The shapes made valid, keeping parts of the wanted kinds ("POINT", "MULTIPOLYGON", … or "GEOMETRY")."""
    mended = np.array(geoms, dtype=object)
    missing = shapely.is_missing(mended) | shapely.is_empty(mended)
    # Both are settled first: a NaN makes every later answer wrong, and mending millions of vertices takes
    # minutes.
    too_big = shapely.get_num_coordinates(mended) > most_vertices
    bad = has_bad_coordinates(mended)
    missing &= ~bad
    sound = ~(missing | too_big | bad)
    was_invalid = np.zeros(len(mended), dtype=bool)
    was_invalid[sound] = ~shapely.is_valid(mended[sound])
    tangled = np.zeros(len(mended), dtype=bool)
    tangled[was_invalid] = [_crossings(shape) > MOST_CROSSINGS for shape in mended[was_invalid]]
    sound &= ~tangled
    was_invalid &= ~tangled
    reasons = _reasons(mended, np.flatnonzero(was_invalid))
    before = _areas(mended, was_invalid)
    if was_invalid.any():
        mended[was_invalid] = _made_valid(mended[was_invalid])
    wanted = _dimensions(kinds)
    trimmed = _trim(mended, sound, wanted)
    lost = sound & (shapely.is_missing(mended) | shapely.is_empty(mended))
    mended[lost] = None
    after = _areas(mended, was_invalid | trimmed)
    return Repaired(
        geoms=mended,
        missing=missing,
        bad_coordinates=bad,
        too_big=too_big,
        tangled=tangled,
        was_invalid=was_invalid,
        trimmed=trimmed & ~lost,
        lost=lost,
        reasons=reasons,
        area_change=_relative(before, after, was_invalid),
    )


def _crossings(shape: Any) -> float:
    """About how often the outline of a shape crosses itself, from a sample of its segments.

    Mending takes time and memory for each crossing, and a star of four thousand corners has eight million.
    """
    corners = shapely.get_coordinates(shape)
    if len(corners) < FEW_VERTICES:
        return 0.0
    segments = np.array(shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1)), dtype=object)
    sample = segments[:: max(1, len(segments) // CROSSING_SAMPLE)]
    touching = shapely.STRtree(segments).query(sample, predicate="intersects").shape[1]
    # Each segment meets itself and its two neighbours.
    return max(0.0, int(touching) / len(sample) - 3) * len(segments) / 2


def _made_valid(geoms: Geometries) -> Geometries:
    try:
        mended = np.array(shapely.make_valid(geoms, method="structure"), dtype=object)
    except shapely.GEOSException:
        return np.array([_one_made_valid(shape) for shape in geoms], dtype=object)
    for index in np.flatnonzero(~shapely.is_valid(mended)).tolist():
        mended[index] = _one_made_valid(geoms[index])
    return mended


def _one_made_valid(shape: Any) -> Any:
    """One shape by the first way that works.

    GEOS 3.14 fails on some real rings by structure, and gives back invalid ones for others; by line work it
    has not.
    """
    for method in ("structure", "linework"):
        try:
            mended = shapely.make_valid(shape, method=method)
        except shapely.GEOSException:
            continue
        if mended.is_valid:
            return mended
    return None


def _dimensions(kinds: Iterable[str]) -> frozenset[int]:
    plain = {kind.upper().removesuffix("Z").strip().removeprefix("MULTI") for kind in kinds}
    if plain & {"GEOMETRY", "GEOMETRYCOLLECTION"}:
        return frozenset({0, 1, 2})
    return frozenset(_DIMENSION[kind] for kind in plain)


def _trim(geoms: Geometries, sound: Mask, wanted: frozenset[int]) -> Mask:
    """Take off the parts that are not wanted, in place; where anything was taken off."""
    trimmed = np.zeros(len(geoms), dtype=bool)
    collections = sound & (shapely.get_type_id(geoms) == _COLLECTION)
    simple = sound & ~collections & ~np.isin(shapely.get_dimensions(geoms), list(wanted))
    geoms[simple] = None
    trimmed[simple] = True
    for index in np.flatnonzero(collections):
        parts = _plain_parts(geoms[index])
        kept = [part for part in parts if int(shapely.get_dimensions(part)) in wanted]
        trimmed[index] = len(kept) < len(parts)
        geoms[index] = _joined(kept)
    return trimmed


def _plain_parts(shape: Any) -> list[Any]:
    """The points, lines and polygons of a collection, however deep they lie."""
    parts = shapely.get_parts(shape)
    while (shapely.get_type_id(parts) > _POLYGON).any():
        parts = shapely.get_parts(parts)
    return list(parts[~shapely.is_empty(parts)])


def _joined(parts: list[Any]) -> Any:
    """One shape of parts that may have come from several.

    Polygons that overlap are melted, as make_valid does.
    """
    if not parts:
        return None
    dimensions = {int(dimension) for dimension in shapely.get_dimensions(parts)}
    if len(dimensions) > 1:
        return shapely.geometrycollections(parts)
    if len(parts) == 1:
        return parts[0]
    joined: Any = _MULTI[dimensions.pop()](parts)
    return joined if shapely.is_valid(joined) else shapely.union_all(parts)


def _areas(geoms: Geometries, where: Mask) -> NDArray[np.float64]:
    areas = np.zeros(len(geoms), dtype=np.float64)
    areas[where] = np.nan_to_num(shapely.area(geoms[where]))
    return areas


def _relative(before: NDArray[np.float64], after: NDArray[np.float64], where: Mask) -> NDArray[np.float64]:
    larger = np.maximum(before, after)
    change = np.zeros(len(before), dtype=np.float64)
    np.divide(after - before, larger, out=change, where=where & (larger > 0))
    return change


def _reasons(geoms: Geometries, positions: NDArray[np.intp]) -> tuple[Reason, ...]:
    faults = shapely.is_valid_reason(geoms[positions])
    return tuple(_reason(int(index), str(fault)) for index, fault in zip(positions, faults, strict=True))


def _reason(index: int, fault: str) -> Reason:
    found = _FAULT.fullmatch(fault)
    if found is None:
        return Reason(index=index, told=Text(f"รูปไม่ถูกต้อง ({fault})", fault))
    what = found["what"]
    told = Text(_FAULTS_IN_THAI.get(what, f"รูปไม่ถูกต้อง ({what})"), what)
    if found["x"] is None:
        return Reason(index=index, told=told)
    return Reason(index=index, told=told, x=float(found["x"]), y=float(found["y"]))


def has_bad_coordinates(geoms: Geometries) -> Mask:
    """Where a coordinate is NaN or infinite; a height of NaN alone is no fault, only no height."""
    coordinates, owners = shapely.get_coordinates(geoms, return_index=True)
    bad = np.zeros(len(geoms), dtype=bool)
    bad[owners[~np.isfinite(coordinates).all(axis=1)]] = True
    return bad


def as_multi(geoms: Geometries) -> Geometries:
    """Points, lines and polygons as their Multi forms, for a column of one type."""
    multi = np.array(geoms, dtype=object)
    types = shapely.get_type_id(multi)
    rings = types == _RING
    multi[rings] = shapely.linestrings(shapely.get_coordinates(multi[rings]), indices=_owners(multi[rings]))
    types[rings] = _LINE
    for kind, make in ((_POINT, _MULTI[0]), (_LINE, _MULTI[1]), (_POLYGON, _MULTI[2])):
        chosen = np.flatnonzero(types == kind)
        if chosen.size:
            multi[chosen] = make(multi[chosen], indices=np.arange(chosen.size))
    return multi


def _owners(geoms: Geometries) -> NDArray[np.intp]:
    return np.asarray(shapely.get_coordinates(geoms, return_index=True)[1])


def from_wkt(texts: pa.Array[Any]) -> WrittenShapes:
    """Shapes from WKT cells; blank cells give None without complaint, `SRID=…;` is read past."""
    written = np.array([_wkt(text) for text in texts.to_pylist()], dtype=object)
    with np.errstate(invalid="ignore"):  # a NaN in the text is found later, by has_bad_coordinates
        geoms = np.array(shapely.from_wkt(written, on_invalid="ignore"), dtype=object)
        failed = np.array([text is not None for text in written], dtype=bool) & shapely.is_missing(geoms)
        geoms[failed] = shapely.from_wkt(written[failed], on_invalid="fix")
    unreadable = failed & shapely.is_missing(geoms)
    return WrittenShapes(geoms=geoms, closed=failed & ~unreadable, unreadable=unreadable)


def _wkt(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    shape = text.strip()
    return shape.partition(";")[2] if shape[:5].upper() == "SRID=" else shape
