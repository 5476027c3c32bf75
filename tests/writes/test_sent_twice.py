"""What is sent twice under one key is done once: also at the same moment, from another worker, and after a restart."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.settings import Settings
from geo.store.db import session_of
from geo.store.idempotency import forget_old
from tests.conftest import app_of
from tests.people.visiting import headers_of
from tests.writes.conftest import Desk, feature

ITEMS = "/collections/asset/items"


def count(desk: Desk) -> int:
    return int(desk.rows("SELECT count(*) FROM asset")[0][0])


def same(one: Any, other: Any) -> bool:
    names = ("etag", "location", "last-modified")
    return one.status_code == other.status_code and all(one.headers.get(n) == other.headers.get(n) for n in names)


def test_a_write_that_is_sent_again_is_answered_again_and_not_done_again(desk: Desk) -> None:
    before = count(desk)
    first = desk.ask("staff", "POST", ITEMS, feature(name_th="x"), Idempotency_Key="a-1")
    again = desk.ask("staff", "POST", ITEMS, feature(name_th="x"), Idempotency_Key='"a-1"')
    assert (first.status_code, count(desk)) == (201, before + 1)
    assert same(first, again)
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    # Otherwise the second deletion would find nothing, and the second change a newer version.
    at = first.headers["location"]
    for method, body in (("PATCH", {"name_th": "y"}), ("PUT", feature(name_th="z")), ("DELETE", None)):
        tag = desk.ask("staff", "GET", at).headers["etag"]
        answers = [desk.ask("staff", method, at, body, If_Match=tag, Idempotency_Key="a-1") for _ in range(2)]
        assert answers[0].status_code < 300
        assert same(*answers), method
    assert desk.rows("SELECT count(*) FROM asset_history WHERE id = :id", id=first.json()["id"]) == [(3,)]


def test_the_same_key_with_something_else_is_refused(desk: Desk) -> None:
    assert desk.ask("staff", "POST", ITEMS, feature(name_th="x"), Idempotency_Key="b-1").status_code == 201
    before = count(desk)
    high = "<http://www.opengis.net/def/crs/OGC/0/CRS84h>"
    others: list[tuple[Any, dict[str, str]]] = [
        (feature(name_th="y"), {}), (feature(name_th="x"), {"If_None_Match": "*"}),
        (feature(name_th="x"), {"Content_Crs": high}),
    ]  # fmt: skip
    for body, headers in others:
        assert desk.ask("staff", "POST", ITEMS, body, Idempotency_Key="b-1", **headers).status_code == 400
    assert count(desk) == before


def test_a_key_is_of_its_person_and_its_address_alone(desk: Desk) -> None:
    answers = [desk.ask(who, "POST", f"/collections/{layer}/items", feature(name_th="x"), Idempotency_Key="c-1")
               for who, layer in (("staff", "asset"), ("neighbour", "asset"), ("staff", "flood_station"))]  # fmt: skip
    assert len({one.headers["location"] for one in answers}) == 3


def test_what_was_refused_may_be_sent_again(desk: Desk) -> None:
    fid = desk.made("asset")
    patch = {"If_Match": '"2"', "Idempotency_Key": "d-1"}
    assert desk.ask("staff", "PATCH", f"{ITEMS}/{fid}", {"name_th": "x"}, **patch).status_code == 412
    assert desk.ask("staff", "PATCH", f"{ITEMS}/{fid}", {"name_th": "y"}).status_code == 200
    assert desk.ask("staff", "PATCH", f"{ITEMS}/{fid}", {"name_th": "x"}, **patch).status_code == 200


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, '"'])
def test_a_key_that_is_none_is_400(key: str, desk: Desk) -> None:
    before = count(desk)
    assert desk.ask("staff", "POST", ITEMS, feature(name_th="x"), Idempotency_Key=key).status_code == 400
    assert count(desk) == before


def test_two_at_the_same_moment_are_one(desk: Desk) -> None:
    before = count(desk)
    with ThreadPoolExecutor(6) as pool:
        sent = [
            pool.submit(desk.ask, "staff", "POST", ITEMS, feature(name_th="x"), Idempotency_Key="e-1") for _ in range(6)
        ]
        answers = [one.result() for one in sent]
    assert {one.status_code for one in answers} == {201}
    assert len({one.headers["location"] for one in answers}) == 1
    assert count(desk) == before + 1


def test_another_worker_and_one_after_a_restart_answer_the_same(desk: Desk) -> None:
    first = desk.ask("staff", "POST", ITEMS, feature(name_th="x"), Idempotency_Key="f-1")
    app = app_of(Settings(home=desk.home), desk.url)
    app.state.now = lambda: desk.clock.at
    headers = desk.people["staff"] | {"Content-Type": "application/geo+json", "Idempotency-Key": "f-1"}
    with TestClient(app) as other:
        again = other.post(ITEMS, json=feature(name_th="x"), headers=headers)
    assert same(first, again)


def test_a_batch_is_answered_again_too(desk: Desk) -> None:
    fid = desk.made("asset")
    actions = {"actions": [{"do": "create", "feature": feature(name_th="x")},
                           {"do": "update", "id": fid, "patch": {"name_th": "y"}, "if_match": '"1"'}]}  # fmt: skip
    before = count(desk)
    answers = [desk.ask("staff", "POST", "/collections/asset/batch", actions, Content_Type="application/json",
                        Idempotency_Key="g-1") for _ in range(2)]  # fmt: skip
    assert answers[0].json()["results"] == answers[1].json()["results"]
    several = {"type": "FeatureCollection", "features": [feature(name_th="x")] * 2}
    made = [desk.ask("staff", "POST", ITEMS, several, Idempotency_Key="g-1").json()["ids"] for _ in range(2)]
    assert made[0] == made[1]
    assert count(desk) == before + 3


def test_it_is_remembered_for_sixty_days_and_then_gone(desk: Desk) -> None:
    first = desk.ask("staff", "POST", ITEMS, feature(name_th="x"), Idempotency_Key="h-1")
    kept, desk.clock.at = desk.clock.at, desk.clock.at + dt.timedelta(days=59, hours=23)
    token = desk.people["staff"]
    try:
        # Weeks later a person has signed in anew.
        desk.people["staff"] = headers_of(desk.client, "staff", scope="staff")
        again = desk.ask("staff", "POST", ITEMS, feature(name_th="x"), Idempotency_Key="h-1")
        assert same(first, again)
        desk.clock.at = kept + dt.timedelta(days=60, seconds=1)
        with session_of(desk.engine) as session:
            forget_old(session, desk.clock.at)
        assert desk.rows("SELECT count(*) FROM write_receipt WHERE made_at <= :at", at=kept) == [(0,)]
    finally:
        desk.clock.at, desk.people["staff"] = kept, token
    # Who signs in later ends what was over by then.
    desk.people["staff"] = headers_of(desk.client, "staff", scope="staff")
    before = count(desk)
    assert desk.ask("staff", "POST", ITEMS, feature(name_th="y"), Idempotency_Key="h-1").status_code == 201
    assert count(desk) == before + 1
