"""Shapefile, GeoPackage, FlatGeobuf, GeoJSON and KML, read by GDAL as Arrow batches.

However long the file, only a few rows are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyogrio
from pyogrio.raw import open_arrow
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.errors import Problem, RefusedImport, Text
from geo.intake.dbf import Dbf
from geo.intake.encoding import ALWAYS_UTF8, Decision
from geo.intake.kinds import FLATGEOBUF, GEOJSON, KML, SHAPEFILE
from geo.intake.recode import PASSED_THROUGH, recoded, recoded_name
from geo.intake.refusals import damaged, refusal
from geo.intake.tables import (
    GEOMETRY,
    Columns,
    FullCells,
    Notes,
    Table,
    as_binary,
    batch_of,
    plain,
    plain_type,
    readable,
    told_apart,
)
from geo.shapes.listening import warnings_heard
from geo.shapes.whereabouts import Box

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

_DRIVERS = {GEOJSON: ("GeoJSON", "GeoJSONSeq"), KML: ("KML", "LIBKML")}
_FAULTS = (RuntimeError, OSError, LookupError, ValueError, pa.ArrowException)
_Answer = TypeVar("_Answer")
ZONED = pa.timestamp("ms", "UTC")


@dataclass(frozen=True, kw_only=True)
class _Source:
    """What is needed to read one layer again and again."""

    path: Path
    file_name: str
    driver: str
    layer: str | None
    decision: Decision
    notes: Notes
    dbf: Dbf | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What GDAL is told: bytes come through untouched, and dates stay as they are written."""
        if self.driver == SHAPEFILE:
            return {"encoding": PASSED_THROUGH}
        if self.driver == GEOJSON:
            # GDAL would turn texts that look like dates into dates, and a Buddhist leap day into nothing.
            return {"DATE_AS_STRING": "YES"}
        return {}


def ogr_table(
    path: Path,
    *,
    file_name: str,
    driver: str,
    layer: str | None,
    notes: Notes,
    decision: Decision = ALWAYS_UTF8,
    dbf: Dbf | None = None,
) -> Table:
    """The layer as a table; RefusedImport when GDAL cannot read it. `dbf` is a Shapefile's own table."""
    source = _Source(
        path=path,
        file_name=file_name,
        driver=driver,
        layer=layer,
        decision=decision,
        notes=notes,
        dbf=dbf,
    )
    info = _asked(source, lambda: pyogrio.read_info(path, layer=layer, force_total_bounds=True, **source.options))
    if info["driver"] not in _DRIVERS.get(driver, (driver,)):
        raise damaged(file_name, f"{driver} ≠ {info['driver']}")
    given = tuple(str(name) for name in info["fields"])
    names = told_apart([_name(source, name) for name in given])
    back = dict(zip(names, given, strict=True))
    count = len(dbf.live_rows) if dbf is not None else info["features"]
    dates = _dates(dbf, names)
    crs, unknown = _crs(info["crs"])
    columns = tuple((n, pa.string() if n in dates else k) for n, k in _columns(source, given, names))
    return Table(
        driver=driver,
        decision=source.decision,
        crs=crs,
        crs_unknown=unknown,
        crs_source=_crs_source(path, driver, unsaid=crs is None and not unknown),
        columns=columns,
        geometry_type=info["geometry_type"],
        feature_count=count if count >= 0 else None,
        bounds=_box(info["total_bounds"]),
        rows=lambda wanted, size, shapes: _rows(source, back, count, dates, dict(columns), wanted, size, shapes),
        full_cells=lambda: _full_cells(source, names),
    )


def _full_cells(source: _Source, names: Sequence[str]) -> Mapping[str, FullCells]:
    if source.dbf is None or len(source.dbf.fields) != len(names):
        return {}
    found = source.dbf.full_cells(source.decision.encoding)
    return {names[position]: full for position, full in found.items()}


def _dates(dbf: Dbf | None, names: Sequence[str]) -> dict[str, int]:
    """The date columns that are read from the DBF itself, as text, and their positions in it."""
    if dbf is None or len(dbf.fields) != len(names):
        return {}
    return {names[position]: position for position in dbf.buddhist_dates()}


def _name(source: _Source, name: str) -> str:
    return recoded_name(name, source.decision.encoding) if source.driver == SHAPEFILE else name


def _columns(source: _Source, given: Sequence[str], names: Sequence[str]) -> Columns:
    def look() -> pa.Schema:
        with open_arrow(
            source.path, layer=source.layer, read_geometry=bool(not given), use_pyarrow=True, **source.options
        ) as (_, reader):
            found: pa.Schema = reader.schema
            return found

    schema = _asked(source, look)
    found = []
    for raw, name in zip(given, names, strict=True):
        kind = plain_type(schema.field(raw).type)
        if kind is not None and source.driver == FLATGEOBUF and pa.types.is_timestamp(kind):
            kind = ZONED
        if kind is not None:
            found.append((name, kind))
            continue
        told = Text(f"ไม่ได้อ่านคอลัมน์ {name} (ข้อมูลไบต์ดิบ)", f"column {name} holds raw bytes and was not read")
        source.notes.add(Problem(code="column-left-out", told=told, column=name))
    return tuple(found)


def _rows(
    source: _Source,
    given: dict[str, str],
    count: int,
    dates: Mapping[str, int],
    kinds: Mapping[str, pa.DataType],
    columns: Sequence[str],
    size: int,
    shapes: bool,
) -> Iterator[pa.RecordBatch]:
    seen = 0
    for shape_name, batch in _sound_batches(source, [given[name] for name in columns], size, shapes):
        found = {name: _values(source, batch.column(given[name]), kinds[name]) for name in columns if name not in dates}
        if source.dbf is not None:
            found |= {n: source.dbf.date_texts(dates[n], seen, batch.num_rows) for n in columns if n in dates}
            found = {name: found[name] for name in columns}
        seen += batch.num_rows
        if shapes:
            found[GEOMETRY] = _shapes(batch, shape_name)
        yield batch_of(found, batch.num_rows)
    if seen < count:
        raise damaged(source.file_name, f"{seen} / {count}")


def _sound_batches(
    source: _Source, columns: list[str], size: int, shapes: bool
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The batches as GDAL gives them, past its one known way to spoil them.

    GDAL 3.12 reads FlatGeobuf by a fast path that writes the shape after a missing one over earlier shapes of
    the batch. Such a batch shows in its offsets; it and the rest of the file are read by the path that all
    formats share.
    """
    seen = 0
    # GDAL reads no rows at all when nothing is asked of them.
    with _stream(source, columns, size, shapes or not columns) as (shape_name, reader):
        while (batch := _asked(source, lambda: next(reader, None))) is not None:
            if source.driver == FLATGEOBUF and _spoilt(batch, shape_name):
                break
            seen += batch.num_rows
            yield shape_name, batch
        else:
            return
    pyogrio.set_gdal_config_options({"OGR_FLATGEOBUF_STREAM_BASE_IMPL": "YES"})
    with _stream(source, columns, size, True, skip=seen) as (shape_name, reader):
        while (batch := _asked(source, lambda: next(reader, None))) is not None:
            yield shape_name, batch


def _spoilt(batch: pa.RecordBatch, shape_name: str) -> bool:
    """Whether a shape has no bytes and yet is not missing, or ends before it begins."""
    if shape_name not in batch.schema.names:
        return False
    shapes: Any = as_binary(batch.column(shape_name))
    offsets = np.frombuffer(shapes.buffers()[1], dtype=np.int32)[shapes.offset :][: len(shapes) + 1]
    return bool((np.diff(offsets) <= 0)[shapes.is_valid().to_numpy(zero_copy_only=False)].any())


@contextmanager
def _stream(
    source: _Source, columns: list[str], size: int, shapes: bool, skip: int = 0
) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
    opening = open_arrow(
        source.path,
        layer=source.layer,
        # Each of its times has a zone of its own, or none, and as times GDAL would leave that out.
        datetime_as_string=source.driver == FLATGEOBUF,
        columns=columns,
        read_geometry=shapes,
        skip_features=skip,
        batch_size=size,
        use_pyarrow=True,
        **source.options,
    )
    meta, reader = _asked(source, opening.__enter__)
    try:
        yield meta["geometry_name"] or "wkb_geometry", iter(reader)
    finally:
        del reader
        opening.__exit__(None, None, None)


def _values(source: _Source, values: pa.Array[Any], kind: pa.DataType) -> pa.Array[Any]:
    if kind == ZONED and pa.types.is_string(values.type):
        return _zoned(values)
    if source.driver == SHAPEFILE and pa.types.is_string(values.type):
        return recoded(values, source.decision.encoding)
    return readable(plain(values), source.notes)


def _zoned(values: pa.Array[Any]) -> pa.Array[Any]:
    """Times as GDAL writes them, as instants; one without a zone is Bangkok's."""
    has_zone = compute.match_substring_regex(values, r"(Z|[+-]\d\d:?\d\d)$")
    in_bangkok = compute.binary_join_element_wise(values, "+07:00", "")
    zoned: pa.Array[Any] = compute.if_else(has_zone, values, in_bangkok).cast(ZONED)
    return zoned


def _shapes(batch: pa.RecordBatch, name: str) -> pa.Array[Any]:
    if name in batch.schema.names:
        return as_binary(batch.column(name))
    return pa.nulls(batch.num_rows, pa.binary())


def _asked(source: _Source, question: Callable[[], _Answer]) -> _Answer:
    """What GDAL answers; its warnings become notes and its failures a refusal, told without our own paths."""
    with warnings_heard() as heard:
        try:
            answer = question()
        except RefusedImport:
            raise
        except _FAULTS as fault:
            if "OGR_GEOJSON_MAX_OBJ_SIZE" in str(fault):
                raise _too_large_a_feature(source.file_name) from fault
            raise damaged(source.file_name, _without_path(source, str(fault))) from fault
    for warning in heard:
        if issubclass(warning.category, RuntimeWarning):
            said = _without_path(source, str(warning.message))
            told = Text(f"ตัวอ่านไฟล์เตือนว่า: {said}", f"the reader warned: {said}")
            source.notes.add(Problem(code="reader-warning", told=told))
    return answer


def _too_large_a_feature(file_name: str) -> RefusedImport:
    return refusal(
        "feature-too-large",
        f"{file_name} มีรูปหนึ่งรูปที่ใหญ่เกิน 200 MB ให้แบ่งรูปหรือลดจุดก่อน",
        f"one feature of {file_name} is larger than 200 MB; split it, or simplify it first",
    )


def _without_path(source: _Source, said: str) -> str:
    return said.replace(str(source.path), source.file_name).replace(str(source.path.parent), "")[:300]


def _crs(text: str | None) -> tuple[CRS | None, bool]:
    """The CRS, and whether one is named that nobody can use."""
    if text is None:
        return None, False
    try:
        crs = CRS(text)
    except CRSError:
        return None, True
    usable = crs.is_geographic or crs.is_projected or (crs.is_bound and crs.source_crs is not None)
    # GDAL's stand-ins for "not said", as GeoPackage keeps them.
    unsaid = crs.name.casefold().startswith(("undefined", "unknown cartesian", "unknown geographic"))
    return (crs, False) if usable and not unsaid else (None, not unsaid)


def _crs_source(path: Path, driver: str, *, unsaid: bool) -> Text:
    if unsaid:
        return Text("ไฟล์ไม่ได้บอก", "the file does not say")
    if driver == SHAPEFILE:
        return Text("ไฟล์ .prj", "the .prj file")
    if driver == GEOJSON and not _has_crs_member(path):
        return Text("มาตรฐาน GeoJSON (WGS 84)", "the GeoJSON standard (WGS 84)")
    if driver == KML:
        return Text("มาตรฐาน KML (WGS 84)", "the KML standard (WGS 84)")
    return Text("ในไฟล์เอง", "the file itself")


def _has_crs_member(path: Path) -> bool:
    """Whether the old `crs` member stands at the head or the tail of a GeoJSON, where writers put it."""
    with path.open("rb") as file:
        head = file.read(65_536)
        file.seek(max(0, path.stat().st_size - 4_096))
        tail = file.read()
    return b'"crs"' in head.partition(b'"features"')[0] or b'"crs"' in tail.rpartition(b"]")[2]


def _box(bounds: Sequence[float] | None) -> Box | None:
    if bounds is None:
        return None
    west, south, east, north = (float(edge) for edge in bounds)
    box = Box(west=west, south=south, east=east, north=north)
    return box if box.finite else None
