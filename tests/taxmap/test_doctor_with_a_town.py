"""The doctor beside a town's data, and what a load tells of its own accord."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from api.cli import app
from geo.intake.doctor.examine import examined
from geo.intake.doctor.land_office import examined_list
from geo.intake.doctor.proposals import mapping_of, proposals
from geo.intake.load import LoadOptions, load_file
from geo.intake.open import opened
from geo.intake.report import Report
from geo.store.db import session_of
from geo.store.known import Known, known_here
from geo.thai import folded_header
from layers import LAYERS
from tests.taxmap.ltax import write_ltax

PARCEL = LAYERS["parcel"]
TOWN = LoadOptions(municipality="9098")
AT = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
Rows = Callable[..., Sequence[Any]]


def loaded(engine: Engine, path: Path, layer: str = "parcel") -> Report:
    """The report of loading a file for Hat Yai."""
    return load_file(engine, LAYERS[layer], path, TOWN, layers=LAYERS, by="officer", origin="test", at=AT)


def known(engine: Engine, layer: str | None = "parcel") -> Known:
    """What is here of Hat Yai."""
    with session_of(engine) as session:
        return known_here(session, LAYERS[layer] if layer else None, "9098", LAYERS)


def test_a_town_without_parcels_has_nothing_to_compare_with(engine: Engine, tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=300, defects=False)
    told = examined(known(engine), PARCEL, made.path, TOWN, layers=LAYERS)
    assert told.findings == ()
    assert any("outline" in one.en for one in told.unchecked)


def test_the_file_of_before_and_the_next_one_are_told_apart(engine: Engine, rows: Rows, tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=900, defects=False)
    loaded(engine, made.path)
    here = known(engine)
    assert here.rows == 900
    assert here.values["document_type"] == {"NS4"}
    assert {one.code for one in examined(here, PARCEL, made.path, TOWN, layers=LAYERS).findings} == {"identical-file"}
    fewer = write_ltax(tmp_path, rows=600, defects=False, name="fewer")
    assert {one.code for one in examined(here, PARCEL, fewer.path, TOWN, layers=LAYERS).findings} == {"count-jump"}
    before = rows("SELECT count(*), max(id) FROM import_batch")
    assert rows("SELECT count(*) FROM parcel") == [(900,)]
    assert rows("SELECT count(*), max(id) FROM import_batch") == before


def test_a_load_tells_what_costs_nothing_and_a_clean_load_tells_nothing(engine: Engine, tmp_path: Path) -> None:
    clean = loaded(engine, write_ltax(tmp_path, rows=900, defects=False).path)
    assert set(clean.by_code) == {"buddhist-year"}
    made = write_ltax(tmp_path, name="parcel")
    report = loaded(engine, made.path)
    for code in ("count-jump", "deed-repeated", "area-differs"):
        assert report.by_code[code] >= 1
    assert report.by_code["deed-repeated"] == made.counts["deed-repeated:Id_Chanod"]
    assert "identical-file" not in report.by_code
    assert "identical-file" in loaded(engine, made.path).by_code
    whole = json.dumps(report.to_json(), ensure_ascii=False)
    assert "เจ้าของสมมติ" not in whole


def test_the_monthly_list_is_matched_with_the_towns_deeds_and_nobody_reads_one(engine: Engine, tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=300, defects=False)
    loaded(engine, made.path)
    with opened(made.path) as file:
        deed = next(file.attributes(["Id_Chanod"])).column(0)[7].as_py()
    path = tmp_path / "m10.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["ประเภทการจดทะเบียน", "วันที่จดทะเบียน", "โฉนด", "ที่ดิน", "ชื่อ", "13 หลัก"])
    sheet.append(["ขาย", "5/1/2567", deed, "84", "สมมติ", "1234567890121"])
    sheet.append(["ขาย", "5/1/2567", "5", "84", "สมมติ", "1234567890121"])
    book.save(path)
    here = known(engine, None)
    assert deed not in here.lots.deeds
    told = examined_list(here, path, TOWN)
    assert [one.rows.tolist() for one in told.findings if one.code == "unmatched"] == [[2]]


def test_columns_are_proposed_by_memory_names_and_contents(tmp_path: Path) -> None:
    square = "POLYGON((100.47 7.01, 100.4701 7.01, 100.4701 7.0101, 100.47 7.0101, 100.47 7.01))"
    header = "kode,r,ng,w,เอกสาร,zone_id,ปี,my_owner,wkt"
    kinds = ("โฉนดที่ดิน", "น.ส.3ก")
    lines = [
        f'01A{turn:03d},{turn % 3},{turn % 4},{turn * 7 % 100},{kinds[turn % 2]},01,2567,x{turn},"{square}"'
        for turn in range(60)
    ]
    path = tmp_path / "lots.csv"
    path.write_text("\n".join([header, *lines]), "utf-8")
    with opened(path) as file:
        made = {
            one.column: one for one in proposals(PARCEL, file, remembered={folded_header("my_owner"): "owner_name"})
        }
        left_out = {one.column: one for one in proposals(PARCEL, file, remembered={"zoneid": ""})}
    assert {column: (one.field, one.why) for column, one in made.items()} == {
        "kode": ("parcel_code", "contents"), "r": ("rai", "contents"), "ng": ("ngan", "contents"),
        "w": ("wah", "contents"), "เอกสาร": ("document_type", "contents"), "zone_id": ("zone", "name"),
        "ปี": (None, "ask"), "my_owner": ("owner_name", "remembered"),
    }  # fmt: skip
    assert "tax_year" in made["ปี"].candidates
    assert left_out["zone_id"].field is None
    options = replace(TOWN, map=mapping_of(tuple(made.values())))
    told = examined(Known(), PARCEL, path, options, layers=LAYERS, topology=False)
    assert {one.field for one in told.used} >= {"parcel_code", "rai", "ngan", "wah", "document_type", "owner_name"}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """The command line of somebody whose machine has no database."""
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ATLAS_DATABASE_URL", raising=False)
    return CliRunner()


def test_the_command_examines_files_without_a_database(terminal: CliRunner, tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=8_000)
    report, copy = tmp_path / "out.json", tmp_path / "out.gpkg"
    words = ["doctor", str(made.path), "--report", str(report), "--corrected", str(copy), "--language", "th"]
    ended = terminal.invoke(app, words, catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    assert "ตรวจเป็น parcel" in ended.output
    told = json.loads(report.read_text("utf-8"))
    assert told["kind"] == "parcel"
    assert {one["code"] for one in told["findings"]} >= {"overlap", "gap", "zone-contradicts", "mojibake"}
    assert copy.is_file()
    assert not (tmp_path / "home").exists()


def test_the_command_ends_with_1_when_a_file_cannot_be_taken(terminal: CliRunner, tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=60, defects=False, prj=False)
    ended = terminal.invoke(app, ["doctor", str(made.path), "--language", "en"], catch_exceptions=False)
    assert ended.exit_code == 1
    assert "--crs EPSG:24047" in ended.output
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    assert terminal.invoke(app, ["doctor", str(empty)], catch_exceptions=False).exit_code == 1
    unclear = tmp_path / "things.csv"
    unclear.write_text("a,b\n1,2\n")
    ended = terminal.invoke(app, ["doctor", str(unclear), "--language", "en"], catch_exceptions=False)
    assert ended.exit_code == 1
    assert "--layer parcel" in ended.output


def test_buildings_are_held_against_the_parcels_of_a_file_beside_them(terminal: CliRunner, tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=60, defects=False)
    west, south, east, north = made.boundary.bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    path = tmp_path / "building.geojson"
    feature = {"type": "Feature", "properties": {"OBJECTID": 1}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    report = tmp_path / "out.json"
    ended = terminal.invoke(app, ["doctor", str(made.path), str(path), "--report", str(report)], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    parcels, buildings = json.loads(report.read_text("utf-8"))
    assert parcels["findings"] == []
    assert "across-parcels" in {one["code"] for one in buildings["findings"]}


def test_a_checked_load_stops_at_errors_and_loads_what_has_none(
    engine: Engine, database_url: str, rows: Rows, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATLAS_DATABASE_URL", database_url)
    path = tmp_path / "lots.csv"
    inside = "POLYGON((100.47 7.01, 100.4701 7.01, 100.4701 7.0101, 100.47 7.0101, 100.47 7.01))"
    abroad = "POLYGON((0 0, 1 0, 1 1, 0 0))"
    path.write_text(f'parcel_code,wkt\n01A001,"{inside}"\n01A002,"{inside}"\n01A003,"{abroad}"\n', "utf-8")
    words = ["load", "parcel", str(path), "--municipality", "9098"]
    assert CliRunner().invoke(app, [*words, "--check"]).exit_code == 1
    assert rows("SELECT count(*) FROM parcel") == [(0,)]
    path.write_text(f'parcel_code,wkt\n01A001,"{inside}"\n01A002,"{inside}"\n', "utf-8")
    ended = CliRunner().invoke(app, [*words, "--check"], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    assert "duplicate-shape" in ended.output
    assert rows("SELECT count(*) FROM parcel") == [(2,)]
