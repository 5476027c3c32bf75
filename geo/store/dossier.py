"""One person's data as the law has them receive it (sections 30 and 31): what is held, where it came from, who read it.

The row and its versions leave by the read door and are written down like any reading. What stands here is beside it:
the files that brought it with their grounds, and the readings, by audience and purpose and never by officer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.store.duties_tables import ConsentText
from geo.store.tables import Change, ImportBatch, ReadLog


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that brought or changed the row, why it was taken, and what the people in it agreed to."""

    batch: int
    loaded_at: dt.datetime
    purpose: str | None
    lawful_basis: str | None
    sensitive_basis: str | None
    retain_until: dt.date | None
    consent: str | None
    consent_words: str | None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One reading of the row: when, by which audience, why."""

    at: dt.datetime
    audience: str
    purpose: str


def sources(owner: Session, layer: Layer, fid: int) -> list[Source]:
    """The files behind a row, oldest first; asked of the owner, after the row itself has left by the read door."""
    now, then = layer.table.__table__.c, layer.history.c
    changes = union(select(now.change_id).where(now.id == fid), select(then.change_id).where(then.id == fid))
    query = (
        select(ImportBatch, ConsentText)
        .join(Change, Change.batch_id == ImportBatch.id)
        .outerjoin(ConsentText, ConsentText.id == ImportBatch.consent_text_id)
        .where(Change.id.in_(changes.subquery().select()))
        .order_by(ImportBatch.id)
    )
    found = {batch.id: (batch, consent) for batch, consent in owner.execute(query)}
    return [
        Source(
            batch=batch.id, loaded_at=batch.loaded_at, purpose=batch.purpose, lawful_basis=batch.lawful_basis,
            sensitive_basis=batch.sensitive_basis, retain_until=batch.retain_until,
            consent=f"{consent.code}/{consent.version}" if consent else None,
            consent_words=consent.words if consent else None,
        )
        for batch, consent in found.values()
    ]  # fmt: skip


def readings(owner: Session, layer: Layer, fid: int) -> list[Reading]:
    """Who read it, oldest first."""
    query = select(ReadLog).where(ReadLog.layer == layer.id, ReadLog.records.contains([fid])).order_by(ReadLog.id)
    return [Reading(at=one.at, audience=one.audience, purpose=one.purpose) for one in owner.scalars(query)]


def imports_of_persons(
    owner: Session, layers: Mapping[str, Layer], towns: frozenset[str]
) -> list[tuple[ImportBatch, str | None]]:
    """The kept imports of personal layers into these towns, newest first, each with the text it names.

    A file whose rows say their own towns is everybody's who has rows of it.
    """
    query = (
        select(ImportBatch, ConsentText)
        .outerjoin(ConsentText, ConsentText.id == ImportBatch.consent_text_id)
        .where(ImportBatch.layer.in_(layers))
        .where(or_(ImportBatch.municipality.in_(sorted(towns)), ImportBatch.municipality.is_(None)))
        .order_by(ImportBatch.id.desc())
    )
    return [
        (batch, f"{text.code}/{text.version}" if text else None) for batch, text in owner.execute(query)
        if batch.municipality is not None or _brought_rows(owner, layers[batch.layer], batch, towns)
    ]  # fmt: skip


def _brought_rows(owner: Session, layer: Layer, batch: ImportBatch, towns: frozenset[str]) -> bool:
    rows = layer.table.__table__.c
    of_the_batch = select(Change.id).where(Change.batch_id == batch.id)
    query = select(rows.id).where(rows.change_id.in_(of_the_batch), rows.municipality.in_(sorted(towns)))
    return owner.scalar(query.limit(1)) is not None
