"""Kept tiles for everybody, handed out at the door: before routes, parameters and who asks are looked at.

A map asks for tiles by the hundred and mostly has them already. What is told here was told before by the tile's route
to the same address with the same headers in it, and is still kept (`caching.EditCache`, with its proof of freshness);
anything else about a request, and it goes in.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.caching import EditCache
from api.kept import Kept, coding_for

MOST_PLACES = 20_000
# Whoever sends one of these may be told something else, or something more.
_GOES_IN = frozenset({b"authorization", b"cookie", b"origin", b"content-length", b"transfer-encoding", b"expect"})
# What is added to an answer on its way out (`CORSMiddleware`, to every one).
_BEYOND = {b"vary": b", Origin"}
_OF_A_FORM = frozenset({b"etag", b"content-encoding", b"content-length", b"content-type"})

Headers = list[tuple[bytes, bytes]]


class Doorstep:
    """Which kept answer stands for which address, as a route told it."""

    def __init__(self, cache: EditCache) -> None:
        self._cache = cache
        self._places: dict[str, tuple[Hashable, Headers, str]] = {}
        # A handful of kinds of answers, thousands of places: what is the same for all of a kind is held once.
        self._kinds: dict[tuple[tuple[bytes, bytes], ...], Headers] = {}

    def tell(self, request: Request, key: Hashable, answer: Response) -> None:
        """This answer is kept under `key` and is everybody's who asks for the same address and nothing more."""
        if request.scope["query_string"] or any(name in _GOES_IN for name, _ in request.scope["headers"]):
            return
        if len(self._places) >= MOST_PLACES:
            self._places.clear()
        said = [one for one in answer.raw_headers if one[0] not in _OF_A_FORM]
        common = [(name, value + _BEYOND.get(name, b"")) for name, value in said]
        common = self._kinds.setdefault(tuple(common), common)
        media_type = sys.intern(answer.headers.get("content-type", ""))
        self._places[request.scope["path"]] = key, common, media_type

    def answer(self, path: str, asked: Headers) -> tuple[int, Headers, bytes] | None:
        """Status, headers and body for whoever asks for this address; None where the route must be asked."""
        place = self._places.get(path)
        if place is None:
            return None
        key, common, media_type = place
        kept: Kept | None = self._cache.kept(key)
        if kept is None:
            self._places.pop(path, None)
            return None
        said: dict[bytes, bytes] = dict(asked)
        if not _GOES_IN.isdisjoint(said) or len(said) != len(asked):
            return None
        coding = _coding_for(said.get(b"accept-encoding", b"")) if len(kept.body) > kept.least else None
        tag = kept.etag(coding).encode()
        had = said.get(b"if-none-match")
        if had is not None:
            # Lists of tags, stars and other forms are read by the route.
            return (304, [*common, (b"etag", tag)], b"") if had == tag else None
        headers = [*common, (b"etag", tag)]
        if not kept.body:
            return 204, headers, b""
        if coding:
            headers.append((b"content-encoding", coding.encode()))
        body = kept.packed(coding)
        headers += [(b"content-length", b"%d" % len(body)), (b"content-type", media_type.encode("latin-1"))]
        return 200, headers, body


@lru_cache(maxsize=256)
def _coding_for(accepts: bytes) -> str | None:
    return coding_for(accepts.decode("latin-1"))


class AtTheDoor:
    """The middleware that hands them out."""

    def __init__(self, app: ASGIApp, doorstep: Doorstep) -> None:
        self.app, self.doorstep = app, doorstep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at the door, or pass the request in."""
        found = None
        if scope["type"] == "http" and scope["method"] == "GET" and not scope["query_string"]:
            found = self.doorstep.answer(scope["path"], scope["headers"])
        if found is None:
            await self.app(scope, receive, send)
            return
        status, headers, body = found
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
