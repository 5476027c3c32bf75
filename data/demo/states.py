"""Where the demo's marks are in their lives, and what a made-up town has done about them by now."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from numpy.random import Generator

from data.demo.parcels import chosen

Row = dict[str, Any]

STATUSES = {
    "verified": 0.32, "reported": 0.16, "inspected": 0.08, "in_action": 0.2, "reinspected": 0.08, "closed": 0.08,
    "expired": 0.03, "rejected": 0.02, "draft": 0.01, "duplicate": 0.02,
}  # fmt: skip
# What people of a community mark themselves, and how far that came; the other assets came with the town's own files.
MARKED_ASSETS = ("savings_group", "occupation_group", "welfare_fund", "learning_centre")
ASSET_STATUSES = {"verified": 0.76, "reported": 0.12, "inspected": 0.12}
# How much earlier than drawn a mark was seen that has come this far: its steps need the days.
EARLIER_DAYS = {"verified": 30, "in_action": 90, "reinspected": 210, "closed": 210, "expired": 120}
# The last day on which anything was seen, and what still waits was seen within so many days before it.
LAST_SEEN, WAITING_DAYS = np.datetime64("2026-10-13"), 90
WAITING = ("draft", "reported", "inspected")
DIVISIONS = {"works": 0.6, "health": 0.2, "disaster": 0.15, "welfare": 0.05}
# Far enough on that the demo does not grow old at once.
GOOD_FOR_DAYS = 365 + 180


def without_lost_duplicates(rows: list[Row]) -> None:
    """What repeats nothing, because no other mark of its kind was taken up, is rejected instead."""
    taken_up = {row["kind"] for row in rows if row["status"] not in ("draft", "rejected", "duplicate")}
    for row in rows:
        if row["status"] == "duplicate" and row["kind"] not in taken_up:
            row["status"] = "rejected"


def seen_to(row: Row, rng: Generator) -> Row:
    """When a risk was seen and what was done about it, as far as its state says."""
    seen, state = _seen_on(row["seen_on"], row["status"]), row["status"]
    found: Row = {"seen_on": seen, "hazard_year": int(str(seen)[:4]), "inspected_on": None, "reinspect_on": None,
                  "division": None, "budget_baht": None, "due_on": None}  # fmt: skip
    if state in ("draft", "reported", "rejected", "duplicate"):
        return found
    # Of what was inspected again this is the second time.
    visited = row["seen_on"] if state in ("reinspected", "closed") else seen
    inspected = (visited + int(rng.integers(2, 20))).item()
    found["inspected_on"] = inspected
    if state == "inspected":
        return found
    good_for = 90 if state == "expired" else GOOD_FOR_DAYS + (EARLIER_DAYS["in_action"] if state == "in_action" else 0)
    found["reinspect_on"] = inspected + dt.timedelta(days=good_for)
    if state in ("in_action", "reinspected", "closed"):
        found |= {
            "plan_activity": f"กิจกรรมสมมติ {row['risk_code'][-4:]}", "division": chosen(DIVISIONS, 1, rng)[0],
            "budget_baht": int(rng.integers(2, 60)) * 10_000,
            "due_on": inspected + dt.timedelta(days=int(rng.integers(120, 400))),
        }  # fmt: skip
    return found


def _seen_on(drawn: Any, state: str) -> Any:
    if state in WAITING:
        return LAST_SEEN - (LAST_SEEN - drawn) % np.timedelta64(WAITING_DAYS, "D")
    return drawn - EARLIER_DAYS.get(state, 0)


def marked_by_people(rows: list[Row], rng: Generator) -> None:
    """States for the assets that communities marked, and the days on which somebody went to see them."""
    for row in rows:
        row |= {"status": None, "inspected_on": None, "reinspect_on": None}
        if row["kind"] not in MARKED_ASSETS:
            continue
        state = str(chosen(ASSET_STATUSES, 1, rng)[0])
        row["status"] = state
        row["surveyed_on"] = _seen_on(row["surveyed_on"], state)
        visited = (row["surveyed_on"] + int(rng.integers(2, 20))).item()
        if state != "reported":
            row["inspected_on"] = visited
        if state == "verified":
            row["reinspect_on"] = visited + dt.timedelta(days=GOOD_FOR_DAYS)
