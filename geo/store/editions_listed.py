"""The plan written down as an edition's changes, for people to look at and decide (`edition_change`)."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.store.editions_plan import CHANGES, DIFFERING, NEWS, OLDS, PASSING, SAME, VALUES, array
from geo.store.history import quoted
from geo.store.merge import Incoming
from geo.store.staging import STAGING

# In the order in which an officer looks at them; the numbers of the changes follow it.
KINDS = (
    "ELSEWHERE", "REARRANGED", "SPLIT", "MERGE", "BOUNDARY_CHANGE", "RECODED", "NEW", "RETIRED", "MISSING", "TRANSFER",
    "VALUES",
)  # fmt: skip


def list_changes(session: Session, layer: Layer, incoming: Incoming, *, edition: int, town: str, first: int) -> int:
    """Write the plan down as open changes with numbers from `first` on; answers how many there are.

    Rows in which nothing but passing columns differ, such as the year, are one change together: their number is last.
    """
    given = {"edition": edition, "town": town, "first": first - 1}
    listed = session.execute(text(_listed_sql(layer, incoming)), given).rowcount  # type: ignore[attr-defined]  # it is one
    given["first"] = first - 1 + listed
    passed = session.execute(text(_passing_sql(layer)), given).rowcount  # type: ignore[attr-defined]  # it is one
    return int(listed + passed)


def _listed_sql(layer: Layer, incoming: Incoming) -> str:
    table, code = quoted(layer.id), quoted(layer.keys[0][0])
    # What the file does not say of the code or the paper stays as it is.
    brought = f"i.{code}" if layer.keys[0][0] in incoming.fed else f"t.{code}"
    ranks = array(KINDS)
    return f"""
WITH olds AS (
  SELECT o.number, array_agg(t.id ORDER BY o.place) AS ids, array_agg(t.version ORDER BY o.place) AS versions,
    array_agg(t.{code}::text ORDER BY o.place) AS codes, array_agg({_metres(layer, "t")} ORDER BY o.place) AS areas,
    array_agg({_wah(layer, "t")} ORDER BY o.place) AS wah, ST_Collect(ST_Force2D(t.geom) ORDER BY o.place) AS shape
  FROM {OLDS} AS o JOIN {table} AS t USING (id) GROUP BY o.number
), news AS (
  SELECT n.number, array_agg(n.row_no ORDER BY n.place) AS rows, array_agg(n.id ORDER BY n.place) AS continues,
    array_agg(({brought})::text ORDER BY n.place) AS codes,
    array_agg({_brought_metres(layer, incoming)} ORDER BY n.place) AS areas,
    array_agg({_brought_wah(layer, incoming)} ORDER BY n.place) AS wah,
    {"ST_Collect(ST_Force2D(i.geom) ORDER BY n.place)" if incoming.shapes else "NULL::geometry"} AS shape
  FROM {NEWS} AS n JOIN {STAGING} AS i USING (row_no) LEFT JOIN {table} AS t ON t.id = n.id GROUP BY n.number
), columns AS (
  SELECT number, array_agg(DISTINCT name) AS names FROM (
    SELECT n.number, unnest(d.columns) AS name FROM {NEWS} AS n JOIN {DIFFERING} AS d USING (row_no)
  ) AS one GROUP BY number
), events AS (
  SELECT n.number, min({_event(layer, incoming)}) AS event
  FROM {NEWS} AS n JOIN {STAGING} AS i USING (row_no) JOIN {table} AS t ON t.id = n.id
  JOIN {DIFFERING} AS d ON d.row_no = n.row_no GROUP BY n.number
)
INSERT INTO edition_change (edition_id, number, municipality, kind, event, old_ids, old_versions, rows, continues,
  codes_before, codes_after, columns, areas_before, areas_after, wah_before, wah_after, geom_before, geom_after, geom,
  sure, doubts, state)
SELECT :edition, :first + row_number() OVER (
    ORDER BY array_position({ranks}, c.kind), coalesce(o.codes[1], n.codes[1]), c.number
  ), :town, c.kind, e.event, coalesce(o.ids, '{{}}'), coalesce(o.versions, '{{}}'), coalesce(n.rows, '{{}}'),
  coalesce(n.continues, '{{}}'), coalesce(o.codes, '{{}}'), coalesce(n.codes, '{{}}'), coalesce(k.names, '{{}}'),
  coalesce(o.areas, '{{}}'), coalesce(n.areas, '{{}}'), coalesce(o.wah, '{{}}'), coalesce(n.wah, '{{}}'),
  o.shape, CASE WHEN c.kind NOT IN ('TRANSFER', 'VALUES') THEN n.shape END,
  ST_Envelope(ST_Collect(o.shape, n.shape)), c.sure, coalesce(c.doubts, '{{}}'), 'open'
FROM {CHANGES} AS c LEFT JOIN olds AS o USING (number) LEFT JOIN news AS n USING (number)
  LEFT JOIN columns AS k USING (number) LEFT JOIN events AS e USING (number)
WHERE c.kind <> '{SAME}'
"""


def _passing_sql(layer: Layer) -> str:
    return f"""
INSERT INTO edition_change (edition_id, number, municipality, kind, event, old_ids, old_versions, rows, continues,
  codes_before, codes_after, columns, areas_before, areas_after, wah_before, wah_after, sure, doubts, state)
SELECT :edition, :first + 1, :town, '{VALUES}', '{PASSING}', array_agg(t.id ORDER BY d.row_no),
  array_agg(t.version ORDER BY d.row_no), array_agg(d.row_no ORDER BY d.row_no), array_agg(d.id ORDER BY d.row_no),
  '{{}}', '{{}}', (SELECT array_agg(DISTINCT one) FROM (SELECT unnest(columns) AS one FROM {DIFFERING} AS o
    WHERE NOT EXISTS (SELECT 1 FROM {NEWS} AS n JOIN {CHANGES} AS c USING (number)
      WHERE n.row_no = o.row_no AND c.kind <> '{SAME}')) AS names),
  '{{}}', '{{}}', '{{}}', '{{}}', 'BOTH', '{{}}', 'open'
FROM {DIFFERING} AS d JOIN {quoted(layer.id)} AS t ON t.id = d.id
WHERE d.columns <> '{{}}' AND NOT EXISTS (
  SELECT 1 FROM {NEWS} AS n JOIN {CHANGES} AS c USING (number) WHERE n.row_no = d.row_no AND c.kind <> '{SAME}'
) HAVING count(*) > 0
"""


def _measure(layer: Layer) -> str | None:
    return next((name for name, words in layer.fields.items() if words.measure == "area"), None)


def _metres(layer: Layer, alias: str) -> str:
    name = _measure(layer)
    return "NULL::float8" if name is None else f"{alias}.{quoted(name)}::float8"


def _brought_metres(layer: Layer, incoming: Incoming) -> str:
    name = _measure(layer)
    return _metres(layer, "i" if name in (*incoming.measured, *incoming.fed) else "t")


def _wah(layer: Layer, alias: str) -> str:
    return _in_wah(layer, dict.fromkeys(layer.yearly.wah if layer.yearly else (), alias))


def _brought_wah(layer: Layer, incoming: Incoming) -> str:
    names = layer.yearly.wah if layer.yearly else ()
    return _in_wah(layer, {name: "i" if name in incoming.fed else "t" for name in names})


def _in_wah(layer: Layer, where: dict[str, str]) -> str:
    """Rai, ngan and square wah as square wah; NULL where the papers say nothing (DOMAIN §2.8)."""
    assert layer.yearly is not None
    parts = [f"{where[name]}.{quoted(name)}" for name in layer.yearly.wah]
    rai, ngan, wah = (f"coalesce({part}, 0)" for part in parts)
    return f"CASE WHEN num_nonnulls({', '.join(parts)}) > 0 THEN ({rai} * 400 + {ngan} * 100 + {wah})::float8 END"


def _event(layer: Layer, incoming: Incoming) -> str:
    """Which event of the Land Office's list it looks like (DOMAIN §2.1); a suggestion, worked out where names lie."""
    yearly = layer.yearly
    assert yearly is not None
    area = f"WHEN d.columns && {array(yearly.area)} THEN 'BOUNDARY_CHANGE'"
    if yearly.name not in incoming.fed:
        return f"CASE WHEN d.columns && {array(yearly.owner)} THEN 'OWNER_CORRECTION' {area} END"
    name = quoted(yearly.name)
    before, after = (f"regexp_replace(lower(coalesce({one}.{name}, '')), '[[:space:].,]', '', 'g')" for one in "ti")
    return f"""CASE WHEN NOT d.columns && {array(yearly.owner)} THEN CASE {area} END
      WHEN {before} = {after} THEN 'OWNER_CORRECTION'
      WHEN {before} <> '' AND strpos({after}, {before}) > 0 THEN 'TRANSFER_PARTIAL' ELSE 'TRANSFER' END"""
