"""Reading the town map: groups, colours, filters, a link that shows the same, crowds, the list of what lies here."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import LAT, LON, SIDE, Town, Watched, _noted
from tests.browser.looking import clicked, colour, gone_to, opened, settled

MIDDLE = (LON + SIDE * 0.55, LAT + SIDE * 0.55)
BARE_PARCEL = (LON + SIDE * 0.25, LAT + SIDE * 0.25)


@pytest.fixture(params=[360, 1440])
def page(request: pytest.FixtureRequest, browser: Browser, town: Town) -> Iterator[Page]:
    """The town map on a phone and on a desk, close enough to see buildings; complaints fail the test."""
    context = browser.new_context(viewport={"width": request.param, "height": 740}, locale="th-TH")
    page = context.new_page()
    watched = Watched(page=page)
    page.on("console", lambda said: watched.complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: watched.complaints.append(f"error: {error}"))
    page.on("request", lambda asked: _noted(watched, asked.url, town.address))
    opened(page, f"{town.address}/map")
    gone_to(page, *MIDDLE, 17)
    yield page
    context.close()
    assert watched.complaints == []
    assert watched.elsewhere == []


def panel_open(page: Page) -> None:
    button = page.locator(".atlas-panel-button")
    if button.get_attribute("aria-expanded") == "false":
        button.click()


def tools_of(page: Page, layer: str) -> None:
    panel_open(page)
    page.locator(f'.atlas-more[data-layer="{layer}"] > summary').click()


def test_layers_stand_in_groups_that_fold_and_switch_by_keyboard(page: Page) -> None:
    panel_open(page)
    heads = page.locator(".atlas-fold span:first-child").all_inner_texts()
    assert heads == ["ความเสี่ยง", "ศักยภาพ", "คนและครัวเรือน", "ที่ดินและอาคาร", "ขอบเขต"]
    land = page.locator(".atlas-group", has=page.locator('[data-entry="parcel"]'))
    fold = land.locator(".atlas-fold")
    fold.focus()
    page.keyboard.press("Enter")
    expect(land.locator(".atlas-group-body")).to_be_hidden()
    expect(fold).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    every = land.locator("input[data-group]")
    before = colour(page, *BARE_PARCEL) if page.viewport_size and page.viewport_size["width"] > 400 else None
    every.focus()
    # Zones, blocks, sheets and signs are off at first: once switches all of them on, twice all off.
    assert every.evaluate("one => one.indeterminate")
    page.keyboard.press("Space")
    expect(page.locator('input[data-layer="tax_block"]')).to_be_checked()
    page.keyboard.press("Space")
    for layer in ("parcel", "building"):
        expect(page.locator(f'input[data-layer="{layer}"]')).not_to_be_checked()
    # Two repaintings are under way; the last one counts.
    page.wait_for_timeout(500)
    settled(page)
    assert before is None or colour(page, *BARE_PARCEL) != before
    page.locator('input[data-layer="parcel"]').check()
    assert every.evaluate("one => one.indeterminate")


def test_every_layer_says_its_age_and_whose_it_is(page: Page) -> None:
    panel_open(page)
    asset = page.locator('[data-entry="asset"] .atlas-age')
    expect(asset).to_have_text("ข้อมูล ณ 29 ก.พ. 2567 (29 Feb 2024) · การสำรวจศักยภาพชุมชน")
    expect(page.locator('[data-entry="parcel"] .atlas-age')).to_contain_text("ไม่ทราบวันที่ของข้อมูล")
    expect(page.locator('[data-entry="household"] .atlas-age')).to_contain_text("เผยแพร่เมื่อ")
    for line in page.locator(".atlas-age").all():
        assert len(line.inner_text()) > 8


def test_a_layer_is_coloured_by_a_number_and_its_legend_follows(page: Page) -> None:
    gone_to(page, *BARE_PARCEL, 18)
    drawn = tile_colours(page)
    tools_of(page, "parcel")
    page.locator('select[data-colour="parcel"]').select_option("rai")
    legend = page.locator('[data-entry="parcel"] .atlas-legend')
    expect(legend).to_contain_text("ไม่ระบุ")
    expect(legend.locator("li").first).to_contain_text(re.compile(r"\d"))
    settled(page)
    assert tile_colours(page) != drawn
    # About what is in view the legend says how many there are of each.
    expect(legend.locator(".atlas-count").first).to_have_text(re.compile(r"^\d+$"))
    page.locator('select[data-colour="parcel"]').select_option("land_use")
    # Every square is painted aside and put in its place when it is whole, one after the other.
    for _ in range(100):
        if tile_colours(page) == drawn:
            return
        page.wait_for_timeout(100)
    assert tile_colours(page) == drawn


def tile_colours(page: Page) -> list[int]:
    """A few of the colours that the tiles are painted with, wherever the panel lies."""
    found: list[int] = page.evaluate("""() => {
      const aside = new OffscreenCanvas(40, 40).getContext("2d", {willReadFrequently: true});
      const levels = [...document.querySelectorAll(".leaflet-tile-container:has(canvas)")];
      const level = levels.sort((a, b) => a.style.zIndex - b.style.zIndex).at(-1);
      return [...level.querySelectorAll("canvas.leaflet-tile")].sort((a, b) => a._leaflet_pos.x - b._leaflet_pos.x ||
        a._leaflet_pos.y - b._leaflet_pos.y).flatMap(one => {
          aside.clearRect(0, 0, 40, 40);
          aside.drawImage(one, 0, 0, 40, 40);
          return [...aside.getImageData(0, 20, 40, 1).data.slice(0, 80)];
        });
    }""")
    return found


def test_the_age_of_data_is_a_colour_too(page: Page) -> None:
    tools_of(page, "asset")
    page.locator('select[data-colour="asset"]').select_option("surveyed_on")
    legend = page.locator('[data-entry="asset"] .atlas-legend')
    for words in ("ไม่ถึง 1 ปี", "1–2 ปี", "2–5 ปี", "เกิน 5 ปี"):
        expect(legend).to_contain_text(words)


def test_a_filter_hides_says_how_many_and_is_cleared(page: Page) -> None:
    tools_of(page, "risk_zone")
    box = page.locator('[data-filter="risk_zone.band"]')
    box.locator("summary").click()
    box.locator('[data-code="low"]').check()
    notice = page.locator(".atlas-filtered")
    expect(notice).to_contain_text("ซ่อนตามตัวกรอง 1 รายการในจอ")
    expect(page.locator('[data-entry="risk_zone"] .atlas-note')).to_contain_text("ซ่อนตามตัวกรอง 1")
    page.locator(".atlas-panel-button").click()
    clicked(page, *MIDDLE)
    expect(page.locator(".atlas-pager span")).to_have_text("1 จาก 4")
    page.keyboard.press("Escape")
    notice.get_by_role("button", name="ล้างตัวกรอง").click()
    expect(notice).to_be_hidden()
    clicked(page, *MIDDLE)
    expect(page.locator(".atlas-pager span")).to_have_text("1 จาก 5")


def test_far_out_the_counts_say_that_they_are_not_filtered(page: Page) -> None:
    tools_of(page, "parcel")
    box = page.locator('[data-filter="parcel.land_use"]')
    box.locator("summary").click()
    box.locator('[data-code="residential"]').check()
    gone_to(page, *MIDDLE, 12)
    expect(page.locator('[data-entry="parcel"] .atlas-note')).to_contain_text("ภาพรวมนับทุกรายการ")


def test_a_days_filter_keeps_both_ends(page: Page) -> None:
    tools_of(page, "asset")
    box = page.locator('[data-filter="asset.surveyed_on"]')
    box.locator("summary").click()
    box.locator("input").first.fill("2024-02-29")
    expect(page.locator(".atlas-filtered")).to_contain_text("0 รายการ")
    box.locator("input").first.fill("2024-03-01")
    expect(page.locator(".atlas-filtered")).to_contain_text(re.compile("[12] รายการ"))


def test_a_link_shows_the_same_to_somebody_else(page: Page, browser: Browser, town: Town) -> None:
    tools_of(page, "parcel")
    page.locator('select[data-colour="parcel"]').select_option("rai")
    page.locator('input[data-layer="building"]').uncheck()
    page.locator('.atlas-more[data-layer="risk_zone"] > summary').click()
    page.locator('[data-filter="risk_zone.band"] summary').click()
    page.locator('[data-filter="risk_zone.band"] [data-code="low"]').check()
    page.locator(".atlas-panel-button").click()
    page.locator(".atlas-language").click()
    clicked(page, *BARE_PARCEL)
    expect(page.locator(".atlas-card h2")).to_have_text("01A022")
    settled(page)
    page.wait_for_timeout(500)
    link = page.evaluate("location.href")
    size = page.viewport_size
    assert size is not None
    context = browser.new_context(viewport=size, locale="th-TH")
    other = context.new_page()
    opened(other, link)
    expect(other.locator(".atlas-card h2")).to_have_text("01A022")
    expect(other.locator(".atlas-language")).to_have_text("ไทย")
    settled(other)
    # All of the map and its card; the buttons beside it belong to the screen, by parts of a pixel even.
    for one in (page, other):
        beside = ".atlas-panel" if size["width"] < 700 else ".leaflet-control-container"
        one.evaluate(f"document.querySelector('{beside}').style.visibility = 'hidden'")
        one.evaluate("document.activeElement.blur()")
        one.wait_for_timeout(600)
    assert other.evaluate("location.href") == link
    for _ in range(20):
        if page.screenshot() != other.screenshot():
            page.wait_for_timeout(150)
    assert page.screenshot() == other.screenshot()
    context.close()


def test_the_button_copies_the_link(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".atlas-share").click()
    expect(page.locator(".atlas-toast")).to_contain_text("คัดลอกลิงก์แล้ว")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"#at=17/{MIDDLE[1]:.4f}"[:10] in copied
    assert "on=" in copied


def test_a_broken_link_leaves_the_map_usable(page: Page, town: Town) -> None:
    page.goto("about:blank")
    opened(page, f"{town.address}/map#at=17/{MIDDLE[1]}/{MIDDLE[0]}&on=parcel,no_such&by=x:y,parcel:deed_no"
                 "&if=parcel.owner_name:a;risk_zone.band:%E0%A4%A;;&day=2020-01-01&card=a/b/c&lang=xx")  # fmt: skip
    assert page.evaluate("map_atlas.getZoom()") == 17
    clicked(page, *BARE_PARCEL)
    expect(page.locator(".atlas-card h2")).to_have_text("01A022")
    # The public has no past to go back to, whatever a link says.
    expect(page.locator(".atlas-past-banner")).to_have_count(0)
    expect(page.locator(".atlas-past-button")).to_have_count(0)


def test_a_coordinate_is_gone_to_and_marked(page: Page) -> None:
    page.get_by_role("combobox", name="ค้นหา").fill(f"{MIDDLE[1]:.5f} {MIDDLE[0]:.5f}")
    expect(page.locator("#atlas-found [role=option]")).to_contain_text("อ่านเป็น ละติจูด")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-overlay-pane path")).to_have_count(1)
    centre = page.evaluate("map_atlas.getCenter()")
    assert abs(centre["lng"] - MIDDLE[0]) < 1e-4


def test_a_lane_is_gone_to_and_outlined(page: Page) -> None:
    page.get_by_role("combobox", name="ค้นหา").fill("ดอกแก้ว2")
    expect(page.locator("#atlas-found .atlas-found-kind")).to_have_text("ซอย")
    expect(page.locator("#atlas-found [role=option]")).to_contain_text("ซอยดอกแก้ว 2")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-overlay-pane path")).to_have_count(1)
    # It is no feature: there is no card of it, and the view is around it.
    expect(page.locator(".atlas-card")).to_have_count(0)
    assert page.evaluate("map_atlas.getZoom()") >= 17


def test_results_are_grouped_and_walked_by_keyboard(page: Page) -> None:
    box = page.get_by_role("combobox", name="ค้นหา")
    box.fill("01a02")
    expect(page.locator("#atlas-found .atlas-found-kind")).to_have_text("แปลงที่ดิน")
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#atlas-found [aria-selected=true]")
    expect(chosen).to_have_count(1)
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    name = chosen.locator("span").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".atlas-card h2")).to_have_text(name)
    page.wait_for_timeout(500)
    assert re.search(r"card=[\d./]+/parcel/\d+", page.evaluate("location.hash"))
