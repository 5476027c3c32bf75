"""Tiles over HTTP against the same SQL through pgbench, and a repeated tile against its first.

Every tile of zooms 15 and 16 that has parcels is asked for exactly once, in a random order, so nothing comes from a
cache; pgbench draws from the same list. Both have eight connections.
"""

from __future__ import annotations

import datetime as dt
import http.client
import random
import re
import signal
import socket
import statistics
import subprocess
import time
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Audience
from geo.people.areas import AreaKind
from geo.store import people
from geo.store.credentials import account_of, make_api_token
from geo.store.read import Asking
from layers import LAYERS
from tests.speed.report import Figure
from tests.speed.tile_sql import tile_sql
from tests.speed.tools import Bench, said, serving

ZOOMS = (15, 16)
CONNECTIONS = 8
SEED = 2569
REPEATED_TILES, REPEATS = 60, 10
MEMBERS_TILES = 400
LUA = """
local file = io.open("{paths}")
local paths = {{}}
for line in file:lines() do paths[#paths + 1] = line end
file:close()
local ffi = require("ffi")
ffi.cdef("typedef struct {{ long s; long us; }} moment; int gettimeofday(moment *now, void *zone);")
local now = ffi.new("moment")
local function clock()
  ffi.C.gettimeofday(now, nil)
  return tonumber(now.s) + tonumber(now.us) / 1e6
end
local asked, answered, wrong, began = 0, 0, 0, 0
request = function()
  if asked == 0 then began = clock() end
  asked = asked + 1
  return wrk.format("GET", paths[math.min(asked, #paths)])
end
response = function(status)
  answered = answered + 1
  if status ~= 200 then wrong = wrong + 1 end
  if answered == #paths then
    io.write(string.format("measured %d %.6f %d\\n", answered, clock() - began, wrong))
    io.flush()
  end
end
done = function(summary, latency)
  io.write(string.format("latency %d %d\\n", latency:percentile(50), latency:percentile(95)))
end
"""
TILES = """
CREATE TABLE bench_tile AS
SELECT row_number() OVER (ORDER BY random()) AS id, z, x, y FROM (
  SELECT DISTINCT z, floor((ST_X(p) + 20037508.342789244) / side)::integer AS x,
         floor((20037508.342789244 - ST_Y(p)) / side)::integer AS y
  FROM (SELECT z, 40075016.685578488 / 2 ^ z AS side FROM generate_series({low}, {high}) AS z) AS zooms,
       (SELECT ST_Centroid(geom_mercator) AS p FROM parcel) AS places
) AS tiles
"""


def tile_rows(bench: Bench, *, rounds: int) -> list[Figure]:
    """Throughput in turn, then the repeated tiles."""
    tiles = _tiles(bench)
    lookup, scripts = _pgbench_scripts(bench, tiles)
    said(f"warming: every one of {len(tiles):,} tiles through pgbench")
    pgbench_rate(bench, scripts, len(tiles))
    served, asked = [], []
    for number in range(1, rounds + 1):
        order = random.Random(SEED + number).sample(tiles, len(tiles))
        served.append(_served(bench, order))
        alone = pgbench_rate(bench, [(lookup, 1)], len(tiles))
        both = pgbench_rate(bench, scripts, len(tiles))
        asked.append(1 / (1 / both - 1 / alone))
        said(f"tiles, round {number} of {rounds}: {served[-1][0]:.0f} a second served, {asked[-1]:.0f} in PostgreSQL")
    return [_throughput(tiles, served, asked), _repeated(bench, tiles), _members(bench, tiles)]


def _tiles(bench: Bench) -> list[tuple[int, int, int]]:
    bench.run_sql(
        "DROP TABLE IF EXISTS bench_tile", TILES.format(low=ZOOMS[0], high=ZOOMS[-1]),
        "ALTER TABLE bench_tile ADD PRIMARY KEY (id)", "VACUUM ANALYZE bench_tile",
    )  # fmt: skip
    with bench.engine.connect() as connection:
        found = connection.execute(text("SELECT z, x, y FROM bench_tile ORDER BY id"))
        return [(row.z, row.x, row.y) for row in found]


def _pgbench_scripts(bench: Bench, tiles: list[tuple[int, int, int]]) -> tuple[Path, list[tuple[Path, int]]]:
    """The look-up alone, and the look-up with the tile's SQL for each zoom, weighted as the zooms are."""
    parcel = LAYERS["parcel"]
    scripts: list[tuple[Path, int]] = []
    pick = "\\set pick random(1, {count})\nSELECT z, x, y FROM bench_{table} WHERE id = :pick \\gset\n"
    for z in ZOOMS:
        bench.run_sql(
            f"DROP TABLE IF EXISTS bench_z{z}",
            f"CREATE TABLE bench_z{z} AS SELECT row_number() OVER () AS id, z, x, y FROM bench_tile WHERE z = {z}",
            f"ALTER TABLE bench_z{z} ADD PRIMARY KEY (id)", f"VACUUM ANALYZE bench_z{z}",
        )  # fmt: skip
        count = sum(tile[0] == z for tile in tiles)
        sql = re.sub(r"\s+", " ", tile_sql(parcel, Asking(), z))
        path = bench.home / f"tile_{z}.sql"
        path.write_text(pick.format(count=count, table=f"z{z}") + f"{sql};\n", "utf-8")
        scripts.append((path, count))
    lookup = bench.home / "lookup.sql"
    lookup.write_text(pick.format(count=len(tiles), table="tile"), "utf-8")
    return lookup, scripts


def pgbench_rate(bench: Bench, scripts: list[tuple[Path, int]], transactions: int) -> float:
    """Transactions a second."""
    files = [word for path, weight in scripts for word in ("-f", f"{path}@{weight}")]
    each = str(max(1, transactions // CONNECTIONS))
    command = ["pgbench", "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "1", "-t", each, *files]
    # As the server's own connections are set.
    environment = {**bench.libpq, "PGOPTIONS": "-c jit=off -c default_transaction_read_only=on"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if not found:
        raise SystemExit(f"pgbench told no rate:\n{done.stdout}\n{done.stderr}")
    return float(found[1])


def _served(bench: Bench, tiles: list[tuple[int, int, int]]) -> tuple[float, float, float]:
    """Tiles a second from a server that has just started, and its median and 95th-percentile latency in ms."""
    paths = bench.home / "paths.txt"
    paths.write_text("".join(f"/tiles/parcel/{z}/{x}/{y}.mvt\n" for z, x, y in tiles))
    script = bench.home / "tiles.lua"
    script.write_text(LUA.format(paths=paths))
    with serving(bench) as address:
        # Connections to PostgreSQL are opened and statements prepared by tiles that are not measured.
        for z, x, y in tiles[:60] * 2:
            _get(address, f"/tiles/community/{z - 1}/{x // 2}/{y // 2}.mvt")
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", "-d900s", "--timeout", "30s", "-s", str(script), address]
        told = wrk_told(command)
    found = re.search(r"measured (\d+) ([0-9.]+) (\d+).*latency (\d+) (\d+)", told, re.DOTALL)
    if not found or int(found[3]):
        raise SystemExit(f"not every tile was served:\n{told}")
    return int(found[1]) / float(found[2]), int(found[4]) / 1000, int(found[5]) / 1000


def wrk_told(command: list[str]) -> str:
    """Run wrk until its script has told the time; wrk itself only knows how to run for a number of seconds."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines: list[str] = []
        for line in process.stdout or ():
            lines.append(line)
            if line.startswith("measured"):
                process.send_signal(signal.SIGINT)
    return "".join(lines)


def _get(address: str, path: str) -> bytes:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


def _throughput(
    tiles: list[tuple[int, int, int]], served: list[tuple[float, float, float]], asked: list[float]
) -> Figure:
    own, other = statistics.median(rate for rate, _, _ in served), statistics.median(asked)
    return Figure(
        what="tiles z15–16, HTTP throughput at 8 connections ÷ the same SQL prepared through pgbench",
        measured=f"{own / other:.2f} ({own:.0f} ÷ {other:.0f} tiles a second)",
        promised="≥ 0.8",
        holds=own >= 0.8 * other,
        details=(
            f"**Tiles**: all {len(tiles):,} tiles of z15 and z16 that hold parcels, each asked for once in a random "
            "order by `wrk -t1 -c8` of a server just started (`atlas serve --workers 2`, nothing cached); then "
            "`pgbench -M prepared -c 8` with the same SQL over the same list, its look-up of a tile's place measured "
            f"alone and taken off. In turn, served {', '.join(f'{rate:.0f}' for rate, _, _ in served)}, pgbench "
            f"{', '.join(f'{rate:.0f}' for rate in asked)} a second; served median "
            f"{statistics.median(one for _, one, _ in served):.1f} ms, "
            f"95th percentile {statistics.median(one for _, _, one in served):.1f} ms at 8 connections.",
        ),
    )


def _repeated(bench: Bench, tiles: list[tuple[int, int, int]]) -> Figure:
    """One connection: the first answer for a tile, then the same tile again."""
    firsts, repeats = [], []
    chosen = random.Random(SEED).sample(tiles, min(REPEATED_TILES, len(tiles)))
    with serving(bench) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            for z, x, y in chosen[:5]:
                _timed_get(connection, f"/tiles/community/{z}/{x}/{y}.mvt")
            for z, x, y in chosen:
                taken = [_timed_get(connection, f"/tiles/parcel/{z}/{x}/{y}.mvt") for _ in range(1 + REPEATS)]
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


def _members(bench: Bench, tiles: list[tuple[int, int, int]]) -> Figure:
    """One connection: each tile once as the public and once as somebody of the staff, in random order."""
    token = _staff_token(bench)
    chosen = random.Random(SEED + 1).sample(tiles, min(MEMBERS_TILES, len(tiles)))
    taken: dict[str, list[float]] = {"": [], token: []}
    with serving(bench) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            for z, x, y in tiles[:20]:
                for who in taken:
                    _timed_get(connection, f"/tiles/community/{z}/{x}/{y}.mvt", who)
            for z, x, y in chosen:
                for who in random.Random(x * y).sample(list(taken), 2):
                    taken[who].append(_timed_get(connection, f"/tiles/parcel/{z}/{x}/{y}.mvt", who))
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


def _timed_get(connection: socket.socket, path: str, token: str = "") -> float:
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
