"""A repeated tile against its first, and a tile of somebody signed in against the public's: one connection each."""

from __future__ import annotations

import datetime as dt
import random
import re
import socket
import statistics
import time
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Audience
from geo.people.areas import AreaKind
from geo.store import people
from geo.store.credentials import account_of, make_api_token
from tests.speed.report import Figure
from tests.speed.tools import Bench, serving

Place = tuple[int, int, int]  # zoom, column, row

ZOOMS = (15, 16)
REPEATED_TILES, REPEATS = 60, 10
MEMBERS_TILES = 400
TILES = """
CREATE TABLE bench_tile AS
SELECT row_number() OVER (ORDER BY md5(concat_ws(' ', {seed}, z, x, y))) AS id, z, x, y FROM (
  SELECT DISTINCT z, floor((ST_X(p) + 20037508.342789244) / side)::integer AS x,
         floor((20037508.342789244 - ST_Y(p)) / side)::integer AS y
  FROM (SELECT z, 40075016.685578488 / 2 ^ z AS side FROM generate_series({low}, {high}) AS z) AS zooms,
       (SELECT ST_Centroid(geom_mercator) AS p FROM parcel) AS places
) AS tiles
"""


def tile_rows(bench: Bench) -> list[Figure]:
    """The repeated tiles, and those of somebody signed in."""
    tiles = _tiles(bench)
    return [_repeated(bench, tiles), _members(bench, tiles)]


def _tiles(bench: Bench) -> list[Place]:
    bench.run_sql(
        "DROP TABLE IF EXISTS bench_tile", TILES.format(low=ZOOMS[0], high=ZOOMS[-1], seed=bench.seed),
        "ALTER TABLE bench_tile ADD PRIMARY KEY (id)", "VACUUM ANALYZE bench_tile",
    )  # fmt: skip
    with bench.engine.connect() as connection:
        found = connection.execute(text("SELECT z, x, y FROM bench_tile ORDER BY id"))
        return [(row.z, row.x, row.y) for row in found]


def _repeated(bench: Bench, tiles: Sequence[Place]) -> Figure:
    """One connection: the first answer for a tile, then the same tile again."""
    firsts, repeats = [], []
    chosen = random.Random(bench.seed).sample(tiles, min(REPEATED_TILES, len(tiles)))
    with serving(bench) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            for z, x, y in chosen[:5]:
                timed_get(connection, f"/tiles/community/{z}/{x}/{y}.mvt")
            for z, x, y in chosen:
                taken = [timed_get(connection, f"/tiles/parcel/{z}/{x}/{y}.mvt") for _ in range(1 + REPEATS)]
                firsts.append(taken[0])
                repeats += taken[1:]
    first, again = statistics.median(firsts), statistics.median(repeats)
    return Figure(
        what="a repeated tile, times faster than its first",
        measured=f"{first / again:.1f} ({first * 1000:.1f} ms ÷ {again * 1000:.2f} ms)",
        promised="≥ 5",
        holds=first >= 5 * again,
        details=(f"**Repeats**: medians of {len(firsts)} first answers and {len(repeats)} repeats on one connection.",),
    )


def _members(bench: Bench, tiles: Sequence[Place]) -> Figure:
    """One connection: each tile once as the public and once as somebody of the staff, in random order."""
    token = _staff_token(bench)
    chosen = random.Random(bench.seed + 1).sample(tiles, min(MEMBERS_TILES, len(tiles)))
    taken: dict[str, list[float]] = {"": [], token: []}
    with serving(bench) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            for z, x, y in tiles[:20]:
                for who in taken:
                    timed_get(connection, f"/tiles/community/{z}/{x}/{y}.mvt", who)
            for z, x, y in chosen:
                for who in random.Random(x * y).sample(list(taken), 2):
                    taken[who].append(timed_get(connection, f"/tiles/parcel/{z}/{x}/{y}.mvt", who))
    public, member = (sum(times) / len(times) for times in taken.values())
    return Figure(
        what="a tile of somebody signed in ÷ the public's",
        measured=f"{member / public:.2f} ({member * 1000:.1f} ms ÷ {public * 1000:.1f} ms)",
        promised="≤ 1.3",
        holds=member <= 1.3 * public,
        details=(
            f"**Signed in**: {len(chosen)} tiles of z15 and z16, none of them kept, each asked for as the public and "
            "as staff of all towns (token, grants, signed area, row-level security) on one connection; means.",
        ),
    )


def _staff_token(bench: Bench) -> str:
    at = dt.datetime.now(dt.UTC)
    with Session(bench.engine) as session, session.begin():
        person = people.add_person(session, login=f"bench_{at:%H%M%S}", name="Made-up bench", by="bench", at=at)
        for town in session.scalars(text("SELECT DISTINCT municipality FROM parcel WHERE municipality IS NOT NULL")):
            grant = people.grant_in(session, Audience.STAFF, AreaKind.MUNICIPALITY, town, None)
            people.add_grant(session, person, grant, by="bench", at=at)
        session.flush()
        return make_api_token(
            session, account_of(person), name="bench", audience=Audience.STAFF, purpose=None, may_write=False,
            with_totp=False, days=1, by="bench", at=at,
        )  # fmt: skip


def timed_get(connection: socket.socket, path: str, token: str = "") -> float:
    """Seconds for one answer, read from the bare socket: Python's own HTTP client costs as much as a kept tile."""
    who = f"Authorization: Bearer {token}\r\n" if token else ""
    began = time.perf_counter()
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n{who}\r\n".encode())
    told = b""
    while b"\r\n\r\n" not in told:
        told += connection.recv(65536)
    head, _, body = told.partition(b"\r\n\r\n")
    status, length = re.match(rb"HTTP/1.1 (\d+)", head), re.search(rb"(?i)content-length: (\d+)", head)
    if not status or status[1] != b"200" or not length:
        raise SystemExit(f"{path} was answered with\n{head.decode()}")
    read = len(body)
    while read < int(length[1]):
        read += len(connection.recv(65536))
    return time.perf_counter() - began
