"""What was measured on: a figure without its machine and versions says nothing."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, text

from tests.speed.peers import PEERS

OTHERS = (["ogr2ogr", "--version"], ["wrk", "-v"], ["/usr/sbin/nginx", "-v"])


def machine_rows(connection: Connection) -> list[tuple[str, str]]:
    """The machine and the versions, as rows of a table."""
    postgres = connection.scalar(text("SELECT current_setting('server_version')"))
    postgis = connection.scalar(text("SELECT postgis_full_version()")) or ""
    settings = connection.execute(
        text("SELECT name, current_setting(name) FROM pg_settings WHERE name IN ('shared_buffers', 'max_wal_size')")
    )
    packages = ("fastapi", "uvicorn", "SQLAlchemy", "psycopg", "pyogrio", "pyarrow", "shapely", "folium")
    return [
        ("CPU", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"),
        ("system", f"{_pretty_name()}, Linux {platform.release()}"),
        ("PostgreSQL", f"{postgres}; " + ", ".join(f"{name} {value}" for name, value in settings)),
        ("PostGIS", ", ".join(re.findall(r'(?:POSTGIS|GEOS|PROJ)="[^ "]+', postgis)).replace('="', " ")),
        ("Python", f"{platform.python_version()}; " + ", ".join(f"{name} {version(name)}" for name in packages)),
        ("peers", ", ".join(f"{name} {_peer(name)}" for name in ("tipg", "pygeoapi", "uvicorn", "gunicorn"))),
        ("others", "; ".join(_first_line(command) for command in OTHERS)),
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _pretty_name() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def _first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].partition(", released")[0].partition(" Copyright")[0]


def _peer(name: str) -> str:
    code = f"from importlib.metadata import version; print(version({name!r}))"
    return subprocess.run(
        [str(PEERS / "python"), "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
