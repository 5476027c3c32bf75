"""What a route may ask for."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.caching import EditCache
from api.settings import Settings
from geo.errors import BadRequest, NotSignedIn, StoreAway
from geo.layer import Audience, Layer
from geo.shapes.whereabouts import Box
from geo.store import read
from geo.store.area import enter, signed
from geo.store.db import session_of
from geo.store.roles import role_for
from geo.store.tokens import holder_of
from layers import layer_named

__all__ = [
    "Asking", "Cache", "Known", "NamedLayer", "Now", "Person", "ReadSession", "StillServing", "TheSettings", "Writer",
    "WritingEngine", "area_of", "asking_of", "box_of", "brings_credentials", "session_as",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who changes something."""

    name: str


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def asking_of(request: Request) -> read.Asking:
    """Who asks; remembered with the request, so that its answer knows whether others may keep it."""
    # Until people sign in, everybody who comes over HTTP is the public.
    request.state.asking = read.Asking()
    return read.Asking()


def brings_credentials(request: Request) -> bool:
    """Whether there is anything to look into."""
    return "authorization" in request.headers or "cookie" in request.headers


def _read_session(request: Request, asking: Annotated[read.Asking, Depends(asking_of)]) -> Iterator[Session]:
    with session_as(request, asking) as session:
        yield session


@contextmanager
def session_as(request: Request, asking: read.Asking) -> Iterator[Session]:
    """A reading session of the role that this audience has, in the area that it is held for."""
    state = request.app.state
    with session_of(state.reading[role_for(asking.audience)]) as session:
        if area := area_of(request, asking):
            enter(session, area)
        yield session


def area_of(request: Request, asking: read.Asking) -> str | None:
    """The signed area of whoever asks; the public needs none."""
    if asking.audience is Audience.PUBLIC:
        return None
    return signed(request.app.state.area_key(), asking.audience, asking.areas)


def _writing(request: Request) -> Engine:
    engine: Engine = request.app.state.writing
    return engine


def _layer(collection: str) -> Layer:
    return layer_named(collection)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _cache(request: Request) -> EditCache:
    cache: EditCache = request.app.state.cache
    return cache


def _still_serving(request: Request) -> Callable[[], None]:
    stopping: Event = request.app.state.stopping

    def check() -> None:
        if stopping.is_set():
            raise StoreAway("ระบบกำลังปิด ยังไม่มีอะไรถูกบันทึก", "the service is stopping; nothing has been kept")

    return check


def _writer(request: Request, engine: Annotated[Engine, Depends(_writing)]) -> Person:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    name = None
    if kind.lower() == "bearer" and token:
        with session_of(engine) as session:
            name = holder_of(session, hashlib.sha256(token.strip().encode()).digest(), at=_now())
    if name is None:
        raise NotSignedIn(
            "การเขียนผ่านเว็บต้องใช้โทเคนที่ atlas up พิมพ์ไว้ (Authorization: Bearer …)",
            "Writing over HTTP needs the token that `atlas up` printed (Authorization: Bearer …)",
        )
    return Person(name=name)


async def known_parameters(request: Request) -> None:
    """Refuse parameters that the route does not have: a misspelt filter must not answer with everything."""
    # A coroutine, because a plain function would be sent to a thread for these few lines, at every request.
    if not request.query_params:
        return
    route = request.scope.get("route")
    for name, value in request.query_params.multi_items():
        # PostgreSQL has no such character; nobody means to send it.
        if "\x00" in name + value:
            raise BadRequest("พารามิเตอร์มีอักขระ NUL", "A parameter holds a NUL character")
    known = {"f", "lang"}
    # A bare route, as the tiles have, declares none.
    if declared := getattr(route, "dependant", None):
        known |= {param.alias for each in (declared, *declared.dependencies) for param in each.query_params}
    names = [name for name, _ in request.query_params.multi_items()]
    for name in known:
        if names.count(name) > 1:
            raise BadRequest(f"พารามิเตอร์ {name} ให้มามากกว่าหนึ่งครั้ง", f"The parameter {name} is given more than once")
    if request.query_params.get("lang", "th") not in ("th", "en"):
        raise BadRequest("lang ต้องเป็น th หรือ en", "lang must be th or en")
    if getattr(request.scope.get("endpoint"), "takes_properties", False):
        return
    for name in names:
        if name not in known:
            raise BadRequest(f"ไม่รู้จักพารามิเตอร์ {name[:80]!r}", f"Unknown parameter {name[:80]!r}")


def box_of(bbox: str | None) -> Box | None:
    """`west,south,east,north` in degrees (of six numbers the heights are left aside); west > east crosses ±180°."""
    if bbox is None:
        return None
    try:
        numbers = [float(part) for part in bbox.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    right = len(numbers) == 4 and all(
        abs(number) <= limit for number, limit in zip(numbers, (180, 90) * 2, strict=True)
    )
    if not right or numbers[1] > numbers[3]:
        raise BadRequest("bbox ต้องเป็น ตะวันตก,ใต้,ตะวันออก,เหนือ เป็นองศา", "bbox must be west,south,east,north in degrees")
    return Box(west=numbers[0], south=numbers[1], east=numbers[2], north=numbers[3])


TheSettings = Annotated[Settings, Depends(_settings)]
ReadSession = Annotated[Session, Depends(_read_session)]
WritingEngine = Annotated[Engine, Depends(_writing)]
Asking = Annotated[read.Asking, Depends(asking_of)]
NamedLayer = Annotated[Layer, Depends(_layer)]
Now = Annotated[dt.datetime, Depends(_now)]
Cache = Annotated[EditCache, Depends(_cache)]
Writer = Annotated[Person, Depends(_writer)]
# Long work calls this between its steps; it ends the work when the service is told to stop.
StillServing = Annotated[Callable[[], None], Depends(_still_serving)]
Known = Depends(known_parameters)
