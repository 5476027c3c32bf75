"""The sign tax: baht for every 500 cm² by what is written, and at least 200 for a sign."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from geo.errors import Text
from geo.tax.kinds import SignKind
from geo.tax.lines import ROUNDED, Line, Step, distinct, line, year_doubts
from geo.tax.money import exact, product, stated, total
from geo.tax.rules import Rules
from geo.tax.settings import USUAL, SignParts, TownTax
from geo.tax.tables import standard
from geo.tax.years import tax_year, year_said

_MOST_CM = 100_000
_ANSWER = "dla-cc076399"


@dataclass(frozen=True, kw_only=True)
class Sign:
    """A sign: its widest width and height in centimetres, and whether its words or pictures move or change."""

    kind: SignKind
    width_cm: Decimal | int
    height_cm: Decimal | int
    moving: bool = False


@dataclass(frozen=True, kw_only=True)
class SignTax:
    """An estimate of the tax of one sign: area, units of area that count, baht in whole satang."""

    year: int
    rules_version: str
    told: Text
    area_square_cm: Decimal
    units: Decimal
    tax_baht: Decimal
    lines: tuple[Line, ...]
    unconfirmed: tuple[Text, ...]


def sign_tax(sign: Sign, year: int, *, town: TownTax = USUAL, rules: Rules | None = None) -> SignTax:
    """The tax of a sign in a Gregorian year from 2021 on, in baht (Sign Tax Act B.E. 2510, rates from 2564).

    Over half of a unit of 500 cm² counts as one and half or less as none (the Department of Local Administration's
    answer CC076399), unless the town has set another way. BadRequest for floats, Buddhist years and years without
    rates.
    """
    year, rules = tax_year(year), rules or standard()
    rate = rules.sign_rate(sign.kind, year)
    width = exact(Text("ความกว้าง (ซม.)", "Width (cm)"), sign.width_cm, decimals=2, most=_MOST_CM)
    height = exact(Text("ความสูง (ซม.)", "Height (cm)"), sign.height_cm, decimals=2, most=_MOST_CM)
    area = product(width, height)
    units, doubts = _units(area, rate.unit_square_cm, town.sign_parts)
    each = rate.moving_baht if sign.moving else rate.baht
    exactly = product(units, each)
    found = stated(exactly, town.rounding)
    moving = Text(" เคลื่อนที่หรือเปลี่ยนได้", ", moving or changing") if sign.moving else Text("", "")
    told = Text(
        f"{sign.kind.label.th}{moving.th}: {units:,f} × {rate.unit_square_cm} ตร.ซม. หน่วยละ {each} บาท",
        f"{sign.kind.label.en}{moving.en}: {units:,f} × {rate.unit_square_cm} cm² at {each} baht",
    )
    lines = [_part_line(area, units, town.sign_parts), line(Step.BRACKET, told, exactly, rate, of=area)]
    if found != exactly:
        rounded = Text("ปัดเป็นสตางค์", "Rounded to whole satang")
        lines.append(Line(step=Step.ROUNDING, told=rounded, baht=total((found, -exactly)), source="town"))
        doubts.append(ROUNDED)
    if found < rate.minimum_baht:
        least = Text(f"ขั้นต่ำป้ายละ {rate.minimum_baht} บาท", f"At least {rate.minimum_baht} baht for a sign")
        lines.append(line(Step.BRACKET, least, total((rate.minimum_baht, -found)), rate))
        found = stated(rate.minimum_baht, town.rounding)
    said = year_said(year)
    return SignTax(
        year=year, rules_version=rules.version, area_square_cm=area, units=units, tax_baht=found, lines=tuple(lines),
        told=Text(
            f"เป็นการประมาณการภาษีป้าย ไม่ใช่การประเมิน: {said.th} ชุดกฎ {rules.version} ยึดตามหนังสือแจ้งของเจ้าหน้าที่",
            f"An estimate, not an assessment of a sign: {said.en}, rules {rules.version}; the officer's notice decides",
        ),
        unconfirmed=distinct((*year_doubts(year, rules, town, ("signs",)), *doubts)),
    )  # fmt: skip


def _units(area: Decimal, unit: int, parts: SignParts) -> tuple[Decimal, list[Text]]:
    whole, rest = divmod(area, unit)
    if parts is SignParts.OVER_HALF:
        return whole + (rest * 2 > unit), []
    doubts = [_OWN_WAY] if rest else []
    return (whole + bool(rest), doubts) if parts is SignParts.WHOLE else (area / unit, doubts)


_OWN_WAY = Text(
    "เศษของ 500 ตร.ซม. คิดตามที่เทศบาลตั้งไว้ ซึ่งต่างจากคำตอบของกรมส่งเสริมการปกครองท้องถิ่น",
    "Parts of 500 cm² count as the town has set, which is not what the Department of Local Administration answered",
)
_PARTS = {
    SignParts.OVER_HALF: Text("เศษเกินกึ่งหนึ่งนับเป็นหนึ่งหน่วย", "over half of a unit counts as one"),
    SignParts.WHOLE: Text("เศษนับเป็นหนึ่งหน่วย", "any part counts as one"),
    SignParts.IN_PROPORTION: Text("เศษคิดตามส่วน", "parts count in proportion"),
}


def _part_line(area: Decimal, units: Decimal, parts: SignParts) -> Line:
    said = _PARTS[parts]
    told = Text(f"พื้นที่ {area:,f} ตร.ซม. = {units:,f} หน่วย ({said.th})",
                f"Area {area:,f} cm² = {units:,f} units ({said.en})")  # fmt: skip
    source = _ANSWER if parts is SignParts.OVER_HALF else "town"
    return Line(step=Step.VALUE, told=told, baht=Decimal(0), of=area, source=source)
