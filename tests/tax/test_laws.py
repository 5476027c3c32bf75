"""What must be true of every tax, looked for by drawing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from geo.tax.base import Building, Land
from geo.tax.estimate import Estimate, Property, estimate
from geo.tax.kinds import EXEMPTED, VACANT_CAP_PERCENT, TaxClass
from geo.tax.lines import TAX_STEPS
from geo.tax.money import baht, shares
from geo.tax.of_class import Use
from geo.tax.payment import Stage, instalments, late, months_late
from geo.tax.settings import Months, OddSatang, Rounding, TownTax
from geo.tax.tables import standard
from tests.tax.made import PLAIN_YEAR, of_value

kinds = st.sampled_from(TaxClass)
values = st.one_of(st.integers(0, 10**13), st.integers(0, 10**9)).map(baht)
years = st.integers(2020, 2060)
towns = st.builds(TownTax, rounding=st.sampled_from(Rounding))
areas = st.decimals(0, 10**6, places=4)


@given(kinds, values, values, years, towns)
def test_who_has_more_never_pays_less(kind: TaxClass, one: Decimal, other: Decimal, year: int, town: TownTax) -> None:
    less, more = sorted((one, other))
    assert 0 <= of_value(kind, less, year, town=town).tax_baht <= of_value(kind, more, year, town=town).tax_baht


@given(kinds, years, st.data())
def test_no_bracket_begins_with_a_leap(kind: TaxClass, year: int, data: st.DataObject) -> None:
    rules = standard()
    exemption = rules.exemption(kind, year)
    start = data.draw(st.sampled_from(rules.brackets(kind, year))).from_baht + (exemption.baht if exemption else 0)
    below = of_value(kind, max(Decimal(0), start - Decimal("0.01")), year).tax_baht
    above = of_value(kind, start + Decimal("0.01"), year).tax_baht
    # Two satang of value are taxed with less than a satang, which rounding may show as one.
    assert 0 <= above - below <= Decimal("0.01")


@given(st.sampled_from(EXEMPTED), values, values, values, years)
def test_an_exemption_never_raises_the_tax(
    kind: TaxClass, value: Decimal, one: Decimal, other: Decimal, year: int
) -> None:  # fmt: skip
    def tax(left: Decimal | None) -> Decimal:
        use = Use(kind=kind, exemption_left_baht=left)
        return estimate(Property(uses=(use,), appraised_baht=value), year).tax_baht

    less, more = sorted((one, other))
    assert tax(None) <= tax(more) <= tax(less) <= tax(Decimal(0))


@given(values, st.integers(1, 900), st.integers(1, 900), years)
def test_vacancy_only_raises_the_tax_and_ends_at_the_cap(value: Decimal, one: int, other: int, year: int) -> None:
    less, more = sorted((one, other))
    shorter, longer = (of_value(TaxClass.VACANT, value, year, vacant_years=years).tax_baht for years in (less, more))
    assert shorter <= longer <= value * VACANT_CAP_PERCENT / 100 + Decimal("0.01")
    assert longer >= of_value(TaxClass.OTHER_USE, value, year).tax_baht


@st.composite
def properties(draw: st.DrawFn) -> Property:
    """Land and buildings of several uses."""
    named = draw(st.lists(kinds, min_size=1, max_size=7, unique=True))
    weights = draw(st.lists(areas, min_size=len(named), max_size=len(named)).filter(any))
    uses = tuple(
        Use(kind=kind, area=area, vacant_years=draw(st.integers(1, 60)) if kind is TaxClass.VACANT else None)
        for kind, area in zip(named, weights, strict=True)
    )
    building = st.builds(
        Building, area_square_metres=areas, baht_per_square_metre=st.decimals(0, 20_000, places=2),
        structure=st.sampled_from(["masonry", "half_timber", "timber", None]), age_years=st.integers(0, 120),
        kind=st.sampled_from([None, *named]),
    )  # fmt: skip
    land = Land(area_square_wah=draw(areas), baht_per_square_wah=draw(st.decimals(0, 10_000, places=2)))
    return Property(uses=uses, land=land, buildings=tuple(draw(st.lists(building, max_size=3))))


@given(properties(), years, towns)
def test_the_parts_of_an_estimate_sum_to_the_whole(of: Property, year: int, town: TownTax) -> None:
    found: Estimate = estimate(of, year, town=town)
    assert sum(one.value_baht for one in found.taxed) == found.base_baht
    assert sum(one.tax_baht for one in found.taxed) == found.tax_baht
    for one in found.taxed:
        assert one.exempt_baht + one.taxed_baht == one.value_baht
        assert sum(line.baht for line in one.lines if line.step in TAX_STEPS) == one.tax_baht
        assert one.tax_baht >= 0
    for amount in (found.base_baht, found.tax_baht):
        assert amount == amount.quantize(Decimal("0.01"))
    assert all(line.told.th and line.told.en and line.source for line in found.lines)


@given(st.integers(0, 10**13), st.lists(st.integers(0, 10**12), min_size=1, max_size=7).filter(any))
def test_shares_sum_to_the_whole_and_are_off_by_less_than_one(amount: int, weights: list[int]) -> None:
    found = shares(amount, weights)
    assert sum(found) == amount
    assert all(abs(part * sum(weights) - amount * weight) < sum(weights) for part, weight in zip(found, weights))  # noqa: B905 - of one length


@given(values, st.sampled_from(OddSatang))
def test_instalments_sum_to_the_tax(tax: Decimal, odd: OddSatang) -> None:
    found = instalments(tax, PLAIN_YEAR, town=TownTax(odd_satang=odd))
    assert sum(found.parts_baht) == tax
    assert len(found.parts_baht) == (3 if tax >= 3_000 else 1)
    assert max(found.parts_baht) - min(found.parts_baht) <= Decimal("0.02")
    assert bool(found.unconfirmed) == (max(found.parts_baht) != min(found.parts_baht))


@given(values, st.sampled_from(Stage), st.integers(0, 400), st.integers(0, 400))
def test_being_later_never_costs_less(tax: Decimal, stage: Stage, one: int, other: int) -> None:
    less, more = sorted((one, other))
    capped = TownTax(surcharge_ends_at_tax=True)
    assert tax <= late(tax, stage, less, PLAIN_YEAR).total_baht <= late(tax, stage, more, PLAIN_YEAR).total_baht
    assert late(tax, stage, more, PLAIN_YEAR, town=capped).surcharge_baht <= tax


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(-40, 2_000), st.sampled_from(Months))
def test_a_day_more_never_makes_fewer_months(due: date, days: int, counted: Months) -> None:
    town = TownTax(months=counted)
    now, tomorrow = (months_late(due, due + timedelta(days=days + more), town=town).months for more in (0, 1))
    assert 0 <= now <= tomorrow <= now + 1
    assert (now == 0) == (days <= 0)
