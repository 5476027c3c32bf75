"""Outlines as a small picture has them: laid flat, simplified, in whole units of a square grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

WIDTH = 3400
TALLEST = 1.15  # of the width
LEAST_ROOM = 42  # units around a point, below which a number would lie on its neighbours
_SPECK = 80.0  # square units: a hole or islet that would be a dot of the line alone
_TOLERANCE = 3.0  # units: less than half of the line that is drawn along each edge, so that no gap shows beside it


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Paths in the words of SVG (None: no outline), where in each is room for a number, and the height of all."""

    paths: tuple[str | None, ...]
    points: tuple[tuple[int, int] | None, ...]
    height: int


def drawn(shapes: Sequence[BaseGeometry | None], width: int = WIDTH) -> Drawn:
    """Polygons in degrees as a picture `width` units wide (or narrower, where it would be too tall), north up.

    Degrees are laid out with the middle's own width of a degree, which over a town is true to a thousandth. Each
    outline is simplified alone: those of real towns overlap and leave slivers, and are no coverage. What is no area
    has no path.
    """
    is_area = np.array([one is not None and one.geom_type.endswith("Polygon") and not one.is_empty for one in shapes])
    if not is_area.any():
        return Drawn(paths=(None,) * len(shapes), points=(None,) * len(shapes), height=0)
    areas = shapely.force_2d(np.array(shapes, dtype=object)[is_area])
    west, south, east, north = shapely.total_bounds(areas)
    across = float(np.cos(np.radians((south + north) / 2)))
    scale = width / max((east - west) * across, (north - south) / TALLEST, 1e-9)
    left = (width - (east - west) * across * scale) / 2

    def on_paper(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack((left + (xy[:, 0] - west) * across * scale, (north - xy[:, 1]) * scale))

    flat = shapely.transform(areas, on_paper)
    middles = shapely.maximum_inscribed_circle(flat, tolerance=8.0)
    plain = np.asarray(shapely.simplify(flat, _TOLERANCE), dtype=object)
    paths = iter([_path(one) for one in plain])
    places = iter([_middle(one) for one in middles])
    return Drawn(
        paths=tuple(next(paths) if one else None for one in is_area),
        points=tuple(next(places) if one else None for one in is_area),
        height=round((north - south) * scale),
    )


def _path(area: BaseGeometry) -> str:
    rings: Iterable[BaseGeometry] = shapely.get_rings(shapely.get_parts(area))
    return "".join(map(_ring, rings))


def _middle(radius: BaseGeometry) -> tuple[int, int] | None:
    """Where a number stands, as far from the edges as can be; None where there is no room for one."""
    x, y = shapely.get_coordinates(radius)[0]
    return (round(x), round(y)) if radius.length >= LEAST_ROOM else None


def _ring(ring: BaseGeometry) -> str:
    if shapely.Polygon(shapely.get_coordinates(ring)).area < _SPECK:
        return ""
    corners = np.rint(shapely.get_coordinates(ring)[:-1]).astype(int)
    steps = np.diff(corners, axis=0)
    steps = steps[(steps != 0).any(axis=1)]
    moved = " ".join(f"{x} {y}" for x, y in steps)
    return f"M{corners[0][0]} {corners[0][1]}l{moved}z" if moved else ""
