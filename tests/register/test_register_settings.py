"""What a town sets for its taxes: kept saving by saving, read strictly, used by every estimate."""

from __future__ import annotations

from typing import Any

import pytest

from geo.errors import BadRequest, RefusedRates
from geo.tax.prices import read_prices
from geo.tax.tables import standard_table
from geo.tax.years import read_year
from tests.register.conftest import HTML, Register

HEAD = "building_type,baht_per_square_metre,valid_from,valid_to\n"


def sent(register: Register, path: str, written: bytes, who: str = "tax", **form: str) -> Any:
    return register.client.post(path, files={"file": ("a.csv", written)}, data=form, headers=register.headers[who])


# --- the table of prices ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "row", "column", "told"),
    [
        ("100,7250,,\n100,7300,,\n", 2, "building_type", "is in row 1 already"),
        ("999,7250,,\n", 1, "building_type", "the type “999” is not known"),
        (",7250,,\n", 1, "building_type", "is empty"),
        ("100,,,\n", 1, "baht_per_square_metre", "is empty"),
        ("100,-5,,\n", 1, "baht_per_square_metre", "is negative"),
        ("100,0,,\n", 1, "baht_per_square_metre", "above 0"),
        ("100,๗๒๕๐,,\n", 1, "baht_per_square_metre", "Thai digits"),
        ("๑๐๐,7250,,\n", 1, "building_type", "Thai digits"),
        ("100,7250,๒๕๖๗,\n", 1, "valid_from", "Thai digits"),
        ("100,7250,12,\n", 1, "valid_from", "is not clear"),
        ("100,7250,2567,2566\n", 1, "valid_to", "ends before it begins"),
        ("100,1e4,,\n", 1, "baht_per_square_metre", "is no price"),
        ("100,7250.123,,\n", 1, "baht_per_square_metre", "is no price"),
        ("100,7250,2565,2566\n100,7300,2568,\n", 2, "valid_from", "no price between row 1"),
        ("100,7250,2565,2567\n100,7300,2567,\n", 2, "valid_from", "overlap row 1"),
        ("100,7250,,,5\n", 1, None, "more cells"),
    ],
)  # fmt: skip
def test_a_price_that_cannot_be_taken_is_told_with_row_and_column(
    rows: str, row: int, column: str | None, told: str
) -> None:  # fmt: skip
    with pytest.raises(RefusedRates) as refused:
        read_prices((HEAD + rows).encode())
    assert [(one.row, one.column) for one in refused.value.problems] == [(row, column)]
    assert told in refused.value.problems[0].told.en


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(RefusedRates) as refused:
        read_prices((HEAD + "100,-1,,\n999,๕,,\n200,,2567,2500\n400,8200,,\n").encode())
    assert [(one.row, one.column) for one in refused.value.problems] == [
        (1, "baht_per_square_metre"), (2, "building_type"), (2, "baht_per_square_metre"),
        (3, "baht_per_square_metre"), (3, "valid_to"),
    ]  # fmt: skip


def test_years_of_the_buddhist_era_are_converted_with_a_word() -> None:
    found = read_prices((HEAD + "100,7250,2567,\n200,7550,67,68\n400,8200,2024,\n").encode())
    assert [(one.valid_from, one.valid_to) for one in found.rows] == [(2024, None), (2024, 2025), (2024, None)]
    said = " ".join(one.en for one in found.told)
    assert "2567 was read as B.E. 2567 (2024)" in said
    assert "67 was read as B.E. 2567 (2024)" in said
    assert "no price for the types" in said


def test_what_a_thai_spreadsheet_saves_is_read() -> None:
    for written in ('รหัส,ประเภท,ราคาต่อ ตร.ม.,ปีภาษี\r\n100,บ้านเดี่ยว,"7,250.50",2567\r\n100,บ้านเดี่ยว,7400,2568\r\n',):
        for encoding in ("utf-8-sig", "cp874"):
            found = read_prices(written.encode(encoding))
            assert (found.of("100", 2024), found.of("100", 2026)) == (found.rows[0], found.rows[1])
            assert found.of("100", 2023) is None
            assert any("874" in one.en for one in found.told) == (encoding == "cp874")


@pytest.mark.parametrize(
    "written", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b'building_type\n"x' + b"y" * 200_000, b"\x81\x82"]
)
def test_what_is_no_table_of_prices_is_refused_in_words(written: bytes) -> None:
    with pytest.raises(RefusedRates) as refused:
        read_prices(written)
    assert refused.value.told.th
    assert refused.value.problems


@pytest.mark.parametrize(("written", "year"), [("2024", 2024), ("2567", 2024), ("67", 2024), (" 2569 ", 2026)])
def test_years_as_people_write_them(written: str, year: int) -> None:
    found, told = read_year(written)
    assert found == year
    assert (told is not None) == (written.strip() != str(year))


@pytest.mark.parametrize("written", ["", "7", "62", "256", "2562", "25677", "๒๕๖๗", "2567.0", "-67"])
def test_years_that_are_not_clear_are_refused(written: str) -> None:
    with pytest.raises(BadRequest):
        read_year(written)


# --- over HTTP -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["partner", "committee", "staff", "care", "steward"])
def test_settings_are_the_tax_offices(register: Register, who: str) -> None:
    assert register.get("/tax/settings?municipality=9098", who, **HTML).status_code == 403
    assert register.get("/tax/settings/tables/rates.csv?municipality=9098", who).status_code == 403
    assert register.post("/tax/settings", who, municipality="9098").status_code == 403
    for path in ("/tax/settings/prices", "/tax/settings/tables"):
        assert sent(register, path, b"x", who, municipality="9098", table="rates.csv").status_code == 403


def test_the_office_of_another_town_sets_nothing_here(register: Register) -> None:
    assert register.get("/tax/settings?municipality=9098", "neighbour", **HTML).status_code == 403
    assert register.post("/tax/settings", "neighbour", municipality="9098").status_code == 403
    assert register.get("/tax/settings", "neighbour", **HTML).status_code == 200
    assert register.get("/tax/settings", **HTML).status_code == 401


def test_prices_that_are_brought_price_the_building_and_say_so(register: Register) -> None:
    wrong = sent(register, "/tax/settings/prices", (HEAD + "400,-1,,\n").encode(), municipality="9098")
    assert wrong.status_code == 400
    assert wrong.json()["problems"][0]["row"] == 1
    good = sent(
        register, "/tax/settings/prices", (HEAD + "400,8200,2567,\n").encode(), municipality="9098", reason="ว 12"
    )
    assert good.status_code == 200
    assert any("2567" in one["en"] for one in good.json()["told"])
    found = register.tax("commercial")
    # 50 M of land and 100 m² × 2 storeys × 8,200 less 10 %: 51,476,000 baht, 0.3 % up to 50 M and 0.4 % beyond.
    assert found["estimate"]["base_baht"] == "51476000.00"
    assert found["estimate"]["tax_baht"] == "155904.00"
    assert any("town's table" in one["en"] for one in found["rests_on"])
    assert any("2 storeys" in one["en"] for one in found["rests_on"])
    assert "prices of buildings" in found["settings"]["en"]
    assert register.tax("commercial", year="2023")["asked"]
    page = register.get("/tax/settings", "tax", **HTML).text
    assert "8,200.00" in page
    assert "ว 12" in page


def test_a_rate_table_with_a_hole_is_refused_in_words_and_a_good_one_is_used(register: Register) -> None:
    rates = standard_table("rates.csv").decode()
    holed = rates.replace("other_residence,50000000,75000000,0.03,2022", "other_residence,60000000,75000000,0.03,2022")
    answer = sent(register, "/tax/settings/tables", holed.encode(), municipality="9098", table="rates.csv")
    assert answer.status_code == 400
    assert "hole" in answer.json()["detail_en"]
    assert "ช่องว่าง" in answer.json()["detail_th"]
    assert register.tax("t7")["estimate"]["tax_baht"] == "552.00"
    doubled = rates.replace("other_residence,0,50000000,0.02,2022", "other_residence,0,50000000,0.0250,2022")
    taken = sent(register, "/tax/settings/tables", doubled.encode(), municipality="9098", table="rates.csv")
    assert taken.status_code == 200
    found = register.tax("t7")
    assert found["estimate"]["tax_baht"] == "690.00"
    assert "rates.csv" in found["settings"]["en"]
    assert register.get("/tax/settings/tables/rates.csv?municipality=9098", "tax").content == doubled.encode()
    back = register.client.post("/tax/settings/tables", headers=register.headers["tax"],
                                files={"municipality": (None, "9098"), "table": (None, "rates.csv"),
                                       "usual": (None, "yes")})  # fmt: skip
    assert back.status_code == 200
    assert register.tax("t7")["estimate"]["tax_baht"] == "552.00"


def test_choices_are_kept_and_told_and_two_officers_do_not_overwrite_each_other(register: Register) -> None:
    last = register.get("/tax/settings?f=json", "tax").json()["last"]
    form = {"municipality": "9098", "rounding": "down", "odd_satang": "first", "confirmed_years": "2567 68"}
    first = register.post("/tax/settings", "tax", **form, over=str(last), reason="ประชุม")
    assert first.status_code == 200
    assert "68 was read as B.E. 2568" in " ".join(one["en"] for one in first.json()["told"])
    assert register.post("/tax/settings", "tax", **form, over=str(last)).status_code == 412
    kept = register.get("/tax/settings?f=json", "tax").json()
    assert kept["choices"]["confirmed_years"] == "2024 2025"
    assert kept["history"][0]["part"] == "choices"
    assert (kept["history"][0]["by"], kept["history"][0]["reason"]) == ("tax", "ประชุม")
    said = register.tax("t7")
    assert not any("No source confirms" in one["en"] for one in said["unconfirmed"])
    assert "the town's own choices" in said["settings"]["en"]


@pytest.mark.parametrize(
    "wrong", [{"rounding": "sideways"}, {"confirmed_years": "2567 x"}, {"confirmed_years": "1999"}]
)
def test_a_choice_that_is_none_is_refused(register: Register, wrong: dict[str, str]) -> None:
    assert register.post("/tax/settings", "tax", municipality="9098", **wrong).status_code == 400


def test_a_file_that_is_no_table_is_told_plainly(register: Register) -> None:
    for written, form in ((b"PK\x03\x04\x00\x00", {"table": "rates.csv"}), (b"", {}), (b"x" * 2_000_000, {})):
        for path in ("/tax/settings/prices", "/tax/settings/tables"):
            status = sent(register, path, written, municipality="9098", **form).status_code
            assert status in (400, 413), (written[:4], path)
    unknown = sent(register, "/tax/settings/tables", b"a\n1\n", municipality="9098", table="../secret")
    assert unknown.status_code == 400
    assert register.get("/tax/settings/tables/nothing.csv", "tax").status_code == 400
