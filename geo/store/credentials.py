"""What people are signed in with: sessions of browsers, tokens of programs, and the failures on the way there.

A credential says which audience it speaks for; what it may see is read from the grants at every request, so that a
grant that ended, or a person who was disabled, is over at once.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.orm import Session

from geo.layer import Audience
from geo.people import keys
from geo.people.grants import BY_NAME, MINUTES_BY_NAME
from geo.people.slowing import REMEMBERED, Failures
from geo.store.people import note
from geo.store.people_tables import BearerToken, Person, SignInFailure, WebSession

SESSION_HOURS = 12
ACCESS_MINUTES = 15
REFRESH_DAYS = 14
API_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person as far as a credential tells of them."""

    id: int
    login: str
    name: str
    is_demo: bool
    has_totp: bool


@dataclass(frozen=True, kw_only=True)
class Credential:
    """What somebody came with: a session or a token, the person behind it, and what it was made for."""

    kind: str
    id: int
    person: Account
    audience: Audience
    purpose: str | None
    since: dt.datetime | None
    may_write: bool
    with_totp: bool
    ends: dt.datetime


def account_of(person: Person) -> Account:
    """The account as it is now, to keep when the database session is over."""
    return Account(id=person.id, login=person.login, name=person.name, is_demo=person.is_demo,
                   has_totp=person.totp_secret is not None)  # fmt: skip


def start_session(session: Session, person: Account, audience: Audience, *, with_totp: bool, at: dt.datetime) -> str:
    """Sign a browser in; the answer is its cookie, seen this once. What is long over is swept away."""
    session.execute(delete(WebSession).where(WebSession.ends_at < at))
    token = keys.new_token()
    session.add(
        WebSession(person_id=person.id, token_sha256=keys.digest(token), made_at=at, audience=audience.value,
                   ends_at=at + dt.timedelta(hours=SESSION_HOURS), with_totp=with_totp)
    )  # fmt: skip
    return token


def session_behind(session: Session, cookie: str, *, at: dt.datetime) -> Credential | None:
    """The session of a cookie while it lasts."""
    query = select(WebSession, Person).join(Person, Person.id == WebSession.person_id).where(
        WebSession.token_sha256 == keys.digest(cookie), WebSession.ends_at > at, Person.disabled_at.is_(None)
    )  # fmt: skip
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    kept, person = row
    return Credential(kind="session", id=kept.id, person=account_of(person), audience=Audience(kept.audience),
                      purpose=kept.purpose, may_write=True,
                      since=kept.switched_at, with_totp=kept.with_totp, ends=kept.ends_at)  # fmt: skip


def end_session(session: Session, cookie: str) -> None:
    """Sign a browser out: its cookie opens nothing any more, wherever a copy of it lies."""
    session.execute(delete(WebSession).where(WebSession.token_sha256 == keys.digest(cookie)))


def switch_session(
    session: Session, number: int, audience: Audience, purpose: str | None, *, by: Account, at: dt.datetime
) -> None:
    """Let a session speak for another audience; for one granted by name the purpose is written down."""
    session.execute(
        update(WebSession)
        .where(WebSession.id == number)
        .values(audience=audience.value, purpose=purpose, switched_at=at)
    )
    if audience in BY_NAME:
        note(session, "speaks for", by=by.login, at=at, person=by.id, audience=audience.value, purpose=purpose)


def confirm_session(session: Session, number: int) -> None:
    """A session in which a one-time code was shown after the sign-in."""
    session.execute(update(WebSession).where(WebSession.id == number).values(with_totp=True))


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An access token and the refresh token that follows it; both are seen this once."""

    access: str
    refresh: str
    audience: Audience
    seconds: int = ACCESS_MINUTES * 60


def start_family(
    session: Session, person: Account, audience: Audience, purpose: str | None, *, with_totp: bool, at: dt.datetime
) -> Pair:
    """Sign a program in. For an audience granted by name the family ends when a session's turn would."""
    by_name = audience in BY_NAME
    ends = at + (dt.timedelta(minutes=MINUTES_BY_NAME) if by_name else dt.timedelta(days=REFRESH_DAYS))
    if by_name:
        note(session, "speaks for", by=person.login, at=at, person=person.id, audience=audience.value, purpose=purpose)
    return _pair(session, person.id, uuid.uuid4(), audience, purpose, with_totp=with_totp, at=at, ends=ends)


def _pair(
    session: Session, person: int, family: uuid.UUID, audience: Audience, purpose: str | None, *, with_totp: bool,
    at: dt.datetime, ends: dt.datetime,
) -> Pair:  # fmt: skip
    session.execute(
        delete(BearerToken).where(BearerToken.kind != "api", BearerToken.ends_at < at - dt.timedelta(days=1))
    )
    made = {kind: keys.new_token(kind) for kind in ("access", "refresh")}
    until = {"access": min(ends, at + dt.timedelta(minutes=ACCESS_MINUTES)), "refresh": ends}
    for kind, token in made.items():
        session.add(
            BearerToken(person_id=person, kind=kind, family=family, token_sha256=keys.digest(token), made_at=at,
                        audience=audience.value, purpose=purpose, may_write=True, with_totp=with_totp,
                        ends_at=until[kind])
        )  # fmt: skip
    return Pair(access=made["access"], refresh=made["refresh"], audience=audience,
                seconds=int((until["access"] - at).total_seconds()))  # fmt: skip


def refreshed(session: Session, token: str, *, at: dt.datetime) -> Pair | None:
    """The next pair for a refresh token, which is used up by it.

    A used token that comes again was copied by somebody: nobody can tell by whom, so its whole family ends.
    """
    query = select(BearerToken, Person).join(Person, Person.id == BearerToken.person_id).where(
        BearerToken.token_sha256 == keys.digest(token), BearerToken.kind == "refresh"
    )  # fmt: skip
    row = session.execute(query.with_for_update(of=BearerToken)).one_or_none()
    if row is None:
        return None
    kept, person = row
    if kept.used_at is not None and kept.ended_at is None:
        end_family(session, kept.family, at=at)
        note(session, "refresh token used twice", by=person.login, at=at, person=person.id)
    if kept.used_at or kept.ended_at or kept.ends_at <= at or person.disabled_at:
        return None
    kept.used_at = at
    return _pair(session, person.id, kept.family, Audience(kept.audience), kept.purpose, with_totp=kept.with_totp,
                 at=at, ends=kept.ends_at)  # fmt: skip


def make_api_token(
    session: Session, person: Account, *, name: str, audience: Audience, purpose: str | None, may_write: bool,
    with_totp: bool, days: int, by: str, at: dt.datetime,
) -> str:  # fmt: skip
    """A long-lived token with a name and an end, seen this once."""
    token = keys.new_token("api")
    session.add(
        BearerToken(person_id=person.id, kind="api", family=uuid.uuid4(), token_sha256=keys.digest(token), name=name,
                    audience=audience.value, purpose=purpose, may_write=may_write, with_totp=with_totp, made_at=at,
                    ends_at=at + dt.timedelta(days=min(days, API_DAYS)))
    )  # fmt: skip
    note(session, "token made", by=by, at=at, person=person.id, name=name, audience=audience.value, purpose=purpose,
         may_write=may_write, days=days)  # fmt: skip
    return token


def token_behind(session: Session, token: str, *, at: dt.datetime) -> Credential | None:
    """The access or API token that somebody came with, while it lasts."""
    query = select(BearerToken, Person).join(Person, Person.id == BearerToken.person_id).where(
        BearerToken.token_sha256 == keys.digest(token), BearerToken.kind.in_(("access", "api")),
        BearerToken.ended_at.is_(None), BearerToken.ends_at > at, Person.disabled_at.is_(None),
    )  # fmt: skip
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    kept, person = row
    return Credential(kind=kept.kind, id=kept.id, person=account_of(person), audience=Audience(kept.audience),
                      purpose=kept.purpose, since=None, may_write=kept.may_write, with_totp=kept.with_totp,
                      ends=kept.ends_at)  # fmt: skip


def api_tokens(session: Session, person: int, *, at: dt.datetime) -> list[BearerToken]:
    """A person's long-lived tokens that are not over."""
    mine = and_(BearerToken.person_id == person, BearerToken.kind == "api", BearerToken.ended_at.is_(None))
    return list(session.scalars(select(BearerToken).where(mine, BearerToken.ends_at > at).order_by(BearerToken.id)))


def revoke(session: Session, token: str, *, at: dt.datetime) -> None:
    """End a token, and with a refresh or access token its family (RFC 7009); an unknown one is no failure."""
    kept = session.scalar(select(BearerToken).where(BearerToken.token_sha256 == keys.digest(token)))
    if kept is not None and kept.ended_at is None:
        end_family(session, kept.family, at=at)
        note(session, "token ended", by="its holder", at=at, person=kept.person_id, name=kept.name)


def end_family(session: Session, family: uuid.UUID, *, at: dt.datetime) -> None:
    """End every token of a family."""
    alive = and_(BearerToken.family == family, BearerToken.ended_at.is_(None))
    session.execute(update(BearerToken).where(alive).values(ended_at=at))


def failures(session: Session, *, login: str | None, whence: str, at: dt.datetime) -> Failures:
    """How often it failed from there lately, for one login or for any."""
    where = [SignInFailure.whence == whence, SignInFailure.failed_at > at - REMEMBERED]
    if login is not None:
        where.append(SignInFailure.login == login)
    count, last = session.execute(select(func.count(), func.max(SignInFailure.failed_at)).where(*where)).one()
    return Failures(count=count, last=last)


def failed(session: Session, *, login: str, whence: str, at: dt.datetime) -> None:
    """Count a failure, and forget those that no longer count."""
    session.execute(delete(SignInFailure).where(SignInFailure.failed_at < at - REMEMBERED))
    session.execute(insert(SignInFailure).values(login=login, whence=whence, failed_at=at))


def succeeded(session: Session, *, login: str, whence: str) -> None:
    """Forget the failures of this login from there."""
    gone = and_(SignInFailure.login == login, SignInFailure.whence == whence)
    session.execute(delete(SignInFailure).where(gone))


def use_step(session: Session, person: int, step: int) -> bool:
    """Take a one-time code's step of time; False where another request has taken it in between."""
    fresh = and_(Person.id == person, func.coalesce(Person.totp_last_step, -1) < step)
    done = session.scalar(update(Person).where(fresh).values(totp_last_step=step).returning(Person.id))
    return done is not None
