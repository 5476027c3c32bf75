"""What is handed out at the door is what the route tells, to nobody else, and no longer than it is true."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.makers import make_rows, tile_at
from tests.people.made import make_person
from tests.people.visiting import headers_of

_, X, Y = tile_at(15)
OVER, EMPTY = f"/tiles/risk_point/15/{X}/{Y}", f"/tiles/risk_point/15/{X // 2}/{Y}"


@pytest.fixture
def told(client: TestClient) -> Callable[..., Any]:
    """What the door itself says to these headers, or None."""

    def asked(path: str, **headers: str) -> Any:
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return client.app.state.doorstep.answer(path, raw)  # type: ignore[attr-defined]

    return asked


@pytest.fixture
def points(engine: Engine) -> Engine:
    with Session(engine) as session, session.begin():
        make_rows(session, "risk_point", count=60, step=0.00002, status="verified")
        make_rows(session, "risk_point", count=2, status="reported")
    return engine


def kept(client: TestClient, told: Callable[..., Any], path: str, **headers: str) -> Any:
    """Ask until it is kept: while there is no proof that edits are heard, nothing is."""
    until = time.monotonic() + 20
    while (found := told(path, **headers)) is None:
        assert time.monotonic() < until, "it was never kept"
        assert client.get(path).status_code in (200, 204)
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("accepts", ["identity", "gzip", "zstd, gzip", "br", ""])
@pytest.mark.parametrize("path", [f"{OVER}.mvt", f"{OVER}.geojson", f"{EMPTY}.mvt", f"{EMPTY}.geojson"])
def test_the_door_tells_what_the_route_tells(
    path: str, accepts: str, points: Engine, client: TestClient, told: Callable[..., Any]
) -> None:
    status, headers, body = kept(client, told, path, accept_encoding=accepts)
    with client.stream("GET", f"{path}?lang=th", headers={"Accept-Encoding": accepts}) as route:
        raw = b"".join(route.iter_raw())
    assert status == route.status_code
    assert {name.decode(): value.decode() for name, value in headers} == dict(route.headers)
    assert body == raw
    tag = route.headers["etag"]
    had = told(path, accept_encoding=accepts, if_none_match=tag)
    again = client.get(f"{path}?lang=th", headers={"Accept-Encoding": accepts, "If-None-Match": tag})
    assert (had[0], {name.decode(): value.decode() for name, value in had[1]}) == (304, dict(again.headers))
    assert again.status_code == 304


def test_whoever_says_more_goes_in(points: Engine, client: TestClient, told: Callable[..., Any]) -> None:
    path = f"{OVER}.geojson"
    kept(client, told, path)
    for more in (
        {"authorization": "Bearer x"}, {"cookie": "a=b"}, {"origin": "https://town.example"},
        {"if_none_match": "*"}, {"if_none_match": '"a", "b"'}, {"if_none_match": '"another"'},
    ):  # fmt: skip
        assert told(path, **more) is None, more
    assert told(f"{path}?datetime=2026-01-01T00:00:00Z") is None
    assert client.get(path, headers={"Origin": "https://town.example"}).headers["access-control-allow-origin"] == "*"
    assert client.head(path).content == b""
    assert client.get(path, headers={"Cookie": "__Host-atlas=forged"}).status_code in (200, 401)


def test_what_a_member_sees_is_not_put_before_the_door(
    points: Engine, client: TestClient, told: Callable[..., Any]
) -> None:
    make_person(points, "somying", "staff municipality 9098")
    headers = headers_of(client, "somying")
    path = f"{OVER}.geojson"
    for _ in range(5):
        own = client.get(path, headers=headers).json()
        time.sleep(0.1)
    assert len(own["features"]) == 62
    assert told(path) is None
    _, _, body = kept(client, told, path)
    assert body.count(b'"Feature"') == 60


def test_an_edit_takes_it_away(points: Engine, client: TestClient, told: Callable[..., Any]) -> None:
    path = f"{OVER}.geojson"
    kept(client, told, path)
    with Session(points) as session, session.begin():
        make_rows(session, "risk_point", count=1, status="verified")
    points.dispose()
    until = time.monotonic() + 5
    while len(client.get(path).json()["features"]) != 61:
        assert time.monotonic() < until
    assert len(client.get(path).json()["features"]) == 61
