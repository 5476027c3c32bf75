"""Tiles from rows: valid by the specification, the same in both formats, and nothing lost."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import geopandas
import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.shapes.grids import BUFFER, EXTENT, WORLD_CRS84, Tile
from tests.encode.rows import Feature, geojson, mvt, rows_of, shape_of, strictly_read

TILE = Tile(16, 51061, 31492)
WEST, SOUTH, EAST, NORTH = TILE.bounds()
UNIT = (EAST - WEST) / EXTENT
WHOLE = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)


def placed(shape: Any) -> Any:
    """A shape in tile units (north up is up here too) as it lies on the ground."""
    return shapely.transform(shape, lambda places: (WEST, NORTH) + places * (UNIT, -UNIT))


def drawn(shapes: list[Any], **asked: Any) -> dict[int, Feature]:
    """What is in the tile, by id; both formats are read and must say the same."""
    rows = rows_of([None if one is None else placed(one) for one in shapes])
    made = mvt(rows, "parcel", (), TILE, **asked)
    features = strictly_read(made).get("parcel", [])
    assert same_in_both(features, json.loads(b"[%s]" % geojson(rows, "parcel", (), TILE, **asked)))
    if made:
        read = mapbox_vector_tile.decode(made, default_options={"y_coord_down": True})["parcel"]["features"]
        assert [one["id"] for one in read] == [one.id for one in features]
    return {feature.id: feature for feature in features}


def same_in_both(features: list[Feature], told: list[dict[str, Any]]) -> bool:
    """Whether GeoJSON says what MVT says, up to the rounding of its degrees, and turns its rings the other way."""
    assert [one["id"] for one in told] == [feature.id for feature in features]
    for feature, one in zip(features, told, strict=True):
        there = shapely.transform(shapely.from_geojson(json.dumps(one["geometry"])), in_units)
        here = shape_of(feature)
        assert shapely.get_dimensions(there) == shapely.get_dimensions(here)
        assert np.allclose(there.bounds, here.bounds, atol=0.5)
        assert abs(there.area - here.area) <= 1 + 0.5 * here.length
        if feature.kind == 3:
            rings = [ring for polygon in shapely.get_parts(there) for ring in (polygon.exterior, *polygon.interiors)]
            # In tile units south is up, and what runs counter-clockwise on the ground runs clockwise.
            assert [shapely.is_ccw(ring) for ring in rings] == [
                not is_exterior for polygon in shapely.get_parts(there)
                for is_exterior in (True, *(False for _ in polygon.interiors))
            ]  # fmt: skip
    return True


def in_units(degrees: Any) -> Any:
    degree = 20037508.342789244 / 180
    x, y = degrees[:, 0] * degree, np.arcsinh(np.tan(np.radians(degrees[:, 1]))) / math.pi * 180 * degree
    return np.stack([(x - WEST) / UNIT, (NORTH - y) / UNIT], axis=1)


numbers = st.integers(-6000, 10000).map(float) | st.floats(-6000, 10000) | st.integers(-80, 80).map(float)
places = st.tuples(numbers, numbers)
small = st.tuples(st.floats(-70, 4170), st.floats(-70, 4170), st.floats(0.01, 90), st.integers(3, 9))


@st.composite
def polygons(draw: st.DrawFn) -> Any:
    """Stars of any size with or without a hole, whole or cut by the border."""
    x, y, size, corners = draw(small | st.tuples(numbers, numbers, st.floats(1, 7000), st.integers(3, 60)))
    reaches = draw(st.lists(st.floats(0.3, 1.0), min_size=corners, max_size=corners))
    turn = draw(st.floats(0, 6))
    ring = [
        (x + size * reach * math.cos(turn + 2 * math.pi * place / corners),
         y + size * reach * math.sin(turn + 2 * math.pi * place / corners))
        for place, reach in enumerate(reaches)
    ]  # fmt: skip
    hole = [(x + (px - x) * 0.2, y + (py - y) * 0.2) for px, py in ring]
    made = shapely.Polygon(ring, [hole] if draw(st.booleans()) else [])
    return made if made.is_valid else shapely.make_valid(made)


@settings(max_examples=150, deadline=None)
@given(st.lists(polygons(), min_size=1, max_size=6))
def test_polygons_stay_valid_and_where_they_are(shapes: list[Any]) -> None:
    found = drawn(shapes)
    for place, shape in enumerate(shapes):
        inside = shapely.intersection(shape, WHOLE)
        feature = found.get(place + 1)
        if feature is None:
            assert inside.area < 4 + inside.length, "what is to be seen is drawn"
            continue
        got = shape_of(feature)
        assert got.is_valid, shapely.is_valid_reason(got)
        assert shapely.covers(WHOLE, got)
        if feature.kind == 3:
            assert abs(got.area - inside.area) <= 2 + inside.length * 0.75
        else:
            assert inside.area <= 2 + inside.length, "a point stands for what is too small"


@settings(max_examples=100, deadline=None)
@given(st.lists(places, min_size=3, max_size=12), st.lists(st.lists(places, min_size=2, max_size=9), max_size=3))
def test_rings_that_cross_themselves_and_lines_of_any_kind_are_drawn_right(ring: Any, lines: Any) -> None:
    crossed = shapely.Polygon(ring)
    found = drawn([crossed, shapely.MultiLineString(lines), shapely.MultiPoint(ring)])
    for feature in found.values():
        assert shape_of(feature).is_valid or feature.kind == 2
    if 1 in found:
        # What a ring that crosses itself encloses is a matter of taste; that it lies around its places is not.
        around = shapely.intersection(shapely.convex_hull(crossed), WHOLE).buffer(1.5)
        assert shapely.covers(around, shape_of(found[1]))
    # What runs along the very edge is in or out by the last digit of a place in metres.
    inside, surely = (shapely.intersection(shapely.MultiLineString(lines), one) for one in (WHOLE, WHOLE.buffer(-1e-6)))
    if 2 in found and found[2].kind == 2:
        there = shape_of(found[2])
        assert min((there.hausdorff_distance(one) for one in (inside, surely) if one), default=math.inf) < 3
    else:
        assert surely.length < 3
    dots = found[3].paths[0] if 3 in found else []
    for x, y in ring:
        is_in = -64.4 < x < 4160.4 and -64.4 < y < 4160.4
        assert not is_in or any(abs(x - px) < 0.51 and abs(y - py) < 0.51 for px, py in dots)


@pytest.mark.parametrize("ring", [
    [(-1.5, 8), (7, 6), (17, 0), (17, 2), (12, 3.04), (2.03, 18), (-2, 12)],
    [(4855, 1892), (997, 3813), (3396, 31), (4375, 1708), (3437, 717), (3993, 871)],
])  # fmt: skip
def test_a_ring_that_would_touch_itself_on_whole_numbers_falls_into_parts(ring: Any) -> None:
    (feature,) = drawn([shapely.Polygon(ring)]).values()
    assert len(feature.paths) > 1
    assert shape_of(feature).is_valid


def test_what_is_smaller_than_a_unit_becomes_a_point_at_every_zoom() -> None:
    lot = shapely.box(100.1, 100.1, 100.3, 100.3)
    sliver = shapely.Polygon([(200, 200), (400, 200.1), (400, 200.2)])
    line = shapely.LineString([(300.1, 300.1), (300.2, 300.2)])
    found = drawn([lot, sliver, line])
    assert [(one.kind, one.paths) for one in found.values()] == [
        (1, [[(100, 100)]]), (1, [[(300, 200)]]), (1, [[(300, 300)]])
    ]  # fmt: skip


def test_a_ring_that_leaves_and_comes_back_falls_into_pieces() -> None:
    comb = shapely.Polygon([(4000, 100), (4500, 100), (4500, 400), (4000, 400), (4000, 300), (4300, 300), (4300, 200),
                            (4000, 200)])  # fmt: skip
    (feature,) = drawn([comb]).values()
    assert len(feature.paths) == 2
    assert shape_of(feature).area == 2 * 160 * 100


def test_a_tile_within_a_polygon_and_within_its_hole() -> None:
    land = shapely.box(-9000, -9000, 9000, 9000)
    lake = shapely.Polygon(land.exterior, [shapely.box(-500, -500, 5000, 5000).exterior])
    found = drawn([land, lake])
    assert set(found) == {1}
    assert shape_of(found[1]).equals(WHOLE)


def test_islands_in_holes_and_touching_parts_are_kept() -> None:
    lake: Any = shapely.box(0, 0, 1000, 1000).difference(shapely.box(100, 100, 900, 900))
    both = shapely.MultiPolygon([lake, shapely.box(400, 400, 600, 600)])
    touching = shapely.MultiPolygon([shapely.box(2000, 0, 2100, 100), shapely.box(2100, 100, 2200, 200)])
    found = drawn([both, touching])
    assert shape_of(found[1]).equals(both)
    assert shape_of(found[2]).equals(touching)


@pytest.mark.parametrize("empty", ["POLYGON EMPTY", "MULTIPOLYGON EMPTY", "LINESTRING EMPTY", "POINT EMPTY",
                                   "GEOMETRYCOLLECTION EMPTY", "MULTIPOINT EMPTY"])  # fmt: skip
def test_rows_without_a_shape_are_in_no_tile(empty: str) -> None:
    rows = rows_of([shapely.from_wkt(empty), None])
    assert mvt(rows, "parcel", (), TILE) == b""
    assert geojson(rows, "parcel", (), TILE) == b""
    assert mvt(b"", "parcel", ("name",), TILE) == b""


def test_heights_and_measures_do_not_move_a_shape() -> None:
    flat = placed(shapely.box(10, 10, 90, 90))
    high = shapely.force_3d(flat, 12.5)
    measured = shapely.from_wkt(shapely.to_wkt(flat, rounding_precision=-1).replace("POLYGON ", "POLYGON M ").replace(
        ",", " 7,").replace("))", " 7))"))  # fmt: skip
    made = strictly_read(mvt(rows_of([flat, high, shapely.set_srid(high, 3857), measured]), "p", (), TILE))["p"]
    assert [one.paths for one in made] == [made[0].paths] * 4


def test_a_collection_is_drawn_by_its_largest_parts() -> None:
    mixed = shapely.GeometryCollection([shapely.Point(5, 5), shapely.box(10, 10, 20, 20), shapely.box(30, 30, 40, 40)])
    (feature,) = drawn([mixed]).values()
    assert shape_of(feature).equals(shapely.MultiPolygon([shapely.box(10, 10, 20, 20), shapely.box(30, 30, 40, 40)]))


@pytest.mark.parametrize("far", [1e12, 1e300, -1e18])
def test_numbers_beyond_the_earth_are_no_reason_to_fail(far: float) -> None:
    with np.errstate(all="ignore"):
        shapes = [shapely.box(0, 0, far, far), shapely.LineString([(0, 0), (far, 1)]), shapely.Point(far, 0)]
        shapes += [shapely.Polygon([(0, 0), (math.inf, 0), (1, 1)]), shapely.LineString([(math.nan, 0), (1, 1)])]
        made = mvt(rows_of(shapes), "p", (), TILE)
    assert made == b"" or strictly_read(made)


def test_far_outlines_are_thinned_and_near_ones_are_not() -> None:
    circle = shapely.Point(2000, 2000).buffer(1500, quad_segs=200)
    near, far = drawn([circle])[1], drawn([circle], tolerance=2.0)[1]
    assert len(near.paths[0]) > 3 * len(far.paths[0])
    assert shape_of(far).hausdorff_distance(circle) < 4


def test_real_parcels_and_outlines_stay_valid(shared_data: Path) -> None:
    files = [
        file for folder in ("parcels", "communities", "admin") for file in (shared_data / folder).rglob("*.geojson")
    ]
    total = 0
    for file in sorted(files):
        frame = geopandas.read_file(file, rows=3000)
        shapes = np.array([one for one in frame.geometry.to_crs(3857) if one is not None and not one.is_empty])
        x, y = shapely.get_coordinates(shapely.point_on_surface(shapes[0]))[0]
        for z in (9, 12, 14, 16):
            side = 2 * 20037508.342789244 / 2**z
            tile = Tile(z, int(x // side + 2 ** (z - 1)), int(2 ** (z - 1) - y // side - 1))
            for feature in strictly_read(mvt(rows_of(shapes), "p", (), tile, tolerance=2.0 * (z < 15)))["p"]:
                assert shape_of(feature).is_valid or feature.kind == 2
                total += 1
    assert total > 100


def test_a_tile_of_the_geographic_grid_is_in_degrees() -> None:
    tile = Tile(15, 51061, 15107, WORLD_CRS84)
    west, south, east, north = tile.bounds()
    rows = rows_of([shapely.box(west, south, (west + east) / 2, (south + north) / 2)])
    (feature,) = strictly_read(mvt(rows, "p", (), tile))["p"]
    assert shape_of(feature).bounds == (0, 2048, 2048, 4096)
    (told,) = json.loads(b"[%s]" % geojson(rows, "p", (), tile))
    assert np.allclose(shapely.from_geojson(json.dumps(told["geometry"])).bounds, shapely.box(
        west, south, (west + east) / 2, (south + north) / 2).bounds, atol=1e-7)  # fmt: skip
