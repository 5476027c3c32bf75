"""QGIS, as Debian ships it, without a screen: a collection page by page, a box, a filter, vector tiles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from geo.shapes.grids import Tile
from tests.clients.conftest import ASSETS, Town, name_of, ran
from tests.makers import tile_at

READS = str(Path(__file__).with_name("qgis_reads.py"))


@pytest.fixture
def qgis(tmp_path: Path) -> Any:
    """What QGIS makes of it, with a profile of its own."""

    def asked(*words: str, token: str = "") -> Any:
        own = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path),
               "TOKEN": token}  # fmt: skip
        told = ran("/usr/bin/python3", READS, *words, environment=own, seconds=240)
        return json.loads(told.strip().splitlines()[-1])

    return asked


def test_qgis_reads_a_collection_page_by_page(town: Town, qgis: Any) -> None:
    told = qgis("features", town.address, "asset")
    assert told["crs"] in ("EPSG:4326", "OGC:CRS84")
    assert sorted(one["values"]["name_th"] for one in told["features"]) == sorted(map(name_of, range(ASSETS)))
    first = next(one for one in told["features"] if one["values"]["name_th"] == name_of(51))
    assert first["wkt"] == "Point (100.4502 7.0002)"
    assert "contact" not in first["values"]


def test_qgis_asks_for_a_box_and_for_a_value(town: Town, qgis: Any) -> None:
    near = qgis("features", town.address, "asset", "bbox:100.4499,6.9999,100.4509,7.0001")
    assert len(near["features"]) == 5
    some = qgis("features", town.address, "asset", "capacity = 7")
    assert {one["values"]["capacity"] for one in some["features"]} == {7}
    assert len(some["features"]) == len([place for place in range(ASSETS) if place % 40 == 7])


def test_qgis_with_a_token_sees_what_staff_see(town: Town, qgis: Any) -> None:
    told = qgis("features", town.address, "asset", token=town.token)
    assert "secret-asset-contact" in {one["values"].get("contact") for one in told["features"]}


def test_qgis_draws_our_vector_tiles(town: Town, qgis: Any) -> None:
    west, south, east, north = map(str, Tile(*tile_at(16)).bounds())
    assert qgis("tiles", town.address, west, south, east, north)["painted"] > 1_000
