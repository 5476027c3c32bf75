"""The network is cut at each step of sending; in the end there is exactly one row, with its photograph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.field.conftest import PLACE, Phone

PORTAL = "<html><body><h1>Free Wi-Fi</h1><form action='/accept'></form></body></html>"
MARK, PHOTO, ME = "**/marks/risk_point", "**/collections/risk_point/items/*/photos", "**/field/me"


def _lost(route: Route) -> None:
    """The server did it, and its answer is lost on the way."""
    assert route.fetch().status == 201
    route.abort()


def _lost_change(route: Route) -> None:
    """The same of a change."""
    assert route.fetch().status == 200
    route.abort()


def _half(route: Route) -> None:
    """The server did it, and half of its answer comes."""
    told = route.fetch().body()
    route.fulfill(status=201, content_type="application/json", body=told[: len(told) // 2])


def _empty(route: Route) -> None:
    """The server did it, and the answer says less than a receipt does."""
    route.fetch()
    route.fulfill(status=201, content_type="application/json", body="{}")


def _portal(route: Route) -> None:
    route.fulfill(status=200, content_type="text/html", body=PORTAL)


def _to_sign_in(route: Route) -> None:
    route.fulfill(status=302, headers={"location": "/login"})


def _failing(route: Route) -> None:
    route.fulfill(status=500, content_type="text/html", body="<h1>Internal Server Error</h1>")


def _gateway(route: Route) -> None:
    route.fulfill(status=502, body="Bad Gateway")


def _not_found(route: Route) -> None:
    """Not our own words: something on the way says so."""
    route.fulfill(status=404, content_type="text/html", body="<h1>Not found</h1>")


def _aborted(route: Route) -> None:
    route.abort()


CUTS: dict[str, Callable[[Route], None]] = {
    "before it reached the server": _aborted, "the answer is lost": _lost, "half an answer": _half,
    "an answer without a receipt": _empty, "a captive portal": _portal, "a redirect to the sign-in": _to_sign_in,
    "500": _failing, "502": _gateway, "404 of something else": _not_found,
}  # fmt: skip


# To ask who is signed in changes nothing: there is no answer to it whose loss would leave something done.
STEPS = [(how, at) for how in CUTS for at in (MARK, PHOTO, ME) if at != ME or CUTS[how] not in (_lost, _half, _empty)]


@pytest.mark.parametrize(("how", "at"), STEPS)
def test_cut_at_any_step_it_arrives_once(phone: Phone, picture: Path, how: str, at: str) -> None:
    name = f"{how} · {at}"
    phone.context.set_offline(True)
    phone.write(name, photo=picture)
    phone.finish()
    met: list[str] = []

    def cut(route: Route) -> None:
        met.append(route.request.method)
        CUTS[how](route)

    phone.cut(at, cut, times=2)
    phone.context.set_offline(False)
    for _ in range(150):
        if len(met) >= 1 and phone.states() in (["waiting"], ["sent"]):
            break
        phone.page.wait_for_timeout(100)
    assert met
    for _ in range(6):
        if phone.states() == ["sent"]:
            break
        phone.send()
        phone.page.wait_for_timeout(1500)
    phone.until_state("sent")
    (row,) = phone.town.named(name)
    assert phone.town.rows("SELECT count(*) FROM photo WHERE row_id = :i", i=row.id) == [(1,)]
    assert phone.stored("reports")[0]["receipt"]["id"] == row.id


def test_a_session_that_is_over_loses_nothing(phone: Phone, picture: Path) -> None:
    phone.context.clear_cookies()
    phone.write("หมดเวลา", photo=picture)
    phone.finish()
    phone.open("waiting")
    expect(phone.page.locator(".field-why")).to_contain_text("เข้าสู่ระบบอีกครั้ง")
    assert phone.states() == ["waiting"]
    phone.sign_in()
    phone.until_state("sent")
    assert len(phone.town.named("หมดเวลา")) == 1


def test_an_old_proof_of_the_page_is_asked_for_anew(phone: Phone) -> None:
    """Somebody signs in again in another tab while a report is on its way: its CSRF token is of the session before."""
    told = phone.page.evaluate("fetch('/field/me').then(one => one.json())")
    phone.cut(ME, lambda route: route.fulfill(json={**told, "csrf": "of-another-session"}), times=1)
    phone.write("โทเคนเก่า")
    phone.finish()
    phone.page.wait_for_timeout(1500)
    assert phone.states() == ["waiting"]
    phone.page.reload()
    phone.ready()
    phone.until_state("sent")
    assert len(phone.town.named("โทเคนเก่า")) == 1


def test_two_tabs_and_the_worker_send_it_once(phone: Phone) -> None:
    phone.context.set_offline(True)
    phone.write("สองแท็บ")
    phone.finish()
    other = phone.open("waiting", phone.another())
    asked: list[str] = []
    phone.context.on("request", lambda one: asked.append(one.url) if one.method == "POST" else None)
    phone.context.set_offline(False)
    for page in (phone.page, other):
        page.evaluate("window.dispatchEvent(new Event('online'))")
    phone.until_state("sent")
    phone.page.wait_for_timeout(1000)
    assert [one for one in asked if one.endswith("/marks/risk_point")] == [f"{phone.town.address}/marks/risk_point"]
    assert len(phone.town.named("สองแท็บ")) == 1


def test_what_is_refused_is_mended_at_the_field_and_sent_under_another_key(phone: Phone) -> None:
    phone.write("ปีผิด")
    phone.page.get_by_text("ข้อมูลเพิ่มเติม").click()
    phone.page.get_by_label("ปีที่เกิดภัย").fill("9999")
    phone.finish()
    phone.until_state("refused")
    key = phone.stored("reports")[0]["key"]
    phone.open("waiting")
    phone.page.get_by_role("button", name="แก้แล้วส่งใหม่").click()
    field = phone.page.get_by_label("ปีที่เกิดภัย")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(phone.page.locator("#wrong-hazard_year")).to_be_visible()
    field.fill("2568")
    phone.finish()
    phone.until_state("sent")
    assert phone.stored("reports")[0]["key"] != key
    assert len(phone.town.named("ปีผิด")) == 1


def test_a_phone_with_a_wrong_clock_shows_the_servers_beside_its_own(phone: Phone) -> None:
    told = phone.page.evaluate("fetch('/field/me').then(one => one.json())")
    phone.cut(ME, lambda route: route.fulfill(json={**told, "now": "2099-01-01T00:00:00+07:00"}), times=99)
    phone.open("waiting")
    expect(phone.page.locator("#waiting .note")).to_contain_text("นาฬิกาเครื่องนี้ช้ากว่าเซิร์ฟเวอร์")


def changed_meanwhile(phone: Phone, name: str) -> int:
    """A mark is taken along and changed on the phone, while somebody else changes it on the server."""
    phone.write(name)
    phone.finish()
    phone.until_state("sent")
    (row,) = phone.town.named(name)
    mark = phone.page.evaluate(f"fetch('/marks/risk_point/{row.id}').then(one => one.json())")
    phone.page.evaluate(
        """([mark, name, login]) => new Promise(done => { const asked = indexedDB.open('atlas-field');
          const words = Object.fromEntries(Object.entries(mark.feature.properties).filter(([, one]) => one !== null)
            .map(([key, one]) => [key, String(one)]));
          asked.onsuccess = () => { const to = asked.result.transaction(['along', 'reports'], 'readwrite');
            to.objectStore('reports').clear();
            to.objectStore('along').put({key: `risk_point/${mark.id}`, login, layer: 'risk_point', title: name,
              at: '2026-03-01T00:00:00Z',
              target: {id: mark.id, version: mark.version, words, geometry: mark.feature.geometry}});
            to.oncomplete = () => { asked.result.close(); done(); }; }; })""",
        [mark, name, "anan"],
    )
    phone.context.set_offline(True)
    phone.open()
    phone.page.get_by_role("button", name=f"แก้: {name}").click()
    phone.page.get_by_label("สาเหตุ").or_(phone.page.locator("#field-cause")).first.evaluate(
        "one => one.closest('details').open = true"
    )
    phone.page.locator("#field-cause").fill("ของฉัน")
    phone.finish()
    with phone.town.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE risk_point SET cause = 'ของเขา', severity = 5, version = version + 1 WHERE id = {row.id}"
        )
    phone.context.set_offline(False)
    phone.until_state("conflict")
    phone.open("waiting")
    phone.page.get_by_role("button", name="ดูสองฉบับและตัดสิน").click()
    sides = phone.page.locator(".field-sides")
    expect(sides).to_contain_text("ของฉัน")
    expect(sides).to_contain_text("ของเขา")
    number: int = row.id
    return number


@pytest.mark.parametrize("decided", ["theirs", "mine", "both"])
def test_a_person_decides_between_two_versions(phone: Phone, decided: str) -> None:
    name = f"สองฉบับ {decided}"
    number = changed_meanwhile(phone, name)
    dialog = phone.page.get_by_role("dialog")
    if decided == "theirs":
        dialog.get_by_role("button", name="ใช้ของเซิร์ฟเวอร์").click()
        phone.page.get_by_role("dialog").get_by_role("button", name="ทิ้งของฉัน").click()
        phone.until_state()
    else:
        dialog.get_by_role("button", name="ส่งของฉันทับ" if decided == "mine" else "เก็บทั้งสอง").click()
        phone.until_state("sent")
    found = phone.town.rows("SELECT id, cause, severity FROM risk_point WHERE name_th = :n ORDER BY id", n=name)
    # What was not touched on the phone stays as somebody else made it.
    assert [tuple(one) for one in found] == {
        "theirs": [(number, "ของเขา", 5)],
        "mine": [(number, "ของฉัน", 5)],
        "both": [(number, "ของเขา", 5), (found[-1].id, "ของฉัน", 3)],
    }[decided]


def test_a_change_whose_answer_was_lost_is_no_conflict(phone: Phone) -> None:
    phone.write("แก้แล้วคำตอบหาย")
    phone.finish()
    phone.until_state("sent")
    (row,) = phone.town.named("แก้แล้วคำตอบหาย")
    phone.open("waiting")
    expect(phone.page.get_by_role("link", name="เปิดดู")).to_have_attribute("href", f"/marks/risk_point/{row.id}")
    phone.page.get_by_role("button", name="นำไปแก้").click()
    expect(phone.page.locator("#field-sent-line")).to_contain_text("นำไปด้วยแล้ว")
    phone.open()
    phone.page.get_by_role("button", name="แก้: แก้แล้วคำตอบหาย").click()
    phone.page.locator("#field-description").fill("แก้รอบสอง")
    phone.cut(f"**/marks/risk_point/{row.id}", _lost_change, times=1)
    phone.finish()
    phone.page.wait_for_timeout(1000)
    phone.send()
    phone.until_state("sent", "sent")
    assert phone.town.rows("SELECT version, description FROM risk_point WHERE id = :i", i=row.id) == [(2, "แก้รอบสอง")]


def test_a_place_by_the_phones_position_says_how_sure_it_was(phone: Phone) -> None:
    phone.context.grant_permissions(["geolocation"], origin=phone.town.address)
    phone.context.set_geolocation({"latitude": PLACE[1], "longitude": PLACE[0], "accuracy": 7})
    phone.page.get_by_role("button", name="จุดเสี่ยง").first.click()
    phone.page.get_by_role("button", name="ใช้ตำแหน่งของฉัน").click()
    expect(phone.page.locator(".field-place").first).to_contain_text("±7 m")
    phone.page.get_by_label("ชื่อจุดเสี่ยง").fill("ด้วย GPS")
    phone.finish()
    phone.until_state("sent")
    (row,) = phone.town.rows("SELECT description, ST_X(geom) AS lon FROM risk_point WHERE name_th = 'ด้วย GPS'")
    assert row.description == "[GPS ±7 m]"
    assert abs(row.lon - PLACE[0]) < 1e-6


def test_a_place_is_chosen_with_the_cross_of_the_map(phone: Phone) -> None:
    phone.page.get_by_role("button", name="พื้นที่เสี่ยง").first.click()
    phone.page.get_by_role("button", name="เลือกบนแผนที่").click()
    for step in ([0, 0], [80, 0], [0, 80]):
        phone.page.evaluate("window.scrollTo(0, 0)")
        box = phone.page.locator("#field-map").bounding_box()
        assert box is not None
        if step != [0, 0]:
            x, y = box["x"] + 150, box["y"] + 150
            phone.page.mouse.move(x, y)
            phone.page.mouse.down()
            phone.page.mouse.move(x - step[0], y - step[1], steps=5)
            phone.page.wait_for_timeout(300)
            phone.page.mouse.up()
            phone.page.wait_for_timeout(600)
        phone.page.get_by_role("button", name="ใช้จุดนี้").click()
    expect(phone.page.locator("#field-map-line")).to_contain_text("3 มุม")
    phone.page.get_by_role("button", name="กลับ").click()
    expect(phone.page.locator(".field-place").first).to_contain_text("3 มุม")
