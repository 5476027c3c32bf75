"""How Alembic reaches the database and what it compares with: the layers' own tables."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection

import geo.store.people_tables  # and so do those of people
import geo.store.tables  # noqa: F401  # the tables beside the layers register themselves
import layers  # noqa: F401  # and so do the layers
from geo.layer import Base
from geo.store.search_functions import SOUGHT


def ours(_object: object, name: str | None, type_: str, reflected: bool, _compare_to: object) -> bool:
    """PostGIS's own tables are not ours to compare, nor are indexes that a server may go without."""
    if type_ == "index" and name in {f"{table}_{column}_sought" for table, column in SOUGHT}:
        return False
    return not (type_ == "table" and reflected and name not in Base.metadata.tables)


def run(connection: Connection) -> None:
    """Migrate on the connection that `geo/store/migrate.py` hands over."""
    context.configure(connection=connection, target_metadata=Base.metadata, include_object=ours, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


handed: Any = context.config.attributes.get("connection")
run(handed)
