"""Each table: its columns, how a row is made, and what must hold between the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from geo.codes import CodeList
from geo.errors import Problem, Text
from geo.tax.checks import (
    Span,
    at_most_hundred,
    below_ceiling,
    ladder,
    missing,
    rising,
    years_follow,
)
from geo.tax.kinds import EXEMPTED, VACANT_CAP_PERCENT, SignKind, TaxClass
from geo.tax.reader import BadCell, Dated, Row, problem
from geo.tax.rules import (
    Bracket,
    Confirmed,
    Depreciation,
    Exemption,
    PaymentRule,
    SignRate,
    SpecialRelief,
    Vacancy,
    YearlyRelief,
)

PAYMENT_RULES = (
    "instalments", "instalments_from_baht", "penalty_before_warning_percent", "penalty_within_warning_percent",
    "penalty_after_warning_percent", "surcharge_percent_a_month",
)  # fmt: skip
FIRST_SIGN_YEAR = 2021
_DATED = ("valid_from", "valid_to", "section", "source")
_CLASSES = tuple(TaxClass)

Kind = TypeVar("Kind", bound=Dated)


@dataclass(frozen=True)
class Table(Generic[Kind]):
    """One file under `data/tax`."""

    name: str
    columns: tuple[str, ...]
    made: Callable[[Row], Kind]
    wrong: Callable[[Sequence[Kind]], list[Problem]]


def _dated(row: Row) -> dict[str, Any]:
    """The columns that every table ends with."""
    return {
        "valid_from": row.year("valid_from"),
        "valid_to": row.year("valid_to") if row.cells["valid_to"].strip() else None,
        "section": row.cells.get("section", "").strip() or None,
        "source": row.text("source"),
        "row": row.number,
    }


def _class(row: Row) -> TaxClass:
    return TaxClass(row.one_of("class", _CLASSES))


def _at_least_one(row: Row, column: str) -> int:
    if not (found := row.whole(column)):
        raise BadCell(column, "ต้องอย่างน้อย 1", "must be at least 1")
    return found


def _bracket(row: Row) -> Bracket:
    return Bracket(
        kind=_class(row), from_baht=row.whole("from_baht"), to_baht=row.whole_or_none("to_baht"),
        percent=row.number_of("percent"), **_dated(row),
    )  # fmt: skip


def _wrong_brackets(rows: Sequence[Bracket]) -> list[Problem]:
    wrong = missing(_CLASSES, (one.kind for one in rows))
    sets: dict[tuple[TaxClass, int, int | None], list[Bracket]] = defaultdict(list)
    for one in rows:
        wrong += below_ceiling(one.kind, one.percent, one.row)
        sets[one.kind, one.valid_from, one.valid_to].append(one)
    for found in sets.values():
        found.sort(key=lambda one: (one.from_baht, one.row))
        spans = [Span(start=one.from_baht, end=one.to_baht, row=one.row) for one in found]
        wrong += ladder(spans, "from_baht", next_to=0)
        wrong += rising([(one.percent, one.row) for one in found], "percent")
    firsts = [found[0] for found in sets.values()]
    return wrong + years_follow(firsts, lambda one: one.kind, without_holes=True)


RATES = Table(
    "rates.csv", ("class", "from_baht", "to_baht", "percent", *_DATED), _bracket, _wrong_brackets,
)  # fmt: skip


def _exemption(row: Row) -> Exemption:
    return Exemption(kind=_class(row), baht=row.whole("baht"), **_dated(row))


def _wrong_exemptions(rows: Sequence[Exemption]) -> list[Problem]:
    told = Text("ประเภทนี้ไม่มีการยกเว้น", "nothing of this class is exempt")
    never = [problem(one.row, "class", told) for one in rows if one.kind not in EXEMPTED]
    absent = missing(EXEMPTED, (one.kind for one in rows))
    return never + absent + years_follow(rows, lambda one: one.kind, without_holes=True)


EXEMPTIONS = Table("exemptions.csv", ("class", "baht", *_DATED), _exemption, _wrong_exemptions)


def _yearly(row: Row) -> YearlyRelief:
    return YearlyRelief(
        kind=_class(row), percent=row.number_of("percent"), joins_up_to_percent=row.number_of("joins_up_to_percent"),
        joining_confirmed=row.yes("joining_confirmed"), **_dated(row),
    )  # fmt: skip


def _wrong_yearly(rows: Sequence[YearlyRelief]) -> list[Problem]:
    # Most years have no relief, so holes are as they should be.
    over = at_most_hundred(((one.percent, one.row) for one in rows), "percent")
    return over + years_follow(rows, lambda one: one.kind, without_holes=False)


YEARLY = Table(
    "yearly_reliefs.csv", ("class", "percent", "joins_up_to_percent", "joining_confirmed", *_DATED),
    _yearly, _wrong_yearly,
)  # fmt: skip


def _special(row: Row) -> SpecialRelief:
    named = [one for one in row.cells["classes"].strip().split("|") if one]
    if unknown := sorted(set(named) - set(_CLASSES)):
        raise BadCell("classes", f"ไม่รู้จัก “{unknown[0]}”", f"“{unknown[0]}” is not known")
    return SpecialRelief(
        relief=row.text("relief"), th=row.text("th"), en=row.text("en"), percent=row.number_of("percent"),
        at_most_years=_at_least_one(row, "at_most_years") if row.cells["at_most_years"].strip() else None,
        kinds=tuple(TaxClass(one) for one in named), confirmed=row.yes("confirmed"), **_dated(row),
    )  # fmt: skip


def _wrong_special(rows: Sequence[SpecialRelief]) -> list[Problem]:
    over = at_most_hundred(((one.percent, one.row) for one in rows), "percent")
    return over + years_follow(rows, lambda one: one.relief, without_holes=False)


SPECIAL = Table(
    "special_reliefs.csv", ("relief", "th", "en", "percent", "at_most_years", "classes", "confirmed", *_DATED),
    _special, _wrong_special,
)  # fmt: skip


def _vacancy(row: Row) -> Vacancy:
    return Vacancy(
        step_percent=row.number_of("step_percent"), every_years=_at_least_one(row, "every_years"),
        cap_percent=row.number_of("cap_percent"), counted_from=row.year("counted_from"), **_dated(row),
    )  # fmt: skip


def _wrong_vacancy(rows: Sequence[Vacancy]) -> list[Problem]:
    told = Text(
        f"เกินเพดานร้อยละ {VACANT_CAP_PERCENT} ของมาตรา 43", f"is above section 43's {VACANT_CAP_PERCENT} percent"
    )
    low = Text("ต่ำกว่าเพดานของอัตราปกติ", "is below the ceiling of the usual rate")
    late = Text("เริ่มนับหลังปีที่ใช้", "counts from after the year it holds from")
    over = [problem(one.row, "cap_percent", told) for one in rows if one.cap_percent > VACANT_CAP_PERCENT]
    under = [problem(one.row, "cap_percent", low) for one in rows if one.cap_percent < TaxClass.VACANT.ceiling_percent]
    after = [problem(one.row, "counted_from", late) for one in rows if one.counted_from > one.valid_from]
    return over + under + after + years_follow(rows, lambda _: None, without_holes=True)


VACANCY = Table(
    "vacancy.csv", ("step_percent", "every_years", "cap_percent", "counted_from", *_DATED), _vacancy, _wrong_vacancy,
)  # fmt: skip


def _depreciation(row: Row) -> Depreciation:
    known = tuple(one.code for one in CodeList.read("structure").codes)
    return Depreciation(
        structure=row.one_of("structure", known), from_age=row.whole("from_age"), to_age=row.whole_or_none("to_age"),
        percent=row.number_of("percent"), percent_a_year=row.number_of("percent_a_year"), **_dated(row),
    )  # fmt: skip


def _wrong_depreciation(rows: Sequence[Depreciation]) -> list[Problem]:
    wrong = at_most_hundred(((one.at_age(one.to_age or one.from_age), one.row) for one in rows), "percent")
    sets: dict[tuple[str, int, int | None], list[Depreciation]] = defaultdict(list)
    for one in rows:
        sets[one.structure, one.valid_from, one.valid_to].append(one)
    endless = Text("ช่วงสุดท้ายต้องไม่เพิ่มต่อ", "the last stretch cannot go on rising")
    for found in sets.values():
        found.sort(key=lambda one: (one.from_age, one.row))
        wrong += ladder([Span(start=one.from_age, end=one.to_age, row=one.row) for one in found], "from_age", next_to=1)
        wrong += rising([(one.percent, one.row) for one in found], "percent")
        wrong += [problem(one.row, "percent_a_year", endless) for one in found if not one.to_age and one.percent_a_year]
    structures = (one.code for one in CodeList.read("structure").codes)
    wrong += missing(structures, (one.structure for one in rows))
    return wrong + years_follow([found[0] for found in sets.values()], lambda one: one.structure, without_holes=True)


DEPRECIATION = Table(
    "depreciation.csv", ("structure", "from_age", "to_age", "percent", "percent_a_year", *_DATED),
    _depreciation, _wrong_depreciation,
)  # fmt: skip


def _payment(row: Row) -> PaymentRule:
    rule = row.one_of("rule", PAYMENT_RULES)
    number = Decimal(_at_least_one(row, "number")) if rule == "instalments" else row.number_of("number")
    return PaymentRule(rule=rule, number=number, **_dated(row))


def _wrong_payment(rows: Sequence[PaymentRule]) -> list[Problem]:
    over = at_most_hundred(((one.number, one.row) for one in rows if "percent" in one.rule), "number")
    absent = missing(PAYMENT_RULES, (one.rule for one in rows))
    return over + absent + years_follow(rows, lambda one: one.rule, without_holes=True)


PAYMENT = Table("payment.csv", ("rule", "number", *_DATED), _payment, _wrong_payment)


def _sign(row: Row) -> SignRate:
    return SignRate(
        sign=SignKind(row.one_of("sign", tuple(SignKind))), baht=row.number_of("baht"),
        moving_baht=row.number_of("moving_baht"), unit_square_cm=_at_least_one(row, "unit_square_cm"),
        minimum_baht=row.number_of("minimum_baht"), **_dated(row),
    )  # fmt: skip


def _wrong_signs(rows: Sequence[SignRate]) -> list[Problem]:
    absent = missing(tuple(SignKind), (one.sign for one in rows))
    return absent + years_follow(rows, lambda one: one.sign, without_holes=True, begin=FIRST_SIGN_YEAR)


SIGNS = Table(
    "sign_rates.csv", ("sign", "baht", "moving_baht", "unit_square_cm", "minimum_baht", *_DATED), _sign, _wrong_signs,
)  # fmt: skip


def _confirmed(row: Row) -> Confirmed:
    return Confirmed(subject=row.one_of("subject", ("rates", "reliefs", "signs")), **_dated(row))


CONFIRMED = Table(
    "confirmed.csv", ("subject", "valid_from", "valid_to", "source"), _confirmed,
    lambda rows: years_follow(rows, lambda one: one.subject, without_holes=False),
)  # fmt: skip
