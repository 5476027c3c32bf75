"""The present versions of rows, held still for whoever is about to change them, and what they expected to find.

Rows are locked in the order of their ids, whatever the order in which they were asked for: two writers of the same
rows then wait for each other one way only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from geo.errors import LostRace
from geo.layer import Layer
from geo.people.areas import Areas
from geo.store.read import DEGREE_DIGITS, inside

SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Present:
    """A row as it is: all of its columns, its shape, and the shape as it is given to people (GeoJSON)."""

    id: int
    version: int
    changed_at: dt.datetime
    values: Mapping[str, Any]
    shape: BaseGeometry | None
    drawn: str | None


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What somebody expects of the present version (RFC 9110, section 13); empty expects nothing.

    `versions` (If-Match) are those it may be, where `present` is true any; `not_versions` and `absent` (If-None-Match)
    those it must not be; `unmodified_since` a second after which it did not change.
    """

    versions: frozenset[int] | None = None
    present: bool = False
    not_versions: frozenset[int] = frozenset()
    absent: bool = False
    unmodified_since: dt.datetime | None = None

    @property
    def matches(self) -> bool:
        """Whether there must be a row for it to hold."""
        return self.present or self.versions is not None

    @property
    def says_which(self) -> bool:
        """Whether it tells what was looked at, as layers with `locking` want it."""
        return self.matches or self.unmodified_since is not None


ANYTHING = Condition()


def held(session: Session, layer: Layer, fids: Collection[int], areas: Areas | None) -> dict[int, Present]:
    """Those of the rows that are there and lie in `areas` (None is everywhere), locked until the transaction ends."""
    columns = layer.table.__table__.c
    names = [*layer.fields, *(f"{name.removesuffix('_id')}_link" for name in layer.links)]
    geom = [func.ST_AsEWKB(columns.geom), func.ST_AsGeoJSON(func.ST_ForcePolygonCCW(columns.geom), DEGREE_DIGITS)]
    own = [columns[name].label(f"own_{name}") for name in names]
    query = select(columns.id, columns.version, columns.changed_at, *geom, *own).where(columns.id.in_(sorted(fids)))
    query = query.where(literal(True) if areas is None else inside(columns, layer, areas))
    rows = session.execute(query.order_by(columns.id).with_for_update(of=layer.table)).all()
    return {
        row[0]: Present(
            id=row[0], version=row[1], changed_at=row[2], values=dict(zip(names, row[5:], strict=True)),
            shape=None if row[3] is None else shapely.from_wkb(bytes(row[3])), drawn=row[4],
        )
        for row in rows
    }  # fmt: skip


def check(session: Session, layer: Layer, row: Present, condition: Condition) -> None:
    """`LostRace` where the row is not as it was expected to be."""
    wrong = condition.absent or row.version in condition.not_versions
    if condition.versions is not None:
        wrong = wrong or row.version not in condition.versions
    elif not condition.present and condition.unmodified_since is not None:
        wrong = wrong or not _unmodified(session, layer, row, condition.unmodified_since)
    if wrong:
        raise LostRace(
            f"{layer.id}/{row.id} เป็นรุ่น {row.version} แล้ว ไม่ตรงกับที่คำขอระบุ โปรดอ่านใหม่ก่อน",
            f"{layer.id}/{row.id} is version {row.version}, which is not what the request expects; read it again first",
        )


def _unmodified(session: Session, layer: Layer, row: Present, since: dt.datetime) -> bool:
    """Whether it has not changed since that second; of two changes within it nobody can tell which was seen."""
    second = row.changed_at.replace(microsecond=0)
    if second != since:
        return second < since
    then = layer.history.c
    earlier = select(literal(1)).where(then.id == row.id, then.changed_at >= second, then.changed_at < second + SECOND)
    return session.scalar(earlier.limit(1)) is None


def validators(
    session: Session, layer: Layer, areas: Areas | None, fid: int, *, at: dt.datetime | None = None
) -> tuple[int, dt.datetime] | None:
    """The version of a row in `areas` (None is everywhere), and since when it holds; None where there is none.

    It says that a row changed to those who see no change in it, and so is for those alone who may look into its past.
    """
    now, then = layer.table.__table__.c, layer.history.c
    for columns in (now, then) if at is not None else (now,):
        query = select(columns.version, columns.changed_at).where(columns.id == fid)
        if areas is not None:
            query = query.where(inside(columns, layer, areas))
        if at is not None:
            query = query.where(columns.changed_at <= at)
        if columns is then:
            query = query.where(then.closed_at > at)
        found = session.execute(query).first()
        if found is not None:
            return found.version, found.changed_at
    return None


def has_same_key(session: Session, layer: Layer, town: str | None, words: Mapping[str, Any]) -> bool:
    """Whether a row of this town, among those that this session sees, goes by the same key already."""
    columns = layer.table.__table__.c
    for key in layer.keys:
        values = [words.get(name) for name in key]
        if None in values:
            continue
        same = [columns[name] == value for name, value in zip(key, values, strict=True)]
        query = select(literal(1)).where(columns.municipality.is_not_distinct_from(town), *same).limit(1)
        if session.scalar(query) is not None:
            return True
    return False
