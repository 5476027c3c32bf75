"""The stewards' pages of town layers: a file is sent, its columns are looked at, and a layer is made of it; then what
it says of itself is changed, it is removed, or brought back.

Tables are the owner's, as accounts are: no role that reads or writes features may make one.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from api.definition import JSON_OR_PAGE
from api.deps import Known, KnownLayers, Now, PeopleSession, Steward, StillServing, WritingEngine
from api.negotiation import format_of
from api.pages import page
from api.people import cookies
from api.people.forms import SmallForm, WideForm, fields, needed
from api.people.page_forms import PRIVATE, done
from api.people.views import town_names
from api.people.who import SignedIn, check_act
from api.town_forms import changed_in, said_in
from api.town_views import act_json, definition_json, described_json, words_of_pages
from api.uploads import Upload, Uploads
from geo.errors import UnknownLayer
from geo.intake.make import described_file, make_layer
from geo.store import town_layers
from geo.store.db import session_of
from geo.store.town_definition import Definition, definition_in
from geo.store.town_names import column_names
from geo.store.town_tables import TownLayer
from geo.store.write import Act
from layers import LAYERS

router = APIRouter(tags=["town layers"], dependencies=[Known])

_SAID = (
    "title_th", "title_en", "about_th", "about_en", "source", "licence", "geometry", "columns", "editors", "datetime",
    "key", "color", "symbol", "label", "purpose", "basis", "sensitive_basis", "keep_years", "reason",
)  # fmt: skip


@router.get("/layers", response_model=None, responses=JSON_OR_PAGE)
def list_town_layers(request: Request, me: Steward, session: PeopleSession) -> Response:
    """The layers that the steward's towns made, removed ones too."""
    found = [_told(one) for one in town_layers.of_towns(session, me.areas.towns)]
    if format_of(request) == "json":
        return JSONResponse({"layers": found}, headers=PRIVATE)
    return page(request, "town_layers.html", headers=PRIVATE, layers=found, names=town_names(me), **words_of_pages())


@router.get("/layers/new", response_model=None, responses=JSON_OR_PAGE)
def new_town_layer(request: Request, me: Steward) -> Response:
    """The form with which a file is sent."""
    if format_of(request) == "json":
        return JSONResponse({"send": "/layers/uploads"}, headers=PRIVATE)
    return page(request, "town_layer_file.html", headers=PRIVATE, names=town_names(me), towns=sorted(me.areas.towns),
                csrf=cookies.session_csrf(request))  # fmt: skip


@router.get("/layers/new/{upload}", response_model=None, responses=JSON_OR_PAGE)
def look_at_upload(request: Request, upload: str, me: Steward) -> Response:
    """What the file holds, and the form that makes a layer of it."""
    kept, path = uploads_of(request).of(me.login, upload)
    found = described_file(path, kept.options, file_name=kept.file_name)
    told = described_json(found, column_names([one.source for one in found.columns]))
    if format_of(request) == "json":
        return JSONResponse({"upload": upload, **told}, headers=PRIVATE)
    return page(request, "town_layer_new.html", headers=PRIVATE, upload=kept, found=told, names=town_names(me),
                csrf=cookies.session_csrf(request), **words_of_pages())  # fmt: skip


@router.post(
    "/layers", response_model=None, status_code=201,
    openapi_extra=fields("upload", "id", "title_th", "title_en", optional=(*_SAID[2:], "csrf"), status=201),
)  # fmt: skip
def make_town_layer(
    request: Request, form: WideForm, me: Steward, engine: WritingEngine, layers: KnownLayers, now: Now,
    still_serving: StillServing,
) -> Response:  # fmt: skip
    """Make a layer of a file that was sent: all of it or nothing."""
    check_act(request, form, me)
    waiting = uploads_of(request)
    kept, path = waiting.of(me.login, needed(form, "upload"))
    _check_town(me, kept)
    found = described_file(path, kept.options, file_name=kept.file_name)
    layer, report = make_layer(
        engine, path, said_in(form, found, town=kept.town), kept.options, coded=LAYERS, by=me.login, origin="http",
        at=now, progress=lambda done, total: still_serving(), file_name=kept.file_name,
    )  # fmt: skip
    waiting.forget(kept.code)
    layers.refresh()
    return done(request, f"/layers/{layer.id}", status=201, layer=layer.id, report=report.to_json())


@router.get("/layers/{layer_id}", response_model=None, responses=JSON_OR_PAGE)
def get_town_layer(request: Request, layer_id: str, me: Steward, session: PeopleSession) -> Response:
    """What a layer says of itself, everything that was done to it, and the forms that change it."""
    row = _mine(session, me, layer_id)
    told = _told(row) | {"acts": [act_json(one) for one in town_layers.acts(session, layer_id)]}
    if format_of(request) == "json":
        return JSONResponse(told, headers=PRIVATE)
    return page(request, "town_layer.html", headers=PRIVATE, layer=told, names=town_names(me),
                csrf=cookies.session_csrf(request), **words_of_pages())  # fmt: skip


@router.post("/layers/{layer_id}", response_model=None,
             openapi_extra=fields(optional=(*_SAID, "new_column", "new_type", "csrf")))  # fmt: skip
def change_town_layer(
    request: Request, layer_id: str, form: WideForm, me: Steward, engine: WritingEngine, layers: KnownLayers, now: Now
) -> Response:
    """Change what a layer says of itself; who sees what is so from the moment of the answer."""
    check_act(request, form, me)
    with session_of(engine) as session:
        row = _mine(session, me, layer_id)
        said = changed_in(form, definition_in(row.definition))
        differs = town_layers.change(session, said, LAYERS, act=_act(me, form, now))
    layers.refresh()
    return done(request, f"/layers/{layer_id}", changed=differs)


@router.post("/layers/{layer_id}/remove", response_model=None, openapi_extra=fields(optional=("reason", "csrf")))
def remove_town_layer(
    request: Request, layer_id: str, form: SmallForm, me: Steward, engine: WritingEngine, layers: KnownLayers, now: Now
) -> Response:
    """Take a layer out of everybody's sight; its rows are kept."""
    check_act(request, form, me)
    with session_of(engine) as session:
        _mine(session, me, layer_id)
        town_layers.remove(session, layer_id, LAYERS, act=_act(me, form, now))
    layers.refresh()
    return done(request, f"/layers/{layer_id}")


@router.post("/layers/{layer_id}/restore", response_model=None, openapi_extra=fields(optional=("reason", "csrf")))
def restore_town_layer(
    request: Request, layer_id: str, form: SmallForm, me: Steward, engine: WritingEngine, layers: KnownLayers, now: Now
) -> Response:
    """Bring a layer back that was removed."""
    check_act(request, form, me)
    with session_of(engine) as session:
        _mine(session, me, layer_id)
        town_layers.restore(session, layer_id, LAYERS, act=_act(me, form, now))
    layers.refresh()
    return done(request, f"/layers/{layer_id}")


def uploads_of(request: Request) -> Uploads:
    """Where files wait."""
    return Uploads(request.app.state.settings.home)


def _check_town(me: SignedIn, kept: Upload) -> None:
    if kept.town not in me.areas.towns:
        raise UnknownLayer("ไม่พบเทศบาลนี้ในความดูแลของท่าน", "There is no such municipality in your care")


def _mine(session: Any, me: SignedIn, name: str) -> TownLayer:
    """A layer of one of the steward's towns; another town's, the server's own and the coded ones are not found."""
    row = session.get(TownLayer, name)
    if row is None or row.municipality not in me.areas.towns:
        raise UnknownLayer(f"ไม่มีชั้นข้อมูล {name!r} ที่เทศบาลของท่านสร้าง", f"Your towns made no layer called {name!r}")
    found: TownLayer = row
    return found


def _told(row: TownLayer) -> dict[str, Any]:
    said: Definition = definition_in(row.definition)
    return {"state": "in use" if row.closed_at is None else "removed", **definition_json(said)}


def _act(me: SignedIn, form: dict[str, str], now: Any) -> Act:
    return Act(by=me.login, origin="http", at=now, reason=form.get("reason", "").strip()[:300] or None)
