"""A sign-in from its first look to its last: slowed or not, the password, the one-time code, and what is counted.

An unknown login, a wrong password, a disabled person and a wrong code take the same way and end in the same words.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from starlette.requests import Request

from api.people.cookies import key, known_device, sealing_key
from geo.errors import NotSignedIn, TooOften
from geo.people import keys
from geo.people.passwords import hash_of, is_outdated, is_right
from geo.people.slowing import block_of, seconds_to_wait
from geo.people.totp import opened, step_of
from geo.store.credentials import Account, account_of, failed, failures, succeeded, use_step
from geo.store.db import session_of
from geo.store.people import note
from geo.store.people_tables import Person

log = logging.getLogger("atlas.people")


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What somebody sends to sign in, from where, and whether this device is known for that login."""

    login: str
    password: str
    code: str
    block: str
    who: str
    whence: str
    block_digest: str | None
    totp_key: bytes
    demo: bool
    at: dt.datetime

    @property
    def known(self) -> bool:
        """Whether this device signed in before with that login."""
        return self.block_digest is None

    @property
    def stands_as(self) -> str:
        """Whose places in the line it takes: its own, or its block's."""
        return self.whence if self.known else self.block


def attempt_of(request: Request, login: str, password: str, code: str, *, at: dt.datetime) -> Attempt:
    """An attempt as this request makes it; what is counted of it are digests."""
    ours, login = key(request, "failures"), login.strip().casefold()
    block = block_of(request.client.host if request.client else None)
    device = known_device(request, login)
    of_block = keys.signature(ours, "block", block)
    return Attempt(
        login=login, password=password, code=code, block=block, who=keys.signature(ours, "login", login),
        whence=keys.signature(ours, "device", device) if device else of_block,
        block_digest=None if device else of_block, totp_key=sealing_key(request, "totp"),
        demo=request.app.state.settings.demo, at=at,
    )  # fmt: skip


def sign_in(engine: Engine, attempt: Attempt) -> tuple[Account, bool]:
    """The person, and whether a one-time code was shown; `NotSignedIn` or `TooOften` otherwise."""
    with session_of(engine) as session:
        _check_pace(session, attempt)
        person = _able(session, attempt)
        kept = person.password_hash if person else None
        number = person.id if person else None
    # No connection is held while the hash takes its time.
    right = is_right(attempt.password, kept) and number is not None
    renewed = hash_of(attempt.password) if right and kept and is_outdated(kept) else None
    done: tuple[Account, bool] | None = None
    with session_of(engine) as session:
        person = session.get(Person, number) if right else None
        # Whoever changed the password or closed the account in between has the last word.
        if person is not None and person.password_hash == kept and person.disabled_at is None:
            confirmed = _with_code(session, person, attempt)
            done = None if confirmed is None else (account_of(person), confirmed)
        if person is None or done is None:
            failed(session, login=attempt.who, whence=attempt.whence, at=attempt.at)
        else:
            succeeded(session, login=attempt.who, whence=attempt.whence)
            person.password_hash = renewed or person.password_hash
            note(session, "signed in", by=person.login, at=attempt.at, person=person.id)
    if done is None:
        # Not the login as it was typed: people type passwords there.
        log.warning("sign-in refused: person=%s from=%s", number or "nobody", attempt.block)
        raise NotSignedIn(
            "ชื่อเข้าระบบ รหัสผ่าน หรือรหัสจากแอปไม่ถูกต้อง", "The login name, the password or the one-time code is not right"
        )
    return done


def _check_pace(session: Session, attempt: Attempt) -> None:
    at, of_block = attempt.at, attempt.block_digest
    wait = seconds_to_wait(
        failures(session, login=attempt.who, whence=attempt.whence, at=at),
        failures(session, login=None, whence=of_block, at=at) if of_block else None,
        at=at,
    )
    if wait:
        log.warning("sign-in slowed: from=%s wait=%s", attempt.block, wait)
        raise TooOften(wait)


def _able(session: Session, attempt: Attempt) -> Person | None:
    person = session.scalar(select(Person).where(Person.login == attempt.login, Person.disabled_at.is_(None)))
    return person if person is not None and (attempt.demo or not person.is_demo) else None


def _with_code(session: Session, person: Person, attempt: Attempt) -> bool | None:
    """False where the person has no telephone set up, True where its code is right, None where it is not."""
    if person.totp_secret is None:
        return False
    secret = opened(person.totp_secret, attempt.totp_key)
    step = step_of(secret, attempt.code, at=attempt.at, after=person.totp_last_step) if secret else None
    return True if step is not None and use_step(session, person.id, step) else None


def check_password(engine: Engine, person: int, attempt: Attempt) -> None:
    """The password again, for changing it or the telephone: as slow as a sign-in for whoever found an open browser."""
    with session_of(engine) as session:
        _check_pace(session, attempt)
        found = session.get(Person, person)
        kept = found.password_hash if found else None
    if is_right(attempt.password, kept):
        return
    with session_of(engine) as session:
        failed(session, login=attempt.who, whence=attempt.whence, at=attempt.at)
    raise NotSignedIn("รหัสผ่านเดิมไม่ถูกต้อง", "The present password is not right")
