"""Signing in and out: a browser by form, a program by OAuth 2 (RFC 6749 §4.3 and §6, RFC 7009), a guest by a link."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from api.definition import HTML, JSON, PAGE, PROBLEM, answers
from api.deps import Known, MaybeSignedIn, Now, PeopleSession, WritingEngine
from api.negotiation import wants_html
from api.pages import page
from api.people import cookies
from api.people.forms import SmallForm, fields, needed
from api.people.sign_in import attempt_of, sign_in
from geo.errors import BadRequest, NotSignedIn, Text, TooOften
from geo.layer import Audience
from geo.people.grants import BY_NAME, audiences_of, default_of, purpose_in, without_codes
from geo.people.passwords import hash_of, objection
from geo.people.slowing import block_of
from geo.store import credentials, people
from geo.store.credentials import Account, Pair
from geo.store.db import session_of

router = APIRouter(tags=["people"], dependencies=[Known])

PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Accept, Accept-Language, Cookie, Authorization"}
SESSION_SECONDS = credentials.SESSION_HOURS * 3600
HOME = "/auth/me"


@router.get("/login", response_model=None, responses=PAGE)
def get_login(
    request: Request, me: MaybeSignedIn, next: Annotated[str | None, Query(max_length=1000)] = None
) -> Response:
    """The page to sign in on."""
    return _login_page(request, next=cookies.local_path(next, otherwise=HOME))


@router.post("/login", response_model=None, openapi_extra=fields("login", "password", optional=("totp", "next")))
async def post_login(request: Request, form: SmallForm, engine: WritingEngine, now: Now) -> Response:
    """Sign a browser in: a new session each time, and the one before it ends."""
    onwards = cookies.local_path(form.get("next"), otherwise=HOME)
    cookies.check_visit_form(request, form)
    attempt = attempt_of(request, form.get("login", ""), form.get("password", ""), form.get("totp", ""), at=now)

    def work() -> tuple[Account, str]:
        person, with_totp = sign_in(engine, attempt)
        return person, browser_session(request, engine, person, with_totp=with_totp, at=now)

    try:
        person, token = await request.app.state.hashing.spend(attempt.stands_as, work, known=attempt.known)
    except (NotSignedIn, TooOften) as refusal:
        if not wants_html(request):
            raise
        return _login_page(request, next=onwards, refusal=refusal)
    answer = _onwards(request, onwards, {"login": person.login, "next": onwards})
    return signed_in_answer(request, answer, person.login, token)


def browser_session(request: Request, engine: Any, person: Account, *, with_totp: bool, at: dt.datetime) -> str:
    """A new session for a browser, in place of the one it had; the answer is its cookie."""
    with session_of(engine) as session:
        if old := cookies.cookie(request, cookies.SESSION):
            credentials.end_session(session, old)
        begins_as = default_of(_held(session, person.id, with_totp=with_totp, at=at))
        return credentials.start_session(session, person, begins_as, with_totp=with_totp, at=at)


def _held(session: Any, person: int, *, with_totp: bool, at: dt.datetime) -> tuple[Audience, ...]:
    every = [one.grant for one in people.grants_of(session, person=person).get(person, ())]
    return audiences_of(every if with_totp else without_codes(every, people.totp_rules(session)), at)


def signed_in_answer(request: Request, answer: Response, login: str, token: str) -> Response:
    """The answer with the cookies of somebody who has just signed in."""
    cookies.set_cookie(request, answer, cookies.SESSION, token, seconds=SESSION_SECONDS)
    cookies.remember_device(request, answer, login)
    return answer


def _onwards(request: Request, path: str, body: dict[str, Any]) -> Response:
    return RedirectResponse(path, 303, PRIVATE) if wants_html(request) else JSONResponse(body, headers=PRIVATE)


def _login_page(request: Request, *, next: str, refusal: NotSignedIn | TooOften | None = None) -> Response:
    visit = cookies.cookie(request, cookies.VISIT) or cookies.new_visit()
    headers, status = dict(PRIVATE), 200
    if refusal is not None:
        status = 429 if isinstance(refusal, TooOften) else 401
        headers |= {"Retry-After": str(refusal.seconds)} if isinstance(refusal, TooOften) else {}
    answer = page(request, "sign_in.html", status_code=status, headers=headers, next=next,
                  told=refusal.told if refusal else None,
                  oidc=bool(request.app.state.settings.oidc_issuer),
                  csrf=cookies.visit_csrf(request, visit))  # fmt: skip
    cookies.set_cookie(request, answer, cookies.VISIT, visit, seconds=cookies.VISIT_SECONDS)
    return answer


@router.post("/logout", response_model=None, openapi_extra=fields("csrf"))
def post_logout(request: Request, form: SmallForm, me: MaybeSignedIn, engine: WritingEngine) -> Response:
    """End the session; a copy of its cookie opens nothing any more."""
    if sent := cookies.cookie(request, cookies.SESSION):
        cookies.check_session_form(request, form)
        with session_of(engine) as session:
            credentials.end_session(session, sent)
    answer = _onwards(request, "/", {"signed_out": True})
    cookies.drop_cookie(request, answer, cookies.SESSION)
    return answer


class OAuthRefused(Exception):
    """A refusal in the words of RFC 6749 §5.2."""

    def __init__(self, error: str, told: Text) -> None:
        super().__init__(error)
        self.error, self.told = error, told


_GRANT = Text("ชื่อ รหัสผ่าน รหัสจากแอป หรือโทเคนไม่ถูกต้องหรือหมดอายุแล้ว", "the credentials or the token are wrong or over")
_SCOPE = Text("ไม่มีสิทธิ์ตาม scope ที่ขอ", "the scope is not one that you hold")
_PURPOSE = Text("scope นี้ต้องบอกเหตุผลในช่อง purpose (5–200 ตัวอักษร)", "this scope needs a purpose of 5 to 200 characters")


@router.post(
    "/auth/token", response_model=None, responses=answers(JSON, PROBLEM, HTML, status=400),
    openapi_extra=fields("grant_type", optional=("username", "password", "totp", "scope", "purpose", "refresh_token")),
)  # fmt: skip
async def post_token(request: Request, form: SmallForm, engine: WritingEngine, now: Now) -> Response:
    """A short access token and the refresh token that follows it: by password, or by the refresh token before."""
    try:
        pair = await _pair(request, form, engine, now)
    except OAuthRefused as refusal:
        told = refusal.told
        body = {"error": refusal.error, "error_description": told.en, "error_description_th": told.th}
        return JSONResponse(body, 400, {**PRIVATE, "Cache-Control": "no-store"})
    made: dict[str, Any] = {"access_token": pair.access, "token_type": "Bearer", "expires_in": pair.seconds,
                            "refresh_token": pair.refresh, "scope": pair.audience.value}  # fmt: skip
    return JSONResponse(made, headers={**PRIVATE, "Cache-Control": "no-store"})


async def _pair(request: Request, form: dict[str, str], engine: Any, now: dt.datetime) -> Pair:
    block = block_of(request.client.host if request.client else None)
    kind = form.get("grant_type")
    if kind == "refresh_token":
        pair: Pair | None = await request.app.state.hashing.spend(block, lambda: _next_pair(request, form, engine, now))
        if pair is None:
            raise OAuthRefused("invalid_grant", _GRANT)
        return pair
    if kind != "password":
        told = Text("grant_type ต้องเป็น password หรือ refresh_token", "grant_type is password or refresh_token")
        raise OAuthRefused("unsupported_grant_type" if kind else "invalid_request", told)
    if not form.get("username") or not form.get("password"):
        told = Text("ต้องมีช่อง username และ password", "username and password are needed")
        raise OAuthRefused("invalid_request", told)
    attempt = attempt_of(request, form["username"], form["password"], form.get("totp", ""), at=now)

    def work() -> Pair:
        try:
            person, with_totp = sign_in(engine, attempt)
        except NotSignedIn:
            raise OAuthRefused("invalid_grant", _GRANT) from None
        with session_of(engine) as session:
            held = _held(session, person.id, with_totp=with_totp, at=now)
            audience, purpose = _scope(form, held)
            return credentials.start_family(session, person, audience, purpose, with_totp=with_totp, at=now)

    made: Pair = await request.app.state.hashing.spend(block, work)
    return made


def _next_pair(request: Request, form: dict[str, str], engine: Any, now: dt.datetime) -> Pair | None:
    with session_of(engine) as session:
        return credentials.refreshed(session, form.get("refresh_token", ""), at=now)


def _scope(form: dict[str, str], held: tuple[Audience, ...]) -> tuple[Audience, str | None]:
    asked = form.get("scope", "").strip()
    if not asked:
        return default_of(held), None
    found = next((audience for audience in (*held, Audience.PUBLIC) if audience.value == asked), None)
    if found is None:
        raise OAuthRefused("invalid_scope", _SCOPE)
    purpose = purpose_in(form.get("purpose"))
    if found in BY_NAME and purpose is None:
        raise OAuthRefused("invalid_scope", _PURPOSE)
    return found, purpose if found in BY_NAME else None


@router.post("/auth/revoke", response_model=None, openapi_extra=fields("token", optional=("token_type_hint",)))
def post_revoke(form: SmallForm, engine: WritingEngine, now: Now) -> Response:
    """End a token; whoever holds it may, and an unknown one is ended already (RFC 7009 §2.2)."""
    token = needed(form, "token")
    with session_of(engine) as session:
        credentials.revoke(session, token, at=now)
    return JSONResponse({}, headers={**PRIVATE, "Cache-Control": "no-store"})


@router.get("/invitations/{code}", response_model=None, responses=PAGE)
def get_invitation(request: Request, code: str, session: PeopleSession, now: Now) -> Response:
    """The page on which somebody who was invited chooses their password."""
    invitation, person = people.invited(session, code, at=now)
    return _invitation_page(request, code, person.login, person.name, invitation.kind)


@router.post("/invitations/{code}", response_model=None, openapi_extra=fields("password", "again"))
async def post_invitation(request: Request, code: str, form: SmallForm, engine: WritingEngine, now: Now) -> Response:
    """Choose a password and be signed in; the link is used up."""
    cookies.check_visit_form(request, form)
    block = block_of(request.client.host if request.client else None)

    def work() -> tuple[Account, str] | tuple[str, str, str, Text]:
        with session_of(engine) as session:
            invitation, person = people.invited(session, code, at=now)
            login, name, kind = person.login, person.name, invitation.kind
        if told := objection_to(form, login):
            return login, name, kind, told
        fresh = hash_of(form["password"])
        with session_of(engine) as session:
            _, person = people.invited(session, code, at=now, lock=True)
            people.set_password(session, person, fresh, by=person.login, at=now)
            account = credentials.account_of(person)
        # A link alone does not take the place of the telephone: whoever has one signs in with both.
        token = "" if account.has_totp else browser_session(request, engine, account, with_totp=False, at=now)
        return account, token

    done = await request.app.state.hashing.spend(block, work)
    if len(done) == 4:
        login, name, kind, told = done
        if not wants_html(request):
            raise BadRequest(told.th, told.en)
        return _invitation_page(request, code, login, name, kind, told=told)
    account, token = done
    if not token:
        return _onwards(request, "/login", {"login": account.login, "next": "/login"})
    return signed_in_answer(
        request, _onwards(request, HOME, {"login": account.login, "next": HOME}), account.login, token
    )


def objection_to(form: dict[str, str], login: str) -> Text | None:
    """What is wrong with a new password and its repetition, or None."""
    if form.get("password", "") != form.get("again", form.get("password", "")):
        return Text("รหัสผ่านสองช่องไม่ตรงกัน", "The two passwords differ")
    return objection(form.get("password", ""), login=login)


def _invitation_page(
    request: Request, code: str, login: str, name: str, kind: str, *, told: Text | None = None
) -> Response:
    visit = cookies.cookie(request, cookies.VISIT) or cookies.new_visit()
    answer = page(request, "invitation.html", status_code=400 if told else 200, headers=PRIVATE, code=code, login=login,
                  name=name, kind=kind, told=told, csrf=cookies.visit_csrf(request, visit))  # fmt: skip
    cookies.set_cookie(request, answer, cookies.VISIT, visit, seconds=cookies.VISIT_SECONDS)
    return answer
