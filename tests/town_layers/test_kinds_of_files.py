"""Whatever a town brings becomes a layer with typed columns, and nothing of it is lost on the way."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import geopandas
import pytest
from fastapi.testclient import TestClient
from geopandas import GeoSeries
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, mapping
from sqlalchemy import Engine

from geo.errors import BadRequest, RefusedImport
from geo.intake.load import LoadOptions
from geo.people.grants import BANGKOK
from geo.store.town_names import column_names
from tests.town_layers.conftest import AT, Make, asked, places, written

TALL = Polygon([(100.47, 7.01, 5), (100.48, 7.01, 5), (100.48, 7.02, 5)])


def features_of(web: TestClient, name: str, **params: Any) -> list[dict[str, Any]]:
    answer = web.get(f"/collections/{name}/items", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["features"]
    return found


TYPED: dict[str, list[Any]] = {
    "ชื่อ": ["ก", "ข"], "big": [2**40, 7], "small": [1, 2], "ratio": [1.5, 2.25], "open": [True, False],
    "seen": [dt.datetime(2024, 2, 29, 10, tzinfo=dt.UTC)] * 2, "tags": [["a", "ข"], ["c"]], "counts": [[1, 2], [3]],
    "depths": [[0.5], [1.25, 2.0]],
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb"])
def test_columns_have_the_types_of_the_file_and_lists_stay_lists(
    suffix: str, make: Make, owner: Engine, web: TestClient, tmp_path: Path
) -> None:
    path = written(tmp_path, f"typed.{suffix}", places(**TYPED), use_arrow=suffix != "geojson")
    layer, report = make(path, f"typed_{suffix}", town="9098", public=True)
    assert (report.counts.inserted, report.counts.refused) == (2, 0)
    types = dict(asked(owner, "SELECT column_name, udt_name FROM information_schema.columns WHERE table_name = :t",
                       t=layer.id))  # fmt: skip
    wanted = {"ชื่อ": "text", "big": "int8", "ratio": "float8", "open": "bool", "seen": "timestamptz", "tags": "_text",
              "counts": "_int8", "depths": "_float8"}  # fmt: skip
    assert {name: types[name] for name in wanted} == wanted
    # A FlatGeobuf is in the order of its own index.
    (said,) = (one["properties"] for one in features_of(web, layer.id) if one["properties"]["ชื่อ"] == "ก")
    assert (said["ชื่อ"], said["big"], said["ratio"], said["open"]) == ("ก", 2**40, 1.5, True)
    assert (said["tags"], said["counts"], said["depths"]) == (["a", "ข"], [1, 2], [0.5])
    assert dt.datetime.fromisoformat(said["seen"]) == dt.datetime(2024, 2, 29, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb"])
def test_an_instant_stays_that_instant_and_a_time_without_a_zone_is_bangkoks(
    suffix: str, make: Make, web: TestClient, tmp_path: Path
) -> None:
    zoned = [dt.datetime(2024, 2, 29, 10, tzinfo=BANGKOK), dt.datetime(2024, 3, 1, 1, tzinfo=BANGKOK)]
    path = written(tmp_path, f"zoned.{suffix}", places(at=zoned, n=[1, 2]))
    make(path, f"zoned_{suffix}", town="9098", public=True)
    found = {one["properties"]["n"]: one["properties"]["at"] for one in features_of(web, f"zoned_{suffix}")}
    assert {n: dt.datetime.fromisoformat(at) for n, at in found.items()} == dict(enumerate(zoned, 1))
    if suffix == "gpkg":
        return  # GeoPackage knows no time without a zone: it is UTC there (OGC 12-128r19, table 1)
    path = written(tmp_path, f"bare.{suffix}", places(at=[one.replace(tzinfo=None) for one in zoned], n=[1, 2]))
    make(path, f"bare_{suffix}", town="9098", public=True)
    found = {one["properties"]["n"]: one["properties"]["at"] for one in features_of(web, f"bare_{suffix}")}
    assert {n: dt.datetime.fromisoformat(at) for n, at in found.items()} == dict(enumerate(zoned, 1))


def test_a_shapefile_in_a_zip_of_a_thai_office(make: Make, web: TestClient, tmp_path: Path) -> None:
    folder = tmp_path / "shp"
    folder.mkdir()
    places(ชื่อ=["โรงเรียนเทศบาล"], founded=[dt.date(2024, 2, 29)]).to_file(folder / "schools.shp", encoding="cp874")
    path = Path(shutil.make_archive(str(tmp_path / "schools"), "zip", folder))
    layer, _ = make(path, "schools", town="9098", public=True)
    (found,) = features_of(web, "schools")
    assert found["properties"]["founded"] == "2024-02-29"
    assert "โรงเรียนเทศบาล" in found["properties"].values()
    assert layer.title.th == "schools"


def test_heights_missing_shapes_and_missing_times_are_kept(make: Make, owner: Engine, web: TestClient,
                                                           tmp_path: Path) -> None:  # fmt: skip
    shapes: list[Any] = [Point(100.47, 7.01, 12.5), Point(100.48, 7.01, 3), None]
    frame = geopandas.GeoDataFrame({"n": [1, 2, 3], "when": [AT, None, AT]}, geometry=GeoSeries(shapes), crs=4326)
    make(written(tmp_path, "tall.gpkg", frame), "tall", town="9098", public=True, instant="when")
    assert asked(owner, "SELECT n, ST_Z(geom), \"when\" IS NULL FROM tall ORDER BY n") == [
        (1, 12.5, False), (2, 3.0, True), (3, None, False),
    ]  # fmt: skip
    # A rectangle leaves out nothing that is nowhere (OGC Features, bbox, requirement C).
    found = features_of(web, "tall", bbox="100.465,7,100.475,7.02")
    assert [one["properties"]["n"] for one in found] == [1, 3]


def test_points_areas_and_lines_in_one_layer(make: Make, web: TestClient, tmp_path: Path) -> None:
    shapes = [
        Point(100.47, 7.01), MultiPoint([(100.47, 7.01), (100.48, 7.01)]), LineString([(100.47, 7.01), (100.48, 7.02)]),
        TALL, MultiPolygon([Polygon([(100.40, 7.01), (100.41, 7.01), (100.41, 7.02)])]),
    ]  # fmt: skip
    path = tmp_path / "mixed.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"n": place}, "geometry": mapping(one)}
        for place, one in enumerate(shapes)
    ]}))  # fmt: skip
    layer, report = make(path, "mixed", town="9098", public=True)
    assert report.counts.refused == 0
    assert layer.shape.kinds == ("POINT", "MULTIPOINT", "LINESTRING", "POLYGON")
    assert [one["geometry"]["type"] for one in features_of(web, "mixed")] == [
        "Point", "MultiPoint", "LineString", "Polygon", "MultiPolygon",
    ]  # fmt: skip
    for z, x, y in ((14, 12764, 7871), (16, 51058, 31487)):
        assert web.get(f"/tiles/mixed/{z}/{x}/{y}.mvt").status_code == 200
        assert web.get(f"/tiles/mixed/{z}/{x}/{y}.geojson").status_code == 200


def test_a_table_without_shapes_is_a_layer_too(make: Make, web: TestClient, tmp_path: Path) -> None:
    frame = places(n=[1, 2])
    frame.geometry = GeoSeries(list[Any]([None, None]))
    _, report = make(written(tmp_path, "list.gpkg", frame), "only_a_list", town="9098", public=True)
    assert report.counts.inserted == 2
    assert [one["geometry"] for one in features_of(web, "only_a_list")] == [None, None]


NAMES = {
    "ชื่อ สถานที่": "ชื่อ_สถานที่", "Name": "Name", "NAME": "NAME_2", "id": "file_id", "geom": "file_geom",
    "version": "file_version", "select": "select", "2567": "_2567", "a-b": "a_b", "a_b": "a_b_2",
    "50% (ก:ข)": "_50_ก_ข", "community_id": "file_community_id", "metadata": "file_metadata",
}  # fmt: skip


def test_columns_keep_their_names_where_they_can(make: Make, web: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "names.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {name: f"v{place}" for place, name in enumerate(NAMES)},
         "geometry": {"type": "Point", "coordinates": [100.47, 7.01]}}
    ]}))  # fmt: skip
    layer, _ = make(path, "names", town="9098", public=True)
    (found,) = features_of(web, "names")
    # Two names that differ in case alone are two columns, each with its own values.
    assert {name: found["properties"][name] for name in NAMES.values()} == {
        name: f"v{place}" for place, name in enumerate(NAMES.values())
    }
    assert {words.name: words.label.th for words in layer.fields.values() if words.name in NAMES.values()} == {
        new: old for old, new in NAMES.items()
    }
    assert features_of(web, "names", ชื่อ_สถานที่="v0", select="v6") == [found]


def test_names_of_sixty_thai_letters_are_cut_between_syllables_and_told_apart() -> None:
    long = "ที่ตั้งของศูนย์พักพิงชั่วคราวสำหรับผู้ประสบอุทกภัยในเขตเทศบาล"
    first, second = column_names([long, long + "ใหม่"])
    assert first != second
    assert long.startswith(first)
    assert all(len(one.encode()) <= 63 for one in (first, second))


def test_two_hundred_columns_with_long_names(make: Make, web: TestClient, tmp_path: Path) -> None:
    long = "ที่ตั้งของศูนย์พักพิงชั่วคราวสำหรับผู้ประสบอุทกภัยในเขตเทศบาล"
    frame = places(**{f"{long} {number}": [number] for number in range(200)})
    layer, _ = make(written(tmp_path, "wide.gpkg", frame), "wide", town="9098", public=True)
    (found,) = features_of(web, "wide")
    values = [one for name, one in found["properties"].items() if name.startswith("ที่")]
    assert sorted(values) == list(range(200))
    assert {words.label.th for words in layer.fields.values()} >= {f"{long} {number}" for number in range(200)}


def test_more_columns_than_a_layer_takes_are_refused_in_words(make: Make, tmp_path: Path) -> None:
    path = written(tmp_path, "wider.geojson", places(**{f"c{number}": [1] for number in range(501)}))
    with pytest.raises(BadRequest, match="500 at most"):
        make(path, "wider", town="9098")


@pytest.mark.parametrize(
    "name", ["poi_history", "parcel", "change", "spatial_ref_sys", "town_layer", "incoming", "new"]
)
def test_an_id_that_is_taken_is_refused(name: str, make: Make, pois: Path) -> None:
    with pytest.raises(BadRequest):
        make(pois, name, town="9098")


@pytest.mark.parametrize("name", ["Poi", "1st", "a b", "a-b", "x" * 41, "a__b", "", "ชั้น", "a_"])
def test_an_id_is_a_plain_word(name: str, make: Make, pois: Path) -> None:
    with pytest.raises(BadRequest, match="a to z"):
        make(pois, name, town="9098")


@pytest.mark.parametrize("name", ["select", "user", "table", "order", "group"])
def test_an_id_may_be_a_word_of_sql(name: str, make: Make, pois: Path, web: TestClient) -> None:
    make(pois, name, town="9098", public=True)
    assert len(features_of(web, name)) == 3
    assert web.get(f"/tiles/{name}/14/12765/7871.mvt").is_success


def test_a_file_that_is_refused_leaves_no_layer(make: Make, owner: Engine, tmp_path: Path) -> None:
    far = geopandas.GeoDataFrame({"n": [1]}, geometry=[Point(2.35, 48.85)], crs=4326)
    path = written(tmp_path, "paris.gpkg", far)
    with pytest.raises(RefusedImport):
        make(path, "paris", town="9098")
    assert asked(owner, "SELECT to_regclass('paris'), count(*) FROM town_layer WHERE id = 'paris'") == [(None, 0)]
    make(path, "paris", town="9098", options=LoadOptions(anywhere=True))
    assert asked(owner, "SELECT count(*) FROM paris") == [(1,)]


def test_a_dry_run_makes_nothing(make: Make, owner: Engine, pois: Path) -> None:
    _, report = make(pois, "only_looked_at", town="9098", options=LoadOptions(dry_run=True))
    assert report.counts.inserted == 3
    assert asked(owner, "SELECT to_regclass('only_looked_at')") == [(None,)]


REAL: list[tuple[str, dict[str, Any], int]] = [
    ("admin/hatyai_muang_adm3_tambon.geojson", {}, 10), ("admin/thailand_adm2_amphoe.fgb", {}, 900),
    ("crs_encoding/hatyai_muang_tambon_cp874_epsg24047.zip", {}, 10),
    ("crs_encoding/thailand_adm3_utf8_dbf_no_cpg.zip", {}, 7000),
    ("communities/hatyai_city_communities.csv", {}, 90),
]  # fmt: skip


@pytest.mark.parametrize(("file", "more", "at_least"), REAL)
def test_real_files_become_layers(
    file: str, more: dict[str, Any], at_least: int, make: Make, web: TestClient, shared_data: Path
) -> None:
    name = "real_" + Path(file).stem[:30].strip("_").lower()
    path = shared_data / file
    layer, report = make(path, name, public=True, options=LoadOptions(**more))
    assert report.counts.inserted >= at_least
    assert report.counts.refused == 0
    found = features_of(web, layer.id, limit=3)
    assert found
    sources = {words.import_from[0] for words in layer.fields.values() if words.import_from}
    assert sources >= {column.column for column in report.used if column.column}
    assert web.get(f"/maps?layers={layer.id}").status_code == 200
    assert web.get(f"/collections/{layer.id}", headers={"Accept": "text/html"}).status_code == 200
    assert web.get(f"/collections/{layer.id}/items", headers={"Accept": "text/html"}).status_code == 200
    for address in (f"/tiles/{layer.id}.json", f"/tiles/{layer.id}/style.json", f"/tiles/{layer.id}/legend"):
        assert web.get(address).status_code == 200
