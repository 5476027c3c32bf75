"""One real server with a small town, for the programs that analysts come with: as anybody, and with a token."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.clients.elsewhere import pages_served
from tests.conftest import running
from tests.makers import make_rows, point, release_all, rewrite
from tests.people.made import make_person, password_of

ASSETS = 257
LATER = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def name_of(place: int) -> str:
    """What the asset of this number is called."""
    return f"ศาลาประชาคมที่ {place + 1} “ริมคลอง”"


@dataclass(frozen=True, kw_only=True)
class Town:
    """Where it is served, the token of somebody of its staff, and what it holds."""

    address: str
    token: str
    assets: list[int]
    parcels: list[int]

    @property
    def bearer(self) -> dict[str, str]:
        """The header that says who asks."""
        return {"Authorization": f"Bearer {self.token}"}


@contextlib.contextmanager
def town_served(url: str, home: Path) -> Iterator[Town]:
    """A town of 257 assets, 60 parcels, 30 households in one square, and one community."""
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        places = [point(100.45 + 0.0002 * (place % 50), 7.0 + 0.0002 * (place // 50)) for place in range(ASSETS)]
        assets = make_rows(session, "asset", count=ASSETS, geom=places, name_th=[name_of(n) for n in range(ASSETS)],
                           capacity=[place % 40 or None for place in range(ASSETS)])  # fmt: skip
        parcels = make_rows(session, "parcel", count=60, step=0.0003)
        make_rows(session, "community", name_th="ชุมชนตัวอย่าง")
        make_rows(session, "household", count=30, geom=point(100.4729, 7.0160))
        rewrite(session, "asset", assets[:1], LATER, contact="secret-asset-contact")
        release_all(session)
    make_person(engine, "somchai", "staff municipality 9098")
    engine.dispose()
    with running(url, home) as address:
        words = {"grant_type": "password", "username": "somchai", "password": password_of("somchai")}
        token = requests.post(f"{address}/auth/token", data=words, timeout=30).json()["access_token"]
        yield Town(address=address, token=token, assets=assets, parcels=parcels)


@pytest.fixture(scope="session")
def town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town that nobody changes."""
    with town_served(new_database(), tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="module")
def town_to_change(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town of a module's own."""
    with town_served(new_database(), tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """Where pages of another origin are served."""
    with pages_served() as address:
        yield address


@pytest.fixture(scope="session")
def drawing(chromium: Callable[..., Browser]) -> Browser:
    """A Chromium that draws WebGL without a graphics card."""
    return chromium(
        "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"
    )


def ran(*command: str, environment: dict[str, str] | None = None, seconds: int = 120) -> str:
    """What a program prints; it must end well, and in time."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ATLAS_", "PYTHON"))}
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False,
                          env={**kept, **(environment or {})})  # fmt: skip
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def numbers(lines: Sequence[str]) -> list[int]:
    """Whole numbers, one a line."""
    return [int(line) for line in lines if line.strip()]
