"""Several writers at the same moment: one wins who says what they saw, nothing is lost, and nobody fails inside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.writes.conftest import Desk, feature

ITEMS = "/collections/asset/items"
JSON = {"Content_Type": "application/json"}


def at_once(desk: Desk, asks: list[tuple[str, str, Any, dict[str, str]]]) -> list[Any]:
    with ThreadPoolExecutor(len(asks)) as pool:
        sent = [pool.submit(desk.ask, "staff", method, path, body, **headers) for method, path, body, headers in asks]
        return [one.result() for one in sent]


def test_of_many_who_saw_the_same_version_exactly_one_wins(desk: Desk) -> None:
    fid = desk.made("asset")
    path = f"{ITEMS}/{fid}"
    tag = desk.ask("staff", "GET", path).headers["etag"]
    answers = at_once(desk, [("PATCH", path, {"name_th": f"ผู้เขียน {n}"}, {"If_Match": tag}) for n in range(6)])
    assert sorted(one.status_code for one in answers) == [200, 412, 412, 412, 412, 412]
    assert desk.rows("SELECT version FROM asset WHERE id = :id", id=fid) == [(2,)]
    assert desk.rows("SELECT count(*) FROM asset_history WHERE id = :id", id=fid) == [(1,)]


def test_of_those_who_do_not_say_the_last_stays_and_all_are_in_the_history(desk: Desk) -> None:
    fid = desk.made("asset")
    answers = at_once(desk, [("PATCH", f"{ITEMS}/{fid}", {"name_th": f"ผู้เขียน {n}"}, {}) for n in range(6)])
    assert {one.status_code for one in answers} == {200}
    assert sorted(one.json()["version"] for one in answers) == [2, 3, 4, 5, 6, 7]
    names = {row[0] for row in desk.rows("SELECT name_th FROM asset_history WHERE id = :id AND version > 1 "
                                         "UNION SELECT name_th FROM asset WHERE id = :id", id=fid)}  # fmt: skip
    assert names == {f"ผู้เขียน {n}" for n in range(6)}


def test_a_change_and_an_end_at_once_leave_one_story(desk: Desk) -> None:
    fid = desk.made("asset")
    path = f"{ITEMS}/{fid}"
    changed, ended = at_once(desk, [("PATCH", path, {"name_th": "x"}, {"If_Match": '"1"'}),
                                    ("DELETE", path, None, {"If_Match": '"1"'})])  # fmt: skip
    assert {changed.status_code, ended.status_code} in ({200, 412}, {204, 412})
    versions = [row[0] for row in desk.rows("SELECT version FROM asset_history WHERE id = :id", id=fid)]
    assert versions == [1]


def test_batches_in_opposite_orders_do_not_stop_each_other(desk: Desk) -> None:
    ids = desk.several("parcel", 12, step=0.004)

    def batch(order: list[int], n: int) -> tuple[str, str, Any, dict[str, str]]:
        actions = [{"do": "update", "id": fid, "patch": {"zone": f"{n}-{fid}"}, "if_match": "*"} for fid in order]
        return "POST", "/collections/parcel/batch", {"actions": actions}, JSON

    with ThreadPoolExecutor(4) as pool:
        asks = [batch(ids if n % 2 else ids[::-1], n) for n in range(4)]
        sent = [pool.submit(desk.ask, "tax", method, path, body, **headers) for method, path, body, headers in asks]
        answers = [one.result() for one in sent]
    assert {one.status_code for one in answers} == {200}, [one.text for one in answers]
    # The whole of one batch is what stays: no row is another's.
    assert (
        len({row[0].split("-")[0] for row in desk.rows("SELECT zone FROM parcel WHERE id = ANY(:ids)", ids=ids)}) == 1
    )
    assert desk.rows("SELECT min(version), max(version) FROM parcel WHERE id = ANY(:ids)", ids=ids) == [(5, 5)]


def test_whoever_waits_too_long_is_told_to_come_again(desk: Desk) -> None:
    fid = desk.made("asset")
    with desk.engine.begin() as other:
        other.exec_driver_sql(f"SELECT 1 FROM asset WHERE id = {fid} FOR UPDATE")
        answer = desk.ask("staff", "PATCH", f"{ITEMS}/{fid}", {"name_th": "x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")
    assert desk.ask("staff", "PATCH", f"{ITEMS}/{fid}", {"name_th": "x"}).status_code == 200


def test_what_is_answered_is_on_the_disk(desk: Desk) -> None:
    """The tests' own server does not wait for its disk; a connection that changes features says that it does."""
    engine = desk.client.app.state.changing  # type: ignore[attr-defined]  # the app is one of ours
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_a_page_with_a_token_of_its_own_may_write_from_elsewhere_and_never_with_a_cookie(desk: Desk) -> None:
    named = "authorization,content-type,if-match,prefer,idempotency-key"
    asked = {"Origin": "https://somewhere.example", "Access-Control-Request-Method": "PATCH",
             "Access-Control-Request-Headers": named}  # fmt: skip
    answer = desk.client.options(f"{ITEMS}/1", headers=asked)
    assert answer.status_code == 200
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    with_proof = asked | {"Access-Control-Request-Headers": "x-csrf-token"}
    assert desk.client.options(f"{ITEMS}/1", headers=with_proof).status_code == 400
    made = desk.ask("staff", "POST", ITEMS, feature(name_th="x"), Origin="https://somewhere.example")
    exposed = made.headers["access-control-expose-headers"].lower()
    assert {"etag", "location", "last-modified", "preference-applied"} <= {one.strip() for one in exposed.split(",")}
