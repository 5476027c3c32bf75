"""`atlas layer …`: what a town's own machine does without a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from api.cli import app
from geo.errors import AtlasError, BadRequest, UnknownLayer
from tests.town_layers.conftest import asked, places, written


class Terminal:
    """The command line of a machine whose town has this database."""

    def run(self, *words: str) -> str:
        done = CliRunner().invoke(app, list(words), catch_exceptions=True)
        if isinstance(done.exception, AtlasError):
            raise done.exception
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output


@pytest.fixture
def terminal(town_url: str, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("ATLAS_DATABASE_URL", town_url)
    monkeypatch.setenv("COLUMNS", "250")
    return Terminal()


def test_a_layer_is_made_shown_changed_loaded_removed_and_brought_back(
    terminal: Terminal, owner: Engine, pois: Path, tmp_path: Path
) -> None:
    assert "integer" in terminal.run("layer", "look", str(pois))
    told = terminal.run("layer", "add", str(pois), "--id", "poi", "--title-th", "สถานที่", "--title-en", "Places",
                        "--public", "--audience", "ring_up=staff", "--editors", "community", "--municipality", "9098",
                        "--key", "name", "--color", "#112233", "--label", "rank=ลำดับ|Rank")  # fmt: skip
    assert "/collections/poi" in told
    listed = terminal.run("layers")
    assert "ring_up" not in listed
    of_the_town, built_in = (
        next(one for one in listed.splitlines() if f" {name} " in one) for name in ("poi", "parcel")
    )
    assert "ของเมือง" in of_the_town
    assert "ในตัว" in built_in
    assert "kanya" not in terminal.run("layer", "show", "poi")
    assert "changed" in terminal.run("layer", "change", "poi", "--audience", "rank=staff", "--reason", "as agreed",
                                     "--add-column", "more=number")  # fmt: skip
    assert "nothing is different" in terminal.run("layer", "change", "poi", "--audience", "rank=staff")
    assert "as agreed" in terminal.run("layer", "show", "poi")
    path = written(tmp_path, "next.gpkg", places(name=["วัดหนึ่ง", "ใหม่"], more=[1.5, 2.5]))
    terminal.run("load", "poi", str(path))
    assert asked(owner, "SELECT name, more, municipality FROM poi WHERE more IS NOT NULL ORDER BY id") == [
        ("วัดหนึ่ง", 1.5, "9098"), ("ใหม่", 2.5, "9098"),
    ]  # fmt: skip
    terminal.run("layer", "remove", "poi", "--reason", "old")
    with pytest.raises(UnknownLayer):
        terminal.run("load", "poi", str(path))
    assert " poi " not in terminal.run("layers")
    terminal.run("layer", "restore", "poi")
    assert asked(owner, "SELECT count(*) FROM poi") == [(4,)]
    terminal.run("layer", "remove", "poi", "--for-ever", "--yes")
    assert "dropped for ever" in terminal.run("layer", "show", "poi")


def test_titles_default_from_the_file_and_nothing_is_public(terminal: Terminal, owner: Engine, tmp_path: Path) -> None:
    terminal.run("layer", "add", str(written(tmp_path, "bus_stops.gpkg", places(n=[1]))), "--id", "stops")
    kept = asked(
        owner, "SELECT definition -> 'title' ->> 'en', definition ->> 'public' FROM town_layer WHERE id = 'stops'"
    )
    assert kept == [("bus stops", "withheld")]


def test_what_is_wrong_is_said_in_words(terminal: Terminal, pois: Path) -> None:
    for words in (["--id", "parcel"], ["--id", "x", "--audience", "nowhere=public"],
                  ["--id", "x", "--type", "rank=colour"],
                  ["--id", "x", "--datetime", "name"], ["--id", "x", "--municipality", "Hat Yai"]):  # fmt: skip
        with pytest.raises(BadRequest):
            terminal.run("layer", "add", str(pois), *words)


def test_the_doctor_finds_the_locks_of_town_layers_in_order(terminal: Terminal, pois: Path, town_url: str) -> None:
    from api.doctor import _database

    terminal.run("layer", "add", str(pois), "--id", "looked_at", "--public")
    assert all(one.good for one in _database(town_url)), [one.told.en for one in _database(town_url) if not one.good]
