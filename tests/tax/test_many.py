"""Arrays give the satang of the exact function, for plain cases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import BadRequest
from geo.tax.estimate import Property, estimate
from geo.tax.kinds import TaxClass
from geo.tax.many import CLASSES, MOST_AREA, MOST_SATANG, Whole, many_taxes
from geo.tax.money import baht, satang
from geo.tax.of_class import Use
from geo.tax.settings import Rounding, TownTax

ROUND = 5_000_000_000
satangs = st.one_of(
    st.integers(0, MOST_SATANG), st.integers(0, 10 * ROUND), st.integers(0, 100_000),
    st.builds(lambda times, off: max(0, times * ROUND // 2 + off), st.integers(0, 100), st.integers(-2, 2)),
)  # fmt: skip
VACANT = CLASSES.index(TaxClass.VACANT)


@st.composite
def parcels(draw: st.DrawFn) -> tuple[int, list[int], int]:
    """A value, an area for each class, and years of vacancy."""
    areas = [0] * len(CLASSES)
    for column in draw(st.lists(st.integers(0, len(CLASSES) - 1), min_size=1, max_size=4, unique=True)):
        areas[column] = draw(st.one_of(st.integers(1, 1_000), st.integers(1, MOST_AREA // len(CLASSES))))
    return draw(satangs), areas, draw(st.integers(1, 40))


def exactly(value: int, areas: list[int], vacant_years: int, year: int, town: TownTax) -> int:
    uses = tuple(
        Use(kind=kind, area=Decimal(area) / 100, vacant_years=vacant_years if kind is TaxClass.VACANT else None)
        for kind, area in zip(CLASSES, areas, strict=True)
        if area
    )
    return satang(estimate(Property(uses=uses, appraised_baht=baht(value)), year, town=town).tax_baht)


def arrays(found: list[tuple[int, list[int], int]]) -> tuple[Whole, Whole, Whole]:
    values, areas, vacant = zip(*found, strict=True)
    return tuple(np.array(one, np.int64) for one in (values, areas, vacant))  # type: ignore[return-value] # of three


@given(st.lists(parcels(), min_size=1, max_size=8), st.integers(2020, 2060), st.sampled_from(Rounding))
def test_every_parcel_has_the_tax_of_the_exact_function(
    found: list[tuple[int, list[int], int]], year: int, rounding: Rounding
) -> None:  # fmt: skip
    town = TownTax(rounding=rounding)
    fast = many_taxes(*arrays(found), year, town=town)
    assert fast.tax_satang.tolist() == [exactly(*one, year, town) for one in found]
    assert fast.total_satang == sum(fast.tax_satang.tolist())


def test_parcels_beyond_one_block_are_each_their_own() -> None:
    draw = np.random.default_rng(2569)
    count = 70_000
    values = draw.integers(0, 10**10, count)
    areas = np.zeros((count, len(CLASSES)), np.int64)
    areas[np.arange(count), draw.integers(0, len(CLASSES), count)] = 400
    areas[np.arange(count), draw.integers(0, len(CLASSES), count)] += 73
    vacant = draw.integers(1, 12, count)
    fast = many_taxes(values, areas, vacant, 2023)
    for one in (0, 65_535, 65_536, count - 1, *draw.integers(0, count, 200).tolist()):
        assert fast.tax_satang[one] == exactly(int(values[one]), areas[one].tolist(), int(vacant[one]), 2023, TownTax())


def test_no_parcels_owe_nothing() -> None:
    none = np.zeros(0, np.int64)
    assert many_taxes(none, np.zeros((0, len(CLASSES)), np.int64), none, 2024).total_satang == 0


@pytest.mark.parametrize(
    ("value", "area", "vacant"),
    [
        (-1, 1, 1), (MOST_SATANG + 1, 1, 1), (1, 0, 1), (1, -1, 1), (1, MOST_AREA + 1, 1), (1, 2**62, 1), (1, 1, 0),
        (1, 1, 1001), (1.0, 1, 1), (1, 1.0, 1),
    ],
)  # fmt: skip
def test_what_would_not_fit_or_is_no_whole_number_is_refused(value: Any, area: Any, vacant: Any) -> None:
    areas = np.zeros((1, len(CLASSES)), type(area))
    areas[0, VACANT] = area
    with pytest.raises(BadRequest):
        many_taxes(np.array([value]), areas, np.array([vacant]), 2024)


def test_arrays_that_do_not_fit_together_are_refused() -> None:
    ones = np.ones(2, np.int64)
    with pytest.raises(BadRequest):
        many_taxes(ones, np.ones((2, 3), np.int64), ones, 2024)
    with pytest.raises(BadRequest):
        many_taxes(ones, np.ones((2, len(CLASSES)), np.int64), np.ones(3, np.int64), 2024)


def test_a_simulation_says_what_it_is_and_what_it_assumed() -> None:
    ones = np.ones(1, np.int64)
    found = many_taxes(ones, np.ones((1, len(CLASSES)), np.int64), ones, 2026)
    assert "2569" in found.told.th
    assert "estimate" in found.told.en
    assert any("every owner has the whole exemption" in doubt.en for doubt in found.unconfirmed)
    assert any("No source confirms the rates" in doubt.en for doubt in found.unconfirmed)


@pytest.mark.parametrize(("rounding", "tax"), [(Rounding.HALF_UP, 2), (Rounding.DOWN, 1), (Rounding.UP, 2)])
def test_half_a_satang_goes_the_same_way_in_both(rounding: Rounding, tax: int) -> None:
    """0.3 % of five baht is a satang and a half."""
    found = (500, [0, 0, 0, 0, 0, 1, 0], 1)
    town = TownTax(rounding=rounding)
    assert many_taxes(*arrays([found]), 2022, town=town).total_satang == tax
    assert exactly(*found, 2022, town) == tax


def test_the_sum_of_the_largest_taxes_is_exact() -> None:
    found = (MOST_SATANG, [0, 0, 0, 0, 0, 0, 1], 40)
    fast = many_taxes(*arrays([found] * 1_000), 2060)
    assert fast.total_satang == sum(fast.tax_satang.tolist()) == 1_000 * exactly(*found, 2060, TownTax())
    assert fast.total_satang == 1_000 * 3 * MOST_SATANG // 100
