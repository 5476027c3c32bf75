"""PostgreSQL asked by `psql`, signed in as each role, with areas as the service signs them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from geo.store.area import known_key, signed
from geo.store.roles import Role, signed_in_as
from layers import LAYERS
from tests.makers import make_rows, release_all

Psql = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def psql(database_url: str) -> Psql:
    """psql as a role: what it prints of one or several statements, in one transaction when an area is set."""

    def run(role: Role, *statements: str, area: str | None = None) -> subprocess.CompletedProcess[str]:
        url = make_url(signed_in_as(database_url, role)).set(drivername="postgresql")
        lines = [f"SELECT set_config('atlas.area', '{area}', true) \\g /dev/null"] if area else []
        script = "\n".join(["BEGIN;", *lines, *(f"{one};" for one in statements), "COMMIT;"])
        return subprocess.run(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url.render_as_string(hide_password=False)], input=script,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def area(engine: Engine) -> Callable[..., str]:
    key = known_key(engine)
    return lambda audience, areas, **more: signed(key, audience, areas, **more)


@pytest.fixture
def full(engine: Engine) -> dict[str, list[int]]:
    """Eight rows of everything in each of two towns."""
    with Session(engine) as session, session.begin():
        made = {name: make_rows(session, name, count=8, step=0.00001) for name in LAYERS}
        for name in LAYERS:
            make_rows(session, name, count=3, municipality="9099")
        release_all(session)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return made
