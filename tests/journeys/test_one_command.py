"""The Atlas as a town runs it: up, a file in from another terminal, the map, Ctrl-C, a hard kill, a second town."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import mapbox_vector_tile
import pytest

from geo.store.cluster import Cluster

ROOT = Path(__file__).parents[2]
ATLAS = [sys.executable, "-c", "from api.cli import main; main()"]


class Running:
    """One `atlas up` in a process group of its own, as a terminal would start it."""

    def __init__(self, home: Path, port: int) -> None:
        self.environment = {
            **os.environ, "ATLAS_HOME": str(home), "ATLAS_PORT": str(port), "ATLAS_DEMO": "0", "ATLAS_LOG": "warning",
            "PYTHONPATH": str(ROOT), "COLUMNS": "200",
        }  # fmt: skip
        self.environment.pop("ATLAS_DATABASE_URL", None)
        self.home = home
        self.process = subprocess.Popen(
            [*ATLAS, "up"], cwd=ROOT, env=self.environment, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.said: list[str] = []
        self.ready = threading.Event()
        self.address = ""
        self._hearing = threading.Thread(target=self._hear, daemon=True)
        self._hearing.start()
        assert self.ready.wait(120), "".join(self.said)

    def _hear(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("ready http"):
                self.address = line.split()[1]
                self.ready.set()

    def token(self) -> str | None:
        found = re.search(r"atlas_[\w-]{30,}", "".join(self.said))
        return found.group() if found else None

    def load(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*ATLAS, "load", *words], cwd=ROOT, env=self.environment, text=True, capture_output=True, check=False
        )

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        os.killpg(self.process.pid, how)
        ended = self.process.wait(60)
        self._hearing.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return ended


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def up(home: Path) -> Iterator[Running]:
    running = Running(home, free_port())
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop(signal.SIGKILL)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "home"
    yield place
    if (place / "postgres").exists():
        Cluster(place).delete()


def communities(address: str) -> list[str]:
    found = httpx2.get(f"{address}/collections/community/items").json()["features"]
    return [feature["properties"]["name_th"] for feature in found]


def test_a_file_loaded_in_another_terminal_is_on_the_map(home: Path, shared_data: Path) -> None:
    with up(home) as town:
        shapefile = shared_data / "crs_encoding" / "hatyai_muang_tambon_cp874_epsg24047.zip"
        done = town.load("community", str(shapefile), "--municipality", "9098")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "บ่อยาง" in communities(town.address)
        tile = httpx2.get(f"{town.address}/tiles/community/9/398/246.mvt")
        names = [f["properties"]["name_th"] for f in mapbox_vector_tile.decode(tile.content)["community"]["features"]]
        assert "หาดใหญ่" in names
        again = town.load("community", str(shapefile), "--municipality", "9098")
        assert again.returncode == 0
        assert len(communities(town.address)) == 19
        assert town.stop() in (0, -signal.SIGINT, 130)
    assert not (Cluster(home).data / "postmaster.pid").exists(), "Ctrl-C must leave the cluster shut down"


def test_a_refused_file_says_why_in_both_languages_and_ends_with_one(home: Path, shared_data: Path) -> None:
    with up(home) as town:
        done = town.load(
            "community", str(shared_data / "crs_encoding" / "hatyai_muang_tambon_cp874_epsg32647_no_prj.zip")
        )
        assert done.returncode == 1
        assert "--crs EPSG:32647" in done.stderr
        assert "ให้เลือก" in done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        sound = shared_data / "crs_encoding" / "hatyai_muang_tambon_cp874_epsg24047.zip"
        done = town.load(
            "community", str(sound), "--municipality", "9098", "--report", str(home / "nowhere" / "r.json")
        )
        assert done.returncode == 2
        assert "--report" in done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        assert communities(town.address) == []


def test_after_a_hard_kill_it_starts_again_with_everything_there(home: Path, shared_data: Path) -> None:
    with up(home) as town:
        file = shared_data / "admin" / "hatyai_muang_adm3_tambon.geojson"
        assert town.load("municipality", str(file)).returncode == 0
        first = town.token()
        town.stop(signal.SIGKILL)
    with up(home) as town:
        assert httpx2.get(f"{town.address}/collections/municipality/items?limit=1").json()["numberReturned"] == 1
        assert first is not None
        assert town.token() is None, "the token is printed once, not at every start"
        town.stop()


def test_two_towns_live_side_by_side(tmp_path: Path, shared_data: Path) -> None:
    homes = [tmp_path / "one", tmp_path / "two"]
    try:
        with up(homes[0]) as one, up(homes[1]) as two:
            assert one.load("municipality", str(shared_data / "admin" / "songkhla_adm2_amphoe.geojson")).returncode == 0
            here = httpx2.get(f"{one.address}/collections/municipality/items").json()["numberReturned"]
            there = httpx2.get(f"{two.address}/collections/municipality/items").json()["numberReturned"]
            assert (here, there) == (16, 0)
            one.stop()
            assert httpx2.get(f"{two.address}/readyz").status_code == 200
            two.stop()
    finally:
        for place in homes:
            Cluster(place).delete()


def test_writing_over_http_needs_the_token(home: Path, shared_data: Path) -> None:
    with up(home) as town:
        file = shared_data / "osm" / "hatyai_flood_shelters_2025.geojson"
        send: dict[str, Any] = {
            "files": {"file": (file.name, file.read_bytes())},
            "data": {"layer": "asset", "municipality": "9098"},
        }
        assert httpx2.post(f"{town.address}/imports", **send).status_code == 401
        wrong = httpx2.post(f"{town.address}/imports", **send, headers={"Authorization": "Bearer atlas_wrong"})
        assert wrong.status_code == 401
        right = httpx2.post(
            f"{town.address}/imports", **send, headers={"Authorization": f"Bearer {town.token()}"}, timeout=60
        )
        assert right.status_code == 201, right.text
        assert json.loads(right.text)["counts"]["inserted"] == 8
        assert httpx2.get(f"{town.address}/collections/asset/items").json()["numberReturned"] == 8
        town.stop()
