"""The worked numbers of DOMAIN 10.1, 10.2 and 3.7, and the years in which less was charged."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from geo.errors import BadRequest
from geo.tax.base import Building, Land, depreciation_percent
from geo.tax.estimate import Property, estimate
from geo.tax.kinds import TaxClass
from geo.tax.of_class import Use
from geo.tax.payment import Stage, late, months_late
from geo.tax.settings import Months, TownTax
from geo.tax.tables import standard
from tests.tax.made import MILLION, PLAIN_YEAR, baht, of_value

VECTORS = [
    ("T1", TaxClass.MAIN_HOME, 50 * MILLION, 0),
    ("T2", TaxClass.MAIN_HOME, 60 * MILLION, 3_000),
    ("T3", TaxClass.MAIN_HOME, 75 * MILLION, 7_500),
    ("T4", TaxClass.MAIN_HOME, 90 * MILLION, 15_000),
    ("T5", TaxClass.MAIN_HOME, 120 * MILLION, 40_000),
    ("T6", TaxClass.MAIN_HOME_HOUSE_ONLY, 10 * MILLION, 0),
    ("T6", TaxClass.MAIN_HOME_HOUSE_ONLY, 12 * MILLION, 400),
    ("T6", TaxClass.MAIN_HOME_HOUSE_ONLY, 60 * MILLION, 11_000),
    ("T7", TaxClass.OTHER_RESIDENCE, 2_760_000, 552),
    ("T8", TaxClass.OTHER_RESIDENCE, 3_200_000, 640),
    ("T9", TaxClass.OTHER_RESIDENCE, 50 * MILLION, 10_000),
    ("T9", TaxClass.OTHER_RESIDENCE, 80 * MILLION, 20_000),
    ("T9", TaxClass.OTHER_RESIDENCE, 120 * MILLION, 50_000),
    ("T10", TaxClass.OTHER_USE, 50 * MILLION, 150_000),
    ("T10", TaxClass.OTHER_USE, 60 * MILLION, 190_000),
    ("T10", TaxClass.OTHER_USE, 250 * MILLION, 1_000_000),
    ("T10", TaxClass.OTHER_USE, 1_500 * MILLION, 7_750_000),
    ("T11", TaxClass.AGRICULTURE_PERSON, 50 * MILLION, 0),
    ("T11", TaxClass.AGRICULTURE_PERSON, 100 * MILLION, 5_000),
    ("T11", TaxClass.AGRICULTURE_PERSON, 150 * MILLION, 15_000),
    ("T12", TaxClass.AGRICULTURE_JURISTIC, 80 * MILLION, 9_000),
    ("T15", TaxClass.VACANT, 1_800_000, 5_400),
]


@pytest.mark.parametrize(("name", "kind", "value", "tax"), VECTORS)
def test_the_worked_numbers_come_out(name: str, kind: TaxClass, value: int, tax: int) -> None:
    assert of_value(kind, value).tax_baht == tax, name


@pytest.mark.parametrize(
    ("years", "tax"),
    [
        (1, 3_000),
        (3, 3_000),
        (4, 6_000),
        (6, 6_000),
        (7, 9_000),
        (10, 12_000),
        (25, 27_000),
        (28, 30_000),
        (31, 30_000),
    ],
)
def test_vacant_land_pays_more_every_three_years_up_to_three_percent(years: int, tax: int) -> None:
    """T13 and T14; a year of vacancy counts from 2563 on, so the later ones lie ahead."""
    year = max(PLAIN_YEAR, 2019 + years)
    assert of_value(TaxClass.VACANT, MILLION, year, vacant_years=years).tax_baht == tax


def test_the_first_step_falls_in_2566() -> None:
    found = of_value(TaxClass.VACANT, MILLION, 2022, vacant_years=30)
    assert found.tax_baht == 3_000
    assert any("ปีที่ 3" in line.told.th and line.section == "43" for line in found.lines)
    assert of_value(TaxClass.VACANT, MILLION, 2023, vacant_years=30).tax_baht == 5_100  # 6,000 less 15 %


def test_the_printed_base_of_the_manual_is_wrong_and_ours_is_not() -> None:
    """T16: page 59 prints 3,600,000."""
    found = estimate(
        Property(
            land=Land(area_square_wah=100, baht_per_square_wah=30_000),
            buildings=(Building(area_square_metres=80, baht_per_square_metre=7_500, structure="timber", age_years=10),),
            uses=(Use(kind=TaxClass.MAIN_HOME),),
        ),
        PLAIN_YEAR,
    )  # fmt: skip
    assert found.base_baht == 3_360_000
    assert [line.baht for line in found.lines[:3]] == list(baht(3_000_000, 600_000, -240_000))
    assert found.tax_baht == 0


def test_the_manuals_house_beside_another_use() -> None:
    """Page 61: four fifths of the land and the whole house are a residence that is not the main home."""
    found = estimate(
        Property(
            land=Land(area_square_wah=100, baht_per_square_wah=30_000),
            buildings=(Building(area_square_metres=80, baht_per_square_metre=7_500, structure="timber", age_years=10,
                                kind=TaxClass.OTHER_RESIDENCE),),
            uses=(Use(kind=TaxClass.OTHER_RESIDENCE, area=80), Use(kind=TaxClass.OTHER_USE, area=20)),
        ),
        PLAIN_YEAR,
    )  # fmt: skip
    home, other = found.taxed
    assert (home.value_baht, home.tax_baht) == baht(2_760_000, 552)
    assert (other.value_baht, other.tax_baht) == baht(600_000, 1_800)


@pytest.mark.parametrize(
    ("stage", "months", "total"),
    [(Stage.BEFORE_WARNING, 1, 11_100), (Stage.WITHIN_WARNING, 2, 12_200), (Stage.AFTER_WARNING, 3, 14_300)],
)
def test_what_late_payers_owe(stage: Stage, months: int, total: int) -> None:
    assert late(10_000, stage, months, PLAIN_YEAR).total_baht == total


def test_the_late_vacant_lot() -> None:
    found = late(5_400, Stage.WITHIN_WARNING, 5, PLAIN_YEAR)
    assert (found.penalty_baht, found.surcharge_baht, found.total_baht) == baht(1_080, 270, 6_750)


@pytest.mark.parametrize("counted", Months)
def test_thirty_one_days_are_two_months(counted: Months) -> None:
    found = months_late(date(2024, 4, 30), date(2024, 5, 31), town=TownTax(months=counted))
    assert (found.months, found.unconfirmed) == (2, ())
    assert late(10_000, Stage.BEFORE_WARNING, found.months, 2024).surcharge_baht == 200


AGES = (1, 5, 6, 10, 11, 15, 16, 20, 21, 22, 42, 43)


@pytest.mark.parametrize(
    ("structure", "percents"),
    [
        ("masonry", (1, 5, 6, 10, 12, 20, 22, 30, 32, 34, 74, 76)),
        ("half_timber", (2, 10, 14, 30, 34, 50, 55, 75, 80, 85, 85, 85)),
        ("timber", (3, 15, 20, 40, 45, 65, 72, 93, 93, 93, 93, 93)),
    ],
)
def test_age_takes_off_what_the_treasury_says(structure: str, percents: tuple[int, ...]) -> None:
    assert tuple(depreciation_percent(structure, age, PLAIN_YEAR, standard()) for age in AGES) == percents
    assert depreciation_percent(structure, 0, PLAIN_YEAR, standard()) == 0


def test_timber_from_seventeen_to_nineteen() -> None:
    found = [depreciation_percent("timber", age, PLAIN_YEAR, standard()) for age in (17, 18, 19)]
    assert found == [79, 86, 93]


@pytest.mark.parametrize(
    ("kind", "year", "tax"),
    [
        (TaxClass.OTHER_USE, 2020, 300), (TaxClass.OTHER_USE, 2021, 300), (TaxClass.OTHER_USE, 2022, 3_000),
        (TaxClass.OTHER_USE, 2023, 2_550), (TaxClass.OTHER_USE, 2024, 3_000),
        (TaxClass.AGRICULTURE_JURISTIC, 2020, 10), (TaxClass.AGRICULTURE_JURISTIC, 2022, 100),
    ],
)  # fmt: skip
def test_some_years_were_charged_less(kind: TaxClass, year: int, tax: int) -> None:
    assert of_value(kind, MILLION, year).tax_baht == tax


def test_farms_of_natural_persons_were_not_charged_in_the_first_three_years() -> None:
    found = [of_value(TaxClass.AGRICULTURE_PERSON, 100 * MILLION, year) for year in (2020, 2021, 2022, 2023)]
    assert [one.tax_baht for one in found] == [0, 0, 0, 4_250]
    assert any(line.section == "96" for line in found[0].lines)


def special(relief: str, year: int, *, kind: TaxClass = TaxClass.OTHER_USE, relief_year: int | None = None) -> Decimal:
    use = Use(kind=kind, relief=relief, relief_year=relief_year)
    return estimate(Property(uses=(use,), appraised_baht=MILLION), year).tax_baht


def test_special_reliefs_and_how_they_join_the_years() -> None:
    assert special("power_plant", 2024) == 1_500
    assert special("power_plant", 2023) == 1_275  # 42.5 % of it is left (mazars)
    assert special("private_school", 2023) == 300  # the 15 % does not join a relief of 90 %
    assert special("foreclosed", 2024, relief_year=5) == 300
    assert special("foreclosed", 2024, relief_year=6) == 3_000
    assert special("public_property", 2024) == 0


def test_a_relief_for_another_class_or_without_its_year_is_refused() -> None:
    with pytest.raises(BadRequest):
        special("inherited_home", 2024)
    with pytest.raises(BadRequest):
        special("subdivision", 2024)
    with pytest.raises(BadRequest):
        special("nobody_knows", 2024)
