"""CSV with coordinates: every cell as text, the shape from latitude and longitude, a geopoint, or WKT.

The whole file is looked through once when it is opened, for what only the whole can tell: how many rows,
where the points lie, which rows are longer than the header.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from pyproj import CRS

from geo.errors import Problem, Text
from geo.intake.csv_places import Places, found_places, shapes_of
from geo.intake.encoding import MOST_LINE_BYTES, TextFacts, decided, text_file_facts
from geo.intake.kinds import CSV
from geo.intake.refusals import refusal
from geo.intake.tables import GEOMETRY, Notes, Table, batch_of, told_apart
from geo.shapes.whereabouts import Box

MOST_COLUMNS = 150
_LOOKED_AT = 1_000
_WGS84 = Text("ละติจูด ลองจิจูด (WGS 84)", "latitude and longitude (WGS 84)")
_NOWHERE = Text("ไฟล์ไม่มีตำแหน่ง", "the file has no places")
_DELIMITERS = ",;\t|"

_LAST = "\x1eno more rows\x1e"

# WKT of one tambon is longer than the module's 128 kB; no cell is longer than a line may be.
csv.field_size_limit(MOST_LINE_BYTES)


@dataclass(frozen=True, kw_only=True)
class _Source:
    path: Path
    file_name: str
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    places: Places


def csv_table(path: Path, *, file_name: str, encoding: str | None, asked: Places, notes: Notes) -> Table:
    """The file as a table of texts."""
    wide = _marked_encoding(path)
    decision = decided(TextFacts() if wide else text_file_facts(path, file_name), asked=encoding)
    if wide and encoding is None:
        told = Text(f"ไฟล์ขึ้นต้นด้วยเครื่องหมาย {wide}", f"the file begins with the mark of {wide}")
        decision = replace(decision, encoding=wide, reason=told)
    notes.add(*decision.problems)
    delimiter, names = _header(path, file_name, decision.encoding, notes)
    source = _Source(
        path=path,
        file_name=file_name,
        encoding=decision.encoding,
        delimiter=delimiter,
        names=names,
        places=asked,
    )
    sample = list(itertools.islice(_records(source, Notes()), _LOOKED_AT))
    source = replace(source, places=found_places(names, sample, asked))
    count, bounds, kind = _looked_through(source, notes)
    places = source.places
    return Table(
        driver=CSV,
        decision=decision,
        crs=CRS("EPSG:4326") if places else None,
        crs_source=_WGS84 if places else _NOWHERE,
        columns=tuple((name, pa.string()) for name in names if name != places.wkt),
        geometry_type=kind,
        feature_count=count,
        bounds=bounds,
        rows=lambda columns, size, shapes: _rows(source, columns, size, shapes, Notes()),
    )


def _marked_encoding(path: Path) -> str | None:
    """UTF-16, which Excel calls "Unicode text", announces itself."""
    with path.open("rb") as file:
        return "UTF-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else None


def _header(path: Path, file_name: str, encoding: str, notes: Notes) -> tuple[str, tuple[str, ...]]:
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        first = next((line for line in file if line.strip("\ufeff\r\n ")), "").removeprefix("\ufeff")
    delimiter = max(_DELIMITERS, key=lambda mark: (len(_split(first, mark)), -_DELIMITERS.index(mark)))
    given = _split(first, delimiter)
    if len(given) > MOST_COLUMNS:
        raise refusal(
            "csv-too-wide",
            f"{file_name} มี {len(given)} คอลัมน์ (รับไม่เกิน {MOST_COLUMNS})",
            f"{file_name} has {len(given)} columns (at most {MOST_COLUMNS} are taken)",
        )
    # A column that holds the shape as WKT may be called geometry; that name is then the shape's alone.
    names = told_apart(given)
    for before, after in zip(given, names, strict=True):
        if before.strip().strip("\ufeff") != after:
            told = Text(f"คอลัมน์ “{before}” เรียกเป็น “{after}”", f"column “{before}” is called “{after}”")
            notes.add(Problem(code="column-renamed", told=told, column=after))
    return delimiter, names


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _records(source: _Source, notes: Notes) -> Iterator[list[str]]:
    """The rows after the header, each as wide as the header; blank lines are no rows."""
    width = len(source.names)
    with source.path.open(encoding=source.encoding, errors="replace", newline="") as file:
        # The last line is ours: a quote that nobody closed would swallow it, as it swallowed the rows before.
        reader = csv.reader(itertools.chain(file, [_LAST]), delimiter=source.delimiter)
        try:
            next((record for record in reader if any(cell.strip("\ufeff ") for cell in record)), None)
            for row, record in enumerate(filter(None, reader), start=1):
                if _LAST in record[-1]:
                    if record == [_LAST]:
                        return
                    raise csv.Error("an open quote")
                if len(record) != width:
                    _tell_width(record, row, width, notes)
                    record = (record + [""] * width)[:width]
                yield record
        except csv.Error as fault:
            raise refusal(
                "csv-unreadable",
                f'{source.file_name} อ่านต่อไม่ได้ที่บรรทัด {reader.line_num} (อาจมีเครื่องหมาย " ที่ไม่ปิด)',
                f'{source.file_name} cannot be read on at line {reader.line_num} (perhaps a " that is not closed)',
                row=reader.line_num,
            ) from fault


def _tell_width(record: list[str], row: int, width: int, notes: Notes) -> None:
    if not any(cell.strip() for cell in record[width:]) and len(record) > width:
        return
    told = Text(
        f"แถวนี้มี {len(record)} ช่อง แต่หัวตารางมี {width}",
        f"this row has {len(record)} cells, the header has {width}",
    )
    left_out = " ".join(record[width:])[:80] or None
    notes.add(Problem(code="row-width", told=told, row=row, value=left_out))


def _looked_through(source: _Source, notes: Notes) -> tuple[int, Box | None, str | None]:
    """Rows, bounds and kind of shape of the whole file; what is wrong with a place is told here, once."""
    count, kinds = 0, set()
    edges = np.array([np.inf, np.inf, -np.inf, -np.inf])
    for records in _in_blocks(_records(source, notes), 65_536):
        if source.places:
            geoms = shapes_of(source.names, records, source.places, notes, first_row=count + 1)
            kinds |= {str(kind) for kind in np.unique(shapely.get_type_id(geoms)) if kind >= 0}
            here = shapely.total_bounds(geoms)
            if np.isfinite(here).all():
                edges[:2], edges[2:] = np.minimum(edges[:2], here[:2]), np.maximum(edges[2:], here[2:])
        count += len(records)
    west, south, east, north = (float(edge) for edge in edges)
    box = Box(west=west, south=south, east=east, north=north)
    return count, box if box.finite else None, _kind(kinds) if source.places else None


def _kind(type_ids: set[str]) -> str:
    names = ("Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
    only = int(type_ids.pop()) if len(type_ids) == 1 else len(names)
    return names[only] if only < len(names) else "Unknown"


def _rows(source: _Source, columns: Sequence[str], size: int, shapes: bool, notes: Notes) -> Iterator[pa.RecordBatch]:
    at = {name: position for position, name in enumerate(source.names)}
    row = 1
    for records in _in_blocks(_records(source, notes), size):
        cells = list(zip(*records, strict=True))
        found: dict[str, pa.Array[Any]] = {name: pa.array(cells[at[name]], pa.string()) for name in columns}
        if shapes and source.places:
            geoms = shapes_of(source.names, records, source.places, notes, first_row=row)
            found[GEOMETRY] = pa.array(shapely.to_wkb(geoms), pa.binary())
        elif shapes:
            found[GEOMETRY] = pa.nulls(len(records), pa.binary())
        row += len(records)
        yield batch_of(found, len(records))


def _in_blocks(records: Iterator[list[str]], size: int) -> Iterator[list[list[str]]]:
    while block := list(itertools.islice(records, size)):
        yield block
