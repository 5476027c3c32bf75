"""What a queue of marks needs beside the marks: how long each has waited, whose they are, and who may be asked to go.

Marks themselves come through the read door; whoever asks here has found them there first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    String,
    and_,
    any_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from geo.layer import Audience, Layer
from geo.people.areas import AreaKind
from geo.store import read
from geo.store.life_tables import LifeStep, MarkDuty
from geo.store.marks import OF_AUTHORS
from geo.store.people_tables import Person, PersonGrant
from geo.store.tables import Change

_SHOWN = ("status", "name_th", "name_en", "kind", "community_id", "score", "band", "inspected_on", "reinspect_on",
          "due_on", "municipality", "seen_on", "division")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What stands beside a mark for one person: since when it waits, whether it is their word, who is to see to it."""

    since: Mapping[int, dt.datetime]
    mine: frozenset[int]
    duties: Mapping[int, str]


def light_rows(
    session: Session, layer: Layer, asking: read.Asking, states: Collection[str], ids: Collection[int] | None = None
) -> list[dict[str, Any]]:
    """Marks in these states that the asker may see (of `ids` alone, where they are given), as a queue's lines."""
    if ids is not None and not ids:
        return []
    wanted = read.Wanted(ids=tuple(ids)) if ids is not None else read.EVERYTHING
    seen = read.rows(layer, asking, wanted).order_by(None).subquery()
    names = [name for name in _SHOWN if name in seen.c]
    query = select(seen.c.id, *(seen.c[name] for name in names)).where(seen.c.status.in_(sorted(states)))
    return [dict(zip(("id", *names), row, strict=True)) for row in session.execute(query)]


def beside(session: Session, layer: Layer, fids: Sequence[int], login: str) -> Beside:
    """The three in one question each, however many marks they are."""
    ids = list(fids)
    # What came in with a file took no step: it waits since it is what it is.
    own = layer.table.__table__.c
    last = select(func.max(LifeStep.made_at)).where(LifeStep.layer == layer.id, LifeStep.row_id == own.id)
    steps = select(own.id, func.coalesce(last.scalar_subquery(), own.changed_at)).where(_among(own.id, ids))
    held = select(MarkDuty.row_id, MarkDuty.person).where(
        MarkDuty.layer == layer.id, MarkDuty.ended_at.is_(None), _among(MarkDuty.row_id, ids)
    )
    return Beside(since=_pairs(session, steps), mine=authored(session, layer, ids, login), duties=_pairs(session, held))


def _pairs(session: Session, query: Any) -> dict[Any, Any]:
    return {key: value for key, value in session.execute(query).all()}  # noqa: C416  # a row is no pair to mypy


def _among(column: Any, ids: Sequence[int]) -> ColumnElement[bool]:
    # One value, however many they are: ten thousand placeholders would take longer to write than the rows to find.
    return column == any_(literal(list(ids), ARRAY(BigInteger)))  # type: ignore[no-any-return]  # of any column


def authored(session: Session, layer: Layer, fids: Sequence[int], login: str) -> frozenset[int]:
    """Which of these somebody marked, changed or inspected."""
    now, then = layer.table.__table__.c, layer.history.c
    made = union_all(
        *(select(columns.id.label("id"), columns.change_id.label("change_id"))
          .where(_among(columns.id, fids)) for columns in (now, then))
    ).subquery()  # fmt: skip
    query = (
        select(made.c.id)
        .join(Change, Change.id == made.c.change_id)
        .where(Change.made_by == login, Change.operation.in_(OF_AUTHORS))
    )
    return frozenset(session.scalars(query.distinct()))


def begun_by(session: Session, layer: Layer, login: str) -> list[int]:
    """The marks that somebody made."""
    query = select(LifeStep.row_id).where(
        LifeStep.layer == layer.id, LifeStep.made_by == login, LifeStep.version == 1, LifeStep.was.is_(None)
    )
    return list(session.scalars(query.distinct()))


def officers(
    session: Session, *, town: str | None, community: int | None, at: dt.datetime, demo: bool
) -> list[tuple[str, str]]:
    """The logins and names of those who are the municipality's staff where a mark lies."""
    grant = PersonGrant
    here = or_(
        and_(grant.kind == AreaKind.MUNICIPALITY.value, grant.area == town) if town else false(),
        and_(grant.kind == AreaKind.COMMUNITY.value, grant.area == cast(community, String)) if community else false(),
    )
    query = (
        select(Person.login, Person.name)
        .join(grant, grant.person_id == Person.id)
        .where(grant.audience == Audience.STAFF.value, grant.ended_at.is_(None), Person.disabled_at.is_(None), here)
        .where(or_(grant.ends.is_(None), grant.ends > at))
        .distinct()
        .order_by(Person.name, Person.login)
    )
    if not demo:
        query = query.where(Person.is_demo.is_(False))
    return [(login, name) for login, name in session.execute(query)]


def names_of(session: Session, logins: Collection[str]) -> dict[str, str]:
    """What people are called, by login; programs and the service itself have no name."""
    query = select(Person.login, Person.name).where(Person.login.in_(sorted(logins)))
    return _pairs(session, query)
