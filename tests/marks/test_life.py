"""A mark goes from report to verification and on, each step by whom the table says, and no other way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from geo.layer import Audience
from geo.life import LIVES, POTENTIAL, RISK, Life
from layers import LAYERS
from tests.marks.conftest import marked, photographed, state, step
from tests.writes.conftest import Desk, feature, told

POINT = "risk_point"


SAW: dict[str, Any] = {"likelihood": 4, "severity": 3}


@pytest.mark.parametrize("life", LIVES.values(), ids=str)
def test_the_table_is_whole(life: Life) -> None:
    """Every state can be reached, every step leads somewhere, and the map shows what a second person verified."""
    codes = {one.code for one in life.states}
    status = LAYERS["risk_point"].fields["status"].codes
    assert status is not None
    assert codes == set(status.by_code)
    reached = {"draft"}
    while more := {one.to for one in life.steps if set(one.of) & reached} - reached:
        reached |= more
    assert reached == codes
    for one in life.steps:
        assert set(one.of) | {one.to} <= codes
        assert one.by_itself or one.by
    # Nothing that the public sees is reached but through a verification by another.
    hidden = {"draft"}
    while more := {one.to for one in life.steps if set(one.of) & hidden and one.id != "verify"} - hidden:
        hidden |= more
    assert not hidden & set(life.public)


def test_a_potential_is_neither_likely_nor_severe() -> None:
    said = {name for step in POTENTIAL.steps for name in (*step.needs, *step.may_say)}
    assert not {"likelihood", "severity"} & said
    assert {one.id for one in POTENTIAL.steps} == {one.id for one in RISK.steps}


def test_a_risk_is_marked_inspected_verified_acted_on_and_closed(desk: Desk) -> None:
    fid = marked(desk)
    assert state(desk, fid) == "reported"
    path = f"/collections/{POINT}/items/{fid}"
    assert step(desk, "anan", fid, "inspect", **SAW).json()["state"] == "inspected"
    assert desk.ask(None, "GET", path).status_code == 404
    assert step(desk, "boon", fid, "verify").json()["state"] == "verified"
    shown = desk.ask(None, "GET", path)
    assert shown.status_code == 200
    assert shown.json()["properties"]["band"] == "high"
    assert shown.json()["properties"]["inspected_on"] == "2026-03-02"
    assert shown.json()["properties"]["reinspect_on"] == "2027-03-02"
    act = step(desk, "boon", fid, "act", division="works", due_on="30/9/2569", budget_baht="๑๒๐,๐๐๐")
    assert act.json()["state"] == "in_action", act.text
    assert step(desk, "chai", fid, "reinspect", likelihood=1, severity=2).json()["state"] == "reinspected"
    assert step(desk, "chai", fid, "close", reason="ขยายท่อแล้ว").json()["state"] == "closed"
    told = desk.ask(None, "GET", path).json()["properties"]
    assert (told["due_on"], told["budget_baht"], told["band"], told["status"]) == (
        "2026-09-30",
        120000,
        "low",
        "closed",
    )


def test_nobody_verifies_what_they_marked_or_inspected(desk: Desk) -> None:
    fid = marked(desk, "anan")
    step(desk, "boon", fid, "inspect", **SAW)
    for who in ("anan", "boon"):
        refused = step(desk, who, fid, "verify")
        assert refused.status_code == 403
        assert "another person" in refused.json()["detail_en"]
    assert step(desk, "chai", fid, "verify").status_code == 200


def test_whoever_changed_it_does_not_verify_it_either(desk: Desk) -> None:
    fid = marked(desk, "anan")
    step(desk, "anan", fid, "inspect", **SAW)
    changed = desk.ask("boon", "PATCH", f"/collections/{POINT}/items/{fid}", {"severity": 5}, If_Match='"2"')
    assert changed.status_code == 200, changed.text
    assert step(desk, "boon", fid, "verify").status_code == 403
    # To send back or to take another step makes nobody one of those whose word it is.
    assert step(desk, "chai", fid, "send_back", reason="ไม่เห็นท่อในภาพ").status_code == 200
    assert step(desk, "anan", fid, "inspect", **SAW).status_code == 200
    assert step(desk, "chai", fid, "verify").status_code == 200


def test_of_two_who_verify_at_once_one_wins(desk: Desk) -> None:
    for _ in range(5):
        fid = marked(desk, "anan")
        step(desk, "anan", fid, "inspect", **SAW)
        verifying = partial(step, desk, fid=fid, name="verify", version=2)
        with ThreadPoolExecutor(2) as two:
            found = [answer.status_code for answer in two.map(lambda who, go=verifying: go(who=who), ("boon", "chai"))]
        assert sorted(found) == [200, 412]
        rows = desk.rows("SELECT made_by FROM life_step WHERE row_id = :fid AND step = 'verify'", fid=fid)
        assert len(rows) == 1


@pytest.mark.parametrize("who", ["neighbour", "collector", "care", "steward", None])
def test_a_step_is_taken_by_the_towns_officers_alone(desk: Desk, who: str | None) -> None:
    fid = marked(desk)
    refused = step(desk, who, fid, "inspect", **SAW)
    assert refused.status_code == {None: 401, "neighbour": 404, "collector": 404}.get(who, 403), refused.text
    assert state(desk, fid) == "reported"


def test_a_step_out_of_turn_says_which_can_be_taken(desk: Desk) -> None:
    fid = marked(desk)
    refused = step(desk, "boon", fid, "close", reason="x")
    assert refused.status_code == 409
    assert "inspect" in refused.json()["detail_en"]
    assert step(desk, "boon", fid, "expire").status_code == 409
    assert step(desk, "boon", fid, "nonsense").status_code == 409


def test_all_that_is_missing_is_told_at_once(desk: Desk) -> None:
    fid = marked(desk)
    assert told(step(desk, "boon", fid, "inspect")) >= {("required", "likelihood"), ("required", "severity")}
    assert ("required", "reason") in told(step(desk, "boon", fid, "reject"))
    assert told(step(desk, "boon", fid, "inspect", likelihood=9, severity=3)) == {("unknown-code", "likelihood")}
    assert ("unknown-property", "name_th") in told(step(desk, "boon", fid, "inspect", name_th="x", **SAW))


def test_a_duplicate_names_a_mark_that_is_there(desk: Desk) -> None:
    first, second = marked(desk), marked(desk)
    for wrong in (second, 10**9, "x"):
        refused = step(desk, "boon", second, "duplicate", reason="จุดเดียวกัน", original=wrong)
        assert ("required", "original") in told(refused)
    assert step(desk, "boon", second, "duplicate", reason="จุดเดียวกัน", original=first).status_code == 200
    history = desk.ask("boon", "GET", f"/marks/{POINT}/{second}").json()["life"]["history"]
    assert history[-1]["detail"] == {"original": first}


def test_a_program_begins_a_mark_and_does_not_verify_it(desk: Desk) -> None:
    items = f"/collections/{POINT}/items"
    refused = desk.ask("anan", "POST", items, feature(kind="ROAD", status="verified"))
    assert told(refused) == {("begins", "status")}
    fid = desk.ask("anan", "POST", items, feature(kind="ROAD")).json()["id"]
    assert state(desk, fid) == "reported"
    for patch in ({"status": "verified"}, {"status": None}):
        assert told(desk.ask("boon", "PATCH", f"{items}/{fid}", patch, If_Match='"1"')) == {("step", "status")}
    same = feature(kind="ROAD", status="reported", cause="ทางโค้ง")
    assert desk.ask("anan", "PUT", f"{items}/{fid}", same, If_Match='"1"').status_code == 200
    left_out = desk.ask("anan", "PUT", f"{items}/{fid}", feature(kind="ROAD"), If_Match='"2"')
    assert left_out.status_code == 200
    assert state(desk, fid) == "reported"


def test_what_is_verified_is_reopened_before_it_is_changed(desk: Desk) -> None:
    fid = marked(desk, "anan")
    step(desk, "anan", fid, "inspect", **SAW)
    step(desk, "boon", fid, "verify")
    item = f"/collections/{POINT}/items/{fid}"
    for patch in ({"severity": 1}, {"kind": "ROAD"}, {"geometry": {"type": "Point", "coordinates": [100.474, 7.0161]}}):
        (problem,) = told(desk.ask("chai", "PATCH", item, patch, If_Match='"3"'))
        assert problem[0] == "verified"
    assert desk.ask("chai", "PATCH", item, {"cause": "ท่อเล็ก"}, If_Match='"3"').status_code == 200
    back = desk.ask("chai", "POST", f"{item}/restore", {"version": 1, "reason": "x"}, Content_Type="application/json")
    assert back.status_code == 400
    assert step(desk, "chai", fid, "revise", reason="น้ำลดแล้ว").json()["state"] == "reported"
    assert desk.ask(None, "GET", item).status_code == 404
    assert desk.ask("chai", "PATCH", item, {"severity": 1}, If_Match='"5"').status_code == 200


def test_what_ended_comes_back_to_be_verified_anew(desk: Desk) -> None:
    fid = marked(desk, "anan")
    step(desk, "anan", fid, "inspect", **SAW)
    step(desk, "boon", fid, "verify")
    item = f"/collections/{POINT}/items/{fid}"
    assert desk.ask("anan", "DELETE", item, If_Match='"3"').status_code == 204
    restored = desk.ask(
        "anan", "POST", f"{item}/restore", {"version": 1, "reason": "x"}, Content_Type="application/json"
    )
    assert restored.status_code == 200, restored.text
    assert state(desk, fid) == "reported"


def test_a_collector_adds_sees_their_own_and_nobody_elses(desk: Desk) -> None:
    mine = marked(desk, "collector", description="น้ำเข้าบ้านทุกปี")
    other = marked(desk, "anan")
    found = desk.ask("collector", "GET", f"/marks/{POINT}/{mine}").json()
    assert found["feature"]["properties"]["description"] == "น้ำเข้าบ้านทุกปี"
    assert found["comments"] == []
    assert desk.ask("collector", "GET", f"/marks/{POINT}/{other}").status_code == 404
    patched = desk.ask("collector", "PATCH", f"/marks/{POINT}/{mine}", {"cause": "ท่อตัน"}, If_Match='"1"')
    assert patched.status_code == 200, patched.text
    step(desk, "boon", mine, "inspect", **SAW)
    late = desk.ask("collector", "PATCH", f"/marks/{POINT}/{mine}", {"cause": "x"}, If_Match='"3"')
    assert late.status_code == 403


def test_a_collector_of_another_place_is_refused(desk: Desk) -> None:
    there = feature(100.60, 7.20, kind="ROAD")
    for door in (f"/marks/{POINT}", f"/collections/{POINT}/items"):
        assert desk.ask("neighbour", "POST", door, feature(kind="ROAD")).status_code == 403
    assert desk.ask("collector", "POST", f"/marks/{POINT}", there).status_code == 403
    assert desk.ask("neighbour", "POST", f"/marks/{POINT}", there).status_code == 201


def test_who_has_it_open_keeps_others_out_for_half_an_hour(desk: Desk) -> None:
    fid = marked(desk)
    path = f"/marks/{POINT}/{fid}"
    assert desk.ask("anan", "POST", f"{path}/open").status_code == 200
    assert desk.ask("anan", "POST", f"{path}/open").status_code == 200
    for method, to, body in (("POST", f"{path}/open", None), ("PATCH", path, {"cause": "x"})):
        refused = desk.ask("boon", method, to, body, If_Match='"1"')
        assert refused.status_code == 423
        assert "anan" in refused.json()["detail_en"]
    assert step(desk, "boon", fid, "inspect", **SAW).status_code == 423
    assert desk.ask("boon", "GET", path).json()["open"]["is_me"] is False
    desk.rows("UPDATE mark_lock SET ends_at = ends_at - interval '30 minutes'")
    assert step(desk, "boon", fid, "inspect", **SAW).status_code == 200


def test_a_potential_lives_the_same_life_without_severity(desk: Desk) -> None:
    fid = marked(desk, layer="asset")
    item = f"/collections/asset/items/{fid}"
    assert desk.ask(None, "GET", item).status_code == 404
    assert step(desk, "anan", fid, "inspect", layer="asset").status_code == 200
    assert step(desk, "boon", fid, "verify", layer="asset").status_code == 200
    assert desk.ask(None, "GET", item).status_code == 200


def test_a_shape_is_looked_at_while_it_is_drawn(desk: Desk) -> None:
    def check(who: str, *corners: tuple[float, float]) -> Any:
        shape = {"type": "Polygon", "coordinates": [[list(one) for one in (*corners, corners[0])]]}
        body = {"type": "Feature", "geometry": shape, "properties": {}}
        return desk.ask(who, "POST", "/marks/risk_zone/check", body).json()

    x, y = 100.47, 7.01
    sound = check("anan", (x, y), (x + 0.001, y), (x + 0.001, y + 0.001), (x, y + 0.001))
    assert sound["ok"], sound
    assert 12_000 < sound["square_metres"] < 12_400
    assert sound["municipality"] == "9098"
    bow = check("anan", (x, y), (x + 0.001, y + 0.001), (x + 0.001, y), (x, y + 0.001))
    assert {"self-crossing"} <= {one["code"] for one in bow["problems"]}
    large = check("anan", (x, y), (x + 0.1, y), (x + 0.1, y + 0.1), (x, y + 0.1))
    assert {"too-large"} <= {one["code"] for one in large["problems"]}
    away = check("neighbour", (x, y), (x + 0.001, y), (x + 0.001, y + 0.001), (x, y + 0.001))
    assert {"outside-area"} <= {one["code"] for one in away["problems"]}
    assert desk.rows("SELECT count(*) FROM risk_zone")[0][0] == 0


def test_the_form_says_what_the_table_says(desk: Desk) -> None:
    found = desk.ask("collector", "GET", "/marks/forms").json()
    assert found["may_mark"] is True
    (point,) = (one for one in found["layers"] if one["id"] == POINT)
    assert [one["id"] for one in point["life"]["steps"]] == [one.id for one in RISK.steps]
    assert "contact" not in {one["name"] for layer in found["layers"] for one in layer["fields"]}
    assert Audience.STAFF in point["life"]["steps"][1]["by"]
    assert desk.ask(None, "GET", "/marks/forms").json()["may_mark"] is False


def test_a_persons_file_brings_marks_as_reported(desk: Desk) -> None:
    def load(status: str, code: str) -> Any:
        csv = f"risk_code,kind,status,lon,lat\n{code},ROAD,{status},100.471,7.011\n".encode()
        return desk.client.post("/imports", headers=desk.people["anan"], files={"file": ("a.csv", csv)},
                                data={"layer": POINT, "municipality": "9098"})  # fmt: skip

    refused = load("verified", "F-1")
    assert refused.status_code == 400
    assert "reported" in refused.json()["detail_en"]
    assert load("reported", "F-1").status_code == 201
    ((fid,),) = desk.rows("SELECT id FROM risk_point WHERE risk_code = 'F-1'")
    step(desk, "anan", fid, "inspect", **SAW)
    step(desk, "boon", fid, "verify")
    load("verified", "F-1")
    assert desk.rows("SELECT status, version FROM risk_point WHERE id = :fid", fid=fid) == [("verified", 3)]


def test_an_inspection_brings_a_photo_of_its_own(desk: Desk) -> None:
    fid = marked(desk)
    bare = desk.ask("boon", "POST", f"/marks/{POINT}/{fid}/steps/inspect", SAW, Content_Type="application/json",
                    If_Match='"1"')  # fmt: skip
    assert told(bare) == {("required", "photo")}
    assert photographed(desk, "boon", fid).status_code == 201
    assert step(desk, "anan", fid, "inspect", **SAW).status_code == 200
    step(desk, "chai", fid, "verify")
    desk.rows("UPDATE photo SET made_at = made_at - interval '1 day'")
    late = desk.ask("boon", "POST", f"/marks/{POINT}/{fid}/steps/reinspect", SAW, Content_Type="application/json",
                    If_Match='"3"')  # fmt: skip
    assert told(late) == {("required", "photo")}


def test_a_collector_photographs_what_they_marked_and_nothing_else(desk: Desk) -> None:
    mine, other = marked(desk, "collector"), marked(desk, "anan")
    assert photographed(desk, "collector", mine).status_code == 201
    assert photographed(desk, "collector", other).status_code == 404
    assert photographed(desk, "neighbour", mine).status_code == 404
    assert desk.client.get(f"/collections/{POINT}/items/{mine}/photos").status_code == 404


def test_a_collector_sees_what_they_sent_and_not_what_an_officer_did(desk: Desk) -> None:
    mine = marked(desk, "collector")
    path = f"/collections/{POINT}/items/{mine}/photos"
    (sent,) = photographed(desk, "collector", mine).json()
    (officers,) = photographed(desk, "anan", mine).json()
    assert sent["sha256"] != officers["sha256"]
    listed = desk.ask("collector", "GET", path).json()
    assert [(one["id"], one["state"], one["made_by"]) for one in listed["photos"]] == [
        (sent["id"], "waiting", "collector")
    ]
    assert listed["may_add"]
    page = desk.ask("collector", "GET", f"/marks/{POINT}/{mine}", Accept="text/html").text
    assert sent["sha256"] in page
    assert officers["sha256"] not in page
    assert desk.ask("collector", "GET", sent["url"]).status_code == 200
    assert desk.ask("collector", "GET", officers["url"]).status_code == 404
    for who in ("neighbour", "othercollector"):
        if who == "othercollector":
            desk.someone(who, "partner municipality 9098")
        assert desk.ask(who, "GET", sent["url"]).status_code == 404
        assert desk.ask(who, "GET", path).status_code == 404

    # An officer's is not theirs to take off; their own is, and then it is shown to nobody.
    def ended(number: int) -> int:
        body = {"reason": "ภาพไม่ชัด"}
        answer = desk.ask("collector", "POST", f"/photos/{number}/end", body, Content_Type="application/json")
        return int(answer.status_code)

    assert ended(officers["id"]) == 404
    assert ended(sent["id"]) == 200
    assert desk.ask("collector", "GET", sent["url"]).status_code == 404


def test_what_is_drawn_wrong_is_refused_by_the_server_too(desk: Desk) -> None:
    x, y = 100.47, 7.01

    def sent(*corners: tuple[float, float]) -> Any:
        shape = {"type": "Polygon", "coordinates": [[list(one) for one in (*corners, corners[0])]]}
        body = {"type": "Feature", "geometry": shape, "properties": {"kind": "FLD-SURF"}}
        return desk.ask("anan", "POST", "/marks/risk_zone", body)

    bow = sent((x, y), (x + 0.001, y + 0.001), (x + 0.001, y), (x, y + 0.001))
    assert ("self-crossing", "geometry") in told(bow)
    large = sent((x, y), (x + 0.1, y), (x + 0.1, y + 0.05), (x, y + 0.05))
    assert told(large) == {("too-large", "geometry")}
    fid = sent((x, y), (x + 0.001, y), (x + 0.001, y + 0.001)).json()["id"]
    wide = {"type": "Polygon", "coordinates": [[[x, y], [x + 0.1, y], [x + 0.1, y + 0.05], [x, y]]]}
    patched = desk.ask("anan", "PATCH", f"/marks/risk_zone/{fid}", {"geometry": wide}, If_Match='"1"')
    assert told(patched) == {("too-large", "geometry")}
    desk.rows("DELETE FROM risk_zone")


def test_a_collector_does_not_read_what_an_officer_wrote_into_their_mark(desk: Desk) -> None:
    fid = marked(desk, "collector", description="น้ำเข้าบ้าน")
    path = f"/marks/{POINT}/{fid}"
    assert desk.ask("collector", "GET", path).json()["feature"]["properties"]["description"] == "น้ำเข้าบ้าน"
    noted = desk.ask("anan", "PATCH", path, {"description": "an-officers-note"}, If_Match='"1"')
    assert noted.status_code == 200
    found = desk.ask("collector", "GET", path)
    assert found.status_code == 200
    assert "an-officers-note" not in found.text
    assert "description" not in found.json()["feature"]["properties"]
    assert "an-officers-note" not in desk.ask("collector", "GET", path, Accept="text/html").text


def test_who_has_a_mark_open_is_told_to_those_alone_who_may_see_it(desk: Desk) -> None:
    fid = marked(desk, "anan")
    assert desk.ask("anan", "POST", f"/marks/{POINT}/{fid}/open").status_code == 200
    for who in ("neighbour", "collector"):
        for method, path in (("POST", "/open"), ("PATCH", ""), ("POST", "/steps/inspect"), ("POST", "/comments")):
            body = {"words": "x"} if path == "/comments" else SAW
            refused = desk.ask(who, method, f"/marks/{POINT}/{fid}{path}", body, If_Match='"1"',
                               Content_Type="application/json")  # fmt: skip
            never = desk.ask(who, method, f"/marks/{POINT}/99999{path}", body, If_Match='"1"',
                             Content_Type="application/json")  # fmt: skip
            assert (refused.status_code, never.status_code) == (404, 404), (who, path, refused.text)
            assert "anan" not in refused.text


def test_the_day_of_the_next_visit_is_said_by_a_visit(desk: Desk) -> None:
    fid = marked(desk, "anan")
    step(desk, "anan", fid, "inspect", **SAW)
    step(desk, "boon", fid, "verify")
    later = desk.ask(
        "anan", "PATCH", f"/collections/{POINT}/items/{fid}", {"reinspect_on": "2099-01-01"}, If_Match='"3"'
    )
    assert told(later) == {("verified", "reinspect_on")}
