"""A table that contradicts itself or the Act is refused, in both languages, with its row."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from geo.tax.tables import FOLDER, rules, standard
from tests.tax.made import refusal, spoiled

FARM = "agriculture_person"
# The first rows of rates.csv are the farms' of 2563–64, then those from 2565 on.
SPOILED = [
    ("rates.csv", f"{FARM},0,75000000", f"{FARM},1,75000000", "แถว 1", "must begin at 0"),
    ("rates.csv", f"{FARM},75000000,", f"{FARM},75000001,", "แถว 2", "a hole after row 1"),
    ("rates.csv", f"{FARM},75000000,", f"{FARM},74999999,", "แถว 2", "overlaps row 1"),
    ("rates.csv", f"{FARM},0,75000000,0.01", f"{FARM},0,75000000,0.03", "แถว 2", "above that of the step before"),
    ("rates.csv", f"{FARM},0,75000000,", f"{FARM},0,0,", "แถว 1", "does not rise"),
    ("rates.csv", f"{FARM},1000000000,,0.1,2020", f"{FARM},1000000000,2000000000,0.1,2020", "แถว 5", "have no end"),
    ("rates.csv", f"{FARM},1000000000,,0.1,", f"{FARM},1000000000,,0.16,", "แถว 5", "above the Act's ceiling of 0.15"),
    ("rates.csv", "main_home,50000000,,0.1,", "main_home,50000000,,0.31,", "แถว 23", "ceiling of 0.3"),
    ("rates.csv", "other_use,5000000000,,0.7,", "other_use,5000000000,,1.3,", "แถว", "ceiling of 1.2"),
    ("rates.csv", "vacant,5000000000,,0.7,", "vacant,5000000000,,1.3,", "แถว", "ceiling of 1.2"),
    ("rates.csv", f"{FARM},0,", "farms,0,", "แถว 1", "“farms” is not known"),
    ("rates.csv", f"{FARM},0,75000000,0.01", f"{FARM},0,75000000,๐.๐๑", "เลขไทย", "Thai digits; use 0-9"),
    ("rates.csv", f"{FARM},0,75000000,0.01", f"{FARM},0,75000000,-0.01", "แถว 1", "is not a number"),
    ("rates.csv", f"{FARM},0,75000000,0.01", f"{FARM},0,75000000,0.00001", "แถว 1", "is not a number"),
    ("rates.csv", f"{FARM},0,75000000,0.01", f"{FARM},0,75000000,1e-2", "แถว 1", "is not a number"),
    ("rates.csv", f"{FARM},0,75000000,0.01", f'{FARM},0,"75,000,000",0.01', "แถว 1", "is not a number"),
    ("rates.csv", "0.01,2020,2021,94,icdi", "0.01,2563,2021,94,icdi", "โปรดเขียน 2020", "2563 is B.E.; write 2020"),
    ("rates.csv", "0.01,2020,2021,94,icdi", "0.01,2020,2021,94,", "ว่าง", "source: is empty"),
    ("rates.csv", "0.01,2020,2021,94,icdi", "0.01,2020,2021,94,a friend", "sources.csv", "a friend is not in sources"),
    ("rates.csv", "0.01,2020,2021,94,icdi", "0.01,2020,2021,94", "แถว 1", "more or fewer cells"),
    ("rates.csv", "class,from_baht", "kind,from_baht", "หัวตาราง", "the heading must be"),
    ("exemptions.csv", "50000000,2020,,,icdi", "50000000,2022,,,icdi", "แถว 1", "nothing holds before 2022"),
    ("exemptions.csv", "main_home,5", "other_use,5", "แถว 2", "nothing of this class is exempt"),
    ("exemptions.csv", "50000000,2020,,,icdi", "50000000,2024,2020,,icdi", "แถว 1", "ends before it begins"),
    ("yearly_reliefs.csv", f"{FARM},15,50,yes,2023", f"{FARM},15,50,yes,2022", "แถว 2", "overlaps row 1"),
    ("yearly_reliefs.csv", f"{FARM},15,", f"{FARM},115,", "แถว 2", "above 100 percent"),
    ("special_reliefs.csv", "main_home|main_home_house_only", "home", "แถว 1", "“home” is not known"),
    ("special_reliefs.csv", ",yes,2020", ",perhaps,2020", "แถว 1", "“perhaps” is not known"),
    ("vacancy.csv", "0.3,3,3,", "0.3,3,3.1,", "มาตรา 43", "above section 43's 3 percent"),
    ("vacancy.csv", "0.3,3,3,", "0.3,3,1,", "แถว 1", "below the ceiling"),
    ("vacancy.csv", "0.3,3,", "0.3,0,", "แถว 1", "at least 1"),
    ("depreciation.csv", "masonry,11,42", "masonry,12,42", "แถว 2", "a hole after row 1"),
    ("depreciation.csv", "masonry,11,42", "masonry,10,42", "แถว 2", "overlaps row 1"),
    ("depreciation.csv", "masonry,0,10", "bamboo,0,10", "แถว 1", "“bamboo” is not known"),
    ("depreciation.csv", "masonry,43,,76,0", "masonry,43,,76,1", "แถว 3", "cannot go on rising"),
    ("depreciation.csv", "masonry,11,42,12,2", "masonry,11,42,12,3", "แถว 2", "above 100 percent"),
    ("payment.csv", "instalments,3", "instalments,0", "แถว 1", "at least 1"),
    ("payment.csv", "instalments,3", "instalments,2.5", "แถว 1", "is not a number"),
    ("payment.csv", "surcharge_percent_a_month,1", "surcharge_percent_a_day,1", "แถว 6", "is not known"),
    ("sign_rates.csv", ",2021,", ",2022,", "แถว 1", "nothing holds before 2022"),
    ("sign_rates.csv", ",500,", ",0,", "แถว 1", "at least 1"),
    ("confirmed.csv", "rates,2023", "weather,2023", "แถว 2", "“weather” is not known"),
]


@pytest.mark.parametrize(("name", "before", "after", "th", "en"), SPOILED)
def test_a_bad_table_is_refused_with_its_row(
    tmp_path: Path, name: str, before: str, after: str, th: str, en: str
) -> None:  # fmt: skip
    error = spoiled(tmp_path, name, before, after)
    assert name in error.told.th
    assert th in error.told.th
    assert en in error.told.en
    assert error.problems
    assert all(one.told.th and one.level == "error" for one in error.problems)


def test_years_without_rates_between_two_periods_are_refused(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "tax")
    path = tmp_path / "tax" / "rates.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",2022,,", ",2023,,"), encoding="utf-8")
    assert "a hole of years after row 1" in refusal(tmp_path / "tax").told.en


def test_all_bad_rows_are_told_together(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "tax")
    path = tmp_path / "tax" / "rates.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("vacant,", "ว่าง,"), encoding="utf-8")
    assert [one.row for one in refusal(tmp_path / "tax").problems] == list(range(53, 63))


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"class,from_baht,to_baht,percent,valid_from,valid_to,section,source\n"]
)
def test_a_table_without_rows_is_refused(tmp_path: Path, content: bytes) -> None:
    shutil.copytree(FOLDER, tmp_path / "tax")
    (tmp_path / "tax" / "rates.csv").write_bytes(content)
    assert "holds no rows" in refusal(tmp_path / "tax").told.en


def test_a_table_in_another_encoding_or_none_at_all_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "tax")
    path = tmp_path / "tax" / "special_reliefs.csv"
    path.write_bytes(path.read_text(encoding="utf-8").replace("≤", "").encode("cp874", "ignore"))
    assert "UTF-8" in refusal(tmp_path / "tax").told.th
    path.unlink()
    assert "is not there" in refusal(tmp_path / "tax").told.en


def test_a_class_without_rates_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "tax")
    path = tmp_path / "tax" / "rates.csv"
    kept = [row for row in path.read_text(encoding="utf-8").splitlines() if not row.startswith("vacant")]
    path.write_text("\n".join(kept), encoding="utf-8")
    assert refusal(tmp_path / "tax").told.en.endswith("there is no row for vacant")


def test_a_town_may_change_a_table_and_the_version_says_so(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "tax")
    assert rules(tmp_path / "tax").version == standard().version
    path = tmp_path / "tax" / "rates.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text("\ufeff" + text.replace("other_use,0,50000000,0.3,2022", "other_use,0,50000000,0.35,2022"), "utf-8")
    changed = rules(tmp_path / "tax")
    assert changed.version != standard().version
    assert changed.version.split("-")[0] == standard().version.split("-")[0]
