"""Anybody reports a risk, without an account, and follows it by a receipt; nothing is public before it is verified."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from api.definition import HTML, JSON, JSON_OR_PAGE, answers
from api.deps import Known, Now, WritingEngine
from api.errors import status_of, wait_of
from api.links import base_of
from api.negotiation import format_of, wants_html
from api.pages import STRICT, page
from api.report_forms import FIELDS, NOBODYS, TheReport, new_proof, whence
from api.report_map import map_words, policy_for
from api.report_said import listed, towns
from api.report_taking import taken
from api.report_words import (
    CALLS,
    GROUPS,
    LIKELIHOODS,
    MOST_BYTES_OF_A_PHOTO,
    MOST_PHOTOS,
    MOST_WORDS,
    NEXT,
    OTHER,
    OTHER_LABEL,
    SEVERITIES,
    TOLD,
)  # fmt: skip
from geo.errors import AtlasError, Text, TooManyReports, UnknownFeature
from geo.people import receipts
from geo.people.grants import BANGKOK
from geo.render.popup import pair
from geo.store import citizens
from geo.store.citizens import Tries
from geo.store.db import session_of
from layers import LAYERS

router = APIRouter(tags=["report"], dependencies=[Known])

# Each form is another one (its signed word), and a receipt tells whoever holds it alone: nobody keeps either answer.
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Accept, Accept-Language, Cookie"}
# The address holds the receipt: no other page is told where a reader came from.
SILENT = {**PRIVATE, "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_UNKNOWN = Text(
    "ไม่พบเลขที่ใบรับนี้ โปรดดูตัวอักษรให้ตรงกับที่จดไว้ (ไม่มีเลข 0 และ 1 ไม่มีตัว O I L และ U)",
    "There is no such receipt number. Compare it with what you wrote down (there is no 0, 1, O, I, L or U in it)",
)
_WORD: dict[str, Any] = {"type": "string"}
_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["kind", "words"],
    "properties": {
        "kind": {"type": "string", "enum": [*(code for group in GROUPS for code, _ in group.kinds), OTHER]},
        "words": {"type": "string", "maxLength": MOST_WORDS, "description": "what happened; no names, no numbers"},
        "place": {"type": "string", "description": "the id of a community, where no coordinates are known"},
        "lat": {"type": "string", "description": "degrees, WGS 84"},
        "lon": _WORD,
        "accuracy": {"type": "string", "description": "metres, where the place is from GPS"},
        "seen_on": {"type": "string", "description": "a day in either era, such as 21/11/2569"},
        "severity": {"type": "string", "enum": [code for code, _ in SEVERITIES]},
        "likelihood": {"type": "string", "enum": [code for code, _ in LIKELIHOODS]},
        "csrf": {"type": "string", "description": "from GET /report; in JSON it may be left out"},
    },
}
_PHOTOS = {"type": "array", "maxItems": MOST_PHOTOS, "items": {"type": "string", "format": "binary"}}
_FORM: dict[str, Any] = {
    "parameters": [{"in": "header", "name": "Idempotency-Key", "required": False, "schema": _WORD,
                    "description": "for JSON: the same report sent again under it is the same"}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _BODY},
            "application/x-www-form-urlencoded": {"schema": _BODY},
            "multipart/form-data": {"schema": {**_BODY, "properties": {**_BODY["properties"], "photo": _PHOTOS}}},
        },
    },
}  # fmt: skip
_MADE: dict[int | str, dict[str, Any]] = {
    **answers(JSON, HTML, status=201), 303: {"description": "The page of the receipt, in a browser"},
}  # fmt: skip


@router.get("/report", response_model=None, responses={**JSON_OR_PAGE, 303: _MADE[303]})
def get_report(
    request: Request, now: Now, receipt: Annotated[str | None, Query(max_length=80)] = None,
    municipality: Annotated[str | None, Query(max_length=20, description="choose from its communities")] = None,
) -> Response:  # fmt: skip
    """The form to report a risk; for a program what it asks. With `receipt`, the way to that report."""
    wanted = format_of(request)
    if receipt is not None and receipts.read(receipt):
        return RedirectResponse(f"/report/{_shown(receipt)}", 303, SILENT)
    if wanted == "html":
        return _form_page(request, now, {}, town=municipality)
    body = {
        "csrf": new_proof(request, at=now), "fields": [name for name in FIELDS if name != NOBODYS],
        "kinds": [{"title": pair(group.title), "kinds": [_choice(*one) for one in group.kinds]} for group in GROUPS],
        "otherwise": _choice(OTHER, OTHER_LABEL),
        "severity": [_choice(*one) for one in SEVERITIES], "likelihood": [_choice(*one) for one in LIKELIHOODS],
        "places": [{"municipality": town.code, "title": pair(town.name),
                    "communities": [{"place": str(one.id), "title": pair(one.name)} for one in town.communities]}
                   for town in towns(request)],
    }  # fmt: skip
    return JSONResponse(body, headers=PRIVATE)


def _choice(code: str, label: Text) -> dict[str, Any]:
    return {"code": code, "label": pair(label)}


@router.post("/report", status_code=201, response_model=None, responses=_MADE, openapi_extra=_FORM)
def post_report(request: Request, sent: TheReport, now: Now) -> Response:
    """Report a risk: no account, no name. The answer is the receipt by which it can be followed."""
    try:
        came = taken(request, sent, at=now)
    except AtlasError as refusal:
        if not wants_html(request):
            raise
        return _form_page(request, now, sent.words, refusal=refusal, had_files=bool(sent.files))
    receipt = receipts.written(came.receipt)
    path = f"/report/{receipt}"
    if wants_html(request):
        return RedirectResponse(path, 303, SILENT)
    headers = {**SILENT, "Location": base_of(request) + path}
    told = {"receipt": receipt, "page": path}
    return JSONResponse(told, 201, headers | ({"Idempotency-Replayed": "true"} if came.again else {}))


def _form_page(
    request: Request, now: dt.datetime, words: Mapping[str, str], *, refusal: AtlasError | None = None,
    had_files: bool = False, town: str | None = None,
) -> Response:  # fmt: skip
    """The form, filled with what was typed; of a refusal with what to do, and a fresh proof to send it again."""
    headers, status = dict(PRIVATE), 200
    if refusal is not None:
        status, more = status_of(refusal), wait_of(refusal)
        headers |= more
    wrong = [(one.column, one.told) for one in refusal.problems] if refusal else []
    here = towns(request)
    shown, has_many = listed(here, town, words)
    return page(
        request, "report.html", status_code=status, headers=headers,
        policy=policy_for(request, STRICT), words=words, told=refusal.told if refusal and not wrong else None,
        wrong=wrong, by_field=dict(reversed(wrong)), had_files=had_files, towns=shown,
        every_town=here if has_many else (),
        groups=GROUPS, other=(OTHER, OTHER_LABEL), severities=SEVERITIES, likelihoods=LIKELIHOODS, calls=CALLS,
        csrf=new_proof(request, at=now), nobodys=NOBODYS, most_words=MOST_WORDS, most_photos=MOST_PHOTOS,
        most_megabytes=MOST_BYTES_OF_A_PHOTO // 1024**2, map_words=map_words(request, here),
    )  # fmt: skip


@router.get("/report/{receipt}", response_model=None, responses=JSON_OR_PAGE)
def get_receipt(request: Request, receipt: str, engine: WritingEngine, now: Now) -> Response:
    """How far a report has come: its states and their days, and nothing of what was said or by whom."""
    wanted = format_of(request)
    tries = Tries(kind="wrong receipt", whence=whence(request), limits=citizens.WRONG_RECEIPTS)
    try:
        found = _followed(request, receipts.read(receipt), engine, tries, now)
    except (UnknownFeature, TooManyReports) as refusal:
        if wanted == "json":
            raise
        status, more = status_of(refusal), wait_of(refusal)
        return page(request, "report_status.html", status_code=status, headers={**SILENT, **more}, receipt=None,
                    typed=receipt[:20], told=refusal.told, steps=(), next=None, calls=CALLS)  # fmt: skip
    steps = [(TOLD.get(state, TOLD["reported"]), at.astimezone(BANGKOK).date()) for state, at in found]
    state = found[-1][0] if found else "gone"
    if wanted == "json":
        told = [{"state": code, "on": at.astimezone(BANGKOK).date().isoformat()} for code, at in found]
        body = {
            "receipt": _shown(receipt),
            "state": state,
            "label": pair(TOLD.get(state, TOLD["reported"])),
            "steps": told,
        }
        return JSONResponse(body, headers=SILENT)
    return page(
        request, "report_status.html", headers=SILENT, receipt=_shown(receipt), typed="", told=None,
        steps=steps or [(TOLD["gone"], None)], next=NEXT.get(state),
        calls=CALLS,
    )  # fmt: skip


def _followed(
    request: Request, receipt: str, engine: Any, tries: Tries, now: dt.datetime
) -> list[tuple[str, dt.datetime]]:
    """The states of a report and when each began; whoever guesses is slowed, and always told the same."""
    with session_of(request.app.state.people) as session:
        citizens.check_not_over(session, tries, at=now)
        mark = citizens.kept(session, receipt)
        if mark is not None:
            return [(one.became, one.made_at) for one in citizens.life(session, LAYERS[mark.layer], mark)]
    with session_of(engine) as session:
        citizens.count(session, tries, at=now)
    raise UnknownFeature(_UNKNOWN.th, _UNKNOWN.en)


def _shown(receipt: str) -> str:
    return receipts.written(receipts.read(receipt)[: receipts.LENGTH]).rstrip("-")
