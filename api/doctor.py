"""What a town looks at when something seems wrong: programs, versions, database, pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from api.settings import Settings
from geo.errors import AtlasError, Text
from geo.store.cluster import private_cluster
from geo.store.locks import drift
from geo.store.migrate import is_current
from geo.store.town_layers import town_layers
from layers import LAYERS

_BUILT = Text("หน้าเว็บสร้างแล้ว", "web pages built")
_NOT_BUILT = Text("ยังไม่ได้สร้างหน้าเว็บ (make run)", "web pages not built yet (make run)")
_CURRENT = Text("ตารางเป็นรุ่นปัจจุบัน", "tables are current")
_NOT_CURRENT = Text("ตารางไม่เป็นรุ่นปัจจุบัน (atlas up)", "tables are not current (atlas up)")
_LOCKED = Text("สิทธิ์ในฐานข้อมูลตรงตามชั้นข้อมูล", "rights in the database are as the layers say")
_NOT_LOCKED = Text("สิทธิ์ในฐานข้อมูลถูกแก้ด้วยมือ (atlas up ตั้งใหม่)", "rights in the database were changed by hand (atlas up)")
_QUICK = Text("แผนที่ของผู้เข้าสู่ระบบใช้ดัชนี", "members' maps use the index")
_NOT_QUICK = Text(
    "แผนที่ของผู้เข้าสู่ระบบช้า: ผู้ดูแลฐานข้อมูลต้องสั่ง ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF",
    "members' maps are slow: the server's superuser has to say "
    "ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF",
)
_LEAKPROOF = "SELECT proleakproof FROM pg_proc WHERE oid = to_regprocedure('geometry_overlaps(geometry, geometry)')"
MINIMUM = {"postgresql": (15,), "postgis": (3, 3)}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at, and whether it is as it should be."""

    good: bool
    told: Text


def findings(settings: Settings) -> Iterator[Finding]:
    """Everything worth knowing, one by one; a database that is away is a finding and not a failure."""
    built = (Path(__file__).parent / "static").is_dir()
    yield Finding(good=built, told=_BUILT if built else _NOT_BUILT)
    free = shutil.disk_usage(settings.home.parent if not settings.home.exists() else settings.home).free / 2**30
    yield Finding(good=free > 2, told=Text(f"พื้นที่ว่าง {free:.0f} GiB", f"{free:.0f} GiB of disk free"))
    try:
        if settings.database_url:
            yield from _database(settings.database_url)
        else:
            with private_cluster(settings.home) as cluster:
                yield from _database(cluster.url)
    except AtlasError as error:
        yield Finding(good=False, told=error.told)
    except DBAPIError as error:
        kind = type(error).__name__
        yield Finding(good=False, told=Text(f"ฐานข้อมูลไม่ตอบ ({kind})", f"the database does not answer ({kind})"))


def _database(url: str) -> Iterator[Finding]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        server = connection.scalar(text("SHOW server_version")) or ""
        installed = connection.scalar(text("SELECT extversion FROM pg_extension WHERE extname = 'postgis'"))
        for name, version in (("postgresql", server), ("postgis", installed or "0")):
            good = _numbers(version) >= MINIMUM[name]
            yield Finding(good=good, told=Text(f"{name} {version}", f"{name} {version}"))
        current = is_current(connection)
        yield Finding(good=current, told=_CURRENT if current else _NOT_CURRENT)
        if current:
            ours = town_layers(connection)
            locked = not drift(connection, {**LAYERS, **ours.open}, ours.closed_tables)
            yield Finding(good=locked, told=_LOCKED if locked else _NOT_LOCKED)
            quick = bool(connection.scalar(text(_LEAKPROOF)))
            yield Finding(good=quick, told=_QUICK if quick else _NOT_QUICK)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split()[0].split(".") if part.isdigit())
