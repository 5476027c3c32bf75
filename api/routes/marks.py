"""Marks (risks, potentials): made, changed, and taken from step to step of their life by those who answer for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from api.answers import PRIVATE
from api.bodies import GEOJSON, JSON, MERGE_PATCH, body_of, check_kind, document_in
from api.conditions import condition_of
from api.definition import JSON_ONLY, JSON_OR_PAGE, answers
from api.deps import Known, MaybeSignedIn, NamedLayer, Now, PeopleSession, key_of
from api.errors import problem_json
from api.layers import layers_of
from api.links import base_of
from api.mark_page import mark_page
from api.mark_told import step_json, told_mark
from api.marking import MARKERS, TheMarkDesk, fillable, living, mark_of
from api.negotiation import format_of
from api.routes.writes import OF_A_NEW_ONE, with_headers
from api.writing import done, problems_of, told_of
from geo.errors import NotYours
from geo.intake.checking import Checked, checked
from geo.intake.features import part, whole
from geo.intake.work import Action
from geo.layer import Audience, Field, Layer
from geo.life import STATUS, life_of
from geo.render.popup import code_lists, field_words, pair
from geo.store import marks
from geo.store.changing import changed

router = APIRouter(tags=["marks"], dependencies=[Known])

HEADERS = {"Cache-Control": PRIVATE}
_DONE = answers(JSON)
_MADE = answers(JSON, status=201)


async def _feature_body(request: Request, _: TheMarkDesk) -> bytes:
    check_kind(request, (GEOJSON, JSON))
    return await body_of(request)


async def _patch_body(request: Request, _: TheMarkDesk) -> bytes:
    check_kind(request, (MERGE_PATCH, JSON))
    return await body_of(request)


FeatureBody = Annotated[bytes, Depends(_feature_body)]
PatchBody = Annotated[bytes, Depends(_patch_body)]


def _taking(*kinds: str) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {kind: {"schema": {"type": "object"}} for kind in kinds}}}


@router.get("/marks/forms", response_model=None, responses=JSON_ONLY)
def get_forms(request: Request, me: MaybeSignedIn) -> JSONResponse:
    """What a form of marks is made from: its fields with their code lists, and the life that follows.

    The same for everybody who marks, so that a telephone can keep it; to others (`may_mark` is false) no column is
    named that they do not see.
    """
    may_mark = me is not None and me.audience in MARKERS
    living_ones = [layer for layer in layers_of(request).here.values() if life_of(layer)]
    fields = [words for layer in living_ones for words in (*_filled(layer, may_mark), *_of_steps(layer))]
    body = {
        "may_mark": may_mark,
        "layers": [_form_of(layer, may_mark) for layer in living_ones],
        "codes": code_lists(fields),
    }
    return JSONResponse(body, headers=HEADERS)


def _filled(layer: Layer, may_mark: bool) -> list[Field]:
    return [one for one in fillable(layer).values() if may_mark or one.audience is Audience.PUBLIC]


def _form_of(layer: Layer, may_mark: bool) -> dict[str, Any]:
    life = living(layer)
    return {
        "id": layer.id, "title": pair(layer.title), "kinds": list(layer.shape.kinds),
        "fields": [field_words(one) for one in _filled(layer, may_mark)],
        "step_fields": [field_words(one) for one in _of_steps(layer)],
        "life": {"states": [vars(one) for one in life.states], "steps": [step_json(one) for one in life.steps]},
    }  # fmt: skip


def _of_steps(layer: Layer) -> list[Field]:
    names = dict.fromkeys(name for step in living(layer).steps for name in step.columns())
    return [layer.fields[name] for name in names]


@router.post("/marks/{collection}/check", response_model=None, responses=JSON_ONLY,
             openapi_extra=_taking(GEOJSON, JSON))  # fmt: skip
def check_mark(desk: TheMarkDesk, body: FeatureBody) -> JSONResponse:
    """What would be said of a shape if it were sent: its size, its town and community, and all that is wrong."""
    document = document_in(body)
    action = whole("create", document, condition=condition_of(desk.request), handling=desk.wants.handling)

    def work(session: Session) -> Checked:
        return checked(session, desk.layer, layers_of(desk.request).here, action, desk.editor)

    found = changed(desk.engine, work)
    told = {name: value for name, value in vars(found).items() if name != "problems"}
    problems = [problem_json(one) for one in found.problems]
    return JSONResponse({"ok": not found.is_refused, **told, "problems": problems}, headers=HEADERS)


@router.post("/marks/{collection}", status_code=201, response_model=None, responses=_MADE,
             openapi_extra=_taking(GEOJSON, JSON) | with_headers(*OF_A_NEW_ONE))  # fmt: skip
def make_mark(desk: TheMarkDesk, body: FeatureBody) -> Response:
    """Mark something: a draft of one's own, or reported at once. Sent again under its key it is not made twice."""
    document = document_in(body)
    action = whole("create", document, condition=condition_of(desk.request), handling=desk.wants.handling)
    if not isinstance(document.get("properties"), dict) or STATUS not in document["properties"]:
        action = _reported(action)
    came = done(desk, body, [action], status=201)
    (outcome,) = came.outcomes
    path = f"{desk.path}/{outcome.id}"
    told = {"id": outcome.id, "layer": desk.layer.id, "version": outcome.version, "page": path,
            "kept_at": outcome.changed_at.isoformat()}  # fmt: skip
    headers = {**told_of(came), "Location": base_of(desk.request) + path, "ETag": f'"{outcome.version}"'}
    return JSONResponse(told | problems_of(came), 201, headers)


def _reported(action: Action) -> Action:
    return replace(action, properties={**action.properties, STATUS: "reported"})


@router.get("/marks/{collection}/{fid}", response_model=None, responses=JSON_OR_PAGE)
def get_mark(
    request: Request, layer: NamedLayer, fid: str, me: MaybeSignedIn, people: PeopleSession, now: Now
) -> Response:
    """A mark: what it says, where it is in its life, and for its own people what was done and by whom."""
    wanted = format_of(request)
    mark = mark_of(request, layer, key_of(layer, fid), me)
    if wanted == "html":
        return mark_page(request, mark, me, people, now)
    return JSONResponse(told_mark(mark, me, people, now), headers={**HEADERS, "ETag": f'"{mark.version}"'})


@router.patch("/marks/{collection}/{fid}", response_model=None, responses=_DONE,
              openapi_extra=_taking(MERGE_PATCH, JSON) | with_headers("If-Match", "Content-Crs", "Prefer",
                                                                      "Idempotency-Key"))  # fmt: skip
def change_mark(desk: TheMarkDesk, fid: str, body: PatchBody, people: PeopleSession) -> Response:
    """Change what a mark says: its layer's editors, and whoever made it until it is inspected."""
    number = key_of(desk.layer, fid)
    mark = mark_of(desk.request, desk.layer, number, desk.me)
    if not mark.may_change(desk.writer):
        raise NotYours("แก้รายการนี้ไม่ได้ด้วยสิทธิ์ที่มี", "Your grant does not cover changes to this mark")
    marks.check_not_open(people, desk.layer, number, by=desk.me.login, at=desk.now)
    action = part(document_in(body), fid=number, condition=condition_of(desk.request), handling=desk.wants.handling)
    came = done(desk, body, [action], status=200)
    (outcome,) = came.outcomes
    told = {"id": outcome.id, "layer": desk.layer.id, "version": outcome.version}
    return JSONResponse(told | problems_of(came), headers={**told_of(came), "ETag": f'"{outcome.version}"'})


@router.delete("/marks/{collection}/{fid}", status_code=204, response_model=None,
               responses={204: {"description": "The draft is gone from the map; it stays in the history"}},
               openapi_extra=with_headers("If-Match"))  # fmt: skip
def drop_draft(desk: TheMarkDesk, fid: str) -> Response:
    """Take back a draft of one's own."""
    number = key_of(desk.layer, fid)
    mark = mark_of(desk.request, desk.layer, number, desk.me)
    if not (mark.is_mine and mark.state == "draft"):
        raise NotYours("ถอนได้เฉพาะร่างของตนเอง", "Only a draft of one's own can be taken back")
    came = done(desk, b"", [Action(do="delete", fid=number, condition=condition_of(desk.request))], status=204)
    return Response(None, 204, told_of(came))
