"""Loads that meet each other, or lose the database on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.errors import RefusedImport, StoreAway
from geo.intake.ahead import ahead
from geo.intake.load import LoadOptions, load_file
from geo.intake.report import Report
from geo.shapes.many_areas import areas_of_many
from geo.shapes.measure import area_square_metres
from geo.store.staging import copy_rows
from layers import LAYERS
from tests.intake.conftest import AT, Load, Rows


def lots(folder: Path, count: int) -> Path:
    path = folder / "lots.csv"
    lines = []
    for n in range(count):
        west, south = 100.4 + n % 100 * 0.001, 7 + n // 100 * 0.001
        shape = shapely.box(west, south, west + 0.0005, south + 0.0005).wkt
        lines.append(f'{n // 26000 % 100:02d}{chr(65 + n // 1000 % 26)}{n % 1000:03d},"{shape}"\n')
    path.write_text("parcel_code,wkt\n" + "".join(lines), "utf-8")
    return path


def test_two_loads_of_one_file_at_once_bring_it_in_once(engine: Engine, rows: Rows, tmp_path: Path) -> None:
    path = lots(tmp_path, 3000)
    reports: list[Report] = []

    def bring() -> None:
        reports.append(
            load_file(engine, LAYERS["parcel"], path, LoadOptions(municipality="9098"), layers=LAYERS, by="x",
                      origin="test", at=AT)
        )  # fmt: skip

    threads = [threading.Thread(target=bring) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.counts.inserted for report in reports) == [0, 3000]
    assert rows("SELECT count(*) FROM parcel") == [(3000,)]


def test_a_database_that_goes_away_midway_is_told_and_leaves_nothing(
    engine: Engine, load: Load, rows: Rows, tmp_path: Path
) -> None:
    path = lots(tmp_path, 70_000)

    def cut(done: int, total: int | None) -> None:
        with engine.begin() as other:
            other.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
                )
            )

    with pytest.raises(StoreAway):
        load_file(engine, LAYERS["parcel"], path, LoadOptions(municipality="9098"), layers=LAYERS, by="x",
                  origin="test", at=AT, progress=cut)  # fmt: skip
    assert rows("SELECT (SELECT count(*) FROM parcel), (SELECT count(*) FROM import_batch)") == [(0, 0)]
    assert load("parcel", path, municipality="9098").counts.inserted == 70_000


def test_readers_are_not_kept_waiting_by_a_load(engine: Engine, rows: Rows, tmp_path: Path) -> None:
    seen: list[int] = []

    def look(done: int, total: int | None) -> None:
        with engine.begin() as other:
            other.execute(text("SET LOCAL lock_timeout = '2s'"))
            seen.append(other.execute(text("SELECT count(*) FROM parcel")).scalar_one())

    path = lots(tmp_path, 500)
    for _ in range(2):
        load_file(engine, LAYERS["parcel"], path, LoadOptions(municipality="9098"), layers=LAYERS, by="x",
                  origin="test", at=AT, progress=look)  # fmt: skip
    assert seen == [0, 500]


INDEXES = """
SELECT indexdef FROM pg_indexes WHERE tablename = 'parcel'
UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'parcel'::regclass ORDER BY 1
"""
PARCEL_INDEXES = "SELECT count(*) FROM pg_indexes WHERE tablename = 'parcel'"


def indexes_midway(engine: Engine, path: Path, *, meanwhile: str | None = None) -> list[int]:
    """How many indexes of `parcel` the load itself sees while its rows come in."""
    seen: list[int] = []
    with engine.connect() as other:
        if meanwhile:
            other.execute(text(meanwhile))

        def look(session: Session, table: str, rows: pa.RecordBatch) -> None:
            seen.append(session.execute(text(PARCEL_INDEXES)).scalar_one())
            copy_rows(session, table, rows)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("geo.intake.load.copy_rows", look)
            patch.setattr("geo.store.bulk.WORTH_REBUILDING", 100)
            load_file(engine, LAYERS["parcel"], path, LoadOptions(municipality="9098"), layers=LAYERS, by="x",
                      origin="test", at=AT)  # fmt: skip
    return seen


def test_a_large_first_load_builds_its_indexes_once_and_leaves_all_of_them(
    engine: Engine, rows: Rows, tmp_path: Path
) -> None:
    before = rows(INDEXES)
    assert indexes_midway(engine, lots(tmp_path, 500)) == [1]
    assert rows(INDEXES) == before
    assert rows("SELECT count(*) FROM parcel WHERE geom && ST_MakeEnvelope(100.3, 6.9, 101, 8, 4326)") == [(500,)]


def test_a_load_beside_other_rows_or_readers_leaves_the_indexes_alone(
    engine: Engine, load: Load, rows: Rows, tmp_path: Path
) -> None:
    every = rows(PARCEL_INDEXES)[0][0]
    busy = indexes_midway(engine, lots(tmp_path, 500), meanwhile="SELECT count(*) FROM parcel")
    assert busy == [every]
    rows("DELETE FROM parcel")
    load("parcel", lots(tmp_path, 3), municipality="9099")
    assert indexes_midway(engine, lots(tmp_path, 500)) == [every]


def test_a_large_first_load_that_fails_leaves_the_indexes_as_they_were(
    engine: Engine, load: Load, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(INDEXES)
    monkeypatch.setattr("geo.store.bulk.WORTH_REBUILDING", 1)
    path = tmp_path / "points.csv"
    path.write_text("parcel_code,wkt\n01A001,POINT(100.47 7)\n", "utf-8")
    with pytest.raises(RefusedImport):
        load("parcel", path, municipality="9098")
    assert rows(INDEXES) == before


def test_things_made_ahead_come_in_order_and_all_of_them() -> None:
    assert list(ahead(iter(range(100)))) == list(range(100))


def test_a_failure_of_the_maker_reaches_who_waits_after_what_was_made() -> None:
    def maker() -> Iterator[int]:
        yield 1
        raise StoreAway("ก", "a")

    things = ahead(maker())
    assert next(things) == 1
    with pytest.raises(StoreAway):
        next(things)


def test_the_maker_stops_when_nobody_listens_any_more() -> None:
    made: list[int] = []

    def maker() -> Iterator[int]:
        for thing in range(1000):
            made.append(thing)
            yield thing

    things: Iterator[int] = ahead(maker())
    next(things)
    things.close()  # type: ignore[attr-defined]  # a generator, which an iterator need not be
    assert len(made) < 10
    assert not [thread for thread in threading.enumerate() if thread.name == "intake-ahead"]


DEGREES = st.floats(1e-4, 0.2)


@given(st.floats(97.5, 105.5), st.floats(5.7, 20.4), DEGREES, DEGREES, st.booleans(), st.booleans())
def test_many_areas_are_what_one_area_is(
    lon: float, lat: float, width: float, height: float, hole: bool, several: bool
) -> None:
    outline = shapely.box(lon, lat, lon + width, lat + height)
    shape: BaseGeometry = outline
    if hole:
        shape = shape.difference(shapely.box(lon + width / 4, lat + height / 4, lon + width / 2, lat + height / 2))
    if several:
        shape = shapely.union_all([shape, shapely.box(lon + width * 2, lat, lon + width * 3, lat + height)])
    shapes = np.array([shape, None, outline.reverse(), shapely.Point(lon, lat)], dtype=object)
    np.testing.assert_allclose(areas_of_many(shapes), area_square_metres(shapes), rtol=1e-6, atol=1e-6)
