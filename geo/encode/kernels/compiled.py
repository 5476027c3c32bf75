"""Python functions compiled to machine code by numba, once a machine, and kept beside the sources.

Numba notices that a function's own file has changed and not that a function called by it has; so the folder is named
after the digest of all that is compiled together. Where nothing can be written the code is compiled at each start.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

_HERE = Path(__file__).parent


def _digest() -> str:
    told = hashlib.sha256(f"{numba.__version__}".encode())
    for source in sorted(_HERE.glob("*.py")):
        told.update(source.name.encode() + b"\0" + source.read_bytes())
    return told.hexdigest()[:16]


def _folder() -> Path | None:
    """The first place that can be written: with the sources, else with the user's other caches."""
    own_caches = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    for parent in (_HERE / "__pycache__", own_caches / "chumchon-atlas"):
        folder = parent / f"compiled-{_digest()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # A folder that somebody else made may be here and read-only; what is loaded from it is run.
            if folder.stat().st_uid in (0, os.getuid()):
                with tempfile.TemporaryFile(dir=folder):
                    return folder
        except OSError:
            continue
    return None


FOLDER = _folder()
if FOLDER is not None:
    numba.config.CACHE_DIR = str(FOLDER)  # type: ignore[attr-defined]  # made from the environment at import


def compiled(*signature: str) -> Callable[[Function], Function]:
    """Compile a function: now and for these types, or with whoever calls it where no types are given.

    The interpreter is free for others while it runs. Division by nothing gives an infinity, as in PostgreSQL's bytes.
    """
    # Helpers become part of what calls them, so that they need not be kept by themselves.
    kept = FOLDER is not None and bool(signature)
    made: Any = numba.njit(list(signature) or None, nogil=True, error_model="numpy", cache=kept)
    return cast(Callable[[Function], Function], made)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let the first of several workers compile and the others wait for what it keeps; earlier versions' code goes."""
    if FOLDER is None:
        yield
        return
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
        for other in FOLDER.parent.glob("compiled-*"):
            if other != FOLDER:
                shutil.rmtree(other, ignore_errors=True)
