"""What the map hands to other scripts of a page: itself, fresh tiles after an edit, shapes to snap to, its clicks."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LAT, LON, SIDE, Town, Watched
from tests.browser.looking import clicked, gone_to, opened, settled

MIDDLE = (LON + SIDE * 0.55, LAT + SIDE * 0.55)
HEARD = """document.addEventListener("atlas:ready", told => {
  window.readyOn = told.target.id;
  window.found = told.detail;
})"""


@pytest.fixture
def page(watched: Watched, town: Town) -> Page:
    """The town map with somebody listening from outside it."""
    watched.page.add_init_script(HEARD)
    opened(watched.page, f"{town.address}/map")
    gone_to(watched.page, *MIDDLE, 17)
    return watched.page


def test_a_map_says_when_it_is_ready_and_hands_over_itself(page: Page) -> None:
    assert page.evaluate("window.readyOn") == "map_atlas"
    assert page.evaluate("window.found.map === map_atlas")


def test_tiles_of_a_changed_layer_are_fetched_anew_and_no_others(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/tiles/" in one.url else None)
    page.evaluate("window.found.refresh(['building'])")
    settled(page)
    assert asked
    assert all("/tiles/building/" in url for url in asked)
    clicked(page, *MIDDLE)
    expect(page.locator(".atlas-pager span")).to_have_text("1 จาก 5")


def test_shapes_beside_a_place_come_with_their_degrees(page: Page) -> None:
    near = page.evaluate(f"window.found.featuresNear(L.latLng({MIDDLE[1]}, {MIDDLE[0]}), 5)")
    assert {"parcel", "building", "risk_zone", "community"} <= {one["layer"] for one in near}
    building = next(one for one in near if one["layer"] == "building")
    ring = building["geometry"]["coordinates"][0]
    west, south = min(x for x, _ in ring), min(y for _, y in ring)
    assert abs(west - (LON + SIDE * 0.52)) < 2e-6
    assert abs(south - (LAT + SIDE * 0.52)) < 2e-6
    assert page.evaluate(f"window.found.featuresNear(L.latLng({LAT + 1}, {LON}), 5)") == []


def test_whoever_draws_may_keep_the_clicks(page: Page) -> None:
    page.evaluate("window.kept = 0; window.stop = window.found.onClick(() => { window.kept++; return true }); 0")
    clicked(page, *MIDDLE)
    expect(page.locator(".atlas-card")).to_have_count(0)
    assert page.evaluate("window.kept") == 1
    page.evaluate("window.stop(), 0")
    clicked(page, *MIDDLE)
    expect(page.locator(".atlas-card h2")).to_have_text("ริมคลอง")
