"""Signing in at another provider: there, and back."""

from __future__ import annotations

import datetime as dt
import hmac
import json
import logging
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.deps import Known, Now, WritingEngine
from api.links import base_of
from api.people import cookies, oidc
from api.routes.sign_in import HOME, PRIVATE, browser_session, signed_in_answer
from geo.errors import NotSignedIn, NotYours
from geo.people.totp import opened, sealed
from geo.store.credentials import Account, account_of
from geo.store.db import session_of
from geo.store.people import note, person_of_provider

router = APIRouter(tags=["people"], dependencies=[Known])

log = logging.getLogger("atlas.people")
COOKIE = "atlas_oidc"
MINUTES = 10


@router.get("/login/oidc", response_model=None, status_code=303)
def get_oidc(request: Request, now: Now, next: Annotated[str | None, Query(max_length=1000)] = None) -> Response:
    """Send the browser to the provider; what must come back waits in a sealed cookie."""
    began = oidc.begin(request, back=_back(request), at=now)
    waiting = {"state": began.state, "nonce": began.nonce, "verifier": began.verifier,
               "next": cookies.local_path(next, otherwise=HOME)}  # fmt: skip
    answer = RedirectResponse(began.url, 303, PRIVATE)
    kept = sealed(json.dumps(waiting), cookies.sealing_key(request, "oidc")).decode()
    cookies.set_cookie(request, answer, COOKIE, kept, seconds=MINUTES * 60)
    return answer


@router.get("/login/oidc/back", response_model=None, status_code=303)
def get_oidc_back(
    request: Request, engine: WritingEngine, now: Now,
    code: Annotated[str, Query(max_length=4000)] = "", state: Annotated[str, Query(max_length=400)] = "",
    error: Annotated[str, Query(max_length=400)] = "", error_description: Annotated[str, Query(max_length=2000)] = "",
    iss: Annotated[str, Query(max_length=400)] = "", session_state: Annotated[str, Query(max_length=400)] = "",
    scope: Annotated[str, Query(max_length=400)] = "",
) -> Response:  # fmt: skip
    """Back from the provider: a session for the person whom it names, when they are known here."""
    issuer = oidc.issuer_of(request.app.state.settings)
    waiting = _waiting(request)
    # RFC 9207: an answer that says it is another provider's is not ours.
    if not waiting or not hmac.compare_digest(state.encode(), waiting["state"].encode()) or iss not in ("", issuer):
        raise NotYours("การเข้าสู่ระบบนี้ไม่ได้เริ่มจากที่นี่หรือนานเกินไป", "This sign-in did not begin here, or took too long")
    if error or not code:
        raise NotSignedIn("ผู้ให้บริการไม่ยืนยันการเข้าสู่ระบบนี้", "The provider did not confirm this sign-in")
    told = oidc.finish(request, back=_back(request), code=code, nonce=waiting["nonce"], verifier=waiting["verifier"],
                       at=now)  # fmt: skip
    person = _known(request, engine, told, now)
    token = browser_session(request, engine, person, with_totp=told.with_codes, at=now)
    answer = signed_in_answer(request, RedirectResponse(waiting["next"], 303, PRIVATE), person.login, token)
    cookies.drop_cookie(request, answer, COOKIE)
    return answer


def _known(request: Request, engine: Any, told: oidc.Told, now: dt.datetime) -> Account:
    with session_of(engine) as session:
        person = person_of_provider(session, told.subject, told.email)
        if person is not None and (person.is_demo or person.disabled_at is not None):
            person = None
        if person is not None:
            note(session, "signed in", by=person.login, at=now, person=person.id, through="oidc")
            return account_of(person)
    log.warning("sign-in through the provider refused: nobody here by that name")
    raise NotYours(
        "ยังไม่มีบัญชีของท่านที่นี่ ขอให้ผู้ดูแลเพิ่มบัญชีด้วยอีเมลของท่าน",
        "There is no account of yours here; ask your steward for one whose login is your e-mail address",
    )


def _waiting(request: Request) -> dict[str, str] | None:
    kept = cookies.cookie(request, COOKIE)
    found = opened(kept.encode(), cookies.sealing_key(request, "oidc"), seconds=MINUTES * 60) if kept else None
    waiting: dict[str, str] | None = json.loads(found) if found and found.startswith("{") else None
    return waiting


def _back(request: Request) -> str:
    return f"{base_of(request)}/login/oidc/back"
