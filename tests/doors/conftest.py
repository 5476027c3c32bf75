"""The service with a clock that a test can set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.settings import Settings
from tests.conftest import app_of
from tests.databases import Stand


@dataclass
class Clock:
    """The time as the service sees it."""

    at: dt.datetime

    def passes(self, **time: float) -> None:
        """Let time pass."""
        self.at += dt.timedelta(**time)


@dataclass(frozen=True, kw_only=True)
class Served:
    """The service in this process, its clock, and a new browser from anywhere."""

    app: FastAPI
    clock: Clock
    browser: Callable[..., TestClient]


@pytest.fixture
def served(stand: Stand) -> Served:
    """The service on a Monday in March, ten in the morning in Bangkok."""
    return _served(stand.client.app)  # type: ignore[arg-type]  # the app is one of ours


@contextmanager
def serving(database_url: str, home: Path, **settings: object) -> Iterator[Served]:
    """The same with settings of the test's own."""
    app = app_of(Settings(home=home, **settings), database_url)  # type: ignore[arg-type]
    # Entered once, so that the service's own threads and pools are there for every browser.
    with TestClient(app):
        yield _served(app)


def _served(app: FastAPI) -> Served:
    clock = Clock(dt.datetime(2026, 3, 2, 3, 0, tzinfo=dt.UTC))
    app.state.now = lambda: clock.at

    def browser(address: str = "203.0.113.5", base_url: str = "http://atlas.example") -> TestClient:
        return TestClient(
            app, base_url=base_url, raise_server_exceptions=False, follow_redirects=False, client=(address, 50000)
        )

    return Served(app=app, clock=clock, browser=browser)
