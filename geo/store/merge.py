"""The one statement that brings a file's rows into a layer's table, with the history of what it changes.

Rows are matched in three steps, because the keys of real files repeat:
1. the same values as a row already taken from a file: nothing to do, whatever people corrected in it since;
2. the same key: a new version, if a value that the file brings really differs;
3. the rest are new. A row without a key is matched by the first step alone.

Where the file is the whole of its town's rows (a town layer without keys), what an earlier file brought and this one
does not is closed: loading next year's file replaces this year's, and adds nothing twice (PITFALLS 35).

Of a layer whose files are editions the pairs are planned before (`editions_plan.py`), because shapes decide too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.shapes.whereabouts import Box
from geo.store.history import columns_as_they_were, quoted
from geo.store.links import GIVEN, HAND
from geo.store.staging import STAGING

PAIRS = "incoming_pair"


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What happened to the rows, and the box of everything that moved."""

    inserted: int
    updated: int
    unchanged: int
    not_in_file: int
    ended: int
    box: Box | None


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """What the staging table holds: the columns the file feeds, those worked out from shapes, whether it has shapes.

    `is_whole` says that no row of these towns is in any other file; `planned` that the pairs of rows and ids wait in
    their own temporary table, and what is to end is ended by whoever planned it.
    """

    fed: tuple[str, ...]
    measured: tuple[str, ...]
    key: tuple[str, ...]
    shapes: bool
    is_whole: bool = False
    planned: bool = False


def is_new_ground(session: Session, layer: Layer, towns: Collection[str] | None) -> bool:
    """Whether the table has no row that a file of these towns (of any, for None) could match."""
    where = "" if towns is None else " WHERE municipality = ANY(:towns)"
    asked = text(f"SELECT NOT EXISTS (SELECT 1 FROM {quoted(layer.id)}{where})")
    given = {} if towns is None else {"towns": sorted(towns)}
    return bool(session.scalar(asked, given))


def merge(session: Session, layer: Layer, incoming: Incoming, *, change_id: int, at: dt.datetime) -> Merged:
    """Merge the staged rows; other writers of the layer wait until this transaction ends."""
    know_staged(session)
    hold(session, layer)
    row = session.execute(text(merge_sql(layer, incoming)), {"change": change_id, "at": at}).one()
    box = None if row.west is None else Box(west=row.west, south=row.south, east=row.east, north=row.north)
    return Merged(
        inserted=row.inserted,
        updated=row.updated,
        unchanged=row.unchanged,
        not_in_file=row.not_in_file - row.ended,
        ended=row.ended,
        box=box,
    )


def know_staged(session: Session) -> None:
    """Have the staged rows known to the planner of queries."""
    session.execute(text("SET LOCAL work_mem = '128MB'"))
    session.execute(text(f"ANALYZE {STAGING}"))


def hold(session: Session, layer: Layer) -> None:
    """The layer's other writers wait until this transaction ends; readers are not disturbed."""
    # Between reading a row and closing its version nobody else may write it.
    session.execute(text(f"LOCK TABLE {quoted(layer.id)} IN SHARE ROW EXCLUSIVE MODE"))


def matched_sql(layer: Layer, incoming: Incoming) -> str:
    """The named parts up to `same` and `paired`: rows of the file and ids that are one, by value and by key."""
    table = quoted(layer.id)
    return f"""
WITH numbered AS (
  SELECT i.row_no, i.municipality, i.source_digest, {_key("i", incoming)} AS key, {_keyed("i", incoming)} AS keyed,
    row_number() OVER (PARTITION BY i.municipality, i.source_digest ORDER BY i.row_no) AS nth
  FROM {STAGING} AS i
), present AS (
  SELECT t.id, t.municipality, t.source_digest, {_key("t", incoming)} AS key,
    row_number() OVER (PARTITION BY t.municipality, t.source_digest ORDER BY t.id) AS nth
  FROM {table} AS t
  WHERE coalesce(t.municipality, '') IN (SELECT DISTINCT coalesce(municipality, '') FROM {STAGING})
), same AS (
  SELECT n.row_no, p.id FROM numbered AS n JOIN present AS p
    ON p.source_digest = n.source_digest AND p.nth = n.nth
    AND coalesce(p.municipality, '') = coalesce(n.municipality, '')
), left_in AS (
  SELECT n.row_no, n.key, row_number() OVER (PARTITION BY n.key ORDER BY n.row_no) AS nth
  FROM numbered AS n LEFT JOIN same AS s USING (row_no) WHERE s.row_no IS NULL AND n.keyed
), left_there AS (
  SELECT p.id, p.key, p.source_digest, row_number() OVER (PARTITION BY p.key ORDER BY p.id) AS nth
  FROM present AS p LEFT JOIN same AS s USING (id) WHERE s.id IS NULL
), paired AS (
  SELECT a.row_no, b.id FROM left_in AS a JOIN left_there AS b USING (key, nth)
)"""


# What is not in the file is counted by whoever planned; nothing of it ends here.
_PLANNED = f"""
WITH same AS (
  SELECT row_no, id FROM {PAIRS} WHERE same
), paired AS (
  SELECT row_no, id FROM {PAIRS} WHERE NOT same
), present AS (
  SELECT id FROM {PAIRS}
), left_there AS (
  SELECT id, NULL::uuid AS source_digest FROM {PAIRS} WHERE false
)"""


def merge_sql(layer: Layer, incoming: Incoming) -> str:
    """The statement; every name in it is the layer's own."""
    table, history = quoted(layer.id), quoted(layer.history.name)
    kept = columns_as_they_were(layer)
    columns = _inserted(layer, incoming)
    return f"""{_PLANNED if incoming.planned else matched_sql(layer, incoming)}, differing AS (
  SELECT p.row_no, p.id FROM paired AS p JOIN {STAGING} AS i USING (row_no) JOIN {table} AS t ON t.id = p.id
  WHERE {_differs(layer, incoming)}
), closed AS (
  INSERT INTO {history} ({", ".join(kept)}, closed_at, closed_change_id, closed_as)
  SELECT {", ".join(f"t.{name}" for name in kept)}, greatest(:at, t.changed_at), :change, 'update'
  FROM differing AS d JOIN {table} AS t USING (id)
  RETURNING geom
), opened AS (
  UPDATE {table} AS t SET {_set(layer, incoming)}
  FROM differing AS d JOIN {STAGING} AS i USING (row_no) WHERE t.id = d.id
  RETURNING t.geom
), refreshed AS (
  UPDATE {table} AS t SET source_digest = i.source_digest
  FROM paired AS p JOIN {STAGING} AS i USING (row_no) LEFT JOIN differing AS d USING (row_no)
  WHERE t.id = p.id AND d.row_no IS NULL
  RETURNING 1
), added AS (
  INSERT INTO {table} ({", ".join(columns)}, change_id, changed_at)
  SELECT {", ".join(f"i.{name}" for name in columns)}, :change, :at
  FROM {STAGING} AS i LEFT JOIN same AS s USING (row_no) LEFT JOIN paired AS p USING (row_no)
  WHERE s.row_no IS NULL AND p.row_no IS NULL ORDER BY i.row_no
  RETURNING geom
), over AS (
  SELECT p.id FROM left_there AS p LEFT JOIN paired AS a USING (id)
  WHERE {"a.id IS NULL AND p.source_digest IS NOT NULL" if incoming.is_whole else "false"}
), kept_of_them AS (
  INSERT INTO {history} ({", ".join(kept)}, closed_at, closed_change_id, closed_as)
  SELECT {", ".join(f"t.{name}" for name in kept)}, greatest(:at, t.changed_at), :change, 'delete'
  FROM over JOIN {table} AS t USING (id)
), ended AS (
  DELETE FROM {table} AS t USING over AS o WHERE t.id = o.id RETURNING t.geom
), touched AS (
  SELECT ST_Extent(geom)::box2d AS box FROM (
    SELECT geom FROM closed UNION ALL SELECT geom FROM opened UNION ALL SELECT geom FROM added
    UNION ALL SELECT geom FROM ended
  ) AS g
)
SELECT (SELECT count(*) FROM added) AS inserted, (SELECT count(*) FROM opened) AS updated,
  (SELECT count(*) FROM same) + (SELECT count(*) FROM refreshed) AS unchanged,
  (SELECT count(*) FROM present) - (SELECT count(*) FROM same) - (SELECT count(*) FROM paired) AS not_in_file,
  (SELECT count(*) FROM ended) AS ended,
  ST_XMin(box) AS west, ST_YMin(box) AS south, ST_XMax(box) AS east, ST_YMax(box) AS north
FROM touched
"""


def _key(alias: str, incoming: Incoming) -> str:
    """The key as one text, so that it can be hashed; a blank and a missing value are one."""
    parts = [f"coalesce({alias}.{quoted(name)}::text, '')" for name in ("municipality", *incoming.key)]
    return " || E'\\x1f' || ".join(parts)


def _keyed(alias: str, incoming: Incoming) -> str:
    return f"coalesce({alias}.{quoted(incoming.key[0])}::text, '') <> ''" if incoming.key else "false"


def _inserted(layer: Layer, incoming: Incoming) -> list[str]:
    names = ["municipality", *incoming.fed, *incoming.measured, *layer.links, *_hows(layer), "source_digest"]
    return [quoted(name) for name in (*names, *(("geom",) if incoming.shapes else ()))]


def _hows(layer: Layer) -> list[str]:
    return [f"{name.removesuffix('_id')}_link" for name in layer.links]


def _differs(layer: Layer, incoming: Incoming) -> str:
    """Whether anything that the file brings is not so already; a file without a shape does not take one away."""
    tests = [f"t.{quoted(name)} IS DISTINCT FROM i.{quoted(name)}" for name in incoming.fed]
    if incoming.shapes:
        tests.append("(i.geom IS NOT NULL AND i.geom::bytea IS DISTINCT FROM t.geom::bytea)")
    for name, how in zip(layer.links, _hows(layer), strict=True):
        tests.append(
            f"(i.{quoted(how)} = '{GIVEN}' AND t.{quoted(how)} IS DISTINCT FROM '{HAND}' "
            f"AND t.{quoted(name)} IS DISTINCT FROM i.{quoted(name)})"
        )
    return " OR ".join(tests) or "false"


def _set(layer: Layer, incoming: Incoming) -> str:
    parts = [f"{quoted(name)} = i.{quoted(name)}" for name in incoming.fed]
    parts += [f"{quoted(name)} = coalesce(i.{quoted(name)}, t.{quoted(name)})" for name in incoming.measured]
    if incoming.shapes:
        parts.append("geom = coalesce(i.geom, t.geom)")
    for name, how in zip(layer.links, _hows(layer), strict=True):
        # A person's own link stays; so does one that an earlier file gave, unless this file gives another.
        was, brought = f"t.{quoted(how)}", f"i.{quoted(how)}"
        keeps = f"{was} = '{HAND}' OR ({was} = '{GIVEN}' AND {brought} IS DISTINCT FROM '{GIVEN}')"
        parts += [
            f"{quoted(one)} = CASE WHEN {keeps} THEN t.{quoted(one)} ELSE i.{quoted(one)} END" for one in (name, how)
        ]
    parts += ["version = t.version + 1", "change_id = :change"]
    # A load that began before somebody's edit and ends after it comes after it: no version ends before it began.
    parts += ["changed_at = greatest(:at, t.changed_at)", "source_digest = i.source_digest"]
    return ", ".join(parts)
