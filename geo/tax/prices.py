"""A town's price table: appraised baht for a square metre of a building, by the Treasury's types (DOMAIN §3.5).

The prices are a province's own and come as a CSV that an officer made in a spreadsheet. Reading is strict, and tells
all that is wrong at once; what is taken in another way than it is written (a Buddhist year) is told too.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from geo.codes import CodeList, folded
from geo.errors import BadRequest, Problem, RefusedRates, Text
from geo.tax.reader import BadCell, cells_of, problem, refused
from geo.tax.years import FIRST_YEAR, read_year

MOST_ROWS = 5_000
MOST_BAHT = 10_000_000
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,2}(?:,[0-9]{3})*|[1-9][0-9]*)(?:\.[0-9]{1,2})?")
_THAI_DIGITS = re.compile("[๐-๙]")
_CODE, _PRICE, _FROM, _TO, _NAME = "building_type", "baht_per_square_metre", "valid_from", "valid_to", "name"
# What offices call the columns; the name of a type is for the eye alone.
_HEADINGS = {
    _CODE: ("building_type", "code", "type", "รหัส", "รหัสประเภท", "รหัสสิ่งปลูกสร้าง"),
    _PRICE: ("baht_per_square_metre", "price", "baht", "ราคา", "ราคาต่อ ตร.ม.", "ราคาประเมินต่อตารางเมตร", "บาท/ตร.ม.",
             "บาทต่อตารางเมตร", "ราคาประเมิน"),
    _FROM: ("valid_from", "year", "ปี", "ปีภาษี", "ตั้งแต่ปี", "ตั้งแต่ปีภาษี"),
    _TO: ("valid_to", "ถึงปี", "ถึงปีภาษี"),
    _NAME: ("name", "ชื่อ", "ประเภท", "ประเภทสิ่งปลูกสร้าง", "รายการ"),
}  # fmt: skip
Kind = TypeVar("Kind")
_MEANT = {folded(written): name for name, ways in _HEADINGS.items() for written in ways}


@dataclass(frozen=True, kw_only=True)
class Price:
    """One row: baht for a square metre of a type, in Gregorian tax years (`valid_to` None: until another follows)."""

    building_type: str
    baht: Decimal
    valid_from: int
    valid_to: int | None
    row: int

    def holds(self, year: int) -> bool:
        """Whether it is the price of that year."""
        return self.valid_from <= year and (self.valid_to is None or year <= self.valid_to)


@dataclass(frozen=True, kw_only=True)
class Prices:
    """The table, and what to know of how it was read."""

    rows: tuple[Price, ...]
    told: tuple[Text, ...] = ()

    def of(self, building_type: str, year: int) -> Price | None:
        """The price of a type in a year, if the table has one; a later one ends an open one before it."""
        ours = (one for one in self.rows if one.building_type == building_type and one.holds(year))
        return max(ours, key=lambda one: one.valid_from, default=None)


def read_prices(written: bytes, name: str = "prices.csv") -> Prices:
    """The table in a file; RefusedRates with every row and column that cannot be taken."""
    told: dict[Text, None] = {}
    rows, columns = _rows(written, name, told)
    found: list[Price] = []
    wrong: list[Problem] = []
    for number, cells in enumerate(rows, start=1):
        of = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            wrong.append(problem(number, None, Text("มีช่องมากกว่าหัวตาราง", "has more cells than the heading")))
            continue
        price, mistakes = _price(number, of, told)
        wrong += mistakes
        if price is not None:
            found.append(price)
    wrong += _between(found)
    if wrong:
        raise refused(name, sorted(wrong, key=lambda one: one.row or 0))
    absent = [one for one in CodeList.read("building_type").by_code if one not in {row.building_type for row in found}]
    if absent:
        said = ", ".join(absent)
        told[Text(f"ยังไม่มีราคาของประเภท {said} อาคารประเภทนี้จะยังประมาณการไม่ได้",
                  f"There is no price for the types {said}; these cannot be estimated yet")] = None  # fmt: skip
    return Prices(rows=tuple(found), told=tuple(told))


def _rows(written: bytes, name: str, told: dict[Text, None]) -> tuple[list[list[str]], list[str]]:
    text = _text(written, name, told)
    try:
        lines = [one for one in cells_of(text) if any(cell.strip() for cell in one)]
    except csv.Error:
        raise _refusal(name, "อ่านเป็น CSV ไม่ได้", "the file cannot be read as CSV") from None
    if len(lines) < 2:
        raise _refusal(name, "ไม่มีข้อมูล", "the file holds no rows")
    if len(lines) > MOST_ROWS:
        raise _refusal(name, f"เกิน {MOST_ROWS:,} แถว", f"has more than {MOST_ROWS:,} rows")
    heading = [one.strip() for one in lines[0]]
    while heading and not heading[-1]:
        heading.pop()
    columns = [_MEANT.get(folded(one), "") for one in heading]
    wrong = [
        problem(None, one or None, Text("ไม่รู้จักหัวคอลัมน์นี้", "this heading is not known"))
        for one, meant in zip(heading, columns, strict=True) if not meant
    ]  # fmt: skip
    wrong += [
        problem(None, one, Text("มีคอลัมน์นี้มากกว่าหนึ่ง", "this column is there more than once"))
        for one in dict.fromkeys(columns) if one and columns.count(one) > 1
    ]  # fmt: skip
    wrong += [
        problem(None, one, Text("ไม่มีคอลัมน์นี้", "this column is missing"))
        for one in (_CODE, _PRICE) if one not in columns
    ]  # fmt: skip
    if wrong:
        raise refused(name, wrong)
    return lines[1:], columns


def _text(written: bytes, name: str, told: dict[Text, None]) -> str:
    try:
        return written.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        # What a Thai spreadsheet saves as "CSV".
        found = written.decode("cp874")
    except UnicodeDecodeError:
        raise _refusal(name, "ไม่ใช่ UTF-8 หรือ Windows-874", "the file is neither UTF-8 nor Windows-874") from None
    told[Text("อ่านเป็นรหัสอักษร Windows-874 (TIS-620)", "Read as Windows-874 (TIS-620)")] = None
    return found


def _refusal(name: str, th: str, en: str) -> RefusedRates:
    return refused(name, [problem(None, None, Text(th, en))])


def _price(number: int, of: dict[str, str], told: dict[Text, None]) -> tuple[Price | None, list[Problem]]:
    """A row, or all that is wrong with it."""
    wrong: list[Problem] = []

    def read(column: str, way: Callable[[str, str], Kind]) -> Kind | None:
        try:
            return way(column, of.get(column, ""))
        except (BadCell, BadRequest) as error:
            wrong.append(problem(number, column, error.told))
        return None

    def year(column: str, written: str) -> int | None:
        if not written:
            return None
        _without_thai_digits(column, written)
        found, converted = read_year(written)
        if converted is not None:
            told[converted] = None
        return found

    code, baht, start, end = read(_CODE, _code), read(_PRICE, _baht), read(_FROM, year), read(_TO, year)
    first = FIRST_YEAR if start is None else start
    if end is not None and end < first:
        wrong.append(problem(number, _TO, Text("สิ้นสุดก่อนเริ่ม", "ends before it begins")))
    if wrong or code is None or baht is None:
        return None, wrong
    return Price(building_type=code, baht=baht, valid_from=first, valid_to=end, row=number), []


def _code(_column: str, written: str) -> str:
    if not written:
        raise BadCell(_CODE, "ว่าง", "is empty")
    _without_thai_digits(_CODE, written)
    if written not in CodeList.read("building_type").by_code:
        raise BadCell(_CODE, f"ไม่รู้จักประเภท “{written[:40]}”", f"the type “{written[:40]}” is not known")
    return written


def _baht(_column: str, written: str) -> Decimal:
    if not written:
        raise BadCell(_PRICE, "ว่าง", "is empty")
    _without_thai_digits(_PRICE, written)
    if written.startswith("-"):
        raise BadCell(_PRICE, f"“{written[:40]}” ติดลบ", f"“{written[:40]}” is negative")
    if not _NUMBER.fullmatch(written):
        raise BadCell(_PRICE, f"“{written[:40]}” ไม่ใช่ราคา เช่น 7250 หรือ 7,250.50",
                      f"“{written[:40]}” is no price, such as 7250 or 7,250.50")  # fmt: skip
    found = Decimal(written.replace(",", ""))
    if not 0 < found <= MOST_BAHT:
        raise BadCell(
            _PRICE, f"ราคาต้องมากกว่า 0 และไม่เกิน {MOST_BAHT:,}", f"the price must be above 0, up to {MOST_BAHT:,}"
        )
    return found


def _without_thai_digits(column: str, written: str) -> None:
    if _THAI_DIGITS.search(written):
        raise BadCell(column, f"“{written[:40]}” มีเลขไทย โปรดใช้ 0-9", f"“{written[:40]}” has Thai digits; use 0-9")


def _between(found: Sequence[Price]) -> list[Problem]:
    """Types that are priced twice for a year, or not at all between two of their prices."""
    wrong: list[Problem] = []
    of: dict[str, list[Price]] = defaultdict(list)
    for one in found:
        of[one.building_type].append(one)
    for code, rows in of.items():
        rows.sort(key=lambda one: (one.valid_from, one.row))
        for number, after in enumerate(rows[1:]):
            before = rows[number]
            if before.valid_from == after.valid_from:
                told = Text(f"ประเภท {code} ซ้ำกับแถว {before.row}", f"the type {code} is in row {before.row} already")
                wrong.append(problem(after.row, _CODE, told))
            elif before.valid_to is not None and before.valid_to >= after.valid_from:
                told = Text(f"ปีของประเภท {code} ซ้อนกับแถว {before.row}", f"the years of {code} overlap row {before.row}")
                wrong.append(problem(after.row, _FROM, told))
            elif before.valid_to is not None and before.valid_to + 1 < after.valid_from:
                told = Text(f"ประเภท {code} ไม่มีราคาระหว่างแถว {before.row} กับแถวนี้",
                            f"{code} has no price between row {before.row} and this one")  # fmt: skip
                wrong.append(problem(after.row, _FROM, told))
    return wrong
