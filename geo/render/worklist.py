"""What an officer keys into LTAX Online because of a year's file, as a spreadsheet: one sheet for each kind of event.

LTAX Online has no interface for programs, so that people key by hand (DOMAIN §2.1); this is their list. The rules for
codes are those of one municipality's officers: codes that are made up by them are suggestions, and say so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import zip_longest
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from geo.errors import Text
from geo.layer import Layer
from geo.render.worklist_codes import Codes
from geo.shapes.measure import rai_ngan_wah
from geo.store.editions_books import ChangeLine

FONT = "TH Sarabun New"
SQUARE_METRES_OF_A_WAH = Decimal(4)


@dataclass(frozen=True)
class Sheet:
    """One event: its sheet's name (at most 31 characters), and what to do."""

    name: str
    do: Text


SHEETS = {
    "TRANSFER": Sheet(
        "โอน TRANSFER",
        Text("เพิ่มเจ้าของใหม่ ลบเจ้าของเดิม รหัสแปลงเดิม", "Add the new owner, delete the old one; the code stays"),
    ),
    "TRANSFER_PARTIAL": Sheet("โอนบางส่วน TRANSFER_PARTIAL", Text("เพิ่มเจ้าของร่วม", "Add the co-owner")),
    "OWNER_CORRECTION": Sheet(
        "แก้ชื่อ OWNER_CORRECTION", Text("แก้ข้อมูลเจ้าของในรายการเดิม", "Edit the owner's particulars in place")
    ),
    "BOUNDARY_CHANGE": Sheet("แก้เนื้อที่ BOUNDARY_CHANGE", Text("แก้เนื้อที่ตามผลรังวัด", "Edit the area as surveyed")),
    "SPLIT": Sheet(
        "แบ่งแยก SPLIT",
        Text(
            "แปลงคงเหลือใช้รหัสเดิมและแก้เนื้อที่ เพิ่มแปลงที่แบ่งออก",
            "The remaining parcel keeps the code, edit its area; add the parts",
        ),
    ),
    "MERGE": Sheet(
        "รวม MERGE",
        Text(
            "คงรหัสต่ำสุด แก้เนื้อที่เป็นผลรวม ยกเลิกแปลงอื่น เจ้าหน้าที่ยืนยัน",
            "The lowest code stays with the sum of the areas; cancel the others; an officer confirms",
        ),
    ),
    "NEW": Sheet(
        "แปลงใหม่ NEW",
        Text(
            "เพิ่มแปลงด้วยเลขถัดไปของบล็อก เจ้าหน้าที่ยืนยัน",
            "Add the parcel under the next number of its block; an officer confirms",
        ),
    ),
    "RETIRED": Sheet("ยกเลิก RETIRED", Text("เจ้าหน้าที่ตัดสินใจ", "The officer decides")),
    "REARRANGED": Sheet(
        "จัดรูปใหม่ REARRANGED", Text("ตรวจรูปแปลงแล้วแก้ทีละแปลง", "Look at the shapes, then edit parcel by parcel")
    ),
    "ELSEWHERE": Sheet("รหัสคนละที่ ELSEWHERE", Text("ตรวจว่ารหัสถูกต้อง", "See whether the code is right")),
    "RECODED": Sheet("เปลี่ยนรหัส RECODED", Text("แก้รหัสแปลง รูปเดิม", "Edit the code; the shape is the same")),
    "VALUES": Sheet("ข้อมูลอื่น VALUES", Text("แก้ข้อมูลที่เปลี่ยน", "Edit what changed")),
    "MISSING": Sheet("ไม่มีในไฟล์ MISSING", Text("ไม่มีในไฟล์นี้ เจ้าหน้าที่ตัดสินใจ", "Not in this file; the officer decides")),
}
_HEADER = (
    ("ทำแล้ว", "Done", 8),
    ("ที่", "No.", 7),
    ("รหัสเดิม", "Code before", 16),
    ("รหัสใหม่", "Code after", 16),
    ("รหัสที่แนะนำ (ไม่ใช่ของทางการ)", "Suggested code (a suggestion)", 20),
    ("เนื้อที่เดิม ไร่-งาน-ตร.ว.", "Area before, rai-ngan-wah", 18),
    ("เนื้อที่ใหม่ ไร่-งาน-ตร.ว.", "Area after, rai-ngan-wah", 18),
    ("วัดจากรูปเดิม", "Measured before", 16),
    ("วัดจากรูปใหม่", "Measured after", 16),
    ("ช่องที่เปลี่ยน", "Changed fields", 36),
    ("สิ่งที่ต้องทำ", "What to do (Thai)", 44),
    ("สิ่งที่ต้องทำ (อังกฤษ)", "What to do (English)", 44),
    ("ข้อควรดู", "To look at", 40),
    ("สถานะ", "State", 12),
)
STATES = {
    "open": "ยังไม่รับ · open", "accepted": "รับแล้ว · accepted", "declined": "ไม่รับ · declined",
    "stale": "ต้องเทียบใหม่ · stale",     "refused": "ถูกปฏิเสธ · refused",
}  # fmt: skip
_OWNERS_EVENTS = ("TRANSFER", "TRANSFER_PARTIAL", "OWNER_CORRECTION")


@dataclass(frozen=True, kw_only=True)
class Worklist:
    """What a worklist is made of.

    `values` are what the reader may see of a row beside what is public, by id and column (the tax office's owners and
    deeds, read through the read door and written down there); without them none is in it.
    """

    layer: Layer
    edition: int
    town: str
    file_name: str
    tax_year: int | None
    made_on: dt.date
    changes: Sequence[ChangeLine]
    codes: frozenset[str]
    values: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


def write_worklist(worklist: Worklist, out: IO[bytes]) -> dict[str, int]:
    """Write the spreadsheet; how many lines each sheet has, by the event's name."""
    book = Workbook(write_only=True)
    tasks: dict[str, list[ChangeLine]] = {name: [] for name in SHEETS}
    for change in worklist.changes:
        for name in _tasks(change):
            tasks[name].append(change)
    _front(book, worklist, {name: len(some) for name, some in tasks.items() if some})
    extra = tuple(dict.fromkeys(name for values in worklist.values.values() for name in values))
    codes = Codes(in_use=worklist.codes)
    for change in worklist.changes:
        codes.take(one for one in change.codes_after if one)
    lines: dict[str, int] = {}
    for name, some in tasks.items():
        if some:
            lines[name] = _sheet(book, name, some, worklist, codes, extra)
    book.save(out)
    return lines


def _tasks(change: ChangeLine) -> Iterator[str]:
    """The events that a change is keyed as: a boundary that moved when the land was sold is two of them."""
    if change.event == "PASSING":
        return
    owners = change.event if change.event in _OWNERS_EVENTS else None
    if owners:
        yield owners
    if change.kind == "VALUES" and change.event == "BOUNDARY_CHANGE":
        yield "BOUNDARY_CHANGE"
    elif change.kind not in ("TRANSFER",) or not owners:
        yield change.kind


def _front(book: Workbook, worklist: Worklist, counts: Mapping[str, int]) -> None:
    sheet = book.create_sheet("อ่านก่อน Read first")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 44, 60
    year = "–" if worklist.tax_year is None else f"{worklist.tax_year + 543} ({worklist.tax_year})"
    day = worklist.made_on
    lines: list[tuple[str, Any]] = [
        ("รายการคีย์ LTAX Online · Keying worklist", f"{worklist.layer.title.th} · {worklist.layer.title.en}"),
        ("เทศบาล · Municipality", worklist.town), ("ไฟล์ · File", worklist.file_name),
        ("รุ่น · Edition", worklist.edition), ("ปีภาษี · Tax year", year),
        ("ทำเมื่อ · Made on", f"{day:%d/%m}/{day.year + 543} · {day}"), ("", ""),
        ("รหัสที่แนะนำเป็นเพียงข้อเสนอ", "Suggested codes are suggestions: the officer gives the code"),
        ("กฎการให้รหัสมาจากเทศบาลหนึ่ง", "The rules for codes are one municipality's; others may differ"), ("", ""),
        *((SHEETS[name].name, f"{count:,}") for name, count in counts.items()),
    ]  # fmt: skip
    for row, (left, right) in enumerate(lines):
        sheet.append([_cell(sheet, left, bold=row == 0), _cell(sheet, right)])


def _sheet(
    book: Workbook, name: str, changes: Sequence[ChangeLine], worklist: Worklist, codes: Codes, extra: Sequence[str]
) -> int:
    sheet = book.create_sheet(SHEETS[name].name)
    fields = worklist.layer.fields
    header = [*_HEADER, *((fields[one].label.th, fields[one].label.en, 28) for one in extra)]
    for place, (_, _, width) in enumerate(header, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "E2"
    sheet.append([_cell(sheet, f"{th}\n{en}", bold=True, head=True) for th, en, _ in header])
    written = 0
    for change in changes:
        for line in _lines(name, change, worklist, codes):
            kept = worklist.values.get(line.id or 0, {})
            sheet.append([_cell(sheet, one) for one in (*line.cells, *(kept.get(one) for one in extra))])
            written += 1
    return written


@dataclass(frozen=True, kw_only=True)
class _Line:
    id: int | None
    cells: tuple[Any, ...]


def _lines(name: str, change: ChangeLine, worklist: Worklist, codes: Codes) -> Iterator[_Line]:
    """A line for each parcel: before and after side by side where they are one."""
    told, fields = SHEETS[name].do, worklist.layer.fields
    changed = ", ".join(f"{fields[one].label.th} ({fields[one].label.en})" for one in change.columns if one in fields)
    look = change.told if change.doubts or name in ("REARRANGED", "ELSEWHERE", "MERGE") else None
    suggested = codes.suggested(name, change.codes_before, change.codes_after)
    for before, after in _sides(change):
        yield _Line(
            id=None if before is None else change.old_ids[before] if before < len(change.old_ids) else None,
            cells=(
                "☐", change.number, _at(change.codes_before, before), _at(change.codes_after, after),
                None if after is None else suggested.get(after), _paper(_at(change.wah_before, before)),
                _paper(_at(change.wah_after, after)), _map(_at(change.areas_before, before)),
                _map(_at(change.areas_after, after)), changed, told.th, told.en, look and f"{look.th} · {look.en}",
                STATES.get(change.state, change.state),
            ),
        )  # fmt: skip


def _sides(change: ChangeLine) -> Iterator[tuple[int | None, int | None]]:
    """Places of rows before and after: the row that goes on beside itself, then the others."""
    going = {id: after for after, id in enumerate(change.continues) if id}
    pairs = [(before, going[id]) for before, id in enumerate(change.old_ids) if id in going]
    yield from pairs
    befores = [one for one in range(len(change.codes_before)) if one not in {before for before, _ in pairs}]
    afters = [one for one in range(len(change.codes_after)) if one not in {after for _, after in pairs}]
    if change.kind == "MERGE" or pairs:
        yield from ((one, None) for one in befores)
        yield from ((None, one) for one in afters)
    else:
        yield from zip_longest(befores, afters)


def _at(values: Sequence[Any], place: int | None) -> Any:
    return None if place is None or place >= len(values) else values[place]


def _paper(wah: float | None) -> str | None:
    return None if wah is None else str(rai_ngan_wah(Decimal(str(round(wah, 3))) * SQUARE_METRES_OF_A_WAH))


def _map(square_metres: float | None) -> str | None:
    if square_metres is None:
        return None
    # A tenth of a square wah is what a deed shows.
    wah = round(Decimal(str(square_metres)) / SQUARE_METRES_OF_A_WAH, 1)
    return str(rai_ngan_wah(wah * SQUARE_METRES_OF_A_WAH))


_PLAIN = Font(name=FONT, size=14)
_BOLD = Font(name=FONT, size=14, bold=True)
_HEAD = PatternFill("solid", fgColor="FFE6DFD8")
_TOP = Alignment(vertical="top", wrap_text=True)


def _cell(sheet: Any, value: Any, *, bold: bool = False, head: bool = False) -> Any:
    """A cell that is what it says: text that begins like a formula stays text, here and where it is opened."""
    text = isinstance(value, str)
    if text:
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
    elif value is not None and not isinstance(value, (int, float, Decimal, dt.date)):
        value, text = ILLEGAL_CHARACTERS_RE.sub("", str(value)), True
    cell = WriteOnlyCell(sheet, value=value)
    cell.font, cell.alignment = _BOLD if bold else _PLAIN, _TOP
    if head:
        cell.fill = _HEAD
    if text:
        cell.data_type = "s"
        if re.match(r"\s*[=+\-@\t\r]", value):
            cell.quotePrefix = True
    return cell
