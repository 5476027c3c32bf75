"""Streets, blocks and lots of one quarter: a bent grid, cut at the quarter's edge, computed all at once.

A block is a four-cornered piece between streets; nothing lies on a street.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry.base import BaseGeometry

from data.demo.ground import (
    CORE,
    ESTATE,
    INNER,
    MIDDLE,
    OUTER,
    Bools,
    Ints,
    Lots,
    Shapes,
    inside_quads,
    joined,
    largest_parts,
    quads,
)  # fmt: skip
from data.demo.plan import Floats


@dataclass(frozen=True, kw_only=True)
class Grain:
    """How land is cut: block sides, street widths, and the usual frontage of a lot."""

    along: float
    deep: float
    street: float
    frontage: float
    bend: float


GRAINS = {
    CORE: Grain(along=110, deep=48, street=10, frontage=11.5, bend=2.0),
    INNER: Grain(along=160, deep=68, street=9, frontage=20.0, bend=8.0),
    MIDDLE: Grain(along=210, deep=92, street=9, frontage=29.0, bend=14.0),
    OUTER: Grain(along=330, deep=180, street=8, frontage=74.0, bend=22.0),
    ESTATE: Grain(along=96, deep=42, street=7, frontage=11.0, bend=0.0),
}


def longest_way(piece: BaseGeometry) -> float:
    """Streets follow the longest side of their quarter."""
    ring = shapely.get_coordinates(shapely.oriented_envelope(piece))
    sides = np.diff(ring[:3], axis=0)
    longest = sides[np.argmax(np.hypot(sides[:, 0], sides[:, 1]))]
    return float(np.arctan2(longest[1], longest[0]))


def laid_out(
    piece: BaseGeometry, around: BaseGeometry, grain: int, angle: float, rng: Generator
) -> tuple[Lots, Shapes]:
    """Lots inside `piece`, and cells that cover `around` near it."""
    corners, nodes = _grid(piece.buffer(40).bounds if grain == ESTATE else around.bounds, GRAINS[grain], angle, rng)
    if grain == ESTATE:
        cells = np.empty(0, dtype=object)
    else:
        cells = shapely.intersection(quads(nodes), around)
        cells = cells[shapely.area(cells) > 1]
    blocks = corners[shapely.intersects(piece, quads(corners))]
    single = rng.random(len(blocks)) < (0.012, 0.03, 0.04, 0.05, 0.0)[grain]
    lots = _cut(blocks, single, grain, piece, rng)
    if grain in (MIDDLE, OUTER):
        lots = _with_estates(lots, blocks, single, grain, piece, rng)
    return lots, cells


def _grid(bounds: tuple[float, ...], grain: Grain, angle: float, rng: Generator) -> tuple[Floats, Floats]:
    """Blocks between streets, and the same to the middles of the streets, over a turned box."""
    west, south, east, north = bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    half = math.hypot(east - west, north - south) / 2 + grain.along
    x = _steps(half, grain.along, rng)
    y = _steps(half, grain.deep, rng)
    phase = rng.uniform(0, 2 * math.pi, 2)

    def placed(across: Floats, up: Floats) -> Floats:
        bent_x = across + grain.bend * np.sin(up / 210 + phase[0])
        bent_y = up + grain.bend * np.sin(across / 260 + phase[1])
        cosine, sine = math.cos(angle), math.sin(angle)
        turned: Floats = np.stack((cosine * bent_x - sine * bent_y, sine * bent_x + cosine * bent_y), axis=-1)
        return np.asarray(turned + middle, dtype=np.float64)

    def boxes(gap: float) -> Floats:
        left, low = np.meshgrid(x[:-1] + gap, y[:-1] + gap, indexing="ij")
        right, high = np.meshgrid(x[1:] - gap, y[1:] - gap, indexing="ij")
        sides = ((left, low), (right, low), (right, high), (left, high))
        return np.stack([placed(a.ravel(), b.ravel()) for a, b in sides], axis=1)

    return boxes(grain.street / 2), boxes(0)


def _steps(half: float, step: float, rng: Generator) -> Floats:
    count = math.ceil(2 * half / step) + 1
    found: Floats = np.cumsum(rng.uniform(0.8, 1.2, count) * step) - half - step
    return found


def _cut(blocks: Floats, single: Bools, grain: int, piece: BaseGeometry, rng: Generator) -> Lots:
    """Two rows of lots back to back in each block; a single block stays whole (a school, a temple, a market)."""
    ids = np.arange(len(blocks))
    spine = rng.uniform(0.44, 0.56, len(blocks))
    front = _row(blocks, ids[~single], spine, grain, rng)
    back = _row(blocks[:, [2, 3, 0, 1]], ids[~single], 1 - spine, grain, rng)
    corners = np.concatenate((front[0], back[0], blocks[single]))
    block = np.concatenate((front[1], back[1], ids[single]))
    alone = np.arange(len(corners)) >= len(front[0]) + len(back[0])
    return _clipped(corners, block, alone, grain, piece)


def _row(blocks: Floats, ids: Ints, deep: Floats, grain: int, rng: Generator) -> tuple[Floats, Ints]:
    """One row of lots along the front of each block, as uneven as real ones."""
    if not len(ids):
        return np.empty((0, 4, 2)), ids
    chosen = blocks[ids]
    length = np.hypot(*(chosen[:, 1] - chosen[:, 0]).T)
    usual = GRAINS[grain].frontage * np.exp(rng.normal(0, 0.22, len(ids)))
    count = np.maximum(1, np.round(length / usual)).astype(int)
    shares = rng.uniform(0.72, 1.28, (len(ids), count.max()))
    # Two neighbours joined into one: the wide lots that any real row has.
    shares = np.where(rng.random(shares.shape) < 0.08, shares * 2, shares)
    shares *= np.arange(count.max()) < count[:, None]
    ends = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
    starts = np.hstack((np.zeros((len(ids), 1)), ends[:, :-1]))
    row, place = np.nonzero(shares > 0)
    u = np.stack((starts[row, place], ends[row, place], ends[row, place], starts[row, place]), axis=1)
    none, back = np.zeros(len(row)), deep[ids][row]
    v = np.stack((none, none, back, back), axis=1)
    return inside_quads(chosen[row][:, None], u, v), ids[row]


def _clipped(corners: Floats, block: Ints, single: Bools, grain: int, piece: BaseGeometry) -> Lots:
    """Lots cut off at the quarter's edge; what is left too small or too thin becomes verge."""
    shapes = quads(corners)
    shapely.prepare(piece)
    whole = shapely.contains_properly(piece, shapes)
    edge = np.flatnonzero(~whole & shapely.intersects(piece, shapes))
    cut = largest_parts(shapely.intersection(shapes[edge], piece, grid_size=0.001))
    area, around = shapely.area(cut), shapely.length(cut)
    with np.errstate(divide="ignore", invalid="ignore"):
        round_enough = 4 * math.pi * area / around**2 > 0.3
    full = GRAINS[grain].frontage * GRAINS[grain].deep / 2
    good = (area > max(36.0, 0.22 * full)) & round_enough
    shapes[edge[good]] = cut[good]
    kept = np.sort(np.concatenate((np.flatnonzero(whole), edge[good])))
    n = len(kept)
    return Lots(
        corners=corners[kept], shapes=shapes[kept], whole=whole[kept], grain=np.full(n, grain),
        quarter=np.zeros(n, dtype=np.int64), block=block[kept], single=single[kept],
    )  # fmt: skip


def _with_estates(lots: Lots, blocks: Floats, single: Bools, grain: int, piece: BaseGeometry, rng: Generator) -> Lots:
    """Some blocks at the edge are housing estates: small lots on lanes of their own."""
    whole = shapely.contains_properly(piece, quads(blocks))
    chosen = np.flatnonzero(whole & ~single & (rng.random(len(blocks)) < 0.08))
    parts, first = [lots.only(~np.isin(lots.block, chosen))], len(blocks)
    for number in chosen:
        ground = shapely.Polygon(blocks[number])
        inner, _ = laid_out(ground, ground, ESTATE, longest_way(ground), rng)
        parts.append(Lots(**{**vars(inner), "block": inner.block + first}))
        first += int(inner.block.max(initial=0)) + 1
    return joined(parts)
