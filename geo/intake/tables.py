"""What every reader hands over: the rows in the file's order, their columns as plain Arrow types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyproj import CRS

from geo.errors import Problem, Text
from geo.intake.encoding import Decision
from geo.shapes.whereabouts import Box

GEOMETRY = "geometry"
MOST_NOTES = 1_000

Columns = tuple[tuple[str, pa.DataType], ...]
# (columns, rows at once, with geometry) → batches
Rows = Callable[[Sequence[str], int, bool], Iterator[pa.RecordBatch]]


@dataclass(frozen=True, kw_only=True)
class FullCells:
    """The rows (from 0, in file order) whose Thai text fills its field to the last byte, and the field's bytes.

    `broken` marks those whose last letter was cut in half.
    """

    width: int
    rows: NDArray[np.intp]
    broken: NDArray[np.bool_]


def _no_full_cells() -> Mapping[str, FullCells]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Table:
    """One dataset as its reader found it; `crs_unknown` says that a CRS is named but cannot be understood.

    `full_cells` looks, when asked, for texts that a field of fixed width may have cut, by column.
    """

    driver: str
    decision: Decision
    crs: CRS | None
    crs_source: Text
    columns: Columns
    geometry_type: str | None
    feature_count: int | None
    bounds: Box | None
    rows: Rows
    crs_unknown: bool = False
    full_cells: Callable[[], Mapping[str, FullCells]] = _no_full_cells


class Notes:
    """Problems met on the way, each told once, and no more of them than a person would read."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, int | None, str | None, str], Problem] = {}
        self._left_out = 0

    def add(self, *problems: Problem) -> None:
        """Tell these, unless they were told before."""
        for problem in problems:
            key = (problem.code, problem.row, problem.column, problem.told.en)
            if key in self._told:
                continue
            if len(self._told) >= MOST_NOTES:
                self._left_out += 1
                continue
            self._told[key] = problem

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything told, and how much more there was."""
        if not self._left_out:
            return tuple(self._told.values())
        more = Text(f"และอีก {self._left_out} รายการ", f"and {self._left_out} more")
        return (*self._told.values(), Problem(code="more", told=more))


def plain_type(kind: pa.DataType) -> pa.DataType | None:
    """The plain type a column is handed over in.

    None for columns that hold no value of a table (raw bytes).
    """
    kind = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return None
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_nested(kind):
        return pa.string()
    return kind


def plain(values: pa.Array[Any]) -> pa.Array[Any]:
    """A column in its plain type; lists and structures become JSON text."""
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if isinstance(values, pa.DictionaryArray):
        values = values.dictionary_decode()
    if pa.types.is_nested(values.type):
        texts = [
            None if value is None else json.dumps(value, ensure_ascii=False, default=str)
            for value in values.to_pylist()
        ]
        return pa.array(texts, pa.string())
    wanted = plain_type(values.type)
    return values if wanted is None or wanted == values.type else pc.cast(values, wanted)


def readable(values: pa.Array[Any], notes: Notes) -> pa.Array[Any]:
    """Texts that are UTF-8 to the last letter; damage inside a file is shown as U+FFFD and told."""
    if not pa.types.is_string(values.type):
        return values
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        told = Text("มีข้อความที่ไบต์เสียหาย ส่วนที่เสียแสดงเป็น �", "some texts have damaged bytes; what is damaged shows as �")
        notes.add(Problem(code="encoding-damaged", told=told))
        raw = pc.cast(values, pa.binary()).to_pylist()
        return pa.array([None if cell is None else cell.decode("utf-8", "replace") for cell in raw], pa.string())
    return values


def as_binary(values: pa.Array[Any]) -> pa.Array[Any]:
    """A geometry column as plain binary, whatever it calls itself."""
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    return values if values.type == pa.binary() else pc.cast(values, pa.binary())


def batch_of(columns: dict[str, pa.Array[Any]], rows: int) -> pa.RecordBatch:
    """A batch of these columns, which may be none."""
    if columns:
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    # Without columns only a structure remembers how many rows there were.
    empty: Any = pa.array([{}] * rows, pa.struct([]))
    return pa.RecordBatch.from_struct_array(empty)


def told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """Names that can be asked for one by one.

    Blanks numbered, repeats numbered, `geometry` kept for the shape.
    """
    found: list[str] = []
    for position, name in enumerate(names, start=1):
        plain_name = name.strip().strip("\ufeff") or f"column_{position}"
        candidate, turn = plain_name, 1
        while candidate in found or candidate == GEOMETRY:
            turn += 1
            candidate = f"{plain_name}_{turn}"
        found.append(candidate)
    return tuple(found)
