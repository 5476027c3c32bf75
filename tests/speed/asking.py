"""Asking a server over eight connections with `wrk`: a list of addresses, each once, and how long all of them took.

Two requests that are asked for by a number of seconds would be two different lists; by the list both sides do the same.
"""

from __future__ import annotations

import re
import signal
import statistics
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.speed.tools import Bench

CONNECTIONS = 8
# Requests are written before the clock runs: what is measured is the server, not this.
LUA = """
local requests = {{}}
init = function()
  for line in io.lines("{asked}") do
    local path, tag = line:match("^(%S+)\\t?(.*)$")
    local headers = {{ ["Accept"] = "*/*" }}
    if tag ~= "" then headers["If-None-Match"] = tag end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end
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
  return requests[math.min(asked, #requests)]
end
response = function(status)
  answered = answered + 1
  if status ~= {expected} and not ({expected} == 200 and status == 204) then wrong = wrong + 1 end
  if answered == #requests then
    io.write(string.format("measured %d %.6f %d\\n", answered, clock() - began, wrong))
    io.flush()
  end
end
done = function(summary, latency)
  io.write(string.format("latency %d %d\\n", latency:percentile(50), latency:percentile(95)))
end
"""


@dataclass(frozen=True)
class Rate:
    """Answers a second, and milliseconds of the median answer and of the 95th in a hundred."""

    rate: float
    median: float
    late: float


def asked(
    bench: Bench, address: str, paths: Sequence[str], *, tags: Sequence[str] = (), expected: int = 200
) -> Rate:  # fmt: skip
    """Ask for every path once; with `tags` of what the asker knows already. Another status ends the benchmark."""
    lines, script = bench.home / "asked.txt", bench.home / "asked.lua"
    words = [f"{path}\t{tag}" for path, tag in zip(paths, tags, strict=True)] if tags else list(paths)
    lines.write_text("".join(f"{word}\n" for word in words))
    script.write_text(LUA.format(asked=lines, expected=expected))
    told = _wrk_told(
        ["wrk", "-t1", f"-c{CONNECTIONS}", "-d900s", "--timeout", "120s", "-s", str(script), address]
    )  # fmt: skip
    found = re.search(r"measured (\d+) ([0-9.]+) (\d+).*latency (\d+) (\d+)", told, re.DOTALL)
    if not found or int(found[3]):
        raise SystemExit(f"not every request to {address}{paths[0]} was answered with {expected}:\n{told}")
    return Rate(int(found[1]) / float(found[2]), int(found[4]) / 1000, int(found[5]) / 1000)


def _wrk_told(command: list[str]) -> str:
    """Run wrk until its script has told the time; wrk itself only knows how to run for a number of seconds."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines: list[str] = []
        try:
            for line in process.stdout or ():
                lines.append(line)
                if line.startswith("measured"):
                    process.send_signal(signal.SIGINT)
        finally:
            # Also when somebody ends the benchmark: it would ask for a quarter of an hour.
            if process.poll() is None:
                process.terminate()
    return "".join(lines)


def enough(address: str, paths: Sequence[str], *, seconds: float, least: int = 4 * CONNECTIONS) -> int:
    """How many of these a server answers in about so many seconds, by three that are not measured."""
    began = time.perf_counter()
    for path in paths[-3:]:
        fetched(address, path)
    # Two cores answer about two of them at a time.
    return max(least, min(len(paths) - 3, round(2 * seconds / ((time.perf_counter() - began) / 3))))


def fetched(address: str, path: str, *, tag: str = "") -> tuple[bytes, dict[str, str]]:
    """One answer and its headers, whose names are in small letters."""
    request = urllib.request.Request(f"{address}{path}", headers={"If-None-Match": tag} if tag else {})
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            if answer.status not in (200, 204):
                raise SystemExit(f"{address}{path} was answered with {answer.status}")
            return answer.read(), {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{address}{path} was answered with {error.code}: {error.read(2000)!r}") from error


def pgbench_rate(bench: Bench, scripts: Sequence[tuple[Path, int]], transactions: int) -> float:
    """Transactions a second over eight connections."""
    files = [word for path, weight in scripts for word in ("-f", f"{path}@{weight}")]
    each = str(max(1, transactions // CONNECTIONS))
    command = ["pgbench", "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "1"]
    # As the server's own connections are set.
    environment = {**bench.libpq, "PGOPTIONS": "-c jit=off -c default_transaction_read_only=on"}
    done = subprocess.run([*command, "-t", each, *files], env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if not found:
        raise SystemExit(f"pgbench told no rate:\n{done.stdout}\n{done.stderr}")
    return float(found[1])


def median_of(rates: Sequence[Rate]) -> float:
    """The median of rates that were measured in turn."""
    return statistics.median(one.rate for one in rates)


def one_by_one(rates: Sequence[Rate]) -> str:
    """Rates in the order in which they were measured."""
    return ", ".join(f"{one.rate:,.0f}" if one.rate >= 20 else f"{one.rate:.2f}" for one in rates)
