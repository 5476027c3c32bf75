"""Areas put together from their parts: the blocks and zones of a tax map from its lots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
# What lots of one area leave between them: a hand's breadth of drawing, a lane.
SIMPLER_METRES = 0.05


def unions(names: Sequence[str], shapes: Geometries, *, closed_metres: float) -> tuple[list[str], Geometries]:
    """For each name, in order, the union of its shapes; gaps narrower than twice `closed_metres` are closed.

    Shapes are in metres. A name with no ground is left out.
    """
    keys = np.asarray(names, dtype=object)
    valid = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    found: dict[str, shapely.Geometry] = {}
    for name in sorted(set(names)):
        whole = shapely.union_all(shapely.buffer(valid[keys == name], closed_metres, join_style="mitre", mitre_limit=2))
        back = shapely.buffer(whole, -closed_metres, join_style="mitre", mitre_limit=2)
        simple = shapely.simplify(back, SIMPLER_METRES)
        if shapely.area(simple) > 0:
            found[name] = simple
    return list(found), np.array(list(found.values()), dtype=object)
