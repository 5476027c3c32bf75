"""Two hundred writers, four worker processes, and readers who note every answer.

The promise: within a second of a commit every worker's tiles and items show it, and never again what was before, also
when the connection on which a worker hears of edits is cut in the middle. A reader notes when it asked, what it saw and
when that came; a writer when its commit was answered. Everything else is worked out from these notes.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.shapes.grids import WEB_MERCATOR, span_over
from geo.store.db import writing_engine
from geo.store.write import Act, amend
from layers import LAYERS
from tests.makers import HAT_YAI, make_rows, point

WORKERS, WRITERS, ROUNDS = 4, 200, 2
LOOKED_AT = 30  # rows of each worker that are read once before each round and once after it
AT_ONCE = 8  # connections among which the writers take turns
# The promise is one second. The notes are taken in this process, which may itself be held up between an answer and
# its noting; twice as long is still an answer that no cache of minutes would pass.
PROMISED = 2.0
# So far apart that each has a tile of zoom 16 to itself: only the edit of its own row renews it.
PLACES = [(HAT_YAI[0] + n % 20 * 0.006, HAT_YAI[1] + n // 20 * 0.006) for n in range(WRITERS)]


def tile_of(n: int, z: int) -> tuple[int, int]:
    span = span_over(WEB_MERCATOR, z, *PLACES[n], *PLACES[n])
    return span.columns[0], span.rows[0]


X, Y = tile_of(0, 11)
PATHS = {
    "tile": f"/tiles/asset/11/{X}/{Y}.geojson",
    "tile by row and column": f"/collections/asset/tiles/WebMercatorQuad/11/{Y}/{X}?f=geojson",
    "items": f"/collections/asset/items?limit={WRITERS}",
    "items of a box": f"/collections/asset/items?limit={WRITERS}&bbox=100.4,6.9,100.6,7.1",
    "one item": "/collections/asset/items/7",
}


@dataclass
class Notes:
    """What was seen by all readers of one address of one worker: asked and answered when, and each row's version."""

    where: str
    answers: list[tuple[float, float, dict[int, int]]] = field(default_factory=list)

    def steps_back(self) -> list[str]:
        """Rows of which an answer showed less than one that had arrived before it was asked for."""
        arrived, asked = sorted(self.answers, key=lambda one: one[1]), sorted(self.answers, key=lambda one: one[0])
        found: list[str] = []
        newest: dict[int, int] = {}
        place = 0
        for asked_at, _, seen in asked:
            while place < len(arrived) and arrived[place][1] < asked_at:
                for fid, version in arrived[place][2].items():
                    newest[fid] = max(newest.get(fid, 0), version)
                place += 1
            found += [f"{self.where}: {fid} was {newest[fid]}, then {version}" for fid, version in seen.items()
                      if version < newest.get(fid, 0)]  # fmt: skip
        return found

    def stale(self, commits: list[tuple[float, int, int]]) -> list[str]:
        """Rows of which an answer lacked a change that had been committed long before it was asked for."""
        found: list[str] = []
        due: dict[int, int] = {}
        place = 0
        for asked_at, _, seen in sorted(self.answers, key=lambda one: one[0]):
            while place < len(commits) and commits[place][0] < asked_at - PROMISED:
                _, fid, version = commits[place]
                due[fid] = max(due.get(fid, 0), version)
                place += 1
            found += [f"{self.where}: {fid} is {version}, should be {due[fid]}" for fid, version in seen.items()
                      if version < due.get(fid, 0)]  # fmt: skip
        return found


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def engine(database: str) -> Iterator[Engine]:
    found = writing_engine(database, pool_size=AT_ONCE)
    with Session(found) as session, session.begin():
        ids = make_rows(session, "asset", count=WRITERS, geom=[point(*place) for place in PLACES], name_th="1")
        assert ids == list(range(1, WRITERS + 1))
    yield found
    found.dispose()


@pytest.fixture(scope="module")
def workers(database: str, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Four processes of the real service over one database, each on a port of its own so that each can be asked."""
    ports = [free_port() for _ in range(WORKERS)]
    home = str(tmp_path_factory.mktemp("workers"))
    command = [sys.executable, "-m", "tests.freshness.four_workers", *map(str, ports)]
    environment = {**os.environ, "ATLAS_SERVING_URL": database, "ATLAS_HOME": home, "ATLAS_LOG": "error"}
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2])
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        for address in addresses:
            until(lambda address=address: is_ready(address))  # type: ignore[misc]
        yield addresses
    finally:
        process.terminate()
        process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_ready(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/readyz", timeout=10).status_code == 200
    except httpx2.TransportError:
        return False


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 90
    while not true():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.02)


def seen_in(document: dict[str, Any]) -> dict[int, int]:
    features = document.get("features", [document])
    return {one["id"]: int(one["properties"]["name_th"]) for one in features}


def note(http: httpx2.Client, notes: Notes, path: str) -> None:
    asked_at = time.monotonic()
    answer = http.get(path)
    came_at = time.monotonic()
    assert answer.status_code == 200, answer.text
    notes.answers.append((asked_at, came_at, seen_in(answer.json())))


def read(address: str, notes: Notes, path: str, over: threading.Event) -> None:
    """Ask for one address again and again."""
    with httpx2.Client(base_url=address, timeout=60) as http:
        while not over.is_set():
            note(http, notes, path)
            over.wait(0.2)


def look_around(address: str, own: list[Notes]) -> None:
    """Read once what is seldom asked for: its tile and the item itself, of each row that is looked at."""
    with httpx2.Client(base_url=address, timeout=60) as http:
        for n, notes in enumerate(own):
            x, y = tile_of(n, 16)
            for path in (f"/tiles/asset/16/{x}/{y}.geojson", f"/collections/asset/items/{n + 1}"):
                note(http, notes, path)


def change(engine: Engine, fid: int, version: int, commits: list[tuple[float, int, int]]) -> None:
    """What one writer does in a round: the next version of a row of theirs."""
    with Session(engine) as session, session.begin():
        act = Act(by="a tester", origin="test", at=dt.datetime.now(dt.UTC), reason="counted on")
        amend(session, LAYERS["asset"], fid, {"name_th": str(version)}, act=act)
    commits.append((time.monotonic(), fid, version))


def cut_the_listeners(engine: Engine) -> int:
    with engine.connect() as connection:
        return len(connection.execute(text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'atlas listener' AND datname = current_database()"
        )).all())  # fmt: skip


def test_every_worker_shows_each_change_in_time_and_never_goes_back(workers: list[str], engine: Engine) -> None:
    over, commits = threading.Event(), list[tuple[float, int, int]]()
    often = {(address, name): Notes(f"worker {number}, {name}")
             for number, address in enumerate(workers) for name in PATHS}  # fmt: skip
    seldom = {address: [Notes(f"worker {number}, row {n + 1}") for n in range(LOOKED_AT)]
              for number, address in enumerate(workers)}  # fmt: skip
    with ThreadPoolExecutor(len(often) + 2 * WORKERS) as readers, ThreadPoolExecutor(AT_ONCE) as writers:
        # Of each worker's tile two readers, whose questions overlap.
        reading = [readers.submit(read, address, one, PATHS[name], over) for (address, name), one in often.items()]
        reading += [readers.submit(read, address, often[address, "tile"], PATHS["tile"], over) for address in workers]

        def look() -> None:
            for one in [readers.submit(look_around, address, seldom[address]) for address in workers]:
                one.result(timeout=120)

        try:
            for round_ in range(1, ROUNDS + 1):
                look()
                before = len(commits)
                writing = [writers.submit(change, engine, fid, round_ + 1, commits) for fid in range(1, WRITERS + 1)]
                if round_ == ROUNDS:
                    until(lambda before=before: len(commits) >= before + WRITERS / 2)  # type: ignore[misc]
                    assert cut_the_listeners(engine) == WORKERS, "each worker hears on a connection of its own"
                for done in writing:
                    done.result(timeout=120)
                last = time.monotonic()
                until(lambda last=last: time.monotonic() > last + PROMISED)  # type: ignore[misc]
                look()
        finally:
            over.set()
        for reader in reading:
            reader.result(timeout=120)
    commits.sort()
    assert len(commits) == WRITERS * ROUNDS
    notes = [*often.values(), *(one for own in seldom.values() for one in own)]
    assert [fault for one in notes for fault in one.steps_back()] == []
    assert [fault for one in notes for fault in one.stale(commits)] == []
    # And at the end all is there, everywhere.
    for one in notes:
        assert set(one.answers[-1][2].values()) == {1 + ROUNDS}, one.where
    assert len(often[workers[0], "items"].answers[-1][2]) == WRITERS


def test_the_notes_would_tell_of_an_old_answer() -> None:
    notes = Notes("here")
    notes.answers = [(0.0, 0.1, {1: 1}), (5.0, 5.1, {1: 2}), (5.05, 5.2, {1: 1}), (9.0, 9.1, {1: 1})]
    assert notes.steps_back() == ["here: 1 was 2, then 1"], "what overlaps may arrive in any order"
    assert notes.stale([(1.0, 1, 2)]) == ["here: 1 is 1, should be 2"] * 2
    assert notes.stale([(8.0, 1, 2)]) == []
