"""Symbols that cover each other become a number; whatever lies here is in one list; members go back in time."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.browser.looking import clicked, gone_to, opened, settled
from tests.conftest import running
from tests.makers import make_rows, point, rewrite, square
from tests.people.made import make_person, password_of

LON, LAT = 100.4729, 7.0160
CROWD, HEAP = (LON + 0.003, LAT + 0.003), (LON + 0.0005, LAT + 0.0005)
JANUARY, JUNE = dt.datetime(2026, 1, 5, 3, tzinfo=dt.UTC), dt.datetime(2026, 6, 1, 3, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def address(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Twenty shelters within a stone's throw, three at one place, fourteen lots upon each other; one was renamed."""
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "community", name_th="ชุมชนหนึ่ง", geom=square(LON, LAT, 0.005))
        places = [point(CROWD[0] + 0.00012 * (n % 5), CROWD[1] + 0.00012 * (n // 5)) for n in range(20)]
        make_rows(session, "asset", count=20, geom=places, name_th=[f"ศูนย์พักพิง {n}" for n in range(20)])
        make_rows(session, "asset", count=3, geom=[point(*HEAP)] * 3, name_th=["หนึ่ง", "สอง", "สาม"])
        make_rows(session, "parcel", count=14, geom=[square(LON + 0.0003, LAT + 0.0003, 0.0004)] * 14,
                  parcel_code=[f"09Z{n:03d}" for n in range(14)])  # fmt: skip
        (old,) = make_rows(session, "asset", geom=point(LON + 0.001, LAT + 0.004), name_th="โรงเรียนเก่า")
        session.execute(text("UPDATE asset SET changed_at = :at"), {"at": JANUARY})
        rewrite(session, "asset", [old], JUNE, name_th="โรงเรียนใหม่")
    make_person(engine, "somchai", "staff municipality 9098")
    engine.dispose()
    with running(url, tmp_path_factory.mktemp("atlas"), demo=True) as found:
        yield found


@pytest.fixture(params=[360, 1440])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A phone and a desk."""
    context = browser.new_context(viewport={"width": request.param, "height": 740}, locale="th-TH")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    yield page
    context.close()
    assert complaints == []


def test_a_crowd_comes_apart_when_it_is_clicked(page: Page, address: str) -> None:
    opened(page, f"{address}/map")
    gone_to(page, CROWD[0] + 0.00024, CROWD[1] + 0.0002, 14)
    page.wait_for_timeout(300)
    clicked(page, CROWD[0], CROWD[1])
    settled(page)
    assert page.evaluate("map_atlas.getZoom()") > 14
    expect(page.locator(".atlas-card")).to_have_count(0)


def test_what_lies_at_one_place_is_a_list_that_the_keyboard_walks(page: Page, address: str) -> None:
    opened(page, f"{address}/map")
    gone_to(page, *HEAP, 18)
    page.wait_for_timeout(300)
    # Three symbols, fourteen lots and the community around them: all from one press of a key.
    page.locator(".folium-map").focus()
    page.keyboard.press("Enter")
    names = page.locator(".atlas-hits button")
    expect(names).to_have_count(18)
    told = [one.get_attribute("aria-label") or "" for one in names.all()]
    assert sum("แปลงที่ดิน" in name for name in told) == 14
    assert sum("ศักยภาพชุมชน" in name for name in told) == 3
    names.first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".atlas-card h2")).to_have_text(re.compile("09Z0"))
    expect(page.locator(".atlas-pager span")).to_have_text("5 จาก 18")
    page.locator(".atlas-pager button[aria-expanded]").click()
    expect(names).to_have_count(18)
    page.keyboard.press("Escape")
    expect(page.locator(".atlas-card:visible")).to_have_count(0)


def signed_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login")
    page.locator("input[name=login]").fill("somchai")
    page.locator("input[name=password]").fill(password_of("somchai"))
    page.get_by_role("button", name="เข้าสู่ระบบ").click()
    page.wait_for_url("**/auth/me*")


SCHOOL = (LON + 0.001, LAT + 0.004)


def test_a_member_sees_a_layer_as_it_was_and_is_told_so(page: Page, address: str) -> None:
    signed_in(page, address)
    opened(page, f"{address}/map")
    gone_to(page, *SCHOOL, 17)
    clicked(page, *SCHOOL)
    expect(page.locator(".atlas-card h2")).to_have_text("โรงเรียนใหม่")
    page.keyboard.press("Escape")
    page.locator(".atlas-past-button").click()
    slider = page.locator(".atlas-past input[type=range]")
    expect(slider).to_be_enabled()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/tiles/" in one.url else None)
    slider.focus()
    # To the first of the days on which something changed.
    page.keyboard.press("Home")
    banner = page.locator(".atlas-past-banner")
    expect(banner).to_contain_text("ข้อมูล ณ 5 ม.ค. 2569 (5 Jan 2026)")
    settled(page)
    assert asked
    assert all("datetime=2026-01-05T23%3A59%3A59%2B07%3A00" in url for url in asked)
    page.locator(".atlas-past-button").click()
    clicked(page, *SCHOOL)
    expect(page.locator(".atlas-card h2")).to_have_text("โรงเรียนเก่า")
    page.wait_for_timeout(500)
    link = page.evaluate("location.href")
    assert "day=2026-01-05" in link
    page.keyboard.press("Escape")
    banner.get_by_role("button", name="กลับสู่ปัจจุบัน").click()
    expect(banner).to_be_hidden()
    settled(page)
    clicked(page, *SCHOOL)
    expect(page.locator(".atlas-card h2")).to_have_text("โรงเรียนใหม่")
    # What was shown of the past is never taken for the present, nor the other way round, and a link goes back again.
    page.goto("about:blank")
    opened(page, link)
    expect(banner).to_contain_text("ข้อมูล ณ 5 ม.ค. 2569")
    expect(page.locator(".atlas-card h2")).to_have_text("โรงเรียนเก่า")


def test_the_public_is_offered_no_past(page: Page, address: str) -> None:
    opened(page, f"{address}/map#at=17/{SCHOOL[1]}/{SCHOOL[0]}&day=2026-01-05")
    expect(page.locator(".atlas-past-button")).to_have_count(0)
    clicked(page, *SCHOOL)
    expect(page.locator(".atlas-card h2")).to_have_text("โรงเรียนใหม่")
