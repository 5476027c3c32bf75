"""geopandas and pyogrio: a collection as a frame, straight from its address."""

from __future__ import annotations

import io
import sys
from typing import Any

import geopandas
import requests

from tests.clients.conftest import ASSETS, Town, name_of, ran


def test_a_collection_is_a_frame(town: Town) -> None:
    frame = geopandas.read_file(f"{town.address}/collections/asset/items?f=geojson&limit=1000")
    assert len(frame) == ASSETS
    assert frame.crs is not None
    assert frame.crs.to_epsg() == 4326
    assert list(frame["name_th"]) == list(map(name_of, range(ASSETS)))
    assert frame.geometry.iloc[51].coords[0] == (100.4502, 7.0002)


READ = """
import geopandas, sys
frame = geopandas.read_file(sys.argv[1], layer="parcel", engine="pyogrio")
sys.stdout.write(f"{len(frame)} {','.join(sorted(set(frame.geometry.geom_type)))} {frame['parcel_code'].notna().sum()}")
"""


def test_the_driver_for_ogc_apis_reads_it_too(town: Town) -> None:
    # In a process of its own: GDAL waits for our server, and would keep Python from answering in this one.
    told = ran(sys.executable, "-c", READ, f"OAPIF:{town.address}").split()
    assert told[0] == told[2] == str(len(town.parcels))
    assert set(told[1].split(",")) <= {"Polygon", "MultiPolygon"}


def test_a_token_brings_the_columns_of_staff(town: Town) -> None:
    at = f"{town.address}/collections/asset/items"
    params: dict[str, Any] = {"f": "parquet", "limit": 1000, "crs": "http://www.opengis.net/def/crs/EPSG/0/32647"}
    public = geopandas.read_parquet(_file(requests.get(at, params, timeout=60)))
    staff = geopandas.read_parquet(_file(requests.get(at, params, headers=town.bearer, timeout=60)))
    assert "contact" not in public.columns
    assert "secret-asset-contact" in set(staff["contact"])
    assert staff.crs is not None
    assert staff.crs.to_epsg() == 32647
    assert staff.geometry.x.between(600_000, 700_000).all()


def _file(answer: requests.Response) -> Any:
    assert answer.status_code == 200, answer.text[:300]
    return io.BytesIO(answer.content)
