"""A client that others wrote (OWSLib), with a token, against a real server: create, replace, read back, delete."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from owslib.ogcapi.features import Features
from sqlalchemy import Engine

from tests.conftest import running
from tests.people.made import make_person, password_of

PAVILION = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [100.4731, 7.0162]},
    "properties": {"name_th": "ศาลาประชาคม หมู่ ๓", "capacity": 120, "open_in_flood": True},
}


@pytest.fixture
def client(engine: Engine, database_url: str, tmp_path: Path) -> Any:
    """OWSLib, signed in as somebody of the municipality's staff."""
    make_person(engine, "somchai", "staff municipality 9098")
    with running(database_url, tmp_path) as address:
        words = {"grant_type": "password", "username": "somchai", "password": password_of("somchai")}
        token = requests.post(f"{address}/auth/token", data=words, timeout=30).json()["access_token"]
        yield Features(address, headers={"Authorization": f"Bearer {token}"})


def test_a_client_of_others_makes_replaces_reads_and_ends_a_feature(client: Any, rows: Callable[..., Any]) -> None:
    assert client.collection_item_create("asset", PAVILION) is True
    where = client.response_headers["Location"]
    fid = where.rpartition("/")[2]
    read = client.collection_item("asset", fid)
    assert read["properties"]["name_th"] == "ศาลาประชาคม หมู่ ๓"
    assert read["geometry"] == PAVILION["geometry"]
    # As most programs do it: read the whole, change one thing, send the whole.
    read["properties"]["name_th"] = "ศาลาอเนกประสงค์"
    assert client.collection_item_update("asset", fid, read) is True
    again = client.collection_item("asset", fid)
    assert (again["properties"]["name_th"], again["properties"]["capacity"]) == ("ศาลาอเนกประสงค์", 120)
    listed = client.collection_items("asset", bbox=[100.47, 7.01, 100.48, 7.02])
    assert [str(one["id"]) for one in listed["features"]] == [fid]
    assert client.collection_item_delete("asset", fid) is True
    with pytest.raises(RuntimeError, match="404"):
        client.collection_item("asset", fid)
    assert rows("SELECT version, closed_as FROM asset_history ORDER BY version") == [(1, "update"), (2, "delete")]


def test_what_it_sends_wrongly_is_told_in_words(client: Any) -> None:
    with pytest.raises(RuntimeError) as wrong:
        client.collection_item_create("asset", {**PAVILION, "properties": {"name": "ศาลา"}})
    problem = json.loads(str(wrong.value))
    assert (problem["status"], problem["problems"][0]["column"]) == (400, "name")
