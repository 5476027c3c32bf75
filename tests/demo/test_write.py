"""The demo town in files and in a database: through the same door as everybody's files, once, and marked."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyogrio
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from data.demo import RealDataHere, write_files, write_town
from data.demo.town import ORDER
from geo.store.tables import Change
from layers import LAYERS
from tests.makers import make_rows

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
SMALL = 0.06


def rows_in(engine: Engine) -> dict[str, int]:
    with Session(engine) as session:
        return {name: session.scalar(select(func.count()).select_from(LAYERS[name].table)) or 0 for name in ORDER}


def test_files_hold_every_layer_and_say_where_they_lie(tmp_path: Path) -> None:
    counts = write_files(tmp_path, LAYERS, scale=SMALL)
    assert set(counts) == set(LAYERS)
    for name, count in counts.items():
        told = pyogrio.read_info(tmp_path / f"demo_{name}.fgb")
        assert (told["features"], told["crs"]) == (count, "EPSG:4326"), name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"demo_{name}.fgb" for name in LAYERS)


def test_files_of_the_same_seed_are_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_files(tmp_path / folder, LAYERS, scale=SMALL, seed=5, only=("parcel", "community"))
    for name in ("demo_parcel.fgb", "demo_community.fgb"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_town_enters_the_database_whole_and_linked(engine: Engine) -> None:
    counts = write_town(engine, LAYERS, scale=SMALL, at=NOW)
    assert rows_in(engine) == counts
    assert min(counts.values()) > 0
    with engine.connect() as connection:
        links = {
            question: connection.scalar(text(f"SELECT count(*) FROM {question}"))
            for question in (
                "parcel WHERE community_id IS NULL",
                "building WHERE parcel_id IS NULL",
                "household WHERE building_id IS NULL OR building_link <> 'given'",
                "household WHERE community_id IS NULL",
                "parcel WHERE area_square_metres IS NULL",
            )
        }
        given = connection.scalar(text("SELECT avg((parcel_link = 'given')::int) FROM building"))
    assert links == dict.fromkeys(links, 0)
    assert given is not None
    assert given > 0.98


def test_a_day_of_a_file_arrives_as_that_day(engine: Engine) -> None:
    """A FlatGeobuf keeps a day as midnight without a zone, which is Bangkok's and not that of London."""
    write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with engine.connect() as connection:
        days = connection.execute(text("SELECT DISTINCT counted_on, present_on FROM community ORDER BY 2")).all()
    assert [tuple(each) for each in days] == [(dt.date(2026, 10, 1), dt.date(2026, 9, 30))]


def test_every_change_says_that_the_demo_made_it(engine: Engine) -> None:
    write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with Session(engine) as session:
        made = {tuple(row) for row in session.execute(select(Change.made_by, Change.origin))}
        reasons = set(session.scalars(select(Change.reason).where(Change.operation == "demo")))
    assert made == {("demo", "demo")}
    assert reasons == {"ข้อมูลสมมติ · made-up data"}


def test_a_second_demo_changes_nothing(engine: Engine) -> None:
    write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with Session(engine) as session:
        before = session.scalar(select(func.count()).select_from(Change))
    again = write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Change)) == before
    assert set(again.values()) == {0}


def test_a_demo_that_was_cut_short_is_finished_without_repeating_rows(engine: Engine) -> None:
    counts = write_town(engine, LAYERS, scale=SMALL, at=NOW)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM change WHERE operation = 'demo'"))
        connection.execute(text("DELETE FROM household"))
    again = write_town(engine, LAYERS, scale=SMALL, at=NOW)
    assert again == {**dict.fromkeys(counts, 0), "household": counts["household"]}
    assert rows_in(engine) == counts


def test_made_up_rows_are_not_put_beside_real_ones(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "parcel", count=1)
    with pytest.raises(RealDataHere) as refusal:
        write_town(engine, LAYERS, scale=SMALL, at=NOW)
    assert "--yes" in refusal.value.told.en
    assert rows_in(engine)["building"] == 0


def test_made_up_rows_are_put_beside_real_ones_when_somebody_insists(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "parcel", count=1)
    counts = write_town(engine, LAYERS, scale=SMALL, at=NOW, yes=True)
    assert rows_in(engine)["parcel"] == counts["parcel"] + 1
