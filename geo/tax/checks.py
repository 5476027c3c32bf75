"""What must hold between the rows of a table: no hole, no overlap, nothing above the Act's ceilings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

from geo.errors import Problem, Text
from geo.tax.kinds import TaxClass
from geo.tax.reader import Dated, problem
from geo.tax.years import FIRST_YEAR

Kind = TypeVar("Kind", bound=Dated)


@dataclass(frozen=True, kw_only=True)
class Span:
    """One stretch of a ladder, such as a bracket: from a number up to the next; `end` None is without end."""

    start: int
    end: int | None
    row: int


def years_follow(
    rows: Iterable[Kind], key: Callable[[Kind], Hashable], *, without_holes: bool, begin: int = FIRST_YEAR
) -> list[Problem]:
    """Overlaps between the years of rows that say the same thing, and where they must cover all years, holes."""
    wrong: list[Problem] = []
    groups: dict[Hashable, list[Kind]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    for found in groups.values():
        found.sort(key=lambda row: (row.valid_from, row.row))
        if without_holes and found[0].valid_from > begin:
            wrong.append(_wrong(found[0], "valid_from", f"ไม่มีข้อมูลก่อนปี {found[0].valid_from} (เริ่ม {begin})",
                                f"nothing holds before {found[0].valid_from} (the tax begins in {begin})"))  # fmt: skip
        for before, after in pairwise(found):
            if before.valid_to is None or before.valid_to >= after.valid_from:
                wrong.append(_wrong(after, "valid_from", f"ปีซ้อนกับแถว {before.row}", f"overlaps row {before.row}"))
            elif without_holes and before.valid_to + 1 < after.valid_from:
                wrong.append(_wrong(after, "valid_from", f"มีปีขาดหลังแถว {before.row}",
                                    f"there is a hole of years after row {before.row}"))  # fmt: skip
    return wrong


def years_in_order(rows: Iterable[Dated]) -> list[Problem]:
    """Rows that end before they begin."""
    return [
        _wrong(row, "valid_to", "สิ้นสุดก่อนเริ่ม", "ends before it begins")
        for row in rows
        if row.valid_to is not None and row.valid_to < row.valid_from
    ]


def ladder(spans: Sequence[Span], column: str, *, next_to: int) -> list[Problem]:
    """A ladder that does not begin at 0, has a hole, an overlap, or an end.

    `next_to`: 0 where an end is the next start (baht); 1 for whole years of age, where 0–10 is followed by 11.
    """
    wrong: list[Problem] = []
    if spans[0].start != 0:
        wrong.append(problem(spans[0].row, column, Text("ขั้นแรกต้องเริ่มที่ 0", "the first step must begin at 0")))
    for span in spans:
        if span.end is not None and span.end + next_to <= span.start:
            wrong.append(problem(span.row, column, Text("ขั้นนี้ไม่เพิ่มขึ้น", "this step does not rise")))
    for before, after in pairwise(spans):
        if before.end is None or before.end + next_to > after.start:
            told = Text(f"ขั้นซ้อนกับแถว {before.row}", f"this step overlaps row {before.row}")
            wrong.append(problem(after.row, column, told))
        elif before.end + next_to < after.start:
            told = Text(f"มีช่องว่างหลังแถว {before.row}", f"there is a hole after row {before.row}")
            wrong.append(problem(after.row, column, told))
    if spans[-1].end is not None:
        told = Text("ขั้นสุดท้ายต้องไม่มีที่สิ้นสุด", "the last step must have no end")
        wrong.append(problem(spans[-1].row, column, told))
    return wrong


def rising(percents: Sequence[tuple[Decimal, int]], column: str) -> list[Problem]:
    """Rates that do not rise from one bracket to the next."""
    told = Text("อัตราต้องสูงขึ้นจากขั้นก่อน", "the rate must be above that of the step before")
    pairs = pairwise(percents)
    return [problem(row, column, told) for (before, _), (after, row) in pairs if after <= before]


def below_ceiling(kind: TaxClass, percent: Decimal, row: int) -> list[Problem]:
    """A rate above what the Act lets a decree set."""
    if percent <= kind.ceiling_percent:
        return []
    told = Text(
        f"อัตรา {percent} เกินเพดาน {kind.ceiling_percent} ของพระราชบัญญัติ",
        f"the rate {percent} is above the Act's ceiling of {kind.ceiling_percent}",
    )
    return [problem(row, "percent", told)]


def missing(what: Iterable[str], there: Iterable[str]) -> list[Problem]:
    """Codes for which a table says nothing."""
    return [
        problem(None, None, Text(f"ไม่มีแถวของ {one}", f"there is no row for {one}"))
        for one in sorted(set(what) - set(there))
    ]


def known_sources(rows: Iterable[Dated], sources: Iterable[str]) -> list[Problem]:
    """Rows whose source nobody could look up."""
    known = set(sources)
    return [
        _wrong(row, "source", f"ไม่มี {row.source} ใน sources.csv", f"{row.source} is not in sources.csv")
        for row in rows
        if row.source not in known
    ]


def at_most_hundred(rows: Iterable[tuple[Decimal, int]], column: str) -> list[Problem]:
    """Percentages that take away more than there is."""
    told = Text("เกินร้อยละ 100", "is above 100 percent")
    return [problem(row, column, told) for percent, row in rows if percent > 100]


def _wrong(row: Dated, column: str, th: str, en: str) -> Problem:
    return problem(row.row, column, Text(th, en))
