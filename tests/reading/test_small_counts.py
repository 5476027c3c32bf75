"""Laws of what is told of small counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.shapes.small_counts import told

COUNTS = st.lists(st.integers(min_value=0, max_value=30), max_size=8)


@given(COUNTS, st.sampled_from([5, 10]))
def test_no_small_count_is_told_and_none_can_be_taken_from_the_total(counts: list[int], at_least: int) -> None:
    found = told(counts, at_least)
    assert all(one is None or one == count for one, count in zip(found, counts, strict=True))
    assert not any(one is not None and 0 < one < at_least for one in found)
    hidden = [count for one, count in zip(found, counts, strict=True) if one is None]
    everything_is = len(hidden) == sum(count > 0 for count in counts)
    assert not hidden or everything_is or (len(hidden) > 1 and sum(hidden) >= at_least)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([7, 12], [7, 12]), ([3, 40, 9], [None, 40, None]), ([1, 1, 40], [None, None, None]),
        ([2, 4, 40], [None, None, 40]), ([0, 6], [0, 6]), ([3], [None]), ([], []),
    ],
)  # fmt: skip
def test_what_is_told_of_a_table(counts: list[int], shown: list[int | None]) -> None:
    assert told(counts, 5) == shown
