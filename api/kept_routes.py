"""Routes whose answers are kept: made once for a crowd, told again until an edit touches what they rest on.

A route is asked as it always is, with a request of its own, and what it says is kept with its headers. Not kept are
pages for people (they say who looks at them), what is written down when somebody reads it, the past (an erasure
changes it without a word), and lists so long that they should be passed on while they are being made.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from api.answers import in_form
from api.bare import Bare
from api.deps import asking_soon, box_of
from api.flights import Flights, Place, Rests
from api.kept import Kept, bare_tag
from api.links import base_of
from api.negotiation import language_of, wants_html
from geo.errors import AtlasError, BadRequest
from geo.layer import Layer
from geo.shapes.whereabouts import Box
from geo.store.read import Asking, is_written_down
from layers import LAYERS

LONGEST_KEPT = 2**20
MOST_ITEMS = 1000
LONGEST_QUESTION = 600  # bytes of address and Accept; a key is held in memory too
# Which form the client reads, and which it has, is seen to here.
_FORMS = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")
# Set anew for each form; and a cookie is for one person.
_NOT_KEPT = ("content-length", "content-type", "content-encoding", "etag", "set-cookie")


class KeptRoute(Bare):
    """A route below `/collections/{collection}` that answers GET from what one layer holds."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell what is kept, or ask the route itself."""
        scope["route"] = self
        request = Request(scope, receive)
        layer = LAYERS.get(scope["path_params"].get("collection", ""))
        asking = await _asking(request) if layer and is_keepable(request) else None
        if layer is None or asking is None or is_written_down(layer, asking):
            await super().handle(scope, receive, send)
            return
        ask = super().handle

        async def made() -> Kept | _Told:
            told = _Told()
            headers = [(name, value) for name, value in scope["headers"] if name not in _FORMS]
            own = {**scope, "headers": headers, "state": dict(scope.get("state", {}))}
            await ask(own, _nothing_more, told.hear)
            return told.kept() or told

        flights: Flights = request.app.state.flights
        rests = Rests.on([layer], asking, lambda made: _place(request, layer, made))
        found = await flights.answer(_key(request, asking), made, rests)
        if isinstance(found, Kept):
            await in_form(request, found, found.media_type, found.headers)(scope, receive, send)
        else:
            await found.tell(send)


class _Told:
    """What a route said, message by message."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def hear(self, message: Message) -> None:
        self._messages.append(message)

    async def tell(self, send: Send) -> None:
        for message in self._messages:
            await send(message)

    def kept(self) -> Kept | None:
        """The same as it may be kept; None for a failure and for what is too long."""
        start, *rest = self._messages
        headers = Headers(raw=start["headers"])
        body = b"".join(message.get("body", b"") for message in rest)
        if start["status"] != 200 or len(body) > LONGEST_KEPT:
            return None
        own = {name: value for name, value in headers.items() if name not in _NOT_KEPT}
        etag = headers.get("etag", "")
        tag = bare_tag(etag) if etag else Kept.of(body).tag
        return Kept(body, tag, own, headers.get("content-type", ""), is_weak=etag.startswith("W/"))


def is_keepable(request: Request) -> bool:
    """Whether this is a question whose answer is the same for all who see the same, and not a long one."""
    asked = request.query_params
    limit = asked.get("limit", "")
    is_long = limit.isdigit() and (len(limit) > 9 or int(limit) > MOST_ITEMS)
    length = len(request.url.path) + len(request.url.query) + len(request.headers.get("accept", ""))
    return (
        request.method == "GET" and not is_long and length <= LONGEST_QUESTION
        and "datetime" not in asked and not wants_html(request)
    )  # fmt: skip


async def _asking(request: Request) -> Asking | None:
    try:
        return await asking_soon(request)
    except AtlasError:
        return None  # the route says it better


def _key(request: Request, asking: Asking) -> Hashable:
    accept = request.headers.get("accept") or "*/*"
    path, query = request.scope["path"], request.scope["query_string"]
    return "route", path, query, accept, language_of(request), base_of(request), asking.eyes


def _place(request: Request, layer: Layer, made: Kept | _Told) -> Place | None:
    """Where an edit must lie to change this answer."""
    if not isinstance(made, Kept):
        return None
    if "fid" in request.path_params:
        is_readable = "json" in made.media_type and "crs" not in request.query_params
        return Place(box=_around(made.body) if is_readable else None)
    asked = request.query_params.getlist("bbox")
    if len(asked) != 1 or "bbox-crs" in request.query_params or not layer.shape.required:
        # A row without a shape lies in every rectangle.
        return Place()
    try:
        box = box_of(asked[0])
    except BadRequest:
        return Place()
    return Place(box=box if box and box.west <= box.east else None)


def _around(body: bytes) -> Box | None:
    """The rectangle of a feature; None where it has no shape, or is none."""
    document = json.loads(body)
    shape = document.get("geometry") if isinstance(document, dict) else None
    places = list(_places(shape.get("coordinates") or [])) if isinstance(shape, dict) else []
    if not places:
        return None
    across, along = [place[0] for place in places], [place[1] for place in places]
    return Box(west=min(across), south=min(along), east=max(across), north=max(along))


def _places(coordinates: list[Any]) -> Iterator[list[float]]:
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield coordinates
    else:
        for part in coordinates:
            yield from _places(part)


async def _nothing_more() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
