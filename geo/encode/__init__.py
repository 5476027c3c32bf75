"""Rows as PostgreSQL hands them over, written as tiles and GeoJSON by compiled code.

A row passes through here as bytes and is never an object of Python: of a tile's time most went into making and
reading objects, and of the rest most into PostgreSQL writing what it could as well hand over (DECISIONS.md).

The compiled code is loaded when it is first used, or when `warm_up` is called: whoever loads a file or lists people
needs no compiler in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from geo.encode.kept import compile_elsewhere
from geo.shapes.grids import Tile


@dataclass(frozen=True, kw_only=True)
class EncodedPage:
    """Features with commas between them, as UTF-8, and their ids.

    `more` says that rows were left over, `is_high` that some of the shapes have heights.
    """

    body: bytes
    ids: tuple[int, ...]
    more: bool
    is_high: bool

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.ids)

    @property
    def first_id(self) -> int | None:
        """The id of the first feature, where there is one."""
        return self.ids[0] if self.ids else None

    @property
    def last_id(self) -> int | None:
        """The id of the last feature, where there is one."""
        return self.ids[-1] if self.ids else None


def features(
    buffer: bytes, names: Sequence[str], *, digits: int, swap: bool = False, most: int | None = None
) -> EncodedPage:
    """The first `most` rows as features: the id comes first, then the properties `names`, the shape (EWKB) last.

    `digits` are the decimals of a coordinate; with `swap` the second one is told first, as EPSG:4326 wants it.
    """
    warm_up()
    from geo.encode.page import features as encoded

    return encoded(buffer, tuple(names), digits=digits, swap=swap, most=most)


def mvt(buffer: bytes, layer: str, names: Sequence[str], tile: Tile, *, tolerance: float = 0.0) -> bytes:
    """One layer of a vector tile from rows like those of `features`, their shapes in the units of the tile's grid.

    `tolerance`, in tile units, says how far an outline may be off; no bytes where nothing is in the tile.
    """
    warm_up()
    from geo.encode.tile import mvt as encoded

    return encoded(buffer, layer, tuple(names), tile, tolerance=tolerance)


def geojson(buffer: bytes, layer: str, names: Sequence[str], tile: Tile, *, tolerance: float = 0.0) -> bytes:
    """The same as `mvt`, as GeoJSON features with commas between them."""
    warm_up()
    from geo.encode.tile import geojson as encoded

    return encoded(buffer, layer, tuple(names), tile, tolerance=tolerance)


@cache
def warm_up() -> None:
    """Have everything compiled and in memory, so that nobody's request waits for a compiler."""
    compile_elsewhere()
    import geo.encode.page
    import geo.encode.tile  # noqa: F401  # compiled code is loaded with it
