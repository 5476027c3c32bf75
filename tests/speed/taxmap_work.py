"""The work that is timed for the tax map, as a program of its own so that its memory is its own.

`python -m tests.speed.taxmap_work WHAT BEFORE AFTER TIMES` reads two files of lots, does one thing, and writes how many
seconds that took (without starting and reading) and how much it found.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import shapely

from geo.shapes.editions import Edition, differences
from geo.shapes.topology import gaps, overlaps, plan_of, topology
from tests.taxmap.town_of_lots import UTM, Lots


def read(path: Path) -> Lots:
    """Lots as they were written."""
    table = pq.read_table(path)
    shapes = shapely.from_wkb(table.column("geometry").to_numpy(zero_copy_only=False))
    keys = table.column("code").to_numpy(zero_copy_only=False)
    return Lots(keys=keys, shapes=np.asarray(shapes, dtype=object), block=np.zeros(len(keys), dtype=np.intp))


def _topology(before: Lots, after: Lots) -> str:
    found = topology(after.shapes)
    return f"{len(found.overlaps):,} overlaps, {len(found.gaps):,} gaps, {len(found.slivers):,} slivers"


def _overlaps(before: Lots, after: Lots) -> str:
    return f"{len(overlaps(after.shapes)):,} overlaps"


def _gaps(before: Lots, after: Lots) -> str:
    return f"{len(gaps(plan_of(after.shapes))):,} gaps"


def _differences(before: Lots, after: Lots) -> str:
    old, new = (Edition(keys=lots.keys, shapes=lots.shapes, values={}) for lots in (before, after))
    counts = differences(old, new).counts
    return ", ".join(f"{count:,} {kind.name.lower()}" for kind, count in counts.items())


def _frame(lots: Lots) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": lots.keys}, geometry=lots.shapes, crs=4326).to_crs(UTM)


def _overlay(before: Lots, after: Lots) -> str:
    """As its manual says: everything laid over itself, and what is more than the pen kept."""
    frame = _frame(after)
    shared = gpd.overlay(frame, frame, how="intersection", keep_geom_type=True)
    shared = shared[(shared.code_1 < shared.code_2) & (shared.area > 0.1)]
    return f"{len(shared):,} overlaps"


def _overlay_of_both(before: Lots, after: Lots) -> str:
    """Who has whose ground, which is the least that a difference needs."""
    shared = gpd.overlay(_frame(before), _frame(after), how="intersection", keep_geom_type=True)
    shared = shared[shared.area > 0.5]
    return f"{len(shared):,} pieces"


WORK: dict[str, Callable[[Lots, Lots], str]] = {
    "topology": _topology, "overlaps": _overlaps, "gaps": _gaps, "differences": _differences, "overlay": _overlay,
    "overlay_of_both": _overlay_of_both,
}  # fmt: skip


def main() -> None:
    """Do one thing and write how it went."""
    what, before, after, told = sys.argv[1:]
    lots = read(Path(before)), read(Path(after))
    began, used = time.perf_counter(), time.process_time()
    found = WORK[what](*lots)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    Path(told).write_text(json.dumps({"seconds": seconds, "processor": processor, "found": found}))


if __name__ == "__main__":
    main()
