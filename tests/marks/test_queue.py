"""The queue says what waits for whom, and nothing of anybody else's."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.intake.expiring import expire_overdue
from geo.store.db import session_of
from layers import LAYERS
from tests.makers import make_rows
from tests.marks.conftest import browsing, marked, state, step
from tests.writes.conftest import Desk

POINT = "risk_point"
SAW: dict[str, Any] = {"likelihood": 4, "severity": 3}


@pytest.fixture(autouse=True)
def _alone(desk: Desk) -> Iterator[None]:
    """Each test with the marks that it makes itself."""
    yield
    desk.rows("UPDATE risk_point SET status = 'closed'")
    desk.rows("UPDATE photo SET ended_at = now()")
    desk.rows("DELETE FROM housekeeping")


def queue(desk: Desk, who: str, **chosen: Any) -> dict[str, list[Any]]:
    """The marks that wait for somebody, by what can be done with them."""
    asked = "&".join(f"{name}={value}" for name, value in chosen.items())
    answer = desk.ask(who, "GET", f"/queue?{asked}" if asked else "/queue")
    assert answer.status_code == 200, answer.text
    return {one["id"]: [mark["id"] for mark in one["marks"]] for one in answer.json()["groups"] if one["count"]}


def test_each_mark_waits_for_what_follows_its_state(desk: Desk) -> None:
    reported, inspected, verified = (marked(desk) for _ in range(3))
    for fid in (inspected, verified):
        step(desk, "anan", fid, "inspect", **SAW)
    step(desk, "boon", verified, "verify")
    # The photograph of the verified one waits too: the public sees the mark and nobody has looked at it.
    photos = {"photos": [verified]}
    assert queue(desk, "chai") == {"inspect": [reported], "verify": [inspected], "act": [verified]} | photos
    # Their own word is not theirs to verify; they see that it waits for somebody else.
    assert queue(desk, "anan") == {"inspect": [reported], "others": [inspected], "act": [verified]} | photos
    step(desk, "boon", verified, "act", division="works", due_on="2026-09-30")
    assert queue(desk, "chai")["doing"] == [verified]
    step(desk, "boon", verified, "reinspect", likelihood=1, severity=1)
    assert queue(desk, "chai")["close"] == [verified]
    step(desk, "boon", verified, "close", reason="แก้แล้ว")
    desk.rows("UPDATE photo SET ended_at = now()")
    assert verified not in [fid for group in queue(desk, "chai").values() for fid in group]


def test_what_is_assigned_to_somebody_stands_first_and_the_longest_waiting_before_the_rest(desk: Desk) -> None:
    first = marked(desk)
    desk.rows("UPDATE life_step SET made_at = made_at - interval '3 days' WHERE row_id = :f", f=first)
    second, third = marked(desk), marked(desk)
    assert queue(desk, "boon") == {"inspect": [first, second, third]}
    body = {"person": "boon"}
    assert desk.ask("anan", "POST", f"/marks/{POINT}/{third}/duty", body, Content_Type="application/json").is_success
    assert list(queue(desk, "boon").items()) == [("mine", [third]), ("inspect", [first, second])]
    page = browsing(desk, "boon").get("/queue").text
    assert page.index("มอบหมายให้ท่าน") < page.index("รอลงพื้นที่ตรวจ")
    assert "3 วัน" in page


def test_a_draft_waits_for_its_author_alone(desk: Desk) -> None:
    mine = marked(desk, "anan", status="draft")
    theirs = marked(desk, "collector", status="draft")
    assert queue(desk, "anan") == {"drafts": [mine]}
    assert queue(desk, "boon") == {}
    assert queue(desk, "collector")["drafts"] == [theirs]


def test_a_collector_finds_their_own_and_nobody_elses(desk: Desk) -> None:
    own, other = marked(desk, "collector"), marked(desk, "anan")
    found = queue(desk, "collector")
    assert found["officers"] == [own]
    assert other not in [fid for group in found.values() for fid in group]
    step(desk, "anan", own, "inspect", **SAW)
    step(desk, "boon", own, "reject", reason="ไม่ใช่จุดเสี่ยง")
    assert own in queue(desk, "collector")["over"]


def test_a_collector_who_marked_nothing_finds_nothing(desk: Desk) -> None:
    marked(desk, "anan")
    desk.someone("visitor", "partner municipality 9098")
    assert queue(desk, "visitor") == {}


def test_a_committee_finds_its_communitys_and_no_others(desk: Desk) -> None:
    square = "SRID=4326;POLYGON((100.47 7.01,100.48 7.01,100.48 7.02,100.47 7.02,100.47 7.01))"
    community = desk.made("community", municipality="9098", geom=square, name_th="ริมคลอง")
    desk.someone("dao", f"community community {community}")
    here = marked(desk)
    away = desk.made(POINT, municipality="9098", status="reported", kind="ROAD")
    desk.rows("UPDATE risk_point SET community_id = NULL WHERE id = :f", f=away)
    assert queue(desk, "dao") == {"officers": [here]}
    assert queue(desk, "anan", community=community) == {"inspect": [here]}
    assert "ริมคลอง" in browsing(desk, "anan").get("/queue").text


def test_another_town_finds_nothing_of_it(desk: Desk) -> None:
    fid = marked(desk)
    assert queue(desk, "neighbour") == {}
    assert f"/marks/{POINT}/{fid}" not in browsing(desk, "neighbour").get("/queue").text


@pytest.mark.parametrize("who", ["care", "steward"])
def test_a_role_that_marks_nothing_is_told_so(desk: Desk, who: str) -> None:
    marked(desk)
    assert queue(desk, who) == {}
    assert desk.ask(who, "GET", "/queue", Accept="text/html").status_code == 200
    assert desk.ask(None, "GET", "/queue").status_code == 401


def test_it_is_narrowed_by_kind_and_layer(desk: Desk) -> None:
    flood, road = marked(desk), marked(desk, kind="ROAD")
    shelter = marked(desk, layer="asset")
    assert queue(desk, "boon", kind="ROAD")["inspect"] == [road]
    assert queue(desk, "boon", layer="asset")["inspect"] == [shelter]
    assert set(queue(desk, "boon", layer=POINT, kind="")["inspect"]) == {flood, road}
    assert desk.ask("boon", "GET", "/queue?layer=parcel").status_code == 404
    assert desk.ask("boon", "GET", "/queue?knd=ROAD").status_code == 400
    desk.rows("UPDATE asset SET status = 'closed'")


def test_what_is_to_be_looked_at_again_is_told_before_its_day_and_expires_after_it(desk: Desk) -> None:
    fid = marked(desk)
    step(desk, "anan", fid, "inspect", **SAW)
    step(desk, "boon", fid, "verify", reinspect_on="2026-03-20")
    assert queue(desk, "chai") == {"soon": [fid], "photos": [fid]}
    for day, became in ((20, "verified"), (21, "expired")):
        # A minute after midnight in Bangkok, which is the evening before in Greenwich.
        night = dt.datetime(2026, 3, day - 1, 17, 1, tzinfo=dt.UTC)
        with session_of(desk.engine) as session:
            assert expire_overdue(session, LAYERS, at=night) == (became == "expired")
        assert state(desk, fid) == became
        with session_of(desk.engine) as session:
            assert expire_overdue(session, LAYERS, at=night) == 0
    assert queue(desk, "chai")["overdue"] == [fid]
    history = desk.ask("chai", "GET", f"/marks/{POINT}/{fid}").json()["life"]["history"]
    assert (history[-1]["step"], history[-1]["by"]) == ("expire", "atlas")
    assert "เมื่อครบกำหนด" in browsing(desk, "chai").get(f"/marks/{POINT}/{fid}").text
    # The visit comes after the night, as the clock of the service has it.
    desk.rows("UPDATE life_step SET made_at = :at WHERE row_id = :fid AND step = 'expire'", at=desk.clock.at, fid=fid)
    assert step(desk, "chai", fid, "reinspect", **SAW).json()["state"] == "reinspected"


def test_photographs_wait_for_the_areas_staff_until_somebody_has_looked_at_them(desk: Desk) -> None:
    fid = marked(desk)
    step(desk, "anan", fid, "inspect", **SAW)
    step(desk, "boon", fid, "verify")
    assert queue(desk, "chai")["photos"] == [fid]
    assert "photos" not in queue(desk, desk.someone("elsewhere", "staff municipality 9001"))
    assert "photos" not in queue(desk, "collector")
    place = f"/collections/{POINT}/items/{fid}/photos"
    assert f'href="{place}?f=html"' in browsing(desk, "chai").get("/queue").text
    for photo in desk.ask("chai", "GET", place).json()["photos"]:
        ticks = {"no_faces": True, "no_plates": True}
        done = desk.ask("chai", "POST", f"/photos/{photo['id']}/clear", ticks, Content_Type="application/json")
        assert done.is_success, done.text
    assert "photos" not in queue(desk, "chai")


def test_of_several_services_one_lets_marks_expire(desk: Desk) -> None:
    desk.made(POINT, municipality="9098", status="verified", reinspect_on=dt.date(2026, 1, 1))
    with Session(desk.engine) as one, one.begin(), Session(desk.engine) as other, other.begin():
        assert expire_overdue(one, LAYERS, at=desk.clock.at) >= 1
        assert expire_overdue(other, LAYERS, at=desk.clock.at) == 0


def test_ten_thousand_marks_are_sorted_in_a_moment(desk: Desk) -> None:
    with Session(desk.engine) as session, session.begin():
        states = ["reported", "inspected", "verified", "in_action", "reinspected"] * 2000
        ids = make_rows(session, POINT, count=10_000, status=states, likelihood=4, severity=3, step=0.0000001)
        session.execute(text(
            "INSERT INTO life_step (layer, row_id, version, step, became, made_at, made_by) "
            "SELECT 'risk_point', unnest(CAST(:ids AS bigint[])), 1, 'report', 'reported', now(), 'anan'"
        ), {"ids": ids})  # fmt: skip
    desk.rows("ANALYZE risk_point")
    desk.rows("ANALYZE life_step")
    took = []
    for _ in range(3):
        began = time.perf_counter()
        assert len(queue(desk, "boon")["inspect"]) == 50
        took.append(time.perf_counter() - began)
    assert min(took) < 3, took
    desk.rows("DELETE FROM life_step WHERE row_id = ANY(:ids)", ids=ids)
    desk.rows("DELETE FROM risk_point WHERE id = ANY(:ids)", ids=ids)
