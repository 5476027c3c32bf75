"""Making, replacing, changing and ending one feature, as the abstract tests of Features Part 4 ask it and beyond."""

from __future__ import annotations

from typing import Any

import pytest

from tests.writes.conftest import HERE, Desk, feature, ring, told

ITEMS = "/collections/asset/items"
STATION = "/collections/flood_station/items"
WORDS = {"name_th": "สถานี ข", "name_en": None}


def as_read(desk: Desk, who: str, path: str) -> Any:
    answer = desk.ask(who, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer


def history(desk: Desk, layer: str, fid: int) -> list[Any]:
    sql = (f"SELECT h.version, c.operation, h.closed_as, c.made_by, c.origin FROM {layer}_history AS h "
           "JOIN change AS c ON c.id = h.closed_change_id WHERE h.id = :id ORDER BY h.version")  # fmt: skip
    return [tuple(row) for row in desk.rows(sql, id=fid)]


@pytest.mark.parametrize("kind", ["application/geo+json", "application/json", "application/geo+json; charset=UTF-8"])
def test_a_feature_is_made(kind: str, desk: Desk) -> None:
    answer = desk.ask("staff", "POST", ITEMS, feature(name_th="ศาลาประชาคม", capacity=40), Content_Type=kind)
    assert answer.status_code == 201, answer.text
    fid = answer.json()["id"]
    assert answer.headers["location"] == f"http://testserver{ITEMS}/{fid}"
    assert answer.headers["cache-control"] == "private, no-store"
    assert (answer.json()["collection"], answer.json()["version"]) == ("asset", 1)
    read = as_read(desk, "staff", answer.headers["location"])
    assert read.headers["etag"] == answer.headers["etag"]
    assert read.headers["last-modified"] == answer.headers["last-modified"]
    assert read.json()["geometry"] == {"type": "Point", "coordinates": list(HERE)}
    properties = read.json()["properties"]
    assert (properties["name_th"], properties["capacity"], properties["municipality"]) == ("ศาลาประชาคม", 40, "9098")
    made_by = "SELECT operation, made_by, origin FROM change WHERE id = (SELECT change_id FROM asset WHERE id = :id)"
    assert desk.rows(made_by, id=fid) == [("insert", "staff", "http")]


@pytest.mark.parametrize(
    ("prefer", "status", "has_body"),
    [(None, (201, 200), True), ("return=minimal", (201, 204), False), ("return=representation", (201, 200), True)],
)
def test_what_is_answered_is_as_was_preferred(
    prefer: str | None, status: tuple[int, int], has_body: bool, desk: Desk
) -> None:
    wants = {"Prefer": prefer} if prefer else {}
    made = desk.ask("staff", "POST", ITEMS, feature(name_th="ศาลา"), **wants)
    at = made.headers["location"]
    put = desk.ask("staff", "PUT", at, feature(name_th="ศาลาใหม่"), **wants)
    patched = desk.ask("staff", "PATCH", at, {"name_th": "ศาลาเดิม"}, **wants)
    assert (made.status_code, put.status_code, patched.status_code) == (*status, status[1])
    for answer in (made, put, patched):
        assert bool(answer.content) is has_body
        assert answer.headers.get("preference-applied") == prefer
    if prefer == "return=representation":
        assert patched.headers["content-type"] == "application/geo+json"
        assert patched.json() == as_read(desk, "staff", at).json()
    elif has_body:
        # A receipt is no representation: whoever wants the feature says so.
        assert "type" not in made.json()


def test_a_replacement_empties_what_it_leaves_out_and_leaves_what_its_writer_does_not_see(desk: Desk) -> None:
    fid = desk.made("parcel", parcel_code="01A001", deed_no="12345", map_sheet="5123", rai=3)
    path = f"/collections/parcel/items/{fid}"
    whole = {"type": "Feature", "geometry": ring(*HERE), "properties": {"parcel_code": "01A002"}}
    assert desk.ask("tax", "PUT", path, whole, If_Match="*").status_code == 200
    row = desk.rows("SELECT parcel_code, deed_no, map_sheet, rai, municipality FROM parcel WHERE id = :id", id=fid)
    assert row == [("01A002", None, None, None, "9098")]
    household = desk.made("household", head_name="secret", residents=4)
    at = f"/collections/household/items/{household}"
    assert desk.ask("care", "PUT", at, feature(residents=5), If_Match="*").status_code == 200
    assert desk.rows("SELECT head_name, residents FROM household WHERE id = :id", id=household) == [(None, 5)]
    # Staff edit risk zones; the committee's own audience does not see the reporter of a risk point, who stays.
    home = desk.made("community", geom=None)
    point = desk.made("risk_point", reporter_role="village_head", cause="น้ำ", community_id=home, community_link="hand")
    role = desk.rows("SELECT reporter_role FROM risk_point WHERE id = :id", id=point)[0][0]
    who = desk.someone("committee", f"community community {home}")
    body = feature(name_th="จุดเสี่ยง", community_id=home)
    answer = desk.ask(who, "PUT", f"/collections/risk_point/items/{point}", body, If_Match="*")
    assert answer.status_code == 200, answer.text
    after = desk.rows("SELECT reporter_role, cause, name_th FROM risk_point WHERE id = :id", id=point)
    assert after == [(role, None, "จุดเสี่ยง")]


def test_what_was_read_may_be_sent_back_as_it_is_and_nothing_changes(desk: Desk) -> None:
    """With everything that is worked out, the links, and the decimals that nobody sees."""
    for layer, who in (("parcel", "tax"), ("risk_point", "staff"), ("household", "care"), ("building", "tax"),
                       ("risk_zone", "staff"), ("community", "staff")):  # fmt: skip
        fid = desk.made(layer)
        path = f"/collections/{layer}/items/{fid}"
        read = as_read(desk, who, path)
        shape = f"SELECT ST_AsBinary(geom), version FROM {layer} WHERE id = :id"
        before = desk.rows(shape, id=fid)
        again = desk.ask(who, "PUT", path, read.json(), If_Match=read.headers["etag"])
        assert (again.status_code, again.headers["etag"]) == (200, read.headers["etag"]), (layer, again.text)
        assert desk.rows(shape, id=fid) == before
        assert history(desk, layer, fid) == []


@pytest.mark.parametrize(
    "patch",
    [
        {**WORDS, "geometry": {"type": "Point", "coordinates": [100.5, 7.1]}},
        {"properties": WORDS, "geometry": {"type": "Point", "coordinates": [100.5, 7.1]}},
        {"type": "Feature", "properties": WORDS, "geometry": {"coordinates": [100.5, 7.1]}},
        {**WORDS, "geom": {"type": "Point", "coordinates": [100.5, 7.1]}},
    ],
)  # fmt: skip
def test_a_patch_changes_what_it_says_and_nothing_else(patch: dict[str, Any], desk: Desk) -> None:
    fid = desk.made("flood_station", name_th="สถานี ก", name_en="Station A")
    before = as_read(desk, "staff", f"{STATION}/{fid}").json()
    assert desk.ask("staff", "PATCH", f"{STATION}/{fid}", patch).status_code == 200
    after = as_read(desk, "staff", f"{STATION}/{fid}").json()
    assert after["geometry"]["coordinates"] == [100.5, 7.1]
    changed = {name for name, value in after["properties"].items() if value != before["properties"][name]}
    assert changed == {"name_th", "name_en"}
    assert (after["properties"]["name_th"], after["properties"]["name_en"]) == ("สถานี ข", None)
    assert history(desk, "flood_station", fid) == [(1, "update", "update", "staff", "http")]


def test_a_patch_that_says_nothing_new_makes_no_version(desk: Desk) -> None:
    fid = desk.made("asset", name_th="ศาลา")
    patches: tuple[dict[str, Any], ...] = (
        {}, {"name_th": "ศาลา"}, {"properties": {}}, {"id": fid}, {"type": "Feature", "id": str(fid)},
    )  # fmt: skip
    for patch in patches:
        answer = desk.ask("staff", "PATCH", f"{ITEMS}/{fid}", patch)
        assert (answer.status_code, answer.json()["version"]) == (200, 1), patch
    assert history(desk, "asset", fid) == []


def test_what_is_deleted_is_gone_and_can_be_restored(desk: Desk) -> None:
    fid = desk.made("asset", name_th="ศาลา")
    path = f"{ITEMS}/{fid}"
    answer = desk.ask("staff", "DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert desk.ask("staff", "GET", path).status_code == 404
    assert desk.ask("staff", "DELETE", path).status_code == 404
    assert history(desk, "asset", fid) == [(1, "delete", "delete", "staff", "http")]
    body = {"version": 1, "reason": "ended by mistake"}
    assert desk.ask("staff", "POST", f"{path}/restore", body, Content_Type="application/json").status_code == 200
    assert as_read(desk, "staff", path).json()["properties"]["name_th"] == "ศาลา"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_is_not_there_cannot_be_changed(method: str, desk: Desk) -> None:
    for fid in ("999999", "0", "-1", "x", "1.5", "9" * 25, "%00"):
        body = None if method == "DELETE" else {} if method == "PATCH" else feature()
        assert desk.ask("staff", method, f"{ITEMS}/{fid}", body).status_code in (400, 404), fid
    assert desk.ask("staff", method, "/collections/nothing/items/1", {}).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_another_id_in_the_body_is_refused(method: str, desk: Desk) -> None:
    fid = desk.made("asset", name_th="ศาลา")
    answer = desk.ask("staff", method, f"{ITEMS}/{fid}", feature(name_th="x") | {"id": fid + 1})
    assert told(answer) == {("other-id", "id")}
    assert desk.ask("staff", method, f"{ITEMS}/{fid}", feature(name_th="x") | {"id": fid}).status_code == 200
    assert told(desk.ask("staff", "POST", ITEMS, feature(name_th="x") | {"id": 7})) == {("read-only", "id")}


def test_the_tag_is_the_same_for_each_way_of_reading(desk: Desk) -> None:
    """Whatever the packing, the format or the language: a tag of the present version is one that counts."""
    fid = desk.made("asset")
    path = f"{ITEMS}/{fid}"
    ways = [{"Accept_Encoding": "gzip"}, {"Accept_Encoding": "identity"}, {"Accept": "application/json"},
            {"Accept": "application/geo+json", "Accept_Language": "en"}]  # fmt: skip
    tags = [desk.ask("staff", "GET", path, **way).headers["etag"] for way in ways]
    assert tags[0] != tags[1]
    tags += [desk.ask("tax", "GET", path).headers["etag"], desk.ask("staff", "HEAD", path).headers["etag"],
             desk.ask("staff", "GET", f"{path}?lang=en").headers["etag"]]  # fmt: skip
    for number, tag in enumerate(tags):
        assert desk.ask("staff", "PATCH", path, {}, If_Match=tag).status_code == 200, number
    written = desk.ask("staff", "PATCH", path, {"capacity": 9}, Accept_Encoding="identity")
    assert written.headers["etag"] == desk.ask("staff", "GET", path, Accept_Encoding="identity").headers["etag"]
    for tag in tags:
        assert desk.ask("staff", "PATCH", path, {}, If_Match=tag).status_code == 412


def test_the_public_learns_of_no_version_and_no_time(desk: Desk) -> None:
    fid = desk.made("asset")
    path = f"{ITEMS}/{fid}"
    before = desk.ask(None, "GET", path)
    assert "last-modified" not in before.headers
    # A column that the public does not see.
    assert desk.ask("staff", "PATCH", path, {"contact": "someone else"}).status_code == 200
    after = desk.ask(None, "GET", path)
    assert dict(after.headers) == dict(before.headers)
    assert desk.ask(None, "GET", path, If_None_Match=before.headers["etag"]).status_code == 304
    # Nor does a member of another town, of a layer that is open to everybody.
    station = f"{STATION}/{desk.made('flood_station')}"
    assert "last-modified" in desk.ask("staff", "GET", station).headers
    elsewhere = desk.ask("neighbour", "GET", station)
    assert "last-modified" not in elsewhere.headers
    assert desk.ask("staff", "PATCH", station, {"name_en": "again"}).status_code == 200
    assert desk.ask("staff", "PATCH", station, {"name_en": None}).status_code == 200


def test_a_past_version_has_its_own_tag_with_which_nothing_is_changed(desk: Desk) -> None:
    fid = desk.made("asset", name_th="ก่อน")
    path = f"{ITEMS}/{fid}"
    assert desk.ask("staff", "PATCH", path, {"name_th": "หลัง"}).status_code == 200
    past = desk.ask("staff", "GET", f"{path}?datetime=2026-02-01T00:00:00Z")
    assert past.json()["properties"]["name_th"] == "ก่อน"
    assert past.headers["last-modified"] == "Mon, 05 Jan 2026 02:00:00 GMT"
    assert desk.ask("staff", "PATCH", path, {}, If_Match=past.headers["etag"]).status_code == 412


def test_edits_show_at_once_to_whoever_asks_next(desk: Desk) -> None:
    fid = desk.made("asset", name_th="ก่อน")
    path = f"{ITEMS}/{fid}"
    assert "ก่อน" in desk.ask(None, "GET", path).text
    desk.ask("staff", "PATCH", path, {"name_th": "หลัง"})
    assert "หลัง" in desk.ask(None, "GET", path).text
