"""Persons, their grants and their invitations. Each act that changes an account writes who did it (`SecurityEvent`).

Towns of an area come from the layers' own tables: a grant in a community is governed from the town it lies in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.errors import BadRequest, UnknownPerson
from geo.layer import Audience
from geo.people import keys
from geo.people.areas import AreaKind
from geo.people.grants import Grant
from geo.store.people_areas import COMMUNITY, SHARED, TOWN, lies_in, number_of, towns_of
from geo.store.people_tables import (
    BearerToken,
    Invitation,
    Person,
    PersonGrant,
    SecurityEvent,
    TotpRule,
    WebSession,
)  # fmt: skip

INVITE, RESET = "invite", "reset"
# Under these the service writes by itself: whoever was called so would have made what they did not.
NOT_LOGINS = ("atlas", "citizen", "retention")
INVITED_DAYS, RESET_HOURS = 7, 24


@dataclass(frozen=True, kw_only=True)
class KeptGrant:
    """A grant as it is kept: with its number, the name of its area, and who gave it."""

    id: int
    grant: Grant
    place: str
    made_by: str


def person_by_login(session: Session, login: str) -> Person:
    """The person of that login; `UnknownPerson` where there is none."""
    found = session.scalar(select(Person).where(Person.login == login.strip().casefold()))
    if found is None:
        raise UnknownPerson(f"ไม่มีผู้ใช้ชื่อ {login!r}", f"There is nobody called {login!r}")
    return found


def person_of_provider(session: Session, subject: str, email: str | None) -> Person | None:
    """The person whom a provider names: by its own name for them, and the first time by a proven address as login."""
    found = session.scalar(select(Person).where(Person.oidc_subject == subject))
    if found is None and email:
        # Bound once: another account of the provider with the same address later on is somebody else.
        unbound = and_(Person.login == email, Person.oidc_subject.is_(None), Person.is_demo.is_(False))
        found = session.scalar(select(Person).where(unbound, Person.disabled_at.is_(None)).with_for_update())
        if found is not None:
            found.oidc_subject = subject
    return found


def add_person(session: Session, *, login: str, name: str, by: str, at: dt.datetime, is_demo: bool = False) -> Person:
    """A new person, who cannot sign in before they have a password."""
    if login in NOT_LOGINS:
        raise BadRequest(
            f"ชื่อเข้าระบบ {login!r} ใช้ไม่ได้ ระบบใช้เอง", f"The login {login!r} is one that the service itself writes under"
        )
    values = {"login": login, "name": name, "is_demo": is_demo, "made_at": at, "made_by": by}
    made = insert(Person).values(values).on_conflict_do_nothing(index_elements=["login"]).returning(Person)
    person = session.scalars(made).one_or_none()
    if person is None:
        raise BadRequest(f"มีชื่อเข้าระบบ {login!r} แล้ว", f"The login {login!r} is taken")
    note(session, "person added", by=by, at=at, person=person.id, login=login)
    return person


def persons(session: Session) -> list[Person]:
    """Everybody."""
    return list(session.scalars(select(Person).order_by(Person.login)))


def governed(
    session: Session, towns: Iterable[str], *, number: int | None = None, limit: int | None = None, offset: int = 0
) -> tuple[list[Person], int]:
    """A part of those who have or had a grant in one of the towns, and how many they are; or the one of a number."""
    mine: list[ColumnElement[bool]] = [Person.id.in_(select(PersonGrant.person_id).where(lies_in(session, set(towns))))]
    if number is not None:
        mine.append(Person.id == number)
    found = session.scalars(select(Person).where(*mine).order_by(Person.login).limit(limit).offset(offset))
    return list(found), session.scalar(select(func.count()).select_from(Person).where(*mine)) or 0


def set_disabled(session: Session, person: Person, disabled: bool, *, by: str, at: dt.datetime) -> None:
    """Close an account, or open it again; what was signed in with it is over at once and stays so."""
    person.disabled_at = at if disabled else None
    if disabled:
        end_credentials(session, person.id, at=at)
    note(session, "account disabled" if disabled else "account enabled", by=by, at=at, person=person.id)


def set_password(session: Session, person: Person, password_hash: str, *, by: str, at: dt.datetime) -> None:
    """A new password. Sessions and short tokens end, so that whoever knew the old one is out; API tokens stay."""
    person.password_hash = password_hash
    end_credentials(session, person.id, at=at, api_too=False)
    _end_invitations(session, person.id, at=at)
    note(session, "password changed", by=by, at=at, person=person.id)


def end_credentials(session: Session, person: int, *, at: dt.datetime, api_too: bool = True) -> None:
    """End every session and token of a person."""
    session.execute(delete(WebSession).where(WebSession.person_id == person))
    mine = and_(BearerToken.person_id == person, BearerToken.ended_at.is_(None))
    kinds = ("access", "refresh", "api") if api_too else ("access", "refresh")
    session.execute(update(BearerToken).where(mine, BearerToken.kind.in_(kinds)).values(ended_at=at))


def set_totp(session: Session, person: Person, sealed: bytes | None, *, step: int | None, by: str,
             at: dt.datetime) -> None:  # fmt: skip
    """The sealed secret of a person's telephone, or none."""
    person.totp_secret, person.totp_last_step = sealed, step
    note(session, "one-time codes set up" if sealed else "one-time codes ended", by=by, at=at, person=person.id)


def invite(session: Session, person: Person, kind: str, *, by: str, at: dt.datetime) -> str:
    """A new link's code, shown once; earlier links of the person are over.

    A reset ends the old password and everything that is signed in: it is for accounts that somebody else may know.
    """
    _end_invitations(session, person.id, at=at)
    if kind == RESET:
        person.password_hash = None
        end_credentials(session, person.id, at=at)
    code = keys.new_token()
    ends = at + (dt.timedelta(days=INVITED_DAYS) if kind == INVITE else dt.timedelta(hours=RESET_HOURS))
    session.add(
        Invitation(person_id=person.id, kind=kind, code_sha256=keys.digest(code), made_at=at, made_by=by, ends_at=ends)
    )
    note(session, "invited" if kind == INVITE else "password reset", by=by, at=at, person=person.id)
    return code


def _end_invitations(session: Session, person: int, *, at: dt.datetime) -> None:
    open_ones = and_(Invitation.person_id == person, Invitation.used_at.is_(None))
    session.execute(update(Invitation).where(open_ones).values(used_at=at))


def invited(session: Session, code: str, *, at: dt.datetime, lock: bool = False) -> tuple[Invitation, Person]:
    """The invitation behind a code and whom it is for; one that is used, over or unknown is not found."""
    found = select(Invitation, Person).join(Person, Person.id == Invitation.person_id).where(
        Invitation.code_sha256 == keys.digest(code), Invitation.used_at.is_(None), Invitation.ends_at > at,
        Person.disabled_at.is_(None),
    )  # fmt: skip
    row = session.execute(found.with_for_update() if lock else found).one_or_none()
    if row is None:
        raise UnknownPerson(
            "ลิงก์นี้ใช้ไม่ได้แล้ว ขอลิงก์ใหม่จากผู้ดูแล", "This link does not work any more; ask your administrator for a new one"
        )
    return row[0], row[1]


def add_grant(session: Session, person: Person, grant: Grant, *, by: str, at: dt.datetime) -> int:
    """Give a grant; the same grant given again takes the new end. Returns its number."""
    values = {"person_id": person.id, "audience": grant.audience.value, "kind": grant.kind.value, "area": grant.area,
              "ends": grant.ends, "made_at": at, "made_by": by}  # fmt: skip
    statement = (
        insert(PersonGrant)
        .values(values)
        .on_conflict_do_update(
            index_elements=["person_id", "audience", "kind", "area"],
            index_where=PersonGrant.ended_at.is_(None),
            set_={"ends": grant.ends, "made_at": at, "made_by": by},
        )
    )
    number: int = session.execute(statement.returning(PersonGrant.id)).scalar_one()
    note(session, "grant added", by=by, at=at, person=person.id, **_told(grant))
    return number


def end_grant(session: Session, kept: KeptGrant, *, person: int, by: str, at: dt.datetime) -> None:
    """Take a grant away; it is over with the next request."""
    session.execute(update(PersonGrant).where(PersonGrant.id == kept.id).values(ended_at=at, ended_by=by))
    note(session, "grant ended", by=by, at=at, person=person, **_told(kept.grant))


def _told(grant: Grant) -> dict[str, str | None]:
    return {"audience": grant.audience.value, "kind": grant.kind.value, "area": grant.area,
            "ends": grant.ends.isoformat() if grant.ends else None}  # fmt: skip


def grants_of(
    session: Session, *, person: int | None = None, among: Collection[int] | None = None, ended_too: bool = False
) -> dict[int, list[KeptGrant]]:
    """The grants that were not taken away, by person; their ends are the caller's to look at."""
    community, shared = number_of(AreaKind.COMMUNITY), number_of(AreaKind.SHARED_AREA)
    query = (
        select(
            PersonGrant,
            func.coalesce(TOWN.c.name_th, COMMUNITY.c.name_th, SHARED.c.name_th),
            COMMUNITY.c.municipality, SHARED.c.municipality, SHARED.c.municipalities,
        )
        .outerjoin(TOWN, and_(PersonGrant.kind == AreaKind.MUNICIPALITY.value, TOWN.c.code == PersonGrant.area))
        .outerjoin(COMMUNITY, COMMUNITY.c.id == community)
        .outerjoin(SHARED, SHARED.c.id == shared)
        .order_by(PersonGrant.id)
    )  # fmt: skip
    if person is not None:
        query = query.where(PersonGrant.person_id == person)
    if among is not None:
        query = query.where(PersonGrant.person_id.in_(among))
    if not ended_too:
        query = query.where(PersonGrant.ended_at.is_(None))
    found: dict[int, dict[int, KeptGrant]] = {}
    for row, place, community_town, shared_town, shared_towns in session.execute(query):
        kind = AreaKind(row.kind)
        # A code may name several municipalities' rows (an area that stands in for a town): one grant all the same.
        found.setdefault(row.person_id, {})[row.id] = KeptGrant(
            id=row.id, place=place or row.area, made_by=row.made_by,
            grant=Grant(
                audience=Audience(row.audience), kind=kind, area=row.area, ends=row.ends,
                towns=towns_of(kind, row.area, community_town, shared_town, shared_towns),
            ),
        )  # fmt: skip
    return {owner: list(held.values()) for owner, held in found.items()}


def grant_in(session: Session, audience: Audience, kind: AreaKind, area: str, ends: dt.datetime | None) -> Grant:
    """A grant in an area that exists, with the towns it lies in; a town may be granted before its map is loaded."""
    if kind is AreaKind.MUNICIPALITY:
        if not (area.isascii() and area.isdecimal() and 2 <= len(area) <= 8):
            raise BadRequest("รหัสเทศบาลเป็นตัวเลข เช่น 9098", "A municipality's code is a number like 9098")
        return Grant(audience=audience, kind=kind, area=area, ends=ends, towns=frozenset({area}))
    known = area.isascii() and area.isdecimal() and len(area) <= 18
    row: Any = None
    if known and kind is AreaKind.COMMUNITY:
        row = session.execute(select(COMMUNITY.c.municipality).where(COMMUNITY.c.id == int(area))).one_or_none()
        towns = towns_of(kind, area, row[0], None, None) if row else frozenset()
    elif known:
        places = select(SHARED.c.municipality, SHARED.c.municipalities).where(SHARED.c.id == int(area))
        row = session.execute(places).one_or_none()
        towns = towns_of(kind, area, None, row[0], row[1]) if row else frozenset()
    if row is None:
        raise UnknownPerson(f"ไม่มีพื้นที่ {kind.value} {area[:20]!r}", f"There is no {kind.value} {area[:20]!r}")
    return Grant(audience=audience, kind=kind, area=str(int(area)), ends=ends, towns=towns)


def totp_rules(session: Session) -> frozenset[tuple[str, Audience]]:
    """Which towns ask for one-time codes of whom."""
    return frozenset((rule.municipality, Audience(rule.audience)) for rule in session.scalars(select(TotpRule)))


def set_totp_rule(session: Session, town: str, audience: Audience, required: bool, *, by: str, at: dt.datetime) -> None:
    """Ask for one-time codes from an audience of a town, or no longer."""
    if required:
        values = {"municipality": town, "audience": audience.value, "made_at": at, "made_by": by}
        session.execute(insert(TotpRule).values(values).on_conflict_do_nothing())
    else:
        asked = and_(TotpRule.municipality == town, TotpRule.audience == audience.value)
        session.execute(delete(TotpRule).where(asked))
    note(session, "one-time codes required" if required else "one-time codes optional", by=by, at=at,
         town=town, audience=audience.value)  # fmt: skip


def has_real_steward(session: Session, *, at: dt.datetime) -> bool:
    """Whether a steward who is not a demo account could sign in now: bootstrap tokens are over then."""
    granted = exists().where(
        PersonGrant.person_id == Person.id, PersonGrant.audience == Audience.STEWARD.value,
        PersonGrant.ended_at.is_(None), or_(PersonGrant.ends.is_(None), PersonGrant.ends > at),
    )  # fmt: skip
    opens = or_(Person.password_hash.is_not(None), Person.oidc_subject.is_not(None))
    able = and_(Person.disabled_at.is_(None), Person.is_demo.is_(False), opens)
    return session.scalar(select(Person.id).where(able, granted).limit(1)) is not None


def note(session: Session, what: str, *, by: str, at: dt.datetime, person: int | None = None, **detail: Any) -> None:
    """Write down who did what to whose account; the detail never holds a secret."""
    kept: Mapping[str, Any] | None = detail or None
    session.add(SecurityEvent(happened_at=at, made_by=by, what=what, person_id=person, detail=kept))


def events_of(session: Session, person: int, *, limit: int = 30) -> list[SecurityEvent]:
    """What was done to an account, the newest first."""
    mine = select(SecurityEvent).where(SecurityEvent.person_id == person)
    return list(session.scalars(mine.order_by(SecurityEvent.id.desc()).limit(limit)))
