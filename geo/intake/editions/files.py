"""Where an edition's file lies until it is settled: under ATLAS_HOME, for the service's own eyes.

It holds owners' names as they came. It goes when the edition is settled or laid aside, and after 90 days whatever was
decided.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geo.errors import StoreAway
from geo.store.editions_books import EditionState, set_state, silent
from geo.store.editions_tables import Edition

KEPT = dt.timedelta(days=90)
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file as it was kept: its digest and its size in bytes, of several files those of all of them."""

    sha256: bytes
    size: int


@dataclass(frozen=True)
class EditionFiles:
    """The folder `home/editions`, one folder an edition, 0700 with files of 0600."""

    home: Path

    def keep(self, number: int, source: Path) -> KeptFile:
        """Copy a file, with the files of a shapefile that lie beside it; `StoreAway` where the disk has no room."""
        folder = self._folder(number)
        with _told(folder):
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # The number is new: what lies there is of a database that was put back to an earlier day.
            self.forget(number)
            folder.mkdir(mode=0o700)
            digest, size = hashlib.sha256(), 0
            for one in sorted(_belonging(source)):
                size += _copied(one, folder / _plain(source, one), digest)
            if source.is_dir():
                os.chmod(folder / _plain(source, source), 0o700)
            _synced(folder)
        return KeptFile(sha256=digest.digest(), size=size)

    def path(self, number: int) -> Path | None:
        """The file to open; None where it is not kept any more."""
        folder = self._folder(number)
        found = sorted(folder.glob("edition*")) if folder.is_dir() else []
        return next((one for one in found if one.suffix.lower() == ".shp"), found[0] if found else None)

    def forget(self, number: int) -> None:
        """Take the file away; nothing happens where there is none."""
        folder = self._folder(number)
        if folder.is_dir():
            shutil.rmtree(folder)

    def numbers(self) -> Iterator[int]:
        """The editions of which something lies here."""
        top = self.home / "editions"
        for one in top.iterdir() if top.is_dir() else ():
            if one.name.isascii() and one.name.isdigit():
                yield int(one.name)

    def _folder(self, number: int) -> Path:
        return self.home / "editions" / str(int(number))


def _belonging(source: Path) -> Iterator[Path]:
    if source.is_dir():
        yield from (one for one in source.rglob("*") if one.is_file())
    elif source.suffix.lower() == ".shp":
        yield from (one for one in source.parent.iterdir()
                    if one.is_file() and one.name.lower().startswith(source.stem.lower() + "."))  # fmt: skip
    else:
        yield source


def _plain(source: Path, one: Path) -> Path:
    """Our own names: what a person called a file may be anything, and may be somebody's name."""
    suffix = re.sub(r"[^a-z0-9.]", "", source.suffix.lower())[:12]
    if source.is_dir():
        return Path("edition" + suffix) / one.relative_to(source)
    if source.suffix.lower() == ".shp":
        return Path("edition" + one.name[len(source.stem) :].lower())
    return Path("edition" + suffix)


def _copied(source: Path, target: Path, digest: hashlib._Hash) -> int:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = 0
    with source.open("rb") as come, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
        while chunk := come.read(_CHUNK):
            to.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        to.flush()
        os.fsync(to.fileno())
    return size


def _synced(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """A disk that is full leaves no half of a file; what it says in its own words names our folders."""
    try:
        yield
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise StoreAway(
            "เก็บไฟล์ไม่ได้ (ดิสก์เต็มหรือเขียนไม่ได้) ยังไม่มีอะไรถูกบันทึก โปรดแจ้งผู้ดูแลระบบ",
            "The file cannot be kept (the disk is full or cannot be written); nothing has been kept, please tell"
            " whoever looks after the system",
        ) from error


def let_files_go(session: Session, files: EditionFiles, *, at: dt.datetime) -> list[int]:
    """Housekeeping: the editions whose files went just now; work that stands still is written down as failed."""
    for edition in silent(session, at):
        back = EditionState.COMPARED if edition.state == EditionState.SETTLING else EditionState.FAILED
        told = {
            "th": "งานหยุดกลางคัน ข้อมูลของเมืองเป็นเหมือนเดิม",
            "en": "The work was interrupted; the town's data is as it was",
        }
        set_state(session, edition.id, back, told=told, heartbeat_at=at)
    done = (EditionState.SETTLED, EditionState.DROPPED)
    query = select(Edition.id).where(Edition.file_gone_at.is_(None))
    query = query.where(or_(Edition.state.in_(done), Edition.made_at < at - KEPT))
    going = list(session.scalars(query))
    known = set(session.scalars(select(Edition.id)))
    for number in going:
        files.forget(number)
        edition = session.get_one(Edition, number)
        edition.file_gone_at = at
    for number in set(files.numbers()) - known:
        files.forget(number)
    session.flush()
    return going
