"""GDAL, as Debian ships it: the OAPIF driver and the MVT driver, as anybody and with a token."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from tests.clients.conftest import ASSETS, Town, name_of, ran
from tests.makers import tile_at


def test_ogrinfo_lists_the_collections(town: Town) -> None:
    told = ran("ogrinfo", "-ro", f"OAPIF:{town.address}")
    for name in ("asset", "parcel", "household", "risk_point"):
        assert name in told


def test_ogrinfo_counts_and_describes_a_collection(town: Town) -> None:
    told = ran("ogrinfo", "-ro", "-so", f"OAPIF:{town.address}/collections/asset", "asset")
    assert f"Feature Count: {ASSETS}" in told
    assert "Geometry: Point" in told
    assert "name_th: String" in told
    assert "capacity: Integer" in told
    assert "contact" not in told


@pytest.mark.parametrize("with_token", [False, True])
def test_ogr2ogr_brings_every_feature_home_with_its_words(with_token: bool, town: Town, tmp_path: Path) -> None:
    home = tmp_path / "assets.geojson"
    who = ["--config", "GDAL_HTTP_HEADERS", f"Authorization: Bearer {town.token}"] if with_token else []
    ran("ogr2ogr", *who, "-oo", "PAGE_SIZE=50", "-f", "GeoJSON", str(home), f"OAPIF:{town.address}", "asset")
    features = json.loads(home.read_text("utf-8"))["features"]
    assert [one["properties"]["name_th"] for one in features] == [name_of(place) for place in range(ASSETS)]
    assert features[51]["geometry"]["coordinates"] == [100.4502, 7.0002]
    told = {one["properties"].get("contact") for one in features}
    assert ("secret-asset-contact" in told) == with_token


def test_a_box_and_a_filter_are_asked_of_the_server(town: Town) -> None:
    source = f"OAPIF:{town.address}"
    told = ran("ogrinfo", "-ro", "-so", source, "asset", "-spat", "100.4499", "6.9999", "100.4509", "7.0001")
    assert "Feature Count: 5" in told
    told = ran("ogrinfo", "-ro", "-q", source, "asset", "-where", "capacity = 7", "-geom=NO")
    assert told.count("OGRFeature(asset)") == len([place for place in range(ASSETS) if place % 40 == 7])


def test_the_mvt_driver_reads_a_tile(town: Town, tmp_path: Path) -> None:
    z, x, y = tile_at(16)
    tile = tmp_path / f"{y}.mvt"
    tile.write_bytes(requests.get(f"{town.address}/tiles/parcel/{z}/{x}/{y}.mvt", timeout=30).content)
    told = ran("ogrinfo", "-ro", "-al", f"MVT:{tile}", "-oo", f"X={x}", "-oo", f"Y={y}", "-oo", f"Z={z}", "parcel")
    assert "Geometry: " in told
    assert "parcel_code (String) = " in told
    assert "POLYGON" in told


def test_files_of_ours_open_as_files(town: Town, tmp_path: Path) -> None:
    for name, ending in (("fgb", "fgb"), ("geojsonseq", "geojsons"), ("csv", "csv")):
        answer = requests.get(f"{town.address}/collections/asset/items?f={name}&limit=1000", timeout=60)
        file = tmp_path / f"asset.{ending}"
        file.write_bytes(answer.content)
        assert f"Feature Count: {ASSETS}" in ran("ogrinfo", "-ro", "-so", "-al", str(file))
