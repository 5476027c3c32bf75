"""The command line for people: accounts, grants and tokens, for whoever runs the machine.

It is the only way to the first steward, and to what no steward may do: a person of several towns, a demo account.
"""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from api.people.words import audience_in, check_fits, login_in, until_in
from api.settings import Settings
from geo.errors import BadRequest, UnknownPerson
from geo.layer import Audience
from geo.people.areas import AreaKind
from geo.people.grants import BANGKOK, BY_NAME, audiences_of, default_of, last_day_of, purpose_in
from geo.people.passwords import hash_of, objection
from geo.store import credentials, people
from geo.store.db import session_of
from geo.store.people_tables import Person
from geo.store.tokens import make_token

console = Console(highlight=False)
user_app = typer.Typer(no_args_is_help=True, help="บัญชีผู้ใช้ · accounts")
grant_app = typer.Typer(no_args_is_help=True, help="สิทธิ์ · grants")
token_app = typer.Typer(no_args_is_help=True, help="โทเคนสำหรับโปรแกรม · tokens for programs")

Login = Annotated[str, typer.Argument(help="ชื่อเข้าระบบ · login name")]
AudienceOf = Annotated[str, typer.Argument(metavar="AUDIENCE", help="partner, community, staff, care, tax, steward")]
Municipality = Annotated[str | None, typer.Option(help="รหัสเทศบาล · municipality code, e.g. 9098")]
Community = Annotated[int | None, typer.Option(help="เลขชุมชน · community id")]
SharedArea = Annotated[int | None, typer.Option(help="เลขพื้นที่ร่วม · shared area id")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="อ่านรหัสผ่านจาก stdin · read it from stdin")]


def _who() -> str:
    return f"{getpass.getuser()}@cli"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@contextmanager
def _session() -> Iterator[Session]:
    from api.cli import writing

    with writing(Settings.from_environment()) as engine, session_of(engine) as session:
        yield session


def _password(login: str, *, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("รหัสผ่าน · password", hide_input=True, confirmation_prompt="อีกครั้ง · once more", err=True)
    if told := objection(password, login=login):
        raise BadRequest(told.th, told.en)
    return password


def _link(code: str, kind: str) -> None:
    address = f"{Settings.from_environment().address}/invitations/{code}"
    ends = f"{people.INVITED_DAYS} วัน · days" if kind == people.INVITE else f"{people.RESET_HOURS} ชั่วโมง · hours"
    console.print(f"ลิงก์ใช้ได้ครั้งเดียว {ends} · a link that works once:\n{address}", markup=False, soft_wrap=True)


def _done(th: str, en: str) -> None:
    console.print(f"✓ {th} · {en}", markup=False, soft_wrap=True)


@user_app.command("add")
def user_add(
    login: Login,
    name: Annotated[str, typer.Option(help="ชื่อ–สกุล · the person's name")],
    steward: Annotated[
        str | None, typer.Option(metavar="CODE", help="เป็นผู้ดูแลเทศบาลนี้ · steward of this municipality")
    ] = None,
    invite: Annotated[bool, typer.Option("--invite", help="พิมพ์ลิงก์ให้ตั้งรหัสเอง · print a link instead")] = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """เพิ่มผู้ใช้ · Add somebody; the first steward of a town is made with --steward 9098."""
    login = login_in(login)
    fresh = None if invite else hash_of(_password(login, from_stdin=password_stdin))
    with _session() as session:
        person = people.add_person(session, login=login, name=name.strip(), by=_who(), at=_now())
        if steward:
            grant = people.grant_in(session, Audience.STEWARD, AreaKind.MUNICIPALITY, steward, None)
            people.add_grant(session, person, grant, by=_who(), at=_now())
        if fresh:
            people.set_password(session, person, fresh, by=_who(), at=_now())
        code = people.invite(session, person, people.INVITE, by=_who(), at=_now()) if invite else None
    _done(f"เพิ่ม {login} แล้ว", f"{login} is there")
    if code:
        _link(code, people.INVITE)


@user_app.command("list")
def user_list() -> None:
    """ผู้ใช้ทั้งหมด · Everybody."""
    with _session() as session:
        grants = people.grants_of(session)
        table = Table("login", "ชื่อ · name", "สถานะ · state", "บทบาท · audiences")
        for person in people.persons(session):
            state = "disabled" if person.disabled_at else "active" if person.password_hash else "invited"
            held = audiences_of([one.grant for one in grants.get(person.id, [])], _now())
            table.add_row(person.login, person.name, state + (" demo" if person.is_demo else ""), ", ".join(held))
    console.print(table)


@user_app.command("disable")
def user_disable(login: Login) -> None:
    """ปิดบัญชี · Close an account at once."""
    _set_disabled(login, True)
    _done(f"ปิดบัญชี {login} แล้ว", f"{login} is closed")


@user_app.command("enable")
def user_enable(login: Login) -> None:
    """เปิดบัญชีอีกครั้ง · Open an account again."""
    _set_disabled(login, False)
    _done(f"เปิดบัญชี {login} แล้ว", f"{login} is open")


def _set_disabled(login: str, disabled: bool) -> None:
    with _session() as session:
        people.set_disabled(session, people.person_by_login(session, login), disabled, by=_who(), at=_now())


@user_app.command("password")
def user_password(
    login: Login,
    link: Annotated[bool, typer.Option("--link", help="พิมพ์ลิงก์ให้ตั้งเอง · print a link to a new one")] = False,
    end_totp: Annotated[bool, typer.Option("--end-totp", help="ยกเลิกรหัสจากแอปด้วย · end one-time codes too")] = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """ตั้งรหัสผ่านใหม่ · A new password, or a link with which the person chooses it."""
    fresh = None if link else hash_of(_password(login, from_stdin=password_stdin))
    with _session() as session:
        person = people.person_by_login(session, login)
        if end_totp:
            people.set_totp(session, person, None, step=None, by=_who(), at=_now())
        if fresh:
            people.end_credentials(session, person.id, at=_now())
            people.set_password(session, person, fresh, by=_who(), at=_now())
        code = people.invite(session, person, people.RESET, by=_who(), at=_now()) if link else None
    _done(f"รหัสผ่านเดิมของ {login} ใช้ไม่ได้แล้ว", f"the old password of {login} is over")
    if code:
        _link(code, people.RESET)


@grant_app.command("add")
def grant_add(
    login: Login, audience: AudienceOf, municipality: Municipality = None, community: Community = None,
    shared_area: SharedArea = None,
    until: Annotated[str | None, typer.Option(help="วันสุดท้าย · last day: 2569-03-31 or 2026-03-31")] = None,
) -> None:  # fmt: skip
    """ให้สิทธิ์ · Grant an audience in an area."""
    kind, area = _area(municipality, community, shared_area)
    wanted, ends = audience_in(audience), until_in(until)
    check_fits(wanted, kind)
    with _session() as session:
        person = people.person_by_login(session, login)
        grant = people.grant_in(session, wanted, kind, area, ends)
        if ends is not None and ends <= _now():
            raise BadRequest("วันสุดท้ายผ่านไปแล้ว", "The last day is over already")
        people.add_grant(session, person, grant, by=_who(), at=_now())
    _done(f"{login} เป็น {audience} ใน {kind} {area}", f"{login} is {audience} in {kind} {area}")


@grant_app.command("remove")
def grant_remove(
    login: Login, audience: AudienceOf, municipality: Municipality = None, community: Community = None,
    shared_area: SharedArea = None,
) -> None:  # fmt: skip
    """ถอนสิทธิ์ · Take a grant away."""
    kind, area = _area(municipality, community, shared_area)
    wanted = audience_in(audience)
    with _session() as session:
        person = people.person_by_login(session, login)
        same = [one for one in people.grants_of(session, person=person.id).get(person.id, [])
                if (one.grant.audience, one.grant.kind, one.grant.area) == (wanted, kind, area)]  # fmt: skip
        if not same:
            raise UnknownPerson("ไม่มีสิทธิ์นี้", "There is no such grant")
        people.end_grant(session, same[0], person=person.id, by=_who(), at=_now())
    _done(f"ถอนสิทธิ์ {audience} ของ {login} แล้ว", f"{login} is no longer {audience} in {kind} {area}")


@grant_app.command("list")
def grant_list(login: Annotated[str | None, typer.Argument(help="ของใคร · whose")] = None) -> None:
    """สิทธิ์ทั้งหมด · All grants, or one person's."""
    with _session() as session:
        only = people.person_by_login(session, login).id if login else None
        logins = {one.id: one.login for one in people.persons(session)}
        table = Table("login", "บทบาท · audience", "พื้นที่ · area", "ชื่อ · name", "วันสุดท้าย · last day")
        for owner, held in people.grants_of(session, person=only).items():
            for one in held:
                last = last_day_of(one.grant.ends).isoformat() if one.grant.ends else "–"
                over = "" if one.grant.holds(_now()) else " (สิ้นสุดแล้ว · over)"
                area = f"{one.grant.kind} {one.grant.area}"
                table.add_row(logins[owner], one.grant.audience.value, area, one.place, last + over)
    console.print(table)


def _area(municipality: str | None, community: int | None, shared_area: int | None) -> tuple[AreaKind, str]:
    given = [
        (AreaKind.MUNICIPALITY, municipality),
        (AreaKind.COMMUNITY, community),
        (AreaKind.SHARED_AREA, shared_area),
    ]
    named = [(kind, str(area)) for kind, area in given if area is not None]
    if len(named) != 1:
        raise BadRequest(
            "ระบุพื้นที่หนึ่งอย่าง: --municipality --community หรือ --shared-area",
            "Name one area: --municipality, --community or --shared-area",
        )
    return named[0]


@token_app.command("create")
def token_create(
    login: Annotated[str | None, typer.Argument(help="ของใคร · whose")] = None,
    audience: Annotated[str | None, typer.Option(help="บทบาท · the audience it speaks for")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="อายุกี่วัน · ends after days (at most 366)")] = None,
    write: Annotated[bool, typer.Option("--write", help="ให้เขียนได้ · it may write")] = False,
    purpose: Annotated[str | None, typer.Option(help="เหตุผล (care, tax) · purpose")] = None,
    name: Annotated[str, typer.Option(help="ชื่อโทเคน · what it is called")] = "token",
) -> None:
    """ออกโทเคน แสดงครั้งเดียว · Make a token, shown once; without LOGIN one for a town that has no steward yet."""
    with _session() as session:
        if login is None:
            token = _bootstrap(session, name, days)
        else:
            token = _token_of(session, people.person_by_login(session, login), name, audience, days, write, purpose)
    console.print(token, markup=False, soft_wrap=True)


def _bootstrap(session: Session, name: str, days: int | None) -> str:
    if people.has_real_steward(session, at=_now()):
        raise BadRequest(
            "มีผู้ดูแลแล้ว ระบุชื่อผู้ใช้: atlas token create ชื่อ --audience staff --days 90",
            "There is a steward now; say whose token: atlas token create LOGIN --audience staff --days 90",
        )
    return make_token(session, name, ends_at=_now() + dt.timedelta(days=days) if days else None)


def _token_of(
    session: Session,
    person: Person,
    name: str,
    audience: str | None,
    days: int | None,
    write: bool,
    purpose: str | None,
) -> str:
    held = audiences_of([one.grant for one in people.grants_of(session, person=person.id).get(person.id, [])], _now())
    wanted = audience_in(audience) if audience else default_of(held)
    if wanted not in (*held, Audience.PUBLIC):
        raise BadRequest(f"{person.login} ไม่มีสิทธิ์ {wanted}", f"{person.login} does not hold {wanted}")
    why = purpose_in(purpose)
    if wanted in BY_NAME and why is None:
        raise BadRequest("ต้องมี --purpose 5–200 ตัวอักษร", "--purpose is needed, 5 to 200 characters")
    if not 1 <= (days or 90) <= credentials.API_DAYS:
        raise BadRequest("--days ต้องไม่เกิน 366", "--days is 366 at most")
    # Whoever runs this machine stands in for the telephone.
    return credentials.make_api_token(
        session, credentials.account_of(person), name=name, audience=wanted, purpose=why if wanted in BY_NAME else None,
        may_write=write, with_totp=True, days=days or 90, by=_who(), at=_now(),
    )  # fmt: skip


def print_demo_accounts(accounts: list[tuple[str, str, str]]) -> None:
    """The demo's accounts with today's passwords, in one small table."""
    table = Table("login", "รหัสผ่าน · password", "บทบาท · audience", title="บัญชีตัวอย่าง · demo accounts")
    for login, password, audience in accounts:
        table.add_row(login, password, audience)
    console.print(table)
    made = dt.datetime.now(BANGKOK).strftime("%Y-%m-%d %H:%M")
    console.print(f"รหัสเปลี่ยนทุกครั้งที่เริ่ม · new passwords at every start ({made})", markup=False, soft_wrap=True)
