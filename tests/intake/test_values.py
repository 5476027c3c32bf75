"""Cells as people write them, read as what their column holds; and the whole of a dirty file."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geo.intake.columns import read_column
from geo.intake.parcel_codes import parcel_code
from geo.intake.report import Findings
from geo.intake.seen import Seen
from geo.intake.values import number_cell, reader_of
from geo.thai import date_order
from layers import LAYERS
from tests.intake.conftest import FILES, Load, Rows, told


def read(layer: str, field: str, text: str, *column: str) -> tuple[Any, str | None]:
    words = LAYERS[layer].fields[field]
    cell = reader_of(words, date_order([text, *column]))(text)
    return cell.value, cell.code


@pytest.mark.parametrize("text", ["None", "-", "null", "NaN", "N/A", "ไม่มีข้อมูล"])
def test_a_word_for_nothing_becomes_nothing_and_is_told(text: str) -> None:
    for field in ("owner_name", "rai", "surveyed_on", "land_use"):
        assert read("parcel", field, text) == (None, "null-literal")


def test_a_blank_cell_is_nothing_and_not_worth_a_word() -> None:
    for field in ("owner_name", "rai", "surveyed_on", "land_use", "parcel_code"):
        assert read("parcel", field, "  ") == (None, None)


@pytest.mark.parametrize(
    ("written", "kept"),
    [("กลุุ่ม", "กลุ่ม"), ("เ่ร่งด่วน", "เร่งด่วน"), ("น\u0e49\u0e4d\u0e32", "น้ำ"), ("บ้าน\u00a0เลข", "บ้าน เลข")],
)
def test_thai_text_is_put_into_its_standard_form_and_told(written: str, kept: str) -> None:
    assert read("parcel", "owner_address", written) == (kept, "text-mended")


def test_text_read_in_the_wrong_encoding_is_kept_and_flagged() -> None:
    assert read("parcel", "deed_no", "เธชเธเธเธฅเธฒ") == ("เธชเธเธเธฅเธฒ", "mojibake")


@pytest.mark.parametrize(
    ("field", "text", "value", "code"),
    [
        ("rai", "๒๐๐", 200, None), ("rai", "1,234", 1234, None), ("rai", "3.5", None, "not-whole"),
        ("rai", "99999999999", None, "too-large"), ("rai", "-2", -2, "out-of-bounds"),
        ("rai", "สอง", None, "not-a-number"),
        ("rai", "-9999", None, "null-literal"), ("ngan", "9", 9, "out-of-bounds"),
        ("wah", "50.5", Decimal("50.5"), None),
        ("tax_year", "2568", 2025, "buddhist-year"), ("tax_year", "2025", 2025, None),
        ("appraised_baht", " ฿304,000.00 ", Decimal("304000.00"), None),
        ("appraised_baht", "3.5 แสนบาท", Decimal(350000), None),
        ("appraised_baht", "90 กว่าล้าน", Decimal(90_000_000), "approximate"),
        ("appraised_baht", "1e40", None, "too-large"),
    ],
)  # fmt: skip
def test_numbers_as_offices_write_them(field: str, text: str, value: Any, code: str | None) -> None:
    assert read("parcel", field, text) == (value, code)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("2565-01-27", dt.date(2022, 1, 27), "buddhist-date"), ("29/02/2567", dt.date(2024, 2, 29), "buddhist-date"),
        ("23 มิ.ย. 65", dt.date(2022, 6, 23), "buddhist-date"), ("2020-05-01", dt.date(2020, 5, 1), None),
        ("30/02/2567", None, "bad-date"), ("เมื่อวาน", None, "bad-date"), ("1/2/65", None, "bad-date"),
    ],
)  # fmt: skip
def test_dates_as_offices_write_them(text: str, value: Any, code: str | None) -> None:
    assert read("risk_point", "seen_on", text) == (value, code)


def test_the_order_of_day_and_month_is_the_columns() -> None:
    assert read("risk_point", "seen_on", "1/2/2020", "26/1/2025") == (dt.date(2020, 2, 1), None)
    assert read("risk_point", "seen_on", "1/2/2020", "6/15/2020") == (dt.date(2020, 1, 2), None)
    assert read("risk_point", "seen_on", "1/2/2020", "26/1/2025", "6/15/2020") == (
        dt.date(2020, 2, 1),
        "ambiguous-date",
    )


def test_codes_are_known_by_code_label_and_alias_and_others_are_told() -> None:
    assert read("parcel", "land_use", "ที่อยู่อาศัย") == ("residential", None)
    assert read("parcel", "land_use", "Residential") == ("residential", None)
    assert read("parcel", "land_use", "สนามกอล์ฟ") == (None, "unknown-code")
    assert read("risk_point", "severity", "๔") == (4, None)
    assert read("risk_point", "severity", "4.0") == (4, None)
    assert read("risk_point", "severity", "9") == (None, "unknown-code")


def test_several_codes_in_one_cell_are_kept_apart() -> None:
    codes = LAYERS["community"].fields["problems"].codes
    assert codes is not None
    one, two = codes.codes[0], codes.codes[1]
    assert read("community", "problems", f"{one.code}; {two.label.th}") == (f"{one.code} {two.code}", None)
    assert read("community", "problems", f"{two.code} {one.code}") == (f"{two.code} {one.code}", None)
    assert read("community", "problems", f"{one.code},ปัญหาที่ไม่มีในรายการ") == (one.code, "unknown-code")


@pytest.mark.parametrize(
    ("text", "value"), [("ใช่", True), ("ไม่มี", False), ("1", True), ("0", False), ("No", False), ("๑", True)]
)
def test_yes_and_no_are_read_in_both_languages(text: str, value: bool) -> None:
    assert read("household", "has_carer", text) == (value, None)
    assert read("household", "has_carer", "บางที") == (None, "not-yes-no")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("04B066", ("04", "B", "066", "")), ("02S015/004", ("02", "S", "015", "/004")),
        ("02I085/003", ("02", "I", "085", "/003")), ("01A001", ("01", "A", "001", "")),
        ("02I085/003/01/1", ("02", "I", "085", "/003/01/1")),
    ],
)  # fmt: skip
def test_a_parcel_code_is_taken_apart(text: str, parts: tuple[str, ...]) -> None:
    assert parcel_code(text) == parts
    assert read("parcel", "parcel_code", text) == (text, None)


@pytest.mark.parametrize("text", ["๐๑A001", "01a001", "1A1"])
def test_what_is_no_parcel_code_is_kept_as_written_and_told(text: str) -> None:
    assert parcel_code(text) is None
    assert read("parcel", "parcel_code", text) == (text, "pattern")


def test_every_quirk_of_a_dirty_file_is_mended_or_told(load: Load, rows: Rows) -> None:
    report = load("parcel", FILES / "dirty_parcels.csv", municipality="9098")
    counts = report.counts
    assert (counts.read, counts.inserted, counts.refused, counts.repaired) == (10, 6, 4, 1)
    refused = {entry.problem.row: entry.problem.code for entry in report.entries if entry.problem.level == "error"}
    assert refused == {7: "bad-geometry", 8: "no-geometry", 9: "geometry-kind", 10: "outside-thailand"}
    stored = rows("SELECT parcel_code, land_use, rai, ngan, wah, tax_year, deed_no FROM parcel ORDER BY id")
    assert stored[0] == ("04B066", "residential", 1, 2, Decimal("50.5"), 2025, "12345")
    assert stored[1] == ("02S015/004", None, 2, 9, Decimal(10), 2025, "เธชเธเธ")
    assert stored[2] == ("01F095/003", None, None, 1, None, 2024, None)
    assert stored[3] == ("๐๑A001", "vacant", 0, 0, Decimal("1234.5"), None, None)
    assert stored[4] == (None, "agriculture", None, None, None, None, None)
    assert [entry.problem.row for entry in told(report, "repaired")] == [3]
    assert [entry.problem.row for entry in told(report, "key-composition")] == [3]
    assert [(entry.problem.value, entry.rows) for entry in told(report, "duplicate-key")] == [("04B066", 2)]
    assert {entry.problem.row for entry in told(report, "buddhist-year")} == {1, 3, 6}
    assert told(report, "unknown-code")[0].problem.value == "กลุุ่มบ้าน"


def test_every_row_refused_or_changed_has_both_languages_a_number_and_a_place(load: Load) -> None:
    report = load("parcel", FILES / "dirty_parcels.csv", municipality="9098")
    for entry in report.entries:
        assert entry.problem.told.th
        assert entry.problem.told.en
        if entry.problem.level in ("error", "changed"):
            assert entry.problem.row is not None
    without_place = {entry.problem.code for entry in report.entries if entry.problem.row and entry.problem.lon is None}
    assert without_place <= {"bad-geometry", "no-geometry"}
    first = next(one for one in report.to_json()["problems"] if one["code"] == "repaired")
    assert first["map"] == f"/map#18/{first['lat']:.6f}/{first['lon']:.6f}"


def test_mixed_dates_of_a_whole_file(load: Load, rows: Rows) -> None:
    report = load("risk_point", FILES / "mixed_dates.csv", municipality="9098")
    days = dict(rows("SELECT risk_code, seen_on FROM risk_point"))
    assert days == {
        "D1": dt.date(2022, 1, 27), "D2": dt.date(2024, 2, 29), "D3": dt.date(2022, 6, 23), "D4": dt.date(2025, 2, 1),
        "D5": dt.date(2025, 1, 2), "D6": dt.date(2024, 12, 31), "D7": dt.date(2024, 12, 31), "D8": None,
        "D9": dt.date(2023, 1, 5),
    }  # fmt: skip
    assert {entry.problem.row for entry in told(report, "ambiguous-date")} == {4, 5}
    assert [entry.problem.row for entry in told(report, "bad-date")] == [8]
    assert dict(rows("SELECT risk_code, severity FROM risk_point"))["D4"] == 4


def test_one_code_in_two_towns_is_not_repeated(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "two_towns.csv"
    codes = [("9098", "01A001"), ("9099", "01A001"), ("9099", "01A002"), ("9099", "01A002"), ("9098", ""), ("9098", "")]
    places = [
        f'"POLYGON(({x} 7,{x + 0.0005:.4f} 7,{x} 7.0005,{x} 7))"'
        for x in (100.47, 100.471, 100.472, 100.473, 100.474, 100.475)
    ]
    lines = [f"{town},{code},{place}" for (town, code), place in zip(codes, places, strict=True)]
    path.write_text("\n".join(["municipality,parcel_code,wkt", *lines]) + "\n", "utf-8")
    report = load("parcel", path)
    repeated = told(report, "duplicate-key")
    assert [(entry.problem.value, entry.problem.row, entry.rows) for entry in repeated] == [("01A002", 3, 2)]
    assert [entry.rows for entry in told(report, "no-key")] == [2]
    assert load("parcel", path).counts.nothing_changed


@given(
    st.lists(
        st.one_of(
            st.none(), st.decimals(-(10**9), 10**9, places=2), st.decimals(0, 10**12, places=4), st.floats(width=64),
            st.sampled_from([Decimal("99.1"), Decimal("-9999"), Decimal("0.3"), Decimal("1e300"), Decimal("-0.0")]),
        ),
        min_size=1, max_size=30,
    )
)  # fmt: skip
@example([2.5213163725691826e-11])
@example([1e27, 0.123456789])
@example([9e18, 0.123456789, 1e19])
def test_numbers_of_a_number_column_are_what_was_written(written: list[Decimal | float | None]) -> None:
    words = LAYERS["parcel"].fields["appraised_baht"]
    floats = [None if one is None else float(one) for one in written]
    seen = Seen(Findings(), LAYERS["parcel"], first_row=1, rows=len(floats), shapes=None)
    column = pa.array(floats, pa.float64(), from_pandas=True)
    read = read_column(column, words, seen, column="VALUE", order=None).to_pylist()
    alone = [None if one is None else number_cell(Decimal(repr(one)), words).value if math.isfinite(one) else None
             for one in floats]  # fmt: skip
    # Nine decimals are kept: 2.5213163725691826e-11 is no money.
    assert read == [None if one is None else one.quantize(Decimal("1e-9")) for one in alone]
