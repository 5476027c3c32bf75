"""How a figure is told: line by line, each with its rule; and what of it nobody has confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from geo.errors import Text
from geo.tax.reader import Dated
from geo.tax.rules import Rules
from geo.tax.settings import TownTax
from geo.tax.years import year_said


class Step(StrEnum):
    """What a line does. The lines of `TAX_STEPS` sum to the tax exactly."""

    VALUE = "value"
    DEPRECIATION = "depreciation"
    SHARE = "share"
    EXEMPTION = "exemption"
    BRACKET = "bracket"
    RELIEF = "relief"
    ROUNDING = "rounding"
    PAYMENT = "payment"


TAX_STEPS = (Step.BRACKET, Step.RELIEF, Step.ROUNDING)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One step of the reckoning: baht (exact, not rounded; what is taken away is negative), of what, at which rate.

    `section` is the section of the Act where a source names it; `source` is a row of `data/tax/sources.csv`, or `town`
    for a choice of the municipality.
    """

    step: Step
    told: Text
    baht: Decimal
    of: Decimal | None = None
    percent: Decimal | None = None
    section: str | None = None
    source: str


def line(step: Step, told: Text, baht: Decimal, rule: Dated, *, of: Decimal | None = None,
         percent: Decimal | None = None) -> Line:  # fmt: skip
    """A line that follows from a row of a table."""
    return Line(step=step, told=told, baht=baht, of=of, percent=percent, section=rule.section, source=rule.source)


def disclaimer(year: int, rules: Rules) -> Text:
    """The words that stand with every figure: an estimate, by which rules, for which year."""
    said = year_said(year)
    return Text(
        f"เป็นการประมาณการ ไม่ใช่การประเมินภาษี: {said.th} ชุดกฎ {rules.version} ยึดตามหนังสือแจ้งของเจ้าหน้าที่ (ภ.ด.ส.6)",
        f"An estimate, not an assessment: {said.en}, rules {rules.version}; the officer's notice (ภ.ด.ส.6) decides",
    )


def year_doubts(year: int, rules: Rules, town: TownTax, subjects: Iterable[str]) -> tuple[Text, ...]:
    """What no source confirms of a year; nothing for years that the town has confirmed itself."""
    if year in town.confirmed_years:
        return ()
    said = year_said(year)
    return tuple(
        Text(
            f"ยังไม่มีแหล่งข้อมูลยืนยัน{_SUBJECTS[subject].th}ของ{said.th} โปรดสอบถามกองคลังหรือหนังสือสั่งการ",
            f"No source confirms {_SUBJECTS[subject].en} of {said.en}; ask the revenue division or see the circular",
        )
        for subject in subjects
        if not rules.is_confirmed(subject, year)
    )


_SUBJECTS = {
    "rates": Text("อัตราภาษี", "the rates"),
    "reliefs": Text("การลดภาษี", "the reductions"),
    "signs": Text("อัตราภาษีป้าย", "the rates of signs"),
}

ROUNDED = Text(
    "มีการปัดเศษของสตางค์ ซึ่งยังไม่มีแหล่งข้อมูลบอกวิธีปัด จึงใช้วิธีที่เทศบาลตั้งไว้",
    "Parts of a satang were rounded as the town has set; no source says how",
)
SHARED = Text(
    "ทรัพย์สินใช้หลายประเภท แบ่งมูลค่าตามสัดส่วนพื้นที่ สตางค์ที่เหลือให้ส่วนที่มีเศษมากที่สุด",
    "Of several uses: shared by area, odd satang to the largest remainders",
)


def distinct(doubts: Iterable[Text]) -> tuple[Text, ...]:
    """Each once, in their order."""
    return tuple(dict.fromkeys(doubts))
