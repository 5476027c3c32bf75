"""The database goes away and comes back: 503 in between, and no hand is needed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from geo.store.cluster import Cluster
from geo.store.migrate import migrate
from layers import LAYERS
from tests.conftest import running


def test_it_says_so_and_heals_by_itself(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "home")
    cluster.start()
    try:
        migrate(cluster.url, LAYERS)
        with running(cluster.url, tmp_path) as server, httpx2.Client(base_url=server, timeout=20) as http:
            assert http.get("/readyz").status_code == 200
            tile = "/tiles/asset/15/{}/1.mvt"
            with ThreadPoolExecutor(8) as readers:
                assert set(readers.map(lambda x: http.get(tile.format(x)).status_code, range(40))) == {204}
            cluster.stop()
            for path in ("/readyz", "/collections/asset/items", "/tiles/asset/15/1/1.mvt"):
                answer = http.get(path)
                assert answer.status_code == 503, path
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["retry-after"]
                assert "postgres" not in answer.text.lower()
            assert http.get("/healthz").status_code == 200
            cluster.start()
            until = time.monotonic() + 30
            while http.get("/readyz").status_code != 200 and time.monotonic() < until:
                time.sleep(0.1)
            assert http.get("/readyz").status_code == 200
            assert http.get("/collections/asset/items").status_code == 200
            # Every connection from before is dead now; none of them may cost a reader an answer.
            with ThreadPoolExecutor(8) as readers:
                answers = readers.map(lambda x: http.get(tile.format(x)).status_code, range(100, 140))
                assert set(answers) == {204}
    finally:
        cluster.delete()
