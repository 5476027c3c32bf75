"""Signing in: sessions, tokens, invitations, and everything that somebody else might try."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pyotp
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from geo.layer import Audience
from geo.people.grants import end_of
from geo.people.slowing import FREE_OF_ONE_LOGIN
from geo.store import people
from geo.store.db import session_of
from geo.store.people_tables import BearerToken, Invitation, Person, PersonGrant, SecurityEvent, WebSession
from geo.store.tokens import make_token
from tests.conftest import running
from tests.doors.conftest import Served, serving
from tests.people.loops import in_a_loop_of_its_own
from tests.people.made import give, make_person, password_of
from tests.people.visiting import HTML, bearer, csrf_on, sent, sign_in, token_for

STAFF, CARE = "staff municipality 9098", "care municipality 9098"
HALF_A_LETTER = b'{"grant_type": "password", "username": "\\ud800", "password": "x", "token": "y"}'


def me(browser: Any, **headers: str) -> Any:
    return browser.get("/auth/me", headers={"Accept": "application/json", **headers})


# --- a browser -----------------------------------------------------------------------------------------------------


def test_a_browser_signs_in_and_out_and_its_cookie_cannot_be_replayed(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    browser = served.browser()
    assert me(browser).status_code == 401
    answer = sign_in(browser, "somchai")
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/me")
    told = me(browser).json()
    assert (told["login"], told["audience"], told["areas"]["towns"]) == ("somchai", "staff", ["9098"])
    copied = browser.cookies["atlas_session"]
    assert sent(browser, "/logout").headers["location"] == "/"
    assert me(browser).status_code == 401
    thief = served.browser()
    thief.cookies.set("atlas_session", copied)
    assert me(thief).status_code == 401


def test_the_login_name_is_read_without_its_case(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    assert sign_in(served.browser(), " SomChai ", password_of("somchai")).status_code == 303


def test_the_cookie_is_http_only_lax_and_secure_over_https(database_url: str, engine: Engine, tmp_path: Path) -> None:
    make_person(engine, "somchai", STAFF)
    for base, name, secure in (("http://atlas.example", "atlas_session", False),
                               ("https://atlas.example", "__Host-atlas_session", True)):  # fmt: skip
        with serving(database_url, tmp_path, base_url=base) as served:
            cookies = sign_in(served.browser(base_url=base), "somchai").headers.get_list("set-cookie")
        mine = next(one for one in cookies if one.startswith(f"{name}="))
        assert "HttpOnly" in mine
        assert "SameSite=lax" in mine
        assert "Path=/" in mine
        assert "Domain" not in mine
        assert all(("Secure" in one) is secure for one in cookies)


def test_each_sign_in_is_a_new_session_and_ends_the_one_before(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    browser, old = served.browser(), served.browser()
    sign_in(browser, "somchai")
    first = browser.cookies["atlas_session"]
    sign_in(browser, "somchai")
    assert browser.cookies["atlas_session"] != first
    old.cookies.set("atlas_session", first)
    assert me(old).status_code == 401
    # A cookie that somebody planted before the sign-in is not taken over.
    planted = served.browser()
    planted.cookies.set("atlas_session", "planted-by-somebody", domain="atlas.example")
    sign_in(planted, "somchai")
    assert planted.cookies["atlas_session"] != "planted-by-somebody"
    assert me(planted).status_code == 200


def test_a_session_ends_with_the_working_day(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    browser = served.browser()
    sign_in(browser, "somchai")
    served.clock.passes(hours=11, minutes=59)
    assert me(browser).status_code == 200
    served.clock.passes(minutes=1)
    assert me(browser).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://atlas.example.evil.example"},
    ],
)  # fmt: skip
def test_a_form_from_elsewhere_is_refused(served: Served, engine: Engine, headers: dict[str, str]) -> None:
    make_person(engine, "somchai", STAFF)
    browser = served.browser()
    sign_in(browser, "somchai")
    form = {"csrf": csrf_on(browser, "/auth/me")}
    assert browser.post("/logout", data=form, headers=headers).status_code == 403
    assert me(browser).status_code == 200
    assert browser.post("/logout", data=form, headers={"Origin": "http://atlas.example"}).status_code == 200


def test_a_forged_or_missing_csrf_is_403_on_every_unsafe_form(served: Served, engine: Engine) -> None:
    make_person(engine, "kanya", "steward municipality 9098")
    make_person(engine, "somchai", STAFF)
    browser, other = served.browser(), served.browser()
    sign_in(browser, "kanya")
    sign_in(other, "somchai")
    someone_elses = csrf_on(other, "/auth/me")
    schema = served.app.openapi()["paths"]
    places = {"code": "x", "number": 1, "grant": 1, "collection": "asset", "fid": 1, "batch": 1, "layer_id": "poi",
              "upload": "x", "photo_id": 1, "step": "verify"}  # fmt: skip
    # Programs bring their proof along themselves; and the language is nobody's (`test_language.py`).
    others = ("/auth/token", "/auth/revoke", "/language")
    unsafe = [(way, path.format(**places)) for path, ways in schema.items() for way in ways
              if way in ("post", "put", "patch", "delete") and path not in others]  # fmt: skip
    assert len(unsafe) > 14
    for way, path in unsafe:
        for forged in ("", "wrong", someone_elses):
            for headers in ({"Accept": "application/json"}, HTML):
                # A form with a file in it is of another kind; of any other its words are not read.
                form: dict[str, Any] = {"data": {"csrf": forged}}
                if (
                    path.startswith(("/layers/uploads", "/tax/settings/"))
                    or path == "/editions"
                    or path.endswith("/photos")
                ):
                    form = {"files": {"csrf": (None, forged)}}
                answer = browser.request(way.upper(), path, headers=headers, **form)
                assert answer.status_code == 403, (way, path, forged, answer.status_code)


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
             "javascript:alert(1)", "", "/" + "x" * 999 + "/\r\nSet-Cookie: a=b"],
)  # fmt: skip
def test_going_on_after_a_sign_in_never_leaves_this_server(served: Served, engine: Engine, next: str) -> None:
    make_person(engine, "somchai", STAFF)
    assert sign_in(served.browser(), "somchai", next=next).headers["location"] == "/auth/me"


def test_going_on_to_a_page_of_ours(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    assert (
        sign_in(served.browser(), "somchai", next="/map?municipality=9098").headers["location"]
        == "/map?municipality=9098"
    )


# --- wrong passwords -------------------------------------------------------------------------------------------------


def test_wrong_password_and_unknown_login_are_told_alike_in_every_format(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    make_person(engine, "malee", STAFF)
    with session_of(engine) as session:
        people.set_disabled(session, people.person_by_login(session, "malee"), True, by="a test", at=served.clock.at)
    tries = [("somchai", "wrong password"), ("nobody-here", "wrong password"), ("malee", password_of("malee"))]
    for headers in (HTML, {"Accept": "application/json"}):
        browser, told = served.browser(), set()
        for login, password in tries:
            form = {"csrf": csrf_on(browser, "/login"), "login": login, "password": password}
            answer = browser.post("/login", data=form, headers=headers)
            assert answer.status_code == 401
            told.add(re.sub(r'"csrf" value="[^"]*"', "", answer.text))
        assert len(told) == 1
    for login, password in tries:
        answer = served.browser().post(
            "/auth/token", data={"grant_type": "password", "username": login, "password": password}
        )
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_guessing_is_slowed_and_the_owner_is_not_locked_out(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    own = served.browser("198.51.100.7")
    assert sign_in(own, "somchai").status_code == 303
    sent(own, "/logout")
    guesser = served.browser("203.0.113.9")
    answers = [sign_in(guesser, "somchai", f"guess number {n}").status_code for n in range(FREE_OF_ONE_LOGIN)]
    assert answers == [401] * FREE_OF_ONE_LOGIN
    slowed = sign_in(guesser, "somchai", "one more guess")
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) >= 1
    # Another address of the same block is the same guesser; even the right password has to wait there.
    assert sign_in(served.browser("203.0.113.10"), "somchai").status_code == 429
    assert token_for(served.browser("203.0.113.10"), "somchai").status_code == 429
    # The owner signs in from elsewhere, and from a device that is known even from within that block.
    assert sign_in(own, "somchai").status_code == 303
    near = served.browser("203.0.113.11")
    near.cookies.set("atlas_device", own.cookies["atlas_device"])
    assert sign_in(near, "somchai").status_code == 303
    served.clock.passes(seconds=2)
    assert sign_in(guesser, "somchai").status_code == 303


def test_a_known_device_cannot_guess_for_ever_nor_be_forged(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    make_person(engine, "malee", STAFF)
    own = served.browser()
    sign_in(own, "somchai")
    for n in range(FREE_OF_ONE_LOGIN):
        assert sign_in(own, "somchai", f"guess number {n}").status_code == 401
    assert sign_in(own, "somchai", "one more guess").status_code == 429
    # It is known for one login; for another it is a stranger in its block.
    for n in range(FREE_OF_ONE_LOGIN):
        sign_in(own, "malee", f"guess number {n}")
    forged = served.browser()
    device, signed = own.cookies["atlas_device"].split(".")
    forged.cookies.set("atlas_device", f"{device}.{signed[::-1]}")
    assert sign_in(forged, "malee").status_code == 429


def test_many_logins_from_one_block_are_slowed_together(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    stranger = served.browser()
    statuses = [token_for(stranger, f"stranger-{n}").status_code for n in range(32)]
    assert statuses[:30] == [400] * 30
    assert 429 in statuses[30:]


@pytest.mark.real_hashes
def test_five_hundred_sign_ins_a_second_leave_the_other_doors_open(
    database_url: str, engine: Engine, tmp_path: Path
) -> None:
    make_person(engine, "somchai", STAFF)
    with running(database_url, tmp_path) as address:

        async def flood() -> tuple[list[int], list[float]]:
            limits = httpx2.Limits(max_connections=600)
            async with httpx2.AsyncClient(base_url=address, limits=limits, timeout=60) as client:
                words = {"grant_type": "password", "username": "somchai", "password": "a guess, and not the last"}
                guesses = [asyncio.create_task(client.post("/auth/token", data=words)) for _ in range(500)]
                times = []
                for _ in range(10):
                    started = time.perf_counter()
                    assert (await client.get("/healthz")).status_code == 200
                    assert (await client.get("/collections", headers={"Accept": "application/json"})).status_code == 200
                    times.append(time.perf_counter() - started)
                return [answer.status_code for answer in await asyncio.gather(*guesses)], times

        statuses, times = in_a_loop_of_its_own(flood)
    assert set(statuses) <= {400, 429}
    assert statuses.count(429) > 400
    assert sorted(times)[len(times) // 2] < 3


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_a_password_becomes_a_short_token_that_reads(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF, CARE)
    browser = served.browser()
    answer = token_for(browser, "somchai")
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 900, "staff")
    assert me(browser, **bearer(body["access_token"])).json()["audience"] == "staff"
    served.clock.passes(minutes=15)
    over = me(browser, **bearer(body["access_token"]))
    assert (over.status_code, over.headers["www-authenticate"]) == (401, "Bearer")
    assert me(browser, **bearer(body["refresh_token"])).status_code == 401


def test_a_refresh_token_works_once_and_a_copy_ends_the_family(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    browser = served.browser()
    first = token_for(browser, "somchai").json()

    def refreshed(token: str) -> Any:
        return browser.post("/auth/token", data={"grant_type": "refresh_token", "refresh_token": token})

    second = refreshed(first["refresh_token"]).json()
    assert me(browser, **bearer(second["access_token"])).status_code == 200
    assert refreshed(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert me(browser, **bearer(second["access_token"])).status_code == 401
    assert refreshed(second["refresh_token"]).status_code == 400
    with session_of(engine) as session:
        assert "refresh token used twice" in session.scalars(select(SecurityEvent.what)).all()


def test_a_refresh_token_lasts_fourteen_days_and_an_hour_for_care(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF, CARE)
    browser = served.browser()
    long = token_for(browser, "somchai").json()["refresh_token"]
    care = token_for(browser, "somchai", scope="care", purpose="home visits today").json()
    assert care["scope"] == "care"
    served.clock.passes(minutes=60)
    form = {"grant_type": "refresh_token"}
    assert browser.post("/auth/token", data={**form, "refresh_token": care["refresh_token"]}).status_code == 400
    served.clock.passes(days=13)
    assert browser.post("/auth/token", data={**form, "refresh_token": long}).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "implicit"}, "unsupported_grant_type"), ({"grant_type": ""}, "invalid_request"),
        ({"password": ""}, "invalid_request"), ({"scope": "tax"}, "invalid_scope"),
        ({"scope": "root"}, "invalid_scope"),
        ({"scope": "care"}, "invalid_scope"), ({"scope": "care", "purpose": "hm"}, "invalid_scope"),
        ({"grant_type": "refresh_token"}, "invalid_grant"),
    ],
)  # fmt: skip
def test_oauth_refusals_have_their_names(served: Served, engine: Engine, form: dict[str, str], error: str) -> None:
    make_person(engine, "somchai", STAFF, CARE)
    answer = token_for(served.browser(), "somchai", **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description_th"]


def test_a_revoked_token_is_over_and_revoking_tells_nothing(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    browser = served.browser()
    pair = token_for(browser, "somchai").json()
    assert browser.post("/auth/revoke", data={"token": pair["refresh_token"]}).status_code == 200
    assert me(browser, **bearer(pair["access_token"])).status_code == 401
    assert browser.post("/auth/revoke", data={"token": "unknown"}).status_code == 200


def test_an_api_token_is_shown_once_scoped_and_ends(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF, CARE)
    browser, program = served.browser(), served.browser()
    sign_in(browser, "somchai")
    page = sent(browser, "/auth/tokens", name="QGIS", audience="staff", days="30")
    assert page.status_code == 201
    token = re.search(r"atlas_t_[\w-]{40,}", page.text)
    assert token is not None
    assert token.group() not in browser.get("/auth/me", headers=HTML).text
    told = me(program, **bearer(token.group())).json()
    assert (told["audience"], told["may_write"]) == ("staff", False)
    form: dict[str, Any] = {"files": {"file": ("a.csv", b"x")}, "data": {"layer": "asset", "municipality": "9098"}}
    assert program.post("/imports", headers=bearer(token.group()), **form).status_code == 403
    assert sent(browser, "/auth/tokens", name="x", audience="care", days="30").status_code == 400
    assert sent(browser, "/auth/tokens", name="x", audience="tax", days="30").status_code == 403
    assert sent(browser, "/auth/tokens", name="x", audience="staff", days="367").status_code == 400
    served.clock.passes(days=30)
    assert me(program, **bearer(token.group())).status_code == 401


def test_a_token_can_be_ended_and_cannot_make_another(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    make_person(engine, "malee", STAFF)
    browser, other = served.browser(), served.browser()
    sign_in(browser, "somchai")
    sign_in(other, "malee")
    page = sent(browser, "/auth/tokens", name="QGIS", audience="staff", days="30", may_write="1")
    token = re.search(r"atlas_t_[\w-]{40,}", page.text)
    assert token is not None
    made = served.browser().post(
        "/auth/tokens", headers=bearer(token.group()), data={"name": "x", "audience": "staff", "days": "366"}
    )
    assert made.status_code == 403
    number = str(me(browser).json()["tokens"][0]["id"])
    assert sent(other, f"/auth/tokens/{number}/end").status_code == 404
    assert sent(browser, f"/auth/tokens/{number}/end").status_code == 303
    assert me(served.browser(), **bearer(token.group())).status_code == 401


def test_of_two_that_refresh_at_once_one_is_a_copy(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    token = token_for(served.browser(), "somchai").json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: served.browser().post("/auth/token", data=form), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    won = next(answer.json()["access_token"] for answer in answers if answer.status_code == 200)
    assert me(served.browser(), **bearer(won)).status_code == 401


def test_a_demo_account_is_nobody_where_there_is_no_demo(database_url: str, engine: Engine, tmp_path: Path) -> None:
    make_person(engine, "demo_staff", STAFF, is_demo=True)
    with serving(database_url, tmp_path, demo=True) as there:
        browser = there.browser()
        assert sign_in(browser, "demo_staff").status_code == 303
        token = bearer(token_for(there.browser(), "demo_staff").json()["access_token"])
        assert me(there.browser(), **token).status_code == 200
    with serving(database_url, tmp_path) as here:
        copied = here.browser()
        copied.cookies.set("atlas_session", browser.cookies["atlas_session"])
        assert me(copied).status_code == 401
        assert me(here.browser(), **token).status_code == 401
        assert sign_in(here.browser(), "demo_staff").status_code == 401


def test_whoever_is_not_signed_in_is_shown_the_way(served: Served) -> None:
    page = served.browser().get("/auth/me", headers=HTML)
    assert page.status_code == 401
    assert 'href="/login?next=/auth/me"' in page.text
    told = served.browser().get("/auth/me", headers={**bearer("atlas_t_unknown"), "Accept": "application/json"})
    assert (told.status_code, told.headers["content-type"]) == (401, "application/problem+json")


# --- what was granted, and for how long -------------------------------------------------------------------------------


def test_a_grant_ends_at_midnight_in_bangkok_for_sessions_and_tokens(served: Served, engine: Engine) -> None:
    last_day = end_of(dt.date(2026, 3, 2))
    make_person(engine, "guest", f"staff municipality 9098 {last_day.isoformat()}")
    served.clock.at = dt.datetime(2026, 3, 2, 16, 50, tzinfo=dt.UTC)
    browser, program = served.browser(), served.browser()
    sign_in(browser, "guest")
    token = bearer(token_for(program, "guest").json()["access_token"])
    served.clock.at = dt.datetime(2026, 3, 2, 16, 59, 59, tzinfo=dt.UTC)
    assert me(browser).json()["audience"] == "staff"
    assert me(program, **token).status_code == 200
    served.clock.passes(seconds=1)
    assert (me(browser).json()["audience"], me(browser).json()["areas"]["towns"]) == ("public", [])
    assert me(program, **token).status_code == 403


def test_a_grant_taken_away_and_a_disabled_person_are_over_at_once(served: Served, engine: Engine) -> None:
    number = make_person(engine, "somchai", STAFF, "community municipality 9098")
    browser, program = served.browser(), served.browser()
    sign_in(browser, "somchai")
    token = bearer(token_for(program, "somchai").json()["access_token"])
    with session_of(engine) as session:
        kept = people.grants_of(session, person=number)[number][0]
        people.end_grant(session, kept, person=number, by="a test", at=served.clock.at)
    assert me(browser).json()["audience"] == "community"
    assert me(program, **token).status_code == 403
    with session_of(engine) as session:
        people.set_disabled(session, session.get_one(Person, number), True, by="a test", at=served.clock.at)
    assert me(browser).status_code == 401
    assert me(program, **token).status_code == 401
    with session_of(engine) as session:
        people.set_disabled(session, session.get_one(Person, number), False, by="a test", at=served.clock.at)
    assert me(browser).status_code == 401


def test_care_needs_a_purpose_and_falls_back_after_an_hour(served: Served, engine: Engine) -> None:
    make_person(engine, "malee", STAFF, CARE)
    browser = served.browser()
    sign_in(browser, "malee")
    assert sent(browser, "/auth/audience", audience="care").status_code == 400
    assert sent(browser, "/auth/audience", audience="tax", purpose="counting the tax").status_code == 403
    assert sent(browser, "/auth/audience", audience="care", purpose="home visits today").status_code == 303
    told = me(browser).json()
    assert (told["audience"], told["purpose"]) == ("care", "home visits today")
    served.clock.passes(minutes=60)
    told = me(browser).json()
    assert (told["audience"], told["purpose"]) == ("staff", None)
    with session_of(engine) as session:
        event = session.scalars(select(SecurityEvent).where(SecurityEvent.what == "speaks for")).one()
        assert event.detail == {"audience": "care", "purpose": "home visits today"}


def test_a_bootstrap_token_works_until_the_first_real_steward(served: Served, engine: Engine) -> None:
    with session_of(engine) as session:
        token = bearer(make_token(session, "bootstrap"))
    browser = served.browser()
    bare: dict[str, Any] = {"files": {"file": ("a.csv", b"x")}, "data": {"nothing": "1"}}
    assert browser.post("/imports", headers=token, **bare).status_code == 400
    make_person(engine, "demo_steward", "steward municipality 9098", is_demo=True)
    assert browser.post("/imports", headers=token, **bare).status_code == 400
    with session_of(engine) as session:
        invited = people.add_person(session, login="kanya", name="K", by="a test", at=served.clock.at)
        give(session, invited.id, "steward municipality 9098")
    assert browser.post("/imports", headers=token, **bare).status_code == 400
    make_person(engine, "prasit", "steward municipality 9098")
    refused = browser.post("/imports", headers=token, **bare)
    assert refused.status_code == 401
    assert "atlas token create" in refused.json()["detail_en"]


def test_who_may_bring_a_file_depends_on_audience_and_town(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF, "partner municipality 9098")
    browser = served.browser()
    token = bearer(token_for(browser, "somchai").json()["access_token"])

    def status(layer: str, **words: str) -> int:
        form: dict[str, Any] = {"files": {"file": ("a.csv", b"x")}, "data": {"layer": layer, **words}}
        answer: int = browser.post("/imports", headers=token, **form).status_code
        return answer

    assert status("asset", municipality="9098") == 400  # allowed, and then the file makes no sense
    assert status("asset", municipality="9099") == 403
    assert status("asset") == 403
    assert status("household", municipality="9098") == 403
    partner = token_for(browser, "somchai", scope="partner").json()["access_token"]
    form: dict[str, Any] = {"files": {"file": ("a.csv", b"x")}, "data": {"layer": "asset", "municipality": "9098"}}
    assert browser.post("/imports", headers=bearer(partner), **form).status_code == 403


def test_a_session_brings_a_file_only_with_its_csrf_header(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    browser = served.browser()
    sign_in(browser, "somchai")
    form: dict[str, Any] = {"files": {"file": ("a.csv", b"x")}, "data": {"layer": "asset", "municipality": "9098"}}
    assert browser.post("/imports", **form).status_code == 403
    proof = {"X-CSRF-Token": csrf_on(browser, "/auth/me")}
    assert browser.post("/imports", headers=proof, **form).status_code == 400


# --- passwords, telephones, invitations -------------------------------------------------------------------------------


def test_changing_the_password_ends_what_the_old_one_opened(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    browser, other = served.browser(), served.browser()
    sign_in(browser, "somchai")
    sign_in(other, "somchai")
    token = bearer(token_for(other, "somchai").json()["access_token"])
    words = {"present": password_of("somchai"), "password": "ปลากะพงสามตัว", "again": "ปลากะพงสามตัว"}
    assert sent(browser, "/auth/password", **(words | {"present": "wrong password"})).status_code == 401
    assert sent(browser, "/auth/password", **(words | {"again": "ปลากะพงสี่ตัว"})).status_code == 400
    assert sent(browser, "/auth/password", **(words | {"password": "short", "again": "short"})).status_code == 400
    before = browser.cookies["atlas_session"]
    assert sent(browser, "/auth/password", **words).status_code == 303
    assert browser.cookies["atlas_session"] != before
    assert me(browser).status_code == 200
    assert me(other).status_code == 401
    assert me(served.browser(), **token).status_code == 401
    assert sign_in(served.browser(), "somchai").status_code == 401
    assert sign_in(served.browser(), "somchai", "ปลากะพงสามตัว").status_code == 303


def telephone(served: Served, browser: Any) -> pyotp.TOTP:
    """Set one-time codes up in a signed-in browser."""
    page = sent(browser, "/auth/totp", do="start").text
    secret = re.search(r"secret=([A-Z2-7]{32})", page)
    waiting = re.search(r'name="waiting" value="([^"]+)"', page)
    assert secret is not None
    assert waiting is not None
    app = pyotp.TOTP(secret.group(1))
    form = {"do": "confirm", "waiting": waiting.group(1)}
    assert sent(browser, "/auth/totp", **form, code="000000").status_code == 400
    assert sent(browser, "/auth/totp", **form, code=app.at(served.clock.at)).status_code == 303
    return app


def test_one_time_codes_are_asked_for_once_set_up_and_work_once(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    browser = served.browser()
    sign_in(browser, "somchai")
    app = telephone(served, browser)
    assert sign_in(served.browser(), "somchai").status_code == 401
    assert sign_in(served.browser(), "somchai", totp=app.at(served.clock.at)).status_code == 401, "used at set-up"
    served.clock.passes(seconds=30)
    code = app.at(served.clock.at)
    assert sign_in(served.browser(), "somchai", totp=code).status_code == 303
    assert token_for(served.browser(), "somchai", totp=code).status_code == 400
    served.clock.passes(seconds=30)
    assert token_for(served.browser(), "somchai", totp=app.at(served.clock.at)).status_code == 200
    with session_of(engine) as session:
        kept = session.scalars(select(Person.totp_secret)).one()
        assert kept is not None
        assert app.secret.encode() not in kept
    assert sent(browser, "/auth/totp", do="end", password="wrong password").status_code == 401
    assert sent(browser, "/auth/totp", do="end", password=password_of("somchai")).status_code == 303
    assert sign_in(served.browser(), "somchai").status_code == 303


def test_a_telephone_that_another_person_began_is_refused(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    make_person(engine, "malee", STAFF)
    browser, other = served.browser(), served.browser()
    sign_in(browser, "somchai")
    sign_in(other, "malee")
    page = sent(other, "/auth/totp", do="start").text
    secret, waiting = (re.search(pattern, page) for pattern in (r"secret=([A-Z2-7]{32})", r'"waiting" value="([^"]+)"'))
    assert secret is not None
    assert waiting is not None
    form = {"do": "confirm", "waiting": waiting.group(1), "code": pyotp.TOTP(secret.group(1)).at(served.clock.at)}
    assert sent(browser, "/auth/totp", **form).status_code == 400


def test_an_audience_that_needs_codes_is_withheld_without_them(served: Served, engine: Engine) -> None:
    make_person(engine, "malee", STAFF, CARE, "care municipality 9099")
    with session_of(engine) as session:
        people.set_totp_rule(session, "9098", Audience.CARE, True, by="a test", at=served.clock.at)
        people.set_totp_rule(session, "9099", Audience.CARE, True, by="a test", at=served.clock.at)
    browser = served.browser()
    sign_in(browser, "malee")
    assert me(browser).json()["codes_needed_for"] == ["care"]
    assert sent(browser, "/auth/audience", audience="care", purpose="home visits").status_code == 403
    assert token_for(browser, "malee", scope="care", purpose="home visits").json()["error"] == "invalid_scope"
    telephone(served, browser)
    assert sent(browser, "/auth/audience", audience="care", purpose="home visits").status_code == 303
    assert me(browser).json()["areas"]["towns"] == ["9098", "9099"]


def invitation(engine: Engine, login: str, at: dt.datetime, kind: str = people.INVITE) -> str:
    with session_of(engine) as session:
        found = session.scalar(select(Person).where(Person.login == login))
        person = found or people.add_person(session, login=login, name="Guest", by="a test", at=at)
        return f"/invitations/{people.invite(session, person, kind, by='a test', at=at)}"


def accepted(browser: Any, link: str, password: str = "ปลากะพงสามตัว") -> Any:
    form = {"csrf": csrf_on(browser, link), "password": password, "again": password}
    return browser.post(link, data=form, headers=HTML)


def test_an_invitation_works_once_and_signs_in(served: Served, engine: Engine) -> None:
    link = invitation(engine, "guest", served.clock.at)
    browser = served.browser()
    assert "guest" in browser.get(link, headers=HTML).text
    assert accepted(browser, link, "guest").status_code == 400
    assert accepted(browser, link).status_code == 303
    assert me(browser).json()["login"] == "guest"
    again = served.browser().get(link, headers={"Accept": "application/json"})
    unknown = served.browser().get("/invitations/unknown", headers={"Accept": "application/json"})
    assert (again.status_code, unknown.status_code) == (404, 404)
    assert again.json()["detail"] == unknown.json()["detail"]


def test_an_invitation_expires_and_a_newer_one_replaces_it(served: Served, engine: Engine) -> None:
    first = invitation(engine, "guest", served.clock.at)
    second = invitation(engine, "guest", served.clock.at)
    assert served.browser().get(first).status_code == 404
    served.clock.passes(days=7)
    assert served.browser().get(second).status_code == 404


def test_a_reset_link_ends_the_old_password_but_not_the_telephone(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    browser = served.browser()
    sign_in(browser, "somchai")
    telephone(served, browser)
    link = invitation(engine, "somchai", served.clock.at, people.RESET)
    assert me(browser).status_code == 401
    assert sign_in(served.browser(), "somchai").status_code == 401
    visitor = served.browser()
    assert accepted(visitor, link).headers["location"] == "/login"
    assert me(visitor).status_code == 401


# --- what is kept and what is written -------------------------------------------------------------------------------


def test_no_secret_is_kept_in_clear_or_written_to_the_log(
    served: Served, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    make_person(engine, "somchai", STAFF, CARE)
    browser = served.browser()
    sign_in(browser, "my-password-typed-as-login", "wrong-password-7")
    sign_in(browser, "somchai")
    app = telephone(served, browser)
    pair = token_for(served.browser(), "somchai", totp=app.at(served.clock.at + dt.timedelta(seconds=30))).json()
    page = sent(browser, "/auth/tokens", name="QGIS", audience="staff", days="30")
    api = re.search(r"atlas_t_[\w-]{40,}", page.text)
    link = invitation(engine, "guest", served.clock.at)
    csrf = csrf_on(browser, "/auth/me")
    assert accepted(served.browser(), link).status_code == 303
    assert api is not None
    secrets = [
        "my-password-typed-as-login", "wrong-password-7", password_of("somchai"), "ปลากะพงสามตัว", app.secret, csrf,
        browser.cookies["atlas_session"], browser.cookies["atlas_device"], pair["access_token"], pair["refresh_token"],
        api.group(), link.rpartition("/")[2],
    ]  # fmt: skip
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("atlas", "uvicorn")))
    assert "/login" in ours
    assert [secret for secret in secrets if secret in ours] == []
    tables = (Person, PersonGrant, WebSession, BearerToken, Invitation, SecurityEvent)
    with Session(engine) as session:
        kept = "\n".join(
            str(row) for table in tables for row in session.execute(text(f"SELECT * FROM {table.__tablename__}"))
        )
        kept += "\n".join(map(str, session.execute(text("SELECT * FROM sign_in_failure"))))
    assert "somchai" in kept
    assert [secret for secret in secrets if secret in kept] == []


def test_the_towns_secret_is_for_its_owner_alone(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as served:
        served.browser().get("/login")
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert len((tmp_path / "secret").read_bytes()) == 32


def test_a_cross_site_page_never_reads_with_a_cookie(served: Served, engine: Engine) -> None:
    make_person(engine, "somchai", STAFF)
    browser = served.browser()
    sign_in(browser, "somchai")
    answer = browser.get("/auth/me", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"login=a&login=b", 400), ("application/json", b"[1]", 400),
        ("application/json", b'{"login": {"a": 1}}', 400),
        ("application/json", HALF_A_LETTER, 400), ("application/json", b"{", 400), ("text/plain", b"x", 400),
        ("application/x-www-form-urlencoded", b"login=%ff", 400),
        ("application/x-www-form-urlencoded", b"login=a%00", 400),
        ("application/x-www-form-urlencoded", b"login=" + b"x" * 70_000, 413),
    ],
)  # fmt: skip
def test_a_form_that_makes_no_sense_is_refused(served: Served, kind: str, body: bytes, status: int) -> None:
    for path in ("/auth/token", "/login", "/auth/revoke"):
        assert served.browser().post(path, content=body, headers={"Content-Type": kind}).status_code == status
