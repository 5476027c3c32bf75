"""What a worker holds after a thousand requests of every kind and after a hundred thousand."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import text

from tests.speed.asking import asked
from tests.speed.report import Figure
from tests.speed.tiles import TILES
from tests.speed.tools import Bench, descendants, said, serving

FIRST = 1_000
STEPS = 4
MOST = 1.2
PAGES = (
    "/", "/map", "/collections", "/collections/parcel", "/collections/parcel/queryables", "/collections/parcel/schema",
    "/conformance", "/api",
)  # fmt: skip


@dataclass(frozen=True)
class Held:
    """Bytes of one process: resident, and with shared pages divided among those who share them."""

    resident: int
    proportional: int


def memory_rows(bench: Bench, *, requests: int) -> list[Figure]:
    """Each worker against itself."""
    paths = _mixed(bench, max(requests, 2 * FIRST))
    with serving(bench) as address:
        asked(bench, address, paths[:FIRST])
        early = _held()
        for step in range(STEPS):
            said(f"memory: {step} of {STEPS} parts of {len(paths):,} requests")
            part = (len(paths) - FIRST) // STEPS
            asked(bench, address, paths[FIRST + step * part : FIRST + (step + 1) * part])
        late = _held()
    ratio = max(late[process].proportional / early[process].proportional for process in early)
    told = "; ".join(
        f"{_mib(early[process].proportional)} → {_mib(late[process].proportional)} MiB PSS "
        f"({_mib(early[process].resident)} → {_mib(late[process].resident)} MiB RSS)"
        for process in early
    )
    return [
        Figure(
            what=f"memory of a worker after {len(paths):,} mixed requests ÷ after {FIRST:,}",
            measured=f"{ratio:.2f}",
            promised=f"≤ {MOST:g}",
            holds=ratio <= MOST,
            details=(
                "**Memory**: proportional set size (PSS) of each of two workers, the greater ratio of the two, after "
                "half tiles (z12–18), a fifth pages of features within rectangles, a tenth each features by id, "
                f"filters (CQL2, each another one) and pages of words, drawn by the seed, over 8 connections. {told}.",
            ),
        )
    ]


def _mixed(bench: Bench, count: int) -> list[str]:
    bench.run_sql("DROP TABLE IF EXISTS bench_tile", TILES.format(low=12, high=18, seed=bench.seed))
    with bench.engine.connect() as connection:
        tiles = connection.execute(text("SELECT z, x, y FROM bench_tile ORDER BY id")).all()
        places = connection.execute(
            text(
                "SELECT id, round(ST_X(p)::numeric, 6) AS lon, round(ST_Y(p)::numeric, 6) AS lat, land_use FROM "
                "(SELECT id, land_use, ST_Centroid(geom) AS p FROM parcel ORDER BY md5(concat_ws(' ', "
                f"{bench.seed}, id)) LIMIT 50000) AS q"
            )
        ).all()
    drawn = random.Random(bench.seed)
    paths: list[str] = []
    for _ in range(count):
        place, kind = drawn.choice(places), drawn.random()
        if kind < 0.5:
            tile = drawn.choice(tiles)
            written = "mvt" if kind < 0.45 else "geojson"
            paths.append(f"/tiles/parcel/{tile.z}/{tile.x}/{tile.y}.{written}")
        elif kind < 0.7:
            reach, layer = round(drawn.uniform(0.0005, 0.004), 4), drawn.choice(("parcel", "risk_point"))
            west, south = round(float(place.lon) - reach, 6), round(float(place.lat) - reach, 6)
            box = f"{west},{south},{round(west + 2 * reach, 6)},{round(south + 2 * reach, 6)}"
            paths.append(f"/collections/{layer}/items?bbox={box}&limit={drawn.choice((10, 50, 100))}")
        elif kind < 0.8:
            paths.append(f"/collections/parcel/items/{place.id}")
        elif kind < 0.9:
            asks = f"land_use = '{place.land_use}' AND area_square_metres > {drawn.uniform(10, 400):.3f}"
            paths.append(f"/collections/parcel/items?limit=10&filter={quote(asks)}")
        else:
            paths.append(drawn.choice(PAGES))
    return paths


def _held() -> dict[int, Held]:
    found = {}
    for process in descendants(os.getpid()):
        # The workers are started anew by `multiprocessing`; the one that minds them is not of interest.
        if b"spawn_main" not in Path(f"/proc/{process}/cmdline").read_bytes():
            continue
        told = dict(
            line.split(":", 1)
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
            if ":" in line
        )
        found[process] = Held(*(int(told[name].split()[0]) * 1024 for name in ("Rss", "Pss")))
    if not found:
        raise SystemExit("no worker was found")
    return found


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f}"
