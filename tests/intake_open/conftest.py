"""Where the real files lie, and makers of small ones with one quirk each."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

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


def dbf(fields: Sequence[tuple[str | bytes, str, int]], rows: Sequence[Sequence[bytes]]) -> bytes:
    """A DBF with these fields (name, type, width) and these cells, byte for byte."""
    width = 1 + sum(size for _, _, size in fields)
    head = struct.pack("<B3BIHH20x", 3, 124, 1, 1, len(rows), 33 + 32 * len(fields), width)
    for name, kind, size in fields:
        raw = name if isinstance(name, bytes) else name.encode()
        head += struct.pack("<11sc4xBB14x", raw, kind.encode(), size, 0)
    body = b"".join(
        b" " + b"".join(cell.ljust(size, b" ")[:size] for cell, (_, _, size) in zip(row, fields, strict=True))
        for row in rows
    )
    return head + b"\r" + body + b"\x1a"


def points_shp(places: Sequence[tuple[float, float]]) -> tuple[bytes, bytes]:
    """The .shp and .shx of these points."""
    records, index = b"", b""
    for number, (x, y) in enumerate(places, start=1):
        index += struct.pack(">ii", (100 + len(records)) // 2, 10)
        records += struct.pack(">ii", number, 10) + struct.pack("<idd", 1, x, y)
    xs, ys = [x for x, _ in places], [y for _, y in places]

    def head(size: int) -> bytes:
        box = struct.pack("<8d", min(xs), min(ys), max(xs), max(ys), 0, 0, 0, 0)
        return struct.pack(">i20xi", 9994, size // 2) + struct.pack("<ii", 1000, 1) + box

    return head(100 + len(records)) + records, head(100 + len(index)) + index


@pytest.fixture
def make_shapefile(make_zip: MakeZip) -> MakeShapefile:
    """A zipped Shapefile of points near Hat Yai with one text field `NAME`, cells as bytes; no .prj unless given."""

    def make(
        name: str, cells: Sequence[bytes], *, width: int = 40, cpg: str | None = None, prj: str | None = "EPSG:4326",
        field: str | bytes = "NAME",
    ) -> Path:  # fmt: skip
        import pyproj

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
