"""Paying: instalments that sum to the tax, and what being late adds."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from geo.errors import BadRequest, Text
from geo.tax.lines import ROUNDED, Line, Step, disclaimer, distinct, line
from geo.tax.money import baht, exact, percent_of, product, satang, stated, total
from geo.tax.rules import Rules
from geo.tax.settings import USUAL, Months, OddSatang, TownTax
from geo.tax.tables import standard
from geo.tax.years import tax_year


class Stage(StrEnum):
    """When a late tax was paid, seen from the warning letter of section 61."""

    BEFORE_WARNING = "before_warning"
    WITHIN_WARNING = "within_warning"
    AFTER_WARNING = "after_warning"

    @property
    def label(self) -> Text:
        """What people call it."""
        return _STAGES[self]


_STAGES = {
    Stage.BEFORE_WARNING: Text("ชำระก่อนได้รับหนังสือแจ้งเตือน", "paid before the warning"),
    Stage.WITHIN_WARNING: Text("ชำระภายในเวลาของหนังสือแจ้งเตือน", "paid within the time of the warning"),
    Stage.AFTER_WARNING: Text("ชำระหลังพ้นเวลาของหนังสือแจ้งเตือน", "paid after the time of the warning"),
}


@dataclass(frozen=True, kw_only=True)
class Late:
    """What a late tax comes to, baht in whole satang; an estimate, as `told` says."""

    year: int
    rules_version: str
    told: Text
    tax_baht: Decimal
    penalty_baht: Decimal
    surcharge_baht: Decimal
    total_baht: Decimal
    lines: tuple[Line, ...]
    unconfirmed: tuple[Text, ...]


@dataclass(frozen=True, kw_only=True)
class Instalments:
    """The parts in which a tax may be paid, baht in whole satang; one part where it is too small."""

    year: int
    rules_version: str
    told: Text
    parts_baht: tuple[Decimal, ...]
    lines: tuple[Line, ...]
    unconfirmed: tuple[Text, ...]


def instalments(
    tax_baht: Decimal | int, year: int, *, town: TownTax = USUAL, rules: Rules | None = None
) -> Instalments:  # fmt: skip
    """Three equal parts of a tax of 3,000 baht or more (thayang), which sum to it exactly; BadRequest for a float.

    The satang that three equal parts leave go to one of them, as the town has set.
    """
    year, rules = tax_year(year), rules or standard()
    tax = _tax(tax_baht)
    rule = rules.payment_rule("instalments", year)
    least = rules.payment_rule("instalments_from_baht", year)
    count = int(rule.number) if tax >= least.number else 1
    each, odd = divmod(satang(tax), count)
    parts = [each] * count
    parts[0 if town.odd_satang is OddSatang.FIRST else -1] += odd
    found = tuple(baht(part) for part in parts)
    lines = tuple(
        line(Step.PAYMENT, Text(f"งวดที่ {number} จาก {count}", f"Instalment {number} of {count}"), part, rule, of=tax)
        for number, part in enumerate(found, start=1)
    )
    doubts = (_ODD_SATANG,) if odd else ()
    return Instalments(
        year=year, rules_version=rules.version, told=disclaimer(year, rules), parts_baht=found, lines=lines,
        unconfirmed=doubts,
    )  # fmt: skip


_ODD_SATANG = Text(
    "ยังไม่มีแหล่งข้อมูลบอกว่าเศษสตางค์อยู่งวดใด จึงใช้ตามที่เทศบาลตั้งไว้",
    "No source says which instalment takes the odd satang; it is as the town has set",
)


def late(
    tax_baht: Decimal | int, stage: Stage, months: int, year: int, *, town: TownTax = USUAL, rules: Rules | None = None
) -> Late:
    """A late tax with its penalty (sections 68 and 69) and surcharge (section 70), in baht and whole satang.

    `months` is how many the delay has, a part of one being one (`months_late`). The surcharge is on the tax and never
    on the penalty. BadRequest for a float or a negative number of months.
    """
    year, rules = tax_year(year), rules or standard()
    tax = _tax(tax_baht)
    if isinstance(months, bool) or not isinstance(months, int) or not 0 <= months <= 10_000:
        raise BadRequest(f"จำนวนเดือน {months!r} เป็นไปไม่ได้", f"{months!r} months are not possible")
    of_penalty = rules.payment_rule(f"penalty_{stage}_percent", year)
    of_month = rules.payment_rule("surcharge_percent_a_month", year)
    exactly = percent_of(tax, of_penalty.number), percent_of(tax, product(of_month.number, months))
    penalty, surcharge = (stated(one, town.rounding) for one in exactly)
    doubts = [ROUNDED] if (penalty, surcharge) != exactly else []
    if surcharge > tax:
        doubts.append(_CAP)
        surcharge = tax if town.surcharge_ends_at_tax else surcharge
    told = Text(
        f"เบี้ยปรับร้อยละ {of_penalty.number} ({stage.label.th})",
        f"Penalty of {of_penalty.number}% ({stage.label.en})",
    )
    more = Text(
        f"เงินเพิ่มร้อยละ {of_month.number} ต่อเดือน {months} เดือน",
        f"Surcharge of {of_month.number}% a month for {months} months",
    )
    lines = (
        line(Step.PAYMENT, told, penalty, of_penalty, of=tax, percent=of_penalty.number),
        line(Step.PAYMENT, more, surcharge, of_month, of=tax, percent=product(of_month.number, months)),
    )
    return Late(
        year=year, rules_version=rules.version, told=disclaimer(year, rules), tax_baht=tax, penalty_baht=penalty,
        surcharge_baht=surcharge, total_baht=total((tax, penalty, surcharge)), lines=lines,
        unconfirmed=distinct(doubts),
    )  # fmt: skip


_CAP = Text(
    "ยังไม่ยืนยันว่าเงินเพิ่มต้องไม่เกินจำนวนภาษีหรือไม่ จึงใช้ตามที่เทศบาลตั้งไว้",
    "Whether the surcharge ends at the amount of the tax is not confirmed; it is as the town has set",
)


@dataclass(frozen=True, kw_only=True)
class Delay:
    """How many months late, a part of one counting as one, and whether the two ways of counting differ here."""

    months: int
    unconfirmed: tuple[Text, ...]


def months_late(due_on: date, paid_on: date, *, town: TownTax = USUAL) -> Delay:
    """The months of a delay (section 70: a part counts as one); 0 when paid on the last day or before."""
    counted = {Months.CALENDAR: _calendar_months(due_on, paid_on), Months.THIRTY_DAYS: _thirties(due_on, paid_on)}
    doubts = (_MONTHS,) if len(set(counted.values())) > 1 else ()
    return Delay(months=counted[town.months], unconfirmed=doubts)


_MONTHS = Text(
    "นับตามเดือนปฏิทินกับนับเดือนละ 30 วันได้ไม่เท่ากัน ยังไม่มีแหล่งข้อมูลบอกวิธีนับ จึงใช้ตามที่เทศบาลตั้งไว้",
    "Calendar months and months of thirty days differ here; no source says which, so it is as the town has set",
)


def _thirties(due_on: date, paid_on: date) -> int:
    return max(0, -((due_on - paid_on) // timedelta(days=30)))


def _calendar_months(due_on: date, paid_on: date) -> int:
    if paid_on <= due_on:
        return 0
    whole = (paid_on.year - due_on.year) * 12 + paid_on.month - due_on.month
    # From 31 January a month ends on the last day of February.
    return whole + (paid_on.day > min(due_on.day, monthrange(paid_on.year, paid_on.month)[1]))


def _tax(given: Decimal | int) -> Decimal:
    found = exact(Text("ภาษี", "The tax"), given, decimals=2)
    return stated(found, USUAL.rounding)
