"""Areas and lengths agree with the spheroid; ไร่-งาน-ตารางวา agrees with DOMAIN 10.3."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import BadRequest
from geo.shapes.measure import (
    area_square_metres,
    bounds_of,
    length_metres,
    point_on,
    rai_ngan_wah,
    read_rai_ngan_wah,
    square_metres,
)

TAMBONS = Path(__file__).resolve().parents[2] / "../shared/data/admin/hatyai_muang_adm3_tambon.geojson"
SPHEROID = pyproj.Geod(ellps="WGS84")


def tambons() -> np.ndarray:
    return np.array(shapely.from_wkb(pyogrio.raw.read(TAMBONS, columns=[])[2]), dtype=object)


def test_areas_and_outlines_of_real_tambons_agree_with_geodesics() -> None:
    geoms = tambons()
    areas, lengths = area_square_metres(geoms), length_metres(geoms)
    for index, tambon in enumerate(geoms):
        area, length = SPHEROID.geometry_area_perimeter(shapely.orient_polygons(tambon))
        assert areas[index] == pytest.approx(area, rel=1e-6)
        assert lengths[index] == pytest.approx(length, rel=1e-9)


def test_the_tambon_of_hat_yai_measures_what_the_city_says() -> None:
    _, _, wkb, fields = pyogrio.raw.read(TAMBONS, columns=["tambon_code"])
    hat_yai = shapely.from_wkb(wkb)[fields[0] == "901101"]
    assert area_square_metres(hat_yai)[0] / 1e6 == pytest.approx(20.9, abs=0.1)


@given(st.floats(97.4, 105.6), st.floats(5.7, 20.4), st.floats(5, 500))
def test_a_small_square_measures_the_same_anywhere_in_thailand(lon: float, lat: float, side: float) -> None:
    east, _, _ = SPHEROID.fwd(lon, lat, 90, side)
    _, north, _ = SPHEROID.fwd(lon, lat, 0, side)
    square = np.array([shapely.box(lon, lat, east, north)], dtype=object)
    assert area_square_metres(square)[0] == pytest.approx(side * side, rel=1e-3)
    assert length_metres(square)[0] == pytest.approx(4 * side, rel=1e-3)


def test_points_have_no_length_lines_no_area_and_nothing_has_none() -> None:
    geoms = np.array([shapely.Point(100, 7), shapely.LineString([(100, 7), (100, 7.1)]), None], dtype=object)
    assert area_square_metres(geoms)[:2].tolist() == [0, 0]
    assert np.isnan(area_square_metres(geoms)[2])
    lengths = length_metres(geoms)
    assert lengths[0] == 0
    assert lengths[1] == pytest.approx(11_058, abs=10)
    assert np.isnan(lengths[2])


def test_a_hole_counts_as_outline_and_not_as_area() -> None:
    ring = shapely.box(100, 7, 100.01, 7.01)
    holed = shapely.difference(ring, shapely.box(100.004, 7.004, 100.006, 7.006))
    pair = np.array([ring, shapely.GeometryCollection([holed])], dtype=object)
    areas, lengths = area_square_metres(pair), length_metres(pair)
    assert areas[1] == pytest.approx(areas[0] * 0.96, rel=1e-4)
    assert lengths[1] == pytest.approx(lengths[0] * 1.2, rel=1e-3)


@pytest.mark.parametrize(
    ("written", "metres"),
    [
        ("1-0-0", "1600"), ("0-2-24", "896"), ("2-1-50.5", "3802"), ("12-3-7.25", "20429"),
        ("0-0-99.9", "399.6"), ("625-0-0", "1000000"), ("๒-๑-๕๐.๕", "3802"),
    ],
)  # fmt: skip
def test_thai_units_are_the_square_metres_of_the_table(written: str, metres: str) -> None:
    area = read_rai_ngan_wah(written)
    assert square_metres(*area) == Decimal(metres)
    assert rai_ngan_wah(Decimal(metres)) == area


def test_square_metres_are_written_in_thai_units() -> None:
    assert str(rai_ngan_wah(3802)) == "2-1-50.5"
    assert str(rai_ngan_wah(1600)) == "1-0-0"


@pytest.mark.parametrize("written", ["0-4-0", "0-0-100", "-1-0-0", "1-0", "ไร่", "", "1-0-0-0", "1.5-0-0"])
def test_what_is_no_area_in_thai_units_is_refused(written: str) -> None:
    with pytest.raises(BadRequest):
        read_rai_ngan_wah(written)


@pytest.mark.parametrize(
    ("rai", "ngan", "wah"), [(-1, 0, 0), (0, -1, 0), (0, 0, -1), (0, 4, 0), (0, 0, 100), (0, 0, "NaN")]
)
def test_parts_out_of_range_are_refused(rai: int, ngan: int, wah: int | str) -> None:
    with pytest.raises(BadRequest):
        square_metres(rai, ngan, wah)


@pytest.mark.parametrize("metres", [-1, float("nan"), float("inf")])
def test_what_is_no_area_in_square_metres_is_refused(metres: float) -> None:
    with pytest.raises(BadRequest):
        rai_ngan_wah(metres)


@given(st.integers(0, 10**6), st.integers(0, 3), st.decimals(0, 99, places=2))
def test_thai_units_go_to_square_metres_and_back_exactly(rai: int, ngan: int, wah: Decimal) -> None:
    assert rai_ngan_wah(square_metres(rai, ngan, wah)) == (rai, ngan, wah)


def test_a_place_to_click_lies_on_its_shape_and_the_box_holds_all() -> None:
    geoms = np.array([*tambons(), None], dtype=object)
    points = point_on(geoms)
    assert np.isnan(points[-1]).all()
    assert shapely.intersects(geoms[:-1], shapely.points(points[:-1])).all()
    box = bounds_of(geoms)
    assert box is not None
    assert (box.west, box.north) == pytest.approx((shapely.total_bounds(geoms)[0], shapely.total_bounds(geoms)[3]))
    assert bounds_of(np.array([None], dtype=object)) is None
