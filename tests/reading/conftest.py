"""Two towns with a canal between them, communities of different sizes, and people who may see more or less of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from api.settings import Settings
from geo.store.db import writing_engine
from tests.conftest import app_of
from tests.makers import HAT_YAI, make_rows, point, release_all, square
from tests.people.made import make_person
from tests.people.visiting import headers_of

LON, LAT = HAT_YAI
SIDE = 0.01
TODAY = dt.datetime(2026, 11, 22, 3, 0, tzinfo=dt.UTC)
HTML = {"Accept": "text/html"}
EVIL = '<img src=x onerror=alert(1)>"${x}'
ASKERS = {
    "staff": "staff municipality 9098", "neighbour": "staff municipality 9099",
    "committee": "community community {one}", "other committee": "community community {two}",
    "partner": "partner municipality 9098", "care": "care municipality 9098",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class World:
    """The service, ids of what was made, and who asks."""

    client: TestClient
    one: int
    two: int
    three: int
    over: int
    canal: int
    headers: dict[str, dict[str, str]]

    def page(self, path: str, who: str = "", **headers: str) -> str:
        """A page as somebody gets it; the public, when nobody is named."""
        found = self.client.get(path, headers={**HTML, **self.headers.get(who, {}), **headers})
        assert found.status_code == 200, (path, found.status_code, found.text[:300])
        return found.text

    def json(self, path: str, who: str = "") -> Any:
        """The same as a program gets it."""
        found = self.client.get(f"{path}{'&' if '?' in path else '?'}f=json", headers=self.headers.get(who, {}))
        assert found.status_code == 200, (path, found.text[:300])
        return found.json()


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        made = made_in(session)
        release_all(session)
    for name, grant in ASKERS.items():
        make_person(engine, name, grant.format(**made))
    engine.dispose()
    app = app_of(Settings(home=tmp_path_factory.mktemp("atlas")), url)
    app.state.now = lambda: TODAY
    with TestClient(app, raise_server_exceptions=False) as client:
        headers = {
            name: headers_of(client, name, scope=grant.split()[0], purpose="reading") for name, grant in ASKERS.items()
        }
        yield World(client=client, headers=headers, **made)


def made_in(session: Session) -> dict[str, int]:
    """Communities side by side eastward; the fourth is another town's, and a canal runs through all of them."""
    for at, (code, name) in enumerate((("9098", "เทศบาลหนึ่ง"), ("9099", "เทศบาลสอง"))):
        make_rows(session, "municipality", code=code, municipality=code, name_th=name, name_en=f"Town {code}",
                  registered_people=150_000, people_by_rolls=310_000,
                  geom=square(LON + at * 3 * SIDE, LAT, SIDE * 3))  # fmt: skip
    ids = [
        make_rows(
            session, "community", name_th=name, name_en=english, geom=square(LON + at * SIDE, LAT, SIDE), aliases=None,
            municipality="9098" if at < 3 else "9099", registered_people=registered, present_people=present,
            counted_on="2026-10-01", present_on="2026-09-30" if present else None,
            present_source="สำรวจสมมติ" if present else None, registered_source="ทะเบียนสมมติ",
        )[0]
        for at, (name, english, registered, present) in enumerate((
            ("ชุมชนหนึ่ง", "One", 200, 250), ("ชุมชนสอง", EVIL, 400, None), ("ชุมชนสาม", "Three", 100, 80),
            ("ชุมชนข้ามเขต", "Over the border", 50, 60),
        ))
    ]  # fmt: skip
    one, two, three, over = ids
    make_rows(session, "risk_point", count=4, community_id=one, likelihood=5, severity=5, kind="FLD-SURF",
              status=["verified", "verified", "reported", "reported"], geom=point(LON + SIDE / 2, LAT + SIDE / 2),
              seen_on=["2026-11-01", "2025-01-05", "2026-11-01", "2026-11-01"])  # fmt: skip
    make_rows(session, "risk_point", community_id=two, status="verified", geom=point(LON + SIDE * 1.5, LAT + 0.001))
    make_rows(session, "risk_point", community_id=over, municipality="9099", status="verified",
              geom=point(LON + SIDE * 3.5, LAT + SIDE / 2))  # fmt: skip
    make_rows(session, "risk_zone", status="verified", geom=square(LON + SIDE * 0.9, LAT, SIDE * 0.2))
    make_rows(session, "parcel", count=3, land_use=["residential", "residential", "vacant"], community_id=one,
              area_square_metres=[400.0, 400.0, 1600.0], geom=square(LON + 0.001, LAT + 0.001, 0.0005))  # fmt: skip
    make_rows(session, "asset", count=2, community_id=one, kind="shelter", open_in_flood=[True, False], capacity=120,
              geom=point(LON + SIDE / 2, LAT + SIDE / 2 + 0.001))  # fmt: skip
    # Of the first community: seven own their home, six rent, two live with others.
    homes = ["1"] * 7 + ["3"] * 6 + ["2"] * 2
    make_rows(session, "household", count=15, tenure=homes, community_id=one, registration="1", residents=3,
              geom=point(LON + SIDE / 2, LAT + SIDE / 2))  # fmt: skip
    make_rows(session, "household", count=3, tenure="1", community_id=three, geom=point(LON + SIDE * 2.5, LAT + 0.002))
    shape = f"SRID=4326;POLYGON(({LON} {LAT + 0.0045}, {LON + 4 * SIDE} {LAT + 0.0045}, " \
            f"{LON + 4 * SIDE} {LAT + 0.0055}, {LON} {LAT + 0.0055}, {LON} {LAT + 0.0045}))"  # fmt: skip
    (canal,) = make_rows(session, "shared_area", name_th="คลองสมมติ", name_en="A canal", kind="canal", geom=shape,
                         municipalities="9098 9099 9076")  # fmt: skip
    return {"one": one, "two": two, "three": three, "over": over, "canal": canal}
