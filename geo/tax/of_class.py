"""The tax of what one class holds of a property: exemption, brackets, reliefs, and at last whole satang."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from geo.errors import BadRequest, Text
from geo.tax.kinds import TaxClass
from geo.tax.lines import ROUNDED, Line, Step, line
from geo.tax.money import ZERO, baht_said, exact, percent_of, stated, total
from geo.tax.rules import Bracket, Rules, SpecialRelief, YearlyRelief
from geo.tax.settings import TownTax

_WHOLE = Decimal(100)


@dataclass(frozen=True, kw_only=True)
class Use:
    """What a part of a property is used for, and the area of that part (in any one unit, the same for all uses).

    `vacant_years`: consecutive years of vacancy, this tax year with them; vacant land must say it. `relief` is a code
    of `data/tax/special_reliefs.csv` and `relief_year` the year of it (1 is the first), where it ends after some years.
    `exemption_left_baht`: what the owner has left of the exemption in this municipality; None is all of it.
    """

    kind: TaxClass
    area: Decimal | int = 1
    vacant_years: int | None = None
    relief: str | None = None
    relief_year: int | None = None
    exemption_left_baht: Decimal | int | None = None


@dataclass(frozen=True, kw_only=True)
class Taxed:
    """One class of an estimate, baht: value, what of it was exempt, what was taxed, and the tax in whole satang."""

    kind: TaxClass
    value_baht: Decimal
    exempt_baht: Decimal
    taxed_baht: Decimal
    tax_baht: Decimal
    lines: tuple[Line, ...]
    doubts: tuple[Text, ...]


def tax_of_class(use: Use, value: Decimal, year: int, rules: Rules, town: TownTax) -> Taxed:
    """The tax of a value in one class; `value` in baht and whole satang, the year Gregorian."""
    exempt, lines, doubts = _exempt(use, value, year, rules)
    taxed = value - exempt
    brackets = rules.brackets(use.kind, year)
    percents, of_vacancy = _percents(use, brackets, year, rules)
    lines += of_vacancy
    before = [_in_bracket(bracket, taxed, percent) for bracket, percent in zip(brackets, percents, strict=True)]
    found = [one for one in before if one is not None]
    lines += found
    reliefs, relief_doubts = _reliefs(use, total(one.baht for one in found), year, rules)
    lines += reliefs
    doubts += relief_doubts
    exactly = total(one.baht for one in (*found, *reliefs))
    tax = stated(exactly, town.rounding)
    if tax != exactly:
        told = Text("ปัดเป็นสตางค์", "Rounded to whole satang")
        lines.append(Line(step=Step.ROUNDING, told=told, baht=total((tax, -exactly)), source="town"))
        doubts.append(ROUNDED)
    return Taxed(
        kind=use.kind, value_baht=value, exempt_baht=exempt, taxed_baht=taxed, tax_baht=tax, lines=tuple(lines),
        doubts=tuple(doubts),
    )  # fmt: skip


def _exempt(use: Use, value: Decimal, year: int, rules: Rules) -> tuple[Decimal, list[Line], list[Text]]:
    """What the exemption takes off the value, before any bracket (section 41 for the main home)."""
    rule = rules.exemption(use.kind, year)
    if rule is None:
        if use.exemption_left_baht is not None:
            raise BadRequest(f"{use.kind.label.th} ไม่มีการยกเว้นมูลค่า", f"Nothing is exempt of {use.kind.label.en}")
        return ZERO, [], []
    doubts = []
    left = Decimal(rule.baht)
    if use.exemption_left_baht is not None:
        given = exact(Text("ยกเว้นที่เหลือ", "The exemption that is left"), use.exemption_left_baht, decimals=2)
        left = min(left, given)
    elif use.kind is TaxClass.AGRICULTURE_PERSON:
        doubts.append(_ALL_OF_IT)
    exempt = min(value, left)
    if not exempt:
        return ZERO, [], doubts
    told = Text(f"ยกเว้นมูลค่าไม่เกิน {baht_said(left)} บาท", f"Exempt up to {baht_said(left)} baht")
    return exempt, [line(Step.EXEMPTION, told, -exempt, rule, of=value)], doubts


_ALL_OF_IT = Text(
    "ถือว่าเจ้าของยังไม่ได้ใช้สิทธิยกเว้นเกษตรกรรมกับแปลงอื่นในเทศบาลนี้",
    "Taken as if the owner had no other farm land in this municipality that uses the exemption",
)


def _percents(
    use: Use, brackets: tuple[Bracket, ...], year: int, rules: Rules
) -> tuple[list[Decimal], list[Line]]:  # fmt: skip
    """The rate of each bracket; of vacant land with what section 43 adds."""
    usual = [bracket.percent for bracket in brackets]
    if use.kind is not TaxClass.VACANT:
        if use.vacant_years is not None:
            raise BadRequest("บอกปีที่ว่างเปล่าได้เฉพาะที่ว่างเปล่า", "Only vacant land has years of vacancy")
        return usual, []
    years = use.vacant_years
    if isinstance(years, bool) or not isinstance(years, int) or not 1 <= years <= 1000:
        raise BadRequest(
            "ที่ว่างเปล่าต้องบอกจำนวนปีที่ว่างติดต่อกัน (ปีนี้นับเป็น 1)",
            "Vacant land needs its consecutive years of vacancy (1 is the first)",
        )
    rule = rules.vacancy(year)
    counted = rule.years_counted(years, year)
    found = [rule.percent(one, counted) for one in usual]
    if found == usual and counted == years:
        return found, []
    told = Text(
        f"ว่างเปล่าปีที่ {counted} (นับตั้งแต่ปี {rule.counted_from + 543}): ขั้นแรกร้อยละ {found[0]}",
        f"Vacant year {counted} (counted from {rule.counted_from}): first bracket {found[0]} percent",
    )
    return found, [line(Step.SHARE, told, ZERO, rule, percent=found[0])]


def _in_bracket(bracket: Bracket, taxed: Decimal, percent: Decimal) -> Line | None:
    top = taxed if bracket.to_baht is None else min(taxed, Decimal(bracket.to_baht))
    within = top - bracket.from_baht
    if within <= 0:
        return None
    upto = "" if bracket.to_baht is None else f"{bracket.to_baht:,}"
    told = Text(
        f"ขั้น {bracket.from_baht:,}–{upto or 'ขึ้นไป'} บาท ร้อยละ {percent}",
        f"Bracket {bracket.from_baht:,}–{upto or 'and above'} baht at {percent}%",
    )
    return line(Step.BRACKET, told, percent_of(within, percent), bracket, of=within, percent=percent)


def _reliefs(use: Use, tax: Decimal, year: int, rules: Rules) -> tuple[list[Line], list[Text]]:
    """What the tax is reduced by: the special relief, the year's, or both one after the other."""
    yearly = rules.yearly_relief(use.kind, year)
    special, lines = _special(use, year, rules)
    doubts: list[Text] = []
    if special and not special.confirmed:
        doubts.append(Text(f"ยังไม่ยืนยันเงื่อนไขของ “{special.th}”", f"The terms of “{special.en}” are not confirmed"))
    if special and yearly and special.percent > yearly.joins_up_to_percent:
        if not yearly.joining_confirmed:
            doubts.append(_JOINING)
        special, yearly = (special, None) if special.percent >= yearly.percent else (None, yearly)
    for rule in (special, yearly):
        if rule is not None:
            off = percent_of(tax, rule.percent)
            lines.append(line(Step.RELIEF, _relief_told(rule, year), -off, rule, of=tax, percent=rule.percent))
            tax = total((tax, -off))
    return lines, doubts


_JOINING = Text(
    "ยังไม่ยืนยันว่าการลดเฉพาะรายกับการลดทั้งปีใช้ร่วมกันได้ จึงใช้อย่างที่ลดมากกว่าอย่างเดียว",
    "Whether a special relief joins the year's reduction is not confirmed; the larger alone was taken",
)


def _relief_told(rule: SpecialRelief | YearlyRelief, year: int) -> Text:
    if isinstance(rule, SpecialRelief):
        return Text(f"ลดร้อยละ {rule.percent}: {rule.th}", f"Less {rule.percent}%: {rule.en}")
    if rule.percent == _WHOLE:
        return Text(f"ปี {year + 543} ไม่เรียกเก็บ", f"Not charged in {year}")
    return Text(f"ลดร้อยละ {rule.percent} ทั้งปี {year + 543}", f"Less {rule.percent}% in {year}")


def _special(use: Use, year: int, rules: Rules) -> tuple[SpecialRelief | None, list[Line]]:
    if use.relief is None:
        return None, []
    rule = rules.special_relief(use.relief, year)
    if rule.kinds and use.kind not in rule.kinds:
        raise BadRequest(f"“{rule.th}” ไม่ใช้กับ{use.kind.label.th}", f"“{rule.en}” is not for {use.kind.label.en}")
    if rule.at_most_years is None:
        return rule, []
    if use.relief_year is None or use.relief_year < 1:
        raise BadRequest(f"“{rule.th}” ต้องบอกว่าเป็นปีที่เท่าไร", f"“{rule.en}” needs the year it is in (1 is the first)")
    if use.relief_year <= rule.at_most_years:
        return rule, []
    told = Text(
        f"พ้น {rule.at_most_years} ปีของ “{rule.th}” แล้ว ไม่ลด",
        f"The {rule.at_most_years} years of “{rule.en}” are over: no relief",
    )
    return None, [line(Step.RELIEF, told, ZERO, rule, percent=ZERO)]
