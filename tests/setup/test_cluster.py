"""The private server is started, shared, killed and found again, for real.

A server takes seconds to make, so one home serves most tests; those that need a strange home make their own.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from geo.errors import SetupMissing
from geo.store import cluster as cluster_module
from geo.store import postgres_programs
from geo.store.cluster import Cluster, private_cluster
from geo.store.server_traces import server_processes

ROOT = Path(__file__).resolve().parents[2]
USE_IT = """
import signal
import sys
from pathlib import Path
from geo.store.cluster import private_cluster
# Whoever runs the tests in the background hands down that ctrl-C is ignored; in a terminal it is not.
signal.signal(signal.SIGINT, signal.default_int_handler)
with private_cluster(Path(sys.argv[1])) as cluster:
    print(cluster.url, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home that the server's user can enter."""
    with _home() as folder:
        yield folder


@contextmanager
def _home(*, below: str = "", mode: int = 0o755) -> Iterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="atlas-test-"))
    base.chmod(mode)
    folder = base / below if below else base
    try:
        yield folder
    finally:
        Cluster(folder).delete()
        shutil.rmtree(base)


def _ask(url: str, query: str) -> object:
    """The one value that a query answers, over a connection of its own."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


def _do(url: str, *statements: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _postmaster(cluster: Cluster) -> int:
    (number,) = server_processes(cluster.data, only_postmaster=True)
    return number


def _until(true: object, *, seconds: float = 30) -> None:
    """Wait for something that must come; how long it takes is nobody's promise."""
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]  # a plain callable
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


@contextmanager
def _another_user(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that uses the server until it is told to leave, or is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", USE_IT, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("postgresql+psycopg://")
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=60)
        process.stdin.close()
        process.stdout.close()


def test_a_town_has_its_own_database_with_postgis_and_thai_text(home: Path) -> None:
    with private_cluster(home) as cluster:
        assert _ask(cluster.url, "SELECT ST_AsText(ST_Point(100.47, 7.01, 4326))") == "POINT(100.47 7.01)"
        assert _ask(cluster.url, "SELECT current_user || '@' || current_database()") == "atlas@atlas"
        assert _ask(cluster.url, "SHOW server_encoding") == "UTF8"
        assert _ask(cluster.url, "SHOW fsync") == "on"
        assert _ask(cluster.url, "SELECT upper('é') || ' ชุมชน'") == "É ชุมชน"


def test_the_owner_of_the_tables_is_no_superuser_but_may_make_databases_with_postgis(home: Path) -> None:
    with private_cluster(home) as cluster:
        assert _ask(cluster.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        _do(cluster.url, "CREATE DATABASE atlas_second")
        second = cluster.url.replace("@/atlas?", "@/atlas_second?")
        _do(
            second,
            "CREATE EXTENSION IF NOT EXISTS postgis",
            "CREATE TABLE place (geom geometry(Point, 4326))",
        )
        _do(cluster.url, "DROP DATABASE atlas_second")


def test_data_is_there_again_after_a_stop_and_a_start(home: Path) -> None:
    with private_cluster(home) as cluster:
        _do(cluster.url, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('ริมคลอง')")
    assert server_processes(cluster.data) == []
    assert not (cluster.data / "postmaster.pid").exists()
    with private_cluster(home) as cluster:
        assert _ask(cluster.url, "SELECT word FROM kept") == "ริมคลอง"
        _do(cluster.url, "DROP TABLE kept")


def test_a_stop_is_tidy_and_the_next_start_recovers_nothing(home: Path) -> None:
    with private_cluster(home) as cluster:
        _do(cluster.url, "CREATE TABLE tidy (number int)", "DROP TABLE tidy")
    said = len(cluster.server_log.read_text())
    with private_cluster(home):
        assert "not properly shut down" not in cluster.server_log.read_text()[said:]


def test_the_server_is_not_on_the_network(home: Path) -> None:
    with private_cluster(home) as cluster:
        assert _ask(cluster.url, "SHOW listen_addresses") == ""
        numbers = {str(pid) for pid in server_processes(cluster.data)}
        assert numbers
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            door.listen()
            ours = str(os.fstat(door.fileno()).st_ino)
            assert ours in _listening_inodes(), "the test must be able to see a listening socket"
        theirs = _socket_inodes(numbers)
        assert theirs, "the test must be able to see the server's sockets"
        assert not _listening_inodes() & theirs


def _listening_inodes() -> set[str]:
    """The sockets of this machine that wait for TCP connections (state 0A)."""
    lines = [
        line.split()
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
    ]
    return {words[9] for words in lines if words[3] == "0A"}


def _socket_inodes(numbers: set[str]) -> set[str]:
    found = set()
    for number in numbers:
        # A process or a file that goes away while we look is no waiting socket.
        with suppress(FileNotFoundError):
            for link in sorted(Path("/proc", number, "fd").iterdir()):
                with suppress(FileNotFoundError):
                    found.add(os.readlink(link).removeprefix("socket:[").rstrip("]"))
    return found


def test_nobody_else_may_come_to_the_socket_or_the_data(home: Path) -> None:
    with private_cluster(home) as cluster:
        folder = Path((cluster.place / "socket.path").read_text())
        assert cluster.data.stat().st_mode & 0o077 == 0
        assert folder.stat().st_mode & 0o077 == 0
        with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
            _ask(cluster.url.replace("//atlas@", "//postgres@"), "SELECT 1")


def test_a_server_killed_outright_is_recovered_by_the_next_start(home: Path) -> None:
    cluster = Cluster(home)
    cluster.start()
    _do(cluster.url, "CREATE TABLE written (word text)", "INSERT INTO written VALUES ('ก่อนไฟดับ')")
    os.kill(_postmaster(cluster), signal.SIGKILL)
    cluster.stop()
    assert (cluster.data / "postmaster.pid").exists()
    with private_cluster(home) as again:
        assert _ask(again.url, "SELECT word FROM written") == "ก่อนไฟดับ"
        _do(again.url, "DROP TABLE written")


def test_a_server_killed_under_a_running_atlas_comes_back_at_the_same_address(home: Path) -> None:
    with private_cluster(home) as cluster:
        before, url = _postmaster(cluster), cluster.url
        os.kill(before, signal.SIGKILL)
        _until(lambda: server_processes(cluster.data, only_postmaster=True) not in ([], [before]))
        _until(lambda: _answers(url))
        assert cluster.url == url


def _answers(url: str) -> bool:
    try:
        return _ask(url, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


@pytest.mark.parametrize("first_line", ["{alive}", "999999999", "", "1"])
def test_a_number_left_by_a_power_cut_is_not_believed(home: Path, first_line: str) -> None:
    """The number may be dead, missing, or by now that of somebody else's process of the same user."""
    with private_cluster(home) as cluster:
        owner = cluster.data.stat().st_uid
        text = (cluster.data / "postmaster.pid").read_text().splitlines(keepends=True)
    stranger = subprocess.Popen(["sleep", "600"], user=owner if os.geteuid() == 0 else None)
    try:
        number = first_line.format(alive=stranger.pid)
        left = cluster.data / "postmaster.pid"
        left.write_text("".join([number + "\n", *text[1:]]) if number else "")
        os.chown(left, owner, -1)
        with private_cluster(home) as again:
            assert _ask(again.url, "SELECT 1") == 1
        assert stranger.poll() is None, "somebody else's process was ended"
    finally:
        stranger.kill()
        stranger.wait()


def test_the_last_of_two_users_stops_the_server(home: Path) -> None:
    with _another_user(home) as other:
        with private_cluster(home) as cluster:
            shared = _postmaster(cluster)
        assert server_processes(cluster.data, only_postmaster=True) == [shared]
        assert other.stdin is not None
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.wait(timeout=60) == 0
    assert server_processes(cluster.data) == []


def test_a_user_killed_outright_leaves_a_server_that_the_next_one_takes_over(home: Path) -> None:
    cluster = Cluster(home)
    with _another_user(home) as other:
        orphan = _postmaster(cluster)
        other.kill()
        other.wait(timeout=60)
    with private_cluster(home) as cluster:
        assert _postmaster(cluster) == orphan
    assert server_processes(cluster.data) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_polite_kill_stops_the_server_too(home: Path, number: signal.Signals) -> None:
    with _another_user(home) as other:
        other.send_signal(number)
        assert other.wait(timeout=60) != 0
    assert server_processes(Cluster(home).data) == []
    assert not (Cluster(home).data / "postmaster.pid").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_kill_does_not_interrupt_the_stop(home: Path, number: signal.Signals) -> None:
    """`make` and a terminal both pass a signal on, so that it comes twice."""
    with _another_user(home) as other:
        other.send_signal(number)
        while other.poll() is None:
            other.send_signal(number)
            time.sleep(0.02)
    assert server_processes(Cluster(home).data) == []
    assert not (Cluster(home).data / "postmaster.pid").exists()


def test_ctrl_c_in_a_terminal_does_not_reach_the_server(home: Path) -> None:
    """The terminal signals a whole process group; the server is in none of ours."""
    with private_cluster(home) as cluster:
        seen = 0
        for number in server_processes(cluster.data):
            # A worker of the server's own may end while one looks at it.
            with suppress(ProcessLookupError):
                assert (os.getsid(number) != os.getsid(0), os.getpgid(number) != os.getpgid(0)) == (True, True)
                seen += 1
        assert seen > 1


def test_several_that_start_at_once_share_one_server(home: Path) -> None:
    with _another_user(home) as first, _another_user(home) as second, _another_user(home) as third:
        assert len({first.pid, second.pid, third.pid}) == 3
        everyone = [pid for pid in server_processes(Cluster(home).data) if _parent_is_no_postgres(pid)]
        assert len(everyone) == 1
        for other in (first, second, third):
            other.send_signal(signal.SIGTERM)
        assert {other.wait(timeout=60) for other in (first, second, third)} == {128 + signal.SIGTERM}
    assert server_processes(Cluster(home).data) == []


def _parent_is_no_postgres(pid: int) -> bool:
    parent = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[1]
    return Path("/proc", parent, "comm").read_text().strip() != "postgres"


def test_two_homes_stand_side_by_side(home: Path) -> None:
    with private_cluster(home) as here, _home() as elsewhere:
        with private_cluster(elsewhere) as there:
            assert here.url != there.url
            _do(here.url, "CREATE TABLE only_here (number int)")
            assert _ask(there.url, "SELECT to_regclass('only_here')") is None
        assert _ask(here.url, "SELECT to_regclass('only_here')::text") == "only_here"
        _do(here.url, "DROP TABLE only_here")


def test_a_home_that_the_servers_user_cannot_enter_has_its_data_outside() -> None:
    """Root's own folders are closed to others; without root nobody else is there and it stays at home."""
    with _home(below="closed/.atlas", mode=0o700) as home:
        with private_cluster(home) as cluster:
            _do(cluster.url, "CREATE TABLE kept (number int)")
            place = cluster.place
        outside = place.is_relative_to(cluster_module.OUTSIDE)
        assert outside == (os.geteuid() == 0)
        if outside:
            assert (place / "atlas_home").read_text().strip() == str(home)
        with private_cluster(home) as again:
            assert again.place == place
            assert _ask(again.url, "SELECT to_regclass('kept')::text") == "kept"
    assert not place.exists()


def test_a_home_with_a_long_thai_name_gets_a_short_socket() -> None:
    with _home(below="เทศบาลนครหาดใหญ่ it's a town/" + "x" * 120) as home:
        with private_cluster(home) as cluster:
            assert _ask(cluster.url, "SELECT 1") == 1
            folder = (cluster.place / "socket.path").read_text()
            assert len(folder) < 90
        shutil.rmtree(folder)
        with private_cluster(home) as again:
            assert _ask(again.url, "SELECT 1") == 1
            folder = (again.place / "socket.path").read_text()
    assert not Path(folder).exists()


def test_a_data_folder_that_was_left_half_made_is_made_again() -> None:
    with _home() as home:
        place = home / "postgres"
        half_made = place / "data.new-killed"
        half_made.mkdir(parents=True)
        (half_made / "PG_VERSION").write_text("15\n")
        with private_cluster(home) as cluster:
            assert _ask(cluster.url, "SELECT 1") == 1
        assert list(place.glob("data.new-*")) == []


def test_a_first_start_killed_in_the_middle_is_finished_by_the_next() -> None:
    with _home() as home:
        process = subprocess.Popen(
            [sys.executable, "-c", USE_IT, str(home)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        _until(lambda: list((home / "postgres").glob("data.new-*/base")))
        process.kill()
        process.wait()
        with private_cluster(home) as cluster:
            assert _ask(cluster.url, "SELECT count(*) FROM spatial_ref_sys WHERE srid = 24047") == 1


def test_data_that_vanished_is_not_begun_anew_in_silence(tmp_path: Path) -> None:
    (tmp_path / "postgres").symlink_to(tmp_path / "gone")
    with pytest.raises(SetupMissing, match="is gone") as failure:
        Cluster(tmp_path).start()
    assert "ไม่พบแล้ว" in failure.value.told.th


def test_a_server_that_cannot_start_shows_the_end_of_its_log(home: Path) -> None:
    control = Cluster(home).data / "global" / "pg_control"
    with private_cluster(home):
        pass
    control.rename(control.with_name("away"))
    try:
        with pytest.raises(SetupMissing, match="pg_control") as failure:
            Cluster(home).start()
        assert "เปิดฐานข้อมูลไม่สำเร็จ" in failure.value.told.th
    finally:
        control.with_name("away").rename(control)
    with private_cluster(home) as cluster:
        assert _ask(cluster.url, "SELECT 1") == 1


def test_a_failed_start_keeps_no_lock(home: Path, tmp_path: Path) -> None:
    (tmp_path / "postgres").symlink_to(tmp_path / "gone")
    with pytest.raises(SetupMissing):
        Cluster(tmp_path).start()
    with (tmp_path / "postgres.users.lock").open() as users:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_machine_without_postgresql_is_told_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres_programs, "DEBIAN_ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupMissing, match="apt-get install postgresql-15 postgresql-15-postgis-3"):
        postgres_programs.programs()


def test_old_data_asks_for_the_version_that_made_it() -> None:
    with pytest.raises(SetupMissing, match="postgresql-99-postgis-3"):
        postgres_programs.programs(major=99)


def test_the_log_keeps_no_value_of_a_failed_row(home: Path) -> None:
    """A failing statement's text and DETAIL hold people's names."""
    with private_cluster(home) as cluster:
        _do(cluster.url, "CREATE TABLE person (name text PRIMARY KEY)")
        twice = "INSERT INTO person VALUES ('made-up-secret-name')"
        with pytest.raises(psycopg.errors.UniqueViolation):
            _do(cluster.url, twice, twice)
        _do(cluster.url, "DROP TABLE person")
        said = cluster.server_log.read_text(errors="replace")
        assert "person_pkey" in said
        assert "made-up-secret-name" not in said
