"""What was promised about speed, measured here: `python -m tests.speed.bench --parcels 1000000 --write`.

Everything runs in a private Atlas of its own, on a made-up town; each figure is a ratio of two things done in turn in
the same run, so that a slow or busy machine slows both.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from tests.speed.encoding import encoding_rows
from tests.speed.frames import frame_rows
from tests.speed.growth import growth_rows
from tests.speed.items import items_rows
from tests.speed.kept import kept_rows
from tests.speed.loading import load_parcels, loading_rows, ready_for_loading
from tests.speed.machine import machine_rows
from tests.speed.marking import marking_rows
from tests.speed.memory import memory_rows
from tests.speed.page import page_rows
from tests.speed.report import Figure, report
from tests.speed.taxes import taxes_rows
from tests.speed.taxmap import taxmap_rows
from tests.speed.tiles import tile_rows
from tests.speed.tools import Bench, said
from tests.speed.town import SEED, bench_of, load_points

REPORT = Path(__file__).resolve().parents[2] / "BENCHMARKS.md"
GROWTH = "10000,100000,1000000,4000000"
# In the order in which they are measured: loading makes the town, growth takes it away.
ROWS: dict[str, Callable[[Bench, argparse.Namespace], list[Figure]]] = {
    "tiles": lambda bench, words: encoding_rows(bench, rounds=words.rounds),
    "kept": lambda bench, words: kept_rows(bench, rounds=words.rounds) + tile_rows(bench),
    "items": lambda bench, words: items_rows(bench, rounds=words.rounds),
    "page": lambda bench, _: page_rows(bench),
    "frames": lambda bench, _: frame_rows(bench),
    "marking": lambda bench, _: marking_rows(bench),
    "taxmap": lambda bench, words: taxmap_rows(bench, rounds=words.rounds),
    "taxes": lambda bench, _: taxes_rows(bench),
    "memory": lambda bench, words: memory_rows(bench, requests=words.requests),
    "growth": lambda bench, words: growth_rows(bench, sizes=words.growth),
}


def main() -> None:
    """Run the benchmarks and print the table."""
    words = _words()
    began = dt.datetime.now(dt.UTC)
    with bench_of(words.parcels, seed=words.seed) as bench:
        figures: list[Figure] = []
        ready_for_loading(bench)
        if "loading" in words.only:
            figures += loading_rows(bench, rounds=words.rounds)
        else:
            load_parcels(bench)
        load_points(bench, words.points)
        with bench.engine.connect() as connection:
            machine = machine_rows(connection)
        for name, rows in ROWS.items():
            if name in words.only:
                said(f"{name}, {(dt.datetime.now(dt.UTC) - began).total_seconds() / 60:.0f} minutes after the start")
                figures += rows(bench, words)
    told = report(
        figures, machine, command=shlex.join(["python", "-m", "tests.speed.bench", *_told(sys.argv[1:])]),
        parcels=bench.parcels, points=words.points, began=began, note=words.note,
    )  # fmt: skip
    print(told)
    if words.write:
        REPORT.write_text(told, "utf-8")


def _told(words: list[str]) -> list[str]:
    """The command as it is told on the page: without what is only about the page."""
    told, rest = [], list(words)
    while rest:
        word = rest.pop(0)
        if word == "--note":
            rest = rest[1:]
        elif word != "--write" and not word.startswith("--note="):
            told.append(word)
    return told


def _words() -> argparse.Namespace:
    known = ("loading", *ROWS)
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--parcels", type=int, default=1_000_000, help="about so many parcels (1,000,000)")
    words.add_argument("--points", type=int, default=300_000, help="so many points (300,000)")
    words.add_argument("--seed", type=int, default=SEED, help=f"of the town and of what is asked of it ({SEED})")
    words.add_argument("--rounds", type=int, default=2, help="how often each side is measured (2)")
    words.add_argument("--requests", type=int, default=100_000, help="mixed requests of the memory row (100,000)")
    words.add_argument("--growth", type=_numbers, default=_numbers(GROWTH), help=f"sizes of the growth row ({GROWTH})")
    words.add_argument("--only", type=lambda told: told.split(","), default=list(known), help=",".join(known))
    words.add_argument("--write", action="store_true", help="also write BENCHMARKS.md")
    words.add_argument("--note", default="", help="a sentence for the page: why a figure falls short, what else ran")
    found = words.parse_args()
    if unknown := sorted(set(found.only) - set(known)):
        words.error(f"--only knows {', '.join(known)}, not {', '.join(unknown)}")
    return found


def _numbers(told: str) -> list[int]:
    return [int(number) for number in told.split(",")]


if __name__ == "__main__":
    main()
