"""The town's own secret: a file in ATLAS_HOME from which the keys for forms, devices and telephones are worked out."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from geo.errors import SetupMissing

BYTES = 32


def town_secret(home: Path) -> bytes:
    """The secret, made on first use and readable by its owner alone."""
    path = home / "secret"
    if not path.exists():
        _make(path)
    found = path.read_bytes()
    if len(found) < BYTES:
        raise SetupMissing(
            f"ไฟล์ {path} เสียหาย นำไฟล์เดิมกลับมาจากสำเนาสำรอง", f"{path} is damaged; bring the old file back from a backup"
        )
    return found


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".secret.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(BYTES))
        file.flush()
        os.fsync(file.fileno())
    # Several workers start at once: whoever links first has made it, and a half-written file is never seen.
    with contextlib.suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()
