"""The tables of what the law asks of a town: who answers for the data, what people agreed to, what they asked for,
what went wrong, and whose values were taken out."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from geo.layer import Base


class Controller(Base):
    """Who answers for a town's data, and how a person reaches them (sections 23 and 39(3))."""

    __tablename__ = "controller"

    municipality: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    address: Mapped[str]
    officer: Mapped[str]
    reached_by: Mapped[str]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]


class ConsentText(Base):
    """Words that people agreed to. A version stays as it was: another wording is another version."""

    __tablename__ = "consent_text"
    __table_args__ = (UniqueConstraint("municipality", "code", "version"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    municipality: Mapped[str]
    code: Mapped[str]
    version: Mapped[int]
    words: Mapped[str]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]


class SubjectRequest(Base):
    """What a person asked of the town about their own data, with its clock of 30 days (section 30)."""

    __tablename__ = "subject_request"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    municipality: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    subject: Mapped[str]
    reached_by: Mapped[str]
    asked: Mapped[str]
    received_on: Mapped[dt.date]
    due_on: Mapped[dt.date]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    closed_at: Mapped[dt.datetime | None]
    closed_by: Mapped[str | None]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]


class Incident(Base):
    """Something that happened to personal data, with its clock of 72 hours (section 37(4))."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    municipality: Mapped[str] = mapped_column(index=True)
    known_at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime]
    what: Mapped[str]
    data: Mapped[str]
    people: Mapped[int | None]
    is_high_risk: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    office_told_at: Mapped[dt.datetime | None]
    people_told_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    closed_by: Mapped[str | None]
    reason: Mapped[str | None]


class RegisterNote(Base):
    """What was done about a request or an incident, in order; notes are added and never altered."""

    __tablename__ = "register_note"
    __table_args__ = (Index("register_note_entry_index", "register", "entry"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    register: Mapped[str]
    entry: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    what: Mapped[str]


class ErasedRow(Base):
    """A row whose personal values were taken out at a person's request.

    `mark` is a keyed digest of what identified it in files, so that the next file does not bring the person back;
    nothing can be read from it.
    """

    __tablename__ = "erased_row"
    __table_args__ = (Index("erased_row_mark_index", "layer", "mark"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInteger)
    municipality: Mapped[str | None]
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    request_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subject_request.id"), index=True)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]


class Housekeeping(Base):
    """When a job that runs by itself ran last, and what it did."""

    __tablename__ = "housekeeping"

    name: Mapped[str] = mapped_column(primary_key=True)
    ran_at: Mapped[dt.datetime]
    rows: Mapped[int] = mapped_column(Integer)
