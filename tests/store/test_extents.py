"""Rectangles around what an audience may see, in all and by a column."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.store.read import Asking, Wanted, extent, extents
from layers import LAYERS
from tests.makers import make_rows


def edges(box: object) -> list[float]:
    return [round(getattr(box, side), 4) for side in ("west", "south", "east", "north")]


def test_each_town_has_the_rectangle_around_its_communities(session: Session) -> None:
    make_rows(session, "community", count=3, step=0.01, municipality=["9098", "9098", "9099"], geom=[
        "SRID=4326;POLYGON((100 7,100.1 7,100.1 7.1,100 7))", "SRID=4326;POLYGON((100.2 7,100.3 7,100.3 7.2,100.2 7))",
        "SRID=4326;POLYGON((101 6,101.1 6,101.1 6.1,101 6))",
    ])  # fmt: skip
    make_rows(session, "community", municipality="9100", geom=None)
    found = extents(session, LAYERS["community"], Asking(), by="municipality")
    assert {town: (edges(box), count) for town, (box, count) in found.items()} == {
        "9098": ([100.0, 7.0, 100.3, 7.2], 2), "9099": ([101.0, 6.0, 101.1, 6.1], 1),
    }  # fmt: skip
    only = extent(session, LAYERS["community"], Asking(), Wanted(equal=(("municipality", "9099"),)))
    assert edges(only) == [101.0, 6.0, 101.1, 6.1]


def test_rectangles_by_a_column_that_is_not_public_are_refused(session: Session) -> None:
    make_rows(session, "parcel", count=2)
    with pytest.raises(BadRequest):
        extents(session, LAYERS["parcel"], Asking(), by="owner_name")
    with pytest.raises(BadRequest):
        extents(session, LAYERS["household"], Asking(), by="municipality")
