"""Thai text, numbers and dates: the vectors of DOMAIN 10.7, and laws that hold for any text."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import thai

ACCIDENTS = Path(__file__).resolve().parents[1] / "../shared/data/hazards/songkhla_road_accidents_2020_2025.csv"
COMMUNITIES = Path(__file__).resolve().parents[1] / "../shared/data/communities/hatyai_city_communities.csv"

thai_letters = st.text(st.sampled_from([chr(code) for code in range(0x0E01, 0x0E5C)] + [" ", "\u200b", "\u00a0"]))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("น\u0e49\u0e4d\u0e32", "น้ำ"),
        ("น\u0e4d\u0e49\u0e32", "น้ำ"),
        ("น\u0e33\u0e49", "น้ำ"),
        ("กลุุ่ม", "กลุ่ม"),
        ("ชุุม", "ชุม"),
        ("เ่ร่งด่วน", "เร่งด่วน"),
        ("เ่ก้า", "เก่้า"),
        ("ก่ิง", "กิ่ง"),
        ("เเม่น้ำ", "แม่น้ำ"),
        ("\ufeffบ้าน\u200bพัก\u00a0 ใหม่\r\n", "บ้านพัก ใหม่"),
        ("สิทธิ์", "สิทธิ์"),
        ("Bo  Yang", "Bo Yang"),
    ],
)
def test_a_text_is_brought_to_its_one_form(typed: str, meant: str) -> None:
    assert thai.normalised(typed) == meant


@given(thai_letters)
def test_bringing_a_text_to_its_form_twice_changes_nothing_more(text: str) -> None:
    once = thai.normalised(text)
    assert thai.normalised(once) == once


@given(st.text())
def test_any_text_at_all_can_be_read_without_a_failure(text: str) -> None:
    thai.normalised(text)
    thai.search_key(text)
    thai.read_number(text)
    thai.looks_mojibake(text)
    thai.is_null_literal(text)
    thai.read_date(text, thai.date_order([text]))


def test_two_spellings_of_one_name_share_a_key() -> None:
    assert thai.search_key("ชุมชนป้อม ๖") == thai.search_key("ป้อม 6")
    assert thai.search_key("ราชภัฎ") == thai.search_key("ราชภัฏ")
    assert thai.search_key("ชุมชนวัดหัวป้อม") == thai.search_key("หัวป้อม")
    assert thai.search_key("วชิราซอยคื่") != thai.search_key("วชิราซอยคู่")


def test_a_name_that_is_only_a_prefix_keeps_it() -> None:
    assert thai.search_key("วัด") == "วัด"


@pytest.mark.parametrize(
    ("written", "value", "approximate"),
    [
        ("๒๐๐", 200, False),
        ("1,234.50", Decimal("1234.50"), False),
        ("๑,๒๓๔", 1234, False),
        ("3.5 แสนบาท", 350_000, False),
        ("1.5 แสน", 150_000, False),
        ("90 กว่าล้าน", 90_000_000, True),
        ("ประมาณ 40 คน", 40, True),
        (" ฿304,000.00 ", 304_000, False),
        ("-5", -5, False),
        ("1e3", 1000, False),
    ],
)
def test_a_number_is_read_as_it_is_written(written: str, value: int, approximate: bool) -> None:
    assert thai.read_number(written) == (Decimal(value), approximate)


@pytest.mark.parametrize("written", ["", "-", ".", "แสน", "12 ตัว", "1,2", "1.2.3", "NaN", "inf", "1e9999", "0x10"])
def test_what_is_no_number_has_no_value(written: str) -> None:
    assert thai.number(written) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_thai_digits_and_commas_change_no_number(value: Decimal) -> None:
    written = f"{value:,}".translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    assert thai.number(written) == value


def test_words_for_nothing_are_nothing() -> None:
    assert all(map(thai.is_null_literal, ("None", "-", "null", "NaN", "N/A", "", "  ", "<Null>", "ไม่มีข้อมูล")))
    assert not any(map(thai.is_null_literal, ("0", "นาน", "Nan Province", "ไม่มีเอกสารสิทธิ์")))


@pytest.mark.parametrize(
    "text",
    [
        "บ่อยาง".encode().decode("cp874", "replace"),
        "สงขลา".encode().decode("cp874", "replace"),
        "เธชเธ",
        "*เน€เธ…",
        "บ่อยาง".encode().decode("latin-1"),
        "บ่อยาง".encode("cp874").decode("latin-1"),
        "Ê§¢ÅÒ",
        "ºèÍÂÒ§",
        "?????",
        "บ้าน\ufffd",
    ],
)
def test_text_read_with_the_wrong_encoding_is_noticed(text: str) -> None:
    assert thai.looks_mojibake(text)


@pytest.mark.parametrize(
    "text",
    [
        "เธอ",
        "เนิน",
        "เนินเนียน",
        "เธอกับเนตร",
        "เนปาล",
        "เนชั่น",
        "café",
        "Müller & Söhne",
        "ÄÖÜ",
        "25 °C",
        "ใช่ไหม?",
        "m²",
    ],
)
def test_good_text_is_not_accused(text: str) -> None:
    assert not thai.looks_mojibake(text)


def test_no_real_community_name_is_accused() -> None:
    with COMMUNITIES.open(encoding="utf-8") as file:
        names = [row["community_name"] for row in csv.DictReader(file)]
    assert len(names) == 102
    assert not any(map(thai.looks_mojibake, names))


def test_every_thai_text_of_some_length_is_noticed_in_all_three_disguises() -> None:
    with COMMUNITIES.open(encoding="utf-8") as file:
        names = [row["community_name"] for row in csv.DictReader(file)]
    for name in names:
        assert thai.looks_mojibake(name.encode().decode("cp874", "replace")), name
        assert thai.looks_mojibake(name.encode().decode("latin-1")), name
        assert thai.looks_mojibake(name.encode("cp874").decode("latin-1")), name


def test_a_column_is_read_like_its_cells_and_keeps_its_nulls() -> None:
    column = pa.array(["กลุุ่ม", None, "None", "กลุุ่ม", "เธชเธ", "๒๐๐"])
    assert thai.normalised_all(column).to_pylist() == ["กลุ่ม", None, "None", "กลุ่ม", "เธชเธ", "๒๐๐"]
    assert thai.null_literals_all(column).to_pylist() == [False, False, True, False, False, False]
    assert thai.mojibake_all(column).to_pylist() == [False, False, False, False, True, False]
    assert thai.western_digits_all(column).to_pylist()[-1] == "200"
    assert thai.search_key_all(pa.array(["วัดกลาง", None])).to_pylist() == ["กลาง", None]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("23 มิ.ย. 65", date(2022, 6, 23)),
        ("2565-01-27", date(2022, 1, 27)),
        ("29/02/2567", date(2024, 2, 29)),
        ("๒๗/๐๑/๒๕๖๕", date(2022, 1, 27)),
        ("27 มกราคม พ.ศ. 2565", date(2022, 1, 27)),
        ("วันอังคารที่ ๒๓ มิถุนายน ๒๕๖๕ เวลา 10.30 น.", date(2022, 6, 23)),
        ("18 ก.ย. 2564", date(2021, 9, 18)),
        ("27-01-2565", date(2022, 1, 27)),
        ("27.1.2565", date(2022, 1, 27)),
        ("2022-01-27T08:15:00+07:00", date(2022, 1, 27)),
        ("11/21/1979 0:00:00", date(1979, 11, 21)),
        ("25650127", date(2022, 1, 27)),
        ("5 May 2022", date(2022, 5, 5)),
    ],
)
def test_a_date_is_read_in_every_form_offices_use(written: str, day: date) -> None:
    assert thai.read_date(written, thai.date_order([written])).value == day


def test_a_month_without_a_day_says_so() -> None:
    read = thai.read_date("ก.ย. 64", thai.DateOrder())
    assert (read.value, read.precision, read.was_buddhist) == (date(2021, 9, 1), "month", True)
    assert thai.read_date("ธันวาคม 2548", thai.DateOrder()).value == date(2005, 12, 1)


@pytest.mark.parametrize(
    "written",
    [
        "31/02/2567",
        "29/02/2566",
        "32/1/2568",
        "13/13/2568",
        "44197",
        "1/2/65",
        "ไม่ทราบ",
        "31/12/3108",
        "0001-01-01",
        "1/2",
    ],
)
def test_an_impossible_date_has_a_reason_and_no_value(written: str) -> None:
    read = thai.read_date(written, thai.date_order([written]))
    assert read.value is None
    assert read.reason is not None


def test_a_blank_is_no_date_and_no_complaint() -> None:
    assert thai.read_date("  ", thai.DateOrder()) == thai.ReadDate(value=None)


def test_the_first_and_the_second_of_the_month_are_told_apart_within_one_column() -> None:
    order = thai.date_order(["1/2/2568", "2/1/2568"])
    assert order.order is thai.Order.DAY_FIRST
    assert not order.mixed
    assert [thai.read_date(written, order).value for written in ("1/2/2568", "2/1/2568")] == [
        date(2025, 2, 1),
        date(2025, 1, 2),
    ]


def test_a_column_of_month_first_dates_is_read_so_throughout() -> None:
    order = thai.date_order(["1/2/2020", "6/15/2020"])
    assert thai.read_date("1/2/2020", order) == thai.ReadDate(value=date(2020, 1, 2))


def test_a_column_that_decides_nothing_is_day_first_and_says_that_it_was_assumed() -> None:
    order = thai.date_order(["1/2/2020", "3/4/2020", "5/5/2020"])
    assert order.assumed
    assert thai.read_date("1/2/2020", order).value == date(2020, 2, 1)
    assert not thai.date_order(["1/2/2563"]).assumed


def test_in_a_mixed_column_only_what_can_be_read_both_ways_is_marked() -> None:
    order = thai.date_order(["6/15/2020", "26/1/2025", "1/2/2024", "5/5/2024"])
    assert order.mixed
    assert thai.read_date("6/15/2020", order) == thai.ReadDate(value=date(2020, 6, 15))
    assert thai.read_date("26/1/2025", order) == thai.ReadDate(value=date(2025, 1, 26))
    assert thai.read_date("1/2/2024", order) == thai.ReadDate(value=date(2024, 2, 1), ambiguous=True)
    assert not thai.read_date("5/5/2024", order).ambiguous


def test_the_accident_file_mixes_both_orders_and_every_date_is_read_or_marked() -> None:
    with ACCIDENTS.open(encoding="utf-8-sig") as file:
        written = [row["วันที่เกิดเหตุ"] for row in csv.DictReader(file)]
    halves = thai.date_order(written[:800]) + thai.date_order(written[800:])
    order = thai.date_order(written)
    assert halves == order
    assert order.mixed
    assert order.unreadable == 0
    read = [one for one in thai.read_dates(pa.array(written), order) if one is not None]
    assert len(read) == 1_648
    assert all(one.value is not None and 2020 <= one.value.year <= 2025 for one in read)
    marked = Counter(one.ambiguous for one in read)
    assert marked[True] == order.either
    assert marked[True] + marked[False] == 1_648


@given(st.dates(date(1900, 1, 1), date(2150, 12, 31)), st.booleans())
def test_a_buddhist_date_comes_back_as_the_same_day(day: date, in_thai_digits: bool) -> None:
    written = f"{day.day}/{day.month}/{day.year + 543}"
    if in_thai_digits:
        written = written.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    read = thai.read_date(written, thai.DateOrder())
    if day.day <= 12 or day.month <= 12:
        assert read.value == day
        assert read.was_buddhist


@given(st.lists(st.dates(date(1900, 1, 1), date(2150, 12, 31)), min_size=1), st.booleans())
def test_a_column_in_one_certain_order_is_never_marked(days: list[date], month_first: bool) -> None:
    written = [f"{d.month}/{d.day}/{d.year}" if month_first else f"{d.day}/{d.month}/{d.year}" for d in days]
    order = thai.date_order(written)
    read = [thai.read_date(one, order) for one in written]
    assert not any(one.ambiguous for one in read)
    if any(d.day > 12 for d in days) or not month_first:
        assert [one.value for one in read] == days


# Pieces that the rules act on, beside what nobody would mend; any text is tried as well.
PIECES = st.lists(
    st.sampled_from([*"กขธนเแโใไทำาาิีุู์็ฺ่้๊๋ํ๒๐ 0Ab-.?\t\u00a0\u200b", "เธ", "เน", "None", "ไม่มี", "null", "ชุมชน", "01A001"]),
    max_size=8,
).map("".join)


@given(st.lists(st.one_of(PIECES, st.text(max_size=6)), min_size=1, max_size=20))
def test_what_is_surely_plain_is_left_alone_by_every_rule(texts: list[str]) -> None:
    sure = thai.plain_all(pa.array(texts, pa.string())).to_pylist()
    for text in (text for text, plain in zip(texts, sure, strict=True) if plain):
        assert thai.normalised(text) == text
        assert not thai.is_null_literal(text)
        assert not thai.looks_mojibake(text)


def test_ordinary_names_are_surely_plain() -> None:
    names = pa.array(["นางสาวสมหญิง ใจดี", "12/3 ถ.นิพัทธ์อุทิศ 2 ต.หาดใหญ่", "Hat Yai", "น.ส.3 ก", None, "เธอ", "กิ่ง ๒"])
    assert thai.plain_all(names).to_pylist() == [True] * 7
    others = pa.array(["", " ก", "ก  ข", "None", "ไม่มีข้อมูล", "เธชเธเธ", "นํ้า", "???", "ก\tข", "ก\u200bข"])
    assert thai.plain_all(others).to_pylist() == [False] * 10


def test_nan_province_is_a_name_and_not_a_word_for_nothing() -> None:
    assert [thai.is_null_literal(text) for text in ("Nan", "NaN", "nan", "NAN", "None", "N/A")] == [False] + [True] * 5
