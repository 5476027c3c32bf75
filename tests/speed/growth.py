"""One tile of a town of ten thousand parcels and of four million at the same density: it is not to know the difference.

The town of the other rows goes: its parcels make way for made-up lots on a grid, which SQL copies quickly.
"""

from __future__ import annotations

import math
import random
import socket
import statistics
from collections.abc import Sequence

from sqlalchemy import text

from tests.speed.loading import EMPTIED
from tests.speed.report import Figure
from tests.speed.tiles import Place, timed_get
from tests.speed.tools import Bench, said, serving

ZOOM = 16
WEST, SOUTH = 100.3, 6.5
WIDE, DEEP = 0.00027, 0.00045  # a lot of about 30 by 50 metres: some 240 of them in a tile
MOST = 1.5
MOST_TILES, TIMES = 60, 3
CHUNK = 250_000
TEMPLATE = (
    "DROP TABLE IF EXISTS bench_lot",
    "CREATE TABLE bench_lot AS SELECT row_number() OVER (ORDER BY id) - 1 AS number, * FROM parcel "
    "ORDER BY id LIMIT 1000",
    "ALTER TABLE bench_lot ADD PRIMARY KEY (number)",
)
# Lots number {first} to {last} of a square of `side` lots, which grows by a row and a column around the smaller square:
# of lot i, the ring is floor(sqrt(i)), and what is beyond its square goes up the column and back along the row.
LOTS = """
INSERT INTO parcel ({names}, geom)
SELECT {values}, ST_SetSRID(ST_MakePolygon(ST_MakeLine(ARRAY[
    ST_MakePoint(x, y), ST_MakePoint(x + {wide} * 0.5, y + {deep} * 0.01), ST_MakePoint(x + {wide} * 0.98, y),
    ST_MakePoint(x + {wide} * 0.97, y + {deep} * 0.55), ST_MakePoint(x + {wide} * 0.98, y + {deep} * 0.97),
    ST_MakePoint(x + {wide} * 0.3, y + {deep} * 0.98), ST_MakePoint(x, y)])), 4326)
FROM (
  SELECT i % (SELECT count(*) FROM bench_lot) AS number,
         {west} + {wide} * (CASE WHEN rest <= ring THEN ring ELSE 2 * ring - rest END) AS x,
         {south} + {deep} * (CASE WHEN rest <= ring THEN rest ELSE ring END) AS y
  FROM (SELECT i, floor(sqrt(i))::bigint AS ring, i - floor(sqrt(i))::bigint ^ 2 AS rest
        FROM generate_series({first}::bigint, {last}::bigint) AS i) AS rings
) AS places JOIN bench_lot AS lot USING (number)
"""


def growth_rows(bench: Bench, *, sizes: Sequence[int]) -> list[Figure]:
    """The median of a tile at each size; the first is what the others are held against."""
    bench.run_sql(*TEMPLATE, *EMPTIED, "ALTER TABLE parcel DISABLE TRIGGER USER")
    found: dict[int, list[float]] = {}
    there = 0
    for size in sorted(sizes):
        said(f"a town of {size:,} parcels")
        _grow(bench, there, size)
        there = size
        found[size] = _asked(bench, size)
    medians = {size: statistics.median(times) for size, times in found.items()}
    first, *_ = medians.values()
    worst = max(medians.values()) / first
    told = ", ".join(f"{size:,}: {seconds * 1000:.1f} ms" for size, seconds in medians.items())
    return [
        Figure(
            what=f"a tile's median in towns of {' / '.join(f'{size:,}' for size in medians)} parcels ÷ the first",
            measured=f"{worst:.2f} at most ({told})",
            promised=f"≤ {MOST:g}",
            holds=worst <= MOST,
            details=(
                f"**Growth**: tiles of z{ZOOM} within towns of the same lots, on one connection of a server just "
                f"started, nothing kept, {TIMES} starts: "
                f"{', '.join(f'{len(times)} answers at {size:,}' for size, times in found.items())}. The sizes are "
                "measured one after the other, minutes apart.",
            ),
        )
    ]


def _grow(bench: Bench, there: int, size: int) -> None:
    with bench.engine.connect() as connection:
        names = connection.scalars(
            text(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'parcel'::regclass AND attnum > 0 AND NOT "
                "attisdropped AND attgenerated = '' AND attidentity = '' AND attname NOT IN ('id', 'geom')"
            )
        ).all()
        held = "community_id", "parcel_code"
    for first in range(there, size, CHUNK):
        bench.run_sql(
            LOTS.format(
                names=", ".join(names), values=", ".join("NULL" if name in held else f"lot.{name}" for name in names),
                west=WEST, south=SOUTH, wide=WIDE, deep=DEEP, first=first, last=min(first + CHUNK, size) - 1,
            )
        )  # fmt: skip
    bench.run_sql("VACUUM ANALYZE parcel", "CHECKPOINT")


def _asked(bench: Bench, size: int) -> list[float]:
    inside, edge = _tiles(size)
    times: list[float] = []
    for number in range(TIMES):
        chosen = random.Random(bench.seed + number).sample(inside, min(MOST_TILES, len(inside)))
        with serving(bench, workers=1) as address:
            host, _, port = address.removeprefix("http://").partition(":")
            with socket.create_connection((host, int(port)), timeout=60) as connection:
                # Tiles of the edge open connections and prepare statements.
                for z, x, y in edge[:20]:
                    timed_get(connection, f"/tiles/parcel/{z}/{x}/{y}.mvt")
                times += [timed_get(connection, f"/tiles/parcel/{z}/{x}/{y}.mvt") for z, x, y in chosen]
    return times


def _tiles(size: int) -> tuple[list[Place], list[Place]]:
    """The tiles that are full of lots, and those of the edge that hold some."""
    side = math.isqrt(size)
    left, right = _columns(WEST), _columns(WEST + WIDE * side)
    top, bottom = _rows(SOUTH + DEEP * side), _rows(SOUTH)
    every = [(ZOOM, x, y) for x in range(int(left), int(right) + 1) for y in range(int(top), int(bottom) + 1)]
    inside = [tile for tile in every if left <= tile[1] <= right - 1 and top <= tile[2] <= bottom - 1]
    full = set(inside)
    return inside, [tile for tile in every if tile not in full]


def _columns(lon: float) -> float:
    return (lon + 180) / 360 * (1 << ZOOM)


def _rows(lat: float) -> float:
    return (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * (1 << ZOOM)
