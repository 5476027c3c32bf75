"""The stewards' page of editions: what the public was told of each layer of squares, the next one, and taking one back.

Counting for the next edition and saying who made the last ones is the owner's, as accounts are: no role that reads has
a right to either. What leaves here are numbers of squares, for whoever governs the town.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from api.definition import JSON_OR_PAGE
from api.deps import Known, Now, PeopleSession, Steward, WritingEngine
from api.layers import layers_of
from api.negotiation import format_of, wants_html
from api.pages import page
from api.people import cookies
from api.people.forms import SmallForm, fields, needed
from api.people.views import town_names
from api.people.who import SignedIn, check_act
from api.routes.sign_in import PRIVATE
from geo.errors import BadRequest, Text, UnknownPerson
from geo.layer import Layer
from geo.people.grants import BANGKOK
from geo.store.db import session_of
from geo.store.editions import Listed, editions
from geo.store.releases import numbered, preview, release, withdraw

router = APIRouter(tags=["people"], dependencies=[Known])

STATES = {
    "holds": Text("ใช้อยู่", "Holds"), "superseded": Text("มีรุ่นใหม่กว่า", "Superseded"),
    "withdrawn": Text("ถอนแล้ว", "Withdrawn"),
}  # fmt: skip


@router.get("/releases", response_model=None, responses=JSON_OR_PAGE)
def list_releases(request: Request, me: Steward, session: PeopleSession) -> Response:
    """The editions of the steward's towns, and what the next ones would change for the public."""
    found = [
        {
            "layer": layer.id, "municipality": town, "next": preview(session, layer, town).__dict__,
            "editions": [_told(one) for one in editions(session, layer, town)],
        }
        for layer, town in _in_squares(request, me)
    ]  # fmt: skip
    if format_of(request) == "json":
        return JSONResponse({"releases": found}, headers=PRIVATE)
    return page(request, "releases.html", headers=PRIVATE, releases=found, layers=layers_of(request).here,
                states=STATES, names=town_names(me), csrf=cookies.session_csrf(request))  # fmt: skip


@router.post("/releases", response_model=None, status_code=201,
             openapi_extra=fields("layer", "municipality", "reason", optional=("csrf",), status=201))  # fmt: skip
def make_release(request: Request, form: SmallForm, me: Steward, engine: WritingEngine, now: Now) -> Response:
    """Make the next edition of a town's squares."""
    check_act(request, form, me)
    town = needed(form, "municipality")
    if town not in me.areas.towns:
        raise UnknownPerson("ไม่พบเทศบาลนี้ในความดูแลของท่าน", "There is no such municipality in your care")
    layer, reason = _layer(request, needed(form, "layer")), needed(form, "reason")
    with session_of(engine) as session:
        made = release(session, layer, town, by=me.login, at=now, reason=reason)
    return _back(request, {"number": made.id, "told": made.told, "too_small": made.too_small}, 201)


@router.post("/releases/{number}/withdraw", response_model=None,
             openapi_extra=fields("reason", optional=("csrf",)))  # fmt: skip
def withdraw_release(
    request: Request, number: int, form: SmallForm, me: Steward, engine: WritingEngine, now: Now
) -> Response:
    """Take an edition back: the newest that is not withdrawn holds again, or none."""
    check_act(request, form, me)
    reason = needed(form, "reason")
    with session_of(engine) as session:
        made = numbered(session, number, towns=me.areas.towns)
        withdraw(session, made, layers_of(request).named(made.layer), by=me.login, at=now, reason=reason)
    return _back(request, {"number": number, "state": "withdrawn"}, 200)


def _in_squares(request: Request, me: SignedIn) -> Iterator[tuple[Layer, str]]:
    """The layers of squares in each town of a steward's, and those that the town made itself."""
    for town in sorted(me.areas.towns):
        for layer in layers_of(request).here.values():
            if layer.shape.cells and layer.town in (None, town):
                yield layer, town


def _layer(request: Request, name: str) -> Layer:
    layer = layers_of(request).named(name)
    if not layer.shape.cells:
        raise BadRequest(f"ชั้น {layer.id} ไม่ได้เผยแพร่เป็นช่อง", f"The layer {layer.id} is not published as squares")
    return layer


def _back(request: Request, told: dict[str, Any], status: int) -> Response:
    return RedirectResponse("/releases", 303, PRIVATE) if wants_html(request) else JSONResponse(told, status, PRIVATE)


def _told(one: Listed) -> dict[str, Any]:
    """An edition as JSON; its days are those of Bangkok."""
    withdrawn = None
    if one.withdrawn_at is not None:
        withdrawn = {"on": _day(one.withdrawn_at), "by": one.withdrawn_by, "reason": one.withdrawn_reason}
    return {
        "number": one.number, "on": _day(one.made_at), "by": one.made_by, "reason": one.reason, "method": one.method,
        "at_least": one.at_least, "metres": one.metres, "told": one.told, "too_small": one.too_small,
        "changed_since": one.changed_since, "state": one.state.value, "withdrawn": withdrawn,
    }  # fmt: skip


def _day(at: dt.datetime) -> str:
    return at.astimezone(BANGKOK).date().isoformat()
