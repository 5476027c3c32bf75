"""What the benchmarks share: the bench itself, programs that are timed, and the server under measurement."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Engine, text

ATLAS = Path(sys.executable).with_name("atlas")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A private Atlas that is only here to be measured."""

    home: Path
    engine: Engine
    url: URL
    parcels: int
    seed: int
    environment: Mapping[str, str]

    @property
    def address(self) -> str:
        """Where its server answers."""
        return f"http://127.0.0.1:{self.environment['ATLAS_PORT']}"

    @property
    def libpq(self) -> dict[str, str]:
        """The environment with which PostgreSQL's own programs and GDAL reach the database."""
        query = self.url.query
        host, port = query.get("host", ""), query.get("port", "5432")
        return {
            **self.environment, "PGHOST": str(host), "PGPORT": str(port), "PGUSER": str(self.url.username),
            "PGDATABASE": str(self.url.database),
        }  # fmt: skip

    def run_sql(self, *statements: str) -> None:
        """Run statements outside a transaction."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                connection.execute(text(statement))


@dataclass(frozen=True, kw_only=True)
class Timed:
    """How long a program took and the most memory it held."""

    seconds: float
    peak_bytes: int


def timed(command: Sequence[str], environment: Mapping[str, str]) -> Timed:
    """Run a program to its end; one that fails stops the benchmark with what it said."""
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        told = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{told[-4000:]}")
    return Timed(seconds=seconds, peak_bytes=usage.ru_maxrss * 1024)


@contextlib.contextmanager
def serving(bench: Bench, *, workers: int = 2) -> Iterator[str]:
    """`atlas serve`, freshly started, so that nothing is cached; stopped in order at the end."""
    command = [str(ATLAS), "serve", "--workers", str(workers)]
    log = bench.home / "serve.log"
    with running(command, bench.environment, log, ready=f"{bench.address}/readyz"):
        yield bench.address


@contextlib.contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, ready: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A server from the moment that it answers at `ready` until it is told to go."""
    with log.open("w") as told:
        process = subprocess.Popen(command, env=dict(environment), stdout=told, stderr=told, cwd=log.parent)
    try:
        _wait_until_ready(ready, process, log)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"the server ended:\n{log.read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"the server was not ready in three minutes:\n{log.read_text()[-4000:]}")


def cpu_seconds(*roots: int) -> float:
    """The processor time that these processes have used so far, and all that they started.

    On a machine that others use too it says what a ratio of throughputs cannot: there whoever has more processes is
    given more of the machine.
    """
    used = 0.0
    for process in descendants(*roots):
        with contextlib.suppress(OSError):
            # With those of its children that have ended.
            used += sum(map(int, _stat(process)[11:15])) / os.sysconf("SC_CLK_TCK")
    return used


def descendants(*roots: int) -> list[int]:
    """These processes, and all that came from them and are still there."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(folder.name)] = int(_stat(int(folder.name))[1])
    found = []
    for process in parents:
        ancestor = process
        while ancestor and ancestor not in roots:
            ancestor = parents.get(ancestor, 0)
        if ancestor in roots:
            found.append(process)
    return found


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def postmaster(bench: Bench) -> int:
    """The process of the bench's PostgreSQL, from which all its others come."""
    with bench.engine.connect() as connection:
        own = connection.scalar(text("SELECT pg_backend_pid()"))
        return int(Path(f"/proc/{own}/stat").read_text().rpartition(")")[2].split()[1])


def said(words: str) -> None:
    """Tell the person who waits what is going on."""
    print(f"… {words}", file=sys.stderr, flush=True)
