"""What whoever asks is told of a mark beside what it says: its life, who has it open, who is to see to it, comments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api.deps import Person
from api.marking import Mark, living
from api.people.who import SignedIn
from geo.life import Step
from geo.people.grants import BANGKOK
from geo.render.popup import pair
from geo.store import marks
from geo.store.life_tables import LifeStep, MarkComment, MarkDuty
from geo.store.marks import Held
from geo.store.waiting import names_of


@dataclass(frozen=True, kw_only=True)
class Around:
    """What stands around a mark, as much of it as one person is told; `names` are what the logins are called."""

    history: Sequence[LifeStep]
    held: Held | None
    duty: MarkDuty | None
    comments: Sequence[MarkComment]
    names: Mapping[str, str]


def around(mark: Mark, people: Session, now: dt.datetime) -> Around:
    """Everything to whoever is of the mark's area; to others its steps alone, to the public those that it sees."""
    layer, fid, inside = mark.layer, mark.id, mark.is_inside
    history = _seen_steps(mark, people)
    held = marks.open_to(people, layer, [fid], at=now).get(fid) if inside else None
    duty = marks.duties(people, layer, [fid]).get(fid) if inside else None
    comments = marks.comments(people, layer, fid) if inside else ()
    logins = {one.made_by for one in history} | {one.made_by for one in comments} | ({duty.person} if duty else set())
    names = names_of(people, logins) if inside else {}
    return Around(history=history, held=held, duty=duty, comments=comments, names=names)


def _seen_steps(mark: Mark, people: Session) -> Sequence[LifeStep]:
    found = marks.steps(people, mark.layer, mark.id)
    if mark.is_inside or mark.is_mine:
        return found
    public = living(mark.layer).public
    return [one for one in found if one.became in public]


def told_mark(mark: Mark, me: SignedIn | None, people: Session, now: dt.datetime) -> dict[str, Any]:
    """Everything of a mark that this person is told."""
    found = around(mark, people, now)
    held, duty, names = found.held, found.duty, found.names
    return {
        "id": mark.id, "layer": mark.layer.id, "version": mark.version, "feature": mark.feature,
        "is_mine": mark.is_mine,
        "may_change": me is not None and mark.may_change(Person(name=me.login, signed_in=me)),
        "life": {
            "state": mark.state,
            "steps": [{**step_json(step), "may": may} for step, may in mark.steps(me)],
            "history": [_told_step(one, names, in_full=mark.is_inside) for one in found.history],
        },
        "open": {"by": held.name, "is_me": me is not None and held.by == me.login, "until": moment(held.until)}
        if held else None,
        "duty": {"person": duty.person, "name": names.get(duty.person, duty.person), "since": moment(duty.made_at)}
        if duty else None,
        "comments": [{"id": one.id, "at": moment(one.made_at), "by": one.made_by,
                      "name": names.get(one.made_by, one.made_by), "words": one.words} for one in found.comments],
    }  # fmt: skip


def step_json(step: Step) -> dict[str, Any]:
    """A step of the table, for programs."""
    return {"id": step.id, "label": pair(step.label), "of": step.of, "to": step.to, "by": step.by,
            "needs": step.needs, "may_say": step.may_say, "by_another": step.by_another}  # fmt: skip


def _told_step(one: LifeStep, names: Mapping[str, str], *, in_full: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"step": one.step, "became": one.became, "at": moment(one.made_at)}
    if in_full:
        told |= {"was": one.was, "by": one.made_by, "name": names.get(one.made_by, one.made_by), "reason": one.reason,
                 "detail": one.detail, "version": one.version}  # fmt: skip
    return told


def moment(at: dt.datetime) -> str:
    """An instant as programs read it, in Bangkok."""
    return at.astimezone(BANGKOK).isoformat(timespec="seconds")
