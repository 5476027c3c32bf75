"""Demo accounts: one for each audience in the demo town, with passwords that are new at every start."""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from geo.layer import Audience
from geo.people.areas import AreaKind
from geo.people.grants import Grant
from geo.people.passwords import hash_of
from geo.store import people
from geo.store.db import session_of
from geo.store.people_areas import places_in
from geo.store.people_tables import Person
from geo.store.tables import DEMO

TOWN = "9098"
AUDIENCES = (
    Audience.STEWARD, Audience.STAFF, Audience.COMMUNITY, Audience.CARE, Audience.TAX, Audience.PARTNER,
)  # fmt: skip


def renew_demo_accounts(engine: Engine, *, at: dt.datetime) -> list[tuple[str, str, str]]:
    """Make the demo accounts, or give them new passwords; answers login, password and audience of each."""
    made = [(f"demo_{audience.value}", secrets.token_urlsafe(12), audience) for audience in AUDIENCES]
    hashes = {login: hash_of(password) for login, password, _ in made}
    with session_of(engine) as session:
        for login, _, audience in made:
            _renew(session, login, audience, hashes[login], at)
    return [(login, password, audience.value) for login, password, audience in made]


def _renew(session: Session, login: str, audience: Audience, password_hash: str, at: dt.datetime) -> None:
    person = session.scalar(select(Person).where(Person.login == login))
    if person is None:
        name = f"ตัวอย่าง {audience.value} · demo"
        person = people.add_person(session, login=login, name=name, by=DEMO, at=at, is_demo=True)
    if not person.is_demo:
        # Somebody took the name before the demo came: it is theirs.
        return
    person.disabled_at, person.totp_secret, person.totp_last_step = None, None, None
    people.end_credentials(session, person.id, at=at)
    people.set_password(session, person, password_hash, by=DEMO, at=at)
    if not people.grants_of(session, person=person.id):
        people.add_grant(session, person, _grant(session, audience), by=DEMO, at=at)


def _grant(session: Session, audience: Audience) -> Grant:
    """The demo town, and for the committee its first community."""
    if audience is Audience.COMMUNITY:
        inside = [area for kind, area, _ in places_in(session, {TOWN}) if kind is AreaKind.COMMUNITY]
        if inside:
            return people.grant_in(session, audience, AreaKind.COMMUNITY, inside[0], None)
    return people.grant_in(session, audience, AreaKind.MUNICIPALITY, TOWN, None)


def close_demo_accounts(engine: Engine, *, at: dt.datetime) -> None:
    """Close the demo accounts: a server that starts without the demo has none."""
    with session_of(engine) as session:
        for person in session.scalars(select(Person).where(Person.is_demo, Person.disabled_at.is_(None))):
            people.set_disabled(session, person, True, by=DEMO, at=at)
