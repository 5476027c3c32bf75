"""What a file holds, looked at before anybody says what to make of it: its columns, their types, its kinds of shapes.

A type is what every value fits. Formats that know no dates, times or lists keep them as text, so that texts are looked
at too; a number with a leading nought is a code, and stays one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute

from geo.errors import BadRequest, RefusedImport, Text
from geo.intake.belonging import TOWN_CODE
from geo.intake.kinds import TEXT_TABLES
from geo.intake.open import Opened
from geo.intake.values import is_moment, items_in
from geo.layer import MUNICIPALITY_HEADERS
from geo.store.town_definition import MOST_COLUMNS, ColumnType
from geo.thai import folded_header

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

EXAMPLES = 3
MOST_OF_AN_EXAMPLE = 60
ENOUGH_TEXTS = 20_000  # distinct texts of one batch looked at by Python; whatever is beyond stays a text
_DAY = re.compile(r"\d{4}[-/]\d\d[-/]\d\d", re.ASCII)
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?", re.ASCII)
_KINDS = {1: "POINT", 2: "LINESTRING", 3: "POLYGON", 4: "MULTIPOINT", 5: "LINESTRING", 6: "POLYGON"}
_ORDER = ("POINT", "MULTIPOINT", "LINESTRING", "POLYGON")


@dataclass(frozen=True, kw_only=True)
class FoundColumn:
    """One column as the file has it; `empty` is how many rows say nothing in it."""

    source: str
    type: ColumnType
    examples: tuple[str, ...]
    empty: int


@dataclass(frozen=True, kw_only=True)
class Described:
    """A file before it is loaded. `towns_from` is a column of municipality codes, where there is one."""

    file_name: str
    driver: str
    rows: int
    without_shape: int
    kinds: tuple[str, ...]
    has_heights: bool
    columns: tuple[FoundColumn, ...]
    towns_from: str | None


def described(file: Opened) -> Described:
    """Look through a file once."""
    if len(file.columns) > MOST_COLUMNS:
        raise BadRequest(
            f"{file.file_name} มี {len(file.columns)} คอลัมน์ ชั้นข้อมูลรับไม่เกิน {MOST_COLUMNS}",
            f"{file.file_name} has {len(file.columns)} columns: a layer takes {MOST_COLUMNS} at most",
        )
    looks = [_Look(name, kind, numbers_too=file.driver in TEXT_TABLES) for name, kind in file.columns]
    rows, heights = 0, False
    types: Counter[int] = Counter()
    for batch in file.batches():
        rows += batch.num_rows
        for look in looks:
            look.at(batch.column(look.name))
        for (kind, is_tall), count in _types_in(batch.column("geometry")).items():
            types[kind] += count
            heights = heights or is_tall
    if not rows:
        raise RefusedImport(Text(f"{file.file_name} ไม่มีแถวข้อมูล", f"{file.file_name} has no rows"))
    towns = next((look.name for look in looks if folded_header(look.name) in _TOWN_HEADERS and look.is_towns), None)
    return Described(
        file_name=file.file_name, driver=file.driver, rows=rows, without_shape=types.pop(0, 0),
        kinds=_kinds(types), has_heights=heights, towns_from=towns,
        columns=tuple(look.found(rows) for look in looks if look.name != towns),
    )  # fmt: skip


_TOWN_HEADERS = frozenset(map(folded_header, MUNICIPALITY_HEADERS))


def _kinds(types: Counter[int]) -> tuple[str, ...]:
    found = {_KINDS[code] for code in types if code in _KINDS}
    if 7 in types or not found:
        # Collections, curves, or nothing yet: whatever comes is taken for what it is.
        found |= {"POINT", "LINESTRING", "POLYGON"}
    if "MULTIPOINT" in found:
        found.add("POINT")
    return tuple(kind for kind in _ORDER if kind in found)


def _types_in(shapes: pa.Array[Any]) -> Counter[tuple[int, bool]]:
    """How many shapes there are of each type, with heights or not, by the word at their head; type 0 is none."""
    found: Counter[tuple[int, bool]] = Counter({(0, False): shapes.null_count} if shapes.null_count else {})
    for one in compute.value_counts(compute.binary_slice(shapes.drop_null(), 0, 5)).to_pylist():
        head = one["values"]
        word = int.from_bytes(head[1:5], "little" if head[:1] == b"\x01" else "big")
        # ISO adds a thousand for heights, and GDAL's older way sets the highest bit.
        kind = word & 0xFFFF
        found[kind % 1000, bool(word & 0x80000000) or kind // 1000 in (1, 3)] += one["counts"]
    return found


@dataclass(kw_only=False)
class _Look:
    """What is known of one column so far."""

    name: str
    kind: pa.DataType
    numbers_too: bool
    examples: list[str] = field(default_factory=list)
    empty: int = 0
    is_towns: bool = True
    may_be: list[ColumnType] | None = None

    def at(self, values: pa.Array[Any]) -> None:
        """Look at one more batch."""
        self.empty += values.null_count
        distinct = compute.unique(values.drop_null())
        self._show(distinct[:20].to_pylist())
        if self.is_towns:
            self.is_towns = len(distinct) < 1000 and all(
                re.fullmatch(TOWN_CODE, str(one).removesuffix(".0")) for one in distinct.to_pylist()
            )
        if pa.types.is_string(values.type):
            self._narrow(distinct)

    def _show(self, values: Sequence[Any]) -> None:
        for value in values:
            text = str(value).strip()
            if text and len(self.examples) < EXAMPLES and text[:MOST_OF_AN_EXAMPLE] not in self.examples:
                self.examples.append(text[:MOST_OF_AN_EXAMPLE])

    def _narrow(self, distinct: pa.Array[Any]) -> None:
        if self.may_be == []:
            return
        texts = [text for one in distinct[: ENOUGH_TEXTS + 1].to_pylist() if (text := str(one).strip())]
        if not texts:
            return
        if len(distinct) > ENOUGH_TEXTS and not all(_fits_plain(one) for one in texts[:100]):
            self.may_be = []
            return
        if len(distinct) > ENOUGH_TEXTS:
            texts = [text for one in distinct.to_pylist() if (text := str(one).strip())]
        tests = _TESTS if self.numbers_too else {kind: _TESTS[kind] for kind in _TESTS if kind not in _OF_CSV}
        before = tests if self.may_be is None else self.may_be
        self.may_be = [kind for kind in before if kind in tests and all(map(tests[kind], texts))]

    def found(self, rows: int) -> FoundColumn:
        """What it turned out to be."""
        kind = _plain_type(self.kind)
        if kind is ColumnType.TEXT and self.may_be and self.empty < rows:
            kind = self.may_be[0]
        return FoundColumn(source=self.name, type=kind, examples=tuple(self.examples), empty=self.empty)


def _items_are(kind: type | tuple[type, ...]) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        items = items_in(text)
        return items is not None and all(
            one is None or (isinstance(one, kind) and not isinstance(one, bool)) for one in items
        )

    return test


# In this order: what all values fit first is what the column is.
_TESTS: dict[ColumnType, Callable[[str], bool]] = {
    ColumnType.DATE: lambda text: _DAY.fullmatch(text) is not None,
    ColumnType.TIMESTAMP: is_moment,
    ColumnType.INTEGERS: _items_are(int),
    ColumnType.NUMBERS: _items_are((int, float)),
    ColumnType.TEXTS: _items_are(str),
    ColumnType.INTEGER: lambda text: _WHOLE.fullmatch(text) is not None,
    ColumnType.NUMBER: lambda text: _NUMBER.fullmatch(text) is not None,
    ColumnType.BOOLEAN: lambda text: text.casefold() in ("true", "false"),
}
_OF_CSV = (ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.BOOLEAN)


def _fits_plain(text: str) -> bool:
    return any(test(text) for test in _TESTS.values())


def _plain_type(kind: pa.DataType) -> ColumnType:
    if pa.types.is_boolean(kind):
        return ColumnType.BOOLEAN
    if pa.types.is_integer(kind):
        return ColumnType.INTEGER
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return ColumnType.NUMBER
    if pa.types.is_date(kind):
        return ColumnType.DATE
    return ColumnType.TIMESTAMP if pa.types.is_timestamp(kind) else ColumnType.TEXT
