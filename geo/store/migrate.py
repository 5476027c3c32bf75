"""Bringing a database to the tables this code expects.

One process migrates at a time: an advisory lock makes a second worker wait and then find nothing to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from geo.layer import Layer
from geo.store.db import told_when_away
from geo.store.functions import follow_edits
from geo.store.locks import LOCK, locks_are_current, put_locks
from geo.store.town_layers import town_layers

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def config(connection: Connection) -> Config:
    """Alembic's settings, bound to a connection of ours."""
    found = Config(str(FOLDER / "alembic.ini"))
    found.attributes["connection"] = connection
    return found


def migrate(url: str, layers: Mapping[str, Layer], *, to: str = "head") -> None:
    """Upgrade (or, for `base`, downgrade) the database; installs PostGIS when it is not there yet.

    A database that is what it should be already, its locks too, is left alone, so that nothing waits for a load that
    is going on.
    """
    engine: Engine = create_engine(url, poolclass=NullPool)
    with told_when_away(), engine.connect() as connection:
        if to == "head" and is_current(connection):
            ours = town_layers(connection)
            if locks_are_current(connection, {**layers, **ours.open}, ours.closed_tables):
                return
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
        connection.commit()
        if to == "base":
            command.downgrade(config(connection), "base")
        else:
            command.upgrade(config(connection), to)
        if is_current(connection):
            ours = town_layers(connection)
            follow_edits(connection, {**layers, **ours.open})
            put_locks(connection, {**layers, **ours.open}, ours.closed_tables)
        connection.commit()
    engine.dispose()


def is_current(connection: Connection) -> bool:
    """Whether the database has exactly the tables this code expects."""
    return MigrationContext.configure(connection).get_current_revision() == _head()


@cache
def _head() -> str | None:
    return ScriptDirectory(str(FOLDER)).get_current_head()
