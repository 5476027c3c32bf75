"""What a town sets for its taxes, kept by its tax office: choices, prices of buildings, its own copies of tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import FormData, UploadFile

from api.definition import JSON_OR_PAGE, answers, form_answers
from api.deps import Known, Me, Now, PeopleSession, WritingEngine
from api.negotiation import format_of, wants_html
from api.pages import page
from api.people import cookies
from api.people.forms import SmallForm, fields
from api.people.page_forms import PRIVATE
from api.people.views import town_names
from api.people.who import SignedIn, check_act
from api.routes.imports import sent_form
from geo.codes import CodeList
from geo.errors import BadRequest, NotYours, Text, TooBig
from geo.layer import Audience
from geo.store.db import session_of
from geo.store.tax_settings import (
    CHOICES,
    MOST_BYTES,
    PRICES,
    Saved,
    history,
    last_saved,
    save_choices,
    save_prices,
    save_table,
    table_written,
    town_rules,
)
from geo.tax.settings import Months, OddSatang, Rounding, SignParts
from geo.tax.tables import NAMES
from geo.tax.town import CHOICES as CHOICE_NAMES
from geo.tax.town import TownRules, as_words, choices_in

router = APIRouter(tags=["taxes"], dependencies=[Known])

CSV = "text/csv; charset=utf-8"
_WORDS = ("municipality", "table", "reason", "over", "csrf", "usual")
A_town = Annotated[str | None, Query(max_length=20, description="whose settings, 9098")]
LABELS: dict[Any, Text] = {
    Rounding.HALF_UP: Text("ครึ่งสตางค์ปัดขึ้น", "half a satang goes up"), Rounding.DOWN: Text("ปัดลง", "down"),
    Rounding.UP: Text("ปัดขึ้น", "up"), Months.CALENDAR: Text("เดือนปฏิทิน", "calendar months"),
    Months.THIRTY_DAYS: Text("เดือนละ 30 วัน", "thirty days each"), OddSatang.FIRST: Text("งวดแรก", "the first"),
    OddSatang.LAST: Text("งวดสุดท้าย", "the last"),
    SignParts.OVER_HALF: Text("เกินครึ่งนับเป็นหนึ่ง (คำตอบของ สถ.)", "over half counts as one (as answered by DLA)"),
    SignParts.WHOLE: Text("เศษนับเป็นหนึ่ง", "any part counts as one"),
    SignParts.IN_PROPORTION: Text("ตามส่วน", "in proportion"),
}  # fmt: skip
ASKED = (
    ("rounding", Text("เศษของสตางค์", "Parts of a satang"), Rounding),
    ("months", Text("นับเดือนที่ช้า", "Months of a delay"), Months),
    ("odd_satang", Text("เศษสตางค์ของการผ่อนอยู่งวด", "Odd satang go to the instalment"), OddSatang),
    ("sign_parts", Text("เศษของ 500 ตร.ซม. ของป้าย", "Parts of 500 cm² of a sign"), SignParts),
)
_TYPES = CodeList.read("building_type")
PARTS = {
    CHOICES: Text("ทางเลือกของเทศบาล", "The town's choices"), PRICES: Text("ราคาสิ่งปลูกสร้าง", "Prices of buildings"),
}  # fmt: skip


def _town(me: SignedIn, named: str | None) -> str:
    """The town whose taxes this person keeps; `NotYours` for any other."""
    if me.audience is not Audience.TAX:
        raise NotYours(
            "หน้านี้สำหรับงานภาษี โปรดเปลี่ยนบทบาทเป็น tax ที่หน้า /auth/me ก่อน",
            "This page is the tax office's; switch to `tax` on /auth/me first",
        )
    town = (named or "").strip() or next(iter(sorted(me.areas.towns)), "")
    if town not in me.areas.towns:
        raise NotYours("ไม่ใช่เทศบาลที่ท่านดูแลภาษี", "That is not a town whose taxes you keep")
    return town


@router.get("/tax/settings", response_model=None, responses=JSON_OR_PAGE)
def get_settings(request: Request, me: Me, people: PeopleSession, now: Now, municipality: A_town = None) -> Response:
    """What the town has set, what holds otherwise, and who set it when."""
    town = _town(me, municipality)
    if format_of(request) == "json":
        return JSONResponse(_document(people, town), headers=PRIVATE)
    return _page(request, me, people, town, now=now)


@router.get("/tax/settings/tables/{name}", response_model=None, responses=answers("text/csv"))
def get_table(me: Me, people: PeopleSession, name: str, municipality: A_town = None) -> Response:
    """A table as the town has it now, to be altered and sent back."""
    town = _town(me, municipality)
    part = PRICES if name == f"{PRICES}.csv" else name
    written = table_written(people, town, part)
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(written, media_type=CSV, headers=headers)


@router.post("/tax/settings", response_model=None,
             openapi_extra=fields(optional=("municipality", *CHOICE_NAMES, "reason", "over", "csrf")))  # fmt: skip
def set_choices(
    request: Request, form: SmallForm, me: Me, people: PeopleSession, engine: WritingEngine, now: Now
) -> Response:
    """Save the town's choices."""
    check_act(request, form, me)
    town = _town(me, form.get("municipality"))
    choices, told = choices_in(form)
    with session_of(engine) as session:
        number = save_choices(session, town, choices, by=me.login, at=now, reason=_reason(form), over=_over(form))
    return _saved(request, me, people, town, number, told, now=now)


async def _sent(request: Request, me: Me) -> AsyncIterator[FormData]:
    """The form with its file, read only for a tax office."""
    _town(me, None)
    too_big = TooBig(f"ตารางใหญ่เกิน {MOST_BYTES:,} ไบต์", f"The table is larger than {MOST_BYTES:,} bytes")
    async with sent_form(request, most_bytes=MOST_BYTES, too_big=too_big) as form:
        yield form


def _form(*required: str) -> dict[str, Any]:
    properties = {name: {"type": "string"} for name in _WORDS} | {"file": {"type": "string", "format": "binary"}}
    schema = {"type": "object", "required": list(required), "properties": properties}
    return {
        "responses": form_answers(200),
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}},
    }


@router.post("/tax/settings/prices", response_model=None, openapi_extra=_form("file"))
def set_prices(
    request: Request, sent: Annotated[FormData, Depends(_sent)], me: Me, people: PeopleSession, engine: WritingEngine,
    now: Now,
) -> Response:  # fmt: skip
    """Bring the town's table of building prices; all that is wrong with it is told at once."""
    words = _words(request, sent, me)
    town, written = _town(me, words.get("municipality")), _file(sent, words)
    with session_of(engine) as session:
        number, told = save_prices(
            session, town, written, by=me.login, at=now, reason=_reason(words), over=_over(words)
        )  # fmt: skip
    return _saved(request, me, people, town, number, told, now=now)


@router.post("/tax/settings/tables", response_model=None, openapi_extra=_form("table"))
def set_table(
    request: Request, sent: Annotated[FormData, Depends(_sent)], me: Me, people: PeopleSession, engine: WritingEngine,
    now: Now,
) -> Response:  # fmt: skip
    """Bring the town's own copy of a table of rates; one with a hole is refused in words."""
    words = _words(request, sent, me)
    town, written = _town(me, words.get("municipality")), _file(sent, words)
    with session_of(engine) as session:
        number = save_table(
            session, town, words.get("table", "").strip(), written, by=me.login, at=now, reason=_reason(words),
            over=_over(words),
        )  # fmt: skip
    return _saved(request, me, people, town, number, (), now=now)


def _words(request: Request, sent: FormData, me: SignedIn) -> dict[str, str]:
    words = {name: one for name in _WORDS if isinstance(one := sent.get(name), str)}
    check_act(request, words, me)
    if any("\x00" in one for one in words.values()):
        raise BadRequest("แบบฟอร์มมีอักขระที่ใช้ไม่ได้", "The form holds a character that is none")
    return words


def _file(sent: FormData, words: dict[str, str]) -> bytes:
    """The file's bytes; nothing where the form asks for what is usual."""
    if words.get("usual", "") == "yes":
        return b""
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise BadRequest("ต้องเลือกไฟล์ CSV", "Choose a CSV file")
    written = file.file.read(MOST_BYTES + 1)
    if not written.strip():
        raise BadRequest("ไฟล์ว่าง", "The file is empty")
    if b"\x00" in written:
        raise BadRequest(
            "ไฟล์นี้ไม่ใช่ CSV (อาจเป็น Excel) โปรดบันทึกเป็น CSV UTF-8", "This is no CSV (perhaps Excel); save it as CSV UTF-8"
        )
    return written


def _reason(form: dict[str, str]) -> str | None:
    return form.get("reason", "").strip()[:300] or None


def _over(form: dict[str, str]) -> int | None:
    written = form.get("over", "").strip()
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else None


def _saved(
    request: Request, me: SignedIn, people: PeopleSession, town: str, number: int, told: Sequence[Text], *, now: Any
) -> Response:
    if not wants_html(request):
        said = [{"th": one.th, "en": one.en} for one in told]
        return JSONResponse({"done": True, "number": number, "told": said}, headers=PRIVATE)
    # What was read before is of the moment before.
    people.rollback()
    return _page(request, me, people, town, now=now, told=(Text("บันทึกแล้ว", "Saved"), *told))


def _page(
    request: Request, me: SignedIn, people: PeopleSession, town: str, *, now: Any, told: Sequence[Text] = ()
) -> Response:
    found = town_rules(people, town)
    return page(
        request, "tax_settings.html", headers=PRIVATE, town=town, names=town_names(me), found=found,
        choices=as_words(found.town), asked=ASKED, labels=LABELS, parts=PARTS, tables=NAMES, told=told,
        history=history(people, town), last=last_saved(people, town), csrf=cookies.session_csrf(request),
        type_label=_TYPES.label, years=" ".join(str(year + 543) for year in sorted(found.town.confirmed_years)),
    )  # fmt: skip


def _document(people: PeopleSession, town: str) -> dict[str, Any]:
    found: TownRules = town_rules(people, town)
    return {
        "municipality": town, "choices": as_words(found.town), "rules": found.rules.version,
        "own_tables": list(found.own_tables),
        "prices": [
            {"building_type": one.building_type, "baht_per_square_metre": f"{one.baht:f}", "valid_from": one.valid_from,
             "valid_to": one.valid_to}
            for one in found.prices.rows
        ],
        "history": [_told(one) for one in history(people, town)], "last": last_saved(people, town),
    }  # fmt: skip


def _told(one: Saved) -> dict[str, Any]:
    return {"number": one.id, "part": one.part, "at": one.at.isoformat(), "by": one.by, "reason": one.reason,
            "is_usual": one.is_usual}  # fmt: skip
