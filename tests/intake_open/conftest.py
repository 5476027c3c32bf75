"""Where the real files lie, and makers of small ones with one quirk each."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyproj
import pytest

from tests.intake_open.made import dbf, points_shp

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"

MakeZip = Callable[..., Path]
MakeShapefile = Callable[..., Path]


@pytest.fixture
def shared() -> Path:
    """The folder of real files, beside the repository."""
    return SHARED


@pytest.fixture
def make_zip(tmp_path: Path) -> MakeZip:
    """A zip of these members: name → bytes."""

    def make(name: str, members: dict[str, bytes]) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
            for member, content in members.items():
                zipped.writestr(member, content)
        return path

    return make


@pytest.fixture
def make_shapefile(make_zip: MakeZip) -> MakeShapefile:
    """A zipped Shapefile of points near Hat Yai with one text field `NAME`, cells as bytes; no .prj unless given."""

    def make(
        name: str, cells: Sequence[bytes], *, width: int = 40, cpg: str | None = None, prj: str | None = "EPSG:4326",
        field: str | bytes = "NAME",
    ) -> Path:  # fmt: skip
        shp, shx = points_shp([(100.47 + turn / 1000, 7.01) for turn in range(len(cells))])
        members = {
            "a.shp": shp,
            "a.shx": shx,
            "a.dbf": dbf([(field, "C", width)], [[cell] for cell in cells]),
        }
        if cpg is not None:
            members["a.cpg"] = cpg.encode()
        if prj is not None:
            members["a.prj"] = pyproj.CRS(prj).to_wkt("WKT1_ESRI").encode()
        return make_zip(name, members)

    return make
