"""The stewards' registers: what persons asked of the town, and what happened to their data; each with its clock.

They hold names and what was done: nobody but a town's stewards reads them, and nothing of them is in an address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from api.definition import JSON_OR_PAGE
from api.deps import Known, Now, PeopleSession, Steward, WritingEngine
from api.negotiation import format_of
from api.pages import page
from api.paging import ThePart
from api.people import cookies
from api.people.forms import SmallForm, fields, needed, ticked
from api.people.page_forms import PRIVATE, day_in, done, moment_in, town_in
from api.people.who import check_act
from geo.errors import BadRequest
from geo.people.grants import BANGKOK
from geo.store import registers
from geo.store.db import session_of
from geo.store.duties_tables import Incident, RegisterNote, SubjectRequest
from geo.store.registers import INCIDENT, KINDS, OUTCOMES, REQUEST

router = APIRouter(tags=["duties"], dependencies=[Known])

MOST_WORDS = 4000


@router.get("/requests", response_model=None, responses=JSON_OR_PAGE)
def list_requests(request: Request, me: Steward, session: PeopleSession, now: Now, part: ThePart) -> Response:
    """What persons asked of the steward's towns, the most urgent first."""
    entries, count = registers.requests(session, me.areas.towns, limit=part.limit, offset=part.offset)
    found = [_request(one, now) for one in entries]
    if format_of(request) == "json":
        return JSONResponse({"requests": found} | part.told(count), headers=PRIVATE)
    return page(request, "requests.html", headers=PRIVATE, requests=found, kinds=KINDS, outcomes=OUTCOMES,
                pages=part.of(count), towns=sorted(me.areas.towns), csrf=cookies.session_csrf(request))  # fmt: skip


@router.post("/requests", response_model=None, status_code=201,
             openapi_extra=fields("municipality", "kind", "subject", "asked",
                                  optional=("reached_by", "received_on", "csrf"), status=201))  # fmt: skip
def open_request(request: Request, form: SmallForm, me: Steward, engine: WritingEngine, now: Now) -> Response:
    """Write down what somebody asked; the clock of 30 days begins on the day it came."""
    check_act(request, form, me)
    came = day_in(form.get("received_on"), "received_on") or now.astimezone(BANGKOK).date()
    with session_of(engine) as session:
        made = registers.open_request(
            session, town_in(form, me), kind=needed(form, "kind"), subject=needed(form, "subject"),
            reached_by=_maybe(form, "reached_by"), asked=needed(form, "asked", most=MOST_WORDS), received_on=came,
            by=me.login, at=now,
        )  # fmt: skip
        number = made.id
    return done(request, f"/requests/{number}", status=201, id=number)


@router.get("/requests/{number}", response_model=None, responses=JSON_OR_PAGE)
def get_request(request: Request, number: int, me: Steward, session: PeopleSession, now: Now) -> Response:
    """One request, what was done about it, and the rows that were emptied for it."""
    found = registers.request_of(session, me.areas.towns, number)
    told = _request(found, now) | {
        "notes": [_note(one) for one in registers.notes(session, REQUEST, number)],
        "erased": [{"layer": layer, "id": fid} for layer, fid in registers.erased_for(session, number)],
    }
    if format_of(request) == "json":
        return JSONResponse(told, headers=PRIVATE)
    return page(request, "request.html", headers=PRIVATE, entry=told, kinds=KINDS, outcomes=OUTCOMES,
                erasing=registers.ERASING, csrf=cookies.session_csrf(request))  # fmt: skip


@router.post("/requests/{number}/notes", response_model=None, status_code=201,
             openapi_extra=fields("what", optional=("csrf",), status=201))  # fmt: skip
def note_request(
    request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """One more line about what was done."""
    check_act(request, form, me)
    with session_of(engine) as session:
        registers.request_of(session, me.areas.towns, number)
        registers.add_note(session, REQUEST, number, needed(form, "what", most=MOST_WORDS), by=me.login, at=now)
    return done(request, f"/requests/{number}", status=201)


@router.post("/requests/{number}/close", response_model=None,
             openapi_extra=fields("outcome", optional=("reason", "csrf")))  # fmt: skip
def close_request(
    request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """Answered: done, or refused with its reason."""
    check_act(request, form, me)
    with session_of(engine) as session:
        found = registers.request_of(session, me.areas.towns, number)
        registers.close_request(session, found, outcome=needed(form, "outcome"), reason=_maybe(form, "reason") or None,
                                by=me.login, at=now)  # fmt: skip
    return done(request, f"/requests/{number}")


@router.get("/incidents", response_model=None, responses=JSON_OR_PAGE)
def list_incidents(request: Request, me: Steward, session: PeopleSession, now: Now, part: ThePart) -> Response:
    """What happened to the data of the steward's towns, the most urgent first."""
    entries, count = registers.incidents(session, me.areas.towns, limit=part.limit, offset=part.offset)
    found = [_incident(one, now) for one in entries]
    if format_of(request) == "json":
        return JSONResponse({"incidents": found} | part.told(count), headers=PRIVATE)
    return page(request, "incidents.html", headers=PRIVATE, incidents=found, pages=part.of(count),
                towns=sorted(me.areas.towns), csrf=cookies.session_csrf(request))  # fmt: skip


@router.post(
    "/incidents", response_model=None, status_code=201,
    openapi_extra=fields("municipality", "what", "data", status=201,
                         optional=("people", "is_high_risk", "known_on", "known_time", "csrf")),
)  # fmt: skip
def open_incident(request: Request, form: SmallForm, me: Steward, engine: WritingEngine, now: Now) -> Response:
    """Write down what happened; the clock of 72 hours begins when the town knew."""
    check_act(request, form, me)
    with session_of(engine) as session:
        made = registers.open_incident(
            session, town_in(form, me), known_at=moment_in(form.get("known_on"), form.get("known_time"), now=now),
            what=needed(form, "what", most=MOST_WORDS), data=needed(form, "data", most=MOST_WORDS),
            people=_people(form), is_high_risk=ticked(form, "is_high_risk"), by=me.login, at=now,
        )  # fmt: skip
        number = made.id
    return done(request, f"/incidents/{number}", status=201, id=number)


@router.get("/incidents/{number}", response_model=None, responses=JSON_OR_PAGE)
def get_incident(request: Request, number: int, me: Steward, session: PeopleSession, now: Now) -> Response:
    """One incident, and what was done about it."""
    found = registers.incident_of(session, me.areas.towns, number)
    told = _incident(found, now) | {"notes": [_note(one) for one in registers.notes(session, INCIDENT, number)]}
    if format_of(request) == "json":
        return JSONResponse(told, headers=PRIVATE)
    return page(request, "incident.html", headers=PRIVATE, entry=told, csrf=cookies.session_csrf(request))


@router.post("/incidents/{number}/notes", response_model=None, status_code=201,
             openapi_extra=fields("what", optional=("csrf",), status=201))  # fmt: skip
def note_incident(
    request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """One more line about what was done."""
    check_act(request, form, me)
    with session_of(engine) as session:
        registers.incident_of(session, me.areas.towns, number)
        registers.add_note(session, INCIDENT, number, needed(form, "what", most=MOST_WORDS), by=me.login, at=now)
    return done(request, f"/incidents/{number}", status=201)


@router.post("/incidents/{number}/office-told", response_model=None, openapi_extra=fields(optional=("csrf",)))
def tell_office(
    request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """The Office was told: its clock stops."""
    return _told(request, number, form, me, engine, now, registers.office_told)


@router.post("/incidents/{number}/people-told", response_model=None, openapi_extra=fields(optional=("csrf",)))
def tell_people(
    request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """Those concerned were told."""
    return _told(request, number, form, me, engine, now, registers.people_told)


def _told(request: Request, number: int, form: dict[str, str], me: Any, engine: Any, now: dt.datetime,
          tell: Callable[..., None]) -> Response:  # fmt: skip
    check_act(request, form, me)
    with session_of(engine) as session:
        tell(session, registers.incident_of(session, me.areas.towns, number), by=me.login, at=now)
    return done(request, f"/incidents/{number}")


@router.post("/incidents/{number}/close", response_model=None, openapi_extra=fields(optional=("reason", "csrf")))
def close_incident(
    request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """Over; where somebody was not told, with the reason why not."""
    check_act(request, form, me)
    with session_of(engine) as session:
        found = registers.incident_of(session, me.areas.towns, number)
        registers.close_incident(session, found, reason=_maybe(form, "reason") or None, by=me.login, at=now)
    return done(request, f"/incidents/{number}")


def _maybe(form: dict[str, str], name: str) -> str:
    return needed(form, name, most=MOST_WORDS) if form.get(name, "").strip() else ""


def _people(form: dict[str, str]) -> int | None:
    written = form.get("people", "").strip()
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and len(written) < 9):
        raise BadRequest("people ต้องเป็นจำนวนเต็ม", "people is a whole number")
    return int(written)


def _request(one: SubjectRequest, now: dt.datetime) -> dict[str, Any]:
    left = (one.due_on - now.astimezone(BANGKOK).date()).days
    return {
        "id": one.id, "municipality": one.municipality, "kind": one.kind, "subject": one.subject,
        "reached_by": one.reached_by, "asked": one.asked, "received_on": one.received_on.isoformat(),
        "due_on": one.due_on.isoformat(), "days_left": left if one.closed_at is None else None,
        "overdue": registers.is_overdue(one, now), "made_by": one.made_by, "closed_at": _moment(one.closed_at),
        "closed_by": one.closed_by, "outcome": one.outcome, "reason": one.reason,
    }  # fmt: skip


def _incident(one: Incident, now: dt.datetime) -> dict[str, Any]:
    running = one.closed_at is None and one.office_told_at is None
    left = int((one.due_at - now).total_seconds() // 3600)
    return {
        "id": one.id, "municipality": one.municipality, "known_at": _moment(one.known_at),
        "due_at": _moment(one.due_at), "hours_left": left if running else None,
        "overdue": registers.is_overdue(one, now), "what": one.what,
        "data": one.data, "people": one.people, "is_high_risk": one.is_high_risk, "made_by": one.made_by,
        "office_told_at": _moment(one.office_told_at), "people_told_at": _moment(one.people_told_at),
        "closed_at": _moment(one.closed_at), "closed_by": one.closed_by, "reason": one.reason,
    }  # fmt: skip


def _note(one: RegisterNote) -> dict[str, Any]:
    return {"at": _moment(one.made_at), "by": one.made_by, "what": one.what}


def _moment(at: dt.datetime | None) -> str | None:
    return at.astimezone(BANGKOK).isoformat(timespec="minutes") if at else None
