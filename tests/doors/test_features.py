"""Features by the OGC's rules: CRS, boxes in any of them, order, paging while others write, properties, formats."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas
import httpx2
import pyproj
import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.settings import Settings
from geo.shapes.served import LISTED
from geo.store.db import writing_engine
from layers import LAYERS
from tests.conftest import app_of
from tests.makers import make_rows, point, ring

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
NAMES = ["ศาลาประชาคม", "วัดโคกนาว", None, "มัสยิด", 'กลุ่มออมทรัพย์ "พอเพียง"', "ก,ข"]
CAPACITIES = [120, None, 40, 40, None, 7]


@pytest.fixture(scope="module")
def engine_here(new_database: Callable[[], str]) -> Iterator[Engine]:
    found = writing_engine(new_database())
    yield found
    found.dispose()


@pytest.fixture(scope="module")
def client(engine_here: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over six assets, two parcels and a community that nobody has drawn."""
    with Session(engine_here) as session, session.begin():
        places = [point(100.47 + 0.001 * number, 7.0) for number in range(5)] + ["SRID=4326;POINT Z (100.475 7.0 12.5)"]
        make_rows(session, "asset", count=6, geom=places, name_th=NAMES, capacity=CAPACITIES)
        make_rows(
            session,
            "parcel",
            count=2,
            rai=[3, None],
            geom=[ring((100.0, 7.0), (100.1, 7.0), (100.0, 7.1)), ring((100.2, 7.0), (100.2, 7.1), (100.3, 7.1))],
        )
        make_rows(session, "community", geom=None)
    home: Path = tmp_path_factory.mktemp("home")
    database = engine_here.url.render_as_string(hide_password=False)
    with TestClient(app_of(Settings(home=home), database), raise_server_exceptions=False) as found:
        yield found


def ids(answer: httpx2.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["features"]]


def all_pages(client: TestClient, address: str) -> list[list[int]]:
    pages = []
    while address:
        answer = client.get(address)
        pages.append(ids(answer))
        address = next((link["href"] for link in answer.json()["links"] if link["rel"] == "next"), "")
    return pages


# Coordinate reference systems


@pytest.mark.parametrize("uri", LISTED)
def test_an_answer_is_in_the_crs_that_was_asked_for_and_says_so(uri: str, client: TestClient) -> None:
    answer = client.get("/collections/asset/items", params={"crs": uri, "limit": 5})
    assert answer.headers["content-crs"] == f"<{uri}>"
    x, y = answer.json()["features"][0]["geometry"]["coordinates"]
    if uri in (CRS84, EPSG + "4326"):
        assert ((x, y) if uri == CRS84 else (y, x)) == (100.47, 7.0)
        return
    if uri in (EPSG + "24047", EPSG + "24048"):
        # DOMAIN 2.6: the operation is EPSG:1304; PROJ's own choice lands 185 m away.
        back = pyproj.Transformer.from_pipeline(indian_1975(uri[-5:])).transform(x, y)
    else:
        back = pyproj.Transformer.from_crs(f"EPSG:{uri.rsplit('/', 1)[1]}", "EPSG:4326", always_xy=True).transform(x, y)
    assert back == pytest.approx((100.47, 7.0), abs=1e-7)


def indian_1975(code: str) -> str:
    zone = {"24047": 47, "24048": 48}[code]
    return (
        f"+proj=pipeline +step +inv +proj=utm +zone={zone} +ellps=evrst30 +step +proj=push +v_3 "
        "+step +proj=cart +ellps=evrst30 +step +proj=helmert +x=210 +y=814 +z=289 +step +inv +proj=cart +ellps=WGS84 "
        "+step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )


def test_heights_are_told_and_select(client: TestClient) -> None:
    everything = client.get("/collections/asset/items")
    assert everything.headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/0/CRS84h>"
    assert everything.json()["features"][5]["geometry"]["coordinates"] == [100.475, 7.0, 12.5]
    extent = client.get("/collections/asset").json()["extent"]["spatial"]
    assert (extent["bbox"][0][2], extent["bbox"][0][5]) == (12.5, 12.5)
    assert extent["crs"].endswith("CRS84h")
    # What has no height is at every height.
    assert len(ids(client.get("/collections/asset/items?bbox=100,6,0,101,8,10"))) == 5
    assert len(ids(client.get("/collections/asset/items?bbox=100,6,0,101,8,20"))) == 6
    assert client.get("/collections/asset/items?bbox=100,6,20,101,8,10").status_code == 400


@pytest.mark.parametrize("uri", [EPSG + "32647", EPSG + "24047", EPSG + "32648", EPSG + "3857", EPSG + "4326"])
def test_a_box_of_another_crs_is_its_true_shape(uri: str, client: TestClient) -> None:
    """Drawn around two of six points, a metre wide of them: the upright box of degrees would take others in."""
    found = client.get("/collections/asset/items", params={"crs": uri, "limit": 2}).json()["features"]
    corners = [one["geometry"]["coordinates"] for one in found]
    small = 1e-6 if uri == EPSG + "4326" else 1.0
    west, south, east, north = shapely.MultiPoint(corners).bounds
    box = f"{west - small},{south - small},{east + small},{north + small}"
    assert ids(client.get("/collections/asset/items", params={"bbox": box, "bbox-crs": uri})) == [
        one["id"] for one in found
    ]


def test_the_box_of_a_slanted_grid_is_not_the_box_of_degrees_around_it(engine_here: Engine, client: TestClient) -> None:
    to_degrees = pyproj.Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True).transform
    # A box far west of its zone's middle is turned by several degrees.
    west, south, east, north = -90_000.0, 700_000.0, 10_000.0, 800_000.0
    inside = to_degrees(west + 100, south + 100)
    # In the upright box of degrees around it, and outside of the box itself.
    outside = to_degrees(west - 1_000, south + 100)
    assert outside[0] > to_degrees(west, north)[0]
    with Session(engine_here) as session, session.begin():
        kept, left = make_rows(session, "flood_station", count=2, geom=[point(*inside), point(*outside)])
    params = {"bbox": f"{west},{south},{east},{north}", "bbox-crs": EPSG + "32648"}
    assert ids(client.get("/collections/flood_station/items", params=params)) == [kept]
    assert left not in ids(client.get("/collections/flood_station/items", params=params))


@pytest.mark.parametrize(
    "asked",
    [
        "crs=nonsense", "crs=http://www.opengis.net/def/crs/EPSG/0/27700", "bbox-crs=4326&bbox=1,2,3,4",
        "bbox=0,0,1e300,1e300&bbox-crs=[EPSG:32647]", "bbox=1,2,3&bbox-crs=[EPSG:32647]", "sortby=no_such", "sortby=",
        "sortby=capacity,capacity", "properties=no_such", "after=nonsense&sortby=capacity", "after=-1",
        "after=e30&sortby=capacity",
        "datetime=2026-13-01", "limit=1.5", "limit=", "profile=none", "f=", "f=xml", "geometry=1", "id=1",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_named(asked: str, client: TestClient) -> None:
    answer = client.get(f"/collections/asset/items?{asked}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    name = asked.split("=")[0]
    assert name in answer.json()["detail_en"] or asked.split("=")[1].split("&")[0] in answer.json()["detail_en"]


def test_everything_that_is_wrong_is_told_at_once(client: TestClient) -> None:
    told = client.get("/collections/asset/items?limit=ten&crs=moon&datetime=soon").json()["detail_en"]
    assert all(word in told for word in ("limit", "moon", "datetime"))


# Order and pages


def test_sorted_pages_hold_each_feature_once_and_the_empty_ones_last(client: TestClient) -> None:
    for sortby in ("capacity", "-capacity", "capacity,-name_th", "-name_th,capacity", "name_th"):
        whole = ids(client.get("/collections/asset/items", params={"sortby": sortby}))
        for size in (1, 2, 4):
            pages = all_pages(client, f"/collections/asset/items?sortby={sortby}&limit={size}")
            assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
            assert [fid for page in pages for fid in page] == whole
    features = client.get("/collections/asset/items?sortby=-capacity").json()["features"]
    assert [one["properties"]["capacity"] for one in features] == [120, 40, 40, 7, None, None]


def test_a_plus_before_a_name_is_ascending(client: TestClient) -> None:
    plain = ids(client.get("/collections/asset/items?sortby=capacity"))
    assert ids(client.get("/collections/asset/items?sortby=%2Bcapacity")) == plain
    assert ids(client.get("/collections/asset/items?sortby=+capacity")) == plain


def test_pages_are_whole_though_rows_come_while_they_are_read(engine_here: Engine, client: TestClient) -> None:
    with Session(engine_here) as session, session.begin():
        first = make_rows(session, "building", count=20, storeys=list(range(20)))
    for sortby, size in (("", 3), ("&sortby=-storeys", 4)):
        address, seen = f"/collections/building/items?limit={size}{sortby}", []
        while address:
            answer = client.get(address).json()
            seen += [one["id"] for one in answer["features"]]
            address = next((link["href"] for link in answer["links"] if link["rel"] == "next"), "")
            with Session(engine_here) as session, session.begin():
                make_rows(session, "building", count=1, storeys=[len(seen) % 20])
            assert len(seen) < 500
        assert len(seen) == len(set(seen))
        assert set(first) <= set(seen)


def test_how_many_there_are_is_told_and_right(client: TestClient) -> None:
    page = client.get("/collections/asset/items?limit=2").json()
    assert (page["numberMatched"], page["numberReturned"]) == (6, 2)
    page = client.get("/collections/asset/items?limit=2&capacity=40").json()
    assert (page["numberMatched"], page["numberReturned"]) == (2, 2)
    following = client.get("/collections/asset/items?limit=4").json()
    last = client.get(next(link["href"] for link in following["links"] if link["rel"] == "next")).json()
    assert (last["numberMatched"], last["numberReturned"]) == (6, 2)


def test_only_the_properties_that_are_wanted_come(client: TestClient) -> None:
    features = client.get("/collections/asset/items?properties=capacity,name_th&sortby=-name_en").json()["features"]
    assert {tuple(one["properties"]) for one in features} == {("name_th", "capacity")}
    assert client.get("/collections/asset/items?properties=").json()["features"][0]["properties"] == {}


def test_an_undrawn_feature_is_in_every_box_of_every_kind(client: TestClient) -> None:
    for box in ("bbox=0,0,1,1", "bbox=0,0,0,1,1,1", f"bbox=600000,700000,600001,700001&bbox-crs={EPSG}32647"):
        (feature,) = client.get(f"/collections/community/items?{box}").json()["features"]
        assert feature["geometry"] is None


@pytest.mark.parametrize(
    "span", ["2026-01-01", "2020-01-10/P2D", "P1M/2026-01-01T00:00:00Z", "../2026-01-01", "2026-01-01/..",
             "/2026-01-01", "2026-01-01T00:00:00+07:00/2026-02-01",
             "2024-02-29/2024-02-29", "9999-12-31", "0001-01-01/.."]
)  # fmt: skip
def test_what_has_no_time_is_in_every_span_of_time(span: str, client: TestClient) -> None:
    assert len(ids(client.get("/collections/asset/items", params={"datetime": span}))) == 6


# Formats

FORMATS = {
    "geojson": "application/geo+json", "geojsonseq": "application/geo+json-seq",
    "jsonfg": "application/vnd.ogc.fg+json", "fgb": "application/flatgeobuf", "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet", "html": "text/html",
}  # fmt: skip


@pytest.mark.parametrize(("name", "media"), FORMATS.items())
def test_a_format_is_had_by_name_and_by_accept(name: str, media: str, client: TestClient) -> None:
    by_name = client.get(f"/collections/asset/items?f={name}")
    by_accept = client.get("/collections/asset/items", headers={"Accept": media})
    for answer in (by_name, by_accept):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media)
        assert "Accept" in answer.headers.get("vary", "Accept")


def test_a_browser_gets_a_page_and_a_map_library_gets_geojson(client: TestClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}
    assert client.get("/collections/asset/items", headers=browser).headers["content-type"].startswith("text/html")
    for accept in ("application/json", "*/*", "application/geo+json;q=0.5, text/csv;q=0.1"):
        answer = client.get("/collections/asset/items", headers={"Accept": accept})
        assert answer.headers["content-type"].startswith("application/geo+json")


def rows_of(client: TestClient, **params: Any) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = client.get("/collections/asset/items", params=params).json()["features"]
    return features


def test_a_sequence_holds_the_same_features_one_after_the_other(client: TestClient) -> None:
    answer = client.get("/collections/asset/items?f=geojsonseq&limit=1000000000")
    records = answer.content.split(b"\x1e")
    assert records[0] == b""
    assert all(record.endswith(b"\n") for record in records[1:])
    assert [json.loads(record) for record in records[1:]] == rows_of(client)


def test_a_sequence_goes_on_over_its_chunks(engine_here: Engine, client: TestClient) -> None:
    with Session(engine_here) as session, session.begin():
        made = make_rows(session, "risk_point", count=2_300, status="verified")
    told = client.get("/collections/risk_point/items?f=geojsonseq&limit=2250").content.split(b"\x1e")[1:]
    assert [json.loads(one)["id"] for one in told] == made[:2250]


def test_json_fg_says_type_place_and_time(client: TestClient) -> None:
    plain = client.get("/collections/asset/items?f=jsonfg").json()
    assert plain["conformsTo"] == ["http://www.opengis.net/spec/json-fg-1/1.0/conf/core"]
    assert (plain["coordRefSys"], plain["featureType"]) == (CRS84, "asset")
    assert [(one["geometry"], one["place"]) for one in plain["features"]] == [
        (one["geometry"], None) for one in rows_of(client)
    ]
    moved = client.get("/collections/asset/items", params={"f": "jsonfg", "crs": EPSG + "32647"}).json()
    assert moved["coordRefSys"] == EPSG + "32647"
    assert all(one["geometry"] is None and one["place"]["coordinates"][0] > 600_000 for one in moved["features"])
    assert all(one["time"] is None for one in moved["features"])
    one = client.get(f"/collections/asset/items/{moved['features'][0]['id']}?f=jsonfg").json()
    assert (one["type"], one["featureType"]) == ("Feature", "asset")
    assert one["conformsTo"] == plain["conformsTo"]


def test_a_table_reads_back_as_it_was_written(client: TestClient) -> None:
    answer = client.get("/collections/asset/items?f=csv")
    read = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(one["name_th"], one["capacity"]) for one in read] == [
        (name or "", "" if capacity is None else str(capacity))
        for name, capacity in zip(NAMES, CAPACITIES, strict=True)
    ]
    assert [shapely.get_x(shapely.from_wkt(one["geometry"])) for one in read[:2]] == [100.47, 100.471]
    assert answer.headers["ogc-numberreturned"] == "6"
    first = client.get("/collections/asset/items?f=csv&limit=4")
    assert 'rel="next"' in first.headers["link"]


def frame_of(kind: str, content: bytes) -> geopandas.GeoDataFrame:
    file: Any = io.BytesIO(content)
    return geopandas.read_parquet(file) if kind == "parquet" else geopandas.read_file(file)


@pytest.mark.parametrize("kind", ["fgb", "parquet"])
@pytest.mark.parametrize("uri", [CRS84, EPSG + "32647", EPSG + "24047", EPSG + "4326"])
def test_geopandas_reads_what_is_written_for_it(kind: str, uri: str, client: TestClient) -> None:
    answer = client.get("/collections/asset/items", params={"f": kind, "crs": uri, "sortby": "capacity"})
    frame = frame_of(kind, answer.content).sort_values("id")
    assert [None if name != name else name for name in frame["name_th"]] == NAMES
    assert [None if value != value else int(value) for value in frame["capacity"]] == CAPACITIES
    expected = rows_of(client, crs=CRS84 if uri == EPSG + "4326" else uri)
    assert [round(x, 3) for x in frame.geometry.x] == [round(one["geometry"]["coordinates"][0], 3) for one in expected]
    assert frame.crs is not None
    assert frame.crs.is_projected == ("EPSG/0/2" in uri or "EPSG/0/3" in uri)


@pytest.mark.parametrize("kind", ["fgb", "parquet", "csv", "geojsonseq", "jsonfg", "html"])
@pytest.mark.parametrize("layer", LAYERS)
def test_nothing_at_all_is_written_in_every_format(kind: str, layer: str, client: TestClient) -> None:
    answer = client.get(
        f"/collections/{layer}/items",
        params={"f": kind, "municipality": "none"} if layer != "household" else {"f": kind},
    )
    assert answer.status_code == 200, answer.text


def test_an_undrawn_community_is_written_in_every_format(client: TestClient) -> None:
    for kind in ("fgb", "parquet"):
        answer = client.get("/collections/community/items", params={"f": kind})
        frame = frame_of(kind, answer.content)
        assert (len(frame), frame.geometry.notna().sum()) == (1, 0)


def test_codes_and_links_are_told_as_the_profile_says(engine_here: Engine, client: TestClient) -> None:
    with Session(engine_here) as session, session.begin():
        (community,) = make_rows(session, "community", geom=None, name_th="ชุมชนตัวอย่าง")
        (fid,) = make_rows(session, "parcel", community_id=community, land_use="vacant", municipality="9099")
    at = f"/collections/parcel/items/{fid}"
    told = {
        name: client.get(at, params={"profile": name, "lang": "en"}).json()["properties"]
        for name in ("rel-as-key", "rel-as-uri", "rel-as-link", "val-as-code", "val-as-title")
    }
    assert told["rel-as-key"]["community_id"] == community
    assert told["rel-as-uri"]["community_id"].endswith(f"/collections/community/items/{community}")
    assert told["rel-as-link"]["community_id"]["href"] == told["rel-as-uri"]["community_id"]
    assert told["val-as-code"]["land_use"] == "vacant"
    assert told["val-as-title"]["land_use"] == LAYERS["parcel"].fields["land_use"].told("vacant").en


# Links


def test_a_page_leads_to_itself_in_every_format(client: TestClient) -> None:
    page = client.get("/collections/asset/items?limit=2&sortby=capacity&bbox=100,6,101,8").json()
    kinds = {link["type"] for link in page["links"] if link["rel"] == "alternate"}
    assert kinds == set(FORMATS.values()) - {"application/geo+json"}
    for link in page["links"]:
        if link["rel"] in ("self", "alternate"):
            answer = client.get(link["href"])
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith(link["type"])
    assert page["timeStamp"].endswith("Z")


def test_the_same_page_has_the_same_tag_at_another_time_of_day(client: TestClient) -> None:
    first = client.get("/collections/asset/items?limit=3")
    again = client.get("/collections/asset/items?limit=3", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
