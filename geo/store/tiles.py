"""Vector tiles, MVT and GeoJSON, of what the read door gives an audience.

PostgreSQL hands over the rows near the tile, compiled code cuts and writes them (`geo.encode`): both formats are made
from the same cut, so that they hold the same features with the same ids. Where a tile would hold too much the layer's
declared generalisation is drawn instead and says so; nothing is dropped silently.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from geo import encode
from geo.layer import Audience, Layer, Published
from geo.shapes.grids import Grid, Tile
from geo.store.functions import COUNT_ZOOM
from geo.store.lines import Lines
from geo.store.read import Asking, Wanted, form
from geo.store.tile_rows import Columns, statements, tile_fields

__all__ = ["BY_PLACE", "TileFormat", "for_tiles", "levels", "tile_bytes", "tile_fields"]

SIMPLIFIED_BELOW = 15
TOLERANCE = 2.0  # tile units by which an outline may be off on far zooms
SQUARES_DEEPER = 5  # a generalised tile is cut into at most 32 by 32 squares
BY_PLACE = Wanted(by_place=True)
# What takes longer to write than a thread takes to start: others are answered meanwhile.
BYTES_FOR_A_THREAD = 400_000


class TileFormat(StrEnum):
    """How a tile is written."""

    MVT = "mvt"
    GEOJSON = "geojson"

    @property
    def media_type(self) -> str:
        """Its media type."""
        return {"mvt": "application/vnd.mapbox-vector-tile", "geojson": "application/geo+json"}[self.value]


async def tile_bytes(
    lines: Lines, layers: Sequence[Layer], asking: Asking, tile: Tile, written: TileFormat,
    *, area: str | None = None, wanted: Wanted = BY_PLACE,
) -> bytes:  # fmt: skip
    """The tile of these layers, one after the other, all as of one moment; empty where nothing is.

    `area` is the signed area of whoever is no part of the public (`area.py`). `wanted` may ask for less than all rows,
    for the past, or for columns of themes (its `names`); where and how many they are says the tile.
    """
    shown = tuple(layer for layer in layers if _is_drawn(layer, asking, tile.zoom))
    if not shown:
        return _whole([], written)
    place = _place_of(tile)
    asked = statements(shown, asking, tile, wanted if wanted.by_place else replace(wanted, by_place=True))
    found = await lines.ask([(one, place) for one in asked], area)
    held = [(one.about, records) for one, records in zip(asked, found, strict=True) if records.buffer]
    if sum(len(records.buffer) for _, records in held) < BYTES_FOR_A_THREAD:
        return _encoded(held, tile, written)
    return await asyncio.to_thread(_encoded, held, tile, written)


def levels(layer: Layer, grid: Grid) -> tuple[int, ...]:
    """The levels of a grid at which a layer is drawn: as itself, or further out as counts."""
    return tuple(z for z in range(grid.deepest + 1) if _has(layer, Tile(z, 0, 0, grid).zoom))


def _has(layer: Layer, zoom: int) -> bool:
    return zoom in layer.zooms or (layer.generalise is not None and zoom < layer.generalise.below)


def _is_drawn(layer: Layer, asking: Asking, zoom: int) -> bool:
    return form(layer, asking) is not Published.WITHHELD and _has(layer, zoom)


def _encoded(held: Sequence[tuple[Columns, encode.Records]], tile: Tile, written: TileFormat) -> bytes:
    write = encode.mvt if written is TileFormat.MVT else encode.geojson
    parts = []
    for columns, records in held:
        is_thinned = tile.zoom < SIMPLIFIED_BELOW and columns.layer.shape.dimension > 0 and not columns.squares
        tolerance = TOLERANCE if is_thinned else 0.0
        parts.append(write(records, columns.layer.id, columns.names, tile, tolerance=tolerance))
    return _whole([part for part in parts if part], written)


def _whole(parts: list[bytes], written: TileFormat) -> bytes:
    if written is TileFormat.MVT:
        return b"".join(parts)
    return b'{"type":"FeatureCollection","features":[%s]}' % b",".join(parts)


def _place_of(tile: Tile) -> dict[str, Any]:
    """Where the tile is, for `tile_rows`: degrees with the buffer, and the squares that are counted within it."""
    west, south, east, north = tile.degrees()
    deeper = max(0, COUNT_ZOOM - tile.zoom - SQUARES_DEEPER)
    shift = COUNT_ZOOM - tile.zoom
    place = {"west": west, "south": south, "east": east, "north": north, "deeper": deeper, "level": COUNT_ZOOM - deeper}
    if shift < 0:
        return {**place, "first_x": 0, "end_x": 0, "first_y": 0, "end_y": 0}
    first_y, end_y = tile.y << shift, (tile.y + 1) << shift
    if tile.grid.srid == 4326:
        # Its rows are no rows of the squares' grid: every square that reaches into the tile is drawn, as a whole.
        _, south, _, north = tile.bounds()
        first_y = math.floor(_row(north)) >> deeper << deeper
        end_y = -(-math.ceil(_row(south)) >> deeper) << deeper
    return {
        **place, "first_x": tile.x << shift, "end_x": (tile.x + 1) << shift, "first_y": first_y, "end_y": end_y,
    }  # fmt: skip


def _row(latitude: float) -> float:
    """How many rows of counted squares lie north of a latitude."""
    across = 1 << COUNT_ZOOM
    if abs(latitude) > 85.06:
        return 0 if latitude > 0 else across
    return min(max((1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2, 0.0), 1.0) * across


def for_tiles(asking: Asking) -> Asking:
    """Who asks, as far as tiles go: nothing personal is in a tile, nor is reading one written down (DOMAIN §7.2).

    Case workers and the tax office get the tiles of the municipality, in their own areas.
    """
    if asking.audience in (Audience.CARE, Audience.TAX):
        return replace(asking, audience=Audience.STAFF, purpose=None)
    return asking
