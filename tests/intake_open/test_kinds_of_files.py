"""A file is what its bytes are; what lies, breaks off or hides something is refused with words for people."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pyogrio.raw import write

from geo.errors import RefusedImport
from geo.intake.open import opened
from geo.shapes.repair import repaired
from geo.thai import date_order, read_date
from tests.intake_open.made import dbf, points_shp

Make = Callable[..., Path]

KML = """<?xml version="1.0" encoding="UTF-8"?>{prolog}
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{folders}</Document></kml>"""
PLACE = "<Placemark><name>{name}</name><Point><coordinates>100.47,7.01,5</coordinates></Point></Placemark>"


def code_of(path: Path, **options: str) -> str:
    with pytest.raises(RefusedImport) as refused, opened(path, **options) as file:
        for _ in file.batches():
            pass
    assert refused.value.told.th
    assert str(path.parent) not in refused.value.told.en
    return refused.value.problems[0].code


def written(tmp_path: Path, name: str, driver: str, *, layer: str | None = None, append: bool = False) -> Path:
    path = tmp_path / name
    geoms = np.array([shapely.Point(100.47, 7.01, 12.5), None, shapely.Point(100.48, 7.02, 1)], dtype=object)
    write(
        path, shapely.to_wkb(geoms, output_dimension=3),
        [np.array(["บ่อยาง", None, "ข"], dtype=object), np.array([1, 2, 3])],
        ["name", "n"], geometry_type="Point Z", crs="EPSG:4326", driver=driver, layer=layer, append=append,
    )  # fmt: skip
    return path


@pytest.mark.parametrize(("name", "driver"), [("a.gpkg", "GPKG"), ("a.fgb", "FlatGeobuf"), ("a.geojson", "GeoJSON")])
def test_heights_nulls_and_order_come_through_every_format(tmp_path: Path, name: str, driver: str) -> None:
    # Without its index FlatGeobuf keeps the order; with a missing shape GDAL's fast path would spoil the others.
    options = {"SPATIAL_INDEX": "NO"} if driver == "FlatGeobuf" else {}
    path = tmp_path / name
    geoms = np.array([shapely.Point(100.48, 7.02, 12.5), None, shapely.Point(100.47, 7.01, 1)], dtype=object)
    write(
        path, shapely.to_wkb(geoms, output_dimension=3), [np.array(["บ่อยาง", None, "ข"], dtype=object)], ["name"],
        geometry_type="Point Z", crs="EPSG:4326", driver=driver, **options,
    )  # fmt: skip
    with opened(path) as file:
        assert file.driver == driver
        table = pa.Table.from_batches(list(file.batches()))
    assert table["name"].to_pylist() == ["บ่อยาง", None, "ข"]
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    assert [None if shape is None else shape.z for shape in shapes] == [12.5, None, 1]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("admin/thailand_adm2_amphoe.fgb", "a.geojson"),
        ("osm/hatyai_flood_shelters_2025.geojson", "a.fgb"),
        ("osm/hatyai_flood_shelters_2025.geojson", "a.csv"),
        ("communities/hatyai_city_communities.csv", "a.parquet"),
        ("crs_encoding/hatyai_muang_tambon_cp874_epsg24047.zip", "a.gpkg"),
        ("parcels/cambridge_ma_scale_polygons.parquet", "a.zip"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(shared: Path, tmp_path: Path, source: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes((shared / source).read_bytes())
    assert code_of(path) in ("not-what-its-name-says", "unknown-type")


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 ...", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"Rar!\x1a\x07", b"\x89PNG\r\n",
        b"\x1f\x8b\x08",
        b"<html><body>no</body></html>", b"<OGRVRTDataSource></OGRVRTDataSource>", bytes(range(256)) * 4,
        b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /etc/hosts"}',
        b'{"type": "Topology", "objects": {}}', b'{"hello": "world"}', b"[1, 2, 3]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["upload", "upload.geojson", "upload.csv", "upload.kml"])
def test_what_is_no_map_data_is_refused_under_any_name(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert code_of(path) in ("unknown-type", "not-what-its-name-says")


def test_an_empty_file_and_no_file_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    assert code_of(path) == "empty"
    assert code_of(tmp_path / "nowhere.csv") == "no-such-file"


@pytest.mark.parametrize(
    "name",
    [
        "admin/thailand_adm2_amphoe.fgb", "osm/hatyai_flood_shelters_2025.geojson", "osm/songkhla_trunk_roads.geojson",
        "parcels/cambridge_ma_scale_polygons.parquet",
    ],
)  # fmt: skip
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_file_that_breaks_off_is_refused(shared: Path, tmp_path: Path, name: str, share: float) -> None:
    raw = (shared / name).read_bytes()
    path = tmp_path / Path(name).name
    path.write_bytes(raw[: int(len(raw) * share)])
    assert code_of(path) == "damaged"


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_geopackage_that_breaks_off_is_refused(tmp_path: Path, share: float) -> None:
    raw = written(tmp_path, "whole.gpkg", "GPKG").read_bytes()
    path = tmp_path / "half.gpkg"
    path.write_bytes(raw[: int(len(raw) * share)])
    assert code_of(path) == "damaged"


@pytest.mark.parametrize("suffix", [".shp", ".dbf", ".shx"])
def test_a_shapefile_with_one_part_cut_short_is_refused(shared: Path, tmp_path: Path, suffix: str) -> None:
    with zipfile.ZipFile(shared / "crs_encoding/hatyai_muang_tambon_cp874_epsg24047.zip") as zipped:
        zipped.extractall(tmp_path)
    part = next(tmp_path.glob(f"*{suffix}"))
    part.write_bytes(part.read_bytes()[: part.stat().st_size * 2 // 3])
    assert code_of(next(tmp_path.glob("*.shp"))) == "damaged"


def test_a_shapefile_in_a_folder_is_one_file_with_all_its_parts(shared: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(shared / "crs_encoding/hatyai_muang_tambon_cp874_epsg24047.zip") as zipped:
        zipped.extractall(tmp_path)
    with opened(next(tmp_path.glob("*.shp"))) as file:
        assert file.feature_count == 19
        assert file.encoding == "cp874"
        before = file.sha256
        assert file.size == sum(part.stat().st_size for part in tmp_path.iterdir())
    table = next(tmp_path.glob("*.dbf"))
    table.write_bytes(table.read_bytes().replace(b"Bo Yang", b"Bo Yong"))
    with opened(next(tmp_path.glob("*.shp"))) as file:
        assert file.sha256 != before


def test_brackets_without_end_break_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep.geojson"
    path.write_text('{"type":"FeatureCollection","features":' + "[" * 300_000)
    assert code_of(path) == "damaged"


def test_a_geojson_may_name_an_old_crs_member(tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "properties": {"a": "ก"},
        "geometry": {"type": "Point", "coordinates": [663000, 775000]},
    }
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::24047"}}
    path = tmp_path / "old.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": named, "features": [feature]}), encoding="utf-8")
    with opened(path) as file:
        assert file.crs is not None
        assert file.crs.to_epsg() == 24047
        assert file.crs_source.en == "the file itself"


def test_texts_that_look_like_dates_stay_texts_and_lists_become_json(tmp_path: Path) -> None:
    properties = {"on": "2567-02-29", "many": [1, 2], "deep": {"ก": 1}, "code": "0901"}
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [100.5, 7]},
    }
    path = tmp_path / "dates.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    with opened(path) as file:
        row = next(file.batches()).to_pylist()[0]
    assert row["on"] == "2567-02-29"
    assert row["code"] == "0901"
    assert json.loads(row["many"]) == [1, 2]
    assert json.loads(row["deep"]) == {"ก": 1}


def test_a_geojson_with_latitude_first_is_noticed(tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "properties": {"a": 1},
        "geometry": {"type": "Point", "coordinates": [7.01, 100.47]},
    }
    path = tmp_path / "swapped.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with opened(path) as file:
        assert file.axes == "swapped"
    half = feature | {"geometry": {"type": "Point", "coordinates": [100.47, 7.01]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature, half]}))
    with opened(path) as file:
        assert file.axes == "lon,lat"


def test_a_geopackage_with_several_layers_offers_them(tmp_path: Path) -> None:
    path = written(tmp_path, "two.gpkg", "GPKG", layer="แปลง")
    written(tmp_path, "two.gpkg", "GPKG", layer="อาคาร", append=True)
    assert code_of(path) == "several-datasets"
    with opened(path, layer="อาคาร") as file:
        assert file.feature_count == 3
    assert code_of(path, layer="ป้าย") == "unknown-layer"


def test_views_of_a_geopackage_are_left_alone_and_told(tmp_path: Path) -> None:
    path = written(tmp_path, "view.gpkg", "GPKG", layer="parcel")
    base = sqlite3.connect(path)
    base.executescript(
        "create view sneaky as select * from parcel;"
        "insert into gpkg_contents (table_name, data_type, identifier, srs_id) "
        "values ('sneaky', 'features', 'sneaky', 4326);"
        "insert into gpkg_geometry_columns values ('sneaky', 'geom', 'POINT', 4326, 0, 0);"
    )
    base.close()
    with opened(path) as file:
        assert file.feature_count == 3
        assert [problem.code for problem in file.problems] == ["views-left-out"]
    assert code_of(path, layer="sneaky") == "unknown-layer"


def test_a_geopackage_is_not_changed_by_being_read(tmp_path: Path) -> None:
    path = written(tmp_path, "still.gpkg", "GPKG")
    before = path.read_bytes()
    with opened(path) as file:
        assert sum(batch.num_rows for batch in file.batches()) == 3
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["still.gpkg"]


def test_a_kml_is_read_with_its_thai_names_and_heights(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(KML.format(prolog="", folders=PLACE.format(name="บ่อยาง")), encoding="utf-8")
    with opened(path) as file:
        row = next(file.batches()).to_pylist()[0]
        assert file.crs is not None
    assert "บ่อยาง" in row.values()
    assert shapely.from_wkb(row["geometry"]).z == 5


def test_a_kmz_is_a_zip_with_a_kml(make_zip: Make) -> None:
    content = KML.format(prolog="", folders=PLACE.format(name="ตลาด")).encode()
    with opened(make_zip("a.kmz", {"doc.kml": content, "files/icon.png": b"x"})) as file:
        assert (file.driver, file.feature_count) == ("KML", 1)


def test_folders_of_a_kml_are_offered_as_layers(tmp_path: Path) -> None:
    folders = "".join(f"<Folder><name>{name}</name>{PLACE.format(name=name)}</Folder>" for name in ("วัด", "โรงเรียน"))
    path = tmp_path / "two.kml"
    path.write_text(KML.format(prolog="", folders=folders), encoding="utf-8")
    assert code_of(path) == "several-datasets"
    with opened(path, layer="วัด") as file:
        assert file.feature_count == 1


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
        '<!DOCTYPE kml SYSTEM "file:///etc/hosts">',
        '<!-- a comment --><!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/hosts">]>',
    ],
)
def test_a_kml_that_declares_entities_is_refused(tmp_path: Path, prolog: str) -> None:
    path = tmp_path / "bomb.kml"
    path.write_text(KML.format(prolog=prolog, folders=PLACE.format(name="&c;")), encoding="utf-8")
    assert code_of(path) == "xml-document-type"


def test_html_in_a_description_is_no_document_type(tmp_path: Path) -> None:
    place = PLACE.format(name="ก").replace(
        "<Point>", "<description><![CDATA[<!DOCTYPE html><b>x</b>]]></description><Point>"
    )
    path = tmp_path / "earth.kml"
    path.write_text(KML.format(prolog="<!-- made by hand -->", folders=place), encoding="utf-8")
    with opened(path) as file:
        assert file.feature_count == 1


def parquet(path: Path, *, geo: dict[str, object] | None) -> Path:
    wkb = shapely.to_wkb(np.array([shapely.Point(100.47, 7.01), None], dtype=object))
    table = pa.table(
        {
            "ชื่อ": pa.array(["ก", None]).dictionary_encode(),
            "geometry": pa.array(wkb, pa.binary()),
            "raw": [b"x", b"y"],
        }
    )
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)} if geo is not None else None), path)
    return path


def test_a_geoparquet_says_its_crs_or_says_that_nobody_knows(tmp_path: Path) -> None:
    about = {"encoding": "WKB", "geometry_types": ["Point"]}
    geo: dict[str, object] = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": about},
    }
    with opened(parquet(tmp_path / "default.parquet", geo=geo)) as file:
        assert file.crs is not None
        assert file.bounds is not None
        assert file.columns == (("ชื่อ", pa.string()),)
        assert [problem.code for problem in file.problems] == ["column-left-out"]
        assert next(file.batches()).column("ชื่อ").to_pylist() == ["ก", None]
    with opened(parquet(tmp_path / "null.parquet", geo=geo | {"columns": {"geometry": about | {"crs": None}}})) as file:
        assert file.crs is None
    with opened(parquet(tmp_path / "plain.parquet", geo=None)) as file:
        assert file.crs is None
        assert file.geometry_type is not None
    assert (
        code_of(parquet(tmp_path / "native.parquet", geo=geo | {"columns": {"geometry": {"encoding": "point"}}}))
        == "geometry-encoding"
    )


def test_a_crs_that_cannot_be_understood_is_refused_with_choices(make_zip: Make, make_shapefile: Make) -> None:
    with zipfile.ZipFile(make_shapefile("whole.zip", [b"a"])) as zipped:
        members = {name: zipped.read(name) for name in zipped.namelist()}
    members["a.prj"] = b'LOCAL_CS["Somewhere in Hat Yai",UNIT["m",1.0]]'
    path = make_zip("local.zip", members)
    with pytest.raises(RefusedImport) as refused, opened(path):
        pass
    assert refused.value.problems[0].code == "unknown-crs"
    assert refused.value.choices
    with opened(path, crs="EPSG:4326") as file:
        assert file.feature_count == 1


def test_a_crs_that_overrides_the_files_own_is_told(make_shapefile: Make) -> None:
    with opened(make_shapefile("own.zip", [b"a"], prj="EPSG:4326"), crs="EPSG:4240") as file:
        assert [problem.code for problem in file.problems] == ["crs-overridden"]


def test_a_polygon_of_two_million_vertices_is_read_without_ado(tmp_path: Path) -> None:
    angle = np.linspace(0, 2 * np.pi, 2_000_000)
    giant = shapely.Polygon(np.column_stack((100.5 + np.cos(angle) / 100, 7 + np.sin(angle) / 100)))
    path = tmp_path / "giant.fgb"
    write(path, shapely.to_wkb(np.array([giant], dtype=object)), [np.array([1])], ["n"], geometry_type="Polygon",
          crs="EPSG:4326", driver="FlatGeobuf")  # fmt: skip
    with opened(path) as file:
        batch = next(file.batches())
    geoms = shapely.from_wkb(batch.column("geometry").to_numpy(zero_copy_only=False))
    assert repaired(np.array(geoms, dtype=object), ["POLYGON"]).too_big.tolist() == [True]


def test_nothing_is_printed_by_the_libraries_below(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.geojson"
    path.write_text('{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Poi')
    assert code_of(path) == "damaged"
    assert capfd.readouterr() == ("", "")


def test_the_formats_promised_can_be_read_here() -> None:
    assert {"ESRI Shapefile", "GPKG", "FlatGeobuf", "GeoJSON", "KML"} <= set(pyogrio.list_drivers(read=True))


def test_rows_deleted_in_the_dbf_are_left_out_and_counted(make_zip: Make) -> None:
    shp, shx = points_shp([(100.4, 7), (100.5, 7), (100.6, 7)])
    table = bytearray(dbf([("A", "C", 8)], [[b"a"], [b"b"], [b"c"]]))
    table[65 + 9] = ord("*")  # the mark of the second record
    with opened(make_zip("deleted.zip", {"a.shp": shp, "a.shx": shx, "a.dbf": bytes(table)})) as file:
        rows = [row for batch in file.batches() for row in batch.to_pylist()]
        assert file.feature_count == len(rows) == 2
        assert [problem.code for problem in file.problems] == ["deleted-rows"]


def test_a_buddhist_leap_day_in_a_dbf_stays_the_day_it_is(make_zip: Make) -> None:
    shp, shx = points_shp([(100.4, 7)] * 4)
    days = [b"25670229", b"25650127", b"00000000", b""]
    table = dbf([("D", "D", 8), ("A", "C", 3)], [[day, b"x"] for day in days])
    with opened(make_zip("leap_day.zip", {"a.shp": shp, "a.shx": shx, "a.dbf": table})) as file:
        assert file.columns[0] == ("D", pa.string())
        found = [value for batch in file.attributes(["A", "D"], size=3) for value in batch.column("D").to_pylist()]
    assert found == ["2567-02-29", "2565-01-27", None, None]
    assert read_date("2567-02-29", date_order(found)).value == date(2024, 2, 29)
    table = dbf([("D", "D", 8)], [[b"20240229"]] * 4)
    with opened(make_zip("common_era.zip", {"a.shp": shp, "a.shx": shx, "a.dbf": table})) as file:
        assert file.columns[0] == ("D", pa.date32())
