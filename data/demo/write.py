"""The demo town as files, and in a database: it enters through the same door as anybody's files.

Every change is made by `demo`, so that pages can tell made-up rows from real ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyogrio
from sqlalchemy import Engine, exists, insert, select

from data.demo.lives import lives
from data.demo.plan import plans
from data.demo.taxes import PRICES
from data.demo.town import GEOMETRY, ORDER, SEED, towns
from geo.errors import AtlasError
from geo.intake.load import LoadOptions, load_file
from geo.layer import Layer
from geo.life import life_of
from geo.store.db import session_of
from geo.store.lives import note_lives, without_steps
from geo.store.tables import DEMO, Change
from geo.store.tax_settings import last_saved, save_prices

MADE_BY = DEMO
REASON = "ข้อมูลสมมติ · made-up data"
# Raised when the generator draws something else from the same seed: an older demo is then brought up to it.
GENERATION = 6
FILE_KINDS = {
    "parcel": "Polygon", "building": "Polygon", "household": "Point", "asset": "Point", "risk_point": "Point",
    "flood_station": "Point", "municipality": "Polygon",
}  # fmt: skip

Progress = Callable[[int, int | None], None]


class RealDataHere(AtlasError):
    """The database holds rows that the demo did not make."""


def write_files(
    folder: Path,
    layers: Mapping[str, Layer],
    *,
    scale: float = 1.0,
    seed: int | None = None,
    only: tuple[str, ...] = ORDER,
    progress: Progress | None = None,
) -> dict[str, int]:
    """A FlatGeobuf file a layer, `demo_{layer}.fgb`; returns the rows in each.

    Towns are made one at a time and wait on disk until their layer's file is written, so memory stays small at any
    scale.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = tuple(name for name in ORDER if name in only and name in layers)
    counts = dict.fromkeys(wanted, 0)
    with TemporaryDirectory(dir=folder, prefix=".demo-") as waiting:
        spools = {name: Path(waiting, f"{name}.arrow") for name in wanted}
        with ExitStack() as open_files:
            writers: dict[str, pa.RecordBatchStreamWriter] = {}
            schemas: dict[str, pa.Schema] = {}
            for town in towns(scale, SEED if seed is None else seed, only=wanted):
                for name, table in town.tables.items():
                    if name not in writers:
                        schemas[name] = table.schema
                        writers[name] = open_files.enter_context(pa.ipc.new_stream(str(spools[name]), table.schema))
                    writers[name].write_table(table.select(schemas[name].names).cast(schemas[name]))
                    counts[name] += table.num_rows
                if progress:
                    progress(sum(counts.values()), None)
        for name, spool in spools.items():
            _as_flatgeobuf(spool, folder / f"demo_{name}.fgb", name)
            spool.unlink()
    return counts


def _as_flatgeobuf(spool: Path, path: Path, name: str) -> None:
    path.unlink(missing_ok=True)
    with pa.memory_map(str(spool)) as source, pa.ipc.open_stream(source) as stream:
        pyogrio.write_arrow(
            stream,
            path,
            driver="FlatGeobuf",
            layer=name,
            geometry_name=GEOMETRY,
            geometry_type=FILE_KINDS.get(name, "Unknown"),
            crs="EPSG:4326",
        )


def write_town(
    engine: Engine,
    layers: Mapping[str, Layer],
    *,
    scale: float = 1.0,
    seed: int | None = None,
    by: str = MADE_BY,
    at: dt.datetime,
    yes: bool = False,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Put the demo town into the database; returns the rows that are new or changed, by layer.

    Marks come with the steps that led to their states. A demo that is already there is left alone, with whatever people
    did to it since. `RealDataHere` where rows that the demo did not make are there and no demo is: nobody's map gets
    made-up parcels by accident.
    """
    seed = SEED if seed is None else seed
    told = {"scale": scale, "seed": seed, "generation": GENERATION}
    if _is_there(engine, told):
        return dict.fromkeys(ORDER, 0)
    if not yes:
        _refuse_beside_real_data(engine, layers)
    counts: dict[str, int] = {}
    with TemporaryDirectory(prefix="atlas-demo-") as folder:
        write_files(Path(folder), layers, scale=scale, seed=seed, progress=progress)
        for name in (name for name in ORDER if name in layers):
            path = Path(folder, f"demo_{name}.fgb")
            report = load_file(
                engine,
                layers[name],
                path,
                LoadOptions(),
                layers=layers,
                by=by,
                origin=MADE_BY,
                at=at,
                progress=progress,
            )
            counts[name] = report.counts.inserted + report.counts.updated
    with session_of(engine) as session:
        for layer in layers.values():
            if life_of(layer):
                note_lives(session, lives(layer, without_steps(session, layer, origin=MADE_BY), seed=seed, at=at))
        for plan in plans(scale, seed):
            # What somebody has set since is theirs.
            if not last_saved(session, plan.code):
                save_prices(session, plan.code, PRICES.encode(), by=by, at=at, reason=REASON)
        session.execute(
            insert(Change).values(
                made_at=at, made_by=by, origin=MADE_BY, operation="demo", layer="", reason=REASON, counts=told | counts
            )
        )
    return counts


def _is_there(engine: Engine, told: dict[str, float]) -> bool:
    with session_of(engine) as session:
        done = select(Change.id).where(Change.operation == "demo", Change.counts.contains(told))
        return session.scalar(done.limit(1)) is not None


def _refuse_beside_real_data(engine: Engine, layers: Mapping[str, Layer]) -> None:
    with session_of(engine) as session:
        if session.scalar(select(Change.id).where(Change.origin == MADE_BY).limit(1)) is not None:
            return
        for layer in layers.values():
            if session.scalar(select(exists(select(layer.table.id)))):
                raise RealDataHere(
                    f"ฐานข้อมูลมีข้อมูลจริงในชั้น {layer.title.th} อยู่แล้ว จึงไม่ใส่เมืองตัวอย่าง (ใช้ --yes หากต้องการจริง ๆ)",
                    f"The database already holds rows in {layer.id}, so the demo town is not put beside them"
                    " (--yes to insist)",
                )
