"""The PostgreSQL programs of this machine: where they are, as whom they run, and our server's settings.

`cluster.py` says when a server starts and stops; this file says how one of its programs is run.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geo.errors import SetupMissing
from geo.store.roles import Role

OLDEST_MAJOR = 15
DEBIAN_ROOT = Path("/usr/lib/postgresql")
KEEPER = "atlas_keeper"
OWNER = "atlas"
PORT = 5432
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Programs:
    """One installed PostgreSQL that has PostGIS."""

    major: int
    folder: Path

    def path(self, name: str) -> str:
        """The full path of `initdb`, `pg_ctl`, `postgres` …"""
        return str(self.folder / name)


@dataclass(frozen=True, kw_only=True)
class RunAs:
    """The system user that server processes belong to; PostgreSQL refuses to be run by root."""

    name: str
    uid: int
    gid: int

    def run(self, command: Sequence[str], *, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run one program as that user, away from our terminal.

        It gets a session of its own, because Ctrl-C goes to every process of the terminal's group and would
        stop the server under a command that is still writing; and the root folder to stand in, because that
        user may not be allowed into ours.
        """
        as_root = os.geteuid() == 0
        return subprocess.run(
            list(command),
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": "/"},
            user=self.uid if as_root else None,
            group=self.gid if as_root else None,
            extra_groups=[] if as_root else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            start_new_session=True,
            umask=0o077,
            check=False,
        )

    def may_enter(self, folder: Path) -> bool:
        """Asked by going there, so that every kind of permission counts."""
        return self.run(["/usr/bin/test", "-x", str(folder)]).returncode == 0


def server_user(data: Path) -> RunAs:
    """Whose processes the server's are: the data's owner when root asks, otherwise whoever asks."""
    if os.geteuid() != 0:
        return _as_user(pwd.getpwuid(os.geteuid()))
    if data.exists() and data.stat().st_uid != 0:
        return _as_user(pwd.getpwuid(data.stat().st_uid))
    try:
        return _as_user(pwd.getpwnam("postgres"))
    except KeyError:
        raise SetupMissing(
            "ไม่พบผู้ใช้ postgres ในเครื่อง (root เปิด PostgreSQL เองไม่ได้) ติดตั้งด้วย: apt-get install postgresql-common",
            "There is no system user postgres, and PostgreSQL does not run as root. "
            "Try: apt-get install postgresql-common",
        ) from None


def _as_user(entry: pwd.struct_passwd) -> RunAs:
    return RunAs(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def programs(*, major: int | None = None) -> Programs:
    """The newest PostgreSQL here that has PostGIS, or the one of that major version, which old data needs."""
    found = [one for one in _installed() if one.major >= OLDEST_MAJOR and _has_postgis(one)]
    fitting = [one for one in found if major in (None, one.major)]
    if fitting:
        return max(fitting, key=lambda one: one.major)
    wanted = major or OLDEST_MAJOR
    packages = f"postgresql-{wanted} postgresql-{wanted}-postgis-3 postgresql-{wanted}-postgis-3-scripts"
    raise SetupMissing(
        f"ไม่พบ PostgreSQL {wanted} พร้อม PostGIS ติดตั้งด้วย: apt-get install {packages}",
        f"PostgreSQL {wanted} with PostGIS is not on this machine. Try: apt-get install {packages}",
    )


def _installed() -> list[Programs]:
    folders = [folder for folder in DEBIAN_ROOT.glob("*/bin") if folder.parent.name.isdigit()]
    found = [Programs(major=int(folder.parent.name), folder=folder) for folder in folders]
    on_path = shutil.which("initdb")
    if on_path is not None:
        folder = Path(on_path).resolve().parent
        told = subprocess.run([on_path, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"\s(\d+)", told)
        if version is not None:
            found.append(Programs(major=int(version[1]), folder=folder))
    return [one for one in found if all((one.folder / name).is_file() for name in ("initdb", "pg_ctl", "postgres"))]


def _has_postgis(one: Programs) -> bool:
    """The extension's control file lies beside that server: Debian's place, or the one `pg_config` tells."""
    shares = [Path(f"/usr/share/postgresql/{one.major}")]
    if (one.folder / "pg_config").is_file():
        asked = [one.path("pg_config"), "--sharedir"]
        shares.append(Path(subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()))
    return any((share / "extension" / "postgis.control").is_file() for share in shares)


def settings_text(*, socket: Path, hba: Path, ident: Path) -> str:
    """All settings of a server of ours, written anew at each start, so that an upgrade reaches old data."""
    memory = _memory_bytes()
    lines = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "hba_file": str(hba),
        "ident_file": str(ident),
        # Each worker keeps some forty open, and more for a moment in a crowd.
        "max_connections": "300",
        "shared_buffers": _megabytes(memory // 8, at_most=1024),
        "effective_cache_size": _megabytes(memory // 2, at_most=64 * 1024),
        "maintenance_work_mem": _megabytes(memory // 16, at_most=512),
        "work_mem": "16MB",
        "max_wal_size": "4GB",
        "checkpoint_completion_target": "0.9",
        "random_page_cost": "1.1",
        # Short spatial queries: compiling one costs more than running it.
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "datestyle": "iso, ymd",
        "lc_messages": "C",
        "lc_monetary": "C",
        "lc_numeric": "C",
        "lc_time": "C",
        "log_line_prefix": "%m [%p] ",
        # A DETAIL line or a failed statement would copy people's names from rows into the log.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
    }
    return "".join(f"{name} = {_quoted(value)}\n" for name, value in lines.items())


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _megabytes(wanted: int, *, at_most: int) -> str:
    return f"{min(max(wanted // MEGABYTE, 64), at_most)}MB"


def _memory_bytes() -> int:
    """What this machine has, or what its container may use where that is less."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    told = limit.read_text().strip() if limit.is_file() else "max"
    return min(whole, int(told)) if told.isdigit() else whole


def hba_text() -> str:
    """Only over the socket, as the system user the kernel vouches for: there is no password to lose."""
    return "local all all peer map=atlas\n"


def ident_text(run_as: RunAs) -> str:
    """Root and the server's own user may be the keeper of the server, the owner of its tables, or any of its roles."""
    people = dict.fromkeys(("root", run_as.name))
    return "".join(f'atlas "{person}" {role}\n' for person in people for role in (OWNER, KEEPER, *Role))
