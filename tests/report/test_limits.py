"""Nobody floods a town with reports or guesses receipts: what is counted is counted for all workers and machines."""

from __future__ import annotations

import datetime as dt
import io
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from api import report_forms
from api.settings import Settings
from geo.people import receipts
from geo.store import citizens
from geo.store.citizens import Limit
from geo.store.retention import keep_house
from layers import LAYERS
from tests.conftest import app_of
from tests.databases import Stand
from tests.people.visiting import HTML
from tests.planted import all_that_is_logged
from tests.report.conftest import ADDRESS, JSON, Reporting, said
from tests.report.test_reporting import photo, picture


def test_five_an_hour_from_one_block_and_then_whom_to_call(reporting: Reporting) -> None:
    for nth in range(5):
        reporting.receipt(words=f"เรื่องที่ {nth}")
    # Another address of the same /24, with a browser.
    refused = reporting.sent(reporting.browser("203.0.113.77"), words="เรื่องที่หก")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 4200
    for number in ("1784", "1669", "199", "เรื่องที่หก"):
        assert number in refused.text
    assert reporting.told(reporting.browser("198.51.100.1"), words="จากที่อื่น").status_code == 201
    reporting.clock.passes(seconds=int(refused.headers["retry-after"]))
    assert reporting.told(words="เรื่องที่หก").status_code == 201


def test_a_block_of_ipv6_is_a_household_and_its_neighbours(reporting: Reporting) -> None:
    for nth in range(5):
        assert reporting.told(reporting.browser(f"2001:db8:1:{nth}::1"), words=f"{nth}").status_code == 201
    assert reporting.told(reporting.browser("2001:db8:1:ff::1"), words="อีก").status_code == 429
    assert reporting.told(reporting.browser("2001:db8:2::1"), words="อีก").status_code == 201


def test_twenty_a_day_from_one_block(reporting: Reporting) -> None:
    taken = 0
    for _ in range(6):
        for _ in range(5):
            taken += reporting.told(words=f"เรื่องที่ {taken}").status_code == 201
        reporting.clock.passes(minutes=80)
    assert taken == 20


def test_two_machines_count_together_and_none_goes_past_the_limit_at_once(reporting: Reporting, stand: Stand) -> None:
    """The same database and the same secret; eleven at the same moment, from one block."""
    other = app_of(Settings(home=stand.home), stand.url)
    other.state.now = lambda: reporting.clock.at
    with TestClient(other):
        both = [reporting.app, other]

        def send(nth: int) -> int:
            answer = reporting.told(reporting.browser(app=both[nth % 2]), words=f"เรื่องที่ {nth}")
            return int(answer.status_code)

        with ThreadPoolExecutor(6) as several:
            found = list(several.map(send, range(11)))
    assert sorted(found) == [201] * 5 + [429] * 6
    assert reporting.rows("SELECT count(*) FROM risk_point")[0][0] == 5


def test_a_town_takes_so_many_an_hour_from_everywhere_together(
    reporting: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (Limit(times=200, within=dt.timedelta(hours=1)),) == citizens.REPORTS_OF_A_TOWN
    monkeypatch.setattr(citizens, "REPORTS_OF_A_TOWN", (Limit(times=3, within=dt.timedelta(hours=1)),))
    for nth in range(3):
        assert reporting.told(reporting.browser(f"192.0.{nth}.1"), words=f"{nth}").status_code == 201
    refused = reporting.told(reporting.browser("192.0.99.1"), words="อีก")
    assert refused.status_code == 429
    assert "1784" in refused.json()["detail_th"]
    there = reporting.told(reporting.browser("192.0.99.1"), words="อีก", lat="7.2", lon="100.6")
    assert there.status_code == 201


def test_a_refused_report_counts_for_nothing(reporting: Reporting) -> None:
    for _ in range(9):
        assert reporting.told(kind="").status_code == 400
    assert reporting.told().status_code == 201


def test_pictures_are_looked_into_so_often_and_no_more(reporting: Reporting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(citizens, "FORMS_WITH_PICTURES", (Limit(times=2, within=dt.timedelta(hours=1)),))
    broken = [photo("a.jpg", b"\xff\xd8\xff broken")]
    assert [reporting.sent(files=broken).status_code for _ in range(3)] == [400, 400, 429]


def test_what_programs_fill_in_and_people_do_not_see_is_refused_with_words(reporting: Reporting) -> None:
    refused = reporting.sent(website="https://spam.example", words="คำที่พิมพ์ไว้")
    assert refused.status_code == 400
    assert "ต้องเว้นว่าง" in refused.text
    assert "คำที่พิมพ์ไว้" in refused.text
    assert reporting.rows("SELECT count(*) FROM risk_point")[0][0] == 0


def test_a_form_that_was_opened_a_moment_ago_or_the_day_before_is_to_be_sent_again(reporting: Reporting) -> None:
    browser = reporting.browser()
    for csrf in (reporting.proof(waits=1), reporting.proof(waits=86_500)):
        refused = reporting.sent(browser, csrf=csrf, words="คำที่พิมพ์ไว้")
        assert refused.status_code == 400
        assert "คำที่พิมพ์ไว้" in refused.text
        assert "กดส่งอีกครั้ง" in refused.text
    fresh = refused.text.split('name="csrf" value="')[1].split('"')[0]
    reporting.clock.passes(seconds=5)
    assert reporting.sent(browser, csrf=fresh).status_code == 303


@pytest.mark.parametrize("csrf", ["wrong", "67c3d5a0.abc.def", "zz.é.x", "."])
def test_a_form_that_is_not_ours_is_refused_and_comes_back_filled(reporting: Reporting, csrf: str) -> None:
    refused = reporting.sent(csrf=csrf, words="คำที่พิมพ์ไว้")
    assert refused.status_code == 403
    assert "คำที่พิมพ์ไว้" in refused.text
    assert reporting.told(csrf=csrf).status_code == 403


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_sites_page_reports_nothing_in_its_readers_name(reporting: Reporting, headers: dict[str, str]) -> None:
    csrf = reporting.proof()
    browser = reporting.browser()
    assert browser.post("/report", data={"csrf": csrf, **said()}, headers=HTML | headers).status_code == 403
    assert browser.post("/report", json=said(), headers=JSON | headers).status_code == 403
    # A form cannot be sent as JSON, and without the word of ours it is none.
    assert browser.post("/report", data=said(), headers=JSON).status_code == 403


def test_whoever_guesses_receipts_is_slowed_and_told_the_same_of_each(reporting: Reporting) -> None:
    right = reporting.receipt()
    browser = reporting.browser("198.51.100.7")
    wrong = ["K7M4-9TX2-PQ", "x", "%00", "ก" * 40, "' OR 1=1 --", right[:-1], "0" * 10, "K7M49TX2PQ" * 20]
    told = {browser.get(f"/report/{one}", headers=JSON).json()["detail_th"] for one in wrong}
    assert len(told) == 1
    for _ in range(12):
        assert browser.get("/report/K7M4-9TX2-PQ", headers=HTML).status_code == 404
    # Even the right one: else the answer to it would be what a guesser waits for.
    assert browser.get(f"/report/{right}", headers=JSON).status_code == 429
    slowed = browser.get(f"/report/{right}", headers=HTML)
    assert slowed.status_code == 429
    assert slowed.headers["retry-after"]
    assert reporting.browser().get(f"/report/{right}", headers=JSON).status_code == 200


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1}", "{2}"])
def test_a_receipt_is_read_as_people_write_it(reporting: Reporting, typed: str) -> None:
    receipt = reporting.receipt()
    thai = receipt.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    written = typed.format(receipt, receipt.replace("-", "").lower(), thai)
    answer = reporting.browser().get("/report", params={"receipt": written}, headers=HTML)
    assert answer.headers["location"] == f"/report/{receipt}"
    assert reporting.browser().get(f"/report/{written}", headers=JSON).status_code == 200


def test_receipts_are_even_and_hold_nothing_that_can_be_misread() -> None:
    found = [receipts.receipt_for(b"key", str(nth).encode(), b"words") for nth in range(3000)]
    assert len(set(found)) == 3000
    assert set("".join(found)) == set(receipts.ALPHABET)
    assert not set(receipts.ALPHABET) & set("01OILU")
    assert receipts.receipt_for(b"key", b"1", b"words") != receipts.receipt_for(b"other", b"1", b"words")
    # What is said in two parts is not what is said in one.
    assert receipts.receipt_for(b"key", b"a", b"bc") != receipts.receipt_for(b"key", b"ab", b"c")


def test_what_was_tried_is_forgotten_after_two_days(reporting: Reporting) -> None:
    reporting.receipt()
    assert reporting.rows("SELECT count(*) FROM citizen_try")[0][0] == 2
    for hours, left in ((25, 2), (25, 0)):
        reporting.clock.passes(hours=hours)
        at = reporting.clock.at
        with Session(reporting.engine) as session, session.begin():
            keep_house(session, LAYERS, by="retention", at=at, on=at.date())
        assert reporting.rows("SELECT count(*) FROM citizen_try")[0][0] == left


def test_more_bytes_than_are_taken_are_refused_before_they_are_read(reporting: Reporting) -> None:
    size = str(report_forms.MOST_BYTES + 1)
    headers = HTML | {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": size}
    answer = reporting.browser().post("/report", content=b"", headers=headers)
    assert answer.status_code == 413
    assert "ภาพรวมกันใหญ่เกินไป" in answer.text
    large = reporting.told(words="น" * 200_000)
    assert large.status_code == 413


def test_of_many_forms_with_pictures_a_few_are_read_at_once(
    reporting: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = [photo("a.jpg", picture() + bytes(report_forms.SMALL_BYTES))]
    monkeypatch.setattr(report_forms, "LONGEST_WAIT_SECONDS", 0.0)
    room = reporting.app.state.report_room
    monkeypatch.setattr(room, "_inside", type(room._inside)({"203.0.113.0/24": report_forms.FORMS_OF_A_BLOCK}))
    assert reporting.sent(files=large).status_code == 503
    # Without a picture, and from elsewhere, there is room.
    assert reporting.sent(words="ไม่มีภาพ").status_code == 303
    assert reporting.sent(reporting.browser("198.51.100.9"), files=large).status_code == 303
    assert room._inside.total() == report_forms.FORMS_OF_A_BLOCK


def test_nothing_that_is_kept_says_who(reporting: Reporting, tmp_path: Path) -> None:
    """Neither the address, its block, the browser's name nor the receipt is in any table, nor in the log."""
    with all_that_is_logged("http", "PIL") as written:
        logging.getLogger().info("the log is listened to")
        page = reporting.sent(reporting.browser(), files=[photo()], words="คำลับของผู้แจ้ง")
        receipt = page.headers["location"].removeprefix("/report/")
        for accept in (HTML, JSON):
            reporting.browser().get(f"/report/{receipt}", headers=accept)
            reporting.browser().get(f"/report?receipt={receipt}", headers=accept)
            reporting.browser().get("/report/WRNG-WRNG-WR", headers=accept)
    tables = [name for (name,) in reporting.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    assert {"citizen_report", "citizen_try", "change", "risk_point", "photo", "life_step"} <= set(tables)
    kept = "\n".join(str(row) for table in tables if table != "spatial_ref_sys"
                     for row in reporting.rows(f'SELECT t::text FROM public."{table}" AS t'))  # fmt: skip
    bare = receipt.replace("-", "")
    hidden: list[Any] = [ADDRESS, "203.0.113", "testclient", receipt, bare, "the-reporters-own-name"]
    assert [one for one in hidden if one in kept] == []
    log = written.getvalue()
    assert "/report/{receipt}" in log
    assert [one for one in [*hidden, "คำลับของผู้แจ้ง", "WRNG"] if one in log] == []
    assert io.StringIO(kept).readline()


def test_nothing_of_a_report_is_public_before_it_is_verified(reporting: Reporting, client: TestClient) -> None:
    receipt = reporting.receipt(words="คำลับของผู้แจ้ง", lat="7.012345", lon="100.471234")
    paths = ["/", "/map", "/collections/risk_point", "/collections/risk_point/items", "/maps?layers=risk_point",
             "/collections/risk_point/items/1", "/marks/risk_point/1", "/collections/risk_point/items/1/photos",
             f"/communities/{reporting.drawn}", "/collections/risk_point/items/1/versions", f"/report/{receipt}",
             "/tiles/risk_point/17/102134/62972.geojson", "/tiles/risk_point/17/102134/62972.mvt", "/report",
             "/tiles/risk_point.json", "/collections/risk_point/items?bbox=100.4,6.9,100.6,7.1"]  # fmt: skip
    for path in paths:
        for accept in (HTML, JSON):
            told = client.get(path, headers=accept)
            assert told.status_code < 500, path
            for hidden in ("คำลับของผู้แจ้ง", "7.012345", "100.471234", "citizen"):
                assert hidden not in told.text, path
            assert f"/report/{receipt}" == path or receipt not in told.text
    assert client.get("/collections/risk_point/items", headers=JSON).json()["features"] == []


def test_nobody_is_called_as_the_service_calls_citizens(reporting: Reporting) -> None:
    """Whoever had this login would have made every citizen's report."""
    from geo.errors import BadRequest
    from tests.people.made import make_person

    with pytest.raises(BadRequest):
        make_person(reporting.engine, citizens.BY)
