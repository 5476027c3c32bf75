"""Which column feeds which: folded names, cut names, what a person says, and what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from geo.errors import RefusedImport
from geo.intake.match import Matching, matched
from geo.thai import folded_header
from layers import LAYERS
from tests.intake.conftest import Load, Rows


def matching(layer: str, *headers: str, driver: str = "CSV", **more: Any) -> Matching:
    return matched(
        LAYERS[layer], headers, asked=more.get("asked", {}), constants=more.get("constants", {}), driver=driver
    )


@pytest.mark.parametrize("header", ["PARCEL_COD", "parcel_cod", "Parcel Cod", "parcel-code", "รหัสแปลง", " รหัส แปลง "])
def test_one_column_has_many_spellings(header: str) -> None:
    assert matching("parcel", header).columns == {"parcel_code": header}


def test_thai_headers_are_compared_in_their_standard_form() -> None:
    assert folded_header("น\u0e49\u0e4d\u0e32_๑") == folded_header("น้ำ 1")


def test_names_that_a_dbf_cut_are_known_when_they_can_mean_one_column_only() -> None:
    found = matching("community", "name_th", "community_", "municipali", driver="ESRI Shapefile")
    assert found.columns["municipality"] == "municipali"
    cut = matching("community", "name_th", "registered", driver="ESRI Shapefile")
    assert "registered" in cut.unused
    assert cut.problems[0].code == "ambiguous-column"
    assert "municipality" not in matching("community", "name_th", "municipali").columns


def test_what_a_person_says_wins() -> None:
    found = matching("parcel", "map_lot", "other", asked={"parcel_code": "OTHER", "community": "map_lot"})
    assert found.columns["parcel_code"] == "other"
    assert found.columns["community_id"] == "map_lot"


def test_a_constant_takes_the_place_of_a_column() -> None:
    found = matching("risk_point", "kind", "ACC_CODE", constants={"kind": "ROAD"})
    assert found.constants == {"kind": "ROAD"}
    assert "kind" not in found.columns


def test_columns_that_nobody_asked_for_are_named_and_not_stored(load: Load, rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "assets.csv"
    path.write_text("asset_code,national_id,lat,lon\nA1,9876543210987,7.0,100.47\n", "utf-8")
    report = load("asset", path, municipality="9098")
    assert report.unused == ("national_id",)
    assert rows("SELECT count(*) FROM asset WHERE asset::text LIKE '%9876543210987%'") == [(0,)]
    assert rows("SELECT count(*) FROM import_batch WHERE report::text LIKE '%9876543210987%'") == [(0,)]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"asked": {"colour": "map_lot"}}, "unknown-field"), ({"asked": {"zone": "colour"}}, "no-such-column"),
        ({"constants": {"version": "7"}}, "unknown-field"),
    ],
)  # fmt: skip
def test_a_name_that_nothing_has_is_refused_with_the_names_there_are(more: dict[str, Any], code: str) -> None:
    with pytest.raises(RefusedImport) as refused:
        matching("parcel", "map_lot", **more)
    assert refused.value.problems[0].code == code
    assert "map_lot" in " ".join(choice.en for choice in refused.value.choices)


def test_a_file_without_a_column_that_must_be_there_is_refused_with_an_example() -> None:
    with pytest.raises(RefusedImport) as refused:
        matching("community", "ลำดับ", "หมู่")
    offered = " ".join(choice.en for choice in refused.value.choices)
    assert "ลำดับ, หมู่" in offered
    assert "--map name_th=" in offered
