"""The tables of people: who they are, what they were granted, and what they signed in with.

Secrets are kept as SHA-256 of at least 256 random bits, passwords as Argon2id, so that a copy of the database opens
nothing. Nothing here is ever deleted but sessions and failures, which are over by themselves.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Index, LargeBinary, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.layer import Base


class Person(Base):
    """Somebody who may sign in; without a password they were invited and have not come yet."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    is_demo: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    disabled_at: Mapped[dt.datetime | None]


class PersonGrant(Base):
    """One audience in one area; taken away it stays as a record, with `ended_at`."""

    __tablename__ = "person_grant"
    __table_args__ = (
        Index(
            "person_grant_once", "person_id", "audience", "kind", "area", unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("person_grant_area_index", "kind", "area"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    audience: Mapped[str]
    kind: Mapped[str]
    area: Mapped[str]
    ends: Mapped[dt.datetime | None]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str | None]


class TotpRule(Base):
    """A town that asks for one-time codes from whoever speaks for an audience there."""

    __tablename__ = "totp_rule"

    municipality: Mapped[str] = mapped_column(primary_key=True)
    audience: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]


class WebSession(Base):
    """A browser that is signed in, what it speaks for, and why."""

    __tablename__ = "web_session"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime] = mapped_column(index=True)
    audience: Mapped[str]
    purpose: Mapped[str | None]
    switched_at: Mapped[dt.datetime | None]
    with_totp: Mapped[bool]


class BearerToken(Base):
    """A token for programs: `access` and `refresh` of one family, or a long-lived `api` token with a name."""

    __tablename__ = "bearer_token"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    kind: Mapped[str]
    family: Mapped[uuid.UUID] = mapped_column(Uuid, index=True)
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    name: Mapped[str | None]
    audience: Mapped[str]
    purpose: Mapped[str | None]
    may_write: Mapped[bool]
    with_totp: Mapped[bool]
    made_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]


class Invitation(Base):
    """A link that lets its holder choose a password, once: a first one (`invite`) or a new one (`reset`)."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    kind: Mapped[str]
    code_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    ends_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class SignInFailure(Base):
    """A wrong password: for which login and from where, both as keyed digests (people type passwords as logins)."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("sign_in_failure_whence_index", "whence", "login", "failed_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    login: Mapped[str]
    whence: Mapped[str]
    failed_at: Mapped[dt.datetime] = mapped_column(index=True)


class SecurityEvent(Base):
    """Who did what to whose account or grants, and when; never a secret."""

    __tablename__ = "security_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    happened_at: Mapped[dt.datetime] = mapped_column(server_default=func.now(), index=True)
    made_by: Mapped[str]
    what: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"), index=True)
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
