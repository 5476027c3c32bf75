"""`atlas publish`: the next edition, those there were, one taken back, one worked out again."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.cli import app
from geo.errors import AtlasError, BadRequest, UnknownFeature
from geo.store.db import session_of
from tests.makers import make_rows

HERE = ("publish", "household", "--municipality", "9098")


@pytest.fixture
def told(database_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose town has nine households in one square."""
    monkeypatch.setenv("ATLAS_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    more(engine, 9)


def more(engine: Engine, count: int) -> None:
    with session_of(engine) as session:
        make_rows(session, "household", count=count, step=0.0)


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, [*HERE, *words], catch_exceptions=True)
    if isinstance(done.exception, AtlasError):
        raise done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def test_editions_are_made_listed_and_withdrawn(told: None, engine: Engine) -> None:
    assert "edition 1: 1 squares told, 0 too small" in run()
    more(engine, 20)
    assert "edition 2" in run("--reason", "สำรวจครบ")
    assert "edition 2 is withdrawn, edition 1 holds" in run("--withdraw", "2", "--reason", "ข้อมูลซ้ำ")
    listed = run("--list")
    assert listed.index("withdrawn") < listed.index("holds")
    assert "สำรวจครบ" in listed
    assert "edition 1 is withdrawn, nothing is shown" in run("--withdraw", "1", "--reason", "ข้อมูลซ้ำ")
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT withdrawn_by, withdrawn_reason FROM release ORDER BY id")).all()
    assert all(row.withdrawn_by.endswith("@cli") and row.withdrawn_reason == "ข้อมูลซ้ำ" for row in kept)


def test_an_edition_is_worked_out_again(told: None, engine: Engine) -> None:
    run()
    more(engine, 9)
    assert "all 1 squares come out the same" in run("--verify", "1")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM household"))
    assert "1 squares of 1 come out otherwise" in run("--verify", "1", code=1)


def test_what_makes_no_sense_is_refused(told: None) -> None:
    run()
    for words in (("--withdraw", "1"), ("--withdraw", "1", "--reason", " "), ("--list", "--verify", "1")):
        run(*words, code=2)
    with pytest.raises(UnknownFeature):
        run("--verify", "7")
    with pytest.raises(UnknownFeature):
        CliRunner().invoke(app, ["publish", "household", "--municipality", "9099", "--verify", "1"],
                           catch_exceptions=False)  # fmt: skip
    with pytest.raises(BadRequest):
        CliRunner().invoke(app, ["publish", "parcel", "--municipality", "9098", "--list"], catch_exceptions=False)
