"""The hashing budget: two at once, a short line that no block holds alone, and places that strangers cannot take."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from api.people.budget import AT_ONCE, PLACES, PLACES_OF_A_BLOCK, PLACES_OF_THE_KNOWN, HashingBudget
from geo.errors import TooOften
from tests.people.loops import in_a_loop_of_its_own


@pytest.fixture
def budget() -> Iterator[HashingBudget]:
    found = HashingBudget()
    yield found
    found.close()


def refused(budget: HashingBudget, blocks: list[str], *, known: int = 0) -> tuple[int, int]:
    """How many of so many at once are refused: strangers of these blocks first, then known devices."""
    gate = threading.Event()

    async def all_at_once() -> tuple[int, int]:
        strangers = [asyncio.create_task(budget.spend(block, lambda: gate.wait(10))) for block in blocks]
        await asyncio.sleep(0)
        theirs = [
            asyncio.create_task(budget.spend(f"device {n}", lambda: gate.wait(10), known=True)) for n in range(known)
        ]
        await asyncio.sleep(0)
        gate.set()
        both = [await asyncio.gather(*tasks, return_exceptions=True) for tasks in (strangers, theirs)]
        first, second = (sum(isinstance(one, TooOften) for one in done) for done in both)
        return first, second

    return in_a_loop_of_its_own(all_at_once)


def test_the_line_is_short_and_one_block_never_holds_it(budget: HashingBudget) -> None:
    assert refused(budget, ["one block"] * 100) == (100 - PLACES_OF_A_BLOCK, 0)
    assert refused(budget, [f"block {n}" for n in range(100)]) == (100 - PLACES, 0)


def test_places_are_given_back(budget: HashingBudget) -> None:
    for _ in range(3):
        assert refused(budget, ["one block"] * PLACES_OF_A_BLOCK) == (0, 0)


def test_strangers_who_fill_the_line_do_not_keep_known_devices_out(budget: HashingBudget) -> None:
    strangers = [f"block {n}" for n in range(100)]
    assert refused(budget, strangers, known=PLACES_OF_THE_KNOWN) == (100 - PLACES, 0)


def test_never_more_than_two_at_once_even_where_work_fails(budget: HashingBudget) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        raise ValueError("as some hashes do")

    async def many() -> None:
        done = await asyncio.gather(*(budget.spend(f"block {n}", work) for n in range(12)), return_exceptions=True)
        assert all(isinstance(one, ValueError) for one in done)

    in_a_loop_of_its_own(many)
    assert most == AT_ONCE
