"""Answers over HTTP: packed as each client reads them, told once, asked of the database once, and of nobody else's."""

from __future__ import annotations

import datetime as dt
import gzip
import math
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.kept import Kept, bare_tag, coding_for
from geo.store.db import writing_engine
from geo.store.tokens import make_token
from tests.conftest import running
from tests.makers import HAT_YAI, make_rows, rewrite
from tests.people.made import make_person, password_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Z = 15
X = int((HAT_YAI[0] + 180) / 360 * 2**Z)
Y = int((1 - math.asinh(math.tan(math.radians(HAT_YAI[1]))) / math.pi) / 2 * 2**Z)


def tile(ids: str, written: str = "geojson") -> str:
    return f"/tiles/{ids}/{Z}/{X}/{Y}.{written}"


@pytest.fixture(scope="module")
def database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def engine(database: str) -> Iterator[Engine]:
    found = writing_engine(database)
    with Session(found) as session, session.begin():
        make_rows(session, "asset", count=40, step=0.00005)
        make_rows(session, "risk_point", count=2, status=["verified", "reported"], name_th=["ตรวจแล้ว", "ยังไม่ตรวจ"])
        make_rows(session, "risk_point", municipality="9099", status="reported", name_th="ของเมืองอื่น")
    yield found
    found.dispose()


@pytest.fixture(scope="module")
def server(database: str, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(database, tmp_path_factory.mktemp("answers")) as address:
        yield address


@pytest.fixture
def http(server: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server, timeout=15) as found:
        yield found


def raw(http: httpx2.Client, path: str, **headers: str) -> tuple[Any, bytes]:
    with http.stream("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as found:
        return found, b"".join(found.iter_raw())


@pytest.mark.parametrize(("accepts", "coding"), [
    ("", None), ("identity", None), ("gzip", "gzip"), ("gzip, deflate, br, zstd", "zstd"), ("br", None),
    ("gzip;q=1.0, zstd;q=0.5", "gzip"), ("zstd;q=0, gzip", "gzip"), ("gzip;q=0", None), ("*", "zstd"),
    ("*;q=0", None), ("identity, *;q=0.1", None), ("gzip;q=0.5, identity;q=0.9", None), ("GZIP ; Q=0.8", "gzip"),
    ("gzip;q=nonsense", None), ("zstd;q=0, *", "gzip"), (",,;;,", None),
])  # fmt: skip
def test_a_client_is_given_what_it_reads_best(accepts: str, coding: str | None) -> None:
    assert coding_for(accepts) == coding


@pytest.mark.parametrize("path", [tile("asset"), tile("asset", "mvt"), "/collections/asset/items/1"])
def test_each_form_of_an_answer_has_its_own_strong_tag_and_the_same_content(path: str, http: httpx2.Client) -> None:
    unpacked = {"identity": lambda body: body, "gzip": gzip.decompress, "zstd": zstd.decompress}
    bodies, tags = set(), {}
    for coding, opened in unpacked.items():
        answer, body = raw(http, path, accept_encoding=coding)
        assert answer.headers.get("content-encoding", "identity") == coding
        assert "Accept-Encoding" in answer.headers["vary"]
        bodies.add(opened(body))
        tags[coding] = answer.headers["etag"]
    assert len(bodies) == 1
    assert len(set(tags.values())) == 3
    assert len({bare_tag(tag) for tag in tags.values()}) == 1
    assert all(tag.startswith('"') for tag in tags.values())
    for coding, tag in tags.items():
        again, body = raw(http, path, accept_encoding=coding, if_none_match=f'"other", W/{tag}')
        assert (again.status_code, body, again.headers["etag"]) == (304, b"", tag)
    changed, _ = raw(http, path, accept_encoding="gzip", if_none_match='"other"')
    assert changed.status_code == 200


def test_packed_bytes_are_packed_once() -> None:
    kept = Kept.of(b"a village " * 1000)
    for coding in ("gzip", "zstd"):
        assert kept.packed(coding) is kept.packed(coding)


@contextmanager
def nobody_reads(engine: Engine, table: str) -> Iterator[Callable[[], int]]:
    """Whatever asks this table waits; gives how many do."""
    with engine.connect() as holder, engine.connect() as watcher:
        transaction = holder.begin()
        holder.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))

        def waiting() -> int:
            count = watcher.scalar(text(
                "SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
                "WHERE c.relname = :table AND NOT l.granted "
                "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ), {"table": table})  # fmt: skip
            watcher.rollback()
            return int(count or 0)

        try:
            yield waiting
        finally:
            transaction.rollback()


@pytest.mark.parametrize("path", [
    tile("asset"), tile("asset", "mvt"), "/collections/asset/items?limit=7", "/collections/asset/items/1",
    f"/collections/asset/tiles/WebMercatorQuad/{Z}/{Y}/{X}",
])  # fmt: skip
def test_what_is_kept_is_told_without_asking_the_database(path: str, http: httpx2.Client, engine: Engine) -> None:
    first = http.get(path)
    assert first.status_code == 200
    until_kept(http, path)
    with nobody_reads(engine, "asset"):
        assert http.get(path).content == first.content
        assert http.head(path).headers["etag"] == first.headers["etag"]
        assert http.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def until_kept(http: httpx2.Client, path: str) -> None:
    # On a machine that is held up, an answer may find no fresh proof of hearing; the next one does.
    for _ in range(3):
        http.get(path)


@pytest.mark.parametrize("path", [tile("flood_station", "mvt"), "/collections/flood_station/items"])
def test_a_crowd_waits_for_one_query_and_the_first_may_leave(path: str, server: str, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "flood_station", count=3)
    host, port = server.removeprefix("http://").split(":")
    answers: list[bytes] = []

    def ask() -> None:
        answers.append(httpx2.get(server + path, timeout=30).content)

    with nobody_reads(engine, "flood_station") as waiting:
        leaving = socket.create_connection((host, int(port)))
        leaving.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        until(lambda: waiting() == 1)
        crowd = [threading.Thread(target=ask) for _ in range(40)]
        for one in crowd:
            one.start()
        seen = set()
        for _ in range(60):
            seen.add(waiting())
            time.sleep(0.01)
        leaving.close()
        time.sleep(0.1)
        assert seen == {1}, "one query, however many wait for it"
        assert answers == []
    for one in crowd:
        one.join()
    assert len(answers) == 40
    assert len(set(answers)) == 1
    assert answers[0]


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not true():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.01)


def test_a_row_without_a_shape_is_told_of_too(http: httpx2.Client, engine: Engine) -> None:
    path = "/collections/community/items?bbox=100,7,101,8"

    def names() -> list[str]:
        return [one["properties"]["name_th"] for one in http.get(path).json()["features"]]

    with Session(engine) as session, session.begin():
        (fid,) = make_rows(session, "community", geom=None, name_th="ก่อน")
    until(lambda: names() == ["ก่อน"])
    with Session(engine) as session, session.begin():
        rewrite(session, "community", [fid], dt.datetime.now(dt.UTC), name_th="หลัง")
    until(lambda: names() == ["หลัง"])


def test_a_table_that_is_emptied_is_empty_everywhere(http: httpx2.Client, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "building", count=5)
    paths = (tile("building"), "/collections/building/items", f"/tiles/building/12/{X >> 3}/{Y >> 3}.geojson")
    for path in paths:
        until(lambda path=path: bool(http.get(path).json()["features"]))  # type: ignore[misc]
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE building, household"))
    for path in paths:
        until(lambda path=path: http.get(path).json()["features"] == [])  # type: ignore[misc]


PRIVATE = [tile("risk_point"), "/collections/risk_point/items",
           f"/collections/risk_point/tiles/WorldCRS84Quad/14/{int((90 - HAT_YAI[1]) / 180 * 2**14)}"
           f"/{int((HAT_YAI[0] + 180) / 180 * 2**14)}?f=geojson"]  # fmt: skip


@pytest.fixture(scope="module")
def members(server: str, engine: Engine) -> dict[str, dict[str, str]]:
    """Two of one town, one of another, by the header that each brings."""
    grants = {"ann": "staff municipality 9098", "bea": "staff municipality 9098", "cat": "staff municipality 9099"}
    found = {}
    for login, grant in grants.items():
        make_person(engine, login, grant)
        form = {"grant_type": "password", "username": login, "password": password_of(login)}
        token = httpx2.post(f"{server}/auth/token", data=form).json()["access_token"]
        found[login] = {"Authorization": f"Bearer {token}"}
    return found


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize("first", ["the public", "ann", "cat"])
def test_what_is_kept_for_one_is_not_told_to_another(
    path: str, first: str, http: httpx2.Client, members: dict[str, dict[str, str]], engine: Engine
) -> None:
    with Session(engine) as session, session.begin():
        rewrite(session, "risk_point", [1], dt.datetime.now(dt.UTC), name_th="ตรวจแล้ว")
    seen = {"the public": {"ตรวจแล้ว"}, "ann": {"ตรวจแล้ว", "ยังไม่ตรวจ"}, "bea": {"ตรวจแล้ว", "ยังไม่ตรวจ"},
            "cat": {"ของเมืองอื่น"}}  # fmt: skip
    order = [first, *(name for name in seen if name != first)]
    for name in order * 3:
        answer = http.get(path, headers=members.get(name, {}))
        told = {one["properties"].get("name_th") for one in answer.json()["features"]}
        assert told == seen[name], name
        kept = answer.headers["cache-control"]
        assert kept == ("public, max-age=0, must-revalidate" if name == "the public" else "private, no-store")
        assert {"Authorization", "Cookie"} <= set(answer.headers["vary"].split(", "))
    # A tag of somebody else's answer is no tag of one's own.
    tag = http.get(path, headers=members["ann"]).headers["etag"]
    assert http.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_what_the_first_token_of_a_town_is_told_is_not_told_to_the_public(http: httpx2.Client, engine: Engine) -> None:
    # It reads as the public does, and is told versions besides, by which the public would see what is hidden change.
    with Session(engine) as session, session.begin():
        token = {"Authorization": f"Bearer {make_token(session, 'bootstrap')}"}
    path = "/collections/asset/items/2"
    for headers in (token, {}) * 3:
        answer = http.get(path, headers=headers)
        assert ("last-modified" in answer.headers) == bool(headers)
        assert bare_tag(answer.headers["etag"]).startswith("1-") == bool(headers)


def test_people_who_see_the_same_share_what_is_kept_and_a_grant_that_ends_ends_it(
    http: httpx2.Client, members: dict[str, dict[str, str]], engine: Engine
) -> None:
    path = tile("risk_point")
    for _ in range(3):
        assert http.get(path, headers=members["ann"]).status_code == 200
        assert http.get(path, headers=members["bea"]).status_code == 200
    with nobody_reads(engine, "risk_point"):
        assert http.get(path, headers=members["bea"]).content == http.get(path, headers=members["ann"]).content
    number = make_person(engine, "dan", "staff municipality 9098")
    form = {"grant_type": "password", "username": "dan", "password": password_of("dan")}
    dan = {"Authorization": f"Bearer {http.post('/auth/token', data=form).json()['access_token']}"}
    assert http.get(path, headers=dan).content == http.get(path, headers=members["ann"]).content
    with engine.begin() as connection:
        connection.execute(text("UPDATE person_grant SET ended_at = now() WHERE person_id = :id"), {"id": number})
    until(lambda: http.get(path, headers=dan).status_code in (401, 403))
