"""A file's rows looked at batch by batch, made into rows that the table takes, and counted.

Nothing here asks the database: towns and links are found by a `Linker` that holds what it needs. Memory stays that of
a few batches however long the file is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import shapely
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.columns import read_column
from geo.intake.match import Matching
from geo.intake.parcel_codes import tell_parts_that_disagree
from geo.intake.places import Placing, settled, shapes_in_wgs84
from geo.intake.report import Findings
from geo.intake.seen import Seen
from geo.layer import Layer
from geo.shapes.many_areas import areas_of_many
from geo.shapes.measure import length_metres
from geo.thai import DateOrder

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

REQUIRED = Text("คอลัมน์ที่ต้องมีว่างเปล่า", "a value that must be there is missing")
CHECKS = {"parcel_code_parts": tell_parts_that_disagree}


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One batch ready for the table: the columns by name, the shapes, and where the rows are in the file.

    `given` holds, per link, the codes that the file quotes; `named_town` what the file says of the municipality.
    """

    seen: Seen
    columns: dict[str, pa.Array[Any]]
    given: dict[str, pa.Array[Any]]
    named_town: pa.Array[Any] | None
    shapes: NDArray[np.object_] | None
    wkb: pa.Array[Any] | None
    digest: pa.Array[Any]
    row_numbers: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.row_numbers)

    def positions(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Where these kept rows stand in their batch, refused rows counted."""
        return (self.row_numbers[rows] - self.seen.first_row).astype(np.intp)


@dataclass(kw_only=True)
class Checker:
    """What one load knows of its file; `checked` is called with its batches in order."""

    layer: Layer
    matching: Matching
    placing: Placing | None
    orders: Mapping[str, DateOrder]
    findings: Findings = field(default_factory=Findings)
    rows: int = 0
    outside: int = 0
    bounds: NDArray[np.float64] = field(default_factory=lambda: np.array([np.inf, np.inf, -np.inf, -np.inf]))

    def checked(self, batch: pa.RecordBatch) -> Checked:
        """The rows of a batch that are taken."""
        shapes, seen = self._placed(batch)
        columns, given, town = self._read(batch, seen)
        self._refuse_without_required(columns, seen)
        if shapes is not None:
            columns.update(self._measured(shapes, columns))
        for name in self.layer.checks:
            CHECKS[name](columns, seen, self.matching.columns)
        digest = digests(columns, given, as_ewkb(shapes) if shapes is not None else None, self.measures())
        kept = np.flatnonzero(~seen.refused)
        self.rows += batch.num_rows
        return self._kept(kept, seen, columns, given, town, shapes, digest)

    def _placed(self, batch: pa.RecordBatch) -> tuple[NDArray[np.object_] | None, Seen]:
        first, rows = self.rows + 1, batch.num_rows
        if self.placing is None:
            return None, Seen(self.findings, self.layer, first_row=first, rows=rows, shapes=None)
        came, unreadable = shapes_in_wgs84(batch, self.placing)
        seen = Seen(self.findings, self.layer, first_row=first, rows=rows, shapes=came)
        before = self.findings.counts["outside-thailand"]
        shapes = settled(came, unreadable, seen, self.placing)
        self.outside += self.findings.counts["outside-thailand"] - before
        seen.shapes = np.where(seen.refused, came, shapes)
        edges = shapely.total_bounds(shapes)
        if np.isfinite(edges).all():
            self.bounds[:2] = np.minimum(self.bounds[:2], edges[:2])
            self.bounds[2:] = np.maximum(self.bounds[2:], edges[2:])
        return shapes, seen

    def _read(
        self, batch: pa.RecordBatch, seen: Seen
    ) -> tuple[dict[str, pa.Array[Any]], dict[str, pa.Array[Any]], pa.Array[Any] | None]:
        columns: dict[str, pa.Array[Any]] = {}
        given: dict[str, pa.Array[Any]] = {}
        for name, words in self.layer.fields.items():
            if name not in self.matching.fed:
                continue
            column = self.matching.columns.get(name)
            if column is None:
                constant = self.matching.constants[name]
                values: pa.Array[Any] = pa.repeat(pa.scalar(constant, pa.string()), batch.num_rows)
            else:
                values = batch.column(column)
            order = self.orders.get(name)
            read = read_column(values, words_as_text(words) if words.link else words, seen,
                               column=column or f"--set {name}", order=order)  # fmt: skip
            (given if words.link else columns)[name] = read
        return columns, given, columns.pop("municipality", None)

    def _refuse_without_required(self, columns: Mapping[str, pa.Array[Any]], seen: Seen) -> None:
        table = self.layer.table.__table__
        for name, values in columns.items():
            if not table.columns[name].nullable and values.null_count:
                empty = np.asarray(values.is_null())
                seen.refuse("required", REQUIRED, empty, column=self.matching.columns.get(name), field=name)

    def measures(self) -> frozenset[str]:
        fed = self.matching.fed
        return frozenset(name for name, words in self.layer.fields.items() if words.measure and name not in fed)

    def _measured(self, shapes: NDArray[np.object_], columns: Mapping[str, pa.Array[Any]]) -> dict[str, pa.Array[Any]]:
        """What the shape itself tells, where the file did not."""
        found: dict[str, pa.Array[Any]] = {}
        for name in self.measures():
            ways = {"area": areas_of_many, "length": length_metres}
            metres = ways[self.layer.fields[name].measure or "area"](shapes)
            found[name] = pa.array(np.round(metres, 2), pa.float64(), mask=np.isnan(metres))
        return found

    def _kept(
        self, kept: NDArray[np.intp], seen: Seen, columns: dict[str, pa.Array[Any]], given: dict[str, pa.Array[Any]],
        town: pa.Array[Any] | None, shapes: NDArray[np.object_] | None,
        digest: tuple[pa.Array[Any], pa.Array[Any] | None],
    ) -> Checked:  # fmt: skip
        numbers = (kept + seen.first_row).astype(np.int32)
        whole = len(kept) == seen.rows

        def of(values: pa.Array[Any]) -> pa.Array[Any]:
            return values if whole else values.take(pa.array(kept, pa.int64()))

        columns = {name: of(values) for name, values in columns.items()}
        return Checked(
            seen=seen, columns=columns, given={name: of(values) for name, values in given.items()},
            named_town=None if town is None else of(town), shapes=None if shapes is None else shapes[kept],
            wkb=None if digest[1] is None else of(digest[1]), digest=of(digest[0]), row_numbers=numbers,
        )  # fmt: skip


def words_as_text(words: Any) -> Any:
    """A link is a code in the file, whatever number it is in the table."""
    return type(words)(**{**vars(words), "python_type": str})


def digests(
    columns: Mapping[str, pa.Array[Any]], given: Mapping[str, pa.Array[Any]], wkb: pa.Array[Any] | None,
    left_out: frozenset[str],
) -> tuple[pa.Array[Any], pa.Array[Any] | None]:  # fmt: skip
    """A row's own values as 16 bytes, so that the same row is known again; and the shapes as they will be stored.

    What is worked out here (areas, towns, links) is not part of it: it may change without the file changing.
    """
    parts = [
        _as_bytes(values) for name, values in sorted({**columns, **given}.items()) if name not in left_out
    ]  # fmt: skip
    parts += [] if wkb is None else [wkb]
    join: Any = compute.binary_join_element_wise
    rows: Sequence[bytes] = join(*parts, b"\x1f", null_handling="replace", null_replacement=b"\x00").to_pylist()
    packed = b"".join([md5(row, usedforsecurity=False).digest() for row in rows])
    return pa.Array.from_buffers(pa.binary(16), len(rows), [None, pa.py_buffer(packed)]), wkb


def _as_bytes(values: pa.Array[Any]) -> pa.Array[Any]:
    # The scale of a decimal column is the batch's; 1.5 and 1.50 are one number.
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    if pa.types.is_list(values.type):
        return pa.array([None if one is None else repr(one) for one in values.to_pylist()], pa.string()).cast(
            pa.binary()
        )
    return values.cast(pa.string()).cast(pa.binary())


def as_ewkb(shapes: NDArray[np.object_]) -> pa.Array[Any]:
    """The shapes as PostGIS takes them, with their SRID.

    GEOS would copy every shape to give it an SRID, so the four bytes are put in here: byte order, type, SRID, the rest.
    """
    plain = pa.array(shapely.to_wkb(shapes, byte_order=1, output_dimension=3), pa.binary())
    cut: Any = compute.binary_slice
    heads: Any = cut(plain, 1, 5).dictionary_encode()
    with_srid = [
        b"\x01" + (int.from_bytes(head, "little") | 0x20000000).to_bytes(4, "little") + (4326).to_bytes(4, "little")
        for head in heads.dictionary.to_pylist()
    ]
    join: Any = compute.binary_join_element_wise
    begun: Any = pa.array(with_srid, pa.binary()).take(heads.indices)
    # Without an end pyarrow asks for a buffer of less than nothing.
    joined: pa.Array[Any] = join(begun, cut(plain, 5, 2**31 - 1), b"")
    return joined
