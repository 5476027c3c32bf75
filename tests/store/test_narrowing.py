"""A rectangle takes what touches it and nothing beside it, to the last digit, whatever is skipped for speed."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo.shapes.whereabouts import Box
from geo.store.narrowing import meets
from layers import LAYERS
from tests.makers import make_rows, point, square

WIDTHS = (0.0, 1e-7, 3e-6, 2e-5, 7e-5, 9e-5, 2e-4, 0.01)


@pytest.mark.parametrize("corner", [(100.47, 7.01), (0.0, 0.0), (179.99, -89.9), (-179.999, 66.6)])
@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_a_hair_outside_is_not_in_it(corner: tuple[float, float], width: float, session: Session) -> None:
    west, south = corner
    box = Box(west=west, south=south, east=west + width, north=south + width)
    drawn = np.random.default_rng(7)
    # Around the edges by much less than single precision tells apart, and by a little more.
    steps = drawn.choice([0.0, 1e-9, 2e-7, 3e-6, 9e-6, 3e-5, 1e-4], (300, 2)) * drawn.choice([-1, 1], (300, 2))
    ends = np.array([west, south]) + drawn.integers(0, 2, (300, 2)) * width + steps
    ends = np.clip(ends, [-180, -90], [180, 90])
    make_rows(session, "asset", count=300, geom=[point(x, y) for x, y in ends])
    make_rows(session, "parcel", count=100, geom=[square(x, y, 2e-6) for x, y in ends[:100]])
    for name in ("asset", "parcel"):
        table = LAYERS[name].table.__table__.c
        envelope = func.ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
        wanted = set(session.scalars(select(table.id).where(func.ST_Intersects(table.geom, envelope))))
        assert set(session.scalars(select(table.id).where(meets(table.geom, box)))) == wanted
