"""What a file would change: seen on a map and in a table, accepted all or one by one, taken back as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from api.answers import PRIVATE
from api.definition import GEOJSON, HTML, JSON, answers
from api.deps import Asking, Known, ReadSession, box_of
from api.edition_desk import PARCEL, TheEditionDesk
from api.edition_page import change_map_words, kinds_of, rows_of, shapes_as_geojson
from api.edition_told import change_told
from api.edition_words import CHANGE_STATES, KINDS
from api.links import with_query
from api.negotiation import format_of
from api.pages import STRICT, page
from api.paging import Pages
from api.people import cookies
from api.people.cookies import local_path
from api.people.forms import WideForm, fields, needed
from api.people.page_forms import done
from api.report_map import policy_for
from api.routes.editions import Number
from geo.errors import BadRequest, OutOfTurn, Text, UnknownFeature
from geo.intake.editions.accept import accepted
from geo.intake.editions.whole import loaded
from geo.people.grants import BANGKOK
from geo.render.worklist import write_worklist
from geo.render.worklist_made import worklist_of
from geo.store.db import session_of
from geo.store.editions_books import Which, change_shapes, changes_of, count_changes, counts_of, decline
from geo.store.editions_decided import Chosen
from geo.store.editions_shown import boxes, carried
from geo.store.undo import undone
from geo.store.write import Act

router = APIRouter(tags=["tax map"], dependencies=[Known])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ON_A_PAGE, MOST_AT_ONCE, MOST_SHAPES = 50, 1_000, 2_000
LARGEST = 2**31 - 1
HEADERS = {"Cache-Control": PRIVATE}


@router.get("/editions/{number}/changes", response_model=None, responses=answers(JSON, HTML, GEOJSON))
def list_changes(
    desk: TheEditionDesk, number: Number, asking: Asking,
    kind: Annotated[str | None, Query(max_length=40, description="SPLIT, MERGE, TRANSFER …")] = None,
    state: Annotated[str | None, Query(max_length=20, description="open, accepted, declined, stale, refused")] = None,
    code: Annotated[str | None, Query(max_length=40, description="a parcel code, before or after")] = None,
    bbox: Annotated[str | None, Query(description="west,south,east,north")] = None,
    start: Annotated[int, Query(alias="from", ge=1, le=LARGEST, description="the number to begin with")] = 1,
    limit: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    f: Annotated[str | None, Query(description="html, json, or geojson: shapes before and after")] = None,
) -> Response:  # fmt: skip
    """The changes of a file in the order of their numbers."""
    _check_known(kind, KINDS)
    _check_known(state, CHANGE_STATES)
    wanted = f if f == "geojson" else format_of(desk.request)
    most = {"geojson": MOST_SHAPES, "json": MOST_AT_ONCE, "html": MOST_ON_A_PAGE}[wanted]
    chosen = Which(
        kinds=(kind,) if kind else None, states=(state,) if state else None, code=code or None, box=box_of(bbox),
        after=start - 1, limit=min(limit or most, most),
    )  # fmt: skip
    with session_of(desk.engine) as session:
        edition = desk.edition(session, number)
        lines = changes_of(session, number, chosen)
        matched = count_changes(session, number, chosen)
        here = f"/editions/{number}/changes"
        if wanted == "geojson":
            told = {line.number: line.told for line in lines}
            features = change_shapes(session, number, Which(numbers=tuple(told), limit=MOST_SHAPES))
            body = {"type": "FeatureCollection", "numberMatched": matched, "numberReturned": len(told),
                    "features": shapes_as_geojson(features, told, here)}  # fmt: skip
            return JSONResponse(body, headers=HEADERS, media_type=GEOJSON)
        if wanted == "json":
            body = {"edition": number, "numberMatched": matched, "counts": counts_of(session, number),
                    "changes": [change_told(line) for line in lines]}  # fmt: skip
            return JSONResponse(body, headers=HEADERS)
        kinds = kinds_of(session, number)
        places = boxes(session, number, [line.number for line in lines])
        kept = {"kind": kind or None, "state": state or None, "code": code or None}
        return page(
            desk.request, "edition_changes.html", headers=HEADERS, policy=policy_for(desk.request, STRICT),
            csrf=cookies.session_csrf(desk.request), edition=edition, kinds=kinds, state=state,
            is_parcel=edition.layer == PARCEL,
            kind=next((one for one in kinds if one.kind == kind), None), change_states=CHANGE_STATES, code=code or "",
            changes=rows_of(lines, desk.layers.get(edition.layer), places),
            map_words=change_map_words(desk, session, number, asking),
            pages=_pages(here, kept, [line.number for line in lines], start, matched),
        )  # fmt: skip


def _check_known(given: str | None, known: Mapping[str, Text]) -> None:
    if given and given not in known:
        raise BadRequest(f"ไม่รู้จัก {given[:40]}", f"{given[:40]} is not known: one of {', '.join(known)}")


@router.get("/editions/{number}/worklist.xlsx", response_model=None, responses=answers(XLSX))
def get_worklist(
    desk: TheEditionDesk, number: Number, asking: Asking, reading: ReadSession,
    owners: Annotated[bool, Query(description="with owners and deeds; each reading is written into the log")] = False,
) -> Response:  # fmt: skip
    """What is to be keyed into LTAX Online because of this file, a sheet for each kind of event."""
    with session_of(desk.engine) as session:
        edition = desk.edition(session, number)
        layer = desk.layers.get(edition.layer)
        if layer is None or layer.yearly is None:
            raise UnknownFeature("ไฟล์ชนิดนี้ไม่มีรายการคีย์", "Files of this kind have no worklist")
        made = worklist_of(
            session, layer, edition, made_on=desk.now.astimezone(BANGKOK).date(),
            owners=(reading, asking) if owners else None,
        )  # fmt: skip
    out = BytesIO()
    write_worklist(made, out)
    name = f"worklist-{made.town}-{number}.xlsx"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue(), media_type=XLSX, headers=HEADERS | disposition)


def _pages(here: str, kept: dict[str, Any], numbers: list[int], start: int, left: int) -> Pages:
    """The ways on and back to the beginning: numbers are for good, places in a list are not."""
    more = left > len(numbers)
    return Pages(
        first=1, last=len(numbers), count=left, previous=with_query(here, **kept) if start > 1 else None,
        next=with_query(here, **kept, **{"from": numbers[-1] + 1}) if more and numbers else None,
    )  # fmt: skip


@router.post("/editions/{number}/accept", response_model=None, openapi_extra=fields(optional=("kind", "csrf")))
def accept_all(desk: TheEditionDesk, number: Number, form: WideForm) -> Response:
    """Accept all that is open, or all of one `kind`, in one transaction; of other layers the whole file is loaded."""
    desk.check(form)
    kind = form.get("kind", "").strip()
    _check_known(kind, KINDS)
    with session_of(desk.engine) as session:
        layer = desk.layers.get(desk.edition(session, number).layer)
    if layer is None:
        raise BadRequest(
            "ไฟล์ชนิดนี้มีไว้ตรวจเท่านั้น ไม่มีอะไรให้รับ", "Files of this kind are checked alone; there is nothing to accept"
        )
    if layer.yearly is None:
        report = loaded(
            desk.engine, desk.layers, number, files=desk.files, by=desk.me.login, origin="http", at=desk.now
        )
        return done(desk.request, f"/editions/{number}", edition=number, import_report=report.to_json())
    return _accepted(desk, number, Chosen(kinds=(kind,)) if kind else Chosen(), f"/editions/{number}")


@router.post("/editions/{number}/decide", response_model=None,
             openapi_extra=fields("do", optional=("back", "csrf")))  # fmt: skip
def decide(desk: TheEditionDesk, number: Number, form: WideForm) -> Response:
    """Accept or decline (`do`) the changes that are named: `n.1`, `n.7` …"""
    desk.check(form)
    with session_of(desk.engine) as session:
        desk.edition(session, number)
    numbers = sorted({_number(name) for name, value in form.items() if name.startswith("n.") and value.strip()})
    if not numbers:
        raise BadRequest("ยังไม่ได้เลือกรายการใด", "No change was chosen")
    back = local_path(form.get("back"), otherwise=f"/editions/{number}/changes")
    do = needed(form, "do")
    if do == "accept":
        return _accepted(desk, number, Chosen(numbers=tuple(numbers)), back)
    if do != "decline":
        raise BadRequest(f"do={do[:20]} ต้องเป็น accept หรือ decline", f"do={do[:20]} is neither accept nor decline")
    with session_of(desk.engine) as session:
        count = decline(session, number, numbers, by=desk.me.login, at=desk.now)
    return done(desk.request, back, declined=count)


def _number(name: str) -> int:
    written = name[2:]
    if not (written.isascii() and written.isdigit() and 0 < int(written) <= LARGEST):
        raise BadRequest(f"ไม่มีรายการ {name[:20]}", f"There is no change {name[:20]}")
    return int(written)


def _accepted(desk: TheEditionDesk, number: int, chosen: Chosen, back: str) -> Response:
    did = accepted(desk.engine, desk.layers, number, chosen, files=desk.files, by=desk.me.login, origin="http",
                   at=desk.now)  # fmt: skip
    if did.change_id is None and not did.already and not did.stale:
        raise OutOfTurn("ไม่มีรายการที่รออยู่", "There is nothing open to accept")
    told: dict[str, Any] = {"accepted": len(did.accepted), "stale": list(did.stale), "refused": list(did.refused),
            "already": did.already, "questions": did.questions, "change": did.change_id,
            "told": {"th": did.told.th, "en": did.told.en}}  # fmt: skip
    return done(desk.request, back, edition=number, **told)


@router.post("/editions/{number}/undo", response_model=None, openapi_extra=fields("change", optional=("csrf",)))
def undo(desk: TheEditionDesk, number: Number, form: WideForm) -> Response:
    """Take back a `change` that was accepted of this file, whole; rows that people touched since stay, and are told."""
    desk.check(form)
    change = needed(form, "change", most=20)
    if not (change.isascii() and change.isdigit() and int(change) < 2**63):
        raise BadRequest("change ต้องเป็นหมายเลข", "change is a number")
    act = Act(by=desk.me.login, origin="http", at=desk.now)
    with session_of(desk.engine) as session:
        desk.edition(session, number)
        if int(change) not in {one.id for one in carried(session, number)}:
            raise UnknownFeature(f"ไฟล์นี้ไม่มีการรับหมายเลข {change}", f"Nothing was accepted of this file by {change}")
        did = undone(session, desk.layers, int(change), act=act)
    told = {"change": did.change_id, "restored": did.restored, "brought_back": did.brought_back, "ended": did.ended,
            "left": did.left_in_all}  # fmt: skip
    return done(desk.request, f"/editions/{number}", edition=number, **told)
