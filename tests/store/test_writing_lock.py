"""The second lock for whoever writes: signed in as the writer, nobody changes anything outside the signed area."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.people.areas import NOWHERE, Areas
from geo.store.area import SECONDS
from geo.store.roles import READERS, Role
from layers import LAYERS
from tests.makers import make_rows, point
from tests.store.conftest import Psql

HERE, THERE = Areas(towns=frozenset({"9098"})), Areas(towns=frozenset({"9099"}))
ROW_POLICY = "violates row-level security policy"
Area = Callable[..., str]
BATCH = (
    "INSERT INTO import_batch (layer, file_name, file_sha256, file_bytes, loaded_by, municipality, driver, counts,"
    " report) VALUES ('asset', 'x', '', 1, 'x', {}, 'x', '{{}}', '{{}}')"
)


def copied(layer: Layer, table: str, **values: str) -> str:
    """A row like one of this town's, put into a table with other values."""
    computed = {"id", *(column.name for column in layer.table.__table__.columns if column.computed is not None)}
    own = {column.name: column.name for column in layer.table.__table__.columns if column.name not in computed}
    if table != layer.id:
        own |= {"id": "id", "closed_at": "now()", "closed_change_id": "1", "closed_as": "'update'"}
    own |= values
    return (f"INSERT INTO {table} ({', '.join(own)}) SELECT {', '.join(own.values())} FROM {layer.id} "
            "ORDER BY id LIMIT 1")  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_a_row_of_the_own_town_is_taken_and_one_of_another_or_of_none_is_not(
    name: str, psql: Psql, area: Area, full: dict[str, list[int]]
) -> None:
    layer, here = LAYERS[name], area("staff", HERE)
    for table in (name, layer.history.name):
        assert psql(Role.WRITER, copied(layer, table), area=here).returncode == 0
        for town in ("'9099'", "NULL"):
            done = psql(Role.WRITER, copied(layer, table, municipality=town), area=here)
            assert ROW_POLICY in done.stderr, (table, town)
    for town in ("'9099'", "NULL"):
        moved = f"UPDATE {name} SET municipality = {town}"
        assert ROW_POLICY in psql(Role.WRITER, moved, area=here).stderr
    theirs = f"{name} WHERE municipality = '9099' RETURNING 1"
    assert psql(Role.WRITER, f"DELETE FROM {theirs}", area=here).stdout == ""
    assert psql(Role.WRITER, f"UPDATE {theirs.replace('WHERE', 'SET version = 9 WHERE')}", area=here).stdout == ""
    assert psql(Role.WRITER, f"SELECT count(*) FROM {name}", area=area("staff", THERE)).stdout == "3\n"


@pytest.mark.parametrize("said", ["nothing", "no area", "unsigned", "by another key", "changed", "old"])
def test_without_an_area_that_was_signed_just_now_nothing_is_taken(
    said: str, psql: Psql, area: Area, full: dict[str, list[int]]
) -> None:
    good = area("staff", HERE)
    value = {
        "nothing": None,
        "no area": area("staff", NOWHERE),
        "unsigned": json.dumps({"audience": "staff", "everywhere": True, "towns": ["9098"]}),
        "by another key": "f" * 64 + good[64:],
        "changed": area("staff", THERE).replace("9099", "9098"),
        "old": area("staff", HERE, now=lambda: 1_700_000_000.0 - SECONDS),
    }[said]
    community = "INSERT INTO community (municipality, name_th, change_id) VALUES ('9098', 'x', 1)"
    batch = BATCH.format("'9098'")
    for statement in (community, batch):
        assert ROW_POLICY in psql(Role.WRITER, statement, area=value).stderr
        assert psql(Role.WRITER, statement, area=good).returncode == 0
    assert psql(Role.WRITER, "UPDATE asset SET version = 9 RETURNING id", area=value).stdout == ""
    assert psql(Role.WRITER, "DELETE FROM parcel RETURNING id", area=value).stdout == ""


def test_the_bootstrap_tokens_area_is_everywhere(psql: Psql, area: Area, full: dict[str, list[int]]) -> None:
    everywhere = area("staff", NOWHERE, everywhere=True)
    for town in ("'9098'", "'9099'", "NULL"):
        assert psql(Role.WRITER, copied(LAYERS["asset"], "asset", municipality=town), area=everywhere).returncode == 0


NOT_FOR_THE_WRITER = [
    "SELECT made_by FROM change",
    "SELECT reason FROM change",
    "SELECT * FROM read_log",
    "SELECT chain FROM read_log_head",
    "DELETE FROM read_log",
    "SELECT login FROM person",
    "SELECT token_sha256 FROM bearer_token",
    "SELECT token_sha256 FROM access_token",
    "SELECT made_by FROM security_event",
    "SELECT inside FROM area_key",
    "UPDATE area_key SET inside = ''",
    "INSERT INTO person (login, name, made_at, made_by) VALUES ('x', 'x', now(), 'x')",
    "UPDATE person_grant SET area = '9099'",
    "UPDATE asset_history SET name_th = 'x'",
    "DELETE FROM asset_history",
    "DELETE FROM import_batch",
    "UPDATE release SET made_by = 'x'",
    "UPDATE release_cell SET count = 9",
    "DELETE FROM release_cell",
    "TRUNCATE asset",
    "SELECT nextval('parcel_id_seq')",
    "ALTER TABLE asset DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE asset DISABLE TRIGGER ALL",
    "DROP INDEX asset_geom_index",
    "CREATE TABLE mine (id integer)",
    "SET ROLE atlas_owner",
    "SET SESSION AUTHORIZATION atlas",
    "COPY asset TO PROGRAM 'cat'",
]


@pytest.mark.parametrize("statement", NOT_FOR_THE_WRITER)
def test_what_is_not_a_feature_of_now_is_not_the_writers(
    statement: str, psql: Psql, area: Area, full: dict[str, list[int]]
) -> None:
    done = psql(Role.WRITER, statement, area=area("staff", NOWHERE, everywhere=True))
    assert done.returncode != 0, done.stdout
    assert "permission denied" in done.stderr or "must be " in done.stderr, done.stderr


def test_rows_are_not_copied_past_the_policies(psql: Psql, area: Area) -> None:
    done = psql(Role.WRITER, "COPY asset (municipality) FROM STDIN", area=area("staff", HERE))
    assert "not supported with row-level security" in done.stderr


def test_the_books_of_yesterday_stay_as_they_are(engine: Engine, psql: Psql, area: Area) -> None:
    here, there = area("staff", HERE), area("staff", THERE)
    change = "INSERT INTO change (made_by, origin, operation, layer) VALUES ('x', 'x', 'load', 'asset')"
    again = ("UPDATE import_batch SET report = '{}' RETURNING 1", "UPDATE change SET counts = '{}' RETURNING 2",
             "DELETE FROM change RETURNING 3")  # fmt: skip
    for town in ("'9099'", "NULL"):
        assert ROW_POLICY in psql(Role.WRITER, BATCH.format(town), area=here).stderr
    done = psql(Role.WRITER, BATCH.format("'9098'"), change, *again[:2], area=here)
    assert done.stdout == "1\n2\n", done.stderr
    assert psql(Role.WRITER, *again, area=here).stdout == ""
    counted = "SELECT count(*) FROM import_batch"
    assert [psql(Role.WRITER, counted, area=one).stdout for one in (here, there, None)] == ["1\n", "0\n", "0\n"]
    moved = "UPDATE import_batch SET municipality = '9099'"
    assert ROW_POLICY in psql(Role.WRITER, BATCH.format("'9098'"), moved, area=here).stderr
    with engine.connect() as connection:
        assert connection.execute(text("SELECT (SELECT count(*) FROM change), count(*) FROM import_batch")).all() == [
            (1, 1)
        ]


def test_the_writer_makes_a_towns_first_edition_and_no_other(
    psql: Psql, area: Area, full: dict[str, list[int]]
) -> None:
    made = ("INSERT INTO release (layer, municipality, made_at, made_by, method, at_least, metres, rows_as_of) "
            "VALUES ('household', '{}', now(), 'x', 'x', 5, 250, 0) RETURNING 1")  # fmt: skip
    squares = ("INSERT INTO release_cell (release_id, cell_id, count, basis, geom, geom_mercator) "
               "SELECT {}, 1, 9, 9, geom, geom FROM household LIMIT 1 RETURNING 2")  # fmt: skip
    newest = "(SELECT max(id) FROM release)"
    assert ROW_POLICY in psql(Role.WRITER, made.format("9098"), area=area("staff", HERE)).stderr
    assert ROW_POLICY in psql(Role.WRITER, squares.format(newest), area=area("staff", HERE)).stderr
    assert ROW_POLICY in psql(Role.WRITER, made.format("9097"), area=area("staff", HERE)).stderr
    both = area("staff", Areas(towns=frozenset({"9097", "9098"})))
    assert psql(Role.WRITER, made.format("9097"), squares.format(newest), area=both).stdout == "1\n2\n"
    assert psql(Role.WRITER, "SELECT count(*) FROM release_cell", area=both).stdout == "0\n"
    assert ROW_POLICY in psql(Role.WRITER, squares.format(newest), area=both).stderr


def test_naming_a_community_of_ones_own_is_not_enough(engine: Engine, psql: Psql, area: Area) -> None:
    """The row would lie in another town, and be on its map and in its lists."""
    with Session(engine) as session, session.begin():
        mine, other = make_rows(session, "community", count=2)
        make_rows(session, "asset", community_id=mine)
        make_rows(session, "asset", community_id=other, municipality="9099")
    committee = area("community", Areas(communities=frozenset({mine})))
    asset, community = LAYERS["asset"], LAYERS["community"]
    for table in ("asset", "asset_history"):
        assert psql(Role.WRITER, copied(asset, table), area=committee).returncode == 0
        for wrong in ({"municipality": "'9099'"}, {"municipality": "NULL"}, {"community_id": str(other)},
                      {"community_id": "NULL"}):  # fmt: skip
            done = psql(Role.WRITER, copied(asset, table, **wrong), area=committee)
            assert ROW_POLICY in done.stderr, (table, wrong)
    assert psql(Role.WRITER, "SELECT count(*) FROM asset", area=committee).stdout == "2\n"
    assert psql(Role.WRITER, "UPDATE community SET name_th = 'ก' RETURNING id", area=committee).stdout == f"{mine}\n"
    for moved in ("UPDATE community SET municipality = '9099'", copied(community, "community"),
                  "UPDATE asset SET municipality = '9099'", f"UPDATE asset SET community_id = {other}"):  # fmt: skip
        assert ROW_POLICY in psql(Role.WRITER, moved, area=committee).stderr, moved


def test_what_lies_in_a_shared_area_belongs_to_a_town_that_shares_it(engine: Engine, psql: Psql, area: Area) -> None:
    with Session(engine) as session, session.begin():
        (canal,) = make_rows(session, "shared_area", step=0.01, municipalities="9098, 9099")
        make_rows(session, "asset")
    crew = area("staff", Areas(shared=frozenset({canal})))
    asset, away = LAYERS["asset"], f"'{point(100.9, 7.5)}'"
    for town in ("'9098'", "'9099'"):
        assert psql(Role.WRITER, copied(asset, "asset", municipality=town), area=crew).returncode == 0
    for wrong in ({"municipality": "'9097'"}, {"municipality": "NULL"}, {"geom": away}):
        assert ROW_POLICY in psql(Role.WRITER, copied(asset, "asset", **wrong), area=crew).stderr, wrong
    assert psql(Role.WRITER, "UPDATE shared_area SET name_th = 'ก' RETURNING 1", area=crew).stdout == "1\n"
    assert ROW_POLICY in psql(Role.WRITER, "UPDATE shared_area SET municipality = '9097'", area=crew).stderr


def test_how_far_a_row_went_is_told_to_the_writer_alone(psql: Psql, full: dict[str, list[int]]) -> None:
    asked = f"SELECT atlas_last_version('asset', {full['asset'][0]})"
    assert psql(Role.WRITER, asked).stdout == "1\n"
    for role in READERS:
        assert "permission denied" in psql(role, asked).stderr
