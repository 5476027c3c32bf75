"""What was promised about speed, measured here: `python -m tests.speed.bench --parcels 1000000 --write`.

Everything runs in a private Atlas of its own, on a made-up town; each figure is a ratio of two things done in turn in
the same run, so that a slow or busy machine slows both.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from data.demo import write_files
from geo.store.cluster import private_cluster
from geo.store.migrate import migrate
from layers import LAYERS
from tests.speed.loading import loading_rows, ready_for_loading
from tests.speed.machine import machine_rows
from tests.speed.page import page_rows
from tests.speed.report import Figure, report
from tests.speed.tiles import tile_rows
from tests.speed.tools import Bench, said

REPORT = Path(__file__).resolve().parents[2] / "BENCHMARKS.md"


def main() -> None:
    """Run the benchmarks and print the table."""
    asked = _asked()
    began = dt.datetime.now(dt.UTC)
    with bench_of(asked.parcels) as bench:
        figures: list[Figure] = []
        ready_for_loading(bench)
        figures += loading_rows(bench, rounds=asked.rounds)
        figures += tile_rows(bench, rounds=asked.rounds + 1)
        figures += page_rows(bench)
        with bench.engine.connect() as connection:
            machine = machine_rows(connection)
    command = f"python -m tests.speed.bench --parcels {asked.parcels} --rounds {asked.rounds}"
    told = report(figures, machine, command=command, parcels=bench.parcels, began=began, note=asked.note)
    print(told)
    if asked.write:
        REPORT.write_text(told, "utf-8")


def _asked() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--parcels", type=int, default=1_000_000, help="about so many parcels (1,000,000)")
    words.add_argument("--rounds", type=int, default=2, help="how often each side is measured (2)")
    words.add_argument("--write", action="store_true", help="also write BENCHMARKS.md")
    words.add_argument("--note", default="", help="a sentence for the page: why a figure falls short, what else ran")
    return words.parse_args()


@contextlib.contextmanager
def bench_of(parcels: int) -> Iterator[Bench]:
    """A private Atlas in a temporary folder, with the town's files beside it; all of it goes at the end."""
    home = Path(tempfile.mkdtemp(prefix="atlas-bench-"))
    home.chmod(0o711)
    place: Path | None = None
    try:
        with private_cluster(home) as cluster:
            place = cluster.place
            migrate(cluster.url, LAYERS)
            said(f"making a town of about {parcels:,} parcels")
            counts = write_files(
                home / "files", LAYERS, scale=parcels / 20_000, only=("municipality", "community", "parcel")
            )
            _may_make_checkpoints(cluster.keeper_url)
            engine = create_engine(cluster.url, poolclass=NullPool)
            yield Bench(
                home=home, engine=engine, url=make_url(cluster.url), parcels=counts["parcel"],
                environment=_environment(home),
            )  # fmt: skip
            engine.dispose()
    finally:
        for folder in (place, home):
            if folder:
                shutil.rmtree(folder, ignore_errors=True)


def _environment(home: Path) -> dict[str, str]:
    """An Atlas of its own, with compiled Python files kept as any installed program has them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own = {
        "ATLAS_HOME": str(home),
        "ATLAS_PORT": "8097",
        "ATLAS_LOG": "warning",
        "PYTHONPYCACHEPREFIX": str(home / "pyc"),
    }
    return {name: value for name, value in kept.items() if not name.startswith("ATLAS_")} | own


def _may_make_checkpoints(keeper_url: str) -> None:
    """Each side begins with nothing left to write; asking for that is a right of its own."""
    keeper = create_engine(keeper_url, poolclass=NullPool)
    with keeper.begin() as connection:
        connection.execute(text("GRANT pg_checkpoint TO atlas"))
    keeper.dispose()


if __name__ == "__main__":
    main()
