"""Several at once: a collection of features, or a batch of all kinds of changes; all of it or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from geo.intake.work import MOST_AT_ONCE
from tests.writes.conftest import HERE, Desk, feature, told

ITEMS = "/collections/asset/items"
BATCH = "/collections/asset/batch"
JSON = {"Content_Type": "application/json"}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def batch(desk: Desk, *actions: dict[str, Any], who: str = "staff", path: str = BATCH, **headers: str) -> Any:
    return desk.ask(who, "POST", path, {"actions": list(actions)}, **JSON, **headers)


def how_many(desk: Desk) -> tuple[Any, ...]:
    return tuple(desk.rows("SELECT (SELECT count(*) FROM asset), (SELECT count(*) FROM change)")[0])


def test_a_collection_is_made_in_its_order(desk: Desk) -> None:
    names = [f"ศาลา {n}" for n in range(20)]
    body = collection(*(feature(HERE[0] + n / 10_000, HERE[1], name_th=name) for n, name in enumerate(names)))
    answer = desk.ask("staff", "POST", ITEMS, body)
    assert answer.status_code == 201, answer.text
    ids = answer.json()["ids"]
    rows = dict(tuple(row) for row in desk.rows("SELECT id, name_th FROM asset WHERE id = ANY(:ids)", ids=ids))
    assert [rows[fid] for fid in ids] == names
    assert answer.json()["made"] == [{"id": fid, "version": 1} for fid in ids]


def test_one_that_is_wrong_keeps_all_of_them_out_and_each_fault_has_its_place(desk: Desk) -> None:
    before = how_many(desk)
    body = collection(feature(name_th="x"), feature(nam="x"), feature(1.0, 1.0, name_th="x"), feature(capacity="มาก"))
    answer = desk.ask("staff", "POST", ITEMS, body)
    assert told(answer) == {("unknown-property", "nam"), ("outside-thailand", "geometry"), ("not-a-number", "capacity")}
    assert sorted(one["index"] for one in answer.json()["problems"]) == [1, 2, 3]
    assert how_many(desk) == before
    alone = desk.ask("staff", "POST", ITEMS, collection(feature(nam="x")))
    assert [one["index"] for one in alone.json()["problems"]] == [0]


def test_a_batch_does_all_kinds_of_things_in_one_act(desk: Desk) -> None:
    one, two, three = desk.several("asset", 3)
    answer = batch(
        desk, {"do": "delete", "id": three, "if_match": "*"}, {"do": "create", "feature": feature(name_th="ใหม่")},
        {"do": "replace", "id": two, "feature": feature(name_th="แทน"), "if_match": '"1"'},
        {"do": "update", "id": one, "patch": {"name_th": "แก้"}},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [(one["do"], one.get("version")) for one in results] == [
        ("delete", None), ("create", 1), ("replace", 2), ("update", 2),
    ]  # fmt: skip
    for result in results[1:]:
        read = desk.ask("staff", "GET", f"{ITEMS}/{result['id']}")
        assert read.headers["etag"] == result["etag"]
    assert desk.ask("staff", "GET", f"{ITEMS}/{three}").status_code == 404


@pytest.mark.parametrize(
    ("last", "status"),
    [
        ({"do": "update", "id": "{id}", "patch": {"name_th": "y"}, "if_match": '"7"'}, 412),
        ({"do": "delete", "id": 999_999}, 404), ({"do": "delete", "id": 999_999, "if_match": "*"}, 412),
        ({"do": "update", "id": "{id}", "patch": {"nam": "y"}}, 400),
        ({"do": "create", "feature": feature(name_th="x", municipality="9099")}, 403),
        ({"do": "move", "id": "{id}"}, 400), ({"do": "update", "id": "{id}", "patch": []}, 400),
        ({"do": "update", "patch": {}}, 400), ({"do": "create"}, 400), ({"do": "delete", "id": True}, 400),
        ({"do": "delete", "id": "{id}", "if_match": 1}, 400), ({"do": "delete", "id": "{id}", "if_match": "1"}, 400),
        ({"do": "create", "feature": feature(name_th="x"), "if_match": "*"}, 400), ("delete", 400), (None, 400),
    ],
)  # fmt: skip
def test_what_fails_leaves_nothing_of_the_rest(last: Any, status: int, desk: Desk) -> None:
    fid, other = desk.several("asset", 2)
    if isinstance(last, dict) and last.get("id") == "{id}":
        last = {**last, "id": other}
    before = how_many(desk)
    actions = [
        {"do": "create", "feature": feature(name_th="x")},
        {"do": "update", "id": fid, "patch": {"name_th": "x"}},
        last,
    ]
    answer = desk.ask("staff", "POST", BATCH, {"actions": actions}, **JSON)
    assert answer.status_code == status, answer.text
    assert how_many(desk) == before
    if status == 400:
        told_of = answer.json()
        assert "actions[2]" in told_of["detail_en"] or told_of["problems"][0]["index"] == 2


def test_nothing_is_named_twice_and_nothing_else_is_taken(desk: Desk) -> None:
    fid = desk.made("asset")
    assert batch(desk, {"do": "delete", "id": fid}, {"do": "update", "id": fid, "patch": {}}).status_code == 400
    more = {"actions": [{"do": "delete", "id": fid}], "more": 1}
    bodies: tuple[Any, ...] = ({}, {"actions": []}, {"actions": {}}, more, [])
    for body in bodies:
        assert desk.ask("staff", "POST", BATCH, body, **JSON).status_code == 400
    assert desk.ask("staff", "POST", BATCH, {"actions": []}).status_code == 415
    # A condition on the whole would be one that nobody looks at.
    ended = {"actions": [{"do": "delete", "id": fid}]}
    for header in (
        {"If_Match": '"1"'},
        {"If_None_Match": "*"},
        {"If_Unmodified_Since": "Mon, 02 Mar 2026 03:00:00 GMT"},
    ):
        assert desk.ask("staff", "POST", BATCH, ended, **JSON, **header).status_code == 400
    assert desk.rows("SELECT version FROM asset WHERE id = :id", id=fid) == [(1,)]


def test_a_batch_in_a_layer_that_asks_for_versions_says_each(desk: Desk) -> None:
    one, two = desk.several("risk_point", 2)
    path = "/collections/risk_point/batch"
    seen, unseen = ({"do": "update", "id": one, "patch": {"cause": "x"}, "if_match": '"1"'},
                    {"do": "update", "id": two, "patch": {"cause": "x"}})  # fmt: skip
    assert batch(desk, seen, unseen, path=path).status_code == 428
    assert batch(desk, seen, {**unseen, "if_match": "*"}, path=path).status_code == 200


def test_more_than_is_taken_at_once_is_413_and_the_limit_is_told(desk: Desk) -> None:
    many = [feature(name_th="x")] * (MOST_AT_ONCE + 1)
    for path, body in (
        (ITEMS, collection(*many)),
        (BATCH, {"actions": [{"do": "create", "feature": one} for one in many]}),
    ):
        answer = desk.ask("staff", "POST", path, body, **JSON)
        assert (answer.status_code, f"{MOST_AT_ONCE:,}" in answer.json()["detail_en"]) == (413, True)
    assert desk.ask("staff", "POST", ITEMS, collection(*many[1:])).status_code == 201
