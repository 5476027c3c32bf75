"""One pass over a file as a load would make it: every row's values, shapes and what was told of them, in memory.

A hundred thousand parcels with all their columns are a third of a gigabyte, which is why the topology of a town can be
looked at in one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo.errors import Cancelled
from geo.intake.check import Checker
from geo.intake.doctor.finding import MOST_PLACES, NO_PLACES
from geo.intake.doctor.gather import RowFindings
from geo.intake.load import Load, LoadOptions, Progress, ready
from geo.intake.places import shapes_in_wgs84
from geo.layer import Audience, Layer
from geo.shapes.repair import repaired

ROWS_AT_ONCE = 20_000
WHOLE, READ, ASKED = 100, 40, 55
# A column of all rows, of a type that is found out at run time.
Column = Any


@dataclass(kw_only=True)
class Watch:
    """Who is told how far it is, in hundredths that never go back, and who may stop it."""

    progress: Progress | None = None
    cancelled: Callable[[], bool] | None = None
    _told: int = -1

    def part(self, begin: int, end: int) -> Progress:
        """A progress of its own for a part of the work, which goes from one hundredth to another."""

        def tell(done: int, total: int | None) -> None:
            self.tell(begin + int((end - begin) * min(done / total, 1.0)) if total else begin)

        return tell

    def tell(self, hundredths: int) -> None:
        """Cancelled when somebody has stopped it."""
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("หยุดตามที่สั่ง ไม่มีอะไรถูกบันทึก", "Stopped as asked; nothing was kept")
        self._told = max(self._told, hundredths)
        if self.progress is not None:
            self.progress(self._told, WHOLE)


@dataclass(frozen=True, kw_only=True)
class Looked:
    """Everything of a file.

    `raw` are the file's own columns, all rows. `read` are the layer's, of the rows that would be taken, whose numbers
    (from 1) are `numbers`. `came` are the shapes of all rows in WGS 84 as they are drawn, `shapes` mended, None where
    a row is refused.
    """

    load: Load
    raw: pa.Table
    read: Mapping[str, Column]
    numbers: NDArray[np.int64]
    came: NDArray[np.object_] | None
    shapes: NDArray[np.object_] | None
    findings: RowFindings
    outside: int

    @property
    def layer(self) -> Layer:
        """The layer that the file is looked at for."""
        return self.load.layer

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return int(self.raw.num_rows)

    def column_of(self, name: str) -> str | None:
        """The file's column that feeds a field."""
        return self.load.matching.columns.get(name)

    def may_show(self, column: str | None) -> bool:
        """Whether cells of a file's column may be repeated: it feeds a field that the public sees, and no other."""
        fed = [name for name, source in self.load.matching.columns.items() if source == column]
        return bool(fed) and all(self.layer.fields[name].audience is Audience.PUBLIC for name in fed)

    def places(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Where these rows (from 1) are: longitude and latitude of those that have a shape that may be shown."""
        if self.came is None or self.layer.shape.cells or not len(rows):
            return NO_PLACES
        shapes = self.came[rows[:MOST_PLACES] - 1]
        west, south, east, north = shapely.bounds(shapes).T
        middle = np.column_stack(((west + east) / 2, (south + north) / 2))
        on_earth = np.isfinite(middle).all(axis=1) & (np.abs(middle) <= (180, 90)).all(axis=1)
        return np.asarray(np.round(middle[on_earth], 7))


@dataclass(kw_only=True)
class _Gathered:
    raw: list[pa.RecordBatch] = field(default_factory=list)
    read: list[dict[str, pa.Array[Any]]] = field(default_factory=list)
    numbers: list[NDArray[np.int32]] = field(default_factory=list)
    came: list[NDArray[np.object_]] = field(default_factory=list)
    shapes: list[NDArray[np.object_]] = field(default_factory=list)


def looked_through(load: Load, watch: Watch) -> Looked:
    """Read and check the whole file as a load would; nothing is refused for the file as a whole here."""
    found = RowFindings()
    checker = Checker(
        layer=load.layer, matching=load.matching, placing=load.placing, orders=load.orders(), findings=found
    )
    kept, progress = _Gathered(), watch.part(0, READ)
    for batch in load.file.batches(size=ROWS_AT_ONCE):
        checked = checker.checked(batch)
        names = [name for name in batch.schema.names if name != "geometry"]
        kept.raw.append(batch.select(names) if names else _bare(batch))
        kept.read.append({name: values for name, values in checked.columns.items() if name != "geom"} | checked.given)
        kept.numbers.append(checked.row_numbers)
        if checked.shapes is not None and checked.seen.shapes is not None:
            whole = np.full(batch.num_rows, None, dtype=object)
            whole[checked.row_numbers - checked.seen.first_row] = checked.shapes
            kept.shapes.append(whole)
            kept.came.append(np.where(checked.seen.refused, checked.seen.shapes, whole))
        progress(checker.rows, load.file.feature_count)
    return _looked(load, kept, found, checker.outside)


def _bare(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.nulls(batch.num_rows)], names=[""])


def _looked(load: Load, kept: _Gathered, found: RowFindings, outside: int) -> Looked:
    names = list(kept.read[0]) if kept.read else []
    nothing = np.zeros(0, dtype=np.int64)
    return Looked(
        load=load, raw=pa.Table.from_batches(kept.raw) if kept.raw else pa.table({}),
        read={name: _joined([part[name] for part in kept.read]) for name in names},
        numbers=np.concatenate(kept.numbers).astype(np.int64) if kept.numbers else nothing,
        came=np.concatenate(kept.came) if kept.came else None,
        shapes=np.concatenate(kept.shapes) if kept.shapes else None, findings=found, outside=outside,
    )  # fmt: skip


def _joined(parts: list[Any]) -> Column:
    """The batches of a column; those of exact numbers differ in their scale."""
    if len({part.type for part in parts}) > 1:
        parts = [part.cast(pa.float64()) for part in parts]
    return pa.chunked_array(parts)


def shapes_of(
    layer: Layer, path: Path, options: LoadOptions, *, layers: Mapping[str, Layer], file_name: str | None = None
) -> NDArray[np.object_]:
    """The shapes of a file in WGS 84, mended, None where a row has none: what another file is held against."""
    found: list[NDArray[np.object_]] = [np.zeros(0, dtype=object)]
    with ready(layer, path, options, layers=layers, file_name=file_name) as load:
        if load.placing is not None:
            for batch in load.file.batches((), size=ROWS_AT_ONCE):
                came, _ = shapes_in_wgs84(batch, load.placing)
                found.append(repaired(came, layer.shape.kinds).geoms)
    return np.concatenate(found)
