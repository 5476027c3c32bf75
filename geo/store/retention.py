"""Personal values go when their time is over; the row stays and no count changes.

How long is said by the layer (`Kept`), or by the import that brought the row (`retain_until`). The job runs once a day
by itself and may be run by hand; running it twice does nothing more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.personal import Nature
from geo.store.citizens import forget_tries
from geo.store.duties_tables import Housekeeping
from geo.store.erase import empty_past, empty_rows, open_next
from geo.store.history import columns_as_they_were, quoted
from geo.store.idempotency import forget_old
from geo.store.write import Act, begun_change

JOB = "retention"
LOCK = 0x6B656570  # "keep"
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Due:
    """Rows of one layer and town whose values are due to go by some day."""

    layer: str
    municipality: str | None
    sensitive: int
    persons: int
    past: int


def due(session: Session, layer: Layer, on: dt.date) -> list[Due]:
    """How many rows are due by the end of a day, by town; nothing is changed."""
    if layer.processing is None:
        return []
    present = """
  SELECT municipality, count(*) FILTER (WHERE sensitive) AS sensitive, count(*) FILTER (WHERE person) AS persons,
    0 AS past FROM due GROUP BY 1
  UNION ALL"""
    query = f"""
{_due_sql(layer)}
SELECT municipality, sum(sensitive)::integer, sum(persons)::integer, sum(past)::integer FROM (
  {present if _ends(session, layer) else ""}
  SELECT municipality, 0 AS sensitive, 0 AS persons, count(*) AS past FROM past GROUP BY 1
) AS each GROUP BY 1 HAVING sum(sensitive) + sum(persons) + sum(past) > 0 ORDER BY 1
"""
    return [
        Due(layer=layer.id, municipality=town, sensitive=sensitive, persons=persons, past=past)
        for town, sensitive, persons, past in session.execute(text(query), _given(layer, on))
    ]


def let_go(session: Session, layer: Layer, on: dt.date, *, act: Act) -> int:
    """Take out the values that are due by the end of a day; how many rows and closed versions lost some."""
    if layer.processing is None:
        return 0
    given = _given(layer, on)
    # Between looking at a row and emptying it nobody else may write it; readers are not disturbed.
    session.execute(text(f"LOCK TABLE {quoted(layer.id)} IN SHARE ROW EXCLUSIVE MODE"))
    found = f"{_due_sql(layer)} SELECT id, sensitive, person FROM due ORDER BY id"
    rows = session.execute(text(found), given).all() if _ends(session, layer) else []
    past = session.execute(text(f"{_due_sql(layer)} SELECT DISTINCT id, version FROM past"), given).all()
    persons = [row.id for row in rows if row.person]
    sensitive = [row.id for row in rows if row.sensitive and not row.person]
    _empty_versions(session, layer, [tuple(row) for row in past])
    if rows:
        empty_rows(session, layer, persons, tuple(Nature))
        empty_rows(session, layer, sensitive, (Nature.SENSITIVE,))
        change = begun_change(session, layer, "expire", act)
        _keep_versions(session, layer, [*persons, *sensitive], change, act)
        open_next(session, layer, [*persons, *sensitive], change, act)
        empty_past(session, layer, persons)
        empty_past(session, layer, sensitive, natures=(Nature.SENSITIVE,))
    return len(rows) + len(past)


def keep_house(session: Session, layers: Mapping[str, Layer], *, by: str, at: dt.datetime, on: dt.date) -> int:
    """The daily job: does nothing where it has run today, or runs elsewhere just now."""
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}):
        return 0
    last = session.get(Housekeeping, JOB)
    if last is not None and at - last.ran_at < DAY:
        return 0
    forget_old(session, at)
    forget_tries(session, at)
    return run(session, layers, by=by, at=at, on=on)


def run(session: Session, layers: Mapping[str, Layer], *, by: str, at: dt.datetime, on: dt.date) -> int:
    """Let everything go that is due, now; returns how many rows and closed versions lost values."""
    act = Act(by=by, origin="retention", at=at, reason="kept no longer than was said")
    done = sum(let_go(session, layer, on, act=act) for layer in layers.values())
    session.merge(Housekeeping(name=JOB, ran_at=at, rows=done))
    session.flush()
    return done


def _given(layer: Layer, on: dt.date) -> dict[str, Any]:
    assert layer.processing is not None
    kept = layer.processing.kept
    return {"on": on, "years": kept.years, "sensitive_years": kept.sensitive_years, "past_years": kept.past_years}


def _ends(session: Session, layer: Layer) -> bool:
    """Whether the time of any present row could be over: a register of a million parcels holds no such row."""
    assert layer.processing is not None
    kept = layer.processing.kept
    if kept.years is not None or kept.sensitive_years is not None:
        return True
    said = "SELECT EXISTS (SELECT 1 FROM import_batch WHERE layer = :layer AND retain_until IS NOT NULL)"
    return bool(session.scalar(text(said), {"layer": layer.id}))


def _due_sql(layer: Layer) -> str:
    """`due`: present rows with what is due of them; `past`: closed versions whose time is over.

    A row's time begins on the day that it carries, else on the day when it first came in: what is done to it later,
    this job included, does not make it younger. What an import said of the rows it brought goes before the layer's.
    """
    assert layer.processing is not None
    table, history, kept = quoted(layer.id), quoted(layer.history.name), layer.processing.kept
    since = f"r.{quoted(kept.since)}" if kept.since else "NULL::date"
    holds_sensitive = _holds(layer, "r", layer.personal(Nature.SENSITIVE))
    holds_person = f"({_holds(layer, 'r', layer.personal(Nature.PERSON))} OR {_is_placed(layer, 'r')})"
    return f"""
WITH versions AS (
  SELECT id, version, change_id, changed_at FROM {table}
  UNION ALL SELECT id, version, change_id, changed_at FROM {history}
), first_in AS (
  SELECT id, min(changed_at) AS at FROM versions GROUP BY id
), said AS (
  SELECT DISTINCT ON (v.id) v.id, b.retain_until
  FROM versions AS v JOIN change AS c ON c.id = v.change_id JOIN import_batch AS b ON b.id = c.batch_id
  ORDER BY v.id, v.version DESC
), times AS (
  SELECT r.id, s.retain_until, coalesce({since}, (f.at AT TIME ZONE 'Asia/Bangkok')::date) AS since
  FROM {table} AS r JOIN first_in AS f USING (id) LEFT JOIN said AS s USING (id)
), due AS (
  SELECT r.id, r.municipality, {holds_sensitive} AND (person OR sensitive) AS sensitive,
    {holds_person} AND person AS person
  FROM (
    SELECT id, coalesce(retain_until, {_years_after("years")}) <= :on AS person,
      coalesce(retain_until, {_years_after("sensitive_years")}) <= :on AS sensitive
    FROM times
  ) AS t JOIN {table} AS r USING (id)
  WHERE ({holds_person} AND person) OR ({holds_sensitive} AND (person OR sensitive))
), past AS (
  SELECT r.id, r.version, r.municipality FROM {history} AS r
  WHERE (r.closed_at + make_interval(years => CAST(:past_years AS integer))) AT TIME ZONE 'Asia/Bangkok'
      < CAST(:on AS date) + 1
    AND ({_holds(layer, "r", layer.personal())} OR {_is_placed(layer, "r")})
)
"""


def _years_after(name: str) -> str:
    """The day so many years after `since`; NULL where no number of years is given."""
    return f"(since + make_interval(years => CAST(:{name} AS integer)))::date"


def _holds(layer: Layer, row: str, names: tuple[str, ...]) -> str:
    """Whether any of the columns has a value."""
    return "(" + (" OR ".join(f"{row}.{quoted(name)} IS NOT NULL" for name in names) or "false") + ")"


def _is_placed(layer: Layer, row: str) -> str:
    """Whether it still stands where somebody lives."""
    cells = layer.shape.cells
    if cells is None:
        return "false"
    return f"(NOT ST_Equals({row}.geom, atlas_cell_centre({row}.geom, {cells.metres})))"


def _keep_versions(session: Session, layer: Layer, ids: list[int], change: int, act: Act) -> None:
    columns = ", ".join(columns_as_they_were(layer))
    session.execute(
        text(f"INSERT INTO {quoted(layer.history.name)} ({columns}, closed_at, closed_change_id, closed_as) "
             f"SELECT {columns}, greatest(:at, changed_at), :change, 'update' FROM {quoted(layer.id)} "
             "WHERE id = ANY(:ids)"),
        {"at": act.at, "change": change, "ids": ids},
    )  # fmt: skip


def _empty_versions(session: Session, layer: Layer, versions: list[tuple[Any, ...]]) -> None:
    if versions:
        empty_past(session, layer, [one[0] for one in versions], versions=[one[1] for one in versions])
