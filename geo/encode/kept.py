"""Where compiled code is kept, and how it gets there without a process of the service growing a compiler.

Numba notices that a function's own file has changed and not that a function called by it has; so the folder is named
after the digest of all that is compiled together. Compiling takes a minute or two and hundreds of megabytes, which a
process of its own gives back. Where nothing can be written, each process compiles for itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

KERNELS = Path(__file__).parent / "kernels"
_READY = "ready"


def _digest() -> str:
    told = hashlib.sha256(f"{version('numba')} {sys.version_info[:2]}".encode())
    for source in sorted(KERNELS.glob("*.py")):
        told.update(source.name.encode() + b"\0" + source.read_bytes())
    return told.hexdigest()[:16]


@cache
def folder() -> Path | None:
    """The first place that can be written: with the sources, else with the user's other caches."""
    own_caches = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    for parent in (KERNELS / "__pycache__", own_caches / "chumchon-atlas"):
        found = parent / f"compiled-{_digest()}"
        try:
            found.mkdir(parents=True, exist_ok=True)
            # What is loaded from it is run: a folder that somebody else made is left alone.
            if found.stat().st_uid in (0, os.getuid()):
                with tempfile.TemporaryFile(dir=found):
                    return found
        except OSError:
            continue
    return None


def compile_elsewhere() -> None:
    """Have a process of its own compile what is not compiled yet; several that ask wait for the first."""
    place = folder()
    if place is not None and not (place / _READY).exists():
        root = KERNELS.parents[2]
        # Should it fail, this process compiles for itself and says what is wrong.
        subprocess.run([sys.executable, "-m", "geo.encode"], cwd=root, check=False)


def compile_here() -> None:
    """Compile by loading, one process at a time; what earlier versions left behind goes."""
    place = folder()
    if place is None:
        return
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (place / _READY).exists():
            return
        import geo.encode.page
        import geo.encode.tile  # noqa: F401  # compiled by being loaded

        (place / _READY).touch()
        for other in place.parent.glob("compiled-*"):
            if other != place:
                shutil.rmtree(other, ignore_errors=True)
