"""The outline of where somebody may mark: their own towns and communities, and nobody else's."""

from __future__ import annotations

import pytest
from shapely.geometry import Point, shape

from tests.marks.conftest import PEOPLE
from tests.writes.conftest import Desk, ring

PATH = "/marks/area"


@pytest.mark.parametrize("who", ["anan", "collector"])
def test_a_marker_gets_the_outline_of_their_town(desk: Desk, who: str) -> None:
    found = desk.ask(who, "GET", PATH)
    assert found.status_code == 200, found.text
    assert "private" in found.headers["cache-control"]
    area = shape(found.json()["geometry"])
    assert area.contains(Point(100.47, 7.01))
    assert not area.intersects(Point(100.60, 7.20))
    assert len(found.json()["properties"]["names"]) == 1


def test_the_neighbours_area_is_the_neighbours(desk: Desk) -> None:
    area = shape(desk.ask("neighbour", "GET", PATH).json()["geometry"])
    assert area.contains(Point(100.60, 7.20))
    assert not area.intersects(Point(100.47, 7.01))


def test_a_committee_gets_its_community_alone(desk: Desk) -> None:
    ours, _ = (desk.made("community", municipality="9098", geom=_square(lon)) for lon in (100.47, 100.475))
    who = desk.someone("committee", f"community community {ours}")
    area = shape(desk.ask(who, "GET", PATH).json()["geometry"])
    assert area.contains(Point(100.4705, 7.0105))
    assert not area.intersects(Point(100.4755, 7.0105))


def test_a_town_without_an_outline_is_told_by_its_communities_and_one_without_any_by_nothing(desk: Desk) -> None:
    who = desk.someone("far-away", "staff municipality 9097")
    assert desk.ask(who, "GET", PATH).json()["geometry"] is None
    desk.made("community", municipality="9097", geom=_square(100.7))
    area = shape(desk.ask(who, "GET", PATH).json()["geometry"])
    assert area.contains(Point(100.7005, 7.0105))


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("care", 403), ("steward", 403)])
def test_whoever_marks_nothing_is_told_no_area(desk: Desk, who: str | None, status: int) -> None:
    assert who is None or who in PEOPLE
    assert desk.ask(who, "GET", PATH).status_code == status


def test_whether_somebody_may_change_a_mark_is_said_with_it(desk: Desk) -> None:
    body = {"type": "Feature", "geometry": ring(100.47, 7.01), "properties": {"kind": "FLD-SURF"}}
    fid = desk.ask("collector", "POST", "/marks/risk_zone", body).json()["id"]
    for who, may in (("collector", True), ("anan", True)):
        assert desk.ask(who, "GET", f"/marks/risk_zone/{fid}").json()["may_change"] is may


def _square(lon: float) -> str:
    corners = ",".join(f"{x} {y}" for x, y in ring(lon, 7.01)["coordinates"][0])
    return f"SRID=4326;POLYGON(({corners}))"
