"""What a private server is made of: its data, its settings, the town's role and database."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from geo.errors import SetupMissing
from geo.store.locks import LEAKPROOF
from geo.store.postgres_programs import (
    KEEPER,
    MEGABYTE,
    OWNER,
    Programs,
    RunAs,
    hba_text,
    ident_text,
    settings_text,
)


def major_of(data: Path) -> int | None:
    version = data / "PG_VERSION"
    return int(version.read_text()) if version.is_file() else None


def make_data(place: Path, tools: Programs, run_as: RunAs) -> None:
    """Make the data folder beside its name and rename it when it is whole.

    Whatever ends us half-way leaves only a folder that nobody looks at, and the next start sweeps it up.
    """
    for half_made in place.glob("data.new-*"):
        shutil.rmtree(half_made, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix="data.new-", dir=place))
    os.chown(new, run_as.uid, run_as.gid)
    # Byte order for sorting: it never changes under an index with the system's libraries, and prefix searches
    # can use it. Lists that people read are sorted by an explicit Thai collation.
    words = ["--encoding=UTF8", "--locale=C.UTF-8", "--lc-collate=C", "--auth=peer", f"--username={KEEPER}"]
    done = run_as.run([tools.path("initdb"), "-D", str(new), *words])
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-12:])
        raise SetupMissing(f"สร้างฐานข้อมูลไม่สำเร็จ:\n{last}", f"initdb did not succeed:\n{last}")
    new.rename(place / "data")


def write_settings(place: Path, socket: Path, run_as: RunAs) -> None:
    texts = {
        "hba.conf": hba_text(),
        "ident.conf": ident_text(run_as),
        "postgresql.conf": settings_text(socket=socket, hba=place / "hba.conf", ident=place / "ident.conf"),
    }
    for name, text in texts.items():
        (place / name).write_text(text)
        (place / name).chmod(0o644)


def keep_log_short(log: Path) -> None:
    if log.is_file() and log.stat().st_size > 10 * MEGABYTE:
        log.replace(log.with_suffix(".log.1"))


def not_started(log: Path, said_before: int, told: str) -> SetupMissing:
    with log.open("rb") as lines:
        lines.seek(said_before)
        said = lines.read().decode(errors="replace").splitlines()[-12:]
    last = "\n".join(said or told.splitlines()[-12:])
    return SetupMissing(
        f"เปิดฐานข้อมูลไม่สำเร็จ บันทึกอยู่ที่ {log}:\n{last}",
        f"The database server did not start; its log is {log}:\n{last}",
    )


def prepare(template: str, keeper: str) -> None:
    """The role, the database and PostGIS, each where it is missing: a start finishes what another began.

    PostGIS goes into the template too: only a superuser may create it, and the owner, who is none, may make
    databases.
    """
    with _connection(template) as server:
        server.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        server.execute(LEAKPROOF)
        if server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (OWNER,)).fetchone() is None:
            role = sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(sql.Identifier(OWNER))
            server.execute(role)
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (OWNER,)).fetchone() is None:
            words = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(*[sql.Identifier(OWNER)] * 2)
            server.execute(words)
    with _connection(keeper) as town:
        town.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        town.execute(LEAKPROOF)
        # From version 15 on nobody but its owner may make tables in the common schema.
        town.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))


def _connection(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True)
