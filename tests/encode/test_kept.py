"""Compiled code is kept where it can be written, and anew when any of its sources changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from geo.encode import kept

ASK = "from geo.encode import kept; print(kept.folder())"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The sources of the encoder in a folder of their own, without what is compiled of them."""
    shutil.copytree(kept.KERNELS.parents[1], tmp_path / "geo", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def asked(root: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=root, env=os.environ | environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_a_change_of_any_source_is_a_new_folder(copied: Path) -> None:
    before = asked(copied)
    assert before.startswith(str(copied / "geo/encode/kernels/__pycache__/compiled-"))
    assert asked(copied) == before
    with (copied / "geo/encode/kernels/decimals.py").open("a") as source:
        source.write("# another word\n")
    assert asked(copied) != before


def test_where_the_sources_cannot_be_written_the_users_own_caches_can(copied: Path, tmp_path: Path) -> None:
    # A file in the folder's place stops root as well, for whom nothing is read-only.
    (copied / "geo/encode/kernels/__pycache__").write_text("in the way")
    assert asked(copied, XDG_CACHE_HOME=str(tmp_path / "own")).startswith(
        str(tmp_path / "own/chumchon-atlas/compiled-")
    )
    (tmp_path / "own2").write_text("in the way too")
    assert asked(copied, XDG_CACHE_HOME=str(tmp_path / "own2")) == "None"


def test_set_up_has_compiled_before_anybody_asks() -> None:
    from geo.encode import warm_up

    warm_up()
    place = kept.folder()
    assert place is not None
    assert (place / "ready").exists()
    assert any(place.rglob("*.nbi"))
