"""Households leave as cells: counted whole, at least five, the same in every format."""

from __future__ import annotations

import json
import math

import mapbox_vector_tile
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.makers import make_rows, point, release_all

PLACE = (100.4729, 7.0160)


def place(engine: Engine, *crowds: tuple[float, float, int]) -> None:
    with Session(engine) as session, session.begin():
        for lon, lat, people in crowds:
            make_rows(session, "household", count=people, geom=point(lon, lat))


def publish(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        release_all(session)


def published(engine: Engine, *crowds: tuple[float, float, int]) -> None:
    place(engine, *crowds)
    publish(engine)


def leave(engine: Engine, count: int) -> None:
    with Session(engine) as session, session.begin():
        session.execute(text("DELETE FROM household WHERE id IN (SELECT id FROM household ORDER BY id LIMIT :count)"),
                        {"count": count})  # fmt: skip


def counts(client: TestClient, **params: str) -> list[int]:
    found = client.get("/collections/household/items", params=params).json()["features"]
    return sorted(feature["properties"]["count"] for feature in found)


def test_a_cell_with_few_households_is_left_out(engine: Engine, client: TestClient) -> None:
    published(engine, (*PLACE, 5), (PLACE[0] + 0.02, PLACE[1], 4))
    assert counts(client) == [5]


def test_a_box_drawn_through_a_cell_does_not_shrink_its_count(engine: Engine, client: TestClient) -> None:
    # Differencing: two boxes that differ by one house would otherwise tell that house.
    published(engine, (*PLACE, 6), (PLACE[0] + 0.0003, PLACE[1], 3))
    whole = counts(client)
    for west in (PLACE[0] - 0.0001, PLACE[0] + 0.0001, PLACE[0] + 0.0002):
        cut = counts(client, bbox=f"{west},{PLACE[1] - 0.0001},{west + 0.0001},{PLACE[1] + 0.0001}")
        assert cut == whole


def test_items_tiles_and_geojson_tiles_tell_the_same_number(engine: Engine, client: TestClient) -> None:
    published(engine, (*PLACE, 7))
    z = 15
    x = int((PLACE[0] + 180) / 360 * 2**z)
    y = int((1 - math.asinh(math.tan(math.radians(PLACE[1]))) / math.pi) / 2 * 2**z)
    mvt = mapbox_vector_tile.decode(client.get(f"/tiles/household/{z}/{x}/{y}.mvt").content)
    geojson = client.get(f"/tiles/household/{z}/{x}/{y}.geojson").json()
    item = client.get("/collections/household/items").json()["features"][0]
    told = [mvt["household"]["features"][0], geojson["features"][0], item]
    assert {feature["properties"]["count"] for feature in told} == {7}
    assert {feature["id"] for feature in told} == {item["id"]}
    assert all(set(feature["properties"]) == {"count", "as_of"} for feature in told)


@pytest.mark.parametrize("dlon", [0.0, 0.00113, 0.0022])
def test_a_cell_is_square_and_holds_its_households_wherever_they_lie(
    dlon: float, engine: Engine, client: TestClient
) -> None:
    published(engine, (PLACE[0] + dlon, PLACE[1], 5))
    feature = client.get("/collections/household/items").json()["features"][0]
    (ring,) = feature["geometry"]["coordinates"]
    lons, lats = [p[0] for p in ring], [p[1] for p in ring]
    assert min(lons) <= PLACE[0] + dlon <= max(lons)
    assert min(lats) <= PLACE[1] <= max(lats)
    assert (max(lats) - min(lats)) * 110_600 == pytest.approx(250, rel=0.02)


def test_no_single_household_can_be_asked_for(engine: Engine, client: TestClient) -> None:
    published(engine, (*PLACE, 5))
    for fid in range(1, 6):
        assert client.get(f"/collections/household/items/{fid}").status_code == 404
    assert "secret" not in json.dumps(client.get("/collections/household/items").json())


def test_nothing_is_public_before_somebody_publishes_it(engine: Engine, client: TestClient) -> None:
    place(engine, (*PLACE, 9))
    assert counts(client) == []
    publish(engine)
    assert counts(client) == [9]


def test_what_happens_to_a_household_moves_no_number_before_the_next_edition(
    engine: Engine, client: TestClient
) -> None:
    published(engine, (*PLACE, 9))
    tag = client.get("/tiles/household/14/12764/7871.mvt").headers["etag"]
    place(engine, (*PLACE, 30), (PLACE[0] + 0.01, PLACE[1], 30))
    assert counts(client) == [9]
    assert client.get("/tiles/household/14/12764/7871.mvt").headers["etag"] == tag
    publish(engine)
    assert counts(client) == [30, 39]


@pytest.mark.parametrize(("then", "told"), [(8, 9), (10, 9), (13, 9), (14, 14), (5, 9), (4, None), (0, None)])
def test_two_editions_differ_by_as_many_as_a_square_must_hold_and_not_by_one(
    then: int, told: int | None, engine: Engine, client: TestClient
) -> None:
    published(engine, (*PLACE, 9))
    if then > 9:
        place(engine, (*PLACE, then - 9))
    else:
        leave(engine, 9 - then)
    publish(engine)
    assert counts(client) == ([told] if told else [])


def test_small_steps_from_edition_to_edition_add_up_in_the_end(engine: Engine, client: TestClient) -> None:
    published(engine, (*PLACE, 9))
    seen = []
    for _ in range(6):
        published(engine, (*PLACE, 1))
        seen += counts(client)
    # A number that has not moved is kept with what it was decided by, or six small steps would never be told.
    assert seen == [9, 9, 9, 9, 14, 14]


def test_a_square_on_the_border_tells_of_each_town_alone(engine: Engine, client: TestClient) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "household", count=6, geom=point(*PLACE), municipality="9098")
        make_rows(session, "household", count=4, geom=point(*PLACE), municipality="9099")
        release_all(session)
    assert counts(client) == [6]
    with Session(engine) as session, session.begin():
        make_rows(session, "household", count=2, geom=point(*PLACE), municipality="9099")
        release_all(session)
    assert counts(client) == [12]
    assert len(client.get("/collections/household/items").json()["features"]) == 1


def test_of_six_households_the_one_with_a_disabled_person_cannot_be_found(engine: Engine, client: TestClient) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "household", count=6, geom=point(*PLACE), disabled=[1, 0, 0, 0, 0, 0])
        release_all(session)
    assert counts(client) == [6]
    for asked in ("disabled=1", "disabled=0", "count=6", "sortby=disabled", "filter=disabled%3D1"):
        assert client.get(f"/collections/household/items?{asked}").status_code == 400


def test_an_edition_is_made_the_same_again_from_the_same_rows(engine: Engine) -> None:
    place(engine, (*PLACE, 9), (PLACE[0] + 0.01, PLACE[1], 6), (PLACE[0] + 0.02, PLACE[1], 2))
    numbers = []
    for _ in range(2):
        publish(engine)
        with engine.connect() as connection:
            newest = text("SELECT cell_id, count FROM release_cell WHERE release_id = (SELECT max(id) FROM release) "
                          "ORDER BY cell_id")  # fmt: skip
            numbers.append(connection.execute(newest).all())
    assert numbers[0] == numbers[1]
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT method, at_least, metres, made_by, rows_as_of FROM release")).all()
    assert {row[:4] for row in kept} == {("squares-1", 5, 250, "a steward")}
    assert all(row.rows_as_of > 0 for row in kept)
