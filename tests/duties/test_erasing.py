"""One person's data taken out: nothing of it is left anywhere, and no number moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from geo.errors import BadRequest, LostRace, UnknownFeature
from geo.people.areas import Areas
from geo.store.db import session_of
from geo.store.erase import erase
from geo.store.releases import release
from geo.store.write import Act, amend, close
from layers import LAYERS
from tests.duties.conftest import AT, HOUSEHOLD, Load, Rows, everything_in, survey
from tests.makers import make_rows

ACT = Act(by="a case worker", origin="test", at=AT + dt.timedelta(hours=1), reason="request 1")
Asked = Callable[..., int]


def erased(engine: Engine, fid: int, request: int, **more: Any) -> int:
    with session_of(engine) as session:
        return erase(session, HOUSEHOLD, fid, act=ACT, request=request, areas=Areas(towns=frozenset({"9098"})), **more)


def of_house(rows: Rows, number: int) -> int:
    return int(rows("SELECT id FROM household WHERE household_code = :code", code=f"HH-{number}")[0].id)


def test_nothing_of_a_person_is_left_in_the_row_its_past_or_anywhere(
    load: Load, rows: Rows, engine: Engine, asked_for: Asked, tmp_path: Path
) -> None:
    load(survey(tmp_path))
    fid = of_house(rows, 3)
    with session_of(engine) as session:
        amend(session, HOUSEHOLD, fid, {"note": "secret-head-2 was at home"}, act=ACT)
    (was,) = rows("SELECT ST_X(geom) AS x, ST_Y(geom) AS y, version FROM household WHERE id = :id", id=fid)
    became = erased(engine, fid, asked_for("erasure"))
    assert became == was.version + 1
    said = everything_in(engine)
    for secret in ("secret-head-2", "secret-phone-2", "secret-no-2/1", "HH-3"):
        assert secret not in said, secret
    # Others are still there, and so is the place of the square, but not where the house stood.
    assert "secret-head-3" in said
    for table in ("household", "household_history"):
        for x, y in rows(f"SELECT ST_X(geom), ST_Y(geom) FROM {table} WHERE id = :id", id=fid):
            assert abs(x - was.x) + abs(y - was.y) > 1e-5
    (row,) = rows("SELECT * FROM household WHERE id = :id", id=fid)
    assert [name for name in HOUSEHOLD.personal() if getattr(row, name) is not None] == []
    assert row.residents == 3


def test_no_number_moves(load: Load, rows: Rows, engine: Engine, asked_for: Asked, tmp_path: Path) -> None:
    with session_of(engine) as session:
        make_rows(session, "community")
        make_rows(session, "building", count=9)
    load(survey(tmp_path, houses=9))
    counted = "SELECT cell_id, community_id, municipality, count(*), sum(residents) FROM household GROUP BY 1, 2, 3"
    before = sorted(map(str, rows(counted)))
    for number in (1, 5, 9):
        erased(engine, of_house(rows, number), asked_for("erasure"))
    assert sorted(map(str, rows(counted))) == before
    with session_of(engine) as session:
        again = release(session, HOUSEHOLD, "9098", by="a steward", at=ACT.at)
    told = rows("SELECT release_id, cell_id, count FROM release_cell ORDER BY 1, 2")
    first = [(one.cell_id, one.count) for one in told if one.release_id != again.id]
    assert [(one.cell_id, one.count) for one in told if one.release_id == again.id] == first
    # A boundary that is loaded anew does not move them to another community, nor into a building.
    load_again = rows("SELECT DISTINCT community_link, building_link FROM household WHERE head_name IS NULL")
    assert [tuple(one) for one in load_again] == [("hand", "hand")]


@pytest.mark.parametrize(
    "place", [(101.9999999, 7.0), (102.0000001, 7.0), (101.9989, 7.0), (100.47, 7.01), (99.2, 18.7)]
)
def test_the_middle_of_a_square_lies_in_that_square(place: tuple[float, float], rows: Rows) -> None:
    """At the edge of a UTM zone too, where a square's middle may lie in the other zone."""
    (found,) = rows(
        "SELECT atlas_cell(p, 250) = atlas_cell(atlas_cell_centre(p, 250), 250) AS same, "
        "ST_Equals(atlas_cell_centre(p, 250), atlas_cell_centre(atlas_cell_centre(p, 250), 250)) AS stays "
        "FROM (SELECT ST_SetSRID(ST_MakePoint(:x, :y), 4326) AS p) AS one",
        x=place[0], y=place[1],
    )  # fmt: skip
    assert (found.same, found.stays) == (True, True)


def test_the_next_file_does_not_bring_the_person_back(
    load: Load, rows: Rows, engine: Engine, asked_for: Asked, tmp_path: Path
) -> None:
    path = survey(tmp_path)
    load(path)
    erased(engine, of_house(rows, 3), asked_for("withdrawal"))
    for again in (path, survey(tmp_path, name="next.csv", residents=4, phone="secret-new")):
        report = load(again, at=AT + dt.timedelta(days=1))
        assert (report.counts.read, report.counts.refused, report.counts.inserted) == (8, 1, 0)
        assert report.by_code["erased"] == 1
        assert rows("SELECT count(*) FROM household")[0][0] == 8
        assert "secret-head-2" not in everything_in(engine)
    # Somebody of the same code in another town is somebody else.
    (made,) = rows("SELECT atlas_erased('household', ARRAY['9099', '9098'], ARRAY['household_code=HH-3', "
                   "'household_code=HH-3']) AS known")  # fmt: skip
    assert made.known == [False, True]


def test_what_was_brought_back_from_the_past_is_as_empty(
    load: Load, rows: Rows, engine: Engine, asked_for: Asked, tmp_path: Path
) -> None:
    load(survey(tmp_path))
    fid = of_house(rows, 2)
    with session_of(engine) as session:
        amend(session, HOUSEHOLD, fid, {"tenure": None, "residents": 5}, act=ACT)
        close(session, HOUSEHOLD, fid, act=ACT)
    assert erased(engine, fid, asked_for("erasure")) == 2
    assert "secret-head-1" not in everything_in(engine)


def test_it_is_done_where_one_may_and_only_to_what_was_seen(
    load: Load, rows: Rows, engine: Engine, asked_for: Asked, tmp_path: Path
) -> None:
    load(survey(tmp_path))
    fid, request = of_house(rows, 1), asked_for("erasure")
    with session_of(engine) as session, pytest.raises(UnknownFeature):
        erase(session, HOUSEHOLD, fid, act=ACT, request=request, areas=Areas(towns=frozenset({"9099"})))
    with pytest.raises(LostRace):
        erased(engine, fid, request, expected_version=7)
    with session_of(engine) as session, pytest.raises(BadRequest):
        erase(session, LAYERS["flood_station"], 1, act=ACT, request=request, areas=None)
    assert rows("SELECT count(*) FROM erased_row")[0][0] == 0


def test_an_owner_goes_and_the_parcel_stays_where_it_is(rows: Rows, engine: Engine, asked_for: Asked) -> None:
    with session_of(engine) as session:
        (fid,) = make_rows(session, "parcel")
    (before,) = rows("SELECT ST_AsText(geom), parcel_code FROM parcel")
    with session_of(engine) as session:
        erase(session, LAYERS["parcel"], fid, act=ACT, request=asked_for("erasure"), areas=None)
    assert tuple(rows("SELECT ST_AsText(geom), parcel_code FROM parcel")[0]) == tuple(before)
    assert "secret-parcel-owner_name" not in everything_in(engine)
    # The tax file of the next year brings the parcel and its owner as the law says: nothing marks it.
    assert rows("SELECT mark FROM erased_row")[0].mark is None
