"""Marks change as their life allows: what a program may say of a state, and the steps that people take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo.errors import LostRace, NotYours, OutOfTurn, Problem, RefusedFeature, RefusedImport, Text
from geo.intake.work import Work
from geo.intake.written import REQUIRED, Draft, drafted
from geo.layer import Audience, Layer
from geo.life import (
    BY_ITSELF,
    DAYS_BETWEEN_INSPECTIONS,
    FIRST_STATES,
    STATUS,
    SUBSTANCE,
    Life,
    Step,
    life_of,
)
from geo.people.areas import Areas
from geo.people.grants import BANGKOK
from geo.store.life_tables import LifeStep
from geo.store.present import Present, held
from geo.store.read import no_such
from geo.store.write import Act, amend

ONLY_BY_STEPS = Text(
    "สถานะเปลี่ยนได้ทางขั้นตอนของเรื่องเท่านั้น (หน้ารายการ หรือ /marks)",
    "the state changes by the steps of the mark's life alone (its page, or /marks)",
)
BEGINS = Text(
    "รายการใหม่เริ่มที่ draft หรือ reported แล้วให้คนอื่นตรวจสอบ",
    "a new mark begins as draft or reported, and is verified by somebody else",
)
IS_VERIFIED = Text(
    "รายการนี้ตรวจสอบแล้ว เปิดแก้ไขใหม่ก่อน (ขั้น revise) จึงแก้ส่วนนี้ได้",
    "this is verified; reopen it to be changed first (step `revise`)",
)
LONGEST_REASON = 2_000


def keep_to_life(layer: Layer, work: Work) -> None:
    """Refuse what a program says of a mark that only a step may: another state, other ground under a verified one.

    What a replacement leaves out of the state stays; a new risk of which no state is said is reported.
    """
    life, draft = life_of(layer), work.draft
    if life is None or work.action.do == "delete":
        return
    said = draft.words.get(STATUS)
    if work.row is None:
        if said is None and life.id == "risk":
            draft.words[STATUS] = "reported"
        elif said is not None and said not in FIRST_STATES:
            draft.refuse("begins", BEGINS, STATUS, value=said)
        return
    state = work.row.values[STATUS]
    if STATUS in draft.words and said != state:
        if said is not None or STATUS in work.action.properties:
            draft.refuse("step", ONLY_BY_STEPS, STATUS, value=said)
        draft.words[STATUS] = state
    if state in life.public:
        _keep_what_is_verified(work, draft.words)


def _keep_what_is_verified(work: Work, words: Mapping[str, Any]) -> None:
    assert work.row is not None
    for name in SUBSTANCE:
        if name == "geom":
            differs = work.action.has_geometry and not _same_shape(work)
        else:
            differs = name in words and words[name] != work.row.values[name]
        if differs:
            work.draft.refuse("verified", IS_VERIFIED, name)


def _same_shape(work: Work) -> bool:
    was = work.row.shape if work.row else None
    if was is None or work.shape is None:
        return was is work.shape
    # Sent back as it was read, to the last digit that is told.
    return bool(was.equals_exact(work.shape, 1e-7))


def refuse_verified(session: Session, layer: Layer, change_id: int) -> None:
    """Refuse a file of one person that made or changed marks which the public takes for verified by two."""
    if life_of(layer) is None:
        return
    columns = layer.table.__table__.c
    beyond = columns.status.is_not(None) & columns.status.not_in(FIRST_STATES)
    count = session.scalar(select(func.count()).where(columns.change_id == change_id, beyond))
    if count:
        raise RefusedImport(
            Text(
                f"มี {count:,} รายการที่ไฟล์นี้ทำให้เป็นสถานะที่ตรวจสอบแล้ว หรือแก้รายการที่ตรวจสอบแล้ว "
                "ไฟล์ของคนเดียวนำเข้าได้ถึงสถานะ reported (แจ้งแล้ว) ที่เหลือต้องให้คนอื่นตรวจสอบ",
                f"{count:,} rows would be, or already are, further than reported; one person's file brings marks as "
                "reported, and somebody else verifies them",
            ),
            choices=(
                Text("เพิ่ม set status=reported", "add set status=reported"),
                Text("ผู้ดูแลเครื่องใช้คำสั่ง atlas load", "let the machine's owner use `atlas load`"),
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Stepping:
    """Who takes a step, as what, where (None is everywhere), and what is known of the version that they saw.

    `made_by` are the logins of those who marked, changed or inspected it, `has_photo` says whether there is a photo
    that was made since its state began.
    """

    login: str
    audience: Audience
    areas: Areas | None
    made_by: frozenset[str]
    has_photo: bool


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a step made: the version that now holds, and the state."""

    version: int
    state: str


def may_take(step: Step, who: str, audience: Audience, made_by: Collection[str]) -> bool:
    """Whether somebody may take a step of a mark that these made (not whether it is its time)."""
    if step.id == "report":
        return who in made_by or audience is Audience.STAFF
    return audience in step.by and not (step.by_another and who in made_by)


def take(
    session: Session, layer: Layer, fid: int, name: str, *, said: Mapping[str, Any], act: Act, who: Stepping,
    expected_version: int, is_original: bool = False,
) -> Taken:  # fmt: skip
    """One step of a mark's life. `said` are columns as a form or a program writes them, and `original`.

    `UnknownFeature` where there is no such mark in the person's area, `LostRace` when it is not the version that they
    saw, `OutOfTurn` when the step does not follow its state, `NotYours` when it is not theirs to take, and
    `RefusedFeature` with all that is missing or wrong at once. `is_original` says that `original` was seen by them.
    """
    life = life_of(layer)
    step = life.step(name) if life else None
    if life is None or step is None or step.by_itself:
        raise OutOfTurn(f"ไม่มีขั้นตอน {name[:40]!r}", f"There is no step {name[:40]!r}")
    row = held(session, layer, [fid], who.areas).get(fid)
    if row is None:
        raise no_such(layer, fid)
    if row.version != expected_version:
        raise LostRace(
            f"มีคนเปลี่ยนรายการนี้ก่อนแล้ว (รุ่น {row.version}) โปรดดูใหม่อีกครั้ง",
            f"Somebody has changed this in the meantime (it is version {row.version}); look at it again",
        )
    _check_turn(life, step, row)
    _check_person(step, who)
    words = _said(layer, step, row, said, act, who, is_original)
    return _stepped(session, layer, step, row, words, act, said.get("original"))


def _check_turn(life: Life, step: Step, row: Present) -> None:
    state = row.values[STATUS]
    if state not in step.of:
        can = ", ".join(f"{one.label.en} ({one.id})" for one in life.steps_from(state)) or "–"
        can_th = ", ".join(one.label.th for one in life.steps_from(state)) or "–"
        raise OutOfTurn(
            f"รายการนี้อยู่ในสถานะ {state} ทำขั้น “{step.label.th}” ไม่ได้ ขั้นที่ทำได้: {can_th}",
            f"This is {state}; the step `{step.id}` does not follow. What can: {can}",
        )


def _check_person(step: Step, who: Stepping) -> None:
    if may_take(step, who.login, who.audience, who.made_by):
        return
    if step.by_another and who.audience in step.by:
        raise NotYours(
            "ผู้ที่ทำเครื่องหมายหรือลงพื้นที่ยืนยันเองไม่ได้ ต้องให้คนอื่นยืนยัน",
            "Whoever marked or inspected it cannot verify it; it takes another person",
        )
    raise NotYours(f"ขั้น “{step.label.th}” ไม่ใช่ของบทบาทนี้", f"The step `{step.id}` is not one of your role")


def _said(
    layer: Layer, step: Step, row: Present, said: Mapping[str, Any], act: Act, who: Stepping, is_original: bool
) -> dict[str, Any]:
    columns = step.columns()
    given = {name: value for name, value in said.items() if name != "original" and value not in ("", None)}
    draft = drafted(layer, columns, given, doing="update", handling="strict", present=row.values)
    problems = [*draft.problems]
    told = {problem.column for problem in problems}
    for name in step.needs:
        if name not in told and not _is_said(name, draft.words, act, who, is_original):
            problems.append(Problem(code="required", told=_missing(layer, name), level="error", column=name))
    if act.reason is not None and len(act.reason) > LONGEST_REASON:
        told_long = Text(f"ยาวเกิน {LONGEST_REASON:,} ตัวอักษร", f"longer than {LONGEST_REASON:,} characters")
        problems.append(Problem(code="too-long", told=told_long, level="error", column="reason"))
    if wrong := [one for one in problems if one.level == "error"]:
        first = wrong[0]
        raise RefusedFeature(f"{first.told.th}", f"{first.told.en}", problems=tuple(wrong))
    return {**_worked_out(step, act), **draft.words}


def _is_said(name: str, words: Mapping[str, Any], act: Act, who: Stepping, is_original: bool) -> bool:
    if name == "reason":
        return bool(act.reason and act.reason.strip())
    if name == "photo":
        return who.has_photo
    if name == "original":
        return is_original
    return words.get(name) is not None


def _missing(layer: Layer, name: str) -> Text:
    special = {
        "reason": Text("ต้องบอกเหตุผล", "a reason is needed"),
        "photo": Text("ต้องมีภาพถ่ายจากการลงพื้นที่ครั้งนี้", "a photo of this visit is needed"),
        "original": Text(
            "ต้องบอกเลขของรายการที่ซ้ำ (ในชั้นเดียวกัน)", "the number of the mark that it repeats is needed (same layer)"
        ),
    }  # fmt: skip
    if name in special:
        return special[name]
    label = layer.fields[name].label
    return Text(f"{label.th}: {REQUIRED.th}", f"{label.en}: {REQUIRED.en}")


def _worked_out(step: Step, act: Act) -> dict[str, Any]:
    """The days that follow from a step where nobody says another."""
    today = act.at.astimezone(BANGKOK).date()
    found: dict[str, Any] = {}
    if step.inspects:
        found["inspected_on"] = today
    if step.id in ("verify", "reinspect"):
        found["reinspect_on"] = today + dt.timedelta(days=DAYS_BETWEEN_INSPECTIONS)
    return found


def begun(session: Session, layer: Layer, fid: int, draft: Draft, community: int | None, act: Act) -> None:
    """Note how a mark's life begins: marked as a draft, or reported at once."""
    state = draft.words.get(STATUS)
    if life_of(layer) is None or state is None:
        return
    session.add(LifeStep(
        layer=layer.id, row_id=fid, version=1, step="mark" if state == "draft" else "report", was=None, became=state,
        made_at=act.at, made_by=act.by, reason=act.reason, municipality=draft.town, community_id=community,
    ))  # fmt: skip
    session.flush()


def _stepped(
    session: Session, layer: Layer, step: Step, row: Present, words: Mapping[str, Any], act: Act, original: Any
) -> Taken:
    version = amend(session, layer, row.id, {**words, STATUS: step.to}, act=act, expected_version=row.version,
                    operation=step.operation)  # fmt: skip
    detail = {"original": int(original)} if "original" in step.needs else None
    noted(session, layer, row, step, version=version, act=act, detail=detail)
    return Taken(version=version, state=step.to)


def noted(
    session: Session, layer: Layer, row: Present, step: Step, *, version: int, act: Act,
    detail: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write a step down beside the version that it made; in the same transaction."""
    session.add(LifeStep(
        layer=layer.id, row_id=row.id, version=version, step=step.id, was=row.values[STATUS], became=step.to,
        made_at=act.at, made_by=act.by, reason=act.reason, detail=detail, municipality=row.values["municipality"],
        community_id=row.values["community_id"],
    ))  # fmt: skip
    session.flush()


def expire(session: Session, layer: Layer, *, at: dt.datetime) -> list[int]:
    """Marks whose day of re-inspection has passed by the day in Bangkok; answers those that expired now."""
    life = life_of(layer)
    step = life.step("expire") if life else None
    if step is None:
        return []
    columns = layer.table.__table__.c
    late = select(columns.id).where(columns.status.in_(step.of), columns.reinspect_on < at.astimezone(BANGKOK).date())
    rows = held(session, layer, session.scalars(late).all(), None)
    act = Act(by=BY_ITSELF, origin="daily", at=at)
    done = []
    for fid, row in rows.items():
        # Whoever came first may have re-inspected it meanwhile.
        if row.values[STATUS] in step.of and row.values["reinspect_on"] < at.astimezone(BANGKOK).date():
            _stepped(session, layer, step, row, {}, act, None)
            done.append(fid)
    return done
