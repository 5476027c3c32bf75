"""Who I am here: my audiences and areas, my password, my telephone, my tokens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from api.definition import JSON_OR_PAGE
from api.deps import Known, Me, Now, PeopleSession, SignedIn, WritingEngine
from api.negotiation import format_of, wants_html
from api.pages import page
from api.people import cookies
from api.people.forms import SmallForm, fields, needed, ticked
from api.people.sign_in import attempt_of, check_password
from api.people.views import events_json, grants_json, tokens_json
from api.routes.sign_in import HOME, PRIVATE, SESSION_SECONDS, objection_to
from geo.errors import BadRequest, NotYours, Text, UnknownPerson
from geo.layer import Audience
from geo.people import totp
from geo.people.grants import BANGKOK, BY_NAME, GRANTED, MINUTES_BY_NAME, purpose_in
from geo.people.passwords import hash_of
from geo.store import credentials, people
from geo.store.db import session_of
from geo.store.people_tables import Person

router = APIRouter(tags=["people"], dependencies=[Known])

# A telephone is set up within this time of seeing its secret.
SETTING_UP_SECONDS = 15 * 60


@router.get("/auth/me", response_model=None, responses=JSON_OR_PAGE)
def get_me(request: Request, me: Me, session: PeopleSession, now: Now) -> Response:
    """Who I am, what I was granted and until when, and what I am signed in with."""
    told = _told(session, me, now)
    if format_of(request) == "json":
        return JSONResponse(told, headers=PRIVATE)
    return _page(request, told, me)


def _told(session: Any, me: SignedIn, now: dt.datetime) -> dict[str, Any]:
    until = me.credential.since + dt.timedelta(minutes=MINUTES_BY_NAME) if me.credential.since else None
    return {
        "login": me.login, "name": me.name, "audience": me.audience.value, "purpose": me.purpose,
        "until": until.astimezone(BANGKOK).isoformat(timespec="seconds") if until and me.audience in BY_NAME else None,
        "audiences": [one.value for one in me.audiences], "codes_needed_for": [one.value for one in me.withheld],
        "areas": {"towns": sorted(me.areas.towns), "communities": sorted(me.areas.communities),
                  "shared_areas": sorted(me.areas.shared)},
        "may_write": me.may_write, "one_time_codes": me.credential.person.has_totp,
        "grants": grants_json(me.grants, now),
        "tokens": tokens_json(credentials.api_tokens(session, me.person_id, at=now)),
        "events": events_json(people.events_of(session, me.person_id, limit=12)),
    }  # fmt: skip


def _page(request: Request, told: dict[str, Any], me: SignedIn, *, status: int = 200, **words: Any) -> Response:
    shown = {"refused": None, "token": None, "waiting": None, "secret": None, "address": None} | words
    return page(
        request, "me.html", status_code=status, headers=PRIVATE, me=told, by_name=[one.value for one in BY_NAME],
        every=[one.value for one in GRANTED], in_browser=me.in_browser, csrf=cookies.session_csrf(request), **shown,
    )  # fmt: skip


def _answered(request: Request, me: SignedIn, now: dt.datetime, status: int = 200, **words: Any) -> Response:
    """The page again with something to show once, or the same as JSON."""
    if not wants_html(request):
        return JSONResponse({name: value for name, value in words.items() if value is not None}, status, PRIVATE)
    with session_of(request.app.state.people) as session:
        return _page(request, _told(session, me, now), me, status=status, **words)


def _mine(request: Request, me: SignedIn, form: dict[str, str]) -> None:
    """What changes my account needs my browser's session, never a token: a stolen token must not become a person."""
    if not me.in_browser:
        raise NotYours(
            "ทำได้เมื่อเข้าสู่ระบบด้วยเบราว์เซอร์เท่านั้น โทเคนพูดแทนบทบาทเดียวตลอดอายุ",
            "This needs a browser's session; a token speaks for one audience as long as it lasts",
        )
    cookies.check_session_form(request, form)


def _done(request: Request) -> Response:
    return (
        RedirectResponse(HOME, 303, PRIVATE) if wants_html(request) else JSONResponse({"done": True}, headers=PRIVATE)
    )


def _audience(form: dict[str, str], me: SignedIn) -> tuple[Audience, str | None]:
    asked = needed(form, "audience")
    found = next((one for one in (*me.audiences, Audience.PUBLIC) if one.value == asked), None)
    if found is None:
        raise NotYours("ท่านไม่มีสิทธิ์ในบทบาทนี้", "You do not hold this audience")
    if found not in BY_NAME:
        return found, None
    purpose = purpose_in(form.get("purpose"))
    if purpose is None:
        raise BadRequest(
            "บทบาทนี้ต้องบอกเหตุผล 5–200 ตัวอักษร (purpose)", "This audience needs a purpose of 5 to 200 characters"
        )
    return found, purpose


@router.post("/auth/audience", response_model=None, openapi_extra=fields("audience", optional=("purpose", "csrf")))
def post_audience(request: Request, form: SmallForm, me: Me, engine: WritingEngine, now: Now) -> Response:
    """Speak for another audience that I hold."""
    _mine(request, me, form)
    audience, purpose = _audience(form, me)
    with session_of(engine) as session:
        credentials.switch_session(session, me.credential.id, audience, purpose, by=me.credential.person, at=now)
    return _done(request)


@router.post(
    "/auth/password", response_model=None, openapi_extra=fields("present", "password", optional=("again", "csrf"))
)
async def post_password(request: Request, form: SmallForm, me: Me, engine: WritingEngine, now: Now) -> Response:
    """Another password: every other session and short token of mine ends, and this one gets a new cookie."""
    _mine(request, me, form)
    if told := objection_to(form, me.login):
        return _refused(request, me, now, told)
    attempt = attempt_of(request, me.login, form.get("present", ""), "", at=now)

    def work() -> str:
        check_password(engine, me.person_id, attempt)
        fresh = hash_of(form["password"])
        with session_of(engine) as session:
            person = session.get_one(Person, me.person_id)
            people.set_password(session, person, fresh, by=me.login, at=now)
            return credentials.start_session(session, me.credential.person, me.audience, at=now,
                                             with_totp=me.credential.with_totp)  # fmt: skip

    token = await request.app.state.hashing.spend(attempt.stands_as, work, known=attempt.known)
    answer = _done(request)
    cookies.set_cookie(request, answer, cookies.SESSION, token, seconds=SESSION_SECONDS)
    return answer


def _refused(request: Request, me: SignedIn, now: dt.datetime, told: Text) -> Response:
    if not wants_html(request):
        raise BadRequest(told.th, told.en)
    return _answered(request, me, now, 400, refused=told)


@router.post(
    "/auth/totp", response_model=None, openapi_extra=fields("do", optional=("code", "waiting", "password", "csrf"))
)
async def post_totp(request: Request, form: SmallForm, me: Me, engine: WritingEngine, now: Now) -> Response:
    """One-time codes: `do` is `start`, `confirm` (with the first `code`) or `end` (with the `password`)."""
    _mine(request, me, form)
    acts: dict[str, Callable[[], Response]] = {
        "start": lambda: _totp_start(request, me, now),
        "confirm": lambda: _totp_confirm(request, form, me, engine, now),
    }
    attempt = attempt_of(request, me.login, form.get("password", ""), "", at=now)
    if (do := form.get("do", "")) == "end":
        acts["end"] = lambda: _totp_end(request, me, engine, now, lambda: check_password(engine, me.person_id, attempt))
    if do not in acts:
        raise BadRequest("do ต้องเป็น start, confirm หรือ end", "do is start, confirm or end")
    answer: Response = await request.app.state.hashing.spend(attempt.stands_as, acts[do], known=attempt.known)
    return answer


def _totp_start(request: Request, me: SignedIn, now: dt.datetime) -> Response:
    secret = totp.new_secret()
    # Nothing is kept before the first code: the secret waits in the form, sealed for this person.
    waiting = totp.sealed(f"{me.person_id}:{secret}", cookies.sealing_key(request, "setting up")).decode()
    address = totp.address_of(secret, login=me.login)
    return _answered(request, me, now, secret=secret, address=address, waiting=waiting)


def _totp_confirm(request: Request, form: dict[str, str], me: SignedIn, engine: Any, now: dt.datetime) -> Response:
    waiting = form.get("waiting", "").encode()
    found = totp.opened(waiting, cookies.sealing_key(request, "setting up"), seconds=SETTING_UP_SECONDS) or ""
    owner, _, secret = found.partition(":")
    step = totp.step_of(secret, form.get("code", ""), at=now, after=None) if owner == str(me.person_id) else None
    if step is None:
        return _refused(request, me, now, Text("รหัสไม่ถูกต้อง เริ่มตั้งค่าใหม่อีกครั้ง", "The code is not right; start again"))
    with session_of(engine) as session:
        person = session.get_one(Person, me.person_id, with_for_update=True)
        if person.totp_secret is not None:
            raise BadRequest("ตั้งค่ารหัสจากแอปไว้แล้ว", "One-time codes are set up already")
        people.set_totp(
            session, person, totp.sealed(secret, cookies.sealing_key(request, "totp")), step=step, by=me.login, at=now
        )
        credentials.confirm_session(session, me.credential.id)
    return _done(request)


def _totp_end(request: Request, me: SignedIn, engine: Any, now: dt.datetime, check: Callable[[], None]) -> Response:
    check()
    with session_of(engine) as session:
        people.set_totp(session, session.get_one(Person, me.person_id), None, step=None, by=me.login, at=now)
        people.end_credentials(session, me.person_id, at=now)
    return _done(request)


@router.post(
    "/auth/tokens", response_model=None, status_code=201,
    openapi_extra=fields("name", "audience", "days", optional=("purpose", "may_write", "csrf"), status=201),
)  # fmt: skip
def post_api_token(request: Request, form: SmallForm, me: Me, engine: WritingEngine, now: Now) -> Response:
    """A long-lived token for a program of mine; this answer is the only time it is seen."""
    _mine(request, me, form)
    audience, purpose = _audience(form, me)
    days = form.get("days", "")
    if not (days.isascii() and days.isdecimal() and len(days) <= 3 and 1 <= int(days) <= credentials.API_DAYS):
        raise BadRequest("days ต้องเป็น 1–366", "days is a whole number from 1 to 366")
    with session_of(engine) as session:
        token = credentials.make_api_token(
            session, me.credential.person, name=needed(form, "name", most=80), audience=audience, purpose=purpose,
            may_write=ticked(form, "may_write"), with_totp=me.credential.with_totp, days=int(days), by=me.login, at=now,
        )  # fmt: skip
    return _answered(request, me, now, 201, token=token)


@router.post("/auth/tokens/{number}/end", response_model=None, openapi_extra=fields(optional=("csrf",)))
def end_api_token(request: Request, number: int, form: SmallForm, me: Me, engine: WritingEngine, now: Now) -> Response:
    """End a token of mine."""
    _mine(request, me, form)
    with session_of(engine) as session:
        kept = next((one for one in credentials.api_tokens(session, me.person_id, at=now) if one.id == number), None)
        if kept is None:
            raise UnknownPerson("ไม่พบโทเคน", "There is no such token")
        credentials.end_family(session, kept.family, at=now)
        people.note(session, "token ended", by=me.login, at=now, person=me.person_id, name=kept.name)
    return _done(request)
