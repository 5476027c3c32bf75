"""Files over HTTP are loaded by a role that PostgreSQL keeps in the person's area: the same rows, and no others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from geo.errors import StoreRefused
from geo.intake.load import LoadOptions, load_file
from geo.intake.report import Report
from geo.people.areas import Areas
from geo.store import area
from geo.store.area import known_key, signed
from geo.store.changing import changing_engine, changing_in
from geo.store.db import session_of, writing_engine
from layers import LAYERS
from tests.intake.conftest import AT, Rows
from tests.intake.test_links_of_imports import box, written
from tests.makers import make_rows, point, square
from tests.people.made import BEFORE, make_person
from tests.people.visiting import bearer, token_for

HERE, SECRET = Areas(towns=frozenset({"9098"})), "made-up secret words"


@contextmanager
def closing_engines(*urls: str) -> Iterator[list[Engine]]:
    """An owner's engine on each database."""
    engines = [writing_engine(url) for url in urls]
    try:
        yield engines
    finally:
        for engine in engines:
            engine.dispose()


@contextmanager
def writing(owner: Engine, areas: Areas) -> Iterator[Engine]:
    """The engine that a request of somebody with these areas gets."""
    key = known_key(owner)
    engine = changing_engine(owner.url.render_as_string(hide_password=False))
    try:
        yield changing_in(engine, lambda: signed(key, "staff", areas))
    finally:
        engine.dispose()


def loaded(engine: Engine, layer: str, path: Path, town: str, **more: Any) -> Report:
    options = LoadOptions(municipality=town)
    return load_file(engine, LAYERS[layer], path, options, layers=LAYERS, by="x", origin="http", at=AT, **more)


@pytest.fixture
def files(tmp_path: Path) -> list[tuple[str, Path]]:
    """A town's files, in the order in which they come: what is linked before and after what it is linked to."""

    def file(layer: str, name: str, header: str, *lines: str) -> tuple[str, Path]:
        return layer, written(tmp_path, name, header, *lines)

    at = [100.47 + n * 0.001 for n in range(8)]
    lots = [f'01A{n:03d},{SECRET},"{box(west, 7.0, 0.0009)}"' for n, west in enumerate(at)]
    houses = [f'B{n},01A{n:03d},"{box(west + 0.0002, 7.0002, 0.0003)}"' for n, west in enumerate(at)]
    moved = [f'B{n},01A{n:03d},"{box(west + 0.0003, 7.0002, 0.0003)}"' for n, west in enumerate(at[:5])]
    people = [f"H{n},{n},{west + 0.00035},7.0003" for n, west in enumerate(at)]
    outlines = [f'C1,ริมคลอง,"{box(100.4699, 6.999, 0.004)}"', f'C2,ริมทางรถไฟ,"{box(100.474, 6.999, 0.006)}"']
    redrawn = [f'C1,ริมคลอง,"{box(100.4699, 6.999, 0.0065)}"', f'C2,ริมทางรถไฟ,"{box(100.476, 6.999, 0.006)}"']
    return [
        file("parcel", "lots.csv", "parcel_code,owner_name,wkt", *lots, lots[0]),
        file("community", "outlines.csv", "community_code,name_th,wkt", *outlines),
        file("household", "people.csv", "household_code,house_no,lon,lat", *people),
        file("building", "houses.csv", "building_code,parcel_code,wkt", *houses),
        file("building", "houses again.csv", "building_code,parcel_code,wkt", *moved),
        file("community", "redrawn.csv", "community_code,name_th,wkt", *redrawn),
        file("household", "people again.csv", "household_code,house_no,lon,lat", *people),
    ]


def neighbours(engine: Engine) -> None:
    """Another town with rows of everything in the same place, linked among each other, and rows of this town too."""
    with Session(engine) as session, session.begin():
        for town in ("9099", "9098"):
            same: dict[str, Any] = {"municipality": town, "changed_at": BEFORE}
            (community,) = make_rows(session, "community", geom=square(100.469, 6.998, 0.02), **same)
            same |= {"community_id": community, "community_link": "location"}
            (lot,) = make_rows(session, "parcel", geom=square(100.469, 7.0, 0.012), **same)
            same |= {"parcel_id": lot, "parcel_link": "location"}
            (house,) = make_rows(session, "building", geom=square(100.469, 7.0, 0.011), **same)
            del same["parcel_id"], same["parcel_link"]
            places = [point(100.4701 + n * 0.001, 7.0003) for n in range(6)]
            make_rows(session, "household", count=6, geom=places, building_id=house, building_link="location", **same)
            make_rows(session, "asset", count=6, geom=places, **same)


def everything(engine: Engine) -> dict[str, list[Any]]:
    """What stands in every table that a load writes."""
    names = [*LAYERS, *(layer.history.name for layer in LAYERS.values())]
    names += ["change", "import_batch", "release_cell", "tile_count"]
    asked = {name: f"SELECT to_jsonb(t) - 'loaded_at' - 'made_at' FROM {name} AS t ORDER BY 1" for name in names}
    asked["release"] = "SELECT layer, municipality, made_by, rows_as_of FROM release ORDER BY 1, 2"
    with engine.connect() as connection:
        return {name: list(connection.scalars(text(sql)).all()) for name, sql in asked.items()}


@pytest.mark.parametrize("in_an_empty_town", [True, False])
def test_the_writer_brings_in_what_the_owner_does(
    in_an_empty_town: bool, new_database: Callable[[], str], files: list[tuple[str, Path]]
) -> None:
    with closing_engines(new_database(), new_database()) as (owner, other), writing(other, HERE) as writer:
        if not in_an_empty_town:
            neighbours(owner)
            neighbours(other)
        reports = [
            [loaded(engine, layer, path, "9098").to_json() for layer, path in files] for engine in (owner, writer)
        ]
        assert reports[0] == reports[1]
        assert everything(owner) == everything(other)
        assert sum(one["counts"]["inserted"] for one in reports[0]) >= 26
        assert sum(one["counts"]["updated"] for one in reports[0]) == 7
        assert sum(sum(one["counts"]["relinked"].values()) for one in reports[0]) > 20
        assert any("first-release" in one["by_code"] for one in reports[0])


def test_a_load_leaves_a_neighbours_rows_alone_though_it_may_see_some(
    engine: Engine, files: list[tuple[str, Path]], rows: Rows
) -> None:
    """Whoever works in a shared area sees a part of the next town there: too little to link or publish it by."""
    neighbours(engine)
    with Session(engine) as session, session.begin():
        (canal,) = make_rows(session, "shared_area", geom=square(100.47, 7.0002, 0.001), municipalities="9098 9099")
        # Its corner lies in the shared area; what it is linked to does not.
        (away,) = make_rows(session, "community", municipality="9099", geom=square(100.472, 7.002, 0.002))
        make_rows(session, "parcel", municipality="9099", geom=square(100.47, 7.0, 0.006), community_id=away,
                  community_link="location")  # fmt: skip
    theirs = [f"SELECT to_jsonb(t) FROM {name} AS t WHERE municipality = '9099' ORDER BY id" for name in LAYERS]
    before = [rows(sql) for sql in theirs]
    with writing(engine, Areas(towns=HERE.towns, shared=frozenset({canal}))) as writer:
        with session_of(writer) as session:
            assert session.scalar(text("SELECT count(*) FROM household WHERE municipality = '9099'")) > 0
        for layer, path in files:
            loaded(writer, layer, path, "9098")
    assert [rows(sql) for sql in theirs] == before
    assert rows("SELECT DISTINCT municipality FROM release") == [("9098",)]


@pytest.mark.parametrize("there_are_rows", [True, False])
def test_a_load_for_another_town_is_refused_by_the_database_and_leaves_nothing(
    there_are_rows: bool, engine: Engine, files: list[tuple[str, Path]]
) -> None:
    if there_are_rows:
        neighbours(engine)
    before = everything(engine)
    with writing(engine, HERE) as writer:
        for layer, path in files:
            with pytest.raises(StoreRefused):
                loaded(writer, layer, path, "9099")
    assert everything(engine) == before


def test_a_row_of_another_town_in_a_file_of_ones_own_is_refused_whole_and_noted_without_values(
    engine: Engine, client: TestClient, tmp_path: Path, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    """In the layer of towns each row says itself which town it is of: the first lock looks at the form alone."""
    path = written(tmp_path, "towns.csv", "code,name_th,wkt", f'9098,บ้านเรา,"{box(100.4, 7.0, 0.1)}"',
                   f'9099,{SECRET},"{box(100.5, 7.0, 0.1)}"')  # fmt: skip
    make_person(engine, "kanya", "steward municipality 9098")
    headers = bearer(token_for(client, "kanya", scope="steward").json()["access_token"])
    caplog.set_level(logging.INFO)
    with path.open("rb") as file:
        answer = client.post("/imports", headers=headers, files={"file": ("towns.csv", file)},
                             data={"layer": "municipality", "municipality": "9098"})  # fmt: skip
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "สิทธิ์" in answer.json()["detail_th"]
    assert SECRET not in answer.text
    assert rows("SELECT (SELECT count(*) FROM municipality), (SELECT count(*) FROM import_batch)") == [(0, 0)]
    noted = [one for one in caplog.records if one.name == "atlas.errors"]
    assert [
        "PostgreSQL refused what the first lock let through on POST /imports" in one.getMessage() for one in noted
    ] == [True]
    assert not any(word in caplog.text for word in (SECRET, "บ้านเรา", "9099"))


def test_over_http_a_person_loads_and_reads_the_report_of_their_own_town_alone(
    engine: Engine, client: TestClient, files: list[tuple[str, Path]], rows: Rows
) -> None:
    tokens = {}
    for login, town in (("here", "9098"), ("there", "9099")):
        make_person(engine, login, f"staff municipality {town}")
        tokens[login] = bearer(token_for(client, login, scope="staff").json()["access_token"])
    layer, path = files[1]

    def sent(login: str) -> Any:
        with path.open("rb") as file:
            form = {"layer": layer, "municipality": "9098"}
            return client.post("/imports", headers=tokens[login], files={"file": (path.name, file)}, data=form)

    assert sent("there").status_code == 403
    assert rows("SELECT count(*) FROM community") == [(0,)]
    answer = sent("here")
    assert answer.status_code == 201, answer.text
    assert rows("SELECT municipality, count(*) FROM community GROUP BY 1") == [("9098", 2)]
    report = answer.headers["location"]
    found = [client.get(report, headers=tokens[login]).status_code for login in ("here", "there")]
    assert found == [200, 404]


def test_a_load_that_lasts_longer_than_what_is_signed_goes_on(
    engine: Engine, files: list[tuple[str, Path]], rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(area, "SECONDS", 0.4)
    signatures = []
    key = known_key(engine)

    def sign() -> str:
        signatures.append(signed(key, "staff", HERE))
        return signatures[-1]

    with writing(engine, HERE) as writer:
        layer, path = files[0]
        report = loaded(changing_in(writer, sign), layer, path, "9098", progress=lambda *_: time.sleep(0.6))
        assert report.counts.inserted == 9
        assert len(signatures) > 1
        with pytest.raises(StoreRefused):
            loaded(changing_in(writer, lambda: signatures[0]), layer, path, "9098")
    assert rows("SELECT count(*) FROM parcel") == [(9,)]


def test_an_area_is_gone_with_its_transaction_and_said_anew_after_a_savepoint(engine: Engine) -> None:
    with writing(engine, HERE) as writer:
        nobody = changing_in(writer, lambda: "")
        for _ in range(3):
            with session_of(writer) as session:
                assert session.scalar(text("SELECT atlas_towns()")) == ["9098"]
            with session_of(nobody) as session:
                assert session.scalar(text("SELECT atlas_towns()")) == []
        with session_of(writer) as session:
            for said in ("SELECT 1", "SELECT 1 / 0"):
                savepoint = session.begin_nested()
                assert session.scalar(text("SELECT atlas_towns()")) == ["9098"]
                with suppress(DBAPIError):
                    session.execute(text(said))
                savepoint.rollback()
                assert session.scalar(text("SELECT atlas_towns()")) == ["9098"]
