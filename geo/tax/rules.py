"""The tables of both taxes as one rule set with a version; what holds in a year is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from geo.errors import BadRequest
from geo.tax.kinds import SignKind, TaxClass
from geo.tax.reader import Dated
from geo.tax.years import year_said


@dataclass(frozen=True, kw_only=True)
class Bracket(Dated):
    """A rate, in percent, of what lies from `from_baht` up to `to_baht`, after the exemption."""

    kind: TaxClass
    from_baht: int
    to_baht: int | None
    percent: Decimal


@dataclass(frozen=True, kw_only=True)
class Exemption(Dated):
    """Baht of value that are not taxed; for farms of natural persons once in each municipality."""

    kind: TaxClass
    baht: int


@dataclass(frozen=True, kw_only=True)
class YearlyRelief(Dated):
    """What everybody of a class pays less in a year, in percent of the tax; 100 is a year that is not charged.

    A special relief of up to `joins_up_to_percent` is taken as well; of others only the larger counts.
    """

    kind: TaxClass
    percent: Decimal
    joins_up_to_percent: Decimal
    joining_confirmed: bool


@dataclass(frozen=True, kw_only=True)
class SpecialRelief(Dated):
    """What certain property pays less, in percent of the tax, for at most so many years; no classes: any."""

    relief: str
    th: str
    en: str
    percent: Decimal
    at_most_years: int | None
    kinds: tuple[TaxClass, ...]
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class Vacancy(Dated):
    """Section 43: percentage points more after every so many years, up to a cap, counted from a year on."""

    step_percent: Decimal
    every_years: int
    cap_percent: Decimal
    counted_from: int

    def years_counted(self, vacant_years: int, year: int) -> int:
        """The years that count: none before the Act's first."""
        return min(vacant_years, year - self.counted_from + 1)

    def percent(self, of_bracket: Decimal, years_counted: int) -> Decimal:
        """A bracket's rate after so many counted years."""
        return min(of_bracket + self.step_percent * ((years_counted - 1) // self.every_years), self.cap_percent)


@dataclass(frozen=True, kw_only=True)
class Depreciation(Dated):
    """A stretch of ages of a structure: `percent` at its first, `percent_a_year` more for each full year after."""

    structure: str
    from_age: int
    to_age: int | None
    percent: Decimal
    percent_a_year: Decimal

    def at_age(self, years: int) -> Decimal:
        """Percent off at that age."""
        return self.percent + self.percent_a_year * (years - self.from_age)


@dataclass(frozen=True, kw_only=True)
class PaymentRule(Dated):
    """A number that paying goes by; its unit is in the name."""

    rule: str
    number: Decimal


@dataclass(frozen=True, kw_only=True)
class SignRate(Dated):
    """Baht for each unit of area of a kind of sign, and the least that a sign pays."""

    sign: SignKind
    baht: Decimal
    moving_baht: Decimal
    unit_square_cm: int
    minimum_baht: Decimal


@dataclass(frozen=True, kw_only=True)
class Confirmed(Dated):
    """Years for which a source confirms `rates`, `reliefs` or `signs`."""

    subject: str


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Every table, checked; `version` changes whenever a byte of any of them does."""

    version: str
    rates: tuple[Bracket, ...]
    exemptions: tuple[Exemption, ...]
    yearly: tuple[YearlyRelief, ...]
    special: tuple[SpecialRelief, ...]
    vacancies: tuple[Vacancy, ...]
    depreciations: tuple[Depreciation, ...]
    payment: tuple[PaymentRule, ...]
    signs: tuple[SignRate, ...]
    confirmed: tuple[Confirmed, ...]

    @cached_property
    def _brackets(self) -> dict[tuple[TaxClass, int], tuple[Bracket, ...]]:
        return {}

    def brackets(self, kind: TaxClass, year: int) -> tuple[Bracket, ...]:
        """The brackets of a class in a year, from 0 upwards; BadRequest for a year that the tables do not reach."""
        if (found := self._brackets.get((kind, year))) is None:
            ours = (one for one in self.rates if one.kind is kind and one.holds(year))
            found = tuple(sorted(ours, key=lambda one: one.from_baht))
            self._brackets[kind, year] = found
        if not found:
            raise _no_rule(year)
        return found

    def exemption(self, kind: TaxClass, year: int) -> Exemption | None:
        """What of a class is exempt; None where nothing is."""
        return next((one for one in self.exemptions if one.kind is kind and one.holds(year)), None)

    def yearly_relief(self, kind: TaxClass, year: int) -> YearlyRelief | None:
        """What the whole class pays less in a year."""
        return next((one for one in self.yearly if one.kind is kind and one.holds(year)), None)

    def special_relief(self, relief: str, year: int) -> SpecialRelief:
        """A relief by its code; BadRequest for one that is not known."""
        for one in self.special:
            if one.relief == relief and one.holds(year):
                return one
        raise BadRequest(f"ไม่รู้จักการลดภาษี {relief!r}", f"The relief {relief!r} is not known")

    def vacancy(self, year: int) -> Vacancy:
        """How vacancy escalates in a year."""
        if (found := next((one for one in self.vacancies if one.holds(year)), None)) is None:
            raise _no_rule(year)
        return found

    def depreciation(self, structure: str, age_years: int, year: int) -> Depreciation:
        """The stretch of the table that an age falls into; BadRequest for a structure that is not known."""
        for one in self.depreciations:
            last = one.to_age is None or age_years <= one.to_age
            if one.structure == structure and one.holds(year) and one.from_age <= age_years and last:
                return one
        raise BadRequest(f"ไม่มีค่าเสื่อมของโครงสร้าง {structure!r}", f"No depreciation for the structure {structure!r}")

    def payment_rule(self, rule: str, year: int) -> PaymentRule:
        """A number that paying goes by in a year."""
        if (found := next((one for one in self.payment if one.rule == rule and one.holds(year)), None)) is None:
            raise _no_rule(year)
        return found

    def sign_rate(self, sign: SignKind, year: int) -> SignRate:
        """The rate of a kind of sign; BadRequest for a year before the table begins."""
        if (found := next((one for one in self.signs if one.sign is sign and one.holds(year)), None)) is None:
            raise _no_rule(year)
        return found

    def is_confirmed(self, subject: str, year: int) -> bool:
        """Whether a source confirms `rates`, `reliefs` or `signs` for that year."""
        return any(one.subject == subject and one.holds(year) for one in self.confirmed)


def _no_rule(year: int) -> BadRequest:
    said = year_said(year)
    return BadRequest(f"ไม่มีอัตราของ{said.th}ในตาราง", f"The tables hold no rule for {said.en}")
