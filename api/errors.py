"""Failure to status, one table; every failure leaves as an RFC 9457 problem document in the reader's language.

A bad request is 400, never 422; what nobody foresaw says "500" outside and everything in the log (DESIGN §2.16).
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.navigation import methods_at
from api.negotiation import language_of, wants_html
from api.pages import VARY, back_of, page
from geo.errors import (
    AtlasError,
    BadRequest,
    Busy,
    Cancelled,
    Crowded,
    HeldOpen,
    LostRace,
    NeedsCondition,
    NoRoom,
    NotSignedIn,
    NotYours,
    OutOfTurn,
    Problem,
    ProviderAway,
    RefusedImport,
    RefusedRates,
    SetupMissing,
    StoreAway,
    StoreRefused,
    Text,
    TooBig,
    TooOften,
    UnknownFeature,
    UnknownLayer,
    UnknownPerson,
    UnreadableKind,
)  # fmt: skip

log = logging.getLogger("atlas.errors")

STATUS: dict[type[AtlasError], int] = {
    BadRequest: 400,
    RefusedImport: 400,
    RefusedRates: 400,
    NotSignedIn: 401,
    NotYours: 403,
    StoreRefused: 403,
    UnknownLayer: 404,
    UnknownFeature: 404,
    UnknownPerson: 404,
    Crowded: 409,
    Cancelled: 409,
    OutOfTurn: 409,
    HeldOpen: 423,
    LostRace: 412,
    TooBig: 413,
    UnreadableKind: 415,
    NeedsCondition: 428,
    TooOften: 429,
    Busy: 503,
    StoreAway: 503,
    ProviderAway: 503,
    SetupMissing: 503,
    NoRoom: 507,
}

TITLES = {
    400: Text("คำขอไม่ถูกต้อง", "Bad request"),
    401: Text("ต้องเข้าสู่ระบบก่อน", "Sign in first"),
    403: Text("ไม่มีสิทธิ์", "Not allowed"),
    404: Text("ไม่พบ", "Not found"),
    405: Text("ใช้วิธีนี้ไม่ได้", "Method not allowed"),
    406: Text("ไม่มีรูปแบบที่ขอ", "Not acceptable"),
    409: Text("ทำตอนนี้ไม่ได้", "Not possible as things are"),
    412: Text("ข้อมูลถูกแก้ไปก่อนแล้ว", "Changed by somebody else"),
    413: Text("ใหญ่เกินไป", "Too big"),
    415: Text("รับเนื้อหาชนิดนี้ไม่ได้", "Not a kind of content that is read here"),
    423: Text("มีคนเปิดแก้อยู่", "Somebody else has it open"),
    428: Text("ต้องบอกรุ่นที่เห็น", "Say which version you saw"),
    429: Text("บ่อยเกินไป", "Too many attempts"),
    500: Text("ระบบขัดข้อง", "Something went wrong here"),
    503: Text("ยังไม่พร้อมให้บริการ", "Not available just now"),
    507: Text("พื้นที่ดิสก์ไม่พอ", "The disk is full"),
}

# What somebody with the page before them can do now.
NEXT = {
    400: Text("กลับไปตรวจและแก้ตามข้อความด้านบน แล้วลองอีกครั้ง", "Go back, put right what is said above, and try again."),
    401: Text("เข้าสู่ระบบแล้วท่านจะกลับมาที่หน้านี้", "Sign in, and you come back to this page."),
    403: Text(
        "ถ้างานของท่านต้องใช้หน้านี้ เปลี่ยนบทบาทที่หน้าบัญชีของท่าน หรือขอสิทธิ์จากผู้ดูแลของเทศบาล",
        "If your work needs it, switch your audience on your account's page, or ask your town's steward for a grant.",
    ),
    404: Text(
        "ตรวจที่อยู่อีกครั้ง หรือหาจากแผนที่และรายการชั้นข้อมูล รายการอาจถูกนำออกไปแล้ว",
        "Check the address, or look on the map and in the list of layers; it may have been removed.",
    ),
    409: Text("รอสักครู่แล้วเปิดหน้าเดิมดูผล ไม่ต้องส่งซ้ำ", "Wait a moment and look at the page again; do not send it twice."),
    412: Text(
        "เปิดหน้าเดิมใหม่ ดูว่ามีอะไรเปลี่ยน แล้วแก้อีกครั้ง", "Open the page anew, see what was changed, and make your change again."
    ),
    413: Text("แบ่งเป็นไฟล์ที่เล็กลงแล้วส่งอีกครั้ง", "Divide it into smaller files and send them one by one."),
    429: Text("รอตามเวลาที่บอก แล้วลองอีกครั้ง", "Wait as long as is said, then try again."),
    500: Text(
        "ลองอีกครั้งในอีกหนึ่งนาที ถ้ายังเป็นอยู่ แจ้งผู้ดูแลระบบพร้อมเวลาด้านล่าง",
        "Try again in a minute. If it goes on, tell whoever runs this server, with the time below.",
    ),
    503: Text("รอสักครู่แล้วเปิดหน้านี้ใหม่ ข้อมูลของท่านยังอยู่", "Wait a moment and load this page again; your data is safe."),
    507: Text("แจ้งผู้ดูแลระบบให้เพิ่มพื้นที่ดิสก์ แล้วลองใหม่", "Tell whoever runs this server to make room, and try again."),
}


# What is wrong with a parameter, by pydantic's name of it; it tells the English itself.
_IN_THAI = {
    "missing": "ต้องระบุ",
    "int_parsing": "ต้องเป็นจำนวนเต็ม",
    "float_parsing": "ต้องเป็นตัวเลข",
    "bool_parsing": "ต้องเป็น true หรือ false",
    "greater_than_equal": "ต้องไม่น้อยกว่า {ge}",
    "less_than_equal": "ต้องไม่เกิน {le}",
    "string_too_long": "ยาวเกิน {max_length} ตัวอักษร",
}


def add_error_handlers(app: FastAPI) -> None:
    """Put the table to work on an app."""
    app.add_exception_handler(AtlasError, _ours)
    app.add_exception_handler(RequestValidationError, _bad_parameters)
    app.add_exception_handler(HTTPException, _http)


def status_of(error: AtlasError) -> int:
    """The status that a failure leaves with."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def wait_of(error: AtlasError) -> dict[str, str]:
    """When to come again after a failure, as a header; empty where that would not help."""
    if isinstance(error, TooOften):
        return {"Retry-After": str(error.seconds)}
    status = status_of(error)
    return {"Retry-After": {409: "1", 503: "30"}[status]} if status in (409, 503) else {}


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, AtlasError)
    status = status_of(error)
    if isinstance(error, RefusedImport):
        return problem_response(request, status, error.told, problems=error.problems, choices=error.choices)
    if isinstance(error, StoreRefused):
        _noted(request, error, "PostgreSQL refused what the first lock let through")
    answer = problem_response(request, status, error.told, problems=error.problems)
    if isinstance(error, TooOften):
        answer.headers["Retry-After"] = str(error.seconds)
    if isinstance(error, Crowded):
        answer.headers["Retry-After"] = "1"
    # RFC 7240: a refusal that somebody asked for says that it is one.
    if status == 400 and "handling" in getattr(request.state, "preferred", {}):
        answer.headers["Preference-Applied"] = f"handling={request.state.preferred['handling']}"
    return answer


def _bad_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # The words of the check, never the value given: a value may be somebody's secret.
    th, en = [], []
    for one in error.errors():
        name = ".".join(map(str, one["loc"][1:]))[:80]
        thai = _IN_THAI.get(one["type"])
        th.append(f"{name}: {thai.format(**one.get('ctx', {})) if thai else one['msg']}")
        en.append(f"{name}: {one['msg']}")
    told = Text("; ".join(th) or "body", "; ".join(en) or "body")
    return problem_response(request, 400, Text(f"พารามิเตอร์ไม่ถูกต้อง — {told.th}", f"Invalid parameter — {told.en}"))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = TITLES.get(error.status_code, Text(str(error.detail), str(error.detail)))
    answer = problem_response(request, error.status_code, told)
    answer.headers.update(error.headers or {})
    if error.status_code == 405:
        answer.headers["Allow"] = ", ".join(sorted(methods_at(request.app, request.url.path)))
    return answer


def _unforeseen(request: Request, error: Exception) -> Response:
    _noted(request, error, "unforeseen failure")
    return problem_response(
        request,
        500,
        Text("ระบบขัดข้อง เราบันทึกเหตุการณ์ไว้แล้ว", "Something went wrong here; it has been noted in the log"),
    )


def _noted(request: Request, error: Exception, what: str) -> None:
    # Where it happened and of what kind, and not its words: a database's message quotes the row, an address the sender.
    frames = "".join(traceback.format_tb(error.__traceback__))
    kinds = " < ".join(type(one).__name__ for one in _causes(error))
    route = getattr(request.scope.get("route"), "path", "-")
    log.error("%s on %s %s: %s\n%s", what, request.method, route, kinds, frames)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


class Caught:
    """Answers what nobody foresaw, so that no server beneath us logs the exception with all its words."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; a failure becomes the answer where none has begun, and else ends the connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._once_more(scope, receive, noting, lambda: begun)
        except Exception as error:  # noqa: BLE001  # the outermost door: everything ends here, in words
            answer = _unforeseen(Request(scope, receive), error)
            if not begun:
                await answer(scope, receive, send)

    async def _once_more(self, scope: Scope, receive: Receive, send: Send, begun: Callable[[], bool]) -> None:
        """A reading that met a town layer in the middle of its change is read again, as the layer is now."""
        before = {**scope, "state": dict(scope.get("state") or {})}
        try:
            await self.app(scope, receive, send)
        except (DBAPIError, psycopg.Error) as error:
            met = getattr(getattr(error, "orig", error), "sqlstate", None) in _OF_A_CHANGE and not begun()
            layers = getattr(scope["app"].state, "layers", None) if met and scope["method"] in ("GET", "HEAD") else None
            if layers is None:
                raise
            await run_in_threadpool(layers.refresh)
            # The same object: whoever logs the request looks there for what it was.
            scope.clear()
            scope.update(before)
            await self.app(scope, receive, send)


# A right that is gone, a column, a table, and a plan whose answer would have other columns.
_OF_A_CHANGE = ("42501", "42703", "42P01", "0A000")


def problem_response(
    request: Request,
    status: int,
    told: Text,
    *,
    problems: Sequence[Problem] = (),
    choices: Sequence[Text] = (),
) -> Response:
    """The problem document, or the same as a page where a browser asks."""
    language = language_of(request)
    title = TITLES.get(status, told)
    headers = {"Cache-Control": "no-store", "Vary": VARY, "Content-Language": language}
    if status == 503:
        headers["Retry-After"] = "2"
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if wants_html(request):
        return page(request, "problem.html", status_code=status, headers=headers, status=status, title=title,
                    told=told, problems=problems, choices=[*choices, *([NEXT[status]] if status in NEXT else [])],
                    back=back_of(request))  # fmt: skip
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title.in_language(language),
        "status": status,
        "detail": told.in_language(language),
        "title_th": title.th,
        "title_en": title.en,
        "detail_th": told.th,
        "detail_en": told.en,
        "instance": request.url.path,
    }
    if problems:
        body["problems"] = [problem_json(problem) for problem in problems]
    if choices:
        body["choices"] = [{"th": choice.th, "en": choice.en} for choice in choices]
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def problem_json(problem: Problem) -> dict[str, Any]:
    """One problem of a file, without its empty parts."""
    known = {name: value for name, value in problem.__dict__.items() if value is not None and name != "told"}
    return {**known, "th": problem.told.th, "en": problem.told.en}
