"""An estimate says what it is, which year and rules it used, and what nobody has confirmed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from geo.errors import BadRequest
from geo.tax.base import Building, Land
from geo.tax.estimate import Estimate, Property, estimate
from geo.tax.kinds import TaxClass
from geo.tax.lines import Step
from geo.tax.of_class import Use
from geo.tax.payment import Stage, instalments, late, months_late
from geo.tax.settings import Months, OddSatang, Rounding, TownTax
from geo.tax.tables import standard
from geo.tax.years import from_buddhist, tax_year
from tests.tax.made import MILLION, baht, of_value

HOME = Use(kind=TaxClass.OTHER_RESIDENCE)


def doubts(found: Estimate) -> str:
    return "; ".join(doubt.en for doubt in found.unconfirmed)


def test_an_estimate_says_that_it_is_one() -> None:
    found = of_value(TaxClass.OTHER_USE, MILLION, 2023)
    assert "ประมาณการ" in found.told.th
    assert "ปีภาษี 2566 (ค.ศ. 2023)" in found.told.th
    assert "not an assessment" in found.told.en
    assert standard().version in found.told.en
    assert found.rules_version == standard().version
    assert found.year == 2023
    assert found.unconfirmed == ()


@pytest.mark.parametrize("year", [2024, 2026, 2050])
def test_a_year_that_nobody_confirmed_says_so_until_the_town_does(year: int) -> None:
    found = of_value(TaxClass.OTHER_USE, MILLION, year)
    assert "No source confirms the rates" in doubts(found)
    assert "No source confirms the reductions" in doubts(found)
    assert str(year + 543) in found.unconfirmed[0].th
    town = TownTax(confirmed_years=frozenset({year}))
    assert of_value(TaxClass.OTHER_USE, MILLION, year, town=town).unconfirmed == ()


def test_a_buddhist_year_is_refused_and_converted_only_when_asked() -> None:
    with pytest.raises(BadRequest) as refused:
        of_value(TaxClass.OTHER_USE, MILLION, 2567)
    assert "ค.ศ. 2024" in refused.value.told.th
    assert "give 2024" in refused.value.told.en
    assert from_buddhist(2567) == 2024
    for year in (2024, 543, 2562):
        with pytest.raises(BadRequest):
            from_buddhist(year)


@pytest.mark.parametrize("year", [2019, 0, -1, 2221, 2399, 3000, True, 2024.0, "2024"])
def test_a_year_without_the_tax_is_refused(year: Any) -> None:
    with pytest.raises(BadRequest):
        tax_year(year)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.5, "never a float"), (True, "whole number"), ("100", "whole number"), (-1, "between"),
        (Decimal("NaN"), "between"), (Decimal("Infinity"), "between"), (10**11 + 1, "between"),
        (Decimal("0.001"), "decimals"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_exact_money_is_refused(value: Any, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        of_value(TaxClass.OTHER_USE, value)


LAND = Land(area_square_wah=100, baht_per_square_wah=30_000)
FARM = Use(kind=TaxClass.AGRICULTURE_PERSON)


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (Property(uses=(), appraised_baht=1), "one use"),
        (Property(uses=(HOME, HOME), appraised_baht=1), "once"),
        (Property(uses=(HOME,)), "neither"),
        (Property(uses=(HOME,), land=LAND, appraised_baht=1), "not both"),
        (Property(uses=(Use(kind=TaxClass.OTHER_USE, area=0),), land=LAND), "zero"),
        (Property(uses=(Use(kind=TaxClass.VACANT),), land=LAND), "needs its consecutive years"),
        (Property(uses=(Use(kind=TaxClass.VACANT, vacant_years=0),), land=LAND), "needs its consecutive years"),
        (Property(uses=(Use(kind=TaxClass.OTHER_USE, vacant_years=1),), land=LAND), "Only vacant land"),
        (Property(uses=(Use(kind=TaxClass.OTHER_USE, exemption_left_baht=1),), land=LAND), "Nothing is exempt"),
        (Property(uses=(HOME,), buildings=(Building(area_square_metres=1, baht_per_square_metre=1,
                                                    structure="bamboo"),)), "bamboo"),
        (Property(uses=(HOME,), buildings=(Building(area_square_metres=1, baht_per_square_metre=1, structure="timber",
                                                    age_years=-1),)), "not possible"),
        (Property(uses=(HOME,), buildings=(Building(area_square_metres=1, baht_per_square_metre=1,
                                                    kind=TaxClass.OTHER_USE),)), "not among the uses"),
        (Property(uses=(HOME,), land=Land(area_square_wah=10**9, baht_per_square_wah=10**6)), "base is above"),
    ],
)  # fmt: skip
def test_a_property_that_does_not_fit_together_is_refused(of: Property, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        estimate(of, 2024)


def test_rounding_is_the_towns_choice_and_is_told() -> None:
    # 0.3 % of 1.50 baht is 0.0045, and of 1.70 is 0.0051.
    for value, rounding, tax in [
        ("1.50", Rounding.HALF_UP, "0.00"), ("1.70", Rounding.HALF_UP, "0.01"), ("1.70", Rounding.DOWN, "0.00"),
        ("1.50", Rounding.UP, "0.01"),
    ]:  # fmt: skip
        found = of_value(TaxClass.OTHER_USE, Decimal(value), 2022, town=TownTax(rounding=rounding))
        assert found.tax_baht == Decimal(tax)
        assert "rounded as the town has set" in doubts(found)
        assert found.lines[-1].step is Step.ROUNDING
        assert found.lines[-1].source == "town"


def test_every_line_names_its_rule() -> None:
    found = of_value(TaxClass.MAIN_HOME, 60 * MILLION, 2023)
    told: list[Any] = [(line.step, line.baht, line.of, line.percent, line.section, line.source) for line in found.lines]
    assert told == [
        (Step.VALUE, 60 * MILLION, None, None, None, "dla-manual"),
        (Step.EXEMPTION, -50 * MILLION, 60 * MILLION, None, "41", "chalkboard"),
        (Step.BRACKET, 3_000, 10 * MILLION, Decimal("0.03"), None, "decree-2564"),
        (Step.RELIEF, -450, 3_000, 15, None, "mazars"),
    ]


def test_the_exemption_of_a_farmer_is_taken_once() -> None:
    whole = estimate(Property(uses=(FARM,), appraised_baht=60 * MILLION), 2023)
    assert "no other farm land" in doubts(whole)
    left = Use(kind=TaxClass.AGRICULTURE_PERSON, exemption_left_baht=20 * MILLION)
    rest = estimate(Property(uses=(left,), appraised_baht=60 * MILLION), 2023)
    assert (whole.tax_baht, rest.tax_baht) == baht(850, 3_400)
    assert rest.unconfirmed == ()


def test_what_is_known_from_memory_alone_is_told() -> None:
    use = Use(kind=TaxClass.OTHER_USE, relief="public_property")
    assert "not confirmed" in doubts(estimate(Property(uses=(use,), appraised_baht=MILLION), 2023))
    both = Use(kind=TaxClass.OTHER_USE, relief="power_plant")
    found = estimate(Property(uses=(both,), appraised_baht=MILLION), 2021)
    assert found.tax_baht == 300
    assert "the larger alone was taken" in doubts(found)


def test_the_odd_satang_go_where_the_town_says() -> None:
    last = instalments(10_000, 2024)
    assert last.parts_baht == baht("3333.33", "3333.33", "3333.34")
    first = instalments(10_000, 2024, town=TownTax(odd_satang=OddSatang.FIRST))
    assert first.parts_baht[0] == Decimal("3333.34")
    assert "odd satang" in last.unconfirmed[0].en
    assert instalments(3_000, 2024).parts_baht == baht(1_000, 1_000, 1_000)
    assert instalments(Decimal("2999.99"), 2024).parts_baht == baht("2999.99")


def test_whether_the_surcharge_ends_at_the_tax_is_told_when_it_matters() -> None:
    assert late(100, Stage.AFTER_WARNING, 100, 2024).unconfirmed == ()
    beyond = late(100, Stage.AFTER_WARNING, 120, 2024)
    assert beyond.surcharge_baht == 120
    assert "not confirmed" in beyond.unconfirmed[0].en
    assert late(100, Stage.AFTER_WARNING, 120, 2024, town=TownTax(surcharge_ends_at_tax=True)).surcharge_baht == 100
    with pytest.raises(BadRequest):
        late(100, Stage.AFTER_WARNING, -1, 2024)


@pytest.mark.parametrize(
    ("due", "paid", "calendar", "thirty"),
    [
        (date(2024, 4, 30), date(2024, 4, 30), 0, 0),
        (date(2024, 4, 30), date(2024, 5, 1), 1, 1),
        (date(2024, 4, 30), date(2024, 5, 30), 1, 1),
        (date(2024, 1, 31), date(2024, 2, 29), 1, 1),
        (date(2024, 1, 31), date(2024, 3, 1), 2, 1),
        (date(2024, 7, 15), date(2024, 8, 15), 1, 2),
        (date(2024, 12, 31), date(2025, 1, 31), 1, 2),
    ],
)
def test_where_the_ways_to_count_months_differ_it_is_told(due: date, paid: date, calendar: int, thirty: int) -> None:
    found = months_late(due, paid)
    assert found.months == calendar
    assert months_late(due, paid, town=TownTax(months=Months.THIRTY_DAYS)).months == thirty
    assert bool(found.unconfirmed) == (calendar != thirty)
