"""The stewards' pages: what they govern, what they do not, and that nobody makes themselves more than they are."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from geo.errors import UnknownPerson
from geo.store import people
from geo.store.db import session_of
from geo.store.people_tables import PersonGrant, SecurityEvent
from tests.doors.conftest import Served
from tests.makers import make_rows
from tests.people.made import give, make_person
from tests.people.visiting import HTML, bearer, csrf_on, sent, sign_in, token_for

JSON = {"Accept": "application/json"}
STEWARD = "steward municipality 9098"


@pytest.fixture
def kanya(served: Served, engine: Engine) -> Any:
    """The steward of 9098, signed in."""
    make_person(engine, "kanya", STEWARD)
    browser = served.browser()
    sign_in(browser, "kanya")
    return browser


def posted(browser: Any, path: str, **form: str) -> Any:
    """A form of a steward's page, answered as JSON."""
    return browser.post(path, data={"csrf": csrf_on(browser, "/people"), **form}, headers=JSON)


def places(engine: Engine) -> dict[str, int]:
    """A community in each of two towns, one shared area in 9098 and one in both."""
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", name_th="เทศบาลสมมติ")
        (mine,) = make_rows(session, "community", name_th="ชุมชนของเรา")
        (theirs,) = make_rows(session, "community", name_th="ชุมชนของเขา", municipality="9099")
        (beach,) = make_rows(session, "shared_area", name_th="หาด", municipalities="9098")
        (canal,) = make_rows(session, "shared_area", name_th="คลองยาว", municipalities="9098,9099")
    return {"mine": mine, "theirs": theirs, "beach": beach, "canal": canal}


def test_only_a_steward_who_speaks_as_one_comes_in(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", "staff municipality 9098")
    make_person(engine, "prasit", "staff municipality 9098", STEWARD)
    for headers in (HTML, JSON):
        assert served.browser().get("/people", headers=headers).status_code == 401
        staff, both = served.browser(), served.browser()
        sign_in(staff, "somchai")
        assert staff.get("/people", headers=headers).status_code == 403
        sign_in(both, "prasit")
        refused = both.get("/people", headers=headers)
        assert refused.status_code == 403
        assert "/auth/me" in refused.text
        sent(both, "/auth/audience", audience="steward")
        assert both.get("/people", headers=headers).status_code == 200


def test_persons_of_other_towns_are_not_found(kanya: Any, engine: Engine) -> None:
    areas = places(engine)
    mine = make_person(engine, "malee", f"community community {areas['mine']}")
    make_person(engine, "wichai", f"community community {areas['theirs']}")
    stranger = make_person(engine, "stranger")
    theirs = make_person(engine, "arun", "staff municipality 9099")
    told = kanya.get("/people", headers=JSON).json()
    assert {one["login"] for one in told["people"]} == {"kanya", "malee"}
    assert kanya.get(f"/people/{mine}", headers=JSON).status_code == 200
    for number in (theirs, stranger, 10**9, 2**70, -(2**70)):
        assert kanya.get(f"/people/{number}", headers=JSON).status_code == 404
        for act in ("disable", "enable", "password-reset", "totp/end"):
            assert posted(kanya, f"/people/{number}/{act}").status_code == 404
        grant = {"audience": "staff", "place": "municipality:9098"}
        assert posted(kanya, f"/people/{number}/grants", **grant).status_code == 404


@pytest.mark.parametrize("place", ["municipality:9099", "community:{theirs}", "shared_area:{canal}", "community:999999",
                                   "community:abc", "shared_area:-1", "community:" + "9" * 30])  # fmt: skip
def test_an_area_of_another_town_in_the_body_is_not_found(kanya: Any, engine: Engine, place: str) -> None:
    number = make_person(engine, "malee", "staff municipality 9098")
    body = {"audience": "staff", "place": place.format(**places(engine))}
    assert posted(kanya, f"/people/{number}/grants", **body).status_code == 404
    assert posted(kanya, "/people", login="fresh", name="Fresh", **body).status_code == 404
    with session_of(engine) as session:
        assert {one.area for one in session.scalars(select(PersonGrant))} == {"9098"}
        with pytest.raises(UnknownPerson):
            people.person_by_login(session, "fresh")


def test_a_steward_grants_in_the_town_its_communities_and_its_own_shared_areas(
    kanya: Any, engine: Engine, served: Served
) -> None:
    areas = places(engine)
    number = make_person(engine, "malee", "partner municipality 9098")
    for place in ("municipality:9098", f"community:{areas['mine']}", f"shared_area:{areas['beach']}"):
        answer = posted(kanya, f"/people/{number}/grants", audience="staff", place=place, until="31/3/2569")
        assert answer.status_code == 200, place
    told = kanya.get(f"/people/{number}", headers=JSON).json()
    assert [one["last_day"] for one in told["grants"]] == [None, "2026-03-31", "2026-03-31", "2026-03-31"]
    page = kanya.get(f"/people/{number}", headers=HTML).text
    assert "ชุมชนของเรา" in page
    assert "คลองยาว" not in page
    program = served.browser()
    token = token_for(program, "malee").json()["access_token"]
    held = program.get("/auth/me", headers=bearer(token)).json()["areas"]
    assert held == {"towns": ["9098"], "communities": [areas["mine"]], "shared_areas": [areas["beach"]]}


def test_care_and_tax_are_granted_to_others_never_to_oneself(kanya: Any, engine: Engine) -> None:
    number = make_person(engine, "malee", "staff municipality 9098")
    me = next(one["id"] for one in kanya.get("/people", headers=JSON).json()["people"] if one["login"] == "kanya")
    for audience in ("care", "tax"):
        body = {"audience": audience, "place": "municipality:9098"}
        assert posted(kanya, f"/people/{number}/grants", **body).status_code == 200
        assert posted(kanya, f"/people/{me}/grants", **body).status_code == 403


def test_a_steward_takes_away_what_the_town_granted_and_nothing_else(kanya: Any, engine: Engine) -> None:
    number = make_person(engine, "malee", "staff municipality 9098", "staff municipality 9099")
    with session_of(engine) as session:
        mine, theirs = (one.id for one in people.grants_of(session, person=number)[number])
    told = kanya.get(f"/people/{number}", headers=JSON).json()
    assert [one["area"] for one in told["grants"]] == ["9098"]
    assert told["events"] == []
    assert posted(kanya, f"/people/{number}/grants/{theirs}/end").status_code == 404
    assert posted(kanya, f"/people/{number}/grants/{mine}/end").status_code == 200
    with session_of(engine) as session:
        assert [one.grant.area for one in people.grants_of(session, person=number)[number]] == ["9099"]


def test_an_account_of_two_towns_is_not_taken_over_by_one(kanya: Any, engine: Engine) -> None:
    number = make_person(engine, "malee", "staff municipality 9098", "care municipality 9099")
    demo = make_person(engine, "demo_staff", "staff municipality 9098", is_demo=True)
    for act in ("password-reset", "disable", "totp/end"):
        assert posted(kanya, f"/people/{number}/{act}").status_code == 403
        assert posted(kanya, f"/people/{demo}/{act}").status_code == 403
    with session_of(engine) as session:
        kept = people.grants_of(session, person=number)[number]
        theirs = next(one for one in kept if one.grant.area == "9099")
        people.end_grant(session, theirs, person=number, by="a test", at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    # Granted again next week, it would be theirs with a password that we know.
    assert posted(kanya, f"/people/{number}/password-reset").status_code == 403


def test_an_invitation_becomes_a_person_with_a_grant(kanya: Any, engine: Engine, served: Served) -> None:
    form = {"login": "guest", "name": "ผู้เก็บข้อมูล", "audience": "community", "place": "municipality:9098"}
    page = sent(kanya, "/people", page="/people", **form, until="2569-03-02")
    assert page.status_code == 201
    link = re.search(r"http://atlas\.example(/invitations/[\w-]{43})", page.text)
    assert link is not None
    number = kanya.get("/people", headers=JSON).json()["people"][0]["id"]
    assert link.group(1) not in kanya.get(f"/people/{number}", headers=HTML).text
    guest = served.browser()
    proof = csrf_on(guest, link.group(1))
    assert guest.post(link.group(1), data={"csrf": proof, "password": "ปลากะพงสามตัว"}, headers=HTML).status_code == 303
    assert guest.get("/auth/me", headers=JSON).json()["audience"] == "community"
    served.clock.at = dt.datetime(2026, 3, 2, 17, 0, tzinfo=dt.UTC)
    assert sign_in(guest, "guest", "ปลากะพงสามตัว").status_code == 303
    assert guest.get("/auth/me", headers=JSON).json()["audience"] == "public"


@pytest.mark.parametrize(
    "wrong",
    [
        {"login": "kanya"}, {"login": "x"}, {"login": "Bad Login"}, {"login": "../etc"}, {"name": ""},
        {"audience": "root"}, {"audience": "public"}, {"place": "9098"}, {"place": "nation:1"},
        {"place": "municipality:x"}, {"until": "soon"}, {"until": "2026-03-01"}, {"until": "2026-02-30"},
        {"until": "2569"}, {"until": "9999-01-01"},
    ],
)  # fmt: skip
def test_an_invitation_that_makes_no_sense_is_400(kanya: Any, wrong: dict[str, str]) -> None:
    form = {"login": "guest", "name": "Guest", "audience": "staff", "place": "municipality:9098"} | wrong
    answer = posted(kanya, "/people", **form)
    assert answer.status_code == 400
    assert answer.json()["detail_th"]
    assert len(kanya.get("/people", headers=JSON).json()["people"]) == 1


def test_a_steward_of_a_part_of_a_town_cannot_be_made(kanya: Any, engine: Engine) -> None:
    areas = places(engine)
    number = make_person(engine, "malee", "staff municipality 9098")
    place = f"community:{areas['mine']}"
    assert posted(kanya, f"/people/{number}/grants", audience="steward", place=place).status_code == 400


def test_disabling_enabling_and_resetting_an_account(kanya: Any, engine: Engine, served: Served) -> None:
    number = make_person(engine, "malee", "staff municipality 9098")
    malee = served.browser()
    sign_in(malee, "malee")
    assert posted(kanya, f"/people/{number}/disable").status_code == 200
    assert malee.get("/auth/me").status_code == 401
    assert sign_in(malee, "malee").status_code == 401
    assert posted(kanya, f"/people/{number}/enable").status_code == 200
    assert sign_in(malee, "malee").status_code == 303
    reset = posted(kanya, f"/people/{number}/password-reset")
    assert reset.status_code == 201
    assert "/invitations/" in reset.json()["link"]
    assert malee.get("/auth/me").status_code == 401
    me = next(one["id"] for one in kanya.get("/people", headers=JSON).json()["people"] if one["login"] == "kanya")
    assert posted(kanya, f"/people/{me}/disable").status_code == 400
    with session_of(engine) as session:
        done = session.scalars(select(SecurityEvent).where(SecurityEvent.person_id == number)).all()
        by = [(one.what, one.made_by) for one in done if one.made_by == "kanya"]
    assert by == [("account disabled", "kanya"), ("account enabled", "kanya"), ("password reset", "kanya")]


def test_a_town_may_require_codes_of_its_own_people_only(kanya: Any, engine: Engine) -> None:
    rule = {"audience": "care", "required": "1"}
    assert posted(kanya, "/people/totp-rules", municipality="9099", **rule).status_code == 404
    assert posted(kanya, "/people/totp-rules", municipality="9098", **rule).status_code == 200
    told = kanya.get("/people", headers=JSON).json()["one_time_codes_required"]
    assert told == [{"municipality": "9098", "audience": "care"}]
    assert posted(kanya, "/people/totp-rules", municipality="9098", audience="care").status_code == 200
    assert kanya.get("/people", headers=JSON).json()["one_time_codes_required"] == []


def test_a_token_of_a_steward_needs_the_right_to_write(kanya: Any, engine: Engine, served: Served) -> None:
    number = make_person(engine, "malee", "staff municipality 9098")
    form = {"name": "x", "audience": "steward", "days": "1"}
    pages = [sent(kanya, "/auth/tokens", **form, **more).text for more in ({}, {"may_write": "1"})]
    reads, writes = (bearer(one.group()) for page in pages if (one := re.search(r"atlas_t_[\w-]{40,}", page)))
    program = served.browser()
    assert program.get(f"/people/{number}", headers=reads).status_code == 200
    assert program.post(f"/people/{number}/disable", headers=reads).status_code == 403
    assert program.post(f"/people/{number}/disable", headers=writes).status_code == 200


def test_words_of_people_are_shown_as_words(kanya: Any, engine: Engine) -> None:
    evil = '<img src=x onerror="alert(1)">${alert(2)}`'
    form = {"login": "guest", "name": evil, "audience": "staff", "place": "municipality:9098"}
    page = sent(kanya, "/people", page="/people", **form).text + kanya.get("/people", headers=HTML).text
    assert "<img" not in page
    assert "&lt;img" in page
    with session_of(engine) as session:
        give(session, people.person_by_login(session, "guest").id, "steward municipality 9098")
