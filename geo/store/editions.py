"""The editions of a town's layers of cells as their steward sees them: what was told, why, and whether it holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.store.history import quoted

MOST_LISTED = 100


class State(StrEnum):
    """What became of an edition."""

    HOLDS = "holds"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One edition; `too_small` is None where nobody kept it, `changed_since` counts rows that came, went or changed."""

    number: int
    made_at: dt.datetime
    made_by: str
    reason: str | None
    method: str
    at_least: int
    metres: int
    told: int
    too_small: int | None
    changed_since: int
    state: State
    withdrawn_at: dt.datetime | None
    withdrawn_by: str | None
    withdrawn_reason: str | None


def editions(session: Session, layer: Layer, municipality: str) -> list[Listed]:
    """The editions of a town, newest first; of very many the newest `MOST_LISTED`."""
    query = text(_LISTED.format(table=quoted(layer.id), history=quoted(layer.history.name)))
    found = session.execute(query, {"layer": layer.id, "town": municipality, "most": MOST_LISTED})
    return [Listed(**{**row, "state": State(row["state"])}) for row in found.mappings()]


# A row is counted once, by the last change of it that this town had part in: one that left for another town, too.
_LISTED = """
WITH touched AS MATERIALIZED (
  SELECT id, max(change) AS change FROM (
    SELECT id, change_id AS change FROM {table} WHERE municipality = :town
    UNION ALL SELECT id, closed_change_id FROM {history} WHERE municipality = :town
  ) AS t GROUP BY id
), holding AS (
  SELECT max(id) AS id FROM release WHERE layer = :layer AND municipality = :town AND withdrawn_at IS NULL
)
SELECT r.id AS number, r.made_at, r.made_by, r.reason, r.method, r.at_least, r.metres, r.too_small,
  (SELECT count(*) FROM release_cell AS c WHERE c.release_id = r.id AND c.count IS NOT NULL) AS told,
  (SELECT count(*) FROM touched AS t WHERE t.change > r.rows_as_of) AS changed_since,
  CASE WHEN r.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN r.id = h.id THEN 'holds' ELSE 'superseded' END AS state,
  r.withdrawn_at, r.withdrawn_by, r.withdrawn_reason
FROM release AS r CROSS JOIN holding AS h
WHERE r.layer = :layer AND r.municipality = :town ORDER BY r.id DESC LIMIT :most
"""
