"""The files of erased photographs go, unless another photograph is of the same; in step with those who just send one.

A file is kept under its digest, and one digest may be of several photographs: whoever keeps a picture and whoever takes
its file away hold the digest, so that neither does the other's work undone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import exists, func, select, text, update
from sqlalchemy.orm import Session, aliased

from geo.layer import Layer
from geo.photos.keeping import Keeping
from geo.store import photos
from geo.store.photo_tables import Photo

# What was taken off by mistake can be found again by whoever keeps the machine; afterwards nobody needs it any more.
KEPT_AFTER_END = dt.timedelta(days=90)
BY_TIME = "ครบ 90 วันหลังนำออก · 90 days after it was taken off"
_SHARED, _ALONE = "pg_advisory_xact_lock_shared", "pg_advisory_xact_lock"


def hold(session: Session, digests: Iterable[str], *, alone: bool = False) -> None:
    """Until the transaction ends nobody takes these files away; `alone` also nobody keeps them."""
    lock = _ALONE if alone else _SHARED
    # In one order by all, or two that hold several would wait for each other.
    for digest in sorted(set(digests)):
        session.execute(text(f"SELECT {lock}(hashtextextended(:what, 0))"), {"what": f"photo {digest}"})


def going(session: Session) -> list[str]:
    """The digests of erased photographs whose files are still to go."""
    query = select(Photo.sha256).where(Photo.erased_at.is_not(None), Photo.file_gone_at.is_(None))
    return list(session.scalars(query.distinct().order_by(Photo.sha256)))


def let_file_go(session: Session, keeping: Keeping, digest: str, *, at: dt.datetime) -> bool:
    """Take the file of erased photographs away; False where another photograph still needs it.

    `StoreAway` where the store cannot be reached: it stays noted as going, and the daily work tries again.
    """
    hold(session, [digest], alone=True)
    others = session.scalar(select(exists().where(Photo.sha256 == digest, Photo.erased_at.is_(None))))
    if not others:
        keeping.forget(digest)
    gone = update(Photo).where(Photo.sha256 == digest, Photo.erased_at.is_not(None), Photo.file_gone_at.is_(None))
    session.execute(gone.values(file_gone_at=at))
    return not others


def erase_old(session: Session, layer: Layer, *, by: str, at: dt.datetime) -> int:
    """Erase the photographs that were taken off, or whose row ended, longer than `KEPT_AFTER_END` ago."""
    before = at - KEPT_AFTER_END
    row, past = aliased(layer.table), layer.history.c
    last_seen = select(func.max(past.closed_at)).where(past.id == Photo.row_id).scalar_subquery()
    row_ended = ~exists().where(row.id == Photo.row_id) & (last_seen < before)
    query = select(Photo).where(
        Photo.layer == layer.id, Photo.erased_at.is_(None), (Photo.ended_at < before) | row_ended
    )
    found = session.scalars(query.order_by(Photo.id).with_for_update(of=Photo, skip_locked=True)).all()
    for photo in found:
        photos.erase(session, photo, reason=BY_TIME, by=by, at=at)
    return len(found)
