"""What citizens report: kept under a receipt, followed by it, and no more often than is good for everybody.

How often is counted in the database, so that several workers and machines count together, in spans of ten minutes: the
moment itself would tell, beside the moment of a report, from where it came.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.errors import TooManyReports
from geo.layer import Layer
from geo.people import receipts
from geo.store.citizen_tables import CitizenReport, CitizenTry
from geo.store.life_tables import LifeStep
from geo.store.marks import steps
from geo.store.photo_tables import Photo

# Whose word a reported mark is: nobody's by name. No account can be called so (`people.add_person`).
BY, ORIGIN = "citizen", "report"
SPAN = dt.timedelta(minutes=10)
FORGOTTEN_AFTER = dt.timedelta(hours=48)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """So many times within so long."""

    times: int
    within: dt.timedelta


@dataclass(frozen=True, kw_only=True)
class Tries:
    """Something that is tried, by whom or where, and how often it may be."""

    kind: str
    whence: str
    limits: Sequence[Limit]


HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
# A family on one telephone, a village behind one address: few of them report more than this in an hour.
REPORTS = (Limit(times=5, within=HOUR), Limit(times=20, within=DAY))
REPORTS_OF_A_TOWN = (Limit(times=200, within=HOUR),)
# A picture takes a second of a processor, whatever becomes of it.
FORMS_WITH_PICTURES = (Limit(times=20, within=HOUR),)
WRONG_RECEIPTS = (Limit(times=20, within=HOUR),)


def check_not_over(session: Session, tries: Tries, *, at: dt.datetime) -> None:
    """`TooManyReports` where it was tried as often as it may be."""
    for limit in tries.limits:
        # The oldest span counts whole: never more than was said within any such time.
        recent = (
            CitizenTry.kind == tries.kind, CitizenTry.whence == tries.whence,
            CitizenTry.began_at > at - limit.within - SPAN,
        )  # fmt: skip
        spans = select(CitizenTry.began_at, CitizenTry.times).where(*recent).order_by(CitizenTry.began_at)
        found = session.execute(spans).all()
        over = sum(one.times for one in found) - limit.times
        if over < 0:
            continue
        for began_at, times in found:
            over -= times
            if over < 0:
                seconds = (began_at + SPAN + limit.within - at).total_seconds()
                raise TooManyReports(max(1, -int(-seconds // 1)), of_town=tries.kind == "report in a town")


def count(session: Session, tries: Tries, *, at: dt.datetime) -> None:
    """Count once more, where it is not too often; whoever counts the same waits for this transaction."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": f"{tries.kind} {tries.whence}"}
    )
    check_not_over(session, tries, at=at)
    began_at = dt.datetime.fromtimestamp(at.timestamp() // SPAN.total_seconds() * SPAN.total_seconds(), dt.UTC)
    row = insert(CitizenTry).values(kind=tries.kind, whence=tries.whence, began_at=began_at, times=1)
    key = [CitizenTry.kind, CitizenTry.whence, CitizenTry.began_at]
    session.execute(row.on_conflict_do_update(index_elements=key, set_={"times": CitizenTry.times + 1}))


def forget_tries(session: Session, at: dt.datetime) -> None:
    """Let go of what was tried two days ago; part of the daily work."""
    session.execute(delete(CitizenTry).where(CitizenTry.began_at < at - FORGOTTEN_AFTER))


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The mark behind a receipt."""

    layer: str
    row_id: int
    municipality: str


def kept(session: Session, receipt: str) -> Kept | None:
    """What was reported under a receipt; one that is none takes as long as one that was never given."""
    query = select(CitizenReport.layer, CitizenReport.row_id, CitizenReport.municipality)
    row = session.execute(query.where(CitizenReport.receipt_sha256 == receipts.digest(receipt))).first()
    return Kept(layer=row.layer, row_id=row.row_id, municipality=row.municipality) if row else None


def keep(session: Session, receipt: str, mark: Kept, *, at: dt.datetime) -> None:
    """Keep a receipt's digest beside its mark, in the transaction that makes the mark."""
    row = {"receipt_sha256": receipts.digest(receipt), "made_at": at, **vars(mark)}
    session.execute(insert(CitizenReport).values(**row))


def wait_for_same(session: Session, receipt: str) -> None:
    """Whoever sends the same at the same time waits for this transaction."""
    turn = int.from_bytes(receipts.digest(receipt)[:8], "big", signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": turn})


def life(session: Session, layer: Layer, mark: Kept) -> Sequence[LifeStep]:
    """The steps of a reported mark, the first one first; none where the mark is there no more.

    Of a step a reporter is told what it became and when: never who took it, nor why.
    """
    there = select(literal(1)).where(layer.table.__table__.c.id == mark.row_id)
    return steps(session, layer, mark.row_id) if session.scalar(there) is not None else ()


def has_photos(session: Session, mark: Kept) -> bool:
    """Whether any photograph came to a mark, be it taken off again."""
    of_it = select(func.count()).select_from(Photo).where(Photo.layer == mark.layer, Photo.row_id == mark.row_id)
    return bool(session.scalar(of_it))
