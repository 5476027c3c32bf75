"""Households leave as cells: counted whole, at least five, the same in every format."""

from __future__ import annotations

import datetime as dt
import json
import math
import random
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import psycopg
import pytest
from fastapi.testclient import TestClient
from shapely.geometry import Point, shape
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.intake.load import LoadOptions, load_file
from geo.store.releases import current_release, verified, withdraw
from geo.store.tables import Release
from geo.store.write import Act, amend, close, restore
from layers import LAYERS
from tests.makers import make_rows, point, release_all, rewrite, ring, square
from tests.people.made import make_person
from tests.people.visiting import bearer, token_for

HOUSEHOLD = LAYERS["household"]
NOON = dt.datetime(2026, 2, 2, 5, tzinfo=dt.UTC)
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
    for asked in ("disabled=1", "disabled=0", "sortby=disabled", "properties=disabled", "filter=disabled%3D1"):
        assert client.get(f"/collections/household/items?{asked}").status_code == 400
    # What is told of a square may be asked for; no more comes of it than was told.
    told = {asked: client.get(f"/collections/household/items?count={asked}").json() for asked in (5, 6)}
    assert [one["numberMatched"] for one in told.values()] == [0, 1]


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


def withdraw_newest(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        made = current_release(session, HOUSEHOLD, "9098")
        assert made is not None
        withdraw(session, made, HOUSEHOLD, by="a steward", at=NOON, reason="made by mistake")


def test_withdrawing_an_edition_shows_the_one_before_and_nothing_else(engine: Engine, client: TestClient) -> None:
    published(engine, (*PLACE, 9))
    published(engine, (*PLACE, 20))
    assert counts(client) == [29]
    withdraw_newest(engine)
    assert counts(client) == [9]
    withdraw_newest(engine)
    assert counts(client) == []
    with Session(engine) as session, pytest.raises(BadRequest):
        withdraw(session, session.get_one(Release, 1), HOUSEHOLD, by="a steward", at=NOON, reason="once more")


def test_making_and_withdrawing_are_told_to_those_who_keep_tiles(engine: Engine, database_url: str) -> None:
    published(engine, (*PLACE, 9))
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as listener:
        listener.execute("LISTEN atlas_edit")
        place(engine, (*PLACE, 20))
        publish(engine)
        withdraw_newest(engine)
        told = [json.loads(one.payload) for one in listener.notifies(timeout=20, stop_after=3)]
    assert [one["layer"] for one in told] == ["household"] * 3
    for _, box in ((one["layer"], one["box"]) for one in told[1:]):
        assert box[0] <= PLACE[0] <= box[2]


@pytest.mark.parametrize(("first", "second", "third"), [(9, 14, 10), (9, 14, 8), (9, 14, 13), (20, 5, 6), (20, 27, 24),
                                                        (9, 30, 12), (12, 7, 9)])  # fmt: skip
@pytest.mark.parametrize("withdrawn", [False, True])
def test_an_edition_after_a_withdrawn_one_differs_from_both_by_many_or_not_at_all(
    first: int, second: int, third: int, withdrawn: bool, engine: Engine, client: TestClient
) -> None:
    # Attack: the public kept edition 2 before it was withdrawn. Were the third compared with the first alone, the
    # second and third laid side by side would tell of one household; and with the second alone, the first and third.
    told = []
    for number, held in enumerate((first, second, third)):
        hold(engine, held)
        publish(engine)
        told += counts(client)
        if number == 1 and withdrawn:
            withdraw_newest(engine)
            assert counts(client) == told[:1]
    assert all(one == other or abs(one - other) >= 5 for one in told for other in told)
    assert abs(told[-1] - third) < 5


def test_a_square_that_fell_silent_in_a_withdrawn_edition_does_not_tell_when_one_came_back(
    engine: Engine, client: TestClient
) -> None:
    seen = []
    for held, take_back in ((6, False), (4, True), (5, False), (8, False), (9, False)):
        hold(engine, held)
        publish(engine)
        seen.append(counts(client))
        if take_back:
            withdraw_newest(engine)
            assert counts(client) == [6]
    # Four were left, as those who kept the withdrawn edition know: the fifth, told, would be somebody they can name.
    assert seen == [[6], [], [], [], [6]]


def test_no_two_editions_of_a_year_tell_of_fewer_than_a_square_must_hold(engine: Engine, client: TestClient) -> None:
    chance = random.Random(2569)
    told, held = set(), 12
    for _ in range(40):
        held = max(0, held + chance.randint(-6, 6))
        hold(engine, held)
        publish(engine)
        if chance.random() < 0.3:
            told |= set(counts(client))
            withdraw_newest(engine)
        told |= set(counts(client))
    assert len(told) > 2
    assert all(one == other or abs(one - other) >= 5 for one in told for other in told)


def test_an_edition_is_worked_out_again_after_edits_deletes_and_loads(engine: Engine, tmp_path: Path) -> None:
    places = [(PLACE[0] + 0.005 * column, PLACE[1]) for column in range(4)]
    with Session(engine) as session, session.begin():
        ids = [make_rows(session, "household", count=9, geom=point(*one)) for one in places]
    at = dt.datetime.now(dt.UTC)
    for step in range(3):
        publish(engine)
        with Session(engine) as session, session.begin():
            act = Act(by="a tester", origin="test", at=at + dt.timedelta(minutes=step))
            for fid in ids[step][:6]:
                close(session, HOUSEHOLD, fid, act=act)
            for fid in ids[3][step * 2 : step * 2 + 2]:
                amend(session, HOUSEHOLD, fid, {}, act=act, shape=Point(*places[step]))
            amend(session, HOUSEHOLD, ids[3][8], {"house_no": f"{step}"}, act=act)
            restore(session, HOUSEHOLD, ids[step][0], 1, act=act, columns=tuple(HOUSEHOLD.fields), areas=None)
        file = tmp_path / f"more{step}.csv"
        rows = [f"H{step}{row},{places[step][0]},{places[step][1]}" for row in range(7 + step)]
        file.write_text("household_code,lon,lat\n" + "\n".join(rows), "utf-8")
        load_file(engine, HOUSEHOLD, file, LoadOptions(municipality="9098"), layers=LAYERS, by="a tester",
                  origin="test", at=at)  # fmt: skip
    publish(engine)
    withdraw_newest(engine)
    publish(engine)
    assert again(engine) == dict.fromkeys(range(1, 6), 0)
    # Rows taken away behind the history's back show, and so does a number altered in an edition.
    leave(engine, 1000)
    assert again(engine)[5] > 0
    with engine.begin() as connection:
        connection.execute(text("UPDATE release_cell SET count = count + 1 WHERE release_id = 2 AND count IS NOT NULL"))
    assert again(engine)[2] > 0


def again(engine: Engine) -> dict[int, int]:
    """How many squares of each edition come out otherwise."""
    with Session(engine) as session:
        made = session.scalars(select(Release).order_by(Release.id)).all()
        return {one.id: verified(session, HOUSEHOLD, one).differing for one in made}


def test_an_edition_waits_for_whoever_is_writing(engine: Engine) -> None:
    place(engine, (*PLACE, 9))
    with Session(engine) as writer, ThreadPoolExecutor(1) as beside:
        with writer.begin():
            writer.execute(text("SELECT id FROM household LIMIT 1 FOR UPDATE"))
            (late,) = make_rows(writer, "household", geom=point(*PLACE))
            # Another change with a higher number is there first.
            place(engine, (PLACE[0] + 0.02, PLACE[1], 1))
            making = beside.submit(publish, engine)
            with engine.connect() as looking:
                waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'household'::regclass")
                while looking.scalar(waits) == 0:
                    assert not making.done()
        making.result(timeout=30)
    assert late
    assert again(engine) == {1: 0}
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT sum(count) FROM release_cell")) == 10


def test_two_editions_at_once_are_compared_with_each_other(engine: Engine, client: TestClient) -> None:
    published(engine, (*PLACE, 9))
    place(engine, (*PLACE, 5))
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(publish, engine) for _ in range(4)]:
            done.result(timeout=60)
    assert counts(client) == [14]
    assert set(again(engine).values()) == {0}


def strips(engine: Engine) -> list[int]:
    """Two communities beside a canal, 30 m wide and 1 km long, and a wide one behind them that reaches into it."""
    lon, lat = PLACE
    shapes = [ring((lon, lat + at), (lon + 0.01, lat + at), (lon + 0.01, lat + at + 0.0003), (lon, lat + at + 0.0003))
              for at in (0.0, 0.0003)]  # fmt: skip
    with Session(engine) as session, session.begin():
        return make_rows(session, "community", count=3, geom=[*shapes, square(lon, lat + 0.0006, 0.01)])


def total(client: TestClient, fid: int) -> int | None:
    page = client.get(f"/communities/{fid}?lang=en", headers={"Accept": "text/html"}).text
    found = re.search(r"<b[^>]*>(?:<small>about</small> )?([^<]*)</b><span lang=\"en\">households surveyed", page)
    assert found is not None
    return None if found[1] == "not published" else int(found[1])


def houses(engine: Engine, community: int | None, *places: tuple[float, float]) -> None:
    """Buildings of the public map, ten metres wide."""
    with Session(engine) as session, session.begin():
        make_rows(session, "building", count=len(places), community_id=community,
                  geom=[square(lon, lat, 0.0001) for lon, lat in places])  # fmt: skip


def test_a_square_is_shared_out_by_the_buildings_on_the_map(engine: Engine, client: TestClient) -> None:
    lon, lat = PLACE
    bank = ring((lon, lat), (lon + 0.01, lat), (lon + 0.01, lat + 0.0003), (lon, lat + 0.0003))
    with Session(engine) as session, session.begin():
        canal, wide = make_rows(session, "community", count=2, geom=[bank, square(lon, lat + 0.0003, 0.01)])
    published(engine, (lon + 0.001, lat + 0.0001, 40))
    (whole,) = counts(client)
    by_land = total(client, canal), total(client, wide)
    # The wide one covers far more of the square; three in four of its houses stand along the canal.
    houses(engine, canal, *((lon + 0.0008 + at * 0.0002, lat + 0.0001) for at in range(3)))
    houses(engine, wide, (lon + 0.0008, lat + 0.0005))
    assert (total(client, canal), total(client, wide)) == (30, 10)
    assert by_land != (30, 10)
    assert sum(one or 0 for one in by_land) == whole == 40
    # Less than a square must hold is not told, though nobody would learn anything by it.
    houses(engine, canal, *((lon + 0.0008 + at * 0.0001, lat + 0.0002) for at in range(8)))
    assert (total(client, canal), total(client, wide)) == (37, None)


def worked_out(client: TestClient, fid: int) -> float:
    """A community's total as anybody works it out from what the public gets: squares, buildings, outlines."""

    def items(layer: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get(f"/collections/{layer}/items?limit=1000").json()["features"]
        return found

    outlines = {one["id"]: shape(one["geometry"]) for one in items("community")}
    buildings = [(shape(one["geometry"]).centroid, one["properties"]["community_id"]) for one in items("building")]
    adds_up = 0.0
    for one in items("household"):
        part = shape(one["geometry"])
        inside = [community for middle, community in buildings if part.intersects(middle)]
        land = {name: outline.intersection(part).area for name, outline in outlines.items()}
        share = inside.count(fid) / len(inside) if inside else land[fid] / (sum(land.values()) or 1)
        adds_up += one["properties"]["count"] * share
    return adds_up


def test_totals_can_be_worked_out_from_what_is_public_one_by_one(engine: Engine, client: TestClient) -> None:
    """So no total, outline drawn anew or pair of them tells more than the squares and the map do."""
    lon, lat = PLACE
    ids = strips(engine)
    crowds = [(lon + 0.002 * at, lat + up, 7) for at in range(5) for up in (0.0001, 0.0004, 0.002, 0.005)]
    published(engine, *crowds, (lon - 0.05, lat, 8))
    seen = set()
    for width in (0.0, 0.0007, 0.0018):
        for place, fid in enumerate(ids):
            at = [(lon + 0.0004 * (step + place), lat + 0.0003 * place + width) for step in range(9)]
            houses(engine, fid if width else None, *at)
        totals = [total(client, fid) for fid in ids]
        for fid, told in zip(ids, totals, strict=True):
            expected = worked_out(client, fid)
            assert told == (round(expected) if round(expected) >= 5 else None), (width, fid, expected)
        assert sum(one or 0 for one in totals) <= sum(counts(client)) + len(ids) / 2
        seen.add(tuple(totals))
    assert len(seen) == 3


def test_an_outline_drawn_anew_tells_nothing_of_who_lives_where(engine: Engine, client: TestClient) -> None:
    lon, lat = PLACE
    with Session(engine) as session, session.begin():
        (fid,) = make_rows(session, "community", geom=square(lon - 0.004, lat - 0.004, 0.008))
    published(engine, (lon, lat, 6), (lon + 0.0035, lat, 11), (lon - 0.0035, lat, 3))
    seen = set()
    for width in (0.001, 0.002, 0.0031, 0.0033, 0.01, 0.00005):
        with Session(engine) as session, session.begin():
            rewrite(session, "community", [fid], NOON, note=str(width))
            session.execute(text("UPDATE community SET geom = ST_GeomFromEWKT(:shape) WHERE id = :fid"),
                            {"shape": square(lon - width, lat - width, width * 2), "fid": fid})  # fmt: skip
        told, expected = total(client, fid), worked_out(client, fid)
        assert told == (round(expected) if round(expected) >= 5 else None)
        seen.add(told)
    assert len(seen) > 1


def test_a_partner_of_one_community_gets_its_public_total(engine: Engine, client: TestClient) -> None:
    lon, lat = PLACE
    ids = strips(engine)
    published(engine, *((lon + 0.002 * at, lat + 0.0004, 7) for at in range(5)))
    public = [total(client, fid) for fid in ids]
    make_person(engine, "partner", f"partner community {ids[0]}")
    client.headers |= bearer(token_for(client, "partner", scope="partner").json()["access_token"])
    assert total(client, ids[0]) == public[0]


def hold(engine: Engine, held: int) -> None:
    """Households come to the place, or leave it, until it holds so many."""
    with engine.connect() as connection:
        now = connection.scalar(text("SELECT count(*) FROM household")) or 0
    if held > now:
        place(engine, (*PLACE, held - now))
    elif held < now:
        leave(engine, now - held)
