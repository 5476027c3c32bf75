"""The datum shift is the pinned one: DOMAIN 10.4 within a metre, and never the library's first choice."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from geo.errors import BadRequest
from geo.shapes.crs import named_crs, operation_to_wgs84, swapped_axes, to_wgs84, utm_srid, web_mercator

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"

ESRI_WKT = (
    'PROJCS["Indian_1975_UTM_Zone_47N",GEOGCS["GCS_Indian_1975",DATUM["D_Indian_1975",'
    'SPHEROID["Everest_Adjustment_1937",6377276.345,300.8017]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",99.0],PARAMETER["Scale_Factor",0.9996],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
WITH_TOWGS84 = ESRI_WKT.replace("300.8017]]", "300.8017],TOWGS84[293,836,318,0.5,1.6,-2.8,2.1]]")
SPELLINGS = {
    "by its code": "EPSG:24047",
    "as ESRI writes it": ESRI_WKT,
    "with a TOWGS84 of its own": WITH_TOWGS84,
    "as a PROJ string": "+proj=utm +zone=47 +ellps=evrst30 +units=m +no_defs +type=crs",
    "as a PROJ string with numbers": "+proj=utm +zone=47 +a=6377276.345 +rf=300.8017 +units=m +type=crs",
    "as PROJ JSON": CRS("EPSG:24047").to_json(),
}
VECTORS = [
    ((663000, 775000), (662666.84, 775297.88)),
    ((676000, 796000), (675666.93, 796298.08)),
    ((665000, 1520000), (664666.22, 1520303.08)),
]


def in_utm_47(lon: float, lat: float) -> tuple[float, float]:
    return pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32647", always_xy=True).transform(lon, lat)


def landed(crs: str, x: float, y: float) -> tuple[float, float]:
    point = to_wgs84(np.array([shapely.Point(x, y)], dtype=object), operation_to_wgs84(CRS(crs)))[0]
    return in_utm_47(point.x, point.y)


@pytest.mark.parametrize(("given_metres", "expected"), VECTORS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_indian_1975_lands_where_epsg_1304_puts_it(
    spelling: str, given_metres: tuple[float, float], expected: tuple[float, float]
) -> None:
    east, north = landed(SPELLINGS[spelling], *given_metres)
    assert math.hypot(east - expected[0], north - expected[1]) < 1


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_185_metre_default_is_never_taken(spelling: str) -> None:
    operation = operation_to_wgs84(CRS(SPELLINGS[spelling]))
    assert operation.code == "EPSG:1304"
    assert "x=293" not in operation.pipeline
    assert operation.accuracy_metres == 5.0
    east, north = landed(SPELLINGS[spelling], 663000, 775000)
    # This is where the library's own first choice, EPSG:1812, would land.
    assert math.hypot(east - 662489.59, north - 775349.49) > 150


def test_the_guard_would_notice_the_default() -> None:
    """The vector tells the two apart: PROJ's first choice for 24047 fails the test above."""
    best = pyproj.transformer.TransformerGroup("EPSG:24047", "EPSG:4326", always_xy=True).transformers[0]
    east, north = in_utm_47(*best.transform(663000, 775000))
    assert math.hypot(east - 662666.84, north - 775297.88) > 150


def test_zone_48_and_degrees_of_indian_1975_are_pinned_too() -> None:
    for code in ("EPSG:24048", "EPSG:4240"):
        assert operation_to_wgs84(CRS(code)).code == "EPSG:1304"
    lon, lat = pyproj.Transformer.from_crs("EPSG:24047", "EPSG:4240", always_xy=True).transform(663000, 775000)
    east, north = landed("EPSG:4240", lon, lat)
    assert math.hypot(east - 662666.84, north - 775297.88) < 1
    x, y = pyproj.Transformer.from_crs("EPSG:4240", "EPSG:24048", always_xy=True).transform(lon, lat)
    east, north = landed("EPSG:24048", x, y)
    assert math.hypot(east - 662666.84, north - 775297.88) < 1


def test_a_towgs84_that_was_not_used_is_told() -> None:
    assert operation_to_wgs84(CRS(WITH_TOWGS84)).note is not None
    assert operation_to_wgs84(CRS(ESRI_WKT)).note is None


def test_the_real_projection_file_of_an_office_is_recognised() -> None:
    name = "hatyai_muang_tambon_cp874_epsg24047"
    with zipfile.ZipFile(SHARED / f"crs_encoding/{name}.zip") as zipped:
        prj = zipped.read(f"{name}.prj").decode()
    assert operation_to_wgs84(CRS(prj)).code == "EPSG:1304"


@pytest.mark.parametrize("code", ["EPSG:4326", "OGC:CRS84", "EPSG:4979"])
def test_wgs_84_degrees_are_left_alone(code: str) -> None:
    operation = operation_to_wgs84(CRS(code))
    assert operation.identity
    shapes = np.array([shapely.Point(100.47, 7.01)], dtype=object)
    assert to_wgs84(shapes, operation)[0].equals(shapes[0])


def test_wgs_84_metres_need_no_datum_shift() -> None:
    operation = operation_to_wgs84(CRS("EPSG:32647"))
    assert (operation.code, operation.accuracy_metres, operation.note) == ("none", 0.0, None)
    point = to_wgs84(np.array([shapely.Point(662695.27, 775773.09)], dtype=object), operation)[0]
    assert (point.x, point.y) == pytest.approx((100.4729, 7.0160), abs=1e-7)


def test_another_datum_is_shifted_with_its_own_operation_and_its_doubt_is_told() -> None:
    nad83 = operation_to_wgs84(CRS("EPSG:26986"))
    assert nad83.code.startswith("EPSG:")
    assert nad83.note is not None
    point = to_wgs84(np.array([shapely.Point(233000, 901000)], dtype=object), nad83)[0]
    assert (point.x, point.y) == pytest.approx((-71.1, 42.36), abs=0.02)


def test_an_invented_datum_is_a_ballpark_and_says_so() -> None:
    operation = operation_to_wgs84(CRS("+proj=longlat +a=6378000 +rf=298 +no_defs +type=crs"))
    assert operation.note is not None
    assert operation.accuracy_metres is None


def test_heights_come_through_and_flat_shapes_stay_flat() -> None:
    shapes = np.array(
        [shapely.Point(663000, 775000, 12.5), shapely.Point(663000, 775000), None, shapely.Polygon()],
        dtype=object,
    )
    high, flat, none, empty = to_wgs84(shapes, operation_to_wgs84(CRS("EPSG:24047")))
    assert high.z == 12.5
    assert not flat.has_z
    assert none is None
    assert empty.is_empty
    assert (high.x, high.y) == (flat.x, flat.y)


lons = st.floats(97.4, 101.9)
lats = st.floats(5.7, 20.4)


@given(lons, lats)
def test_a_place_goes_to_indian_1975_and_comes_back(lon: float, lat: float) -> None:
    operation = operation_to_wgs84(CRS("EPSG:24047"))
    there = pyproj.Transformer.from_pipeline(operation.pipeline).transform(lon, lat, direction="INVERSE")
    back = to_wgs84(np.array([shapely.Point(*there)], dtype=object), operation)[0]
    # Heights are let go on the way, which costs some millimetres.
    assert (back.x, back.y) == pytest.approx((lon, lat), abs=1e-7)


@given(lons, lats)
def test_the_shift_is_hundreds_of_metres_everywhere_in_the_west_of_thailand(lon: float, lat: float) -> None:
    x, y = in_utm_47(lon, lat)
    east, north = landed("EPSG:24047", x, y)
    assert 400 < math.hypot(east - x, north - y) < 500
    assert east < x
    assert north > y


def test_web_mercator_and_utm_are_those_of_the_vectors() -> None:
    places = np.array([shapely.Point(100.4729, 7.0160), shapely.Point(100.5967, 7.2061)], dtype=object)
    metres = web_mercator(places)
    assert (metres[0].x, metres[0].y) == pytest.approx((11184592.07, 782976.73), abs=1)
    assert (metres[1].x, metres[1].y) == pytest.approx((11198373.42, 804302.61), abs=1)
    assert in_utm_47(100.4729, 7.0160) == pytest.approx((662695.27, 775773.09), abs=1)
    assert in_utm_47(100.5967, 7.2061) == pytest.approx((676300.90, 796840.81), abs=1)


@pytest.mark.parametrize(
    ("lon", "lat", "srid"),
    [
        (100.47, 7.01, 32647),
        (104.85, 15.2, 32648),
        (-71.1, 42.36, 32619),
        (151.2, -33.9, 32756),
        (180, 1, 32660),
    ],
)
def test_a_place_has_its_utm_zone(lon: float, lat: float, srid: int) -> None:
    assert utm_srid(lon, lat) == srid


def test_no_utm_zone_where_there_is_no_such_place() -> None:
    with pytest.raises(BadRequest):
        utm_srid(663000, 775000)


def test_latitude_first_is_turned_around() -> None:
    turned = swapped_axes(np.array([shapely.from_wkt("POINT(7.0160 100.4729)")], dtype=object))[0]
    assert (turned.x, turned.y) == (100.4729, 7.0160)


def test_a_crs_can_be_named_by_its_number_and_nonsense_is_a_bad_request() -> None:
    assert named_crs("24047") == named_crs(" EPSG:24047 ")
    for nonsense in ("EPSG:1", "UTM 47", "", "๒๔๐๔๗", "+proj=longlat +nadgrids=/etc/passwd", "+proj=utm +zone=47"):
        with pytest.raises(BadRequest):
            named_crs(nonsense)
