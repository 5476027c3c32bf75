"""The tax map: how a hundred thousand parcels lie to each other, and what became of them in a year.

Each is a program of its own over the same files, ours and geopandas' own overlay in turn.
"""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from tests.speed.report import Figure
from tests.speed.tools import Bench, said, timed
from tests.taxmap.town_of_lots import Lots, town_of_lots

PARCELS = 100_000
MOST_SECONDS, MOST_BYTES = 60, 1_500_000_000
OURS, THEIRS = ("topology", "overlaps", "differences"), ("overlay", "overlay_of_both")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Worked:
    """The median time of one piece of work, the most memory that its program held, and what it found."""

    seconds: float
    processor: float
    peak_bytes: int
    found: str

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.processor:.1f} s of processor), {self.peak_bytes / 1e6:,.0f} MB"


def taxmap_rows(bench: Bench, *, rounds: int) -> list[Figure]:
    """A town of lots, and the same town a year later with faults drawn into it."""
    said(f"making a town of {PARCELS:,} lots and its next year")
    before = town_of_lots(PARCELS, seed=bench.seed)
    files = (
        _written(bench.home / "lots_before.parquet", before),
        _written(bench.home / "lots_after.parquet", a_year_later(before, seed=bench.seed)),
    )
    done = {what: _worked(bench, what, files, rounds) for what in (*OURS, *THEIRS)}
    return [
        _figure(
            "Topology of {} parcels (overlaps, duplicates, gaps, slivers)", done["topology"],
            f"overlaps alone {done['overlaps']}", done["overlaps"], done["overlay"],
            "`geopandas.overlay` of the layer with itself against our overlaps alone, which is all that it answers",
        ),
        _figure(
            "The year's difference of {0} parcels against {0}", done["differences"], "", done["differences"],
            done["overlay_of_both"], "`geopandas.overlay` of the two years, which is the least that a difference needs",
        ),
    ]  # fmt: skip


def _figure(what: str, ours: Worked, more: str, compared: Worked, theirs: Worked, how: str) -> Figure:
    detail = (
        f"**{what.format(f'{PARCELS:,}')}**: ours {ours}: {ours.found}{'; ' + more if more else ''}. {how}: {theirs}: "
        f"{theirs.found}. Time without starting and reading the file; memory is the whole program's."
    )
    return Figure(
        what=what.format(f"{PARCELS:,}"),
        measured=f"{ours}; {theirs.seconds / compared.seconds:.1f} × as fast as geopandas' overlay",
        promised=f"< {MOST_SECONDS} s, < {MOST_BYTES / 1e6:,.0f} MB",
        holds=ours.seconds < MOST_SECONDS and ours.peak_bytes < MOST_BYTES,
        details=(detail,),
    )


def a_year_later(lots: Lots, *, seed: int) -> Lots:
    """The same lots in another order: one in a hundred grew over its neighbours, one in a hundred is cut in two."""
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(len(lots.keys))
    grown, cut = np.split(drawn[: len(drawn) // 50], 2)
    shapes, keys = lots.shapes.copy(), lots.keys.copy()
    shapes[grown] = shapely.buffer(shapes[grown], 1e-5, join_style="mitre")
    west, south, east, north = shapely.bounds(shapes[cut]).T
    middle = (south + north) / 2
    low, high = (
        np.asarray(shapely.intersection(shapes[cut], shapely.box(west, *sides)), dtype=object)
        for sides in ((south, east, middle), (middle, east, north))
    )
    shapes[cut] = low
    order = rng.permutation(len(keys) + len(cut))
    return Lots(
        keys=np.concatenate((keys, _parts_of(keys[cut])))[order], shapes=np.concatenate((shapes, high))[order],
        block=np.concatenate((lots.block, lots.block[cut]))[order],
    )  # fmt: skip


def _parts_of(keys: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array([f"{key}/001" for key in keys.tolist()], dtype=object)


def _written(path: Path, lots: Lots) -> Path:
    pq.write_table(pa.table({"code": pa.array(lots.keys), "geometry": pa.array(shapely.to_wkb(lots.shapes))}), path)
    return path


def _worked(bench: Bench, what: str, files: tuple[Path, Path], rounds: int) -> Worked:
    told, runs, peaks = bench.home / f"{what}.json", [], []
    for _ in range(max(rounds, 1)):
        said(f"tax map: {what}")
        command = [sys.executable, "-m", "tests.speed.taxmap_work", what, *map(str, files), str(told)]
        peaks.append(timed(command, {**bench.environment, "PYTHONPATH": str(ROOT)}).peak_bytes)
        runs.append(json.loads(told.read_text()))
    seconds, processor = (statistics.median(run[name] for run in runs) for name in ("seconds", "processor"))
    return Worked(seconds=seconds, processor=processor, peak_bytes=max(peaks), found=str(runs[-1]["found"]))
