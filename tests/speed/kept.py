"""Tiles that are kept, and the answer that nothing has changed (304), against nginx with the same bytes as files."""

from __future__ import annotations

from itertools import cycle, islice

from sqlalchemy import text

from tests.speed import peers
from tests.speed.asking import Rate, asked, fetched, median_of, one_by_one
from tests.speed.report import Figure
from tests.speed.tiles import TILES
from tests.speed.tools import Bench, said, serving

MOST_TILES = 300
ZOOMS = (14, 16)
ASKED = {"atlas": 20_000, "nginx": 60_000}
LEAST = 0.25


def kept_rows(bench: Bench, *, rounds: int) -> list[Figure]:
    """Both ways to be answered, in turn: with the whole tile, and with 304 because the asker has it."""
    paths = _paths(bench)
    files = bench.home / "kept"
    found: dict[tuple[int, str], list[Rate]] = {}
    with serving(bench) as address:
        tags: dict[str, list[str]] = {"atlas": [], "nginx": []}
        for path in paths:
            body, headers = fetched(address, path)
            tags["atlas"].append(headers["etag"])
            file = files / path.removeprefix("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        with peers.nginx(bench, files) as other:
            for path in paths:
                tags["nginx"].append(fetched(other, path)[1]["etag"])
            sides = {"atlas": address, "nginx": other}
            for number in range(-1, rounds):
                # The first time is for every worker to have every tile.
                said(f"kept tiles, round {number + 1} of {rounds}")
                for status in (200, 304):
                    for side, where in sides.items():
                        count = ASKED[side]
                        known = list(islice(cycle(tags[side]), count)) if status == 304 else []
                        rate = asked(bench, where, list(islice(cycle(paths), count)), tags=known, expected=status)
                        if number >= 0:
                            found.setdefault((status, side), []).append(rate)
    return [_figure(found, status, len(paths)) for status in (304, 200)]


def _paths(bench: Bench) -> list[str]:
    bench.run_sql(
        "DROP TABLE IF EXISTS bench_tile", TILES.format(low=ZOOMS[0], high=ZOOMS[-1], seed=bench.seed),
    )  # fmt: skip
    with bench.engine.connect() as connection:
        places = connection.execute(text(f"SELECT z, x, y FROM bench_tile ORDER BY id LIMIT {MOST_TILES}"))
        return [f"/tiles/parcel/{one.z}/{one.x}/{one.y}.mvt" for one in places]


def _figure(found: dict[tuple[int, str], list[Rate]], status: int, tiles: int) -> Figure:
    own, other = found[status, "atlas"], found[status, "nginx"]
    ours, theirs = median_of(own), median_of(other)
    what = "304 to whoever has it" if status == 304 else "the whole tile"
    return Figure(
        what=f"a kept tile, {what} ÷ nginx with the same bytes as files, throughput",
        measured=f"{ours / theirs:.2f} ({ours:,.0f} ÷ {theirs:,.0f} a second)",
        promised=f"≥ {LEAST:g}",
        holds=ours >= LEAST * theirs,
        details=(
            f"**Kept, {status}**: {tiles} tiles of z{ZOOMS[0]}–{ZOOMS[-1]} again and again over 8 connections "
            f"({ASKED['atlas']:,} times, nginx {ASKED['nginx']:,}), each with its own server's ETag where 304 is "
            "expected; both with two processes, nginx with `sendfile` and open files kept. In turn, ours "
            f"{one_by_one(own)}, nginx {one_by_one(other)} a second.",
        ),
    )
