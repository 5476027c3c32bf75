"""One layer of a tile from the bytes of its rows, as MVT or as GeoJSON.

Of each row the id comes first, then the properties in the order of `Heading`, the shape last, in the units of the
tile's grid.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.encode import Records
from geo.encode.kernels.cut import NOTHING, ODD, cut_rows
from geo.encode.kernels.geojson_tile import written_features
from geo.encode.kernels.mvt import written_layer
from geo.encode.kernels.records import found_rows
from geo.encode.kernels.wire import found_messages
from geo.encode.odd import mended
from geo.shapes.grids import BUFFER, EXTENT, Tile

_HALF_TURN = 180.0


def _joined(words: list[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return np.frombuffer(b"".join(words), np.uint8), np.cumsum([len(one) for one in words], dtype=np.int64)


@dataclass(frozen=True)
class Heading:
    """A layer's name and those of its properties, as both ways of writing want them."""

    layer: str
    names: tuple[str, ...]

    @cached_property
    def for_mvt(self) -> tuple[Any, Any, Any]:
        """Bare names, where each ends, the layer's name."""
        return *_joined([name.encode() for name in self.names]), np.frombuffer(self.layer.encode(), np.uint8)

    @cached_property
    def for_json(self) -> tuple[Any, Any, Any]:
        """The same as JSON, names with a colon."""
        words = [json.dumps(name, ensure_ascii=False).encode() + b":" for name in self.names]
        return *_joined(words), np.frombuffer(json.dumps(self.layer, ensure_ascii=False).encode(), np.uint8)


@dataclass(frozen=True)
class Rows:
    """Rows found in their bytes."""

    buffer: NDArray[np.uint8]
    count: int
    types: NDArray[np.int32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int32]

    @classmethod
    def of(cls, records: Records, columns: int) -> Rows:
        """The rows of so many columns in these bytes; ValueError where they are no such thing."""
        held = np.frombuffer(records.buffer, np.uint8)
        if records.types is None:
            return cls(held, *found_rows(held, columns))
        if len(records.types) != columns:
            raise ValueError(f"rows of {len(records.types)} columns, not of {columns}")
        count, starts, lengths = found_messages(held, records.types)
        return cls(held, count, records.types, starts, lengths)

    def without_first(self) -> Rows:
        """The same without the first column, and without rows of which it was all there is."""
        columns = len(self.types)
        starts = self.starts[: self.count * columns].reshape(-1, columns)
        lengths = self.lengths[: self.count * columns].reshape(-1, columns)
        count = self.count if self.count != 1 or lengths[0, 1] >= 0 else 0
        return Rows(self.buffer, count, self.types[1:], starts[:, 1:].ravel(), lengths[:, 1:].ravel())


@dataclass(frozen=True)
class Shapes:
    """What is left of the rows' shapes in a tile (`cut.py`)."""

    kinds: NDArray[np.uint8]
    of_rows: NDArray[np.int64]
    parts: NDArray[np.int64]
    roles: NDArray[np.uint8]
    xy: NDArray[np.int32]


heading = lru_cache(maxsize=1_000)(Heading)


def mvt(records: Records, layer: str, names: tuple[str, ...], tile: Tile, *, tolerance: float) -> bytes:
    """See `geo.encode.mvt`."""
    rows = Rows.of(records, len(names) + 2)
    return mvt_layer(rows, cut_shapes(rows, tile, tolerance=tolerance), heading(layer, names))


def geojson(records: Records, layer: str, names: tuple[str, ...], tile: Tile, *, tolerance: float) -> bytes:
    """See `geo.encode.geojson`."""
    rows = Rows.of(records, len(names) + 2)
    return geojson_features(rows, cut_shapes(rows, tile, tolerance=tolerance), heading(layer, names), tile)


def mvt_layer(rows: Rows, shapes: Shapes, heading: Heading) -> bytes:
    """The layer as MVT; empty where nothing is in the tile."""
    out, end = written_layer(
        rows.buffer, rows.count, rows.types, rows.starts, rows.lengths, *heading.for_mvt,
        shapes.kinds, shapes.of_rows, shapes.parts, shapes.xy, EXTENT,
    )  # fmt: skip
    return bytes(out[:end])


def geojson_features(rows: Rows, shapes: Shapes, heading: Heading, tile: Tile) -> bytes:
    """The layer's features with commas between them; empty where nothing is in the tile."""
    digits = digits_of(tile)
    out, end = written_features(
        rows.buffer, rows.count, rows.types, rows.starts, rows.lengths, *heading.for_json,
        shapes.kinds, shapes.of_rows, shapes.parts, shapes.roles, shapes.xy, _degrees(tile, digits), digits,
    )  # fmt: skip
    return bytes(out[:end])


def cut_shapes(rows: Rows, tile: Tile, *, tolerance: float) -> Shapes:
    """The rows' shapes in the tile, `tolerance` in tile units (0: every place is kept)."""
    west, _, _, north = tile.bounds()
    unit = tile.grid.tile_side(tile.z) / EXTENT
    view = np.array([west, north, unit, -BUFFER, EXTENT + BUFFER, tolerance])
    columns = len(rows.types)
    shapes = Shapes(*cut_rows(rows.buffer, rows.count, columns, rows.starts, rows.lengths, view, False))
    odd = np.flatnonzero(shapes.kinds == ODD)
    return _with_mended(rows, shapes, odd, view) if len(odd) else shapes


def _with_mended(rows: Rows, shapes: Shapes, odd: Any, view: Any) -> Shapes:
    """The same with the odd ones behind the others, which come back as WKB and are read like any row's."""
    ends = (odd + 1) * len(rows.types) - 1
    found = []
    for value in ends:
        start = rows.starts[value]
        found.append(mended(rows.buffer[start : start + rows.lengths[value]].tobytes(), view) or b"")
    lengths = np.array([len(one) or -1 for one in found], np.int32)
    starts = np.cumsum([0, *(len(one) for one in found)], dtype=np.int64)[:-1].copy()
    units = np.array([0.0, 0.0, 1.0, -BUFFER, EXTENT + BUFFER, 0.0])
    buffer = np.frombuffer(b"".join(found), np.uint8)
    kinds, of_rows, parts, roles, xy = cut_rows(buffer, len(odd), 1, starts, lengths, units, True)
    places = len(shapes.xy) // 2
    shapes.kinds[odd] = np.where(kinds == ODD, NOTHING, kinds)
    shapes.of_rows[odd] = of_rows + shapes.parts.shape[1]
    return Shapes(
        shapes.kinds, shapes.of_rows, np.concatenate([shapes.parts, parts + places], axis=1),
        np.concatenate([shapes.roles, roles]), np.concatenate([shapes.xy, xy]),
    )  # fmt: skip


def digits_of(tile: Tile) -> int:
    """Decimals that the zoom can show: one finer than the width of a tile unit at the equator."""
    return min(8, max(1, math.ceil(-math.log10(360 / 2**tile.zoom / EXTENT))))


def _degrees(tile: Tile, digits: int) -> NDArray[np.int64]:
    """Longitude and latitude of each whole number of the tile, its buffer included, times ten to `digits`."""
    west, _, _, north = tile.bounds()
    steps = np.arange(-BUFFER, EXTENT + BUFFER + 1) * (tile.grid.tile_side(tile.z) / EXTENT)
    x, y = west + steps, north - steps
    if tile.grid.srid != 4326:
        degree = tile.grid.side / 2 / _HALF_TURN
        x, y = x / degree, np.degrees(np.arctan(np.sinh(np.radians(y / degree))))
    told: NDArray[np.int64] = np.rint(np.stack([x, y]) * 10**digits).astype(np.int64)
    return told
