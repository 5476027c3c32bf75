"""Every real file at hand opens, whole, with its own words, or is refused for the reason it is there to show."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely

from geo.errors import RefusedImport
from geo.intake.open import Opened, crs_choices, crs_refusal, opened
from geo.shapes.crs import operation_to_wgs84, to_wgs84

FILES = {
    "admin/songkhla_adm3_tambon.geojson": ("GeoJSON", 127),
    "admin/songkhla_adm2_amphoe.geojson": ("GeoJSON", 16),
    "admin/hatyai_muang_adm3_tambon.geojson": ("GeoJSON", 19),
    "admin/thailand_adm1_province.geojson": ("GeoJSON", 77),
    "admin/thailand_adm2_amphoe.fgb": ("FlatGeobuf", 928),
    "admin/thailand_adm3_tambon_simplified.fgb": ("FlatGeobuf", 7_425),
    "crs_encoding/hatyai_muang_tambon_cp874_epsg24047.zip": ("ESRI Shapefile", 19),
    "crs_encoding/hatyai_muang_tambon_cp874_epsg32647_no_prj.zip": ("ESRI Shapefile", 19),
    "crs_encoding/hatyai_muang_tambon_cp874_oem874_cpg.zip": ("ESRI Shapefile", 19),
    "crs_encoding/thailand_adm3_utf8_dbf_no_cpg.zip": ("ESRI Shapefile", 7_425),
    "parcels/cambridge_ma_parcels_fy2013.fgb": ("FlatGeobuf", 13_159),
    "parcels/cambridge_ma_scale_polygons.parquet": ("Parquet", 100_495),
    "parcels/cambridge_ma_tax_fy2013.csv": ("CSV", 27_424),
    "parcels/cambridge_ma_state_use_codes.csv": ("CSV", 281),
    "parcels/cambridge_ma_fema_flood_100yr.geojson": ("GeoJSON", 21),
    "parcels/cambridge_ma_fema_flood_500yr.geojson": ("GeoJSON", 39),
    "communities/hatyai_city_communities.csv": ("CSV", 102),
    "communities/songkhla_province_chumchon.csv": ("CSV", 78),
    "communities/seed_names_crosswalk.csv": ("CSV", 19),
    "hazards/songkhla_road_accidents_2020_2025.csv": ("CSV", 1_648),
    "osm/songkhla_trunk_roads.geojson": ("GeoJSON", 337),
    "osm/hatyai_flood_shelters_2025.geojson": ("GeoJSON", 8),
    "local_gov/songkhla_offices.csv": ("CSV", 67),
    "local_gov/songkhla_offices.geojson": ("GeoJSON", 67),
    "cited_facts/utapao_gauge_thresholds.csv": ("CSV", 3),
}
WITH_THAI_NAMES = {
    "crs_encoding/hatyai_muang_tambon_cp874_epsg24047.zip": ("cp874", "TAM_NAM_T", "บ่อยาง"),
    "crs_encoding/hatyai_muang_tambon_cp874_epsg32647_no_prj.zip": ("cp874", "TAM_NAM_T", "บ่อยาง"),
    "crs_encoding/hatyai_muang_tambon_cp874_oem874_cpg.zip": ("cp874", "TAM_NAM_T", "บ่อยาง"),
    "crs_encoding/thailand_adm3_utf8_dbf_no_cpg.zip": ("UTF-8", "ADM3_TH", "พระบรมมหาราชวัง"),
}


def column(file: Opened, name: str) -> list[str | None]:
    return [value for batch in file.attributes([name]) for value in batch.column(0).to_pylist()]


def geometries(file: Opened) -> np.ndarray:
    wkb = pa.concat_arrays([batch.column("geometry") for batch in file.batches([])])
    return np.array(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False)), dtype=object)


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_is_read_to_its_last_row(shared: Path, name: str) -> None:
    driver, rows = FILES[name]
    with opened(shared / name) as file:
        assert (file.driver, file.feature_count) == (driver, rows)
        names = [column for column, _ in file.columns]
        types = dict(file.columns)
        assert names
        seen = 0
        for batch in file.batches(size=10_000):
            seen += batch.num_rows
            assert batch.schema.names == [*names, "geometry"]
            assert batch.schema.field("geometry").type == pa.binary()
            assert all(batch.schema.field(one).type == types[one] for one in names)
        assert seen == rows
        assert sum(batch.num_rows for batch in file.attributes(size=10_000)) == rows
        assert not file.problems
        assert len(file.sha256) == 64
        assert file.size == (shared / name).stat().st_size


@pytest.mark.parametrize("name", WITH_THAI_NAMES)
def test_thai_names_come_out_as_thai_whatever_the_file_says_of_its_encoding(shared: Path, name: str) -> None:
    encoding, column_name, first = WITH_THAI_NAMES[name]
    with opened(shared / name) as file:
        names = column(file, column_name)
        assert file.encoding == encoding
        assert names[0] == first
        assert all(
            text and all("\u0e00" <= letter <= "\u0e7f" or letter in " .()-–" for letter in text) for text in names[:19]
        )


def test_the_three_offices_send_the_same_names(shared: Path) -> None:
    with opened(shared / "admin/hatyai_muang_adm3_tambon.geojson") as original:
        names = column(original, "ADM3_TH")
    for name in list(WITH_THAI_NAMES)[:3]:
        with opened(shared / name) as file:
            assert column(file, "TAM_NAM_T") == names


def test_indian_1975_from_an_office_falls_on_the_original(shared: Path) -> None:
    with opened(shared / "admin/hatyai_muang_adm3_tambon.geojson") as original:
        wanted = geometries(original)
    with opened(shared / "crs_encoding/hatyai_muang_tambon_cp874_epsg24047.zip") as file:
        assert file.crs is not None
        operation = operation_to_wgs84(file.crs)
        found = to_wgs84(geometries(file), operation)
    assert operation.code == "EPSG:1304"
    # The file was made with set (3), which agrees with the pinned set (2) within 2 m; the default is 185 m away.
    corners = np.array(shapely.points(shapely.get_coordinates(wanted)), dtype=object)
    moved = np.array(shapely.points(shapely.get_coordinates(found)), dtype=object)
    nearest = corners[shapely.STRtree(corners).nearest(moved)]
    assert len(moved) == len(corners)
    assert shapely.distance(moved, nearest).max() * 111_000 < 4


def test_a_shapefile_without_a_prj_gives_the_choices_and_where_each_would_fall(shared: Path) -> None:
    with opened(shared / "crs_encoding/hatyai_muang_tambon_cp874_epsg32647_no_prj.zip") as file:
        assert file.crs is None
        assert [choice.code for choice in crs_choices(file)] == ["EPSG:24047", "EPSG:32647"]
        refusal = crs_refusal(file)
    assert [choice.en.split(" · ")[0] for choice in refusal.choices] == [
        "--crs EPSG:24047",
        "--crs EPSG:32647",
    ]
    assert "Hat Yai" in refusal.choices[0].en
    assert "หาดใหญ่" in refusal.choices[0].th


def test_the_crs_that_a_person_gives_is_taken(shared: Path) -> None:
    with opened(shared / "crs_encoding/hatyai_muang_tambon_cp874_epsg32647_no_prj.zip", crs="EPSG:32647") as file:
        assert file.crs is not None
        assert file.crs.to_epsg() == 32647
        assert file.crs_source.en == "as asked"


def test_metres_in_a_geojson_are_refused_with_choices_until_the_crs_is_given(shared: Path) -> None:
    path = shared / "crs_encoding/hatyai_muang_tambon_utm47n_no_crs.geojson"
    with pytest.raises(RefusedImport) as refused, opened(path):
        pass
    assert refused.value.problems[0].code == "metres-as-degrees"
    assert len(refused.value.choices) == 2
    with opened(path, crs="EPSG:32647") as file:
        assert file.feature_count == 19
        assert file.bounds is not None
        assert file.bounds.west == pytest.approx(631557.8)


def test_accidents_have_their_places_and_their_thai_headers(shared: Path) -> None:
    path = shared / "hazards/songkhla_road_accidents_2020_2025.csv"
    with path.open(encoding="utf-8-sig") as source:
        first = next(csv.DictReader(source))
    with opened(path) as file:
        assert file.geometry_type == "Point"
        assert [name for name, _ in file.columns] == list(first)
        points = geometries(file)
        assert not shapely.is_missing(points).any()
        assert (points[0].x, points[0].y) == (float(first["LONGITUDE"]), float(first["LATITUDE"]))
        assert file.axes == "lon,lat"


def test_a_list_without_places_opens_and_has_no_geometry(shared: Path) -> None:
    with opened(shared / "communities/hatyai_city_communities.csv") as file:
        assert file.geometry_type is None
        assert file.crs is None
        batch = next(file.batches())
        assert batch.column("geometry").null_count == batch.num_rows == 102


def test_columns_come_in_the_order_asked_and_unknown_ones_are_refused(shared: Path) -> None:
    from geo.errors import BadRequest

    with opened(shared / "admin/thailand_adm2_amphoe.fgb") as file:
        batch = next(file.batches(["ADM2_TH", "ADM1_TH"], size=10))
        assert batch.schema.names == ["ADM2_TH", "ADM1_TH", "geometry"]
        assert batch.num_rows == 10
        assert next(file.attributes([])).num_rows == 928
        with pytest.raises(BadRequest):
            file.batches(["owner"])


def test_a_file_is_the_same_file_whatever_it_is_called(shared: Path, tmp_path: Path) -> None:
    original = shared / "osm/hatyai_flood_shelters_2025.geojson"
    upload = tmp_path / "upload-7f3a"
    upload.write_bytes(original.read_bytes())
    with opened(original) as one, opened(upload, file_name="ศูนย์พักพิง.geojson") as other:
        assert one.sha256 == other.sha256
        assert other.file_name == "ศูนย์พักพิง.geojson"
        assert other.feature_count == 8
        assert column(one, "name_th") == column(other, "name_th")
