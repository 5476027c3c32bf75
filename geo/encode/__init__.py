"""Rows as PostgreSQL hands them over, written as tiles and GeoJSON by compiled code.

A row passes through here as bytes and is never an object of Python: of a tile's time most went into making and
reading objects, and of the rest most into PostgreSQL writing what it could as well hand over (DECISIONS.md).

The compiled code is loaded when it is first used, or when `warm_up` is called: whoever loads a file or lists people
needs no compiler in memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from geo.encode.kept import compile_elsewhere
from geo.shapes.grids import Tile
from geo.shapes.whereabouts import Box


@dataclass(frozen=True, slots=True)
class Records:
    """Rows of one query as bytes: the `DataRow` messages of PostgreSQL's protocol with the types of their columns
    (their numbers in `pg_type`, an array of int32), or without `types` what `record_send` makes of each."""

    buffer: bytes
    types: Any = None


@dataclass(frozen=True, kw_only=True)
class EncodedPage:
    """Features with commas between them, as UTF-8, and their ids.

    `more` says that rows were left over, `is_high` that some of the shapes have heights. `edges` are
    west, south, east and north of the first row's shape, west above east where it has none.
    """

    body: bytes
    ids: tuple[int, ...]
    more: bool
    is_high: bool
    edges: tuple[float, float, float, float] = (math.inf, math.inf, -math.inf, -math.inf)

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.ids)

    @property
    def around(self) -> Box | None:
        """The rectangle around the first row's shape, in its own units."""
        west, south, east, north = self.edges
        return Box(west=west, south=south, east=east, north=north) if west <= east and south <= north else None

    @property
    def first_id(self) -> int | None:
        """The id of the first feature, where there is one."""
        return self.ids[0] if self.ids else None

    @property
    def last_id(self) -> int | None:
        """The id of the last feature, where there is one."""
        return self.ids[-1] if self.ids else None


def features(
    records: Records, names: Sequence[str], *, digits: int, swap: bool = False, most: int | None = None,
    is_counted: bool = False,
) -> EncodedPage:  # fmt: skip
    """The first `most` rows as features: the id comes first, then the properties `names`, the shape (EWKB) last.

    `digits` are the decimals of a coordinate; with `swap` the second one is told first, as EPSG:4326 wants it. With
    `is_counted` a number stands before the id (`number_before`), and a row without an id is none.
    """
    warm_up()
    from geo.encode.page import features as encoded

    return encoded(records, tuple(names), digits=digits, swap=swap, most=most, is_counted=is_counted)


def number_before(records: Records) -> int:
    """The number (int8) with which the first of some `DataRow` messages begins."""
    return int.from_bytes(records.buffer[11:19], "big", signed=True)


def mvt(records: Records, layer: str, names: Sequence[str], tile: Tile, *, tolerance: float = 0.0) -> bytes:
    """One layer of a vector tile from rows like those of `features`, their shapes in the units of the tile's grid.

    `tolerance`, in tile units, says how far an outline may be off; no bytes where nothing is in the tile.
    """
    warm_up()
    from geo.encode.tile import mvt as encoded

    return encoded(records, layer, tuple(names), tile, tolerance=tolerance)


def geojson(records: Records, layer: str, names: Sequence[str], tile: Tile, *, tolerance: float = 0.0) -> bytes:
    """The same as `mvt`, as GeoJSON features with commas between them."""
    warm_up()
    from geo.encode.tile import geojson as encoded

    return encoded(records, layer, tuple(names), tile, tolerance=tolerance)


@cache
def warm_up() -> None:
    """Have everything compiled and in memory, so that nobody's request waits for a compiler."""
    compile_elsewhere()
    import geo.encode.page
    import geo.encode.tile
    import geo.encode.wire  # noqa: F401  # compiled code is loaded with them
