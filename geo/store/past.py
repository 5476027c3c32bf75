"""What a row was: its versions, for the members of the area where each of them lay.

The public's past is decided with releases; until then nobody but members learns that there was one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Subquery, and_, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from geo.layer import Layer
from geo.store.read import Asking, inside, no_such, plain, shown_fields, witnessed
from geo.store.tables import Change

MOST_VERSIONS = 1000


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What was done, when, by whom, from where, and why."""

    operation: str | None
    at: dt.datetime
    made_by: str | None
    origin: str | None
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a row: the deed that opened it, the values it had, and the deed that ended the row with it."""

    version: int
    valid_from: dt.datetime
    valid_to: dt.datetime | None
    opened: Deed
    ended: Deed | None
    properties: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Versions:
    """Versions, newest first; `next_before` is the one to go on from, or None at the end."""

    versions: list[Version]
    next_before: int | None


def versions(
    session: Session, layer: Layer, asking: Asking, fid: int, *, limit: int = 100, before: int | None = None
) -> Versions:
    """The versions of one row that lay where this member looks; `UnknownFeature` where there is none."""
    limit = min(limit, MOST_VERSIONS)
    lives = _lives(layer, asking, fid)
    opened, ended = aliased(Change), aliased(Change)
    # How the row ended is told; how it went on is told by the next version, to those who may see that.
    query = select(lives, *_deed(opened, "opened"), *_deed(ended, "ended"))
    query = query.outerjoin(opened, opened.id == lives.c.change_id)
    query = query.outerjoin(ended, and_(ended.id == lives.c.closed_change_id, lives.c.closed_as == "delete"))
    if before is not None:
        query = query.where(lives.c.version < before)
    found = session.execute(query.order_by(lives.c.version.desc()).limit(limit + 1)).mappings().all()
    if not found:
        raise no_such(layer, fid)
    witnessed(session, layer, asking, [fid])
    shown = [_version(row, list(shown_fields(layer, asking))) for row in found[:limit]]
    return Versions(versions=shown, next_before=shown[-1].version if len(found) > limit else None)


def check_version(session: Session, layer: Layer, asking: Asking, fid: int, version: int) -> None:
    """`UnknownFeature` unless this member may see that version of the row."""
    lives = _lives(layer, asking, fid)
    if session.scalar(select(lives.c.version).where(lives.c.version == version)) is None:
        raise no_such(layer, fid)


def _lives(layer: Layer, asking: Asking, fid: int) -> Subquery:
    """The present version and the closed ones, each where it lay then."""
    if asking.is_low:
        raise no_such(layer, fid)
    now, then = layer.table.__table__.c, layer.history.c
    names = ("version", "changed_at", "change_id", *shown_fields(layer, asking))
    # A column of ours may be called as one of the layer's.
    present = [now[name].label(f"own_{name}" if name in layer.fields else name) for name in names]
    closed = [then[name].label(f"own_{name}" if name in layer.fields else name) for name in names]
    is_open = [null().label("closed_at"), null().label("closed_change_id"), literal(None).label("closed_as")]
    return union_all(
        select(*closed, then.closed_at, then.closed_change_id, then.closed_as)
        .where(then.id == fid, inside(then, layer, asking.areas)),
        select(*present, *is_open).where(now.id == fid, inside(now, layer, asking.areas)),
    ).subquery("lives")  # fmt: skip


def _deed(change: Any, kind: str) -> list[Any]:
    columns = (change.operation, change.made_by, change.origin, change.reason)
    return [column.label(f"{kind}_{column.key}") for column in columns]


def _version(row: Any, names: list[str]) -> Version:
    def deed(kind: str, at: dt.datetime) -> Deed:
        return Deed(operation=row[f"{kind}_operation"], at=at, made_by=row[f"{kind}_made_by"],
                    origin=row[f"{kind}_origin"], reason=row[f"{kind}_reason"])  # fmt: skip

    return Version(
        version=row["version"], valid_from=row["changed_at"], valid_to=row["closed_at"],
        opened=deed("opened", row["changed_at"]),
        ended=deed("ended", row["closed_at"]) if row["closed_as"] == "delete" else None,
        properties={name: plain(row[f"own_{name}"]) for name in names},
    )  # fmt: skip
