"""Nothing that was typed is lost: by a closed tab, a crash, a full phone, or another tab beside."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from playwright.sync_api import Browser, Error, expect

from tests.browser.field.conftest import ALLOWED, PLACE, FieldTown, Phone, bare


def test_what_was_written_without_a_network_is_there_in_a_new_tab_and_sent_when_there_is_one(
    phone: Phone, picture: Path
) -> None:
    phone.context.set_offline(True)
    phone.write("ท่อระบายน้ำตัน", photo=picture)
    phone.finish()
    phone.page.close()
    phone.page = phone.another()
    phone.open("waiting")
    expect(phone.page.get_by_text("ท่อระบายน้ำตัน")).to_be_visible()
    assert phone.states() == ["waiting"]
    assert phone.town.named("ท่อระบายน้ำตัน") == []
    phone.context.set_offline(False)
    phone.until_state("sent")
    (row,) = phone.town.named("ท่อระบายน้ำตัน")
    assert (row.likelihood, row.severity, row.status) == (4, 3, "reported")
    sent = phone.stored("reports")[0]
    assert (sent["receipt"]["id"], sent["receipt"]["version"]) == (row.id, row.version)
    assert sent["receipt"]["kept_at"].startswith("20")
    assert phone.town.rows("SELECT count(*) FROM photo WHERE row_id = :i", i=row.id) == [(1,)]
    # The picture is let go when the server has said that it has it.
    assert [one["blob"] for one in phone.stored("photos")] == [None]


def test_a_tab_that_is_closed_in_the_middle_of_a_word_has_it_when_it_is_opened_again(phone: Phone) -> None:
    page = phone.page
    page.get_by_role("button", name="จุดเสี่ยง").first.click()
    page.get_by_label("ชื่อจุดเสี่ยง").press_sequentially("สะพานไม้ผุ")
    # At once, without the quarter of a second after which it is written by itself.
    page.close(run_before_unload=True)
    phone.page = phone.another()
    phone.open()
    expect(phone.page.get_by_label("ชื่อจุดเสี่ยง")).to_have_value("สะพานไม้ผุ")


def test_a_crash_while_typing_loses_no_word(phone: Phone) -> None:
    page = phone.page
    page.get_by_role("button", name="จุดเสี่ยง").first.click()
    page.get_by_label("ชื่อจุดเสี่ยง").press_sequentially("กำแพงเอียง")
    page.get_by_label("รายละเอียด").press_sequentially("เอียงมากหลังฝนตก")
    expect(page.locator("#field-kept")).to_contain_text("เก็บไว้ในเครื่องแล้ว")
    # The renderer dies as it would of a fault of its own; over CDP nobody would be left to answer.
    with page.expect_event("crash"), contextlib.suppress(Error):
        page.goto("chrome://crash", timeout=10_000)
    phone.page = phone.another()
    phone.open()
    expect(phone.page.get_by_label("ชื่อจุดเสี่ยง")).to_have_value("กำแพงเอียง")
    expect(phone.page.get_by_label("รายละเอียด")).to_have_value("เอียงมากหลังฝนตก")


def test_a_full_phone_says_so_and_keeps_the_words(phone: Phone, picture: Path) -> None:
    phone.write("ก่อนเครื่องเต็ม")
    full = phone.fill_up(50_000)
    phone.page.locator("#field-files").set_input_files(picture)
    expect(phone.page.get_by_text("พื้นที่ในเครื่องเต็ม").first).to_be_visible()
    expect(phone.page.get_by_role("button", name="บันทึกภาพเป็นไฟล์")).to_be_visible()
    phone.page.get_by_label("รายละเอียด").fill("ขณะที่เครื่องเต็ม")
    expect(phone.page.get_by_role("button", name="ส่งออกร่างนี้")).to_be_visible()
    # A phone this full does not even open its store; the words can be carried away, and are back when there is room.
    phone.page.reload()
    with phone.page.expect_download() as coming:
        phone.page.get_by_role("button", name="ส่งออกร่างล่าสุด").click()
    assert "ขณะที่เครื่องเต็ม" in coming.value.path().read_text(encoding="utf-8")
    full.detach()
    phone.page.get_by_role("button", name="เปิดใหม่").click()
    expect(phone.page.get_by_label("ชื่อจุดเสี่ยง")).to_have_value("ก่อนเครื่องเต็ม")
    expect(phone.page.get_by_label("รายละเอียด")).to_have_value("ขณะที่เครื่องเต็ม")


def test_a_report_that_does_not_fit_is_not_said_to_be_kept_and_can_be_exported(phone: Phone) -> None:
    phone.write("รายงานใหญ่")
    full = phone.fill_up(-1_000_000)
    phone.page.get_by_label("รายละเอียด").fill("น้ำ" * 1300)
    phone.page.get_by_role("button", name="เสร็จแล้ว").click()
    expect(phone.page.locator("#field-kept")).to_contain_text("พื้นที่ในเครื่องเต็ม")
    expect(phone.page.locator(".field-good")).to_have_count(0)
    with phone.page.expect_download() as coming:
        phone.page.get_by_role("button", name="ส่งออกร่างนี้").click()
    (feature,) = json.loads(coming.value.path().read_text(encoding="utf-8"))["features"]
    assert feature["properties"]["description"] == "น้ำ" * 1300
    assert feature["geometry"]["coordinates"] == [*PLACE]
    full.detach()


def test_what_waits_goes_to_a_desk_by_a_file_and_is_sent_there_once(
    phone: Phone, browser: Browser, picture: Path
) -> None:
    phone.cut("**/marks/risk_point", lambda route: route.abort(), times=99)
    phone.write("ส่งด้วยไฟล์", photo=picture)
    phone.finish()
    phone.open("waiting")
    with phone.page.expect_download() as coming:
        phone.page.get_by_role("button", name="ส่งออกทั้งหมดเป็นไฟล์").click()
    file = coming.value.path()
    desk = bare(browser, phone.town)
    desk.sign_in()
    desk.open("waiting")
    desk.page.get_by_text("อ่านไฟล์ที่ส่งออกจากเครื่องอื่น").click()
    desk.page.locator("#field-import").set_input_files(
        {"name": "half.geojson", "mimeType": "application/geo+json", "buffer": file.read_bytes()[:-400]}
    )
    expect(desk.page.locator("#field-sent-line")).to_contain_text("ไม่ได้อ่านเข้าเลย")
    assert desk.stored("reports") == []
    desk.page.locator("#field-import").set_input_files(
        {"name": "all.geojson", "mimeType": "application/geo+json", "buffer": file.read_bytes()}
    )
    desk.until_state("sent")
    # The phone that comes back later sends the same under the same key.
    phone.context.unroute("**/marks/risk_point")
    phone.send()
    phone.until_state("sent")
    (row,) = phone.town.named("ส่งด้วยไฟล์")
    assert phone.town.rows("SELECT count(*) FROM photo WHERE row_id = :i", i=row.id) == [(1,)]
    assert [one for one in desk.complaints if not any(known in one for known in ALLOWED)] == []
    desk.context.close()


def test_what_one_person_wrote_is_not_sent_nor_shown_as_anothers(phone: Phone, browser: Browser) -> None:
    phone.cut("**/marks/risk_point", lambda route: route.abort(), times=99)
    phone.write("เรื่องของอนันต์")
    phone.finish()
    phone.context.unroute("**/marks/risk_point")
    phone.context.clear_cookies()
    phone.sign_in("boon")
    phone.send()
    expect(phone.page.locator("#waiting .field-card")).to_contain_text("เขียนโดยบัญชี anan")
    expect(phone.page.locator("#waiting .field-card")).not_to_contain_text("เรื่องของอนันต์")
    phone.page.wait_for_timeout(1000)
    assert phone.town.named("เรื่องของอนันต์") == []
    phone.context.clear_cookies()
    phone.sign_in()
    phone.until_state("sent")
    assert len(phone.town.named("เรื่องของอนันต์")) == 1


def test_deleting_says_what_is_lost_and_offers_a_file(phone: Phone) -> None:
    phone.cut("**/marks/risk_point", lambda route: route.abort(), times=99)
    phone.write("จะลบ")
    phone.finish()
    phone.open("waiting")
    phone.page.get_by_role("button", name="ลบออกจากเครื่อง").click()
    dialog = phone.page.get_by_role("dialog")
    expect(dialog).to_contain_text("จะหายถาวร")
    with phone.page.expect_download():
        dialog.get_by_role("button", name="ส่งออกเป็นไฟล์ก่อน").click()
    assert phone.states() == ["waiting"]
    phone.page.get_by_role("button", name="ลบออกจากเครื่อง").click()
    dialog.get_by_role("button", name="ลบถาวร").click()
    phone.until_state()


def test_whoever_does_not_mark_is_told_what_to_do(browser: Browser, field_town: FieldTown) -> None:
    phone = bare(browser, field_town)
    phone.sign_in("kanya")
    expect(phone.page.locator("#write")).to_contain_text("ทำเครื่องหมายไม่ได้")
    expect(phone.page.get_by_role("link", name="เปลี่ยนบทบาท")).to_have_attribute("href", "/auth/me")
    phone.context.close()
