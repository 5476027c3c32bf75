"""A citizen reports a risk and follows it; sent twice it is one report, and each refusal says what to do."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.exc import OperationalError

from geo.people import receipts
from geo.store import photos
from tests.marks.conftest import shade
from tests.people.visiting import HTML
from tests.report.conftest import JSON, Reporting, said

SAW = {"likelihood": "4", "severity": "3"}


def picture(shade: int = 90) -> bytes:
    """A picture whose camera wrote where it was, when, and whose it is."""
    image, body = Image.new("RGB", (640, 480), (shade, 120, 60)), io.BytesIO()
    exif = Image.Exif()
    exif[0x9003], exif[0x013B] = "2026:03:01 10:00:00", "the-reporters-own-name"
    exif.get_ifd(0x8825).update({1: "N", 2: (7.0, 0.0, 30.0), 3: "E", 4: (100.0, 28.0, 20.0)})
    image.save(body, "JPEG", exif=exif)
    return body.getvalue()


def photo(name: str = "a.jpg", body: bytes | None = None) -> tuple[str, tuple[str, bytes, str]]:
    return "photo", (name, body or picture(), "image/jpeg")


def test_a_form_lands_as_a_reported_mark_and_gives_a_receipt(reporting: Reporting) -> None:
    answer = reporting.sent(severity="3", likelihood="5", seen_on="๑/๓/๒๕๖๙")
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    receipt = path.removeprefix("/report/")
    assert re.fullmatch(f"[{receipts.ALPHABET}]{{4}}-[{receipts.ALPHABET}]{{4}}-[{receipts.ALPHABET}]{{2}}", receipt)
    assert "set-cookie" not in answer.headers
    (row,) = reporting.rows("SELECT * FROM risk_point")
    assert (row.status, row.kind, row.reporter_role, row.municipality) == ("reported", "FLD-SURF", "resident", "9098")
    assert (row.severity, row.likelihood, row.seen_on.isoformat()) == (3, 5, "2026-03-01")
    assert row.community_id == reporting.drawn
    assert "ไม่ระบุตัวผู้แจ้ง" in row.evidence
    (change,) = reporting.rows("SELECT made_by, origin FROM change WHERE layer = 'risk_point' AND id = :id",
                               id=row.change_id)  # fmt: skip
    assert tuple(change) == ("citizen", "report")
    page = reporting.browser().get(path, headers=HTML)
    assert page.status_code == 200
    assert receipt in page.text
    assert "2 มี.ค. 2569" in page.text
    assert "no-store" in page.headers["cache-control"]
    assert page.headers["referrer-policy"] == "no-referrer"


def test_a_program_reports_in_json_and_is_told_what_it_asks(reporting: Reporting) -> None:
    asked = reporting.browser().get("/report", headers=JSON).json()
    assert "FLD-SURF" in {one["code"] for group in asked["kinds"] for one in group["kinds"]}
    assert {one["place"] for town in asked["places"] for one in town["communities"]} == {
        str(reporting.drawn), str(reporting.undrawn),
    }  # fmt: skip
    answer = reporting.told()
    assert answer.status_code == 201, answer.text
    assert answer.json()["page"] == f"/report/{answer.json()['receipt']}"
    told = reporting.browser().get(answer.json()["page"], headers=JSON).json()
    assert (told["state"], told["steps"]) == ("reported", [{"state": "reported", "on": "2026-03-02"}])


def test_the_page_of_a_receipt_follows_the_mark_and_never_says_who_or_why(reporting: Reporting) -> None:
    receipt = reporting.receipt()
    (row,) = reporting.rows("SELECT id FROM risk_point")

    def step(who: dict[str, str], name: str, version: int, **words: str) -> None:
        answer = reporting.browser().post(f"/marks/risk_point/{row.id}/steps/{name}", json=words,
                                          headers=who | {"If-Match": f'"{version}"'})  # fmt: skip
        assert answer.status_code == 200, answer.text

    anan = reporting.officer("anan")
    seen = reporting.browser().post(f"/collections/risk_point/items/{row.id}/photos", headers=anan,
                                    files={"photo": ("a.png", shade())})  # fmt: skip
    assert seen.status_code == 201, seen.text
    step(anan, "inspect", 1, **SAW, reason="the-officers-own-words")
    reporting.clock.passes(days=1)
    step(reporting.officer("boon"), "verify", 2)
    told = reporting.browser().get(f"/report/{receipt}", headers=JSON)
    assert [one["state"] for one in told.json()["steps"]] == ["reported", "inspected", "verified"]
    assert told.json()["steps"][-1]["on"] == "2026-03-03"
    page = reporting.browser().get(f"/report/{receipt}", headers=HTML)
    for hidden in ("anan", "boon", "the-officers-own-words", "น้ำท่วมในซอย", "7.016"):
        assert hidden not in told.text + page.text


@pytest.mark.parametrize("name", ["reject", "duplicate"])
def test_a_report_that_is_not_taken_up_says_what_can_be_done(reporting: Reporting, name: str) -> None:
    reporting.receipt(words="อันแรก")
    receipt = reporting.receipt(words="อันที่สอง")
    first, second = reporting.rows("SELECT id FROM risk_point ORDER BY id")
    words = {"reason": "the-officers-own-words", **({"original": first.id} if name == "duplicate" else {})}
    answer = reporting.browser().post(f"/marks/risk_point/{second.id}/steps/{name}", json=words,
                                      headers=reporting.officer("anan") | {"If-Match": '"1"'})  # fmt: skip
    assert answer.status_code == 200, answer.text
    page = reporting.browser().get(f"/report/{receipt}", headers=HTML).text
    assert {"reject": "ไม่รับเรื่องนี้", "duplicate": "มีผู้แจ้งจุดเดียวกันไว้แล้ว"}[name] in page
    assert "the-officers-own-words" not in page


def test_an_officer_sees_a_citizens_report_for_what_it_is(reporting: Reporting) -> None:
    reporting.receipt(words="<script>alert(1)</script> & “น้ำ”")
    (row,) = reporting.rows("SELECT id FROM risk_point")
    anan = reporting.officer("anan")
    told = reporting.browser().get(f"/marks/risk_point/{row.id}", headers=anan | JSON).json()
    assert told["feature"]["properties"]["reporter_role"] == "resident"
    assert told["feature"]["properties"]["description"] == "<script>alert(1)</script> & “น้ำ”"
    (begun,) = told["life"]["history"]
    assert (begun["step"], begun["by"]) == ("report", "citizen")
    page = reporting.browser().get(f"/collections/risk_point/items/{row.id}?f=html", headers=anan | HTML).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_community_alone_is_a_point_inside_it_and_says_so(reporting: Reporting) -> None:
    reporting.receipt(place=str(reporting.drawn))
    reporting.receipt(place=str(reporting.undrawn))
    inside, amid = reporting.rows(
        "SELECT community_id, evidence, ST_X(geom) AS x, ST_Y(geom) AS y FROM risk_point ORDER BY id"
    )
    assert 100.470 < inside.x < 100.476
    assert 7.010 < inside.y < 7.020
    assert (inside.community_id, amid.community_id) == (reporting.drawn, reporting.undrawn)
    assert "ไม่ใช่ที่เกิดเหตุ" in inside.evidence
    assert "ชุมชนริมคลอง" in inside.evidence
    assert "จุดกลางเมือง" in amid.evidence


def test_a_place_from_gps_says_how_sure_it_is(reporting: Reporting) -> None:
    reporting.receipt(lat="๗.๐๑๖", lon="100,4729", accuracy="12.4")
    (row,) = reporting.rows("SELECT evidence, ST_Y(geom) AS y FROM risk_point")
    assert "12 เมตร" in row.evidence
    assert row.y == pytest.approx(7.016)


@pytest.mark.parametrize(("words", "field"), [
    ({"kind": ""}, "kind"), ({"kind": "SLR"}, "kind"), ({"kind": "'; DROP TABLE"}, "kind"), ({"words": "  "}, "words"),
    ({"words": "น" * 2001}, "words"), ({"lat": "95", "lon": "100"}, "lat"), ({"lat": "nan", "lon": "nan"}, "lat"),
    ({"lat": "7"}, "lat"), ({"place": "999999"}, "place"), ({"place": "x"}, "place"), ({"place": ""}, "place"),
    ({"seen_on": "31/2/2569"}, "seen_on"), ({"seen_on": "3/3/2569"}, "seen_on"), ({"severity": "6"}, "severity"),
    ({"lat": "13.75", "lon": "100.5"}, "lat"),
])  # fmt: skip
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    reporting: Reporting, words: dict[str, Any], field: str
) -> None:
    refused = reporting.told(**words)
    assert refused.status_code == 400
    assert [one["column"] for one in refused.json()["problems"]] == [field]
    page = reporting.sent(**{"words": "คำที่พิมพ์ไว้", **words})
    assert page.status_code == 400
    assert f'href="#{field}"' in page.text
    assert f'id="{field}-error"' in page.text
    for value in words.values():
        # What is chosen from a list and is not in it cannot be shown as chosen.
        assert value.strip() in page.text or field in ("kind", "place", "severity")
    assert ("คำที่พิมพ์ไว้" in page.text) == ("words" not in words)
    assert reporting.rows("SELECT count(*) FROM risk_point")[0][0] == 0


def test_all_that_is_wrong_is_told_at_once(reporting: Reporting) -> None:
    refused = reporting.told(kind="", words="", place="", seen_on="เมื่อวาน")
    assert {one["column"] for one in refused.json()["problems"]} == {"kind", "words", "place", "seen_on"}


def test_a_double_click_and_a_resend_make_one_report(reporting: Reporting) -> None:
    csrf = reporting.proof()
    with ThreadPoolExecutor(4) as several:
        answers = list(several.map(lambda _: reporting.sent(csrf=csrf), range(4)))
    assert {one.status_code for one in answers} == {303}, [one.text[:300] for one in answers]
    reporting.clock.passes(minutes=50)
    again = reporting.sent(csrf=csrf)
    assert {one.headers["location"] for one in (*answers, again)} == {again.headers["location"]}
    assert reporting.rows("SELECT count(*) FROM risk_point")[0][0] == 1
    other = reporting.sent(csrf=csrf, words="อีกเรื่องหนึ่ง")
    assert other.headers["location"] != again.headers["location"]


def test_a_program_sends_again_under_its_key(reporting: Reporting) -> None:
    def send(**words: str) -> Any:
        return reporting.browser().post("/report", json=said(**words), headers=JSON | {"Idempotency-Key": "k-1"})

    first, again, other = send(), send(), send(words="อีกเรื่อง")
    assert first.json() == again.json() != other.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert reporting.rows("SELECT count(*) FROM risk_point")[0][0] == 2


def test_photographs_come_along_without_where_or_when_or_whose(reporting: Reporting) -> None:
    answer = reporting.sent(files=[photo(), photo("b.jpg", picture(20))])
    assert answer.status_code == 303, answer.text
    found = reporting.rows("SELECT * FROM photo ORDER BY id")
    assert [(one.made_by, one.lon, one.lat, one.taken_at, one.cleared_at) for one in found] == [
        ("citizen", *[None] * 4)
    ] * 2
    (row,) = reporting.rows("SELECT id FROM risk_point")
    path = f"/photos/{found[0].sha256}.jpg"
    assert reporting.browser().get(path).status_code == 404
    seen = reporting.browser().get(path, headers=reporting.officer("anan"))
    assert seen.status_code == 200
    assert b"the-reporters-own-name" not in seen.content
    assert found[0].row_id == row.id


def test_a_wrong_picture_is_told_and_nothing_is_half_done(reporting: Reporting) -> None:
    refused = reporting.sent(files=[photo(), photo("b.jpg", b"<svg onload=alert(1)>")], words="คำที่พิมพ์ไว้")
    assert refused.status_code == 400
    assert "ภาพที่ 2" in refused.text
    assert "ภาพต้องเลือกใหม่" in refused.text
    assert "คำที่พิมพ์ไว้" in refused.text
    many = reporting.sent(files=[photo() for _ in range(6)])
    assert many.status_code == 400
    assert "ไม่เกิน 5 ภาพ" in many.text
    for table in ("risk_point", "photo", "citizen_report"):
        assert reporting.rows(f"SELECT count(*) FROM {table}")[0][0] == 0


def test_a_resend_brings_the_pictures_that_failed_the_first_time(
    reporting: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrf = reporting.proof()

    def fails(*_: Any, **__: Any) -> Any:
        raise OperationalError("INSERT", {}, Exception("the server went away"))

    with monkeypatch.context() as patched:
        patched.setattr(photos, "add", fails)
        lost = reporting.sent(csrf=csrf, files=[photo()], words="คำที่พิมพ์ไว้")
    assert lost.status_code == 503
    assert "คำที่พิมพ์ไว้" in lost.text
    assert lost.headers["retry-after"]
    again = reporting.sent(csrf=csrf, files=[photo()], words="คำที่พิมพ์ไว้")
    assert again.status_code == 303
    assert [reporting.rows(f"SELECT count(*) FROM {one}")[0][0] for one in ("risk_point", "photo")] == [1, 1]
