"""What is linked to a row that is about to end: it gets a new version, linked by its place or not at all.

The foreign key alone would empty the column and leave no trace of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.store.history import columns_as_they_were, quoted
from geo.store.write import Act, begun_change


def is_linked_to(layer: Layer, layers: Mapping[str, Layer]) -> bool:
    """Whether rows of any layer are linked to this one's."""
    return any(link.to == layer.id for one in layers.values() for link in one.links.values())


def let_go_of(session: Session, target: Layer, fid: int, layers: Mapping[str, Layer], *, act: Act) -> None:
    """Link what is linked to this row to the next that covers it, or to nothing."""
    for layer in layers.values():
        for name, link in layer.links.items():
            if link.to == target.id and session.scalar(text(_any_sql(layer, name)), {"gone": fid}):
                change = begun_change(session, layer, "relink", act)
                session.execute(text(_let_go_sql(layer, name, target)), {"gone": fid, "change": change, "at": act.at})


def _any_sql(layer: Layer, name: str) -> str:
    return f"SELECT EXISTS (SELECT 1 FROM {quoted(layer.id)} WHERE {quoted(name)} = :gone)"


def _let_go_sql(layer: Layer, name: str, target: Layer) -> str:
    table, history, column = quoted(layer.id), quoted(layer.history.name), quoted(name)
    how = quoted(f"{name.removesuffix('_id')}_link")
    kept = columns_as_they_were(layer)
    return f"""
WITH moved AS (
  SELECT r.id, n.id AS target
  FROM {table} AS r LEFT JOIN LATERAL (
    SELECT t.id FROM {quoted(target.id)} AS t, ST_PointOnSurface(r.geom) AS p
    WHERE t.geom && p AND ST_Covers(t.geom, p) AND t.municipality IS NOT DISTINCT FROM r.municipality AND t.id <> :gone
    ORDER BY ST_Area(t.geom), t.id LIMIT 1
  ) AS n ON true
  WHERE r.{column} = :gone
), closed AS (
  INSERT INTO {history} ({", ".join(kept)}, closed_at, closed_change_id, closed_as)
  SELECT {", ".join(f"r.{one}" for one in kept)}, greatest(:at, r.changed_at), :change, 'update'
  FROM moved JOIN {table} AS r USING (id)
)
UPDATE {table} AS r SET {column} = m.target, {how} = CASE WHEN m.target IS NULL THEN NULL ELSE 'location' END,
  version = r.version + 1, change_id = :change, changed_at = greatest(:at, r.changed_at)
FROM moved AS m WHERE r.id = m.id
"""
