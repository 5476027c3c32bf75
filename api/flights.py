"""One making for many who want the same at once.

Of each answer one is made at a time. Whoever asks while it is being made waits for it, and takes it if no edit has
touched it meanwhile; otherwise they wait for the next one, which begins after they asked. So a crowd costs one query,
nobody is given what was true before an edit that they already know of, and no answer is followed by an older one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from api.caching import EditCache
from geo.layer import Layer
from geo.shapes.whereabouts import Box
from geo.store.read import Asking

Make = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the edits lie that touch an answer: in `box`, or anywhere; none of those wholly within `inside`."""

    box: Box | None = None
    inside: Box | None = None


@dataclass(frozen=True, kw_only=True)
class Rests:
    """What an answer rests on: its layers, and a place that may be known only once it is made.

    Where `place` gives None the answer is made once for a crowd and not kept: the past of a layer, a failure.
    """

    layers: tuple[str, ...]
    place: Callable[[Any], Place | None]

    @classmethod
    def on(cls, layers: Iterable[Layer], asking: Asking, place: Callable[[Any], Place | None]) -> Rests:
        """What these layers show somebody; it changes with them, and with the shapes of the areas that they share."""
        names = dict.fromkeys(layer.id for layer in layers)
        if not asking.areas.shared:
            return cls(layers=tuple(names), place=place)
        return cls(layers=(*names, "shared_area"), place=lambda made: Place() if place(made) else None)


@dataclass(eq=False)
class _Flight:
    task: asyncio.Task[Any]
    stands: bool = False


class Flights:
    """The answers that are being made, by key."""

    def __init__(self, cache: EditCache) -> None:
        self._cache = cache
        # By event loop: a task is awaited where it runs. A server has one loop, a test has several.
        self._air: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, _Flight]] = WeakKeyDictionary()
        self.begun = 0

    async def answer(self, key: Hashable, make: Make, rests: Rests) -> Any:
        """What is kept under `key`, or else made: by this call, or by one that began before."""
        kept = self._cache.kept(key)
        if kept is not None:
            return kept
        air = self._air.setdefault(asyncio.get_running_loop(), {})
        begun_before = air.get(key)
        found = await self._landed(air, key, make, rests)
        if begun_before is not None and not begun_before.stands:
            # An edit touched it, or may have. Whoever asked after the edit must not be given what was before.
            found = await self._landed(air, key, make, rests)
        return found

    async def _landed(self, air: dict[Hashable, _Flight], key: Hashable, make: Make, rests: Rests) -> Any:
        flight = air.get(key)
        if flight is None:
            flight = air[key] = _Flight(asyncio.get_running_loop().create_task(self._made(air, key, make, rests)))
            flight.task.add_done_callback(_looked_at)
        # Shielded: a client that goes away, be it the first, ends nobody else's waiting.
        return await asyncio.shield(flight.task)

    async def _made(self, air: dict[Hashable, _Flight], key: Hashable, make: Make, rests: Rests) -> Any:
        self.begun += 1
        since = self._cache.edits(rests.layers)
        try:
            made = await make()
        finally:
            # Before anybody is woken, so that whoever must ask again begins anew.
            flight = air.pop(key)
        place = rests.place(made)
        box = place.box if place else None
        flight.stands = self._cache.stands(rests.layers, box, since)
        if flight.stands and place:
            self._cache.keep(key, made, layers=rests.layers, box=box, since=since, inside=place.inside)
        return made


def _looked_at(task: asyncio.Task[Any]) -> None:
    # Where every client has gone, nobody else is there to be told of a failure.
    if not task.cancelled():
        task.exception()
