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
import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psycopg
from sqlalchemy import URL

from geo.errors import SetupMissing
from geo.store.cluster_data import keep_log_short, major_of, make_data, not_started, prepare, write_settings
from geo.store.postgres_programs import KEEPER, OWNER, PORT, Programs, RunAs, programs, server_user
from geo.store.server_traces import clear_after_a_crash, server_processes, socket_folder

log = logging.getLogger(__name__)

OUTSIDE = Path("/var/lib/chumchon-atlas")
# `pg_ctl` hands the data folder's name to a shell between double quotes.
UNFIT_FOR_A_SHELL = re.compile(r'["$`\\\n]')
STOPPING_SECONDS = 120
READY_SECONDS = 300
WATCH_SECONDS = 1.0
NOT_YET = ("starting up", "shutting down", "recovery", "No such file", "refused", "closed the connection")


@contextmanager
def private_cluster(home: Path) -> Iterator[Cluster]:
    """The server of that home, running, for as long as the block lasts.

    A polite kill or a closed terminal ends the block as Ctrl-C does; by default it would end us on the spot
    and leave the server running for nobody.
    """
    cluster = Cluster(home)
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(cluster, done), name="cluster watcher", daemon=True)
    with _leaving_politely():
        try:
            cluster.start()
            watcher.start()
            yield cluster
        finally:
            with _undisturbed():
                done.set()
                if watcher.ident is not None:
                    watcher.join()
                cluster.stop()


def _watch(cluster: Cluster, done: threading.Event) -> None:
    """Start the server again when it died under us, so that the map comes back without anybody's hand."""
    while not done.wait(WATCH_SECONDS):
        try:
            cluster.revive()
        except SetupMissing as failure:
            log.error("the database server could not be started again", extra={"reason": failure.told.en})


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
    def server_log(self) -> Path:
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
        with _told(self.home):
            self.home.mkdir(mode=0o711, parents=True, exist_ok=True)
            with self._starting():
                self._users_lock = os.open(self.home / "postgres.users.lock", os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(self._users_lock, fcntl.LOCK_SH)
                    self._start()
                except BaseException:
                    self._leave()
                    raise

    def revive(self) -> None:
        """Start the server again if it is gone; its socket keeps its place, so `url` stays true.

        Data that vanished under a running Atlas is not begun anew: an empty town would look like a whole one.
        """
        if self._users_lock is None or not self.data.exists():
            return
        if server_processes(self.data, only_postmaster=True):
            return
        with _told(self.home), self._starting():
            self._start()

    def stop(self) -> None:
        """Leave; the last user to leave stops the server, in order."""
        if self._users_lock is None:
            return
        with self._starting():
            self._leave()

    def delete(self) -> None:
        """Leave and delete all data, also where it lies outside our home; refused while others use it."""
        self.start()
        place = self.place
        socket = Path((place / "socket.path").read_text())
        with self._starting():
            if not self._leave():
                raise SetupMissing(f"ยังมีผู้ใช้ฐานข้อมูลใน {self.home}", f"Somebody still uses the database of {self.home}")
            shutil.rmtree(place)
            shutil.rmtree(socket, ignore_errors=True)
            if (self.home / "postgres").is_symlink():
                (self.home / "postgres").unlink()

    def _leave(self) -> bool:
        """Give back our share, under the start lock; true when we were the last and it has stopped."""
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
        tools = programs(major=major_of(self.data))
        if not self.data.exists():
            make_data(self.place, tools, run_as)
        until = time.monotonic() + READY_SECONDS
        while True:
            if not server_processes(self.data, only_postmaster=True):
                self._launch(tools, run_as)
            self._socket = Path((self.place / "socket.path").read_text())
            try:
                prepare(self._url(KEEPER, "template1"), self.keeper_url)
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
                f"ข้อมูลของ {self.home} เคยอยู่ที่ {os.readlink(link)} แต่ไม่พบแล้ว นำกลับคืนมา หรือลบ {link} เพื่อเริ่มใหม่จากศูนย์",
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
                f"The data in {self.data} belongs to another system user. Be that user, or set another ATLAS_HOME.",
            )

    def _launch(self, tools: Programs, run_as: RunAs) -> None:
        clear_after_a_crash(self.data)
        write_settings(self.place, socket_folder(self.place, run_as), run_as)
        keep_log_short(self.server_log)
        self.server_log.touch(mode=0o600)
        os.chown(self.server_log, run_as.uid, run_as.gid)
        said_before = self.server_log.stat().st_size
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
            str(self.server_log),
        ]
        done = run_as.run([*command, "-o", settings], timeout=330)
        if done.returncode != 0:
            raise not_started(self.server_log, said_before, done.stdout)

    def _stop(self) -> None:
        """Fast is tidy: sessions end and a checkpoint is written; only a server that hangs is cut off."""
        if not server_processes(self.data, only_postmaster=True):
            return
        tools = programs(major=major_of(self.data))
        run_as = server_user(self.data)
        waiting = ["-w", "-t", str(STOPPING_SECONDS), "-D", str(self.data)]
        command = [tools.path("pg_ctl"), "stop", *waiting, "-m"]
        if run_as.run([*command, "fast"], timeout=STOPPING_SECONDS + 30).returncode != 0:
            run_as.run([*command, "immediate"], timeout=STOPPING_SECONDS + 30)


@contextmanager
def _told(home: Path) -> Iterator[None]:
    """Turn what the machine refuses into a failure that a person can read."""
    try:
        yield
    except (OSError, subprocess.TimeoutExpired, psycopg.Error) as error:
        raise SetupMissing(
            f"เปิดฐานข้อมูลใน {home} ไม่สำเร็จ: {error}",
            f"The database under {home} could not be started: {error}",
        ) from error


@contextmanager
def _leaving_politely() -> Iterator[None]:
    """SIGTERM and SIGHUP become an ordinary exit; only the main thread may ask for that.

    The first is enough: `make` and a terminal both pass the same signal on, and the second would end us in the middle
    of stopping the server.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    leaving = threading.Event()

    def leave(number: int, frame: FrameType | None) -> None:
        if not leaving.is_set():
            leaving.set()
            raise SystemExit(128 + number)

    with _handled_by(leave, signal.SIGTERM, signal.SIGHUP):
        yield


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Nobody's impatience leaves the server half stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with _handled_by(signal.SIG_IGN, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        yield


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None] | signal.Handlers, *numbers: int) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
