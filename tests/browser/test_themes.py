"""The tax map in Chromium: themes, value classes for the tax office alone, codes within their lots, the index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.browser.looking import clicked, colour, gone_to, opened, settled, until
from tests.conftest import running
from tests.makers import make_rows, square
from tests.people.made import make_person, password_of

LON, LAT, SIDE = 100.47, 7.01, 0.001
KINDS = ["NS4", "SRT", "NONE", "WAT"]
WORTH = [100_000, 1_000_000, 20_000_000, None]
# As painted over the page's ground: #0088c4 at 0.55.
BLUE = (107, 183, 215)
# Pictures for eyes, where somebody wants them.
PICTURES = os.environ.get("ATLAS_PICTURES")


@pytest.fixture(scope="module")
def town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Four wide lots and a narrow one, two blocks of one zone around them; the address of its server and database."""
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", name_th="เทศบาลสมมติ", geom=square(LON, LAT, SIDE * 4))
        make_rows(
            session, "parcel", count=4, geom=[square(LON + SIDE * place, LAT, SIDE * 0.98) for place in range(4)],
            parcel_code=[f"01A00{place}" for place in range(4)], lot=[f"00{place}" for place in range(4)],
            document_type=KINDS, appraised_baht=WORTH, tax_year=[2026, 2025, 2023, 1999], land_use="residential",
        )  # fmt: skip
        for place, (number, side) in enumerate((("777", 0.2), ("778", 0.04))):
            shape = square(LON + SIDE * place, LAT + SIDE * 2, SIDE * side)
            make_rows(session, "parcel", parcel_code=f"01B{number}", lot=number, geom=shape)
        blocks = [square(LON, LAT, SIDE * 2), square(LON + SIDE * 2, LAT, SIDE * 2)]
        make_rows(session, "tax_block", count=2, block_code=["01A", "01B"], zone="01", block=["A", "B"], geom=blocks)
        make_rows(session, "tax_zone", zone="01", name_th="เขตหนึ่ง", geom=square(LON, LAT, SIDE * 4))
    make_person(engine, "tawan", "tax municipality 9098")
    engine.dispose()
    with running(url, tmp_path_factory.mktemp("atlas"), demo=True) as address:
        yield address, url


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A desk, or what a test asks for; anything a page complains of fails the test."""
    wide, is_dark = getattr(request, "param", (1440, False))
    scheme: Literal["dark", "light"] = "dark" if is_dark else "light"
    found = browser.new_context(viewport={"width": wide, "height": 800}, locale="th-TH", color_scheme=scheme)
    complaints: list[str] = []
    found.on("console", lambda said: complaints.append(said.text))
    found.on("weberror", lambda error: complaints.append(str(error.error)))
    yield found
    found.close()
    assert complaints == []


def lot(place: int) -> tuple[float, float]:
    """The south-west of a lot, where no name stands and no hatching of one colour alone."""
    return LON + SIDE * (place + 0.2), LAT + SIDE * 0.2


def seen(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES, f"{name}.png"))


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= 6


def panel_open(page: Page) -> None:
    button = page.locator(".atlas-panel-button")
    if button.get_attribute("aria-expanded") == "false":
        button.click()


def theme(page: Page, name: str) -> None:
    panel_open(page)
    more = page.locator('.atlas-more[data-layer="parcel"]')
    if more.get_attribute("open") is None:
        more.locator("summary").first.click()
    page.locator('select[data-colour="parcel"]').select_option(name)
    settled(page)


@pytest.mark.parametrize("context", [(360, False), (1440, False), (1440, True)], indirect=True)
def test_a_theme_is_chosen_counted_and_kept_in_the_link(context: BrowserContext, town: tuple[str, str]) -> None:
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    opened(page, f"{town[0]}/map#at=17/{LAT + SIDE}/{LON + SIDE * 2}&on=parcel")
    assert not [url for url in asked if "theme=" in url], "nothing of themes travels before one is chosen"
    theme(page, "document_type")
    legend = page.locator('[data-entry="parcel"] .atlas-legend li')
    expect(legend.filter(has_text="ที่ดินการรถไฟ").locator(".atlas-count")).to_have_text("1")
    expect(page.locator('[data-entry="parcel"] .atlas-legend-box > summary')).to_have_text("ประเภทเอกสารสิทธิ์")
    assert [url for url in asked if ".mvt?theme=document_type" in url]
    seen(page, f"theme-{page.viewport_size and page.viewport_size['width']}")
    if page.viewport_size and page.viewport_size["width"] < 700:
        page.locator(".atlas-panel-button").click()
    gone_to(page, LON + SIDE * 2, LAT + SIDE, 17)
    if page.evaluate("matchMedia('(prefers-color-scheme: light)').matches"):
        assert near(colour(page, *lot(0)), BLUE)
    until(page, "location.hash.includes('by=parcel:document_type')")
    again = context.new_page()
    opened(again, page.url)
    settled(again)
    panel_open(again)
    expect(again.locator('select[data-colour="parcel"]')).to_have_value("document_type")
    expect(again.locator('[data-entry="parcel"] .atlas-legend li').filter(has_text="ที่ดินการรถไฟ")).to_be_attached()


def test_the_year_of_the_data_is_told_in_both_eras_and_both_languages(
    context: BrowserContext, town: tuple[str, str]
) -> None:
    page = context.new_page()
    opened(page, f"{town[0]}/map#at=17/{LAT + SIDE}/{LON + SIDE * 2}&on=parcel&by=parcel:tax_year")
    panel_open(page)
    legend = page.locator('[data-entry="parcel"] .atlas-legend')
    expect(legend).to_contain_text("ปีล่าสุด · พ.ศ. 2569")
    page.locator(".atlas-language").click()
    expect(legend).to_contain_text("2–3 years old · 2023–2024 (B.E. 2566–2567)")
    seen(page, "year-en")


def test_a_theme_that_is_not_ones_own_is_neither_offered_nor_drawn(
    context: BrowserContext, town: tuple[str, str]
) -> None:
    page = context.new_page()
    opened(page, f"{town[0]}/map#at=17/{LAT + SIDE}/{LON + SIDE * 2}&on=parcel&by=parcel:value")
    panel_open(page)
    choice = page.locator('select[data-colour="parcel"]')
    expect(choice.locator('option[value="value"]')).to_have_count(0)
    expect(choice.locator('option[value="occupancy"]')).to_have_count(1)
    expect(choice).to_have_value("land_use")


def signed_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.get_by_label("ชื่อเข้าระบบ").fill("tawan")
    page.get_by_label("รหัสผ่าน").fill(password_of("tawan"))
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    switch = page.locator("form[action='/auth/audience']")
    switch.get_by_label("บทบาท").select_option("tax")
    switch.get_by_label("เหตุผล").fill("ตรวจราคาประเมิน")
    switch.get_by_role("button").click()


def test_the_tax_office_sees_value_classes_close_by_and_each_look_is_written_down(
    context: BrowserContext, town: tuple[str, str]
) -> None:
    address, url = town
    page = context.new_page()
    signed_in(page, address)
    looks: list[Request] = []
    page.on("request", lambda one: looks.append(one) if "/map/bands" in one.url else None)
    opened(page, f"{address}/map#at=15/{LAT}/{LON}&on=parcel&by=parcel:value")
    panel_open(page)
    expect(page.locator('[data-entry="parcel"] .atlas-note')).to_contain_text("ซูมเข้าใกล้กว่านี้")
    assert looks == []
    with page.expect_response(lambda answer: "/map/bands" in answer.url) as told:
        gone_to(page, LON + SIDE * 2, LAT + SIDE, 17)
    assert "100000" not in told.value.text()
    legend = page.locator('[data-entry="parcel"] .atlas-legend li')
    expect(legend.filter(has_text="10 – ไม่ถึง 50").locator(".atlas-count")).to_have_text("1")
    expect(legend.filter(has_text="ไม่ระบุ").locator(".atlas-count")).to_have_text("1")
    settled(page)
    seen(page, "value")
    # A step aside within what was asked for is no second look.
    gone_to(page, LON + SIDE * 2.1, LAT + SIDE, 17)
    page.wait_for_timeout(400)
    assert len(looks) == 1
    engine = create_engine(url)
    with engine.connect() as connection:
        lines = connection.execute(text("SELECT door, person, purpose FROM read_log WHERE door = '/map/bands'")).all()
    engine.dispose()
    assert [tuple(line) for line in lines] == [("/map/bands", "tawan", "ตรวจราคาประเมิน")]


def written(page: Page, address: str) -> list[str]:
    """The names that stand on the map, told by the canvas itself."""
    page.add_init_script(
        "window.told = []; const write = CanvasRenderingContext2D.prototype.fillText;"
        "CanvasRenderingContext2D.prototype.fillText = function (...words) {"
        "  window.told.push(words[0]); return write.apply(this, words); };"
    )
    opened(page, address)
    settled(page)
    page.evaluate("window.told.length = 0; map_atlas.fire('moveend')")
    page.wait_for_timeout(300)
    found: list[str] = page.evaluate("window.told")
    return found


def test_a_code_stands_in_its_lot_whole_or_shortened_or_not_at_all(
    context: BrowserContext, town: tuple[str, str]
) -> None:
    page = context.new_page()
    told = written(page, f"{town[0]}/map#at=18/{LAT + SIDE * 2}/{LON + SIDE}&on=parcel")
    assert told.count("01A001") == 1, "once a lot, however many tiles it lies in"
    assert "777" in told
    assert "01B777" not in told, "its lot is too narrow for more than its number"
    assert not {"01B778", "778"} & set(told)
    seen(page, "codes")
    further = written(context.new_page(), f"{town[0]}/map#at=17/{LAT}/{LON}&on=parcel")
    assert not [word for word in further if "A00" in word]


def test_the_index_is_numbered_far_out_lettered_closer_and_led_into_by_a_click(
    context: BrowserContext, town: tuple[str, str]
) -> None:
    page = context.new_page()
    index = f"{town[0]}/maps?layers=tax_zone,tax_block,tax_sheet"
    middle = f"{LAT + SIDE * 2}/{LON + SIDE * 2}"
    assert written(page, f"{index}#at=15/{middle}&on=tax_zone,tax_block").count("01") == 1
    letters = written(context.new_page(), f"{index}#at=16/{middle}&on=tax_zone,tax_block")
    assert "01" not in letters
    assert {"A", "B"} <= set(letters)
    gone_to(page, LON + SIDE * 2, LAT + SIDE * 2, 16)
    before = page.evaluate("map_atlas.getZoom()")
    clicked(page, LON + SIDE * 3, LAT + SIDE)
    until(page, f"map_atlas.getZoom() > {before}")
    west, east = page.evaluate("(() => { const b = map_atlas.getBounds(); return [b.getWest(), b.getEast()]; })()")
    assert west < LON + SIDE * 2 < LON + SIDE * 4 < east, "the block that was clicked fills the view"
    expect(page.locator(".atlas-card")).to_have_count(0)
    settled(page)
    seen(page, "index")
    clicked(page, LON + SIDE * 3, LAT + SIDE)
    expect(page.locator(".atlas-card h2")).to_contain_text("01")


def test_an_area_is_told_in_rai_ngan_and_square_wah_too(context: BrowserContext, town: tuple[str, str]) -> None:
    engine = create_engine(town[1])
    with engine.begin() as connection:
        connection.execute(text("UPDATE parcel SET area_square_metres = 3802 WHERE parcel_code = '01A001'"))
    engine.dispose()
    page = context.new_page()
    opened(page, f"{town[0]}/map#at=17/{LAT + SIDE}/{LON + SIDE * 2}&on=parcel")
    clicked(page, *lot(1))
    expect(page.locator(".atlas-card")).to_contain_text("3,802 m² · 2-1-50.5 ไร่-งาน-ตร.ว.")
    seen(page, "card")
