"""Buildings, households and signs keep their parcel through a split or a merger, or a person is asked.

What is linked to a row that became others moves along to the one that holds it: nine tenths of a footprint, or the
point. What lies across several, elsewhere, or on a parcel that is no more, stays with what is left of it and becomes a
question (`link_question`). Each row that moves gets a new version, as when a link is found anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.store.editions_plan import CHANGES, NEWS, OLDS
from geo.store.history import columns_as_they_were, quoted
from geo.store.merge import PAIRS
from geo.store.staging import STAGING
from geo.store.tables import Change

BECAME, FOLLOWING = "incoming_became", "incoming_following"
ENOUGH = 0.9
MOST_CANDIDATES = 6


def linked_to(target: Layer, layers: Mapping[str, Layer]) -> Iterator[tuple[Layer, str]]:
    """The layers whose rows are linked to this one's, each with its column."""
    for layer in layers.values():
        for name, link in layer.links.items():
            if link.to == target.id:
                yield layer, name


def what_became(session: Session, layer: Layer, change_id: int) -> None:
    """Which present rows each row of the plan became; those that the merging just inserted are known by their order."""
    session.execute(text(f"""
CREATE TEMPORARY TABLE {BECAME} ON COMMIT DROP AS
WITH inserted AS (
  SELECT t.id, row_number() OVER (ORDER BY t.id) AS nth FROM {quoted(layer.id)} AS t
  WHERE t.change_id = :change AND t.version = 1
    AND NOT EXISTS (SELECT 1 FROM {PAIRS} AS p WHERE p.id = t.id)
), brought AS (
  SELECT i.row_no, row_number() OVER (ORDER BY i.row_no) AS nth FROM {STAGING} AS i
  WHERE NOT EXISTS (SELECT 1 FROM {PAIRS} AS p WHERE p.row_no = i.row_no)
), now AS (
  SELECT n.number, CASE WHEN n.id <> 0 THEN n.id ELSE s.id END AS id
  FROM {NEWS} AS n LEFT JOIN brought AS b USING (row_no) LEFT JOIN inserted AS s USING (nth)
), several AS (
  SELECT number FROM {CHANGES} WHERE kind IN ('SPLIT', 'MERGE', 'REARRANGED', 'RETIRED', 'MISSING')
)
SELECT o.number, o.id AS old_id, n.id AS new_id
FROM {OLDS} AS o JOIN several USING (number) LEFT JOIN now AS n USING (number)
WHERE n.id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM {PAIRS} AS p WHERE p.id = o.id)
"""), {"change": change_id})  # fmt: skip
    session.execute(text(f"ANALYZE {BECAME}"))


def follow(
    session: Session, target: Layer, layers: Mapping[str, Layer], *, cause: Change, at: dt.datetime
) -> tuple[dict[str, int], int]:
    """Let links follow what their parcels became; how many rows of each layer did, and how many questions are asked."""
    moved: dict[str, int] = {}
    asked = 0
    if not session.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {BECAME})")):
        return moved, asked
    for layer, name in linked_to(target, layers):
        session.execute(text(f"DROP TABLE IF EXISTS {FOLLOWING}"))
        session.execute(text(_following_sql(layer, name, target)), {"enough": ENOUGH})
        asked += _ask(session, layer, name, target, cause, at)
        change = Change(made_at=at, made_by=cause.made_by, origin=cause.origin, operation="relink", layer=layer.id,
                        batch_id=cause.batch_id)  # fmt: skip
        session.add(change)
        session.flush()
        done = session.scalar(text(_moved_sql(layer, name)), {"change": change.id, "at": at}) or 0
        if done:
            change.counts = {"relinked": done, "link": name}
            moved[layer.id] = moved.get(layer.id, 0) + done
        else:
            session.delete(change)
        session.flush()
    return moved, asked


def _following_sql(layer: Layer, name: str, target: Layer) -> str:
    """Each linked row with the part of it in everything that its parcel became: the best, and whether that is enough.

    `stays` is what it is linked to until somebody answers: what it was, or of what is left the one that holds most.
    """
    how = quoted(f"{name.removesuffix('_id')}_link")
    return f"""
CREATE TEMPORARY TABLE {FOLLOWING} ON COMMIT DROP AS
WITH touched AS (
  SELECT r.id, r.municipality, r.{quoted(name)} AS old_id, r.{how} AS how, r.geom, b.new_id
  FROM {quoted(layer.id)} AS r JOIN {BECAME} AS b ON b.old_id = r.{quoted(name)}
), shares AS (
  SELECT r.id, r.municipality, r.old_id, r.how, r.new_id, {_share("r.geom", "n.geom")} AS share
  FROM touched AS r LEFT JOIN {quoted(target.id)} AS n ON n.id = r.new_id
), ranked AS (
  SELECT id, min(municipality) AS municipality, old_id, min(how) AS how, max(share) AS share,
    (array_agg(new_id ORDER BY share DESC, new_id))[1] AS best,
    bool_or(new_id = old_id) AS is_left, count(new_id) AS parts
  FROM shares GROUP BY id, old_id
)
SELECT id, municipality, old_id, how, best, share, parts, share >= :enough AS sure,
  CASE WHEN share >= :enough THEN best WHEN is_left THEN old_id WHEN parts = 1 OR share > 0 THEN best END AS stays
FROM ranked
"""


def _share(row: str, parcel: str) -> str:
    """How much of a row's shape a parcel holds, 0 to 1; of a point all or nothing."""
    return f"""CASE WHEN {row} IS NULL OR {parcel} IS NULL OR NOT {row} && {parcel} THEN 0
    WHEN ST_Dimension({row}) = 2 AND ST_Area({row}) > 0
      THEN ST_Area(ST_Intersection(ST_Force2D({row}), ST_Force2D({parcel}))) / ST_Area({row})
    WHEN ST_Covers({parcel}, ST_PointOnSurface({row})) THEN 1 ELSE 0 END"""


def _ask(session: Session, layer: Layer, name: str, target: Layer, cause: Change, at: dt.datetime) -> int:
    """Ask of each row that nothing decides; one that is asked already of the same link is asked anew."""
    given = {"layer": layer.id, "link": name, "target": target.id, "change": cause.id, "at": at, "by": cause.made_by}
    session.execute(text(f"""
UPDATE link_question AS q SET state = 'withdrawn', answered_at = :at, answered_by = :by
FROM {FOLLOWING} AS f WHERE q.layer = :layer AND q.link = :link AND q.row_id = f.id AND q.state = 'open'
"""), given)  # fmt: skip
    code = quoted(target.keys[0][0])
    asked = session.execute(text(f"""
INSERT INTO link_question (municipality, layer, row_id, link, target, was_id, was_code, why, candidates, shares,
  change_id, asked_at, asked_by, state)
SELECT f.municipality, :layer, f.id, :link, :target, f.old_id, w.{code}::text,
  CASE WHEN f.parts = 0 THEN 'retired' WHEN f.share > 0 THEN 'across' ELSE 'elsewhere' END,
  coalesce(c.ids, '{{}}'), coalesce(c.shares, '{{}}'), :change, :at, :by, 'open'
FROM {FOLLOWING} AS f JOIN {quoted(layer.id)} AS r USING (id) LEFT JOIN {quoted(target.id)} AS w ON w.id = f.old_id
LEFT JOIN LATERAL (
  SELECT array_agg(o.id ORDER BY o.share DESC, o.id) AS ids, array_agg(o.share ORDER BY o.share DESC, o.id) AS shares
  FROM (
    SELECT t.id, round(({_share("r.geom", "t.geom")})::numeric, 4)::float8 AS share FROM {quoted(target.id)} AS t
    WHERE t.municipality IS NOT DISTINCT FROM r.municipality
      AND (t.id IN (SELECT b.new_id FROM {BECAME} AS b WHERE b.old_id = f.old_id)
        OR (t.geom && r.geom AND ST_Intersects(t.geom, r.geom)))
      AND NOT EXISTS (SELECT 1 FROM {OLDS} AS d WHERE d.id = t.id
        AND NOT EXISTS (SELECT 1 FROM {PAIRS} AS p WHERE p.id = d.id))
    ORDER BY share DESC, t.id LIMIT {MOST_CANDIDATES}
  ) AS o
) AS c ON true
WHERE NOT f.sure AND f.municipality IS NOT NULL
"""), given)  # fmt: skip
    return int(asked.rowcount)  # type: ignore[attr-defined]  # an INSERT has one


def _moved_sql(layer: Layer, name: str) -> str:
    table, history = quoted(layer.id), quoted(layer.history.name)
    column, how = quoted(name), quoted(f"{name.removesuffix('_id')}_link")
    kept = columns_as_they_were(layer)
    return f"""
WITH moved AS (
  SELECT id, stays FROM {FOLLOWING} WHERE stays IS DISTINCT FROM old_id
), closed AS (
  INSERT INTO {history} ({", ".join(kept)}, closed_at, closed_change_id, closed_as)
  SELECT {", ".join(f"r.{one}" for one in kept)}, greatest(:at, r.changed_at), :change, 'update'
  FROM moved JOIN {table} AS r USING (id)
), opened AS (
  UPDATE {table} AS r SET {column} = m.stays, {how} = CASE WHEN m.stays IS NOT NULL THEN r.{how} END,
    version = r.version + 1, change_id = :change, changed_at = greatest(:at, r.changed_at)
  FROM moved AS m WHERE r.id = m.id RETURNING 1
)
SELECT count(*) FROM opened
"""
