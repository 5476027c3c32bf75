"""Nobody's change is lost: If-Match, If-None-Match, If-Unmodified-Since, and the layers that ask for one of them."""

from __future__ import annotations

from typing import Any

import pytest

from layers import LAYERS
from tests.writes.conftest import Desk, feature, told

ITEMS = "/collections/asset/items"
WAYS: dict[str, Any] = {"PUT": feature(name_th="x"), "PATCH": {"name_th": "x"}, "DELETE": None}


def version_of(desk: Desk, fid: int, layer: str = "asset") -> int | None:
    found = desk.rows(f"SELECT version FROM {layer} WHERE id = :id", id=fid)
    return found[0][0] if found else None


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize(
    ("if_match", "passes"),
    [
        ("{tag}", True), ('"1"', True), ("*", True), (' "0" , {tag} ', True), ('W/"7", "1"', True),
        ('"0"', False), ('"2"', False), ('W/{tag}', False), ('W/"1"', False), ('"xyz", "a,b"', False), ('"10"', False),
        ('"1-short"', False), ('""', False),
    ],
)  # fmt: skip
def test_if_match_lets_the_present_version_through_and_no_other(
    method: str, if_match: str, passes: bool, desk: Desk
) -> None:
    fid = desk.made("asset")
    tag = desk.ask("staff", "GET", f"{ITEMS}/{fid}").headers["etag"]
    answer = desk.ask("staff", method, f"{ITEMS}/{fid}", WAYS[method], If_Match=if_match.replace("{tag}", tag))
    assert answer.status_code == ((204 if method == "DELETE" else 200) if passes else 412), answer.text
    if not passes:
        assert version_of(desk, fid) == 1
        assert "version 1" in answer.json()["detail_en"]


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize(
    "header",
    [{"If_Match": "1"}, {"If_Match": "xyz"}, {"If_Match": '"1'}, {"If_Match": '"1" "2"'}, {"If_Match": ""},
     {"If_None_Match": "1"}, {"If_Unmodified_Since": "yesterday"}, {"If_Unmodified_Since": "2026-03-02T03:00:00Z"},
     {"If_Unmodified_Since": "Mon, 32 Mar 2026 03:00:00 GMT"}],
)  # fmt: skip
def test_a_condition_that_cannot_be_read_is_refused_and_never_ignored(
    method: str, header: dict[str, str], desk: Desk
) -> None:
    fid = desk.made("asset")
    assert desk.ask("staff", method, f"{ITEMS}/{fid}", WAYS[method], **header).status_code == 400
    assert version_of(desk, fid) == 1


@pytest.mark.parametrize("method", WAYS)
def test_a_lost_race_tells_the_version_that_won(method: str, desk: Desk) -> None:
    fid = desk.made("asset")
    tag = desk.ask("staff", "GET", f"{ITEMS}/{fid}").headers["etag"]
    assert desk.ask("staff", "PATCH", f"{ITEMS}/{fid}", {"name_th": "y"}, If_Match=tag).status_code == 200
    lost = desk.ask("staff", method, f"{ITEMS}/{fid}", WAYS[method], If_Match=tag)
    assert told(lost, 412) == set()
    assert f"asset/{fid} is version 2" in lost.json()["detail_en"]
    assert version_of(desk, fid) == 2


@pytest.mark.parametrize("method", WAYS)
def test_if_none_match_lets_nothing_through_that_is_there(method: str, desk: Desk) -> None:
    fid = desk.made("asset")
    for tag, status in (("*", 412), ('"1"', 412), ('W/"1"', 412), ('"2"', 204 if method == "DELETE" else 200)):
        answer = desk.ask("staff", method, f"{ITEMS}/{fid}", WAYS[method], If_None_Match=tag)
        assert answer.status_code == status, tag


def test_if_none_match_makes_nothing_that_goes_by_a_key_of_this_town(desk: Desk) -> None:
    body = {**feature(name_th="ศาลา", asset_code="A-77")}
    assert desk.ask("staff", "POST", ITEMS, body, If_None_Match="*").status_code == 201
    assert desk.ask("staff", "POST", ITEMS, body, If_None_Match="*").status_code == 412
    assert desk.ask("neighbour", "POST", ITEMS, body, If_None_Match="*").status_code == 201
    # Keys repeat in real files: nobody has to ask.
    assert desk.ask("staff", "POST", ITEMS, body).status_code == 201
    for header in ({"If_Match": "*"}, {"If_Match": '"1"'}, {"If_None_Match": '"1"'},
                   {"If_Unmodified_Since": "Mon, 02 Mar 2026 03:00:00 GMT"}):  # fmt: skip
        assert desk.ask("staff", "POST", ITEMS, body, **header).status_code == 400


@pytest.mark.parametrize("method", WAYS)
def test_if_unmodified_since_is_obeyed_to_the_second(method: str, desk: Desk) -> None:
    (early, same, late) = (
        "Mon, 05 Jan 2026 01:59:59 GMT",
        "Mon, 05 Jan 2026 02:00:00 GMT",
        "Mon, 02 Feb 2026 00:00:00 GMT",
    )
    done = 204 if method == "DELETE" else 200
    for moment, status in ((early, 412), (same, done), (late, done), ("Monday, 05-Jan-26 02:00:00 GMT", done)):
        fid = desk.made("asset")
        read = desk.ask("staff", "GET", f"{ITEMS}/{fid}").headers["last-modified"]
        assert read == same
        answer = desk.ask("staff", method, f"{ITEMS}/{fid}", WAYS[method], If_Unmodified_Since=moment)
        assert answer.status_code == status, moment


def test_of_two_changes_within_a_second_nobody_can_say_which_was_seen(desk: Desk) -> None:
    fid = desk.made("asset")
    path = f"{ITEMS}/{fid}"
    first = desk.ask("staff", "PATCH", path, {"capacity": 10})
    moment = first.headers["last-modified"]
    assert desk.ask("staff", "PATCH", path, {"capacity": 20}, If_Unmodified_Since=moment).status_code == 200
    # The clock of this service stands still: the second change is of the same second.
    assert desk.ask("staff", "GET", path).headers["last-modified"] == moment
    assert desk.ask("staff", "PATCH", path, {"capacity": 30}, If_Unmodified_Since=moment).status_code == 412
    desk.clock.passes(seconds=1)
    later = desk.ask("staff", "PATCH", path, {"capacity": 30}, If_Match='"3"').headers["last-modified"]
    assert later > moment
    assert desk.ask("staff", "PATCH", path, {"capacity": 40}, If_Unmodified_Since=later).status_code == 200


def test_where_if_match_is_there_it_alone_decides(desk: Desk) -> None:
    fid = desk.made("asset")
    early = "Mon, 01 Dec 2025 00:00:00 GMT"
    answer = desk.ask("staff", "PATCH", f"{ITEMS}/{fid}", {"capacity": 1}, If_Match='"1"', If_Unmodified_Since=early)
    assert answer.status_code == 200


def test_some_layers_are_changed_only_by_who_says_what_they_saw(desk: Desk) -> None:
    assert {name for name, layer in LAYERS.items() if layer.locking} == {
        "parcel",
        "household",
        "risk_point",
        "risk_zone",
    }
    for layer, who in (("parcel", "tax"), ("household", "care"), ("risk_point", "staff"), ("risk_zone", "staff")):
        fid = desk.made(layer)
        path = f"/collections/{layer}/items/{fid}"
        read = desk.ask(who, "GET", path)
        for method, body in (("PUT", read.json()), ("PATCH", {"municipality": "9098"}), ("DELETE", None)):
            assert told(desk.ask(who, method, path, body), 428) == set()
        assert version_of(desk, fid, layer) == 1
        assert desk.ask(who, "PATCH", path, {}, If_Match=read.headers["etag"]).status_code == 200
        seen = read.headers["last-modified"]
        assert desk.ask(who, "DELETE", path, If_Unmodified_Since=seen).status_code == 204
        # What is not there is told so, whatever is asked of those that are.
        assert desk.ask(who, "DELETE", path).status_code == 404


def test_a_restore_takes_the_same_tags(desk: Desk) -> None:
    fid = desk.made("asset", name_th="ก่อน")
    path = f"{ITEMS}/{fid}"
    old = desk.ask("staff", "GET", path).headers["etag"]
    desk.ask("staff", "PATCH", path, {"name_th": "หลัง"})
    new = desk.ask("staff", "GET", path).headers["etag"]
    body = {"version": 1, "reason": "wrong"}
    json = {"Content_Type": "application/json"}
    assert desk.ask("staff", "POST", f"{path}/restore", body, If_Match=old, **json).status_code == 412
    assert desk.ask("staff", "POST", f"{path}/restore", body, If_Match=new, **json).status_code == 200
