"""The log of readings: who read which personal or tax rows, when and why; kept apart from every other log.

It is written before the rows leave, by a function that is the only way into it. Each row's digest takes in the one
before (a chain), and the head says how many there are: a row that was altered, put in or taken out shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.store.db import session_of

# What witnesses a reading: a layer's id and the ids of the rows that are about to leave.
Witness = Callable[[str, Sequence[int]], None]
WITNESS = "witness"

_ROW = """convert_to(jsonb_build_array({row}.id, extract(epoch FROM {row}.at), {row}.person, {row}.audience,
  {row}.purpose, {row}.door, {row}.layer, to_jsonb({row}.records))::text, 'UTF8')"""

# One at a time: the head's row is locked until the transaction ends, so that the chain never forks.
NOTE_READ = f"""
CREATE FUNCTION atlas_note_read(
  who text, as_audience text, why text, through text, of_layer text, of_records bigint[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  head public.read_log_head;
  noted public.read_log;
BEGIN
  SELECT * INTO STRICT head FROM public.read_log_head FOR UPDATE;
  noted.id := head.readings + 1;
  noted.at := clock_timestamp();
  noted.person := who;
  noted.audience := as_audience;
  noted.purpose := why;
  noted.door := through;
  noted.layer := of_layer;
  noted.records := of_records;
  noted.chain := sha256(head.chain || {_ROW.format(row="noted")});
  INSERT INTO public.read_log SELECT noted.*;
  UPDATE public.read_log_head SET readings = noted.id, chain = noted.chain;
  RETURN noted.id;
END $$
"""
NOTE_READ_DROP = "DROP FUNCTION atlas_note_read(text, text, text, text, text, bigint[])"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How many readings the log holds, the first that is not as it was written (None: all are), and the last chain."""

    readings: int
    first_broken: int | None
    chain: str


def note(engine: Engine, *, person: str, audience: str, purpose: str, door: str, layer: str, ids: Sequence[int]) -> int:
    """Write a reading down, durably, before its rows leave; returns its number. `engine` signs in as the writer."""
    noting = text("SELECT atlas_note_read(:person, :audience, :purpose, :door, :layer, CAST(:ids AS bigint[]))")
    given = {"person": person, "audience": audience, "purpose": purpose, "door": door, "layer": layer, "ids": list(ids)}
    with session_of(engine) as session:
        return int(session.execute(noting, given).scalar_one())


def verified(session: Session) -> Verdict:
    """Work the whole chain out again, as the owner."""
    row = session.execute(text(_VERIFY)).one()
    return Verdict(readings=row.readings, first_broken=row.first_broken, chain=bytes(row.chain).hex())


# Each row against the one before it; then the head against the last.
_VERIFY = f"""
WITH checked AS (
  SELECT r.id, r.chain, row_number() OVER (ORDER BY r.id) AS place,
    r.chain = sha256(coalesce(lag(r.chain) OVER (ORDER BY r.id), ''::bytea) || {_ROW.format(row="r")}) AS sound
  FROM read_log AS r
), last AS (
  SELECT coalesce(max(id), 0) AS id, count(*) AS held FROM checked
)
SELECT h.readings, h.chain, CASE
    WHEN EXISTS (SELECT 1 FROM checked WHERE NOT sound OR id <> place)
      THEN (SELECT min(CASE WHEN id <> place THEN place ELSE id END) FROM checked WHERE NOT sound OR id <> place)
    WHEN l.held <> h.readings OR coalesce((SELECT chain FROM checked WHERE id = l.id), ''::bytea) <> h.chain
      THEN least(l.held, h.readings) + 1
  END AS first_broken
FROM read_log_head AS h, last AS l
"""
