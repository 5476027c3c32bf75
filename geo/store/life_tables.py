"""The tables beside the marks: the steps of their lives, who has one open, who is to see to it, what was said of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.layer import Base


class LifeStep(Base):
    """One step of a mark's life, written with the version that it made; steps are added and never altered.

    `municipality` and `community_id` are where the mark lay then; `detail` holds what no column does (`original`).
    """

    __tablename__ = "life_step"
    __table_args__ = (
        Index("life_step_mark_index", "layer", "row_id"),
        Index("life_step_place_index", "municipality", "made_at"),
        Index("life_step_maker_index", "made_by"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)
    step: Mapped[str]
    was: Mapped[str | None]
    became: Mapped[str]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    reason: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    municipality: Mapped[str | None]
    community_id: Mapped[int | None] = mapped_column(BigInteger)


class MarkLock(Base):
    """Who has a mark open to change it, until when; over by itself."""

    __tablename__ = "mark_lock"

    layer: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    held_by: Mapped[str]
    taken_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]


class MarkDuty(Base):
    """Who is to see to a mark next; the last one said holds, and the ones before stay as a record."""

    __tablename__ = "mark_duty"
    __table_args__ = (Index("mark_duty_mark_index", "layer", "row_id"), Index("mark_duty_person_index", "person"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInteger)
    person: Mapped[str]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    ended_at: Mapped[dt.datetime | None]


class MarkComment(Base):
    """What somebody said of a mark, for the members of its area; never told to the public."""

    __tablename__ = "mark_comment"
    __table_args__ = (Index("mark_comment_mark_index", "layer", "row_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    words: Mapped[str]
