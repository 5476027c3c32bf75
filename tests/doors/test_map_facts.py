"""How old a layer is, to which days it goes back, and classes of a number: as much as the asker may know."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.makers import make_rows, release_all, rewrite
from tests.people.made import make_person
from tests.people.visiting import headers_of

JANUARY, JUNE = dt.datetime(2026, 1, 5, 3, tzinfo=dt.UTC), dt.datetime(2026, 6, 1, 20, tzinfo=dt.UTC)


@pytest.fixture
def town(engine: Engine) -> None:
    """Shelters surveyed in February 2024 and changed in 2026, parcels of five sizes; the neighbours changed later."""
    with Session(engine) as session, session.begin():
        shelters = make_rows(session, "asset", count=3)
        make_rows(session, "risk_point", status="reported", seen_on=dt.date(2026, 10, 1))
        make_rows(session, "risk_point", status="verified", seen_on=dt.date(2025, 10, 1))
        make_rows(session, "risk_point", status="verified", seen_on=dt.date(2999, 1, 1))
        make_rows(session, "parcel", count=100, step=0.0001, rai=list(range(100)))
        make_rows(session, "household", count=8, geom="SRID=4326;POINT(100.4729 7.0160)")
        theirs = make_rows(session, "asset", municipality="9099")
        for name in ("asset", "risk_point", "parcel", "household"):
            session.execute(text(f"UPDATE {name} SET changed_at = :at"), {"at": JANUARY})
        rewrite(session, "asset", shelters[:1], JUNE, capacity=7)
        rewrite(session, "asset", theirs, dt.datetime(2026, 8, 1, tzinfo=dt.UTC), capacity=7)
        release_all(session)


def ages(client: TestClient, **headers: str) -> dict[str, Any]:
    answer = client.get("/map/ages?layers=asset,risk_point,parcel,household", headers=headers)
    assert answer.status_code == 200
    return {name: one["on"] for name, one in answer.json()["layers"].items()}


@pytest.mark.usefixtures("town")
def test_the_public_is_told_the_days_that_are_public(client: TestClient) -> None:
    # Not when a row was written, nor a day that nobody verified or that is yet to come.
    assert ages(client) == {
        "asset": "2024-02-29",
        "risk_point": "2025-10-01",
        "parcel": None,
        "household": "2026-01-01",
    }
    told = client.get("/map/ages?layers=asset,parcel").json()["layers"]
    assert told["asset"]["told"] == {"th": "29 ก.พ. 2567", "en": "29 Feb 2024"}
    assert told["parcel"]["told"] == {"th": "ไม่ทราบวันที่ของข้อมูล", "en": "date not known"}


@pytest.mark.usefixtures("town")
def test_a_member_is_told_the_newest_change_in_their_own_town(engine: Engine, client: TestClient) -> None:
    make_person(engine, "somchai", "staff municipality 9098")
    make_person(engine, "malee", "partner municipality 9098")
    mine = ages(client, **headers_of(client, "somchai"))
    # The second of June where the town is, though not yet in Greenwich.
    assert mine == {
        "asset": "2026-06-02",
        "risk_point": "2026-01-05",
        "parcel": "2026-01-05",
        "household": "2026-01-05",
    }
    assert ages(client, **headers_of(client, "malee"))["asset"] == "2024-02-29"


@pytest.mark.usefixtures("town")
def test_members_alone_are_told_the_days_of_change(engine: Engine, client: TestClient) -> None:
    make_person(engine, "somchai", "staff municipality 9098")
    make_person(engine, "malee", "partner municipality 9098")
    answer = client.get("/map/days?layers=asset,parcel", headers=headers_of(client, "somchai"))
    assert answer.json() == {"days": ["2026-01-05", "2026-06-02"]}
    assert answer.headers["cache-control"] == "private, no-store"
    assert client.get("/map/days?layers=asset").status_code == 401
    assert client.get("/map/days?layers=asset", headers=headers_of(client, "malee")).status_code == 401


@pytest.mark.usefixtures("town")
def test_classes_hold_about_as_many_each(client: TestClient) -> None:
    told = client.get("/map/classes?layer=parcel&property=rai").json()
    assert told == {"layer": "parcel", "property": "rai", "starts": [19.0, 39.0, 59.0, 79.0], "low": 0.0, "high": 99.0,
                    "without": 0}  # fmt: skip


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    "name", ["appraised_baht", "deed_no", "vacant_since", "surveyed_on", "land_use", "nothing", "id"]
)
def test_what_is_no_number_of_the_askers_is_told_as_none_at_all(name: str, client: TestClient) -> None:
    answer = client.get(f"/map/classes?layer=parcel&property={name}")
    assert answer.status_code == 400
    assert answer.json()["detail_en"] == f"Unknown parameter '{name}'"
    assert client.get("/map/classes?layer=household&property=residents").status_code == 400


def test_a_layer_of_nothing_has_no_classes_and_no_age(client: TestClient) -> None:
    assert client.get("/map/classes?layer=parcel&property=rai").json()["starts"] == []
    assert ages(client)["asset"] is None
    assert client.get("/map/ages?layers=no_such").status_code == 404
