"""Marking at the map: every way of saying where, every tool, and nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from shapely.geometry import Polygon, shape

from geo.codes import CodeList
from geo.shapes.measure import area_square_metres, length_metres
from tests.browser.conftest import EVIL
from tests.browser.looking import clicked, until
from tests.browser.marking import (
    DESK,
    LAT,
    LON,
    PHONE,
    SIDE,
    STEP,
    Marker,
    Town,
    at_the_map,
    corners,
    shape_of,
    sign_in,
    town_of,
)  # fmt: skip

AXE = Path(__file__).resolve().parents[2] / "api/web/node_modules/axe-core/axe.min.js"
MIDDLE = (LON + SIDE / 2, LAT + SIDE / 2)
# Corners of parcels around the middle, in their order around.
RING = [(LON + STEP * x, LAT + STEP * y) for x, y in ((4, 4), (6, 4), (6, 6), (4, 6))]
BOW = [RING[0], RING[2], RING[1], RING[3]]
OUTSIDE = [(lon + 0.1, lat) for lon, lat in RING]


@pytest.fixture(scope="module")
def town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town of this module."""
    with town_of(new_database, tmp_path_factory.mktemp("atlas")) as found:
        yield found


@pytest.mark.parametrize(("who", "size"), [("anan", PHONE), ("anan", DESK), ("committee", PHONE), ("collector", DESK)])
def test_a_point_is_marked_in_a_few_touches(who: str, size: tuple[int, int], browser: Browser, town: Town) -> None:
    place = (LON + STEP * 4.5, LAT + STEP * 4.5)
    with at_the_map(browser, town, who, size) as marker:
        marker.begun()
        marker.tapped(place)
        marker.told()
        expect(marker.sheet.locator(".mark-score")).to_contain_text("20")
        marker.saved()
        row = town.newest("risk_point")
        assert (row.likelihood, row.severity, row.kind, row.status) == (4, 5, "FLD-SURF", "reported")
        assert row.municipality == "9098"
        assert shape(shape_of(row)).distance(shape({"type": "Point", "coordinates": place})) < 2e-5
        marker.press("ทำเครื่องหมายอีก")
        expect(marker.sheet.locator(".mark-now")).to_contain_text("แตะแผนที่")


@pytest.mark.parametrize("who", [None, "nurse"])
def test_whoever_marks_nothing_gets_no_script_for_it(who: str | None, browser: Browser, town: Town) -> None:
    asked: list[str] = []
    if who is None:
        context = browser.new_context()
        page = context.new_page()
        page.on("request", lambda one: asked.append(one.url))
        page.goto(f"{town.address}/map")
        expect(page.locator(".atlas-panel-button, .atlas-panel").first).to_be_attached()
        assert page.locator("meta[name=csrf-token]").count() == 0
        context.close()
    else:
        with at_the_map(browser, town, who) as marker:
            assert marker.page.locator(".mark-start").count() == 0
    assert not [url for url in asked if "/static/mark" in url]


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_an_area_snaps_to_the_parcels_corners_exactly(size: tuple[int, int], browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan", size) as marker:
        marker.begun("risk_zone", "POLYGON")
        off = 3e-5 if size is DESK else 1.5e-5
        if size is PHONE:
            marker.page.evaluate(f"map_atlas.setView([{MIDDLE[1]}, {MIDDLE[0]}], 17, {{animate: false}})")
            off = 6e-5
        marker.tapped(*((lon + off, lat - off) for lon, lat in RING))
        marker.press("เสร็จ")
        marker.looks_finished()
        marker.told()
        marker.saved()
        assert corners(shape_of(town.newest("risk_zone"))) == {(round(lon, 7), round(lat, 7)) for lon, lat in RING}


def test_a_line_is_measured_as_the_server_measures_it(browser: Browser, town: Town) -> None:
    line = [(LON - 0.002, LAT - 0.002), (LON - 0.001, LAT - 0.001), (LON - 0.0005, LAT - 0.003)]
    with at_the_map(browser, town, "anan") as marker:
        marker.begun("risk_zone", "LINESTRING")
        marker.page.evaluate(f"map_atlas.setView([{LAT - 0.002}, {LON - 0.001}], 17, {{animate: false}})")
        marker.tapped(*line)
        marker.press("เสร็จ")
        marker.told(cell=None)
        said = marker.sheet.locator(".mark-measures").inner_text()
        marker.saved()
    drawn = shape(shape_of(town.newest("risk_zone")))
    assert len(corners(shape_of(town.newest("risk_zone")))) == 3
    (metres,) = length_metres(np.array([drawn], dtype=object))
    assert _number(said.split("Length ")[1]) == pytest.approx(float(metres), rel=1e-3)


@pytest.mark.parametrize("side", [0.0001, 0.001, 0.012])
def test_an_area_is_measured_as_the_server_measures_it(side: float, browser: Browser, town: Town) -> None:
    ring = [(LON, LAT), (LON + side, LAT + side / 9), (LON + side, LAT + side), (LON + side / 5, LAT + side)]
    with at_the_map(browser, town, "anan") as marker:
        marker.begun("risk_zone", "POLYGON")
        marker.typed(*ring)
        expect(marker.sheet.locator(".mark-measures")).to_contain_text("ตร.ม.")
        said = marker.sheet.locator(".mark-measures").inner_text()
    area = float(area_square_metres(np.array([Polygon(ring)], dtype=object))[0])
    around = float(length_metres(np.array([Polygon(ring)], dtype=object))[0])
    assert _number(said.split("Area ")[1]) == pytest.approx(area, rel=1e-3, abs=0.06)
    assert _number(said.split("รอบรูป ")[1]) == pytest.approx(around, rel=1e-3, abs=0.06)
    rai, ngan, wah = (_number(one) for one in said.split("= ")[1].split(" ")[0].split("-"))
    assert (rai * 4 + ngan) * 400 + wah * 4 == pytest.approx(area, rel=1e-3, abs=0.5)
    assert ngan <= 3
    assert wah < 100


@pytest.mark.parametrize(
    "written",
    [
        "7.0160000, 100.4729000",
        "100.4729 7.0160",
        "7°00'57.6\"N 100°28'22.44\"E",
        "๗.๐๑๖ ๑๐๐.๔๗๒๙",
        "47N 662677.98 775752.77",
    ],
)
def test_a_place_is_read_however_it_is_written(written: str, browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        marker.begun()
        marker.typed()
        marker.sheet.locator("#mark-typed").fill(written)
        expect(marker.sheet.locator(".mark-measures")).to_contain_text(", 100.4")
        lat, lon = (float(one) for one in marker.sheet.locator(".mark-measures").inner_text().split(","))
        if "47N" in written:
            from pyproj import Transformer

            there = Transformer.from_crs(32647, 4326, always_xy=True).transform(662677.98, 775752.77)
            assert (lon, lat) == pytest.approx(there, abs=2e-7)
        else:
            assert (lon, lat) == pytest.approx((LON, LAT), abs=2e-6)
        marker.sheet.locator("#mark-typed").fill("hello")
        expect(marker.sheet.locator("#mark-typed-told")).to_contain_text("บรรทัด 1")


def test_a_mark_is_made_with_the_keyboard_alone(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        keyboard = marker.page.keyboard
        marker.page.locator(".mark-start").focus()
        keyboard.press("Enter")
        expect(marker.sheet).to_be_visible()
        _tabbed(marker.page, "input[name=mark-what]")
        keyboard.press("ArrowRight")
        expect(marker.sheet.locator("input[value=risk_zone]")).to_be_checked()
        _tabbed(marker.page, ".mark-typing summary")
        keyboard.press("Enter")
        keyboard.press("Tab")
        for lon, lat in RING:
            keyboard.type(f"{lat:.7f} {lon:.7f}")
            keyboard.press("Enter")
        expect(marker.sheet.locator(".mark-measures")).to_contain_text("ตร.ม.")
        _tabbed(marker.page, "#mark-field-kind")
        keyboard.press("ArrowDown")
        _tabbed(marker.page, "input[name=mark-matrix]")
        keyboard.press("Space")
        keyboard.press("ArrowDown")
        _tabbed(marker.page, ".mark-foot button")
        keyboard.press("Enter")
        expect(marker.sheet.locator(".mark-saved")).to_be_visible()
    row = town.newest("risk_zone")
    assert len(corners(shape_of(row))) == 4
    assert (row.likelihood, row.severity) == (1, 4)


def test_the_cross_hair_draws_with_arrows_and_enter(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        marker.begun("risk_zone", "POLYGON")
        marker.page.locator("#map_atlas").focus()
        keyboard = marker.page.keyboard
        for way in ("ArrowRight", "ArrowUp", "ArrowLeft"):
            keyboard.press(f"Shift+{way}")
            keyboard.press("Enter")
        expect(marker.page.locator(".mark-cross")).to_be_visible()
        keyboard.press("Enter")
        marker.looks_finished()
        expect(marker.sheet.locator(".mark-now")).to_contain_text("วาดแล้ว")
        marker.told()
        marker.saved()
    assert len(corners(shape_of(town.newest("risk_zone")))) == 3


def test_escape_gives_a_drawing_up_and_then_closes_the_sheet(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        marker.begun("risk_zone", "POLYGON")
        marker.tapped(*RING[:2])
        marker.page.keyboard.press("Escape")
        expect(marker.sheet.locator(".mark-measures")).to_have_text("")
        marker.page.keyboard.press("Control+z")
        expect(marker.sheet.locator(".mark-points input")).to_have_count(2)
        marker.page.keyboard.press("Escape")
        marker.page.keyboard.press("Escape")
        expect(marker.sheet).to_be_hidden()
        expect(marker.page.locator(".mark-start")).to_be_focused()


@pytest.mark.parametrize(("metres", "is_coarse"), [(12, False), (80, True)])
def test_where_i_stand_is_told_with_its_accuracy(
    metres: int, is_coarse: bool, browser: Browser, town: Town
) -> None:  # fmt: skip
    here = {"longitude": MIDDLE[0], "latitude": MIDDLE[1], "accuracy": metres}
    with at_the_map(browser, town, "anan", PHONE, geolocation=here, permissions=["geolocation"]) as marker:
        marker.begun()
        marker.press("จุดที่ยืนอยู่")
        said = marker.sheet.locator(".mark-gps")
        expect(said).to_contain_text(f"{metres} m")
        expect(said.locator(".mark-warning")).to_have_count(1 if is_coarse else 0)
        marker.press("ใช้ตำแหน่งนี้")
        marker.told()
        marker.saved()
    (found,) = corners(shape_of(town.newest("risk_point")))
    assert found == pytest.approx(MIDDLE, abs=1e-7)


def test_a_position_that_is_refused_is_explained(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        marker.begun()
        marker.press("จุดที่ยืนอยู่")
        expect(marker.sheet.locator(".mark-gps")).to_contain_text("แตะแผนที่แทน")


def test_an_area_that_is_split_becomes_two_marks(browser: Browser, town: Town) -> None:
    before = town.count("risk_zone")
    with at_the_map(browser, town, "anan") as marker:
        _drawn(marker)
        marker.press("แบ่ง")
        marker.tapped((LON + STEP * 5, LAT + STEP * 3.5), (LON + STEP * 5, LAT + STEP * 6.5))
        marker.press("เสร็จ")
        expect(marker.sheet.locator(".mark-problems")).to_contain_text("หลายส่วน")
        marker.told()
        marker.saved()
    assert town.count("risk_zone") == before + 2
    areas = town.rows("SELECT ST_Area(geom::geography) AS area FROM risk_zone ORDER BY id DESC LIMIT 2")
    whole = float(area_square_metres(np.array([Polygon(RING)], dtype=object))[0])
    assert [one.area for one in areas] == pytest.approx([whole / 2] * 2, rel=0.01)


def test_a_line_that_does_not_cross_splits_nothing_and_says_so(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        _drawn(marker)
        marker.press("แบ่ง")
        marker.tapped((LON + STEP * 4.6, LAT + STEP * 4.6), (LON + STEP * 5.4, LAT + STEP * 5.4))
        marker.press("เสร็จ")
        expect(marker.sheet.locator(".mark-problems")).to_contain_text("จากขอบหนึ่งถึงอีกขอบ")
        marker.page.keyboard.press("Escape")
        expect(marker.sheet.locator(".mark-now")).to_contain_text("วาดแล้ว")


def test_a_hole_is_cut_out(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        _drawn(marker)
        marker.press("เจาะ")
        inner = [(LON + STEP * x, LAT + STEP * y) for x, y in ((4.5, 4.5), (5.5, 4.5), (5.5, 5.5), (4.5, 5.5))]
        marker.tapped(*inner)
        marker.press("เสร็จ")
        expect(marker.sheet.locator(".mark-points input")).to_have_count(8)
        marker.told()
        marker.saved()
    found = shape(shape_of(town.newest("risk_zone")))
    (part,) = getattr(found, "geoms", [found])
    assert len(part.interiors) == 1


def test_every_act_is_undone_and_done_again(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        _drawn(marker)
        points = marker.sheet.locator(".mark-points input")
        expect(points).to_have_count(4)
        marker.sheet.locator(".mark-each").evaluate("one => { one.open = true }")
        marker.sheet.get_by_role("button", name="แทรกจุดถัดไป").first.click()
        expect(points).to_have_count(5)
        _dragged(marker, RING[2], (RING[2][0] + STEP / 3, RING[2][1] + STEP / 3))
        expect(points.nth(3)).not_to_have_value(_written(RING[2]))
        marker.page.locator("#map_atlas").focus()
        marker.page.keyboard.press("Control+z")
        expect(points.nth(3)).to_have_value(_written(RING[2]))
        marker.page.keyboard.press("Control+z")
        expect(points).to_have_count(4)
        marker.page.keyboard.press("Control+y")
        marker.page.keyboard.press("Control+y")
        expect(points).to_have_count(5)
        expect(points.nth(3)).not_to_have_value(_written(RING[2]))
        marker.press("ย้อน")
        marker.press("ย้อน")
        marker.press("ย้อน")
        expect(marker.sheet.locator(".mark-now")).to_contain_text("แตะแผนที่ทีละมุม")


def test_a_point_of_an_area_is_removed_by_a_tap(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan", PHONE) as marker:
        _drawn(marker)
        marker.press("ลบจุด")
        until(marker.page, "document.querySelectorAll('.marker-icon-middle').length === 0")
        clicked(marker.page, *RING[1])
        expect(marker.sheet.locator(".mark-points input")).to_have_count(3)


def test_an_outline_that_crosses_itself_is_red_and_is_not_sent(browser: Browser, town: Town) -> None:
    before = town.count("risk_zone")
    with at_the_map(browser, town, "anan") as marker:
        marker.begun("risk_zone", "POLYGON")
        marker.typed(*BOW)
        expect(marker.sheet.locator(".mark-problems")).to_contain_text("ตัดกันเอง")
        expect(marker.page.locator("#map_atlas path[stroke='#c5221f']").first).to_be_attached()
        marker.told()
        marker.press("ส่งแจ้ง")
        expect(marker.refused()).to_contain_text("ตัดกันเอง")
    assert town.count("risk_zone") == before


def test_what_lies_outside_or_is_too_large_is_told_and_not_sent(browser: Browser, town: Town) -> None:
    before = town.count("risk_zone")
    with at_the_map(browser, town, "committee") as marker:
        marker.begun("risk_zone", "POLYGON")
        marker.told()
        for ring, words in ((OUTSIDE, "นอกพื้นที่"), ([(LON, LAT), (LON + 0.2, LAT), (LON + 0.2, LAT + 0.2)], "25 ตร.กม.")):
            marker.typed(*ring)
            expect(marker.sheet.locator(".mark-problems")).to_contain_text(words)
            marker.press("ส่งแจ้ง")
            expect(marker.refused()).to_contain_text(words)
        # The server says the same of what no script looked at.
        answer = marker.page.evaluate(ASKED, ["/marks/risk_zone", {"type": "Feature", "properties": {}, "geometry": {
            "type": "Polygon", "coordinates": [[*OUTSIDE, OUTSIDE[0]]]}}])  # fmt: skip
        assert answer == 403
    assert town.count("risk_zone") == before


def test_what_the_server_refuses_is_told_at_its_field(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        marker.begun()
        marker.tapped(MIDDLE)
        marker.press("ส่งแจ้ง")
        expect(marker.sheet.locator("[data-field=kind] .mark-wrong")).to_contain_text("เลือกประเภท")
        expect(marker.sheet.locator("#mark-field-kind")).to_be_focused()
        marker.told()
        marker.sheet.locator(".mark-rest").evaluate("one => { one.open = true }")
        marker.sheet.locator("#mark-field-seen_on").fill("31/2/2569")
        expect(marker.sheet.locator("[data-field=seen_on] .mark-hint")).to_contain_text("อ่านวันที่ไม่ได้")
        marker.press("ส่งแจ้ง")
        expect(marker.sheet.locator("[data-field=seen_on] .mark-wrong")).to_be_visible()
        expect(marker.sheet.locator("#mark-field-seen_on")).to_be_focused()
        marker.sheet.locator("#mark-field-seen_on").fill("๒๘/๒/๒๕๖๙")
        expect(marker.sheet.locator("[data-field=seen_on] .mark-hint")).to_contain_text("28 ก.พ. 2569")
        marker.saved()
    assert str(town.newest("risk_point").seen_on) == "2026-02-28"


def test_all_that_is_said_of_a_risk_is_kept(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        marker.begun()
        marker.tapped(MIDDLE)
        marker.told("ROAD", "2x3")
        for code in ("lives", "road"):
            marker.sheet.locator(f"[data-field=threatens] input[value={code}]").check()
        marker.sheet.locator("[data-field=belongs_to] input[value=railway]").check()
        marker.sheet.locator("#mark-field-description").fill("ท่อตัน")
        marker.saved("เก็บเป็นร่าง")
    row = town.newest("risk_point")
    assert (row.status, row.belongs_to, row.description, row.threatens) == ("draft", "railway", "ท่อตัน", "lives road")


def test_photographs_are_made_smaller_and_come_with_the_mark(browser: Browser, town: Town, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.jpg", "two.png")]
    for file, colour in zip(files, ("#336699", "#996633"), strict=True):
        Image.new("RGB", (3000, 2000), colour).save(file)
    with at_the_map(browser, town, "anan", PHONE) as marker:
        marker.begun()
        marker.tapped(MIDDLE)
        marker.told()
        chooser = marker.sheet.locator("input[type=file][multiple]")
        chooser.set_input_files(list(map(str, files)))
        expect(marker.sheet.locator(".mark-thumb canvas")).to_have_count(2)
        assert marker.sheet.locator("input[type=file][capture=environment]").count() == 1
        marker.saved()
        expect(marker.sheet.locator(".mark-saved .mark-warning")).to_have_count(0)
    fid = town.newest("risk_point").id
    kept = town.rows("SELECT width, height, made_by FROM photo WHERE layer = 'risk_point' AND row_id = :fid", fid=fid)
    assert [tuple(one) for one in kept] == [(1600, 1067, "anan")] * 2


def test_the_matrix_has_the_bands_and_colours_of_the_code_list(browser: Browser, town: Town) -> None:
    colours = {one.code: one.color for one in CodeList.read("risk_band").codes}
    with at_the_map(browser, town, "anan") as marker:
        marker.begun()
        cells = marker.sheet.locator(".mark-cell")
        expect(cells).to_have_count(25)
        for cell in cells.all():
            likelihood, severity = (cell.locator("input").get_attribute("value") or "").split("x")
            score = int(likelihood) * int(severity)
            band = "very_high" if score >= 17 else "high" if score >= 10 else "medium" if score >= 5 else "low"
            red, green, blue = bytes.fromhex((colours[band] or "").lstrip("#"))
            assert cell.evaluate("one => one.style.backgroundColor") == f"rgb({red}, {green}, {blue})"


def test_a_mark_is_changed_while_others_wait(browser: Browser, town: Town) -> None:
    fid = _made(browser, town)
    with at_the_map(browser, town, "anan") as anan, at_the_map(browser, town, "boon") as boon:
        _edited(anan)
        expect(anan.sheet.locator("#mark-field-name_th")).to_have_value(EVIL)
        assert anan.page.evaluate("window.hacked") is None
        clicked(boon.page, *MIDDLE)
        boon.page.locator(".mark-edit").click()
        expect(boon.page.locator(".mark-offer")).to_contain_text("Made-up anan")
        anan.sheet.locator("#mark-field-name_th").fill("หน้าตลาด")
        anan.saved("บันทึกการแก้ไข")
        row = town.rows("SELECT version, name_th, kind FROM risk_point WHERE id = :fid", fid=fid)[0]
        assert tuple(row) == (2, "หน้าตลาด", "FLD-SURF")
        until(anan.page, "true")
    assert town.rows("SELECT * FROM mark_lock") == []


def test_of_two_changes_a_person_decides_which_holds(browser: Browser, town: Town) -> None:
    fid = _made(browser, town)
    with at_the_map(browser, town, "anan") as anan, at_the_map(browser, town, "boon") as boon:
        _edited(anan)
        anan.sheet.locator("#mark-field-name_th").fill("ของอนันต์")
        town.rows("DELETE FROM mark_lock")
        changed = boon.page.evaluate(
            ASKED, [f"/marks/risk_point/{fid}", {"name_th": EVIL + "2", "cause": "ฝน"}, "PATCH"]
        )
        assert changed == 200
        anan.press("บันทึกการแก้ไข")
        table = anan.sheet.locator(".mark-conflict")
        expect(table).to_contain_text(EVIL + "2")
        expect(table).to_contain_text("ของอนันต์")
        anan.press("บันทึกตามที่เลือก")
        expect(anan.sheet.locator(".mark-saved")).to_be_visible()
    row = town.rows("SELECT version, name_th, cause FROM risk_point WHERE id = :fid", fid=fid)[0]
    assert tuple(row) == (3, "ของอนันต์", "ฝน")


def test_what_was_typed_is_offered_after_the_tab_was_closed(browser: Browser, town: Town) -> None:
    with at_the_map(browser, town, "anan") as marker:
        marker.begun("risk_zone", "POLYGON")
        marker.tapped(*RING[:2])
        marker.sheet.locator("#mark-field-description").fill(EVIL)
        marker.page.wait_for_timeout(900)
        marker.page.reload()
        offer = marker.page.locator(".mark-waiting")
        expect(offer).to_contain_text("ยังไม่ได้ส่ง")
        offer.get_by_role("button", name="ทำต่อ").click()
        expect(marker.sheet.locator("#mark-field-description")).to_have_value(EVIL)
        expect(marker.sheet.locator(".mark-points input")).to_have_count(2)
        marker.page.keyboard.press("Escape")
        marker.page.keyboard.press("Escape")
        marker.page.locator(".mark-waiting").get_by_role("button", name="ทิ้ง").click()
        marker.page.reload()
        expect(marker.page.locator(".mark-start")).to_be_visible()
        marker.page.wait_for_timeout(300)
        expect(offer).to_have_count(0)


def test_an_ended_session_loses_nothing(browser: Browser, town: Town) -> None:
    before = town.count("risk_point")
    with at_the_map(browser, town, "boon") as marker:
        marker.begun()
        marker.tapped(MIDDLE)
        marker.told()
        marker.page.context.clear_cookies()
        marker.press("ส่งแจ้ง")
        expect(marker.refused()).to_contain_text("หมดเวลา")
        expect(marker.refused().get_by_role("link")).to_have_attribute("target", "_blank")
        sign_in(marker.page.context, town, "boon")
        marker.press("ส่งอีกครั้ง")
        expect(marker.sheet.locator(".mark-saved")).to_be_visible()
        town.signed.pop("boon")
    assert town.count("risk_point") == before + 1


def test_without_a_connection_it_waits_and_is_sent_once(browser: Browser, town: Town) -> None:
    before = town.count("risk_point")
    with at_the_map(browser, town, "anan") as marker:
        marker.begun()
        marker.tapped(MIDDLE)
        marker.told()
        marker.page.context.set_offline(True)
        marker.press("ส่งแจ้ง")
        expect(marker.refused()).to_contain_text("ติดต่อเซิร์ฟเวอร์ไม่ได้")
        marker.page.context.set_offline(False)
        marker.press("ส่งอีกครั้ง")
        expect(marker.sheet.locator(".mark-saved")).to_be_visible()
    assert town.count("risk_point") == before + 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK])
def test_the_sheet_can_be_used_by_everybody(
    size: tuple[int, int], scheme: Any, browser: Browser, town: Town
) -> None:  # fmt: skip
    with at_the_map(browser, town, "anan", size, color_scheme=scheme, reduced_motion="reduce") as marker:
        marker.begun("risk_zone", "POLYGON")
        marker.typed(*BOW)
        marker.told()
        marker.sheet.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        marker.press("ส่งแจ้ง")
        marker.page.evaluate(AXE.read_text("utf-8"))
        found = marker.page.evaluate("axe.run('.mark-sheet', {resultTypes: ['violations']})")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
        # The sheet lies beside the map, never on it.
        sheet, board = marker.sheet.bounding_box(), marker.page.locator("#map_atlas").bounding_box()
        assert sheet
        assert board
        assert board["x"] + board["width"] <= sheet["x"] + 1 or board["y"] + board["height"] <= sheet["y"] + 1
        small = marker.sheet.locator("button:visible, select:visible, textarea:visible").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().height < 43.5).map(one => one.outerHTML)"
        )
        assert small == []


ASKED = """async ([path, body, method]) => {
  const version = method ? (await (await fetch(path, {headers: {Accept: "application/json"}})).json()).version : 0;
  const headers = {
    "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content,
    "Content-Type": method ? "application/merge-patch+json" : "application/geo+json",
    ...(method ? {"If-Match": `"${version}"`} : {}),
  };
  return (await fetch(path, {method: method || "POST", headers, body: JSON.stringify(body)})).status;
}"""


def _number(said: str) -> float:
    kept = said.replace(",", "").split(" ")[0]
    return float(kept)


def _written(place: tuple[float, float]) -> str:
    def of(number: float) -> str:
        said = f"{number:.7f}"
        return said[:-2] if said.endswith("00") else said.removesuffix("0")

    return f"{of(place[1])}, {of(place[0])}"


def _tabbed(page: Page, selector: str) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def _drawn(marker: Marker) -> None:
    marker.begun("risk_zone", "POLYGON")
    marker.typed(*RING)
    expect(marker.sheet.locator(".mark-points input")).to_have_count(4)
    marker.looks_finished()


def _dragged(marker: Marker, start: tuple[float, float], end: tuple[float, float]) -> None:
    from tests.browser.looking import PLACE

    (x, y), (u, v) = (marker.page.evaluate(PLACE, list(place)) for place in (start, end))
    mouse = marker.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move((x + u) / 2, (y + v) / 2, steps=4)
    mouse.move(u, v, steps=4)
    mouse.up()


def _made(browser: Browser, town: Town) -> int:
    town.rows("DELETE FROM risk_point")
    with at_the_map(browser, town, "anan") as marker:
        marker.begun()
        marker.typed(MIDDLE)
        marker.told()
        marker.sheet.locator("#mark-field-name_th").fill(EVIL)
        marker.saved()
    found: int = town.newest("risk_point").id
    return found


def _edited(marker: Marker) -> None:
    clicked(marker.page, *MIDDLE)
    expect(marker.page.locator(".atlas-card h2")).to_have_text(EVIL)
    marker.page.locator(".mark-edit").click()
    expect(marker.sheet).to_be_visible()
