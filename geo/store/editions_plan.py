"""What a file's staged rows would do to a town's, planned before anything is done.

Most rows of a newer file are those of last year: the same values, or the same key on the same ground. PostgreSQL pairs
them (`pair`). What is left (`residue`: rows of the file that are new or lie elsewhere, rows of the town that nothing
was paired with or that moved) is for `geo/shapes/editions.py` to compare by shape; `settle` takes its answer in. The
plan is temporary tables beside the staged rows: nothing of it outlives the transaction, owners' names least of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.store.history import quoted
from geo.store.links import GIVEN, HAND
from geo.store.merge import PAIRS, Incoming, know_staged, matched_sql
from geo.store.staging import STAGING

CHANGES, OLDS, NEWS, DIFFERING = "incoming_change", "incoming_old", "incoming_new", "incoming_differs"
# Kinds that are known by columns alone; what else there is is told by shapes.
SAME, VALUES, TRANSFER, RECODED, BOUNDARY_CHANGE = "SAME", "VALUES", "TRANSFER", "RECODED", "BOUNDARY_CHANGE"
MISSING = "MISSING"
PASSING = "PASSING"
_TABLES = f"""
CREATE TEMPORARY TABLE {PAIRS} (
  row_no integer PRIMARY KEY, id bigint NOT NULL, same boolean NOT NULL, moved boolean NOT NULL) ON COMMIT DROP;
CREATE TEMPORARY TABLE {CHANGES} (number integer PRIMARY KEY, kind text, sure text, doubts text[]) ON COMMIT DROP;
CREATE TEMPORARY TABLE {OLDS} (number integer, place integer, id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE {NEWS} (number integer, place integer, row_no integer, id bigint) ON COMMIT DROP;
CREATE TEMPORARY TABLE {DIFFERING} (row_no integer, id bigint, columns text[]) ON COMMIT DROP
"""


@dataclass(frozen=True, kw_only=True)
class Side:
    """Rows of one side of the residue: what they are known by, their town, their code, their shape (EPSG:4326).

    `key_pairs` is beside each the other side's row of the same key, 0 for none.
    """

    ids: NDArray[np.int64]
    towns: list[str]
    codes: list[str | None]
    shapes: NDArray[np.object_]
    key_pairs: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, kw_only=True)
class Found:
    """One change of the residue: ids of the town, rows of the file with the id that each continues (0 for none)."""

    kind: str
    sure: str
    doubts: tuple[str, ...]
    old: tuple[int, ...]
    new: tuple[int, ...]
    continues: tuple[int, ...]


def make_plan(session: Session) -> None:
    """The plan's empty tables."""
    for statement in _TABLES.split(";"):
        session.execute(text(statement))


def pair(session: Session, layer: Layer, incoming: Incoming) -> None:
    """Pair rows that have the same values or the same key; `moved` are pairs of one key on other ground."""
    make_plan(session)
    know_staged(session)
    moved = "i.geom IS NOT NULL AND i.geom::bytea IS DISTINCT FROM t.geom::bytea" if incoming.shapes else "false"
    session.execute(text(f"""
INSERT INTO {PAIRS} {matched_sql(layer, incoming)}
SELECT row_no, id, true, false FROM same
UNION ALL
SELECT p.row_no, p.id, false, {moved}
FROM paired AS p JOIN {STAGING} AS i USING (row_no) JOIN {quoted(layer.id)} AS t ON t.id = p.id
"""))  # fmt: skip
    session.execute(text(f"ANALYZE {PAIRS}"))


def count_stayed(session: Session) -> int:
    """How many rows are paired with one on the very same ground."""
    return session.scalar(text(f"SELECT count(*) FROM {PAIRS} WHERE NOT moved")) or 0


def residue(session: Session, layer: Layer, incoming: Incoming, *, whole: bool, bare: bool = True) -> tuple[Side, Side]:
    """What shapes must tell: rows of the town, and of the file.

    Where the file is not the whole town, of the town's other rows those that lie within the file's own box. Not `bare`:
    rows of the town without a code are known again by their values alone.
    """
    code = quoted(layer.keys[0][0])
    has_code = layer.keys[0][0] in incoming.fed
    new = session.execute(text(f"""
SELECT i.row_no AS id, coalesce(i.municipality, '') AS town, {f"i.{code}::text" if has_code else "NULL"} AS code,
  ST_AsBinary(ST_Force2D(i.geom)) AS shape, coalesce(p.id, 0) AS pair
FROM {STAGING} AS i LEFT JOIN {PAIRS} AS p USING (row_no)
WHERE (p.row_no IS NULL OR p.moved) ORDER BY i.row_no
""")).all()  # fmt: skip
    inside = "" if whole else f"AND t.geom && (SELECT ST_SetSRID(ST_Extent(geom), 4326) FROM {STAGING})"
    old = session.execute(text(f"""
SELECT t.id, coalesce(t.municipality, '') AS town, t.{code}::text AS code, ST_AsBinary(ST_Force2D(t.geom)) AS shape,
  coalesce(p.row_no, 0) AS pair
FROM {quoted(layer.id)} AS t LEFT JOIN {PAIRS} AS p USING (id)
WHERE coalesce(t.municipality, '') IN (SELECT DISTINCT coalesce(municipality, '') FROM {STAGING})
  AND (p.moved OR (p.id IS NULL {inside})) {"" if bare else f"AND coalesce(t.{code}::text, '') <> ''"} ORDER BY t.id
""")).all()  # fmt: skip
    return _side(old), _side(new)


def _side(rows: Sequence[Any]) -> Side:
    shapes: NDArray[np.object_] = np.full(len(rows), None, dtype=object)
    shapes[:] = shapely.from_wkb([None if row.shape is None else bytes(row.shape) for row in rows])
    return Side(
        ids=np.array([row.id for row in rows], dtype=np.int64), towns=[row.town for row in rows],
        codes=[row.code for row in rows], shapes=shapes,
        key_pairs=np.array([row.pair for row in rows], dtype=np.int64),
    )  # fmt: skip


def settle(session: Session, layer: Layer, incoming: Incoming, found: Iterable[Found]) -> None:
    """Take in what the shapes told, and find which columns differ in every pair."""
    found = list(found)
    session.execute(text(f"DELETE FROM {PAIRS} WHERE moved"))
    _fill(session, CHANGES, "number, kind, sure", "integer, text, text",
          [(number, one.kind, one.sure) for number, one in enumerate(found, 1)])  # fmt: skip
    doubted = [(number, " ".join(one.doubts)) for number, one in enumerate(found, 1) if one.doubts]
    if doubted:
        session.execute(
            text(f"UPDATE {CHANGES} AS c SET doubts = string_to_array(d.words, ' ') FROM "
                 "unnest(CAST(:numbers AS integer[]), CAST(:words AS text[])) AS d(number, words) "
                 "WHERE d.number = c.number"),
            {"numbers": [number for number, _ in doubted], "words": [words for _, words in doubted]},
        )  # fmt: skip
    _fill(session, OLDS, "number, place, id", "integer, integer, bigint",
          [(number, place, id) for number, one in enumerate(found, 1) for place, id in enumerate(one.old)])  # fmt: skip
    _fill(session, NEWS, "number, place, row_no, id", "integer, integer, integer, bigint",
          [(number, place, row, id) for number, one in enumerate(found, 1)
           for place, (row, id) in enumerate(zip(one.new, one.continues, strict=True))])  # fmt: skip
    session.execute(text(f"INSERT INTO {PAIRS} SELECT row_no, id, false, true FROM {NEWS} WHERE id <> 0"))
    for table in (PAIRS, CHANGES, OLDS, NEWS):
        session.execute(text(f"ANALYZE {table}"))
    session.execute(text(_differing_sql(layer, incoming)))
    session.execute(text(_by_columns_sql(layer)))
    session.execute(text(f"ANALYZE {DIFFERING}"))


def _fill(session: Session, table: str, columns: str, kinds: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    names = [f"a{place}" for place in range(len(rows[0]))]
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in zip(names, kinds.split(", "), strict=True))
    given = {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    session.execute(text(f"INSERT INTO {table} ({columns}) SELECT * FROM unnest({arrays})"), given)


def _differing_sql(layer: Layer, incoming: Incoming) -> str:
    """The names of the columns that a pair differs in; what is worked out from the shape is none of them."""
    tests = [f"CASE WHEN t.{quoted(name)} IS DISTINCT FROM i.{quoted(name)} THEN '{name}' END" for name in incoming.fed]
    for name in layer.links:
        how = quoted(f"{name.removesuffix('_id')}_link")
        tests.append(f"CASE WHEN i.{how} = '{GIVEN}' AND t.{how} IS DISTINCT FROM '{HAND}' "
                     f"AND t.{quoted(name)} IS DISTINCT FROM i.{quoted(name)} THEN '{name}' END")  # fmt: skip
    columns = f"array_remove(ARRAY[{', '.join(tests)}]::text[], NULL)" if tests else "ARRAY[]::text[]"
    return f"""
INSERT INTO {DIFFERING} SELECT p.row_no, p.id, {columns}
FROM {PAIRS} AS p JOIN {STAGING} AS i USING (row_no) JOIN {quoted(layer.id)} AS t ON t.id = p.id WHERE NOT p.same
"""


def _by_columns_sql(layer: Layer) -> str:
    """Changes of pairs that shapes had nothing to say of."""
    first = f"(SELECT coalesce(max(number), 0) FROM {CHANGES})"
    assert layer.yearly is not None
    passing = array(layer.yearly.passing)
    return f"""
WITH told AS (
  SELECT d.row_no, d.id, {first} + (row_number() OVER (ORDER BY d.row_no))::integer AS number
  FROM {DIFFERING} AS d LEFT JOIN {NEWS} AS n USING (row_no)
  WHERE n.row_no IS NULL AND NOT d.columns <@ {passing}
), listed AS (
  INSERT INTO {CHANGES} SELECT number, '{SAME}', 'BOTH' FROM told
), olds AS (
  INSERT INTO {OLDS} SELECT number, 0, id FROM told
)
INSERT INTO {NEWS} SELECT number, 0, row_no, id FROM told
"""


def array(names: Iterable[str]) -> str:
    """Names of columns as an SQL array; they are a layer's own."""
    return "ARRAY[" + ", ".join(f"'{name}'" for name in names) + "]::text[]"


def name_kinds(session: Session, layer: Layer) -> None:
    """Changes of one row into one get the kind that their columns tell; those that change nothing are none."""
    yearly = layer.yearly
    assert yearly is not None
    session.execute(text(f"""
UPDATE {CHANGES} AS c SET kind = CASE
  WHEN c.kind = '{BOUNDARY_CHANGE}' THEN c.kind
  WHEN d.columns && {array(layer.keys[0])} THEN '{RECODED}'
  WHEN d.columns && {array(yearly.owner)} THEN '{TRANSFER}'
  WHEN d.columns <@ {array(yearly.passing)} THEN '{SAME}' ELSE '{VALUES}' END
FROM {NEWS} AS n JOIN {DIFFERING} AS d USING (row_no)
WHERE n.number = c.number AND c.kind IN ('{SAME}', '{VALUES}', '{TRANSFER}', '{RECODED}', '{BOUNDARY_CHANGE}')
"""))  # fmt: skip


def kinds(session: Session) -> dict[str, int]:
    """How many changes there are of each kind; of rows that are the same, how many rows."""
    asked = text(f"SELECT kind, count(*) FROM {CHANGES} WHERE kind <> '{SAME}' GROUP BY kind ORDER BY kind")
    found: dict[str, int] = {row[0]: row[1] for row in session.execute(asked)}
    alike = session.scalar(text(
        f"SELECT count(*) FROM {PAIRS} AS p WHERE NOT EXISTS (SELECT 1 FROM {NEWS} AS n JOIN {CHANGES} AS c "
        f"USING (number) WHERE n.row_no = p.row_no AND c.kind <> '{SAME}')"))  # fmt: skip
    return {SAME: alike or 0, **found}


def not_in_file(session: Session, layer: Layer) -> int:
    """How many of the towns' rows the file says nothing of."""
    return session.scalar(text(f"""
SELECT count(*) - (SELECT count(*) FROM {PAIRS}) FROM {quoted(layer.id)} AS t
WHERE coalesce(t.municipality, '') IN (SELECT DISTINCT coalesce(municipality, '') FROM {STAGING})
""")) or 0  # fmt: skip


def take_plan(session: Session, edition: int, numbers: Sequence[int]) -> None:
    """The same plan as it was listed: the tables for some changes of an edition, whose rows wait in staging."""
    given: Mapping[str, Any] = {"edition": edition, "numbers": list(numbers)}
    chosen = "FROM edition_change AS c {} WHERE c.edition_id = :edition AND c.number = ANY(:numbers)"
    for statement in (
        f"INSERT INTO {CHANGES} SELECT c.number, c.kind, c.sure, c.doubts {chosen.format('')}",
        f"INSERT INTO {OLDS} SELECT c.number, o.place, o.id "
        + chosen.format("CROSS JOIN LATERAL unnest(c.old_ids) WITH ORDINALITY AS o(id, place)"),
        f"INSERT INTO {NEWS} SELECT c.number, n.place, n.row_no, n.id "
        + chosen.format("CROSS JOIN LATERAL unnest(c.rows, c.continues) WITH ORDINALITY AS n(row_no, id, place)"),
    ):
        session.execute(text(statement), given)
    session.execute(text(f"INSERT INTO {PAIRS} SELECT row_no, id, false, true FROM {NEWS} WHERE id <> 0"))
    for table in (PAIRS, CHANGES, OLDS, NEWS):
        session.execute(text(f"ANALYZE {table}"))
