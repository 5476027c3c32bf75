"""Files that are wrong as a whole or in a row: told plainly, and nothing half-loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely

from geo.errors import AtlasError, BadRequest, RefusedImport
from tests.intake.conftest import FILES, Load, Rows, told


def written(path: Path, shapes: list[Any], kind: str = "Unknown") -> Path:
    table = pa.table({"code": [f"01A{n:03d}" for n in range(len(shapes))], "geometry": list(shapely.to_wkb(shapes))})
    table = table.rename_columns(["parcel_code", "geometry"])
    pyogrio.write_arrow(
        table, path, driver="FlatGeobuf", geometry_name="geometry", geometry_type=kind, crs="EPSG:4326",
        SPATIAL_INDEX="NO",
    )  # fmt: skip
    return path


def test_a_coordinate_that_is_no_number_costs_its_row_and_no_other(load: Load, rows: Rows, tmp_path: Path) -> None:
    good = shapely.box(100.47, 7, 100.4704, 7.0004)
    with np.errstate(invalid="ignore"):
        bad = shapely.polygons([(100.48, 7), (np.nan, 7), (100.4804, 7.0004), (100.48, 7)])
    report = load("parcel", written(tmp_path / "nan.fgb", [good, bad]), municipality="9098")
    assert (report.counts.inserted, report.counts.refused) == (1, 1)
    assert told(report, "bad-coordinate")[0].problem.row == 2
    assert rows("SELECT count(*) FROM parcel") == [(1,)]


def test_a_polygon_of_two_million_vertices_costs_its_row_and_no_other(load: Load, rows: Rows, tmp_path: Path) -> None:
    angle = np.linspace(0, 2 * np.pi, 2_000_001)
    huge = shapely.polygons(np.column_stack((100.5 + 0.01 * np.cos(angle), 7 + 0.01 * np.sin(angle))))
    good = shapely.box(100.47, 7, 100.4704, 7.0004)
    report = load("parcel", written(tmp_path / "huge.fgb", [huge, good]), municipality="9098")
    assert told(report, "too-many-vertices")[0].problem.row == 1
    assert rows("SELECT parcel_code FROM parcel") == [("01A001",)]


def test_a_few_rows_abroad_are_refused_and_told_one_by_one(load: Load, rows: Rows, tmp_path: Path) -> None:
    shapes = [shapely.box(100.47 + n * 0.01, 7, 100.475 + n * 0.01, 7.004) for n in range(9)]
    shapes.append(shapely.box(0, 51, 0.001, 51.001))
    path = written(tmp_path / "one_abroad.fgb", shapes)
    report = load("parcel", path, municipality="9098")
    entry = told(report, "outside-thailand")[0].problem
    assert (entry.row, entry.level) == (10, "error")
    assert entry.lon == pytest.approx(0.0005)
    assert (report.counts.inserted, report.counts.refused) == (9, 1)
    assert load("parcel", path, municipality="9098", anywhere=True).counts.inserted == 1


def test_a_file_mostly_abroad_is_refused_as_a_whole(load: Load, rows: Rows, tmp_path: Path) -> None:
    shapes = [shapely.box(n, 51, n + 0.001, 51.001) for n in range(5)] + [shapely.box(100.47, 7, 100.4704, 7.0004)]
    with pytest.raises(RefusedImport) as refused:
        load("parcel", written(tmp_path / "abroad.fgb", shapes), municipality="9098")
    assert [problem.row for problem in refused.value.problems][:5] == [1, 2, 3, 4, 5]
    assert rows("SELECT (SELECT count(*) FROM parcel), (SELECT count(*) FROM import_batch)") == [(0, 0)]


def test_shapes_of_another_kind_are_refused_and_a_multipoint_of_one_is_a_point(
    load: Load, rows: Rows, tmp_path: Path
) -> None:
    features = [
        {"type": "Feature", "properties": {"station_code": f"S{n}"}, "geometry": {"type": kind, "coordinates": where}}
        for n, (kind, where) in enumerate(
            (
                ("MultiPoint", [[100.47, 7.0]]), ("MultiPoint", [[100.47, 7.0], [100.48, 7.0]]),
                ("LineString", [[100.47, 7.0], [100.48, 7.0]]), ("Point", [100.48, 7.0, 12.5]),
            )
        )
    ]  # fmt: skip
    path = tmp_path / "stations.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    report = load("flood_station", path, municipality="9098")
    assert {entry.problem.row for entry in told(report, "geometry-kind")} == {2, 3}
    assert rows("SELECT station_code, ST_AsText(geom) FROM flood_station ORDER BY 1") == [
        ("S0", "POINT(100.47 7)"),
        ("S3", "POINT Z (100.48 7 12.5)"),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""), ("header_only.csv", b"parcel_code,wkt\n"),
        ("photo.geojson", b"\x89PNG\r\n\x1a\n" + bytes(50)),
        ("torn.geojson", b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"parcel_code":'),
        ("wide.csv", ",".join(f"c{n}" for n in range(200)).encode() + b"\n" + b"," * 199 + b"\n"),
        ("no_places.csv", b"parcel_code,rai\n01A001,2\n"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_it_should_be_is_refused_in_both_languages(
    load: Load, rows: Rows, tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AtlasError) as refused:
        load("parcel", path, municipality="9098")
    assert refused.value.told.th
    assert refused.value.told.en
    assert str(tmp_path) not in refused.value.told.en
    assert rows("SELECT (SELECT count(*) FROM parcel), (SELECT count(*) FROM import_batch)") == [(0, 0)]


def test_a_municipality_that_is_no_code_is_a_bad_request(load: Load) -> None:
    with pytest.raises(BadRequest):
        load("parcel", FILES / "dirty_parcels.csv", municipality="9098'; DROP TABLE parcel; --")


def test_headers_and_cells_that_look_like_sql_are_only_text(load: Load, rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "bobby.csv"
    path.write_text(
        'asset_code,"name""); DROP TABLE asset; --",name_th,lat,lon\nA1,x,"\'); DROP TABLE asset; --",7.0,100.47\n',
        "utf-8",
    )
    report = load("asset", path, municipality="9098")
    assert report.counts.inserted == 1
    assert rows("SELECT name_th FROM asset") == [("'); DROP TABLE asset; --",)]


def test_the_report_never_repeats_a_cell_that_the_public_may_not_see(load: Load, rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "households.csv"
    path.write_text(
        "household_code,head_name,phone,elderly,tenure,building_code,lat,lon\n"
        "H-SECRET,นายสมมมุุติ ลับมาก,None,สองคนลับ,เช่าแบบลับ,B-SECRET,7.0,100.47\n"
        "H-SECRET,นางสมมติ ลับมาก,-,-9999,,B-SECRET,7.0,100.471\n",
        "utf-8",
    )
    report = load("household", path, municipality="9098")
    assert {"text-mended", "null-literal", "not-a-number", "unknown-code", "duplicate-key", "unknown-link"} <= set(
        report.by_code
    )
    stored = rows("SELECT report::text FROM import_batch")[0][0]
    for text in (json.dumps(report.to_json(), ensure_ascii=False), report.to_text(most=1000), stored):
        assert "ลับ" not in text
        assert "SECRET" not in text
        assert "head_name" in text


def test_a_star_of_four_thousand_corners_costs_its_row_and_nobody_else_time(load: Load, tmp_path: Path) -> None:
    turns = np.arange(4001) * 2000 * 2 * np.pi / 4001
    ring = [[100.47 + 0.001 * x, 7 + 0.001 * y] for x, y in zip(np.cos(turns), np.sin(turns), strict=True)]
    square = [[100.48, 7], [100.481, 7], [100.481, 7.001], [100.48, 7]]
    shapes = [{"type": "Polygon", "coordinates": [[*one, one[0]]]} for one in (ring, square)]
    features = [{"type": "Feature", "properties": {}, "geometry": shape} for shape in shapes]
    path = tmp_path / "star.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    report = load("parcel", path, municipality="9098")
    assert [entry.problem.row for entry in told(report, "too-tangled")] == [1]
    assert (report.counts.inserted, report.counts.refused) == (1, 1)


def test_a_quote_that_nobody_closed_is_refused(load: Load, rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "quote.csv"
    path.write_text('name_th,lat,lon\nหนึ่ง,7.0,100.47\n"สอง,7.0,100.47\nสาม,7.0,100.47\n', "utf-8")
    with pytest.raises(RefusedImport) as refused:
        load("asset", path, municipality="9098")
    assert refused.value.problems[0].code == "csv-unreadable"
    path.write_text('name_th,lat,lon\n"หนึ่ง\nสอง",7.0,100.47\nสาม,7.0,100.47', "utf-8")
    assert load("asset", path, municipality="9098").counts.inserted == 2


def test_another_municipality_than_the_one_asked_for_is_told(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "towns.csv"
    path.write_text("municipality,name_th,lat,lon\n9098,ก,7,100.47\nเทศบาลนครสงขลา,ข,7,100.47\n", "utf-8")
    report = load("asset", path, municipality="9098")
    other = told(report, "other-municipality")
    assert [(entry.problem.row, entry.problem.value, entry.rows) for entry in other] == [(2, "เทศบาลนครสงขลา", 1)]


def test_what_was_refused_is_told_before_what_was_mended(load: Load) -> None:
    lines = load("parcel", FILES / "dirty_parcels.csv", municipality="9098").to_text("en").splitlines()
    marks = [line[0] for line in lines if line[0] in "✗~!"]
    assert marks[:4] == ["✗"] * 4
    assert "✗" not in marks[4:]


def test_a_folder_is_not_called_missing(load: Load, tmp_path: Path) -> None:
    with pytest.raises(RefusedImport) as refused:
        load("parcel", tmp_path)
    assert refused.value.problems[0].code == "a-folder"
