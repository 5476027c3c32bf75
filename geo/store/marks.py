"""What is kept beside a mark: who made it, its steps, who has it open, who is to see to it, what was said of it.

Whoever asks must have found the mark itself through the read door first: these tables know no audience.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import case, delete, func, select, union_all, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from geo.errors import HeldOpen
from geo.layer import Layer
from geo.life import LIVES
from geo.store.life_tables import LifeStep, MarkComment, MarkDuty, MarkLock
from geo.store.people_tables import Person
from geo.store.tables import Change

HELD_FOR = dt.timedelta(minutes=30)
# Whose word a mark's content is: who made or changed it, and who went to see; not who moved its community's border,
# and not who took another step.
OF_AUTHORS = (
    "insert", "update", "load", "restore",
    *sorted({step.operation for life in LIVES.values() for step in life.steps if step.inspects}),
)  # fmt: skip


def authors(session: Session, layer: Layer, fid: int) -> frozenset[str]:
    """The logins of those who marked, changed or inspected it, ever."""
    now, then = layer.table.__table__.c, layer.history.c
    made = union_all(
        select(now.change_id.label("change_id")).where(now.id == fid),
        select(then.change_id.label("change_id")).where(then.id == fid),
    ).subquery()
    query = select(Change.made_by).where(Change.id.in_(select(made.c.change_id)), Change.operation.in_(OF_AUTHORS))
    return frozenset(session.scalars(query.distinct()))


def first_author(session: Session, layer: Layer, fids: Collection[int]) -> dict[int, str]:
    """Who made each mark: the login behind its first version."""
    now, then = layer.table.__table__.c, layer.history.c
    versions = union_all(
        select(now.id.label("id"), now.version.label("version"), now.change_id.label("change_id")).where(
            now.id.in_(fids)
        ),
        select(then.id, then.version, then.change_id).where(then.id.in_(fids)),
    ).subquery()
    query = (
        select(versions.c.id, Change.made_by)
        .join(Change, Change.id == versions.c.change_id)
        .distinct(versions.c.id)
        .order_by(versions.c.id, versions.c.version)
    )
    found: list[tuple[int, str]] = [(fid, made_by) for fid, made_by in session.execute(query)]
    return dict(found)


def steps(session: Session, layer: Layer, fid: int) -> Sequence[LifeStep]:
    """The steps of a mark's life, the first one first."""
    query = select(LifeStep).where(LifeStep.layer == layer.id, LifeStep.row_id == fid)
    return session.scalars(query.order_by(LifeStep.id)).all()


def in_state_since(session: Session, layer: Layer, fid: int) -> dt.datetime | None:
    """When the last step was taken; None where none was."""
    query = select(func.max(LifeStep.made_at)).where(LifeStep.layer == layer.id, LifeStep.row_id == fid)
    return session.scalar(query)


@dataclass(frozen=True, kw_only=True)
class Held:
    """Who has a mark open, and until when."""

    by: str
    name: str
    until: dt.datetime


def open_to(session: Session, layer: Layer, fids: Collection[int], *, at: dt.datetime) -> Mapping[int, Held]:
    """Which of these marks somebody has open now, by id."""
    query = (
        select(MarkLock.row_id, MarkLock.held_by, func.coalesce(Person.name, MarkLock.held_by), MarkLock.ends_at)
        .outerjoin(Person, Person.login == MarkLock.held_by)
        .where(MarkLock.layer == layer.id, MarkLock.row_id.in_(fids), MarkLock.ends_at > at)
    )
    return {fid: Held(by=by, name=name, until=until) for fid, by, name, until in session.execute(query)}


def open_mark(session: Session, layer: Layer, fid: int, *, by: str, at: dt.datetime) -> dt.datetime:
    """Take a mark to change it, for half an hour from now; `HeldOpen` while somebody else has it."""
    until = at + HELD_FOR
    row = pg_insert(MarkLock).values(layer=layer.id, row_id=fid, held_by=by, taken_at=at, ends_at=until)
    is_same = MarkLock.held_by == by
    taken = row.on_conflict_do_update(
        index_elements=[MarkLock.layer, MarkLock.row_id],
        set_={"held_by": by, "ends_at": until, "taken_at": case((is_same, MarkLock.taken_at), else_=at)},
        where=is_same | (MarkLock.ends_at <= at),
    ).returning(MarkLock.held_by)
    if session.scalar(taken) is None:
        check_not_open(session, layer, fid, by=by, at=at)
    return until


def check_not_open(session: Session, layer: Layer, fid: int, *, by: str, at: dt.datetime) -> None:
    """`HeldOpen` while somebody else has the mark open."""
    held = open_to(session, layer, [fid], at=at).get(fid)
    if held is not None and held.by != by:
        minutes = max(1, -int((at - held.until).total_seconds() // 60))
        raise HeldOpen(
            f"{held.name} เปิดแก้รายการนี้อยู่ จะว่างภายใน {minutes} นาที",
            f"{held.name} has this open to change it; it is free within {minutes} minutes",
        )


def let_go(session: Session, layer: Layer, fid: int, *, by: str) -> None:
    """Give a mark back; nothing where one does not have it."""
    mine = (MarkLock.layer == layer.id, MarkLock.row_id == fid, MarkLock.held_by == by)
    session.execute(delete(MarkLock).where(*mine))


def duties(session: Session, layer: Layer, fids: Collection[int]) -> dict[int, MarkDuty]:
    """Who is to see to each of these marks, where somebody is."""
    query = select(MarkDuty).where(MarkDuty.layer == layer.id, MarkDuty.row_id.in_(fids), MarkDuty.ended_at.is_(None))
    return {one.row_id: one for one in session.scalars(query)}


def assign(session: Session, layer: Layer, fid: int, person: str | None, *, by: str, at: dt.datetime) -> None:
    """Say who is to see to a mark from now on; None for nobody."""
    present = (MarkDuty.layer == layer.id, MarkDuty.row_id == fid, MarkDuty.ended_at.is_(None))
    session.execute(update(MarkDuty).where(*present).values(ended_at=at))
    if person is not None:
        session.add(MarkDuty(layer=layer.id, row_id=fid, person=person, made_at=at, made_by=by))
    session.flush()


def comments(session: Session, layer: Layer, fid: int) -> Sequence[MarkComment]:
    """What was said of a mark, the first word first."""
    query = select(MarkComment).where(MarkComment.layer == layer.id, MarkComment.row_id == fid)
    return session.scalars(query.order_by(MarkComment.id)).all()


def say(session: Session, layer: Layer, fid: int, words: str, *, by: str, at: dt.datetime) -> int:
    """Add a word about a mark; answers its number."""
    made = MarkComment(layer=layer.id, row_id=fid, made_at=at, made_by=by, words=words)
    session.add(made)
    session.flush()
    return made.id
