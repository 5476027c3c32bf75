"""A tax officer's day with one parcel, in Chromium: found on the map, read, its owner looked up, its tax estimated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.browser.looking import settled
from tests.conftest import running
from tests.makers import make_rows, square
from tests.people.made import make_person, password_of

LON, LAT = 100.4729, 7.0160
SIDE = 0.0004
SIZES = ((360, 740), (1440, 900))


@dataclass(frozen=True, kw_only=True)
class Office:
    """Where the server is, and a parcel with a neighbour."""

    address: str
    parcel: int
    neighbour: int
    engine: Engine

    def readings(self) -> int:
        """How many looks at the parcel itself are written down."""
        with self.engine.begin() as connection:
            found = connection.execute(text("SELECT count(*) FROM read_log WHERE layer = 'parcel'")).scalar_one()
        return int(found)


@pytest.fixture(scope="module")
def office(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", name_th="เทศบาลหนึ่ง", geom=square(LON - 0.01, LAT - 0.01, 0.03))
        parcel, neighbour = make_rows(
            session, "parcel", count=2, parcel_code=["01A001", "01A002"], zone="01", block=["A", "B"], lot="001",
            land_use="residential", rai=0, ngan=1, wah=Decimal(0), area_square_metres=400.0, home_wah=Decimal(100),
            farm_wah=None, other_wah=None, vacant_wah=None, main_home="not_main", owner_kind="person",
            baht_per_wah=Decimal(27_600), land_owner_agency="private", document_type="NS4",
            owner_name="เจ้าของสมมติ <b>", geom=[square(LON, LAT, SIDE), square(LON + SIDE, LAT, SIDE)],
        )  # fmt: skip
        make_rows(session, "sign_board", parcel_id=parcel, kind="thai_only", width_cm=200, height_cm=100, faces=1,
                  moving=False, geom=f"SRID=4326;POINT({LON + SIDE / 2} {LAT + SIDE / 2})")  # fmt: skip
    make_person(engine, "the-officer", "tax municipality 9098")
    with running(url, tmp_path_factory.mktemp("atlas"), demo=True) as address:
        yield Office(address=address, parcel=parcel, neighbour=neighbour, engine=engine)
    engine.dispose()


@pytest.fixture(params=SIZES, ids=("a phone", "a desk"))
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    width, height = request.param
    found = browser.new_context(viewport={"width": width, "height": height}, locale="th-TH")
    yield found
    found.close()


def _as_the_officer(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.locator("input[name=login]").fill("the-officer")
    page.locator("input[name=password]").fill(password_of("the-officer"))
    page.locator("form[action='/login'] button").click()
    form = page.locator("form[action='/auth/audience']")
    form.locator("select").select_option("tax")
    form.locator("input[name=purpose]").fill("ประมาณการภาษี")
    form.locator("button").click()


def _is_no_wider_than_the_screen(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_everybody_reads_the_parcel_and_goes_on_to_its_neighbour(office: Office, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{office.address}/parcels/{office.parcel}")
    assert page.locator("h1").inner_text() == "แปลง 01A001"
    assert page.locator("svg.sketch path.own").count() == 1
    assert "ไม่ตรงกับเขต" not in page.locator("main").inner_text()
    assert _is_no_wider_than_the_screen(page)
    page.get_by_role("link", name="01A002").click()
    assert page.locator("h1").inner_text() == "แปลง 01A002"
    # Block B beside a code of block A.
    assert "ไม่ตรงกับเขต" in page.locator("main").inner_text()
    assert page.locator("form[method=post][action^='/parcels']").count() == 0


def test_the_officer_shows_the_owner_and_estimates_the_tax(office: Office, context: BrowserContext) -> None:
    page = context.new_page()
    _as_the_officer(page, office.address)
    before = office.readings()
    page.goto(f"{office.address}/parcels/{office.parcel}")
    # The map on the page is opened too, as soon as it comes into sight.
    page.locator(".map-frame").scroll_into_view_if_needed()
    page.frame_locator(".map-frame").locator(".atlas-status[hidden]").wait_for(state="attached")
    assert office.readings() == before
    assert "เจ้าของสมมติ" not in page.content()
    page.get_by_role("button", name="แสดงเจ้าของ").click()
    assert office.readings() == before + 1
    assert "เจ้าของสมมติ <b>" in page.locator("#owner").inner_text()
    assert "บันทึกการอ่านนี้แล้ว" in page.locator("#owner").inner_text()
    page.locator("#tax select[name=year]").select_option("2024")
    page.get_by_role("button", name="ประมาณการ (บันทึกการอ่าน)").click()
    told = page.locator("#tax").inner_text()
    assert "552.00" in told
    assert "ปี 2567" in told
    assert "ไม่ใช่การประเมินภาษี" in told
    assert "200.00" in told
    # The owner was shown once; another look is another reading.
    assert "เจ้าของสมมติ" not in page.content()
    assert _is_no_wider_than_the_screen(page)


def test_what_the_register_does_not_say_is_answered_on_the_page(office: Office, context: BrowserContext) -> None:
    page = context.new_page()
    _as_the_officer(page, office.address)
    page.goto(f"{office.address}/parcels/{office.parcel}")
    page.locator("#tax summary").click()
    page.locator("#tax select[name=answer_home]").select_option("land_and_house")
    page.get_by_role("button", name="ประมาณการ (บันทึกการอ่าน)").click()
    told = page.locator("#tax").inner_text()
    assert "ตามที่ท่านตอบ" in told
    assert "บ้านหลังหลัก (เจ้าของที่ดินและบ้าน)" in told


def test_the_parcel_is_opened_from_its_popup_on_the_map(office: Office, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{office.address}/maps?layers=parcel&item={office.parcel}")
    settled(page)
    box = page.locator(".leaflet-container").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    link = page.locator("a.atlas-page")
    link.wait_for()
    assert link.get_attribute("href") in (f"/parcels/{office.parcel}", f"{office.address}/parcels/{office.parcel}")


def test_on_paper_nothing_stands_that_is_pressed(office: Office, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{office.address}/parcels/{office.parcel}")
    page.emulate_media(media="print")
    assert page.locator("svg.sketch").is_visible()
    assert not page.locator(".map-frame").is_visible()
    assert page.locator("button:visible").count() == 0
