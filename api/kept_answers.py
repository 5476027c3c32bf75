"""Answers of a layer's routes that are kept: made once for a crowd, told again until an edit touches them.

A route is asked as it always is, with a request of its own, and what it says is kept with its headers. Not kept are
pages for people (they say who looks at them), what is written down when somebody reads it, the past (an erasure
changes it without a word), and lists so long that they should be passed on while they are being made.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Hashable, Iterator
from functools import wraps
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from api.answers import told_again
from api.conditions import is_bootstrap
from api.deps import asking_soon, box_of
from api.doorstep import Told, fail_as_before, stays
from api.flights import Flights, Place, Rests
from api.formats import ALL, ONE_FEATURE, Format, features_format
from api.kept import SMALLEST_PACKED, Kept, bare_tag
from api.layers import layer_soon, layers_of
from api.links import base_of
from api.negotiation import language_of
from geo.errors import BadRequest
from geo.layer import Layer
from geo.shapes.whereabouts import Box
from geo.store.read import Asking, is_written_down

Route = Callable[[Request], Awaitable[Kept | Response]]
PUBLIC = Asking()

LONGEST_KEPT = 2**20
MOST_ITEMS = 1000
LONGEST_QUESTION = 600  # bytes of address and Accept; a key is held in memory too
PASSED_ON = (Format.HTML, Format.SEQUENCE)
# Which form the client reads, and which it has, is seen to here.
_FORMS = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"})
# Set anew for each form; and a cookie is for one person.
_NOT_KEPT = ("content-length", "content-type", "content-encoding", "etag", "set-cookie")


def kept_answers(ask: Route) -> Callable[[Request], Awaitable[Response]]:
    """A route below `/collections/{collection}`, told again from what is kept where that may be."""

    @wraps(ask)
    async def told(request: Request) -> Response:
        fail_as_before(request.scope)
        if not is_keepable(request):
            return _answered(request, await ask(request))
        layer = await layer_soon(request, request.path_params["collection"])
        asking = await asking_soon(request)
        # The first token of a town reads as the public does, and is told versions besides.
        if is_written_down(layer, asking) or is_bootstrap(request):
            return _answered(request, await ask(request))

        return _answered(request, await _kept_or(request, ask, layer, asking, _key(request, layer, asking)))

    return told


def at_the_door(ask: Route) -> Callable[[Request], Awaitable[Told | None]]:
    """The same for the public at the door; it gives None for what is to go in."""

    async def told(request: Request) -> Told | None:
        layers, name = layers_of(request), request.path_params["collection"]
        if not layers.knows((name,)) or not is_keepable(request):
            return None
        layer = layers.named(name)
        if is_written_down(layer, PUBLIC):
            return None
        key = _key(request, layer, PUBLIC)
        found = await _kept_or(request, ask, layer, PUBLIC, key)
        return Told(found, key) if isinstance(found, Kept) else None

    return told


async def _kept_or(request: Request, ask: Route, layer: Layer, asking: Asking, key: Hashable) -> Any:
    async def made() -> Kept | Response:
        if _FORMS.isdisjoint(name for name, _ in request.scope["headers"]):
            return _as_kept(await ask(request), request)
        headers = [(name, value) for name, value in request.scope["headers"] if name not in _FORMS]
        own = {**request.scope, "headers": headers, "state": dict(request.scope.get("state", {}))}
        return _as_kept(await ask(Request(own, request.receive)), request)

    flights: Flights = request.app.state.flights
    rests = Rests.on([layer], asking, lambda made: _place(request, layer, made))
    return await flights.answer(key, made, rests, stays=stays(request.scope))


def _as_kept(found: Kept | Response, request: Request) -> Kept | Response:
    return found if isinstance(found, Kept) else _kept(found, is_one="fid" in request.path_params)


def _answered(request: Request, found: Kept | Response) -> Response:
    return told_again(request, found) if isinstance(found, Kept) else found


def is_keepable(request: Request) -> bool:
    """Whether this is a question whose answer is the same for all who see the same, and not a long one."""
    scope = request.scope
    accept = request.headers.get("accept", "")
    if len(scope["path"]) + len(scope["query_string"]) + len(accept) > LONGEST_QUESTION:
        return False
    if not scope["query_string"] and accept in ("", "*/*"):
        return True
    asked = request.query_params
    limit = asked.get("limit", "")
    is_long = limit.isdigit() and (len(limit) > 9 or int(limit) > MOST_ITEMS)
    if is_long or "datetime" in asked:
        return False
    try:
        return features_format(request, ONE_FEATURE if "fid" in request.path_params else ALL) not in PASSED_ON
    except (BadRequest, HTTPException):
        return False  # the route says it better


def _kept(answer: Response, *, is_one: bool) -> Kept | Response:
    if answer.status_code != 200:
        return answer
    body, etag = bytes(answer.body), answer.headers.get("etag", "")
    own = tuple((name, value) for name, value in answer.headers.items() if name not in _NOT_KEPT)
    tag = bare_tag(etag) if etag else Kept.of(body).tag
    return Kept(body, tag, own, answer.headers.get("content-type", ""), is_weak=etag.startswith("W/"),
                # A feature's tag is known to whoever wrote it, however long its document came out.
                least=0 if is_one else SMALLEST_PACKED)  # fmt: skip


def _key(request: Request, layer: Layer, asking: Asking) -> Hashable:
    accept = request.headers.get("accept") or "*/*"
    path, query = request.scope["path"], request.scope["query_string"]
    return "route", layer.table, path, query, accept, language_of(request), base_of(request), asking.eyes


def _place(request: Request, layer: Layer, made: Kept | Response) -> Place | None:
    """Where an edit must lie to change this answer; None where it is not kept."""
    if not isinstance(made, Kept) or len(made.body) > LONGEST_KEPT:
        return None
    if made.box is not None:
        return Place(box=made.box)
    if "fid" in request.path_params:
        is_readable = "json" in made.media_type and "crs" not in request.query_params
        return Place(box=_around(made.body) if is_readable else None)
    asked = request.query_params.getlist("bbox")
    if len(asked) != 1 or "bbox-crs" in request.query_params or not layer.shape.required:
        # A row without a shape lies in every rectangle.
        return Place()
    box = box_of(asked[0])
    return Place(box=box if box and box.west <= box.east else None)


def _around(body: bytes) -> Box | None:
    """The rectangle of a feature; None where it has no shape."""
    shape = json.loads(body).get("geometry")
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
