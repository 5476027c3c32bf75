"""Sheets from the grid of Indian 1975, and the index of a tax map worked out from what a town has."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from api.cli import app
from geo.codes import CodeList
from geo.errors import BadRequest
from geo.intake.index_map import Worked, block_of, work_out_index
from geo.shapes import sheets as sheets_module
from geo.shapes.measure import area_square_metres
from geo.shapes.sheets import SIDES, sheets_over
from geo.shapes.unions import unions
from layers import LAYERS
from tests.makers import make_rows, square

NOW = dt.datetime(2026, 11, 22, 3, tzinfo=dt.UTC)
HAT_YAI = shapely.box(100.45, 6.99, 100.49, 7.03)
TO_UTM = pyproj.Transformer.from_crs(4326, 32647, always_xy=True)
scales = st.sampled_from(sorted(SIDES))


# The grid.


def test_a_corner_lies_where_the_pinned_operation_puts_it() -> None:
    """The vector of DOMAIN 10.4: (663000, 775000) of 24047 is (662666.84, 775297.88) of 32647, not 185 m away."""
    around = shapely.Point(100.4727, 7.0117).buffer(0.0001)
    (sheet,) = [one for one in sheets_over(around, "1000") if one.sheet_no == "IND75-47 663.0E 775.0N"]
    east, north = TO_UTM.transform(*shapely.get_coordinates(sheet.shape)[:, :2].T)
    corner = np.column_stack((east, north))
    assert np.hypot(*(corner - (662666.84, 775297.88)).T).min() < 1


@given(scale=scales, lon=st.floats(97.5, 105), lat=st.floats(6, 20), wide=st.floats(0.001, 0.04))
def test_sheets_cover_an_outline_and_share_no_ground(scale: str, lon: float, lat: float, wide: float) -> None:
    outline = shapely.Point(lon, lat).buffer(wide, quad_segs=3)
    found = sheets_over(outline, scale)
    shapes = np.array([one.shape for one in found], dtype=object)
    # Along the border of the zones each side has the sheets of its own grid, which lie across the other's.
    for zone, half in (("47", shapely.box(90, 0, 102, 30)), ("48", shapely.box(102, 0, 110, 30))):
        mine = shapes[[one.sheet_no.startswith(f"IND75-{zone} ") for one in found]]
        part = shapely.intersection(outline, half)
        # An edge between two corners is straight in metres and not quite so in degrees: centimetres.
        assert shapely.area(shapely.difference(part, shapely.union_all(mine))) <= 1e-9
        assert shapely.area(shapely.union_all(mine)) == pytest.approx(shapely.area(mine).sum(), rel=1e-6)
    assert len({one.sheet_no for one in found}) == len(found)


@given(scale=scales)
def test_a_sheet_is_as_large_as_its_scale_says(scale: str) -> None:
    shapes = np.array([one.shape for one in sheets_over(HAT_YAI, scale)], dtype=object)
    assert area_square_metres(shapes) == pytest.approx(SIDES[scale] ** 2, rel=0.002)


def test_sheets_of_larger_scales_are_cut_out_of_those_of_1_to_4000() -> None:
    large, small = sheets_over(HAT_YAI, "4000"), sheets_over(HAT_YAI, "1000")
    names = {one.sheet_no for one in large}
    for one in small:
        east, north = (float(part[:-1]) for part in one.sheet_no.split()[1:])
        assert f"IND75-47 {east // 2 * 2:.0f}E {north // 2 * 2:.0f}N" in names, "even kilometres"


def test_a_sheet_says_that_its_number_is_worked_out() -> None:
    for one in sheets_over(HAT_YAI, "2000"):
        assert "ไม่ใช่เลขระวางของกรมที่ดิน" in one.numbering
        assert "not the Land Department's number" in one.numbering
        assert one.scale in CodeList.read("sheet_scale").by_code


def test_an_outline_that_touches_a_sheet_at_its_edge_alone_does_not_get_it() -> None:
    (own,) = [one for one in sheets_over(HAT_YAI, "1000") if one.sheet_no == "IND75-47 663.0E 775.0N"]
    inside = shapely.affinity.scale(own.shape, 0.99, 0.99)
    assert [one.sheet_no for one in sheets_over(inside, "1000")] == [own.sheet_no]


def test_a_town_east_of_102_degrees_is_on_the_grid_of_zone_48() -> None:
    found = sheets_over(shapely.box(101.99, 14, 102.01, 14.01), "1000")
    assert {one.sheet_no.split()[0] for one in found} == {"IND75-47", "IND75-48"}
    east = sheets_over(shapely.box(102.5, 14, 102.52, 14.01), "1000")
    assert {one.sheet_no.split()[0] for one in east} == {"IND75-48"}
    assert all("24048" in one.numbering for one in east)


@pytest.mark.parametrize(
    ("outline", "scale"),
    [
        (shapely.box(0, 0, 1, 1), "1000"), (shapely.Polygon(), "1000"), (HAT_YAI, "500"), (HAT_YAI, "50000"),
        (shapely.box(99, 7, 105, 19), "1000"), (shapely.box(662000, 774000, 663000, 775000), "4000"),
    ],
)  # fmt: skip
def test_what_has_no_sheets_is_refused_in_words(outline: Any, scale: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        sheets_over(outline, scale)
    assert refusal.value.told.th


def test_heights_of_an_outline_do_no_harm() -> None:
    assert len(sheets_over(shapely.force_3d(HAT_YAI, 12), "4000")) == len(sheets_over(HAT_YAI, "4000"))
    assert sheets_module.MOST >= 20_000


# What is put together from lots.


def test_a_lane_between_lots_of_one_name_is_closed_and_a_street_is_not() -> None:
    lots = np.array([shapely.box(0, 0, 20, 20), shapely.box(26, 0, 46, 20), shapely.box(70, 0, 90, 20)], dtype=object)
    names, (a, b) = unions(["a", "a", "b"], lots, closed_metres=4)
    assert names == ["a", "b"]
    assert a.geom_type == "Polygon"
    assert a.area == pytest.approx(46 * 20, rel=0.01)
    assert b.equals_exact(shapely.box(70, 0, 90, 20), 0.01) or b.area == pytest.approx(400, rel=0.01)
    (apart,) = unions(["a", "a"], lots[[0, 2]], closed_metres=4)[1]
    assert apart.geom_type == "MultiPolygon"


def test_a_bowtie_among_lots_is_mended_and_not_lost() -> None:
    bowtie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    _, (found,) = unions(["a", "a"], np.array([bowtie, shapely.box(10, 0, 20, 10)], dtype=object), closed_metres=1)
    assert found.is_valid
    assert found.area > 140


@pytest.mark.parametrize(
    ("code", "zone", "block", "found"),
    [
        ("04B066", "9", "Z", "04B"), ("02S015/004", None, None, "02S"), (None, "04", "B", "04B"),
        (None, "7", "02S", "02S"),
        ("01a001", None, None, None), ("", "", "", None), (None, "4", "B", None), ("x", "01", "C", "01C"),
    ],
)  # fmt: skip
def test_the_block_of_a_lot_is_read_from_its_code_or_else_from_its_parts(
    code: str | None, zone: str | None, block: str | None, found: str | None
) -> None:
    assert block_of(code, zone, block) == found


# Into a town's index.


@pytest.fixture
def town(engine: Engine) -> Engine:
    """A hundred lots in two zones of two blocks each, one without a code; a neighbour's lot; both towns' outlines."""
    lon, lat, side = 100.47, 7.01, 0.0003
    places = [(lon + side * column, lat + side * row) for row in range(10) for column in range(10)]
    codes: list[str | None] = [f"0{1 + n % 10 // 5}{'AB'[n // 50]}{n:03d}" for n in range(100)]
    codes[7] = None
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", geom=square(lon, lat, side * 10))
        make_rows(session, "municipality", code="9099", municipality="9099", geom=square(lon + 1, lat, side))
        lots = [square(east, north, side * 0.99) for east, north in places]
        make_rows(session, "parcel", count=100, geom=lots, parcel_code=codes, zone=None, block=None)
        make_rows(session, "parcel", municipality="9099", parcel_code="07C001", geom=square(lon + 1, lat, side))
    return engine


def worked(engine: Engine, **more: Any) -> Worked:
    return work_out_index(engine, LAYERS, "9098", by="an officer", origin="test", at=NOW, **more)


def one_of(engine: Engine, question: str) -> Any:
    with engine.connect() as connection:
        return connection.scalar(text(f"SELECT {question}"))


def test_zones_blocks_and_sheets_of_a_town_come_from_its_lots_and_outline(town: Engine) -> None:
    done = worked(town)
    assert (done.lots, done.without_block) == (100, 1)
    assert {name: report.counts.inserted for name, report in done.reports.items()} == {
        "tax_zone": 2, "tax_block": 4, "tax_sheet": one_of(town, "count(*) FROM tax_sheet"),
    }  # fmt: skip
    with town.connect() as connection:
        blocks = connection.execute(text("SELECT block_code, zone, block FROM tax_block ORDER BY 1")).all()
    assert [tuple(row) for row in blocks] == [
        ("01A", "01", "A"), ("01B", "01", "B"), ("02A", "02", "A"), ("02B", "02", "B"),
    ]  # fmt: skip
    outside = "count(*) FROM parcel p WHERE municipality = '9098' AND parcel_code IS NOT NULL AND NOT EXISTS "
    outside += "(SELECT FROM tax_block b WHERE b.block_code = left(p.parcel_code, 3)"
    assert one_of(town, outside + " AND ST_Area(ST_Difference(p.geom, b.geom)) < ST_Area(p.geom) * 0.01)") == 0
    assert one_of(town, "count(*) FROM tax_zone WHERE municipality <> '9098'") == 0
    assert one_of(town, "count(DISTINCT scale) FROM tax_sheet") == 2
    assert one_of(town, "string_agg(DISTINCT file_name, ' ' ORDER BY file_name) FROM import_batch") == (
        "worked-out-tax_block.geojson worked-out-tax_sheet.geojson worked-out-tax_zone.geojson"
    )


def test_a_second_time_changes_nothing_and_a_changed_lot_changes_its_block(town: Engine) -> None:
    worked(town)
    again = worked(town)
    assert all(report.counts.nothing_changed for report in again.reports.values())
    with town.begin() as connection:
        connection.execute(text("UPDATE parcel SET geom = ST_Translate(geom, 0.01, 0) WHERE parcel_code = '02A009'"))
    third = worked(town, parts=("tax_zone", "tax_block"))
    assert {name: report.counts.updated for name, report in third.reports.items()} == {"tax_zone": 1, "tax_block": 1}
    assert one_of(town, "max(version) FROM tax_block") == 2


def test_a_towns_own_zones_are_not_written_over_unless_somebody_says_so(town: Engine) -> None:
    with Session(town) as session, session.begin():
        make_rows(session, "tax_zone", zone="01", name_th="เขตของเมือง", geom=square(100.47, 7.01, 0.001))
        make_rows(session, "tax_zone", zone="01", municipality="9099")
    with pytest.raises(BadRequest, match="tax_zone"):
        worked(town)
    assert one_of(town, "count(*) FROM tax_block") == 0, "nothing is half-done"
    assert worked(town, parts=("tax_block",)).reports["tax_block"].counts.inserted == 4
    worked(town, anew=True)
    assert one_of(town, "name_th FROM tax_zone WHERE zone = '01' AND municipality = '9098'").startswith("เขต 01 (คำนวณ")


def test_a_town_without_lots_or_outline_is_told_so(engine: Engine) -> None:
    with pytest.raises(BadRequest, match="no parcel of 9098"):
        worked(engine)
    with pytest.raises(BadRequest, match="no outline"):
        worked(engine, parts=("tax_sheet",))


def test_the_command_tells_what_it_did_in_both_languages(
    town: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    asked = ["tax", "index", "--municipality", "9098"]
    assert CliRunner().invoke(app, [*asked, "--only", "nothing"]).exit_code == 2
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "1 จาก 100 แปลง" in done.output
    assert "/maps?layers=tax_zone,tax_block,tax_sheet" in done.output
    again = CliRunner().invoke(app, [*asked, "--only", "tax_sheet", "--scale", "2000"])
    assert again.exit_code == 0
    assert one_of(town, "count(DISTINCT scale) FROM tax_sheet") == 3
