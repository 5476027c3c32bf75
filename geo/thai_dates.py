"""Dates as Thai offices write them; the order of day and month is decided once for a column.

Not cell by cell.

`1/2/2568` alone does not say its order, but the column usually does: `26/1/2568` further down is day first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

import pyarrow as pa

from geo.errors import Text
from geo.thai_digits import western_digits


class Order(StrEnum):
    """Which number of `1/2/2568` is the day."""

    DAY_FIRST = "D/M/Y"
    MONTH_FIRST = "M/D/Y"


@dataclass(frozen=True, kw_only=True, slots=True)
class DateOrder:
    """What the written dates of one column show; add two of them to join the batches of a file."""

    only_day_first: int = 0
    only_month_first: int = 0
    either: int = 0
    year_first: int = 0
    thai_month: int = 0
    buddhist: int = 0
    unreadable: int = 0

    def __add__(self, other: DateOrder) -> DateOrder:
        return DateOrder(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    @property
    def order(self) -> Order:
        """The order that ambiguous values follow: the one certain order, else Thai day first."""
        if self.only_month_first and not self.only_day_first:
            return Order.MONTH_FIRST
        return Order.DAY_FIRST

    @property
    def mixed(self) -> bool:
        """Both orders occur, so that ambiguous values cannot be trusted."""
        return bool(self.only_month_first and self.only_day_first)

    @property
    def assumed(self) -> bool:
        """Nothing in the column decides; day first is taken because that is how Thai is written."""
        return bool(self.either) and not (self.only_day_first or self.only_month_first or self.buddhist)

    @property
    def told(self) -> Text:
        """What was decided and why."""
        if self.mixed:
            return Text(
                f"คอลัมน์นี้มีทั้ง วัน/เดือน/ปี ({self.only_day_first} ค่า) และ เดือน/วัน/ปี ({self.only_month_first} ค่า); "
                f"อีก {self.either} ค่าอ่านได้สองแบบ จึงอ่านเป็น วัน/เดือน/ปี และทำเครื่องหมายไว้",
                f"this column mixes D/M/Y ({self.only_day_first}) and M/D/Y ({self.only_month_first}); "
                f"{self.either} can be read both ways, were read as D/M/Y and are marked",
            )
        if self.order is Order.MONTH_FIRST:
            return Text(
                f"อ่านเป็น เดือน/วัน/ปี เพราะ {self.only_month_first} ค่าอ่านแบบอื่นไม่ได้",
                f"read as M/D/Y, because {self.only_month_first} values can be read no other way",
            )
        if self.assumed:
            return Text(
                "ไม่มีค่าใดบอกลำดับวันกับเดือน จึงอ่านเป็น วัน/เดือน/ปี ตามแบบไทย",
                "no value tells day from month; read as D/M/Y, the Thai way",
            )
        return Text("อ่านเป็น วัน/เดือน/ปี", "read as D/M/Y")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadDate:
    """A date as read; `reason` says why there is no value. `precision` is `day`, `month` or `year`."""

    value: date | None
    ambiguous: bool = False
    was_buddhist: bool = False
    precision: str = "day"
    reason: Text | None = None


_MONTHS = (
    ("ม.ค.", "มค", "มกราคม", "มกรา"), ("ก.พ.", "กพ", "กุมภาพันธ์", "กุมภา"), ("มี.ค.", "มีค", "มีนาคม", "มีนา"),
    ("เม.ย.", "เมย", "เมษายน", "เมษา"), ("พ.ค.", "พค", "พฤษภาคม", "พฤษภา"), ("มิ.ย.", "มิย", "มิถุนายน", "มิถุนา"),
    ("ก.ค.", "กค", "กรกฎาคม", "กรกฏาคม"), ("ส.ค.", "สค", "สิงหาคม", "สิงหา"), ("ก.ย.", "กย", "กันยายน", "กันยา"),
    ("ต.ค.", "ตค", "ตุลาคม", "ตุลา"), ("พ.ย.", "พย", "พฤศจิกายน", "พฤศจิกา"), ("ธ.ค.", "ธค", "ธันวาคม", "ธันวา"),
)  # fmt: skip
_MONTH_NUMBER = {
    name.replace(".", ""): month for month, names in enumerate(_MONTHS, start=1) for name in names
} | {
    name: month
    for month, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), start=1)
    for name in names.split()
}  # fmt: skip
_TIME = (
    r"(?:[T\s,]*(?:เวลา)?\s*[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?(?:\.[0-9]+)?"
    r"\s*(?:น\.?|[AaPp][Mm])?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_NUMBERS_FIRST = re.compile(r"([0-9]{1,2})\s*[/.\-]\s*([0-9]{1,2})\s*[/.\-]\s*([0-9]{1,4})" + _TIME)
_YEAR_FIRST = re.compile(r"([0-9]{4})\s*[/.\-]\s*([0-9]{1,2})\s*[/.\-]\s*([0-9]{1,2})" + _TIME)
_COMPACT = re.compile(r"([12][0-9]{3})([01][0-9])([0-3][0-9])")
_NAMED_MONTH = re.compile(
    r"(?:วัน[^0-9]*)?(?:([0-9]{1,2})[\s\-/]*)?(?:เดือน\s*)?([ก-๎.]+?|[A-Za-z]{3,9}\.?)[\s\-/,]*"
    r"(พ\.?\s?ศ\.?|ค\.?\s?ศ\.?|ปี)?\s*([0-9]{4}|[0-9]{2})" + _TIME
)
_YEAR_ONLY = re.compile(r"(?:พ\.?\s?ศ\.?|ปี)?\s*([0-9]{4})")
_FIRST_BUDDHIST_YEAR = 2400

_UNREADABLE = Text("อ่านเป็นวันที่ไม่ได้", "cannot be read as a date")
_NO_SUCH_DAY = Text("ไม่มีวันที่นี้ในปฏิทิน", "there is no such day")
_TWO_DIGIT_YEAR = Text("ปีมีสองหลัก ไม่รู้ว่าเป็น พ.ศ. หรือ ค.ศ.", "the year has two digits: Buddhist or Common Era?")
_FAR_YEAR = Text("ปีอยู่นอกช่วงที่เป็นไปได้ (อาจบวก 543 ซ้ำ)", "the year is out of range (543 added twice, perhaps)")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Written:
    """One date taken apart: `form` tells how its parts stand; `first`, `second` are as written."""

    form: str
    year: int
    first: int = 1
    second: int = 1
    short_year: bool = False
    precision: str = "day"


def date_order(values: Iterable[str | None]) -> DateOrder:
    """The facts of a column's written dates."""
    counts = dict.fromkeys((f.name for f in fields(DateOrder)), 0)
    for value in values:
        if value is None or not value.strip():
            continue
        written = _taken_apart(value)
        if written is None:
            counts["unreadable"] += 1
            continue
        counts["buddhist"] += written.year >= _FIRST_BUDDHIST_YEAR
        if kind := _kind(written):
            counts[kind] += 1
    return DateOrder(**counts)


def _kind(written: _Written) -> str | None:
    """Which count of DateOrder a date adds to; `5/5/2568` reads the same both ways and adds to none."""
    if written.form != "numbers":
        return written.form
    if written.first > 12 >= written.second:
        return "only_day_first"
    if written.second > 12 >= written.first:
        return "only_month_first"
    if written.first > 12:
        return "unreadable"
    return None if written.first == written.second else "either"


def read_date(text: str, order: DateOrder) -> ReadDate:
    """One date; blank gives no value and no reason. Never raises."""
    if not text.strip():
        return ReadDate(value=None)
    written = _taken_apart(text)
    if written is None:
        return ReadDate(value=None, reason=_UNREADABLE)
    if written.short_year:
        return ReadDate(value=None, reason=_TWO_DIGIT_YEAR)
    kind = _kind(written)
    month_first = kind == "only_month_first" or (kind == "either" and order.order is Order.MONTH_FIRST)
    month, day = (written.first, written.second) if month_first else (written.second, written.first)
    buddhist = written.year >= _FIRST_BUDDHIST_YEAR
    # The year is converted before the date is built: 29/02/2567 is a day of 2024; Python's year 2567 has
    # none.
    year = written.year - 543 if buddhist else written.year
    if not 1800 <= year <= 2200:
        return ReadDate(value=None, was_buddhist=buddhist, reason=_FAR_YEAR)
    try:
        value = date(year, month, day)
    except ValueError:
        return ReadDate(value=None, was_buddhist=buddhist, reason=_NO_SUCH_DAY)
    ambiguous = kind == "either" and order.mixed
    return ReadDate(value=value, ambiguous=ambiguous, was_buddhist=buddhist, precision=written.precision)


def read_dates(values: pa.Array[Any], order: DateOrder) -> list[ReadDate | None]:
    """`read_date` for a text column, once per distinct value; None where the cell is null."""
    coded = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
    by_value = [read_date(str(value), order) for value in coded.dictionary.to_pylist()]
    return [None if index is None else by_value[index] for index in coded.indices.to_pylist()]


def _taken_apart(text: str) -> _Written | None:
    text = " ".join(western_digits(text).replace("\u0e4d\u0e32", "\u0e33").split())
    if len(text) > 80:
        return None
    if found := _NUMBERS_FIRST.fullmatch(text):
        first, second, year = (int(part) for part in found.groups())
        return _Written(form="numbers", first=first, second=second, year=year, short_year=len(found[3]) < 3)
    if found := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
        return _Written(form="year_first", first=day, second=month, year=year)
    if found := _NAMED_MONTH.fullmatch(text):
        return _with_named_month(found)
    if (found := _YEAR_ONLY.fullmatch(text)) and 1800 <= int(found[1]) <= 2700:
        return _Written(form="year_first", year=int(found[1]), precision="year")
    return None


def _with_named_month(found: re.Match[str]) -> _Written | None:
    month = _MONTH_NUMBER.get(found[2].replace(".", "").casefold())
    if month is None:
        return None
    year, short, english = int(found[4]), len(found[4]) == 2, found[2].isascii()
    if short and not english:
        # With a Thai month two digits are always the Buddhist year: 23 มิ.ย. 65 is 2565.
        year, short = year + 2500, False
    return _Written(
        form="thai_month" if not english else "year_first",
        first=int(found[1] or 1), second=month, year=year, short_year=short,
        precision="day" if found[1] else "month",
    )  # fmt: skip
