"""Overlaps, duplicates, gaps and slivers are found where they are, and a tidy town has none.

Lots are drawn in metres and laid out near Hat Yai; the real ones are Cambridge's, on a grid of about 0.8 m.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.shapes.topology import across, gaps, outside, overlaps, plan_of, slivers, topology
from tests.taxmap.town_of_lots import EAST, NORTH, in_degrees, town_of_lots

CAMBRIDGE = Path(__file__).resolve().parents[2] / "../shared/data/parcels/cambridge_ma_parcels_fy2013.fgb"
Shapes = NDArray[np.object_]


def lots(*rings: Sequence[tuple[float, float]] | shapely.Geometry | None) -> Shapes:
    """Polygons of metres from a corner in Hat Yai, as longitude and latitude."""
    drawn = [shapely.Polygon(ring) if isinstance(ring, Sequence) else ring for ring in rings]
    placed = [None if one is None else shapely.transform(one, lambda xy: xy + (EAST, NORTH)) for one in drawn]  # noqa: RUF005
    return in_degrees(np.array(placed, dtype=object))


def lot(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


def real_lots() -> Shapes:
    return np.array(shapely.from_wkb(pyogrio.raw.read(CAMBRIDGE, columns=[])[2]), dtype=object)


def nothing_found(shapes: Shapes) -> bool:
    found = topology(shapes)
    return (
        len(found.overlaps) + found.overlaps.slight + len(found.gaps) + len(found.slivers) + len(found.duplicates) == 0
    )


def test_a_tidy_town_has_nothing_to_tell() -> None:
    assert nothing_found(town_of_lots(4_000).shapes)


@given(st.integers(0, 1000))
@settings(max_examples=5, deadline=None)
def test_a_tidy_town_stays_tidy_when_its_numbers_are_rounded(seed: int) -> None:
    rounded = shapely.transform(town_of_lots(400, seed=seed).shapes, lambda xy: np.round(xy, 9))
    assert nothing_found(np.asarray(rounded, dtype=object))


def test_a_corner_of_one_on_the_side_of_another_is_no_fault() -> None:
    long = lot(0, 0, 40, 20)
    assert nothing_found(lots(long, lot(0, 20, 13.37, 40), lot(13.37, 20, 40, 40)))


def test_streets_canals_and_courts_are_no_gaps() -> None:
    court = shapely.box(0, 0, 60, 60).difference(shapely.box(20, 20, 40, 40))
    west, east = shapely.clip_by_rect(court, 0, 0, 30, 60), shapely.clip_by_rect(court, 30, 0, 60, 60)
    alley = lot(61.2, 0, 80, 60)
    assert len(gaps(lots(west, east, alley, lot(0, 64, 80, 90)))) == 0


def test_an_overlap_is_told_with_its_size_its_shape_and_a_place_in_it() -> None:
    shapes = lots(lot(0, 0, 20, 40), lot(18, 10, 40, 40), None, lot(40, 0, 60, 40))
    found = overlaps(shapes)
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(0, 1)]
    assert found.square_metres[0] == pytest.approx(60, rel=0.01)
    place = shapely.Point(found.places.lon[0], found.places.lat[0])
    assert shapely.covers(found.shapes[0], place)
    assert shapely.covers(shapes[0], place)
    assert shapely.covers(shapes[1], place)


def test_a_lot_within_another_is_an_overlap_of_all_of_it() -> None:
    found = overlaps(lots(lot(0, 0, 100, 100), lot(40, 40, 50, 50)))
    assert found.square_metres.tolist() == pytest.approx([100], rel=0.01)


def test_a_line_drawn_twice_a_hands_breadth_apart_is_counted_and_not_told() -> None:
    found = overlaps(lots(lot(0, 0, 20.03, 40), lot(20, 0, 40, 40)))
    assert (len(found), found.slight) == (0, 1)
    told = overlaps(lots(lot(0, 0, 20.03, 40), lot(20, 0, 40, 40)), least_width_metres=0.01)
    assert len(told) == 1


def test_a_shape_drawn_twice_is_a_duplicate_and_not_an_overlap() -> None:
    again = [(20, 0), (20, 40), (0, 40), (0, 0), (20, 0)]
    shapes = lots(lot(0, 0, 20, 40), lot(20, 0, 40, 40), again, lot(0, 0, 20.001, 40), lot(15, 0, 20, 5))
    found = overlaps(shapes)
    assert [group.tolist() for group in found.duplicates.groups] == [[0, 2, 3]]
    assert (0, 4) in zip(found.left.tolist(), found.right.tolist(), strict=True)


def test_many_rows_of_one_shape_end_soon() -> None:
    found = overlaps(np.repeat(lots(lot(0, 0, 20, 40)), 20_000))
    assert len(found) == 0
    assert len(found.duplicates) == 20_000


def test_a_heap_of_shapes_is_told_up_to_a_limit_and_says_so() -> None:
    heap = lots(*(lot(number / 50, 0, 20 + number / 50, 40) for number in range(200)))
    found = overlaps(heap, most_pairs=500, most_shapes=10)
    assert not found.complete
    assert len(found) >= 500
    assert shapely.is_missing(found.shapes).sum() == len(found) - 10


def test_a_hole_between_parcels_is_a_gap_of_its_size() -> None:
    left = lot(0, 0, 20, 40).difference(lot(19.2, 10, 20, 30))
    found = gaps(lots(left, lot(20, 0, 40, 40)))
    assert found.square_metres.tolist() == pytest.approx([16], rel=0.01)
    assert found.width_metres.tolist() == pytest.approx([0.8], rel=0.01)
    assert found.enclosed.tolist() == [True]
    assert sorted(found.beside[0].tolist()) == [0, 1]


def test_a_slit_open_to_the_street_is_a_gap_and_a_footpath_is_not() -> None:
    slit = gaps(lots(lot(0, 0, 20, 40), lot(20.3, 0, 40, 40)))
    assert slit.square_metres.tolist() == pytest.approx([12], rel=0.02)
    assert slit.enclosed.tolist() == [False]
    assert len(gaps(lots(lot(0, 0, 20, 40), lot(21, 0, 40, 40)))) == 0
    assert len(gaps(lots(lot(0, 0, 20, 40), lot(21, 0, 40, 40)), slit_metres=1.5)) == 1


def test_a_wedge_between_turned_lots_is_a_gap_where_it_is_narrow() -> None:
    found = gaps(lots(lot(0, 0, 20, 40), [(20, 0), (40, 0), (40, 40), (20.4, 40)]))
    assert found.square_metres.tolist() == pytest.approx([8], rel=0.02)


def test_a_parcel_in_a_hole_fills_it() -> None:
    ring = lot(0, 0, 20, 20).difference(lot(9, 9, 11, 11))
    left, right = shapely.clip_by_rect(ring, 0, 0, 10, 20), shapely.clip_by_rect(ring, 10, 0, 20, 20)
    assert len(gaps(lots(left, right, lot(9, 9, 11, 11)))) == 0
    assert len(gaps(lots(left, right), enclosed_width_metres=3)) == 1


def test_crumbs_and_threads_are_slivers_and_small_lots_are_not() -> None:
    found = slivers(lots(lot(0, 0, 0.8, 0.8), lot(5, 0, 5.2, 30), lot(10, 0, 12, 3), lot(20, 0, 21, 60), None))
    assert found.position.tolist() == [0, 1]
    assert found.width_metres.tolist() == pytest.approx([0.8, 0.2], rel=0.01)


def test_what_lies_outside_the_town_is_measured() -> None:
    town = lots(lot(0, 0, 100, 100))[0]
    found = outside(lots(lot(0, 0, 20, 20), lot(90, 0, 110, 20), lot(200, 0, 220, 20), lot(80, 80, 100.3, 100)), town)
    assert found.position.tolist() == [1, 2]
    assert found.square_metres.tolist() == pytest.approx([200, 400], rel=0.01)
    assert found.share.tolist() == pytest.approx([0.5, 1.0], rel=0.01)
    assert not shapely.covers(town, shapely.points(found.places.lon, found.places.lat)).any()


def test_a_town_without_an_outline_has_no_outside() -> None:
    assert len(outside(lots(lot(0, 0, 20, 20)), None)) == 0


def test_a_building_across_a_line_is_told_with_its_shares() -> None:
    parcels = lots(lot(0, 0, 20, 40), lot(20, 0, 40, 40), lot(40, 0, 60, 40))
    found = across(lots(lot(5, 5, 15, 15), lot(14, 20, 22, 30), lot(16, 5, 50, 15)), parcels)
    assert found.building.tolist() == [1, 1, 2, 2, 2]
    assert found.parcel.tolist() == [0, 1, 1, 2, 0]
    assert found.share.tolist() == pytest.approx([0.75, 0.25, 20 / 34, 10 / 34, 4 / 34], rel=0.01)
    assert len(found) == 2


@pytest.mark.parametrize("over", [0.001, 0.05, 0.3])
def test_eaves_over_the_line_are_no_crossing(over: float) -> None:
    parcels = lots(lot(0, 0, 20, 40), lot(20, 0, 40, 40))
    assert len(across(lots(lot(10, 5, 20 + over, 25)), parcels)) == 0


def test_a_building_on_a_parcel_drawn_twice_crosses_nothing() -> None:
    parcels = lots(lot(0, 0, 20, 40), lot(0, 0, 20, 40), lot(20, 0, 40, 40))
    assert len(across(lots(lot(5, 5, 15, 15), lot(10, 5, 20.02, 15)), parcels)) == 0


def test_rows_that_cannot_be_measured_are_passed_over_and_named() -> None:
    with np.errstate(invalid="ignore"):
        no_place = shapely.from_wkt("POLYGON ((100 7, 100 NaN, 101 8, 100 7))")
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    no_lots = np.array([
        shapely.Polygon(), shapely.Point(100.47, 7.0), shapely.box(660_000, 775_000, 660_020, 775_040), no_place,
        shapely.box(0, 0, 0.001, 0.001),
    ])  # fmt: skip
    shapes = np.concatenate((lots(lot(100, 0, 120, 40), bow, None), no_lots))
    found = topology(shapes)
    assert found.plan.measured.tolist() == [0, 1]
    assert np.flatnonzero(found.plan.left_out).tolist() == [4, 5, 6, 7]
    assert (len(found.overlaps), len(found.gaps), len(found.slivers)) == (0, 0, 0)


@pytest.mark.parametrize("shapes", [[], [None], [shapely.Polygon()]])
def test_nothing_is_asked_of_nothing(shapes: list[shapely.Geometry | None]) -> None:
    none = np.array([*shapes, None], dtype=object)[: len(shapes)]
    assert nothing_found(none)
    assert len(across(none, none)) == 0
    assert len(outside(none, shapely.box(100, 7, 101, 8))) == 0


def test_whoever_watches_may_stop_it() -> None:
    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        topology(town_of_lots(100).shapes, progress=stop)


def test_real_lots_on_a_coarse_grid_do_not_drown_an_officer() -> None:
    found = topology(real_lots())
    assert len(found.overlaps) + found.overlaps.slight + len(found.duplicates.groups) <= 60
    assert len(found.overlaps) == pytest.approx(42, abs=2)
    assert len(found.slivers) == 1
    assert len(found.gaps) == pytest.approx(29, abs=3)
    assert (found.gaps.square_metres < 10).all()


def test_what_is_planted_among_real_lots_is_found_and_nothing_else() -> None:
    before, shapes = topology(real_lots()), real_lots()
    plan = plan_of(shapes)
    clean = np.setdiff1d(np.arange(len(shapes)), np.concatenate((before.overlaps.left, before.overlaps.right)))
    grown = clean[:: len(clean) // 20][:20]
    plan.shapes[grown] = shapely.buffer(plan.shapes[grown], 0.6, join_style="mitre")
    after = overlaps(plan)
    known = {tuple(pair) for pair in zip(before.overlaps.left.tolist(), before.overlaps.right.tolist(), strict=True)}
    fresh = [pair for pair in zip(after.left.tolist(), after.right.tolist(), strict=True) if pair not in known]
    assert fresh
    assert all(set(pair) & set(grown.tolist()) for pair in fresh)
    assert {row for pair in fresh for row in pair} >= set(grown.tolist()) - _alone(plan.shapes, grown)


def _alone(shapes: Shapes, rows: NDArray[np.intp]) -> set[int]:
    """Rows that stand on their own, with a street all around."""
    one, _ = shapely.STRtree(shapes).query(shapes[rows], predicate="intersects")
    return {int(row) for number, row in enumerate(rows) if (one == number).sum() == 1}
