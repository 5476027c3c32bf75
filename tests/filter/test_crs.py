"""Shapes in a filter are in the CRS that `filter-crs` names, with the axes of its registry."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from pyproj import Transformer

from geo.errors import BadRequest
from geo.filter import read_filter, tree

OGC = "http://www.opengis.net/def/crs/OGC/"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def shape_in(filter: str, **how: Any) -> Any:
    """The shape of a filter, in longitude and latitude."""
    root = read_filter(filter, **how).root
    assert isinstance(root, tree.Operation)
    shape = root.args[1]
    assert isinstance(shape, tree.Shape)
    return shapely.from_wkb(shape.parts[0])


@pytest.mark.parametrize(
    "crs",
    [
        None,
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        "http://www.opengis.net/def/crs/OGC/0/CRS84h",
        "[OGC:CRS84]",
    ],
)
def test_longitude_comes_first_unless_another_crs_is_named(crs: str | None) -> None:
    assert shape_in("S_EQUALS(g, POINT(100.5 7))", crs=crs) == shapely.Point(100.5, 7)


@pytest.mark.parametrize("crs", [f"{EPSG}4326", "[EPSG:4326]", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"])
def test_latitude_comes_first_in_epsg_4326_in_every_kind_of_shape(crs: str) -> None:
    assert shape_in("S_EQUALS(g, POINT(7 100.5))", crs=crs) == shapely.Point(100.5, 7)
    assert shape_in("S_EQUALS(g, BBOX(6, 100, 8, 101))", crs=crs).bounds == (100, 6, 101, 8)
    assert shape_in("S_EQUALS(g, BBOX(-10, 170, 10, -170))", crs=crs).bounds == (-180, -10, 180, 10)
    line = '{"op":"s_equals","args":[{"property":"g"},{"type":"LineString","coordinates":[[7,100],[8,101]]}]}'
    assert shape_in(line, crs=crs, language="cql2-json").bounds == (100, 7, 101, 8)
    with pytest.raises(BadRequest, match="out of range"):
        shape_in("S_EQUALS(g, POINT(100.5 7))", crs=crs)


def test_an_srid_says_the_same_with_longitude_first_for_4326() -> None:
    assert shape_in("S_EQUALS(g, POINT(100.5 7))", srid=4326) == shapely.Point(100.5, 7)
    assert shape_in("S_EQUALS(g, POINT(663000 775000))", srid=32647) == shape_in(
        "S_EQUALS(g, POINT(663000 775000))", crs=f"{EPSG}32647"
    )


def test_indian_1975_goes_by_the_pinned_operation() -> None:
    """EPSG:1304; PROJ's own choice lands 185 m away."""
    moved = shape_in("S_EQUALS(g, POINT(663000 775000))", crs=f"{EPSG}24047")
    east, north = Transformer.from_crs("EPSG:4326", "EPSG:32647", always_xy=True).transform(moved.x, moved.y)
    assert (east, north) == (pytest.approx(662666.84, abs=1), pytest.approx(775297.88, abs=1))


def test_a_long_edge_of_a_projected_crs_stays_where_it_is() -> None:
    """The straight line of a hundred kilometres in metres is bent in degrees."""
    moved = shape_in("S_EQUALS(g, LINESTRING(600000 775000, 700000 775000))", crs=f"{EPSG}32647")
    middle = Transformer.from_crs("EPSG:32647", "EPSG:4326", always_xy=True).transform(650_000, 775_000)
    metre = 1 / 111_000
    assert moved.distance(shapely.Point(middle)) < metre / 10
    assert shapely.LineString([moved.coords[0], moved.coords[-1]]).distance(shapely.Point(middle)) > metre


def test_a_box_of_a_projected_crs_is_no_upright_box_in_degrees() -> None:
    moved = shape_in("S_EQUALS(g, BBOX(600000, 700000, 700000, 800000))", crs=f"{EPSG}32647")
    assert moved.area < shapely.box(*moved.bounds).area * 0.999


@pytest.mark.parametrize(
    "crs", ["x", "", f"{EPSG}0000", "EPSG:4978", "EPSG:99999", "+proj=longlat", "http://example.com"]
)
def test_a_crs_that_is_not_known_is_refused(crs: str) -> None:
    with pytest.raises(BadRequest, match="filter-crs"):
        read_filter("TRUE", crs=crs)


def test_what_no_projection_brings_back_is_refused() -> None:
    with pytest.raises(BadRequest, match="out of range"):
        shape_in("S_EQUALS(g, POINT(1e30 1e30))", crs=f"{EPSG}32647")
