"""Slowing: the guesser waits longer and longer, a known device answers for itself, and blocks are what one can rent."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.people.slowing import (
    FREE_OF_A_BLOCK,
    FREE_OF_ONE_LOGIN,
    LONGEST,
    Failures,
    block_of,
    seconds_to_wait,
)

NOW = dt.datetime(2026, 3, 1, 3, 0, tzinfo=dt.UTC)


def failed(count: int) -> Failures:
    return Failures(count=count, last=NOW)


def test_the_first_failures_cost_nothing_and_then_each_doubles() -> None:
    waits = [seconds_to_wait(failed(count), None, at=NOW) for count in range(FREE_OF_ONE_LOGIN + 5)]
    assert waits == [0] * FREE_OF_ONE_LOGIN + [1, 2, 4, 8, 16]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_nobody_waits_longer_than_the_longest(of_login: int, of_block: int) -> None:
    wait = seconds_to_wait(failed(of_login), failed(of_block), at=NOW)
    assert 0 <= wait <= LONGEST.total_seconds()


def test_waiting_ends() -> None:
    later = NOW + dt.timedelta(seconds=16)
    assert seconds_to_wait(failed(FREE_OF_ONE_LOGIN + 4), None, at=later) == 0


def test_a_known_device_does_not_answer_for_the_block() -> None:
    crowded = failed(FREE_OF_A_BLOCK + 8)
    assert seconds_to_wait(Failures(), crowded, at=NOW) == 256
    assert seconds_to_wait(Failures(), None, at=NOW) == 0


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.77", "203.0.113.0/24"), ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1234:56ff::1", "2001:db8:1234:5600::/56"), ("fe80::1%eth0", "fe80::/56"), ("testclient", "unknown"),
        (None, "unknown"),
    ],
)  # fmt: skip
def test_an_address_belongs_to_a_block(address: str | None, block: str) -> None:
    assert block_of(address) == block
