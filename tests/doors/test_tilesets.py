"""OGC API – Tiles: grids as they are registered, tilesets that say where they have tiles, and tiles that keep to it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from api.settings import Settings
from geo.shapes.grids import GRIDS, WEB_MERCATOR, WORLD_CRS84, Grid, Tile, span_over
from geo.store.db import writing_engine
from layers import LAYERS
from tests.conftest import app_of
from tests.makers import HAT_YAI, make_rows, point, square
from tests.people.made import make_person
from tests.people.visiting import headers_of

HERE = (HAT_YAI[0] + 0.0001, HAT_YAI[1] + 0.0001)
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"


@pytest.fixture(scope="module")
def client(new_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A town with forty parcels in a row, a community, and assets in two corners with nothing between them."""
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "parcel", count=40, step=0.0003)
        make_rows(session, "community", geom=square(*HAT_YAI, 0.02))
        make_rows(session, "asset", count=2, geom=[point(*HAT_YAI), point(HAT_YAI[0] + 0.05, HAT_YAI[1] + 0.05)])
    make_person(engine, "staff", "staff municipality 9098")
    home: Path = tmp_path_factory.mktemp("tilesets")
    with TestClient(app_of(Settings(home=home), url), raise_server_exceptions=False) as found:
        yield found
    engine.dispose()


def at(z: int, grid: Grid = WEB_MERCATOR, place: tuple[float, float] = HERE) -> Tile:
    span = span_over(grid, z, place[0], place[1], place[0], place[1])
    return Tile(z, span.columns[0], span.rows[0], grid)


def address(tile: Tile, of: str = "/collections/parcel", **query: str) -> str:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{of}/tiles/{tile.grid.id}/{tile.z}/{tile.y}/{tile.x}" + (f"?{asked}" if asked else "")


def test_the_grids_are_as_they_are_registered(client: TestClient) -> None:
    listed = client.get("/tileMatrixSets").json()["tileMatrixSets"]
    assert [one["id"] for one in listed] == ["WebMercatorQuad", "WorldCRS84Quad"]
    web, world = (client.get(one["links"][0]["href"]).json() for one in listed)
    assert len(web["tileMatrices"]) == 25
    assert len(world["tileMatrices"]) == 24
    # The registry's own numbers (17-083r4, annex D).
    assert web["tileMatrices"][0]["scaleDenominator"] == pytest.approx(559082264.028717, rel=1e-12)
    assert web["tileMatrices"][17]["cellSize"] == pytest.approx(1.19432856695587, rel=1e-12)
    assert world["tileMatrices"][0]["scaleDenominator"] == pytest.approx(279541132.014358, rel=1e-12)
    assert world["tileMatrices"][17]["cellSize"] == pytest.approx(0.00000536441802978515, rel=1e-12)
    assert (world["tileMatrices"][3]["matrixWidth"], world["tileMatrices"][3]["matrixHeight"]) == (16, 8)
    assert (world["orderedAxes"], world["crs"]) == (["Lon", "Lat"], CRS84)
    assert client.get("/tileMatrixSets/NoSuchGrid").status_code == 404


@pytest.mark.parametrize("of", ["", "/collections/parcel"])
def test_a_tileset_is_reached_from_the_front_page(of: str, client: TestClient) -> None:
    start = client.get(of or "/").json()
    (way,) = [one for one in start["links"] if one["rel"].endswith("/tilesets-vector")]
    listed = client.get(way["href"]).json()["tilesets"]
    assert [one["tileMatrixSetURI"] for one in listed] == [grid.uri for grid in GRIDS.values()]
    for item, grid in zip(listed, GRIDS.values(), strict=True):
        assert (item["dataType"], item["crs"]) == ("vector", grid.crs)
        links = {one["rel"]: one["href"] for one in item["links"]}
        assert client.get(links[TILING_SCHEME]).json()["id"] == grid.id
        assert client.get(links["self"]).json()["tileMatrixSetURI"] == grid.uri


@pytest.mark.parametrize("grid", GRIDS.values(), ids=lambda grid: grid.id)
def test_the_template_and_the_limits_of_a_tileset_lead_to_its_tiles(grid: Grid, client: TestClient) -> None:
    told = client.get(f"/collections/parcel/tiles/{grid.id}").json()
    mvt, geojson = [one for one in told["links"] if one["rel"] == "item"]
    assert (mvt["type"], geojson["type"]) == ("application/vnd.mapbox-vector-tile", "application/geo+json")
    assert mvt["templated"] is geojson["templated"] is True
    found: dict[str, set[int]] = {}
    for limits in told["tileMatrixSetLimits"]:
        if int(limits["tileMatrix"]) < 15:
            continue
        for row in range(limits["minTileRow"], limits["maxTileRow"] + 1):
            for column in range(limits["minTileCol"], limits["maxTileCol"] + 1):
                place = {"tileMatrix": limits["tileMatrix"], "tileRow": str(row), "tileCol": str(column)}
                answer = client.get(filled(geojson["href"], place))
                assert answer.status_code in (200, 204)
                ids = {one["id"] for one in answer.json()["features"]} if answer.content else set()
                found.setdefault(limits["tileMatrix"], set()).update(ids)
    # Every level holds all forty, wherever its tiles are cut.
    assert {len(ids) for ids in found.values()} == {40}
    assert {int(z) for z in found} == set(range(15, min(20, grid.deepest) + 1)) - (
        {20} if grid is WORLD_CRS84 else set()
    )


def filled(template: str, place: dict[str, str]) -> str:
    for name, value in place.items():
        template = template.replace("{" + name + "}", value)
    assert "{" not in template
    return template


@pytest.mark.parametrize("grid", GRIDS.values(), ids=lambda grid: grid.id)
def test_beyond_the_limits_is_404_and_an_empty_tile_within_is_204(grid: Grid, client: TestClient) -> None:
    told = client.get(f"/collections/asset/tiles/{grid.id}").json()
    (limits,) = [one for one in told["tileMatrixSetLimits"] if one["tileMatrix"] == "16"]
    (top, bottom), (left, right) = [
        (limits[f"minTile{axis}"], limits[f"maxTile{axis}"]) for axis in ("Row", "Col")
    ]  # fmt: skip
    of = f"/collections/asset/tiles/{grid.id}"
    for row, column in ((top - 1, left), (bottom + 1, left), (top, left - 1), (top, right + 1)):
        assert client.get(f"{of}/16/{row}/{column}").status_code == 404
    # The two assets lie in opposite corners, so that there is nothing in the others.
    for f in ("mvt", "geojson"):
        empty = client.get(f"{of}/16/{top}/{left}", params={"f": f})
        assert (empty.status_code, empty.content) == (204, b"")
        assert client.get(f"{of}/16/{top}/{right}", params={"f": f}).status_code == 200
    for z in ("22", "25", "0", "3"):
        assert client.get(f"{of}/{z}/0/0").status_code == 404


@pytest.mark.parametrize(("path", "part"), [
    ("x/1/1", "tileMatrix"), ("16/1.5/1", "tileRow"), ("16/1/y", "tileCol"), ("16/1/1.5", "tileCol"),
    ("1e1/1/1", "tileMatrix"), ("16/1/๑", "tileCol"),
])  # fmt: skip
@pytest.mark.parametrize("of", ["", "/collections/parcel"])
def test_what_is_no_number_is_400_and_named(of: str, path: str, part: str, client: TestClient) -> None:
    answer = client.get(f"{of}/tiles/WebMercatorQuad/{path}")
    assert answer.status_code == 400
    assert part in answer.json()["detail_en"]
    assert part in answer.json()["detail_th"]


def test_a_tile_is_written_as_it_is_asked_for(client: TestClient) -> None:
    where = address(at(16))

    def kind(accept: str, **query: str) -> tuple[int, str]:
        answer = client.get(address(at(16), **query), headers={"Accept": accept})
        return answer.status_code, answer.headers["content-type"]

    mvt, geojson = (200, "application/vnd.mapbox-vector-tile"), (200, "application/geo+json")
    assert kind("*/*") == mvt
    assert kind("application/geo+json") == kind("application/json") == geojson
    assert kind("application/geo+json;q=0.5, application/vnd.mapbox-vector-tile") == mvt
    assert kind("text/html,application/xhtml+xml,*/*;q=0.8") == mvt
    assert kind("application/vnd.mapbox-vector-tile", f="geojson") == geojson
    assert kind("image/png")[0] == 406
    assert client.get(where, params={"f": "png"}).status_code == 400
    assert client.get(where, params={"owner": "x"}).status_code == 400
    assert client.get(where, params={"f": ["mvt", "mvt"]}).status_code == 400
    assert "Accept" in client.get(where).headers["vary"].split(", ")


def test_both_addresses_of_a_tile_give_the_same_bytes(client: TestClient) -> None:
    tile = at(16)
    ogc = client.get(address(tile))
    web = client.get(f"/tiles/parcel/{tile.z}/{tile.x}/{tile.y}.mvt")
    assert (ogc.content, ogc.headers["etag"]) == (web.content, web.headers["etag"])
    again = client.get(address(tile), headers={"If-None-Match": web.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("z", [6, 12, 14, 16])
def test_a_tile_in_degrees_holds_what_the_web_maps_tile_of_that_place_holds(z: int, client: TestClient) -> None:
    tile = at(z, WORLD_CRS84)
    told = client.get(address(tile, f="geojson")).json()["features"]
    mvt = mapbox_vector_tile.decode(client.get(address(tile)).content)["parcel"]["features"]
    assert {one["id"] for one in told} == {one["id"] for one in mvt}
    west, south, east, north = tile.bounds(1 / 8)
    for one in told:
        places = one["geometry"]["coordinates"][0]
        assert all(west <= lon <= east and south <= lat <= north for lon, lat in places)
    if z < 13:
        assert sum(one["properties"]["count"] for one in told) == 40
    else:
        # A parcel lies where it does in the plain list of items, to a tile's unit.
        items = client.get("/collections/parcel/items?limit=1").json()["features"]
        (same,) = [one for one in told if one["id"] == items[0]["id"]]
        unit = 180 / 2**z / 4096 * 4
        corner = min(map(tuple, items[0]["geometry"]["coordinates"][0]))
        assert min(map(tuple, same["geometry"]["coordinates"][0])) == pytest.approx(corner, abs=unit)


def test_tiles_of_the_dataset_hold_the_layers_that_are_selected(client: TestClient) -> None:
    tile = at(16)
    every = mapbox_vector_tile.decode(client.get(address(tile, "")).content)
    assert {"parcel", "community", "asset"} <= set(every)
    some = client.get(address(tile, "", collections="community,parcel"))
    assert list(mapbox_vector_tile.decode(some.content)) == ["community", "parcel"]
    told = client.get("/tiles/WebMercatorQuad?collections=community,parcel").json()
    assert [one["id"] for one in told["layers"]] == ["community", "parcel"]
    template = next(one["href"] for one in told["links"] if one["rel"] == "item")
    place = {"tileMatrix": "16", "tileRow": str(tile.y), "tileCol": str(tile.x)}
    assert client.get(filled(template, place)).content == some.content
    assert [one["id"] for one in client.get("/tiles/WorldCRS84Quad").json()["layers"]] == list(LAYERS)
    for wrong in ("no_such", "parcel,,asset", ""):
        for path in ("/tiles", "/tiles/WebMercatorQuad", address(tile, "")):
            answer = client.get(path, params={"collections": wrong})
            assert answer.status_code == 400
            assert "collections" in answer.json()["detail_en"]
    assert client.get(address(tile, collections="asset")).status_code == 400


def test_a_tileset_tells_what_its_features_carry(client: TestClient) -> None:
    told = client.get("/collections/parcel/tiles/WebMercatorQuad", params={"lang": "en"}).json()
    (layer,) = told["layers"]
    assert (layer["id"], layer["geometryDimension"], layer["dataType"]) == ("parcel", 2, "vector")
    assert (layer["minTileMatrix"], layer["maxTileMatrix"]) == ("0", "20")
    words = layer["propertiesSchema"]["properties"]
    features = mapbox_vector_tile.decode(client.get(address(at(16))).content)["parcel"]["features"]
    squares = mapbox_vector_tile.decode(client.get(address(at(12))).content)["parcel"]["features"]
    types: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    for feature in (*features, *squares):
        for name, value in feature["properties"].items():
            assert isinstance(value, types[words[name]["type"]]), name
            assert value in words[name].get("enum", [value])
    box = told["boundingBox"]
    extent = client.get("/collections/parcel").json()["extent"]["spatial"]["bbox"][0]
    assert [*box["lowerLeft"], *box["upperRight"]] == extent
    household = client.get("/collections/household/tiles/WebMercatorQuad").json()["layers"][0]
    assert household["geometryDimension"] == 2, "the public gets squares"
    assert set(household["propertiesSchema"]["properties"]) == {"count", "as_of"}


def test_a_layer_with_nothing_in_it_has_no_tiles_and_says_so(client: TestClient) -> None:
    told = client.get("/collections/risk_zone/tiles/WebMercatorQuad").json()
    assert told["tileMatrixSetLimits"] == []
    assert "boundingBox" not in told
    assert client.get(address(at(16), "/collections/risk_zone")).status_code == 404


def test_the_limits_follow_what_is_there(client: TestClient) -> None:
    far = (HAT_YAI[0] + 0.4, HAT_YAI[1] - 0.3)
    where = address(at(15, place=far), "/collections/building")
    assert client.get(where).status_code == 404
    engine = writing_engine(client.app.state.database_url)  # type: ignore[attr-defined]
    with Session(engine) as session, session.begin():
        make_rows(session, "building", geom=square(*far, 0.0002))
    engine.dispose()
    asked = 0
    while client.get(where).status_code == 404:
        asked += 1
        assert asked < 2000, "the limits stayed as they were"
    assert client.get(where).status_code == 200


@pytest.mark.parametrize("path", [
    "/tileMatrixSets", "/tileMatrixSets/WorldCRS84Quad", "/tiles", "/tiles/WebMercatorQuad",
    "/collections/parcel/tiles", "/collections/parcel/tiles/WorldCRS84Quad",
])  # fmt: skip
def test_people_find_pages_and_programs_what_may_be_done(path: str, client: TestClient) -> None:
    shown = client.get(path, headers={"Accept": "text/html"})
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h1>" in shown.text
    plain = client.get(path)
    assert plain.headers["content-type"] == "application/json"
    hrefs = {one["rel"]: one["href"] for one in plain.json()["links"]}
    assert client.get(hrefs["self"]).json() == plain.json()
    headed = client.head(path)
    assert (headed.status_code, headed.content) == (200, b"")
    allowed = client.options(path)
    assert (allowed.status_code, allowed.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert (
        client.get(path, headers={"Origin": "http://elsewhere.example"}).headers["access-control-allow-origin"] == "*"
    )
    assert client.get(path, params={"f": "xml"}).status_code == 400
    assert client.get(path, params={"owner": "x"}).status_code == 400
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406


def test_conformance_is_declared_for_what_these_tests_show(client: TestClient) -> None:
    declared = {one.rpartition("/")[2] for one in client.get("/conformance").json()["conformsTo"] if "tiles-1" in one}
    assert declared == {"core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets",
                        "collections-selection", "mvt", "geojson"}  # fmt: skip
    paths = client.get("/openapi.json").json()["paths"]
    ids = {operation["operationId"] for path in paths.values() for operation in path.values()}
    assert {f".{of}.vector.{what}" for of in ("dataset", "collection")
            for what in ("getTileSetsList", "getTileSet", "getTile")} <= ids  # fmt: skip


def test_a_time_means_on_tiles_what_it_means_on_items(client: TestClient) -> None:
    staff = headers_of(client, "staff")
    where, items = address(at(16)), "/collections/parcel/items"
    for moment in ("2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "../2021-01-01T00:00:00Z", None):
        asked = {} if moment is None else {"datetime": moment}
        for headers in ({}, staff):
            listed = client.get(items, params={**asked, "limit": "100"}, headers=headers).json()["features"]
            told = client.get(where, params={**asked, "f": "geojson"}, headers=headers)
            drawn = {one["id"] for one in told.json()["features"]} if told.content else set()
            assert told.status_code == (200 if drawn else 204)
            assert drawn <= {one["id"] for one in listed}, (moment, headers)
            assert bool(drawn) == bool(listed), (moment, headers)
    past = {"datetime": "2020-01-01T00:00:00Z"}
    assert client.get(where, params=past, headers=staff).status_code == 204, "there was nothing then"
    assert client.get(where, params=past).status_code == 200, "the public sees no past: items have no time of their own"
    for path in (where, items):
        refused = client.get(path, params={"datetime": "yesterday"}, headers=staff)
        assert refused.status_code == 400
        assert "datetime" in refused.json()["detail_en"]


@pytest.mark.parametrize("grid", GRIDS.values(), ids=lambda grid: grid.id)
@pytest.mark.parametrize(
    "told", ["id <= 3", "S_INTERSECTS(geometry, BBOX(100.4, 7.0, 100.4739, 7.1))", "parcel_code LIKE '%1%'"]
)
def test_a_filter_means_on_tiles_what_it_means_on_items(told: str, grid: Grid, client: TestClient) -> None:
    listed = client.get("/collections/parcel/items", params={"filter": told, "limit": "100"}).json()["features"]
    matching = {one["id"] for one in listed}
    assert 0 < len(matching) < 40
    asked = {"filter": told, "f": "geojson"}
    near = address(at(14, grid))
    whole = {one["id"] for one in client.get(near, params={"f": "geojson"}).json()["features"]}
    assert {one["id"] for one in client.get(near, params=asked).json()["features"]} == matching & whole
    mvt = client.get(near, params={"filter": told}).content
    assert {one["id"] for one in mapbox_vector_tile.decode(mvt)["parcel"]["features"]} == matching & whole
    far = client.get(address(at(11, grid)), params=asked).json()["features"]
    assert all(one["properties"]["generalised"] for one in far)
    assert 0 < sum(one["properties"]["count"] for one in far) <= len(matching)
    again = client.get(near, params={"f": "geojson"}).json()["features"]
    assert {one["id"] for one in again} == whole, "what is kept for one question is not told to another"


def test_a_hidden_name_in_a_filter_of_a_tile_is_one_that_does_not_exist(client: TestClient) -> None:
    answers = [
        client.get(address(at(16)), params={"filter": f"{name} = 'x'"}) for name in ("owner_name", "no_such_one")
    ]
    assert [one.status_code for one in answers] == [400, 400]
    assert answers[0].json()["detail_en"] == answers[1].json()["detail_en"].replace("no_such_one", "owner_name")
    assert client.get(address(at(16)), params={"filter": "((("}).status_code == 400


def test_spans_are_never_narrower_than_what_lies_in_them() -> None:
    for grid in GRIDS.values():
        for z in (0, 3, 9, 17):
            for lon, lat in (HERE, (-179.9, 84.9), (179.9, -84.9), (0.0, 0.0)):
                tile = at(z, grid, (lon, lat))
                west, south, east, north = tile.bounds()
                x, y = (lon, lat) if grid.srid == 4326 else mercator(lon, lat)
                assert west <= x <= east
                assert south <= y <= north


def mercator(lon: float, lat: float) -> tuple[float, float]:
    half = 20037508.342789244
    return lon / 180 * half, math.asinh(math.tan(math.radians(lat))) / math.pi * half
