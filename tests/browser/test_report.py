"""The citizens' form in a browser: telephone and desk, both languages, with a script and without, with GPS."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from geo.store import citizens
from geo.store.citizens import Limit
from tests.browser.conftest import EVIL, LAT, LON, SIDE, Town
from tests.browser.looking import until

AXE = Path(__file__).resolve().parents[2] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
LOOK = """() => axe.run(document, {
  resultTypes: ['violations'],
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'],
}).then(found => found.violations.map(one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 200))]))"""
# What base.html has of landmarks is the same on every page, and looked at there.
SMALL = """() => [...document.querySelectorAll('button, input, select, summary, a, textarea')]
  .filter(one => one.closest('main'))
  .filter(one => one.offsetParent !== null && one.tabIndex >= 0 && !one.closest('p:not(.actions, .report-call), small'))
  .map(one => [one.closest('label') ?? one, one])
  .filter(([target]) => target.getBoundingClientRect().height < 43.5)
  .map(([, one]) => one.outerHTML.slice(0, 120))"""
WIDTHS = [360, 1440]
LANGUAGES = ["th-TH", "en-GB"]
Opening = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opening]:
    """Opens the form; whatever the browser complains of, and any request to another server, fails the test.

    All of these tests report from one address; how often that is allowed is looked at elsewhere.
    """
    monkeypatch.setattr(citizens, "REPORTS", (Limit(times=1000, within=dt.timedelta(hours=1)),))
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_form(width: int = 360, locale: str = "th-TH", **more: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 780}, locale=locale, **more)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("request", lambda asked: None if asked.url.startswith((town.address, "data:", "blob:"))
                else wrong.append(asked.url))  # fmt: skip
        page.goto(f"{town.address}/report")
        return page

    yield open_form
    for context in contexts:
        context.close()
    # A browser itself notes an answer of 4xx; what was refused is what those tests are about.
    assert [one for one in wrong if "Failed to load resource" not in one] == []


def looked_at(page: Page, width: int) -> None:
    """Nothing that axe finds, nothing wider than the screen, nothing too small for a finger."""
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(LOOK) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SMALL) == []


def receipt_on(page: Page) -> str:
    page.wait_for_url("**/report/*-*-*")
    found = page.locator("[data-receipt]").inner_text()
    assert found in page.url
    return found


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_form_and_the_receipt_are_for_everybody(opened: Opening, width: int, locale: str) -> None:
    page = opened(width, locale)
    page.locator(".report-map canvas").first.wait_for()
    looked_at(page, width)
    page.locator("#kind").select_option("FLD-SURF")
    page.locator("#words").fill(f"น้ำท่วม {width} {locale}")
    page.wait_for_timeout(3500)  # sooner it would be taken for a machine's
    page.locator(".report-send").click()
    # No place was said: it is told at its field, and the field has the focus.
    expect(page.locator("[data-said]")).to_have_attribute("role", "alert")
    expect(page.locator("#place")).to_be_focused()
    looked_at(page, width)
    page.wait_for_timeout(2500)
    page.locator("[data-here]").click()
    expect(page.locator("[data-chosen]")).to_contain_text("✓")
    page.locator(".report-send").click()
    receipt_on(page)
    looked_at(page, width)
    expect(page.locator(".report-steps .now")).to_contain_text("ได้รับเรื่องแล้ว" if locale == "th-TH" else "Received")


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_without_a_script_all_of_it_can_be_done(opened: Opening, browser: Browser, width: int, locale: str) -> None:
    page = opened(width, locale, java_script_enabled=False)
    assert page.locator("[data-where]").is_hidden()
    page.locator("#kind").select_option("other")
    page.locator("#words").fill(f"ไม่มีสคริปต์ {width} {locale}")
    page.wait_for_timeout(3500)
    page.locator(".report-send").click()
    expect(page.locator("#report-refusal")).to_be_visible()
    expect(page.locator("#words")).to_have_value(f"ไม่มีสคริปต์ {width} {locale}")
    page.locator("#place").select_option(index=1)
    page.wait_for_timeout(3500)
    page.locator(".report-send").click()
    receipt = receipt_on(page)
    page.goto(page.url.rsplit("/", 1)[0])
    page.locator("#receipt").fill(receipt.replace("-", " ").lower())
    page.locator(".report-follow button").click()
    assert receipt_on(page) == receipt


def test_where_i_stand_is_taken_from_gps_with_how_sure_it_is(opened: Opening) -> None:
    place = {"latitude": LAT + SIDE / 2, "longitude": LON + SIDE / 2, "accuracy": 23}
    page = opened(geolocation=place, permissions=["geolocation"])
    page.locator("[data-gps]").click()
    expect(page.locator("[data-chosen]")).to_contain_text("±23")
    assert page.locator("[name=accuracy]").input_value() == "23"
    assert float(page.locator("#lat").input_value()) == pytest.approx(place["latitude"], abs=1e-5)
    # Moved by hand it is a place that somebody chose.
    box = page.locator(".report-map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 140, steps=5)
    page.mouse.up()
    expect(page.locator("[name=accuracy]")).to_have_value("")
    page.locator("[data-none]").click()
    assert page.locator("#lat").input_value() == ""


def test_where_gps_is_refused_the_form_says_what_to_do(opened: Opening) -> None:
    page = opened()
    page.locator("[data-gps]").click()
    expect(page.locator("[data-chosen]")).to_contain_text("เลือกชุมชนแทนได้")


def test_the_map_is_moved_by_keyboard(opened: Opening) -> None:
    page = opened()
    page.locator(".report-map canvas").first.wait_for()
    page.locator(".report-map").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-chosen]")).to_contain_text("✓")


def test_what_was_typed_is_there_after_the_page_was_lost(opened: Opening, town: Town) -> None:
    page = opened()
    page.locator("#kind").select_option("ROAD")
    page.locator("#words").fill(EVIL)
    page.locator("input[name=severity][value='3']").check()
    page.goto(f"{town.address}/")
    page.goto(f"{town.address}/report")
    expect(page.locator("#words")).to_have_value(EVIL)
    expect(page.locator("#kind")).to_have_value("ROAD")
    assert page.locator("input[name=severity][value='3']").is_checked()
    assert page.evaluate("window.hacked") is None


def test_without_a_connection_nothing_is_lost_and_it_can_be_sent_again(opened: Opening) -> None:
    page = opened()
    page.locator("#kind").select_option("ROAD")
    page.locator("#words").fill("สัญญาณขาด ๆ หาย ๆ")
    page.locator("[data-here]").click()
    picture = io.BytesIO()
    Image.new("RGB", (2400, 1800), (90, 120, 60)).save(picture, "JPEG")
    taken: FilePayload = {"name": "ภาพ.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    page.set_input_files("#photo", [taken])
    expect(page.locator("[data-files] li")).to_have_text("ภาพ.jpg")
    page.wait_for_timeout(3500)
    page.context.set_offline(True)
    page.locator(".report-send").click()
    expect(page.locator("[data-said]")).to_contain_text("ไม่มีสัญญาณ")
    expect(page.locator("#words")).to_have_value("สัญญาณขาด ๆ หาย ๆ")
    page.context.set_offline(False)
    page.locator(".report-send").dblclick()
    receipt_on(page)


def test_the_page_leaves_nothing_behind_that_follows_anybody(opened: Opening) -> None:
    page = opened()
    page.locator("#words").fill("ก")
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0
    until(page, "true")
