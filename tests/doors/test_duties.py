"""The registers and one person's data over HTTP: who may, what the clocks say, and that nothing of it strays."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from geo.intake.load import LoadOptions, load_file
from geo.layer import Audience
from geo.store.credentials import account_of, make_api_token
from geo.store.db import session_of
from geo.store.people import person_by_login
from geo.store.people_tables import Person
from layers import LAYERS
from tests.doors.conftest import Served
from tests.duties.conftest import everything_in
from tests.makers import make_rows, rewrite
from tests.people.made import give, make_person
from tests.people.visiting import HTML, bearer, csrf_on, sign_in, token_for

JSON = {"Accept": "application/json"}


@pytest.fixture
def kanya(served: Served, engine: Engine) -> Any:
    """The steward of 9098, signed in."""
    make_person(engine, "kanya", "steward municipality 9098")
    browser = served.browser()
    sign_in(browser, "kanya")
    return browser


def posted(browser: Any, path: str, *, page: str = "/requests", **form: str) -> Any:
    return browser.post(path, data={"csrf": csrf_on(browser, page), **form}, headers=JSON)


def asked(browser: Any, kind: str = "erasure", **more: str) -> int:
    form = {"municipality": "9098", "kind": kind, "subject": "secret-who", "reached_by": "secret-how", "asked": "ขอลบ"}
    answer = posted(browser, "/requests", **form | more)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def as_audience(served: Served, engine: Engine, login: str, audience: str, town: str = "9098") -> dict[str, str]:
    make_person(engine, login, f"{audience} municipality {town}")
    words = {"scope": audience, "purpose": "ตอบคำขอของเจ้าของข้อมูล"}
    return bearer(token_for(served.browser(), login, **words).json()["access_token"])


def household(engine: Engine, **words: Any) -> int:
    with session_of(engine) as session:
        fid = make_rows(session, "household", count=6, step=0.0001, **words)[0]
        rewrite(session, "household", [fid], dt.datetime(2026, 2, 1, tzinfo=dt.UTC), head_name="secret-second-head")
    return fid


@pytest.mark.parametrize("path", ["/requests", "/incidents", "/requests/1", "/incidents/1"])
def test_the_registers_are_for_stewards_alone(path: str, served: Served, engine: Engine) -> None:
    assert served.browser().get(path, headers=JSON).status_code == 401
    for audience in ("staff", "care", "tax", "partner"):
        headers = as_audience(served, engine, f"somebody-{audience}", audience)
        assert served.browser().get(path, headers=headers | JSON).status_code == 403


def test_a_request_has_thirty_days_and_then_it_is_late(kanya: Any, served: Served) -> None:
    number = asked(kanya, "access", received_on="1/3/2569")
    told = kanya.get(f"/requests/{number}", headers=JSON).json()
    assert (told["received_on"], told["due_on"], told["days_left"]) == ("2026-03-01", "2026-03-31", 29)
    page = kanya.get("/requests", headers=HTML).text
    assert "29" in page
    assert "secret-who" in page
    served.clock.passes(days=29, hours=13)  # 23:00 of the 31st in Bangkok
    sign_in(kanya, "kanya")
    assert kanya.get(f"/requests/{number}", headers=JSON).json()["overdue"] is False
    served.clock.passes(hours=2)
    assert kanya.get(f"/requests/{number}", headers=JSON).json()["overdue"] is True
    assert "เกินกำหนด" in kanya.get("/requests", headers=HTML).text
    assert posted(kanya, f"/requests/{number}/close", outcome="refused").status_code == 400
    assert posted(kanya, f"/requests/{number}/close", outcome="refused", reason="ม.30 วรรคสอง").status_code == 200
    assert posted(kanya, f"/requests/{number}/close", outcome="done").status_code == 400
    told = kanya.get("/processing", headers=JSON).json()["steward"]
    assert told["refused_requests"] == {"9098": 1}


def test_an_incident_has_seventy_two_hours(kanya: Any, served: Served) -> None:
    form = {"municipality": "9098", "what": "secret-what", "data": "secret-data", "people": "40", "is_high_risk": "1",
            "known_on": "1/3/2569", "known_time": "10:00"}  # fmt: skip
    number = posted(kanya, "/incidents", page="/incidents", **form).json()["id"]
    path = f"/incidents/{number}"
    told = kanya.get(path, headers=JSON).json()
    assert (told["known_at"], told["due_at"]) == ("2026-03-01T10:00+07:00", "2026-03-04T10:00+07:00")
    assert (told["hours_left"], told["overdue"]) == (48, False)
    served.clock.passes(hours=48, minutes=1)
    sign_in(kanya, "kanya")
    assert kanya.get(path, headers=JSON).json()["overdue"] is True
    # Nobody has been told, and nobody says why: it cannot be closed.
    assert posted(kanya, f"{path}/close", page="/incidents").status_code == 400
    assert posted(kanya, f"{path}/office-told", page="/incidents").status_code == 200
    assert kanya.get(path, headers=JSON).json()["overdue"] is False
    assert posted(kanya, f"{path}/close", page="/incidents").status_code == 400
    assert posted(kanya, f"{path}/people-told", page="/incidents").status_code == 200
    assert posted(kanya, f"{path}/notes", page="/incidents", what="เปลี่ยนรหัสผ่านทุกคน").status_code == 201
    assert posted(kanya, f"{path}/close", page="/incidents").status_code == 200
    told = kanya.get(path, headers=JSON).json()
    assert [one["by"] for one in told["notes"]] == ["kanya"] * 3
    page = kanya.get(path, headers=HTML)
    assert (page.status_code, "เปลี่ยนรหัสผ่านทุกคน" in page.text) == (200, True)


@pytest.mark.parametrize(("field", "value"), [
    ("municipality", "9099"), ("kind", "curiosity"), ("received_on", "1/3/2570"), ("received_on", "soon"),
    ("subject", ""), ("asked", "x" * 4001)])  # fmt: skip
def test_a_request_that_makes_no_sense_is_not_kept(kanya: Any, engine: Engine, field: str, value: str) -> None:
    form = {"municipality": "9098", "kind": "access", "subject": "somebody", "asked": "something", field: value}
    answer = posted(kanya, "/requests", **form)
    assert answer.status_code == (404 if field == "municipality" else 400)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM subject_request")) == 0


@pytest.mark.parametrize("more", [{"known_on": "1/1/2570"}, {"known_time": "10:00"}, {"known_on": "1/3/2569",
                                  "known_time": "25:00"}, {"people": "many"}, {"people": "-1"}])  # fmt: skip
def test_an_incident_that_makes_no_sense_is_not_kept(kanya: Any, more: dict[str, str]) -> None:
    form = {"municipality": "9098", "what": "x", "data": "y"} | more
    assert posted(kanya, "/incidents", page="/incidents", **form).status_code == 400
    assert kanya.get("/incidents", headers=JSON).json() == {"incidents": []}


def test_entries_of_another_town_are_not_there(kanya: Any, served: Served, engine: Engine) -> None:
    number = asked(kanya)
    incident = posted(kanya, "/incidents", page="/incidents", municipality="9098", what="x", data="y").json()["id"]
    make_person(engine, "arun", "steward municipality 9099")
    theirs = served.browser()
    sign_in(theirs, "arun")
    for register, entry in (("requests", number), ("incidents", incident)):
        assert theirs.get(f"/{register}", headers=JSON).json() == {register: []}
        told = theirs.get(f"/{register}/{entry}", headers=JSON)
        never = theirs.get(f"/{register}/999", headers=JSON)
        assert (told.status_code, never.status_code) == (404, 404)
        assert told.json()["detail"].replace(str(entry), "…") == never.json()["detail"].replace("999", "…")
        for act in ("notes", "close", "office-told", "people-told"):
            if register == "incidents" or act in ("notes", "close"):
                answer = posted(theirs, f"/{register}/{entry}/{act}", page=f"/{register}", what="x", outcome="done")
                assert answer.status_code == 404


def test_a_forged_form_changes_nothing(kanya: Any, engine: Engine) -> None:
    number = asked(kanya)
    for path, form in (
        ("/requests", {"municipality": "9098", "kind": "access", "subject": "x", "asked": "y"}),
        (f"/requests/{number}/close", {"outcome": "done"}), (f"/requests/{number}/notes", {"what": "x"}),
        ("/incidents", {"municipality": "9098", "what": "x", "data": "y"}),
        ("/processing/controller", dict.fromkeys(("municipality", "name", "address", "officer", "reached_by"), "9098")),
        ("/processing/consent-texts", {"municipality": "9098", "code": "survey", "words": "x"}),
    ):  # fmt: skip
        assert kanya.post(path, data=form, headers=JSON).status_code == 403, path
        assert kanya.post(path, data=form | {"csrf": "made-up"}, headers=JSON).status_code == 403, path
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM subject_request WHERE closed_at IS NULL")) == 1
        assert connection.scalar(text("SELECT count(*) FROM controller")) == 0


def test_everybody_reads_the_register_of_processing_and_only_stewards_its_columns(kanya: Any, served: Served) -> None:
    words = {"name": "เทศบาลนครสมมติ", "address": "ถนนสมมติ", "officer": "เจ้าหน้าที่คุ้มครองข้อมูล", "reached_by": "074-000000"}
    page = "/processing"
    assert posted(kanya, "/processing/controller", page=page, municipality="9098", **words).status_code == 200
    assert posted(kanya, "/processing/controller", page=page, municipality="9099", **words).status_code == 404
    for version in (1, 2):
        kept = posted(kanya, "/processing/consent-texts", page=page, municipality="9098", code="survey", words="ยินยอม")
        assert kept.json()["version"] == version
    anyone = served.browser().get("/processing", headers=JSON).json()
    assert anyone["controllers"] == [{"municipality": "9098", **words}]
    told = {one["layer"]: one for one in anyone["processing"]}
    assert told["household"]["lawful_basis"] == "public-task"
    assert told["household"]["sensitive_basis"] == "explicit-consent"
    assert [one["version"] for one in anyone["consent_texts"]] == [2, 1]
    assert "steward" not in anyone
    mine = kanya.get("/processing", headers=JSON).json()["steward"]
    assert {"name", "label", "nature", "audience"} == set(mine["columns"]["household"][0])
    for browser, sees in ((served.browser(), False), (kanya, True)):
        shown = browser.get("/processing", headers=HTML)
        assert shown.status_code == 200
        assert ("หัวหน้าครัวเรือน" in shown.text) is sees
        assert "เทศบาลนครสมมติ" in shown.text


def test_one_person_gets_all_that_is_held_of_them(served: Served, engine: Engine) -> None:
    fid = household(engine)
    path = f"/collections/household/items/{fid}/dossier"
    browser = served.browser()
    headers = as_audience(served, engine, "malee", "care")
    told = browser.get(path, headers=headers | JSON)
    assert told.status_code == 200
    assert told.headers["cache-control"] == "private, no-store"
    assert "attachment" in told.headers["content-disposition"]
    document = told.json()
    assert [one["properties"]["head_name"] for one in document["versions"]] == [
        "secret-second-head", "secret-household-head_name"]  # fmt: skip
    assert document["geometry"]["type"] == "Point"
    assert document["columns"]["head_name"] == {"th": "หัวหน้าครัวเรือน", "en": "Head of household"}
    page = browser.get(path, headers=headers | HTML)
    assert "secret-second-head" in page.text
    again = browser.get(path, headers=headers | JSON).json()
    # Who read it is told by audience and purpose; which officer it was is not the person's business.
    assert {(one["audience"], one["purpose"]) for one in again["readings"]} == {("care", "ตอบคำขอของเจ้าของข้อมูล")}
    assert "malee" not in str(again["readings"])


@pytest.mark.parametrize(("audience", "town", "status"), [
    ("staff", "9098", 403), ("tax", "9098", 403), ("steward", "9098", 403), ("partner", "9098", 404),
    ("care", "9099", 404)])  # fmt: skip
def test_nobody_else_gets_it_or_takes_it_out(
    audience: str, town: str, status: int, served: Served, engine: Engine, kanya: Any
) -> None:
    fid, number = household(engine), asked(kanya)
    headers = as_audience(served, engine, "somebody", audience, town)
    browser = served.browser()
    path = f"/collections/household/items/{fid}"
    assert browser.get(f"{path}/dossier", headers=headers | JSON).status_code == status
    assert browser.post(f"{path}/erase", headers=headers, data={"request": str(number)}).status_code == status
    assert served.browser().get(f"{path}/dossier", headers=JSON).status_code == 401
    assert served.browser().post(f"{path}/erase", data={"request": str(number)}).status_code == 401
    assert "secret-second-head" in everything_in(engine)


def test_a_committee_that_edits_assets_takes_no_contact_out(served: Served, engine: Engine, kanya: Any) -> None:
    number = asked(kanya)
    with session_of(engine) as session:
        (community,) = make_rows(session, "community")
        (fid,) = make_rows(session, "asset", community_id=community)
    make_person(engine, "wichai", f"community community {community}")
    headers = bearer(token_for(served.browser(), "wichai").json()["access_token"])
    path = f"/collections/asset/items/{fid}"
    assert served.browser().get(path, headers=headers | JSON).status_code == 200
    assert served.browser().get(f"{path}/dossier", headers=headers | JSON).status_code == 403
    answer = served.browser().post(f"{path}/erase", headers=headers, data={"request": str(number)})
    assert answer.status_code == 403
    assert "secret-asset-contact" in everything_in(engine)


def test_an_erasure_takes_an_open_request_of_that_town_and_is_done_for_good(
    served: Served, engine: Engine, kanya: Any
) -> None:
    fid = household(engine)
    path = f"/collections/household/items/{fid}"
    number, other_kind, closed = asked(kanya), asked(kanya, "access"), asked(kanya)
    posted(kanya, f"/requests/{closed}/close", outcome="done")
    make_person(engine, "arun", "steward municipality 9099")
    theirs = served.browser()
    sign_in(theirs, "arun")
    elsewhere = asked(theirs, municipality="9099")
    headers = as_audience(served, engine, "malee", "care")
    browser = served.browser()
    for refused in (other_kind, closed, elsewhere, 999, "x", ""):
        answer = browser.post(f"{path}/erase", headers=headers | JSON, data={"request": str(refused)})
        assert answer.status_code == 400, refused
    stale = browser.post(f"{path}/erase", headers=headers | JSON, data={"request": str(number), "version": "1"})
    assert stale.status_code == 412
    done = browser.post(f"{path}/erase", headers=headers | JSON, data={"request": str(number), "version": "2"})
    assert (done.status_code, done.json()["version"]) == (200, 3)
    told = browser.get(f"{path}/dossier", headers=headers | JSON).json()
    assert [one["operation"] for one in told["versions"]] == ["erase", "update", "load"]
    assert {one["properties"]["head_name"] for one in told["versions"]} == {None}
    assert kanya.get(f"/requests/{number}", headers=JSON).json()["erased"] == [{"layer": "household", "id": fid}]
    # Bringing a former version back brings nothing back.
    back = browser.post(f"{path}/restore", headers=headers | JSON, json={"version": 2, "reason": "try"})
    assert back.status_code == 200
    assert "secret-second-head" not in everything_in(engine)


def test_a_token_that_only_reads_takes_nothing_out(served: Served, engine: Engine, kanya: Any) -> None:
    fid, number = household(engine), asked(kanya)
    person = make_person(engine, "malee", "care municipality 9098")
    with session_of(engine) as session:
        token = make_api_token(
            session, account_of(session.get_one(Person, person)), name="ดูอย่างเดียว", audience=Audience.CARE,
            purpose="ตอบคำขอ", may_write=False, with_totp=False, days=9, by="malee", at=served.clock.at,
        )  # fmt: skip
    path = f"/collections/household/items/{fid}"
    browser = served.browser()
    assert browser.get(f"{path}/dossier", headers=bearer(token) | JSON).status_code == 200
    assert browser.post(f"{path}/erase", headers=bearer(token), data={"request": str(number)}).status_code == 403


def test_a_browser_erases_by_the_form_on_the_page(served: Served, engine: Engine, kanya: Any) -> None:
    fid, number = household(engine), asked(kanya)
    make_person(engine, "malee", "care municipality 9098")
    with session_of(engine) as session:
        give(session, person_by_login(session, "malee").id, "staff municipality 9098")
    browser = served.browser()
    sign_in(browser, "malee")
    path = f"/collections/household/items/{fid}"
    assert browser.get(f"{path}/dossier", headers=HTML).status_code == 403
    form = {"csrf": csrf_on(browser, "/auth/me"), "audience": "care", "purpose": "ตอบคำขอ"}
    assert browser.post("/auth/audience", data=form, headers=HTML).status_code == 303
    assert f"{path}/dossier" in browser.get(path, headers=HTML).text
    words = {"csrf": csrf_on(browser, f"{path}/dossier"), "request": str(number), "version": "2"}
    assert browser.post(f"{path}/erase", data=words | {"csrf": "x"}, headers=HTML).status_code == 403
    done = browser.post(f"{path}/erase", data=words, headers=HTML)
    assert (done.status_code, done.headers["location"]) == (303, f"{path}/dossier")
    assert "secret-second-head" not in browser.get(f"{path}/dossier", headers=HTML).text


def test_stewards_see_the_imports_of_their_town_and_say_how_long_their_values_stay(
    kanya: Any, served: Served, engine: Engine, tmp_path: Path
) -> None:
    made = {}
    for town, name in (("9098", "ours.csv"), ("9099", "theirs.csv"), (None, "both.csv")):
        path = tmp_path / name
        own = town or "9098"
        path.write_text(f"household_code,municipality_code,head_name,lon,lat\n{name},{own},x,100.47,7.01\n", "utf-8")
        options = LoadOptions(municipality=town)
        report = load_file(engine, LAYERS["household"], path, options, layers=LAYERS, by="officer", origin="test",
                           at=served.clock.at)  # fmt: skip
        made[name] = report.batch_id
    told = kanya.get("/processing", headers=JSON).json()["steward"]["imports"]
    assert [one["batch"] for one in told] == [made["both.csv"], made["ours.csv"]]
    form = {"retain_until": "31/12/2570", "reason": "โครงการสิ้นสุด"}
    for name, status in (("ours.csv", 200), ("theirs.csv", 404), ("both.csv", 404)):
        answer = posted(kanya, f"/processing/imports/{made[name]}", page="/processing", **form)
        assert answer.status_code == status, name
    over = posted(
        kanya, f"/processing/imports/{made['ours.csv']}", page="/processing", retain_until="1/1/2569", reason="x"
    )
    assert over.status_code == 400
    told = kanya.get("/processing", headers=JSON).json()["steward"]["imports"]
    assert told[1]["retain_until"] == "2027-12-31"
    with engine.connect() as connection:
        assert "โครงการสิ้นสุด" in str(connection.scalar(text("SELECT what FROM register_note")))
