"""A town with communities, citizens who report from somewhere, and an officer; everybody is made up."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.databases import Stand
from tests.doors.conftest import Clock
from tests.makers import make_rows
from tests.people.made import make_person
from tests.people.visiting import HTML, bearer, token_for

HERE = (100.4729, 7.0160)
ADDRESS = "203.0.113.5"
JSON = {"Accept": "application/json"}


def outline(west: float, south: float, east: float, north: float) -> str:
    return f"SRID=4326;POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"


@dataclass(kw_only=True)
class Reporting:
    """The service, its clock and database, and the communities of its town."""

    app: FastAPI
    engine: Engine
    clock: Clock
    drawn: int
    undrawn: int

    def browser(self, address: str = ADDRESS, app: FastAPI | None = None) -> TestClient:
        """Somebody's browser or program, from some address."""
        return TestClient(
            app or self.app, base_url="http://atlas.example", raise_server_exceptions=False, follow_redirects=False,
            client=(address, 50000),
        )  # fmt: skip

    def proof(self, browser: TestClient | None = None, *, waits: float = 30) -> str:
        """The hidden word of a form that was opened a while ago."""
        page = (browser or self.browser()).get("/report", headers=HTML)
        found = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert found is not None, page.text
        self.clock.passes(seconds=waits)
        return found.group(1)

    def sent(self, browser: TestClient | None = None, *, files: Any = None, **words: Any) -> Any:
        """The answer to a form as a browser without a script sends it."""
        browser = browser or self.browser()
        form = {"csrf": words.pop("csrf", None) or self.proof(browser), **said(**words)}
        # Without a file too, the page's own form is one of many parts.
        parts = {name: (None, value) for name, value in form.items()}
        return browser.post("/report", headers=HTML, files=[*parts.items(), *(files or [])])

    def told(self, browser: TestClient | None = None, **words: Any) -> Any:
        """The answer to a program's report."""
        return (browser or self.browser()).post("/report", headers=JSON, json=said(**words))

    def receipt(self, **words: Any) -> str:
        """The receipt of a report that was taken."""
        answer = self.told(**words)
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["receipt"]
        return found

    def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """What the database says."""
        with self.engine.begin() as connection:
            answer = connection.execute(text(sql), values)
            return answer.all() if answer.returns_rows else []

    def officer(self, login: str) -> dict[str, str]:
        """The headers of somebody of the municipality's staff."""
        make_person(self.engine, login, "staff municipality 9098")
        return bearer(token_for(self.browser(), login).json()["access_token"])


def said(**words: str) -> dict[str, str]:
    """What somebody says: where nothing else is said, water in the lane."""
    found = {"kind": "FLD-SURF", "words": "น้ำท่วมในซอยสูงถึงเข่า", **words}
    if not {"lat", "lon", "place"} & set(words):
        found |= {"lat": str(HERE[1]), "lon": str(HERE[0])}
    return found


@pytest.fixture
def reporting(stand: Stand) -> Reporting:
    """The service on a Monday in March, ten in the morning in Bangkok."""
    app: FastAPI = stand.client.app  # type: ignore[assignment]  # the app is one of ours
    clock = Clock(dt.datetime(2026, 3, 2, 3, 0, tzinfo=dt.UTC))
    app.state.now = lambda: clock.at
    with Session(stand.engine) as session, session.begin():
        town, other = outline(100.40, 6.95, 100.55, 7.06), outline(100.56, 7.15, 100.65, 7.25)
        make_rows(session, "municipality", count=2, code=["9098", "9099"], municipality=["9098", "9099"],
                  name_th=["เมืองสมมติ", "เมืองข้างเคียง"], geom=[town, other])  # fmt: skip
        drawn, undrawn = make_rows(
            session, "community", count=2, name_th=["ชุมชนริมคลอง", "ชุมชนไม่มีแนวเขต"], community_code=["C1", "C2"],
            name_en=None, geom=[outline(100.470, 7.010, 100.476, 7.020), None],
        )  # fmt: skip
    return Reporting(app=app, engine=stand.engine, clock=clock, drawn=drawn, undrawn=undrawn)
