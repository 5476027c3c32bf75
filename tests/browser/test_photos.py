"""Photographs are chosen on a telephone, made smaller there, sent, looked at by staff, and then seen by everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.browser.looking import until
from tests.browser.test_people import fits
from tests.conftest import running
from tests.makers import make_rows
from tests.people.made import make_person, password_of
from tests.photos.pictures import SECRET, drawn, exif, jpeg

PHONE = ViewportSize(width=360, height=740)


@pytest.fixture(scope="module")
def town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A town with a verified risk and an officer: the server's address, and the risk's id."""
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", name_th="เทศบาลนครหาดใหญ่ (สมมติ)")
        (risk,) = make_rows(session, "risk_point", status="verified", name_th="ท่อระบายน้ำอุดตันหน้าตลาด")
    make_person(engine, "somchai", "staff municipality 9098")
    engine.dispose()
    with running(url, tmp_path_factory.mktemp("atlas"), demo=True) as address:
        yield address, risk


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A telephone's page; whatever its console says fails the test."""
    context = browser.new_context(viewport=PHONE, locale="th-TH")
    found, complaints = context.new_page(), list[str]()
    found.on("console", lambda said: complaints.append(said.text))
    found.on("pageerror", lambda error: complaints.append(str(error)))
    yield found
    context.close()
    # A connection that the test cuts, and a picture that is refused, are noted by Chromium itself.
    assert [one for one in complaints if "ERR_FAILED" not in one and "status of 400" not in one] == []


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.fill("[name=login]", "somchai")
    page.fill("[name=password]", password_of("somchai"))
    page.click("main button.main")
    page.wait_for_url(f"{address}/auth/me")


def test_a_telephone_makes_pictures_smaller_sends_them_and_an_officer_clears_one(
    page: Page, town: tuple[str, int], tmp_path: Path
) -> None:
    address, risk = town
    place = f"{address}/collections/risk_point/items/{risk}/photos"
    sign_in(page, address)
    page.goto(f"{place}?f=html")
    fits(page)
    camera, lying = tmp_path / "IMG_0001.jpg", tmp_path / "IMG_0002.jpg"
    camera.write_bytes(jpeg(drawn(3000, 2000, seed=3), quality=97))
    # Held upright: the pixels lie on their side, and the camera says so.
    lying.write_bytes(jpeg(drawn(2400, 1200, seed=9), exif=exif(orientation=6)))
    page.locator("input[type=file][multiple]").set_input_files([camera, lying])
    page.wait_for_selector("text=พร้อมส่ง 2 ภาพ")
    assert page.locator("[data-chosen] canvas").count() == 2
    fits(page)
    page.fill("[name=caption]", "ฝาท่อแตก")
    sent: list[bytes] = []
    cut = True

    def once(route: Route) -> None:
        nonlocal cut
        sent.append(route.request.post_data_buffer or b"")
        if cut:
            cut = False
            route.abort()
        else:
            route.continue_()

    page.route(place, once)
    page.get_by_role("button", name="เพิ่มภาพ").click()
    # Without a connection nothing is lost; the second attempt takes the same.
    page.wait_for_selector("text=ไม่มีสัญญาณ")
    assert page.locator("[data-chosen] canvas").count() == 2
    page.get_by_role("button", name="เพิ่มภาพ").click()
    page.wait_for_selector(".photos > li:nth-child(2)")
    # What the camera wrote of itself did not leave the telephone, and where and when came beside the pictures.
    assert len(sent) == 2
    assert SECRET not in sent[1]
    assert b"100.4729" in sent[1]
    assert b"2026-03-01T14:30:00" in sent[1]
    assert len(sent[1]) < camera.stat().st_size
    told = page.request.get(place, headers={"Accept": "application/json"}).json()["photos"]
    assert [(one["width"], one["height"]) for one in told] == [(1600, 1067), (800, 1600)]
    assert [(round(one["lon"], 4), round(one["lat"], 4)) for one in told] == [(100.4729, 7.016)] * 2
    assert {one["taken_at"] for one in told} == {"2026-03-01T14:30:00+07:00"}
    fits(page)
    clear_one(page, town)


def clear_one(page: Page, town: tuple[str, int]) -> None:
    first = page.locator(".photos > li").first
    assert "รอตรวจ" in first.inner_text()
    first.locator("[name=no_faces]").check()
    first.locator(".photo-check button").click()
    # The browser itself asks for the second tick; with both it is public.
    assert first.locator("[name=no_plates]").evaluate("one => one.validity.valueMissing")
    first.locator("[name=no_plates]").check()
    first.locator(".photo-check button").click()
    page.wait_for_selector(".photos > li:first-child .state.holds")
    address, risk = town
    assert page.context.browser is not None
    public = page.context.browser.new_context(viewport=PHONE, locale="th-TH")
    seen = public.new_page()
    seen.goto(f"{address}/collections/risk_point/items/{risk}/photos?f=html")
    assert seen.locator(".photos > li").count() == 1
    # A picture comes when it is near the view, and not with the page.
    seen.locator(".photo img").scroll_into_view_if_needed()
    until(seen, "document.querySelector('.photo img').naturalWidth > 0")
    assert "somchai" not in seen.content()
    fits(seen)
    public.close()


def test_a_file_that_no_browser_opens_is_told_in_words_and_can_be_left_out(
    page: Page, town: tuple[str, int], tmp_path: Path
) -> None:
    address, risk = town
    sign_in(page, address)
    page.goto(f"{address}/collections/risk_point/items/{risk}/photos?f=html")
    before = page.locator(".photos > li").count()
    heic, good = tmp_path / "IMG_0003.heic", tmp_path / "IMG_0004.jpg"
    heic.write_bytes(b"\0\0\0\x18ftypheic" + b"\0" * 400)
    good.write_bytes(jpeg(drawn(500, 400, seed=14)))
    page.locator("input[type=file][multiple]").set_input_files([heic, good])
    page.wait_for_selector("text=พร้อมส่ง 2 ภาพ")
    with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
        page.get_by_role("button", name="เพิ่มภาพ").click()
    assert refused.value.status == 400
    page.wait_for_selector("text=เข้ากันได้ที่สุด")
    page.get_by_role("button", name="นำ IMG_0003.heic ออก").click()
    page.get_by_role("button", name="เพิ่มภาพ").click()
    page.wait_for_selector(f".photos > li:nth-child({before + 1})")
