"""A person signs in, switches audience, invites a colleague and signs out, on a telephone and on a desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.conftest import running
from tests.makers import make_rows
from tests.people.made import make_person, password_of

SIZES = {"phone": ViewportSize(width=360, height=740), "desk": ViewportSize(width=1440, height=900)}


@pytest.fixture(scope="module")
def address(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A town with two communities, its steward and an officer."""
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", name_th="เทศบาลนครหาดใหญ่ (สมมติ)")
        make_rows(session, "household", count=8, step=0.0)
        make_rows(session, "community", count=2, name_th=["ชุมชนจันทร์นิเวศน์", "ชุมชนริมคลองเตยทางเดินยาวที่มีชื่อยาวมาก"])
    make_person(engine, "kanya", "steward municipality 9098", "care municipality 9098", "staff municipality 9098")
    make_person(engine, "somchai", "staff municipality 9098")
    engine.dispose()
    with running(url, tmp_path_factory.mktemp("atlas"), demo=True) as found:
        yield found


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of each size; whatever its console says fails the test."""
    context = browser.new_context(viewport=SIZES[request.param], locale="th-TH")
    found, complaints = context.new_page(), list[str]()
    found.on("console", lambda said: complaints.append(said.text))
    found.on("pageerror", lambda error: complaints.append(str(error)))
    yield found
    context.close()
    # Chromium notes a page with the status 401 as a resource that failed; the page itself is there.
    assert [one for one in complaints if "status of 401" not in one] == []


def fits(page: Page) -> None:
    """Nothing sticks out sideways, and every field and button is large enough for a finger."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    low = page.evaluate(
        "[...document.querySelectorAll('main input, main button, main select')]"
        ".filter(one => !one.hidden && !['hidden', 'checkbox'].includes(one.type))"
        ".filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"
    )
    assert low == []


def in_the_head(page: Page, name: str) -> Locator:
    """A link in the head of the page; on a telephone it is in the menu, which is opened first."""
    menu = page.get_by_role("button", name="เมนู")
    if menu.is_visible():
        menu.click()
    return page.locator("header").get_by_role("link", name=name)


def test_signing_in_inviting_and_signing_out(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    in_the_head(page, "เข้าสู่ระบบ").click()
    fits(page)
    page.get_by_label("ชื่อเข้าระบบ").fill("kanya")
    page.get_by_label("รหัสผ่าน").fill(password_of("kanya"))
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    assert page.url == f"{address}/auth/me"
    assert page.get_by_role("heading", level=1).inner_text().startswith("Made-up kanya")
    fits(page)
    switch = page.locator("form[action='/auth/audience']")
    switch.get_by_label("บทบาท").select_option("steward")
    switch.get_by_role("button").click()
    page.locator("main").get_by_role("link", name="คนและสิทธิ์").click()
    fits(page)
    invite = page.locator("form[action='/people']")
    invite.get_by_label("ชื่อ–สกุล").fill("ผู้เก็บข้อมูลสมมติ")
    invite.get_by_label("ชื่อเข้าระบบ").fill(f"guest-{page.viewport_size['width'] if page.viewport_size else 0}")
    invite.get_by_label("บทบาท").select_option("community")
    invite.get_by_label("พื้นที่").select_option(label="ชุมชน: ชุมชนจันทร์นิเวศน์")
    invite.get_by_label("วันสุดท้าย").fill("31/3/2700")
    invite.get_by_role("button").click()
    link = page.get_by_role("status").locator("code").inner_text()
    assert link.startswith(f"{address}/invitations/")
    fits(page)
    in_the_head(page, "Made-up kanya").click()
    page.get_by_role("button", name="ออกจากระบบ").click()
    assert in_the_head(page, "เข้าสู่ระบบ").is_visible()
    page.goto(link)
    fits(page)
    page.get_by_label("รหัสผ่านใหม่").fill("ปลากะพงสามตัว")
    page.get_by_label("อีกครั้ง").fill("ปลากะพงสามตัว")
    page.locator("main").get_by_role("button").click()
    assert "ผู้เก็บข้อมูลสมมติ" in page.get_by_role("heading", level=1).inner_text()


def test_a_steward_publishes_and_takes_back(page: Page, address: str) -> None:
    page.goto(f"{address}/login?next=/auth/me")
    page.get_by_label("ชื่อเข้าระบบ").fill("kanya")
    page.get_by_label("รหัสผ่าน").fill(password_of("kanya"))
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    switch = page.locator("form[action='/auth/audience']")
    switch.get_by_label("บทบาท").select_option("steward")
    switch.get_by_role("button").click()
    page.get_by_role("link", name="รุ่นที่เผยแพร่").click()
    fits(page)
    before = page.locator(".edition").count()
    page.get_by_label("เหตุผล เช่น").fill("สำรวจครบทุกชุมชน")
    page.get_by_role("button", name="เผยแพร่รุ่นใหม่").click()
    assert page.locator(".edition").count() == before + 1
    newest = page.locator(".edition").first
    assert "ใช้อยู่" in newest.inner_text()
    newest.locator("summary").click()
    fits(page)
    newest.get_by_label("เหตุผล").fill("เผยแพร่ผิด")
    newest.get_by_role("button").click()
    assert "ถอนแล้ว" in page.locator(".edition").first.inner_text()
    assert "เผยแพร่ผิด" in page.locator(".edition").first.inner_text()
    fits(page)
    # The map says as whom one looks, and leads to the account; in a page's own frame the page says it.
    page.goto(f"{address}/map")
    whom = page.locator(".atlas-account")
    assert "ผู้ดูแล (คนและสิทธิ์)" in whom.inner_text()
    assert whom.get_attribute("href") == "/auth/me"
    page.goto(f"{address}/communities/1")
    page.frame_locator(".map-frame").locator(".atlas-foot").wait_for()
    assert page.frame_locator(".map-frame").locator(".atlas-account").count() == 0


def test_a_wrong_password_is_told_on_the_page(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.get_by_label("ชื่อเข้าระบบ").fill("somchai")
    page.get_by_label("รหัสผ่าน").fill("not this one either")
    with page.expect_response("**/login") as answer:
        page.get_by_role("button", name="เข้าสู่ระบบ").click()
    assert answer.value.status == 401
    assert "ไม่ถูกต้อง" in page.get_by_role("alert").inner_text()
    fits(page)
