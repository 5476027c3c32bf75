"""The same map in Chromium as each audience: what a click on a household, a draft and a neighbour tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.browser.looking import clicked, gone_to, opened, settled
from tests.conftest import running
from tests.makers import make_rows, point, release_all, square
from tests.people.made import make_person, password_of

LON, LAT = 100.4729, 7.0160
HOUSE, DRAFT = (LON + 0.001, LAT + 0.001), (LON + 0.003, LAT + 0.003)
NEXT_DOOR, OVER_THE_BORDER = (LON + 0.0052, LAT + 0.001), (LON + 0.02, LAT + 0.001)
MAP = f"/maps?layers=household,risk_point,community&bbox={LON},{LAT},{LON + 0.004},{LAT + 0.004}"
# The audience, whether it gets places instead of squares, whether drafts, and whether beyond its own community.
EYES = {
    "public": (False, False, False), "partner": (False, False, False), "community": (True, True, False),
    "staff": (True, True, True), "care": (True, True, True), "tax": (True, True, True), "steward": (True, True, True),
}  # fmt: skip


@pytest.fixture(scope="module")
def address(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two communities of a town and another town, each with households; a person for each audience."""
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", name_th="เทศบาลสมมติ")
        outlines = [square(LON, LAT, 0.004), square(LON + 0.0045, LAT, 0.004)]
        ours, other = make_rows(session, "community", count=2, name_th=["ชุมชนหนึ่ง", "ชุมชนสอง"], geom=outlines)
        make_rows(session, "household", count=7, geom=[point(*HOUSE)] * 7, residents=4, community_id=ours)
        make_rows(session, "household", count=3, geom=[point(*NEXT_DOOR)] * 3, residents=4, community_id=other)
        make_rows(session, "household", count=3, geom=[point(*OVER_THE_BORDER)] * 3, municipality="9099")
        make_rows(session, "risk_point", geom=point(*DRAFT), status="reported", name_th="ยังไม่ตรวจ", community_id=ours)
        release_all(session)
    for audience in EYES:
        area = f"community {ours}" if audience == "community" else "municipality 9098"
        if audience != "public":
            make_person(engine, f"a-{audience}", f"{audience} {area}")
    engine.dispose()
    with running(url, tmp_path_factory.mktemp("atlas"), demo=True) as found:
        yield found


def signed_in(page: Page, address: str, audience: str) -> None:
    """Sign in, and say what for where that is asked."""
    page.goto(f"{address}/login")
    page.get_by_label("ชื่อเข้าระบบ").fill(f"a-{audience}")
    page.get_by_label("รหัสผ่าน").fill(password_of(f"a-{audience}"))
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    if audience in ("care", "tax"):
        switch = page.locator("form[action='/auth/audience']")
        switch.get_by_label("บทบาท").select_option(audience)
        switch.get_by_label("เหตุผล").fill("เยี่ยมบ้าน")
        switch.get_by_role("button").click()


@pytest.mark.parametrize("audience", EYES)
def test_the_same_map_tells_each_audience_its_own(audience: str, browser: Browser, address: str) -> None:
    places, drafts, beyond = EYES[audience]
    context = browser.new_context(viewport={"width": 900, "height": 700}, locale="th-TH")
    page = context.new_page()
    if audience != "public":
        signed_in(page, address, audience)
    opened(page, address + MAP)
    box = page.locator('input[data-layer="household"]')
    if box.count():
        box.check()
        settled(page)
    card = page.locator(".atlas-card")

    gone_to(page, *HOUSE, 18)
    clicked(page, *HOUSE)
    if places:
        # Seven of them on one place, and the community around them; a committee is not told how many people live there.
        expect(card.locator(".atlas-pager span")).to_have_text("1 จาก 8")
        expect(page.locator(".atlas-card", has_text="จำนวนสมาชิก")).to_have_count(0 if audience == "community" else 1)
    else:
        expect(card.locator("h2")).to_have_text("7")
        expect(card.locator("dl")).to_have_count(0)
    # Names and health are in no tile and no card of a map, whoever looks.
    expect(card).not_to_contain_text("secret-")

    for place, told, words in ((DRAFT, drafts, "ยังไม่ตรวจ"), (NEXT_DOOR, beyond, "จำนวนสมาชิก")):
        gone_to(page, *place, 18)
        clicked(page, *place)
        settled(page)
        expect(page.locator(".atlas-card", has_text=words)).to_have_count(1 if told else 0)
    # Another town's households are nobody's here, and too few for a square.
    gone_to(page, *OVER_THE_BORDER, 18)
    clicked(page, *OVER_THE_BORDER)
    settled(page)
    expect(page.locator(".atlas-card", has_text="ครัวเรือน")).to_have_count(0)
    context.close()
