"""Real PostGIS for every test: one private cluster a run, one migrated template, a copy for whoever needs its own.

The workers of a parallel run share the cluster (its users' lock keeps it up until the last one leaves).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, Pool, create_engine, event, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from api.app import create_app
from api.door_protocol import DoorProtocol
from api.settings import Settings
from geo.people import passwords
from geo.store.cluster import Cluster
from geo.store.db import read_only_engine
from geo.store.migrate import migrate
from geo.store.roles import Role, signed_in_as
from layers import LAYERS
from tests.databases import TEMPLATE, Databases, Stand, keeper, named

# How long an example takes says something of the machine alone.
settings.register_profile("atlas", deadline=None)
settings.load_profile("atlas")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
CHROMIUM = (
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """The run's controller names the folder that all workers use."""
    if "ATLAS_TEST_HOME" not in os.environ:
        os.environ["ATLAS_TEST_HOME"] = mkdtemp(prefix="atlas-test-")
        config.add_cleanup(lambda: _swept(Path(os.environ["ATLAS_TEST_HOME"])))


_SERVED: weakref.WeakSet[FastAPI] = weakref.WeakSet()


def app_of(settings: Settings, database_url: str) -> FastAPI:
    """The service in this process, which is told of what tests write beside it."""
    app = create_app(settings, database_url=database_url)
    _SERVED.add(app)
    return app


@event.listens_for(Pool, "checkin")
def _written(connection: Any, _record: Any) -> None:
    """A test reads what it has just written; the service may take a moment (and says how long) to hear of it."""
    if connection is None or "read_only=on" in connection.info.get_parameters().get("options", ""):
        return
    for app in list(_SERVED):
        app.state.cache.doubt()


def _swept(home: Path) -> None:
    if (home / "postgres").exists():
        Cluster(home).delete()
    shutil.rmtree(home)


QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(autouse=True)
def _quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password's hash is made to be slow, a fifth of a second each time; tests sign in a thousand times.

    The same Argon2id with less work, save where the slowness itself is looked at (`real_hashes`) and in processes of
    their own.
    """
    passwords._nobodys.cache_clear()
    if request.node.get_closest_marker("real_hashes") is None:
        monkeypatch.setattr(passwords, "HASHER", QUICK)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real files of `../shared/data`."""
    assert SHARED.is_dir(), f"the real files are not at {SHARED}"
    return SHARED


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The run's private PostGIS, with the migrated template in it."""
    home = Path(os.environ["ATLAS_TEST_HOME"])
    found = Cluster(home)
    try:
        with (home / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found.start()
            _make_template(found)
        yield found
    finally:
        found.stop()


def _make_template(cluster: Cluster) -> None:
    with keeper(cluster) as found:
        if found.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": TEMPLATE}):
            return
        # What a test writes need not outlive the machine; waiting for the disk would be half of the run.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            found.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        # Each of thousands of connections would load it anew.
        found.execute(text("ALTER SYSTEM SET shared_preload_libraries = 'postgis-3'"))
        found.execute(text(f"CREATE DATABASE {TEMPLATE} OWNER atlas"))
    # Nobody else uses it yet: whoever comes waits for the lock.
    cluster.stop()
    cluster.start()
    migrate(named(cluster.url, TEMPLATE), LAYERS)


@pytest.fixture(scope="session")
def databases(cluster: Cluster) -> Iterator[Databases]:
    """This process's databases."""
    found = Databases(cluster, app_of)
    yield found
    found.close()


@pytest.fixture(scope="session")
def new_database(databases: Databases) -> Callable[[], str]:
    """A function that makes an empty, migrated database and gives its URL."""
    return databases.new


@pytest.fixture
def stand(databases: Databases) -> Iterator[Stand]:
    """A database with the service over it, the test's own for as long as it lasts."""
    found = databases.lend()
    yield found
    databases.give_back(found)


@pytest.fixture
def database_url(stand: Stand) -> str:
    """A database of the test's own."""
    return stand.url


@pytest.fixture
def engine(stand: Stand) -> Engine:
    """A writing engine on a database of the test's own."""
    return stand.engine


@pytest.fixture
def rows(engine: Engine) -> Callable[..., Sequence[Any]]:
    """`rows("SELECT …", name=value)`: what the database says."""

    def asked(sql: str, **values: Any) -> Sequence[Any]:
        with engine.begin() as connection:
            answer = connection.execute(text(sql), values)
            return answer.all() if answer.returns_rows else []

    return asked


@pytest.fixture
def reading(database_url: str) -> Iterator[Engine]:
    """A read-only engine on the same database as `engine`, signed in as the public is."""
    found = read_only_engine(signed_in_as(database_url, Role.PUBLIC))
    yield found
    found.dispose()


@pytest.fixture(scope="session")
def rolled_back_url(new_database: Callable[[], str]) -> str:
    """The worker's one database for tests that undo what they do."""
    return new_database()


@pytest.fixture
def session(rolled_back_url: str) -> Iterator[Session]:
    """A session whose transaction is rolled back after the test."""
    engine = create_engine(rolled_back_url, poolclass=NullPool)
    with engine.connect() as connection:
        transaction = connection.begin()
        yield Session(bind=connection, join_transaction_mode="create_savepoint")
        transaction.rollback()
    engine.dispose()


@pytest.fixture
def client(stand: Stand) -> TestClient:
    """The service in this process, over a database of the test's own."""
    return stand.client


@pytest.fixture(scope="session")
def chromium() -> Iterator[Callable[..., Browser]]:
    """Starts a Chromium with these arguments; it ends with the run. One thread can hold one Playwright only."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "Chromium is not installed (apt-get install chromium)"
    with sync_playwright() as playwright, contextlib.ExitStack() as started:

        def start(*arguments: str) -> Browser:
            found = playwright.chromium.launch(executable_path=program, args=[*CHROMIUM, *arguments])
            started.callback(found.close)
            return found

        yield start


@contextlib.contextmanager
def running(database_url: str, home: Path, **settings: object) -> Iterator[str]:
    """A real server on a free port; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app(Settings(home=home, port=port, **settings), database_url=database_url)  # type: ignore[arg-type]
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=port, http=DoorProtocol, log_level="warning", access_log=False, log_config=None
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    assert server.started, "the server did not start"
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The service as people reach it, over a database of the test's own."""
    with running(database_url, tmp_path) as address:
        yield address
