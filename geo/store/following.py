"""Who wants to hear of which place or mark, where mail reaches them, and what everybody is told in a feed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, column, func, select, table, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.errors import TooOften
from geo.layer import Layer
from geo.life import life_of
from geo.store import read
from geo.store.following_tables import Follow, Mail, PersonAddress
from geo.store.life_tables import LifeStep

MARK = "mark"
CONFIRM, STEP = "confirm", "step"
# Somebody who is signed in could have a stranger written to, again and again.
CONFIRMS_A_DAY = 4
CONFIRMED_WITHIN = dt.timedelta(days=3)
_SHARED = table("shared_area", column("id", BigInteger), column("geom"))


def follows_of(session: Session, person: int) -> Sequence[Follow]:
    """What somebody follows, the oldest first."""
    query = select(Follow).where(Follow.person_id == person, Follow.ended_at.is_(None))
    return session.scalars(query.order_by(Follow.id)).all()


def is_followed(session: Session, person: int, kind: str, area: str) -> bool:
    """Whether somebody follows this."""
    query = select(Follow.id).where(
        Follow.person_id == person, Follow.kind == kind, Follow.area == area, Follow.ended_at.is_(None)
    )
    return session.scalar(query) is not None


def follow(session: Session, person: int, kind: str, area: str, *, by_mail: bool, at: dt.datetime) -> None:
    """Follow a place or a mark; followed again it is followed once, by mail or not as was said last."""
    row = insert(Follow).values(person_id=person, kind=kind, area=area, by_mail=by_mail, made_at=at)
    session.execute(row.on_conflict_do_update(
        index_elements=["person_id", "kind", "area"], index_where=Follow.ended_at.is_(None), set_={"by_mail": by_mail},
    ))  # fmt: skip


def unfollow(session: Session, person: int, kind: str, area: str, *, at: dt.datetime) -> None:
    """Follow it no longer."""
    mine = (Follow.person_id == person, Follow.kind == kind, Follow.area == area, Follow.ended_at.is_(None))
    session.execute(update(Follow).where(*mine).values(ended_at=at))


def stop_mail(session: Session, person: int, *, at: dt.datetime) -> None:
    """No more mail to somebody: what they follow they follow on the page alone, and what waits is not sent."""
    session.execute(update(Follow).where(Follow.person_id == person, Follow.ended_at.is_(None)).values(by_mail=False))
    _drop_waiting(session, person, at=at)


def _drop_waiting(session: Session, person: int, *, at: dt.datetime) -> None:
    waiting = (Mail.person_id == person, Mail.sent_at.is_(None), Mail.given_up_at.is_(None))
    session.execute(update(Mail).where(*waiting).values(given_up_at=at, last_error="not wanted any more"))


def address_of(session: Session, person: int) -> PersonAddress | None:
    """Where mail reaches somebody, confirmed or not."""
    return session.get(PersonAddress, person)


def ask_address(session: Session, person: int, address: str, *, at: dt.datetime) -> None:
    """Keep an address that is still to be confirmed, and have its link mailed; `TooOften` after a few in a day."""
    # One after the other: two at once would each count as the last that may.
    session.execute(select(func.pg_advisory_xact_lock(0x6D61696C, person)))
    asked = select(func.count()).where(
        Mail.person_id == person, Mail.what == CONFIRM, Mail.made_at > at - dt.timedelta(days=1)
    )
    if (session.scalar(asked) or 0) >= CONFIRMS_A_DAY:
        raise TooOften(24 * 3600)
    _drop_waiting(session, person, at=at)
    row = insert(PersonAddress).values(person_id=person, address=address, asked_at=at)
    fresh = {"address": address, "asked_at": at, "confirmed_at": None}
    session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=fresh))
    session.add(Mail(person_id=person, what=CONFIRM, made_at=at, next_try_at=at))
    session.flush()


def confirm_address(session: Session, person: int, *, at: dt.datetime) -> None:
    """The address is theirs: mail that they follow things by goes there from now on."""
    session.execute(update(PersonAddress).where(PersonAddress.person_id == person).values(confirmed_at=at))


def forget_address(session: Session, person: int, *, at: dt.datetime) -> None:
    """Take the address out, and send nothing any more."""
    stop_mail(session, person, at=at)
    found = session.get(PersonAddress, person)
    if found is not None:
        session.delete(found)
    session.flush()


@dataclass(frozen=True, kw_only=True)
class Told:
    """A step that the public may know of, with the words of the mark as it is now."""

    layer: Layer
    id: int
    became: str
    at: dt.datetime
    words: Mapping[str, Any]


def told_to_all(
    session: Session, layer: Layer, *, municipality: str | None = None, community: int | None = None,
    shared_area: int | None = None, most: int,
) -> list[Told]:  # fmt: skip
    """The newest steps into states that the public sees, of marks that it sees now; nobody's name, and no reason.

    Both are asked at once: a list cut off before the hidden ones were left out would tell how many there are.
    """
    life = life_of(layer)
    assert life is not None
    seen = read.rows(layer, read.Asking(), read.EVERYTHING).order_by(None).subquery()
    names = [name for name in ("name_th", "name_en", "kind", "band", "score", "municipality", "community_id")
             if name in seen.c]  # fmt: skip
    query = (
        select(seen.c.id, LifeStep.became, LifeStep.made_at, *(seen.c[name] for name in names))
        .join(LifeStep, LifeStep.row_id == seen.c.id)
        .where(LifeStep.layer == layer.id, LifeStep.became.in_(life.public))
    )
    if municipality is not None:
        query = query.where(seen.c.municipality == municipality)
    if community is not None:
        query = query.where(seen.c.community_id == community)
    if shared_area is not None:
        shape = select(_SHARED.c.geom).where(_SHARED.c.id == shared_area).scalar_subquery()
        query = query.where(func.ST_Intersects(seen.c.geom, shape))
    newest = query.order_by(LifeStep.made_at.desc(), LifeStep.id.desc()).limit(most)
    return [
        Told(layer=layer, id=fid, became=became, at=at, words=dict(zip(names, words, strict=True)))
        for fid, became, at, *words in session.execute(newest)
    ]
