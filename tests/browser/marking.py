"""A town to mark things in, people who may, and what they do at the map, in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.store.db import writing_engine
from tests.browser.looking import clicked, gone_to, opened, until
from tests.conftest import running
from tests.makers import make_rows, release_all, square
from tests.people.made import make_person, password_of

LON, LAT = 100.4729, 7.0160
SIDE = 0.004
STEP = SIDE / 10
PHONE, DESK = (360, 740), (1440, 900)
PEOPLE = {
    "anan": "staff municipality 9098",
    "boon": "staff municipality 9098",
    "collector": "partner municipality 9098",
    "committee": "community community {ours}",
    "nurse": "care municipality 9098",
}
Place = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Town:
    """Where the server is, its database, and the people's cookies once they have signed in."""

    address: str
    engine: Engine
    signed: dict[str, Any] = field(default_factory=dict)

    def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """What the database says."""
        with self.engine.begin() as connection:
            answer = connection.execute(text(sql), values)
            return answer.all() if answer.returns_rows else []

    def newest(self, layer: str) -> Any:
        """The mark that was made last, with its shape as GeoJSON."""
        (row,) = self.rows(f"SELECT *, ST_AsGeoJSON(geom, 9)::json AS shape FROM {layer} ORDER BY id DESC LIMIT 1")
        return row

    def count(self, layer: str) -> int:
        """How many there are."""
        found: int = self.rows(f"SELECT count(*) FROM {layer}")[0][0]
        return found


@contextmanager
def town_of(new_database: Callable[[], str], home: Any) -> Iterator[Town]:
    """A community of a hundred parcels in a town of three kilometres."""
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098", name_th="เทศบาลสมมติ", geom=square(LON - 0.01, LAT - 0.01, 0.03))
        (ours,) = make_rows(session, "community", name_th="ชุมชนสมมติ", geom=square(LON, LAT, SIDE))
        places = [(LON + STEP * column, LAT + STEP * row) for row in range(10) for column in range(10)]
        make_rows(session, "parcel", count=100, geom=[square(lon, lat, STEP) for lon, lat in places],
                  parcel_code=[f"01A{place:03d}" for place in range(100)], community_id=ours)  # fmt: skip
        release_all(session)
    for login, grant in PEOPLE.items():
        make_person(engine, login, grant.format(ours=ours))
    with running(url, home, demo=False) as address:
        yield Town(address=address, engine=engine)
    engine.dispose()


@dataclass
class Marker:
    """Somebody at the map, and all that their browser complained of."""

    town: Town
    page: Page
    complaints: list[str] = field(default_factory=list)

    @property
    def sheet(self) -> Locator:
        """The sheet beside the map."""
        return self.page.locator(".mark-sheet")

    def begun(self, layer: str = "risk_point", kind: str | None = None) -> None:
        """Open the sheet for something new."""
        self.page.locator(".mark-start").click()
        expect(self.sheet).to_be_visible()
        self.sheet.locator(f"input[name=mark-what][value={layer}]").check()
        if kind:
            self.sheet.locator(f"button[data-kind={kind}]").click()

    def tapped(self, *places: Place) -> None:
        """Tap places of the earth, one after the other."""
        for lon, lat in places:
            clicked(self.page, lon, lat)

    def press(self, thai: str) -> None:
        """Press a button of the sheet by its Thai name."""
        self.sheet.get_by_role("button", name=thai, exact=False).filter(visible=True).first.click()

    def typed(self, *places: Place) -> None:
        """Say the places by typing them."""
        self.sheet.locator(".mark-typing").evaluate("one => { one.open = true }")
        self.sheet.locator("#mark-typed").fill("\n".join(f"{lat:.7f}, {lon:.7f}" for lon, lat in places))
        self.sheet.locator("#mark-typed").blur()

    def told(self, kind: str = "FLD-SURF", cell: str | None = "4x5") -> None:
        """Say of what kind it is, and how bad."""
        self.sheet.locator("#mark-field-kind").select_option(kind)
        if cell:
            self.sheet.locator(f"input[name=mark-matrix][value='{cell}']").check(force=True)

    def saved(self, thai: str = "ส่งแจ้ง") -> None:
        """Send it, and see that it is kept."""
        self.press(thai)
        expect(self.sheet.locator(".mark-saved")).to_be_visible()

    def refused(self) -> Locator:
        """What is said at the head of the sheet."""
        return self.sheet.locator(".mark-said")

    def looks_finished(self) -> None:
        """Wait until Geoman has made the points."""
        until(self.page, "document.querySelectorAll('.marker-icon:not(.marker-icon-middle)').length > 1")


@contextmanager
def at_the_map(
    browser: Browser, town: Town, login: str, size: tuple[int, int] = DESK, path: str = "/map", **context: Any
) -> Iterator[Marker]:
    """Somebody signed in who looks at the map; scripts may complain of nothing, the network of refusals alone."""
    signed_in(browser, town, login)
    phone: dict[str, Any] = {"is_mobile": True, "has_touch": True} if size[0] < 700 else {}
    opened_by = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="th-TH", storage_state=town.signed[login],
        **phone, **context,
    )  # fmt: skip
    page = opened_by.new_page()
    found = Marker(town=town, page=page)
    page.on("console", lambda said: found.complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: found.complaints.append(f"error: {error}"))
    opened(page, town.address + path)
    gone_to(page, LON + SIDE / 2, LAT + SIDE / 2, 18)
    yield found
    opened_by.close()
    assert [one for one in found.complaints if "Failed to load resource" not in one] == []


def signed_in(browser: Browser, town: Town, login: str) -> None:
    """Sign in once for all tests of a module."""
    if login in town.signed:
        return
    context = browser.new_context(locale="th-TH")
    sign_in(context, town, login)
    town.signed[login] = context.storage_state()
    context.close()


def sign_in(context: BrowserContext, town: Town, login: str) -> None:
    """Sign in, in a tab of its own."""
    page = context.new_page()
    page.goto(f"{town.address}/login")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(password_of(login))
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.close()


def corners(shape: Any) -> set[Place]:
    """The places of a shape as the database has them, to a centimetre."""
    flat: list[Any] = [shape["coordinates"]]
    while flat and not isinstance(flat[0][0], float):
        flat = [inner for outer in flat for inner in outer]
    return {(round(lon, 7), round(lat, 7)) for lon, lat in flat}


def shape_of(row: Any) -> Any:
    """GeoJSON from a row, whatever the driver made of it."""
    return json.loads(row.shape) if isinstance(row.shape, str) else row.shape
