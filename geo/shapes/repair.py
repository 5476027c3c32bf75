"""Mend shapes without losing any in silence: what is invalid is made valid, counted, and its fault told with a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.errors import Text

Geometries = NDArray[np.object_]
Mask = NDArray[np.bool_]

MOST_VERTICES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why one shape was invalid; `index` is its position in the array, `x`, `y` the place in the array's own CRS."""

    index: int
    told: Text
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """The mended shapes and, position by position, what happened to each.

    A position can be `missing` (None or empty as it came), `bad_coordinates` (NaN, infinity), `too_big` (left as it
    is), `was_invalid` (mended), `trimmed` (parts of another kind taken off) or `lost` (nothing of the right kind left;
    its shape is None). `area_change` is relative: 0 unchanged, -0.5 half the planar area gone.
    """

    geoms: Geometries
    missing: Mask
    bad_coordinates: Mask
    too_big: Mask
    was_invalid: Mask
    trimmed: Mask
    lost: Mask
    reasons: tuple[Reason, ...]
    area_change: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class WrittenShapes:
    """Shapes read from WKT text: `closed` had an open ring that was closed, `unreadable` is no WKT (shape is None)."""

    geoms: Geometries
    closed: Mask
    unreadable: Mask


def repaired(geoms: Geometries, kinds: Iterable[str], *, most_vertices: int = MOST_VERTICES) -> Repaired:
    """The shapes made valid, keeping parts of the wanted kinds ("POINT", "MULTIPOLYGON", … or "GEOMETRY")."""
    raise NotImplementedError


def has_bad_coordinates(geoms: Geometries) -> Mask:
    """Where a coordinate is NaN or infinite."""
    raise NotImplementedError


def as_multi(geoms: Geometries) -> Geometries:
    """Points, lines and polygons as their Multi forms, for a column of one type."""
    raise NotImplementedError


def from_wkt(texts: pa.Array) -> WrittenShapes:
    """Shapes from WKT cells; blank cells give None without complaint."""
    raise NotImplementedError
