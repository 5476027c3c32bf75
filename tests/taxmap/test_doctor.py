"""The doctor on LTAX-like files: each planted defect with its exact count and rows, and nothing in a clean file."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geo.errors import Cancelled
from geo.intake.doctor.examine import examined
from geo.intake.doctor.finding import Examination
from geo.intake.load import LoadOptions
from geo.store.known import NOTHING_KNOWN, EarlierLoad, Known, Lots
from layers import LAYERS
from tests.taxmap.ltax import GARBLED, REPEATED_CODES, REPEATED_DEEDS, WORST, Ltax, write_ltax

PARCEL = LAYERS["parcel"]


def looked(made: Ltax, known: Known = NOTHING_KNOWN, **options: Any) -> Examination:
    """The file examined as a parcel file of its own town."""
    known = replace(known, boundary=made.boundary)
    return examined(known, PARCEL, made.path, LoadOptions(**options), layers=LAYERS)


@pytest.mark.parametrize(
    ("seed", "encoding", "cpg"), [(1, "cp874", None), (2, "utf-8", "UTF-8"), (3, "utf-8", None), (4, "cp874", "874")]
)
def test_every_planted_defect_is_found_with_its_count_and_rows(
    tmp_path: Path, seed: int, encoding: str, cpg: str | None
) -> None:
    made = write_ltax(tmp_path, seed=seed, encoding=encoding, cpg=cpg)
    told = looked(made)
    found = {one.id: one for one in told.findings}
    assert {id: one.count for id, one in found.items()} == made.counts
    # Of a gap the lot that was drawn too narrow is known, and not which neighbour it is told beside.
    assert set(made.rows.pop("gap")) <= set(found["gap"].rows.tolist())
    assert {id: one.rows.tolist() for id, one in found.items() if id != "gap"} == made.rows
    assert dict(told.forms) == made.forms == {"three": 3921, "two": 3808, "disagrees": 88, "unjudged": 153}
    codes, deeds = found["duplicate-key:parcel_cod"].facts, found["deed-repeated:Id_Chanod"].facts
    assert (codes["repeats"], codes["worst"], codes["worst_times"]) == (REPEATED_CODES, *WORST)
    assert deeds["repeats"] == REPEATED_DEEDS
    assert told.encoding == {"utf-8": "UTF-8"}.get(encoding, encoding)
    assert "EPSG:1304" in (told.crs_operation or "")


@pytest.mark.parametrize("form", ["A", "B", "mixed"])
@pytest.mark.parametrize(("seed", "encoding", "cpg"), [(11, "cp874", None), (12, "utf-8", "UTF-8")])
def test_nothing_is_found_in_a_clean_file(tmp_path: Path, form: str, seed: int, encoding: str, cpg: str | None) -> None:
    told = looked(write_ltax(tmp_path, form=form, seed=seed, encoding=encoding, cpg=cpg, rows=4_000, defects=False))
    assert [one.told.en for one in told.findings] == []
    assert not told.has_errors
    assert told.rows == 4_000


def test_a_finding_has_two_languages_advice_and_its_places(tmp_path: Path) -> None:
    made = write_ltax(tmp_path)
    box = shapely.box(*made.boundary.bounds).buffer(0.2)
    for one in looked(made).findings:
        for told in (one.title, one.told, one.advice):
            assert told.th
            assert told.en
            assert any("\u0e01" <= letter <= "\u0e5b" for letter in told.th)
        assert len(one.places), one.id
        assert shapely.covers(box, shapely.multipoints(one.places)), one.id
    overlap = looked(made).finding("overlap")
    assert overlap is not None
    assert len(overlap.shapes) == overlap.count
    assert overlap.geojson()["features"][0]["geometry"]["type"] == "Polygon"


def test_cells_of_hidden_columns_are_never_repeated(tmp_path: Path) -> None:
    made = write_ltax(tmp_path)
    whole = json.dumps(looked(made).to_json(), ensure_ascii=False)
    for secret in (GARBLED, "เจ้าของสมมติ", "หมู่บ้านที่มีชื่อยาวมาก"):
        assert secret not in whole.replace(f'["{GARBLED}", 2]', "")  # two document types, a column the public sees
    assert WORST[0] in whole


def test_a_file_without_a_prj_is_asked_about_and_never_guessed(tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=600, defects=False, prj=False)
    told = looked(made)
    assert told.has_errors
    assert [one.code for one in told.findings] == ["no-crs"]
    assert any("EPSG:24047" in choice.en for choice in told.choices)
    assert looked(made, crs="EPSG:24047").findings == ()


def test_what_is_here_already_is_held_against_the_file(tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=600, defects=False)
    clean = looked(made)
    assert clean.sha256 is not None
    columns = frozenset(("parcel_cod", "street_name"))
    last = EarlierLoad(
        file_name="last year.zip",
        sha256=clean.sha256,
        loaded_at=dt.datetime(2025, 11, 1, tzinfo=dt.UTC),
        columns=columns,
    )
    here = Known(rows=800, loads=(last,), values={"document_type": frozenset({"SPK"})}, lots=Lots())
    found = {one.id: one for one in looked(made, here).findings}
    assert set(found) == {
        "identical-file",
        "count-jump",
        "field-removed",
        "new-public-candidate",
        "new-value:land_type",
    }
    assert found["field-removed"].facts["columns"] == ["street_name"]
    assert found["new-value:land_type"].values == (("NS4", 600),)
    assert "-25%" in found["count-jump"].told.en
    near = replace(here, rows=720, loads=(), values={})
    assert looked(made, near).findings == ()


def test_an_examination_stopped_on_the_way_ends_at_once(tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=2_000, defects=False)
    seen: list[int] = []

    def progress(done: int, total: int | None) -> None:
        assert total == 100
        seen.append(done)

    with pytest.raises(Cancelled):
        examined(NOTHING_KNOWN, PARCEL, made.path, layers=LAYERS, progress=progress,
                 cancelled=lambda: bool(seen) and seen[-1] >= 50)  # fmt: skip
    assert max(seen) < 100
    assert seen == sorted(seen)


def test_buildings_across_parcel_lines_are_found(tmp_path: Path) -> None:
    made = write_ltax(tmp_path, rows=300, defects=False)
    from geo.intake.doctor.look import shapes_of

    parcels = shapes_of(PARCEL, made.path, LoadOptions(), layers=LAYERS)
    inside = shapely.buffer(shapely.centroid(parcels[:40]), 0.00003)
    _, south, east, north = shapely.bounds(parcels[4]).tolist()
    across = shapely.box(east - 0.00004, (south + north) / 2, east + 0.00004, (south + north) / 2 + 0.00004)
    path = tmp_path / "buildings.geojson"
    features = [
        {"type": "Feature", "properties": {"OBJECTID": row, "zone_id": "3"}, "geometry": json.loads(text)}
        for row, text in enumerate(shapely.to_geojson(np.append(inside, across)).tolist())
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    told = examined(NOTHING_KNOWN, LAYERS["building"], path, layers=LAYERS, parcels=parcels)
    found = {one.code: one for one in told.findings}
    assert found["across-parcels"].rows.tolist() == [41]
    assert found["zone-means-other"].level == "note"
    alone = examined(NOTHING_KNOWN, LAYERS["building"], path, layers=LAYERS)
    assert "across-parcels" not in {one.code for one in alone.findings}
    assert any("no parcels" in told.en for told in alone.unchecked)


def test_areas_in_one_column_are_read_and_judged(tmp_path: Path) -> None:
    path = tmp_path / "lots.csv"
    square = "POLYGON((100.47 7.01, 100.47018 7.01, 100.47018 7.01018, 100.47 7.01018, 100.47 7.01))"  # about 396 m²
    areas = ("0-0-99", "0-4-0", "0-0-120", "๐-๐-๙๙", "5-0-0")
    rows = [f'01A00{turn},{area},2567,"{square}"' for turn, area in enumerate(areas)]
    path.write_text("รหัสแปลง,เนื้อที่,ปีภาษี,wkt\n" + "\n".join(rows), "utf-8")
    told = examined(NOTHING_KNOWN, PARCEL, path, layers=LAYERS, topology=False)
    found = {one.id: one for one in told.findings}
    assert found["area-units:เนื้อที่"].rows.tolist() == [2, 3]
    assert found["area-in-one-column:เนื้อที่"].count == 5
    assert found["area-differs"].rows.tolist() == [2, 3, 5]


def test_the_parcels_of_cambridge_are_told_as_they_are(shared_data: Path) -> None:
    path = shared_data / "parcels" / "cambridge_ma_parcels_fy2013.fgb"
    told = examined(NOTHING_KNOWN, PARCEL, path, LoadOptions(anywhere=True), layers=LAYERS)
    found = {one.id: one for one in told.findings}
    assert found["repaired"].count == 24
    # Six without a code, and 63 whose code is a dash or three.
    assert found["no-key:map_lot"].count == 69
    assert found["null-literal:map_lot"].count == 63
    # 81 rows repeat a value of map_lot if dashes and nothing count as one; 16 repeat a code.
    assert found["duplicate-key:map_lot"].facts["repeats"] == 16
    assert found["overlap"].count > 20
    assert found["gap"].count > 10
    assert not told.has_errors


def test_a_roll_without_shapes_is_refused_and_looked_at_all_the_same(shared_data: Path) -> None:
    path = shared_data / "parcels" / "cambridge_ma_tax_fy2013.csv"
    told = examined(NOTHING_KNOWN, PARCEL, path, LoadOptions(map={"parcel_code": "ML"}), layers=LAYERS)
    assert told.refused is not None
    assert told.findings[0].code == "no-places"
    found = {one.id: one for one in told.findings}
    assert found["duplicate-key:ML"].facts["worst_times"] == 438  # as many flats on one lot
    assert told.rows is not None
    assert told.rows > 27_000


def test_files_of_thai_offices_are_read_by_their_bytes(shared_data: Path) -> None:
    layer = LAYERS["municipality"]
    for path in sorted((shared_data / "crs_encoding").glob("*.zip")):
        told = examined(NOTHING_KNOWN, layer, path, layers=LAYERS)
        assert told.encoding == ("UTF-8" if "utf8" in path.name else "cp874" if "no_prj" not in path.name else None)
        assert [one.code for one in told.findings] == (["no-crs"] if "no_prj" in path.name else [])
