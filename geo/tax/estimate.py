"""What the land and building tax of one property would be in one year, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from geo.errors import BadRequest, Text
from geo.tax.base import Appraised, Building, Land, Valued, value_of_appraised, value_of_building, value_of_land
from geo.tax.kinds import TaxClass
from geo.tax.lines import ROUNDED, SHARED, Line, Step, disclaimer, distinct, year_doubts
from geo.tax.money import MOST_AREA, MOST_BAHT, baht, exact, satang, shares, stated, total, whole_weights
from geo.tax.of_class import Taxed, Use, tax_of_class
from geo.tax.rules import Rules
from geo.tax.settings import USUAL, Rounding, TownTax
from geo.tax.tables import standard
from geo.tax.years import tax_year


@dataclass(frozen=True, kw_only=True)
class Property:
    """What is taxed together: land and buildings, or a value that is appraised already, and what it is used for.

    `uses` name each class once, with its area; what no single use is served by is shared in that proportion.
    `appraised` are parts, such as a building, whose value as a whole is all that is known.
    """

    uses: tuple[Use, ...]
    land: Land | None = None
    buildings: tuple[Building, ...] = ()
    appraised: tuple[Appraised, ...] = ()
    appraised_baht: Decimal | int | None = None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An estimate: baht in whole satang, by class, with its lines, its rules, its year and its doubts.

    `told` says what it is and belongs beside every figure; `unconfirmed` is what no source that we hold confirms.
    """

    year: int
    rules_version: str
    told: Text
    base_baht: Decimal
    taxed: tuple[Taxed, ...]
    tax_baht: Decimal
    lines: tuple[Line, ...]
    unconfirmed: tuple[Text, ...]


def estimate(of: Property, year: int, *, town: TownTax = USUAL, rules: Rules | None = None) -> Estimate:
    """The tax of a property in a Gregorian tax year (liability: 1 January), in baht and whole satang.

    Base × use: the exemption first, then the brackets, then the reliefs; money is rounded where
    it is stated (value, share, tax of a class) and nowhere else. BadRequest for a Buddhist year, a float, a class that
    is named twice, or a property that is described in two ways or none.
    """
    year, rules = tax_year(year), rules or standard()
    uses = _checked(of.uses)
    worth = _worth(of, year, rules, town.rounding)
    by_use, lines = _by_use(worth, uses)
    base = total(one.baht for one in worth)
    if base > MOST_BAHT:
        raise BadRequest(f"ฐานภาษีเกิน {MOST_BAHT:,} บาท", f"The base is above {MOST_BAHT:,} baht")
    taxed = tuple(tax_of_class(use, share, year, rules, town) for use, share in zip(uses, by_use, strict=True))
    doubts = [*year_doubts(year, rules, town, ("rates", "reliefs")), *(doubt for one in taxed for doubt in one.doubts)]
    if any(one.was_rounded for one in worth):
        doubts.append(ROUNDED)
    return Estimate(
        year=year, rules_version=rules.version, told=disclaimer(year, rules), base_baht=base, taxed=taxed,
        tax_baht=total(one.tax_baht for one in taxed),
        lines=(*lines, *(line for one in taxed for line in one.lines)), unconfirmed=distinct(doubts),
    )  # fmt: skip


def _checked(uses: Sequence[Use]) -> Sequence[Use]:
    if not uses:
        raise BadRequest("ต้องบอกการใช้ประโยชน์อย่างน้อยหนึ่งประเภท", "At least one use must be named")
    if len({use.kind for use in uses}) != len(uses):
        # Brackets rise with the value of a class: its parts taken one by one would pay too little.
        raise BadRequest("ประเภทเดียวกันต้องรวมเป็นรายการเดียว", "A class is named once, with its areas put together")
    return uses


def _worth(of: Property, year: int, rules: Rules, rounding: Rounding) -> list[Valued]:
    if of.appraised_baht is not None:
        if of.land is not None or of.buildings or of.appraised:
            raise BadRequest(
                "บอกราคาประเมินรวม หรือที่ดินและสิ่งปลูกสร้าง อย่างใดอย่างหนึ่ง",
                "Give an appraised value, or land and buildings, not both",
            )
        told = Text("ราคาประเมินทุนทรัพย์", "Appraised value")
        found = stated(exact(told, of.appraised_baht, decimals=2), rounding)
        return [Valued(baht=found, lines=(Line(step=Step.VALUE, told=told, baht=found, source="dla-manual"),))]
    if of.land is None and not of.buildings and not of.appraised:
        raise BadRequest("ไม่มีทั้งที่ดินและสิ่งปลูกสร้าง", "There is neither land nor a building")
    land = [value_of_land(of.land, rounding)] if of.land else []
    whole = (value_of_appraised(one, rounding) for one in of.appraised)
    return [*land, *(value_of_building(one, year, rules, rounding) for one in of.buildings), *whole]


def _by_use(worth: Sequence[Valued], uses: Sequence[Use]) -> tuple[list[Decimal], list[Line]]:
    """What of the value each use has, exactly all of it together."""
    kinds = [use.kind for use in uses]
    areas = [exact(Text("พื้นที่ของการใช้", "The area of a use"), use.area, most=MOST_AREA) for use in uses]
    if not any(areas):
        raise BadRequest("พื้นที่ของการใช้รวมเป็นศูนย์", "The areas of the uses are zero together")
    weights = whole_weights(areas)
    found = [0] * len(uses)
    lines: list[Line] = []
    for one in worth:
        lines += one.lines
        if one.kind is None:
            parts = shares(satang(one.baht), weights)
        elif one.kind in kinds:
            parts = [satang(one.baht) if kind is one.kind else 0 for kind in kinds]
        else:
            raise BadRequest(
                f"สิ่งปลูกสร้างใช้เป็น{one.kind.label.th} แต่ไม่มีการใช้นั้น",
                f"A building serves {one.kind.label.en}, which is not among the uses",
            )
        found = [before + part for before, part in zip(found, parts, strict=True)]
    by_use = [baht(one) for one in found]
    if len(uses) > 1:
        lines += [_share_line(use.kind, share) for use, share in zip(uses, by_use, strict=True)]
    return by_use, lines


def _share_line(kind: TaxClass, share: Decimal) -> Line:
    told = Text(f"{kind.label.th}: {SHARED.th}", f"{kind.label.en}: {SHARED.en}")
    return Line(step=Step.SHARE, told=told, baht=share, source="bansuan")
