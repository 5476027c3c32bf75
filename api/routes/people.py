"""The stewards' pages: who is here, what they were granted, and everything that changes it.

A steward governs the persons and grants of the own towns and learns nothing of others: what is not governed is not
found. What touches a whole account (a reset, a closing) is done only where no other town granted anything to it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api.definition import JSON_OR_PAGE
from api.deps import Known, Now, PeopleSession, SignedIn, Steward, WritingEngine
from api.links import base_of
from api.negotiation import format_of, wants_html
from api.pages import page
from api.paging import ThePart
from api.people import cookies
from api.people.forms import SmallForm, fields, needed, ticked
from api.people.views import events_json, person_json
from api.people.who import check_act
from api.people.words import audience_in, check_fits, login_in, until_in
from api.routes.sign_in import PRIVATE
from geo.errors import BadRequest, NotYours, UnknownPerson
from geo.people.areas import AreaKind
from geo.people.grants import BY_NAME, GRANTED, Grant
from geo.store import people
from geo.store.db import session_of
from geo.store.people import KeptGrant
from geo.store.people_areas import places_in
from geo.store.people_tables import Person
from geo.store.read import KEY_LIMIT

router = APIRouter(tags=["people"], dependencies=[Known])

# In the list; a person's own page has all of them.
MOST_GRANTS = 3


@router.get("/people", response_model=None, responses=JSON_OR_PAGE)
def list_people(request: Request, me: Steward, session: PeopleSession, now: Now, part: ThePart) -> Response:
    """Everybody whom the steward's towns granted something, by their login names."""
    shown, count = people.governed(session, me.areas.towns, limit=part.limit, offset=part.offset)
    grants = people.grants_of(session, among=[one.id for one in shown])
    found = [person_json(one, _governed(grants.get(one.id, []), me), now) for one in shown]
    rules = [{"municipality": town, "audience": audience.value} for town, audience in sorted(people.totp_rules(session))
             if town in me.areas.towns]  # fmt: skip
    if format_of(request) == "json":
        told = {"people": found, "one_time_codes_required": rules}
        return JSONResponse(told | part.told(count), headers=PRIVATE)
    return page(request, "people.html", headers=PRIVATE, people=found, rules=rules, pages=part.of(count),
                most_grants=MOST_GRANTS, towns=sorted(me.areas.towns),
                **_choices(request, session, me))  # fmt: skip


@router.post(
    "/people", response_model=None, status_code=201,
    openapi_extra=fields("login", "name", "audience", "place", optional=("until", "csrf"), status=201),
)  # fmt: skip
def invite_person(request: Request, form: SmallForm, me: Steward, engine: WritingEngine, now: Now) -> Response:
    """Invite somebody with a first grant; the answer shows the link, once."""
    check_act(request, form, me)
    login, name = login_in(needed(form, "login", most=64)), " ".join(needed(form, "name", most=120).split())
    with session_of(engine) as session:
        grant = _grant(session, form, me)
        person = people.add_person(session, login=login, name=name, by=me.login, at=now)
        _give(session, person, grant, me, now)
        code = people.invite(session, person, people.INVITE, by=me.login, at=now)
        number = person.id
    return _with_link(request, me, number, code, now)


@router.get("/people/{number}", response_model=None, responses=JSON_OR_PAGE)
def get_person(request: Request, number: int, me: Steward, session: PeopleSession, now: Now) -> Response:
    """One account, its grants in the steward's towns, and what was done to it."""
    return _person_page(request, session, me, number, now)


def _person_page(request: Request, session: Session, me: SignedIn, number: int, now: dt.datetime,
                 *, status: int = 200, link: str | None = None) -> Response:  # fmt: skip
    person = _person(session, me, number)
    kept = people.grants_of(session, person=number).get(number, [])
    told = person_json(person, _governed(kept, me), now)
    told["whole"] = _governs_all(session, me, number)
    told["events"] = events_json(people.events_of(session, number)) if told["whole"] else []
    if not wants_html(request):
        return JSONResponse(told | ({"link": link} if link else {}), status, PRIVATE)
    return page(request, "person.html", status_code=status, headers=PRIVATE, person=told, link=link,
                myself=number == me.person_id, **_choices(request, session, me))  # fmt: skip


def _with_link(request: Request, me: SignedIn, number: int, code: str, now: dt.datetime) -> Response:
    link = f"{base_of(request)}/invitations/{code}"
    with session_of(request.app.state.people) as session:
        return _person_page(request, session, me, number, now, status=201, link=link)


@router.post("/people/{number}/password-reset", response_model=None, status_code=201,
             openapi_extra=fields(optional=("csrf",), status=201))  # fmt: skip
def reset_password(
    request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """End the old password and everything signed in with it; the answer shows the link to a new one, once."""
    check_act(request, form, me)
    with session_of(engine) as session:
        person = _account(session, me, number)
        kind = people.RESET if person.password_hash else people.INVITE
        code = people.invite(session, person, kind, by=me.login, at=now)
    return _with_link(request, me, number, code, now)


@router.post("/people/{number}/disable", response_model=None, openapi_extra=fields(optional=("csrf",)))
def disable_person(
    request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """Close an account at once."""
    return _set_disabled(request, number, form, me, engine, now, disabled=True)


@router.post("/people/{number}/enable", response_model=None, openapi_extra=fields(optional=("csrf",)))
def enable_person(
    request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """Open an account again; what was signed in before stays out."""
    return _set_disabled(request, number, form, me, engine, now, disabled=False)


def _set_disabled(request: Request, number: int, form: dict[str, str], me: SignedIn, engine: Any, now: dt.datetime,
                  *, disabled: bool) -> Response:  # fmt: skip
    check_act(request, form, me)
    if disabled and number == me.person_id:
        raise BadRequest("ปิดบัญชีของตนเองไม่ได้", "You cannot close your own account")
    with session_of(engine) as session:
        people.set_disabled(session, _account(session, me, number), disabled, by=me.login, at=now)
    return _back(request, number)


@router.post("/people/{number}/totp/end", response_model=None, openapi_extra=fields(optional=("csrf",)))
def end_totp(request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now) -> Response:
    """For a lost telephone: end the one-time codes, and everything that is signed in."""
    check_act(request, form, me)
    with session_of(engine) as session:
        people.set_totp(session, _account(session, me, number), None, step=None, by=me.login, at=now)
        people.end_credentials(session, number, at=now)
    return _back(request, number)


@router.post("/people/{number}/grants", response_model=None,
             openapi_extra=fields("audience", "place", optional=("until", "csrf")))  # fmt: skip
def add_grant(request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now) -> Response:
    """Grant an audience in an area, until the end of a day or for good."""
    check_act(request, form, me)
    with session_of(engine) as session:
        person = _person(session, me, number)
        _give(session, person, _grant(session, form, me), me, now)
    return _back(request, number)


@router.post("/people/{number}/grants/{grant}/end", response_model=None, openapi_extra=fields(optional=("csrf",)))
def end_grant(
    request: Request, number: int, grant: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """Take a grant away; it is over with the next request."""
    check_act(request, form, me)
    with session_of(engine) as session:
        _person(session, me, number)
        kept = _governed(people.grants_of(session, person=number).get(number, []), me)
        found = next((one for one in kept if one.id == grant), None)
        if found is None:
            raise UnknownPerson("ไม่พบสิทธิ์นี้", "There is no such grant")
        people.end_grant(session, found, person=number, by=me.login, at=now)
    return _back(request, number)


@router.post("/people/totp-rules", response_model=None,
             openapi_extra=fields("municipality", "audience", optional=("required", "csrf")))  # fmt: skip
def set_totp_rule(request: Request, form: SmallForm, me: Steward, engine: WritingEngine, now: Now) -> Response:
    """Ask for one-time codes from everybody who speaks for an audience of a town, or no longer."""
    check_act(request, form, me)
    town = needed(form, "municipality")
    if town not in me.areas.towns:
        raise UnknownPerson("ไม่พบเทศบาลนี้ในความดูแลของท่าน", "There is no such municipality in your care")
    with session_of(engine) as session:
        people.set_totp_rule(
            session, town, audience_in(needed(form, "audience")), ticked(form, "required"), by=me.login, at=now
        )
    return _back(request, None)


def _back(request: Request, number: int | None) -> Response:
    path = "/people" if number is None else f"/people/{number}"
    return (
        RedirectResponse(path, 303, PRIVATE) if wants_html(request) else JSONResponse({"done": True}, headers=PRIVATE)
    )


def _governed(kept: list[KeptGrant], me: SignedIn) -> list[KeptGrant]:
    return [one for one in kept if one.grant.towns & me.areas.towns]


def _governs(grant: Grant, me: SignedIn) -> bool:
    # A shared area lies in several towns, and a grant there shows all of them: each of them would have to agree.
    return bool(grant.towns) and grant.towns <= me.areas.towns


def _person(session: Session, me: SignedIn, number: int) -> Person:
    # A number that no row can have is none to the database either.
    is_one = 0 < number <= KEY_LIMIT
    found = people.governed(session, me.areas.towns, number=number)[0] if is_one else []
    if not found:
        raise UnknownPerson("ไม่พบบุคคลนี้", "There is no such person")
    return found[0]


def _governs_all(session: Session, me: SignedIn, number: int) -> bool:
    ever = people.grants_of(session, person=number, ended_too=True).get(number, [])
    return all(_governs(one.grant, me) for one in ever)


def _account(session: Session, me: SignedIn, number: int) -> Person:
    person = _person(session, me, number)
    # Whoever can reset an account can become it: a town's steward must not become another town's officer.
    if person.is_demo or not _governs_all(session, me, number):
        raise NotYours(
            "บัญชีนี้มีสิทธิ์ในเทศบาลอื่นหรือเป็นบัญชีตัวอย่าง ให้ผู้ดูแลเครื่องใช้คำสั่ง atlas user",
            "This account holds grants of another town, or is a demo account; `atlas user` on the server can do it",
        )
    return person


def _give(session: Session, person: Person, grant: Grant, me: SignedIn, now: dt.datetime) -> None:
    if grant.audience in BY_NAME and person.id == me.person_id:
        raise NotYours("ให้สิทธิ์ care หรือ tax แก่ตนเองไม่ได้", "Nobody grants `care` or `tax` to themselves")
    if grant.ends is not None and grant.ends <= now:
        raise BadRequest("วันสุดท้ายผ่านไปแล้ว", "The last day is over already")
    people.add_grant(session, person, grant, by=me.login, at=now)


def _grant(session: Session, form: dict[str, str], me: SignedIn) -> Grant:
    audience = audience_in(needed(form, "audience"))
    kind, _, area = needed(form, "place").partition(":")
    if kind not in list(AreaKind):
        raise BadRequest(
            "place ต้องเป็น municipality:รหัส community:เลข หรือ shared_area:เลข",
            "place is municipality:CODE, community:ID or shared_area:ID",
        )
    grant = people.grant_in(session, audience, AreaKind(kind), area, until_in(form.get("until")))
    if not _governs(grant, me):
        raise UnknownPerson(f"ไม่มีพื้นที่ {kind} {area[:20]!r}", f"There is no {kind} {area[:20]!r}")
    check_fits(audience, grant.kind)
    return grant


def _choices(request: Request, session: Session, me: SignedIn) -> dict[str, Any]:
    places = [{"value": f"{kind}:{area}", "kind": kind.value, "name": name}
              for kind, area, name in places_in(session, me.areas.towns)]  # fmt: skip
    return {"audiences": [one.value for one in GRANTED], "places": places, "csrf": cookies.session_csrf(request)}
