"""Tokens that may write over HTTP: made once, shown once, kept only as a digest."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geo.store.tables import AccessToken


def make_token(session: Session, name: str, *, ends_at: dt.datetime | None = None) -> str:
    """A new token for `name`; this answer is the only time it is seen."""
    token = "atlas_" + secrets.token_urlsafe(32)
    digest = hashlib.sha256(token.encode()).digest()
    session.add(AccessToken(name=name, token_sha256=digest, ends_at=ends_at))
    return token


def has_token(session: Session) -> bool:
    """Whether any token was ever made here."""
    return session.scalar(select(AccessToken.id).limit(1)) is not None


def holder_of(session: Session, digest: bytes, *, at: dt.datetime) -> str | None:
    """The name behind a token's SHA-256, or None when it is unknown or over."""
    valid = or_(AccessToken.ends_at.is_(None), AccessToken.ends_at > at)
    return session.scalar(select(AccessToken.name).where(AccessToken.token_sha256 == digest, valid))
