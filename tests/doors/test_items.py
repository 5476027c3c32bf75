"""Items: paging by key, boxes, properties, one item, and what is refused."""

from __future__ import annotations

import httpx2
import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers import LAYERS
from tests.makers import make_rows, point, release_all, ring


def made(engine: Engine, layer: str, **values: object) -> list[int]:
    with Session(engine) as session, session.begin():
        ids = make_rows(session, layer, **values)  # type: ignore[arg-type]
        release_all(session)
        return ids


def test_following_next_gives_every_feature_once(engine: Engine, client: TestClient) -> None:
    ids = made(engine, "asset", count=23)
    seen: list[int] = []
    address: str | None = "/collections/asset/items?limit=5"
    pages = 0
    while address:
        answer = client.get(address).json()
        seen += [feature["id"] for feature in answer["features"]]
        assert answer["numberReturned"] == len(answer["features"]) <= 5
        address = next((link["href"] for link in answer["links"] if link["rel"] == "next"), None)
        pages += 1
    assert seen == ids
    assert pages == 5


def test_a_page_that_ends_exactly_has_no_next(engine: Engine, client: TestClient) -> None:
    made(engine, "asset", count=5)
    links = client.get("/collections/asset/items?limit=5").json()["links"]
    assert "next" not in {link["rel"] for link in links}


def test_a_row_that_leaves_between_two_pages_neither_repeats_nor_hides_another(
    engine: Engine, client: TestClient
) -> None:
    ids = made(engine, "asset", count=6)
    first = client.get("/collections/asset/items?limit=3").json()
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM asset WHERE id = {ids[0]}")
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    assert [feature["id"] for feature in client.get(following).json()["features"]] == ids[3:]


def test_a_box_takes_what_touches_it(engine: Engine, client: TestClient) -> None:
    inside, _ = made(engine, "asset", count=2, geom=[point(100.5, 7.0), point(100.6, 7.0)])
    found = client.get("/collections/asset/items?bbox=100.49,6.99,100.51,7.01").json()["features"]
    assert [feature["id"] for feature in found] == [inside]


def test_a_box_is_tested_against_the_shape_and_not_its_envelope(engine: Engine, client: TestClient) -> None:
    made(engine, "parcel", geom=ring((100.0, 7.0), (100.1, 7.0), (100.0, 7.1)))
    assert client.get("/collections/parcel/items?bbox=100.08,7.08,100.1,7.1").json()["features"] == []
    assert len(client.get("/collections/parcel/items?bbox=100.0,7.0,100.01,7.01").json()["features"]) == 1


def test_a_box_across_the_antimeridian_is_two(engine: Engine, client: TestClient) -> None:
    made(engine, "asset", count=3, geom=[point(179.9, 0.0), point(-179.9, 0.0), point(0.0, 0.0)])
    assert len(client.get("/collections/asset/items?bbox=179,-1,-179,1").json()["features"]) == 2


def test_a_community_without_an_outline_is_in_every_box(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "community", geom=None)
    (feature,) = client.get("/collections/community/items?bbox=0,0,1,1").json()["features"]
    assert (feature["id"], feature["geometry"]) == (fid, None)


def test_a_limit_above_ours_is_lowered(engine: Engine, client: TestClient) -> None:
    made(engine, "asset", count=2)
    assert client.get("/collections/asset/items?limit=100000000").json()["numberReturned"] == 2


def test_a_property_filters(engine: Engine, client: TestClient) -> None:
    made(engine, "parcel", count=3, land_use=["residential", "vacant", "vacant"])
    assert len(client.get("/collections/parcel/items?land_use=vacant").json()["features"]) == 2


def test_rings_turn_as_rfc_7946_asks(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "parcel", geom=ring((100.0, 7.0), (100.0, 7.1), (100.1, 7.1), (100.1, 7.0)))
    shape = client.get(f"/collections/parcel/items/{fid}").json()["geometry"]
    assert shapely.is_ccw(shapely.LinearRing(shape["coordinates"][0]))


def test_heights_are_kept(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset", geom="SRID=4326;POINT Z (100.5 7.0 12.5)")
    assert client.get(f"/collections/asset/items/{fid}").json()["geometry"]["coordinates"] == [100.5, 7.0, 12.5]


def test_one_item_has_its_links(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset")
    answer = client.get(f"/collections/asset/items/{fid}")
    assert answer.headers["content-type"].startswith("application/geo+json")
    assert {"self", "collection"} <= {link["rel"] for link in answer.json()["links"]}


BAD = [
    ("/collections/asset/items?limit=-1", 400),
    ("/collections/asset/items?limit=0", 400),
    ("/collections/asset/items?limit=ten", 400),
    ("/collections/asset/items?bbox=a,b,c,d", 400),
    ("/collections/asset/items?bbox=1,2,3", 400),
    ("/collections/asset/items?bbox=100,7,101,nan", 400),
    ("/collections/asset/items?bbox=100,7,101,inf", 400),
    ("/collections/asset/items?bbox=100,95,101,96", 400),
    ("/collections/asset/items?bbox=100,8,101,7", 400),
    ("/collections/asset/items?no_such=1", 400),
    ("/collections/asset/items?capacity=many", 400),
    ("/collections/asset/items?capacity=1e400", 400),
    ("/collections/asset/items?name_th=%00", 400),
    ("/collections/asset/items?after=-1", 400),
    ("/collections/asset/items?after=99999999999999999999", 400),
    ("/collections/asset/items?f=xml", 400),
    ("/collections?limit=1", 400),
    ("/collections/asset/items?limit=1&limit=2", 400),
    ("/collections/asset/items?bbox=100,7,101,8&bbox=0,0,1,1", 400),
    ("/collections/asset/items?f=json&f=geojson&f=json", 400),
    ("/map?lang=fr&f=json", 400),
    ("/map?municipality=1234&f=json", 404),
    ("/collections/castle", 404),
    ("/collections/castle/items", 404),
    ("/collections/asset/items/0", 404),
    ("/collections/asset/items/-1", 404),
    ("/collections/asset/items/one", 404),
    ("/collections/asset/items/99999999999999999999", 404),
    ("/collections/change/items", 404),
    ("/tiles/asset/40/0/0.mvt", 404),
    ("/tiles/asset/-1/0/0.mvt", 404),
    ("/tiles/asset/3/8/0.mvt", 404),
    ("/tiles/asset/a/b/c.mvt", 400),
    ("/tiles/asset/1/0/0.shp", 404),
    ("/tiles/castle/1/0/0.mvt", 404),
    ("/tiles/asset,castle/1/0/0.mvt", 404),
    ("/tiles/castle.json", 404),
    ("/no/such/place", 404),
]


@pytest.mark.parametrize(("address", "status"), BAD)
def test_what_makes_no_sense_gets_a_problem_document(address: str, status: int, client: TestClient) -> None:
    answer = client.get(address)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["detail_th"]
    assert told["detail_en"]
    assert "Traceback" not in answer.text
    assert client.get("/healthz").status_code == 200


def test_the_problem_is_told_in_the_readers_language(client: TestClient) -> None:
    thai = client.get("/collections/castle", headers={"Accept-Language": "th-TH,en;q=0.5"}).json()
    english = client.get("/collections/castle", headers={"Accept-Language": "en-GB,th;q=0.5"}).json()
    assert thai["detail"].startswith("ไม่มี")
    assert english["detail"].startswith("There is no")
    asked = client.get("/collections/asset/items?limit=ten&after=-1").json()
    assert asked["detail_th"] == "after ต้องเป็นค่าที่ได้จากลิงก์ next ของหน้าก่อน; limit: ต้องเป็นจำนวนเต็ม"
    assert "limit: must be a whole number" in asked["detail_en"]


def test_a_post_where_nothing_is_taken_is_405(client: TestClient) -> None:
    assert client.post("/collections/asset", json={}).status_code == 405


def test_an_accept_that_nobody_can_meet_is_406(client: TestClient) -> None:
    assert client.get("/collections", headers={"Accept": "image/png"}).status_code == 406
    assert client.get("/collections/asset/items", headers={"Accept": "application/json"}).status_code == 200


@pytest.mark.parametrize("name", LAYERS)
def test_every_collection_describes_itself_in_both_languages(name: str, engine: Engine, client: TestClient) -> None:
    made(engine, name, count=8, step=0.00001)
    described = client.get(f"/collections/{name}").json()
    assert (described["title_th"], described["title_en"]) == (LAYERS[name].title.th, LAYERS[name].title.en)
    assert len(described["extent"]["spatial"]["bbox"][0]) == 4
    assert {"self", "items"} <= {link["rel"] for link in described["links"]}


def test_the_landing_leads_to_everything(client: TestClient) -> None:
    rels = {link["rel"] for link in client.get("/").json()["links"]}
    assert {"self", "data", "conformance", "service-desc"} <= rels
    assert {one["id"] for one in client.get("/collections").json()["collections"]} == set(LAYERS)


@pytest.mark.parametrize(
    "asked", ["rai=9007199254740992", "rai=2147483648", "wah=1e-99999", "area_square_metres=1e-99999", "wah=1e99999"]
)
def test_a_number_no_column_can_hold_is_refused(asked: str, client: TestClient) -> None:
    answer = client.get(f"/collections/parcel/items?{asked}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_an_id_of_six_thousand_digits_is_not_found(client: TestClient) -> None:
    assert client.get(f"/collections/parcel/items/{'9' * 6000}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/map", "/healthz", "/collections", "/tiles/parcel.json", "/tiles/parcel/9/1/1.mvt"]
)
def test_head_has_the_headers_of_get_and_no_body(path: str, server: str) -> None:
    with httpx2.Client(base_url=server) as http:
        asked, headed = http.get(path), http.head(path)
    assert headed.status_code == asked.status_code
    assert asked.is_success
    assert headed.content == b""
    assert headed.headers.get("content-type") == asked.headers.get("content-type")
