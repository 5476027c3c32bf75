"""One cell, as a person wrote it, read as what its column holds.

A cell is judged once per distinct value of a batch. What cannot be read becomes NULL and is told; what is mended is
told with what it became.
"""

from __future__ import annotations

import ast
import datetime as dt
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from geo.errors import Text
from geo.layer import Field
from geo.people.grants import BANGKOK
from geo.thai import (
    DateOrder,
    is_null_literal,
    looks_mojibake,
    normalised,
    read_date,
    read_number,
    western_digits,
)  # fmt: skip

FIRST_BUDDHIST_YEAR = 2400
# What flood maps and rasters write for "none" in a column that cannot be negative.
NUMBERS_FOR_NOTHING = (-999, -9999, -99999, -999999)
LARGEST_INTEGER, LARGEST_BIGINT = 2**31 - 1, 2**63 - 1

NULL_LITERAL = Text("คำที่แปลว่าไม่มีค่า เก็บเป็นค่าว่าง", "a word for nothing; kept as empty")
MENDED = Text("ข้อความไทยถูกจัดรูปให้มาตรฐาน", "the Thai text was put into standard form")
MOJIBAKE = Text("ข้อความเพี้ยนเพราะรหัสอักษรผิด เก็บไว้ตามเดิม", "the text was once read in the wrong encoding; kept as it is")
PATTERN = Text("รูปแบบรหัสไม่ตรงตามที่ควรเป็น เก็บไว้ตามเดิม", "not written the way this code should be; kept as it is")
UNKNOWN_CODE = Text("ไม่มีในรายการรหัส เก็บเป็นค่าว่าง", "not in the code list; kept as empty")
NOT_A_NUMBER = Text("ไม่ใช่ตัวเลข เก็บเป็นค่าว่าง", "not a number; kept as empty")
NOT_WHOLE = Text("ต้องเป็นจำนวนเต็ม เก็บเป็นค่าว่าง", "must be a whole number; kept as empty")
TOO_LARGE = Text("ตัวเลขใหญ่เกินจะเก็บ เก็บเป็นค่าว่าง", "too large a number; kept as empty")
OUT_OF_BOUNDS = Text("ค่าอยู่นอกช่วงที่ควรเป็น เก็บไว้ตามเดิม", "outside the range it should be in; kept as it is")
ABOUT = Text("ผู้เขียนบอกว่าเป็นค่าประมาณ", "the writer says it is approximate")
BUDDHIST_YEAR = Text("ปี พ.ศ. แปลงเป็น ค.ศ.", "a Buddhist-era year, turned into the Common Era")
BUDDHIST_DATE = Text("วันที่ พ.ศ. แปลงเป็น ค.ศ.", "a Buddhist-era date, turned into the Common Era")
AMBIGUOUS_DATE = Text("อ่านได้ทั้งวัน/เดือนและเดือน/วัน อ่านเป็นวัน/เดือน", "day and month could be either; read day first")
ROUGH_DATE = Text("มีแต่เดือนหรือปี เก็บเป็นวันแรก", "only a month or a year; kept as its first day")
BAD_MOMENT = Text("อ่านวันเวลาไม่ได้ เก็บเป็นค่าว่าง", "not a time that can be read; kept as empty")
NOT_A_LIST = Text("ไม่ใช่รายการของค่าชนิดนี้ เก็บเป็นค่าว่าง", "not a list of such values; kept as empty")
NOT_YES_NO = Text("ไม่ใช่ค่าใช่/ไม่ใช่ เก็บเป็นค่าว่าง", "neither yes nor no; kept as empty")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as read: its value, and what to tell of it. `level` is `changed` or `warning`."""

    value: Any
    code: str | None = None
    told: Text | None = None
    level: str = "warning"


Reader = Callable[[str], Cell]

_NOTHING = Cell(None)
_NULL = Cell(None, "null-literal", NULL_LITERAL, "changed")


def reader_of(words: Field, order: DateOrder | None) -> Reader:
    """How the cells of this field are read."""
    if words.codes is not None:
        return lambda text: _coded(text, words)
    if words.python_type is bool:
        return _yes_or_no
    if words.python_type is dt.datetime:
        return moment_in
    if words.python_type is list:
        return lambda text: list_in(text, words)
    if words.python_type is dt.date:
        asked = order or DateOrder()
        return lambda text: _date(text, asked)
    if words.python_type in (int, float, Decimal):
        return lambda text: _number(text, words)
    return _text_reader(words)


def is_year(words: Field) -> bool:
    """Whether the field holds a year, which offices write in the Buddhist era."""
    return words.python_type is int and re.search(r"(^|_)year(_|$)", words.name) is not None


def _text_reader(words: Field) -> Reader:
    stripped = re.compile(words.strip) if words.strip else None
    pattern = re.compile(words.pattern) if words.pattern else None

    def read(text: str) -> Cell:
        # PostgreSQL keeps no NUL, and DBF fields are padded with them.
        raw = text.replace("\x00", "").strip()
        if stripped is not None:
            raw = stripped.sub("", raw)
        if not raw:
            return _NOTHING
        if is_null_literal(raw):
            return _NULL
        if looks_mojibake(raw):
            return Cell(raw, "mojibake", MOJIBAKE)
        if pattern is not None:
            # A code is kept as it was written: 01A001 and ๐๑A001 may be two rows of the office's own list.
            return Cell(raw) if pattern.fullmatch(raw) else Cell(raw, "pattern", PATTERN)
        mended = normalised(raw)
        if not mended:
            return _NOTHING
        return Cell(mended) if mended == raw else Cell(mended, "text-mended", MENDED, "changed")

    return read


def _coded(text: str, words: Field) -> Cell:
    assert words.codes is not None
    raw = text.replace("\x00", "").strip()
    if not raw:
        return _NOTHING
    whole = words.codes.written.get(raw)
    if whole is None and is_null_literal(raw):
        # `NONE` is a code of documents; `None` is what a program writes where it has nothing.
        return _NULL
    whole = whole or words.codes.code_for(raw)
    if whole is None and words.python_type is int:
        found = read_number(raw).value
        whole = None if found is None or found % 1 else words.codes.code_for(str(int(found)))
    if whole is not None:
        return Cell(int(whole) if words.python_type is int else whole)
    if not words.many:
        return Cell(None, "unknown-code", UNKNOWN_CODE)
    return _several(raw, words)


def _several(raw: str, words: Field) -> Cell:
    """Codes with `;`, `,` or spaces between them; a label may itself hold a space, so spaces are tried last."""
    assert words.codes is not None
    known, unknown = [], False
    for part in filter(None, map(str.strip, re.split(r"[;,|\n]", raw))):
        code = words.codes.code_for(part)
        codes = [code] if code is not None else [words.codes.code_for(piece) for piece in part.split()]
        unknown = unknown or None in codes
        known += [one for one in codes if one is not None]
    value = " ".join(dict.fromkeys(known)) or None
    return Cell(value, "unknown-code", UNKNOWN_CODE) if unknown else Cell(value)


def _number(text: str, words: Field) -> Cell:
    raw = text.replace("\x00", "").strip()
    if not raw:
        return _NOTHING
    read = read_number(raw)
    if read.value is None:
        return _NULL if is_null_literal(raw) else Cell(None, "not-a-number", NOT_A_NUMBER)
    cell = number_cell(read.value, words)
    if cell.code is None and read.approximate:
        return Cell(cell.value, "approximate", ABOUT)
    return cell


# With the nine decimals that are kept, an exact number has at most 28 digits, as many as decimal arithmetic keeps.
LARGEST_DECIMAL = Decimal(10) ** 19
LARGEST_FLOAT = Decimal(10) ** 28


def number_cell(value: Decimal, words: Field) -> Cell:
    """A number judged by its column: whole, not too large, a year of which era, within its bounds."""
    if words.at_least is not None and value < words.at_least and value in NUMBERS_FOR_NOTHING:
        return _NULL
    if words.python_type is int:
        if value != value.to_integral_value():
            return Cell(None, "not-whole", NOT_WHOLE)
        if abs(value) > (LARGEST_BIGINT if words.is_large else LARGEST_INTEGER):
            return Cell(None, "too-large", TOO_LARGE)
        if is_year(words) and FIRST_BUDDHIST_YEAR <= value <= FIRST_BUDDHIST_YEAR + 400:
            return Cell(int(value) - 543, "buddhist-year", BUDDHIST_YEAR, "changed")
    elif abs(value) >= (LARGEST_DECIMAL if words.python_type is Decimal else LARGEST_FLOAT) or (
        value and value.adjusted() < -12
    ):
        return Cell(None, "too-large", TOO_LARGE)
    kept = int(value) if words.python_type is int else float(value) if words.python_type is float else value
    if isinstance(kept, float) and not math.isfinite(kept):
        return Cell(None, "too-large", TOO_LARGE)
    low = words.at_least is not None and float(value) < words.at_least
    high = words.at_most is not None and float(value) > words.at_most
    return Cell(kept, "out-of-bounds", OUT_OF_BOUNDS) if low or high else Cell(kept)


_YES = frozenset(("1", "true", "t", "yes", "y", "ใช่", "มี", "เป็น", "เปิด", "x", "✓", "/"))
_NO = frozenset(("0", "false", "f", "no", "n", "ไม่ใช่", "ไม่มี", "ไม่เป็น", "ไม่", "ปิด"))


def _yes_or_no(text: str) -> Cell:
    # "ไม่มี" is a word for nothing elsewhere; of a yes-or-no question it is the answer no.
    word = western_digits(normalised(text)).casefold().removesuffix(".0")
    if word in _YES or word in _NO:
        return Cell(word in _YES)
    if not word:
        return _NOTHING
    return _NULL if is_null_literal(word) else Cell(None, "not-yes-no", NOT_YES_NO)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|[+-]\d\d(:?\d\d)?))?", re.ASCII)


def moment_in(text: str) -> Cell:
    """An instant as programs write it; without an offset it is the time in Bangkok."""
    raw = text.replace("\x00", "").strip()
    if not raw:
        return _NOTHING
    if is_null_literal(raw):
        return _NULL
    buddhist = raw[:4].isdigit() and FIRST_BUDDHIST_YEAR <= int(raw[:4]) <= FIRST_BUDDHIST_YEAR + 400
    written = f"{int(raw[:4]) - 543}{raw[4:]}" if buddhist else raw
    try:
        found = dt.datetime.fromisoformat(written.replace(" +", "+").replace(" Z", "Z")) if is_moment(raw) else None
        # Told here, because the first and the last year have no other time zone beside them.
        found = found if found is None or found.tzinfo else found.replace(tzinfo=BANGKOK)
        found = found and found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        return Cell(None, "bad-time", BAD_MOMENT)
    return Cell(found, "buddhist-date", BUDDHIST_DATE, "changed") if buddhist else Cell(found)


def is_moment(text: str) -> bool:
    """Whether it is written as an instant."""
    return _MOMENT.fullmatch(text) is not None


def list_in(text: str, words: Field) -> Cell:
    """A list as JSON has it, or as Python shows one."""
    raw = text.replace("\x00", "").strip()
    if not raw or raw == "null":
        return _NOTHING
    items = items_in(raw)
    kind = words.item_type or str
    if items is None or not all(_fits(one, kind) for one in items):
        return Cell(None, "not-a-list", NOT_A_LIST)
    return Cell([None if one is None else kind(one) for one in items])


def items_in(text: str) -> list[Any] | None:
    """The items of a list of plain values; None where it is no such thing."""
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        try:
            found = ast.literal_eval(text)  # what pandas writes of a list where a format has none
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    except RecursionError:
        return None
    plain = isinstance(found, list) and all(one is None or isinstance(one, (str, int, float)) for one in found)
    return found if plain else None


def _fits(item: Any, kind: type) -> bool:
    if item is None:
        return True
    if isinstance(item, bool) or isinstance(item, str) != (kind is str):
        return False
    if kind is str:
        return "\x00" not in item
    return isinstance(item, int) and abs(item) <= LARGEST_BIGINT if kind is int else math.isfinite(item)


def _date(text: str, order: DateOrder) -> Cell:
    raw = text.replace("\x00", "").strip()
    if not raw:
        return _NOTHING
    if is_null_literal(raw):
        return _NULL
    read = read_date(raw, order)
    if read.value is None:
        return Cell(None, "bad-date", read.reason)
    if read.ambiguous:
        return Cell(read.value, "ambiguous-date", AMBIGUOUS_DATE)
    if read.was_buddhist:
        return Cell(read.value, "buddhist-date", BUDDHIST_DATE, "changed")
    if read.precision != "day":
        return Cell(read.value, "rough-date", ROUGH_DATE)
    return Cell(read.value)
