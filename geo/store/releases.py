"""Editions of what the public gets of a layer of cells: made by a person on a day, and the same until the next.

Method `squares-1`, for each square of a town's fixed grid (PITFALLS 12):

- It is told when it holds at least `at_least` rows, and never when it holds fewer.
- What the newest edition said of it stays until the true number has moved by at least `at_least`.
- Then the true number is told, or, where it lies nearer than `at_least` to one that was told before, that one again.

So all numbers ever told of a square are the same or at least `at_least` apart, whichever two editions are laid side by
side, and nobody learns of one household. That is why a withdrawn edition counts like any other: the public has seen it.
Withdrawing shows an older edition again, which tells nothing new; the next is compared with both. A square that falls
silent tells only that few are left, and stays silent until the number has moved as far as any other must.

Totals are added up from the squares that are told, so that there is no remainder to take away from anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from geo.errors import BadRequest, StoreAway, UnknownFeature
from geo.layer import Cells, Layer
from geo.store.batches import LOAD_LOCK
from geo.store.history import quoted
from geo.store.tables import Release

METHOD = "squares-1"
PATIENCE_SECONDS = 10
_TIMED_OUT = "55P03"


@dataclass(frozen=True, kw_only=True)
class Released:
    """What became of it: the release's id, how many squares are told, how many hold too few to be."""

    id: int
    municipality: str
    told: int
    too_small: int


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the next edition would be now: its squares, and those that differ from what the public sees."""

    told: int
    too_small: int
    newly_told: int
    no_longer_told: int
    changed: int


@dataclass(frozen=True, kw_only=True)
class Verified:
    """An edition worked out again from the history: how many squares it has, and how many came out otherwise."""

    squares: int
    differing: int


def release(
    session: Session, layer: Layer, municipality: str, *, by: str, at: dt.datetime, reason: str | None = None,
    in_turn: bool = False,
) -> Released:  # fmt: skip
    """Make the next edition of a town's squares; BadRequest for a layer that has none.

    One statement counts, decides and writes, so that the rows it counts are those of the last change it names.
    `in_turn` says that the transaction is a load, which has its turn already and writes the rows itself.
    """
    cells = _cells_of(layer)
    if not in_turn:
        _wait(session, layer)
    shown = current_release(session, layer, municipality)
    given = _chain(session, layer, municipality, cells) | {
        "at": at, "by": by, "reason": reason, "method": METHOD,
    }  # fmt: skip
    number, told, too_small = session.execute(text(_decided(_PRESENT, layer) + _WRITTEN), given).one()
    _tell(session, layer, number, shown)
    return Released(id=number, municipality=municipality, told=told, too_small=too_small)


def preview(session: Session, layer: Layer, municipality: str) -> Preview:
    """What would change for the public if the next edition were made now."""
    given = _chain(session, layer, municipality, _cells_of(layer))
    shown = current_release(session, layer, municipality)
    given["shown"] = shown.id if shown else None
    row = session.execute(text(_decided(_PRESENT, layer) + _DIFFERENCE), given).one()
    return Preview(**row._mapping)


def withdraw(session: Session, made: Release, layer: Layer, *, by: str, at: dt.datetime, reason: str) -> None:
    """Take an edition back that was made by mistake or from bad data; the newest that is not withdrawn holds again."""
    found = session.get(Release, made.id, with_for_update=True, populate_existing=True)
    if found is None or found.withdrawn_at is not None:
        raise BadRequest(f"รุ่นที่ {made.id} ถูกถอนไปแล้ว", f"Edition {made.id} is withdrawn already")
    found.withdrawn_at, found.withdrawn_by, found.withdrawn_reason = at, by, reason
    session.flush()
    _tell(session, layer, found.id, current_release(session, layer, found.municipality))


def numbered(session: Session, number: int, *, towns: Collection[str], layer: Layer | None = None) -> Release:
    """The edition of that number; `UnknownFeature` where it is none of these towns, or of another layer."""
    found = session.get(Release, number) if 0 < number < 2**63 else None
    if found is None or found.municipality not in towns or (layer is not None and found.layer != layer.id):
        raise UnknownFeature(f"ไม่มีรุ่นที่ {number}", f"There is no edition {number}")
    return found


def verified(session: Session, layer: Layer, made: Release) -> Verified:
    """Work an edition out again: from the rows and closed versions as they were after the last change it counts."""
    if made.method != METHOD:
        raise BadRequest(
            f"รุ่นที่ {made.id} ใช้วิธี {made.method} ซึ่งรุ่นนี้ของโปรแกรมไม่รู้จัก",
            f"Edition {made.id} was made by the method {made.method}, which this program does not know",
        )
    cells = Cells(metres=made.metres, at_least=made.at_least)
    given = _chain(session, layer, made.municipality, cells, before=made.id)
    given |= {"as_of": made.rows_as_of, "release": made.id}
    row = session.execute(text(_decided(_PAST, layer) + _COMPARED), given).one()
    return Verified(squares=row.squares, differing=row.differing)


def current_release(session: Session, layer: Layer, municipality: str) -> Release | None:
    """The edition that holds in a town, if there is one."""
    query = select(Release).where(
        Release.layer == layer.id, Release.municipality == municipality, Release.withdrawn_at.is_(None)
    )
    return session.scalar(query.order_by(Release.id.desc()).limit(1))


def towns_never_released(session: Session, layer: Layer) -> list[str]:
    """The towns that have rows in a layer of cells and no edition yet."""
    town = layer.table.municipality
    released = select(Release.municipality).where(Release.layer == layer.id)
    query = select(town).where(town.is_not(None), town.not_in(released)).distinct().order_by(town)
    return [found for found in session.scalars(query) if found is not None]


def _cells_of(layer: Layer) -> Cells:
    if layer.shape.cells is None:
        raise BadRequest(f"ชั้น {layer.id} ไม่ได้เผยแพร่เป็นช่อง", f"The layer {layer.id} is not published as squares")
    return layer.shape.cells


def _wait(session: Session, layer: Layer) -> None:
    """Wait until nobody writes this layer, and let nobody begin before this transaction ends; StoreAway after a while.

    An edition names the last change it counts: one with a lower number that is still being written would be missing
    from it, and be there when it is worked out again. And two editions at once would not be compared with each other.
    """
    try:
        session.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'"))
        turn = text("SELECT pg_advisory_xact_lock(:lock, hashtext(:layer))")
        session.execute(turn, {"lock": LOAD_LOCK, "layer": layer.id})
        session.execute(text(f"LOCK TABLE {quoted(layer.id)} IN EXCLUSIVE MODE"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _TIMED_OUT:
            raise
        raise StoreAway(
            "มีการนำเข้าหรือแก้ไขชั้นข้อมูลนี้อยู่ โปรดลองใหม่เมื่อเสร็จแล้ว",
            "Somebody is loading or editing this layer just now; please try again when they are done",
        ) from None


def _chain(
    session: Session, layer: Layer, municipality: str, cells: Cells, *, before: int = 2**63 - 1
) -> dict[str, Any]:
    """What an edition is decided by beside the rows: the newest of those before it, withdrawn or not, and all others.

    A grid of another width has other squares, with which nothing can be compared.
    """
    newest = select(func.max(Release.id)).where(
        Release.layer == layer.id, Release.municipality == municipality, Release.metres == cells.metres,
        Release.id < before,
    )  # fmt: skip
    return {"layer": layer.id, "town": municipality, "k": cells.at_least, "metres": cells.metres, "before": before,
            "newest": session.scalar(newest)}  # fmt: skip


def _tell(session: Session, layer: Layer, number: int, other: Release | None) -> None:
    # The public's squares are another table than the one whose triggers tell of edits.
    session.execute(text(_TOLD), {"layer": layer.id, "release": number, "other": other.id if other else None})


def _decided(rows: str, layer: Layer) -> str:
    return _DECIDED.format(rows=rows.format(table=quoted(layer.id), history=quoted(layer.history.name)))


_PRESENT = """
  SELECT cell_id, count(*)::integer AS held FROM {table} WHERE municipality = :town AND cell_id IS NOT NULL GROUP BY 1
"""
_PAST = """
  SELECT atlas_cell(geom, :metres) AS cell_id, count(*)::integer AS held FROM (
    SELECT geom FROM {table} WHERE municipality = :town AND change_id <= :as_of
    UNION ALL
    SELECT geom FROM {history} WHERE municipality = :town AND change_id <= :as_of AND closed_change_id > :as_of
  ) AS r WHERE geom IS NOT NULL GROUP BY 1
"""
# `basis` is what the next edition compares with: the number told, or of a silent square the true one when it fell so.
_DECIDED = """
WITH present AS ({rows}), newest AS (
  SELECT cell_id, count, basis FROM release_cell WHERE release_id = CAST(:newest AS bigint)
), ever AS (
  SELECT DISTINCT c.cell_id, c.count FROM release AS r JOIN release_cell AS c ON c.release_id = r.id
  WHERE r.layer = :layer AND r.municipality = :town AND r.metres = :metres AND r.id < :before AND c.count IS NOT NULL
), compared AS (
  SELECT cell_id, coalesce(p.held, 0) AS held, n.count, coalesce(n.basis, 0) AS basis
  FROM present AS p FULL JOIN newest AS n USING (cell_id)
), decided AS (
  SELECT c.cell_id, c.held, d.count, coalesce(d.count, CASE WHEN c.count IS NULL THEN c.basis ELSE c.held END) AS basis
  FROM compared AS c, LATERAL (SELECT CASE
    WHEN c.held < :k THEN NULL
    WHEN abs(c.held - c.basis) < :k THEN c.count
    ELSE coalesce((
      SELECT e.count FROM ever AS e WHERE e.cell_id = c.cell_id AND abs(e.count - c.held) < :k
      ORDER BY abs(e.count - c.held), e.count LIMIT 1
    ), c.held) END AS count) AS d
)
"""
_WRITTEN = """
, made AS (
  INSERT INTO release (layer, municipality, made_at, made_by, reason, method, at_least, metres, rows_as_of, too_small)
  SELECT :layer, :town, :at, :by, :reason, :method, :k, :metres,
    (SELECT coalesce(max(id), 0) FROM change WHERE layer = :layer),
    (SELECT count(*) FROM decided WHERE count IS NULL AND held > 0)
  RETURNING id, too_small
), written AS (
  INSERT INTO release_cell (release_id, cell_id, count, basis, geom, geom_mercator)
  SELECT made.id, cell_id, count, basis, square, ST_Transform(square, 3857)
  FROM made, decided, LATERAL (SELECT atlas_cell_shape(cell_id, :metres) AS square) AS s
  WHERE basis > 0 OR count IS NOT NULL
  RETURNING count
)
SELECT id, (SELECT count(count) FROM written), too_small FROM made
"""
_DIFFERENCE = """
, shown AS (
  SELECT cell_id, count FROM release_cell WHERE release_id = CAST(:shown AS bigint) AND count IS NOT NULL
)
SELECT count(d.count) AS told, count(*) FILTER (WHERE d.count IS NULL AND d.held > 0) AS too_small,
  count(*) FILTER (WHERE d.count IS NOT NULL AND s.count IS NULL) AS newly_told,
  count(*) FILTER (WHERE d.count IS NULL AND s.count IS NOT NULL) AS no_longer_told,
  count(*) FILTER (WHERE d.count <> s.count) AS changed
FROM decided AS d FULL JOIN shown AS s USING (cell_id)
"""
_COMPARED = """
, kept AS (SELECT cell_id, count, basis FROM release_cell WHERE release_id = :release)
SELECT count(k.cell_id) AS squares,
  count(*) FILTER (WHERE (k.count, k.basis) IS DISTINCT FROM (d.count, d.basis)) AS differing
FROM kept AS k FULL JOIN (SELECT * FROM decided WHERE basis > 0 OR count IS NOT NULL) AS d USING (cell_id)
"""
_TOLD = """
SELECT atlas_told(:layer, ST_Extent(geom)::box2d) FROM release_cell
WHERE release_id IN (:release, CAST(:other AS bigint))
"""
