"""Coordinates as people write them are read as what they mean, and nothing else is taken for coordinates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj.transformer import Transformer

from geo.shapes.spoken_places import spoken_places

LON, LAT = 100.4729, 7.0160


@pytest.mark.parametrize(
    "said",
    [
        "7.0160, 100.4729", "100.4729, 7.0160", "7.0160 100.4729", "(7.0160, 100.4729)", "๗.๐๑๖๐, ๑๐๐.๔๗๒๙",
        "7°00'57.6\"N 100°28'22.44\"E", "100°28'22.44\"E, 7°00'57.6\"N", "N7 00 57.6 E100 28 22.44",
        "7 องศา 0 ลิปดา 57.6 พิลิปดา เหนือ 100 องศา 28 ลิปดา 22.44 พิลิปดา ตะวันออก",
        "7.0160°N 100.4729°E", "7° 0.96' N, 100° 28.374' E",
    ],
)  # fmt: skip
def test_degrees_are_read_in_either_order_and_in_every_spelling(said: str) -> None:
    place, *others = spoken_places(said)
    assert others == []
    assert place.lon == pytest.approx(LON, abs=1e-6)
    assert place.lat == pytest.approx(LAT, abs=1e-6)
    assert "7.016000" in place.read_as.th


@pytest.mark.parametrize("said", ["47N {e} {n}", "{e} {n} 47N", "UTM 47 {e}, {n}", "{e}E {n}N 47N", "47P {n} {e}"])
def test_metres_of_a_named_zone_are_one_place(said: str) -> None:
    east, north = Transformer.from_crs(4326, 32647, always_xy=True).transform(LON, LAT)
    (place,) = spoken_places(said.format(e=round(east), n=round(north)))
    assert place.lon == pytest.approx(LON, abs=1e-5)
    assert place.lat == pytest.approx(LAT, abs=1e-5)
    assert "UTM 47N" in place.read_as.en


def test_metres_without_a_zone_say_which_zones_they_may_be_of() -> None:
    assert [place.read_as.en[:16] for place in spoken_places("400000 1700000")] == [
        "read as UTM 47N ",
        "read as UTM 48N ",
    ]
    # East of the border there is no town of ours.
    assert [place.read_as.en[:15] for place in spoken_places("662640 775800")] == ["read as UTM 47N"]


@pytest.mark.parametrize(
    "said",
    ["", "ชุมชน 7", "01A033/1", "90/1", "90 1 2", "7", "200, 300", "7°N", "7°70'N 100°E", "7N 8S", "1/2/3", "a, b"],
)
def test_what_is_no_pair_of_coordinates_is_none(said: str) -> None:
    places = spoken_places(said)
    # A house number reads like two degrees; it means no place in the country.
    assert all(not (97 < place.lon < 106 and 5 < place.lat < 21) for place in places)


@given(st.text(max_size=200))
def test_no_text_breaks_it(said: str) -> None:
    for place in spoken_places(said):
        assert -180 <= place.lon <= 180
        assert -90 <= place.lat <= 90
