"""What the routes that change features share: who may, the work in one transaction, and the answer to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from fastapi import Depends, Request
from fastapi.responses import JSONResponse, Response
from numpy.typing import NDArray
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from api.answers import PRIVATE
from api.conditions import http_date, tag_of_written
from api.deps import Asking, ChangingEngine, NamedLayer, Now, Person, Writer, session_as
from api.errors import problem_json
from api.links import base_of
from api.people.who import SignedIn
from api.preferences import Preferred, preferred, sent_under
from api.routes.items import one_feature
from geo.errors import NotYours, Problem, UnknownFeature
from geo.intake.content_crs import crs_in
from geo.intake.edit import carry_out
from geo.intake.work import Action, Editor, Outcome
from geo.layer import Layer
from geo.store import read
from geo.store.changing import changed
from geo.store.idempotency import Sent, receipt_of, remember
from geo.store.links import towns_at
from geo.store.write import Act
from layers import LAYERS

GEOJSON = "application/geo+json"


def may_edit_layer(writer: Writer, layer: NamedLayer) -> Person:
    """The writer, where they are among the layer's editors; before anything else of the request is looked at."""
    if not writer.may_edit(layer):
        raise NotYours("สิทธิ์ของท่านไม่ครอบคลุมการแก้ชั้นข้อมูลนี้", "Your grant does not cover changes to this layer")
    return writer


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything that a change needs beside its body."""

    request: Request
    layer: Layer
    writer: Person
    asking: read.Asking
    engine: Engine
    now: dt.datetime
    wants: Preferred

    @property
    def path(self) -> str:
        """Where the layer's features are."""
        return f"/collections/{self.layer.id}/items"

    @property
    def editor(self) -> Editor:
        """The writer as those know them who change features."""
        me = self.writer.signed_in
        shown = self.layer.fields if me is None else self.layer.fields_for(me.audience)
        return Editor(
            shown=frozenset(shown), areas=None if me is None else me.areas, sees=self._sees,
            handling=self.wants.handling, crs=crs_in(self.request.headers.get("content-crs")),
            towns_of=self.towns_of,
        )  # fmt: skip

    def towns_of(self, points: NDArray[np.object_]) -> list[str | None]:
        """The towns that points (WGS 84) lie in, of all there are."""
        with session_as(self.request, read.Asking()) as session:
            return towns_at(session, LAYERS["municipality"], points)

    def _sees(self, fid: int) -> bool:
        with session_as(self.request, self.asking) as session:
            rows = read.rows(self.layer, self.asking, read.Wanted(ids=(fid,))).subquery()
            return session.execute(select(rows.c.id)).first() is not None


def _desk(
    request: Request, layer: NamedLayer, writer: Annotated[Person, Depends(may_edit_layer)], asking: Asking,
    engine: ChangingEngine, now: Now,
) -> Desk:  # fmt: skip
    wants = preferred(request)
    desk = Desk(request=request, layer=layer, writer=writer, asking=asking, engine=engine, now=now, wants=wants)
    # Asked before anything is written: whoever may not read what they write learns it while nothing has happened.
    if wants.returns == "representation" and read.is_written_down(layer, asking) and not asking.purpose:
        raise NotYours("ต้องระบุเหตุผลของการอ่านข้อมูลนี้", "Reading this needs a purpose")
    return desk


TheDesk = Annotated[Desk, Depends(_desk)]


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of a request: now, or when it was sent before under the same key."""

    outcomes: Sequence[Outcome]
    problems: Sequence[Problem] = ()
    again: bool = False


def done(desk: Desk, body: bytes, actions: Sequence[Action], *, status: int, is_list: bool = False) -> Done:
    """Carry the actions out, all or none; a request that came before under its key is not done twice.

    What is wrong is told with its place where a list was sent, be it of one.
    """
    sent = sent_under(desk.request, desk.writer, body, desk.wants.handling)
    editor = desk.editor

    def work(session: Session) -> Done:
        if sent is not None and (before := _before(session, sent, desk.now)):
            return before
        act = Act(by=desk.writer.name, origin="http", at=desk.now)
        outcomes, problems = carry_out(session, desk.layer, LAYERS, actions, editor, act=act, is_list=is_list)
        if sent is not None:
            remember(session, sent, status=status, ids=[one.id for one in outcomes],
                     versions=[one.version for one in outcomes], at=desk.now)  # fmt: skip
        return Done(outcomes=outcomes, problems=problems)

    return changed(desk.engine, work)


def _before(session: Session, sent: Sent, at: dt.datetime) -> Done | None:
    receipt = receipt_of(session, sent, at=at)
    if receipt is None:
        return None
    outcomes = [Outcome(id=fid, version=version, changed_at=receipt.made_at)
                for fid, version in zip(receipt.ids, receipt.versions, strict=True)]  # fmt: skip
    return Done(outcomes=outcomes, again=True)


def answer_to_one(desk: Desk, came: Done, *, status: int) -> Response:
    """The answer to a feature that was made or changed: a receipt, the feature, or nothing, as was preferred."""
    (outcome,) = came.outcomes
    path = f"{desk.path}/{outcome.id}"
    headers = {
        **told_of(came), "ETag": tag_of_written(desk.request, outcome.version, path),
        "Last-Modified": http_date(outcome.changed_at),
    }  # fmt: skip
    if status == 201:
        headers["Location"] = base_of(desk.request) + path
    feature = None
    if desk.wants.returns == "representation":
        feature, more = _as_it_is(desk, outcome.id)
        headers |= more
    headers |= desk.wants.applied(with_feature=feature is not None)
    if feature is not None:
        return JSONResponse(feature, status, headers, media_type=GEOJSON)
    if desk.wants.returns == "minimal":
        return Response(None, 204 if status == 200 else status, headers)
    receipt = {"id": outcome.id, "collection": desk.layer.id, "version": outcome.version}
    return JSONResponse(receipt | problems_of(came), status, headers)


def told_of(came: Done) -> dict[str, str]:
    """The headers that every answer to a change has."""
    return {"Cache-Control": PRIVATE, **({"Idempotency-Replayed": "true"} if came.again else {})}


def problems_of(came: Done) -> dict[str, Any]:
    """What should be known of it, where there is anything."""
    return {"problems": [problem_json(one) for one in came.problems]} if came.problems else {}


def _as_it_is(desk: Desk, fid: int) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """The feature as its writer sees it; None where they see none (a draft, and the token of a new town)."""
    try:
        return one_feature(desk.request, desk.layer, desk.asking, fid)
    except UnknownFeature:
        return None, {}


def may_write(me: SignedIn | None, person: Person | None, layer: Layer) -> bool:
    """Whether whoever asks is offered the methods that change this layer."""
    if person is not None:
        return person.may_edit(layer)
    return me is not None and me.may_write and Person(name=me.login, signed_in=me).may_edit(layer)
