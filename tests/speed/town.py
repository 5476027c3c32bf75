"""The town that is measured: a private Atlas in a temporary folder, its files, and its points."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from data.demo import write_files
from geo.store.cluster import private_cluster
from geo.store.migrate import migrate
from layers import LAYERS
from tests.speed.tools import ATLAS, Bench, free_port, said, timed

SEED = 2569
STATUSES = ("verified", "in_action", "reinspected", "closed")  # what the public sees, so that all sides hold the same
KINDS = ("FLD-FLUV", "FLD-SURF", "FLD-POND")


@contextlib.contextmanager
def bench_of(parcels: int, *, seed: int = SEED) -> Iterator[Bench]:
    """A private Atlas in a temporary folder, with the town's files beside it; all of it goes at the end."""
    home = Path(tempfile.mkdtemp(prefix="atlas-bench-"))
    home.chmod(0o711)
    place: Path | None = None
    try:
        with private_cluster(home) as cluster:
            place = cluster.place
            migrate(cluster.url, LAYERS)
            said(f"making a town of about {parcels:,} parcels")
            only = ("municipality", "community", "parcel")
            counts = write_files(home / "files", LAYERS, scale=parcels / 20_000, seed=seed, only=only)
            _prepare(cluster.keeper_url)
            engine = create_engine(cluster.url, poolclass=NullPool)
            yield Bench(
                home=home, engine=engine, url=make_url(cluster.url), parcels=counts["parcel"], seed=seed,
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
        "ATLAS_PORT": str(free_port()),
        "ATLAS_LOG": "warning",
        "PYTHONPYCACHEPREFIX": str(home / "pyc"),
    }
    return {name: value for name, value in kept.items() if not name.startswith("ATLAS_")} | own


def _prepare(keeper_url: str) -> None:
    """Each side begins with nothing left to write (a right of its own), and all sides go without JIT, as ours does."""
    keeper = create_engine(keeper_url, poolclass=NullPool)
    with keeper.begin() as connection:
        connection.execute(text("GRANT pg_checkpoint TO atlas"))
        connection.execute(text("ALTER DATABASE atlas SET jit = off"))
    keeper.dispose()


def load_points(bench: Bench, points: int) -> None:
    """Made-up risk points that the public sees, beside parcels drawn by the seed."""
    with bench.engine.connect() as connection:
        places = connection.execute(
            text("SELECT ST_X(p) AS x, ST_Y(p) AS y FROM (SELECT ST_Centroid(geom) AS p FROM parcel ORDER BY id) AS q")
        ).all()
    drawn = np.random.default_rng(bench.seed)
    near = np.asarray([tuple(place) for place in places])[drawn.integers(0, len(places), points)]
    fields = {
        "risk_code": np.array([f"BN-RP{number:07d}" for number in range(points)], dtype=object),
        "kind": drawn.choice(np.array(KINDS, dtype=object), points),
        "name_th": np.array([f"จุดเสี่ยงสมมติ {number}" for number in range(points)], dtype=object),
        "cause": np.full(points, "ท่อระบายน้ำไม่ทัน", dtype=object),
        "likelihood": drawn.integers(1, 6, points).astype("int32"),
        "severity": drawn.integers(1, 6, points).astype("int32"),
        "status": drawn.choice(np.array(STATUSES, dtype=object), points),
        "hazard_year": np.full(points, 2025, dtype="int32"),
    }
    path = bench.home / "files" / "bench_risk_point.fgb"
    pyogrio.raw.write(
        path, shapely.to_wkb(shapely.points(near + drawn.normal(0, 0.00005, near.shape))), list(fields.values()),
        list(fields), geometry_type="Point", crs="EPSG:4326", driver="FlatGeobuf", layer="risk_point",
    )  # fmt: skip
    timed([str(ATLAS), "load", "risk_point", str(path)], bench.environment)
    bench.run_sql("VACUUM ANALYZE", "CHECKPOINT")
