"""GeoParquet, row group by row group."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from geo.errors import Problem, Text
from geo.intake.encoding import ALWAYS_UTF8
from geo.intake.kinds import PARQUET
from geo.intake.refusals import damaged, refusal
from geo.intake.tables import GEOMETRY, Notes, Table, as_binary, batch_of, plain, plain_type, readable
from geo.shapes.whereabouts import Box

MOST_ROWS = 50_000_000
MOST_GROUP_BYTES = 2 * 1024**3
_SHAPE_NAMES = ("geometry", "geom", "wkb_geometry", "wkb")
_FAULTS = (pa.ArrowException, OSError, ValueError)


def parquet_table(path: Path, *, file_name: str, notes: Notes) -> Table:
    """A (Geo)Parquet file as a table."""
    try:
        with pq.ParquetFile(path) as file:
            head, schema = file.metadata, file.schema_arrow
    except _FAULTS as fault:
        raise damaged(file_name, "Parquet") from fault
    _refuse_giants(head, file_name)
    geo = _geo(schema, file_name)
    shape = _shape_column(geo, schema)
    about = geo.get("columns", {}).get(shape, {}) if shape else {}
    crs, unknown = _crs(geo, about)
    columns = []
    for field in schema:
        kind = plain_type(field.type)
        if field.name == shape or (pa.types.is_struct(field.type) and field.name == "bbox"):
            continue
        if kind is None or field.name == GEOMETRY:
            told = Text(f"ไม่ได้อ่านคอลัมน์ {field.name}", f"column {field.name} was not read")
            notes.add(Problem(code="column-left-out", told=told, column=field.name))
            continue
        columns.append((field.name, kind))
    bounds = _bounds(about) or _measured(path, file_name, shape)
    return Table(
        driver=PARQUET,
        crs=crs,
        crs_unknown=unknown,
        columns=tuple(columns),
        bounds=bounds,
        decision=ALWAYS_UTF8,
        crs_source=Text("ในไฟล์เอง", "the file itself"),
        geometry_type=_type(about) if shape else None,
        feature_count=head.num_rows,
        rows=lambda names, size, shapes: _rows(path, file_name, notes, shape, names, size, shapes),
    )


def _refuse_giants(head: Any, file_name: str) -> None:
    """A few kilobytes of Parquet can stand for billions of rows; its own counts say so beforehand."""
    largest = max((head.row_group(group).total_byte_size for group in range(head.num_row_groups)), default=0)
    if head.num_rows > MOST_ROWS or largest > MOST_GROUP_BYTES:
        raise refusal(
            "too-big",
            f"{file_name} ใหญ่เกินไป ({head.num_rows:,} แถว)",
            f"{file_name} is too big ({head.num_rows:,} rows)",
        )


def _geo(schema: pa.Schema, file_name: str) -> dict[str, Any]:
    written = (schema.metadata or {}).get(b"geo")
    if written is None:
        return {}
    try:
        geo = json.loads(written)
    except ValueError as fault:
        raise damaged(file_name, "GeoParquet metadata") from fault
    return geo if isinstance(geo, dict) else {}


def _shape_column(geo: dict[str, Any], schema: pa.Schema) -> str | None:
    named = geo.get("primary_column")
    if named in schema.names:
        encoding = geo.get("columns", {}).get(named, {}).get("encoding", "WKB")
        if encoding != "WKB":
            raise refusal(
                "geometry-encoding",
                f"GeoParquet นี้เก็บรูปแบบ {encoding}: บันทึกใหม่แบบ WKB",
                f"this GeoParquet keeps shapes as {encoding}: save it with WKB",
            )
        return str(named)
    return next((n for n in _SHAPE_NAMES if n in schema.names and plain_type(schema.field(n).type) is None), None)


def _crs(geo: dict[str, Any], about: dict[str, Any]) -> tuple[CRS | None, bool]:
    if not geo:
        return None, False
    # GeoParquet 1.1: no "crs" means OGC:CRS84; null means that nobody knows.
    written = about.get("crs", "OGC:CRS84")
    if written is None:
        return None, False
    try:
        return CRS(written), False
    except CRSError:
        return None, True


def _type(about: dict[str, Any]) -> str:
    types = about.get("geometry_types") or []
    return str(types[0]) if len(types) == 1 else "Unknown"


def _bounds(about: dict[str, Any]) -> Box | None:
    edges = about.get("bbox")
    if not isinstance(edges, list) or len(edges) not in (4, 6):
        return None
    half = len(edges) // 2
    west, south, east, north = (float(edge) for edge in (edges[0], edges[1], edges[half], edges[half + 1]))
    box = Box(west=west, south=south, east=east, north=north)
    return box if box.finite else None


def _measured(path: Path, file_name: str, shape: str | None) -> Box | None:
    """The bounds by looking at every shape, for files that do not say."""
    if shape is None:
        return None
    edges = np.array([np.inf, np.inf, -np.inf, -np.inf])
    for batch in _rows(path, file_name, Notes(), shape, (), 65_536, True):
        geoms = shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False), on_invalid="ignore")
        here = shapely.total_bounds(geoms)
        if np.isfinite(here).all():
            edges[:2], edges[2:] = np.minimum(edges[:2], here[:2]), np.maximum(edges[2:], here[2:])
    west, south, east, north = (float(edge) for edge in edges)
    box = Box(west=west, south=south, east=east, north=north)
    return box if box.finite else None


def _rows(
    path: Path,
    file_name: str,
    notes: Notes,
    shape: str | None,
    columns: Sequence[str],
    size: int,
    shapes: bool,
) -> Iterator[pa.RecordBatch]:
    asked = [*columns, *([shape] if shapes and shape else [])]
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=size, columns=asked):
                found = {name: readable(plain(batch.column(name)), notes) for name in columns}
                if shapes:
                    found[GEOMETRY] = as_binary(batch.column(shape)) if shape else pa.nulls(batch.num_rows, pa.binary())
                yield batch_of(found, batch.num_rows)
    except _FAULTS as fault:
        raise damaged(file_name, "Parquet") from fault
