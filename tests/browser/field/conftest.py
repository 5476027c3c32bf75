"""A phone in the field: a real Chromium with a real service worker before a real server, and a network that is cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.browser.looking import until
from tests.conftest import running
from tests.makers import make_rows, square
from tests.people.made import make_person, password_of

LON, LAT, SIDE = 100.4729, 7.0160, 0.004
PLACE = (round(LON + SIDE / 2, 7), round(LAT + SIDE / 2, 7))
PHONE = {"width": 360, "height": 740}
ALLOWED = ("status of", "net::ERR", "Failed to load resource")

# Half a megabyte that is taken away again where it fits.
PROBE = """() => new Promise(done => {
  const asked = indexedDB.open('atlas-field');
  asked.onsuccess = () => {
    const to = asked.result.transaction('kept', 'readwrite');
    to.objectStore('kept').put('x'.repeat(500000) + Math.random(), 'probe');
    const over = told => { asked.result.close(); done(told); };
    to.onabort = () => over(to.error.name);
    to.oncomplete = () => {
      const away = asked.result.transaction('kept', 'readwrite');
      away.objectStore('kept').delete('probe');
      away.oncomplete = () => over('fits');
    };
  };
})"""


@dataclass(frozen=True, kw_only=True)
class FieldTown:
    """Where the server is, and its database."""

    address: str
    engine: Engine
    community: int

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """What the database says."""
        with self.engine.begin() as connection:
            answer = connection.execute(text(sql), values)
            return list(answer.all()) if answer.returns_rows else []

    def named(self, name: str) -> list[Any]:
        """The risk points of that name."""
        return self.rows("SELECT id, version, likelihood, severity, status FROM risk_point WHERE name_th = :n", n=name)


@dataclass
class Phone:
    """A browser that somebody carries; what its console complains of is looked at in the end."""

    context: BrowserContext
    page: Page
    town: FieldTown
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        """Note what a page complains of."""
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        return page

    def sign_in(self, login: str = "anan") -> None:
        """Sign in by the form, and come back to the field page."""
        self.page.goto(f"{self.town.address}/login?next=/field")
        self.page.get_by_label("ชื่อเข้าระบบ").fill(login)
        self.page.get_by_label("รหัสผ่าน").fill(password_of(login))
        self.page.locator("main form button").first.click()
        self.page.wait_for_url("**/field")
        self.ready(installed=True)

    def ready(self, page: Page | None = None, *, installed: bool = False) -> None:
        """Wait until the page has read its store; `installed`: and its worker serves it."""
        page = page or self.page
        page.wait_for_selector("#field[data-ready]", state="attached")
        if installed:
            page.wait_for_selector("#field[data-installed]", state="attached")
            until(page, "navigator.serviceWorker.controller !== null")

    def open(self, section: str = "", page: Page | None = None) -> Page:
        """Open the field page at a section."""
        page = page or self.page
        page.goto(f"{self.town.address}/field{f'#{section}' if section else ''}")
        if section and page.locator("#field[data-ready]").count():
            page.reload()
        self.ready(page)
        return page

    def another(self) -> Page:
        """One more tab."""
        return self.watch(self.context.new_page())

    def write(self, name: str, *, photo: Path | None = None, likelihood: int = 4, severity: int = 3) -> None:
        """Fill in a report of a risk point, up to its last button."""
        page = self.page
        page.get_by_role("button", name="จุดเสี่ยง").first.click()
        page.get_by_text("พิมพ์พิกัด").click()
        page.get_by_label("ละติจูด").fill(str(PLACE[1]))
        page.get_by_label("ลองจิจูด").fill(str(PLACE[0]))
        page.get_by_role("button", name="ใช้พิกัดนี้").click()
        page.get_by_label("ประเภทภัย").select_option("FLD-SURF")
        page.get_by_label("ชื่อจุดเสี่ยง").fill(name)
        page.locator(f"input[value='{likelihood}/{severity}']").check(force=True)
        if photo is not None:
            page.locator("#field-files").set_input_files(photo)
            expect(page.locator(".field-photos img")).to_have_count(1)
        expect(page.locator("#field-kept")).to_contain_text("เก็บไว้ในเครื่องแล้ว")

    def finish(self) -> None:
        """Say that it is finished, and see that it is kept."""
        self.page.get_by_role("button", name="เสร็จแล้ว").click()
        expect(self.page.locator(".field-good")).to_be_visible()

    def send(self) -> None:
        """Ask for everything to be sent now."""
        self.page.goto(f"{self.town.address}/field#waiting")
        self.ready()
        # It may be sent by itself in the same moment; then there is no button any more.
        self.page.evaluate("""[...document.querySelectorAll('#waiting button')]
          .find(one => one.textContent.includes('ส่งเดี๋ยวนี้'))?.click()""")

    def states(self) -> list[str]:
        """The states of the reports on the phone, oldest first."""
        found: list[str] = [one["state"] for one in self.stored("reports")]
        return found

    def stored(self, name: str) -> list[dict[str, Any]]:
        """What lies in a store of the phone."""
        found: list[dict[str, Any]] = self.page.evaluate(
            """(name) => new Promise((resolve, reject) => {
              const asked = indexedDB.open('atlas-field');
              asked.onerror = () => reject(asked.error);
              asked.onsuccess = () => {
                const rows = asked.result.transaction(name).objectStore(name).getAll();
                rows.onsuccess = () => {
                  asked.result.close();
                  resolve(rows.result.map(one => ({...one, blob: one.blob ? one.blob.size : null})));
                };
              };
            })""",
            name,
        )
        return sorted(found, key=lambda one: str(one.get("written_at", "")))

    def until_state(self, *wanted: str) -> None:
        """Wait until the reports on the phone are in these states."""
        for _ in range(200):
            if self.states() == list(wanted):
                return
            self.page.wait_for_timeout(100)
        assert self.states() == list(wanted), self.stored("reports")

    def fill_up(self, room: int) -> Any:
        """Leave so many bytes on the phone; the browser looks anew at how much is left only now and then.

        The phone stays full for as long as what is returned is held.
        """
        session = self.context.new_cdp_session(self.page)
        origin = self.town.address
        usage = session.send("Storage.getUsageAndQuota", {"origin": origin})["usage"]
        session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": usage + room})
        for _ in range(60):
            if self.page.evaluate(PROBE) == "QuotaExceededError":
                return session
            self.page.wait_for_timeout(1000)
        raise AssertionError("the phone does not fill up")

    def cut(self, pattern: str, way: Callable[[Route], None], *, times: int = 1) -> None:
        """Let something happen to the next requests of a kind; those of the worker are met too."""
        self.context.route(pattern, way, times=times)


def bare(browser: Browser, town: FieldTown, **more: Any) -> Phone:
    """A phone that nobody has used yet."""
    words: dict[str, Any] = {"viewport": PHONE, "locale": "th-TH", "timezone_id": "Asia/Bangkok", **more}
    context = browser.new_context(**words)
    context.set_default_timeout(20_000)
    found = Phone(context=context, page=context.new_page(), town=town)
    found.watch(found.page)
    return found


@pytest.fixture(scope="module")
def field_town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[FieldTown]:
    """A community of parcels, two officers and a collector; and its server."""
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", name_th="เทศบาลสมมติ", geom=square(LON - 0.01, LAT - 0.01, 0.03))
        (community,) = make_rows(
            session, "community", name_th="จันทร์นิเวศน์", name_en="Chan Niwet", geom=square(LON, LAT, SIDE)
        )
        places = [(LON + SIDE / 5 * column, LAT + SIDE / 5 * row) for row in range(5) for column in range(5)]
        make_rows(session, "parcel", count=25, geom=[square(*place, SIDE / 5) for place in places], land_use="vacant")
    for login, grant in (("anan", "staff"), ("boon", "staff"), ("collector", "partner"), ("kanya", "steward")):
        make_person(engine, login, f"{grant} municipality 9098")
    with running(url, tmp_path_factory.mktemp("field"), demo=True) as address:
        yield FieldTown(address=address, engine=engine, community=community)
    engine.dispose()


@pytest.fixture
def phone(browser: Browser, field_town: FieldTown) -> Iterator[Phone]:
    """A phone with somebody signed in; no complaint but of the network, and none of the policy."""
    found = bare(browser, field_town)
    found.sign_in()
    yield found
    found.context.close()
    assert [one for one in found.complaints if not any(known in one for known in ALLOWED)] == []


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph of nothing."""
    from PIL import Image

    found = tmp_path_factory.mktemp("pictures") / "street.jpg"
    Image.effect_noise((1200, 900), 60).convert("RGB").save(found, quality=80)
    return found
