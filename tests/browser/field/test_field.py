"""The field page is installed, opens without a network, brings its map along, and leaves nothing behind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.browser.field.conftest import LAT, LON, SIDE, FieldTown, Phone, bare
from tests.browser.looking import until
from tests.conftest import running
from tests.makers import make_rows, square
from tests.people.made import make_person

AXE = Path(__file__).resolve().parents[3] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
SMALL = """() => [...document.querySelectorAll(
    'main button, main input:not(.unseen), main select, main summary, main a, .field-ways a')]
  .filter(one => one.offsetParent !== null).map(one => [one.closest('label') ?? one, one])
  .filter(([target]) => target.getBoundingClientRect().height < 43.5).map(([, one]) => one.outerHTML.slice(0, 120))"""
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const asked of await cache.keys()) {
      const answer = await cache.match(asked);
      found.push([name, new URL(asked.url).pathname, answer.headers.get('cache-control') ?? '', await answer.text()]);
    }
  }
  return found;
}"""


def prepared(phone: Phone) -> None:
    """Keep the one community's map, as a person does it."""
    phone.open("prepare")
    section = phone.page.locator("#prepare")
    section.get_by_label("จันทร์นิเวศน์").check()
    section.get_by_role("button", name="ดูขนาดก่อน").click()
    section.get_by_role("button", name="เก็บลงเครื่อง").click()
    expect(section.locator("#field-prepared")).to_contain_text("เก็บครบแล้ว")


def test_the_page_can_be_installed(phone: Phone) -> None:
    address = phone.town.address
    manifest = requests.get(f"{address}/field/manifest.webmanifest", timeout=30)
    assert manifest.headers["content-type"] == "application/manifest+json"
    told = manifest.json()
    assert (told["start_url"], told["scope"], told["display"]) == ("/field", "/field", "standalone")
    for icon in told["icons"]:
        answer = requests.get(address + icon["src"], timeout=30)
        assert (answer.status_code, answer.headers["content-type"]) == (200, icon["type"]), icon
    session = phone.context.new_cdp_session(phone.page)
    found = session.send("Page.getAppManifest")
    assert (found["errors"], found["url"]) == ([], f"{address}/field/manifest.webmanifest")
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] in (
        [], [{"errorId": "in-incognito", "errorArguments": []}],
    )  # fmt: skip
    assert phone.page.evaluate("navigator.serviceWorker.controller.scriptURL") == f"{address}/field/worker.js"


def test_it_opens_without_a_network_for_whoever_opened_it_once(browser: Browser, field_town: FieldTown) -> None:
    phone = bare(browser, field_town)
    phone.open()
    phone.ready(installed=True)
    expect(phone.page.get_by_role("link", name="เข้าสู่ระบบ")).to_be_visible()
    phone.context.set_offline(True)
    phone.page.reload()
    phone.ready()
    expect(phone.page.locator(".field-network")).to_be_visible()
    phone.context.close()


def test_it_opens_with_its_map_when_the_server_is_gone(
    browser: Browser, new_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", geom=square(LON - 0.01, LAT - 0.01, 0.03))
        (community,) = make_rows(session, "community", name_th="จันทร์นิเวศน์", geom=square(LON, LAT, SIDE))
        make_rows(session, "parcel", geom=square(LON, LAT, SIDE / 2), land_use="vacant")
    make_person(engine, "anan", "staff municipality 9098")
    with running(url, tmp_path) as address:
        phone = bare(browser, FieldTown(address=address, engine=engine, community=community))
        phone.sign_in()
        prepared(phone)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address}/healthz", timeout=5)
    phone.open("map")
    until(phone.page, "document.querySelectorAll('.field-map canvas.leaflet-tile-loaded').length >= 4")
    # The kept squares came from the phone: within the outline nothing is missing, and the parcel is drawn.
    phone.page.get_by_role("button", name="Zoom in").click()
    phone.page.wait_for_timeout(1500)
    assert coloured(phone) > 500
    phone.open("write")
    expect(phone.page.get_by_role("button", name="จุดเสี่ยง").first).to_be_visible()
    phone.context.close()
    engine.dispose()


def coloured(phone: Phone) -> int:
    """How many pixels of the drawn squares are anything at all."""
    found: int = phone.page.evaluate("""() => [...document.querySelectorAll('canvas.leaflet-tile')]
    .reduce((sum, one) => {
      const data = one.getContext('2d').getImageData(0, 0, one.width, one.height).data;
      for (let at = 3; at < data.length; at += 4) if (data[at] > 0) sum += 1;
      return sum;
    }, 0)""")
    return found


def test_preparing_tells_the_size_first_and_goes_on_where_it_was_cut(phone: Phone) -> None:
    phone.open("prepare")
    section = phone.page.locator("#prepare")
    section.get_by_label("จันทร์นิเวศน์").check()
    section.get_by_role("button", name="ดูขนาดก่อน").click()
    expect(section.locator("#field-prepared strong")).to_contain_text(re.compile("[kM]B"))
    before = len(phone.page.evaluate(KEPT))
    # Several are fetched at once, and most were when it was measured: one more arrives, and then the network is gone.
    arrived = iter(range(1))
    phone.cut("**/tiles/**/17/**", lambda route: route.fallback() if next(arrived, None) is not None else route.abort(),
              times=1000)  # fmt: skip
    section.get_by_role("button", name="เก็บลงเครื่อง").click()
    expect(section.get_by_role("button", name="เก็บต่อ")).to_be_visible()
    for _ in range(100):
        if len(phone.page.evaluate(KEPT)) > before:
            break
        phone.page.wait_for_timeout(100)
    assert len(phone.page.evaluate(KEPT)) > before
    phone.context.unroute("**/tiles/**/17/**")
    section.get_by_role("button", name="เก็บต่อ").click()
    expect(section.locator("#field-prepared")).to_contain_text("เก็บครบแล้ว")
    (kept,) = phone.page.evaluate("""() => new Promise(done => { const asked = indexedDB.open('atlas-field');
      asked.onsuccess = () => { const got = asked.result.transaction('kept').objectStore('kept').get('prepared');
      got.onsuccess = () => { asked.result.close(); done(got.result); }; }; })""")
    assert kept["had"] == kept["tiles"] > 4


def test_the_worker_keeps_no_answer_that_is_somebodys_own(phone: Phone) -> None:
    """Signed in as staff, with marks that the public does not see; then everything in the caches is read."""
    with Session(phone.town.engine) as session, session.begin():
        make_rows(
            session,
            "risk_point",
            status="reported",
            name_th="secret-of-staff",
            geom=f"SRID=4326;POINT({LON + 0.001} {LAT + 0.001})",
        )
    prepared(phone)
    phone.page.evaluate("fetch('/marks/forms').then(a => a.text())")
    phone.page.evaluate("fetch('/field/me').then(a => a.text())")
    phone.page.evaluate("fetch('/collections/risk_point/items').then(a => a.text())")
    told = phone.page.evaluate("fetch('/collections/risk_point/items').then(a => a.text())")
    assert "secret-of-staff" in told
    held = phone.page.evaluate(KEPT)
    assert len(held) > 15
    for name, path, control, body in held:
        assert name.startswith("atlas-field-"), name
        assert path == "/field" or path.startswith(("/field/manifest", "/static/", "/tiles/")), path
        assert "no-store" not in control, path
        assert "private" not in control, path
        for secret in ("secret-of-staff", "Made-up anan", "anan"):
            assert secret not in body, (path, secret)


def test_a_new_release_replaces_the_page_and_keeps_what_waits(
    phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.context.set_offline(True)
    phone.write("หน้าตลาดก่อนรุ่นใหม่")
    phone.finish()
    phone.context.set_offline(False)
    phone.cut("**/marks/risk_point", lambda route: route.abort(), times=99)
    worker = requests.get(f"{phone.town.address}/field/worker.js", timeout=30).text
    (release,) = {
        name.removeprefix("atlas-field-shell-") for name in phone.page.evaluate("caches.keys()") if "shell" in name
    }
    assert worker.count(release) == 1
    newer = tmp_path / "field-worker.js"
    newer.write_text(worker.replace(release, "0123456789ab"))
    monkeypatch.setattr("api.routes.field.WORKER", newer)
    phone.page.evaluate("navigator.serviceWorker.getRegistration('/field').then(one => one.update())")
    for _ in range(100):
        if f"atlas-field-shell-{release}" not in phone.page.evaluate("caches.keys()"):
            break
        phone.page.wait_for_timeout(100)
    assert [name for name in phone.page.evaluate("caches.keys()") if "shell" in name] == [
        "atlas-field-shell-0123456789ab"
    ]
    phone.open("waiting")
    expect(phone.page.get_by_text("หน้าตลาดก่อนรุ่นใหม่")).to_be_visible()


def test_reports_of_the_first_release_are_read_by_this_one(browser: Browser, field_town: FieldTown) -> None:
    phone = bare(browser, field_town)
    phone.page.goto(f"{field_town.address}/login")
    phone.page.evaluate("""() => new Promise(done => { const asked = indexedDB.open('atlas-field', 1);
      asked.onupgradeneeded = () => { const db = asked.result; db.createObjectStore('drafts', {keyPath: 'id'});
        db.createObjectStore('reports', {keyPath: 'id'});
        db.createObjectStore('photos', {keyPath: 'id'}).createIndex('of', 'of'); };
      asked.onsuccess = () => { const to = asked.result.transaction('drafts', 'readwrite');
        to.objectStore('drafts').put({id: 'a', login: 'anan', layer: 'risk_point', words: {name_th: 'จากรุ่นแรก'},
          place: null,
          target: null, problems: [], started_at: '2026-01-01T00:00:00Z', touched_at: '2026-01-01T00:00:00Z'});
        to.oncomplete = () => { asked.result.close(); done(); }; }; })""")
    phone.sign_in()
    expect(phone.page.get_by_label("ชื่อจุดเสี่ยง")).to_have_value("จากรุ่นแรก")
    phone.context.close()


def test_signing_out_says_what_waits_and_leaves_nothing(phone: Phone) -> None:
    phone.cut("**/marks/risk_point", lambda route: route.abort(), times=99)
    phone.write("เรื่องที่จะหาย")
    phone.finish()
    phone.open("phone")
    phone.page.get_by_role("button", name="ออกจากระบบและลืมเครื่องนี้").click()
    dialog = phone.page.get_by_role("dialog")
    expect(dialog).to_contain_text("รายงานที่ยังไม่ถึงเซิร์ฟเวอร์ 1 เรื่อง")
    dialog.get_by_role("button", name="ยังไม่ลืม").click()
    phone.until_state("waiting")
    phone.page.get_by_role("button", name="ออกจากระบบและลืมเครื่องนี้").click()
    dialog.get_by_role("button", name="ลบทุกอย่าง").click()
    expect(phone.page.get_by_role("heading", name="ลืมแล้ว")).to_be_visible()
    assert phone.page.evaluate("caches.keys()") == []
    assert phone.page.evaluate("indexedDB.databases()") == []
    assert phone.page.evaluate("Object.keys(localStorage)") == []
    assert phone.page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0
    assert json.loads(phone.page.evaluate("fetch('/field/me').then(one => one.text())"))["person"] is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_every_section_can_be_used_by_everybody(
    browser: Browser, field_town: FieldTown, picture: Path, width: int, scheme: str
) -> None:
    phone = bare(browser, field_town, viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    phone.sign_in()
    phone.cut("**/marks/risk_point", lambda route: route.abort(), times=99)
    phone.write("ถนนน้ำท่วม", photo=picture)
    found: dict[str, object] = {}
    for section in ("write", "waiting", "map", "prepare", "phone"):
        if section == "waiting":
            phone.finish()
        phone.open(section)
        phone.page.wait_for_timeout(700)
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= width, section
        assert phone.page.evaluate(SMALL) == [], section
        phone.page.add_script_tag(path=AXE)
        told = phone.page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
        if told["violations"]:
            found[section] = [
                (one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in told["violations"]
            ]
    phone.context.close()
    assert found == {}
