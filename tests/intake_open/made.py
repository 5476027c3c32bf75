"""Shapefiles byte by byte, for the quirks that no writer of today would make."""

from __future__ import annotations

import struct
from collections.abc import Sequence


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
