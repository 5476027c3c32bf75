"""What a body says: read as files are, refused where it cannot be, and all that is wrong of it at once."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from geo.layer import Audience
from layers import LAYERS
from tests.writes.conftest import Desk, feature, told

ITEMS = "/collections/asset/items"
RISKS = "/collections/risk_point/items"
HOUSEHOLDS = "/collections/household/items"


def stored(desk: Desk, layer: str, answer: Any, *names: str) -> Any:
    assert answer.status_code == 201, answer.text
    return desk.rows(f"SELECT {', '.join(names)} FROM {layer} WHERE id = :id", id=answer.json()["id"])[0]


def test_values_are_read_as_people_write_them(desk: Desk) -> None:
    answer = desk.ask("staff", "POST", RISKS, feature(
        name_th="  น้ำท่วม  ซอย  ๕ ", hazard_year="๒๕๖๗", likelihood=" ๓ ", severity=4, seen_on="๑๒ มี.ค. ๒๕๖๘",
        cause="ไม่มีข้อมูล",
    ))  # fmt: skip
    row = stored(
        desk, "risk_point", answer, "name_th", "hazard_year", "likelihood", "severity", "score", "seen_on", "cause"
    )
    assert [str(one) for one in row] == ["น้ำท่วม ซอย ๕", "2024", "3", "4", "12", "2025-03-12", "None"]
    # What was read otherwise than it was written is told.
    changed = {(one["code"], one["column"]) for one in answer.json()["problems"]}
    assert changed >= {("buddhist-year", "hazard_year"), ("buddhist-date", "seen_on"), ("null-literal", "cause")}
    house = desk.ask("care", "POST", HOUSEHOLDS, feature(
        residents="๖", has_carer="มี", monthly_income_baht=12345.675, vulnerabilities=None, surveyed_on="2026-01-31",
    ))  # fmt: skip
    row = stored(desk, "household", house, "residents", "has_carer", "monthly_income_baht", "surveyed_on")
    assert [str(one) for one in row] == ["6", "True", "12345.675", "2026-01-31"]


def test_a_code_is_known_by_its_spellings_and_an_unknown_one_is_told(desk: Desk) -> None:
    codes = LAYERS["asset"].fields["kind"].codes
    assert codes is not None
    first = codes.codes[0]
    for written in (first.code, first.label.th, first.label.en):
        answer = desk.ask("staff", "POST", ITEMS, feature(name_th="x", kind=written))
        assert stored(desk, "asset", answer, "kind") == (first.code,)
    refused = desk.ask("staff", "POST", ITEMS, feature(name_th="x", kind="ไม่มีรหัสนี้"))
    assert told(refused) == {("unknown-code", "kind")}
    assert refused.json()["problems"][0]["value"] == "ไม่มีรหัสนี้"


def test_everything_that_is_wrong_is_told_at_once(desk: Desk) -> None:
    body = feature(
        name="no such", likelihood=9, severity="สูงมากที่สุด", hazard_year=2024.5, seen_on="31/2/2568", score=5, cause=[1],
        community_id="บ้านใต้", plan_activity=7, status=True,
    ) | {"geometry": None, "crs": {"type": "name"}, "mood": "good"}  # fmt: skip
    assert told(desk.ask("staff", "POST", RISKS, body)) == {
        ("unknown-property", "name"), ("unknown-code", "likelihood"), ("unknown-code", "severity"),
        ("not-whole", "hazard_year"), ("bad-date", "seen_on"), ("read-only", "score"), ("wrong-type", "cause"),
        ("wrong-type", "community_id"), ("wrong-type", "plan_activity"), ("wrong-type", "status"),
        ("no-geometry", "geometry"), ("unknown-member", "crs"), ("unknown-member", "mood"),
    }  # fmt: skip


@pytest.mark.parametrize("layer", [name for name, one in LAYERS.items() if one.editors is Audience.COMMUNITY])
def test_a_hidden_column_is_refused_with_the_words_of_one_that_does_not_exist(layer: str, desk: Desk) -> None:
    home = desk.made("community", geom=None)
    who = desk.someone(f"of-{layer.replace('_', '-')}", f"community community {home}")
    fid = desk.made(layer, community_id=home, community_link="hand")
    hidden = [name for name, words in LAYERS[layer].fields.items() if words.audience not in Audience.COMMUNITY.sees]
    assert hidden
    for method, path, headers in (("POST", f"/collections/{layer}/items", {}),
                                  ("PATCH", f"/collections/{layer}/items/{fid}", {"If_Match": "*"})):  # fmt: skip
        answers = [desk.ask(who, method, path, feature() | {"properties": {name: "x"}}, **headers)
                   for name in (*hidden, "no_such")]  # fmt: skip
        words = {one.text.replace(name, "…") for one, name in zip(answers, (*hidden, "no_such"), strict=True)}
        assert len(words) == 1
        assert told(answers[-1]) >= {("unknown-property", "no_such")}


@pytest.mark.parametrize(
    ("prefer", "properties", "expected"),
    [
        # A column that is worked out, another value than it has; and a number outside of what it should be.
        (None, {"score": 1}, {("read-only", "score")}), ("strict", {"score": 1}, {("read-only", "score")}),
        ("lenient", {"score": 1}, None),
        (None, {"hazard_year": 1500}, {("out-of-bounds", "hazard_year")}), ("lenient", {"hazard_year": 1500}, None),
        # A year alone: kept as its first day, unless one is strict.
        (None, {"seen_on": "2025"}, None), ("strict", {"seen_on": "2025"}, {("rough-date", "seen_on")}),
        # What is not known at all is lost by ignoring it, and a misspelt name is not known.
        ("lenient", {"sevrity": 3}, {("unknown-property", "sevrity")}),
        ("lenient", {"kind": "?"}, {("unknown-code", "kind")}),
        ("strict", {"hazard_year": "๒๕๖๗"}, None),
    ],
)  # fmt: skip
def test_how_strict_one_is_can_be_said(
    prefer: str | None, properties: dict[str, Any], expected: set[tuple[str, str]] | None, desk: Desk
) -> None:
    headers = {"Prefer": f"handling={prefer}"} if prefer else {}
    answer = desk.ask("staff", "POST", RISKS, feature(**properties), **headers)
    assert answer.headers.get("preference-applied") == (f"handling={prefer}" if prefer else None)
    if expected is None:
        assert answer.status_code == 201, answer.text
        # What was left aside or taken otherwise is told.
        assert {one["column"] for one in answer.json()["problems"]} == set(properties)
    else:
        assert told(answer) == expected


def test_lenient_leaves_an_id_and_strange_members_aside_and_says_so(desk: Desk) -> None:
    body = feature(name_th="ศาลา") | {"id": 5, "mood": "good", "bbox": [1, 2, 3, 4], "links": []}
    answer = desk.ask("staff", "POST", ITEMS, body, Prefer="handling=lenient")
    assert answer.status_code == 201
    assert {one["column"] for one in answer.json()["problems"]} == {"id", "mood"}


def test_what_must_be_there_must_be_there(desk: Desk) -> None:
    path = "/collections/community/items"
    nowhere: dict[str, Any] = {"type": "Feature", "geometry": None, "properties": {}}
    assert told(desk.ask("staff", "POST", path, nowhere)) == {("required", "name_th")}
    made = desk.ask("staff", "POST", path, nowhere | {"properties": {"name_th": "ชุมชนใหม่"}})
    assert made.status_code == 201, made.text
    at = made.headers["location"]
    assert told(desk.ask("staff", "PATCH", at, {"name_th": None})) == {("required", "name_th")}
    assert told(desk.ask("staff", "PATCH", at, {"name_th": " "})) == {("required", "name_th")}
    assert told(desk.ask("staff", "PUT", at, nowhere)) == {("required", "name_th")}
    assert desk.ask("staff", "PATCH", at, {"name_en": "New"}).status_code == 200


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "a text": b'"Feature"',
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "not UTF-8": '{"type":"Feature","geometry":null,"properties":{"name_th":"ศาลา"}}'.encode("cp874"),
    "half a letter": b'{"type":"Feature","geometry":null,"properties":{"name_th":"\\ud800"}}',
    "NUL": b'{"type":"Feature","geometry":null,"properties":{"name_th":"a\\u0000b"}}',
    "NaN": b'{"type":"Feature","geometry":{"type":"Point","coordinates":[NaN,7]},"properties":{}}',
    "Infinity": b'{"type":"Feature","geometry":null,"properties":{"capacity":Infinity}}',
    "a number without end": b'{"type":"Feature","geometry":null,"properties":{"capacity":1e999999999}}',
    "a number of 5,000 digits": b'{"type":"Feature","geometry":null,"properties":{"capacity":' + b"9" * 5000 + b"}}",
    "a large number": b'{"type":"Feature","geometry":null,"properties":{"capacity":99999999999}}',
    "a name twice": b'{"type":"Feature","geometry":null,"properties":{"name_th":"a","name_th":"b"}}',
    "10,000 deep": b'{"type":"Feature","geometry":null,"properties":{"name_th":'
    + b"[" * 10_000
    + b"]" * 10_000
    + b"}}",
    "100,000 deep": b"[" * 100_000,
    "a geometry": b'{"type":"Point","coordinates":[100.47,7.01]}',
    "properties that are a list": b'{"type":"Feature","geometry":null,"properties":[]}',
    "a type that is none": b'{"type":{"a":1},"geometry":null,"properties":{}}',
    "an empty collection": b'{"type":"FeatureCollection","features":[]}',
    "a collection of nothing": b'{"type":"FeatureCollection"}',
    "text of a megabyte": b'{"type":"Feature","geometry":null,"properties":{"name_th":"' + b"a" * 1_000_000 + b'"}}',
    "a name of a megabyte": b'{"type":"Feature","geometry":null,"properties":{"' + b"a" * 1_000_000 + b'":1}}',
}


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_body_that_makes_no_sense_is_400_in_few_words(what: str, method: str, desk: Desk) -> None:
    fid = desk.made("asset")
    answer = desk.ask("staff", method, ITEMS if method == "POST" else f"{ITEMS}/{fid}", BODIES[what])
    assert answer.status_code == 400, (what, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 5000
    assert desk.rows("SELECT version FROM asset WHERE id = :id", id=fid) == [(1,)]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_kinds_of_content(method: str, desk: Desk) -> None:
    path = ITEMS if method == "POST" else f"{ITEMS}/{desk.made('asset')}"
    body = json.dumps(feature(name_th="x")).encode()
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense",
                 "application/x-www-form-urlencoded", "application/json; charset=tis-620"):  # fmt: skip
        assert desk.ask("staff", method, path, body, Content_Type=kind).status_code == 415, kind
    # /conf/create-replace-delete/create-content-type
    assert desk.ask("staff", method, path, body, Content_Type="").status_code == 400
    packed = desk.ask("staff", method, path, body, Content_Encoding="gzip")
    assert packed.status_code == 415
    assert (
        desk.ask(
            "staff", "PATCH", f"{ITEMS}/{desk.made('asset')}", body, Content_Type="application/geo+json"
        ).status_code
        == 415
    )


def test_a_large_body_is_not_read(desk: Desk) -> None:
    large = b'{"type":"Feature","geometry":null,"properties":{"name_th":"' + b"a" * 10 * 1024**2 + b'"}}'
    refused = desk.ask("staff", "POST", ITEMS, large)
    assert (refused.status_code, "8 MB" in refused.json()["detail_en"]) == (413, True)

    def in_pieces() -> Any:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    headers = desk.people["staff"] | {"Content-Type": "application/geo+json"}
    assert desk.client.post(ITEMS, content=in_pieces(), headers=headers).status_code == 413


@pytest.mark.parametrize(
    "words", ["'; DROP TABLE asset; --", "%s %(a)s :id", "\\'); SELECT 1", "<b>{{7*7}}</b> ${7*7}", "𠮷 👩‍👩‍👧"]
)
def test_words_are_words(words: str, desk: Desk) -> None:
    answer = desk.ask("staff", "POST", ITEMS, feature(name_th=words))
    assert stored(desk, "asset", answer, "name_th") == (" ".join(words.replace("\u200d", "").split()),)


def test_a_patch_is_a_merge_patch(desk: Desk) -> None:
    fid = desk.made("asset", name_th="ศาลา")
    patches: tuple[dict[str, Any], ...] = (
        {"properties": None}, {"properties": []}, {"type": "FeatureCollection"}, {"properties": {}, "name_th": "x"},
    )  # fmt: skip
    for patch in patches:
        assert desk.ask("staff", "PATCH", f"{ITEMS}/{fid}", patch).status_code == 400, patch
    assert desk.rows("SELECT name_th, version FROM asset WHERE id = :id", id=fid) == [("ศาลา", 1)]


def test_what_no_index_can_hold_is_refused_in_words(desk: Desk) -> None:
    words = "".join(random.Random(2569).choices([chr(0x0E01 + n) for n in range(46)], k=9_999))
    answer = desk.ask("staff", "POST", RISKS, feature(risk_code=words))
    assert (answer.status_code, len(answer.content) < 2_000) == (400, True)
