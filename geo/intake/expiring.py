"""The marks that nobody inspected again by their day: once a day they become what they are, overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo.intake.living import expire
from geo.layer import Layer
from geo.life import life_of
from geo.people.grants import BANGKOK
from geo.store.duties_tables import Housekeeping

JOB = "expiry"
LOCK = 0x65787069  # "expi"


def expire_overdue(session: Session, layers: Mapping[str, Layer], *, at: dt.datetime) -> int:
    """The daily job; answers how many expired. Does nothing where it has run on this day (Bangkok), or runs elsewhere.

    A day begins at its midnight there: whoever may come until the end of a day is not late before it is over.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
        return 0
    last = session.get(Housekeeping, JOB)
    if last is not None and last.ran_at.astimezone(BANGKOK).date() >= at.astimezone(BANGKOK).date():
        return 0
    done = sum(len(expire(session, layer, at=at)) for layer in layers.values() if life_of(layer))
    session.merge(Housekeeping(name=JOB, ran_at=at, rows=done))
    session.flush()
    return done
