"""`atlas load parcel` against `ogr2ogr` with PG_USE_COPY: the same file, the same columns, the same indexes."""

from __future__ import annotations

import statistics

from tests.speed.report import Figure
from tests.speed.tools import ATLAS, Bench, Timed, said, timed

# The other table has our columns, the generated one among them, our checks and our indexes; it has no triggers,
# foreign keys, history or report, which are our own cost. Columns with a default that the file does not fill would
# make ogr2ogr leave COPY for INSERT, a row at a time; they go without, so that it is as fast as it can be.
OTHER_TABLE = (
    "DROP TABLE IF EXISTS parcel_ogr",
    "CREATE TABLE parcel_ogr (LIKE parcel INCLUDING ALL)",
    "ALTER TABLE parcel_ogr ALTER version DROP DEFAULT, ALTER version DROP NOT NULL, ALTER changed_at DROP DEFAULT, "
    "ALTER changed_at DROP NOT NULL, ALTER change_id DROP NOT NULL",
)
EMPTIED = (
    "TRUNCATE parcel, parcel_history, building, household RESTART IDENTITY",
    "DELETE FROM tile_count WHERE layer = 'parcel'",
    "CHECKPOINT",
)
MOST_BYTES = 1.5 * 2**30


def ready_for_loading(bench: Bench) -> None:
    """Communities first, so that every parcel is also linked to one by location."""
    for layer in ("municipality", "community"):
        timed([str(ATLAS), "load", layer, _file(bench, layer)], bench.environment)
    bench.run_sql("VACUUM ANALYZE")


def load_parcels(bench: Bench) -> None:
    """The town's parcels, once."""
    timed([str(ATLAS), "load", "parcel", _file(bench, "parcel")], bench.environment)
    bench.run_sql("VACUUM ANALYZE", "CHECKPOINT")


def loading_rows(bench: Bench, *, rounds: int) -> list[Figure]:
    """Both ways in turn; ours last, so that its rows are there for the tiles."""
    ours: list[Timed] = []
    others: list[Timed] = []
    for number in range(1, rounds + 1):
        said(f"loading, round {number} of {rounds}: ogr2ogr")
        bench.run_sql(*OTHER_TABLE, *EMPTIED)
        others.append(timed(_ogr2ogr(bench), bench.libpq))
        bench.run_sql("DROP TABLE parcel_ogr", "CHECKPOINT")
        said(f"loading, round {number} of {rounds}: atlas load ({others[-1].seconds:.1f} s for ogr2ogr)")
        ours.append(timed([str(ATLAS), "load", "parcel", _file(bench, "parcel")], bench.environment))
        said(f"loading, round {number} of {rounds}: {ours[-1].seconds:.1f} s for atlas load")
    bench.run_sql("VACUUM ANALYZE", "CHECKPOINT")
    return _told(bench, ours, others)


def _file(bench: Bench, layer: str) -> str:
    return str(bench.home / "files" / f"demo_{layer}.fgb")


def _ogr2ogr(bench: Bench) -> list[str]:
    return [
        "ogr2ogr", "-f", "PostgreSQL", "PG:", _file(bench, "parcel"), "-nln", "parcel_ogr(geom)", "-append",
        "--config", "PG_USE_COPY", "YES",
    ]  # fmt: skip


def _told(bench: Bench, ours: list[Timed], others: list[Timed]) -> list[Figure]:
    own = statistics.median(one.seconds for one in ours)
    other = statistics.median(one.seconds for one in others)
    peak = max(one.peak_bytes for one in ours)
    seconds = "; ".join(
        f"{name} {', '.join(f'{one.seconds:.1f}' for one in found)} s"
        for name, found in (("atlas", ours), ("ogr2ogr", others))
    )
    return [
        Figure(
            what=f"`atlas load parcel` of {bench.parcels:,} parcels (FlatGeobuf) ÷ `ogr2ogr`, time",
            measured=f"{own / other:.2f} ({own:.1f} s ÷ {other:.1f} s, {bench.parcels / own:,.0f} parcels a second)",
            promised="≤ 1",
            holds=own <= other,
            details=(
                f"**Loading**, in turn, each into an emptied table: {seconds}. `ogr2ogr -append` with "
                "`PG_USE_COPY YES` fills a table `LIKE parcel INCLUDING ALL` (same columns, generated Mercator copy, "
                "checks, indexes). Ours is the whole command: start, every check, area from the shape, community by "
                "location, foreign keys, edit triggers and counts for far zooms, the report.",
            ),
        ),
        Figure(
            what="`atlas load parcel`, peak memory of the process",
            measured=f"{peak / 2**20:,.0f} MiB",
            promised="< 1,536 MiB",
            holds=peak < MOST_BYTES,
            details=(f"`ogr2ogr` held {max(one.peak_bytes for one in others) / 2**20:,.0f} MiB.",),
        ),
    ]
