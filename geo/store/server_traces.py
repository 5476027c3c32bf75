"""What a server leaves on the machine: its processes, its socket, its number; and which of them still live.

After `kill -9` or a power cut these lie about; each is looked at before it is believed or taken away.
"""

from __future__ import annotations

import os
import re
import signal
import tempfile
import time
from pathlib import Path

from geo.store.postgres_programs import PORT, RunAs

# The kernel's limit for a socket's whole path is 107 bytes; the lock beside the socket has the longest name.
LONGEST_SOCKET_FOLDER = 107 - len(f"/.s.PGSQL.{PORT}.lock")
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+-]+")
ORPHANS_SECONDS = 10


def server_processes(data: Path, *, only_postmaster: bool = False) -> list[int]:
    """The live PostgreSQL processes whose data folder this is.

    A process is known by the folder it stands in, never by its number: after a power cut the number in
    `postmaster.pid` may belong to somebody else's work.
    """
    pid_file = data / "postmaster.pid"
    first_line = pid_file.read_text().partition("\n")[0].strip() if pid_file.is_file() else ""
    if only_postmaster:
        return [int(first_line)] if first_line.isdigit() and _serves(int(first_line), data) else []
    everyone = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in everyone if _serves(pid, data)]


def _serves(pid: int, data: Path) -> bool:
    process = Path("/proc", str(pid))
    try:
        if ") Z " in (process / "stat").read_text() or (process / "comm").read_text().strip() != "postgres":
            return False
        try:
            return os.readlink(process / "cwd") == str(data)
        except PermissionError:
            # Root in a container may not look there; the command line is open to all and names the folder.
            return str(data).encode() in (process / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False


def clear_after_a_crash(data: Path) -> None:
    """No postmaster lives: wait for what it left, end what stays, then take away its number.

    PostgreSQL itself refuses to start when a living process has that number by chance, or while a forgotten
    child still writes. We hold the start lock and have looked at each process: the file is certainly stale.
    """
    until = time.monotonic() + ORPHANS_SECONDS
    while orphans := server_processes(data):
        if time.monotonic() > until:
            for pid in orphans:
                os.kill(pid, signal.SIGQUIT)
            until += ORPHANS_SECONDS
        time.sleep(0.05)
    (data / "postmaster.pid").unlink(missing_ok=True)


def socket_folder(place: Path, run_as: RunAs) -> Path:
    """A private folder for the socket: ours, or one with a short plain name where our path is long or odd."""
    remembered = place / "socket.path"
    folder = place / "socket"
    if remembered.is_file() and _is_private(Path(remembered.read_text()), run_as):
        folder = Path(remembered.read_text())
    elif len(str(folder)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(folder)):
        folder.mkdir(mode=0o700, exist_ok=True)
    else:
        folder = Path(tempfile.mkdtemp(prefix="chumchon-atlas-", dir="/tmp"))
    os.chown(folder, run_as.uid, run_as.gid)
    for left in (folder / f".s.PGSQL.{PORT}", folder / f".s.PGSQL.{PORT}.lock"):
        left.unlink(missing_ok=True)
    remembered.write_text(str(folder))
    return folder


def _is_private(folder: Path, run_as: RunAs) -> bool:
    """Still the folder we made: one that vanished from /tmp may have been made again by somebody else."""
    if folder.is_symlink() or not folder.is_dir() or not PLAIN_PATH.fullmatch(str(folder)):
        return False
    found = folder.stat()
    return found.st_uid == run_as.uid and found.st_mode & 0o077 == 0 and len(str(folder)) <= LONGEST_SOCKET_FOLDER
