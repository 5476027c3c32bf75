"""Migrations go up, down and up again, and leave nothing for Alembic to write."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

import geo.store.tables  # noqa: F401  # registers the tables beside the layers
from geo.store.migrate import config, is_current, migrate


def test_up_down_up_leaves_nothing_to_generate(database_url: str) -> None:
    migrate(database_url, to="base")
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.connect() as connection:
        left = connection.scalars(
            text("SELECT relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
                 "WHERE rolname = 'atlas' AND relkind IN ('r', 'v', 'S') AND relname <> 'alembic_version'")
        ).all()  # fmt: skip
        functions = connection.scalars(text("SELECT proname FROM pg_proc WHERE proname LIKE 'atlas%'")).all()
    assert (left, functions) == ([], [])
    migrate(database_url)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("error")
        command.check(config(connection))
        assert is_current(connection)


def test_migrating_twice_at_once_is_harmless(database_url: str) -> None:
    migrate(database_url, to="base")
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(migrate, database_url) for _ in range(3)]:
            assert done.exception() is None
