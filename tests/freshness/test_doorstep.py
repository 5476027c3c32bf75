"""What is handed out at the door is what the route tells, to nobody else, and no longer than it is true."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.types import Receive, Scope, Send

from api.doorstep import AtTheDoor, Doorstep
from tests.makers import make_rows, tile_at
from tests.people.made import make_person
from tests.people.visiting import headers_of

_, X, Y = tile_at(15)
OVER, EMPTY = f"/tiles/risk_point/15/{X}/{Y}", f"/tiles/risk_point/15/{X // 2}/{Y}"
ITEMS = "/collections/risk_point/items"
AROUND = f"{ITEMS}?bbox=100.4,6.9,100.6,7.1&limit=40"
# What nobody's answer depends on, and what is answered inside all the same.
INSIDE = {"Cookie": "theme=dark"}

AS_CLIENTS_DO = {"host": "testserver", "accept": "*/*"}


@pytest.fixture
def told(client: TestClient) -> Callable[..., Any]:
    """What the door itself says to these headers, or None."""

    def asked(path: str, **headers: str) -> Any:
        raw = [
            (name.replace("_", "-").encode(), value.encode()) for name, value in {**AS_CLIENTS_DO, **headers}.items()
        ]
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "method": "GET", "path": path, "query_string": query.encode(), "scheme": "http",
            "headers": raw,
        }  # fmt: skip
        doorstep: Doorstep = client.app.state.doorstep  # type: ignore[attr-defined]
        said = doorstep.plainly(scope)
        return None if said is None else doorstep.answer(scope, said)

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
@pytest.mark.parametrize("path", [
    f"{OVER}.mvt", f"{OVER}.geojson", f"{EMPTY}.mvt", f"{EMPTY}.geojson", AROUND, f"{AROUND}&f=csv", f"{ITEMS}/1",
    f"{ITEMS}?f=jsonfg&limit=3", f"{ITEMS}?sortby=-name_th&limit=3", f"{ITEMS}/2?f=jsonfg",
])  # fmt: skip
def test_the_door_tells_what_the_route_tells(
    path: str, accepts: str, points: Engine, client: TestClient, told: Callable[..., Any]
) -> None:
    status, headers, body = kept(client, told, path, accept_encoding=accepts)
    with client.stream("GET", path, headers={"Accept-Encoding": accepts, **INSIDE}) as route:
        raw = b"".join(route.iter_raw())
    assert status == route.status_code
    assert {name.decode(): value.decode() for name, value in headers} == dict(route.headers)
    assert body == raw
    tag = route.headers["etag"]
    had = told(path, accept_encoding=accepts, if_none_match=tag)
    again = client.get(path, headers={"Accept-Encoding": accepts, "If-None-Match": tag, **INSIDE})
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


# --- where requests arrive --------------------------------------------------------------------------------------------


@pytest.fixture
def entered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the requests that went into the service."""
    found: list[str] = []
    inside = AtTheDoor.__call__

    async def counted(self: AtTheDoor, scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope.get("path", ""))
        await inside(self, scope, receive, send)

    monkeypatch.setattr(AtTheDoor, "__call__", counted)
    return found


def until_at_the_door(http: httpx2.Client, path: str, entered: list[str]) -> httpx2.Response:
    """The answer to a request that did not have to go in."""
    until = time.monotonic() + 20
    while True:
        entered.clear()
        answer = http.get(path)
        if path.partition("?")[0] not in entered:
            return answer
        assert time.monotonic() < until, "it always went in"
        time.sleep(0.05)


@pytest.mark.parametrize("path", [f"{OVER}.mvt", f"{OVER}.geojson", f"{EMPTY}.mvt", AROUND, f"{ITEMS}/1"])
def test_the_server_hands_out_what_the_service_told(path: str, points: Engine, server: str, entered: list[str]) -> None:
    with httpx2.Client(base_url=server, timeout=20) as http:
        told = until_at_the_door(http, path, entered)
        inside = http.get(path, headers=INSIDE)
        assert path.partition("?")[0] in entered
        assert (told.status_code, told.content) == (inside.status_code, inside.content)
        without_date = [
            {name: value for name, value in one.headers.items() if name != "date"} for one in (told, inside)
        ]
        assert without_date[0] == without_date[1]
        assert told.headers["date"]
        entered.clear()
        again = http.get(path, headers={"If-None-Match": told.headers["etag"]})
        assert (again.status_code, again.content, entered) == (304, b"", [])
        for more in ({"Origin": "https://town.example"}, {"Connection": "close"}, {"Authorization": "Bearer x"}):
            entered.clear()
            http.get(path, headers=more)
            assert path.partition("?")[0] in entered, more
        with Session(points) as session, session.begin():
            make_rows(session, "risk_point", count=1, status="verified")
        until = time.monotonic() + 5
        while path.startswith((OVER, AROUND)) and http.get(path).content == told.content:
            assert time.monotonic() < until, "it was handed out after it had changed"


ANYTHING_BUT_AN_ANSWER = [
    (f"{ITEMS}/99", 404), (f"{ITEMS}/nothing", 404), (f"{ITEMS}?bbox=1,2,3", 400), (f"{ITEMS}?nothing=1", 400),
    (f"{ITEMS}?limit=0", 400), ("/collections/nothing/items", 404), ("/tiles/nothing/15/1/1.mvt", 404),
    (f"/tiles/risk_point/15/{2**15}/1.mvt", 404), (f"{OVER}.mvt?nothing=1", 400), (f"{ITEMS}?f=nothing", 400),
    (f"{ITEMS}/1?crs=nothing", 400),
]  # fmt: skip


@pytest.mark.parametrize(("path", "status"), ANYTHING_BUT_AN_ANSWER)
def test_what_is_wrong_is_said_inside_and_in_the_same_words(
    path: str, status: int, points: Engine, server: str, entered: list[str]
) -> None:
    with httpx2.Client(base_url=server, timeout=20) as http:
        told, inside = http.get(path), http.get(path, headers=INSIDE)
    assert (told.status_code, told.json()) == (status, inside.json())
    assert told.headers["content-type"] == "application/problem+json"
    assert entered == [path.partition("?")[0]] * 2


def test_the_first_who_asks_is_answered_at_the_door_too(points: Engine, server: str, entered: list[str]) -> None:
    with httpx2.Client(base_url=server, timeout=20) as http:
        for path in (f"{ITEMS}/3", f"{ITEMS}?limit=5&bbox=100.4,6.9,100.6,7.1", f"{OVER}.geojson", f"{OVER}.mvt"):
            assert http.get(path).status_code == 200
        assert entered == []
        # A page for a person, somebody's own address, and a whole layer are for the service.
        for more in ({"Accept": "text/html"}, {"X-Forwarded-Proto": "https"}):
            assert http.get(f"{ITEMS}/3", headers=more).status_code == 200
        assert http.get(f"{ITEMS}?limit=5000").status_code == 200
        assert entered == [f"{ITEMS}/3", f"{ITEMS}/3", ITEMS]


def test_links_lead_where_the_question_came_from(points: Engine, server: str) -> None:
    with httpx2.Client(base_url=server, timeout=20) as http:
        for host in ("map.town.example", "other.town.example:8080", "map.town.example"):
            for path in (f"{ITEMS}/1", AROUND):
                links = http.get(path, headers={"Host": host}).json()["links"]
                assert all(one["href"].startswith(f"http://{host}/collections/") for one in links), links


@pytest.mark.parametrize("host", ["town.example/elsewhere", 'a"b', "town.example:port", "someone@town.example"])
def test_what_is_no_host_is_in_no_link(host: str, points: Engine, server: str) -> None:
    with httpx2.Client(base_url=server, timeout=20) as http:
        for more in ({}, INSIDE):
            links = http.get(f"{ITEMS}/1", headers={"Host": host, **more}).json()["links"]
            assert all(one["href"].startswith(f"{server}/collections/") for one in links), links


def answer_in(stream: IO[bytes]) -> tuple[int, Any]:
    """The status and the document of the next answer on a connection."""
    status = int(stream.readline().split()[1])
    headers = dict(line.lower().split(b": ", 1) for line in iter(stream.readline, b"\r\n"))
    return status, json.loads(stream.read(int(headers[b"content-length"])))


def test_questions_sent_without_waiting_are_answered_in_their_order(
    points: Engine, server: str, entered: list[str]
) -> None:
    path = f"{OVER}.geojson"
    with httpx2.Client(base_url=server, timeout=20) as http:
        until_at_the_door(http, path, entered)
    host, port = server.removeprefix("http://").split(":")
    asked = ["/collections/risk_point/items?limit=60", path, "/healthz", path, path, "/collections/risk_point"]
    lines = [f"GET {one} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\r\n" for one in asked]
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall("".join(lines).encode())
        with connection.makefile("rb") as stream:
            found = [answer_in(stream) for _ in asked]
    assert [status for status, _ in found] == [200] * 6
    kinds = [document.get("type") or document.get("id") or document.get("status") for _, document in found]
    assert kinds[:2] == ["FeatureCollection"] * 2
    assert found[1] == found[3] == found[4]
    assert found[0][1]["numberReturned"] == 60
    assert found[5][1]["id"] == "risk_point"


def test_who_asks_on_and_on_without_reading_is_kept_waiting_and_gets_it_all(
    points: Engine, server: str, entered: list[str]
) -> None:
    path, count = f"{OVER}.geojson", 1500
    with httpx2.Client(base_url=server, timeout=20) as http:
        length = len(until_at_the_door(http, path, entered).content)
    host, port = server.removeprefix("http://").split(":")
    question = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        entered.clear()
        with ThreadPoolExecutor(1) as sender:
            sent = sender.submit(connection.sendall, question * count)
            time.sleep(1)
            with connection.makefile("rb") as stream:
                found = [answer_in(stream) for _ in range(count)]
            sent.result(timeout=60)
    assert {status for status, _ in found} == {200}
    assert {len(document["features"]) for _, document in found} == {60}
    assert length * count > 2**24, "more than any socket takes unread"
    assert entered, "it was answered on and on, into memory"
