"""Shapes that programs send: their coordinate system, what is mended, and what is refused in words."""

from __future__ import annotations

import json
from math import cos, pi, sin
from typing import Any

import pytest
from pyproj import Transformer

from geo.shapes.crs import Operation, named_crs, operation_to_wgs84
from tests.writes.conftest import HERE, Desk, feature, ring, told

ITEMS = "/collections/asset/items"
ZONES = "/collections/risk_zone/items"
PARCELS = "/collections/parcel/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def numbers_in(code: int) -> list[float]:
    """Where the tests' place lies in another system, by the operation that imports use."""
    operation: Operation = operation_to_wgs84(named_crs(str(code)))
    x, y = Transformer.from_pipeline(operation.pipeline).transform(*HERE, direction="INVERSE")
    return [float(x), float(y)]


def zone(shape: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": shape, "properties": properties}


def shape_of(desk: Desk, layer: str, answer: Any) -> Any:
    assert answer.status_code in (200, 201), answer.text
    sql = f"SELECT ST_AsGeoJSON(geom, 9) FROM {layer} WHERE id = :id"
    return json.loads(desk.rows(sql, id=answer.json()["id"])[0][0])


@pytest.mark.parametrize("code", [3857, 32647, 32648, 24047, 24048])
@pytest.mark.parametrize("brackets", ["<{}>", "{}"])
def test_coordinates_are_read_in_the_system_that_is_said(code: int, brackets: str, desk: Desk) -> None:
    x, y = numbers_in(code)
    answer = desk.ask("staff", "POST", ITEMS, feature(x, y, name_th="x"), Content_Crs=brackets.format(f"{EPSG}{code}"))
    assert shape_of(desk, "asset", answer)["coordinates"] == pytest.approx(HERE, abs=1e-7)


@pytest.mark.parametrize(
    ("crs", "coordinates"),
    [("http://www.opengis.net/def/crs/OGC/1.3/CRS84", [*HERE]),
     ("http://www.opengis.net/def/crs/OGC/0/CRS84h", [*HERE, 4.5]),
     (f"{EPSG}4326", [HERE[1], HERE[0]]), (f"{EPSG}4326", [HERE[1], HERE[0], 4.5])],
)  # fmt: skip
def test_degrees_come_in_the_order_that_their_name_says_and_heights_stay(
    crs: str, coordinates: list[float], desk: Desk
) -> None:
    body = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": coordinates},
        "properties": {"name_th": "x"},
    }
    answer = desk.ask("staff", "POST", ITEMS, body, Content_Crs=f"<{crs}>")
    assert shape_of(desk, "asset", answer)["coordinates"] == pytest.approx([*HERE, *coordinates[2:]])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(
    "crs", [f"<{EPSG}27700>", f"<{EPSG}999999>", "EPSG:32647", "<>", "", "<a> <b>", "+proj=utm +zone=47",
            "urn:ogc:def:crs:EPSG::32647"],
)  # fmt: skip
def test_a_system_that_is_not_known_is_400(crs: str, method: str, desk: Desk) -> None:
    path = ITEMS if method == "POST" else f"{ITEMS}/{desk.made('asset')}"
    assert desk.ask("staff", method, path, feature(name_th="x"), Content_Crs=crs).status_code == 400


BAD: dict[str, tuple[Any, str]] = {
    "a feature": (feature(), "bad-geometry"),
    "a text": ("POINT(100 7)", "bad-geometry"),
    "no type": ({"coordinates": [100.4, 7.0]}, "bad-geometry"),
    "an unknown type": ({"type": "Circle", "coordinates": [100.4, 7.0]}, "bad-geometry"),
    "no coordinates": ({"type": "Polygon"}, "bad-geometry"),
    "coordinates of another type": ({"type": "Polygon", "coordinates": [100.4, 7.0]}, "bad-geometry"),
    "coordinates that are words": ({"type": "Point", "coordinates": ["100.4", "7.0"]}, "bad-geometry"),
    "coordinates that are true": ({"type": "Point", "coordinates": [True, False]}, "bad-geometry"),
    "one number": ({"type": "Point", "coordinates": [100.4]}, "bad-geometry"),
    "four numbers": ({"type": "LineString", "coordinates": [[100.4, 7, 1, 1], [100.5, 7, 1, 1]]}, "bad-geometry"),
    "some heights": ({"type": "LineString", "coordinates": [[100.4, 7, 1], [100.5, 7]]}, "bad-geometry"),
    "a line of one point": ({"type": "LineString", "coordinates": [[100.4, 7.0]]}, "bad-geometry"),
    "a ring of two points": ({"type": "Polygon", "coordinates": [[[100.4, 7.0], [100.5, 7.0]]]}, "bad-geometry"),
    "an empty polygon": ({"type": "Polygon", "coordinates": []}, "no-geometry"),
    "a point": ({"type": "Point", "coordinates": [100.4, 7.0]}, "geometry-kind"),
    "collections in collections": (
        {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]},
        "bad-geometry",
    ),
    "nothing": (None, "no-geometry"),
    "a place in Laos": (ring(103.0, 21.0), "outside-thailand"),
    "beyond the antimeridian": (ring(181.0, 7.0), "outside-thailand"),
    "beyond the pole": (ring(100.0, 95.0), "outside-thailand"),
    "numbers without end": (ring(1e300, 1e300), "geometry-lost"),
    "a ring that crosses itself thousands of times": (
        {"type": "Polygon", "coordinates": [[[100.4 + (n * 7919 % 3001) / 1e4, 7 + (n * 104729 % 2999) / 1e4]
                                             for n in (*range(4000), 0)]]}, "too-tangled",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_shape_that_is_none_is_told_and_kept_out(what: str, desk: Desk) -> None:
    shape, code = BAD[what]
    fid = desk.made("risk_zone")
    for method, path in (("POST", ZONES), ("PUT", f"{ZONES}/{fid}"), ("PATCH", f"{ZONES}/{fid}")):
        answer = desk.ask("staff", method, path, zone(shape), **({} if method == "POST" else {"If_Match": "*"}))
        if method == "PATCH" and what in ("no type", "no coordinates"):
            # RFC 7396: a part of a geometry is merged into the one that is there, a polygon.
            assert answer.status_code == (400 if what == "no type" else 200)
            continue
        assert told(answer) == {(code, "geometry")}, method
        assert len(answer.content) < 5000
    assert desk.rows("SELECT version FROM risk_zone WHERE id = :id", id=fid) == [(1,)]


def test_what_looks_exchanged_or_like_metres_is_told_so(desk: Desk) -> None:
    answers = [desk.ask("staff", "POST", ITEMS, feature(lon, lat, name_th="x"))
               for lon, lat in ((HERE[1], HERE[0]), (662_000.0, 775_700.0))]  # fmt: skip
    assert [one.status_code for one in answers] == [400, 400]
    assert "exchanged" in answers[0].json()["detail_en"]
    assert "Content-Crs" in answers[1].json()["detail_en"]


def test_a_polygon_that_crosses_itself_is_mended_and_told(desk: Desk) -> None:
    lon, lat = HERE
    east, north = lon + 0.001, lat + 0.001
    bowtie = {"type": "Polygon", "coordinates": [[[lon, lat], [east, north], [east, lat], [lon, north], [lon, lat]]]}
    answer = desk.ask("staff", "POST", ZONES, zone(bowtie))
    assert shape_of(desk, "risk_zone", answer)["type"] == "MultiPolygon"
    assert [one["code"] for one in answer.json()["problems"]] == ["repaired"]


def test_measures_follow_the_shape_and_are_nobody_elses_to_say(desk: Desk) -> None:
    body = zone(ring(*HERE), parcel_code="01A001")
    made = desk.ask("tax", "POST", PARCELS, body)
    area = "SELECT area_square_metres FROM parcel WHERE id = :id"
    assert desk.rows(area, id=made.json()["id"])[0][0] == pytest.approx(12_220, rel=0.01)
    at = made.headers["location"]
    assert desk.ask("tax", "PATCH", at, {"geometry": ring(*HERE, 0.002)}, If_Match="*").status_code == 200
    assert desk.rows(area, id=made.json()["id"])[0][0] == pytest.approx(48_880, rel=0.01)
    said = {"area_square_metres": 1.0}
    assert told(desk.ask("tax", "PATCH", at, said, If_Match="*")) == {("read-only", "area_square_metres")}
    building = desk.ask("tax", "POST", "/collections/building/items", zone(ring(*HERE)))
    assert building.status_code == 201, building.text


def test_a_shape_that_may_be_missing_can_be_taken_away_and_drawn_again(desk: Desk) -> None:
    fid = desk.made("community")
    path = f"/collections/community/items/{fid}"
    assert desk.ask("staff", "PATCH", path, {"geometry": None}).status_code == 200
    assert desk.rows("SELECT geom FROM community WHERE id = :id", id=fid) == [(None,)]
    assert desk.ask("staff", "PATCH", path, {"geometry": ring(*HERE)}).status_code == 200
    assert desk.ask("staff", "GET", path).json()["geometry"]["type"] == "Polygon"


def test_a_polygon_of_many_corners_is_taken_and_one_of_a_million_is_too_much(desk: Desk) -> None:
    def round_of(corners: int) -> dict[str, Any]:
        circle = [
            [HERE[0] + cos(2 * pi * n / corners) / 100, HERE[1] + sin(2 * pi * n / corners) / 100]
            for n in range(corners)
        ]
        return zone({"type": "Polygon", "coordinates": [[*circle, circle[0]]]})

    assert desk.ask("staff", "POST", ZONES, round_of(50_000)).status_code == 201
    assert desk.ask("staff", "POST", ZONES, round_of(1_000_000)).status_code == 413
