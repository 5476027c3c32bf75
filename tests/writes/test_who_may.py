"""Who may change what: the first question of each route, asked before anything else of a request."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.layer import Audience
from geo.store import credentials
from geo.store.credentials import account_of
from geo.store.db import session_of
from geo.store.people_tables import Person
from geo.store.tokens import make_token
from tests.people.made import make_person
from tests.people.visiting import bearer, csrf_on, sign_in
from tests.writes.conftest import Desk, feature, told

ITEMS = "/collections/asset/items"
BATCH = "/collections/asset/batch"
ROUTES = (("POST", ITEMS), ("PUT", "{one}"), ("PATCH", "{one}"), ("DELETE", "{one}"), ("POST", BATCH))


def every(one: int) -> list[tuple[str, str]]:
    return [(method, path.format(one=f"{ITEMS}/{one}")) for method, path in ROUTES]


def sent(desk: Desk, who: str | None, method: str, path: str, **headers: str) -> Any:
    body = None if method == "DELETE" else {"name_th": "x"} if method == "PATCH" else feature(name_th="x")
    return desk.ask(who, method, path, body, **headers)


@pytest.mark.parametrize("who", [None, "partner", "steward"])
def test_whoever_may_not_is_told_so_and_nothing_changes(who: str | None, desk: Desk) -> None:
    fid = desk.made("asset", name_th="as it was")
    before = desk.rows("SELECT count(*), max(version) FROM asset")
    for method, path in every(fid):
        answer = sent(desk, who, method, path)
        assert answer.status_code == (401 if who is None else 403), (method, path)
        # What exists is not told, nor what of the body would be wrong.
        assert sent(desk, who, method, path.replace(str(fid), "999999")).json()["detail"] == answer.json()["detail"]
    assert desk.rows("SELECT count(*), max(version) FROM asset") == before


def test_a_layer_is_changed_by_its_editors_alone(desk: Desk) -> None:
    parcel, household = desk.made("parcel"), desk.made("household")
    town = desk.made("municipality")
    for who, one in (("staff", f"parcel/items/{parcel}"), ("tax", f"household/items/{household}"),
                     ("care", f"municipality/items/{town}")):  # fmt: skip
        assert desk.ask(who, "DELETE", f"/collections/{one}", If_Match="*").status_code == 403, one


def test_a_token_that_may_only_read_changes_nothing(desk: Desk) -> None:
    number = make_person(desk.engine, "reader", "staff municipality 9098")
    with session_of(desk.engine) as session:
        account = account_of(session.get_one(Person, number))
        secret = credentials.make_api_token(
            session, account, name="a test", audience=Audience.STAFF, purpose=None, may_write=False, with_totp=True,
            days=1, by="reader", at=desk.clock.at,
        )  # fmt: skip
    desk.people["reader"] = bearer(secret)
    for method, path in every(desk.made("asset")):
        assert sent(desk, "reader", method, path).status_code == 403
    assert desk.ask("reader", "OPTIONS", ITEMS).headers["allow"] == "GET, HEAD, OPTIONS"


def test_a_row_of_another_town_is_not_there(desk: Desk) -> None:
    theirs = desk.made("risk_point", municipality="9099", status="reported")
    for method, body in (("PUT", feature()), ("PATCH", {"name_th": "x"}), ("DELETE", None)):
        at = "/collections/risk_point/items"
        expected: tuple[dict[str, str], ...] = ({}, {"If_Match": '"1"'}, {"If_Match": "*"})
        answers = [desk.ask("staff", method, f"{at}/{fid}", body, **headers)
                   for headers in expected for fid in (theirs, 999_999)]  # fmt: skip
        assert [one.status_code for one in answers] == [404, 404, 412, 412, 412, 412]
        for hidden, missing in zip(answers[::2], answers[1::2], strict=True):
            assert hidden.json()["detail"].replace(str(theirs), "…") == missing.json()["detail"].replace("999999", "…")
    assert desk.rows("SELECT version FROM risk_point WHERE id = :id", id=theirs) == [(1,)]


def test_a_row_of_another_town_that_everybody_sees_is_not_ours_to_change(desk: Desk) -> None:
    theirs = desk.made("flood_station", municipality="9099")
    for method, body in (("PUT", feature()), ("PATCH", {"name_th": "x"}), ("DELETE", None)):
        assert desk.ask("staff", method, f"/collections/flood_station/items/{theirs}", body).status_code == 403


def test_nobody_moves_a_row_to_another_town_or_makes_one_there(desk: Desk) -> None:
    fid = desk.made("asset")
    elsewhere: dict[str, Any] = {"name_th": "x", "municipality": "9099"}
    assert desk.ask("staff", "PATCH", f"{ITEMS}/{fid}", elsewhere).status_code == 403
    assert desk.ask("staff", "PUT", f"{ITEMS}/{fid}", feature(**elsewhere)).status_code == 403
    assert desk.ask("staff", "POST", ITEMS, feature(**elsewhere)).status_code == 403
    assert desk.rows("SELECT municipality, version FROM asset WHERE id = :id", id=fid) == [("9098", 1)]
    assert desk.rows("SELECT count(*) FROM asset WHERE municipality = '9099'") == [(0,)]


def test_a_committee_changes_what_is_its_communitys_and_postgresql_says_so_too(desk: Desk) -> None:
    home, next_door = desk.several("community", 2, geom=None)
    who = desk.someone("headman", f"community community {home}")
    mine = desk.made("asset", community_id=home, community_link="hand")
    assert desk.ask(who, "PATCH", f"{ITEMS}/{mine}", {"name_th": "ศาลาใหม่"}).status_code == 200
    # Away from home by their own hand: out of what they may leave behind.
    assert told(desk.ask(who, "PATCH", f"{ITEMS}/{mine}", {"community_id": next_door})) == {
        ("unknown-link", "community_id")
    }
    assert desk.ask(who, "PATCH", f"{ITEMS}/{mine}", {"community_id": None}).status_code == 403
    made = desk.ask(who, "POST", ITEMS, feature(name_th="ลาน", community_id=home))
    assert made.status_code == 201, made.text
    town = "SELECT municipality, community_id FROM asset WHERE id = :id"
    assert desk.rows(town, id=made.json()["id"]) == [("9098", home)]
    # Nowhere: it names no community of theirs and lies in none.
    assert desk.ask(who, "POST", ITEMS, feature(name_th="ลาน")).status_code == 403


def test_a_browser_brings_its_proof(desk: Desk) -> None:
    make_person(desk.engine, "browsing", "staff municipality 9098")
    fid = desk.made("asset")
    kept = dict(desk.client.cookies)
    sign_in(desk.client, "browsing")
    try:
        for method, path in every(fid):
            assert sent(desk, None, method, path).status_code == 403
            assert sent(desk, None, method, path, X_CSRF_Token="forged").status_code == 403
        proof = csrf_on(desk.client, "/auth/me")
        assert sent(desk, None, "PATCH", f"{ITEMS}/{fid}", X_CSRF_Token=proof).status_code == 200
        cross = sent(desk, None, "PATCH", f"{ITEMS}/{fid}", X_CSRF_Token=proof, Origin="https://evil.example")
        assert cross.status_code == 403
    finally:
        desk.client.cookies.clear()
        desk.client.cookies.update(kept)


def test_the_token_of_a_town_without_a_steward_writes_and_the_tag_that_it_reads_counts(
    engine: Engine, client: TestClient
) -> None:
    with Session(engine) as session, session.begin():
        token = bearer(make_token(session, "bootstrap"))
    shop = feature(name_th="ร้านค้า", municipality="9098")
    made = client.post(ITEMS, json=shop, headers=token)
    assert made.status_code == 201
    at = made.headers["location"]
    read = client.get(at, headers=token)
    assert read.headers["etag"] == made.headers["etag"]
    changed = {"If-Match": read.headers["etag"], "Content-Type": "application/merge-patch+json"}
    assert client.patch(at, json={"name_th": "ตลาด"}, headers=token | changed).status_code == 200
    assert client.patch(at, json={"name_th": "ตลาดนัด"}, headers=token | changed).status_code == 412
    assert client.request("OPTIONS", at, headers=token).headers["allow"].endswith("PUT, PATCH, DELETE")
    assert client.delete(at, headers=token).status_code == 204
    assert client.get(at, headers=token).status_code == 404


@pytest.mark.parametrize(
    ("who", "items", "item"),
    [
        (None, "GET, HEAD, OPTIONS", "GET, HEAD, OPTIONS"),
        ("partner", "GET, HEAD, OPTIONS", "GET, HEAD, OPTIONS"),
        ("staff", "GET, HEAD, OPTIONS, POST", "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"),
        ("neighbour", "GET, HEAD, OPTIONS, POST", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_tell_what_this_asker_may_do(who: str | None, items: str, item: str, desk: Desk) -> None:
    fid = desk.made("asset")
    of_items, of_item = desk.ask(who, "OPTIONS", ITEMS), desk.ask(who, "OPTIONS", f"{ITEMS}/{fid}")
    assert (of_items.status_code, of_items.headers["allow"]) == (200, items)
    assert (of_item.status_code, of_item.headers["allow"]) == (200, item)
    assert ("accept-post" in of_items.headers, "accept-patch" in of_item.headers) == ("POST" in items, "PATCH" in item)
    # A row that is not there is told as one that is out of sight.
    assert desk.ask(who, "OPTIONS", f"{ITEMS}/999999").headers["allow"] == "GET, HEAD, OPTIONS"
    assert desk.ask(who, "OPTIONS", "/collections/nothing/items").status_code == 404


def test_a_method_that_is_not_there_is_told_which_are(desk: Desk) -> None:
    answer = desk.ask("staff", "POST", f"{ITEMS}/1", {})
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, HEAD, OPTIONS, PATCH, PUT")
    answer = desk.ask("staff", "DELETE", ITEMS)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
