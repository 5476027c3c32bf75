"""Who belongs to what: by the code a file gives, by location, by hand; and following targets that come later."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from geo.intake.report import Report
from geo.store import links
from tests.intake.conftest import Load, Rows, told

Made = Callable[..., Path]


def box(west: float, south: float, side: float) -> str:
    east, north = west + side, south + side
    return f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"


def written(folder: Path, name: str, header: str, *lines: str) -> Path:
    path = folder / name
    path.write_text(header + "\n" + "".join(f"{line}\n" for line in lines), "utf-8")
    return path


@pytest.fixture
def communities(load: Load, tmp_path: Path) -> Report:
    """Two communities side by side and a small one inside the first."""
    path = written(
        tmp_path, "communities.csv", "community_code,name_th,wkt",
        f'C1,ริมคลอง,"{box(100.47, 7.0, 0.01)}"', f'C2,ริมทางรถไฟ,"{box(100.48, 7.0, 0.01)}"',
        f'C3,ซอยเล็ก,"{box(100.474, 7.004, 0.002)}"',
    )  # fmt: skip
    return load("community", path, municipality="9098")


def points(folder: Path, *lines: str, header: str = "asset_code,name_th,community_code,lat,lon") -> Path:
    return written(folder, "assets.csv", header, *lines)


BY_HAND = (
    "UPDATE asset SET community_link = 'hand', community_id = (SELECT id FROM community "
    "WHERE community_code = :community) WHERE asset_code = :asset"
)
LINKS = (
    "SELECT a.asset_code, c.community_code, a.community_link "
    "FROM asset a LEFT JOIN community c ON c.id = a.community_id ORDER BY 1"
)


@pytest.mark.usefixtures("communities")
def test_a_code_in_the_file_wins_and_location_fills_the_rest(load: Load, rows: Rows, tmp_path: Path) -> None:
    path = points(
        tmp_path, "A1,ศาลา,C2,7.001,100.471", "A2,ร้านค้า,,7.001,100.471", "A3,วัด,,7.005,100.475", "A4,ท่าเรือ,,7.05,100.6"
    )
    report = load("asset", path, municipality="9098")
    assert report.counts.inserted == 4
    assert rows(LINKS) == [
        ("A1", "C2", "given"),
        ("A2", "C1", "location"),
        ("A3", "C3", "location"),
        ("A4", None, None),
    ]


@pytest.mark.usefixtures("communities")
def test_a_code_that_nobody_has_is_told_and_location_is_used(load: Load, rows: Rows, tmp_path: Path) -> None:
    report = load("asset", points(tmp_path, "A1,ศาลา,C99,7.001,100.471"), municipality="9098")
    entry = told(report, "unknown-link")[0]
    assert (entry.problem.row, entry.problem.value) == (1, "C99")
    assert rows(LINKS) == [("A1", "C1", "location")]


@pytest.mark.usefixtures("communities")
def test_neither_a_code_nor_a_place_leads_into_another_town(load: Load, rows: Rows, tmp_path: Path) -> None:
    """Whoever is of a community sees what is linked to it: a neighbouring town's rows must not be."""
    report = load("asset", points(tmp_path, "A1,ศาลา,C2,7.001,100.471"), municipality="9099")
    assert report.by_code["unknown-link"] == 1
    assert rows(LINKS) == [("A1", None, None)]
    load("asset", points(tmp_path, "A2,ศาลา,C2,7.001,100.471"), municipality="9098")
    drawn = f'C9,ฝั่งตะวันตก,"{box(100.46, 7.0, 0.02)}"'
    over_the_border = written(tmp_path, "their communities.csv", "community_code,name_th,wkt", drawn)
    assert load("community", over_the_border, municipality="9099").counts.relinked == {"asset": 1}
    assert rows(LINKS) == [("A1", "C9", "location"), ("A2", "C2", "given")]


@pytest.mark.parametrize("most_in_memory", [20_000, 1])
def test_of_several_parcels_with_one_code_the_one_around_the_building_is_taken(
    load: Load, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_in_memory: int
) -> None:
    monkeypatch.setattr(links, "MOST_IN_MEMORY", most_in_memory)
    lots = [f'01A001,"{box(100.47 + n * 0.001, 7.0, 0.0008)}"' for n in range(3)]
    load("parcel", written(tmp_path, "parcels.csv", "parcel_code,wkt", *lots), municipality="9098")
    houses = [
        f'B1,01A001,"{box(100.4711, 7.0001, 0.0002)}"', f'B2,,"{box(100.4721, 7.0001, 0.0002)}"',
        f'B3,,"{box(100.5, 7.0001, 0.0002)}"',
    ]  # fmt: skip
    path = written(tmp_path, "buildings.csv", "building_code,parcel_code,wkt", *houses)
    report = load("building", path, municipality="9098")
    assert report.by_code["several-links"] == 1
    found = rows(
        "SELECT building_code, round(ST_XMin(p.geom)::numeric, 3)::text, parcel_link FROM building b "
        "LEFT JOIN parcel p ON p.id = b.parcel_id ORDER BY 1"
    )
    assert found == [("B1", "100.471", "given"), ("B2", "100.472", "location"), ("B3", None, None)]
    assert load("building", path, municipality="9098").counts.nothing_changed


def test_rows_follow_communities_that_come_later_with_a_version_and_a_change(
    load: Load, rows: Rows, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    load("asset", points(tmp_path, "A1,ศาลา,,7.001,100.471", "A2,ท่าเรือ,,7.05,100.6"), municipality="9098")
    assert rows(LINKS) == [("A1", None, None), ("A2", None, None)]
    report: Report = request.getfixturevalue("communities")
    assert report.counts.relinked == {"asset": 1}
    assert rows(LINKS) == [("A1", "C1", "location"), ("A2", None, None)]
    assert rows("SELECT asset_code, version FROM asset ORDER BY 1") == [("A1", 2), ("A2", 1)]
    assert rows("SELECT asset_code, community_id, closed_as FROM asset_history") == [("A1", None, "update")]
    assert rows(
        "SELECT operation, layer, made_by FROM change WHERE id = (SELECT closed_change_id FROM asset_history)"
    ) == [("relink", "asset", "officer")]


@pytest.mark.usefixtures("communities")
def test_links_given_or_made_by_hand_stay_when_communities_change(load: Load, rows: Rows, tmp_path: Path) -> None:
    path = points(tmp_path, "A1,ศาลา,C2,7.001,100.471", "A2,ร้านค้า,,7.001,100.471", "A3,วัด,,7.0012,100.471")
    load("asset", path, municipality="9098")
    rows(BY_HAND, asset="A3", community="C2")
    moved = written(tmp_path, "moved.csv", "community_code,name_th,wkt", f'C1,ริมคลอง,"{box(100.4, 7.0, 0.01)}"',
                    f'C4,ใหม่,"{box(100.47, 7.0, 0.003)}"')  # fmt: skip
    report = load("community", moved, municipality="9098")
    assert report.counts.relinked == {"asset": 1}
    assert rows(LINKS) == [("A1", "C2", "given"), ("A2", "C4", "location"), ("A3", "C2", "hand")]


@pytest.mark.usefixtures("communities")
def test_a_link_made_by_hand_survives_a_new_file(load: Load, rows: Rows, tmp_path: Path) -> None:
    load("asset", points(tmp_path, "A1,ศาลา,C1,7.001,100.471"), municipality="9098")
    rows(BY_HAND, asset="A1", community="C3")
    report = load("asset", points(tmp_path, "A1,ศาลาใหม่,C2,7.001,100.471"), municipality="9098")
    assert report.counts.updated == 1
    assert rows(LINKS) == [("A1", "C3", "hand")]
    assert rows("SELECT name_th FROM asset") == [("ศาลาใหม่",)]


def test_a_row_is_in_the_smallest_town_around_it(load: Load, rows: Rows, tmp_path: Path, shared_data: Path) -> None:
    load("municipality", shared_data / "admin" / "songkhla_adm2_amphoe.geojson")
    load("municipality", shared_data / "admin" / "hatyai_muang_adm3_tambon.geojson")
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"asset_code": code}, "geometry": {"type": "Point", "coordinates": place}}
            for code, place in (
                ("in town", [100.4729, 7.016]),
                ("in the hills", [100.25, 6.85]),
                ("at sea", [101.2, 7.6]),
            )
        ],
    }
    path = tmp_path / "places.geojson"
    path.write_text(json.dumps(collection), "utf-8")
    report = load("asset", path)
    found = dict(rows("SELECT asset_code, municipality FROM asset"))
    assert found["in town"] == "901101"
    assert found["in the hills"] is not None
    assert len(found["in the hills"]) == 4
    assert found["at sea"] is None
    assert [entry.rows for entry in told(report, "no-municipality")] == [1]
