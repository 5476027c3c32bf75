"""Every page and map says as whom one is looking; what says so is for that person alone."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine

from geo.people.grants import BANGKOK
from geo.store.db import session_of
from tests.doors.conftest import Served
from tests.makers import make_rows, release_all
from tests.people.made import make_person
from tests.people.visiting import HTML, bearer, sent, sign_in, token_for

PAGES = ("/", "/collections?f=html", "/collections/asset?f=html", "/collections/asset/items?f=html",
         "/collections/asset/items/1?f=html", "/communities/1", "/tiles/household/legend", "/api.html", "/auth/me",
         "/login", "/communities/999999")  # fmt: skip
MAPS = ("/map", "/maps?layers=asset,household", "/communities/1/map")


@pytest.fixture
def town(served: Served, engine: Engine) -> None:
    """A community with an asset and households, published."""
    with session_of(engine) as session:
        make_rows(session, "municipality", code="9098", name_th="เทศบาลสมมติ", name_en="Made-up town")
        make_rows(session, "community")
        make_rows(session, "asset")
        make_rows(session, "household", count=7, step=0.0)
        release_all(session)


def corner(page: str) -> dict[str, Any] | None:
    """What a map's corner says, as its script reads it."""
    found = re.search(r'"account":(null|\{.*?\}\}|\{.*?null\}),"', page)
    assert found is not None
    return None if found[1] == "null" else dict(json.loads(found[1]))


def test_the_public_is_asked_to_sign_in_and_led_back(town: None, served: Served) -> None:
    browser = served.browser()
    for path in PAGES:
        if path not in ("/auth/me", "/login"):
            page = browser.get(path, headers=HTML)
            assert 'href="/login"' in page.text
            assert 'class="whom"' not in page.text
    for path in MAPS:
        page = browser.get(path, headers=HTML)
        assert "public" in page.headers["cache-control"]
        told = corner(page.text)
        assert told is not None
        assert told["label"] == {"th": "เข้าสู่ระบบ", "en": "Sign in"}
        assert browser.get(told["href"], headers=HTML).status_code == 200
        assert told["href"] == f"/login?next={quote(path, safe='')}"


@pytest.mark.parametrize(
    ("grant", "audience", "said"),
    [
        ("staff municipality 9098", None, ("เจ้าหน้าที่เทศบาล", "Municipal staff", "เทศบาลสมมติ")),
        ("community community 1", None, ("กรรมการชุมชน", "Community committee", "ชุมชน 1")),
        ("partner municipality 9098", None, ("ภาคี", "Partner", "เทศบาลสมมติ")),
        ("care municipality 9098", "care", ("ทีมดูแล", "Care team", "เทศบาลสมมติ", "“เยี่ยมบ้าน”", "ถึง {until} น.")),
        ("care municipality 9098", None, ("ประชาชนทั่วไป", "Public")),
    ],
)
def test_whoever_is_signed_in_reads_as_whom_on_every_page(
    grant: str, audience: str | None, said: tuple[str, ...], town: None, served: Served, engine: Engine
) -> None:
    make_person(engine, "malee", grant)
    browser = served.browser()
    sign_in(browser, "malee")
    if audience:
        sent(browser, "/auth/audience", audience=audience, purpose="เยี่ยมบ้าน")
    until = (served.clock.at + dt.timedelta(hours=1)).astimezone(BANGKOK)
    said = tuple(one.replace("{until}", f"{until:%H:%M}") for one in said)
    for path in PAGES:
        page = browser.get(path, headers=HTML)
        whom = re.search(r'<p class="whom"><a href="/auth/me">(.*?)</a></p>', page.text, re.S)
        assert whom is not None, path
        assert [one for one in said if one not in whom[1]] == [], path
        # Whoever looks as the public does is named on the page all the same.
        assert "no-store" in page.headers["cache-control"], path
    for path in MAPS:
        page = browser.get(path, headers=HTML)
        told = corner(page.text)
        assert told is not None
        assert told["href"] == "/auth/me"
        spoken = json.dumps(told, ensure_ascii=False)
        assert [one for one in said if one not in spoken] == [], path
        assert page.headers["cache-control"] == "private, no-store"


def test_nobody_reads_as_whom_somebody_else_looked(town: None, served: Served, engine: Engine) -> None:
    make_person(engine, "malee", "staff municipality 9098")
    member, public = served.browser(), served.browser()
    sign_in(member, "malee")
    for path in (*PAGES, *MAPS):
        member.get(path, headers=HTML)
        seen = public.get(path, headers=HTML).text
        assert "malee" not in seen
        assert "เจ้าหน้าที่เทศบาล" not in seen


def test_a_grant_that_waits_for_a_code_is_not_where_one_looks(town: None, served: Served, engine: Engine) -> None:
    with session_of(engine) as session:
        make_rows(session, "municipality", code="9099", name_th="เทศบาลข้างเคียง")
    make_person(engine, "kanya", "steward municipality 9099")
    make_person(engine, "malee", "staff municipality 9098", "staff municipality 9099")
    steward, browser = served.browser(), served.browser()
    sign_in(steward, "kanya")
    sent(steward, "/people/totp-rules", page="/people", municipality="9099", audience="staff", required="1")
    sign_in(browser, "malee")
    page = browser.get("/map", headers=HTML)
    assert "เทศบาลสมมติ" in json.dumps(corner(page.text), ensure_ascii=False)
    assert "เทศบาลข้างเคียง" not in json.dumps(corner(page.text), ensure_ascii=False)
    token = token_for(browser, "malee").json()["access_token"]
    assert served.browser().get("/", headers=HTML | bearer(token)).headers["cache-control"] == "private, no-store"
