"""Answers remembered for sixty days, so that a write which is sent twice is done once.

A telephone may lie switched off for weeks between sending something and hearing that it arrived.

Only what was done is kept (a status, ids and versions), never what was sent: a remembered answer holds nothing that
could be erased elsewhere. The key and the body are here as keyed digests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.store.tables import WriteReceipt

KEPT_FOR = dt.timedelta(days=60)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request under a key: `mark` says whose, where and which key, `body` what was sent."""

    mark: bytes
    body: bytes


def receipt_of(session: Session, sent: Sent, *, at: dt.datetime) -> WriteReceipt | None:
    """What was done when this was sent before; another that is being done just now is waited for.

    `BadRequest` where the key came with something else: to send it again will not help.
    """
    turn = int.from_bytes(sent.mark[:8], "big", signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": turn})
    query = select(WriteReceipt).where(WriteReceipt.mark == sent.mark, WriteReceipt.made_at > at - KEPT_FOR)
    found = session.scalars(query.order_by(WriteReceipt.id.desc()).limit(1)).first()
    if found is not None and found.body != sent.body:
        raise BadRequest("Idempotency-Key นี้ใช้กับคำขออื่นไปแล้ว", "This Idempotency-Key was used for another request")
    return found


def remember(
    session: Session, sent: Sent, *, status: int, ids: Sequence[int], versions: Sequence[int], at: dt.datetime
) -> None:
    """Keep what was done, in the transaction that does it."""
    session.add(WriteReceipt(mark=sent.mark, body=sent.body, made_at=at, status=status, ids=list(ids),
                             versions=list(versions)))  # fmt: skip
    session.flush()


def forget_old(session: Session, at: dt.datetime) -> None:
    """Let go of what is older than that; part of the daily work."""
    session.execute(text("DELETE FROM write_receipt WHERE made_at <= :at"), {"at": at - KEPT_FOR})
