"""The switch between Thai and English: remembered, everybody's own, and no matter of programs."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.doorstep import Doorstep
from tests.makers import HAT_YAI, make_rows, point, square, tile_at
from tests.people.made import make_person
from tests.people.visiting import sign_in

HTML = {"Accept": "text/html"}


class Browser:
    """Somebody at the service with cookies of their own."""

    def __init__(self, client: TestClient) -> None:
        self._client, self.cookies = client, dict[str, str]()

    def get(self, path: str, *, headers: dict[str, str]) -> Any:
        """Open a page."""
        return self._asked("GET", path, headers=headers)

    def post(self, path: str, *, headers: dict[str, str], data: dict[str, str]) -> Any:
        """Send a form."""
        return self._asked("POST", path, headers=headers, data=data)

    def _asked(self, method: str, path: str, *, headers: dict[str, str], **more: Any) -> Any:
        self._client.cookies.clear()
        brought = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        answer = self._client.request(
            method, path, headers={**headers, **(brought if self.cookies else {})}, follow_redirects=False, **more
        )
        self.cookies |= dict(answer.cookies)
        return answer


Browsers = tuple[Browser, Browser]


@pytest.fixture
def browsers(client: TestClient) -> Browsers:
    """Two browsers at the same server."""
    return Browser(client), Browser(client)


def switch(browser: Browser, language: str, **more: str) -> Any:
    return browser.post("/language", data={"language": language, **more}, headers=HTML)


def language_at(browser: Browser, path: str, **headers: str) -> str:
    answer = browser.get(path, headers=HTML | headers)
    language = answer.headers["content-language"]
    assert f'<html lang="{language}">' in answer.text
    return str(language)


def test_what_was_chosen_holds_on_every_page_until_something_else_is(browsers: Browsers) -> None:
    browser, _ = browsers
    assert language_at(browser, "/") == "th"
    answer = switch(browser, "en", next="/collections?f=html")
    assert (answer.status_code, answer.headers["location"]) == (303, "/collections?f=html")
    for path in ("/", "/collections", "/map", "/tiles/parcel/legend", "/login", "/nothing-here"):
        assert language_at(browser, path) == "en", path
    switch(browser, "th")
    assert language_at(browser, "/map") == "th"


def test_the_cookie_lasts_a_year_and_no_other_site_brings_it_along(browsers: Browsers) -> None:
    said = switch(browsers[0], "en").headers["set-cookie"]
    assert said.startswith("atlas_language=en;")
    assert {"Max-Age=31536000", "Path=/", "SameSite=lax"} <= set(said.split("; "))
    # The map's script writes it too.
    assert "HttpOnly" not in said


def test_an_address_comes_before_what_was_chosen_and_that_before_the_browsers_wish(
    browsers: Browsers,
) -> None:
    browser, _ = browsers
    wish = {"Accept-Language": "en-GB,en;q=0.9"}
    assert language_at(browser, "/", **wish) == "en"
    switch(browser, "th")
    assert language_at(browser, "/", **wish) == "th"
    assert language_at(browser, "/?lang=en") == "en"
    browser.cookies.clear()
    browser.cookies["atlas_language"] = "fr"
    assert language_at(browser, "/", **wish) == "en"


def test_going_back_to_a_page_leaves_out_the_language_of_its_address(browsers: Browsers) -> None:
    answer = switch(browsers[0], "en", next="/map?lang=th&municipality=9098")
    assert answer.headers["location"] == "/map?municipality=9098"


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_switch_never_leads_away(browsers: Browsers, next: str) -> None:
    assert switch(browsers[0], "en", next=next).headers["location"] == "/"


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_no_other_sites_page_switches_it(browsers: Browsers, headers: dict[str, str]) -> None:
    answer = browsers[0].post("/language", data={"language": "en"}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_looking_at_it_switches_nothing_and_a_third_language_is_refused(
    browsers: Browsers,
) -> None:
    browser, _ = browsers
    assert browser.get("/language?language=en", headers=HTML).status_code == 405
    refused = switch(browser, "fr")
    assert refused.status_code == 400
    assert "atlas_language" not in browser.cookies


def test_two_browsers_get_the_same_page_each_in_its_language(browsers: Browsers, engine: Engine) -> None:
    make_town(engine)
    thai, english = browsers
    switch(thai, "th")
    switch(english, "en")
    for path in ("/map", "/communities/1", "/tiles/community/legend"):
        first, second = thai.get(path, headers=HTML), english.get(path, headers=HTML)
        assert (first.headers["content-language"], second.headers["content-language"]) == ("th", "en"), path
        assert first.headers["etag"] != second.headers["etag"], path
        for answer in (first, second):
            # Whoever keeps it on the way tells them apart, and asks before telling it again.
            assert {"Cookie", "Accept-Language"} <= set(answer.headers["vary"].split(", ")), path
            assert answer.headers["cache-control"] == "public, max-age=0, must-revalidate", path
        had = {"If-None-Match": first.headers["etag"]}
        assert thai.get(path, headers=HTML | had).status_code == 304, path
        # The same browser after the switch: what it has is of the other language.
        switch(thai, "en")
        assert thai.get(path, headers=HTML | had).text == second.text, path
        switch(thai, "th")


def test_the_page_of_somebody_signed_in_is_theirs_in_either_language(client: TestClient, engine: Engine) -> None:
    make_person(engine, "somchai", "staff municipality 9098")
    sign_in(client, "somchai")
    client.post("/language", data={"language": "en"}, headers=HTML)
    answer = client.get("/", headers=HTML)
    assert answer.headers["content-language"] == "en"
    assert "no-store" in answer.headers["cache-control"]
    assert "Made-up somchai" in answer.text


def test_programs_are_told_the_same_bytes_whatever_was_chosen(browsers: Browsers, engine: Engine) -> None:
    make_town(engine)
    plain, chosen = browsers
    switch(chosen, "en")
    z, x, y = tile_at(15)
    for path in ("/collections/community/items", "/collections/community/items/1", f"/tiles/community/{z}/{x}/{y}.mvt",
                 "/collections/community", "/tiles/community.json", "/tiles/community/style.json"):  # fmt: skip
        for accept in ("application/json", "*/*"):
            told = [one.get(path, headers={"Accept": accept}) for one in (plain, chosen)]
            assert told[0].status_code == 200, path
            assert told[0].content == told[1].content, path
            assert told[0].headers["etag"] == told[1].headers["etag"], path


@pytest.mark.parametrize(
    ("cookie", "answered"),
    [
        (None, True), ("atlas_language=en", True), ("atlas_language=th", True), ("atlas_language=fr", False),
        ("atlas_language=en; atlas_session=x", False), ("atlas_session=x", False), ("a=b", False),
    ],
)  # fmt: skip
def test_the_language_alone_takes_nobody_past_the_door(client: TestClient, cookie: str | None, answered: bool) -> None:
    doorstep: Doorstep = client.app.state.doorstep  # type: ignore[attr-defined]  # the app is one of ours
    headers = [(b"host", b"x"), *([(b"cookie", cookie.encode())] if cookie else [])]
    assert (doorstep.plainly({"method": "GET", "headers": headers}) is not None) is answered


def test_an_answer_at_the_door_is_of_the_language_it_was_asked_in(browsers: Browsers, engine: Engine) -> None:
    """A program may like JSON best and still read pages, and then bring a language along."""
    make_town(engine)
    words = {"Accept": "application/geo+json, text/html;q=0.5"}
    told: dict[str, bytes] = {}
    for language in ("th", "en", "th"):
        switch(browsers[0], language)
        for _ in range(2):
            answer = browsers[0].get("/collections/community/items", headers=words)
            assert answer.headers["content-type"].startswith("application/geo+json")
            assert told.setdefault(language, answer.content) == answer.content


def make_town(engine: Engine) -> None:
    lon, lat = HAT_YAI
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", name_th="เทศบาลสมมติ", geom=square(lon - 0.05, lat - 0.05, 0.1))
        make_rows(
            session, "community", name_th="ชุมชนสมมติ", name_en="Made-up", geom=square(lon - 0.01, lat - 0.01, 0.02)
        )
        make_rows(session, "asset", geom=point(lon, lat))
