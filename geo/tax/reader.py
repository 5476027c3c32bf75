"""The one strict reader of the tables under `data/tax`: a cell that is not plainly right stops it, with its row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from geo.errors import Problem, RefusedRates, Text
from geo.tax.years import FIRST_BUDDHIST_YEAR, FIRST_YEAR

_WHOLE = re.compile(r"0|[1-9][0-9]{0,14}")
# Four decimals of a percent are one in a million, which the arrays of `many_taxes` count in.
_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,4})?")
_THAI_DIGITS = re.compile("[๐-๙]")


@dataclass(frozen=True, kw_only=True)
class Dated:
    """One row of a table: the Gregorian tax years for which it holds (`valid_to` None: until another says otherwise).

    `section` is the section of the Act where a source names it; `row` counts from 1, the first below the heading.
    """

    valid_from: int
    valid_to: int | None
    section: str | None
    source: str
    row: int = field(compare=False)

    def holds(self, year: int) -> bool:
        """Whether it is the rule of that year."""
        return self.valid_from <= year and (self.valid_to is None or year <= self.valid_to)


class BadCell(Exception):
    """A cell that cannot be taken, in words."""

    def __init__(self, column: str, th: str, en: str) -> None:
        super().__init__(en)
        self.column, self.told = column, Text(th, en)


@dataclass(frozen=True)
class Row:
    """The cells of one row, asked for by what they must be."""

    number: int
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """Words that must be there."""
        if not (found := self.cells[column].strip()):
            raise BadCell(column, "ว่าง", "is empty")
        return found

    def one_of(self, column: str, known: Sequence[str]) -> str:
        """A code that is known."""
        if (found := self.text(column)) not in known:
            raise BadCell(column, f"ไม่รู้จัก “{found}”", f"“{found}” is not known")
        return found

    def whole(self, column: str) -> int:
        """A whole number in western digits."""
        return int(self._matching(column, _WHOLE))

    def whole_or_none(self, column: str) -> int | None:
        """A whole number, or nothing."""
        return self.whole(column) if self.cells[column].strip() else None

    def number_of(self, column: str) -> Decimal:
        """A number with at most four decimals, in western digits."""
        return Decimal(self._matching(column, _NUMBER))

    def year(self, column: str) -> int:
        """A Gregorian year of the Act."""
        found = self.whole(column)
        if found >= FIRST_BUDDHIST_YEAR:
            raise BadCell(column, f"{found} เป็น พ.ศ. โปรดเขียน {found - 543}", f"{found} is B.E.; write {found - 543}")
        if not FIRST_YEAR <= found <= FIRST_YEAR + 200:
            raise BadCell(column, f"ปี {found} อยู่นอกช่วง", f"the year {found} is out of range")
        return found

    def yes(self, column: str) -> bool:
        """`yes` or `no`."""
        return self.one_of(column, ("yes", "no")) == "yes"

    def _matching(self, column: str, form: re.Pattern[str]) -> str:
        found = self.text(column)
        if _THAI_DIGITS.search(found):
            raise BadCell(column, f"“{found}” เป็นเลขไทย โปรดใช้ 0-9", f"“{found}” has Thai digits; use 0-9")
        if not form.fullmatch(found):
            raise BadCell(column, f"“{found}” ไม่ใช่ตัวเลขที่รับ", f"“{found}” is not a number that is taken here")
        return found


Kind = TypeVar("Kind")


def read(
    name: str, written: bytes | None, columns: Sequence[str], made: Callable[[Row], Kind]
) -> tuple[Kind, ...]:  # fmt: skip
    """The rows of a table, each made by `made`; RefusedRates with every row that cannot be taken."""
    rows = _rows(name, written, columns)
    found: list[Kind] = []
    wrong: list[Problem] = []
    for number, cells in enumerate(rows, start=1):
        try:
            if len(cells) != len(columns):
                raise BadCell(columns[0], "จำนวนช่องไม่ตรงกับหัวตาราง", "has more or fewer cells than the heading")
            found.append(made(Row(number, dict(zip(columns, cells, strict=True)))))
        except BadCell as error:
            wrong.append(problem(number, error.column, error.told))
    if wrong:
        raise refused(name, wrong)
    return tuple(found)


def _rows(name: str, written: bytes | None, columns: Sequence[str]) -> list[list[str]]:
    if written is None:
        raise refused(name, [problem(None, None, Text("ไม่มีไฟล์นี้", "the file is not there"))])
    try:
        rows = cells_of(written.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise refused(name, [problem(None, None, Text("ไม่ใช่ UTF-8", "the file is not UTF-8"))]) from None
    except csv.Error:
        raise refused(name, [problem(None, None, Text("อ่านเป็น CSV ไม่ได้", "the file cannot be read as CSV"))]) from None
    if len(rows) < 2:
        raise refused(name, [problem(None, None, Text("ไม่มีข้อมูล", "the file holds no rows"))])
    if rows[0] != list(columns):
        told = Text(f"หัวตารางต้องเป็น {','.join(columns)}", f"the heading must be {','.join(columns)}")
        raise refused(name, [problem(None, None, told)])
    return rows[1:]


def cells_of(written: str) -> list[list[str]]:
    """The lines of a CSV that hold anything; `csv.Error` for what is none."""
    return [cells for cells in csv.reader(io.StringIO(written, newline="")) if cells]


def problem(row: int | None, column: str | None, told: Text) -> Problem:
    """One thing that is wrong with a table."""
    return Problem(code="bad-rates", told=told, level="error", row=row, column=column)


def refused(name: str, wrong: Sequence[Problem]) -> RefusedRates:
    """The refusal of a table, which names the rows."""

    def place(one: Problem) -> Text:
        column = f" {one.column}" if one.column else ""
        return Text(f"แถว {one.row}{column}: ", f"row {one.row}{column}: ") if one.row else Text("", "")

    th = "; ".join(f"{place(one).th}{one.told.th}" for one in wrong)
    en = "; ".join(f"{place(one).en}{one.told.en}" for one in wrong)
    return RefusedRates(f"ใช้ตาราง {name} ไม่ได้: {th}", f"The table {name} cannot be used: {en}", problems=tuple(wrong))
