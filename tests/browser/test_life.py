"""A risk is lived from report to end by clicking through its pages, on a telephone and on a desk, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, ViewportSize
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.conftest import running
from tests.makers import make_rows, square
from tests.marks.conftest import shade
from tests.people.made import make_person, password_of
from tests.people.visiting import bearer
from tests.writes.conftest import feature

SIZES = {"phone": ViewportSize(width=360, height=740), "desk": ViewportSize(width=1440, height=900)}
LANGUAGES = {"phone": "th-TH", "desk": "en-GB"}
# What each button says, in the language of the size that it is pressed at.
SAYS = {
    "phone": {"inspect": "บันทึกการลงพื้นที่", "verify": "ยืนยัน", "act": "เริ่มดำเนินการ", "reinspect": "บันทึกการตรวจซ้ำ",
              "close": "ปิดเรื่อง", "closed": "ปิดเรื่องแล้ว"},
    "desk": {"inspect": "Record the inspection", "verify": "Verify", "act": "Put into action",
             "reinspect": "Record the re-inspection", "close": "Close", "closed": "Closed"},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Town:
    """Where the service is, and a way to ask its database."""

    address: str
    ask: Callable[..., Any]


@pytest.fixture(scope="module")
def town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town with two engineers."""
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", name_th="เทศบาลนครหาดใหญ่ (สมมติ)", name_en="Hat Yai (made up)",
                  geom=square(100.4, 6.95, 0.2))  # fmt: skip
        make_rows(session, "community", name_th="ริมคลอง (สมมติ)", name_en="Canalside", geom=square(100.47, 7.01, 0.02))
    for login in ("anan", "boon"):
        make_person(engine, login, "staff municipality 9098")

    def ask(sql: str, **values: Any) -> Any:
        with engine.connect() as connection:
            return connection.execute(text(sql), values).all()

    with running(url, tmp_path_factory.mktemp("atlas")) as address:
        yield Town(address=address, ask=ask)
    engine.dispose()


def mark(town: Town) -> int:
    """A risk that anan reported by telephone."""
    words = {"grant_type": "password", "username": "anan", "password": password_of("anan")}
    token = requests.post(f"{town.address}/auth/token", data=words, timeout=30).json()["access_token"]
    body = feature(kind="FLD-SURF", name_th="หน้าตลาดสด (สมมติ)", cause="ท่อเล็ก")
    answer = requests.post(f"{town.address}/marks/risk_point", json=body, headers=bearer(token), timeout=30)
    assert answer.status_code == 201, answer.text
    found: int = answer.json()["id"]
    return found


def photograph(page: Page) -> None:
    """A picture of the visit, sent from the page of the mark."""
    taken: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": shade()}
    page.locator("main input[type=file]").set_input_files([taken])
    page.locator("main form[enctype] button").click()
    page.wait_for_url("**/marks/**#photos")
    # The page glides to its photographs: what is pressed on the way would be missed.
    page.wait_for_function(
        "new Promise((done) => { const was = scrollY; setTimeout(() => done(was === scrollY), 200); })"
    )
    assert page.locator(".mark-photos img").count() > 0


@pytest.mark.parametrize("size", SIZES)
def test_a_risk_is_inspected_verified_acted_on_and_closed_by_clicking(
    size: str, browser: Browser, town: Town, tmp_path: Path
) -> None:
    fid, says, complaints = mark(town), SAYS[size], list[str]()
    people = {login: signed_in(browser, town, size, login, complaints) for login in ("anan", "boon")}
    anan, boon = (people[login][1] for login in ("anan", "boon"))
    anan.goto(f"{town.address}/queue")
    fits(anan)
    anan.locator(".queue-title").first.click()
    fits(anan)
    photograph(anan)
    # The matrix by keyboard alone.
    inspect = anan.locator("#step-inspect")
    inspect.locator('input[value="4x3"]').focus()
    anan.keyboard.press("Space")
    assert inspect.locator('input[value="4x3"]').is_checked()
    assert inspect.get_by_role("radio").count() == 25
    inspect.get_by_role("button", name=says["inspect"]).click()
    fits(anan)
    assert anan.locator("#step-verify").count() == 0
    picture(anan, tmp_path, f"{size}-own")

    boon.goto(f"{town.address}/queue#verify")
    boon.locator(f'a[href="/marks/risk_point/{fid}"]').click()
    boon.locator("#step-verify").get_by_role("button", name=says["verify"]).click()
    boon.locator("#step-act").locator("select[name=division]").select_option("works")
    boon.locator("#step-act").locator("input[name=plan_activity]").fill("ขยายท่อ ซอย 3")
    # The day is forgotten: the page says so, and keeps the rest.
    boon.locator("#step-act").get_by_role("button", name=says["act"]).click()
    assert boon.get_by_role("alert").is_visible()
    fits(boon)
    picture(boon, tmp_path, f"{size}-refused")
    assert boon.locator("#step-act input[name=plan_activity]").input_value() == "ขยายท่อ ซอย 3"
    boon.locator("#step-act input[name=due_on]").fill("30/9/2570")
    boon.locator("#step-act").get_by_role("button", name=says["act"]).click()
    fits(boon)

    anan.goto(f"{town.address}/marks/risk_point/{fid}")
    photograph(anan)
    anan.locator("#step-reinspect input[value='1x2']").check(force=True)
    anan.locator("#step-reinspect").get_by_role("button", name=says["reinspect"]).click()
    close = anan.locator("#step-close")
    if close.get_attribute("open") is None:
        close.locator("summary").click()
    close.locator("textarea[name=reason]").fill("ขยายท่อแล้ว น้ำไม่ท่วม")
    close.get_by_role("button", name=says["close"]).click()
    assert says["closed"] in anan.locator(".stages [aria-current=step]").inner_text()
    fits(anan)
    picture(anan, tmp_path, f"{size}-closed")
    (row,) = town.ask("SELECT status, band, due_on::text FROM risk_point WHERE id = :f", f=fid)
    assert tuple(row) == ("closed", "low", "2027-09-30")
    done = town.ask("SELECT step, made_by FROM life_step WHERE row_id = :f ORDER BY id", f=fid)
    assert [tuple(one) for one in done] == [
        ("report", "anan"), ("inspect", "anan"), ("verify", "boon"), ("act", "boon"), ("reinspect", "anan"),
        ("close", "anan"),
    ]  # fmt: skip
    for context, _ in people.values():
        context.close()
    # Chromium notes an answer of 400 as a resource that failed; the page itself is there.
    assert [one for one in complaints if "status of 400" not in one] == []


def signed_in(
    browser: Browser, town: Town, size: str, login: str, complaints: list[str]
) -> tuple[BrowserContext, Page]:
    """Somebody in a browser of their own."""
    context = browser.new_context(viewport=SIZES[size], locale=LANGUAGES[size])
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{town.address}/login?next=/queue")
    page.locator("main input[name=login]").fill(login)
    page.locator("main input[name=password]").fill(password_of(login))
    page.locator("main button").first.click()
    page.wait_for_url("**/queue")
    return context, page


def fits(page: Page) -> None:
    """Nothing sticks out sideways, and what is pressed is large enough for a finger."""
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    low = page.evaluate(
        "[...document.querySelectorAll('main input:not([type=hidden]), main button, main select, main summary')]"
        ".filter(one => one.offsetParent !== null && one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"
    )
    assert low == []


def picture(page: Page, folder: Path, name: str) -> None:
    """What it looks like, for whoever wants to look."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)
