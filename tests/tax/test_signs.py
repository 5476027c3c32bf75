"""The sign tax: DOMAIN 3.9, and parts of 500 cm² as the Department of Local Administration answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import BadRequest
from geo.tax.kinds import SignKind
from geo.tax.settings import Rounding, SignParts, TownTax
from geo.tax.signs import Sign, sign_tax

sides = st.decimals(0, 3_000, places=2)
kinds = st.sampled_from(SignKind)
towns = st.builds(TownTax, sign_parts=st.sampled_from(SignParts), rounding=st.sampled_from(Rounding))


@pytest.mark.parametrize(
    ("kind", "moving", "baht"),
    [
        (SignKind.THAI_ONLY, False, 500), (SignKind.THAI_ONLY, True, 1_000), (SignKind.THAI_WITH_OTHER, False, 2_600),
        (SignKind.THAI_WITH_OTHER, True, 5_200), (SignKind.NO_THAI_OR_BELOW, False, 5_000),
        (SignKind.NO_THAI_OR_BELOW, True, 5_200),
    ],
)  # fmt: skip
def test_a_sign_of_a_hundred_units(kind: SignKind, moving: bool, baht: int) -> None:
    found = sign_tax(Sign(kind=kind, width_cm=100, height_cm=500, moving=moving), 2021)
    assert (found.units, found.tax_baht) == (Decimal(100), Decimal(baht))
    assert found.unconfirmed == ()


def test_a_small_sign_pays_two_hundred() -> None:
    found = sign_tax(Sign(kind=SignKind.THAI_ONLY, width_cm=10, height_cm=10), 2021)
    assert found.tax_baht == 200
    assert "ขั้นต่ำ" in found.lines[-1].told.th


@pytest.mark.parametrize(
    ("area", "over_half", "whole", "proportion"),
    [
        ("5000", 500, 500, "500"),
        ("5250", 500, 550, "525"),
        ("5250.01", 550, 550, "525.00"),
        ("5001", 500, 550, "500.10"),
    ],
)
def test_parts_of_a_unit(area: str, over_half: int, whole: int, proportion: str) -> None:
    sign = Sign(kind=SignKind.NO_THAI_OR_BELOW, width_cm=Decimal(area), height_cm=1)
    found = {parts: sign_tax(sign, 2021, town=TownTax(sign_parts=parts)) for parts in SignParts}
    assert found[SignParts.OVER_HALF].tax_baht == over_half
    assert found[SignParts.WHOLE].tax_baht == whole
    assert found[SignParts.IN_PROPORTION].tax_baht == Decimal(proportion)
    assert found[SignParts.OVER_HALF].lines[0].source == "dla-cc076399"
    assert found[SignParts.WHOLE].lines[0].source == "town"
    assert bool(found[SignParts.WHOLE].unconfirmed) == (area != "5000")


@given(kinds, sides, sides, sides, st.booleans(), towns)
def test_a_larger_sign_never_pays_less(
    kind: SignKind, width: Decimal, one: Decimal, other: Decimal, moving: bool, town: TownTax
) -> None:  # fmt: skip
    less, more = sorted((one, other))
    small, large = (
        sign_tax(Sign(kind=kind, width_cm=width, height_cm=height, moving=moving), 2022, town=town)
        for height in (less, more)
    )
    assert 200 <= small.tax_baht <= large.tax_baht
    assert sum(line.baht for line in large.lines) == large.tax_baht


def test_a_sign_says_its_year_and_what_is_not_confirmed() -> None:
    sign = Sign(kind=SignKind.THAI_ONLY, width_cm=100, height_cm=500)
    assert "ปีภาษี 2569" in sign_tax(sign, 2026).told.th
    assert "the rates of signs" in sign_tax(sign, 2026).unconfirmed[0].en
    assert sign_tax(sign, 2026, town=TownTax(confirmed_years=frozenset({2026}))).unconfirmed == ()
    for year in (2020, 2569):
        with pytest.raises(BadRequest):
            sign_tax(sign, year)


@pytest.mark.parametrize("side", [1.5, -1, 100_001, Decimal("0.001"), "10"])
def test_a_side_that_is_no_exact_length_is_refused(side: Any) -> None:
    with pytest.raises(BadRequest):
        sign_tax(Sign(kind=SignKind.THAI_ONLY, width_cm=side, height_cm=1), 2021)
