"""What a route may ask for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.caching import EditCache
from api.layers import Layers, layers_of
from api.people import who
from api.people.cookies import check_session_form
from api.settings import Settings
from geo.errors import BadRequest, NotSignedIn, NotYours, StoreAway
from geo.layer import Audience, Layer
from geo.people.areas import NOWHERE
from geo.shapes.whereabouts import Box
from geo.store import read
from geo.store.area import enter, signed
from geo.store.audit import WITNESS, Witness, note
from geo.store.changing import changing_in
from geo.store.db import session_of
from geo.store.roles import role_for

__all__ = [
    "Asking", "Cache", "ChangingEngine", "Known", "KnownLayers", "MaybeSignedIn", "Me", "NamedLayer", "Now",
    "PeopleSession", "Person", "ReadSession", "SignedIn", "Steward", "StillServing", "TheSettings", "Writer",
    "WritingEngine", "area_of", "asking_of", "asking_soon", "box_of", "check_parameters", "instant_of", "key_of",
    "session_as", "unknown_parameter",
]  # fmt: skip


SignedIn = who.SignedIn


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who changes something; without `signed_in` it is the bootstrap token of a town that has no steward yet."""

    name: str
    signed_in: who.SignedIn | None = None

    def may_edit(self, layer: Layer) -> bool:
        """Whether they are among a layer's editors, wherever that may be."""
        me = self.signed_in
        if me is None:
            return True
        return layer.editors == me.audience or (layer.editors in me.audience.sees and me.audience in _EDIT)

    def may_load(self, layer: Layer, town: str | None) -> bool:
        """Whether they may bring files into a layer of this town: its editors, in the towns of their grant."""
        me = self.signed_in
        return self.may_edit(layer) and (me is None or town in me.areas.towns)


# Partners look, and stewards govern people and releases; the rest edit what their audience and those below it may.
_EDIT = (Audience.COMMUNITY, Audience.STAFF, Audience.CARE, Audience.TAX)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def asking_of(request: Request) -> read.Asking:
    """Who asks, as the audience they speak for; remembered, so that the answer knows who may keep it."""
    at = _now(request)
    # Reading is what maps do by the hundred; whoever changes something, or looks at their account, is looked up anew.
    if not hasattr(request.state, "signed_in") and (known := who.remembered(request, at=at)):
        request.state.signed_in = known
    me = _maybe_signed_in(request, at)
    asking = read.Asking()
    if me is not None:
        asking = read.Asking(audience=me.audience, person=me.login, areas=me.areas, purpose=me.purpose)
    request.state.asking = asking
    return asking


async def asking_soon(request: Request) -> read.Asking:
    """The same for a coroutine: who is not remembered is looked up in a thread, because the database is asked."""
    if not who.brings_credentials(request):
        return read.Asking()
    known = who.remembered(request, at=_now(request))
    if known is not None:
        request.state.signed_in = known
        return asking_of(request)
    return await run_in_threadpool(asking_of, request)


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
            session.info[WITNESS] = _witness(request, asking)
        yield session


def _witness(request: Request, asking: read.Asking) -> Witness:
    """Writes a reading down before its rows leave; what has no reason to be read is not."""

    def witness(layer: str, ids: Sequence[int]) -> None:
        if not (asking.person and asking.purpose):
            raise NotYours("ต้องระบุเหตุผลของการอ่านข้อมูลนี้", "Reading this needs a purpose")
        note(request.app.state.noting, person=asking.person, audience=asking.audience, purpose=asking.purpose,
             door=getattr(request.scope.get("route"), "path", "-"), layer=layer, ids=ids)  # fmt: skip

    return witness


def area_of(request: Request, asking: read.Asking) -> str | None:
    """The signed area of whoever asks; the public needs none."""
    if asking.audience is Audience.PUBLIC:
        return None
    return signed(request.app.state.area_key(), asking.audience, asking.areas)


def _people_session(request: Request) -> Iterator[Session]:
    with session_of(request.app.state.people) as session:
        yield session


def _writing(request: Request) -> Engine:
    engine: Engine = request.app.state.writing
    return engine


def _layer(request: Request, collection: str) -> Layer:
    return layers_of(request).named(collection)


def _cache(request: Request) -> EditCache:
    cache: EditCache = request.app.state.cache
    return cache


def _still_serving(request: Request) -> Callable[[], None]:
    stopping: Event = request.app.state.stopping

    def check() -> None:
        if stopping.is_set():
            raise StoreAway("ระบบกำลังปิด ยังไม่มีอะไรถูกบันทึก", "the service is stopping; nothing has been kept")

    return check


def _now(request: Request) -> dt.datetime:
    now: dt.datetime = request.app.state.now()
    return now


def _maybe_signed_in(request: Request, now: Annotated[dt.datetime, Depends(_now)]) -> who.SignedIn | None:
    # Looked up once a request; the head of each page says who it is.
    if not hasattr(request.state, "signed_in"):
        found = who.who_asks(request, at=now)
        request.state.signed_in = found if isinstance(found, who.SignedIn) else None
        request.state.bootstrap = isinstance(found, who.Bootstrap)
    me: who.SignedIn | None = request.state.signed_in
    return me


def _me(found: Annotated[who.SignedIn | None, Depends(_maybe_signed_in)]) -> who.SignedIn:
    if found is None:
        raise NotSignedIn("โปรดเข้าสู่ระบบก่อน", "Please sign in first")
    return found


def _steward(me: Annotated[who.SignedIn, Depends(_me)]) -> who.SignedIn:
    if me.audience is Audience.STEWARD:
        return me
    if Audience.STEWARD in me.audiences:
        raise NotYours(
            "หน้านี้สำหรับผู้ดูแล โปรดเปลี่ยนบทบาทเป็น steward ที่หน้า /auth/me ก่อน",
            "This page is for stewards; switch to `steward` on /auth/me first",
        )
    raise NotYours("หน้านี้สำหรับผู้ดูแลของเทศบาลเท่านั้น", "This page is for a town's stewards only")


def _writer(request: Request, now: Annotated[dt.datetime, Depends(_now)]) -> Person:
    found = who.who_asks(request, at=now)
    if found is None:
        raise NotSignedIn(
            "การเขียนผ่านเว็บต้องเข้าสู่ระบบ หรือใช้โทเคน (Authorization: Bearer …)",
            "Writing over HTTP needs somebody signed in, or a token (Authorization: Bearer …)",
        )
    if isinstance(found, who.Bootstrap):
        return Person(name=found.name)
    if not found.may_write:
        raise NotYours("โทเคนนี้อ่านได้อย่างเดียว", "This token may only read")
    if found.in_browser and request.method not in ("GET", "HEAD"):
        # A form that a route takes beside JSON was read already (`people/forms.form_sent`).
        check_session_form(request, getattr(request.state, "form", None))
    return Person(name=found.login, signed_in=found)


def _changing(request: Request, writer: Annotated[Person, Depends(_writer)]) -> Engine:
    """Connections that change features where this person may, and that PostgreSQL keeps there."""

    def sign() -> str:
        key, me = request.app.state.area_key(), writer.signed_in
        if me is None:
            return signed(key, Audience.STAFF, NOWHERE, everywhere=True)
        return signed(key, me.audience, me.areas)

    return changing_in(request.app.state.changing, sign)


async def known_parameters(request: Request) -> None:
    """Refuse parameters that the route does not have: a misspelt filter must not answer with everything."""
    # A coroutine, because a plain function would be sent to a thread for these few lines, at every request.
    if not request.query_params:
        return
    known = {"f", "lang"}
    # A bare route, as the tiles have, declares none.
    if declared := getattr(request.scope.get("route"), "dependant", None):
        known |= {param.alias for each in (declared, *declared.dependencies) for param in each.query_params}
    takes_properties = getattr(request.scope.get("endpoint"), "takes_properties", False)
    check_parameters(request, known, others=takes_properties)


def check_parameters(request: Request, known: Iterable[str], *, others: bool = False) -> None:
    """Refuse what is not among the known parameters (unless others may come), or is given twice."""
    for name, value in request.query_params.multi_items():
        # PostgreSQL has no such character; nobody means to send it.
        if "\x00" in name + value:
            raise BadRequest("พารามิเตอร์มีอักขระ NUL", "A parameter holds a NUL character")
    names = [name for name, _ in request.query_params.multi_items()]
    for name in known:
        if names.count(name) > 1:
            raise BadRequest(f"พารามิเตอร์ {name} ให้มามากกว่าหนึ่งครั้ง", f"The parameter {name} is given more than once")
    if request.query_params.get("lang", "th") not in ("th", "en"):
        raise BadRequest("lang ต้องเป็น th หรือ en", "lang must be th or en")
    for name in names:
        if name not in known and not others:
            raise unknown_parameter(name[:80])


def unknown_parameter(name: str) -> BadRequest:
    """The words for a parameter that is not there, or not for this asker."""
    return BadRequest(f"ไม่รู้จักพารามิเตอร์ {name!r}", f"Unknown parameter {name!r}")


def key_of(layer: Layer, fid: str) -> int:
    """A row's id as it stands in an address; what is no number is no row."""
    if not (fid.isascii() and fid.isdigit() and len(fid) < 20 and int(fid) <= read.KEY_LIMIT):
        raise read.no_such(layer, fid)
    return int(fid)


# RFC 3339, section 5.6: a day, a time and an offset; `fromisoformat` alone takes much more.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def instant_of(moment: str | None) -> dt.datetime | None:
    """One instant; intervals, days and open ends are refused."""
    if moment is None:
        return None
    try:
        if _INSTANT.fullmatch(moment):
            return dt.datetime.fromisoformat(moment.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass  # a 31st of February, or an hour before the first year
    raise BadRequest(
        "datetime ต้องเป็นเวลาเดียวตาม RFC 3339 เช่น 2026-11-21T10:00:00Z (เครื่องหมาย + เขียนเป็น %2B)",
        "datetime must be one instant as in RFC 3339, such as 2026-11-21T10:00:00Z (a + is written %2B)",
    )


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
PeopleSession = Annotated[Session, Depends(_people_session)]
WritingEngine = Annotated[Engine, Depends(_writing)]
ChangingEngine = Annotated[Engine, Depends(_changing)]
Asking = Annotated[read.Asking, Depends(asking_of)]
NamedLayer = Annotated[Layer, Depends(_layer)]
KnownLayers = Annotated[Layers, Depends(layers_of)]
Now = Annotated[dt.datetime, Depends(_now)]
Cache = Annotated[EditCache, Depends(_cache)]
Writer = Annotated[Person, Depends(_writer)]
MaybeSignedIn = Annotated[who.SignedIn | None, Depends(_maybe_signed_in)]
Me = Annotated[who.SignedIn, Depends(_me)]
Steward = Annotated[who.SignedIn, Depends(_steward)]
# Long work calls this between its steps; it ends the work when the service is told to stop.
StillServing = Annotated[Callable[[], None], Depends(_still_serving)]
Known = Depends(known_parameters)
