"""What pages show of an edition beside its changes: where they lie, what was accepted at once, towns' names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import Text

Edges = tuple[float, float, float, float]
_EDGES = "ST_XMin({0}) AS west, ST_YMin({0}) AS south, ST_XMax({0}) AS east, ST_YMax({0}) AS north"


@dataclass(frozen=True, kw_only=True)
class Carried:
    """One acceptance, or the taking back of one: its change, how many of the edition's changes it carries, and whether
    it was itself taken back. `at` and `by` are of the acceptance."""

    id: int
    at: dt.datetime
    by: str
    count: int
    is_undo: bool
    is_undone: bool


def carried(session: Session, number: int) -> list[Carried]:
    """What was accepted of an edition and taken back, newest first; of a file loaded as a whole, that load."""
    query = text("""
WITH batches AS (
  SELECT c.batch_id AS id FROM change AS c JOIN edition_change AS e ON c.id IN (e.change_id, e.undone_change_id)
  WHERE e.edition_id = :number
  UNION SELECT (counts ->> 'BATCH')::bigint FROM edition WHERE id = :number
)
SELECT c.id, b.loaded_at, b.loaded_by, c.operation = 'undo' AS is_undo,
  coalesce(nullif((SELECT count(*) FROM edition_change AS e WHERE e.edition_id = :number AND e.change_id = c.id), 0),
    (c.counts ->> 'read')::bigint, 0) AS carries,
  EXISTS (SELECT 1 FROM change AS u WHERE u.batch_id = c.batch_id AND u.operation = 'undo'
    AND (u.counts ->> 'undoes')::bigint = c.id) AS is_undone
FROM change AS c JOIN import_batch AS b ON b.id = c.batch_id
WHERE c.batch_id IN (SELECT id FROM batches) AND c.operation IN ('load', 'undo') ORDER BY c.id DESC
""")
    return [
        Carried(id=row.id, at=row.loaded_at, by=row.loaded_by, count=row.carries, is_undo=row.is_undo,
                is_undone=row.is_undone)
        for row in session.execute(query, {"number": number})
    ]  # fmt: skip


def extent(session: Session, number: int) -> Edges | None:
    """The box around all of an edition's changes, west, south, east, north in degrees."""
    row = session.execute(text(f"""
SELECT {_EDGES.format("e.box")} FROM (SELECT ST_Extent(geom) AS box FROM edition_change WHERE edition_id = :number) AS e
"""), {"number": number}).one()  # fmt: skip
    return None if row.west is None else (row.west, row.south, row.east, row.north)


def boxes(session: Session, number: int, numbers: Collection[int]) -> dict[int, Edges]:
    """The box around each of these changes that has a place."""
    rows = session.execute(text(f"""
SELECT number, {_EDGES.format("geom")} FROM edition_change
WHERE edition_id = :number AND number = ANY(:numbers) AND geom IS NOT NULL
"""), {"number": number, "numbers": sorted(numbers)})  # fmt: skip
    return {row.number: (row.west, row.south, row.east, row.north) for row in rows}


def names_of_towns(session: Session, towns: Collection[str]) -> dict[str, Text]:
    """What municipalities are called, by their codes; those without a row by the code itself."""
    asked = text("SELECT code, name_th, name_en FROM municipality WHERE code = ANY(:towns)")
    rows = session.execute(asked, {"towns": sorted(towns)})
    found = {row.code: Text(row.name_th or row.code, row.name_en or row.name_th or row.code) for row in rows}
    return {town: found.get(town, Text(town, town)) for town in sorted(towns)}
