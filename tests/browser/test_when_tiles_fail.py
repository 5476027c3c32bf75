"""A map whose server stumbles says so and can be asked again."""

from playwright.sync_api import Browser, expect

from tests.browser.conftest import LAT, LON, SIDE, Town
from tests.browser.looking import GROUND, colour, settled


def test_tiles_that_fail_are_counted_and_come_when_asked_again(browser: Browser, town: Town) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="th-TH")
    page.route("**/tiles/**", lambda route: route.fulfill(status=503, body="away"))
    page.goto(f"{town.address}/map")
    status = page.locator(".atlas-status")
    expect(status).to_contain_text("ช่องแผนที่ที่โหลดไม่ได้")
    assert colour(page, LON + SIDE / 2, LAT + SIDE / 2) == GROUND
    page.unroute("**/tiles/**")
    status.get_by_role("button", name="ลองใหม่").click()
    settled(page)
    assert colour(page, LON + SIDE / 2, LAT + SIDE / 2) != GROUND
    page.close()


def test_a_search_that_fails_is_told(browser: Browser, town: Town) -> None:
    page = browser.new_page(locale="en-GB")
    page.goto(f"{town.address}/map?lang=en")
    page.route("**/search?*", lambda route: route.abort())
    page.get_by_role("combobox", name="Find").fill("chan")
    expect(page.locator(".atlas-search .atlas-told")).to_have_text("Searching does not work right now")
    page.close()
