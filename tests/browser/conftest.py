"""A real Chromium looking at a real server over a town made for it; whatever it complains of fails the test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.conftest import running
from tests.makers import make_rows, point, release_all, square

STATIC = Path(__file__).resolve().parents[2] / "api" / "static"
LON, LAT = 100.4729, 7.0160
EVIL = '<img src="x" onerror="window.hacked=1">${window.hacked=2}`'
SIDE = 0.004


@dataclass(frozen=True, kw_only=True)
class Town:
    """Where the server is and what stands in its town."""

    address: str
    community: int
    evil: int
    parcel: int


@dataclass
class Watched:
    """A page and everything it complained of or asked another server for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser(chromium: Callable[..., Browser]) -> Browser:
    """One Chromium for the run."""
    return chromium("--disable-gpu")


@pytest.fixture(scope="module")
def town(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A square community of parcels with one building, overlapping risks, assets and households; and its server."""
    assert (STATIC / "atlas.js").is_file(), "the web build is missing: npm ci && npm run build in api/web"
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        made = _made(session)
    engine.dispose()
    with running(url, tmp_path_factory.mktemp("atlas"), demo=True) as address:
        yield Town(address=address, **made)


def _made(session: Session) -> dict[str, int]:
    """In the community's middle stand, bottom to top: community, parcel, building and risk zone."""
    make_rows(
        session, "municipality", code="9098", name_th="เทศบาลนครหาดใหญ่", geom=square(LON - 0.01, LAT - 0.01, 0.03)
    )
    words: dict[str, Any] = {"kind": "canalside", "registered_people": 1234, "aliases": None, "problems": "P08"}
    community, evil = make_rows(
        session, "community", count=2, name_th=["จันทร์นิเวศน์", EVIL], name_en=["Chan Niwet", EVIL],
        geom=[square(LON, LAT, SIDE), square(LON - 0.006, LAT, SIDE)], **words,
    )  # fmt: skip
    places = [(LON + SIDE / 10 * column, LAT + SIDE / 10 * row) for row in range(10) for column in range(10)]
    parcels = make_rows(
        session, "parcel", count=100, geom=[square(lon, lat, SIDE / 10) for lon, lat in places],
        parcel_code=[f"01A{place:03d}" for place in range(100)], land_use="vacant", community_id=community,
    )  # fmt: skip
    middle = (LON + SIDE * 0.55, LAT + SIDE * 0.55)
    corner = (LON + SIDE * 0.52, LAT + SIDE * 0.52)
    make_rows(session, "building", geom=square(*corner, SIDE * 0.06), use="commercial", building_code="B-1",
              soi="ซอยดอกแก้ว 2")  # fmt: skip
    make_rows(session, "risk_zone", geom=square(*corner, SIDE * 0.07), kind="FLD-FLUV", status="verified",
              likelihood=5, severity=5, name_th="ริมคลอง")  # fmt: skip
    make_rows(session, "asset", count=2, name_th=["วัดทดสอบ", EVIL], kind="temple",
              geom=[point(LON + SIDE * 0.15, LAT + SIDE * 0.85), point(LON - 0.005, LAT + 0.001)])  # fmt: skip
    make_rows(session, "household", count=8, geom=[point(*middle)] * 8)
    release_all(session)
    return {"community": community, "evil": evil, "parcel": parcels[55]}


@pytest.fixture
def watched(browser: Browser, town: Town) -> Iterator[Watched]:
    """A desk-sized page; anything in its console, and any request to another server, fails the test at its end."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="th-TH")
    page = context.new_page()
    found = Watched(page=page)
    page.on("console", lambda said: found.complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: found.complaints.append(f"error: {error}"))
    page.on("request", lambda asked: _noted(found, asked.url, town.address))
    yield found
    context.close()
    assert found.complaints == []
    assert found.elsewhere == []


def _noted(watched: Watched, url: str, address: str) -> None:
    if not url.startswith((f"{address}/", "data:", "blob:", "about:")):
        watched.elsewhere.append(url)
