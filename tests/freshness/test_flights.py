"""One making for a crowd: who may join it, who must not, and what becomes of failures and of those who go away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from api.caching import EditCache
from api.flights import Flights, Place, Rests
from geo.shapes.whereabouts import Box
from tests.people.loops import in_a_loop_of_its_own

HERE = Box(west=100.47, south=7.01, east=100.48, north=7.02)
ELSEWHERE = Box(west=100.6, south=7.2, east=100.61, north=7.21)
RESTS = Rests(layers=("asset",), place=lambda _: Place(box=HERE))


class Source:
    """A database that can be edited, and whose answers arrive when the test lets them."""

    def __init__(self, *, heard: bool = True) -> None:
        self.cache = EditCache(clock=lambda: 0.0)
        self.cache.hearing(heard)
        self.flights = Flights(self.cache)
        self.state, self.asked = 0, 0
        self.let: list[asyncio.Event] = []

    async def read(self) -> int:
        seen, let = self.state, asyncio.Event()
        self.asked += 1
        self.let.append(let)
        await let.wait()
        return seen

    def ask(self, rests: Rests = RESTS) -> asyncio.Task[int]:
        return asyncio.create_task(self.flights.answer("tile", self.read, rests))

    async def until_asked(self, times: int) -> None:
        while self.asked < times:
            await asyncio.sleep(0)

    def edit(self, box: Box = HERE) -> None:
        self.state += 1
        self.cache.edited("asset", box)


def told(journey: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await journey()

    in_a_loop_of_its_own(whole)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_crowd_costs_one_query_and_what_follows_costs_none() -> None:
    async def journey() -> None:
        source = Source()
        crowd = [source.ask() for _ in range(100)]
        await settled()
        source.let[0].set()
        assert await asyncio.gather(*crowd) == [0] * 100
        assert await source.ask() == 0
        assert source.asked == source.flights.begun == 1

    told(journey)


def test_a_failure_is_told_to_all_who_waited_and_not_kept() -> None:
    async def journey() -> None:
        source, asked = Source(), 0
        let = asyncio.Event()

        async def fail() -> int:
            nonlocal asked
            asked += 1
            await let.wait()
            raise RuntimeError("away")

        crowd = [asyncio.create_task(source.flights.answer("tile", fail, RESTS)) for _ in range(20)]
        await settled()
        let.set()
        found = await asyncio.gather(*crowd, return_exceptions=True)
        assert [str(one) for one in found] == ["away"] * 20
        assert asked == 1
        again = source.ask()
        await source.until_asked(1)
        source.let[0].set()
        assert await again == 0

    told(journey)


@pytest.mark.parametrize("who", [0, 1])
def test_whoever_goes_away_ends_nobody_elses_waiting(who: int) -> None:
    async def journey() -> None:
        source = Source()
        crowd = [source.ask() for _ in range(5)]
        await settled()
        crowd[who].cancel()
        await settled()
        source.let[0].set()
        found = await asyncio.gather(*crowd, return_exceptions=True)
        assert [one for one in found if isinstance(one, int)] == [0] * 4
        assert isinstance(found[who], asyncio.CancelledError)
        assert source.asked == 1

    told(journey)


def test_what_all_have_left_is_still_kept_for_the_next() -> None:
    async def journey() -> None:
        source = Source()
        alone = source.ask()
        await source.until_asked(1)
        alone.cancel()
        await settled()
        source.let[0].set()
        await settled()
        assert await source.ask() == 0
        assert source.asked == 1

    told(journey)


def test_an_answer_whose_place_cannot_be_found_keeps_nobody_waiting() -> None:
    async def journey() -> None:
        source = Source()

        def nowhere(_made: object) -> None:
            raise ValueError("no place")

        rests = Rests(layers=("parcel",), place=nowhere)
        crowd = [asyncio.create_task(source.flights.answer("tile", source.read, rests)) for _ in range(5)]
        await settled()
        source.let[0].set()
        async with asyncio.timeout(10):
            found = await asyncio.gather(*crowd, return_exceptions=True)
        assert [type(one) for one in found] == [ValueError] * 5

    told(journey)


def test_whoever_asks_after_an_edit_is_not_given_what_was_before_it() -> None:
    async def journey() -> None:
        source = Source()
        before = source.ask()
        await source.until_asked(1)
        source.edit()
        after = [source.ask() for _ in range(10)]
        await settled()
        assert source.asked == 1, "one at a time, so that no answer is followed by an older one"
        source.let[0].set()
        await source.until_asked(2)
        assert await before == 0, "it asked before the edit"
        source.let[1].set()
        assert await asyncio.gather(*after) == [1] * 10
        assert source.asked == 2
        assert await source.ask() == 1, "the newer one is kept, and not the older"

    told(journey)


def test_those_who_waited_already_when_an_edit_is_heard_are_given_the_new_state_too() -> None:
    async def journey() -> None:
        source = Source()
        crowd = [source.ask() for _ in range(5)]
        await source.until_asked(1)
        # The edit was made before some of them asked; the word of it took longer than they did.
        source.edit()
        source.let[0].set()
        await source.until_asked(2)
        source.let[1].set()
        first, *others = await asyncio.gather(*crowd)
        assert (first, others) == (0, [1] * 4)

    told(journey)


def test_an_edit_elsewhere_disturbs_nobody() -> None:
    async def journey() -> None:
        source = Source()
        crowd = [source.ask() for _ in range(5)]
        await source.until_asked(1)
        source.edit(ELSEWHERE)
        source.let[0].set()
        assert set(await asyncio.gather(*crowd)) == {0}
        assert source.asked == 1

    told(journey)


def test_a_hundred_edits_in_a_row_hold_nobody_up_for_ever() -> None:
    async def journey() -> None:
        source = Source()
        first = source.ask()
        await source.until_asked(1)
        late = source.ask()
        source.edit()
        source.let[0].set()
        await source.until_asked(2)
        for _ in range(100):
            source.edit()
        source.let[1].set()
        assert await first == 0
        assert await late == 1, "read after it asked: true then, if not any more"
        assert source.cache.kept("tile") is None

    told(journey)


def test_while_nothing_is_heard_nobody_is_given_what_was_begun_before_they_asked() -> None:
    async def journey() -> None:
        source = Source(heard=False)
        first = source.ask()
        await source.until_asked(1)
        source.state = 1  # an edit of which no word arrives
        late = [source.ask() for _ in range(50)]
        await settled()
        source.let[0].set()
        await source.until_asked(2)
        source.let[1].set()
        assert await first == 0
        assert await asyncio.gather(*late) == [1] * 50
        assert source.asked == 2, "a crowd costs two queries at most, even then"
        again = source.ask()
        await source.until_asked(3)
        source.let[2].set()
        assert await again == 1

    told(journey)


def test_what_cannot_be_followed_is_made_once_for_a_crowd_and_not_kept() -> None:
    async def journey() -> None:
        source = Source()
        past = Rests(layers=("asset",), place=lambda _: None)
        crowd = [source.ask(past) for _ in range(5)]
        await source.until_asked(1)
        source.let[0].set()
        await asyncio.gather(*crowd)
        again = source.ask(past)
        await source.until_asked(2)
        source.let[1].set()
        assert await again == 0

    told(journey)
