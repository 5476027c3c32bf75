"""A steward makes, changes, removes and brings back a layer in the browser; nobody else does."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from tests.people.made import make_person
from tests.people.visiting import HTML, csrf_on, headers_of, sent, sign_in
from tests.town_layers.conftest import asked, places, written

TITLES = {"title_th": "สถานที่", "title_en": "Places"}


@pytest.fixture(scope="module")
def people(owner: Engine) -> None:
    make_person(owner, "kanya", "steward municipality 9098")
    make_person(owner, "wichai", "steward municipality 9099")
    make_person(owner, "somchai", "staff municipality 9098")


@pytest.fixture
def kanya(web: TestClient, people: None) -> TestClient:
    """A browser in which the steward of 9098 has signed in."""
    return signed_in(web, "kanya")


def signed_in(web: TestClient, login: str) -> TestClient:
    browser = TestClient(web.app, base_url="http://atlas.example", raise_server_exceptions=False,
                         follow_redirects=False)  # fmt: skip
    assert sign_in(browser, login).status_code == 303
    assert sent(browser, "/auth/audience", audience="steward" if login != "somchai" else "staff").status_code == 303
    return browser


def uploaded(browser: TestClient, path: Path, town: str = "9098", **more: str) -> Any:
    words = {"csrf": csrf_on(browser, "/layers/new"), "municipality": town, **more}
    with path.open("rb") as file:
        return browser.post("/layers/uploads", data=words, files={"file": (path.name, file)}, headers=HTML)


def test_a_steward_makes_a_layer_of_a_file(kanya: TestClient, web: TestClient, owner: Engine, pois: Path) -> None:
    answer = uploaded(kanya, pois)
    assert answer.status_code == 303, answer.text
    preview = kanya.get(answer.headers["location"], headers=HTML)
    assert preview.headers["cache-control"] == "private, no-store"
    text = html.unescape(preview.text)
    for word in ("name", "rank", "ring_up", "secret-a", "วัดหนึ่ง", "จำนวนเต็ม"):
        assert word in text, word
    form = dict(re.findall(r'name="(csrf|upload)" value="([^"]+)"', preview.text))
    done = kanya.post("/layers", headers=HTML, data={
        **form, **TITLES, "id": "page_made", "geometry": "as-it-is", "columns": "public", "audience.2": "staff",
        "color": "#aa3300", "symbol": "square", "label": "name", "editors": "community",
    })  # fmt: skip
    assert (done.status_code, done.headers["location"]) == (303, "/layers/page_made")
    found = web.get("/collections/page_made/items").json()["features"]
    assert [set(one["properties"]) for one in found] == [{"municipality", "name", "rank", "community_id"}] * 3
    assert asked(owner, "SELECT count(ring_up) FROM page_made") == [(3,)]
    page = kanya.get("/layers/page_made", headers=HTML)
    assert page.status_code == 200
    assert "kanya" in page.text
    assert "secret-" not in page.text
    assert web.get("/collections/page_made").json()["title_th"] == "สถานที่"
    assert web.get("/tiles/page_made/style.json").text.count("#aa3300") > 0
    # The file was needed once.
    assert kanya.get(answer.headers["location"], headers=HTML).status_code == 404


def test_what_a_steward_changes_holds_with_the_answer(kanya: TestClient, web: TestClient, pois: Path) -> None:
    made(kanya, pois, "page_changed", columns="public", geometry="as-it-is")
    assert "secret-a" in web.get("/collections/page_changed/items").text
    answer = sent(kanya, "/layers/page_changed", page="/layers/page_changed", title_en="Other places",
                  **{"audience.2": "staff"}, reason="not for everybody")  # fmt: skip
    assert answer.status_code == 303, answer.text
    assert "secret-a" not in web.get("/collections/page_changed/items").text
    assert web.get("/collections/page_changed").json()["title_en"] == "Other places"
    told = kanya.get("/layers/page_changed", headers={"Accept": "application/json"}).json()
    assert [(one["did"], one["by"], one["reason"]) for one in told["acts"]] == [
        ("changed", "kanya", "not for everybody"), ("made", "kanya", None),
    ]  # fmt: skip
    # Sent again as the page shows it, the form changes nothing.
    page = kanya.get("/layers/page_changed", headers=HTML).text
    form = as_the_page_has_it(page, "/layers/page_changed")
    assert kanya.post("/layers/page_changed", data=form, headers=HTML).status_code == 303
    assert len(kanya.get("/layers/page_changed", headers={"Accept": "application/json"}).json()["acts"]) == 2
    answer = sent(kanya, "/layers/page_changed", page="/layers/page_changed", new_column="ความจุ", new_type="integer")
    assert answer.status_code == 303
    assert "ความจุ" in kanya.get("/layers/page_changed", headers=HTML).text


def test_a_removed_layer_is_gone_at_once_and_comes_back(kanya: TestClient, web: TestClient, pois: Path) -> None:
    made(kanya, pois, "page_removed", columns="public", geometry="as-it-is")
    assert web.get("/collections/page_removed/items").status_code == 200
    assert sent(kanya, "/layers/page_removed/remove", page="/layers/page_removed", reason="old").status_code == 303
    assert web.get("/collections/page_removed/items").status_code == 404
    assert "นำกลับมา" in kanya.get("/layers/page_removed", headers=HTML).text
    assert sent(kanya, "/layers/page_removed/restore", page="/layers/page_removed").status_code == 303
    assert len(web.get("/collections/page_removed/items").json()["features"]) == 3


def test_nobody_but_the_towns_steward_comes_near(kanya: TestClient, web: TestClient, pois: Path) -> None:
    made(kanya, pois, "page_private")
    code = uploaded(kanya, pois).headers["location"]
    wichai, somchai = signed_in(web, "wichai"), signed_in(web, "somchai")
    for address in ("/layers/page_private", code):
        assert wichai.get(address, headers=HTML).status_code == 404
        assert somchai.get(address, headers=HTML).status_code == 403
        assert web.get(address, headers=HTML).status_code == 401
    assert "page_private" not in wichai.get("/layers", headers=HTML).text
    for act in ("", "/remove", "/restore"):
        assert sent(wichai, f"/layers/page_private{act}", page="/layers/new").status_code == 404
        assert web.post(f"/layers/page_private{act}", data={}).status_code == 401
    assert uploaded(wichai, pois, town="9098").status_code == 404
    for name in ("parcel", "household", "nothing"):
        assert kanya.get(f"/layers/{name}", headers=HTML).status_code == 404
    # A form that did not come from our page.
    assert kanya.post("/layers/page_private/remove", data={"reason": "x"}, headers=HTML).status_code == 403
    with pois.open("rb") as file:
        answer = kanya.post("/layers/uploads", data={"municipality": "9098"}, files={"file": ("poi.gpkg", file)})
    assert answer.status_code == 403


def test_a_program_with_a_stewards_token_does_the_same(web: TestClient, people: None, pois: Path) -> None:
    headers = headers_of(web, "wichai", scope="steward") | {"Accept": "application/json"}
    with pois.open("rb") as file:
        answer = web.post("/layers/uploads", data={"municipality": "9099"}, files={"file": ("poi.gpkg", file)},
                          headers=headers)  # fmt: skip
    assert answer.status_code == 201, answer.text
    code = answer.json()["upload"]
    told = web.get(f"/layers/new/{code}", headers=headers).json()
    assert [(one["source"], one["type"]) for one in told["columns"]] == [
        ("name", "text"), ("rank", "integer"), ("ring_up", "text"),
    ]  # fmt: skip
    words = {"upload": code, "id": "of_songkhla", **TITLES, "geometry": "as-it-is"}
    answer = web.post("/layers", json=words, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.json()["report"]["counts"]["inserted"] == 3
    (found, *_) = web.get("/collections/of_songkhla/items").json()["features"]
    assert set(found["properties"]) == {"municipality", "community_id"}


def test_what_is_wrong_is_told_in_words(kanya: TestClient, tmp_path: Path, pois: Path) -> None:
    no_file = tmp_path / "notes.gpkg"
    no_file.write_text("nothing of the kind")
    assert uploaded(kanya, no_file).status_code == 400
    for words, told in (
        ({"id": "parcel"}, "taken by the Atlas"), ({"id": "page made"}, "a to z"),
        ({"id": "x1", "title_en": ""}, "title_en"), ({"id": "x1", "audience.2": "care"}, "personal; say so"),
        ({"id": "x1", "audience.0": "everybody"}, "no audience"),
        ({"id": "x1", "geometry": "round"}, "as-it-is"), ({"id": "x1", "datetime": "name"}, "neither a day nor a time"),
        ({"id": "x1", "color": "red"}, "colour"), ({"id": "x1", "nature.2": "person"}, "purpose"),
        ({"id": "x1", "label": "nowhere"}, "no column"), ({"id": "x1", "editors": "public"}, "editors are"),
    ):  # fmt: skip
        code = uploaded(kanya, pois).headers["location"].rpartition("/")[2]
        form = {"csrf": csrf_on(kanya, "/layers/new"), "upload": code, **TITLES, **words}
        answer = kanya.post("/layers", data=form, headers={"Accept": "application/json"})
        assert answer.status_code == 400, words
        assert told in answer.json()["detail_en"], answer.json()["detail_en"]


def test_a_form_with_two_hundred_columns_is_taken(kanya: TestClient, web: TestClient, tmp_path: Path) -> None:
    wide = written(tmp_path, "wide.gpkg", places(**{f"คอลัมน์ที่ {place}": [place] for place in range(200)}))
    code = uploaded(kanya, wide).headers["location"]
    page = kanya.get(code, headers=HTML).text
    form = as_the_page_has_it(page, "/layers") | {
        **TITLES,
        "id": "page_wide",
        "geometry": "as-it-is",
        "audience.7": "public",
    }
    assert kanya.post("/layers", data=form, headers=HTML).status_code == 303
    (found,) = web.get("/collections/page_wide/items").json()["features"]
    assert found["properties"]["คอลัมน์ที่_7"] == 7
    assert len(found["properties"]) == 3


def made(browser: TestClient, path: Path, name: str, **words: str) -> None:
    code = uploaded(browser, path).headers["location"].rpartition("/")[2]
    answer = sent(browser, "/layers", page="/layers/new", upload=code, id=name, **TITLES, **words)
    assert answer.status_code == 303, answer.text


def as_the_page_has_it(page: str, action: str) -> dict[str, str]:
    """The fields of a form with what a browser would send untouched."""
    form = re.search(rf'<form method="post" action="{action}".*?</form>', page, re.S)
    assert form is not None
    words = {name: html.unescape(value) for name, value in
             re.findall(r'<input(?: type="\w+")? name="([^"]+)"[^>]*? value="([^"]*)"', form[0])}  # fmt: skip
    words |= dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form[0], re.S):
        values = re.findall(r'<option value="([^"]*)"( selected)?', options)
        words[name] = html.unescape(next((value for value, chosen in values if chosen), values[0][0]))
    return words
