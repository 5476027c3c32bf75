"""Lives of many marks at once: those of which nothing is written down yet, and their steps in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.life import STATUS
from geo.store.following_tables import Mail
from geo.store.life_tables import LifeStep
from geo.store.tables import Change

AT_ONCE = 5_000


def without_steps(session: Session, layer: Layer, *, origin: str) -> list[dict[str, Any]]:
    """The marks of an origin that have a state and no step that led there: their columns, id and version; in order."""
    mark = layer.table.__table__.c
    names = ("id", "version", *(name for name, field in layer.fields.items() if not field.computed))
    noted = exists().where(LifeStep.layer == layer.id, LifeStep.row_id == mark.id)
    query = (
        select(*(mark[name] for name in names))
        .join(Change, Change.id == mark.change_id)
        .where(Change.origin == origin, mark[STATUS].is_not(None), ~noted)
        .order_by(mark.id)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def note_lives(session: Session, steps: Sequence[Mapping[str, Any]]) -> int:
    """Write down steps that lie in the past, in this order; nobody who follows a place is written to for them."""
    noted = insert(LifeStep).returning(LifeStep.id, sort_by_parameter_order=True)
    for first in range(0, len(steps), AT_ONCE):
        made = session.scalars(noted, [dict(one) for one in steps[first : first + AT_ONCE]]).all()
        session.execute(delete(Mail).where(Mail.life_step_id.in_(made)))
    return len(steps)
