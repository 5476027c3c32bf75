"""`atlas edition …` as an officer types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from rich.console import Console
from typer.testing import CliRunner

from api import cli_editions
from api.cli import app
from geo.errors import AtlasError, BadRequest, OutOfTurn, UnknownFeature
from tests.taxmap.conftest import TOWN, Officer, Rows, town, written
from tests.taxmap.test_edition_life import PRESENT, year


@pytest.fixture
def here(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a town."""
    monkeypatch.setenv("ATLAS_DATABASE_URL", database_url)
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path / "home"))
    # Rich asks how wide it is when a console is made, which may have been long ago.
    monkeypatch.setattr(cli_editions, "console", Console(width=250, highlight=False))


def run(*words: object, code: int = 0) -> str:
    """What the command told."""
    done = CliRunner().invoke(app, ["edition", *map(str, words)], catch_exceptions=True)
    if isinstance(done.exception, AtlasError):
        raise done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def test_a_year_from_the_file_to_the_worklist_and_back(here: None, officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    before = rows(PRESENT)
    path = written(officer.folder, year(town()), "2570.csv")
    assert "edition 1" in run("compare", path, "--municipality", TOWN, "--year", 2570, "--whole")
    (listed,) = json.loads(run("list", "--json"))
    assert (listed["tax_year"], listed["state"], listed["counts"]["SPLIT"]) == (2027, "compared", 1)
    assert "01A006" in run("show", 1, "--kind", "split")
    shown = json.loads(run("show", 1, "--json"))
    assert len(shown["changes"]) == 8
    transfer = next(one["number"] for one in shown["changes"] if one["kind"] == "TRANSFER")
    assert "1 changes declined" in run("decline", 1, "--no", transfer)
    assert "1 changes accepted" in run("accept", 1, "--no", f"{transfer}")
    assert "1 changes accepted" in run("accept", 1, "--kind", "SPLIT")
    done = json.loads(run("accept", 1, "--all", "--json"))
    assert len(done["accepted"]) == 6
    run("worklist", 1, officer.folder / "out.xlsx")
    assert "โอน TRANSFER" in load_workbook(officer.folder / "out.xlsx").sheetnames
    changes = [row[0] for row in rows("SELECT id FROM change WHERE operation = 'load' ORDER BY id DESC")][:3]
    for change in changes:
        assert "Taken back" in run("undo", change)
    assert rows(PRESENT) == before
    with pytest.raises(OutOfTurn):
        run("undo", changes[0])
    assert "is laid aside" in run("drop", 1)
    assert "laid aside" in run("list", "--municipality", TOWN)


def test_what_makes_no_sense_is_told(here: None, officer: Officer) -> None:
    path = written(officer.folder, town(), "2570.csv")
    run("accept", 1, code=2)
    run("show", 1, "--kind", "nothing", code=2)
    for error, words in (
        (UnknownFeature, ("show", 7)), (UnknownFeature, ("accept", 7, "--all")), (UnknownFeature, ("undo", 7)),
        (BadRequest, ("compare", path, "--municipality", TOWN, "--layer", "asset")),
        (BadRequest, ("compare", officer.folder / "none.csv", "--municipality", TOWN)),
    ):  # fmt: skip
        with pytest.raises(error):
            run(*words)
