"""Tiles: the same features in both formats, generalised where there are too many, told anew within a second."""

from __future__ import annotations

import gzip
import itertools
import math
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import mapbox_vector_tile
import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.layer import Generalise
from geo.shapes.grids import Tile
from geo.store.read import Asking, Wanted
from geo.store.tile_rows import statements
from layers import LAYERS
from tests.conftest import running
from tests.makers import HAT_YAI, make_rows, ring, square


def at(z: int, lon: float = HAT_YAI[0] + 0.0001, lat: float = HAT_YAI[1] + 0.0001) -> Tile:
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return Tile(z, int((lon + 180) / 360 * 2**z), int(row * 2**z))


def address(layer: str, tile: Tile, written: str = "mvt") -> str:
    return f"/tiles/{layer}/{tile.z}/{tile.x}/{tile.y}.{written}"


def made(engine: Engine, layer: str, **values: object) -> list[int]:
    with Session(engine) as session, session.begin():
        return make_rows(session, layer, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("z", [10, 13, 14, 15, 16, 18, 20])
def test_both_formats_hold_the_same_features_with_the_same_ids(z: int, engine: Engine, client: TestClient) -> None:
    made(engine, "parcel", count=40, step=0.0003)
    mvt = mapbox_vector_tile.decode(client.get(address("parcel", at(z))).content)["parcel"]["features"]
    geojson = client.get(address("parcel", at(z), "geojson")).json()["features"]
    assert {one["id"] for one in mvt} == {one["id"] for one in geojson}
    assert len(mvt) == len({one["id"] for one in mvt}) > 0
    same = {one["id"]: one["properties"] for one in geojson}
    assert all(same[one["id"]] == one["properties"] for one in mvt)


def test_a_feature_keeps_its_id_from_zoom_to_zoom(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "parcel", step=0.0002)
    for z in range(14, 21):
        found = client.get(address("parcel", at(z), "geojson")).json()["features"]
        assert [one["id"] for one in found] == [fid], z


def test_geojson_tiles_are_clipped_to_the_tile_and_its_buffer(engine: Engine, client: TestClient) -> None:
    made(engine, "parcel", geom=square(HAT_YAI[0] - 0.05, HAT_YAI[1] - 0.05, 0.1))
    tile = at(17)
    (feature,) = client.get(address("parcel", tile, "geojson")).json()["features"]
    west, south, east, north = shapely.from_geojson(str(feature["geometry"]).replace("'", '"')).bounds
    limits = tile.degrees()
    slack = 1e-6
    assert min(west - limits[0], south - limits[1]) >= -slack
    assert min(limits[2] - east, limits[3] - north) >= -slack


@pytest.mark.parametrize(("z", "most"), [(11, 5), (14, 6), (18, 8)])
def test_coordinates_are_rounded_to_what_the_zoom_shows(z: int, most: int, engine: Engine, client: TestClient) -> None:
    made(engine, "community", geom=square(HAT_YAI[0], HAT_YAI[1], 0.0123456789))
    (feature,) = client.get(address("community", at(z), "geojson")).json()["features"]
    digits = max(
        len(str(number).partition(".")[2]) for pair in feature["geometry"]["coordinates"][0] for number in pair
    )
    assert digits <= most
    unit = 360 / 2**z / 4096
    assert 10**-most < unit, "rounding is finer than a tile unit, so nothing visible moves"


def test_a_dense_outline_is_simplified_for_far_zooms(engine: Engine, client: TestClient) -> None:
    circle = [(HAT_YAI[0] + 0.02 * math.cos(a / 500), HAT_YAI[1] + 0.02 * math.sin(a / 500)) for a in range(3141)]
    made(engine, "community", geom=ring(*circle))
    sizes = [len(client.get(address("community", at(z, *HAT_YAI))).content) for z in (9, 12)]
    assert sizes[0] < 1500
    assert sizes[0] < sizes[1] < 20_000


def test_rings_wind_as_the_mvt_specification_asks(engine: Engine, client: TestClient) -> None:
    made(
        engine,
        "parcel",
        geom=ring(*[(HAT_YAI[0], HAT_YAI[1]), (HAT_YAI[0], HAT_YAI[1] + 0.001), (HAT_YAI[0] + 0.001, HAT_YAI[1])]),
    )
    raw = mapbox_vector_tile.decode(
        client.get(address("parcel", at(16))).content, default_options={"y_coord_down": True}
    )
    exterior = raw["parcel"]["features"][0]["geometry"]["coordinates"][0]
    area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in itertools.pairwise(exterior))
    assert area > 0
    assert raw["parcel"]["extent"] == 4096


def test_far_zooms_draw_counts_and_say_so(engine: Engine, client: TestClient) -> None:
    made(engine, "parcel", count=300, step=0.00002)
    for z in (3, 8, 11, 13):
        found = client.get(address("parcel", at(z), "geojson")).json()["features"]
        assert all(one["properties"]["generalised"] is True for one in found)
        assert sum(one["properties"]["count"] for one in found) == 300, z


def test_counts_follow_every_edit(engine: Engine, client: TestClient) -> None:
    ids = made(engine, "parcel", count=10)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM parcel WHERE id = :id"), {"id": ids[0]})
        connection.execute(text("UPDATE parcel SET geom = ST_Translate(geom, 0.1, 0) WHERE id = :id"), {"id": ids[1]})
    with engine.connect() as connection:
        told = connection.scalar(text("SELECT sum(features) FROM tile_count WHERE layer = 'parcel'"))
        exact = connection.scalar(text("SELECT count(*) FROM parcel"))
    assert told == exact == 9
    moved = client.get(address("parcel", at(12, HAT_YAI[0] + 0.1004, HAT_YAI[1]), "geojson")).json()["features"]
    assert sum(one["properties"]["count"] for one in moved) == 1


def test_a_tile_with_too_many_draws_counts_instead_of_dropping(
    engine: Engine, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(engine, "parcel", count=30, step=0.00003)
    monkeypatch.setitem(LAYERS["parcel"].__dict__, "generalise", Generalise(below=14, at_most=29))
    for z in (14, 15):
        features = mapbox_vector_tile.decode(client.get(address("parcel", at(z))).content)["parcel"]["features"]
        assert sum(one["properties"]["count"] for one in features) == 30
        assert all(one["properties"]["generalised"] for one in features)
    near = client.get(address("parcel", at(16), "geojson")).json()["features"]
    assert len(near) == 30


def test_several_layers_come_in_one_tile(engine: Engine, client: TestClient) -> None:
    made(engine, "parcel")
    made(engine, "asset")
    tile = mapbox_vector_tile.decode(client.get(address("parcel,asset", at(16))).content)
    assert set(tile) == {"parcel", "asset"}


def test_a_tile_uses_the_spatial_index(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO parcel (change_id, geom) SELECT 1, ST_Translate(ST_GeomFromText("
                "'POLYGON((100 7, 100.0009 7, 100.0009 7.0009, 100 7))', 4326), x * 0.001, y * 0.001) "
                "FROM generate_series(1, 100) x, generate_series(1, 100) y"
            )
        )
        connection.execute(text("ANALYZE parcel"))
        tile = at(16, 100.05, 7.05)
        (asked,) = statements((LAYERS["parcel"],), Asking(), tile, Wanted(by_place=True))
        # As it is asked: without knowing the place, which comes when it is run.
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql(f"PREPARE tile AS {asked.sql}")
        values = ", ".join("0" for _ in asked.parameters)
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN EXECUTE tile ({values})"))
    assert "parcel_geom_index" in plan


def test_a_tile_that_has_not_changed_is_304(engine: Engine, client: TestClient) -> None:
    made(engine, "asset", count=40, step=0.00005)
    first = client.get(address("asset", at(15)))
    assert first.headers["etag"].startswith('"')
    assert "public" in first.headers["cache-control"]
    again = client.get(address("asset", at(15)), headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_tiles_travel_as_gzip_where_it_is_read(engine: Engine, server: str) -> None:
    made(engine, "asset", count=60, step=0.00005)
    with httpx2.Client(base_url=server) as http:
        plain = http.get(address("asset", at(15)), headers={"Accept-Encoding": "identity"})
        with http.stream("GET", address("asset", at(15)), headers={"Accept-Encoding": "gzip"}) as packed:
            body = b"".join(packed.iter_raw())
            assert packed.headers["content-encoding"] == "gzip"
            assert packed.headers["etag"] != plain.headers["etag"]
    assert gzip.decompress(body) == plain.content
    assert "content-encoding" not in plain.headers


def test_an_empty_place_is_an_empty_tile(client: TestClient) -> None:
    mvt, geojson = client.get(address("asset", at(15))), client.get(address("asset", at(15), "geojson"))
    assert (mvt.status_code, mvt.content) == (204, b"")
    assert geojson.status_code == 200, "who reads JSON finds a collection of nothing"
    assert geojson.json() == {"type": "FeatureCollection", "features": []}


@pytest.fixture
def two_servers(database_url: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    with running(database_url, tmp_path) as one, running(database_url, tmp_path) as two:
        yield one, two


def test_an_edit_shows_on_every_worker_within_a_second(engine: Engine, two_servers: tuple[str, str]) -> None:
    (fid,) = made(engine, "asset", name_th="ก่อน")
    where = address("asset", at(16, *HAT_YAI), "geojson")

    def names(server: str) -> list[str]:
        return [one["properties"]["name_th"] for one in httpx2.get(server + where).json()["features"]]

    for _ in range(2):
        assert [names(server) for server in two_servers] == [["ก่อน"], ["ก่อน"]]
    with engine.begin() as connection:
        connection.execute(text("UPDATE asset SET name_th = 'หลัง' WHERE id = :id"), {"id": fid})
    until = time.monotonic() + 10
    while any(names(server) != ["หลัง"] for server in two_servers) and time.monotonic() < until:
        time.sleep(0.02)
    assert [names(server) for server in two_servers] == [["หลัง"], ["หลัง"]]


def test_an_answer_overtaken_by_an_edit_is_not_kept() -> None:
    from api.caching import EditCache
    from api.kept import Kept
    from geo.shapes.whereabouts import Box

    box = Box(west=100, south=7, east=101, north=8)
    cache = EditCache()
    cache.hearing(True)
    since = cache.edits(("asset",))
    cache.edited("asset", box)
    cache.keep("tile", Kept.of(b"old"), layers=("asset",), box=box, since=since)
    assert cache.kept("tile") is None
    cache.keep("tile", Kept.of(b"new"), layers=("asset",), box=box, since=cache.edits(("asset",)))
    cache.edited("asset", Box(west=0, south=0, east=1, north=1))
    assert cache.kept("tile") is not None
    cache.hearing(False)
    assert cache.kept("tile") is None


def test_a_tile_asked_for_by_many_at_once_is_whole_each_time(engine: Engine, server: str) -> None:
    made(engine, "parcel", count=200, step=0.00005)
    bodies: set[bytes] = set()

    def ask() -> None:
        bodies.add(httpx2.get(server + address("parcel", at(16))).content)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bodies) == 1


def test_tilejson_names_what_a_tile_carries(engine: Engine, client: TestClient) -> None:
    made(engine, "parcel", count=3)
    told = client.get("/tiles/parcel,household.json").json()
    fields = {one["id"]: set(one["fields"]) for one in told["vector_layers"]}
    tile = mapbox_vector_tile.decode(client.get(address("parcel", at(16))).content)["parcel"]["features"][0]
    assert set(tile["properties"]) <= fields["parcel"]
    assert fields["household"] == {"count", "as_of"}
    assert told["tiles"][0].endswith("/tiles/parcel,household/{z}/{x}/{y}.mvt")
    assert len(told["bounds"]) == 4


def test_a_tile_of_an_unshown_zoom_is_empty_in_both_formats(engine: Engine, client: TestClient) -> None:
    made(engine, "asset")
    far = at(4)
    answer = client.get(address("asset", far))
    assert (answer.status_code, answer.content) == (204, b"")
    told = client.get(address("asset", far).replace(".mvt", ".geojson")).json()
    assert told == {"type": "FeatureCollection", "features": []}


def test_a_tile_of_several_layers_holds_each_and_leaves_out_the_empty(engine: Engine, client: TestClient) -> None:
    for name in ("parcel", "building", "asset"):
        made(engine, name, count=2)
    ids = "parcel,risk_zone,building,asset"
    held = mapbox_vector_tile.decode(client.get(address(ids, at(16))).content)
    assert {name: len(layer["features"]) for name, layer in held.items()} == {"parcel": 2, "building": 2, "asset": 2}
    listed = client.get(address(ids, at(16)).replace(".mvt", ".geojson")).json()["features"]
    assert sorted(one["layer"] for one in listed) == sorted(2 * ["parcel", "building", "asset"])
    alone = [client.get(address(name, at(16))).content for name in ids.split(",")]
    assert client.get(address(ids, at(16))).content == b"".join(alone)


def test_an_unknown_parameter_of_a_tile_is_refused(client: TestClient) -> None:
    for written in ("mvt", "geojson"):
        answer = client.get(f"/tiles/parcel/15/25534/15747.{written}?owner=x")
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert client.get("/tiles/parcel/15/25534/15747.mvt?f=mvt").status_code == 204


def test_the_log_names_the_door_and_nothing_a_person_sent(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "atlas.request"):
        client.get("/tiles/parcel/15/25534/15747.mvt")
        client.get("/collections/parcel/items?parcel_code=01A001")
        client.get("/communities/search?q=สมหญิง")
    told = [record.getMessage() for record in caplog.records if record.name == "atlas.request"]
    assert [line.split()[:3] for line in told] == [
        ["GET", "/tiles/{ids}/{z}/{x}/{y}.{written}", "204"], ["GET", "/collections/{collection}/items", "200"],
        ["GET", "/communities/search", "200"],
    ]  # fmt: skip
