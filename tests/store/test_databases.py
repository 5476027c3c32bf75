"""A database that is lent again is as good as a new one; else a test could be told of what another one did."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from layers import LAYERS
from tests.databases import Databases
from tests.makers import make_rows
from tests.people.made import make_person
from tests.people.visiting import headers_of, sign_in

NAMES = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


def held(connection: Connection) -> dict[str, list[str]]:
    """Every row of every table, and where every counter is."""
    tables = connection.scalars(text(NAMES)).all()
    found = {table: sorted(connection.scalars(text(f"SELECT t::text FROM {table} AS t"))) for table in tables}
    counters = text("SELECT sequencename || ' ' || coalesce(last_value::text, 'new') FROM pg_sequences ORDER BY 1")
    return {**found, "counters": list(connection.scalars(counters))}


def test_what_was_written_is_gone_and_what_every_database_holds_is_there(databases: Databases) -> None:
    stand = databases.lend()
    engine = stand.engine
    with engine.begin() as connection:
        fresh = held(connection)
    with Session(engine) as session, session.begin():
        for name in LAYERS:
            make_rows(session, name, count=3)
    make_person(engine, "somebody", "staff municipality 9098")
    with engine.begin() as connection:
        seeded = [name for name, rows in fresh.items() if rows and name not in ("spatial_ref_sys", "counters")]
        assert seeded, "a new database holds rows of its own"
        connection.execute(text(f"DELETE FROM {seeded[0]}"))
        used = held(connection)
    assert used != fresh
    databases.give_back(stand)
    assert databases.lend() is stand
    with engine.begin() as connection:
        assert held(connection) == fresh
    databases.give_back(stand)


CHANGES: tuple[str, ...] = (
    "ALTER TABLE asset ADD COLUMN more text", "CREATE INDEX more ON asset (name_th)", "CREATE TABLE other (id int)",
    "ALTER TABLE asset DISABLE TRIGGER USER", "ALTER TABLE asset ALTER COLUMN id RESTART WITH 7",
    "GRANT SELECT ON asset TO public",
    "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE asset DISABLE ROW LEVEL SECURITY",
    "INSERT INTO tile_count SELECT 'asset', n, n, 1 FROM generate_series(1, 40000) AS n",
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_altered_is_lent_to_nobody(change: str, databases: Databases) -> None:
    stand = databases.lend()
    engine = stand.engine
    with engine.begin() as connection:
        connection.execute(text(change))
    databases.give_back(stand)
    another = databases.lend()
    assert another is not stand
    databases.give_back(another)


def test_what_the_service_was_told_is_forgotten(databases: Databases) -> None:
    stand = databases.lend()
    make_person(stand.engine, "somebody", "staff municipality 9098")
    with Session(stand.engine) as session, session.begin():
        make_rows(session, "asset", count=3)
    headers = headers_of(stand.client, "somebody")
    assert len(stand.client.get("/collections/asset/items", headers=headers).json()["features"]) == 3
    sign_in(stand.client, "somebody")
    assert stand.client.cookies
    databases.give_back(stand)
    assert databases.lend() is stand
    assert not stand.client.cookies
    assert stand.client.get("/collections/asset/items", headers=headers).status_code == 401
    assert stand.client.get("/collections/asset/items").json()["features"] == []
    databases.give_back(stand)


def test_a_transaction_that_was_forgotten_is_ended(databases: Databases) -> None:
    stand = databases.lend()
    engine = writing_engine(stand.url)
    with engine.connect() as connection:
        connection.execute(text("LOCK TABLE asset"))
        databases.give_back(stand)
        another = databases.lend()
        assert another is stand
        connection.invalidate()
    engine.dispose()
    databases.give_back(stand)
