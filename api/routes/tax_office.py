"""The tax office's own page, and the links that a change of parcels left for a person to decide."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from api.answers import PRIVATE
from api.definition import JSON_OR_PAGE
from api.deps import Asking, Known, Me, ReadSession
from api.edition_desk import PARCEL, TheEditionDesk
from api.edition_page import box_of_town
from api.negotiation import format_of
from api.pages import page
from api.paging import ThePart
from api.people import cookies
from api.people.forms import SmallForm, fields
from api.people.page_forms import done
from geo.errors import BadRequest, NotYours, Text
from geo.layer import Audience
from geo.render.popup import pair
from geo.render.themes import themes_for
from geo.store.db import session_of
from geo.store.editions_books import editions_of
from geo.store.link_questions import Question, answered, count_open, open_questions, question_of
from geo.store.write import Act

router = APIRouter(tags=["tax map"], dependencies=[Known])

HEADERS = {"Cache-Control": PRIVATE}
MOST_QUESTIONS = 500
LARGEST = 2**63 - 1
INDEX = ("/maps?layers=tax_zone,tax_block,tax_sheet", Text("ดัชนีเขต บล็อก และระวาง", "Index of zones, blocks and sheets"))
# Near enough that parcels are drawn, and not counted in squares.
CLOSE = 16


@router.get("/tax", response_model=None, responses=JSON_OR_PAGE)
def get_tax_office(desk: TheEditionDesk, asking: Asking) -> Response:
    """What a tax-map officer has to do: files that wait, links to decide, what the tax would be."""
    with session_of(desk.engine) as session:
        found = editions_of(session, towns=desk.towns, limit=100) if desk.towns else []
        waiting = [one for one in found if one.state == "compared" and desk.may_bring(one.layer, one.municipality)]
        towns = desk.me.areas.towns if desk.me.audience in (Audience.STAFF, Audience.TAX) else ()
        questions = sum(sum(count_open(session, town).values()) for town in towns)
        if format_of(desk.request) == "json":
            return JSONResponse({"waiting": [one.id for one in waiting], "questions": questions}, headers=HEADERS)
        return page(desk.request, "tax.html", headers=HEADERS, waiting=waiting, questions=questions,
                    maps=_maps(desk, session, asking), is_editor=bool(desk.towns),
                    is_tax=desk.me.audience is Audience.TAX)  # fmt: skip


def _maps(desk: TheEditionDesk, session: Session, asking: Asking) -> list[tuple[str, Text]]:
    """The town's parcels by each theme that this person may see, and the index."""
    boxes = (box_of_town(session, town, desk.layers) for town in desk.towns)
    where = next((box for box in boxes if box is not None), None)
    if where is None:
        return [INDEX]
    west, south, east, north = where
    parcel = desk.layers[PARCEL]
    at = f"at={CLOSE}/{(south + north) / 2:.5f}/{(west + east) / 2:.5f}"
    titles = [(theme.id, theme.title) for theme in themes_for(parcel, asking)]
    told = [
        (f"/map#{at}&by={PARCEL}:{name}", Text(f"{parcel.title.th}: {title.th}", f"{parcel.title.en}: {title.en}"))
        for name, title in titles
    ]
    return [*told, INDEX]


@router.get("/tax/questions", response_model=None, responses=JSON_OR_PAGE)
def list_questions(request: Request, me: Me, asking: Asking, session: ReadSession, desk: TheEditionDesk,
                   part: ThePart) -> Response:  # fmt: skip
    """Buildings, homes and signs of which a person must say on which parcel they are; those that you may see."""
    with session_of(desk.engine) as books:
        found = open_questions(books, desk.layers, asking, limit=MOST_QUESTIONS)
    shown = found[part.offset : part.offset + part.limit]
    if format_of(request) == "json":
        return JSONResponse({"questions": [_told(one) for one in shown], **part.told(len(found))}, headers=HEADERS)
    return page(
        request, "link_questions.html", headers=HEADERS, csrf=cookies.session_csrf(request),
        pages=part.of(len(found)), questions=[_shown(one, desk) for one in shown],
    )  # fmt: skip


def _told(one: Question) -> dict[str, Any]:
    found = {name: value for name, value in vars(one).items() if name not in ("why", "candidates", "asked_at")}
    return {**found, "why": pair(one.why), "asked_at": one.asked_at.isoformat(timespec="seconds"),
            "candidates": [vars(candidate) for candidate in one.candidates]}  # fmt: skip


def _shown(one: Question, desk: TheEditionDesk) -> dict[str, Any]:
    layer = desk.layers[one.layer]
    return {
        "id": one.id, "layer": layer.title, "is_mine": desk.person.may_edit(layer),
        "why": one.why, "was_code": one.was_code, "asked_at": one.asked_at,
        "title": Text(f"{layer.title.th} {one.row_id}", f"{layer.title.en} {one.row_id}"),
        "page": f"/collections/{one.layer}/items/{one.row_id}?f=html",
        "candidates": [(candidate.id, _candidate(candidate.code, candidate.share)) for candidate in one.candidates],
    }  # fmt: skip


def _candidate(code: str | None, share: float) -> Text:
    said = code or "–"
    return Text(f"{said} ({share:.0%} ของรูป)", f"{said} ({share:.0%} of its shape)")


@router.post("/tax/questions/{number}", response_model=None, openapi_extra=fields(optional=("parcel", "csrf")))
def answer_question(desk: TheEditionDesk, number: int, asking: Asking, form: SmallForm) -> Response:
    """Say which `parcel` (its id) a row is on; nothing for none of them."""
    desk.check(form)
    said = form.get("parcel", "").strip()
    if said and not (said.isascii() and said.isdigit() and int(said) <= LARGEST):
        raise BadRequest("parcel ต้องเป็นหมายเลขของแปลง", "parcel is the id of a parcel")
    act = Act(by=desk.me.login, origin="http", at=desk.now)
    with session_of(desk.engine) as session:
        question = question_of(session, desk.layers, asking, number)
        if not desk.person.may_edit(desk.layers[question.layer]):
            raise NotYours("บทบาทนี้แก้ข้อมูลชั้นนี้ไม่ได้", "Your role does not change rows of this layer")
        version = answered(session, desk.layers, asking, number, int(said) if said else None, act=act)
    return done(desk.request, "/tax/questions", question=number, version=version)
