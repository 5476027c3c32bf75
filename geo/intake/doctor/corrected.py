"""A corrected copy of a file, as a GeoPackage, for whoever brought the file: it holds every column, hidden ones too.

Text is decoded, shapes are in WGS 84 by the pinned operation and mended, words for nothing are emptied, codes stand
normalised beside the raw ones, and `atlas_findings` names what was found in each row; a second layer holds the places.
It is written beside its target and takes the target's name when it is whole, so that nothing half-written is left.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from geo.errors import BadRequest, NoRoom
from geo.intake.doctor.finding import Examination
from geo.intake.doctor.look import ROWS_AT_ONCE, WHOLE, Watch
from geo.intake.load import Load, LoadOptions, Progress, ready
from geo.intake.places import shapes_in_wgs84
from geo.layer import Layer
from geo.shapes.listening import warnings_heard
from geo.shapes.repair import repaired
from geo.thai import normalised, null_literals_all, plain_all, western_digits

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

FINDINGS, SHAPE, ROW = "findings", "atlas_geom", "atlas_fid"
_MULTI: Mapping[int, tuple[str, Any]] = {
    0: ("Point", None), 1: ("MultiLineString", shapely.multilinestrings), 2: ("MultiPolygon", shapely.multipolygons),
}  # fmt: skip
_FAULTS = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, RuntimeError, OSError)
_NO_OPTIONS = LoadOptions()


def write_corrected(
    examination: Examination, layer: Layer, path: Path, target: Path, options: LoadOptions = _NO_OPTIONS, *,
    layers: Mapping[str, Layer], file_name: str | None = None, progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:  # fmt: skip
    """Write the copy to `target`, which is replaced whole or not at all.

    Raises NoRoom, Cancelled, RefusedImport, and BadRequest for what no copy is made of.
    """
    if examination.kind != layer.id or target.suffix.lower() != ".gpkg":
        raise BadRequest(
            "สำเนาที่แก้แล้วทำได้เฉพาะไฟล์ของชั้นข้อมูล และต้องลงท้าย .gpkg",
            "a corrected copy is made of a layer's file, and its name ends in .gpkg",
        )
    watch = Watch(progress=progress, cancelled=cancelled)
    with ready(layer, path, options, layers=layers, file_name=file_name) as load, _whole(target) as partial:
        rows = _write_rows(load, examination, partial, watch)
        places = _write_findings(examination, partial)
        _verify(partial, {layer.id: rows, FINDINGS: places})


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A place beside the target that becomes it at the end; gone, with what SQLite puts beside it, on any failure."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".atlas-copy-", dir=target.parent))
    except OSError as fault:
        raise _no_room(target, fault.strerror or "") from fault
    partial = folder / "corrected.gpkg"
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    except _FAULTS as fault:
        raise _no_room(target, _why(fault)) from fault
    finally:
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()


def _why(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return fault.strerror or ""
    return str(fault).splitlines()[0][:200] if str(fault) else type(fault).__name__


def _no_room(target: Path, why: str) -> NoRoom:
    return NoRoom(
        f"เขียน {target.name} ไม่สำเร็จ พื้นที่ดิสก์อาจไม่พอ ({why}) ไม่มีไฟล์ค้างไว้",
        f"{target.name} could not be written, perhaps the disk is full ({why}); nothing of it was left",
    )


def _write_rows(load: Load, examination: Examination, partial: Path, watch: Watch) -> int:
    by_row = examination.by_row()
    columns = _names([name for name, _ in load.file.columns], load)
    done, progress = 0, watch.part(0, WHOLE)
    for batch in load.file.batches(size=ROWS_AT_ONCE):
        table = {columns[name]: _emptied(batch.column(name)) for name, _ in load.file.columns}
        for field in _coded_fields(load):
            table[f"atlas_{field}"] = _normalised_codes(batch.column(load.matching.columns[field]))
        numbers = range(done + 1, done + batch.num_rows + 1)
        table["atlas_row"] = pa.array(numbers, pa.int32())
        table["atlas_findings"] = pa.array([", ".join(by_row.get(row, ())) or None for row in numbers], pa.string())
        _write(partial, load.layer.id, table, _shapes(load, batch), _kind(load), append=done > 0)
        done += batch.num_rows
        progress(done, load.file.feature_count)
    return done


def _names(headers: Sequence[str], load: Load) -> dict[str, str]:
    """Names that a GeoPackage can hold side by side: SQLite tells no capitals apart, and some names are its own."""
    taken = {"fid", "geom", ROW, SHAPE, "atlas_row", "atlas_findings", *(f"atlas_{one}" for one in _coded_fields(load))}
    found: dict[str, str] = {}
    for header in headers:
        name, turn = header, 1
        while name.casefold() in taken:
            turn += 1
            name = f"{header}_{turn}"
        taken.add(name.casefold())
        found[header] = name
    return found


def _coded_fields(load: Load) -> list[str]:
    return [name for name, words in load.layer.fields.items() if words.pattern and name in load.matching.columns]


def _emptied(values: pa.Array[Any]) -> pa.Array[Any]:
    """Words for nothing become nothing; everything else stays as it was written."""
    if not pa.types.is_string(values.type) or compute.all(plain_all(values)).as_py() is not False:
        return values
    emptied: pa.Array[Any] = compute.if_else(null_literals_all(values), pa.scalar(None, pa.string()), values)
    return emptied


def _normalised_codes(values: pa.Array[Any]) -> pa.Array[Any]:
    """Western digits, capitals, no blanks; never put together from other columns."""
    coded: Any = _emptied(values.cast(pa.string())).dictionary_encode()
    codes = ["".join(western_digits(normalised(text)).upper().split()) or None for text in coded.dictionary.to_pylist()]
    return pa.array(codes, pa.string()).take(coded.indices)


def _kind(load: Load) -> str | None:
    kinds = load.layer.shape.kinds
    if load.placing is None:
        return None
    return _MULTI[load.layer.shape.dimension][0] if len(kinds) == 1 and "MULTIPOINT" not in kinds else "Unknown"


def _shapes(load: Load, batch: pa.RecordBatch) -> NDArray[np.object_] | None:
    """Mended, in WGS 84, all of one type where the layer takes one kind; what is beyond mending is left out."""
    if load.placing is None:
        return None
    came, _ = shapes_in_wgs84(batch, load.placing)
    mended = repaired(came, load.layer.shape.kinds)
    shapes = mended.geoms
    # A copy has no room for what is no number; a shape too large or tangled to be mended stays as it came.
    shapes[mended.bad_coordinates] = None
    kind, several = _MULTI[load.layer.shape.dimension]
    if several is not None and _kind(load) == kind:
        single = np.flatnonzero(shapely.get_type_id(shapes) == {"MultiPolygon": 3, "MultiLineString": 1}[kind])
        shapes[single] = several(shapes[single], indices=np.arange(len(single)))
    return shapes


def _write(
    partial: Path, layer: str, columns: Mapping[str, pa.Array[Any]], shapes: NDArray[np.object_] | None,
    kind: str | None, *, append: bool,
) -> None:  # fmt: skip
    table = dict(columns)
    if shapes is not None:
        table[SHAPE] = pa.array(shapely.to_wkb(shapes), pa.binary())
    options = {} if append else {"FID": ROW, "GEOMETRY_NAME": SHAPE}
    if not append and shapes is None:
        del options["GEOMETRY_NAME"]
    with warnings_heard():
        pyogrio.write_arrow(
            pa.table(table), partial, layer=layer, driver="GPKG", append=append,
            geometry_name=SHAPE if shapes is not None else None, geometry_type=kind,
            crs="EPSG:4326" if shapes is not None else None, layer_options=options,
        )  # fmt: skip


def _write_findings(examination: Examination, partial: Path) -> int:
    """One feature for each place: an overlap or a gap as it lies, else a point."""
    lines: list[tuple[str, str, str, str, str, str]] = []
    shapes: list[Any] = []
    for one in examination.findings:
        drawn = [json.dumps(feature["geometry"]) for feature in one.geojson()["features"]]
        shapes += shapely.from_geojson(drawn).tolist() if drawn else []
        words = (one.id, one.level, one.told.th, one.told.en, one.advice.th, one.advice.en)
        lines += [words] * len(drawn)
    names = ("finding", "level", "th", "en", "advice_th", "advice_en")
    columns = {name: pa.array([line[place] for line in lines], pa.string()) for place, name in enumerate(names)}
    _write(partial, FINDINGS, columns, np.array(shapes, dtype=object), "Unknown", append=False)
    return len(lines)


def _verify(partial: Path, expected: Mapping[str, int]) -> None:
    """Read the counts back: SQLite tells of a full disk at its own time, and GDAL not always."""
    for layer, rows in expected.items():
        found = pyogrio.read_info(partial, layer=layer, force_feature_count=True)["features"]
        if found != rows:
            raise RuntimeError(f"{layer}: {found} / {rows}")
