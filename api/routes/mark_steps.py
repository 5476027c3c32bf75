"""What people do with a mark: the steps of its life, having it open, seeing to it, and a word about it.

Each takes JSON from a program and a form from a page; a form that is refused is answered by the page with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api.answers import PRIVATE
from api.bodies import JSON, body_of, check_kind, document_in
from api.conditions import condition_of
from api.definition import form_answers
from api.deps import Known, PeopleSession, TheSettings, WritingEngine, key_of
from api.mark_forms import refused, said_in
from api.mark_page import mark_page
from api.mark_told import moment
from api.marking import Mark, MarkDesk, TheMarkDesk, mark_of
from api.negotiation import wants_html
from api.people.forms import FORM, FormSent, needed
from geo.errors import AtlasError, BadRequest, NeedsCondition, NotYours, RefusedFeature, UnknownFeature, UnknownLayer
from geo.intake.living import LONGEST_REASON, Stepping, take
from geo.layer import Audience, Layer
from geo.store import citizens, marks, photos
from geo.store.changing import changed
from geo.store.db import session_of
from geo.store.waiting import officers
from geo.store.write import Act

router = APIRouter(tags=["marks"], dependencies=[Known, FormSent])

HEADERS = {"Cache-Control": PRIVATE}
MOST_WORDS = 2_000
NOT_HERE = NotYours("ทำได้เฉพาะเจ้าหน้าที่และกรรมการชุมชนของพื้นที่นี้", "This is for the officers and committees of this area")


async def _said(request: Request, _: TheMarkDesk) -> dict[str, Any]:
    form: dict[str, str] | None = getattr(request.state, "form", None)
    if form is not None:
        return said_in(form)
    if not request.headers.get("content-type") and request.headers.get("content-length", "0") == "0":
        return {}
    check_kind(request, (JSON, FORM))
    said = document_in(await body_of(request))
    if not isinstance(said, dict):
        raise BadRequest("ต้องเป็น object ของ JSON", "the body must be a JSON object")
    return said


Said = Annotated[dict[str, Any], Depends(_said)]


def _taking(*names: str, is_open: bool = False, if_match: bool = False) -> dict[str, Any]:
    """The body of a route here, as JSON or a form; `is_open` where the columns of a layer may be said too."""
    told: dict[str, Any] = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    if is_open:
        told["additionalProperties"] = True
    body = {"required": False, "content": {kind: {"schema": told} for kind in (JSON, FORM)}}
    header = {"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"}}
    return {"requestBody": body, "responses": form_answers(200), **({"parameters": [header]} if if_match else {})}


def _answered(desk: MarkDesk, fid: str, act: str, people: Session, work: Callable[[], dict[str, Any]]) -> Response:
    """What came of it: JSON for a program; for a browser the page, with what is wrong and what was typed."""
    try:
        told = work()
    except (UnknownFeature, UnknownLayer):
        raise
    except AtlasError as error:
        if not wants_html(desk.request):
            raise
        sent = refused(error, act, getattr(desk.request.state, "form", {}))
        mark = mark_of(desk.request, desk.layer, key_of(desk.layer, fid), desk.me)
        return mark_page(desk.request, mark, desk.me, people, desk.now, sent=sent)
    if wants_html(desk.request):
        return RedirectResponse(f"{desk.path}/{key_of(desk.layer, fid)}", 303, HEADERS)
    tag = {"ETag": f'"{told["version"]}"'} if "version" in told else {}
    return JSONResponse(told, headers=HEADERS | tag)


@router.post("/marks/{collection}/{fid}/steps/{step}", response_model=None,
             openapi_extra=_taking("reason", "version", "original", "csrf", is_open=True, if_match=True))  # fmt: skip
def take_step(desk: TheMarkDesk, fid: str, step: str, said: Said, people: PeopleSession) -> Response:
    """One step of a mark's life: its fields, `reason` where it is needed, and which version was seen."""
    return _answered(desk, fid, step, people, lambda: stepped(desk, key_of(desk.layer, fid), step, said, people))


def stepped(desk: MarkDesk, fid: int, step: str, said: Mapping[str, Any], people: Session) -> dict[str, Any]:
    """Take the step as the desk's person; the version is said by `If-Match` or by `version`."""
    # Who has it open is told to those alone who may see it.
    mark = mark_of(desk.request, desk.layer, fid, desk.me)
    marks.check_not_open(people, desk.layer, fid, by=desk.me.login, at=desk.now)
    words = {name: value for name, value in said.items() if name not in ("reason", "version", "csrf")}
    reason = said.get("reason")
    if reason is not None and (not isinstance(reason, str) or len(reason) > LONGEST_REASON):
        raise RefusedFeature(
            f"reason: ไม่เกิน {LONGEST_REASON:,} ตัวอักษร", f"reason: at most {LONGEST_REASON:,} characters"
        )
    act = Act(by=desk.writer.name, origin="http", at=desk.now, reason=(reason or "").strip() or None)
    who = Stepping(login=desk.me.login, audience=desk.me.audience, areas=desk.me.areas, made_by=mark.authors,
                   has_photo=_has_photo(people, desk.layer, fid))  # fmt: skip
    expected, original = _expected(desk, said, mark), _original(desk, words.get("original"), fid)

    def work(session: Session) -> dict[str, Any]:
        taken = take(session, desk.layer, fid, step, said=words, act=act, who=who, expected_version=expected,
                     is_original=original)  # fmt: skip
        return {"id": fid, "layer": desk.layer.id, "version": taken.version, "state": taken.state}

    return changed(desk.engine, work)


def _expected(desk: MarkDesk, said: Mapping[str, Any], mark: Mark) -> int:
    condition = condition_of(desk.request)
    if condition.versions is not None:
        return next(iter(condition.versions), 0)
    version = said.get("version")
    if isinstance(version, str) and version.isascii() and version.isdigit() and len(version) < 10:
        version = int(version)
    if isinstance(version, int) and not isinstance(version, bool):
        return version
    raise NeedsCondition("ต้องบอกรุ่นที่เห็น (If-Match หรือ version)", "Say which version you saw (If-Match, or `version`)")


def _original(desk: MarkDesk, number: Any, fid: int) -> bool:
    """Whether the mark that this one is said to repeat is one that the person sees."""
    if number is None or str(number) == str(fid):
        return False
    try:
        mark_of(desk.request, desk.layer, key_of(desk.layer, str(number)), desk.me)
    except UnknownFeature:
        return False
    return True


def _has_photo(people: Session, layer: Layer, fid: int) -> bool:
    """Whether there is a photograph that one of the town's people added since the mark came into its state."""
    since, found = marks.in_state_since(people, layer, fid), photos.live(people, layer, [fid])
    return any(photo.made_by != citizens.BY and (since is None or photo.made_at >= since) for photo in found)


@router.post("/marks/{collection}/{fid}/open", response_model=None, openapi_extra=_taking("csrf"))
def open_to_change(desk: TheMarkDesk, fid: str, said: Said, people: PeopleSession, engine: WritingEngine) -> Response:
    """Take a mark to change it, for half an hour; others see by whom (423 while somebody else has it)."""

    def work() -> dict[str, Any]:
        mark = _changeable(desk, fid)
        with session_of(engine) as session:
            until = marks.open_mark(session, desk.layer, mark.id, by=desk.me.login, at=desk.now)
        return {"until": moment(until), "version": mark.version}

    return _answered(desk, fid, "open", people, work)


@router.post("/marks/{collection}/{fid}/let-go", response_model=None, openapi_extra=_taking("csrf"))
def let_go(desk: TheMarkDesk, fid: str, said: Said, people: PeopleSession, engine: WritingEngine) -> Response:
    """Give it back before the half hour is over."""

    def work() -> dict[str, Any]:
        with session_of(engine) as session:
            marks.let_go(session, desk.layer, key_of(desk.layer, fid), by=desk.me.login)
        return {"done": True}

    return _answered(desk, fid, "let-go", people, work)


def _changeable(desk: MarkDesk, fid: str) -> Mark:
    mark = mark_of(desk.request, desk.layer, key_of(desk.layer, fid), desk.me)
    if not (mark.may_change(desk.writer) or any(may for _, may in mark.steps(desk.me))):
        raise NotYours("แก้รายการนี้ไม่ได้ด้วยสิทธิ์ที่มี", "Your grant does not cover changes to this mark")
    return mark


def _of_the_area(desk: MarkDesk, fid: str) -> Mark:
    """The mark, for whoever is of its area; to others who may see it the answer is no."""
    mark = mark_of(desk.request, desk.layer, key_of(desk.layer, fid), desk.me)
    if not mark.is_inside:
        raise NOT_HERE
    return mark


@router.post("/marks/{collection}/{fid}/comments", response_model=None, openapi_extra=_taking("words", "csrf"))
def add_comment(desk: TheMarkDesk, fid: str, said: Said, people: PeopleSession, engine: WritingEngine) -> Response:
    """A word about a mark, for the members of its area; at most 2,000 characters."""

    def work() -> dict[str, Any]:
        mark = _of_the_area(desk, fid)
        words = needed(_words_in(said), "words", most=MOST_WORDS)
        with session_of(engine) as session:
            number = marks.say(session, desk.layer, mark.id, words, by=desk.me.login, at=desk.now)
        return {"done": True, "id": number}

    return _answered(desk, fid, "comments", people, work)


@router.post("/marks/{collection}/{fid}/duty", response_model=None, openapi_extra=_taking("person", "csrf"))
def give_duty(
    desk: TheMarkDesk, fid: str, said: Said, people: PeopleSession, engine: WritingEngine, settings: TheSettings
) -> Response:
    """Say who is to see to a mark next: a `person` of the municipality's staff there, or nobody (empty)."""

    def work() -> dict[str, Any]:
        mark = _of_the_area(desk, fid)
        if desk.me.audience is not Audience.STAFF:
            raise NotYours("มอบหมายได้เฉพาะเจ้าหน้าที่เทศบาล", "Assigning is for the municipality's officers")
        person = _words_in(said).get("person", "").strip() or None
        words = mark.feature["properties"]
        known = officers(people, town=words.get("municipality"), community=words.get("community_id"), at=desk.now,
                         demo=settings.demo)  # fmt: skip
        if person is not None and person not in {login for login, _ in known}:
            raise BadRequest("ไม่มีเจ้าหน้าที่คนนี้ในพื้นที่ของรายการ", "There is no such officer where this lies")
        with session_of(engine) as session:
            marks.assign(session, desk.layer, mark.id, person, by=desk.me.login, at=desk.now)
        return {"done": True, "person": person}

    return _answered(desk, fid, "duty", people, work)


def _words_in(said: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in said.items() if isinstance(value, str)}
