"""The plan carried out: rows inserted and updated by the one merging statement, links that follow, rows that end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.shapes.whereabouts import Box
from geo.store.editions_links import follow, what_became
from geo.store.editions_plan import CHANGES, MISSING, OLDS
from geo.store.history import columns_as_they_were, quoted
from geo.store.merge import PAIRS, Incoming, Merged, merge
from geo.store.tables import Change


def carry_out(
    session: Session, layer: Layer, layers: Mapping[str, Layer], incoming: Incoming, *, cause: Change, at: dt.datetime,
    ends_missing: bool = False,
) -> tuple[Merged, dict[str, int], int]:  # fmt: skip
    """Do what is planned; what became of the rows, how many links of each layer followed, how many questions are asked.

    What is merely missing from the file ends only where somebody said so (`ends_missing`).
    """
    if not ends_missing:
        session.execute(text(f"DELETE FROM {OLDS} USING {CHANGES} AS c WHERE c.number = {OLDS}.number "
                             f"AND c.kind = '{MISSING}'"))  # fmt: skip
    merged = merge(session, layer, replace(incoming, planned=True), change_id=cause.id, at=at)
    what_became(session, layer, cause.id)
    followed, asked = follow(session, layer, layers, cause=cause, at=at)
    ended, box = _end(session, layer, change_id=cause.id, at=at)
    return replace(merged, ended=ended, box=_around((merged.box, box))), followed, asked


def _end(session: Session, layer: Layer, *, change_id: int, at: dt.datetime) -> tuple[int, Box | None]:
    """Close the rows that nothing of the file continues; what was linked to them is linked elsewhere by now."""
    table, history = quoted(layer.id), quoted(layer.history.name)
    kept = columns_as_they_were(layer)
    row = session.execute(text(f"""
WITH over AS (
  SELECT DISTINCT o.id FROM {OLDS} AS o WHERE NOT EXISTS (SELECT 1 FROM {PAIRS} AS p WHERE p.id = o.id)
), kept AS (
  INSERT INTO {history} ({", ".join(kept)}, closed_at, closed_change_id, closed_as)
  SELECT {", ".join(f"t.{name}" for name in kept)}, greatest(:at, t.changed_at), :change, 'delete'
  FROM over JOIN {table} AS t USING (id)
), ended AS (
  DELETE FROM {table} AS t USING over AS o WHERE t.id = o.id RETURNING t.geom
)
SELECT count(*) AS ended, ST_XMin(ST_Extent(geom)) AS west, ST_YMin(ST_Extent(geom)) AS south,
  ST_XMax(ST_Extent(geom)) AS east, ST_YMax(ST_Extent(geom)) AS north FROM ended
"""), {"change": change_id, "at": at}).one()  # fmt: skip
    if row.west is None:
        return row.ended, None
    return row.ended, Box(west=row.west, south=row.south, east=row.east, north=row.north)


def _around(boxes: Collection[Box | None]) -> Box | None:
    found = [box for box in boxes if box is not None]
    if not found:
        return None
    return Box(
        west=min(box.west for box in found), south=min(box.south for box in found),
        east=max(box.east for box in found), north=max(box.north for box in found),
    )  # fmt: skip
