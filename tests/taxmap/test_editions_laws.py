"""Laws of the difference of two editions, over towns to which anything may have happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.shapes.editions import Differences, Doubt, Edition, Kind, differences
from tests.taxmap.changed import each_row_once
from tests.taxmap.town_of_lots import town_of_lots

REVERSED = {Kind.SPLIT: Kind.MERGE, Kind.MERGE: Kind.SPLIT, Kind.NEW: Kind.RETIRED, Kind.RETIRED: Kind.NEW}
Row = tuple[str | None, Any]


@st.composite
def passing_years(draw: st.DrawFn) -> tuple[Edition, Edition]:
    """Forty lots, and forty minus some, plus some, cut, joined, moved, called otherwise and shuffled."""
    town = town_of_lots(40, seed=draw(st.integers(0, 50)))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    keys: list[str | None] = [None if draw(st.integers(0, 9)) == 0 else key for key in town.keys.tolist()]
    rows: list[tuple[str | None, Any, int]] = []
    skipped = False
    for n, shape in enumerate(town.shapes):
        happening = draw(st.sampled_from(HAPPENINGS)) if not skipped else nothing
        if skipped:
            skipped = False
            continue
        neighbour = town.shapes[n + 1] if n % 10 < 9 else None
        made, skipped = happening(keys[n], shape, neighbour, rng)
        rows += [(key, one, draw(st.integers(0, 9)) // 9) for key, one in made]
    order = rng.permutation(len(rows)).tolist()
    after = [rows[k] for k in order]
    shapes = np.empty(len(after), dtype=object)
    shapes[:] = [shape for _, shape, _ in after]
    new = Edition(keys=np.array([key for key, _, _ in after], dtype=object), shapes=shapes,
                  values={"owner": np.array([value for _, _, value in after], dtype=np.int64)})  # fmt: skip
    return Edition(keys=np.array(keys, dtype=object), shapes=town.shapes, values={"owner": np.zeros(40, np.int64)}), new


Happening = Callable[[str | None, Any, Any, np.random.Generator], tuple[list[Row], bool]]


def nothing(key: str | None, shape: Any, neighbour: Any, rng: np.random.Generator) -> tuple[list[Row], bool]:
    return [(key, shape)], False


def gone(key: str | None, shape: Any, neighbour: Any, rng: np.random.Generator) -> tuple[list[Row], bool]:
    return [], False


def halved(key: str | None, shape: Any, neighbour: Any, rng: np.random.Generator) -> tuple[list[Row], bool]:
    west, south, east, north = shape.bounds
    middle = south + (north - south) * rng.uniform(0.3, 0.7)
    parts = [shapely.clip_by_rect(shape, west, *heights) for heights in ((south, east, middle), (middle, east, north))]
    return [(key, parts[0]), ("x" if rng.random() < 0.5 else None, parts[1])], False


def joined(key: str | None, shape: Any, neighbour: Any, rng: np.random.Generator) -> tuple[list[Row], bool]:
    if neighbour is None:
        return [(key, shape)], False
    return [(key, shapely.union(shape, neighbour))], True


def recoded(key: str | None, shape: Any, neighbour: Any, rng: np.random.Generator) -> tuple[list[Row], bool]:
    return [(f"R{rng.integers(0, 5)}", shape)], False


def drawn_twice(key: str | None, shape: Any, neighbour: Any, rng: np.random.Generator) -> tuple[list[Row], bool]:
    return [(key, shape), (key, shape)], False


def shrunk(key: str | None, shape: Any, neighbour: Any, rng: np.random.Generator) -> tuple[list[Row], bool]:
    return [(key, shapely.buffer(shape, -1e-5, join_style="mitre"))], False


def shapeless(key: str | None, shape: Any, neighbour: Any, rng: np.random.Generator) -> tuple[list[Row], bool]:
    return [(key, None)], False


HAPPENINGS: tuple[Happening, ...] = (
    nothing, nothing, nothing, nothing, gone, halved, joined, recoded, drawn_twice, shrunk, shapeless,
)  # fmt: skip


@given(passing_years())
@settings(max_examples=60, deadline=None)
def test_every_row_is_in_one_change_and_splits_keep_their_area(years: tuple[Edition, Edition]) -> None:
    old, new = years
    found = differences(old, new)
    assert each_row_once(found, len(old), len(new))
    for change in found:
        assert change.told.th
        if change.kind in (Kind.SPLIT, Kind.MERGE) and not change.doubts & Doubt.AREA:
            assert change.square_metres_before == pytest.approx(change.square_metres_after, rel=0.011)


@given(passing_years())
@settings(max_examples=40, deadline=None)
def test_nothing_changes_between_a_year_and_itself(years: tuple[Edition, Edition]) -> None:
    assert all(len(differences(year, year)) == 0 for year in years)


@given(passing_years())
@settings(max_examples=40, deadline=None)
def test_time_the_other_way_exchanges_what_it_should(years: tuple[Edition, Edition]) -> None:
    there, back = differences(*years), differences(*years[::-1])
    assert {(REVERSED.get(one.kind, one.kind), frozenset(one.new), frozenset(one.old)) for one in there} == {
        (one.kind, frozenset(one.old), frozenset(one.new)) for one in back
    }


def shuffled(year: Edition, order: NDArray[np.intp]) -> Edition:
    values = {name: column[order] for name, column in year.values.items()}
    return Edition(keys=year.keys[order], shapes=year.shapes[order], values=values)


@given(passing_years(), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_does_not_matter(years: tuple[Edition, Edition], seed: int) -> None:
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(year)) for year in years]

    def told(found: Differences, before: Edition, after: Edition) -> list[tuple[Any, ...]]:
        """Changes by what their rows hold: which of two equal rows is meant cannot be told."""
        return sorted(
            (one.kind, sorted(_said(before, row) for row in one.old), sorted(_said(after, row) for row in one.new),
             one.sure, one.doubts, one.groups)
            for one in found
        )  # fmt: skip

    other = [shuffled(year, order) for year, order in zip(years, orders, strict=True)]
    assert told(differences(*years), *years) == told(differences(*other), *other)


def _said(year: Edition, row: int) -> tuple[Any, ...]:
    return (
        str(year.keys[row]),
        shapely.to_wkt(year.shapes[row], 9) if year.shapes[row] else "",
        int(year.values["owner"][row]),
    )
