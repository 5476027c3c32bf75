"""Laws of the classes of a choropleth."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.shapes.classes import MOST, Classes, natural_classes

NUMBERS = st.one_of(
    st.floats(min_value=-1e12, max_value=1e12), st.integers(min_value=-20, max_value=20).map(float), st.none(),
    st.just(math.nan), st.just(math.inf),
)  # fmt: skip
SOME = st.lists(NUMBERS, max_size=40)


def real(values: list[float | None]) -> list[float]:
    return [one for one in values if one is not None and math.isfinite(one)]


@given(SOME, st.integers(min_value=1, max_value=7))
def test_every_number_is_in_exactly_one_class_and_what_is_none_in_none(values: list[float | None], most: int) -> None:
    found = natural_classes(values, most)
    for one in values:
        place = found.of(one)
        within = [at for at, each in enumerate(found.classes) if one is not None and each.low <= one <= each.high]
        assert within == ([] if place is None else [place])
    assert sum(each.count for each in found.classes) == len(real(values))
    assert found.missing == len(values) - len(real(values))


@given(SOME, st.integers(min_value=1, max_value=7))
def test_classes_go_up_do_not_touch_and_are_as_many_as_there_can_be(values: list[float | None], most: int) -> None:
    found = natural_classes(values, most)
    assert len(found.classes) == min(most, len(set(real(values))))
    assert all(each.low <= each.high and each.count > 0 for each in found.classes)
    assert all(one.high < other.low for one, other in itertools.pairwise(found.classes))


@given(st.lists(st.integers(min_value=0, max_value=6).map(float), min_size=1, max_size=40))
def test_equal_numbers_are_never_parted(values: list[float]) -> None:
    found = natural_classes(values, 3)
    for each in found.classes:
        assert each.count == sum(each.low <= one <= each.high for one in values)


@given(st.lists(st.floats(min_value=-1000, max_value=1000), min_size=1, max_size=9),
       st.integers(min_value=1, max_value=4))  # fmt: skip
def test_no_other_cut_lies_closer_to_its_means(values: list[float], most: int) -> None:
    """Against every way to cut, tried one by one."""
    found = natural_classes(values, most)
    distinct = sorted(set(values))

    def spread(runs: list[tuple[float, float]]) -> float:
        total = 0.0
        for low, high in runs:
            inside = [one for one in values if low <= one <= high]
            mean = math.fsum(inside) / len(inside)
            total += math.fsum((one - mean) ** 2 for one in inside)
        return total

    ways = []
    for cuts in itertools.combinations(range(1, len(distinct)), len(found.classes) - 1):
        edges = [0, *cuts, len(distinct)]
        ways.append(spread([(distinct[a], distinct[b - 1]) for a, b in itertools.pairwise(edges)]))
    ours = spread([(one.low, one.high) for one in found.classes])
    assert ours <= min(ways) + 1e-6 * (1 + min(ways))


def test_groups_that_a_person_sees_are_found() -> None:
    values = [1, 2, 2, 3, 20, 21, 22, 90, 91, 500]
    found = natural_classes([float(one) for one in values], 4)
    assert [(one.low, one.high, one.count) for one in found.classes] == [
        (1, 3, 4), (20, 22, 3), (90, 91, 2), (500, 500, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("values", [[], [None], [math.nan, None]])
def test_of_nothing_there_are_no_classes(values: list[float | None]) -> None:
    assert natural_classes(values) == Classes(classes=(), missing=len(values))


def test_one_number_is_one_class_and_no_class_at_all_is_refused() -> None:
    (only,) = natural_classes([7.0, 7.0]).classes
    assert (only.low, only.high, only.count) == (7, 7, 2)
    with pytest.raises(ValueError, match="at least one"):
        natural_classes([1.0], 0)
    assert len(natural_classes([float(one) for one in range(100)]).classes) == MOST
