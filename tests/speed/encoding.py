"""Tiles made on the spot, zoom by zoom: ours, the same by PostGIS alone, by tipg, and ours as GeoJSON.

Of each zoom some tiles that hold parcels, each asked for once by eight connections of a server with two workers that
has kept nothing; then the others over the same list. In turn, so that a busy machine is busy for all.
`python -m tests.speed.encoding` prints the zooms alone, with the processor time of each.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import mapbox_vector_tile
from sqlalchemy import text

from geo.store.read import Asking
from layers import LAYERS
from tests.speed import peers
from tests.speed.asking import asked, fetched, pgbench_rate
from tests.speed.loading import load_parcels, ready_for_loading
from tests.speed.report import Figure
from tests.speed.tile_sql import tile_sql
from tests.speed.tiles import TILES, Place
from tests.speed.tools import Bench, cpu_seconds, postmaster, said, serving
from tests.speed.town import SEED, bench_of

MOST_TILES = {12: 60, 13: 120, 14: 120, 15: 300, 16: 600, 17: 900, 18: 1200}
GEOJSON_ZOOMS = (14, 15, 16, 17, 18)
CHECKED = 6  # tiles of each zoom whose features are counted on every side
# The others draw every parcel of a far tile, ours counts in squares: no two of the same, so no ratio of them counts.
# Near ones differ by the edge: tipg draws what touches the tile, ours (and `ST_AsMVT` beside it) what touches its
# buffer, some six in a hundred more.
ALIKE = 0.1
ADDRESSES = {
    "mvt": "/tiles/{layer}/{z}/{x}/{y}.mvt",
    "geojson": "/tiles/{layer}/{z}/{x}/{y}.geojson",
    "tipg": "/collections/peers.{layer}/tiles/WebMercatorQuad/{z}/{x}/{y}",
}


@dataclass(frozen=True)
class Rates:
    """Answers a second, and milliseconds of processor time for each: PostgreSQL's and everybody's but the asker's."""

    rate: float
    cost: float


@dataclass(frozen=True)
class Sides:
    """What was measured of each zoom and side, and how many tiles a zoom has."""

    tiles: dict[int, list[Place]]
    found: dict[tuple[int, str], list[Rates]]
    alike: tuple[int, ...]  # the zooms at which tipg's tiles hold what ours do

    def rate(self, z: int, side: str) -> float:
        """The median of the rounds."""
        return statistics.median(one.rate for one in self.found[z, side])

    def together(self, side: str, zooms: Sequence[int]) -> float:
        """Tiles a second over the tiles of several zooms, asked for one zoom after the other."""
        seconds = sum(len(self.tiles[z]) / self.rate(z, side) for z in zooms)
        return sum(len(self.tiles[z]) for z in zooms) / seconds


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--parcels", type=int, default=200_000, help="about so many parcels (200,000)")
    words.add_argument("--rounds", type=int, default=3, help="how often each side is measured (3)")
    words.add_argument("--seed", type=int, default=SEED, help=f"of the town and of what is asked ({SEED})")
    words_said = words.parse_args()
    with bench_of(words_said.parcels, seed=words_said.seed) as bench:
        ready_for_loading(bench)
        load_parcels(bench)
        print(table(measured(bench, rounds=words_said.rounds, with_tipg=False)))


def encoding_rows(bench: Bench, *, rounds: int) -> list[Figure]:
    """Against PostGIS, against tipg, and GeoJSON against MVT."""
    sides = measured(bench, rounds=rounds, with_tipg=True)
    zooms = tuple(sides.tiles)
    near = tuple(z for z in GEOJSON_ZOOMS if z in sides.tiles)
    return [
        _figure(
            sides, ("mvt", "postgis"), zooms, 2.5, "the same SQL (`ST_AsMVT`) prepared through pgbench",
            "`pgbench -M prepared -c 8` over the same list, its look-up of a tile's place measured alone and taken off",
        ),
        _figure(
            sides, ("mvt", "tipg"), sides.alike, 3.0, "tipg",
            "tipg with two workers over the same list. Zooms count whose tiles hold the same features "
            f"({CHECKED} of each were counted, within {ALIKE:.0%}; ours hold some six in a hundred more, of the edge)",
        ),
        _figure(
            sides, ("geojson", "mvt"), near, 0.6, "the MVT of the same tiles",
            "the same tiles of the same server, one kind after the other", what="GeoJSON tiles",
        ),
    ]  # fmt: skip


def measured(
    bench: Bench, *, rounds: int, with_tipg: bool, zooms: tuple[int, ...] = tuple(MOST_TILES)
) -> Sides:  # fmt: skip
    """Every zoom on every side, in turn."""
    tiles = _tiles(bench, zooms)
    found: dict[tuple[int, str], list[Rates]] = {}
    alike: tuple[int, ...] = ()
    with contextlib.ExitStack() as others:
        if with_tipg:
            peers.make_views(bench)
            other = others.enter_context(peers.tipg(bench))
        for number in range(rounds):
            said(f"tiles zoom by zoom, round {number + 1} of {rounds}")
            with serving(bench) as address:
                served = {"mvt": address, "geojson": address} | ({"tipg": other} if with_tipg else {})
                # Connections are opened and statements prepared by tiles that are not measured.
                for z in zooms:
                    for side, where in served.items():
                        _served(bench, where, "risk_point" if side == "tipg" else "community", tiles[z][:40], side)
                for z in zooms:
                    order = random.Random(bench.seed + number).sample(tiles[z], len(tiles[z]))
                    for side, where in served.items():
                        found.setdefault((z, side), []).append(_served(bench, where, "parcel", order, side))
                    found.setdefault((z, "postgis"), []).append(_postgis(bench, z, len(order)))
                if with_tipg and not number:
                    alike = tuple(z for z in zooms if _holds_the_same(bench, address, other, tiles[z][:CHECKED]))
    return Sides(tiles, found, alike)


def table(sides: Sides) -> str:
    """A row for each zoom."""
    lines = [
        "| z | MVT / s | GeoJSON / s | ST_AsMVT / s | MVT ÷ ST_AsMVT | ms of CPU: MVT, GeoJSON, ST_AsMVT | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for z in sides.tiles:
        kinds = ("mvt", "geojson", "postgis")
        rates = [sides.rate(z, kind) for kind in kinds]
        costs = [statistics.median(one.cost for one in sides.found[z, kind]) for kind in kinds]
        lines.append(
            f"| {z} | {rates[0]:.0f} | {rates[1]:.0f} | {rates[2]:.0f} | {rates[0] / rates[2]:.2f} "
            f"| {costs[0]:.2f}, {costs[1]:.2f}, {costs[2]:.2f} | {costs[2] / costs[0]:.2f} |"
        )
    return "\n".join(lines)


def _figure(
    sides: Sides, pair: tuple[str, str], zooms: Sequence[int], least: float, against: str, how: str, *,
    what: str = "tiles made on the spot",
) -> Figure:  # fmt: skip
    if not zooms:
        raise SystemExit(f"no zoom at which {pair[0]} and {pair[1]} hold the same")
    own, other = (sides.together(side, zooms) for side in pair)
    each = ", ".join(
        f"z{z} {sides.rate(z, pair[0]) / sides.rate(z, pair[1]):.2f} "
        f"({sides.rate(z, pair[0]):.0f} ÷ {sides.rate(z, pair[1]):.0f})"
        for z in sides.tiles
    )
    return Figure(
        what=f"{what} z{min(zooms)}–{max(zooms)}, 8 connections, 2 workers ÷ {against}, throughput",
        measured=f"{own / other:.2f} ({own:.0f} ÷ {other:.0f} tiles a second)",
        promised=f"≥ {least:g}",
        holds=own >= least * other,
        details=(
            f"**{what[0].upper()}{what[1:]} ÷ {against}**: of each zoom up to "
            f"{', '.join(f'{len(sides.tiles[z])} (z{z})' for z in zooms)} tiles that hold parcels, each asked for once "
            f"by `wrk -t1 -c8`, in an order drawn by the seed, of a server just started (nothing kept); {how}. "
            f"All zooms together: tiles ÷ the seconds for all of them. Zoom by zoom: {each}.",
        ),
    )


def _holds_the_same(bench: Bench, address: str, other: str, tiles: Sequence[Place]) -> bool:
    """Whether tipg's tiles hold as many features as ours; PostGIS's must, but for specks, or the benchmark ends."""
    own = his = 0
    sql = {z: text(tile_sql(LAYERS["parcel"], Asking(), z)) for z, _, _ in tiles}
    with bench.engine.connect() as connection:
        for z, x, y in tiles:
            place = {"layer": "parcel", "z": z, "x": x, "y": y}
            ours = _features(fetched(address, ADDRESSES["mvt"].format(**place))[0])
            postgis = _features(bytes(connection.scalar(sql[z], {"z": z, "x": x, "y": y}) or b""))
            # An outline that collapses between the grid's points is a point of ours, and nothing by PostGIS.
            if not postgis <= ours <= 1.01 * postgis + 1:
                raise SystemExit(f"tile {z}/{x}/{y} holds {ours} features, and {postgis} by PostGIS")
            own += ours
            his += _features(fetched(other, ADDRESSES["tipg"].format(**place))[0])
    said(f"z{tiles[0][0]}: {own} features in {len(tiles)} tiles, tipg {his}")
    return abs(his - own) <= max(ALIKE * own, len(tiles))


def _features(tile: bytes) -> int:
    return sum(len(layer["features"]) for layer in mapbox_vector_tile.decode(tile).values()) if tile else 0


def _tiles(bench: Bench, zooms: tuple[int, ...]) -> dict[int, list[Place]]:
    bench.run_sql("DROP TABLE IF EXISTS bench_tile", TILES.format(low=min(zooms), high=max(zooms), seed=bench.seed))
    chosen: dict[int, list[Place]] = {}
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


def _served(bench: Bench, address: str, layer: str, tiles: Sequence[Place], side: str) -> Rates:
    paths = [ADDRESSES[side].format(layer=layer, z=z, x=x, y=y) for z, x, y in tiles]
    used = cpu_seconds(os.getpid(), postmaster(bench)) - cpu_seconds_alone()
    found = asked(bench, address, paths)
    used = cpu_seconds(os.getpid(), postmaster(bench)) - cpu_seconds_alone() - used
    return Rates(found.rate, 1000 * used / len(tiles))


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
