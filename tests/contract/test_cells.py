"""Households leave as cells: counted whole, at least five, the same in every format."""

from __future__ import annotations

import json
import math

import mapbox_vector_tile
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.makers import make_rows, point

PLACE = (100.4729, 7.0160)


def place(engine: Engine, *crowds: tuple[float, float, int]) -> None:
    with Session(engine) as session, session.begin():
        for lon, lat, people in crowds:
            make_rows(session, "household", count=people, geom=point(lon, lat))


def counts(client: TestClient, **params: str) -> list[int]:
    found = client.get("/collections/household/items", params=params).json()["features"]
    return sorted(feature["properties"]["count"] for feature in found)


def test_a_cell_with_few_households_is_left_out(engine: Engine, client: TestClient) -> None:
    place(engine, (*PLACE, 5), (PLACE[0] + 0.02, PLACE[1], 4))
    assert counts(client) == [5]


def test_a_box_drawn_through_a_cell_does_not_shrink_its_count(engine: Engine, client: TestClient) -> None:
    # Differencing: two boxes that differ by one house would otherwise tell that house.
    place(engine, (*PLACE, 6), (PLACE[0] + 0.0003, PLACE[1], 3))
    whole = counts(client)
    for west in (PLACE[0] - 0.0001, PLACE[0] + 0.0001, PLACE[0] + 0.0002):
        cut = counts(client, bbox=f"{west},{PLACE[1] - 0.0001},{west + 0.0001},{PLACE[1] + 0.0001}")
        assert cut == whole


def test_items_tiles_and_geojson_tiles_tell_the_same_number(engine: Engine, client: TestClient) -> None:
    place(engine, (*PLACE, 7))
    z = 15
    x = int((PLACE[0] + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(PLACE[1]))) / math.pi) / 2 * 2**z)
    mvt = mapbox_vector_tile.decode(client.get(f"/tiles/household/{z}/{x}/{y}.mvt").content)
    geojson = client.get(f"/tiles/household/{z}/{x}/{y}.geojson").json()
    item = client.get("/collections/household/items").json()["features"][0]
    told = [mvt["household"]["features"][0], geojson["features"][0], item]
    assert {feature["properties"]["count"] for feature in told} == {7}
    assert {feature["id"] for feature in told} == {item["id"]}
    assert all(set(feature["properties"]) == {"count"} for feature in told)


@pytest.mark.parametrize("dlon", [0.0, 0.00113, 0.0022])
def test_a_cell_is_square_and_holds_its_households_wherever_they_lie(
    dlon: float, engine: Engine, client: TestClient
) -> None:
    place(engine, (PLACE[0] + dlon, PLACE[1], 5))
    feature = client.get("/collections/household/items").json()["features"][0]
    (ring,) = feature["geometry"]["coordinates"]
    lons, lats = [p[0] for p in ring], [p[1] for p in ring]
    assert min(lons) <= PLACE[0] + dlon <= max(lons)
    assert min(lats) <= PLACE[1] <= max(lats)
    assert (max(lats) - min(lats)) * 110_600 == pytest.approx(250, rel=0.02)


def test_no_single_household_can_be_asked_for(engine: Engine, client: TestClient) -> None:
    place(engine, (*PLACE, 5))
    for fid in range(1, 6):
        assert client.get(f"/collections/household/items/{fid}").status_code == 404
    assert "secret" not in json.dumps(client.get("/collections/household/items").json())


def test_a_household_that_comes_shows_within_the_cell_only(engine: Engine, client: TestClient) -> None:
    place(engine, (*PLACE, 4))
    assert counts(client) == []
    place(engine, (PLACE[0] + 0.0001, PLACE[1], 1))
    assert counts(client) == [5]
