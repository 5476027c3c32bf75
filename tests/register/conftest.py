"""A town with communities and parcels whose taxes are known, and people of every audience who look at them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.settings import Settings
from geo.store.db import writing_engine
from tests.conftest import app_of
from tests.makers import HAT_YAI, make_rows, square
from tests.people.made import make_person
from tests.people.visiting import headers_of

LON, LAT = HAT_YAI
SIDE = 0.01
NOW = dt.datetime(2024, 11, 22, 3, 0, tzinfo=dt.UTC)
HTML = {"Accept": "text/html"}
ASKERS = {
    "partner": "partner municipality 9098", "committee": "community community {one}",
    "staff": "staff municipality 9098", "care": "care municipality 9098", "tax": "tax municipality 9098",
    "steward": "steward municipality 9098", "neighbour": "tax municipality 9099",
    "other staff": "staff municipality 9099",
}  # fmt: skip
NOTHING: dict[str, Any] = {
    "farm_wah": None, "home_wah": None, "other_wah": None, "vacant_wah": None, "vacant_since": None,
    "owner_kind": "person", "main_home": None, "baht_per_wah": None, "appraised_baht": None,
    "land_owner_agency": "private", "document_type": "NS4", "rai": 0, "ngan": 1, "wah": Decimal(0),
    "area_square_metres": 400.0,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Register:
    """The service over the town, the ids of what was made, and what each asker brings along."""

    client: TestClient
    engine: Engine
    made: dict[str, int]
    headers: dict[str, dict[str, str]] = field(repr=False)

    def get(self, path: str, who: str = "", **headers: str) -> Any:
        """An answer as somebody gets it; the public, when nobody is named."""
        return self.client.get(path, headers={**self.headers.get(who, {}), **headers})

    def post(self, path: str, who: str, **form: str) -> Any:
        """The answer to a form sent by a program."""
        return self.client.post(path, data=form, headers=self.headers[who])

    def readings(self) -> list[tuple[str, str, list[int]]]:
        """Who read which records of which layer."""
        with self.engine.begin() as connection:
            found = connection.execute(text("SELECT person, layer, records FROM read_log ORDER BY id")).all()
        return [(one.person, one.layer, list(one.records)) for one in found]

    def tax(self, name: str, year: str = "2024", who: str = "tax", **answers: str) -> Any:
        """The estimate of a parcel as JSON."""
        found = self.post(f"/parcels/{self.made[name]}", who, show="tax", year=year, **answers)
        assert found.status_code == 200, found.text
        return found.json()


@pytest.fixture(scope="module")
def register(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        made = made_in(session)
    for name, grant in ASKERS.items():
        make_person(engine, name.replace(" ", "-"), grant.format(**made))
    app = app_of(Settings(home=tmp_path_factory.mktemp("atlas")), url)
    app.state.now = lambda: NOW
    with TestClient(app, raise_server_exceptions=False) as client:
        headers = {
            name: headers_of(client, name.replace(" ", "-"), scope=grant.split()[0], purpose="an estimate")
            for name, grant in ASKERS.items()
        }
        yield Register(client=client, engine=engine, made=made, headers=headers)
    engine.dispose()


def made_in(session: Session) -> dict[str, int]:
    """Two towns, three communities, and parcels of the vectors of DOMAIN §10.1."""
    for at, code in enumerate(("9098", "9099")):
        make_rows(session, "municipality", code=code, municipality=code, name_th=f"เทศบาล {code}",
                  name_en=f"Town {code}", geom=square(LON + at * 3 * SIDE, LAT, SIDE * 3))  # fmt: skip
    one, two, three = make_rows(
        session, "community", count=3, name_th=["ชุมชนหนึ่ง", "ชุมชนสอง", "ชุมชนสาม"], name_en=["One", "Two", "Three"],
        aliases=None, geom=[square(LON + at * SIDE, LAT, SIDE) for at in range(3)],
    )  # fmt: skip
    made = {"one": one, "two": two, "three": three}
    parcels: dict[str, dict[str, Any]] = {
        # T7: another residence of 2,760,000 baht: 552. T16: the manual's case: 3,360,000 baht, main home, no tax.
        "t7": {"home_wah": Decimal(100), "main_home": "not_main", "baht_per_wah": Decimal(27_600)},
        "t16": {"home_wah": Decimal(100), "main_home": "land_and_house", "baht_per_wah": Decimal(30_000)},
        "commercial": {"land_use": "commercial", "baht_per_wah": Decimal(500_000)},
        "bare": {"land_use": "residential", "rai": None, "ngan": None, "wah": None},
        "mosque": {"other_wah": Decimal(100), "owner_kind": "religious", "baht_per_wah": Decimal(10_000),
                   "land_owner_agency": "mosque", "document_type": "MASJID"},
        "vacant": {"vacant_wah": Decimal(100), "vacant_since": 2020, "baht_per_wah": Decimal(10_000)},
        "railway": {"land_use": "residential", "document_type": "SRT", "land_owner_agency": "railway"},
    }  # fmt: skip
    for at, (name, words) in enumerate(parcels.items()):
        (made[name],) = make_rows(
            session, "parcel", **{**NOTHING, **words}, parcel_code=f"01A{at:03d}", zone="01", block="A",
            lot=f"{at:03d}", community_id=one, owner_name="secret-owner", deed_no="secret-deed",
            owner_address="secret-address", geom=square(LON + 0.0004 * at, LAT, 0.0004),
        )  # fmt: skip
    (made["house"],) = make_rows(
        session, "building", parcel_id=made["t16"], floor_area_square_metres=Decimal(80), structure="timber",
        year_built=2014, baht_per_square_metre=Decimal(7_500), appraised_baht=None, use="residential",
        building_code="01A001/B1", building_type="100", storeys=1,
    )  # fmt: skip
    (made["shop"],) = make_rows(
        session, "building", parcel_id=made["commercial"], floor_area_square_metres=None, area_square_metres=100.0,
        storeys=2, structure="masonry", year_built=2014, baht_per_square_metre=None, appraised_baht=None,
        use="commercial", building_code="01A002/B1", building_type="400",
    )  # fmt: skip
    (made["sign"],) = make_rows(
        session, "sign_board", parcel_id=made["commercial"], kind="thai_with_other", moving=False, width_cm=200,
        height_cm=100, faces=1, sign_code="S-1", owner_name="secret-sign-owner",
    )  # fmt: skip
    return made
