"""Written features of persons: who reads what they wrote is noted, and what was erased does not come back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from geo.store.db import session_of
from geo.store.erase import erase
from geo.store.registers import open_request
from geo.store.write import Act
from layers import LAYERS
from tests.duties.conftest import everything_in
from tests.writes.conftest import HERE, Desk, feature, told

HOUSEHOLDS = "/collections/household/items"
AT = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)


def readings(desk: Desk) -> list[Any]:
    return [tuple(row) for row in desk.rows("SELECT person, audience, layer, records FROM read_log ORDER BY id")]


def erased(desk: Desk, code: str) -> int:
    fid = desk.made("household", household_code=code, head_name="somebody", residents=3)
    with session_of(desk.engine) as session:
        asked = open_request(session, "9098", kind="erasure", subject="x", reached_by="x", asked="x",
                             received_on=AT.date(), by="a steward", at=AT)  # fmt: skip
        act = Act(by="a case worker", origin="test", at=AT, reason="request")
        erase(session, LAYERS["household"], fid, act=act, request=asked.id, areas=None)
    return fid


def test_a_reading_of_what_was_written_is_noted_and_a_receipt_is_none(desk: Desk) -> None:
    before = len(readings(desk))
    made = desk.ask("care", "POST", HOUSEHOLDS, feature(head_name="สมมติ"))
    assert made.status_code == 201, made.text
    assert "สมมติ" not in made.text
    at, fid = made.headers["location"], made.json()["id"]
    assert desk.ask("care", "PATCH", at, {"residents": 4}, If_Match="*").status_code == 200
    assert len(readings(desk)) == before
    whole = desk.ask("care", "PATCH", at, {"residents": 5}, If_Match="*", Prefer="return=representation")
    assert whole.json()["properties"]["head_name"] == "สมมติ"
    assert readings(desk)[before:] == [("care", "care", "household", [fid])]


def test_an_assumed_consent_is_told_as_an_import_is_told(desk: Desk) -> None:
    answer = desk.ask("care", "POST", HOUSEHOLDS, feature(disabled=1))
    assert [one["code"] for one in answer.json()["problems"]] == ["no-consent-text"]
    assert "problems" not in desk.ask("care", "POST", HOUSEHOLDS, feature(residents=1)).json()


def test_a_household_that_was_erased_does_not_come_back_under_its_code(desk: Desk) -> None:
    erased(desk, "HH-9001")
    body = feature(household_code="HH-9001", head_name="somebody")
    assert told(desk.ask("care", "POST", HOUSEHOLDS, body)) == {("erased", "household_code")}
    other = desk.made("household", household_code="HH-9002")
    patch = {"household_code": "HH-9001"}
    refused = desk.ask("care", "PATCH", f"{HOUSEHOLDS}/{other}", patch, If_Match="*")
    assert told(refused) == {("erased", "household_code")}
    assert desk.ask("care", "POST", HOUSEHOLDS, feature(household_code="HH-9003")).status_code == 201


def test_a_row_that_was_emptied_takes_no_person_and_no_place_again(desk: Desk) -> None:
    fid = erased(desk, "HH-9004")
    path = f"{HOUSEHOLDS}/{fid}"
    for patch in ({"head_name": "somebody"}, {"disabled": 1}, {"geometry": feature()["geometry"]}):
        assert told(desk.ask("care", "PATCH", path, patch, If_Match="*")) == {("erased", None)}, patch
    assert told(desk.ask("care", "PUT", path, feature(note="x"), If_Match="*")) == {("erased", None)}
    # What is counted of it may still be put right.
    assert desk.ask("care", "PATCH", path, {"residents": 2}, If_Match="*").status_code == 200


def test_what_is_remembered_of_a_write_holds_nothing_of_it(desk: Desk) -> None:
    sent = feature(*HERE, head_name="secret-sent-head", phone="secret-sent-phone")
    made = desk.ask("care", "POST", HOUSEHOLDS, sent, Idempotency_Key="secret-key")
    assert made.status_code == 201
    fid = made.json()["id"]
    assert "secret-sent-head" in everything_in(desk.engine)
    assert "secret-key" not in everything_in(desk.engine)
    with session_of(desk.engine) as session:
        asked = open_request(session, "9098", kind="erasure", subject="x", reached_by="x", asked="x",
                             received_on=AT.date(), by="a steward", at=AT)  # fmt: skip
        act = Act(by="a case worker", origin="test", at=AT, reason="request")
        erase(session, LAYERS["household"], fid, act=act, request=asked.id, areas=None)
    said = everything_in(desk.engine)
    assert [word for word in ("secret-sent-head", "secret-sent-phone") if word in said] == []
    again = desk.ask("care", "POST", HOUSEHOLDS, sent, Idempotency_Key="secret-key", Prefer="return=representation")
    assert (again.status_code, again.json()["id"]) == (201, fid)
    assert "secret-sent" not in again.text
