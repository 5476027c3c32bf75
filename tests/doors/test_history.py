"""What a row was: its versions, the past of a collection, and bringing a version back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.store.audit import verified
from geo.store.tokens import make_token
from geo.store.write import Act, close
from layers import LAYERS
from tests.makers import make_rows, point, release_all, rewrite, square
from tests.people.made import make_person
from tests.people.visiting import bearer, csrf_on, sign_in, token_for

BEGAN = dt.datetime(2026, 1, 5, 2, 0, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 2, 5, 2, 0, tzinfo=dt.UTC)
LAST = dt.datetime(2026, 3, 5, 2, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def made(engine: Engine, layer: str, **values: Any) -> list[int]:
    with Session(engine) as session, session.begin():
        return make_rows(session, layer, **{"changed_at": BEGAN, **values})


def changed(engine: Engine, layer: str, ids: list[int], at: dt.datetime, **values: Any) -> None:
    with Session(engine) as session, session.begin():
        rewrite(session, layer, ids, at, **values)


def ended(engine: Engine, layer: str, fid: int, at: dt.datetime = LAST) -> None:
    with Session(engine) as session, session.begin():
        close(session, LAYERS[layer], fid, act=Act(by="a tester", origin="test", at=at, reason="torn down"))


def someone(engine: Engine, client: TestClient, grant: str, login: str = "nok") -> dict[str, str]:
    """The header of a new person with one grant."""
    make_person(engine, login, grant)
    scope = grant.split()[0]
    purpose = {"purpose": "looking into the past"} if scope in ("care", "tax") else {}
    return bearer(token_for(client, login, scope=scope, **purpose).json()["access_token"])


def then(at: dt.datetime) -> dict[str, str]:
    return {"datetime": at.isoformat()}


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["properties"]["name_th"] for one in answer.json()["features"]]


def restored(client: TestClient, at: str, headers: dict[str, str], version: object = 1, **more: str) -> Any:
    body = {"version": version, "reason": "changed by mistake"}
    return client.post(f"/collections/{at}/restore", json=body, headers=headers | more)


# Versions


def test_versions_tell_what_was_when_by_whom_and_why(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset", name_th="ศาลาเก่า")
    changed(engine, "asset", [fid], LATER, name_th="ศาลาใหม่")
    ended(engine, "asset", fid)
    headers = someone(engine, client, "staff municipality 9098")
    answer = client.get(f"/collections/asset/items/{fid}/versions", headers=headers)
    assert answer.headers["cache-control"] == "private, no-store"
    new, old = answer.json()["versions"]
    assert (old["version"], old["operation"], old["properties"]["name_th"]) == (1, "load", "ศาลาเก่า")
    assert (old["valid_from"], old["valid_to"]) == (BEGAN.isoformat(), LATER.isoformat())
    assert "ended" not in old
    assert (new["version"], new["operation"], new["properties"]["name_th"]) == (2, "update", "ศาลาใหม่")
    assert (new["made_by"], new["origin"], new["reason"]) == ("a tester", "test", "looked at again")
    assert (new["ended"]["operation"], new["ended"]["reason"], new["ended"]["at"]) == (
        "delete", "torn down", LAST.isoformat()
    )  # fmt: skip


def test_the_page_of_versions_says_the_same_and_escapes_it(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset", name_th="<b>ศาลา</b>")
    changed(engine, "asset", [fid], LATER, name_th="ใหม่")
    headers = someone(engine, client, "staff municipality 9098")
    page = client.get(f"/collections/asset/items/{fid}/versions", headers=headers, params={"f": "html"})
    assert page.headers["cache-control"] == "private, no-store"
    assert "&lt;b&gt;ศาลา&lt;/b&gt;" in page.text
    assert "a tester" in page.text
    assert "5 ก.พ. 2569" in page.text
    item = client.get(f"/collections/asset/items/{fid}", headers=headers, params={"f": "html"}).text
    assert f"/collections/asset/items/{fid}/versions?f=html" in item


def test_versions_come_in_pages(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset")
    for number in range(6):
        changed(engine, "asset", [fid], LATER + HOUR * number, name_th=f"ชื่อ {number}")
    headers = someone(engine, client, "staff municipality 9098")
    seen, address = [], f"/collections/asset/items/{fid}/versions?limit=3"
    while address:
        answer = client.get(address, headers=headers).json()
        seen += [one["version"] for one in answer["versions"]]
        address = next((link["href"] for link in answer["links"] if link["rel"] == "next"), "")
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def features_of(answer: Any) -> Any:
    """What an answer says, without its links and the time of day."""
    told = answer.json()
    return answer.status_code, {
        name: one for name, one in told.items() if name not in ("links", "timeStamp", "instance")
    }


@pytest.mark.parametrize("name", LAYERS)
def test_the_public_and_partners_learn_of_no_past(name: str, engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, name)
    with Session(engine) as session, session.begin():
        release_all(session)
    partner = someone(engine, client, "partner municipality 9098")
    at = f"/collections/{name}/items"
    for headers in ({}, partner):
        told = [client.get(f"{at}/{one}/versions", headers=headers) for one in (fid, 999_999)]
        assert [one.status_code for one in told] == [404, 404]
        assert told[0].json()["detail"].replace(str(fid), "…") == told[1].json()["detail"].replace("999999", "…")
        for address in (at, f"{at}/{fid}"):
            now = client.get(address, headers=headers)
            for value in (BEGAN.isoformat(), LATER.isoformat(), "2020-01-01/..", "0001-01-01"):
                # Features without a time of their own are in every span of time, as they are now.
                then_told = client.get(address, headers=headers, params={"datetime": value})
                assert features_of(then_told) == features_of(now)
            for value in ("../..", "nonsense", ""):
                refused = client.get(address, headers=headers, params={"datetime": value})
                assert refused.status_code == 400
        assert "versions" not in client.get(f"{at}/{fid}", headers=headers).text


@pytest.mark.parametrize("name", LAYERS)
def test_a_member_sees_the_versions_of_the_own_area_and_of_no_other(
    name: str, engine: Engine, client: TestClient
) -> None:
    """Of an open layer too: what lies open today need not have done so."""
    came, left = made(engine, name, count=2, municipality=["9099", "9098"])
    changed(engine, name, [came], LATER, municipality="9098")
    changed(engine, name, [left], LATER, municipality="9099")
    here = someone(engine, client, "staff municipality 9098")
    there = someone(engine, client, "staff municipality 9099", login="lek")

    def seen(headers: dict[str, str], fid: int) -> list[int]:
        answer = client.get(f"/collections/{name}/items/{fid}/versions", headers=headers)
        return [one["version"] for one in answer.json().get("versions", ())]

    def held(headers: dict[str, str], at: dt.datetime) -> list[int]:
        found = client.get(f"/collections/{name}/items", headers=headers, params=then(at)).json()["features"]
        return [one["id"] for one in found]

    assert [seen(here, came), seen(here, left)] == [[2], [1]]
    assert [seen(there, came), seen(there, left)] == [[1], [2]]
    assert [held(here, BEGAN), held(here, LATER)] == [[left], [came]]
    assert [held(there, BEGAN), held(there, LATER)] == [[came], [left]]
    gone = client.get(f"/collections/{name}/items/{left}", headers=here, params=then(LATER))
    assert gone.status_code == 404


def test_a_committee_sees_the_past_of_its_own_community(engine: Engine, client: TestClient) -> None:
    mine, other = made(engine, "community", count=2)
    came, left = made(engine, "asset", count=2, community_id=[other, mine])
    changed(engine, "asset", [came], LATER, community_id=mine)
    changed(engine, "asset", [left], LATER, community_id=other)
    headers = someone(engine, client, f"community community {mine}")
    at = "/collections/asset/items"
    assert [one["version"] for one in client.get(f"{at}/{came}/versions", headers=headers).json()["versions"]] == [2]
    assert [one["version"] for one in client.get(f"{at}/{left}/versions", headers=headers).json()["versions"]] == [1]
    assert [one["id"] for one in client.get(at, headers=headers, params=then(BEGAN)).json()["features"]] == [left]


@pytest.mark.parametrize(
    ("audience", "layer", "own", "hidden"),
    [
        ("care", "household", "head_name", None), ("tax", "parcel", "owner_name", None),
        ("staff", "household", "house_no", "head_name"), ("staff", "parcel", "parcel_code", "owner_name"),
        ("community", "asset", "name_th", "contact"), ("tax", "household", "house_no", "head_name"),
    ],
)  # fmt: skip
def test_versions_have_the_columns_of_the_audience_and_no_other(
    audience: str, layer: str, own: str, hidden: str | None, engine: Engine, client: TestClient
) -> None:
    (fid,) = made(engine, layer, **{own: "old"}, **({hidden: "secret of old"} if hidden else {}))
    changed(engine, layer, [fid], LATER, **{own: "new"})
    headers = someone(engine, client, f"{audience} municipality 9098")
    told = client.get(f"/collections/{layer}/items/{fid}/versions", headers=headers)
    assert [one["properties"][own] for one in told.json()["versions"]] == ["new", "old"]
    past = client.get(f"/collections/{layer}/items/{fid}", headers=headers, params=then(BEGAN))
    assert past.json()["properties"][own] == "old"
    if hidden:
        assert hidden not in told.text + past.text
        assert "secret of old" not in told.text + past.text
        refused = client.get(f"/collections/{layer}/items", headers=headers, params=then(BEGAN) | {hidden: "x"})
        assert refused.status_code == 400


@pytest.mark.parametrize(("audience", "layer"), [("care", "household"), ("tax", "parcel")])
def test_reading_the_past_by_name_is_written_down(
    audience: str, layer: str, engine: Engine, client: TestClient
) -> None:
    (fid,) = made(engine, layer)
    headers = someone(engine, client, f"{audience} municipality 9098")
    client.get(f"/collections/{layer}/items/{fid}/versions", headers=headers)
    client.get(f"/collections/{layer}/items/{fid}", headers=headers, params=then(LATER))
    client.get(f"/collections/{layer}/items/999999/versions", headers=headers)
    with Session(engine) as session:
        doors = session.execute(text("SELECT door, records FROM read_log ORDER BY id")).all()
        assert verified(session).first_broken is None
    item = "/collections/{collection}/items/{fid}"
    assert [tuple(one) for one in doors] == [(f"{item}/versions", [fid]), (item, [fid])]


# The past of a collection


def test_a_collection_is_read_as_it_was(engine: Engine, client: TestClient) -> None:
    kept, altered, gone = made(engine, "asset", count=3, name_th=["ก", "ข", "ค"])
    changed(engine, "asset", [altered], LATER, name_th="ข ใหม่")
    ended(engine, "asset", gone)
    made(engine, "asset", name_th="ง", changed_at=LAST + HOUR)
    headers = someone(engine, client, "staff municipality 9098")

    def at(moment: dt.datetime) -> list[str]:
        return names(client.get("/collections/asset/items", headers=headers, params=then(moment)))

    assert at(BEGAN - HOUR) == []
    assert at(BEGAN) == ["ก", "ข", "ค"]
    assert at(LATER - dt.timedelta(microseconds=1)) == ["ก", "ข", "ค"]
    assert at(LATER) == ["ก", "ข ใหม่", "ค"]
    assert at(LAST) == ["ก", "ข ใหม่"]
    assert at(LAST + HOUR) == at(LAST + 10_000 * HOUR) == ["ก", "ข ใหม่", "ง"]
    item = f"/collections/asset/items/{gone}"
    assert client.get(item, headers=headers).status_code == 404
    assert client.get(item, headers=headers, params=then(LATER)).json()["properties"]["name_th"] == "ค"
    assert kept


def test_filters_boxes_and_pages_work_in_the_past(engine: Engine, client: TestClient) -> None:
    ids = made(engine, "asset", count=9, name_th=[f"เดิม {n % 2}" for n in range(9)])
    changed(engine, "asset", ids[::2], LATER, name_th="ใหม่")
    headers = someone(engine, client, "staff municipality 9098")
    at = "/collections/asset/items"
    found = client.get(at, headers=headers, params=then(BEGAN) | {"name_th": "เดิม 0"}).json()["features"]
    assert [one["id"] for one in found] == ids[::2]
    assert client.get(at, headers=headers, params=then(LATER) | {"name_th": "เดิม 0"}).json()["features"] == []
    seen, address = [], client.get(at, headers=headers, params=then(BEGAN) | {"limit": "2"}).json()
    while True:
        seen += [one["id"] for one in address["features"]]
        following = [link["href"] for link in address["links"] if link["rel"] == "next"]
        if not following:
            break
        assert "datetime=2026-01-05T02%3A00%3A00%2B00%3A00" in following[0]
        address = client.get(following[0], headers=headers).json()
    assert seen == ids


def test_a_box_takes_what_lay_in_it_then(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset", geom=point(100.40, 7.0))
    changed(engine, "asset", [fid], LATER, name_th="ใหม่")
    with engine.begin() as connection:
        connection.execute(text("UPDATE asset SET geom = ST_SetSRID(ST_MakePoint(100.60, 7.0), 4326)"))
    headers = someone(engine, client, "staff municipality 9098")

    def found(moment: dt.datetime, bbox: str) -> int:
        params = then(moment) | {"bbox": bbox}
        answer = client.get("/collections/asset/items", headers=headers, params=params)
        return len(answer.json()["features"])

    old, new = "100.39,6.9,100.41,7.1", "100.59,6.9,100.61,7.1"
    assert [found(BEGAN, old), found(BEGAN, new), found(LATER, old), found(LATER, new)] == [1, 0, 0, 1]


@pytest.mark.parametrize(
    "value",
    [
        "nonsense", "", "2026-03-01T00:00:00", "../..", "/", "2026-03-01T00:00:00Z/2026-01-01T00:00:00Z",
        "2026-03-01/2026-01-01", "P1D/P1D", "2026-03-01/P", "../P1D", "2026-02-31T00:00:00Z", "2026-03-01T25:00:00Z",
        "2026-03-01T00:00:00 07:00", "2026-03-01 00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
        "20260301T000000Z", "๒๕๖๙-03-01T00:00:00Z", "2026-W10-1T00:00:00Z", "2026-03-01T00:00:00+99:00",
    ],
)  # fmt: skip
def test_what_is_no_instant_is_refused_with_words(value: str, engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset")
    headers = someone(engine, client, "staff municipality 9098")
    for address in ("/collections/asset/items", f"/collections/asset/items/{fid}"):
        answer = client.get(address, headers=headers, params={"datetime": value})
        assert answer.status_code == 400
        assert "RFC 3339" in answer.json()["detail_en"]


@pytest.mark.parametrize(
    "value", ["2026-02-05T02:00:00Z", "2026-02-05t02:00:00z", "2026-02-05T09:00:00+07:00", "2026-02-05T02:00:00.5Z",
              "9999-12-31T23:59:59Z"]
)  # fmt: skip
def test_an_instant_is_read_as_the_standard_writes_it(value: str, engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset", name_th="เดิม")
    changed(engine, "asset", [fid], LATER, name_th="ใหม่")
    headers = someone(engine, client, "staff municipality 9098")
    for more in ({}, {"f": "html"}):
        answer = client.get(f"/collections/asset/items/{fid}", headers=headers, params={"datetime": value, **more})
        assert answer.status_code == 200
        assert "ใหม่" in answer.text


# Restoring


def test_a_closed_version_comes_back_as_the_next(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "parcel", owner_name="made-up owner", land_use=None)
    changed(engine, "parcel", [fid], LATER, owner_name="somebody else")
    headers = someone(engine, client, "tax municipality 9098")
    answer = restored(client, f"parcel/items/{fid}", headers, **{"If-Match": '"2"'})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["version"], answer.json()["restored"], answer.headers["etag"]) == (3, 1, '"3"')
    found = client.get(f"/collections/parcel/items/{fid}/versions", headers=headers).json()["versions"]
    assert [one["properties"]["owner_name"] for one in found] == ["made-up owner", "somebody else", "made-up owner"]
    assert [one["operation"] for one in found] == ["restore", "update", "load"]
    assert (found[0]["made_by"], found[0]["reason"], found[0]["origin"]) == ("nok", "changed by mistake", "http")
    assert found[0]["valid_from"] == found[1]["valid_to"]


def test_restoring_twice_makes_one_version(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset", name_th="เดิม")
    changed(engine, "asset", [fid], LATER, name_th="ใหม่")
    headers = someone(engine, client, "staff municipality 9098")
    assert [restored(client, f"asset/items/{fid}", headers).json()["version"] for _ in range(2)] == [3, 3]


def test_a_deleted_row_comes_back_under_its_own_id_again_and_again(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset", name_th="เดิม")
    changed(engine, "asset", [fid], LATER, name_th="ใหม่")
    ended(engine, "asset", fid)
    headers = someone(engine, client, "staff municipality 9098")
    item = f"/collections/asset/items/{fid}"
    assert restored(client, f"asset/items/{fid}", headers, version=2).json()["version"] == 3
    assert client.get(item, headers=headers).json()["properties"]["name_th"] == "ใหม่"
    assert client.get(item, headers=headers, params=then(LAST)).status_code == 404
    ended(engine, "asset", fid, at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
    assert restored(client, f"asset/items/{fid}", headers, version=1).json()["version"] == 4
    assert client.get(item, headers=headers).json()["properties"]["name_th"] == "เดิม"
    told = client.get(f"{item}/versions", headers=headers).json()["versions"]
    assert [(one["version"], one["operation"]) for one in told] == [
        (4, "restore"), (3, "restore"), (2, "update"), (1, "load")
    ]  # fmt: skip
    assert [one["version"] for one in told if "ended" in one] == [3, 2]


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_brings_back_the_whole_row(name: str, engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, name)
    kept = [column.name for column in LAYERS[name].history.columns if not column.name.startswith("closed_")]
    same = [one for one in kept if one not in ("version", "changed_at", "change_id")]
    whole = text(f"SELECT {', '.join(same)} FROM {name} WHERE id = {fid}")
    with engine.connect() as connection:
        before = connection.execute(whole).one()
    ended(engine, name, fid)
    editors = LAYERS[name].editors
    headers = someone(engine, client, f"{'staff' if editors == 'community' else editors} municipality 9098")
    assert restored(client, f"{name}/items/{fid}", headers).status_code == 200
    with engine.connect() as connection:
        assert connection.execute(whole).one() == before


def test_nobody_undoes_what_they_cannot_see(engine: Engine, client: TestClient) -> None:
    (community,) = made(engine, "community")
    changes, gone = made(engine, "asset", count=2, community_id=community, name_th="เดิม", contact="old")
    changed(engine, "asset", [changes, gone], LATER, name_th="ใหม่", contact="new")
    ended(engine, "asset", gone)
    committee = someone(engine, client, f"community community {community}")
    for fid in (changes, gone):
        assert restored(client, f"asset/items/{fid}", committee).json()["version"] == 3
    with engine.connect() as connection:
        found = connection.execute(text("SELECT name_th, contact FROM asset")).all()
    assert [tuple(one) for one in found] == [("เดิม", "new")] * 2


def test_what_a_version_was_linked_to_and_is_gone_stays_open(engine: Engine, client: TestClient) -> None:
    first, second = made(engine, "community", count=2)
    (fid,) = made(engine, "asset", community_id=first, community_link="given")
    changed(engine, "asset", [fid], LATER, community_id=second)
    ended(engine, "community", first)
    headers = someone(engine, client, "staff municipality 9098")
    assert restored(client, f"asset/items/{fid}", headers).status_code == 200
    with engine.connect() as connection:
        assert tuple(connection.execute(text("SELECT community_id, community_link FROM asset")).one()) == (None, None)


def test_a_link_to_what_is_out_of_sight_stays_with_the_row(engine: Engine, client: TestClient) -> None:
    """Who works in a shared area sees a row there, and not the community that it is linked to."""
    (canal,) = made(engine, "shared_area", municipalities="9098")
    (away,) = made(engine, "community", geom=square(100.6, 7.2, 0.01))
    (fid,) = made(engine, "asset", name_th="เดิม", community_id=away, community_link="given")
    changed(engine, "asset", [fid], LATER, name_th="ใหม่")
    headers = someone(engine, client, f"staff shared_area {canal}")
    assert restored(client, f"asset/items/{fid}", headers).status_code == 200
    with engine.connect() as connection:
        found = connection.execute(text("SELECT name_th, community_id, community_link FROM asset")).one()
    assert tuple(found) == ("เดิม", away, "given")


@pytest.mark.parametrize("deleted", [False, True])
def test_a_lost_race_is_412(deleted: bool, engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset", name_th="เดิม")
    changed(engine, "asset", [fid], LATER, name_th="ใหม่")
    if deleted:
        ended(engine, "asset", fid)
    headers = someone(engine, client, "staff municipality 9098")
    assert restored(client, f"asset/items/{fid}", headers, **{"If-Match": '"1"'}).status_code == 412
    assert restored(client, f"asset/items/{fid}", headers, **{"If-Match": '"2"'}).status_code == 200
    assert restored(client, f"asset/items/{fid}", headers, **{"If-Match": '"2"'}).status_code == 412


def test_who_may_not_restore(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "parcel", owner_name="made-up owner")
    changed(engine, "parcel", [fid], LATER, owner_name="somebody else")
    at = f"parcel/items/{fid}"
    only_reads = someone(engine, client, "tax municipality 9098", "reader")
    with engine.begin() as connection:
        connection.execute(text("UPDATE bearer_token SET may_write = false"))
    assert restored(client, at, {}).status_code == 401
    assert restored(client, at, only_reads).status_code == 403
    assert restored(client, at, someone(engine, client, "staff municipality 9098", "staff")).status_code == 403
    assert restored(client, at, someone(engine, client, "steward municipality 9098", "steward")).status_code == 403
    elsewhere = someone(engine, client, "tax municipality 9099", "elsewhere")
    partner = someone(engine, client, "partner municipality 9098", "partner")
    here = someone(engine, client, "tax municipality 9098", "here")
    for headers in (elsewhere, partner):
        told = restored(client, at, headers)
        never = restored(client, "parcel/items/999999", headers)
        assert (told.status_code, never.status_code) == (404, 404)
        assert told.json()["detail"].replace(str(fid), "…") == never.json()["detail"].replace("999999", "…")
    assert restored(client, at, here, version=9).status_code == 404
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT owner_name FROM parcel")) == "somebody else"
        assert connection.scalar(text("SELECT count(*) FROM change WHERE operation = 'restore'")) == 0


@pytest.mark.parametrize("deleted", [False, True])
def test_a_row_that_moved_is_restored_by_neither_town_across_the_border(
    deleted: bool, engine: Engine, client: TestClient
) -> None:
    (fid,) = made(engine, "parcel", municipality="9098")
    changed(engine, "parcel", [fid], LATER, municipality="9099")
    if deleted:
        ended(engine, "parcel", fid)
    before = someone(engine, client, "tax municipality 9098", "before")
    after = someone(engine, client, "tax municipality 9099", "after")
    assert restored(client, f"parcel/items/{fid}", before).status_code == 404
    assert restored(client, f"parcel/items/{fid}", after).status_code == 404
    assert restored(client, f"parcel/items/{fid}", after, version=2).status_code == (200 if deleted else 400)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"version": 1}, {"reason": "why"}, {"version": 0, "reason": "why"}, {"version": "one", "reason": "why"},
        {"version": 1.5, "reason": "why"}, {"version": 10**12, "reason": "why"}, {"version": 1, "reason": " "},
        {"version": 1, "reason": "\x00"}, {"version": 2, "reason": "the present one"}, [1],
    ],
)  # fmt: skip
def test_a_restore_that_makes_no_sense_is_400(body: Any, engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset", name_th="เดิม")
    changed(engine, "asset", [fid], LATER, name_th="ใหม่")
    headers = someone(engine, client, "staff municipality 9098")
    at = f"/collections/asset/items/{fid}/restore"
    assert client.post(at, json=body, headers=headers).status_code == 400
    good = {"version": 1, "reason": "why"}
    assert client.post(at, json=good, headers=headers | {"If-Match": "soon"}).status_code == 400


def test_a_browser_restores_only_with_the_proof_of_its_own_page(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "asset", name_th="เดิม")
    changed(engine, "asset", [fid], LATER, name_th="ใหม่")
    make_person(engine, "nok", "staff municipality 9098")
    sign_in(client, "nok")
    assert restored(client, f"asset/items/{fid}", {}).status_code == 403
    proof = {"x-csrf-token": csrf_on(client, "/auth/me")}
    assert restored(client, f"asset/items/{fid}", proof).status_code == 200


def test_the_first_token_of_a_town_restores_anywhere(engine: Engine, client: TestClient) -> None:
    (fid,) = made(engine, "parcel", owner_name="made-up owner")
    changed(engine, "parcel", [fid], LATER, owner_name="somebody else", municipality="9099")
    with Session(engine) as session, session.begin():
        token = bearer(make_token(session, "an officer"))
    assert restored(client, "parcel/items/999999", token).status_code == 404
    assert restored(client, f"parcel/items/{fid}", token, version=9).status_code == 404
    assert restored(client, f"parcel/items/{fid}", token).json()["version"] == 3
    with engine.connect() as connection:
        assert tuple(connection.execute(text("SELECT owner_name, municipality FROM parcel")).one()) == (
            "made-up owner", "9098"
        )  # fmt: skip
    # It writes; what was is not told to it.
    assert client.get(f"/collections/parcel/items/{fid}/versions", headers=token).status_code == 404
