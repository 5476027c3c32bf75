"""Following a community from its own page, and its feed for everybody."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from tests.people.visiting import HTML, sign_in
from tests.reading.conftest import World

PRIVATE = "private, no-store"


@pytest.fixture
def browser(world: World) -> TestClient:
    """A browser without script, in which nobody has signed in yet."""
    return TestClient(world.client.app, base_url="http://atlas.example", follow_redirects=False)


def form_on(page: str) -> dict[str, str]:
    """What the button that follows sends."""
    form = re.search(r'<form method="post" action="/follows".*?</form>', page, re.S)
    assert form is not None
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[0]))


def followed(browser: TestClient) -> list[tuple[str, str]]:
    told = browser.get("/follows", headers={"Accept": "application/json"}).json()["follows"]
    return [(one["kind"], one["area"]) for one in told]


# A community is followed by whoever knows it: that is everybody.
@pytest.mark.parametrize("who", ["committee", "neighbour"])
def test_the_button_follows_ends_that_and_goes_back_to_the_page(world: World, browser: TestClient, who: str) -> None:
    assert sign_in(browser, who).status_code == 303
    path = f"/communities/{world.one}"
    for is_followed, words in ((False, "ติดตาม"), (True, "เลิกติดตาม")):
        page = browser.get(path, headers=HTML)
        assert page.headers["cache-control"] == PRIVATE
        assert re.search(rf'<button class="button"><span lang="th">{words}</span>', page.text)
        form = form_on(page.text)
        assert (form["kind"], form["area"]) == ("community", str(world.one))
        answer = browser.post("/follows", data=form, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
        assert followed(browser) == ([] if is_followed else [("community", str(world.one))])
    # Another community's page offers to follow that one.
    assert form_on(browser.get(f"/communities/{world.two}", headers=HTML).text)["do"] == "follow"


def test_nobody_else_gets_the_page_of_somebody_who_is_signed_in(world: World, browser: TestClient) -> None:
    path = f"/communities/{world.one}"
    before = browser.get(path, headers=HTML)
    assert sign_in(browser, "neighbour").status_code == 303
    own = browser.get(path, headers={**HTML, "If-None-Match": before.headers["etag"]})
    assert (own.status_code, own.headers["cache-control"]) == (200, PRIVATE)
    assert {"Cookie", "Authorization"} <= set(own.headers["vary"].split(", "))
    assert own.headers["etag"] != before.headers["etag"]
    after = TestClient(world.client.app, base_url="http://atlas.example").get(path, headers=HTML)
    assert (after.text, after.headers["etag"]) == (before.text, before.headers["etag"])
    for public in (before, after):
        assert public.headers["cache-control"].startswith("public")
        assert 'action="/follows"' not in public.text
        assert 'name="csrf"' not in public.text


def test_a_forged_button_follows_nothing(world: World, browser: TestClient) -> None:
    assert sign_in(browser, "staff").status_code == 303
    form = form_on(browser.get(f"/communities/{world.three}", headers=HTML).text)
    assert browser.post("/follows", data={**form, "csrf": "x"}, headers=HTML).status_code == 403
    away = browser.post("/follows", data={**form, "back": "//elsewhere.example"}, headers=HTML)
    assert away.headers["location"] == "/follows"
    assert browser.post("/follows", data={**form, "do": "end"}, headers=HTML).status_code == 303


@pytest.mark.parametrize("who", ["", "staff", "partner"])
def test_everybody_finds_the_feed_of_the_community(world: World, who: str) -> None:
    page = world.page(f"/communities/{world.one}", who)
    address = f"/feed.atom?community={world.one}"
    assert f'<a class="button" href="{address}"' in page
    assert f'<link rel="alternate" type="application/atom+xml" href="{address}"' in page
    feed = world.client.get(address)
    assert (feed.status_code, feed.headers["content-type"].partition(";")[0]) == (200, "application/atom+xml")
