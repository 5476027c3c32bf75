"""Nothing is lost in silence.

Every shape that goes in comes out, mended, or with a mark that says why not.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.shapes.repair import as_multi, from_wkt, has_bad_coordinates, repaired

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"


def shapes(*texts: str | None) -> np.ndarray:
    return np.array([None if text is None else shapely.from_wkt(text) for text in texts], dtype=object)


def test_a_bow_tie_is_mended_and_its_knot_is_told() -> None:
    mended = repaired(shapes("POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))", "POLYGON((0 0, 1 0, 1 1, 0 0))"), ["POLYGON"])
    assert mended.was_invalid.tolist() == [True, False]
    assert mended.geoms[0].is_valid
    assert mended.geoms[0].area == pytest.approx(2)
    (reason,) = mended.reasons
    assert (reason.index, reason.x, reason.y) == (0, 1, 1)
    assert reason.told.en == "Self-intersection"
    assert "ตัดกัน" in reason.told.th
    assert mended.area_change[1] == 0


def test_a_polygon_that_collapses_to_a_line_is_lost_and_marked() -> None:
    mended = repaired(shapes("POLYGON((0 0, 1 1, 2 2, 0 0))"), ["MULTIPOLYGON"])
    assert mended.was_invalid.tolist() == [True]
    assert mended.lost.tolist() == [True]
    assert mended.geoms[0] is None


def test_a_spike_is_cut_off_and_the_cut_is_marked() -> None:
    mended = repaired(shapes("POLYGON((0 0, 4 0, 4 4, 8 4, 4 4, 0 4, 0 0))"), ["POLYGON"])
    assert mended.geoms[0].area == pytest.approx(16)
    assert mended.geoms[0].geom_type in ("Polygon", "MultiPolygon")
    assert not mended.lost[0]


def test_of_a_collection_the_polygons_are_kept_and_the_rest_is_marked_as_taken_off() -> None:
    nested = "GEOMETRYCOLLECTION(POLYGON((3 3,4 3,4 4,3 3)))"
    mixed = f"GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 0)), LINESTRING(5 5,6 6), {nested})"
    mended = repaired(shapes(mixed), ["POLYGON"])
    assert mended.trimmed.tolist() == [True]
    assert mended.geoms[0].geom_type == "MultiPolygon"
    assert len(mended.geoms[0].geoms) == 2


def test_a_shape_of_another_kind_is_lost_and_marked() -> None:
    mended = repaired(
        shapes("POINT(1 1)", "LINESTRING(0 0, 1 1)", "POLYGON((0 0,1 0,1 1,0 0))"), ["LINESTRING", "POLYGON"]
    )
    assert mended.lost.tolist() == [True, False, False]


def test_missing_and_empty_shapes_are_told_from_lost_ones() -> None:
    mended = repaired(shapes(None, "POLYGON EMPTY", "POLYGON((0 0,1 0,1 1,0 0))"), ["POLYGON"])
    assert mended.missing.tolist() == [True, True, False]
    assert not mended.lost.any()


def test_nan_and_infinity_are_found_and_left_unmended() -> None:
    with np.errstate(invalid="ignore"):
        geoms = np.array(
            [
                shapely.Polygon([(0, 0), (1, 0), (np.nan, 1), (0, 0)]),
                shapely.LineString([(0, 0), (np.inf, 1)]),
                shapely.Point(1, 2),
            ],
            dtype=object,
        )
    assert has_bad_coordinates(geoms).tolist() == [True, True, False]
    mended = repaired(geoms, ["GEOMETRY"])
    assert mended.bad_coordinates.tolist() == [True, True, False]
    assert not mended.was_invalid.any()


def test_a_polygon_of_two_million_vertices_is_marked_and_not_worked_on() -> None:
    angle = np.linspace(0, 2 * np.pi, 2_000_000)
    giant = shapely.Polygon(np.column_stack((np.cos(angle), np.sin(angle))))
    mended = repaired(np.array([giant, shapely.box(0, 0, 1, 1)], dtype=object), ["POLYGON"])
    assert mended.too_big.tolist() == [True, False]
    assert not mended.was_invalid.any()
    assert mended.geoms[0] is giant


def test_the_one_invalid_district_is_found_where_its_publisher_left_it() -> None:
    _, _, wkb, fields = pyogrio.raw.read(SHARED / "admin/thailand_adm2_amphoe.fgb", columns=["ADM2_PCODE"])
    mended = repaired(shapely.from_wkb(wkb), ["MULTIPOLYGON"])
    (reason,) = mended.reasons
    assert fields[0][reason.index] == "TH8403"
    assert (reason.x, reason.y) == pytest.approx((99.7412, 9.0331), abs=1e-3)
    assert shapely.is_valid(mended.geoms).all()
    assert not mended.lost.any()
    assert abs(mended.area_change[reason.index]) < 0.01


def test_twenty_four_invalid_lots_are_mended_and_none_is_lost() -> None:
    _, _, wkb, _ = pyogrio.raw.read(SHARED / "parcels/cambridge_ma_parcels_fy2013.fgb", columns=[])
    mended = repaired(shapely.from_wkb(wkb), ["MULTIPOLYGON"])
    assert len(mended.geoms) == 13_159
    assert mended.was_invalid.sum() == 24 == len(mended.reasons)
    assert not mended.lost.any()
    assert not mended.missing.any()
    assert shapely.is_valid(mended.geoms).all()


def test_of_a_hundred_thousand_real_shapes_each_is_valid_or_marked() -> None:
    table = pq.read_table(SHARED / "parcels/cambridge_ma_scale_polygons.parquet", columns=["geometry"])
    geoms = shapely.from_wkb(table["geometry"].to_numpy())
    mended = repaired(geoms, ["POLYGON"])
    assert mended.was_invalid.sum() == 1_786
    fine = shapely.is_valid(mended.geoms) & ~shapely.is_missing(mended.geoms)
    assert (fine | mended.lost | mended.missing).all()


coordinates = st.tuples(st.integers(-9, 9), st.integers(-9, 9))


@given(st.lists(st.lists(coordinates, min_size=3, max_size=9), min_size=1, max_size=5))
def test_any_ring_comes_out_valid_or_marked_as_lost(rings: list[list[tuple[int, int]]]) -> None:
    geoms = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    mended = repaired(geoms, ["POLYGON"])
    assert len(mended.geoms) == len(rings)
    for index, shape in enumerate(mended.geoms):
        if mended.lost[index] or mended.missing[index]:
            continue
        assert shape.is_valid
        assert shape.geom_type in ("Polygon", "MultiPolygon")
        assert shape.area > 0


@given(st.lists(st.lists(coordinates, min_size=3, max_size=9), min_size=1, max_size=5))
def test_mending_twice_changes_nothing_more(rings: list[list[tuple[int, int]]]) -> None:
    once = repaired(np.array([shapely.Polygon(ring) for ring in rings], dtype=object), ["POLYGON"])
    twice = repaired(once.geoms, ["POLYGON"])
    assert not twice.was_invalid.any()
    assert not twice.trimmed.any()


def test_wkt_with_an_open_ring_is_closed_and_what_is_no_wkt_is_marked() -> None:
    read = from_wkt(
        pa.array(
            [
                "POLYGON((0 0,1 0,1 1))",
                "POINT(1 2)",
                "บ้าน",
                None,
                "  ",
                "SRID=4326;POINT(3 4)",
                "POLYGON((0 0,1 0,1 1,0 0))",
            ]
        )
    )
    assert read.closed.tolist() == [True, False, False, False, False, False, False]
    assert read.unreadable.tolist() == [False, False, True, False, False, False, False]
    assert read.geoms[0].area == pytest.approx(0.5)
    assert (read.geoms[5].x, read.geoms[5].y) == (3, 4)
    assert read.geoms[3] is None


def test_nan_written_in_wkt_is_a_bad_coordinate() -> None:
    read = from_wkt(pa.array(["LINESTRING(0 0, nan 1)"]))
    assert has_bad_coordinates(read.geoms).tolist() == [True]


def test_single_shapes_become_multi_and_keep_their_place_and_height() -> None:
    single = shapes(
        "POLYGON((0 0,1 0,1 1,0 0))", None, "LINESTRING Z(0 0 5,1 1 5)", "POINT(1 2)", "MULTIPOINT(1 2,3 4)"
    )
    multi = as_multi(single)
    assert [None if shape is None else shape.geom_type for shape in multi] == [
        "MultiPolygon", None, "MultiLineString", "MultiPoint", "MultiPoint",
    ]  # fmt: skip
    assert multi[2].has_z
    assert all(before is None or before.equals(after) for before, after in zip(single, multi, strict=True))


def star(corners: int) -> shapely.Polygon:
    """A ring that goes to the opposite side at every step, so that nearly every two of its segments cross."""
    turns = np.arange(corners) * (corners // 2) * 2 * np.pi / corners
    return shapely.Polygon(np.column_stack([np.cos(turns), np.sin(turns)]))


def test_an_outline_that_crosses_itself_millions_of_times_is_not_mended() -> None:
    mended = repaired(np.array([star(4001), star(101), shapely.Point(0, 0).buffer(1, 2000)], dtype=object), ["POLYGON"])
    assert mended.tangled.tolist() == [True, False, False]
    assert mended.was_invalid.tolist() == [False, True, False]
    assert shapely.is_valid(mended.geoms[1])


def test_a_long_outline_with_a_few_crossings_is_mended() -> None:
    ring = shapely.get_coordinates(shapely.Point(0, 0).buffer(1, 5000))
    ring[[100, 101]] = ring[[101, 100]]
    mended = repaired(np.array([shapely.Polygon(ring)], dtype=object), ["POLYGON"])
    assert (mended.tangled.tolist(), mended.was_invalid.tolist()) == ([False], [True])
