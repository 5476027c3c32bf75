"""`atlas user`, `atlas grant` and `atlas token`: the first steward, and what only the machine's owner may do."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from api.cli import app
from api.people.demo import AUDIENCES, close_demo_accounts, renew_demo_accounts
from api.people.words import until_in
from geo.errors import AtlasError, UnknownPerson
from geo.people.passwords import is_right
from geo.store import people
from geo.store.db import session_of
from geo.store.people_tables import BearerToken, Person

NOW = dt.datetime(2026, 3, 2, 3, 0, tzinfo=dt.UTC)


class Terminal:
    """The command line of a machine whose town has this database."""

    def run(self, *words: str, typed: str | None = None) -> str:
        done = CliRunner().invoke(app, list(words), input=typed, catch_exceptions=True)
        if isinstance(done.exception, AtlasError):
            raise done.exception
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output


@pytest.fixture
def terminal(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("ATLAS_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    return Terminal()


def test_the_first_steward_is_made_with_a_password_from_the_terminal(terminal: Terminal, engine: Engine) -> None:
    terminal.run(
        "user", "add", "Kanya", "--name", "กัญญา", "--steward", "9098", "--password-stdin", typed="ปลากะพงสามตัว\n"
    )
    with session_of(engine) as session:
        person = people.person_by_login(session, "kanya")
        assert is_right("ปลากะพงสามตัว", person.password_hash)
        assert people.has_real_steward(session, at=NOW)
    assert "steward" in terminal.run("user", "list")
    assert "9098" in terminal.run("grant", "list", "kanya")


def test_a_password_is_asked_for_twice(terminal: Terminal, engine: Engine) -> None:
    out = terminal.run("user", "add", "kanya", "--name", "K", typed="ปลากะพงสามตัว\nปลากะพงสามตัว\n")
    assert "ปลากะพง" not in out
    with session_of(engine) as session:
        assert is_right("ปลากะพงสามตัว", people.person_by_login(session, "kanya").password_hash)


@pytest.mark.parametrize("password", ["short", "kanyakanya", "password123"])
def test_a_weak_password_makes_nobody(terminal: Terminal, engine: Engine, password: str) -> None:
    with pytest.raises(AtlasError):
        terminal.run("user", "add", "kanyakanya", "--name", "K", "--password-stdin", typed=f"{password}\n")
    with session_of(engine) as session:
        assert session.scalars(select(Person)).all() == []


def test_an_invitation_and_a_reset_are_links(terminal: Terminal, engine: Engine) -> None:
    out = terminal.run("user", "add", "guest", "--name", "Guest", "--invite")
    link = re.search(r"http://127\.0\.0\.1:8000/invitations/([\w-]{43})", out)
    assert link is not None
    with session_of(engine) as session:
        assert people.invited(session, link.group(1), at=dt.datetime.now(dt.UTC))[1].login == "guest"
    again = re.search(r"/invitations/([\w-]{43})", terminal.run("user", "password", "guest", "--link"))
    assert again is not None
    with session_of(engine) as session, pytest.raises(UnknownPerson):
        people.invited(session, link.group(1), at=dt.datetime.now(dt.UTC))


def test_grants_are_added_ended_and_listed(terminal: Terminal, engine: Engine) -> None:
    terminal.run("user", "add", "malee", "--name", "M", "--invite")
    far = str(dt.datetime.now(dt.UTC).year + 543 + 1)
    terminal.run("grant", "add", "malee", "care", "--municipality", "9098", "--until", f"{far}-03-31")
    with session_of(engine) as session:
        (kept,) = people.grants_of(session)[people.person_by_login(session, "malee").id]
        assert kept.grant.ends == dt.datetime(int(far) - 543, 3, 31, 17, tzinfo=dt.UTC)
    assert f"{int(far) - 543}-03-31" in terminal.run("grant", "list")
    terminal.run("grant", "remove", "malee", "care", "--municipality", "9098")
    with session_of(engine) as session:
        assert people.grants_of(session) == {}


@pytest.mark.parametrize(
    "words",
    [
        ("add", "nobody", "staff", "--municipality", "9098"), ("add", "malee", "root", "--municipality", "9098"),
        ("add", "malee", "staff"), ("add", "malee", "staff", "--municipality", "9098", "--community", "1"),
        ("add", "malee", "staff", "--community", "999"), ("add", "malee", "steward", "--shared-area", "1"),
        ("add", "malee", "staff", "--municipality", "9098", "--until", "2001-01-01"),
        ("add", "malee", "staff", "--municipality", "hat yai"), ("remove", "malee", "tax", "--municipality", "9098"),
    ],
)  # fmt: skip
def test_a_grant_that_makes_no_sense_is_told(terminal: Terminal, words: tuple[str, ...]) -> None:
    terminal.run("user", "add", "malee", "--name", "M", "--invite")
    with pytest.raises(AtlasError) as refused:
        terminal.run("grant", *words)
    assert refused.value.told.th


def test_tokens_without_a_person_end_with_the_first_steward(terminal: Terminal, engine: Engine) -> None:
    assert terminal.run("token", "create", "--name", "sensor").startswith("atlas_")
    terminal.run("user", "add", "kanya", "--name", "K", "--steward", "9098", "--password-stdin", typed="ปลากะพงสามตัว\n")
    with pytest.raises(AtlasError):
        terminal.run("token", "create", "--name", "sensor")
    made = terminal.run("token", "create", "kanya", "--audience", "steward", "--days", "30", "--write")
    assert made.startswith("atlas_t_")
    with session_of(engine) as session:
        kept = session.scalars(select(BearerToken)).one()
        assert (kept.audience, kept.may_write, (kept.ends_at - kept.made_at).days) == ("steward", True, 30)
    for words in (("--audience", "care", "--purpose", "home visits"), ("--days", "367"), ("--audience", "root")):
        with pytest.raises(AtlasError):
            terminal.run("token", "create", "kanya", *words)


def test_care_by_token_needs_a_purpose(terminal: Terminal) -> None:
    terminal.run("user", "add", "malee", "--name", "M", "--invite")
    terminal.run("grant", "add", "malee", "care", "--municipality", "9098")
    with pytest.raises(AtlasError):
        terminal.run("token", "create", "malee", "--audience", "care")
    out = terminal.run("token", "create", "malee", "--audience", "care", "--purpose", "home visits")
    assert out.startswith("atlas_t_")


def test_closing_and_opening_an_account(terminal: Terminal) -> None:
    terminal.run("user", "add", "malee", "--name", "M", "--invite")
    terminal.run("user", "disable", "malee")
    assert "disabled" in terminal.run("user", "list")
    terminal.run("user", "enable", "malee")
    assert "disabled" not in terminal.run("user", "list")


def test_demo_accounts_have_new_passwords_at_every_start_and_close_with_the_demo(engine: Engine) -> None:
    first = renew_demo_accounts(engine, at=NOW)
    second = renew_demo_accounts(engine, at=NOW)
    assert [audience for _, _, audience in first] == [one.value for one in AUDIENCES]
    assert not {password for _, password, _ in first} & {password for _, password, _ in second}
    with session_of(engine) as session:
        for login, password, audience in second:
            person = people.person_by_login(session, login)
            assert is_right(password, person.password_hash)
            (kept,) = people.grants_of(session, person=person.id)[person.id]
            assert (kept.grant.audience.value, set(kept.grant.towns)) == (audience, {"9098"})
        assert not people.has_real_steward(session, at=NOW)
    close_demo_accounts(engine, at=NOW)
    with session_of(engine) as session:
        assert all(person.disabled_at for person in session.scalars(select(Person)))


def test_a_name_that_a_person_took_is_not_the_demos(engine: Engine) -> None:
    with session_of(engine) as session:
        people.add_person(session, login="demo_staff", name="A real one", by="a test", at=NOW)
    renew_demo_accounts(engine, at=NOW)
    with session_of(engine) as session:
        person = people.person_by_login(session, "demo_staff")
        assert (person.is_demo, person.password_hash) == (False, None)


@pytest.mark.parametrize("text", ["2569-03-31", "2026-03-31", "31/3/2569", "31 มีนาคม 2569", "๓๑/๓/๒๕๖๙"])
def test_a_last_day_is_read_in_either_era(text: str) -> None:
    assert until_in(text) == dt.datetime(2026, 3, 31, 17, tzinfo=dt.UTC)
