"""The life of a mark (a risk, a potential): its states, and the steps from one to the next, said once.

Pages, the API, the audit and the tests are worked out from `RISK` and `POTENTIAL`. A mark is on the public's map only
in states that follow a verification, and it is verified by somebody who neither marked nor inspected it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from geo.errors import Text
from geo.layer import Audience, Layer

STATUS = "status"
# What an importer or a program may say of a mark by itself; everything after is a step that somebody takes.
FIRST_STATES = ("draft", "reported")
# Changing these of a mark that the public sees would put on its map what nobody verified, or keep it there unlooked at.
SUBSTANCE = ("kind", "likelihood", "severity", "inspected_on", "reinspect_on", "geom")
# Who writes a change that nobody took by hand, such as a day that has passed.
BY_ITSELF = "atlas"
DAYS_BETWEEN_INSPECTIONS = 365

_REPORTERS = (Audience.PARTNER, Audience.COMMUNITY, Audience.STAFF)
_OFFICERS = (Audience.STAFF,)


@dataclass(frozen=True, kw_only=True)
class State:
    """Where a mark is in its life; its labels and colours are those of the code list `risk_status`."""

    code: str
    is_public: bool = False
    is_over: bool = False
    # No part of the way from the report to the end.
    is_aside: bool = False


@dataclass(frozen=True, kw_only=True)
class Step:
    """One way from some states to another.

    `needs` must be said with it, `may_say` can be: columns of the layer, or `reason`, `photo` (one taken since the mark
    came into its state) and `original` (the mark that this one repeats). `by_another`: not by whoever marked or
    inspected it. `by_itself`: no person takes it. `inspects`: whoever takes it is one of those who made what is said.
    """

    id: str
    label: Text
    told: Text
    of: tuple[str, ...]
    to: str
    by: tuple[Audience, ...] = _OFFICERS
    needs: tuple[str, ...] = ()
    may_say: tuple[str, ...] = ()
    by_another: bool = False
    by_itself: bool = False
    inspects: bool = False

    @property
    def operation(self) -> str:
        """What the change that it makes is called in the history."""
        return f"step {self.id}"

    def columns(self) -> tuple[str, ...]:
        """The columns of the layer that are said with it."""
        return tuple(name for name in (*self.needs, *self.may_say) if name not in ("reason", "photo", "original"))


@dataclass(frozen=True, kw_only=True)
class Life:
    """A table of states and steps."""

    id: str
    states: tuple[State, ...]
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step | None:
        """The step of that name; None where there is none."""
        return next((one for one in self.steps if one.id == name), None)

    def steps_from(self, state: str | None) -> tuple[Step, ...]:
        """What can follow a state, by a person's hand."""
        return tuple(one for one in self.steps if state in one.of and not one.by_itself)

    @property
    def way(self) -> tuple[str, ...]:
        """The states from the report to the end, in their order."""
        return tuple(one.code for one in self.states if not one.is_aside)

    @property
    def public(self) -> tuple[str, ...]:
        """The states in which the public sees a mark."""
        return tuple(one.code for one in self.states if one.is_public)

    @property
    def open(self) -> tuple[str, ...]:
        """The states in which somebody is still waited for."""
        return tuple(one.code for one in self.states if not one.is_over and one.code != "draft")


_SAW = ("photo", "likelihood", "severity")
RISK = Life(
    id="risk",
    states=(
        State(code="draft", is_aside=True),
        State(code="reported"),
        State(code="inspected"),
        State(code="verified", is_public=True),
        State(code="in_action", is_public=True),
        State(code="reinspected", is_public=True),
        State(code="closed", is_public=True, is_over=True),
        State(code="expired", is_public=True, is_aside=True),
        State(code="rejected", is_over=True, is_aside=True),
        State(code="duplicate", is_over=True, is_aside=True),
    ),
    steps=(
        Step(id="report", label=Text("ส่งเรื่อง", "Report"), told=Text("แจ้ง", "Reported"),
             of=("draft",), to="reported", by=_REPORTERS, may_say=("reason",)),
        Step(id="inspect", label=Text("บันทึกการลงพื้นที่", "Record the inspection"), told=Text("ลงพื้นที่ตรวจ", "Inspected"),
             of=("reported",), to="inspected", needs=_SAW,
             may_say=("affected_band", "inspected_on", "reason"), inspects=True),
        Step(id="verify", label=Text("ยืนยัน", "Verify"), told=Text("ยืนยันแล้ว", "Verified"),
             of=("inspected",), to="verified", may_say=("reinspect_on", "reason"), by_another=True),
        Step(id="send_back", label=Text("ส่งกลับให้ตรวจใหม่", "Send back"), told=Text("ส่งกลับให้ตรวจใหม่", "Sent back"),
             of=("inspected",), to="reported", needs=("reason",)),
        Step(id="act", label=Text("เริ่มดำเนินการ", "Put into action"), told=Text("เริ่มดำเนินการ", "Put into action"),
             of=("verified", "reinspected"), to="in_action", needs=("division", "due_on"),
             may_say=("plan_activity", "budget_baht", "reinspect_on", "reason")),
        Step(id="reinspect", label=Text("บันทึกการตรวจซ้ำ", "Record the re-inspection"),
             told=Text("ตรวจซ้ำ", "Re-inspected"), of=("verified", "in_action", "reinspected", "expired"),
             to="reinspected",
             needs=_SAW, may_say=("affected_band", "inspected_on", "reinspect_on", "reason"), inspects=True),
        Step(id="close", label=Text("ปิดเรื่อง", "Close"), told=Text("ปิดเรื่อง", "Closed"),
             of=("reinspected",), to="closed", needs=("reason",)),
        Step(id="revise", label=Text("เปิดแก้ไขและตรวจใหม่", "Reopen to change"),
             told=Text("เปิดแก้ไขใหม่", "Reopened to be changed"),
             of=("verified", "in_action", "reinspected", "closed", "expired", "rejected", "duplicate"), to="reported",
             needs=("reason",)),
        Step(id="reject", label=Text("ไม่รับเรื่อง", "Reject"), told=Text("ไม่รับเรื่อง", "Rejected"),
             of=("reported", "inspected"), to="rejected", needs=("reason",)),
        Step(id="duplicate", label=Text("ซ้ำกับรายการอื่น", "Mark as a duplicate"),
             told=Text("ซ้ำกับรายการอื่น", "Found to be a duplicate"),
             of=("reported", "inspected"), to="duplicate", needs=("original", "reason")),
        Step(id="expire", label=Text("เกินกำหนดตรวจซ้ำ", "Re-inspection overdue"),
             told=Text("เกินกำหนดตรวจซ้ำ", "Its day of re-inspection passed"),
             of=("verified", "in_action", "reinspected"), to="expired", by=(), by_itself=True),
    ),
)  # fmt: skip


def _without(life: Life, id: str, *names: str) -> Life:
    def kept(said: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in said if name not in names)

    steps = tuple(replace(one, needs=kept(one.needs), may_say=kept(one.may_say)) for one in life.steps)
    return replace(life, id=id, steps=steps)


# The same for what a community can count on, which is neither likely nor severe.
POTENTIAL = _without(RISK, "potential", "likelihood", "severity", "affected_band")
LIVES: Mapping[str, Life] = MappingProxyType({life.id: life for life in (RISK, POTENTIAL)})


def life_of(layer: Layer) -> Life | None:
    """The life that the marks of a layer have; None where its features are simply there."""
    return LIVES[layer.life] if layer.life else None
