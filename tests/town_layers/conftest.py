"""One town's database for a whole file of tests, files made on the spot, and layers made of them."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas
import pytest
from fastapi.testclient import TestClient
from shapely.geometry import Point
from sqlalchemy import Engine, text

from api.settings import Settings
from geo.intake.load import LoadOptions, load_file
from geo.intake.make import Said, make_layer
from geo.intake.report import Report
from geo.layer import Layer
from geo.store.db import session_of, writing_engine
from geo.store.migrate import migrate
from geo.store.town_layers import town_layers
from layers import LAYERS
from tests.conftest import app_of

AT = dt.datetime(2026, 3, 2, 3, 0, tzinfo=dt.UTC)
HAT_YAI = (100.4729, 7.0160)
Make = Callable[..., tuple[Layer, Report]]


@pytest.fixture(scope="module")
def town_url(new_database: Callable[[], str]) -> str:
    """A database for this file of tests, with all of its rights."""
    url = new_database()
    migrate(url, LAYERS)
    return url


@pytest.fixture(scope="module")
def owner(town_url: str) -> Iterator[Engine]:
    """The owner's connections."""
    found = writing_engine(town_url)
    yield found
    found.dispose()


@pytest.fixture(scope="module")
def web(town_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service, as anybody reaches it; it hears of changes."""
    app = app_of(Settings(home=tmp_path_factory.mktemp("home")), town_url)
    with TestClient(app, base_url="http://atlas.example", raise_server_exceptions=False) as found:
        yield found


@pytest.fixture(scope="module")
def make(owner: Engine) -> Make:
    """`make(file, "poi", town="9098", public=True, …)`: a layer of a file, and the report of its load."""

    def made(path: Path, name: str, *, options: LoadOptions | None = None, **said: Any) -> tuple[Layer, Report]:
        return make_layer(owner, path, Said(id=name, **said), options or LoadOptions(), coded=LAYERS, by="a tester",
                          origin="test", at=AT)  # fmt: skip

    return made


def loaded(engine: Engine, name: str, path: Path, **more: Any) -> Report:
    """The report of one more file into a layer."""
    with session_of(engine) as session:
        every = {**LAYERS, **town_layers(session).open}
    return load_file(engine, every[name], path, LoadOptions(**more), layers=every, by="a tester", origin="test",
                     at=AT + dt.timedelta(days=1))  # fmt: skip


def asked(engine: Engine, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """What the database says."""
    with engine.begin() as connection:
        answer = connection.execute(text(sql), values)
        return [tuple(row) for row in answer.all()] if answer.returns_rows else []


def places(**columns: list[Any]) -> geopandas.GeoDataFrame:
    """Points eastward from Hat Yai with these columns."""
    count = len(next(iter(columns.values())))
    shapes = [Point(HAT_YAI[0] + 0.001 * place, HAT_YAI[1]) for place in range(count)]
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs=4326)


def written(folder: Path, name: str, frame: geopandas.GeoDataFrame, **more: Any) -> Path:
    """The frame as a file; the suffix says of which kind."""
    path = folder / name
    frame.to_file(path, **more)
    return path


@pytest.fixture
def pois(tmp_path: Path) -> Path:
    """Three points of interest with a telephone number that is nobody's."""
    frame = places(name=["วัดหนึ่ง", "ศาลาสอง", "ตลาดสาม"], rank=[1, 2, 3], ring_up=[f"secret-{one}" for one in "abc"])
    return written(tmp_path, "poi.gpkg", frame)


def in_a_while(what: Callable[[], bool]) -> None:
    """Wait until something is so: what another process did is heard of within moments, and not at once."""
    for _ in range(200):
        if what():
            return
        time.sleep(0.05)
    assert what()
