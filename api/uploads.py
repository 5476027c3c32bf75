"""Files that somebody has sent and not yet decided about: kept for two hours, for that person alone.

Between looking at a file's columns and making a layer of it lies a form, and no browser sends the same file twice
unasked. They lie in the town's own folder, which the service's processes share.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from geo.errors import UnknownPerson
from geo.intake.load import LoadOptions

KEPT_SECONDS = 2 * 3600
_CHUNK = 1024**2


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that waits, and what was said of it; `code` is its name here, which nobody can guess."""

    code: str
    login: str
    town: str
    file_name: str
    crs: str | None
    encoding: str | None
    sheet: str | None
    anywhere: bool

    @property
    def options(self) -> LoadOptions:
        """How it is to be read."""
        return LoadOptions(crs=self.crs, encoding=self.encoding, sheet=self.sheet, anywhere=self.anywhere)


class Uploads:
    """The folder in which they wait."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "uploads"

    def keep(self, file: BinaryIO, *, login: str, town: str, file_name: str, crs: str | None, encoding: str | None,
             sheet: str | None, anywhere: bool) -> Upload:  # fmt: skip
        """Take a file in; those whose time is over go."""
        self._sweep()
        kept = Upload(code=secrets.token_hex(16), login=login, town=town, file_name=file_name, crs=crs,
                      encoding=encoding, sheet=sheet, anywhere=anywhere)  # fmt: skip
        place = self._folder / kept.code
        place.mkdir(parents=True, mode=0o700)
        with (place / "data").open("wb") as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy, _CHUNK)
        (place / "said.json").write_text(json.dumps(asdict(kept), ensure_ascii=False), "utf-8")
        return kept

    def of(self, login: str, code: str) -> tuple[Upload, Path]:
        """What somebody sent, and where it lies; another's is not found."""
        place = self._folder / code
        try:
            if not re.fullmatch("[0-9a-f]{32}", code):
                raise FileNotFoundError(code)
            kept = Upload(**json.loads((place / "said.json").read_text("utf-8")))
        except FileNotFoundError:
            raise _gone() from None
        if kept.login != login:
            raise _gone()
        return kept, place / "data"

    def forget(self, code: str) -> None:
        """Let one go."""
        shutil.rmtree(self._folder / code, ignore_errors=True)

    def _sweep(self) -> None:
        for place in self._folder.iterdir() if self._folder.is_dir() else ():
            try:
                old = time.time() - place.stat().st_mtime > KEPT_SECONDS
            except FileNotFoundError:
                continue  # another process has just swept it
            if old:
                shutil.rmtree(place, ignore_errors=True)


def _gone() -> UnknownPerson:
    return UnknownPerson(
        "ไม่พบไฟล์ที่ส่งไว้ (เก็บสองชั่วโมง) โปรดส่งใหม่", "There is no such file; one that was sent is kept for two hours"
    )
