"""The page of a mark, as each role sees it and by forms alone: without script everything can be done."""

from __future__ import annotations

import re
from typing import Any

import pytest

from geo.life import RISK
from tests.marks.conftest import browsing, marked, state, step, told_on
from tests.writes.conftest import Desk

POINT = "risk_point"
SAW: dict[str, Any] = {"likelihood": 4, "severity": 3}
EVIL = '<script>window.hacked=1</script><img src=x onerror="hacked=2">{{191*7}}'


def inspected(desk: Desk, who: str = "anan", **words: Any) -> int:
    fid = marked(desk, who, **words)
    assert step(desk, who, fid, "inspect", **SAW).status_code == 200
    return fid


def verified(desk: Desk, **words: Any) -> int:
    fid = inspected(desk, **words)
    assert step(desk, "boon", fid, "verify").status_code == 200
    return fid


def test_the_whole_life_is_lived_by_forms(desk: Desk) -> None:
    fid = marked(desk)
    page, anan, boon = f"/marks/{POINT}/{fid}", browsing(desk, "anan"), browsing(desk, "boon")

    def sent(browser: Any, act: str, **form: str) -> Any:
        return browser.send(page, f"{page}/steps/{act}", **form)

    assert sent(anan, "inspect", matrix="4x3", affected_band="").status_code == 303
    assert state(desk, fid) == "inspected"
    assert sent(boon, "verify").headers["location"] == page
    assert sent(boon, "act", division="works", due_on="๓๐/๙/๒๕๖๙", budget_baht="120,000").status_code == 303
    assert sent(anan, "reinspect", matrix="1x2").status_code == 303
    assert sent(anan, "close", reason="ขยายท่อแล้ว").status_code == 303
    (row,) = desk.rows("SELECT status, band, due_on::text AS due, budget_baht FROM risk_point WHERE id = :f", f=fid)
    assert tuple(row) == ("closed", "low", "2026-09-30", 120_000)
    shown = anan.get(page)
    assert 'aria-current="step"' in shown.text
    assert "ขยายท่อแล้ว" in shown.text
    assert "Made-up anan" in shown.text


def test_what_is_wrong_is_told_beside_its_field_and_what_was_typed_is_kept(desk: Desk) -> None:
    fid = verified(desk)
    page, boon = f"/marks/{POINT}/{fid}", browsing(desk, "boon")
    answer = boon.send(page, f"{page}/steps/act", plan_activity="ขยายท่อ ซอย 3", due_on="ไม่รู้", division="")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "ขยายท่อ ซอย 3" in answer.text
    assert 'id="problem-division"' in answer.text
    assert 'id="problem-due_on"' in answer.text
    assert state(desk, fid) == "verified"


def test_a_lost_race_shows_the_newest_and_what_was_typed(desk: Desk) -> None:
    fid = inspected(desk)
    page, boon, chai = f"/marks/{POINT}/{fid}", browsing(desk, "boon"), browsing(desk, "chai")
    csrf, seen = boon.csrf(page), boon.version(page)
    assert chai.send(page, f"{page}/steps/send_back", reason="ไม่เห็นท่อ").status_code == 303
    form = {"csrf": csrf, "version": seen, "reason": "ตรวจแล้วตรงกัน"}
    late = boon.post(f"{page}/steps/verify", form)
    assert late.status_code == 412
    assert "ตรวจแล้วตรงกัน" in late.text
    assert "รุ่นล่าสุด" in late.text
    # The step does not follow any more, which is told when the newest version is named.
    again = boon.send(page, f"{page}/steps/verify", reason="ตรวจแล้วตรงกัน")
    assert again.status_code == 409
    assert "ตรวจแล้วตรงกัน" in again.text


def test_who_may_not_verify_is_told_why_and_offered_no_form(desk: Desk) -> None:
    fid = inspected(desk)
    page = f"/marks/{POINT}/{fid}"
    own, other = browsing(desk, "anan").get(page).text, browsing(desk, "boon").get(page).text
    assert f'action="{page}/steps/verify"' not in own
    assert "ต้องให้คนอื่นทำ" in own
    assert f'action="{page}/steps/verify"' in other
    forced = browsing(desk, "anan").send(page, f"{page}/steps/verify")
    assert forced.status_code == 403
    assert "ต้องให้คนอื่นยืนยัน" in forced.text


def test_who_has_it_open_is_named_and_keeps_others_out_until_they_let_go(desk: Desk) -> None:
    fid = marked(desk)
    page, anan, boon = f"/marks/{POINT}/{fid}", browsing(desk, "anan"), browsing(desk, "boon")
    assert anan.send(page, f"{page}/open").status_code == 303
    assert "Made-up anan" in boon.get(page).text
    refused = boon.send(page, f"{page}/steps/inspect", matrix="2x2")
    assert refused.status_code == 423
    assert re.search(r'value="2x2" checked', refused.text)
    assert boon.send(page, f"{page}/open").status_code == 423
    assert anan.send(page, f"{page}/let-go").status_code == 303
    assert boon.send(page, f"{page}/steps/inspect", matrix="2x2").status_code == 303


def test_a_form_without_its_proof_changes_nothing(desk: Desk) -> None:
    fid = inspected(desk)
    page, boon, chai = f"/marks/{POINT}/{fid}", browsing(desk, "boon"), browsing(desk, "chai")
    for csrf in ("", "wrong", chai.csrf(page)):
        for act in ("steps/verify", "comments", "duty", "open"):
            form = {"csrf": csrf, "version": "2", "words": "x", "person": "boon"}
            assert boon.post(f"{page}/{act}", form).status_code == 403
    assert state(desk, fid) == "inspected"
    assert desk.rows("SELECT count(*) FROM mark_comment WHERE row_id = :f", f=fid)[0][0] == 0


def test_comments_are_for_the_members_of_the_area(desk: Desk) -> None:
    fid = verified(desk)
    page = f"/marks/{POINT}/{fid}"
    assert browsing(desk, "boon").send(page, f"{page}/comments", words="นัดช่างวันพุธ").status_code == 303
    assert "นัดช่างวันพุธ" in browsing(desk, "anan").get(page).text
    assert browsing(desk, "boon").send(page, f"{page}/comments", words="ก" * 2001).status_code == 400
    assert browsing(desk, "boon").send(page, f"{page}/comments").status_code == 400
    for who in (None, "collector", "neighbour"):
        for shown in (desk.ask(who, "GET", page, Accept="text/html"), desk.ask(who, "GET", page)):
            assert "นัดช่างวันพุธ" not in shown.text
            assert "Made-up" not in re.sub(r"<header.*?</header>", "", shown.text, flags=re.S)
        refused = desk.ask(who, "POST", f"{page}/comments", {"words": "x"}, Content_Type="application/json")
        assert refused.status_code in (401, 403, 404), who


def test_somebody_of_the_towns_staff_is_to_see_to_it(desk: Desk) -> None:
    fid = marked(desk)
    page, anan = f"/marks/{POINT}/{fid}", browsing(desk, "anan")
    shown = anan.get(page).text
    assert 'value="chai"' in shown
    for stranger in ("neighbour", "collector", "care"):
        assert f'value="{stranger}"' not in shown
        assert anan.send(page, f"{page}/duty", person=stranger).status_code == 400
    assert anan.send(page, f"{page}/duty", person="chai").status_code == 303
    assert anan.get(page, json=True).json()["duty"]["name"] == "Made-up chai"
    assert anan.send(page, f"{page}/duty", person="").status_code == 303
    assert anan.get(page, json=True).json()["duty"] is None
    kept = desk.rows("SELECT person, ended_at IS NULL AS holds FROM mark_duty WHERE row_id = :f", f=fid)
    assert [tuple(one) for one in kept] == [("chai", False)]


@pytest.mark.parametrize("layer", ["risk_point", "asset"])
def test_the_public_is_told_its_part_alone(desk: Desk, layer: str) -> None:
    fid = marked(desk, layer=layer)
    page = f"/marks/{layer}/{fid}"
    assert desk.ask(None, "GET", page, Accept="text/html").status_code == 404
    step(desk, "anan", fid, "inspect", layer=layer, **(SAW if layer == POINT else {}))
    step(desk, "boon", fid, "verify", layer=layer, reason="ลับภายใน")
    shown = desk.ask(None, "GET", page, Accept="text/html").text
    for hidden in ("ลับภายใน", "anan", "boon", "/steps/", "ความเห็นภายใน", "มอบหมาย"):
        assert hidden not in shown
    assert "ยืนยันแล้ว" in shown
    assert ("12</b> สูง" in shown) is (layer == POINT)


def test_script_in_every_field_is_shown_as_text(desk: Desk) -> None:
    desk.rows("UPDATE person SET name = :evil WHERE login = 'chai'", evil=EVIL)
    words = dict.fromkeys(("name_th", "cause", "description"), EVIL)
    fid = marked(desk, "chai", **words)
    step(desk, "chai", fid, "inspect", reason=EVIL, **SAW)
    step(desk, "boon", fid, "verify", reason=EVIL)
    step(desk, "boon", fid, "act", division="works", due_on="2026-09-30", plan_activity=EVIL, reason=EVIL)
    page = f"/marks/{POINT}/{fid}"
    anan = browsing(desk, "anan")
    anan.send(page, f"{page}/comments", words=EVIL)
    anan.send(page, f"{page}/duty", person="chai")
    browsing(desk, "chai").send(page, f"{page}/open")
    refused = anan.send(page, f"{page}/steps/reinspect", matrix=EVIL, reason=EVIL)
    public = desk.ask(None, "GET", page, Accept="text/html")
    for shown in (anan.get(page), refused, public, anan.get("/queue")):
        assert "<script>window" not in shown.text
        assert "<img src=x" not in shown.text
        assert "1337" not in told_on(shown.text)
        assert "&lt;script&gt;window" in shown.text
    desk.rows("UPDATE person SET name = 'Made-up chai' WHERE login = 'chai'")


def test_the_page_says_each_step_of_the_table_and_no_other(desk: Desk) -> None:
    made = {"reported": marked(desk), "inspected": inspected(desk), "verified": verified(desk)}
    for name, fid in made.items():
        shown = browsing(desk, "chai").get(f"/marks/{POINT}/{fid}").text
        offered = set(re.findall(rf'action="/marks/{POINT}/{fid}/steps/(\w+)"', shown))
        assert offered == {one.id for one in RISK.steps_from(name)}


def test_the_matrix_says_what_the_database_works_out(desk: Desk) -> None:
    fid = marked(desk)
    shown = browsing(desk, "boon").get(f"/marks/{POINT}/{fid}").text
    cells = re.findall(
        r'class="band-(\w+)"><label><input type="radio" name="matrix" value="(\d)x(\d)".*?>(\d+)</b>', shown
    )
    assert len(cells) == 25
    for band, likely, severe, score in cells:
        assert int(score) == int(likely) * int(severe)
        desk.rows("UPDATE risk_point SET likelihood = :l, severity = :s WHERE id = :f", l=likely, s=severe, f=fid)
        assert desk.rows("SELECT band FROM risk_point WHERE id = :f", f=fid)[0][0] == band


def test_versions_are_told_in_the_words_of_the_steps(desk: Desk) -> None:
    fid = verified(desk)
    page = f"/collections/{POINT}/items/{fid}/versions?f=html"
    shown = browsing(desk, "anan").get(page).text
    assert "step verify" not in shown
    assert "ลงพื้นที่ตรวจ" in shown


def test_another_towns_engineer_finds_neither_page_nor_form(desk: Desk) -> None:
    fid = inspected(desk)
    page = f"/marks/{POINT}/{fid}"
    stranger = browsing(desk, "neighbour")
    assert stranger.get(page).status_code == 404
    csrf = stranger.csrf("/auth/me")
    for act in ("steps/verify", "comments", "duty", "open"):
        refused = stranger.post(f"{page}/{act}", {"csrf": csrf, "version": "2", "words": "x", "person": ""})
        assert refused.status_code == 404, act
    assert state(desk, fid) == "inspected"
