"""The Land Department's monthly list and its geometry: both forms of headers, spreadsheets as people make them."""

from __future__ import annotations

import datetime as dt
import json
from hashlib import md5
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geo.intake.doctor.examine import examined
from geo.intake.doctor.finding import Examination, Finding
from geo.intake.doctor.guess import guessed
from geo.intake.doctor.land_office import examined_list, is_person_id, natural_keys
from geo.intake.open import opened
from geo.store.known import NOTHING_KNOWN, Known, Lots
from layers import LAYERS

# Made-up people: the last digit of the first is right, of the second wrong.
RIGHT, WRONG = "1234567890121", "1234567890125"
THAI = ("ประเภทการจดทะเบียน", "วันที่จดทะเบียน", "โฉนด", "ที่ดิน", "ห.สำรวจ", "ไร่", "งาน", "วา", "เศษ", "คำนำหน้า", "ชื่อ",
        "นามสกุล", "13 หลัก", "สถานะดำเนินการ")  # fmt: skip
CODES = ("REG_CODE", "REG_DATE", "REG_AMT", "PARCEL_NO", "LAND_NO", "SURVEY_NO", "OWN_PERS_ID", "OWN_FNAME",
         "OWN_LNAME", "UTM_MAP1", "UTM_MAP2", "UTM_MAP3", "UTM_MAP4", "UTM_SCALE")  # fmt: skip


def digest(text: str) -> str:
    """As the store digests a deed or a land number."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def by_id(told: Examination) -> dict[str, Finding]:
    """The findings by name."""
    return {one.id: one for one in told.findings}


def test_the_thai_form_is_counted_by_event_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "m10.csv"
    rows = [
        ("ขาย", "5/1/2567", "101", "84", "9", "0", "1", "50", "5", "นาย", "สมมติ", "หนึ่ง", RIGHT, "เสร็จ"),
        ("แบ่งแยก", "30/2/2567", "102", "85", "9", "0", "4", "20", "", "นาง", "สมมติ", "สอง", WRONG, ""),
        ("เหตุใหม่", "6/1/2567", "103", "86", "9", "0", "0", "150", "", "นาย", "สมมติ", "สาม", "54321", ""),
        ("ขาย", "5/1/2567", "101", "84", "9", "0", "1", "50", "5", "นาย", "สมมติ", "หนึ่ง", RIGHT, "เสร็จ"),
        ("จำนอง", "7/1/2024", "", "-", "9", "0", "x", "20", "", "นาย", "สมมติ", "สี่", RIGHT, ""),
    ]
    path.write_text("\n".join(",".join(row) for row in (THAI, *rows)), "cp874")
    told = examined_list(NOTHING_KNOWN, path)
    found = by_id(told)
    assert told.encoding == "cp874"
    assert dict(told.forms) == {"TRANSFER": 2, "SPLIT": 1, "UNKNOWN": 1, "ENCUMBRANCE": 1}
    assert {id: one.rows.tolist() for id, one in found.items()} == {
        "unknown-event:ประเภทการจดทะเบียน": [3], "bad-date:วันที่จดทะเบียน": [2], "mixed-years:วันที่จดทะเบียน": [5],
        "area-units:งาน": [2], "area-units:วา": [3], "not-a-number:งาน": [5], "bad-person-id:13 หลัก": [2, 3],
        "duplicate-key": [1, 4], "no-key:ที่ดิน": [5], "null-literal:ที่ดิน": [5],
    }  # fmt: skip
    assert any("not loaded anywhere" in one.en for one in told.remarks)
    whole = json.dumps(told.to_json(), ensure_ascii=False)
    for secret in (RIGHT, WRONG, "54321", "สมมติ"):
        assert secret not in whole


def test_the_coded_form_is_matched_with_the_parcels_by_its_natural_key(tmp_path: Path) -> None:
    path = tmp_path / "m10.csv"
    rows = [
        ("0101", "5/1/2567", " ฿304,000.00 ", "101", "84", "9", RIGHT, "ก", "ข", "5039", "2", "4682", "7", "1000"),
        ("0101", "5/1/2567", "", "102", "85", "9", RIGHT, "ก", "ข", "5039", "2", "4682", "07", "1000"),
        ("0102", "5/1/2567", "0", "999", "86", "9", RIGHT, "ก", "ข", "5039", "2", "4682", "07", "1000"),
    ]
    path.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in (CODES, *rows)), "utf-8")
    lots = Lots(lands=frozenset({digest("5039II468207|1000|84")}), deeds=frozenset({digest("deed|102")}))
    told = examined_list(Known(lots=lots), path)
    found = by_id(told)
    assert set(found) == {"unknown-event:REG_CODE", "unmatched"}
    assert found["unknown-event:REG_CODE"].values == (("0101", 2), ("0102", 1))
    assert found["unmatched"].rows.tolist() == [3]
    assert dict(found["unmatched"].facts) == {"by_land": 1, "by_deed": 1}


def test_the_natural_key_is_as_the_land_department_writes_it() -> None:
    cells = {"utm1": ["5039", "5039", ""], "utm2": ["2", "2", ""], "utm3": ["4682", "4682", ""], "utm4": ["7", "", ""],
             "scale": ["1000", "1000", ""], "land": ["84", "84", "12"], "air1": ["", "", "5039"],
             "air2": ["", "", "II"], "air3": ["", "", "117"]}  # fmt: skip
    assert natural_keys(cells) == ["5039|2|4682|07|1000|84", "", "5039|II|117|12"]


@pytest.mark.parametrize(("number", "right"), [(RIGHT, True), (WRONG, False), ("1-2345-67890-12-1", True), ("", False)])
def test_the_last_of_thirteen_digits_is_checked(number: str, right: bool) -> None:
    assert is_person_id(number) is right


def workbook(path: Path, rows: list[tuple[Any, ...]], *, merged: tuple[str, ...] = (), title: str = "ม.10") -> Path:
    """A workbook with one sheet of these rows."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(path)
    return path


def test_a_spreadsheet_with_a_title_merged_headers_and_formulas_is_read_and_told(tmp_path: Path) -> None:
    rows: list[tuple[Any, ...]] = [
        ("บัญชีรายการจดทะเบียน ประจำเดือนมกราคม 2567",), (),
        ("โฉนด", "ที่ดิน", "เนื้อที่", None, None, "เจ้าของ", None, None, "13 หลัก", "ประเภทการจดทะเบียน", "วันที่จดทะเบียน"),
        (None, None, "ไร่", "งาน", "วา", "คำนำหน้า", "ชื่อ", "นามสกุล", None, None, None),
        ("101", 84, 0, 1, 50.5, "นาย", "สมมติ", "หนึ่ง", int(RIGHT), "ขาย", dt.date(2024, 1, 5)),
        ("102", 85, 0, "=B6-84", 20, "นาง", "สมมติ", "สอง", RIGHT, "มรดก", "6/1/2567"),
    ]  # fmt: skip
    merged = ("A1:K1", "C3:E3", "F3:H3", *(f"{letter}3:{letter}4" for letter in "ABIJK"))
    path = workbook(tmp_path / "m10.xlsx", rows, merged=merged)
    assert guessed(path, LAYERS).kind == "land_office"
    told = examined_list(NOTHING_KNOWN, path)
    assert (told.driver, told.rows) == ("XLSX", 2)
    found = by_id(told)
    assert {"merged-headers", "header-lower", "formula-without-value"} <= set(found)
    assert "D6" in found["formula-without-value"].told.en
    assert "bad-person-id:13 หลัก" not in found
    assert dict(told.forms) == {"TRANSFER": 2}
    assert {one.field for one in told.used} >= {"rai", "ngan", "wah", "title", "first", "last", "deed", "land"}


def test_of_several_sheets_one_is_asked_for(tmp_path: Path) -> None:
    path = workbook(tmp_path / "m10.xlsx", [THAI, ("ขาย",) * len(THAI)])
    book = openpyxl.load_workbook(path)
    book.create_sheet("ก.พ.").append(["โฉนด", "ที่ดิน"])
    book["ก.พ."].append(["1", "2"])
    book.create_sheet("ว่าง")
    book.save(path)
    told = examined_list(NOTHING_KNOWN, path)
    assert [one.code for one in told.findings] == ["several-datasets"]
    assert [choice.en for choice in told.choices] == ["--sheet ม.10", "--sheet ก.พ."]


def test_old_and_locked_workbooks_are_told_apart(tmp_path: Path) -> None:
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    header[30:32] = (9).to_bytes(2, "little")
    old, locked = tmp_path / "old.xls", tmp_path / "locked.xlsx"
    old.write_bytes(bytes(header) + "Workbook".encode("utf-16-le") + bytes(400))
    locked.write_bytes(bytes(header) + "EncryptedPackage".encode("utf-16-le") + bytes(400))
    by_path = {path.name: examined_list(NOTHING_KNOWN, path) for path in (old, locked)}
    assert ".xlsx" in by_path["old.xls"].findings[0].told.en
    assert [one.code for one in by_path["locked.xlsx"].findings] == ["locked-with-password"]


def test_a_spreadsheet_of_lots_is_read_for_a_layer_and_its_dates_as_numbers_are_told(tmp_path: Path) -> None:
    square = "POLYGON((100.47 7.01, 100.47018 7.01, 100.47018 7.01018, 100.47 7.01018, 100.47 7.01))"
    rows = [("รหัสแปลง", "ปีภาษี", "วันที่สำรวจ", "wkt")]
    rows += [(f"01A{turn:03d}", "2567", "45000" if turn == 2 else "5/1/2567", square) for turn in range(4)]
    told = examined(
        NOTHING_KNOWN, LAYERS["parcel"], workbook(tmp_path / "lots.xlsx", rows), layers=LAYERS, topology=False
    )
    found = by_id(told)
    assert found["date-as-number:วันที่สำรวจ"].rows.tolist() == [3]
    assert told.driver == "XLSX"
    assert told.rows == 4


RING = [[663000, 775000], [663000, 775030], [663020, 775030], [663020, 775000], [663000, 775000]]
WKT = "POLYGON((663000 775000, 663000 775030, 663020 775030, 663020 775000, 663000 775000))"
LAND = {
    "LandUTM1": "5039",
    "LandUTM2": "2",
    "LandUTM3": "4682",
    "LandUTM4": "07",
    "LandUTMScale": 1000,
    "LandNumber": 84,
}


@pytest.mark.parametrize(
    "whole",
    [
        [{**LAND, "LocationGeospatial": {"type": "Polygon", "coordinates": [RING]}}],
        {"LocationGeospatial": [{**LAND, "geometry": {"type": "Polygon", "coordinates": [RING]}}]},
        {"result": {"items": [{**LAND, "LocationGeospatial": WKT}]}},
        {"data": [{"LocationGeospatial": {**LAND, "coordinates": [RING]}}]},
        {"data": [{"LocationGeospatial": {**LAND, "type": "MultiPolygon", "coordinates": [[RING]]}}]},
        [{**LAND, "LocationGeospatial": json.dumps({"type": "Polygon", "coordinates": [RING]})}],
        [{**LAND, "Coordinates": [{"X": x, "Y": y} for x, y in RING]}],
    ],
    ids=["geojson", "wrapped", "wkt", "inside", "many", "json-text", "pairs"],
)
def test_the_land_departments_geometry_is_read_in_its_plausible_forms(tmp_path: Path, whole: Any) -> None:
    path = tmp_path / "land.json"
    path.write_text(json.dumps(whole), "utf-8")
    with opened(path) as file:
        assert (file.driver, file.feature_count) == ("DOL JSON", 1)
        assert (file.geometry_type or "").endswith("Polygon")
        assert file.crs is not None
        assert file.crs.to_epsg() == 24047
        assert {"LandUTM1", "LandNumber"} <= {name for name, _ in file.columns}
    told = examined(NOTHING_KNOWN, LAYERS["parcel"], path, layers=LAYERS)
    assert "EPSG:1304" in (told.crs_operation or "")
    assert told.refused is None
    assert told.rows == 1


@pytest.mark.parametrize("shape", [{"path": "M0 0"}, "M 0 0 L 1 1", [1, 2, 3], None])
def test_geometry_in_a_form_that_is_not_known_is_refused_in_words(tmp_path: Path, shape: Any) -> None:
    path = tmp_path / "land.json"
    path.write_text(json.dumps([{**LAND, "LocationGeospatial": shape}]), "utf-8")
    told = examined(NOTHING_KNOWN, LAYERS["parcel"], path, layers=LAYERS)
    assert told.refused is not None
    assert [one.code for one in told.findings] == ["unknown-form"]
    assert "LandNumber" in told.refused.en
