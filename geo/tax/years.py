"""Tax years, which are Gregorian here and Buddhist on every paper of a town; one is never taken for the other."""

from __future__ import annotations

import re

from geo.errors import BadRequest, Text

# The Act is levied from 1 January 2563.
FIRST_YEAR = 2020
FIRST_BUDDHIST_YEAR = 2400
_APART = 543
_FIRST_IN_SHORT = FIRST_YEAR + _APART - 2500
_YEAR = re.compile("[0-9]{2}|[0-9]{4}")


def tax_year(given: int) -> int:
    """A Gregorian tax year; BadRequest for a Buddhist one (2567) and for years before the Act.

    Nothing is converted in silence: whoever holds a Buddhist year says so with `from_buddhist`.
    """
    if isinstance(given, bool) or not isinstance(given, int):
        raise BadRequest(f"ปีภาษี {given!r} ต้องเป็นจำนวนเต็ม", f"The tax year {given!r} is not a whole number")
    if given >= FIRST_BUDDHIST_YEAR:
        raise BadRequest(
            f"ปีภาษี {given} เป็น พ.ศ. โปรดใช้ ค.ศ. {given - _APART} หรือแปลงด้วย from_buddhist",
            f"The tax year {given} is a Buddhist year; give {given - _APART}, or convert it with from_buddhist",
        )
    if not FIRST_YEAR <= given <= FIRST_YEAR + 200:
        raise BadRequest(
            f"ไม่มีภาษีนี้ในปี ค.ศ. {given} (เริ่มเก็บ {FIRST_YEAR} หรือ พ.ศ. {FIRST_YEAR + _APART})",
            f"There is no such tax in {given}; it begins in {FIRST_YEAR} (B.E. {FIRST_YEAR + _APART})",
        )
    return given


def from_buddhist(year: int) -> int:
    """The Gregorian tax year of a Buddhist one: 2567 is 2024; BadRequest for a year that is Gregorian already."""
    if year < FIRST_BUDDHIST_YEAR:
        raise BadRequest(f"ปี {year} ไม่ใช่ พ.ศ.", f"The year {year} is not a Buddhist year")
    return tax_year(year - _APART)


def read_year(written: str) -> tuple[int, Text | None]:
    """A tax year as people write it, with a word where it was converted: 2024, 2567 (B.E.) and 67 (B.E. in short).

    BadRequest for anything else: of two digits only those are clear that are a year of the Act in the Buddhist era.
    """
    said = written.strip()
    if not _YEAR.fullmatch(said):
        raise BadRequest(
            f"ปี “{said[:20]}” ต้องเป็นเลข 0-9 เช่น 2567 หรือ 67", f"The year “{said[:20]}” must be 0-9, as 2567 or 67"
        )
    found = int(said)
    if len(said) == 2:
        if found < _FIRST_IN_SHORT:
            raise BadRequest(f"ปี “{said}” ไม่ชัด โปรดเขียนสี่หลัก", f"The year “{said}” is not clear; write four digits")
        found += 2500
    if found < FIRST_BUDDHIST_YEAR:
        return tax_year(found), None
    year = from_buddhist(found)
    return year, Text(f"{said} อ่านเป็น พ.ศ. {found} (ค.ศ. {year})", f"{said} was read as B.E. {found} ({year})")


def year_said(year: int) -> Text:
    """A tax year in both calendars, so that nobody has to guess which was meant."""
    return Text(f"ปีภาษี {year + _APART} (ค.ศ. {year})", f"tax year {year} (B.E. {year + _APART})")
