"""Shapes as a file has them, made into shapes that a layer takes: WGS 84, valid, of the right kind, where the town is.

A file that is wrong as a whole is refused with what may be done; a single row that is wrong is refused alone and told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo.errors import Problem, RefusedImport, Text
from geo.intake.open import Opened, crs_choices, crs_refusal
from geo.intake.seen import Seen
from geo.layer import Layer
from geo.shapes.crs import Operation, operation_to_wgs84, swapped_axes, to_wgs84
from geo.shapes.repair import MOST_VERTICES, Repaired, has_bad_coordinates, repaired
from geo.shapes.whereabouts import THAILAND, Box

_TYPE_IDS = {"POINT": {0}, "MULTIPOINT": {4}, "LINESTRING": {1, 5}, "POLYGON": {3, 6}}
ANYWHERE = Text("--anywhere · ยืนยันว่าข้อมูลอยู่นอกประเทศไทยจริง", "--anywhere · the data really is outside Thailand")

NO_SHAPE = Text("ไม่มีรูปหรือตำแหน่ง", "there is no shape")
UNREADABLE = Text("อ่านรูปไม่ได้", "the shape cannot be read")
BAD_COORDINATE = Text("พิกัดไม่ใช่จำนวน (NaN หรืออนันต์)", "a coordinate is no number (NaN or infinity)")
TOO_BIG = Text(f"รูปมีจุดเกิน {MOST_VERTICES:,} จุด", f"the shape has more than {MOST_VERTICES:,} vertices")
TANGLED = Text("เส้นรอบรูปตัดกันเองมากเกินจะซ่อม", "the outline crosses itself too often to be mended")
LOST = Text("รูปผิดจนซ่อมแล้วไม่เหลืออะไร", "nothing is left of the shape after mending")
WRONG_KIND = Text("ชนิดของรูปไม่ตรงกับชั้นข้อมูล", "not the kind of shape this layer takes")
OUTSIDE = Text("อยู่นอกประเทศไทย", "outside Thailand")
TRIMMED = Text("ตัดส่วนที่ไม่ใช่ชนิดของชั้นข้อมูลออก", "parts of another kind were taken off")
ONE_OF_MANY = Text("จุดเดียวที่เก็บเป็นหลายจุด เก็บเป็นจุด", "a multipoint of one point, kept as a point")


@dataclass(frozen=True, kw_only=True)
class Placing:
    """How a file's numbers become longitude and latitude; None for a file without shapes."""

    operation: Operation
    swap: bool
    anywhere: bool
    problems: tuple[Problem, ...]


def placing_of(file: Opened, layer: Layer, *, anywhere: bool) -> Placing | None:
    """The file's placing; RefusedImport when it cannot be told, or when it would land outside Thailand."""
    if file.geometry_type is None:
        if layer.shape.required:
            raise no_places(file)
        return None
    if file.crs is None:
        raise crs_refusal(file)
    operation = operation_to_wgs84(file.crs)
    problems = []
    if operation.note is not None:
        problems.append(Problem(code="datum", told=operation.note, value=operation.code))
    swap = file.axes == "swapped"
    if swap:
        told = Text("ทุกจุดเป็น ละติจูด, ลองจิจูด จึงสลับแกนให้", "every point is latitude, longitude: the axes were exchanged")
        problems.append(Problem(code="axes-swapped", told=told, level="changed"))
    if file.bounds is not None and not anywhere:
        _refuse_far_away(file, operation, swap)
    return Placing(operation=operation, swap=swap, anywhere=anywhere, problems=tuple(problems))


def no_places(file: Opened) -> RefusedImport:
    """The refusal of a file without shapes for a layer that needs them."""
    told = Text(
        f"{file.file_name} ไม่มีรูปหรือพิกัด แต่ชั้นข้อมูลนี้ต้องมี",
        f"{file.file_name} has no shapes or coordinates, which this layer needs",
    )
    columns = ", ".join(name for name, _ in file.columns[:60])
    choices = (
        Text(
            "--map lon=คอลัมน์ --map lat=คอลัมน์ หรือ --map wkt=คอลัมน์",
            "--map lon=COLUMN --map lat=COLUMN, or --map wkt=COLUMN",
        ),
        Text(f"คอลัมน์ในไฟล์: {columns}", f"columns found in the file: {columns}"),
    )  # fmt: skip
    return RefusedImport(told, problems=(Problem(code="no-places", told=told, level="error"),), choices=choices)


def _refuse_far_away(file: Opened, operation: Operation, swap: bool) -> None:
    assert file.bounds is not None
    landed = landed_box(file.bounds, operation, swap)
    if landed is not None and landed.meets(THAILAND):
        return
    raise outside_refusal(file, landed)


def landed_box(bounds: Box, operation: Operation, swap: bool) -> Box | None:
    """The box in degrees, from its corners: enough to know the country."""
    corners = shapely.points(
        [bounds.west, bounds.east, bounds.west, bounds.east],
        [bounds.south, bounds.south, bounds.north, bounds.north],
    )
    if swap:
        corners = swapped_axes(corners)
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(to_wgs84(corners, operation)))
    box = Box(west=west, south=south, east=east, north=north)
    return box if box.finite else None


def outside_refusal(file: Opened, landed: Box | None) -> RefusedImport:
    """The refusal of a file whose data would not be in Thailand."""
    where = f"({landed.centre[0]:.4f}, {landed.centre[1]:.4f})" if landed else "(?)"
    told = Text(
        f"ข้อมูลใน {file.file_name} อยู่นอกประเทศไทย กึ่งกลางตกที่ {where} ระบบพิกัดอาจผิด",
        f"the data in {file.file_name} lies outside Thailand, around {where}; perhaps its coordinate system is wrong",
    )
    lon, lat = landed.centre if landed else (None, None)
    problem = Problem(code="outside-thailand", told=told, level="error", lon=lon, lat=lat)
    candidates = tuple(candidate.told for candidate in crs_choices(file) if candidate.code != "EPSG:4326")
    return RefusedImport(told, problems=(problem,), choices=(*candidates, ANYWHERE))


def shapes_in_wgs84(batch: pa.RecordBatch, placing: Placing) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """The batch's shapes in longitude and latitude as they come, and which of them could not be read at all."""
    written: Any = batch.column("geometry").to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):  # a NaN is found afterwards, and costs its row
        shapes: NDArray[np.object_] = np.array(shapely.from_wkb(written, on_invalid="ignore"), dtype=object)
    unreadable = shapely.is_missing(shapes) & np.array(batch.column("geometry").is_valid())
    measured = shapely.has_m(shapes)
    if measured.any():
        # A layer keeps heights and no measures: X Y Z M loses its M by being written in three dimensions.
        tall = measured & shapely.has_z(shapes)
        shapes[tall] = shapely.from_wkb(shapely.to_wkb(shapes[tall], output_dimension=3))
        shapes[measured & ~tall] = shapely.force_2d(shapes[measured & ~tall])
    if placing.swap:
        shapes = swapped_axes(shapes)
    if not placing.operation.identity:
        sound = ~shapely.is_missing(shapes) & ~has_bad_coordinates(shapes)
        shapes[sound] = to_wgs84(shapes[sound], placing.operation)
    return shapes, unreadable


def settled(
    shapes: NDArray[np.object_], unreadable: NDArray[np.bool_], seen: Seen, placing: Placing
) -> NDArray[np.object_]:
    """The shapes as they are stored; rows that cannot be taken are refused, what was mended is told."""
    kinds = seen.layer.shape.kinds
    mended = repaired(shapes, kinds)
    seen.refuse("bad-geometry", UNREADABLE, unreadable)
    seen.refuse("bad-coordinate", BAD_COORDINATE, mended.bad_coordinates)
    seen.refuse("too-many-vertices", TOO_BIG, mended.too_big)
    seen.refuse("too-tangled", TANGLED, mended.tangled)
    missing = mended.missing & ~unreadable
    if seen.layer.shape.required:
        seen.refuse("no-geometry", NO_SHAPE, missing)
    else:
        seen.warn("no-geometry", NO_SHAPE, np.flatnonzero(missing))
    seen.refuse("geometry-lost", LOST, mended.lost & mended.was_invalid)
    seen.refuse("geometry-kind", WRONG_KIND, mended.lost)
    found = _single_points(mended.geoms, seen) if kinds == ("POINT",) else mended.geoms
    present = ~(missing | seen.refused)
    allowed = sorted(set().union(*(_TYPE_IDS[kind] for kind in kinds)))
    seen.refuse("geometry-kind", WRONG_KIND, present & ~np.isin(shapely.get_type_id(found), allowed))
    if not placing.anywhere:
        seen.refuse("outside-thailand", OUTSIDE, present & ~seen.refused & _outside(found))
    _tell_mended(mended, seen)
    found[seen.refused | missing] = None
    return found


def _single_points(shapes: NDArray[np.object_], seen: Seen) -> NDArray[np.object_]:
    single = (shapely.get_type_id(shapes) == 4) & (shapely.get_num_geometries(shapes) == 1)
    if single.any():
        shapes[single] = shapely.get_geometry(shapes[single], 0)
        seen.warn("single-multipoint", ONE_OF_MANY, np.flatnonzero(single))
    return shapes


def _outside(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    west, south, east, north = shapely.bounds(shapes).T
    inside = (west >= THAILAND.west) & (east <= THAILAND.east) & (south >= THAILAND.south) & (north <= THAILAND.north)
    return np.asarray(~inside)


def _tell_mended(mended: Repaired, seen: Seen) -> None:
    reasons = [reason for reason in mended.reasons if not seen.refused[reason.index]]
    seen.tell(
        "repaired", [_mending(reason.told, float(mended.area_change[reason.index])) for reason in reasons],
        np.array([reason.index for reason in reasons], dtype=np.intp), level="changed",
        points=[
            (round(reason.x, 6), round(reason.y, 6)) if reason.x is not None and reason.y is not None else None
            for reason in reasons
        ],
    )  # fmt: skip
    seen.tell(
        "trimmed",
        TRIMMED,
        np.flatnonzero(mended.trimmed & ~seen.refused & ~mended.was_invalid),
        level="changed",
    )


def _mending(fault: Text, area_change: float) -> Text:
    percent = f"{area_change * 100:+.3f} %"
    return Text(f"ซ่อมรูปแล้ว: {fault.th} (เนื้อที่ {percent})", f"mended: {fault.en} (area {percent})")
