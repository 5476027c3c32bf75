"""The private PostGIS server that an Atlas runs for itself when it is given no database.

A town must not have to know PostgreSQL to see its map. The server listens on a socket file only, belongs to
an unprivileged user, and lives as long as somebody uses it: each user (a server, an `atlas load` in the next
terminal) holds a shared lock that the kernel gives back even after `kill -9`, and the last to leave stops it.

    ATLAS_HOME/postgres/            or a link into OUTSIDE, where the server's user cannot enter our home
        data/  socket/              the server's own folders
        postgresql.conf  hba.conf  ident.conf  server.log
    ATLAS_HOME/postgres.start.lock  one process at a time starts or stops
    ATLAS_HOME/postgres.users.lock  shared by all who use it
"""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psycopg
from psycopg import sql
from sqlalchemy import URL

from geo.errors import SetupMissing
from geo.store.postgres_programs import (
    KEEPER,
    MEGABYTE,
    OWNER,
    PORT,
    Programs,
    RunAs,
    hba_text,
    ident_text,
    programs,
    server_user,
    settings_text,
)
from geo.store.server_traces import clear_after_a_crash, server_processes, socket_folder

OUTSIDE = Path("/var/lib/chumchon-atlas")
# `pg_ctl` hands the data folder's name to a shell between double quotes.
UNFIT_FOR_A_SHELL = re.compile(r'["$`\\\n]')
STOPPING_SECONDS = 120
READY_SECONDS = 300
NOT_YET = ("starting up", "shutting down", "recovery", "No such file", "refused", "closed the connection")


@contextmanager
def private_cluster(home: Path) -> Iterator[Cluster]:
    """The server of that home, running, for as long as the block lasts.

    A polite kill or a closed terminal ends the block as Ctrl-C does; by default it would end us on the spot
    and leave the server running for nobody.
    """
    with _leaving_politely():
        cluster = Cluster(home)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


class Cluster:
    """The server of one ATLAS_HOME, as one of its users sees it."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self._users_lock: int | None = None
        self._socket: Path | None = None

    @property
    def place(self) -> Path:
        """The folder with data, settings and log, wherever it really is."""
        return (self.home / "postgres").resolve()

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder; it is there only when it is whole."""
        return self.place / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.place / "server.log"

    @property
    def url(self) -> str:
        """The town's database, as the owner of its tables, for SQLAlchemy."""
        return self._url(OWNER, OWNER)

    @property
    def keeper_url(self) -> str:
        """The same database as the server's superuser, for what the owner may not do: an extension, say."""
        return self._url(KEEPER, OWNER)

    def _url(self, role: str, database: str) -> str:
        if self._socket is None:
            raise RuntimeError("the cluster has not been started")
        where = {"host": str(self._socket), "port": str(PORT)}
        return URL.create("postgresql+psycopg", role, database=database, query=where).render_as_string()

    def start(self) -> None:
        """Have the server run and count ourselves among its users; the first start makes the data.

        The start lock is held until the database can be used, so that whoever comes second finds it whole.
        """
        if self._users_lock is not None:
            return
        try:
            self.home.mkdir(mode=0o711, parents=True, exist_ok=True)
            with self._starting():
                self._users_lock = os.open(self.home / "postgres.users.lock", os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(self._users_lock, fcntl.LOCK_SH)
                    self._start()
                except BaseException:
                    self._leave()
                    raise
        except (OSError, subprocess.TimeoutExpired, psycopg.Error) as error:
            raise SetupMissing(
                f"เปิดฐานข้อมูลใน {self.home} ไม่สำเร็จ: {error}",
                f"The database under {self.home} could not be started: {error}",
            ) from error

    def stop(self) -> None:
        """Leave; the last user to leave stops the server, in order."""
        if self._users_lock is None:
            return
        with self._starting():
            self._leave()

    def delete(self) -> None:
        """Leave and delete all data, also where it lies outside our home; refused while others use it."""
        place = self.place
        self.start()
        with self._starting():
            if not self._leave():
                raise SetupMissing(
                    f"ยังมีผู้ใช้ฐานข้อมูลใน {self.home}", f"Somebody still uses the database of {self.home}"
                )
            shutil.rmtree(place)
            if (self.home / "postgres").is_symlink():
                (self.home / "postgres").unlink()

    def _leave(self) -> bool:
        """Give back our share, under the start lock; true when we were the last and the server has stopped."""
        if self._users_lock is None:
            return False
        users_lock, self._users_lock, self._socket = self._users_lock, None, None
        try:
            fcntl.flock(users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._stop()
        except BlockingIOError:
            return False
        finally:
            os.close(users_lock)
        return True

    @contextmanager
    def _starting(self) -> Iterator[None]:
        lock = os.open(self.home / "postgres.start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _start(self) -> None:
        self._find_place()
        run_as = server_user(self.data)
        self._may_be_ours(run_as)
        tools = programs(major=_major_of(self.data))
        if not self.data.exists():
            _make_data(self.place, tools, run_as)
        until = time.monotonic() + READY_SECONDS
        while True:
            if not server_processes(self.data, only_postmaster=True):
                self._launch(tools, run_as)
            self._socket = Path((self.place / "socket.path").read_text())
            try:
                _prepare(self._url(KEEPER, "template1"), self.keeper_url)
                return
            except psycopg.OperationalError as error:
                # A server that somebody left in the middle of starting or of stopping; it gets there.
                if time.monotonic() > until or not any(words in str(error) for words in NOT_YET):
                    raise
                time.sleep(0.1)

    def _find_place(self) -> None:
        """Make the folder for the server, outside our home where the server's user cannot come into it."""
        link = self.home / "postgres"
        if UNFIT_FOR_A_SHELL.search(str(self.place)):
            raise SetupMissing(
                f"ชื่อโฟลเดอร์ {self.home} มีอักขระที่ PostgreSQL ใช้ไม่ได้ กำหนด ATLAS_HOME ใหม่",
                f"PostgreSQL cannot take a character in the folder name {self.home}; set another ATLAS_HOME.",
            )
        if link.is_symlink() and not link.exists():
            raise SetupMissing(
                f"ข้อมูลของ {self.home} เคยอยู่ที่ {os.readlink(link)} แต่ไม่พบแล้ว "
                f"นำกลับคืนมา หรือลบ {link} เพื่อเริ่มใหม่จากศูนย์",
                f"The data of {self.home} was in {os.readlink(link)}, which is gone. "
                f"Bring it back, or delete {link} to begin with nothing.",
            )
        if link.exists():
            return
        link.mkdir(mode=0o711)
        link.chmod(0o711)
        if not server_user(link / "data").may_enter(link):
            link.rmdir()
            OUTSIDE.mkdir(mode=0o711, parents=True, exist_ok=True)
            OUTSIDE.chmod(0o711)
            outside = Path(tempfile.mkdtemp(dir=OUTSIDE))
            outside.chmod(0o711)
            (outside / "atlas_home").write_text(f"{self.home}\n")
            link.symlink_to(outside)

    def _may_be_ours(self, run_as: RunAs) -> None:
        if self.data.exists() and self.data.stat().st_uid != run_as.uid:
            raise SetupMissing(
                f"ข้อมูลใน {self.data} เป็นของผู้ใช้อื่นในเครื่อง ให้ใช้ผู้ใช้เดิม หรือกำหนด ATLAS_HOME ใหม่",
                f"The data in {self.data} belongs to another system user. "
                "Be that user, or set another ATLAS_HOME.",
            )

    def _launch(self, tools: Programs, run_as: RunAs) -> None:
        clear_after_a_crash(self.data)
        _write_settings(self.place, socket_folder(self.place, run_as), run_as)
        _keep_log_short(self.log)
        self.log.touch(mode=0o600)
        os.chown(self.log, run_as.uid, run_as.gid)
        said_before = self.log.stat().st_size
        settings = f"-c config_file={shlex.quote(str(self.place / 'postgresql.conf'))}"
        command = [
            tools.path("pg_ctl"),
            "start",
            "-w",
            "-t",
            "300",
            "-D",
            str(self.data),
            "-l",
            str(self.log),
        ]
        done = run_as.run([*command, "-o", settings], timeout=330)
        if done.returncode != 0:
            raise _not_started(self.log, said_before, done.stdout)

    def _stop(self) -> None:
        """Fast is tidy: sessions end and a checkpoint is written; only a server that hangs is cut off."""
        tools = programs(major=_major_of(self.data))
        run_as = server_user(self.data)
        command = [
            tools.path("pg_ctl"),
            "stop",
            "-w",
            "-t",
            str(STOPPING_SECONDS),
            "-D",
            str(self.data),
            "-m",
        ]
        if not server_processes(self.data, only_postmaster=True):
            return
        if run_as.run([*command, "fast"], timeout=STOPPING_SECONDS + 30).returncode != 0:
            run_as.run([*command, "immediate"], timeout=STOPPING_SECONDS + 30)


def _major_of(data: Path) -> int | None:
    version = data / "PG_VERSION"
    return int(version.read_text()) if version.is_file() else None


def _make_data(place: Path, tools: Programs, run_as: RunAs) -> None:
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


def _write_settings(place: Path, socket: Path, run_as: RunAs) -> None:
    texts = {
        "hba.conf": hba_text(),
        "ident.conf": ident_text(run_as),
        "postgresql.conf": settings_text(socket=socket, hba=place / "hba.conf", ident=place / "ident.conf"),
    }
    for name, text in texts.items():
        (place / name).write_text(text)
        (place / name).chmod(0o644)


def _keep_log_short(log: Path) -> None:
    if log.is_file() and log.stat().st_size > 10 * MEGABYTE:
        log.replace(log.with_suffix(".log.1"))


def _not_started(log: Path, said_before: int, told: str) -> SetupMissing:
    with log.open("rb") as lines:
        lines.seek(said_before)
        said = lines.read().decode(errors="replace").splitlines()[-12:]
    last = "\n".join(said or told.splitlines()[-12:])
    return SetupMissing(
        f"เปิดฐานข้อมูลไม่สำเร็จ บันทึกอยู่ที่ {log}:\n{last}",
        f"The database server did not start; its log is {log}:\n{last}",
    )


def _prepare(template: str, keeper: str) -> None:
    """The role, the database and PostGIS, each where it is missing: the next start finishes an interrupted one.

    PostGIS goes into the template too: only a superuser may create it, and the owner, who is none, may make
    databases.
    """
    with _connection(template) as server:
        server.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        if server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (OWNER,)).fetchone() is None:
            role = sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(sql.Identifier(OWNER))
            server.execute(role)
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (OWNER,)).fetchone() is None:
            words = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                *[sql.Identifier(OWNER)] * 2
            )
            server.execute(words)
    with _connection(keeper) as town:
        town.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        # From version 15 on nobody but its owner may make tables in the common schema.
        town.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))


def _connection(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True)


@contextmanager
def _leaving_politely() -> Iterator[None]:
    """SIGTERM and SIGHUP become an ordinary exit; only the main thread may ask for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
