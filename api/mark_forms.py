"""The steps of a mark as forms, worked out from the table in `geo/life.py`: what each asks for, and what was typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.errors import status_of
from api.mark_words import band_of
from api.marking import Mark
from api.people.who import SignedIn
from geo.errors import AtlasError, Text
from geo.layer import Field, Layer
from geo.life import Step

MATRIX = "matrix"
_OF_MATRIX = ("likelihood", "severity")
# Whose own words these are, each on lines of their own.
_SPECIAL = {
    "reason": Text("เหตุผล / บันทึก", "Reason or note"),
    "original": Text("เลขของรายการที่ซ้ำ (ในชั้นเดียวกัน)", "Number of the mark that it repeats (same layer)"),
    "photo": Text("ภาพถ่ายจากการลงพื้นที่ครั้งนี้", "A photo of this visit"),
}  # fmt: skip
# What these days are where nobody says another (`geo/intake/living._worked_out`).
_TODAY = Text("วันที่ลงพื้นที่ (เว้นว่าง = วันนี้)", "Day of the visit (empty: today)")
_IN_A_YEAR = Text("ต้องตรวจซ้ำภายใน (เว้นว่าง = อีก 1 ปี)", "To be inspected again by (empty: in a year)")
_LEFT_OUT = {
    ("inspect", "inspected_on"): _TODAY, ("reinspect", "inspected_on"): _TODAY, ("verify", "reinspect_on"): _IN_A_YEAR,
    ("reinspect", "reinspect_on"): _IN_A_YEAR,
}  # fmt: skip
WHAT_TO_DO = {
    400: Text("แก้ช่องที่ระบุแล้วส่งอีกครั้ง สิ่งที่พิมพ์ไว้ยังอยู่", "Mend what is named and send it again; what you typed is kept"),
    403: Text("ให้คนอื่นในหน่วยงานทำขั้นนี้ หรือมอบหมายให้เขาด้านล่าง", "Ask a colleague to take it, or assign it to one below"),
    409: Text("ดูสถานะตอนนี้และขั้นที่ทำได้ด้านล่าง", "See where it stands now, and which steps follow, below"),
    412: Text("หน้านี้แสดงรุ่นล่าสุดแล้ว ตรวจดูแล้วส่งอีกครั้ง สิ่งที่พิมพ์ไว้ยังอยู่",
              "This page now shows the newest version: look it over and send again; what you typed is kept"),
    423: Text("รอให้เขาทำเสร็จ หรือเขียนความเห็นถึงเขาด้านล่าง สิ่งที่พิมพ์ไว้ยังอยู่",
              "Wait until they are done, or leave them a comment below; what you typed is kept"),
    428: Text("เปิดหน้านี้ใหม่แล้วส่งอีกครั้ง", "Open this page again, and send it once more"),
    429: Text("รอสักครู่แล้วลองใหม่", "Wait a little, and try again"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One square of the matrix: how likely, how severe, and what that makes."""

    likelihood: int
    severity: int
    score: int
    band: str
    words: Text
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One thing that a step asks for, as a form shows it; `control` says how it is filled in."""

    name: str
    label: Text
    control: str
    is_needed: bool
    value: str = ""
    field: Field | None = None
    problem: Text | None = None


@dataclass(frozen=True, kw_only=True)
class StepForm:
    """A step that follows: with what it asks for where somebody may take it, else with why they may not."""

    step: Step
    may: bool
    why_not: Text | None
    asks: tuple[Asked, ...]
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class Refused:
    """What was not done, why, what to do, and what was typed; `act` is the step or other form that was sent."""

    status: int
    told: Text
    what_to_do: Text
    act: str
    typed: Mapping[str, str]
    problems: Mapping[str, Text]


def refused(error: AtlasError, act: str, typed: Mapping[str, str]) -> Refused:
    """A failure as the page tells it, with each problem beside the field that it is about."""
    status = status_of(error)
    problems = {one.column: one.told for one in error.problems if one.column}
    for name in _OF_MATRIX:
        if name in problems:
            problems.setdefault(MATRIX, problems[name])
    kept = {name: value for name, value in typed.items() if name not in ("csrf", "version")}
    return Refused(status=status, told=error.told, what_to_do=WHAT_TO_DO.get(status, WHAT_TO_DO[400]), act=act,
                   typed=kept, problems=problems)  # fmt: skip


def said_in(form: Mapping[str, str]) -> dict[str, Any]:
    """What a step's form says, by column: a square of the matrix is two of them."""
    said: dict[str, Any] = {name: value for name, value in form.items() if name not in ("csrf", MATRIX) and value}
    likely, by, severe = form.get(MATRIX, "").partition("x")
    if by:
        said |= {"likelihood": likely, "severity": severe}
    return said


def step_forms(mark: Mark, me: SignedIn | None, sent: Refused | None) -> list[StepForm]:
    """The steps that follow a mark's state, the one to be thought of first standing open."""
    steps = mark.steps(me)
    first = next((step.id for step, may in steps if may), None)
    is_open = sent.act if sent and any(step.id == sent.act for step, _ in steps) else first
    return [
        StepForm(step=step, may=may, why_not=None if may else _why_not(step, mark, me), is_open=step.id == is_open,
                 asks=_asks(mark, step, sent if sent and sent.act == step.id else None) if may else ())
        for step, may in steps
    ]  # fmt: skip


def _why_not(step: Step, mark: Mark, me: SignedIn | None) -> Text:
    if me is not None and me.audience in step.by and me.login in mark.authors:
        return Text("ต้องให้คนอื่นทำ เพราะท่านเป็นผู้ทำเครื่องหมาย แก้ไข หรือลงพื้นที่เอง",
                    "it takes another person: you marked, changed or inspected this yourself")  # fmt: skip
    return Text("เป็นขั้นของเจ้าหน้าที่เทศบาล", "it is taken by the municipality's officers")


def _asks(mark: Mark, step: Step, sent: Refused | None) -> tuple[Asked, ...]:
    typed = sent.typed if sent else {}
    problems = sent.problems if sent else {}
    asks = []
    for name in (*step.needs, *step.may_say):
        if name == "severity":
            continue
        is_matrix = name == "likelihood"
        key = MATRIX if is_matrix else name
        asks.append(Asked(
            name=key, label=_label(mark.layer, step, key, name), control=_control(mark.layer, key),
            value=_value(mark, key, typed), is_needed=name in step.needs, field=mark.layer.fields.get(name),
            problem=problems.get(key),
        ))  # fmt: skip
    # What is needed stands before what may be left out, and the words of one's own at the end.
    return tuple(sorted(asks, key=lambda one: (one.name == "reason", not one.is_needed)))


def _label(layer: Layer, step: Step, key: str, name: str) -> Text:
    if (step.id, name) in _LEFT_OUT:
        return _LEFT_OUT[step.id, name]
    if key == MATRIX:
        return Text("ระดับความเสี่ยง: โอกาสเกิด × ความรุนแรง", "Risk level: likelihood × severity")
    return _SPECIAL[name] if name in _SPECIAL else layer.fields[name].label


def _control(layer: Layer, key: str) -> str:
    if key in (MATRIX, "photo", "reason", "original"):
        return {"reason": "words", "original": "number"}.get(key, key)
    field = layer.fields[key]
    if field.codes:
        return "choice"
    if field.python_type is dt.date:
        return "day"
    return "number" if field.python_type is int else "text"


def _value(mark: Mark, key: str, typed: Mapping[str, str]) -> str:
    if key in typed:
        return typed[key]
    words = mark.feature["properties"]
    if key == MATRIX:
        both = [words.get(name) for name in _OF_MATRIX]
        return "x".join(map(str, both)) if all(both) else ""
    # A day or a reason of the step before is not that of the next.
    kept = words.get(key) if key in ("affected_band", "division", "plan_activity", "budget_baht") else None
    return "" if kept is None else str(kept)


def matrix(layer: Layer, chosen: str) -> list[list[Cell]]:
    """The five by five, the most likely row first, each square with its score and band (DOMAIN §6.3)."""
    band = layer.fields["band"]
    return [
        [
            Cell(likelihood=likely, severity=severe, score=likely * severe, band=band_of(likely * severe),
                 words=band.told(band_of(likely * severe)), is_chosen=chosen == f"{likely}x{severe}")
            for severe in range(1, 6)
        ]
        for likely in range(5, 0, -1)
    ]  # fmt: skip
