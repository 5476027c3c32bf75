"""Numbers show where they would fall, and whether they can be degrees at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.shapes.whereabouts import THAILAND, Box, looks_like, place_of


def test_metres_of_hat_yai_offer_the_two_crs_of_its_zone() -> None:
    guess = looks_like((631557.8, 750497.2, 685067.0, 800520.8))
    assert guess.kind == "metres"
    assert [candidate.code for candidate in guess.candidates] == ["EPSG:24047", "EPSG:32647"]
    assert "Hat Yai" in guess.candidates[0].place.en
    assert "หาดใหญ่" in guess.candidates[0].place.th
    assert "--crs EPSG:24047" in guess.candidates[0].told.th


def test_metres_of_the_east_offer_zone_48() -> None:
    guess = looks_like((480000, 1670000, 520000, 1700000))
    assert {"EPSG:24048", "EPSG:32648"} <= {candidate.code for candidate in guess.candidates}


def test_web_mercator_of_thailand_is_recognised() -> None:
    guess = looks_like((11184592, 782976, 11198373, 804302))
    assert [candidate.code for candidate in guess.candidates] == ["EPSG:3857"]


@pytest.mark.parametrize(
    ("bounds", "kind"),
    [
        ((100.4, 6.9, 100.6, 7.2), "thailand"),
        ((6.9, 100.4, 7.2, 100.6), "swapped"),
        ((-71.2, 42.3, -71.0, 42.4), "degrees"),
        ((0, 0, 100.5, 7.2), "degrees"),
        ((7.2, 7.0, 100.6, 100.5), "degrees"),
        ((0, 0, 663000, 775000), "mixed"),
        ((float("nan"),) * 4, "nowhere"),
        ((1e300, 1e300, 1e301, 1e301), "metres"),
        ((0, 0, float("inf"), 1), "nowhere"),
    ],
)
def test_bounds_look_like_what_they_are(bounds: tuple[float, float, float, float], kind: str) -> None:
    assert looks_like(bounds).kind == kind


def test_metres_from_nowhere_near_thailand_offer_nothing() -> None:
    assert looks_like((230000, 900000, 235000, 5000000)).candidates == ()


@given(st.floats(97.3, 105.7), st.floats(5.6, 20.5))
def test_a_place_in_thailand_is_never_taken_for_metres_or_swapped(lon: float, lat: float) -> None:
    assert looks_like((lon, lat, lon, lat)).kind == "thailand"
    assert looks_like((lat, lon, lat, lon)).kind == "swapped"


def test_boxes_hold_and_meet_each_other() -> None:
    town = Box(west=100.4, south=6.9, east=100.6, north=7.2)
    assert THAILAND.holds(town)
    assert not town.holds(THAILAND)
    assert town.meets(THAILAND)
    assert not town.meets(Box(west=101, south=6.9, east=102, north=7.2))
    assert "Songkhla" in place_of(Box(west=100.59, south=7.19, east=100.61, north=7.21)).en
