"""Every page on a phone and on a desk: nothing wider than the screen, nothing too small for a finger."""

import pytest
from playwright.sync_api import Browser, expect

from geo.render.folium_map import folium_map
from geo.shapes.whereabouts import Box
from layers import LAYERS
from tests.browser.conftest import LAT, LON, SIDE, Town
from tests.browser.looking import clicked, gone_to, settled

PAGES = (
    "/", "/map", "/maps?layers=parcel,building", "/communities/{community}", "/communities/{community}/map",
    "/communities/{evil}", "/collections", "/collections/parcel", "/collections/parcel/items",
    "/collections/parcel/items/{parcel}", "/tiles/parcel/legend", "/nothing-here",
)  # fmt: skip
SMALL = """() => [...document.querySelectorAll('button, input, select, summary, .button, nav a, .leaflet-bar a')]
  .filter(one => one.offsetParent !== null)
  .map(one => [one.closest('label') ?? one, one])
  .filter(([target]) => target.getBoundingClientRect().height < 39.5)
  .map(([, one]) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_its_screen(browser: Browser, town: Town, path: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, locale="th-TH")
    violations: list[str] = []
    page.on("console", lambda said: violations.append(said.text) if "Policy" in said.text else None)
    page.goto(town.address + path.format(community=town.community, evil=town.evil, parcel=town.parcel))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SMALL) == []
    assert violations == []
    page.close()


def test_on_a_phone_a_card_lies_below_the_map_and_can_be_closed(browser: Browser, town: Town) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, locale="th-TH")
    page.goto(f"{town.address}/map")
    settled(page)
    gone_to(page, LON + SIDE * 0.25, LAT + SIDE * 0.25, 17)
    clicked(page, LON + SIDE * 0.25, LAT + SIDE * 0.25)
    sheet = page.locator(".atlas-sheet")
    expect(sheet.locator("h2")).to_have_text("01A022")
    box = sheet.bounding_box()
    assert box is not None
    assert box["x"] == 0
    assert box["width"] == 360
    sheet.get_by_role("button", name="ปิด").click()
    expect(sheet).to_be_hidden()
    page.close()


def test_on_a_phone_the_controls_do_not_lie_on_each_other(browser: Browser, town: Town) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, locale="th-TH")
    page.goto(f"{town.address}/map")
    settled(page)
    boxes = page.evaluate("""() => ['.atlas-search', '.leaflet-control-zoom', '.atlas-panel', '.atlas-foot',
      '.leaflet-control-scale'].map(name => document.querySelector(name).getBoundingClientRect())
      .map(box => [box.left, box.top, box.right, box.bottom])""")
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)
    page.close()


def test_the_page_of_a_community_shows_its_map(browser: Browser, town: Town) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="th-TH")
    page.goto(f"{town.address}/communities/{town.community}")
    page.locator(".map-frame").scroll_into_view_if_needed()
    frame = page.frame_locator(".map-frame")
    expect(frame.locator(".leaflet-overlay-pane path")).to_have_count(1)
    expect(page.get_by_role("button", name="พิมพ์หน้านี้")).to_be_visible()
    page.close()


def test_a_notebooks_map_draws_its_tiles_from_the_running_server(browser: Browser, town: Town) -> None:
    box = Box(west=LON, south=LAT, east=LON + SIDE, north=LAT + SIDE)
    found = folium_map([LAYERS["community"], LAYERS["parcel"]], box=box, base_url=town.address)
    page = browser.new_page(viewport={"width": 900, "height": 600})
    failed: list[str] = []
    page.on("requestfailed", lambda asked: failed.append(asked.url))
    # As Jupyter shows it: a frame whose document is written into the page of another server.
    page.set_content(found._repr_html_())
    frame = page.frame_locator("iframe")
    expect(frame.locator(".leaflet-tile-loaded").first).to_be_attached()
    expect(frame.locator(".atlas-status")).to_be_hidden()
    assert failed == []
    page.close()
