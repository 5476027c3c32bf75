"""What became of parcels from one year's file to the next is told by ground and code, each row once.

Lots are drawn in metres and laid out near Hat Yai; the year that passes over real lots is tests/taxmap/changed.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely

from geo.shapes.editions import Change, Differences, Doubt, Edition, Kind, Sure, differences, digest_of
from tests.taxmap.changed import Counts, Truth, Year, cambridge, changed, each_row_once
from tests.taxmap.town_of_lots import EAST, NORTH, in_degrees, town_of_lots

Row = tuple[str | None, Any]


def lot(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


def edition(*rows: Row, **groups: Sequence[Any]) -> Edition:
    """Codes with shapes in metres; groups of columns row by row, all alike where none is told."""
    shapes = [None if shape is None else shapely.transform(shape, lambda xy: xy + np.array((EAST, NORTH)))
              for _, shape in rows]  # fmt: skip
    column = np.empty(len(rows), dtype=object)
    column[:] = shapes
    keys = np.array([key for key, _ in rows], dtype=object)
    values = {name: digest_of([list(cells)], len(rows)) for name, cells in groups.items()}
    return Edition(keys=keys, shapes=in_degrees(column), values=values)


def only(found: Differences) -> Change:
    assert len(found) == 1, [change.told.en for change in found]
    return found[0]


def kinds(found: Differences) -> list[Kind]:
    return [change.kind for change in found]


FOUR = (("01A001", lot(0, 0, 20, 40)), ("01A002", lot(20, 0, 40, 40)), ("01A003", lot(40, 0, 60, 40)),
        ("01A004", lot(60, 0, 80, 40)))  # fmt: skip


def test_nothing_changed_in_the_same_file() -> None:
    found = differences(edition(*FOUR), edition(*FOUR))
    assert len(found) == 0
    assert found.same_old.tolist() == found.same_new.tolist() == [0, 1, 2, 3]


def test_another_first_corner_another_direction_and_another_wrapping_are_no_change() -> None:
    other = shapely.Polygon([(20, 40), (20, 0), (0, 0), (0, 40)])
    assert len(differences(edition(FOUR[0]), edition(("01A001", shapely.MultiPolygon([other]))))) == 0


def test_the_pen_is_no_change_and_a_step_is() -> None:
    before = edition(*FOUR[:2])
    assert len(differences(before, edition(("01A001", lot(0, 0, 20.04, 40)), ("01A002", lot(20.04, 0, 40, 40))))) == 0
    moved = differences(before, edition(("01A001", lot(0, 0, 20.3, 40)), ("01A002", lot(20.3, 0, 40, 40))))
    assert kinds(moved) == [Kind.BOUNDARY_CHANGE]


def test_a_transfer_is_a_new_owner_on_the_same_ground() -> None:
    before, after = (edition(*FOUR[:2], owner=owners, use=("1", "1")) for owners in (("a", "b"), ("a", "c")))
    change = only(differences(before, after))
    assert (change.kind, change.old, change.new, change.groups) == (Kind.TRANSFER, (1,), (1,), ("owner",))
    assert change.sure is Sure.BOTH
    assert "01A002" in change.told.th


def test_another_use_is_told_by_its_group() -> None:
    before, after = (edition(*FOUR[:2], use=uses, value=(1, 2)) for uses in (("1", "1"), ("1", "3")))
    change = only(differences(before, after))
    assert (change.kind, change.groups) == (Kind.VALUES, ("use",))
    assert "การใช้ประโยชน์" in change.told.th


def test_a_column_that_one_year_lacks_is_not_compared() -> None:
    assert len(differences(edition(*FOUR, use="1234"), edition(*FOUR, value="9999"))) == 0


@pytest.mark.parametrize(
    "codes", [("01A001", "01A001/001"), ("01A009", "01A010"), (None, None), ("01A001/1", "01A001")]
)
def test_a_split_is_told_by_the_ground_whatever_the_codes(codes: tuple[str | None, str | None]) -> None:
    parts = ((codes[0], lot(0, 0, 20, 25)), (codes[1], lot(0, 25, 20, 40)))
    change = only(differences(edition(*FOUR), edition(*parts, *FOUR[1:])))
    assert (change.kind, change.old, sorted(change.new)) == (Kind.SPLIT, (0,), [0, 1])
    assert change.square_metres_before == pytest.approx(change.square_metres_after, rel=1e-6)
    assert change.sure is (Sure.BOTH if "01A001" in codes else Sure.GEOMETRY)
    assert not change.doubts


def test_a_part_that_is_kept_small_is_a_split_too() -> None:
    parts = (("01A001", lot(0, 0, 20, 38)), ("01A001/001", lot(0, 38, 20, 40)))
    assert only(differences(edition(FOUR[0]), edition(*parts))).kind is Kind.SPLIT


@pytest.mark.parametrize("code", ["01A001", "01A077", None])
def test_a_merger_is_told_by_the_ground_whatever_its_code(code: str | None) -> None:
    change = only(differences(edition(*FOUR), edition((code, lot(0, 0, 60, 40)), FOUR[3])))
    assert (change.kind, sorted(change.old), change.new) == (Kind.MERGE, [0, 1, 2], (0,))


def test_a_new_layout_of_several_is_one_change() -> None:
    after = (("01A001", lot(0, 0, 40, 13)), ("01A002", lot(0, 13, 40, 26)), ("01A009", lot(0, 26, 40, 40)))
    change = only(differences(edition(*FOUR[:2]), edition(*after)))
    assert (change.kind, sorted(change.old), sorted(change.new)) == (Kind.REARRANGED, [0, 1], [0, 1, 2])


def test_many_lots_of_which_none_keeps_the_most_of_another_are_one_new_layout() -> None:
    before = [(f"01A{n:03d}", lot(10 * n, 0, 10 * n + 10, 40)) for n in range(5)]
    after = [(f"01B{n:03d}", lot(0, 10 * n, 50, 10 * n + 10)) for n in range(4)]
    change = only(differences(edition(*before), edition(*after)))
    assert (change.kind, len(change.old), len(change.new)) == (Kind.REARRANGED, 5, 4)


def test_a_line_that_moves_between_two_is_one_change_of_both() -> None:
    after = (("01A001", lot(0, 0, 25, 40)), ("01A002", lot(25, 0, 40, 40)), *FOUR[2:])
    change = only(differences(edition(*FOUR), edition(*after)))
    assert (change.kind, change.old, change.new) == (Kind.BOUNDARY_CHANGE, (0, 1), (0, 1))


def test_a_corner_moves_in_all_that_have_it_and_two_corners_are_two_changes() -> None:
    grid = [[(20.0 * x, 30.0 * y) for x in range(7)] for y in range(3)]

    def lots() -> list[Row]:
        rings = [
            ((x, y), (grid[y][x], grid[y][x + 1], grid[y + 1][x + 1], grid[y + 1][x])) for y in (0, 1) for x in range(6)
        ]
        return [(f"01A{10 * y + x:03d}", shapely.Polygon(ring)) for (x, y), ring in rings]

    before = edition(*lots())
    grid[1][1], grid[1][5] = (22.0, 32.0), (98.0, 29.0)
    found = differences(before, edition(*lots()))
    assert [sorted(change.old) for change in found] == [[0, 1, 6, 7], [4, 5, 10, 11]]


def test_a_large_piece_given_to_a_small_neighbour_is_a_boundary_that_moved() -> None:
    before = edition(("01A001", lot(0, 0, 90, 40)), ("01A002", lot(90, 0, 100, 40)))
    after = edition(("01A001", lot(0, 0, 60, 40)), ("01A002", lot(60, 0, 100, 40)))
    change = only(differences(before, after))
    assert (change.kind, change.old, change.new) == (Kind.BOUNDARY_CHANGE, (0, 1), (0, 1))


def test_another_code_on_the_same_shape_is_told_as_that() -> None:
    change = only(differences(edition(*FOUR), edition(("07C001", FOUR[0][1]), *FOUR[1:])))
    assert (change.kind, change.sure) == (Kind.RECODED, Sure.GEOMETRY)
    assert "01A001" in change.told.en
    assert "07C001" in change.told.en


def test_codes_that_changed_places_are_doubtful() -> None:
    found = differences(edition(*FOUR[:2]), edition(("01A002", FOUR[0][1]), ("01A001", FOUR[1][1])))
    assert kinds(found) == [Kind.RECODED, Kind.RECODED]
    assert all(change.doubts & Doubt.CODE_ELSEWHERE for change in found)


def test_new_and_retired_parcels_are_told() -> None:
    found = differences(edition(*FOUR[:2]), edition(FOUR[0], ("01A005", lot(200, 0, 220, 40))))
    assert [(change.kind, change.old, change.new) for change in found] == [
        (Kind.NEW, (), (1,)),
        (Kind.RETIRED, (1,), ()),
    ]
    assert not any(change.doubts for change in found)


def test_a_code_that_went_elsewhere_is_for_a_person() -> None:
    change = only(differences(edition(*FOUR), edition(*FOUR[:3], ("01A004", lot(500, 0, 520, 40)))))
    assert (change.kind, change.sure, change.old, change.new) == (Kind.ELSEWHERE, Sure.CODE, (3,), (3,))
    assert change.doubts & Doubt.CODE_ELSEWHERE


def test_a_file_of_a_part_of_the_town_retires_nothing() -> None:
    found = differences(edition(*FOUR), edition(("01A001", lot(0, 0, 40, 40))), whole=False)
    told = [(change.kind, sorted(change.old)) for change in found]
    assert told == [(Kind.MERGE, [0, 1]), (Kind.MISSING, [2]), (Kind.MISSING, [3])]


def test_codes_that_repeat_are_paired_by_their_ground() -> None:
    before = [("02I085/003", lot(20 * n, 0, 20 * n + 20, 40)) for n in range(17)]
    after = [*before[::-1][:-1], ("02I085/003", lot(0, 0, 20, 43))]
    change = only(differences(edition(*before), edition(*after)))
    assert (change.kind, change.old, change.new) == (Kind.BOUNDARY_CHANGE, (0,), (16,))
    assert change.doubts & Doubt.REPEATED_CODE


def test_rows_stacked_on_one_shape_are_paired_by_their_codes() -> None:
    stacked = [(f"01A001/{n:03d}", lot(0, 0, 20, 40)) for n in range(5)]
    noisy = [(code, lot(0, 0.01, 20, 40)) for code, _ in stacked]
    assert len(differences(edition(*stacked, use="12345"), edition(*noisy[::-1], use="54321"))) == 0
    gone = only(differences(edition(*stacked), edition(*stacked[:4])))
    assert (gone.kind, gone.old) == (Kind.RETIRED, (4,))
    assert gone.doubts & Doubt.COVERED


def test_rows_without_a_shape_go_by_their_code() -> None:
    before = edition(("01A001", None), ("01A002", None), (None, None), ("01A003", None), owner="abcd")
    after = edition(("01A001", None), ("01A002", None), (None, None), ("01A003", lot(0, 0, 20, 40)), owner="axcd")
    found = differences(before, after)
    assert [(change.kind, change.sure, change.old, change.new) for change in found] == [
        (Kind.BOUNDARY_CHANGE, Sure.CODE, (3,), (3,)), (Kind.TRANSFER, Sure.CODE, (1,), (1,)),
    ]  # fmt: skip
    assert all(change.doubts & Doubt.NO_SHAPE for change in found)


def test_a_town_that_moved_as_one_is_told_as_a_datum() -> None:
    town = town_of_lots(400)
    before = Edition(keys=town.keys, shapes=town.shapes, values={})
    away = np.asarray(shapely.transform(town.shapes, lambda xy: xy + np.array((-0.0016, 0.00045))), dtype=object)
    away[7] = None
    found = differences(before, Edition(keys=town.keys, shapes=away, values={}))
    assert found.shifted_metres is not None
    assert found.shifted_metres == pytest.approx((-176.5, 50.4), abs=2)
    assert [change.old for change in found] == [(7,)]


def test_editions_without_rows_are_all_new_or_all_gone() -> None:
    nothing = edition()
    assert len(differences(nothing, nothing)) == 0
    assert kinds(differences(nothing, edition(*FOUR))) == [Kind.NEW] * 4
    assert kinds(differences(edition(*FOUR), nothing)) == [Kind.RETIRED] * 4


def test_whoever_watches_may_stop_it() -> None:
    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        differences(edition(*FOUR), edition(("01A001", lot(0, 0, 25, 40))), progress=stop)


def test_a_digest_is_the_same_where_the_cells_are() -> None:
    first, second = digest_of([["a", None, "b"], [1, 2, 3]], 3), digest_of([["a", "", "c"], ["1", "2", "3"]], 3)
    assert (first == second).tolist() == [True, True, False]


# A year in Cambridge.


def expected(truth: Truth) -> set[tuple[Kind, frozenset[int], frozenset[int]]]:
    happened = (
        (Kind.SPLIT, truth.splits), (Kind.MERGE, truth.merges), (Kind.BOUNDARY_CHANGE, truth.corners),
        (Kind.VALUES, truth.uses), (Kind.RETIRED, truth.deletions),
    )  # fmt: skip
    return {(kind, frozenset(old), frozenset(new)) for kind, changes in happened for old, new in changes}


@pytest.fixture(scope="module")
def before() -> Year:
    return cambridge()


@pytest.mark.parametrize("seed", [1, 2569, 77_001])
def test_a_year_over_real_lots_is_told_exactly(before: Year, seed: int) -> None:
    after, truth = changed(before, seed=seed)
    found = differences(before.edition, after.edition)
    assert {(one.kind, frozenset(one.old), frozenset(one.new)) for one in found} == expected(truth)
    assert len(found) == 500 + 200 + 300 + 1_000 + 50
    assert each_row_once(found, len(before), len(after))
    assert found.shifted_metres is None


def test_a_year_over_real_lots_is_told_exactly_when_every_number_was_rounded(before: Year) -> None:
    after, truth = changed(before, seed=5, counts=Counts(splits=50, merges=50, corners=50, uses=50, deletions=10))
    rounded = np.asarray(shapely.transform(after.shapes, lambda xy: np.round(xy, 7)), dtype=object)
    new = Edition(keys=after.keys, shapes=rounded, values=after.edition.values)
    assert {(one.kind, frozenset(one.old), frozenset(one.new)) for one in differences(before.edition, new)} == expected(
        truth
    )
