"""What only the bytes of a DBF tell: the letters before anybody decoded them, deleted rows, Buddhist leap days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.intake.encoding import ROWS_AT_ONCE, TextFacts, facts_of, joined
from geo.intake.refusals import damaged
from geo.intake.tables import FullCells

_DELETED = ord("*")
_FIRST_BUDDHIST_YEAR = b"2400"


@dataclass(frozen=True, kw_only=True)
class DbfField:
    """One field: its type letter, and where it lies in a record."""

    kind: str
    offset: int
    length: int


@dataclass(frozen=True, kw_only=True)
class Dbf:
    """A DBF by its header: records of fixed width, one after the other."""

    path: Path
    rows: int
    start: int
    width: int
    fields: tuple[DbfField, ...]

    @cached_property
    def live_rows(self) -> NDArray[np.intp]:
        """The rows that are not marked as deleted; GDAL reads these and no others."""
        marks = [np.asarray(block[:, 0]) for block in self._blocks()]
        return np.flatnonzero(np.concatenate(marks) != _DELETED) if marks else np.zeros(0, dtype=np.intp)

    def facts(self) -> TextFacts:
        """The facts of every text field."""
        texts = [field for field in self.fields if field.kind == "C"]
        return joined(
            facts_of(_cells(_part(block, field)), full_at=field.length) for block in self._blocks() for field in texts
        )

    def buddhist_dates(self) -> tuple[int, ...]:
        """The positions of date fields that hold a Buddhist year.

        GDAL would take 29 February 2567 for 1 March, because the year 2567 of its own calendar has no such day.
        """
        dates = [(position, field) for position, field in enumerate(self.fields) if field.kind == "D"]
        return tuple(position for position, field in dates if any(map(_has_buddhist_year, self._cells_of(field))))

    def date_texts(self, position: int, at: int, count: int) -> pa.Array[Any]:
        """The dates of these live rows as they are written, `YYYY-MM-DD`."""
        block = self._records()[self.live_rows[at : at + count]]
        cells = _texts(_part(block, self.fields[position]))
        return pa.array([_iso(cell) for cell in cells], pa.string())

    def full_cells(self, encoding: str) -> dict[int, FullCells]:
        """By a field's position, the live rows whose text has Thai letters and leaves no byte of the field free."""
        texts = [(position, field) for position, field in enumerate(self.fields) if field.kind == "C"]
        found: dict[int, list[tuple[NDArray[np.intp], NDArray[np.bool_]]]] = {}
        before = 0
        for block in self._blocks():
            live = block[np.asarray(block[:, 0]) != _DELETED]
            for position, field in texts:
                part = _part(live, field)
                rows = np.flatnonzero((part >= 0x80).any(axis=1) & (part[:, -1] != 0x20) & (part[:, -1] != 0))
                if len(rows):
                    broken = np.array([_ends_in_half(cell.tobytes(), encoding) for cell in part[rows]], dtype=bool)
                    found.setdefault(position, []).append((rows + before, broken))
            before += len(live)
        return {
            position: FullCells(width=self.fields[position].length, rows=np.concatenate([rows for rows, _ in parts]),
                                broken=np.concatenate([broken for _, broken in parts]))
            for position, parts in found.items()
        }  # fmt: skip

    def _cells_of(self, field: DbfField) -> Iterator[set[bytes]]:
        return (set(_texts(_part(block, field))) for block in self._blocks())

    def _records(self) -> NDArray[np.uint8]:
        shape = (self.rows, self.width)
        return np.memmap(self.path, dtype=np.uint8, mode="r", offset=self.start, shape=shape)

    def _blocks(self) -> Iterator[NDArray[np.uint8]]:
        if self.rows:
            table = self._records()
            yield from (table[at : at + ROWS_AT_ONCE] for at in range(0, self.rows, ROWS_AT_ONCE))


def dbf(path: Path, file_name: str) -> Dbf:
    """The table's header; RefusedImport when the file does not hold what the header promises."""
    with path.open("rb") as file:
        head = file.read(32)
        if len(head) < 32:
            raise damaged(file_name, "DBF header")
        rows = int.from_bytes(head[4:8], "little")
        start, width = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
        descriptors = file.read(max(0, start - 32))
    if start < 33 or width < 1 or path.stat().st_size < start + rows * width:
        raise damaged(file_name, "DBF")
    fields = tuple(_fields(descriptors))
    if fields and fields[-1].offset + fields[-1].length > width:
        raise damaged(file_name, "DBF fields")
    return Dbf(path=path, rows=rows, start=start, width=width, fields=fields)


def _fields(descriptors: bytes) -> Iterator[DbfField]:
    offset = 1  # the first byte of a record is its deletion mark
    for at in range(0, len(descriptors) - 31, 32):
        if descriptors[at] == 0x0D:
            return
        kind, length = chr(descriptors[at + 11]), descriptors[at + 16]
        if kind == "C":
            # Clipper wrote the high byte of long fields where other types keep their decimals.
            length += descriptors[at + 17] << 8
        yield DbfField(kind=kind, offset=offset, length=length)
        offset += length


def _part(block: NDArray[np.uint8], field: DbfField) -> NDArray[np.uint8]:
    return np.asarray(block[:, field.offset : field.offset + field.length])


def _cells(part: NDArray[np.uint8]) -> set[bytes]:
    """The distinct cells that are not plain ASCII."""
    if part.size == 0 or int(part.max()) < 0x80:
        return set()
    return set(_texts(part[(part >= 0x80).any(axis=1)]))


def _texts(part: NDArray[np.uint8]) -> list[bytes]:
    if part.size == 0:
        return [b""] * len(part)
    whole = np.ascontiguousarray(part).view(f"S{part.shape[1]}")
    return [cell.rstrip(b" \0") for cell in whole.ravel().tolist()]


def _ends_in_half(cell: bytes, encoding: str) -> bool:
    try:
        cell.decode(encoding)
    except UnicodeDecodeError as fault:
        return fault.reason == "unexpected end of data"
    return False


def _has_buddhist_year(cells: set[bytes]) -> bool:
    return any(cell[:4].isdigit() and cell[:4] >= _FIRST_BUDDHIST_YEAR for cell in cells)


def _iso(cell: bytes) -> str | None:
    text = cell.decode("ascii", "replace").strip()
    if not text.strip("0"):
        return None
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text
