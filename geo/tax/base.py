"""The tax base: land by the square wah, buildings by the square metre less their age."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from geo.errors import BadRequest, Text
from geo.tax.kinds import TaxClass
from geo.tax.lines import Line, Step, line
from geo.tax.money import MOST_AREA, baht_said, exact, percent_of, product, stated, total
from geo.tax.rules import Rules
from geo.tax.settings import Rounding

_MANUAL = "dla-manual"


@dataclass(frozen=True, kw_only=True)
class Land:
    """A piece of land: square wah, and the Treasury's appraised baht for each."""

    area_square_wah: Decimal | int
    baht_per_square_wah: Decimal | int


@dataclass(frozen=True, kw_only=True)
class Building:
    """A building or a condominium unit: square metres, appraised baht for each, and what its age takes off.

    `structure` is a code of `data/codes/structure.csv`; None (a condominium unit) is not depreciated. `age_years`
    counts full years. `kind` is the one use it serves; None where it is shared by area as the land is.
    """

    area_square_metres: Decimal | int
    baht_per_square_metre: Decimal | int
    structure: str | None = None
    age_years: int = 0
    kind: TaxClass | None = None


@dataclass(frozen=True, kw_only=True)
class Appraised:
    """A value in baht that an office has appraised as a whole, and of what; `kind` as of a building."""

    told: Text
    baht: Decimal | int
    kind: TaxClass | None = None


@dataclass(frozen=True, kw_only=True)
class Valued:
    """What something is worth for the tax, in baht and whole satang, and how that came about."""

    baht: Decimal
    lines: tuple[Line, ...]
    kind: TaxClass | None = None
    was_rounded: bool = False


def depreciation_percent(structure: str, age_years: int, year: int, rules: Rules) -> Decimal:
    """Percent that age takes off a building of a structure, by full years (treasury-dep); BadRequest if unknown."""
    return rules.depreciation(structure, _age(age_years), year).at_age(age_years)


def value_of_land(land: Land, rounding: Rounding) -> Valued:
    """Square wah × baht for each, in whole satang; BadRequest for floats and negatives."""
    wah = exact(Text("เนื้อที่ (ตร.ว.)", "Square wah"), land.area_square_wah, most=MOST_AREA)
    price = exact(Text("ราคาต่อ ตร.ว.", "Baht for a square wah"), land.baht_per_square_wah)
    worth = product(wah, price)
    found = stated(worth, rounding)
    told = Text(
        f"ที่ดิน {wah:,f} ตร.ว. × {baht_said(price)} บาท",
        f"Land: {wah:,f} square wah × {baht_said(price)} baht",
    )
    lines = (Line(step=Step.VALUE, told=told, baht=found, source=_MANUAL),)
    return Valued(baht=found, lines=lines, was_rounded=found != worth)


def value_of_building(building: Building, year: int, rules: Rules, rounding: Rounding) -> Valued:
    """Square metres × baht for each − depreciation, in whole satang; BadRequest for floats and negatives."""
    metres = exact(Text("พื้นที่ (ตร.ม.)", "Square metres"), building.area_square_metres, most=MOST_AREA)
    price = exact(Text("ราคาต่อ ตร.ม.", "Baht for a square metre"), building.baht_per_square_metre)
    new = product(metres, price)
    told = Text(
        f"สิ่งปลูกสร้าง {metres:,f} ตร.ม. × {baht_said(price)} บาท",
        f"Building: {metres:,f} m² × {baht_said(price)} baht",
    )
    lines = [Line(step=Step.VALUE, told=told, baht=new, source=_MANUAL)]
    worth = new
    if building.structure is not None:
        rule = rules.depreciation(building.structure, _age(building.age_years), year)
        percent = rule.at_age(building.age_years)
        off = percent_of(new, percent)
        worth = total((new, -off))
        said = Text(
            f"หักค่าเสื่อม {percent}% (อายุ {building.age_years} ปี)",
            f"Less {percent}% for an age of {building.age_years} years",
        )
        lines.append(line(Step.DEPRECIATION, said, -off, rule, of=new, percent=percent))
    found = stated(worth, rounding)
    return Valued(baht=found, lines=tuple(lines), kind=building.kind, was_rounded=found != worth)


def value_of_appraised(of: Appraised, rounding: Rounding) -> Valued:
    """An appraised value as it stands, in whole satang; BadRequest for floats and negatives."""
    worth = exact(of.told, of.baht)
    found = stated(worth, rounding)
    lines = (Line(step=Step.VALUE, told=of.told, baht=found, source=_MANUAL),)
    return Valued(baht=found, lines=lines, kind=of.kind, was_rounded=found != worth)


def _age(years: int) -> int:
    if isinstance(years, bool) or not isinstance(years, int) or not 0 <= years <= 1000:
        raise BadRequest(f"อายุ {years!r} ปี เป็นไปไม่ได้", f"An age of {years!r} full years is not possible")
    return years
