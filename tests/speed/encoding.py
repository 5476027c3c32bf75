"""Tiles through the service against the same tiles by PostGIS alone, zoom by zoom: `python -m tests.speed.encoding`.

Of each zoom some tiles that hold parcels, each asked for once by eight connections of a server with two workers that
has kept nothing; then `pgbench` with eight connections and `ST_AsMVT` (`tile_sql.py`) over the same list. In turn, so
that a busy machine is busy for both.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
from dataclasses import dataclass

from sqlalchemy import text

from geo.store.read import Asking
from layers import LAYERS
from tests.speed.bench import bench_of
from tests.speed.loading import load_parcels, ready_for_loading
from tests.speed.tile_sql import tile_sql
from tests.speed.tiles import LUA, SEED, TILES, pgbench_rate, wrk_told
from tests.speed.tools import Bench, cpu_seconds, postmaster, said, serving

MOST_TILES = {12: 60, 13: 120, 14: 120, 15: 300, 16: 600, 17: 900, 18: 1200}


@dataclass(frozen=True)
class Rates:
    """Answers a second, and milliseconds of processor time for each: PostgreSQL's and everybody's but the asker's."""

    rate: float
    cost: float


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--parcels", type=int, default=200_000, help="about so many parcels (200,000)")
    words.add_argument("--rounds", type=int, default=3, help="how often each side is measured (3)")
    asked = words.parse_args()
    with bench_of(asked.parcels) as bench:
        ready_for_loading(bench)
        load_parcels(bench)
        print(told(bench, rounds=asked.rounds))


def told(bench: Bench, *, rounds: int, zooms: tuple[int, ...] = tuple(MOST_TILES)) -> str:
    """The table: a row for each zoom."""
    tiles = _tiles(bench, zooms)
    found: dict[tuple[int, str], list[Rates]] = {}
    for number in range(rounds):
        said(f"round {number + 1} of {rounds}")
        with serving(bench) as address:
            # Connections are opened and statements prepared by tiles that are not measured.
            for z in zooms:
                for written in ("mvt", "geojson"):
                    _served(bench, address, "community", tiles[z][:40], written)
            for z in zooms:
                order = random.Random(SEED + number).sample(tiles[z], len(tiles[z]))
                for written in ("mvt", "geojson"):
                    found.setdefault((z, written), []).append(_served(bench, address, "parcel", order, written))
                found.setdefault((z, "postgis"), []).append(_postgis(bench, z, len(order)))
    lines = [
        "| z | MVT / s | GeoJSON / s | ST_AsMVT / s | MVT ÷ ST_AsMVT | ms of CPU: MVT, GeoJSON, ST_AsMVT | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for z in zooms:
        rates, costs = (
            [statistics.median(getattr(one, what) for one in found[z, kind]) for kind in ("mvt", "geojson", "postgis")]
            for what in ("rate", "cost")
        )
        lines.append(
            f"| {z} | {rates[0]:.0f} | {rates[1]:.0f} | {rates[2]:.0f} | {rates[0] / rates[2]:.2f} "
            f"| {costs[0]:.2f}, {costs[1]:.2f}, {costs[2]:.2f} | {costs[2] / costs[0]:.2f} |"
        )
    return "\n".join(lines)


def _tiles(bench: Bench, zooms: tuple[int, ...]) -> dict[int, list[tuple[int, int, int]]]:
    bench.run_sql("DROP TABLE IF EXISTS bench_tile", TILES.format(low=min(zooms), high=max(zooms)))
    chosen: dict[int, list[tuple[int, int, int]]] = {}
    for z in zooms:
        bench.run_sql(
            f"DROP TABLE IF EXISTS bench_z{z}",
            f"CREATE TABLE bench_z{z} AS SELECT row_number() OVER (ORDER BY id) AS id, z, x, y FROM bench_tile "
            f"WHERE z = {z} ORDER BY id LIMIT {MOST_TILES[z]}",
            f"ALTER TABLE bench_z{z} ADD PRIMARY KEY (id)", f"VACUUM ANALYZE bench_z{z}",
        )  # fmt: skip
        with bench.engine.connect() as connection:
            rows = connection.execute(text(f"SELECT z, x, y FROM bench_z{z} ORDER BY id"))
            chosen[z] = [(row.z, row.x, row.y) for row in rows]
    return chosen


def _served(bench: Bench, address: str, layer: str, tiles: list[tuple[int, int, int]], written: str) -> Rates:
    paths = bench.home / "paths.txt"
    paths.write_text("".join(f"/tiles/{layer}/{z}/{x}/{y}.{written}\n" for z, x, y in tiles))
    script = bench.home / "tiles.lua"
    script.write_text(LUA.format(paths=paths))
    command = ["wrk", "-t1", "-c8", "-d900s", "--timeout", "30s", "-s", str(script), address]
    used = cpu_seconds(os.getpid(), postmaster(bench)) - cpu_seconds_alone()
    out = wrk_told(command)
    used = cpu_seconds(os.getpid(), postmaster(bench)) - cpu_seconds_alone() - used
    found = re.search(r"measured (\d+) ([0-9.]+) (\d+)", out)
    if not found or int(found[3]):
        raise SystemExit(f"not every tile was served:\n{out}")
    return Rates(int(found[1]) / float(found[2]), 1000 * used / int(found[1]))


def cpu_seconds_alone() -> float:
    """What this process and the programs it has waited for used: the askers."""
    told = os.times()
    return told.user + told.system + told.children_user + told.children_system


def _postgis(bench: Bench, z: int, count: int) -> Rates:
    sql = re.sub(r"\s+", " ", tile_sql(LAYERS["parcel"], Asking(), z))
    pick = f"\\set pick random(1, {count})\nSELECT z, x, y FROM bench_z{z} WHERE id = :pick \\gset\n"
    with_tile, without = bench.home / f"tile_{z}.sql", bench.home / "lookup.sql"
    with_tile.write_text(f"{pick}{sql};\n", "utf-8")
    without.write_text(pick, "utf-8")
    told = []
    for script in (with_tile, without):
        used = cpu_seconds(postmaster(bench))
        rate = pgbench_rate(bench, [(script, 1)], max(count, 400))
        told.append((rate, 1000 * (cpu_seconds(postmaster(bench)) - used) / max(count, 400)))
    (both, cost), (alone, other) = told
    return Rates(1 / (1 / both - 1 / alone), cost - other)


if __name__ == "__main__":
    main()
