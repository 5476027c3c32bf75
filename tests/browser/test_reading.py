"""A planner before a projector: a community, its neighbours beside it, the town, and what comes out of the printer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.browser.conftest import STATIC
from tests.browser.looking import settled
from tests.browser.test_phone_and_desk import SMALL
from tests.conftest import running
from tests.makers import release_all
from tests.people.made import make_person, password_of
from tests.reading.conftest import made_in


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the server is, and ids of what was made."""

    address: str
    ids: dict[str, int]


@pytest.fixture(scope="module")
def place(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Two towns with a canal through both."""
    assert (STATIC / "pages.css").is_file(), "the web build is missing: npm ci && npm run build in api/web"
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        ids = made_in(session)
        release_all(session)
    make_person(engine, "committee", f"community community {ids['one']}")
    engine.dispose()
    with running(url, tmp_path_factory.mktemp("atlas"), demo=True) as address:
        yield Place(address=address, ids=ids)


def fits(page: Page, width: int) -> None:
    """Nothing wider than the screen, nothing too small for a finger."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("width", [360, 1440])
def test_a_planner_goes_from_a_community_to_its_neighbours_and_its_town(
    browser: Browser, place: Place, width: int, tmp_path: Path
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, locale="th-TH")
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)
    page.goto(f"{place.address}/communities/{place.ids['one']}")
    expect(page.get_by_role("img", name="จุดเสี่ยง: สถานะ")).to_be_visible()
    fits(page, width)

    page.get_by_role("link", name="เปรียบเทียบกับชุมชนอื่น").click()
    page.get_by_label("ชุมชน 2").select_option(label="ชุมชนสาม")
    page.get_by_role("button", name="เปรียบเทียบ").click()
    expect(page.locator(".chosen li")).to_have_count(2)
    expect(page.get_by_role("img", name="จุดเสี่ยง (ต่อ 100 คนตามทะเบียน)")).to_be_visible()
    page.get_by_role("link", name="ต่อคนที่อยู่จริง 100 คน").click()
    expect(page.get_by_role("img", name="จุดเสี่ยง (ต่อ 100 คนที่อยู่จริง)")).to_be_visible()
    fits(page, width)

    page.locator(".chosen").get_by_role("link", name="ชุมชนหนึ่ง", exact=True).click()
    page.locator("a.up").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("เทศบาลหนึ่ง")
    expect(page.locator(".choropleth path")).to_have_count(3)
    first = page.locator(".ranking tbody tr").first
    expect(first).to_contain_text("ชุมชนหนึ่ง")
    page.get_by_role("columnheader", name="จุดเสี่ยง").get_by_role("link").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    page.get_by_role("columnheader", name="ชุมชน", exact=True).get_by_role("link").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("ชุมชน")
    page.get_by_label("ตัวชี้วัด").select_option(label="คนที่อยู่จริง")
    page.get_by_role("button", name="แสดง").click()
    expect(page.locator(".choropleth")).to_contain_text("ยังไม่มีข้อมูล")
    fits(page, width)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="ดาวน์โหลด CSV").click()
    saved = tmp_path / "town.csv"
    waiting.value.save_as(saved)
    assert "ชุมชนหนึ่ง" in saved.read_text("utf-8")
    assert said == []
    page.close()


def test_what_is_printed_has_the_map_the_numbers_and_no_buttons(browser: Browser, place: Place) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="th-TH")
    page.goto(f"{place.address}/towns/9098")
    expect(page.get_by_role("button", name="พิมพ์หน้านี้")).to_be_visible()
    page.emulate_media(media="print")
    for gone in (".measure", ".choices", ".actions >> nth=0"):
        expect(page.locator(gone)).to_be_hidden()
    for stays in (".choropleth", ".ranking", ".bars"):
        expect(page.locator(stays)).to_be_visible()
    printed = page.pdf(format="A4", print_background=False)
    assert printed.startswith(b"%PDF")
    assert len(printed) > 10_000
    page.close()


@pytest.mark.parametrize("width", [360, 1440])
def test_a_shared_area_shows_whose_it_is_and_its_map(browser: Browser, place: Place, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, locale="th-TH")
    page.goto(f"{place.address}/shared-areas")
    page.get_by_role("link", name="คลองสมมติ").click()
    expect(page.get_by_role("link", name="เทศบาลสอง")).to_be_visible()
    expect(page.get_by_role("img", name="คนที่อยู่จริง")).to_be_visible()
    fits(page, width)
    page.locator(".map-frame").scroll_into_view_if_needed()
    expect(page.frame_locator(".map-frame").locator(".leaflet-container")).to_be_visible()
    page.close()


def test_a_community_is_one_click_from_the_map(browser: Browser, place: Place) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="th-TH")
    page.goto(f"{place.address}/maps?layers=community&item={place.ids['one']}")
    settled(page)
    page.mouse.click(720, 450)
    page.locator(f'a[href="/communities/{place.ids["one"]}"]').first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ชุมชนหนึ่ง")
    page.close()


@pytest.mark.parametrize("width", [360, 1440])
def test_a_committee_follows_its_community_and_reads_what_changed(browser: Browser, place: Place, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, locale="th-TH")
    path = f"/communities/{place.ids['one']}"
    page.goto(f"{place.address}/login?next={path}")
    page.get_by_label("ชื่อเข้าระบบ").fill("committee")
    page.get_by_label("รหัสผ่าน").fill(password_of("committee"))
    page.locator("form").get_by_role("button", name="เข้าสู่ระบบ").first.click()
    page.get_by_role("button", name="ติดตาม Follow", exact=True).click()
    expect(page).to_have_url(f"{place.address}{path}")
    expect(page.get_by_role("link", name="ฟีด Atom")).to_be_visible()
    expect(page.locator("table.past")).to_contain_text("แปลงที่ดิน")
    expect(page.get_by_text("ไม่บอกคณะกรรมการชุมชน")).to_be_visible()
    fits(page, width)
    page.get_by_role("button", name="เลิกติดตาม").click()
    expect(page.get_by_role("button", name="ติดตาม Follow", exact=True)).to_be_visible()
    page.close()
