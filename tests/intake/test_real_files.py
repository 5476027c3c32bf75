"""The real files that Thai offices send, brought in whole: each promise of the intake on the file that tests it."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.errors import RefusedImport
from tests.intake.conftest import FILES, Load, Rows, told

TAMBON = "hatyai_muang_tambon"


@pytest.fixture
def encoded(shared_data: Path) -> Path:
    """The folder of files with encodings and coordinate systems to trip over."""
    return shared_data / "crs_encoding"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        (f"{TAMBON}_cp874_epsg24047.zip", {}),
        (f"{TAMBON}_cp874_epsg32647_no_prj.zip", {"crs": "EPSG:32647"}),
        (f"{TAMBON}_cp874_oem874_cpg.zip", {}),
    ],
)
def test_thai_names_of_a_cp874_dbf_are_thai(
    load: Load, rows: Rows, encoded: Path, name: str, options: dict[str, str]
) -> None:
    report = load("municipality", encoded / name, **options)
    assert report.encoding == "cp874"
    assert report.counts.inserted == 19
    names = dict(rows("SELECT code, name_th FROM municipality"))
    assert names["900101"] == "บ่อยาง"
    assert names["901101"] == "หาดใหญ่"


def test_a_utf8_dbf_without_a_cpg_is_read_as_utf8(load: Load, rows: Rows, encoded: Path) -> None:
    report = load("municipality", encoded / "thailand_adm3_utf8_dbf_no_cpg.zip")
    assert (report.encoding, report.counts.inserted) == ("UTF-8", 7425)
    assert rows("SELECT name_th FROM municipality WHERE code = '901101'") == [("หาดใหญ่",)]
    assert told(report, "mojibake") == []


def test_a_shapefile_without_a_prj_is_refused_with_choices_and_taken_with_one(
    load: Load, rows: Rows, encoded: Path
) -> None:
    path = encoded / f"{TAMBON}_cp874_epsg32647_no_prj.zip"
    with pytest.raises(RefusedImport) as refused:
        load("municipality", path)
    offered = " ".join(choice.en for choice in refused.value.choices)
    assert "--crs EPSG:32647" in offered
    assert "--crs EPSG:24047" in offered
    assert all(choice.th for choice in refused.value.choices)
    assert rows("SELECT count(*) FROM municipality") == [(0,)]
    report = load("municipality", path, crs="EPSG:32647")
    assert report.crs == "EPSG:32647"
    assert report.counts.inserted == 19


def test_projected_metres_in_a_geojson_are_refused_and_taken_with_a_crs(load: Load, rows: Rows, encoded: Path) -> None:
    path = encoded / f"{TAMBON}_utm47n_no_crs.geojson"
    with pytest.raises(RefusedImport) as refused:
        load("municipality", path)
    assert refused.value.problems[0].code == "metres-as-degrees"
    assert "EPSG:32647" in " ".join(choice.en for choice in refused.value.choices)
    assert rows("SELECT count(*) FROM municipality") == [(0,)]
    assert load("municipality", path, crs="EPSG:32647").counts.inserted == 19


def test_indian_1975_goes_by_the_pinned_operation(load: Load, rows: Rows) -> None:
    report = load("flood_station", FILES / "indian_1975_vectors.csv", crs="EPSG:24047")
    assert report.crs_operation is not None
    assert "EPSG:1304" in report.crs_operation
    assert rows("SELECT crs_in, crs_operation FROM import_batch") == [("EPSG:24047", report.crs_operation)]
    # The vectors of DOMAIN 10.4.
    expected = {"V1": (662666.84, 775297.88), "V2": (675666.93, 796298.08), "V3": (664666.22, 1520303.08)}
    found = rows(
        "SELECT station_code, ST_X(g), ST_Y(g) FROM flood_station, LATERAL (SELECT ST_Transform(geom, 32647) AS g) q"
    )
    assert {code for code, _, _ in found} == set(expected)
    for code, east, north in found:
        assert abs(east - expected[code][0]) < 1
        assert abs(north - expected[code][1]) < 1


def test_indian_1975_does_not_land_where_the_library_would_put_it(load: Load, rows: Rows) -> None:
    load("flood_station", FILES / "indian_1975_vectors.csv", crs="EPSG:24047")
    away = rows(
        "SELECT ST_Distance(ST_Transform(geom, 32647), ST_SetSRID(ST_MakePoint(662489.59, 775349.49), 32647)) "
        "FROM flood_station WHERE station_code = 'V1'"
    )
    assert 180 < away[0][0] < 190


def test_the_real_indian_1975_file_lands_on_the_tambons_it_was_made_from(
    load: Load, rows: Rows, encoded: Path, shared_data: Path
) -> None:
    load("shared_area", shared_data / "admin" / f"{TAMBON.replace('tambon', 'adm3_tambon')}.geojson")
    load("municipality", encoded / f"{TAMBON}_cp874_epsg24047.zip")
    apart = rows(
        "SELECT max(ST_Distance(ST_Centroid(m.geom)::geography, ST_Centroid(a.geom)::geography)) "
        "FROM municipality m JOIN shared_area a ON a.area_code = m.code"
    )
    assert apart[0][0] < 3


def test_swapped_axes_are_noticed_and_told(load: Load, rows: Rows) -> None:
    report = load("flood_station", FILES / "swapped_axes.geojson")
    assert told(report, "axes-swapped")[0].problem.level == "changed"
    assert rows("SELECT ST_X(geom), ST_Y(geom) FROM flood_station WHERE station_code = 'S1'") == [(100.4729, 7.016)]


def test_data_outside_thailand_is_refused_unless_somebody_says_it_is_meant(
    load: Load, rows: Rows, shared_data: Path
) -> None:
    path = shared_data / "parcels" / "cambridge_ma_parcels_fy2013.fgb"
    with pytest.raises(RefusedImport) as refused:
        load("parcel", path)
    assert refused.value.problems[0].code == "outside-thailand"
    assert "--anywhere" in " ".join(choice.en for choice in refused.value.choices)
    assert rows("SELECT count(*) FROM parcel") == [(0,)]
    assert load("parcel", path, anywhere=True).counts.inserted == 13159


def test_invalid_lots_are_mended_counted_and_told_with_their_place(load: Load, rows: Rows, shared_data: Path) -> None:
    report = load("parcel", shared_data / "parcels" / "cambridge_ma_parcels_fy2013.fgb", anywhere=True)
    mended = told(report, "repaired")
    assert report.counts.repaired == len(mended) == 24
    assert report.counts.refused == 0
    assert rows("SELECT count(*) FROM parcel WHERE NOT ST_IsValid(geom)") == [(0,)]
    for entry in mended:
        assert entry.problem.row is not None
        assert entry.problem.lon is not None
        assert entry.problem.told.th != entry.problem.told.en


def test_repeated_and_missing_lot_numbers_are_told_and_kept(load: Load, rows: Rows, shared_data: Path) -> None:
    report = load("parcel", shared_data / "parcels" / "cambridge_ma_parcels_fy2013.fgb", anywhere=True)
    in_database = rows(
        "SELECT parcel_code, count(*) FROM parcel WHERE parcel_code IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
    )
    repeated = {entry.problem.value: entry.rows for entry in told(report, "duplicate-key")}
    assert repeated == dict(in_database)
    # The file repeats a value 81 times: "---" 58 times and "-" twice, which are words for nothing (with the one "--"
    # they make 63 rows), a missing value 5 times (6 rows), and real numbers the other 16 times.
    dashes = [entry for entry in told(report, "null-literal") if entry.problem.column == "map_lot"]
    assert len(dashes) == 63
    assert sum(repeated.values()) - len(repeated) == 81 - 58 - 2 - 5
    assert report.by_code["no-key"] == 6 + 63
    assert rows("SELECT count(*), count(parcel_code) FROM parcel") == [(13159, 13159 - 69)]


def test_the_same_file_again_changes_nothing_and_says_so(load: Load, rows: Rows, shared_data: Path) -> None:
    path = shared_data / "parcels" / "cambridge_ma_parcels_fy2013.fgb"
    load("parcel", path, anywhere=True)
    before = rows("SELECT md5(string_agg(p::text, ',' ORDER BY id)) FROM parcel p")
    again = load("parcel", path, anywhere=True)
    assert again.counts.nothing_changed
    assert again.counts.unchanged == 13159
    assert "Nothing changed" in again.told.en
    assert "ไม่มีอะไรเปลี่ยน" in again.told.th
    assert rows("SELECT md5(string_agg(p::text, ',' ORDER BY id)) FROM parcel p") == before
    assert rows("SELECT count(*) FROM parcel_history") == [(0,)]
    assert rows("SELECT count(*) FROM import_batch") == [(2,)]
    assert rows("SELECT count(*) FROM change") == [(1,)]


def test_accidents_become_risk_points_though_their_dates_mix_two_orders(
    load: Load, rows: Rows, shared_data: Path
) -> None:
    report = load("risk_point", shared_data / "hazards" / "songkhla_road_accidents_2020_2025.csv", set={"kind": "ROAD"})
    assert report.counts.inserted == 1648
    assert rows("SELECT DISTINCT kind FROM risk_point") == [("ROAD",)]
    assert "D/M/Y" in told(report, "date-order")[0].problem.told.en
    assert report.by_code["ambiguous-date"] > 0
    repeated = told(report, "duplicate-key")
    assert sum(entry.rows for entry in repeated) - len(repeated) == 10
    assert rows("SELECT count(*) FROM risk_point WHERE seen_on IS NULL") == [(0,)]
    assert "LATITUDE" not in report.unused


def test_communities_come_as_lists_without_outlines(load: Load, rows: Rows, shared_data: Path) -> None:
    folder = shared_data / "communities"
    assert load("community", folder / "hatyai_city_communities.csv").counts.inserted == 102
    assert load("community", folder / "songkhla_province_chumchon.csv").counts.inserted == 78
    assert rows("SELECT count(*) FROM community WHERE municipality = '9098' AND geom IS NULL") == [(102,)]
    twins = rows("SELECT name_th FROM community WHERE name_th LIKE 'วชิราซอย%' ORDER BY 1")
    assert [name for (name,) in twins] == sorted(["วชิราซอยคื่", "วชิราซอยคู่"])


@pytest.mark.parametrize(
    ("layer", "name", "count"),
    [
        ("asset", "osm/hatyai_flood_shelters_2025.geojson", 8),
        ("asset", "local_gov/songkhla_offices.geojson", 67),
        ("asset", "local_gov/songkhla_offices.csv", 67),
        ("flood_station", "cited_facts/utapao_gauge_thresholds.csv", 3),
        ("flood_station", "cited_facts/hatyai_flood_watch_points.csv", 8),
        ("municipality", "admin/songkhla_adm3_tambon.geojson", 127),
        ("municipality", "admin/songkhla_adm2_amphoe.geojson", 16),
        ("municipality", "admin/thailand_adm2_amphoe.fgb", 928),
        ("community", "admin/hatyai_muang_adm3_tambon.geojson", 19),
        ("shared_area", "admin/songkhla_adm3_tambon.geojson", 127),
        ("municipality", "admin/thailand_adm1_province.geojson", 77),
    ],
)
def test_every_file_that_has_a_layer_to_go_to_goes_there_and_comes_back_the_same(
    load: Load, rows: Rows, shared_data: Path, layer: str, name: str, count: int
) -> None:
    first = load(layer, shared_data / name)
    assert (first.counts.read, first.counts.inserted, first.counts.refused) == (count, count, 0)
    again = load(layer, shared_data / name)
    assert (again.counts.inserted, again.counts.updated, again.counts.unchanged) == (0, 0, count)
    assert rows(f"SELECT count(*) FROM {layer}") == [(count,)]


def test_flood_zones_of_elsewhere_turn_their_number_for_nothing_into_nothing(
    load: Load, rows: Rows, shared_data: Path
) -> None:
    report = load("risk_zone", shared_data / "parcels" / "cambridge_ma_fema_flood_100yr.geojson", anywhere=True)
    assert report.by_code["null-literal"] >= 21
    assert rows("SELECT count(*), count(depth_m) FROM risk_zone") == [(21, 0)]


def test_a_hundred_thousand_real_polygons_lose_none_in_silence(load: Load, rows: Rows, shared_data: Path) -> None:
    report = load("building", shared_data / "parcels" / "cambridge_ma_scale_polygons.parquet", anywhere=True)
    counts = report.counts
    assert counts.read == 100495
    assert counts.inserted + counts.refused == counts.read
    refused = [entry for entry in report.entries if entry.problem.level == "error"]
    assert len(refused) == counts.refused
    assert counts.repaired + counts.refused == 1786
    assert rows("SELECT count(*) FROM building WHERE NOT ST_IsValid(geom)") == [(0,)]
    assert rows("SELECT count(*) FROM building WHERE area_square_metres IS NULL") == [(0,)]
