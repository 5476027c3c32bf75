"""Spreadsheets (.xlsx): one sheet, written out as the CSV that it would have been, and read as one.

A sheet that people made has a title above its headers, headers merged over two rows, formulas that nobody worked out.
What is decided about these is told; nothing is worked out here that the file does not hold.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from geo.errors import Problem, Text
from geo.intake.archive import refuse_dangers
from geo.intake.csv_places import Places
from geo.intake.csv_table import csv_table
from geo.intake.encoding import ALWAYS_UTF8
from geo.intake.kinds import XLSX
from geo.intake.refusals import damaged, refusal
from geo.intake.tables import Notes, Table
from geo.shapes.listening import warnings_heard

MOST_BYTES = 2 * 1024**3
LOOKED_AT = 50
MOST_COLUMNS = 500
_CHUNK = 1024**2
# The stubs of openpyxl leave these without types.
_load: Any = openpyxl.load_workbook
_boundaries: Any = range_boundaries
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3}[0-9]+:[A-Z]{1,3}[0-9]+)"')
# A formula whose answer nobody kept: <c r="B2"><f>A2*2</f></c>, or with an empty <v>.
_UNANSWERED = re.compile(
    rb'<c r="([A-Z]{1,3}[0-9]+)"[^>]*>\s*<f(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
_FAULTS = (InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError,
           IndexError, AttributeError, EOFError, OSError)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What only the XML of a sheet tells: merged ranges (first column, first row, last column, last row, from 1)."""

    merged: tuple[tuple[int, int, int, int], ...]
    unanswered: tuple[str, ...]


def xlsx_table(
    path: Path, *, file_name: str, sheet: str | None, asked: Places, notes: Notes, folder: Path
) -> Table:  # fmt: skip
    """The sheet as a table of texts; RefusedImport when there is none, or more than one and nobody said which."""
    copy = folder / "sheet.csv"
    try:
        with warnings_heard():  # of styles and validations that it does not keep
            _write_out(path, file_name, sheet, notes, copy)
    except _FAULTS as fault:
        raise damaged(file_name, f"XLSX: {type(fault).__name__}") from fault
    table = csv_table(copy, file_name=file_name, encoding="UTF-8", asked=asked, notes=notes)
    return replace(table, driver=XLSX, decision=ALWAYS_UTF8)


def _write_out(path: Path, file_name: str, sheet: str | None, notes: Notes, copy: Path) -> None:
    with zipfile.ZipFile(path) as zipped:
        refuse_dangers(zipped.infolist(), file_name, MOST_BYTES)
        _refuse_document_types(zipped, file_name)
    book: Any = _load(path, read_only=True, data_only=True, keep_links=False)
    try:
        chosen = _chosen(book, file_name, sheet)
        look = _looked_into(path, chosen._worksheet_path)
        _tell_formulas(look, chosen.title, notes)
        rows = _rows(chosen, notes)
        first = list(itertools.islice(rows, LOOKED_AT))
        head, names = _header(first, look, file_name, notes)
        with copy.open("x", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            for row in itertools.chain(first[head:], rows):
                _write(writer, row, len(names))
    finally:
        book.close()


def _write(writer: Any, row: Sequence[str], width: int) -> None:
    if any(row):
        # An empty first line of a CSV would be no row at all; a quoted nothing is one.
        writer.writerow([*row[:width], *[""] * (width - len(row))])


def _refuse_document_types(zipped: zipfile.ZipFile, file_name: str) -> None:
    """A document type is how XML is made to grow without end; a spreadsheet has none."""
    for member in zipped.infolist():
        if member.filename.endswith((".xml", ".rels")):
            with zipped.open(member) as part:
                if b"<!DOCTYPE" in (head := part.read(4096)) or b"<!ENTITY" in head:
                    raise refusal(
                        "xml-document-type",
                        f"{file_name} มีการประกาศ DOCTYPE ซึ่งไม่รับ",
                        f"{file_name} declares a DOCTYPE, which is not taken",
                    )


def _chosen(book: Any, file_name: str, asked: str | None) -> Any:
    """The one sheet with rows that people see, or the one that was asked for."""
    sheets = {one.title: one for one in book.worksheets if hasattr(one, "iter_rows")}
    if asked is not None:
        if asked in sheets:
            return sheets[asked]
        raise refusal(
            "unknown-layer",
            f"{file_name} ไม่มีแผ่นงานชื่อ {asked}",
            f"{file_name} has no sheet named {asked}",
            choices=[Text(f"--sheet {name}", f"--sheet {name}") for name in sheets],
        )
    filled = {name: one for name, one in sheets.items() if one.sheet_state == "visible" and _has_rows(one)}
    if len(filled) == 1:
        return next(iter(filled.values()))
    if not filled:
        raise refusal("empty", f"{file_name} ไม่มีแผ่นงานที่มีข้อมูล", f"{file_name} has no sheet with rows")
    raise refusal(
        "several-datasets",
        f"{file_name} มี {len(filled)} แผ่นงานที่มีข้อมูล ต้องเลือกหนึ่งแผ่น",
        f"{file_name} has {len(filled)} sheets with rows; choose one",
        choices=[Text(f"--sheet {name}", f"--sheet {name}") for name in filled],
    )


def _has_rows(sheet: Any) -> bool:
    """Whether two rows say something: a header and a row."""
    sheet.reset_dimensions()
    filled = 0
    for row in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS):
        filled += any(cell is not None and str(cell).strip() for cell in row)
        if filled > 1:
            return True
    return False


def _looked_into(path: Path, member: str) -> _Look:
    merged: list[tuple[int, int, int, int]] = []
    unanswered: list[str] = []
    rest = b""
    with zipfile.ZipFile(path) as zipped, zipped.open(member.lstrip("/")) as part:
        while piece := part.read(_CHUNK):
            text = rest + piece
            # A cell or a range may go on in the next piece: what begins after the last whole one is kept for it.
            cut = max(text.rfind(b"</c>") + 4, text.rfind(b"<mergeCell "), 0)
            whole, rest = text[:cut], text[cut:]
            merged += [_range(found) for found in _MERGED.findall(whole)]
            unanswered += [found.decode() for found in _UNANSWERED.findall(whole)]
            rest = rest[-_CHUNK:]
    merged += [_range(found) for found in _MERGED.findall(rest)]
    return _Look(merged=tuple(merged), unanswered=tuple(unanswered))


def _range(found: bytes) -> tuple[int, int, int, int]:
    west, north, east, south = (edge or 0 for edge in _boundaries(found.decode()))
    return west, north, east, south


def _tell_formulas(look: _Look, sheet: str, notes: Notes) -> None:
    if not look.unanswered:
        return
    count, some = len(look.unanswered), ", ".join(look.unanswered[:5])
    told = Text(
        f"แผ่นงาน {sheet} มีสูตร {count:,} ช่องที่ไม่มีผลลัพธ์เก็บไว้ ({some} …) จึงอ่านเป็นค่าว่าง: เปิดด้วย Excel แล้วบันทึกใหม่",
        f"{count:,} formulas of the sheet {sheet} have no stored answer ({some} …) and were read as empty: "
        "open it in Excel and save it again",
    )
    notes.add(Problem(code="formula-without-value", told=told))


def _rows(sheet: Any, notes: Notes) -> Iterator[list[str]]:
    """Every row from the first, as texts; what Excel shows as an error is nothing, and told."""
    sheet.reset_dimensions()
    faulty = 0
    for row in sheet.iter_rows(max_col=MOST_COLUMNS):
        texts = [_text(cell.value) if cell.data_type != "e" else "" for cell in row]
        faulty += sum(cell.data_type == "e" for cell in row)
        while texts and not texts[-1]:
            texts.pop()
        yield texts
    if faulty:
        told = Text(
            f"มี {faulty:,} ช่องที่ Excel แสดงเป็นข้อผิดพลาด (#REF! #N/A …) อ่านเป็นค่าว่าง",
            f"{faulty:,} cells show an error of Excel (#REF!, #N/A …) and were read as empty",
        )
        notes.add(Problem(code="cell-errors", told=told))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ", timespec="seconds")
    return str(value).replace("\x00", "").replace("\x1e", "").strip()


def _header(first: Sequence[list[str]], look: _Look, file_name: str, notes: Notes) -> tuple[int, list[str]]:
    """After how many rows the data begins, and what the columns are called.

    The header is the first row with texts in nearly as many columns as any row here fills. Where some of its cells
    are merged across, the row below tells them apart.
    """
    widest = max((sum(map(bool, row)) for row in first), default=0)
    at = next((place for place, row in enumerate(first) if _may_be_header(row, widest, look, place + 1)), None)
    if at is None:
        raise refusal("no-header", f"{file_name} ไม่มีแถวหัวตาราง", f"{file_name} has no row of headers")
    spans = _across(look, at + 1)
    rows = max([1, *(south - at for _, north, _, south in look.merged if north == at + 1)])
    rows = max(rows, 2 if spans else 1)
    width = max(len(row) for row in first[at : at + rows])
    names = _names(first[at : at + rows], spans, width)
    if rows > 1:
        told = Text(
            f"หัวตารางซ้อน {rows} แถว (ผสานเซลล์) รวมเป็นชื่อเดียว: {', '.join(filter(None, names))[:300]}",
            f"the header has {rows} rows with merged cells, joined to: {', '.join(filter(None, names))[:300]}",
        )
        notes.add(Problem(code="merged-headers", told=told))
    if at:
        told = Text(f"ข้ามแถวก่อนหัวตาราง {at} แถว", f"{at} rows above the header were passed over")
        notes.add(Problem(code="header-lower", told=told))
    return at + rows, names


def _may_be_header(row: Sequence[str], widest: int, look: _Look, line: int) -> bool:
    # A merged cell stands for all the columns it lies over.
    written = sum(map(bool, row))
    filled = written + (sum(east - west for west, _, east in _across(look, line)) if written > 1 else 0)
    texts = sum(bool(cell) and not re.fullmatch(r"[-0-9.,/ :]+", cell) for cell in row)
    return filled >= max(1, min(2, widest)) and filled >= widest * 0.6 and texts >= written * 0.6


def _across(look: _Look, line: int) -> list[tuple[int, int, int]]:
    """Cells of this line that are merged over several columns: first column, last line, last column.

    A title over the whole sheet is no header.
    """
    return [(west, south, east) for west, north, east, south in look.merged if north == line and east > west]


def _names(rows: Sequence[list[str]], spans: Sequence[tuple[int, int, int]], width: int) -> list[str]:
    """The lowest name of each column; the group's name before it only where two would be called the same."""

    def cell(line: int, column: int) -> str:
        return " ".join(rows[line][column].split()) if column < len(rows[line]) else ""

    groups = {column - 1: cell(0, west - 1) for west, _, east in spans for column in range(west, east + 1)}
    lowest = [
        next((cell(line, column) for line in reversed(range(len(rows))) if cell(line, column)), "")
        for column in range(width)
    ]
    return [
        f"{groups[column]} {name}".strip() if lowest.count(name) > 1 and groups.get(column, name) != name else name
        for column, name in enumerate(lowest)
    ]
