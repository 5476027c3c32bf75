"""Links that a change left undecided: asked, shown to those who may see the row, and answered by a normal write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from geo.errors import BadRequest, OutOfTurn, Text, UnknownFeature
from geo.layer import Layer
from geo.store.asking import Asking, shown_fields
from geo.store.editions_tables import LinkQuestion
from geo.store.history import quoted
from geo.store.read import rows
from geo.store.wanted import Wanted
from geo.store.write import Act, amend

WHY = {
    "across": Text("คร่อมหลายแปลง", "it lies across several parcels"),
    "retired": Text("แปลงถูกยกเลิก", "its parcel is no more"),
    "elsewhere": Text("ตำแหน่งอยู่แปลงอื่น", "its place is on another parcel"),
}
MOST_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A row that it may be linked to: its code, and how much of the asked row's shape it holds (0 to 1)."""

    id: int
    code: str | None
    share: float


@dataclass(frozen=True, kw_only=True)
class Question:
    """One undecided link as a person is asked; `now_id` is what it is linked to until then."""

    id: int
    layer: str
    row_id: int
    link: str
    target: str
    municipality: str
    why: Text
    was_id: int
    was_code: str | None
    now_id: int | None
    candidates: tuple[Candidate, ...]
    change_id: int
    asked_at: dt.datetime
    state: str


def open_questions(
    session: Session, layers: Mapping[str, Layer], asking: Asking, *, layer: str | None = None, limit: int = 100,
    after: int = 0,
) -> list[Question]:  # fmt: skip
    """The open questions about rows that this asker may see, with the column that is asked of; oldest first."""
    found: list[Question] = []
    for one in layers.values():
        links = [name for name in one.links if name in shown_fields(one, asking)]
        if asking.is_low or not links or (layer is not None and one.id != layer):
            continue
        query = select(LinkQuestion).where(
            LinkQuestion.layer == one.id, LinkQuestion.state == "open", LinkQuestion.link.in_(links),
            LinkQuestion.id > after,
        )  # fmt: skip
        asked = list(session.scalars(query.order_by(LinkQuestion.id).limit(MOST_AT_ONCE)))
        seen = _seen(session, one, asking, [question.row_id for question in asked])
        found += [_question(session, layers, one, question) for question in asked if question.row_id in seen]
    return sorted(found, key=lambda question: question.id)[:limit]


def question_of(session: Session, layers: Mapping[str, Layer], asking: Asking, number: int) -> Question:
    """One question; `UnknownFeature` where there is none, or the row is not for this asker to see."""
    question = session.get(LinkQuestion, number, populate_existing=True) if 0 < number < 2**63 else None
    layer = layers.get(question.layer) if question is not None else None
    if question is None or layer is None or asking.is_low or question.link not in shown_fields(layer, asking):
        raise _no_such(number)
    if question.row_id not in _seen(session, layer, asking, [question.row_id]):
        raise _no_such(number)
    return _question(session, layers, layer, question)


def count_open(session: Session, town: str) -> dict[str, int]:
    """How many questions a town has, by layer; numbers alone."""
    one = LinkQuestion
    query = select(one.layer, func.count()).where(one.municipality == town, one.state == "open").group_by(one.layer)
    return {row[0]: row[1] for row in session.execute(query)}


def answered(
    session: Session, layers: Mapping[str, Layer], asking: Asking, number: int, target_id: int | None, *, act: Act
) -> int:
    """Link the row by hand to what a person says (None: to nothing); the version of the row that now holds.

    Any row of the target in the same town will do, a candidate or not. `OutOfTurn` where it is answered already.
    """
    found = question_of(session, layers, asking, number)
    question = session.get_one(LinkQuestion, number, with_for_update=True, populate_existing=True)
    if question.state != "open":
        raise OutOfTurn("คำถามนี้มีผู้ตอบแล้ว", "This question is answered already")
    if target_id is not None:
        there = session.scalar(text(f"SELECT municipality FROM {quoted(found.target)} WHERE id = :id"),
                               {"id": target_id})  # fmt: skip
        if there != question.municipality:
            raise BadRequest(
                f"ไม่มี {found.target}/{target_id} ในเทศบาลนี้", f"There is no {found.target}/{target_id} here"
            )
    version = amend(session, layers[question.layer], question.row_id, {question.link: target_id}, act=act)
    question.state, question.answer_id = "answered", target_id
    question.answered_at, question.answered_by = act.at, act.by
    session.flush()
    return version


def _seen(session: Session, layer: Layer, asking: Asking, ids: Collection[int]) -> set[int]:
    if not ids:
        return set()
    query = rows(layer, asking, Wanted(ids=tuple(sorted(ids)))).subquery()
    return set(session.scalars(select(query.c.id)))


def _question(session: Session, layers: Mapping[str, Layer], layer: Layer, question: LinkQuestion) -> Question:
    target = layers[question.target]
    code = quoted(target.keys[0][0])
    now = session.scalar(text(f"SELECT {quoted(question.link)} FROM {quoted(layer.id)} WHERE id = :id"),
                         {"id": question.row_id})  # fmt: skip
    bearing = text(f"SELECT id, {code}::text FROM {quoted(target.id)} WHERE id = ANY(:ids)")
    codes: dict[int, str | None] = {
        row[0]: row[1] for row in session.execute(bearing, {"ids": list(question.candidates)})
    }
    candidates = tuple(
        Candidate(id=id, code=codes[id], share=share)
        for id, share in zip(question.candidates, question.shares, strict=True) if id in codes
    )  # fmt: skip
    return Question(
        id=question.id, layer=question.layer, row_id=question.row_id, link=question.link, target=question.target,
        municipality=question.municipality, why=WHY[question.why], was_id=question.was_id, was_code=question.was_code,
        now_id=now, candidates=candidates, change_id=question.change_id, asked_at=question.asked_at,
        state=question.state,
    )  # fmt: skip


def _no_such(number: int) -> UnknownFeature:
    return UnknownFeature(f"ไม่มีคำถามหมายเลข {number}", f"There is no question {number}")
