"""The two tile grids of the OGC registry that are served: rows and columns, their rectangles, and nothing else.

Both count rows from the north. `Grid.side` is the width of the one level-0 tile in the grid's own units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

EXTENT = 4096
BUFFER = 64  # of 4096: enough for strokes and symbols, an eighth of what the standard allows
_HALF_WORLD = 20037508.342789244


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A tile matrix set (OGC 17-083r4): `columns` × 1 tiles at level 0, each level halves the side.

    `west` and `north` are its corner and `side` the width of a level-0 tile, in units of `srid`, x first.
    """

    id: str
    uri: str
    crs: str
    srid: int
    west: float
    north: float
    side: float
    columns: int
    deepest: int

    def tile_side(self, z: int) -> float:
        """Width and height of a tile at this level, in the grid's units."""
        return self.side / (1 << z)


WEB_MERCATOR = Grid(
    id="WebMercatorQuad", uri="http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
    crs="http://www.opengis.net/def/crs/EPSG/0/3857", srid=3857, west=-_HALF_WORLD, north=_HALF_WORLD,
    side=2 * _HALF_WORLD, columns=1, deepest=22,
)  # fmt: skip
WORLD_CRS84 = Grid(
    id="WorldCRS84Quad", uri="http://www.opengis.net/def/tilematrixset/OGC/1.0/WorldCRS84Quad",
    crs="http://www.opengis.net/def/crs/OGC/1.3/CRS84", srid=4326, west=-180.0, north=90.0, side=180.0, columns=2,
    deepest=17,
)  # fmt: skip
GRIDS = {grid.id: grid for grid in (WEB_MERCATOR, WORLD_CRS84)}


@dataclass(frozen=True)
class Tile:
    """One square of a grid, row counted from the north."""

    z: int
    x: int
    y: int
    grid: Grid = WEB_MERCATOR

    @property
    def zoom(self) -> int:
        """The zoom of a web map whose tiles are as wide: a grid that begins with two columns is one ahead."""
        return self.z + self.grid.columns - 1

    @property
    def exists(self) -> bool:
        """Whether the grid has it."""
        if not 0 <= self.z <= self.grid.deepest:
            return False
        return 0 <= self.x < (self.grid.columns << self.z) and 0 <= self.y < (1 << self.z)

    def bounds(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north in the grid's units, `margin` of a tile added on each side."""
        side = self.grid.tile_side(self.z)
        west, north = self.grid.west + (self.x - margin) * side, self.grid.north - (self.y - margin) * side
        return west, north - (1 + 2 * margin) * side, west + (1 + 2 * margin) * side, north

    def degrees(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, the buffer included."""
        west, south, east, north = self.bounds(BUFFER / EXTENT)
        if self.grid.srid == 4326:
            return west, south, east, north
        degree = _HALF_WORLD / 180
        return west / degree, _latitude(south), east / degree, _latitude(north)


@dataclass(frozen=True, kw_only=True)
class Span:
    """The rows and columns of one level, both ends included."""

    z: int
    rows: tuple[int, int]
    columns: tuple[int, int]

    def holds(self, tile: Tile) -> bool:
        """Whether a tile of that level is among them."""
        return self.rows[0] <= tile.y <= self.rows[1] and self.columns[0] <= tile.x <= self.columns[1]


def span_over(grid: Grid, z: int, west: float, south: float, east: float, north: float) -> Span:
    """The tiles of a level that a rectangle of degrees touches."""
    (left, top), (right, bottom) = _units(grid, west, north), _units(grid, east, south)
    side, across, along = grid.tile_side(z), (grid.columns << z) - 1, (1 << z) - 1
    columns = (_within((left - grid.west) / side, across), _within((right - grid.west) / side, across))
    return Span(z=z, rows=(_within((grid.north - top) / side, along), _within((grid.north - bottom) / side, along)),
                columns=columns)  # fmt: skip


def _units(grid: Grid, lon: float, lat: float) -> tuple[float, float]:
    if grid.srid == 4326:
        return lon, lat
    northing = math.asinh(math.tan(math.radians(max(-89.9, min(89.9, lat))))) / math.pi
    return lon / 180 * _HALF_WORLD, northing * _HALF_WORLD


def _within(place: float, last: int) -> int:
    return max(0, min(last, math.floor(place)))


def square_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the web maps' tile in which a place lies, the outermost where it lies beyond."""
    span = span_over(WEB_MERCATOR, z, lon, lat, lon, lat)
    return span.columns[0], span.rows[0]


def _latitude(northing: float) -> float:
    return math.degrees(math.atan(math.sinh(northing / _HALF_WORLD * math.pi)))
