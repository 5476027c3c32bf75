"""The stewards' page of editions: who may, what it tells, what a form needs, and that the maps follow at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.store.db import session_of
from tests.doors.conftest import Served
from tests.makers import HAT_YAI, make_rows, point, release_all
from tests.people.made import make_person
from tests.people.visiting import HTML, bearer, csrf_on, sent, sign_in, token_for

JSON = {"Accept": "application/json"}
STEWARD = "steward municipality 9098"
MAKE = {"layer": "household", "municipality": "9098", "reason": "สำรวจครบแล้ว"}


@pytest.fixture
def kanya(served: Served, engine: Engine) -> Any:
    """The steward of 9098, signed in; nine households and an edition of them."""
    households(engine, 9)
    with session_of(engine) as session:
        make_rows(session, "municipality", code="9098", name_th="เทศบาลสมมติ")
        release_all(session)
    make_person(engine, "kanya", STEWARD)
    browser = served.browser()
    sign_in(browser, "kanya")
    return browser


def households(engine: Engine, count: int, *, east: float = 0.0, town: str = "9098") -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "household", count=count, geom=point(HAT_YAI[0] + east, HAT_YAI[1]), municipality=town)


def posted(browser: Any, path: str, **form: str) -> Any:
    return browser.post(path, data={"csrf": csrf_on(browser, "/releases"), **form}, headers=JSON)


def told(browser: Any) -> dict[str, Any]:
    """What the page says of the one layer of the one town."""
    (one,) = browser.get("/releases", headers=JSON).json()["releases"]
    return dict(one)


def shown(browser: Any) -> list[int]:
    """What the public sees."""
    found = browser.get("/collections/household/items").json()["features"]
    return [one["properties"]["count"] for one in found]


@pytest.mark.parametrize("audience", ["partner", "community", "staff", "care", "tax"])
def test_only_a_steward_who_speaks_as_one_comes_in(audience: str, served: Served, engine: Engine) -> None:
    households(engine, 9)
    make_person(engine, "somchai", f"{audience} municipality 9098")
    token = token_for(served.browser(), "somchai", scope=audience, purpose="a test of doors").json()["access_token"]
    for headers in (HTML, JSON):
        stranger = served.browser()
        for answer in (stranger.get("/releases", headers=headers),
                       stranger.post("/releases", data=MAKE, headers=headers),
                       stranger.post("/releases/1/withdraw", data={"reason": "no"}, headers=headers)):  # fmt: skip
            assert answer.status_code == 401
        known = headers | bearer(token)
        for answer in (stranger.get("/releases", headers=known),
                       stranger.post("/releases", data=MAKE, headers=known),
                       stranger.post("/releases/1/withdraw", data={"reason": "no"}, headers=known)):  # fmt: skip
            assert answer.status_code == 403
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM release")) == 0


def test_a_form_from_elsewhere_or_a_token_that_only_reads_makes_nothing(
    kanya: Any, served: Served, engine: Engine
) -> None:
    for form in (MAKE, MAKE | {"csrf": "made up"}):
        assert kanya.post("/releases", data=form, headers=HTML).status_code == 403
        assert kanya.post("/releases/1/withdraw", data=form, headers=JSON).status_code == 403
    assert kanya.post("/releases", data=MAKE | {"csrf": csrf_on(kanya, "/releases")},
                      headers=HTML | {"Origin": "https://elsewhere.example"}).status_code == 403  # fmt: skip
    reads = sent(kanya, "/auth/tokens", name="reads", audience="steward", days="9")
    assert reads.status_code == 201
    words = {"name": "reads", "audience": "steward", "days": "9", "csrf": csrf_on(kanya, "/auth/me")}
    token = kanya.post("/auth/tokens", data=words, headers=JSON).json()["token"]
    program = served.browser()
    assert program.get("/releases", headers=JSON | bearer(token)).status_code == 200
    assert program.post("/releases", data=MAKE, headers=JSON | bearer(token)).status_code == 403
    assert [one["number"] for one in told(kanya)["editions"]] == [1]


def test_the_next_edition_is_looked_at_made_and_told_to_the_public(kanya: Any, served: Served, engine: Engine) -> None:
    public = served.browser()
    households(engine, 6)
    households(engine, 7, east=0.02)
    households(engine, 2, east=0.04)
    before = told(kanya)
    assert before["next"] == {"told": 2, "too_small": 1, "newly_told": 1, "no_longer_told": 0, "changed": 1}
    assert before["editions"][0] | {"by": "", "reason": None} == before["editions"][0] | {
        "by": "", "reason": None, "number": 1, "told": 1, "too_small": 0, "changed_since": 15, "state": "holds",
        "at_least": 5, "metres": 250, "method": "squares-1", "withdrawn": None,
    }  # fmt: skip
    assert shown(public) == [9]
    maps = {path: public.get(path, headers=HTML) for path in ("/map", "/maps?layers=household")}
    made = posted(kanya, "/releases", **MAKE)
    assert (made.status_code, made.json()) == (201, {"number": 2, "told": 2, "too_small": 1})
    assert sorted(shown(public)) == [7, 15]
    after = told(kanya)
    assert after["next"] == {"told": 2, "too_small": 1, "newly_told": 0, "no_longer_told": 0, "changed": 0}
    assert [(one["state"], one["by"], one["reason"], one["on"]) for one in after["editions"]] == [
        ("holds", "kanya", "สำรวจครบแล้ว", "2026-03-02"), ("superseded", "a steward", None, "2026-01-01")
    ]  # fmt: skip
    for path, old in maps.items():
        # The page says the edition's day: one that a browser kept is not good any more.
        assert "1 Jan 2026" in old.text
        again = public.get(path, headers=HTML | {"If-None-Match": old.headers["etag"]})
        assert again.status_code == 200
        assert "2 Mar 2026" in again.text
        assert "2 มี.ค. 2569" in again.text


def test_a_withdrawn_edition_gives_way_to_the_one_before(kanya: Any, served: Served, engine: Engine) -> None:
    public = served.browser()
    households(engine, 6)
    posted(kanya, "/releases", **MAKE)
    assert shown(public) == [15]
    assert posted(kanya, "/releases/2/withdraw").status_code == 400
    done = posted(kanya, "/releases/2/withdraw", reason="ข้อมูลซ้ำ")
    assert (done.status_code, done.json()) == (200, {"number": 2, "state": "withdrawn"})
    assert shown(public) == [9]
    assert posted(kanya, "/releases/2/withdraw", reason="once more").status_code == 400
    assert "1 Jan 2026" in public.get("/map", headers=HTML).text
    newest, first = told(kanya)["editions"]
    assert newest["withdrawn"] == {"on": "2026-03-02", "by": "kanya", "reason": "ข้อมูลซ้ำ"}
    assert (newest["state"], first["state"]) == ("withdrawn", "holds")
    page = kanya.get("/releases", headers=HTML)
    assert "ข้อมูลซ้ำ" in page.text
    assert "no-store" in page.headers["cache-control"]
    # The public and the roles that read for it are not told who took it back, nor why.
    for path in ("/collections/household/items", "/map", "/tiles/household/legend", "/collections/household"):
        assert "ข้อมูลซ้ำ" not in public.get(path, headers=HTML).text


def test_editions_of_other_towns_are_not_found(kanya: Any, engine: Engine) -> None:
    households(engine, 30, east=0.05, town="9099")
    with session_of(engine) as session:
        release_all(session)
    with engine.connect() as connection:
        query = text("SELECT id FROM release WHERE municipality = '9099'")
        (theirs,) = connection.scalars(query).all()
    assert {one["municipality"] for one in kanya.get("/releases", headers=JSON).json()["releases"]} == {"9098"}
    for number in (theirs, 999, 10**18, 10**30, -1, 0):
        assert posted(kanya, f"/releases/{number}/withdraw", reason="not mine").status_code in (404, 400)
    assert posted(kanya, "/releases", **MAKE | {"municipality": "9099"}).status_code == 404
    assert posted(kanya, "/releases", **MAKE | {"layer": "no_such"}).status_code == 404
    assert posted(kanya, "/releases", **MAKE | {"layer": "parcel"}).status_code == 400
    assert posted(kanya, "/releases", **MAKE | {"reason": "  "}).status_code == 400
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM release WHERE withdrawn_at IS NOT NULL")) == 0
        assert connection.scalar(query) == theirs


def test_a_browser_is_led_back_to_the_page(kanya: Any) -> None:
    made = sent(kanya, "/releases", page="/releases", **MAKE)
    assert (made.status_code, made.headers["location"]) == (303, "/releases")
    back = sent(kanya, "/releases/2/withdraw", page="/releases", reason="ทดลอง")
    assert (back.status_code, back.headers["location"]) == (303, "/releases")
    assert 'href="/releases"' in kanya.get("/auth/me", headers=HTML).text
