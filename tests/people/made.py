"""Made-up people for tests, with passwords that fit their logins and grants as a line says them."""

from __future__ import annotations

import datetime as dt
from functools import cache

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.layer import Audience
from geo.people.areas import AreaKind
from geo.people.passwords import hash_of
from geo.store import people
from geo.store.db import session_of
from geo.store.people_tables import Person

BEFORE = dt.datetime(2026, 1, 5, 2, 0, tzinfo=dt.UTC)


def password_of(login: str) -> str:
    """The password of a made-up person."""
    return f"made up {login} 7"


@cache
def _hash(login: str) -> str:
    return hash_of(password_of(login))


def make_person(engine: Engine, login: str, *grants: str, at: dt.datetime = BEFORE, is_demo: bool = False) -> int:
    """Somebody with grants such as `staff municipality 9098` or `community community 12 2026-03-31T17:00+00:00`."""
    with session_of(engine) as session:
        person = people.add_person(session, login=login, name=f"Made-up {login}", by="a test", at=at, is_demo=is_demo)
        people.set_password(session, person, _hash(login), by="a test", at=at)
        for grant in grants:
            give(session, person.id, grant, at=at)
        return person.id


def give(session: Session, number: int, grant: str, *, at: dt.datetime = BEFORE) -> None:
    """One more grant."""
    audience, kind, area, *end = grant.split()
    ends = dt.datetime.fromisoformat(end[0]) if end else None
    person = session.get_one(Person, number)
    people.add_grant(
        session, person, people.grant_in(session, Audience(audience), AreaKind(kind), area, ends), by="a test", at=at
    )
