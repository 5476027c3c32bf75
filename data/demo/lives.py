"""A made-up life for each mark: the steps that lead to the state in which the demo's files leave it.

Days are those that the row itself says (seen, last inspected, to be inspected again), and so many after the step before
where it says none. Officers are made up too: none of them is an account that anybody signs in with.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator

from geo.layer import Layer
from geo.life import BY_ITSELF, STATUS, Life, life_of
from geo.people.grants import BANGKOK

Row = Mapping[str, Any]
Steps = list[dict[str, Any]]

# What follows the report, for each state in which a mark of the demo may be.
WAYS: Mapping[str, tuple[str, ...]] = {
    "draft": (),
    "reported": (),
    "inspected": ("inspect",),
    "verified": ("inspect", "verify"),
    "in_action": ("inspect", "verify", "act"),
    "reinspected": ("inspect", "verify", "act", "reinspect"),
    "closed": ("inspect", "verify", "act", "reinspect", "close"),
    "expired": ("inspect", "verify", "expire"),
    "rejected": ("reject",),
    "duplicate": ("duplicate",),
}
# Days after the step before: from, and not as late as.
DAYS: Mapping[str, tuple[int, int]] = {
    "inspect": (2, 20), "send_back": (1, 3), "verify": (1, 14), "act": (7, 60), "reinspect": (60, 90),
    "close": (2, 13), "reject": (2, 9), "duplicate": (2, 9), "expire": (90, 91),
}  # fmt: skip
SENT_BACK, DRAFTED = 0.15, 0.25
# From so many days between the report and the inspection there is room for one that was sent back.
ROOM_DAYS = 8
REPORTERS = ("resident", "committee", "volunteer", "engineer", "health")
INSPECTORS = ("demo_engineer", "demo_surveyor", "demo_technician")
# None of them marks or inspects anything: what they verify is verified by another person.
VERIFIERS = ("demo_chief_of_works", "demo_deputy_clerk")
PLANNER = "demo_planner"
REASONS: Mapping[str, tuple[str, ...]] = {
    "send_back": ("ภาพถ่ายไม่ชัด ขอให้ลงพื้นที่อีกครั้ง (สมมติ)", "ตำแหน่งคลาดเคลื่อน ขอให้ตรวจใหม่ (สมมติ)"),
    "close": ("ดำเนินการเสร็จ ตรวจซ้ำแล้วไม่พบปัญหา (สมมติ)", "แก้ไขแล้ว ชุมชนตรวจรับร่วมกัน (สมมติ)"),
    "reject": ("ลงพื้นที่แล้วไม่พบปัญหาตามที่แจ้ง (สมมติ)", "อยู่นอกอำนาจหน้าที่ ส่งต่อหน่วยงานเจ้าของพื้นที่แล้ว (สมมติ)"),
    "duplicate": ("เรื่องเดียวกับที่แจ้งไว้ก่อนแล้ว (สมมติ)",),
}
# Nobody repeats what was not taken up itself.
_NO_ORIGINAL = ("draft", "rejected", "duplicate")


def lives(layer: Layer, rows: Sequence[Row], *, seed: int, at: dt.datetime) -> Steps:
    """The steps of these marks, each mark's in their order and none after `at`; the same seed gives the same ones."""
    life = life_of(layer)
    if life is None:
        return []
    originals = _originals(rows)
    found: Steps = []
    for row in rows:
        original = originals.get((row["municipality"], row["kind"]))
        if row[STATUS] != "duplicate" or original is not None:
            rng = np.random.default_rng([seed, zlib.crc32(f"{layer.id}/{_code(row)}".encode())])
            found += [{"layer": layer.id, **one} for one in _life(life, row, original, rng, at)]
    return found


def _code(row: Row) -> str:
    return str(row.get("risk_code") or row.get("asset_code") or row["id"])


def _originals(rows: Sequence[Row]) -> dict[tuple[str | None, str | None], int]:
    """The mark of each kind in each town that was seen first, which another one may repeat."""
    found: dict[tuple[str | None, str | None], int] = {}
    for row in sorted(rows, key=lambda one: (one.get("seen_on") or dt.date.max, one["id"])):
        if row[STATUS] not in _NO_ORIGINAL:
            found.setdefault((row["municipality"], row["kind"]), row["id"])
    return found


def _life(life: Life, row: Row, original: int | None, rng: Generator, at: dt.datetime) -> Steps:
    reporter = f"demo_{row.get('reporter_role') or 'committee'}"
    inspector, verifier = (str(rng.choice(group)) for group in (INSPECTORS, VERIFIERS))
    seen = row.get("seen_on") or row.get("surveyed_on") or at.astimezone(BANGKOK).date() - dt.timedelta(days=60)
    begun = _begun(row, rng)
    days = [seen + dt.timedelta(days=place) for place in range(len(begun))]
    way = _way(row, days[-1], rng)
    days += _days(life, row, way, days[-1], rng)
    made = _in_time([_moment(day, step, rng) for day, step in zip(days, (*begun, *way), strict=True)], at)
    found: Steps = []
    was: str | None = None
    for name, made_at in zip((*begun, *way), made, strict=True):
        step = life.step(name)
        became = step.to if step else "draft"
        by = reporter if name in begun else inspector if step and step.inspects else verifier
        by = {"act": PLANNER, "expire": BY_ITSELF}.get(name, by)
        reasons = REASONS.get(name)
        found.append({
            # The row came whole: what was before it is told by its steps, and no version of its own.
            "row_id": row["id"], "version": row["version"] if found else 1, "step": name, "was": was, "became": became,
            "made_at": made_at, "made_by": by, "reason": str(rng.choice(reasons)) if reasons else None,
            "detail": {"original": original} if name == "duplicate" else None, "municipality": row["municipality"],
            "community_id": row["community_id"],
        })  # fmt: skip
        was = became
    return found


def _begun(row: Row, rng: Generator) -> tuple[str, ...]:
    if row[STATUS] == "draft":
        return ("mark",)
    return ("mark", "report") if rng.random() < DRAFTED else ("report",)


def _way(row: Row, reported: dt.date, rng: Generator) -> tuple[str, ...]:
    way = WAYS[row[STATUS]]
    visited: dt.date | None = row["inspected_on"]
    has_room = way[:1] == ("inspect",) and visited is not None and (visited - reported).days >= ROOM_DAYS
    return ("inspect", "send_back", *way) if has_room and rng.random() < SENT_BACK else way


def _days(life: Life, row: Row, way: Sequence[str], before: dt.date, rng: Generator) -> list[dt.date]:
    """A day for each step: the one that the row tells of it, else some days on; each after the one before."""
    visits = [place for place, name in enumerate(way) if (step := life.step(name)) and step.inspects]
    found: list[dt.date] = []
    for place, name in enumerate(way):
        # Whoever was sent back went soon.
        soonest, latest = (1, 3) if way[place + 1 : place + 2] == ("send_back",) else DAYS[name]
        on = before + dt.timedelta(days=int(rng.integers(soonest, latest)))
        if visits and place == visits[-1]:
            on = row["inspected_on"] or on
        elif name == "expire" and row["reinspect_on"]:
            on = row["reinspect_on"] + dt.timedelta(days=1)
        before = max(on, before + dt.timedelta(days=1))
        found.append(before)
    return found


def _moment(day: dt.date, step: str, rng: Generator) -> dt.datetime:
    """In the hours of an office; what happens by itself happens in the night."""
    minutes = 10 if step == "expire" else 8 * 60 + 30 + int(rng.integers(0, 7 * 60))
    return dt.datetime.combine(day, dt.time(), BANGKOK) + dt.timedelta(minutes=minutes)


def _in_time(moments: list[dt.datetime], at: dt.datetime) -> list[dt.datetime]:
    """The same, pushed together where the last of them would lie after `at`."""
    first, last = moments[0], moments[-1]
    if last <= at:
        return moments
    start = min(first, at - dt.timedelta(days=len(moments)))
    share = (at - start) / max(last - first, dt.timedelta(days=1))
    return [start + (one - first) * share for one in moments]
