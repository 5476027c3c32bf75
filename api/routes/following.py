"""What I follow, where mail reaches me, and the links in mails that confirm an address and end all mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api.definition import JSON_OR_PAGE, PAGE
from api.deps import Asking, Known, Me, Now, PeopleSession, ReadSession, SignedIn, WritingEngine, key_of
from api.mail_links import PURPOSE, confirm_code, is_code, person_in, stop_code
from api.mark_told import moment
from api.mark_words import title_of
from api.marking import mark_of
from api.negotiation import format_of, wants_html
from api.pages import page
from api.people import cookies
from api.people.forms import SmallForm, fields, needed, ticked
from api.people.page_forms import PRIVATE
from api.people.who import check_act
from api.reading.looking import as_everybody
from geo.errors import AtlasError, BadRequest, NotYours, Text, UnknownLayer
from geo.store import following, read
from geo.store.db import session_of
from geo.store.following import MARK
from geo.store.following_tables import Follow, PersonAddress
from layers import LAYERS

router = APIRouter(tags=["marks"], dependencies=[Known])

PLACES = ("municipality", "community", "shared_area")
# Plain addresses alone: what a header or another server could read otherwise is none.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}", re.ASCII)
_LONGEST_ADDRESS = 254


@router.get("/follows", response_model=None, responses=JSON_OR_PAGE)
def list_follows(request: Request, me: Me, people: PeopleSession, reading: ReadSession, asking: Asking) -> Response:
    """What I follow, and where mail reaches me."""
    found = [_told(request, me, one) for one in following.follows_of(people, me.person_id)]
    address = following.address_of(people, me.person_id)
    told = {"follows": found, "address": address.address if address else None,
            "is_confirmed": bool(address and address.confirmed_at)}  # fmt: skip
    if format_of(request) == "json":
        return JSONResponse(told, headers=PRIVATE)
    return page(request, "follows.html", headers=PRIVATE, told=told, sends_mail=_sends_mail(request),
                towns=_towns(reading, asking), csrf=cookies.session_csrf(request) if me.in_browser else "")  # fmt: skip


def _told(request: Request, me: SignedIn, one: Follow) -> dict[str, Any]:
    title, path = _named(request, me, one.kind, one.area)
    return {"kind": one.kind, "area": one.area, "by_mail": one.by_mail, "since": moment(one.made_at), "path": path,
            "title_th": title.th, "title_en": title.en}  # fmt: skip


_GONE = Text("ไม่มีแล้ว หรือไม่อยู่ในสิทธิ์ของท่าน", "gone, or no longer yours to see")


def _named(request: Request, me: SignedIn, kind: str, area: str) -> tuple[Text, str | None]:
    """What something that is followed is called now, and its page."""
    try:
        words = _words_of(request, me, kind, area)
    except AtlasError:
        return _GONE, None
    if kind == MARK:
        layer = LAYERS[area.partition("/")[0]]
        return title_of(layer, words), f"/marks/{area}"
    title = Text(words["name_th"] or area, words.get("name_en") or words["name_th"] or area)
    return title, f"/communities/{area}" if kind == "community" else None


def _words_of(request: Request, me: SignedIn, kind: str, area: str) -> dict[str, Any]:
    """The properties of a place or mark that this person may see; `UnknownFeature` where there is none.

    A place is as everybody knows it: a member of elsewhere reads its page too, and hears what the public may know.
    """
    if kind == MARK:
        layer_id, _, fid = area.partition("/")
        layer = LAYERS[layer_id]
        found: dict[str, Any] = mark_of(request, layer, key_of(layer, fid), me).feature["properties"]
        return found
    layer = LAYERS[kind]
    wanted = read.Wanted(equal=(("code", area),), limit=1)
    if kind != "municipality":
        wanted = read.Wanted(ids=(key_of(layer, area),), limit=1)
    with as_everybody(request) as everybody:
        rows = read.features(everybody.session, layer, everybody.asking, wanted, shapes=False).features
    if not rows:
        raise read.no_such(layer, area)
    words: dict[str, Any] = rows[0]["properties"]
    return words


def _towns(reading: Session, asking: read.Asking) -> list[tuple[str, str]]:
    rows = read.features(reading, LAYERS["municipality"], asking, read.EVERYTHING, shapes=False).features
    return [(one["properties"]["code"], one["properties"]["name_th"] or one["properties"]["code"]) for one in rows]


def _sends_mail(request: Request) -> bool:
    return bool(request.app.state.settings.smtp)


@router.post("/follows", response_model=None,
             openapi_extra=fields("kind", "area", optional=("do", "by_mail", "back", "csrf")))  # fmt: skip
def post_follow(request: Request, form: SmallForm, me: Me, engine: WritingEngine, now: Now) -> Response:
    """Follow a place (`municipality`, `community`, `shared_area`) or a mark (`risk_point/12`), or `do=end` it."""
    check_act(request, form, me)
    kind, area = needed(form, "kind", most=20), needed(form, "area", most=90)
    do = form.get("do", "follow")
    if kind not in (*PLACES, MARK) or do not in ("follow", "end"):
        raise BadRequest("kind หรือ do ไม่ถูกต้อง", "kind is a place or `mark`, and do is follow or end")
    if do == "end":
        with session_of(engine) as session:
            following.unfollow(session, me.person_id, kind, area, at=now)
    else:
        area = _area_in(kind, area)
        _words_of(request, me, kind, area)
        with session_of(engine) as session:
            following.follow(session, me.person_id, kind, area, by_mail=ticked(form, "by_mail"), at=now)
    back = cookies.local_path(form.get("back"), otherwise="/follows")
    return _done(request, back)


def _area_in(kind: str, area: str) -> str:
    """An area as it is kept, each written one way: `007` is 7."""
    if kind == "municipality":
        return area
    layer_id, _, fid = area.partition("/") if kind == MARK else (kind, "", area)
    if layer_id not in LAYERS:
        raise UnknownLayer(f"ไม่มีชั้นข้อมูล {layer_id[:40]!r}", f"There is no layer {layer_id[:40]!r}")
    key = key_of(LAYERS[layer_id], fid)
    return f"{layer_id}/{key}" if kind == MARK else str(key)


@router.post("/follows/address", response_model=None, openapi_extra=fields(optional=("address", "csrf")))
def post_address(request: Request, form: SmallForm, me: Me, engine: WritingEngine, now: Now) -> Response:
    """Where mail is to reach me: a link goes there and must be opened. Empty: forget the address."""
    check_act(request, form, me)
    address = form.get("address", "").strip()
    if address and (len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address)):
        raise BadRequest("อีเมลไม่ถูกต้อง เขียนเช่น somchai@example.go.th", "This is no e-mail address")
    if address and not _sends_mail(request):
        raise BadRequest("ระบบนี้ยังไม่ได้ตั้งค่าการส่งอีเมล ใช้ฟีด Atom แทนได้", "This Atlas sends no mail yet; use the feed")
    with session_of(engine) as session:
        if address:
            following.ask_address(session, me.person_id, address, at=now)
        else:
            following.forget_address(session, me.person_id, at=now)
    return _done(request, "/follows")


def _done(request: Request, path: str) -> Response:
    if wants_html(request):
        return RedirectResponse(path, 303, PRIVATE)
    return JSONResponse({"done": True}, headers=PRIVATE)


@router.get("/follows/confirm/{code}", response_model=None, responses=PAGE)
def get_confirm(request: Request, code: str, people: PeopleSession, now: Now) -> Response:
    """The page behind the link that confirms an address; a program that looks through mail confirms nothing by it."""
    _behind(request, people, code, confirm_code)
    return _asks(request, code, "confirm")


@router.post("/follows/confirm/{code}", response_model=None, openapi_extra=fields())
def post_confirm(request: Request, code: str, form: SmallForm, engine: WritingEngine, now: Now) -> Response:
    """The address is mine: whoever has the link reads what is sent there."""
    with session_of(engine) as session:
        address = _behind(request, session, code, confirm_code)
        if now > address.asked_at + following.CONFIRMED_WITHIN:
            raise _over()
        following.confirm_address(session, address.person_id, at=now)
    return _said(request, code, "confirmed")


@router.get("/follows/stop/{code}", response_model=None, responses=PAGE)
def get_stop(request: Request, code: str, people: PeopleSession) -> Response:
    """The page behind the link that ends all mail."""
    _behind(request, people, code, stop_code)
    return _asks(request, code, "stop")


@router.post("/follows/stop/{code}", response_model=None, openapi_extra=fields(optional=("List-Unsubscribe",)))
def post_stop(request: Request, code: str, form: SmallForm, engine: WritingEngine, now: Now) -> Response:
    """No more mail to this address; a mail program does it by one press, signed in or not (RFC 8058)."""
    with session_of(engine) as session:
        address = _behind(request, session, code, stop_code)
        following.stop_mail(session, address.person_id, at=now)
    return _said(request, code, "stopped")


def _behind(
    request: Request, session: Session, code: str, made: Callable[[bytes, PersonAddress], str]
) -> PersonAddress:
    """The address that a link is for; one that is forged, used up or for another address is refused."""
    person = person_in(code)
    address = following.address_of(session, person) if person is not None else None
    if address is None or not is_code(code, made(cookies.key(request, PURPOSE), address)):
        raise _over()
    return address


def _over() -> NotYours:
    return NotYours("ลิงก์นี้ใช้ไม่ได้แล้ว ขอใหม่ได้ที่หน้า /follows", "This link does not work any more; ask anew on /follows")


def _asks(request: Request, code: str, what: str) -> Response:
    return page(request, "follow_link.html", headers=PRIVATE, code=code, what=what)


def _said(request: Request, code: str, what: str) -> Response:
    if wants_html(request):
        return _asks(request, code, what)
    return JSONResponse({"done": True}, headers=PRIVATE)
