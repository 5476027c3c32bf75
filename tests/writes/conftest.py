"""One service for a whole module of tests: each makes features of its own and knows them by their ids."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.settings import Settings
from geo.store.db import writing_engine
from layers import LAYERS
from tests.conftest import app_of
from tests.doors.conftest import Clock
from tests.makers import make_rows
from tests.people.made import BEFORE, make_person
from tests.people.visiting import bearer, token_for

HERE = (100.4729, 7.0160)
PEOPLE = {
    "staff": "staff municipality 9098",
    "neighbour": "staff municipality 9099",
    "care": "care municipality 9098",
    "tax": "tax municipality 9098",
    "partner": "partner municipality 9098",
    "steward": "steward municipality 9098",
}


@dataclass(kw_only=True)
class Desk:
    """The service, its database, and people who are signed in."""

    url: str
    home: Path
    client: TestClient
    engine: Engine
    clock: Clock
    people: dict[str, dict[str, str]] = field(default_factory=dict)

    def made(self, layer: str, **values: Any) -> int:
        """One row of a layer; its id."""
        return self.several(layer, 1, **values)[0]

    def several(self, layer: str, count: int, **values: Any) -> list[int]:
        """Rows of a layer, as they were before anything is asked."""
        # Of a mark what the public sees is changed by steps; here it is reported, and an asset simply there.
        begun = {"status": "reported" if LAYERS[layer].life == "risk" else None} if LAYERS[layer].life else {}
        with Session(self.engine) as session, session.begin():
            return make_rows(session, layer, count=count, **{"changed_at": BEFORE, **begun, **values})

    def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """What the database says."""
        with self.engine.begin() as connection:
            answer = connection.execute(text(sql), values)
            return answer.all() if answer.returns_rows else []

    def ask(self, who: str | None, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to somebody's request; a body is GeoJSON, that of PATCH a merge patch."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | self.people.get(who or "", {})
        if body is not None and "Content-Type" not in sent:
            kind = "merge-patch" if method == "PATCH" else "geo"
            sent["Content-Type"] = f"application/{kind}+json"
        more: dict[str, Any] = {} if body is None else {"content": body} if isinstance(body, bytes) else {"json": body}
        return self.client.request(method, path, headers=sent, **more)

    def someone(self, login: str, grant: str) -> str:
        """One more person, who comes with a token of that grant."""
        make_person(self.engine, login, grant)
        scope = grant.split()[0]
        purpose = {"purpose": "a test of writing"} if scope in ("care", "tax") else {}
        answer = token_for(self.client, login, scope=scope, **purpose)
        self.people[login] = bearer(answer.json()["access_token"])
        return login


def feature(lon: float = HERE[0], lat: float = HERE[1], **properties: Any) -> dict[str, Any]:
    """A point with words."""
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": properties}


def ring(lon: float, lat: float, side: float = 0.001) -> dict[str, Any]:
    """A square polygon."""
    east, north = lon + side, lat + side
    return {"type": "Polygon", "coordinates": [[[lon, lat], [east, lat], [east, north], [lon, north], [lon, lat]]]}


def told(answer: Any, status: int = 400) -> set[tuple[str, str | None]]:
    """The codes of what is wrong and where, of a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {(one["code"], one.get("column")) for one in answer.json().get("problems", [])}


@pytest.fixture(scope="module")
def desk(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The service on a Monday in March, for a module of tests."""
    with desk_of(new_database, tmp_path_factory, PEOPLE) as found:
        yield found


@contextmanager
def desk_of(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory, people: Mapping[str, str]
) -> Iterator[Desk]:
    """The same with people of the test's own: their grants by their logins."""
    url, home = new_database(), tmp_path_factory.mktemp("writes")
    engine = writing_engine(url)
    app = app_of(Settings(home=home), url)
    clock = Clock(dt.datetime(2026, 3, 2, 3, 0, tzinfo=dt.UTC))
    app.state.now = lambda: clock.at
    with TestClient(app, raise_server_exceptions=False) as client:
        found = Desk(url=url, home=home, client=client, engine=engine, clock=clock)
        for login, grant in people.items():
            found.someone(login, grant)
        yield found
    engine.dispose()
