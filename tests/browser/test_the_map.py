"""The town map in Chromium: drawn from our tiles, clickable, searchable, honest, and deaf to markup in names."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import EVIL, LAT, LON, SIDE, Town, Watched
from tests.browser.looking import GROUND, clicked, colour, gone_to, opened, settled, until

MIDDLE = (LON + SIDE * 0.55, LAT + SIDE * 0.55)
BARE_PARCEL = (LON + SIDE * 0.25, LAT + SIDE * 0.25)
TEMPLE = (LON + SIDE * 0.15, LAT + SIDE * 0.85)


@pytest.fixture
def page(watched: Watched, town: Town) -> Page:
    """The town map, close enough to see buildings."""
    opened(watched.page, f"{town.address}/map")
    gone_to(watched.page, *MIDDLE, 17)
    return watched.page


def test_parcels_buildings_and_symbols_are_drawn_where_they_are(page: Page) -> None:
    for place in (BARE_PARCEL, MIDDLE, TEMPLE):
        assert colour(page, *place) != GROUND
    assert colour(page, *BARE_PARCEL) != colour(page, *MIDDLE)
    assert colour(page, LON + 0.005, LAT + SIDE * 0.5) == GROUND


def test_the_page_is_small_and_asks_nobody_else(page: Page, town: Town) -> None:
    # `watched` fails the test on any request elsewhere and on anything in the console.
    assert len(page.request.get(f"{town.address}/map", headers={"Accept": "text/html"}).body()) < 150_000
    assert len(page.content().encode()) < 150_000
    assert page.evaluate("performance.getEntriesByType('resource').length") > 5


def test_a_click_tells_the_parcels_values_in_both_languages(page: Page) -> None:
    clicked(page, *BARE_PARCEL)
    card = page.locator(".atlas-card")
    expect(card.locator("h2")).to_have_text("01A022")
    expect(card).to_contain_text("ว่างเปล่า/ไม่ทำประโยชน์")
    expect(card).to_contain_text("Vacant or unused")
    expect(card).not_to_contain_text("secret-")


def test_features_on_top_of_each_other_are_paged(page: Page) -> None:
    clicked(page, *MIDDLE)
    card = page.locator(".atlas-card")
    names = []
    for number in range(1, 6):
        expect(card.locator(".atlas-pager span")).to_have_text(f"{number} จาก 5")
        names.append(card.locator("h2").inner_text())
        card.get_by_role("button", name="ถัดไป").click()
    assert names == ["ริมคลอง", "B-1", "01A055", "จันทร์นิเวศน์", "เทศบาลนครหาดใหญ่"]
    expect(card.locator("h2")).to_have_text("ริมคลอง")


def test_the_outline_of_what_was_clicked_is_marked(page: Page) -> None:
    clicked(page, *BARE_PARCEL)
    expect(page.locator(".leaflet-overlay-pane path")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-overlay-pane path")).to_have_count(0)


def test_a_symbol_can_be_clicked_beside_its_middle(page: Page) -> None:
    clicked(page, TEMPLE[0] + 0.00005, TEMPLE[1])
    expect(page.locator(".atlas-card h2")).to_have_text("วัดทดสอบ")


def test_markup_in_a_name_stays_words_in_popup_search_and_title(page: Page, town: Town) -> None:
    gone_to(page, LON - 0.004, LAT + 0.002, 17)
    clicked(page, LON - 0.004, LAT + 0.002)
    expect(page.locator(".atlas-card h2")).to_have_text(EVIL)
    page.keyboard.press("Escape")
    clicked(page, LON - 0.005, LAT + 0.001)
    expect(page.locator(".atlas-card h2")).to_have_text(EVIL)
    page.get_by_role("combobox", name="ค้นหา").fill("onerror")
    expect(page.locator("#atlas-found [role=option] span").first).to_have_text(EVIL)
    page.locator("#atlas-found [role=option]").first.click()
    expect(page.locator(".atlas-card h2")).to_have_text(EVIL)
    for path in (f"/communities/{town.evil}", f"/communities/{town.evil}/map", "/maps?layers=asset,community"):
        page.goto(town.address + path)
        settled(page) if "map" in path else None
        assert page.locator("img[onerror]").count() == 0
        if "communities" in path:
            assert EVIL in page.title()
    assert page.evaluate("window.hacked") is None


def test_a_switch_takes_a_layer_off_the_map_and_puts_it_back(page: Page) -> None:
    drawn = colour(page, *MIDDLE)
    for layer in ("risk_zone", "building", "parcel"):
        page.locator(f'input[data-layer="{layer}"]').uncheck()
    settled(page)
    assert colour(page, *MIDDLE) != drawn
    clicked(page, *MIDDLE)
    expect(page.locator(".atlas-pager span")).to_have_text("1 จาก 2")
    for layer in ("risk_zone", "building", "parcel"):
        page.locator(f'input[data-layer="{layer}"]').check()
    settled(page)
    # Squares are painted in slices, each after the other.
    for _ in range(20):
        if colour(page, *MIDDLE) != drawn:
            page.wait_for_timeout(150)
    assert colour(page, *MIDDLE) == drawn


def test_switching_on_a_layer_fetches_that_layer_alone(page: Page) -> None:
    with page.expect_request(lambda asked: "/tiles/household/" in asked.url):
        page.locator('input[data-layer="household"]').check()
    settled(page)


def test_households_are_told_as_a_count_and_nothing_more(page: Page) -> None:
    page.locator('input[data-layer="household"]').check()
    page.locator('input[data-layer="risk_zone"]').uncheck()
    settled(page)
    clicked(page, *MIDDLE)
    card = page.locator(".atlas-card")
    expect(card).to_contain_text("ครัวเรือน")
    expect(card.locator("h2")).to_have_text("8")
    expect(card.locator("dl")).to_have_count(0)


def test_the_search_jumps_to_a_community_and_opens_its_card(page: Page, town: Town) -> None:
    gone_to(page, 100.6, 7.2, 12)
    page.get_by_role("combobox", name="ค้นหา").fill("ชุมชนจันทร์")
    expect(page.locator("#atlas-found [role=option]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".atlas-card h2")).to_have_text("จันทร์นิเวศน์")
    centre = page.evaluate("map_atlas.getCenter()")
    assert abs(centre["lng"] - LON - SIDE / 2) < SIDE
    link = page.locator(".atlas-card .atlas-page")
    assert link.get_attribute("href") == f"/communities/{town.community}"
    assert page.evaluate("document.activeElement.closest('.atlas-card') !== null")


def test_a_name_nobody_has_is_told(page: Page) -> None:
    page.get_by_role("combobox", name="ค้นหา").fill("ไม่มีชุมชนนี้")
    expect(page.locator(".atlas-search .atlas-told")).to_contain_text("ไม่พบสิ่งที่ค้นหา")


def test_the_map_answers_to_the_keyboard(page: Page) -> None:
    gone_to(page, *BARE_PARCEL, 17)
    page.locator(".folium-map").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".atlas-card h2")).to_have_text("01A022")
    page.keyboard.press("Escape")
    expect(page.locator(".atlas-card")).to_have_count(0)


def test_past_the_deepest_tiles_shapes_are_drawn_larger_and_still_answer(page: Page) -> None:
    with_requests: list[str] = []
    page.on("request", lambda asked: with_requests.append(asked.url))
    gone_to(page, *BARE_PARCEL, 20)
    assert colour(page, *BARE_PARCEL) != GROUND
    clicked(page, *BARE_PARCEL)
    expect(page.locator(".atlas-card h2")).to_have_text("01A022")
    zooms = {int(found[1]) for url in with_requests if (found := re.search(r"/tiles/[^/]+/(\d+)/", url))}
    assert all(zoom <= 17 for zoom in zooms)


def test_far_out_counts_take_the_place_of_parcels_and_say_so(page: Page) -> None:
    note = page.locator('.atlas-entry:has(input[data-layer="parcel"]) .atlas-note')
    expect(note).to_be_hidden()
    gone_to(page, *MIDDLE, 12)
    expect(note).to_contain_text("ภาพรวม")
    expect(note).to_contain_text("overview")
    for layer in ("risk_zone", "building", "community", "municipality", "asset"):
        page.locator(f'input[data-layer="{layer}"]').uncheck()
    settled(page)
    assert colour(page, *MIDDLE) != GROUND
    clicked(page, *BARE_PARCEL)
    expect(page.locator(".atlas-card h2")).to_have_text(re.compile(r"^\d+$"))
    expect(page.locator(".atlas-card")).to_contain_text("ภาพรวม")


def test_both_languages_are_one_button_apart(page: Page) -> None:
    heading = page.locator(".atlas-panel-body h2")
    expect(heading).to_contain_text("ชั้นข้อมูลและคำอธิบาย")
    page.locator(".atlas-language").click()
    expect(heading.locator("span")).to_have_text("Layers and legend")
    assert page.evaluate("document.documentElement.lang") == "en"
    clicked(page, *BARE_PARCEL)
    expect(page.locator(".atlas-card dt").first).to_contain_text("Land use")


def test_made_up_data_say_so_and_sources_are_named(page: Page) -> None:
    expect(page.locator(".atlas-demo")).to_have_text("ข้อมูลสมมติ · Made-up data")
    page.locator(".atlas-foot summary").click()
    expect(page.locator(".atlas-foot ul")).to_contain_text("แผนที่ภาษีของเทศบาล")


def test_the_map_has_a_scale_in_metres_and_a_legend_of_the_risk_levels(page: Page) -> None:
    expect(page.locator(".leaflet-control-scale-line")).to_have_text(re.compile(r"^\d+ m$"))
    legend = page.locator('.atlas-entry:has(input[data-layer="risk_zone"]) .atlas-legend')
    for words in ("ต่ำ", "ปานกลาง", "สูง", "สูงมาก", "Very high"):
        expect(legend).to_contain_text(words)


def test_thai_is_drawn_with_the_font_from_our_server(page: Page) -> None:
    assert page.evaluate('document.fonts.check(\'16px "Sarabun"\', "ชุมชน")')
    fonts = page.evaluate("[...document.fonts].filter(one => one.status === 'loaded').length")
    assert fonts >= 2


def test_moving_on_stops_what_nobody_waits_for(page: Page) -> None:
    stopped: list[str] = []
    page.on("requestfailed", lambda asked: stopped.append(asked.failure or ""))
    page.route("**/tiles/**", lambda route: None)
    # The page has sent it, and the browser has it: neither is so before the other.
    with page.expect_request("**/tiles/**"):
        page.evaluate(f"map_atlas.setView([{LAT + 0.1}, {LON}], 16, {{animate: false}})")
    until(page, "Number(document.querySelector('.atlas-status').dataset.underway) > 0")
    page.unroute("**/tiles/**")
    gone_to(page, *MIDDLE, 17)
    assert stopped
    assert all("ABORTED" in reason for reason in stopped)
    assert colour(page, *MIDDLE) != GROUND
