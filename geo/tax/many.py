"""The tax of very many parcels at once, for simulations: whole numbers in arrays, and the same satang as `estimate`.

Values are whole satang and rates whole millionths, so nothing is ever a float; the bounds below keep every product
within 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import BadRequest, Text
from geo.tax.kinds import TaxClass
from geo.tax.lines import ROUNDED, SHARED, disclaimer, year_doubts
from geo.tax.money import MOST_BAHT
from geo.tax.rules import Rules
from geo.tax.settings import USUAL, Rounding, TownTax
from geo.tax.tables import standard
from geo.tax.years import tax_year

Whole = NDArray[np.int64]

CLASSES = tuple(TaxClass)
_VACANT = CLASSES.index(TaxClass.VACANT)
# A value × 3 % in millionths is 3·10^17; two areas multiplied are 9·10^18: both below 2^63.
MOST_SATANG = MOST_BAHT * 100
MOST_AREA = 3_000_000_000
_PERCENT = 10_000
_MILLION = 1_000_000
# So many parcels at a time keep the working memory at some tens of megabytes.
_BLOCK = 65_536


@dataclass(frozen=True, kw_only=True)
class ManyTaxes:
    """The tax of each parcel and of all, whole satang; an estimate by these rules for this year, as `told` says."""

    year: int
    rules_version: str
    told: Text
    tax_satang: Whole
    total_satang: int
    unconfirmed: tuple[Text, ...]


def many_taxes(
    value_satang: Whole, areas: Whole, vacant_years: Whole, year: int, *, town: TownTax = USUAL,
    rules: Rules | None = None,
) -> ManyTaxes:  # fmt: skip
    """The tax of parcels with an appraised value each, in satang, as `estimate` works it out without special reliefs.

    `areas` has a column for each class in the order of `CLASSES` and whole numbers of any one unit (square centimetres,
    say) that sum to at most 3·10^9 a parcel; `vacant_years` counts where the vacant column is not 0. Every owner has a
    whole exemption. BadRequest for other shapes and kinds of numbers, negatives, and what is out of bounds.
    """
    year, rules = tax_year(year), rules or standard()
    _checked(value_satang, areas, vacant_years)
    mixed = bool(((areas > 0).sum(axis=1) > 1).any())

    def parts(block: slice) -> Whole:
        return shared(value_satang[block], areas[block])

    by_class, rounded = _taxed(len(value_satang), parts, vacant_years, year, rules, town)
    return _told(by_class.sum(axis=1), year, rules, town, rounded=rounded, mixed=mixed)


@dataclass(frozen=True, kw_only=True)
class TaxesByClass:
    """The same with the tax of each class apart (columns in the order of `CLASSES`)."""

    all: ManyTaxes
    by_class_satang: Whole


def many_taxes_of_parts(
    parts_satang: Whole, vacant_years: Whole, year: int, *, town: TownTax = USUAL, rules: Rules | None = None
) -> TaxesByClass:  # fmt: skip
    """The tax of parcels of which it is known already what each class holds of their value, in satang.

    `parts_satang` has a column for each class in the order of `CLASSES`; `shared` shares a value out by areas.
    BadRequest as `many_taxes` has it.
    """
    year, rules = tax_year(year), rules or standard()
    count = len(parts_satang)
    if parts_satang.shape != (count, len(CLASSES)) or vacant_years.shape != (count,):
        shapes = (parts_satang.shape, vacant_years.shape)
        raise BadRequest(f"ขนาดของข้อมูลไม่ตรงกัน {shapes}", f"The arrays do not fit together: {shapes}")
    if parts_satang.dtype != np.int64 or vacant_years.dtype != np.int64:
        raise BadRequest("ต้องเป็นจำนวนเต็ม int64", "The arrays must be of int64, whole numbers")
    if count:
        _check_values(parts_satang)
        _check_vacant(vacant_years[parts_satang[:, _VACANT] > 0])
    mixed = bool(((parts_satang > 0).sum(axis=1) > 1).any())
    by_class, rounded = _taxed(count, parts_satang.__getitem__, vacant_years, year, rules, town)
    found = _told(by_class.sum(axis=1), year, rules, town, rounded=rounded, mixed=mixed)
    return TaxesByClass(all=found, by_class_satang=by_class)


def summed(satang: Whole) -> int:
    """The sum of any number of amounts, exactly: of two halves, because together they may go beyond 64 bits."""
    return (int((satang >> 32).sum()) << 32) + int((satang & 0xFFFFFFFF).sum())


def _taxed(
    count: int, parts: Callable[[slice], Whole], vacant_years: Whole, year: int, rules: Rules, town: TownTax
) -> tuple[Whole, bool]:  # fmt: skip
    """The tax by class, and whether any was rounded."""
    found = np.zeros((count, len(CLASSES)), np.int64)
    tables = [_Class(kind, year, rules) for kind in CLASSES]
    rounded = False
    for start in range(0, count, _BLOCK):
        block = slice(start, start + _BLOCK)
        held = parts(block)
        for column, table in enumerate(tables):
            where = np.flatnonzero(held[:, column])
            if len(where):
                tax, odd = table.tax(held[where, column], vacant_years[block][where], town.rounding)
                found[start + where, column] = tax
                rounded = rounded or odd
    return found, rounded


def _told(found: Whole, year: int, rules: Rules, town: TownTax, *, rounded: bool, mixed: bool) -> ManyTaxes:
    doubts = [*year_doubts(year, rules, town, ("rates", "reliefs")), _EACH_WHOLE]
    doubts += [text for text, there in ((ROUNDED, rounded), (SHARED, mixed)) if there]
    return ManyTaxes(
        year=year, rules_version=rules.version, told=disclaimer(year, rules), tax_satang=found,
        total_satang=summed(found), unconfirmed=tuple(doubts),
    )  # fmt: skip


_EACH_WHOLE = Text(
    "คิดแต่ละแปลงแยกกัน เจ้าของทุกแปลงมีสิทธิยกเว้นเต็มจำนวน และไม่มีการลดเฉพาะราย",
    "Each parcel by itself: every owner has the whole exemption, and no special relief is taken",
)


def _checked(value_satang: Whole, areas: Whole, vacant_years: Whole) -> None:
    count = len(value_satang)
    shapes = (value_satang.shape, areas.shape, vacant_years.shape)
    if shapes != ((count,), (count, len(CLASSES)), (count,)):
        raise BadRequest(f"ขนาดของข้อมูลไม่ตรงกัน {shapes}", f"The arrays do not fit together: {shapes}")
    if any(one.dtype != np.int64 for one in (value_satang, areas, vacant_years)):
        raise BadRequest("ต้องเป็นจำนวนเต็ม int64", "The arrays must be of int64, whole numbers")
    if not count:
        return
    _check_values(value_satang)
    of = areas.sum(axis=1) if areas.min() >= 0 and areas.max() <= MOST_AREA else np.zeros(1, np.int64)
    if of.min() < 1 or of.max() > MOST_AREA:
        raise BadRequest(
            f"พื้นที่รวมของแต่ละแปลงต้องอยู่ระหว่าง 1 ถึง {MOST_AREA:,}",
            f"The areas of a parcel must be none negative and sum to 1 to {MOST_AREA:,}",
        )
    _check_vacant(vacant_years[areas[:, _VACANT] > 0])


def _check_values(satang: Whole) -> None:
    if satang.min() < 0 or satang.max() > MOST_SATANG:
        raise BadRequest(f"มูลค่าต้องอยู่ระหว่าง 0 ถึง {MOST_BAHT:,} บาท", f"Values must be 0 to {MOST_BAHT:,} baht")


def _check_vacant(years: Whole) -> None:
    if len(years) and (years.min() < 1 or years.max() > 1000):
        raise BadRequest("ที่ว่างเปล่าต้องบอกจำนวนปีที่ว่าง 1–1000", "Vacant land needs its years of vacancy, 1 to 1000")


def shared(value: Whole, areas: Whole) -> Whole:
    """`money.shares` for rows, of satang and of whole areas that sum to 1 to `MOST_AREA`.

    Each part is rounded down; the satang that are left go to the largest remainders.
    """
    of = areas.sum(axis=1, keepdims=True)
    whole, rest = np.divmod(value[:, None], of)
    # value·area could be beyond 64 bits; its whole multiples of the area's sum are taken apart first.
    more, remainder = np.divmod(rest * areas, of)
    parts: Whole = whole * areas + more
    left = value - parts.sum(axis=1)
    if left.any():
        rows = np.flatnonzero(left)
        order = np.argsort(-remainder[rows], axis=1, kind="stable")
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.broadcast_to(np.arange(len(CLASSES)), order.shape), axis=1)
        parts[rows] += rank < left[rows, None]
    return parts


class _Class:
    """The tables of one class in one year, as whole numbers."""

    def __init__(self, kind: TaxClass, year: int, rules: Rules) -> None:
        brackets = rules.brackets(kind, year)
        exemption = rules.exemption(kind, year)
        relief = rules.yearly_relief(kind, year)
        self.exempt = exemption.baht * 100 if exemption else 0
        self.kept = _MILLION - int(relief.percent * _PERCENT) if relief else _MILLION
        self.starts = [one.from_baht * 100 for one in brackets]
        self.ends = [None if one.to_baht is None else one.to_baht * 100 for one in brackets]
        self.rates = [int(one.percent * _PERCENT) for one in brackets]
        self.vacancy = rules.vacancy(year) if kind is TaxClass.VACANT else None
        self.year = year

    def tax(self, value: Whole, vacant_years: Whole, rounding: Rounding) -> tuple[Whole, bool]:
        """Satang, and whether any part of one was rounded."""
        taxed = np.maximum(value - self.exempt, 0)
        millionths = np.zeros_like(taxed)
        for start, end, rate in zip(self.starts, self.ends, self.rates, strict=True):
            within = np.maximum((taxed if end is None else np.minimum(taxed, end)) - start, 0)
            millionths += within * self._rate(rate, vacant_years)
        return _kept(millionths, self.kept, rounding)

    def _rate(self, usual: int, vacant_years: Whole) -> Any:
        rule = self.vacancy
        if rule is None:
            return usual
        counted = np.minimum(vacant_years, self.year - rule.counted_from + 1)
        more = (counted - 1) // rule.every_years * int(rule.step_percent * _PERCENT)
        return np.minimum(usual + more, int(rule.cap_percent * _PERCENT))


def _kept(millionths: Whole, kept: int, rounding: Rounding) -> tuple[Whole, bool]:
    """Millionths of satang × what a relief leaves (in millionths), as whole satang."""
    whole, rest = np.divmod(millionths, _MILLION)
    satang, odd = np.divmod(whole * kept, _MILLION)
    more, parts = np.divmod(odd * _MILLION + rest * kept, _MILLION * _MILLION)
    satang += more
    if rounding is Rounding.UP:
        satang += parts > 0
    elif rounding is Rounding.HALF_UP:
        satang += parts * 2 >= _MILLION * _MILLION
    return satang, bool(parts.any())
