"""A made-up town of lots: blocks between streets, lots that share their corners, and T-junctions at their backs.

Nothing in it overlaps and nothing gapes: what a check finds in it is the check's mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj.transformer import Transformer

UTM = 32647
EAST, NORTH = 660_000.0, 775_000.0  # Hat Yai
LOTS_OF_A_ROW = 10
BLOCK_METRES = (150.0, 70.0)
STREET_METRES = 10.0
TURN = 0.2  # radians: streets run by no compass, so that boxes alone tell nothing


@dataclass(frozen=True, kw_only=True)
class Lots:
    """Codes and shapes (lon, lat), row by row; `block` numbers the blocks."""

    keys: NDArray[np.object_]
    shapes: NDArray[np.object_]
    block: NDArray[np.intp]


def town_of_lots(count: int, *, seed: int = 2569) -> Lots:
    """`count` lots, twenty a block in two rows back to back; the two rows are divided independently of each other."""
    rng = np.random.default_rng(seed)
    blocks = -(-count // (2 * LOTS_OF_A_ROW))
    columns = int(np.ceil(np.sqrt(blocks)))
    corner = np.stack(np.divmod(np.arange(blocks), columns), axis=1)[:, ::-1] * (np.array(BLOCK_METRES) + STREET_METRES)
    # Dividing lines at (front, back) of each row; the ends are the block's sides.
    even = np.linspace(0, 1, LOTS_OF_A_ROW + 1)[1:-1]
    inner = even + rng.uniform(-0.03, 0.03, (blocks, 2, 2, LOTS_OF_A_ROW - 1))
    ends = np.zeros((blocks, 2, 2, 1)), np.ones((blocks, 2, 2, 1))
    across = np.concatenate((ends[0], inner, ends[1]), axis=-1) * BLOCK_METRES[0]
    back = rng.uniform(0.4, 0.6, (blocks, 1)) * BLOCK_METRES[1]
    heights = np.stack((np.zeros((blocks, 1)), back, np.full((blocks, 1), BLOCK_METRES[1])), axis=1)
    quads = []
    for row in (0, 1):
        x = across[:, row]
        front, behind = heights[:, 0 if row == 0 else 2], heights[:, 1]
        corners = [
            (x[:, 0, :-1], front), (x[:, 0, 1:], front), (x[:, 1, 1:], behind), (x[:, 1, :-1], behind),
            (x[:, 0, :-1], front),
        ]  # fmt: skip
        quads.append(np.stack([np.stack((a, np.broadcast_to(b, a.shape)), axis=-1) for a, b in corners], axis=2))
    rings = np.stack(quads, axis=1) + corner[:, None, None, None, :]
    rings = rings.reshape(-1, 5, 2)[:count]
    number = np.arange(len(rings))
    block = number // (2 * LOTS_OF_A_ROW)
    keys = [f"{b // 2600 + 1:02d}{chr(65 + b // 100 % 26)}{b % 100:02d}{n:02d}"
            for b, n in zip(block.tolist(), (number % (2 * LOTS_OF_A_ROW) + 1).tolist(), strict=True)]  # fmt: skip
    return Lots(keys=np.array(keys, dtype=object), shapes=laid_out(rings), block=block)


def laid_out(rings: NDArray[np.float64]) -> NDArray[np.object_]:
    """Polygons in degrees of rings (n, corners, 2) in metres from the town's corner, turned as its streets are."""
    turned = rings @ np.array([[np.cos(TURN), np.sin(TURN)], [-np.sin(TURN), np.cos(TURN)]])
    return in_degrees(np.asarray(shapely.polygons(turned + np.array((EAST, NORTH))), dtype=object))


def in_degrees(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes in UTM metres as longitude and latitude."""
    transformer = Transformer.from_crs(UTM, 4326, always_xy=True)

    def by(xy: Any) -> Any:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(shapes, by), dtype=object)
