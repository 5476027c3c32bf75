"""Turn a file that a person brought into rows that can be read, or refuse it with words that help.

The type is decided by content, the encoding by the bytes, the CRS by what the file says; nothing is guessed
in silence.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from pyproj import CRS

from geo.errors import BadRequest, Problem, RefusedImport, Text
from geo.intake.archive import unpacked
from geo.intake.containers import geopackage_layer, kml_layer, shapefile_parts
from geo.intake.csv_places import Places
from geo.intake.csv_table import csv_table
from geo.intake.dbf import Dbf, dbf
from geo.intake.dol_json import dol_json_table
from geo.intake.encoding import UTF8, Decision, decided, in_utf8, running_text_facts
from geo.intake.kinds import (
    CSV,
    DOL_JSON,
    GEOJSON,
    GPKG,
    KML,
    PARQUET,
    SHAPEFILE,
    SUFFIXES,
    XLSX,
    ZIP,
    kind_by_content,
)  # fmt: skip
from geo.intake.ogr import ogr_table
from geo.intake.parquet import parquet_table
from geo.intake.refusals import not_in_that_encoding, refusal
from geo.intake.tables import FullCells, Notes, Rows, Table
from geo.intake.xlsx import xlsx_table
from geo.shapes.crs import named_crs
from geo.shapes.whereabouts import THAI_CRS, Box, Candidate, looks_like

__all__ = ["BATCH_ROWS", "Opened", "crs_choices", "crs_refusal", "opened"]

BATCH_ROWS = 65_536


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A file ready to be read, more than once if need be, while its `with` block lasts.

    `driver`: "ESRI Shapefile", "GPKG", "FlatGeobuf", "GeoJSON", "Parquet", "KML", "CSV", "XLSX" or
    "DOL JSON". `encoding` is what text was decoded with. `crs` None means the file does not say: ask (`crs_choices`).
    `columns` are the attributes, in file order, without the geometry. `geometry_type` is the file's own word
    ("Polygon", "MultiPolygon Z", "Unknown") or None when it has no geometry. `bounds` are in the file's CRS. `axes` is
    "swapped" when x is latitude and y longitude of Thailand throughout, else "lon,lat"; batches come as the
    file has them, the caller swaps.
    """

    path: Path
    file_name: str
    sha256: str
    size: int
    driver: str
    encoding: str
    encoding_reason: Text
    crs: CRS | None
    crs_source: Text
    columns: tuple[tuple[str, pa.DataType], ...]
    geometry_type: str | None
    feature_count: int | None
    bounds: Box | None
    axes: str
    rows: Rows = field(repr=False)
    notes: Notes = field(repr=False)
    full_cells: Callable[[], Mapping[str, FullCells]] = field(repr=False)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What a person should know of the file as a whole; may grow while batches are read."""
        return self.notes.problems

    def batches(self, columns: Sequence[str] | None = None, size: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """The rows in file order.

        The attributes asked for (all by default), then `geometry` as WKB (pa.binary).
        """
        return self.rows(self._asked(columns), size, True)

    def attributes(self, columns: Sequence[str] | None = None, size: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """The rows without geometry.

        The cheap pass that decides date orders, keys and nulls of whole columns.
        """
        return self.rows(self._asked(columns), size, False)

    def _asked(self, columns: Sequence[str] | None) -> tuple[str, ...]:
        names = tuple(name for name, _ in self.columns)
        if columns is None:
            return names
        if unknown := [name for name in columns if name not in names]:
            raise BadRequest(f"ไม่มีคอลัมน์ {unknown}", f"there are no columns {unknown}")
        return tuple(columns)


@contextmanager
def opened(
    path: Path,
    *,
    file_name: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
    layer: str | None = None,
    lon_column: str | None = None,
    lat_column: str | None = None,
    wkt_column: str | None = None,
) -> Iterator[Opened]:
    """Open a file; RefusedImport when it cannot be taken.

    `file_name` is what its owner calls it (for uploads).
    """
    name = file_name or path.name
    if path.is_dir():
        raise refusal("a-folder", f"{name} เป็นโฟลเดอร์ ระบุไฟล์ในนั้น", f"{name} is a folder; name the files in it")
    if not path.is_file():
        raise refusal("no-such-file", f"ไม่มีไฟล์ {name}", f"there is no file {name}")
    asked_crs = named_crs(crs) if crs else None
    places = Places(lon=lon_column, lat=lat_column, wkt=wkt_column)
    notes = Notes()
    with tempfile.TemporaryDirectory(prefix="atlas-intake-") as folder:
        kind, data, layer = _unwrapped(path, name, layer, Path(folder))
        files = _files(kind, data, name)
        brought = files if data == path else [path]
        try:
            table = _table(kind, data, name, encoding, layer, places, notes, Path(folder))
        except UnicodeError as fault:
            raise not_in_that_encoding(name, encoding or "?") from fault
        try:
            yield _opened(path, name, table, asked_crs, brought, notes)
        except UnicodeError as fault:
            raise not_in_that_encoding(name, table.decision.encoding) from fault


def _unwrapped(path: Path, name: str, layer: str | None, folder: Path) -> tuple[str, Path, str | None]:
    """The kind and place of the data itself, taken out of its zip if it came in one."""
    kind = kind_by_content(path, name)
    if kind == ZIP:
        taken = unpacked(path, folder, file_name=name, layer=layer)
        kind = kind_by_content(taken.path, taken.name if taken.path.suffix != ".shp" else f"{taken.name}.shp")
        return kind, taken.path, taken.layer
    if kind != SHAPEFILE and path.suffix.lower() not in SUFFIXES[kind]:
        # GDAL looks at the suffix too; an upload kept under another name gets a proper one.
        link = folder / f"dataset{SUFFIXES[kind][0]}"
        link.symlink_to(path.resolve())
        return kind, link, layer
    return kind, path, layer


def _files(kind: str, data: Path, name: str) -> list[Path]:
    return sorted(shapefile_parts(data, name).values()) if kind == SHAPEFILE else [data]


def _table(
    kind: str,
    data: Path,
    name: str,
    encoding: str | None,
    layer: str | None,
    places: Places,
    notes: Notes,
    folder: Path,
) -> Table:
    if kind == CSV:
        return csv_table(data, file_name=name, encoding=encoding, asked=places, notes=notes)
    if kind == XLSX:
        return xlsx_table(data, file_name=name, sheet=layer, asked=places, notes=notes, folder=folder)
    if kind == DOL_JSON:
        return dol_json_table(data, file_name=name, encoding=encoding, notes=notes)
    if kind == PARQUET:
        return parquet_table(data, file_name=name, notes=notes)
    if kind == SHAPEFILE:
        parts = shapefile_parts(data, name)
        witness = parts[".cpg"].read_bytes()[:100].decode("latin-1") if ".cpg" in parts else None
        dbase = dbf(parts[".dbf"], name)
        decision = decided(dbase.facts(), asked=encoding, witness=witness)
        notes.add(*decision.problems, *_deleted(dbase))
        return ogr_table(data, file_name=name, driver=kind, layer=None, notes=notes, decision=decision, dbf=dbase)
    if kind == GEOJSON:
        data, decision = _geojson(data, encoding, notes, folder)
        return ogr_table(data, file_name=name, driver=kind, layer=None, notes=notes, decision=decision)
    if kind == GPKG:
        layer = geopackage_layer(data, name, layer, notes)
    elif kind == KML:
        layer = kml_layer(data, name, layer)
    else:
        layer = None  # these formats hold one layer, whatever it was called
    return ogr_table(data, file_name=name, driver=kind, layer=layer, notes=notes)


def _deleted(dbase: Dbf) -> tuple[Problem, ...]:
    gone = dbase.rows - len(dbase.live_rows)
    if not gone:
        return ()
    told = Text(f"ไม่ได้อ่าน {gone} แถวที่ถูกลบไว้ใน DBF", f"{gone} rows that are marked as deleted in the DBF were not read")
    return (Problem(code="deleted-rows", told=told),)


def _geojson(path: Path, encoding: str | None, notes: Notes, folder: Path) -> tuple[Path, Decision]:
    """A GeoJSON ought to be UTF-8; one that somebody saved as cp874 is read from a copy that is."""
    decision = decided(running_text_facts(path), asked=encoding)
    notes.add(*decision.problems)
    if decision.encoding == UTF8:
        return path, decision
    copy = folder / "in_utf8.geojson"
    in_utf8(path, decision.encoding, copy)
    return copy, decision


def _opened(path: Path, name: str, table: Table, asked: CRS | None, brought: list[Path], notes: Notes) -> Opened:
    crs, source = table.crs, table.crs_source
    if asked is not None:
        source = Text("ตามที่สั่ง", "as asked")
        _tell_override(table, asked, notes)
        crs = asked
    elif table.crs_unknown:
        raise _refused(
            table.bounds,
            "unknown-crs",
            f"ไม่รู้จักระบบพิกัดที่ {name} ระบุ ให้เลือกระบบพิกัด",
            f"the coordinate system that {name} names is not known; choose one",
        )
    guess = looks_like(table.bounds) if table.bounds else None
    if guess and guess.kind == "metres" and crs is not None and crs.is_geographic:
        raise _refused(
            table.bounds,
            "metres-as-degrees",
            f"พิกัดใน {name} เป็นเมตร ไม่ใช่องศา ให้เลือกระบบพิกัด",
            f"the numbers in {name} are metres, not degrees; choose the coordinate system",
        )
    swapped = bool(guess and guess.kind == "swapped" and (crs is None or crs.is_geographic))
    digest, size = _fingerprint(brought)
    return Opened(
        path=path,
        file_name=name,
        sha256=digest,
        size=size,
        driver=table.driver,
        encoding=table.decision.encoding,
        encoding_reason=table.decision.reason,
        crs=crs,
        crs_source=source,
        columns=table.columns,
        geometry_type=table.geometry_type,
        feature_count=table.feature_count,
        bounds=table.bounds,
        axes="swapped" if swapped else "lon,lat",
        rows=table.rows,
        notes=notes,
        full_cells=table.full_cells,
    )


def _tell_override(table: Table, asked: CRS, notes: Notes) -> None:
    if table.crs is None or table.crs.equals(asked, ignore_axis_order=True):
        return
    told = Text(
        f"ใช้ {asked.name} ตามที่สั่ง แทน {table.crs.name} จาก{table.crs_source.th}",
        f"{asked.name} was used, as asked, instead of {table.crs.name} from {table.crs_source.en}",
    )
    notes.add(Problem(code="crs-overridden", told=told, value=table.crs.name, became=asked.name))


def _fingerprint(files: Iterable[Path]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for file in files:
        size += file.stat().st_size
        with file.open("rb") as content:
            while chunk := content.read(1024**2):
                digest.update(chunk)
    return digest.hexdigest(), size


def crs_choices(file: Opened) -> tuple[Candidate, ...]:
    """The CRSs that would put the file's numbers in Thailand, each with the place where they would fall."""
    return looks_like(file.bounds).candidates if file.bounds else ()


def crs_refusal(file: Opened) -> RefusedImport:
    """The refusal of a file that does not say its CRS, with the choices."""
    return _refused(
        file.bounds,
        "no-crs",
        f"{file.file_name} ไม่บอกระบบพิกัด (เช่น ไม่มี .prj) ให้เลือกระบบพิกัด",
        f"{file.file_name} does not say its coordinate system (no .prj, for example); choose one",
    )


def _refused(bounds: Box | None, code: str, th: str, en: str) -> RefusedImport:
    found = looks_like(bounds).candidates if bounds else ()
    choices = [candidate.told for candidate in found]
    if not choices:
        choices = [Text(f"--crs {code} · {label.th}", f"--crs {code} · {label.en}") for code, label in THAI_CRS.items()]
    return refusal(code, th, en, choices=choices)
