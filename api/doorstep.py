"""Questions for everybody that are answered at the door: before routes, parameters and who asks are looked at.

A map asks for tiles by the hundred and mostly has them already; programs ask for pages of features by the thousand.
Of such an answer most is the framework's. So what is kept (`caching.EditCache`, with its proof of freshness) is handed
out here; and what has to be made is made by the route's own function, without the way to it. Anything else about a
request, and it goes in, as does whatever comes to anything but an answer: the service says what is wrong.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.answers import form_of
from api.caching import EditCache
from api.kept import Kept
from api.log import log, note_request
from api.negotiation import CHOSEN, LANGUAGES

MOST_PLACES = 5_000
# Whoever sends one of these may be told something else, or something more.
_GOES_IN = frozenset({b"authorization", b"origin", b"content-length", b"transfer-encoding", b"expect"})
# The cookie of the language that a person chose says nothing of who they are; with any other it goes in.
_NOBODYS = frozenset({None, *(f"{CHOSEN}={one}".encode() for one in LANGUAGES)})
# By these a server behind another one knows its own address, which is in the links of features.
_FORWARDED = frozenset({b"x-forwarded-proto", b"x-forwarded-host", b"forwarded"})
_WORDS = (b"accept", b"accept-language", b"cookie", b"host", *sorted(_FORWARDED))
# What is added to an answer on its way out (`CORSMiddleware`, to every one).
_BEYOND = {"vary": ", Origin"}

Headers = list[tuple[bytes, bytes]]
Answer = tuple[int, Headers, bytes]


@dataclass(frozen=True)
class Told:
    """An answer that is everybody's, and under which key it is kept."""

    kept: Kept
    key: Hashable


@dataclass(frozen=True)
class Desk:
    """A route that can be asked at the door: its path as a pattern and as logs have it, and its function.

    The function gives None where the question is not for here. `is_linked` says that answers hold links.
    """

    pattern: re.Pattern[str]
    route: str
    ask: Callable[[Request], Awaitable[Told | None]]
    is_linked: bool = True
    level: int = logging.INFO


class Doorstep:
    """What can be told at the door, and which kept answer stands for which question there."""

    def __init__(self, cache: EditCache, desks: Sequence[Desk], *, base_url: str | None) -> None:
        self._cache, self._desks, self._base_url = cache, desks, base_url
        self._places: dict[Hashable, tuple[Hashable, Desk]] = {}
        # What an application is to its functions; set by whoever makes it.
        self.app: Any = None

    def plainly(self, scope: Scope) -> Mapping[bytes, bytes] | None:
        """The headers of a request that may be answered at the door; None where it has to go in."""
        asked = scope["headers"]
        said = dict(asked)
        if scope["method"] != "GET" or len(said) != len(asked) or not _GOES_IN.isdisjoint(said):
            return None
        return said if said.get(b"cookie") in _NOBODYS else None

    def answer(self, scope: Scope, said: Mapping[bytes, bytes]) -> Answer | None:
        """What is kept for whoever asks this; None where nothing is."""
        place = _place(scope, said)
        found = self._places.get(place)
        if found is None:
            return None
        key, desk = found
        kept: Kept | None = self._cache.kept(key)
        if kept is None:
            self._places.pop(place, None)
            return None
        answer = _raw(kept, said)
        if answer is not None:
            _note(desk, answer, time.perf_counter())
        return answer

    def soon(
        self, scope: Scope, said: Mapping[bytes, bytes], *, stays: bool = False
    ) -> Coroutine[Any, Any, Answer | None] | None:
        """The answer in the making; None where the question is for the service, and so is one that comes to None.

        Who asks `stays` where nothing ends their waiting before the answer is there.
        """
        path = scope["path"]
        for desk in self._desks:
            found = desk.pattern.fullmatch(path)
            if found:
                if desk.is_linked and self._base_url is None and not _FORWARDED.isdisjoint(said):
                    return None
                return self._soon(desk, found, scope, said, stays=stays)
        return None

    async def _soon(
        self, desk: Desk, found: re.Match[str], scope: Scope, said: Mapping[bytes, bytes], *, stays: bool
    ) -> Answer | None:  # fmt: skip
        began = time.perf_counter()
        own = {**scope, "app": self.app, "path_params": found.groupdict(), "state": {}, "stays": stays}
        told = await desk.ask(Request(own))
        if told is None:
            return None
        answer = _raw(told.kept, said)
        if answer is not None:
            self._put(_place(scope, said), told.key, desk)
            _note(desk, answer, began)
        return answer

    def _put(self, place: Hashable, key: Hashable, desk: Desk) -> None:
        if place not in self._places:
            if len(self._places) >= MOST_PLACES:
                # The oldest, whose answer has most likely gone from the cache.
                del self._places[next(iter(self._places))]
            self._places[place] = key, desk


def _note(desk: Desk, answer: Answer, began: float) -> None:
    if log.isEnabledFor(desk.level):
        note_request(desk.level, "GET", desk.route, answer[0], began)


def _place(scope: Scope, said: Mapping[bytes, bytes]) -> Hashable:
    """All of a question on which its answer rests, but for the form that the client reads."""
    path: str = scope["path"]
    query: bytes = scope["query_string"]
    if not query and path.startswith("/tiles/"):
        return path
    return path, query, scope.get("scheme"), *map(said.get, _WORDS)


def _raw(kept: Kept, said: Mapping[bytes, bytes]) -> Answer | None:
    """The answer in the form that the client reads; None where what it has already needs a closer look."""
    had = said.get(b"if-none-match")
    coding, tag = form_of(kept, said.get(b"accept-encoding", b"").decode("latin-1"))
    raw_tag = tag.encode()
    if had is not None:
        # Lists of tags, stars and other forms are read by the route.
        return (304, [*_encoded(kept.headers), (b"etag", raw_tag)], b"") if had == raw_tag else None
    headers = [*_encoded(kept.headers), (b"etag", raw_tag)]
    if not kept.body:
        return 204, headers, b""
    if coding:
        headers.append((b"content-encoding", coding.encode()))
    body = kept.packed(coding)
    headers += [(b"content-length", b"%d" % len(body)), (b"content-type", kept.media_type.encode("latin-1"))]
    return 200, headers, body


@lru_cache(maxsize=256)
def _encoded(headers: tuple[tuple[str, str], ...]) -> Headers:
    return [
        (name.lower().encode("latin-1"), (value + _BEYOND.get(name.lower(), "")).encode("latin-1"))
        for name, value in headers
    ]


def stays(scope: Scope) -> bool:
    """Whether this is asked at the door, by whoever stays until the answer is there."""
    return bool(scope.get("stays"))


class AtTheDoor:
    """The same as middleware, for any server that does not ask at the door by itself (`door_protocol.py`)."""

    def __init__(self, app: ASGIApp, doorstep: Doorstep) -> None:
        self.app, self.doorstep = app, doorstep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at the door, or pass the request in."""
        found = await self._found(scope) if scope["type"] == "http" and "asked" not in scope else None
        if found is None:
            await self.app(scope, receive, send)
            return
        status, headers, body = found
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _found(self, scope: Scope) -> Answer | None:
        said = self.doorstep.plainly(scope)
        if said is None:
            return None
        found = self.doorstep.answer(scope, said)
        soon = None if found else self.doorstep.soon(scope, said)
        return await asked_at(scope, soon) if soon else found


async def asked_at(scope: Scope, soon: Coroutine[Any, Any, Answer | None]) -> Answer | None:
    """What comes of it; a failure is handed to the service, whose routes raise it where words are found for it."""
    scope["asked"] = []
    try:
        return await soon
    except Exception as error:  # noqa: BLE001  # raised again by `fail_as_before`
        scope["asked"].append(error)
        return None


def fail_as_before(scope: Scope) -> None:
    """Raise what went wrong at the door, once: a question that took long need not take as long again."""
    failed: list[Exception] = scope.get("asked", [])
    if failed:
        raise failed.pop()
