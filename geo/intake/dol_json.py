"""The Land Department's geometry of lots (JSON), as rows.

Known of it (DOMAIN 2.4): a wrapper `LocationGeospatial`, the fields `LandUTM1` to `LandUTM4`, `LandUTMScale` and
`LandNumber`, and EPSG:24047 as its declared system. **Not confirmed** is how these are nested and how a shape is
written. Taken is what is plausible: records anywhere in lists or wrappers, a record being an object with a `LandUTM…`
or `LandNumber` of its own or in its `LocationGeospatial`; its shape as GeoJSON, as WKT, or as lists of coordinates
(`[x, y]` or `{"x": …, "y": …}`; one ring, or an outer ring and its holes). What fits none of these is refused in
words and never guessed at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo.errors import Problem, Text
from geo.intake.encoding import decided, running_text_facts
from geo.intake.kinds import DOL_JSON
from geo.intake.refusals import damaged, refusal
from geo.intake.tables import GEOMETRY, Notes, Table, batch_of, told_apart
from geo.shapes.crs import named_crs
from geo.shapes.whereabouts import Box

MOST_BYTES = 512 * 1024**2
WRAPPER = "locationgeospatial"
DECLARED = "EPSG:24047"
_OWN = re.compile(r"landutm[1-4]|landutmscale|landnumber")
_SHAPE_NAMES = ("geometry", "geom", "shape", "wkt", "geojson", WRAPPER, "coordinates", "polygon", "rings", "points")
_AXES = (("x", "y"), ("e", "n"), ("easting", "northing"), ("lon", "lat"), ("longitude", "latitude"))
_CRS_NAMES = ("crs", "srid", "epsg", "landsrid")

Record = Mapping[str, Any]


def dol_json_table(path: Path, *, file_name: str, encoding: str | None, notes: Notes) -> Table:
    """The records as a table of texts with shapes; RefusedImport where no record, or no shape, is to be found."""
    if path.stat().st_size > MOST_BYTES:
        raise refusal("too-big", f"{file_name} ใหญ่เกิน 512 MB ให้แบ่งไฟล์", f"{file_name} is over 512 MB; split it")
    decision = decided(running_text_facts(path), asked=encoding)
    notes.add(*decision.problems)
    try:
        whole = json.loads(path.read_bytes().decode(decision.encoding, "replace").removeprefix("\ufeff"))
    except (ValueError, RecursionError) as fault:
        raise damaged(file_name, "JSON") from fault
    records = [_flat(record) for record in _records(whole)]
    if not records:
        raise refusal(
            "no-records",
            f"{file_name} ไม่มีรายการที่มี LandUTM1–4 หรือ LandNumber",
            f"{file_name} holds no record with a LandUTM1–4 or LandNumber",
        )
    shapes = _shapes(records, file_name, notes)
    names, cells = _columns(records)
    crs, source = _crs(whole, records)
    return Table(
        driver=DOL_JSON, decision=decision, crs=crs, crs_source=source,
        columns=tuple((name, pa.string()) for name in names), geometry_type=_kind(shapes), feature_count=len(records),
        bounds=_box(shapes), rows=lambda wanted, size, with_shapes: _batches(cells, shapes, wanted, size, with_shapes),
    )  # fmt: skip


def _records(node: Any) -> Iterator[Record]:
    """Every record, in the order of the file."""
    if isinstance(node, list):
        for one in node:
            yield from _records(one)
    elif isinstance(node, dict):
        inside = _get(node, WRAPPER)
        if _is_record(node) or (isinstance(inside, dict) and _is_record(inside)):
            yield node
        else:
            for one in node.values():
                yield from _records(one)


def _is_record(node: Record) -> bool:
    return any(_OWN.fullmatch(str(name).casefold()) for name in node)


def _get(node: Record, name: str) -> Any:
    return next((value for key, value in node.items() if str(key).casefold() == name), None)


def _flat(record: Record) -> Record:
    """The record with what its wrapper says of it beside its own."""
    inside = _get(record, WRAPPER)
    if not isinstance(inside, dict) or not (_is_record(inside) or "coordinates" not in inside):
        return record
    # A wrapper that is a shape of its own besides stays one.
    outside = {key: value for key, value in record.items() if value is not inside or "type" in inside}
    return {**inside, **outside}


def _shapes(records: Sequence[Record], file_name: str, notes: Notes) -> NDArray[np.object_]:
    shapes = np.full(len(records), None, dtype=object)
    unknown = 0
    for place, record in enumerate(records):
        written = [value for name in _SHAPE_NAMES if (value := _get(record, name)) not in (None, "", [], {})]
        shapes[place] = next((shape for value in written if (shape := _shape(value)) is not None), None)
        if shapes[place] is None and written:
            unknown += 1
            told = Text("รูปแปลงเขียนในแบบที่อ่านไม่ได้", "its shape is written in a form that is not known")
            notes.add(Problem(code="bad-geometry", told=told, row=place + 1, level="error"))
    if shapely.is_missing(shapes).all():
        keys = ", ".join(sorted({str(key) for record in records[:20] for key in record}))[:300]
        raise refusal(
            "unknown-form",
            f"ไม่พบรูปแปลงใน {file_name} ในแบบที่รู้จัก (GeoJSON, WKT, รายการพิกัด) ชื่อที่มี: {keys}",
            f"no shape in {file_name} is in a form that is known (GeoJSON, WKT, lists of coordinates); "
            f"the names there are: {keys}",
        )
    return shapes


def _shape(value: Any) -> BaseGeometry | None:
    """A shape from GeoJSON, WKT or lists of coordinates; None for what is none of these."""
    try:
        if isinstance(value, str):
            text = value.strip()
            return _shape(json.loads(text)) if text.startswith(("{", "[")) else shapely.from_wkt(_bare(text))
        if isinstance(value, dict):
            if "type" in value and ("coordinates" in value or "geometries" in value or "geometry" in value):
                return shapely.from_geojson(json.dumps(value))
            inside = [one for name in _SHAPE_NAMES if (one := _get(value, name)) is not None]
            return next((shape for one in inside if (shape := _shape(one)) is not None), None)
        if isinstance(value, list):
            rings = _rings(value)
            return shapely.Polygon(rings[0], rings[1:]) if rings else None
    except (ValueError, TypeError, RecursionError, shapely.errors.ShapelyError):
        return None
    return None


def _bare(wkt: str) -> str:
    return re.sub(r"^SRID=\d+;", "", wkt, flags=re.IGNORECASE)


def _rings(value: list[Any]) -> list[list[tuple[float, float]]]:
    if value and _pair(value[0]) is not None:
        pairs = [_pair(one) for one in value]
        return [] if None in pairs else [[pair for pair in pairs if pair is not None]]
    if value and all(isinstance(one, list) for one in value):
        found = [_rings(one) for one in value]
        return [ring for rings in found for ring in rings] if all(found) else []
    return []


def _pair(one: Any) -> tuple[float, float] | None:
    if isinstance(one, list) and len(one) in (2, 3) and all(isinstance(part, (int, float)) for part in one):
        return float(one[0]), float(one[1])
    if isinstance(one, dict):
        for x, y in _AXES:
            if (east := _get(one, x)) is not None and (north := _get(one, y)) is not None:
                return float(east), float(north)
    return None


def _columns(records: Sequence[Record]) -> tuple[tuple[str, ...], dict[str, pa.Array[Any]]]:
    """Everything that is a plain value, as text, in the order in which it is first met."""
    given = dict.fromkeys(
        str(key) for record in records for key, value in record.items()
        if not isinstance(value, (dict, list)) and str(key).casefold() not in _SHAPE_NAMES
    )  # fmt: skip
    names = told_apart(list(given))
    return names, {
        name: pa.array([_text(record.get(key)) for record in records], pa.string())
        for name, key in zip(names, given, strict=True)
    }


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _crs(whole: Any, records: Sequence[Record]) -> tuple[CRS, Text]:
    """The system that the file names, else the one that the Land Department declares."""
    places = [whole, *records[:1]] if isinstance(whole, dict) else records[:1]
    for place in places:
        for name in _CRS_NAMES:
            code = re.search(r"[0-9]{4,5}", str(_get(place, name) or ""))
            if code is not None:
                return named_crs(code[0]), Text("ในไฟล์เอง", "the file itself")
    told = Text("ตามที่กรมที่ดินประกาศ (EPSG:24047)", "as the Land Department declares (EPSG:24047)")
    return named_crs(DECLARED), told


def _kind(shapes: NDArray[np.object_]) -> str:
    kinds = {int(kind) for kind in np.unique(shapely.get_type_id(shapes)) if kind >= 0}
    if len(kinds) == 1 and kinds <= {0, 3}:
        return "Polygon" if kinds == {3} else "Point"
    return "MultiPolygon" if kinds <= {3, 6} else "Unknown"


def _box(shapes: NDArray[np.object_]) -> Box | None:
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(shapes))
    box = Box(west=west, south=south, east=east, north=north)
    return box if box.finite else None


def _batches(
    cells: Mapping[str, pa.Array[Any]], shapes: NDArray[np.object_], wanted: Sequence[str], size: int, with_shapes: bool
) -> Iterator[pa.RecordBatch]:
    for at in range(0, len(shapes), size):
        here = shapes[at : at + size]
        found: dict[str, pa.Array[Any]] = {name: cells[name].slice(at, size) for name in wanted}
        if with_shapes:
            found[GEOMETRY] = pa.array(shapely.to_wkb(here), pa.binary())
        yield batch_of(found, len(here))
