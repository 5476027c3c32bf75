"""The same by commands, and by itself once a day."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.cli import app
from api.housekeeping import house_kept
from geo.photos.keeping import Keeping
from geo.store.db import session_of
from geo.store.registers import open_request
from tests.duties.conftest import Load, Rows, everything_in, survey


@pytest.fixture
def atlas(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("ATLAS_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    return CliRunner()


def test_duties_ends_with_one_where_a_clock_is_over(atlas: CliRunner, engine: Engine) -> None:
    assert atlas.invoke(app, ["duties"]).exit_code == 0
    for days, code in ((1, 0), (31, 1)):
        came = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
        with session_of(engine) as session:
            open_request(session, "9098", kind="access", subject="secret-who", reached_by="secret-how", asked="x",
                         received_on=came.date(), by="a steward", at=came)  # fmt: skip
        told = atlas.invoke(app, ["duties"])
        assert told.exit_code == code
        assert "9098" in told.output
        assert "secret" not in told.output


def test_retention_shows_what_is_due_and_lets_it_go_when_told(
    atlas: CliRunner, load: Load, engine: Engine, tmp_path: Path
) -> None:
    load(survey(tmp_path, houses=5, surveyed_on="2012-01-01"))
    shown = atlas.invoke(app, ["retention"])
    assert (shown.exit_code, "household" in shown.output) == (0, True)
    assert "secret-head-1" in everything_in(engine)
    assert atlas.invoke(app, ["retention", "--run", "--by", "2570-01-01"]).exit_code == 2
    assert atlas.invoke(app, ["retention", "--by", "someday"]).exit_code != 0
    assert atlas.invoke(app, ["retention", "--run"]).exit_code == 0
    assert "secret-head-1" not in everything_in(engine)
    assert "household" not in atlas.invoke(app, ["retention"]).output


def test_consent_texts_are_kept_by_version(atlas: CliRunner, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    for version in (1, 2):
        words.write_text(f"ข้าพเจ้ายินยอม ฉบับที่ {version}", "utf-8")
        done = atlas.invoke(app, ["consent", "add", "household-survey", str(words), "--municipality", "9098"])
        assert f"household-survey/{version}" in done.output
    assert "ฉบับที่ 1" in atlas.invoke(app, ["consent", "list"]).output
    words.write_bytes("ยินยอม".encode("cp874"))
    assert atlas.invoke(app, ["consent", "add", "x-y", str(words), "--municipality", "9098"]).exit_code == 2


def test_a_load_says_its_grounds(atlas: CliRunner, rows: Rows, tmp_path: Path) -> None:
    said = ["--basis", "research", "--sensitive-basis", "research", "--purpose", "วิจัยสุขภาพชุมชน"]
    said += ["--retain-until", "31/12/2575", "--municipality", "9098"]
    done = atlas.invoke(app, ["load", "household", str(survey(tmp_path)), *said])
    assert done.exit_code == 0, done.output
    (kept,) = rows("SELECT purpose, lawful_basis, sensitive_basis, retain_until FROM import_batch")
    assert tuple(kept) == ("วิจัยสุขภาพชุมชน", "research", "research", dt.date(2032, 12, 31))
    assert "วิจัยสุขภาพชุมชน" in done.output


def test_the_house_is_kept_while_the_service_is_up(
    database_url: str, load: Load, engine: Engine, tmp_path: Path
) -> None:
    load(survey(tmp_path, surveyed_on="2012-01-01"))
    ran = threading.Event()
    with house_kept(database_url, Keeping(tmp_path, None), every=0.05):
        for _ in range(400):
            with engine.connect() as connection:
                if connection.scalar(text("SELECT rows FROM housekeeping")):
                    ran.set()
                    break
            ran.wait(0.05)
    assert ran.is_set()
    assert "secret-head-1" not in everything_in(engine)
