"""What waits to be mailed: to one person at a time, each once, later again where it did not go.

Several senders share it: whoever minds a person's mail holds that person's address until it is done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from geo.store.following import CONFIRM
from geo.store.following_tables import Mail, PersonAddress
from geo.store.life_tables import LifeStep

# When much happens it is told together: a mail a person and quarter of an hour.
APART = dt.timedelta(minutes=15)
FIRST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=1), dt.timedelta(hours=6)
MOST_TRIES = 14
KEPT = dt.timedelta(days=90)
MOST_STEPS = 40


def next_person(session: Session, *, at: dt.datetime) -> PersonAddress | None:
    """Somebody for whom something waits whose time has come, held until the transaction ends; None where nobody is."""
    due = (Mail.sent_at.is_(None), Mail.given_up_at.is_(None), Mail.next_try_at <= at)
    not_lately = or_(PersonAddress.told_at.is_(None), PersonAddress.told_at <= at - APART, Mail.what == CONFIRM)
    mine = select(Mail.id).where(Mail.person_id == PersonAddress.person_id, *due, not_lately).exists()
    query = select(PersonAddress).where(mine).order_by(PersonAddress.person_id).limit(1)
    return session.scalar(query.with_for_update(skip_locked=True))


def waiting_of(session: Session, person: int, *, at: dt.datetime) -> Sequence[Mail]:
    """What waits for somebody, the first first."""
    due = (Mail.sent_at.is_(None), Mail.given_up_at.is_(None), Mail.next_try_at <= at)
    query = select(Mail).where(Mail.person_id == person, *due).order_by(Mail.id).limit(MOST_STEPS * 5)
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def steps_behind(session: Session, mails: Sequence[Mail]) -> Sequence[LifeStep]:
    """The steps that they tell of, the first first."""
    ids = [one.life_step_id for one in mails if one.life_step_id is not None]
    return session.scalars(select(LifeStep).where(LifeStep.id.in_(ids)).order_by(LifeStep.id)).all()


def went(mails: Sequence[Mail], address: PersonAddress, *, at: dt.datetime) -> None:
    """They were taken by the mail server."""
    for one in mails:
        one.sent_at, one.tries, one.last_error = at, one.tries + 1, None
    if any(one.what != CONFIRM for one in mails):
        address.told_at = at


def went_not(mails: Sequence[Mail], error: str, *, at: dt.datetime, for_good: bool) -> None:
    """They were not: tried again after a wait that grows, until it is given up. `error` names nobody."""
    for one in mails:
        one.tries, one.last_error = one.tries + 1, error
        one.next_try_at = at + min(FIRST_WAIT * 2 ** min(one.tries - 1, 20), LONGEST_WAIT)
        if for_good or one.tries >= MOST_TRIES:
            one.given_up_at = at


def had_nothing_to_tell(mails: Sequence[Mail], *, at: dt.datetime) -> None:
    """What happened is not theirs to know (any more)."""
    for one in mails:
        one.given_up_at, one.last_error = at, "not theirs to see"


def forget_old(session: Session, *, at: dt.datetime) -> None:
    """Drop what went, or was given up, long ago."""
    over = or_(Mail.sent_at < at - KEPT, Mail.given_up_at < at - KEPT)
    session.execute(delete(Mail).where(over))
