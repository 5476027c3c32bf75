"""The write door: versions, races, links made by hand."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.errors import BadRequest, LostRace, UnknownFeature
from geo.store.write import Act, add, amend, close, restore
from layers import LAYERS
from tests.makers import make_rows

AT = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
ACT = Act(by="an officer", origin="test", at=AT, reason="checked on site")
ASSET, PARCEL = LAYERS["asset"], LAYERS["parcel"]


def test_a_change_closes_a_version_and_opens_the_next(session: Session) -> None:
    fid = add(session, ASSET, {"name_th": "วัดตัวอย่าง", "kind": "temple"}, shapely.Point(100.47, 7.0), act=ACT)
    assert amend(session, ASSET, fid, {"name_th": "วัดตัวอย่างใหม่"}, act=ACT) == 2
    now = session.execute(text("SELECT version, name_th, kind FROM asset WHERE id = :id"), {"id": fid}).one()
    past = session.execute(
        text("SELECT version, name_th, closed_as, closed_change_id FROM asset_history WHERE id = :id"), {"id": fid}
    ).one()
    why = session.execute(
        text("SELECT made_by, origin, operation, reason FROM change WHERE id = :id"), {"id": past[3]}
    ).one()
    assert tuple(now) == (2, "วัดตัวอย่างใหม่", "temple")
    assert tuple(past)[:3] == (1, "วัดตัวอย่าง", "update")
    assert tuple(why) == ("an officer", "test", "update", "checked on site")


def test_a_change_that_changes_nothing_makes_no_version(session: Session) -> None:
    fid = add(session, ASSET, {"name_th": "วัด"}, shapely.Point(100.47, 7.0), act=ACT)
    assert amend(session, ASSET, fid, {"name_th": "วัด"}, shape=shapely.Point(100.47, 7.0), act=ACT) == 1
    assert session.scalar(text("SELECT count(*) FROM asset_history WHERE id = :id"), {"id": fid}) == 0


def test_a_lost_race_is_told(session: Session) -> None:
    (fid,) = make_rows(session, "asset")
    amend(session, ASSET, fid, {"name_th": "ก"}, act=ACT, expected_version=1)
    with pytest.raises(LostRace):
        amend(session, ASSET, fid, {"name_th": "ข"}, act=ACT, expected_version=1)


def test_a_delete_is_a_closing(session: Session) -> None:
    (fid,) = make_rows(session, "asset")
    close(session, ASSET, fid, act=ACT)
    assert session.scalar(text("SELECT closed_as FROM asset_history WHERE id = :id"), {"id": fid}) == "delete"
    with pytest.raises(UnknownFeature):
        amend(session, ASSET, fid, {"name_th": "ก"}, act=ACT)


def test_a_link_made_here_is_made_by_hand(session: Session) -> None:
    (community,) = make_rows(session, "community")
    (fid,) = make_rows(session, "parcel")
    amend(session, PARCEL, fid, {"community_id": community}, act=ACT)
    found = session.execute(text("SELECT community_id, community_link FROM parcel WHERE id = :id"), {"id": fid}).one()
    assert tuple(found) == (community, "hand")


def test_the_area_is_measured_from_the_shape(session: Session) -> None:
    lot = shapely.box(100.47, 7.0, 100.4709, 7.0009)
    fid = add(session, PARCEL, {"parcel_code": "01A001"}, lot, act=ACT)
    told, true = session.execute(
        text("SELECT area_square_metres, ST_Area(geom::geography) FROM parcel WHERE id = :id"), {"id": fid}
    ).one()
    assert told == pytest.approx(true, rel=0.002)


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        ({"nothing_like_it": 1}, shapely.Point(100, 7)),
        ({"kind": "castle"}, shapely.Point(100, 7)),
        ({}, None),
        ({}, shapely.LineString([(100, 7), (101, 8)])),
        ({}, shapely.Point(663000, 775000)),
        ({}, shapely.Point(float("nan"), 7)),
    ],
)
def test_what_makes_no_sense_is_refused(words: dict[str, object], shape: BaseGeometry | None, session: Session) -> None:
    with pytest.raises(BadRequest):
        add(session, ASSET, words, shape, act=ACT)


def closed(session: Session, fid: int) -> list[tuple[dt.datetime, dt.datetime]]:
    """When each version began and ended, oldest first."""
    rows = session.execute(
        text("SELECT changed_at, closed_at FROM asset_history WHERE id = :id ORDER BY version"), {"id": fid}
    ).all()
    return [(row[0], row[1]) for row in rows]


def test_no_version_ends_before_it_began_though_a_writer_had_to_wait(session: Session) -> None:
    (fid,) = make_rows(session, "asset", changed_at=AT)
    earlier = Act(by="an officer who waited", origin="test", at=AT - dt.timedelta(minutes=5))
    amend(session, ASSET, fid, {"name_th": "ก"}, act=ACT)
    amend(session, ASSET, fid, {"name_th": "ข"}, act=earlier)
    close(session, ASSET, fid, act=earlier)
    restore(session, ASSET, fid, 1, act=earlier, columns=ASSET.fields, areas=None)
    assert closed(session, fid) == [(AT, AT)] * 3
    assert session.scalar(text("SELECT changed_at FROM asset WHERE id = :id"), {"id": fid}) == AT


def test_of_two_who_restore_at_the_same_moment_one_is_told_or_nothing_differs(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        kept, gone = make_rows(session, "asset", count=2)
        for fid in (kept, gone):
            amend(session, ASSET, fid, {"name_th": "ก"}, act=ACT)
        close(session, ASSET, gone, act=ACT)

    def bring_back(fid: int) -> int | str:
        try:
            with Session(engine) as session, session.begin():
                return restore(session, ASSET, fid, 1, act=ACT, columns=ASSET.fields, areas=None, expected_version=2)
        except LostRace:
            return "lost"

    for fid in (kept, gone):
        with ThreadPoolExecutor(2) as pool:
            assert sorted(map(str, pool.map(bring_back, [fid] * 4))) == ["3", "lost", "lost", "lost"]
    with Session(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM change WHERE operation = 'restore'")) == 2


def test_a_restored_row_is_not_undone_by_the_file_it_came_from(session: Session) -> None:
    """It keeps the digest of the newest file, so that loading that again finds it already taken."""
    old, new = uuid.UUID(int=1), uuid.UUID(int=2)
    (fid,) = make_rows(session, "asset", source_digest=old)
    amend(session, ASSET, fid, {"name_th": "ใหม่"}, act=ACT)
    session.execute(text("UPDATE asset SET source_digest = :new"), {"new": new})
    digest = text("SELECT source_digest FROM asset WHERE id = :id")
    restore(session, ASSET, fid, 1, act=ACT, columns=ASSET.fields, areas=None)
    assert session.scalar(digest, {"id": fid}) == new
    close(session, ASSET, fid, act=ACT)
    restore(session, ASSET, fid, 1, act=ACT, columns=ASSET.fields, areas=None)
    assert session.scalar(digest, {"id": fid}) == new
