"""Pages that say what went wrong: under the same strict policy as any other, in words that a person can act on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from markupsafe import escape
from starlette.responses import Response

from api.app import create_app
from api.errors import NEXT
from api.settings import Settings
from geo.errors import (
    BadRequest,
    Crowded,
    LostRace,
    NotSignedIn,
    NotYours,
    Problem,
    RefusedImport,
    StoreAway,
    Text,
    TooBig,
    TooOften,
    UnknownFeature,
)  # fmt: skip

HTML = {"Accept": "text/html", "Accept-Language": "en"}
TOLD = ("ไม่ได้", "It cannot be done")
FAILURES: dict[str, Exception] = {
    "400": BadRequest(*TOLD), "401": NotSignedIn(*TOLD), "403": NotYours(*TOLD), "404": UnknownFeature(*TOLD),
    "409": Crowded(*TOLD), "412": LostRace(*TOLD), "413": TooBig(*TOLD), "429": TooOften(9),
    "500": ZeroDivisionError("secret words"), "503": StoreAway(*TOLD),
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The service without a database, and addresses below `/fails` that fail in every way."""
    home = tmp_path_factory.mktemp("home")
    app = create_app(Settings(home=home, demo=True), database_url="postgresql+psycopg://nobody@/none")

    def fail(request: Request) -> Response:
        raise FAILURES[request.path_params["how"]]

    def refuse(request: Request) -> Response:
        many = [
            Problem(code="bad-number", row=row, column="AREA", told=Text("ต้องเป็นตัวเลข", "must be a number"))
            for row in range(9000)
        ]
        raise RefusedImport(Text(*TOLD), problems=tuple(many))

    app.add_route("/fails/{how}", fail, methods=["GET", "POST"])
    app.add_route("/fails-at-length", refuse)
    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("how", FAILURES)
def test_a_failure_is_a_page_under_the_strict_policy_that_says_what_to_do(how: str, client: TestClient) -> None:
    answer = client.get(f"/fails/{how}", headers=HTML)
    assert answer.status_code == int(how)
    is_strict(answer)
    assert escape(NEXT[int(how)].en) in answer.text
    assert escape(NEXT[int(how)].th) in answer.text
    assert 'href="/"' in answer.text
    assert "secret words" not in answer.text


def is_strict(answer: Any) -> None:
    policy = {part.split()[0]: part.split()[1:] for part in answer.headers["content-security-policy"].split(";")}
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["style-src"] == ["'self'"]
    assert (policy["base-uri"], policy["form-action"]) == (["'none'"], ["'self'"])
    assert answer.headers["cache-control"] == "no-store"
    assert {"Cookie", "Accept-Language"} <= set(answer.headers["vary"].replace(",", " ").split())


@pytest.mark.parametrize(("way", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/language", 405)])
def test_what_no_route_answers_is_such_a_page_too(way: str, path: str, status: int, client: TestClient) -> None:
    answer = client.request(way, path, headers=HTML)
    assert answer.status_code == status
    is_strict(answer)


def test_from_a_form_that_failed_a_link_leads_back_to_its_page(client: TestClient) -> None:
    came = {"Referer": "http://testserver/people/3?lang=th"}
    assert 'href="/people/3?lang=th"' in client.post("/fails/400", headers=HTML | came).text
    for elsewhere in ("https://evil.example/people", "http://testserver//evil.example", "javascript:alert(1)", "x"):
        page = client.post("/fails/400", headers=HTML | {"Referer": elsewhere}).text
        assert "evil" not in page
        assert "Back to where you were" not in page


def test_after_signing_in_one_comes_back_to_what_was_asked(client: TestClient) -> None:
    assert "/login?next=/fails/401%3Fa%3D1" in client.get("/fails/401?a=1", headers=HTML).text


def test_thousands_of_problems_are_told_as_a_page_that_a_telephone_can_load(client: TestClient) -> None:
    answer = client.get("/fails-at-length", headers=HTML)
    assert answer.status_code == 400
    assert len(answer.content) < 300_000
    assert "200 of 9,000 are shown" in answer.text


def test_the_words_of_a_failure_are_in_the_language_that_was_chosen(client: TestClient, tmp_path: Path) -> None:
    answer = client.get("/fails/404", headers={"Accept": "text/html", "Cookie": "atlas_language=en"})
    assert answer.headers["content-language"] == "en"
    assert "<title>Not found · Chumchon Atlas</title>" in answer.text
