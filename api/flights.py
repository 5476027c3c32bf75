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


@dataclass(eq=False, slots=True)
class _Flight:
    landed: asyncio.Future[Any] | None = None
    stands: bool = False


class Flights:
    """The answers that are being made, by key."""

    def __init__(self, cache: EditCache) -> None:
        self._cache = cache
        # By event loop: a task is awaited where it runs. A server has one loop, a test has several.
        self._air: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, _Flight]] = WeakKeyDictionary()
        self.begun = 0

    async def answer(self, key: Hashable, make: Make, rests: Rests, *, stays: bool = False) -> Any:
        """What is kept under `key`, or else made: by this call, or by one that began before.

        Who `stays` to the end, whatever becomes of their client, makes it themselves and spares a task.
        """
        kept = self._cache.kept(key)
        if kept is not None:
            return kept
        air = self._air.setdefault(asyncio.get_running_loop(), {})
        flight = air.get(key)
        if flight is not None:
            found = await self._waited(flight)
            # An edit may have touched it. Whoever asked after the edit must not be given what was before.
            if flight.stands:
                return found
        while True:
            flight = air.get(key)
            if flight is None:
                flight = air[key] = _Flight()
                making = self._made(air, key, make, rests, flight)
                if stays:
                    return await making
                task = asyncio.get_running_loop().create_task(making)
                task.add_done_callback(_looked_at)
                # Shielded: a client that goes away, be it the first, ends nobody else's waiting.
                return await asyncio.shield(task)
            found = await self._waited(flight)
            if flight.landed is not None and not flight.landed.cancelled():
                return found

    @staticmethod
    async def _waited(flight: _Flight) -> Any:
        """What the one who makes it has made; None where they gave up, and who waited has to begin anew."""
        if flight.landed is None:
            flight.landed = asyncio.get_running_loop().create_future()
            flight.landed.add_done_callback(_looked_at)
        try:
            # Shielded: of those who wait anybody may go away.
            return await asyncio.shield(flight.landed)
        except asyncio.CancelledError:
            if not flight.landed.cancelled():
                raise
            return None

    async def _made(
        self, air: dict[Hashable, _Flight], key: Hashable, make: Make, rests: Rests, flight: _Flight
    ) -> Any:  # fmt: skip
        self.begun += 1
        since = self._cache.edits(rests.layers)
        try:
            made = await make()
            place = rests.place(made)
        except BaseException as error:
            if flight.landed is not None:
                if isinstance(error, Exception):
                    flight.landed.set_exception(error)
                else:
                    flight.landed.cancel()
            raise
        finally:
            # Before anybody is woken, so that whoever must ask again begins anew.
            del air[key]
        box = place.box if place else None
        flight.stands = self._cache.stands(rests.layers, box, since)
        if flight.stands and place:
            self._cache.keep(key, made, layers=rests.layers, box=box, since=since, inside=place.inside)
        if flight.landed is not None:
            flight.landed.set_result(made)
        return made


def _looked_at(landed: asyncio.Future[Any]) -> None:
    # Where everybody who waited has gone, nobody else is there to be told of a failure.
    if not landed.cancelled():
        landed.exception()
