"""Counts through the read door: what crosses a place, and what is too small to be told."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.store.read import EVERYTHING, Asking, features
from geo.store.tallies import Tally, tallies
from layers import LAYERS
from tests.makers import HAT_YAI, make_rows, point, release_all, square


def test_a_flood_zone_counts_for_every_community_it_reaches(session: Session) -> None:
    lon, lat = HAT_YAI
    ids = make_rows(session, "community", count=3, geom=[square(lon + 0.01 * n, lat, 0.01) for n in range(3)])
    make_rows(session, "risk_zone", geom=square(lon + 0.005, lat, 0.01))
    counts = [
        sum(
            t.count or 0
            for t in tallies(session, LAYERS["risk_zone"], Asking(), by="kind", crossing=(LAYERS["community"], fid))
        )
        for fid in ids
    ]
    assert counts == [1, 1, 0]


def test_a_zone_nobody_verified_is_not_counted(session: Session) -> None:
    (fid,) = make_rows(session, "community", geom=square(*HAT_YAI, 0.01))
    make_rows(session, "risk_zone", geom=square(*HAT_YAI, 0.001), status="reported")
    assert tallies(session, LAYERS["risk_zone"], Asking(), by="kind", crossing=(LAYERS["community"], fid)) == []


@pytest.mark.parametrize(("households", "told"), [(0, None), (4, None), (5, 5), (12, 12)])
def test_few_households_are_not_told(households: int, told: int | None, session: Session) -> None:
    (fid,) = make_rows(session, "community", geom=square(HAT_YAI[0] - 0.01, HAT_YAI[1] - 0.01, 0.02))
    make_rows(session, "household", count=households, step=0.0)
    release_all(session)
    assert tallies(session, LAYERS["household"], Asking(), community_id=fid) == [Tally(value=None, count=told)]


def test_a_total_leaves_no_remainder_beside_a_square_that_is_too_small(session: Session) -> None:
    lon, lat = HAT_YAI
    (fid,) = make_rows(session, "community", geom=square(lon - 0.02, lat - 0.02, 0.04))
    for place, count in enumerate((7, 3, 9)):
        make_rows(session, "household", count=count, geom=point(lon + place * 0.005, lat))
    release_all(session)
    told = [one["properties"]["count"] for one in features(session, LAYERS["household"], Asking(), EVERYTHING).features]
    assert sorted(told) == [7, 9]
    assert tallies(session, LAYERS["household"], Asking(), community_id=fid) == [Tally(value=None, count=16)]


def test_households_are_counted_by_nothing_else(session: Session) -> None:
    (fid,) = make_rows(session, "community")
    for words in ({"by": "tenure"}, {"by": "municipality"}, {"crossing": (LAYERS["community"], fid)}):
        with pytest.raises(BadRequest):
            tallies(session, LAYERS["household"], Asking(), **words)
