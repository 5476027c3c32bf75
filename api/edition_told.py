"""Editions and their changes as JSON."""

from __future__ import annotations

import datetime as dt
from typing import Any

from api.edition_words import KINDS, OVER, STATES
from geo.errors import Text
from geo.people.grants import BANGKOK
from geo.render.popup import pair
from geo.store.editions_books import ChangeLine, standing
from geo.store.editions_tables import Edition


def told(edition: Edition, now: dt.datetime) -> dict[str, Any]:
    """What a file is, and what became of it."""
    state = standing(edition, now).value
    return {
        "id": edition.id, "layer": edition.layer, "municipality": edition.municipality, "state": state,
        "state_told": pair(STATES[state]), "told": edition.told, "tax_year": edition.tax_year,
        "whole": edition.is_whole, "file": {"name": edition.file_name, "bytes": edition.file_bytes},
        "made_at": _moment(edition.made_at), "made_by": edition.made_by, "compared_at": _moment(edition.compared_at),
        "ended_at": _moment(edition.ended_at), "ended_by": edition.ended_by, "counts": edition.counts,
    }  # fmt: skip


def job_told(edition: Edition, now: dt.datetime) -> dict[str, Any]:
    """How far the work on a file is."""
    state = standing(edition, now).value
    return {
        "id": edition.id, "state": state, "state_told": pair(STATES[state]), "is_over": state in OVER,
        "done": edition.work_done, "total": edition.work_total, "told": edition.told,
        "page": f"/editions/{edition.id}",
    }  # fmt: skip


def change_told(line: ChangeLine) -> dict[str, Any]:
    """One change; columns are named and none of their values is."""
    found = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(line).items()}
    said: Text = line.told
    return {**found, "kind_told": pair(KINDS[line.kind]), "told": pair(said), "decided_at": _moment(line.decided_at)}


def _moment(at: dt.datetime | None) -> str | None:
    return None if at is None else at.astimezone(BANGKOK).isoformat(timespec="seconds")
