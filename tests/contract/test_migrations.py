"""Migrations go up, down and up again, and leave nothing for Alembic to write."""

from __future__ import annotations

import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

import geo.store.people_tables
import geo.store.tables  # noqa: F401  # registers the tables beside the layers
from geo.store.migrate import FOLDER, config, is_current, migrate
from layers import LAYERS
from migrations.draft import draft


def test_up_down_up_leaves_nothing_to_generate(database_url: str) -> None:
    migrate(database_url, LAYERS, to="base")
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        left = connection.scalars(
            text("SELECT relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
                 "WHERE rolname = 'atlas' AND relkind IN ('r', 'v', 'S') AND relname <> 'alembic_version'")
        ).all()  # fmt: skip
        functions = connection.scalars(text("SELECT proname FROM pg_proc WHERE proname LIKE 'atlas%'")).all()
    assert (left, functions) == ([], [])
    migrate(database_url, LAYERS)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("error")
        command.check(config(connection))
        assert is_current(connection)


def test_migrating_twice_at_once_is_harmless(database_url: str) -> None:
    migrate(database_url, LAYERS, to="base")
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(migrate, database_url, LAYERS) for _ in range(3)]:
            assert done.exception() is None


def test_a_step_is_drafted_from_what_the_layers_declare(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = tmp_path / "migrations"
    shutil.copytree(FOLDER, steps, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr("geo.store.migrate.FOLDER", steps)
    assert draft(database_url, "nothing") is None
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE asset DROP COLUMN capacity"))
    found = draft(database_url, "how many an asset holds")
    assert found is not None
    assert found.parent == steps / "versions"
    assert "op.add_column('asset', sa.Column('capacity', sa.Integer(), nullable=True))" in found.read_text()


def test_a_database_that_is_current_is_left_alone(database_url: str) -> None:
    migrate(database_url, LAYERS)  # a copy of a database has not all of its rights
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as load:
        # A load that is going on holds its layer; a second Atlas starting up must not wait for it.
        load.execute(text("LOCK TABLE parcel IN SHARE ROW EXCLUSIVE MODE"))
        load.execute(text("SET LOCAL lock_timeout = '1s'"))
        with ThreadPoolExecutor(1) as pool:
            pool.submit(migrate, database_url, LAYERS).result(timeout=20)
