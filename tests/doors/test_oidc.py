"""Signing in with another provider's account: there and back, for people who are known here, and for nobody else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import Engine

from geo.layer import Audience
from geo.store import people
from geo.store.db import session_of
from tests.doors.conftest import Served, serving
from tests.people.made import make_person
from tests.people.provider import CLIENT, SECRET, Provider, provider
from tests.people.visiting import HTML

STAFF = "staff municipality 9098"


@pytest.fixture
def both(database_url: str, engine: Engine, tmp_path: Path) -> Iterator[tuple[Served, Provider]]:
    """The Atlas and a provider, with one clock."""
    make_person(engine, "somchai@town.example", STAFF)
    clock: list[Served] = []
    with provider(lambda: int(clock[0].clock.at.timestamp())) as there:
        named = {"oidc_issuer": there.address, "oidc_client_id": CLIENT, "oidc_secret": SECRET}
        with serving(database_url, tmp_path, **named) as here:
            clock.append(here)
            yield here, there


def gone(browser: Any, path: str = "/login/oidc") -> str:
    """Where the provider sends the browser back to."""
    there = browser.get(path)
    assert there.status_code == 303
    back: str = httpx2.get(there.headers["location"]).headers["location"]
    return back


def login(browser: Any) -> str:
    told = browser.get("/auth/me", headers={"Accept": "application/json"})
    return str(told.json().get("login"))


def test_somebody_known_signs_in_there_and_is_here(both: tuple[Served, Provider]) -> None:
    here, _ = both
    browser = here.browser()
    assert "/login/oidc?next=/map" in browser.get("/login?next=/map", headers=HTML).text
    answer = browser.get(gone(browser, "/login/oidc?next=/map"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/map")
    assert login(browser) == "somchai@town.example"
    assert browser.get(gone(browser, "/login/oidc?next=//evil.example")).headers["location"] == "/auth/me"


def test_a_person_is_bound_to_the_providers_own_name_for_them(both: tuple[Served, Provider], engine: Engine) -> None:
    here, there = both
    browser = here.browser()
    assert browser.get(gone(browser)).status_code == 303
    # The address was given to somebody else since: another subject, who is not the person here.
    there.user = {"sub": "u-2", "email": "somchai@town.example", "email_verified": True}
    other = here.browser()
    assert other.get(gone(other)).status_code == 403
    # And the person keeps their account under a new address.
    there.user = {"sub": "u-1", "email": "new@town.example", "email_verified": True}
    assert other.get(gone(other)).status_code == 303
    with session_of(engine) as session:
        person = people.person_by_login(session, "somchai@town.example")
        people.set_disabled(session, person, True, by="a test", at=here.clock.at)
    assert other.get(gone(other)).status_code == 403


@pytest.mark.parametrize(
    "user",
    [
        {"sub": "u-9", "email": "stranger@town.example", "email_verified": True},
        {"sub": "u-9", "email": "somchai@town.example", "email_verified": False},
        {"sub": "u-9", "email": "somchai@town.example", "email_verified": "true"},
        {"sub": "u-9", "email": "somchai@town.example"}, {"sub": "u-9", "email": "", "email_verified": True},
        {"sub": "u-9"},
    ],
)  # fmt: skip
def test_nobody_gets_an_account_or_anothers_by_this(both: tuple[Served, Provider], user: dict[str, Any]) -> None:
    here, there = both
    there.user = user
    browser = here.browser()
    assert browser.get(gone(browser)).status_code == 403
    assert login(browser) == "None"


@pytest.mark.parametrize(
    "wrong", [{"nonce": "x"}, {"aud": "another"}, {"aud": ["atlas", "b"]}, {"iss": "https://evil.example"}, {"exp": 1},
              {"iat": 99999999999}, {"sub": None}],
)  # fmt: skip
def test_a_token_that_does_not_hold_is_refused(both: tuple[Served, Provider], wrong: dict[str, Any]) -> None:
    here, there = both
    there.bend = lambda claims: claims.update(wrong)
    browser = here.browser()
    assert browser.get(gone(browser)).status_code == 401
    assert login(browser) == "None"


@pytest.mark.parametrize("how", ["another key", "a password instead of a key"])
def test_a_token_that_another_signed_is_refused(both: tuple[Served, Provider], how: str) -> None:
    here, there = both
    if how == "another key":
        there.key = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    else:
        there.key, there.algorithm = OctKey.import_key(b"a password that both could know, 32+"), "HS256"
    browser = here.browser()
    assert browser.get(gone(browser)).status_code == 401


def test_a_way_back_that_did_not_begin_in_this_browser_is_refused(both: tuple[Served, Provider]) -> None:
    here, _ = both
    mine, victim = here.browser(), here.browser()
    back = gone(mine)
    assert victim.get(back).status_code == 403
    gone(victim)
    assert victim.get(back).status_code == 403
    assert mine.get(back.replace("state=", "state=x")).status_code == 403
    assert mine.get(back.replace("iss=", "iss=x")).status_code == 403
    assert mine.get(back).status_code == 303
    assert mine.get(back).status_code == 403, "the way back works once"


def test_codes_shown_at_the_provider_count(both: tuple[Served, Provider], engine: Engine) -> None:
    here, there = both
    with session_of(engine) as session:
        people.set_totp_rule(session, "9098", Audience.STAFF, True, by="a test", at=here.clock.at)
    browser = here.browser()
    browser.get(gone(browser))
    assert browser.get("/auth/me", headers={"Accept": "application/json"}).json()["audience"] == "public"
    there.user["amr"] = ["pwd", "otp"]
    browser.get(gone(browser))
    assert browser.get("/auth/me", headers={"Accept": "application/json"}).json()["audience"] == "staff"


def test_a_provider_that_is_away_or_not_set_up(
    database_url: str, tmp_path: Path, served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert served.browser().get("/login/oidc").status_code == 404
    assert "/login/oidc" not in served.browser().get("/login", headers=HTML).text
    named = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": CLIENT, "oidc_secret": SECRET}
    with serving(database_url, tmp_path, **named) as here:
        assert here.browser().get("/login/oidc").status_code == 503
    assert SECRET not in caplog.text
