"""Every page, for everybody: axe-core finds nothing, by day and by night, on a telephone and a desk, in both languages.

What axe cannot see is looked at beside it: nothing wider than the screen, the console silent (which names what a
policy forbids), the weight, and that all can be done by keyboard.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, ViewportSize

from api.app import create_app
from api.definition import Defined
from api.navigation import paths_of
from api.settings import Settings
from geo.store.db import writing_engine
from tests.browser.every_page import EVERYBODY, NO_PAGES, PAGES, Visit
from tests.browser.looking import settled, until
from tests.conftest import running
from tests.people.made import make_person, password_of
from tests.planted import TOWN_LAYER, plant

AXE = Path(__file__).resolve().parents[2] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK = ViewportSize(width=360, height=740), ViewportSize(width=1440, height=900)
MOST_BYTES = 300_000
# WCAG 2.0 to 2.2, A and AA, and what axe holds to be good practice. Frames are pages of ours, looked at as such.
LOOK = """only => axe.run(document, {
  iframes: false, resultTypes: ['violations'],
  runOnly: only ?? ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'],
}).then(found => found.violations.map(one => [one.id, one.nodes.slice(0, 3).map(node => [node.html.slice(0, 200),
  node.any.concat(node.all, node.none).map(why => why.message).slice(0, 2)])]))"""
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# What can be pressed or filled in and is seen: inside a closed `<details>` or menu nothing is.
FOCUSABLE = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter(one => !one.disabled && one.tabIndex >= 0 && one.type !== 'hidden' && one.checkVisibility({
    visibilityProperty: true, contentVisibilityAuto: true, opacityProperty: false }))"""


@dataclass(frozen=True, kw_only=True)
class Town:
    """A server with something on every page of it, and what its addresses hold."""

    address: str
    words: dict[str, str]


@pytest.fixture(scope="module")
def town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Town]:
    """The planted town with a person for each audience, an invitation and a file that waits to become a layer."""
    url = new_database()
    engine = writing_engine(url)
    made = plant(engine)
    community = made["community"][0]
    for audience in EVERYBODY[1:]:
        area = f"community {community}" if audience == "community" else "municipality 9098"
        make_person(engine, f"a-{audience}", f"{audience} {area}")
    invited = make_person(engine, "invited", "staff municipality 9098")
    engine.dispose()
    words = {"community": str(community), "asset": str(made["asset"][0]), "household": str(made["household"][0]),
             "risk": str(made["risk_point"][0]), "neighbour": str(made["community"][1]),
             "shared": str(made["shared_area"][0]), "parcel": str(made["parcel"][0]),
             "person": str(invited), "id": TOWN_LAYER}  # fmt: skip
    with running(url, tmp_path_factory.mktemp("atlas"), demo=True) as address:
        words |= _waiting(browser, address, invited) | _years_file(browser, address)
        yield Town(address=address, words=words)


def _waiting(browser: Browser, address: str, person: int) -> dict[str, str]:
    """An invitation and an upload, each made on its page."""
    context = browser.new_context(locale="th-TH")
    page = context.new_page()
    _sign_in(page, address, "steward")
    page.goto(f"{address}/people/{person}")
    page.locator(f"form[action='/people/{person}/password-reset'] button").click()
    invited = page.locator(".note pre").inner_text().strip().rsplit("/", 1)[1]
    page.goto(f"{address}/layers/new")
    place = {"type": "Point", "coordinates": [100.47, 7.01]}
    feature = {"type": "Feature", "properties": {"ชื่อ": "ศาลา", "made_on": "2569-01-02"}, "geometry": place}
    file = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    page.set_input_files("input[type=file]", FilePayload(name="a.geojson", mimeType="application/json", buffer=file))
    page.locator("form[action='/layers/uploads'] button").click()
    page.wait_for_url("**/layers/new/*")
    upload = page.url.rsplit("/", 1)[1]
    context.close()
    return {"invited": invited, "upload": upload}


def _years_file(browser: Browser, address: str) -> dict[str, str]:
    """A year's file of the town, sent by its tax office and compared."""
    context = browser.new_context(locale="th-TH")
    page = context.new_page()
    _sign_in(page, address, "tax")
    page.goto(f"{address}/imports")
    ring = [[100.47, 7.01], [100.471, 7.01], [100.471, 7.011], [100.47, 7.011], [100.47, 7.01]]
    lots = [{"type": "Feature", "properties": {"parcel_code": "01A900", "own_name": "สมมติ"},
             "geometry": {"type": "Polygon", "coordinates": [ring]}}] * 2  # fmt: skip
    file = json.dumps({"type": "FeatureCollection", "features": lots}).encode()
    page.set_input_files("input[type=file]", FilePayload(name="ltax.geojson", mimeType="application/json", buffer=file))
    page.locator("form[action='/editions'] button").click()
    page.locator("#findings").wait_for(timeout=120_000)
    edition = page.url.rsplit("/", 1)[1]
    context.close()
    return {"edition": edition}


def _sign_in(page: Page, address: str, audience: str) -> None:
    page.goto(f"{address}/login")
    page.locator("input[name=login]").fill(f"a-{audience}")
    page.locator("input[name=password]").fill(password_of(f"a-{audience}"))
    page.locator("form[action='/login'] button").click()
    if audience in ("care", "tax"):
        form = page.locator("form[action='/auth/audience']")
        form.locator("select").select_option(audience)
        form.locator("input[name=purpose]").fill("ดูทุกหน้าให้ทุกคนใช้ได้")
        form.locator("button").click()


# --- the list --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Defined:
    """The service without a database: its routes are all that is asked of it."""
    found = create_app(Settings(home=tmp_path_factory.mktemp("home")), database_url="postgresql+psycopg://nobody@/none")
    assert isinstance(found, Defined)
    return found


def test_every_route_that_can_be_read_is_a_page_that_is_visited_or_says_why_it_is_none(app: Defined) -> None:
    paths = paths_of(app)
    assert paths - set(PAGES) - set(NO_PAGES) == set()
    assert set(PAGES) & set(NO_PAGES) == set()
    assert (set(PAGES) | set(NO_PAGES)) - paths == set()


def test_what_says_of_itself_that_it_answers_a_page_is_visited(app: Defined) -> None:
    told = {
        path for path, ways in app.openapi()["paths"].items() if path in paths_of(app) and "get" in ways
        and any("text/html" in one.get("content", {}) for status, one in ways["get"]["responses"].items()
                if status.startswith("2"))
    }  # fmt: skip
    assert len(told) > 30
    assert told == set(PAGES)


# --- what axe and the eye find ---------------------------------------------------------------------------------------


@dataclass
class Looking:
    """A browser tab of somebody, and all that was wrong on the pages they saw."""

    page: Page
    town: Town
    wrong: list[str] = field(default_factory=list)

    def at(self, visit: Visit, size: ViewportSize, language: str, scheme: str) -> None:
        """Open a page and look at it: all of it as it is, its colours by the other light too."""
        address = visit.address.format(**self.town.words)
        self.page.set_viewport_size(size)
        self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # `light` or `dark`
        self.page.context.add_cookies([{"name": "atlas_language", "value": language, "url": self.town.address}])
        answer = self.page.goto(self.town.address + address)
        assert answer is not None
        where = f"{address} {size['width']} {language} {scheme}"
        found: list[Any] = []
        if answer.status != visit.status:
            found.append(f"status {answer.status}")
        if len(answer.body()) > MOST_BYTES:
            found.append(f"{len(answer.body())} bytes")
        if "map-page" in (self.page.locator("body").get_attribute("class") or ""):
            settled(self.page)
        if self.page.locator("html").get_attribute("lang") != language:
            found.append("another language")
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > size["width"]:
            found.append(f"{wide} pixels wide")
        found += self.page.evaluate(LOOK, None)
        if size == PHONE:
            self.page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
            found += [["by the other light", *one] for one in self.page.evaluate(LOOK, COLOURS)]
        self.wrong += [f"{where}: {one}" for one in found]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody's own, with axe in every page; nothing of our policy is set aside for it."""
    found = browser.new_context(locale="th-TH", reduced_motion="reduce")
    found.add_init_script(path=str(AXE))
    yield found
    found.close()


def _visits(who: str) -> list[Visit]:
    return [visit for visits in PAGES.values() for visit in visits if who in visit.who]


@pytest.mark.parametrize("who", EVERYBODY)
def test_nothing_is_wrong_on_any_page_for_anybody(who: str, town: Town, context: BrowserContext) -> None:
    page = context.new_page()
    if who != "public":
        _sign_in(page, town.address, who)
    looking = Looking(page, town)
    page.on("console", lambda said: _noted(looking, said.text))
    page.on("pageerror", lambda error: looking.wrong.append(f"{page.url}: {error}"))
    for visit in _visits(who):
        looking.at(visit, PHONE, "th", "light")
        if who in ("public", "steward"):
            looking.at(visit, DESK, "en", "dark")
    assert not looking.wrong, "\n".join(looking.wrong)


def _noted(looking: Looking, said: str) -> None:
    # Chromium writes down each answer that is no 200, though its page is there and meant.
    if not said.startswith("Failed to load resource: the server responded with a status of 4"):
        looking.wrong.append(f"{looking.page.url}: {said}")


# --- by keyboard -----------------------------------------------------------------------------------------------------

BY_KEYBOARD = [
    *((path, "public", PHONE) for path in ("/", "/login", "/collections?f=html", "/map", "/communities/{community}")),
    ("/", "public", DESK), ("/map", "public", DESK), ("/auth/me", "steward", PHONE), ("/people", "steward", DESK),
    ("/layers/{id}", "steward", DESK), ("/processing", "steward", PHONE),
]  # fmt: skip


def _tabbed(page: Page) -> list[str]:
    """Press Tab until it comes round; the elements that had the focus, each marked where nothing showed it."""
    page.evaluate(f"() => {{ ({FOCUSABLE})().forEach((one, at) => one.dataset.at = String(at)); }}")
    seen: list[str] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        at = page.evaluate("""() => {
          const one = document.activeElement;
          if (!one || one === document.body) return null;
          const style = getComputedStyle(one);
          const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
          return (one.dataset.at ?? one.outerHTML.slice(0, 80)) + (shown ? '' : ' unseen');
        }""")
        if seen and at == seen[0]:
            return seen
        # From the last one it goes to the browser itself, and from there on.
        if at is not None:
            seen.append(at)
    raise AssertionError(f"Tab does not come round: {seen[-5:]}")


@pytest.mark.parametrize(("path", "who", "size"), BY_KEYBOARD)
def test_tab_reaches_everything_and_is_caught_nowhere(
    path: str, who: str, size: ViewportSize, town: Town, context: BrowserContext
) -> None:
    page = context.new_page()
    page.set_viewport_size(size)
    if who != "public":
        _sign_in(page, town.address, who)
    page.goto(town.address + path.format(**town.words))
    # What is in a frame is another page; its own keys are tried there.
    page.evaluate("document.querySelectorAll('iframe').forEach(one => one.remove())")
    if path == "/map":
        settled(page)
    seen = _tabbed(page)
    count = page.evaluate(f"({FOCUSABLE})().length")
    assert [one for one in seen if "unseen" in one] == []
    assert set(map(str, range(count))) - set(seen) == set()


def test_the_skip_link_leads_past_the_head(town: Town, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{town.address}/collections?f=html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["height"] >= 24
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_the_menu_of_a_telephone_is_opened_used_and_closed_by_keyboard(town: Town, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size(PHONE)
    page.goto(f"{town.address}/collections?f=html")
    link = page.locator("#ways a[href='/map']")
    assert not link.is_visible()
    page.locator(".menu").focus()
    page.keyboard.press("Enter")
    assert link.is_visible()
    page.keyboard.press("Escape")
    assert not link.is_visible()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/map")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_language_is_switched_by_keyboard_and_stays(key: str, town: Town, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{town.address}/tiles/asset/legend")
    page.locator(".language button").focus()
    page.keyboard.press(key)
    page.locator("html[lang=en]").wait_for()
    assert page.url == f"{town.address}/tiles/asset/legend"
    page.goto(f"{town.address}/map")
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_maps_own_switch_is_the_same_one(town: Town, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{town.address}/map?lang=th")
    settled(page)
    page.locator(".atlas-language").click()
    assert page.locator("html").get_attribute("lang") == "en"
    # It was asked for by the address; what was chosen since holds when the page is loaded again, and on every other.
    page.reload()
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto(f"{town.address}/")
    assert page.locator("html").get_attribute("lang") == "en"
    said = page.context.cookies()[0]
    assert (said["name"], said["value"], said.get("sameSite")) == ("atlas_language", "en", "Lax")


def test_a_form_is_sent_once_and_says_what_goes_on(town: Town, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{town.address}/login")
    sent: list[str] = []

    def unanswered(route: Any) -> None:
        # "Nothing to show" leaves the page as it is while it waits.
        sent.append(route.request.url)
        route.fulfill(status=204)

    page.route("**/login", unanswered)
    page.locator("input[name=login]").fill("somebody")
    page.locator("input[name=password]").fill("some words")
    button = page.locator("form[action='/login'] button")
    button.evaluate("one => { window.pressed = one; one.click(); }")
    until(page, "document.querySelector('[role=status] progress') !== null")
    assert page.evaluate("pressed.getAttribute('aria-disabled')") == "true"
    assert "รอสักครู่" in page.evaluate("document.querySelector('.underway').innerText")
    page.evaluate("pressed.click()")
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    assert len(sent) == 1


def test_on_paper_a_page_says_where_it_is_from_and_the_day_and_leaves_out_what_is_pressed(
    town: Town, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{town.address}/communities/{town.words['community']}")
    page.emulate_media(media="print", color_scheme="dark")
    paper = page.locator("footer .paper")
    assert paper.is_visible()
    assert town.address in paper.inner_text()
    assert "25" in (paper.locator("time").inner_text())
    for hidden in (".menu", "#ways", ".language", ".actions"):
        assert not any(one.is_visible() for one in page.locator(hidden).all()), hidden
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert (ground, ink) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")


def test_the_map_on_paper_has_its_legend_and_no_buttons(town: Town, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size(PHONE)
    page.goto(f"{town.address}/map")
    settled(page)
    page.emulate_media(media="print")
    # On a telephone the legend is folded away; on paper it is there.
    assert page.locator(".atlas-layer").first.is_visible()
    for hidden in (".atlas-search", ".leaflet-control-zoom", ".atlas-language", ".atlas-panel-button", ".menu"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator(".paper").is_visible()
