"""Which changes are accepted now, which of them went stale, and what becomes of an edition's books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.layer import Layer
from geo.store.editions_books import UNDECIDED, ChangeState
from geo.store.editions_plan import CHANGES, MISSING, NEWS, OLDS, PASSING
from geo.store.editions_tables import EditionChange
from geo.store.history import quoted
from geo.store.merge import PAIRS
from geo.store.staging import STAGING


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What somebody accepts: all that is open but what the file merely lacks, or by kind, or by number."""

    numbers: Collection[int] | None = None
    kinds: Collection[str] | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing was named."""
        return self.numbers is None and self.kinds is None


def numbers_of(session: Session, edition: int, chosen: Chosen) -> list[int]:
    """The numbers of what is chosen and still open; `BadRequest` for one that is not of this edition."""
    one = EditionChange
    query = select(one.number).where(one.edition_id == edition, one.state.in_((ChangeState.OPEN, ChangeState.DECLINED)))
    if chosen.numbers is not None:
        known = set(session.scalars(select(one.number).where(one.edition_id == edition,
                                                             one.number.in_(sorted(chosen.numbers)))))  # fmt: skip
        if unknown := sorted(set(chosen.numbers) - known):
            raise BadRequest(f"ไม่มีรายการหมายเลข {unknown[:20]}", f"There are no changes numbered {unknown[:20]}")
        query = query.where(one.number.in_(sorted(chosen.numbers)))
    else:
        query = query.where(one.state == ChangeState.OPEN)
    if chosen.kinds is not None:
        query = query.where(one.kind.in_(sorted(chosen.kinds)))
    if chosen.is_all:
        query = query.where(one.kind != MISSING)
    return list(session.scalars(query.order_by(one.number)))


def mark_stale(session: Session, layer: Layer, edition: int, numbers: Sequence[int]) -> list[int]:
    """Of these changes those whose rows are not as they were compared, or whose new code is there by now.

    They are marked and not done. Where only passing columns differ, the rows that changed are left out of it.
    """
    table, code = quoted(layer.id), quoted(layer.keys[0][0])
    given = {"edition": edition, "numbers": list(numbers)}
    session.execute(text(f"""
UPDATE edition_change AS c SET old_ids = k.ids, old_versions = k.versions, rows = k.rows, continues = k.ids
FROM (
  SELECT o.number, array_agg(u.id ORDER BY u.place) AS ids, array_agg(u.version ORDER BY u.place) AS versions,
    array_agg(u.row_no ORDER BY u.place) AS rows
  FROM edition_change AS o
  CROSS JOIN LATERAL unnest(o.old_ids, o.old_versions, o.rows) WITH ORDINALITY AS u(id, version, row_no, place)
  JOIN {table} AS t ON t.id = u.id AND t.version = u.version
  WHERE o.edition_id = :edition AND o.number = ANY(:numbers) AND o.event = '{PASSING}' GROUP BY o.number
) AS k WHERE c.edition_id = :edition AND c.number = k.number
"""), given)  # fmt: skip
    found = session.scalars(text(f"""
UPDATE edition_change AS c SET state = '{ChangeState.STALE}'
WHERE c.edition_id = :edition AND c.number = ANY(:numbers) AND (EXISTS (
  SELECT 1 FROM unnest(c.old_ids, c.old_versions) AS u(id, version)
  WHERE NOT EXISTS (SELECT 1 FROM {table} AS t WHERE t.id = u.id AND t.version = u.version)
) OR (c.kind = 'NEW' AND c.codes_after[1] <> '' AND EXISTS (
  SELECT 1 FROM {table} AS t JOIN edition AS e ON e.id = c.edition_id
  WHERE t.municipality = e.municipality AND t.{code} = c.codes_after[1] AND t.changed_at > e.compared_at
))) RETURNING c.number
"""), given)  # fmt: skip
    return sorted(found)


def leave_out_unstaged(session: Session, edition: int, numbers: Sequence[int]) -> list[int]:
    """Of the plan those changes of which a row was refused when the file was read again: marked, and not done."""
    found = sorted(session.scalars(text(f"""
UPDATE edition_change AS c SET state = '{ChangeState.REFUSED}'
WHERE c.edition_id = :edition AND c.number = ANY(:numbers) AND EXISTS (
  SELECT 1 FROM {NEWS} AS n LEFT JOIN {STAGING} AS i USING (row_no) WHERE n.number = c.number AND i.row_no IS NULL
) RETURNING c.number
"""), {"edition": edition, "numbers": list(numbers)}))  # fmt: skip
    if found:
        session.execute(text(f"DELETE FROM {PAIRS} AS p USING {NEWS} AS n WHERE n.row_no = p.row_no "
                             "AND n.number = ANY(:gone)"), {"gone": found})  # fmt: skip
        session.execute(text(f"DELETE FROM {STAGING} AS i USING {NEWS} AS n WHERE n.row_no = i.row_no "
                             "AND n.number = ANY(:gone)"), {"gone": found})  # fmt: skip
        for table in (CHANGES, OLDS, NEWS):
            session.execute(text(f"DELETE FROM {table} WHERE number = ANY(:gone)"), {"gone": found})
    return found


def file_rows(session: Session, edition: int, numbers: Sequence[int]) -> list[int]:
    """The rows of the file that these changes need, in their order."""
    asked = text("SELECT DISTINCT unnest(rows) AS one FROM edition_change WHERE edition_id = :edition "
                 "AND number = ANY(:numbers) ORDER BY one")  # fmt: skip
    return list(session.scalars(asked, {"edition": edition, "numbers": list(numbers)}))


def mark_accepted(
    session: Session, edition: int, numbers: Sequence[int], *, change_id: int, by: str, at: dt.datetime
) -> None:
    """These changes are done, by this change."""
    one = EditionChange
    query = update(one).where(one.edition_id == edition, one.number.in_(numbers))
    session.execute(query.values(state=ChangeState.ACCEPTED, change_id=change_id, undone_change_id=None,
                                 decided_at=at, decided_by=by))  # fmt: skip


def accepted_already(session: Session, edition: int, chosen: Chosen) -> int:
    """How many of what is chosen somebody accepted before."""
    one = EditionChange
    query = select(func.count()).where(one.edition_id == edition, one.state == ChangeState.ACCEPTED)
    if chosen.numbers is not None:
        query = query.where(one.number.in_(sorted(chosen.numbers)))
    if chosen.kinds is not None:
        query = query.where(one.kind.in_(sorted(chosen.kinds)))
    return session.scalar(query) or 0


def reopen(session: Session, layer: Layer, change_id: int, by_change: int) -> int:
    """What a change carried that is taken back by another: to be decided again, as the rows are now."""
    table = quoted(layer.id)
    done = session.execute(text(f"""
UPDATE edition_change AS c SET change_id = NULL, undone_change_id = :undo, decided_at = NULL, decided_by = NULL,
  old_versions = v.versions, state = CASE WHEN v.all_there THEN 'open' ELSE 'stale' END
FROM (
  SELECT o.edition_id, o.number, coalesce(array_agg(coalesce(t.version, 0) ORDER BY u.place)
      FILTER (WHERE u.id IS NOT NULL), '{{}}') AS versions,
    count(t.id) = count(u.id) AS all_there
  FROM edition_change AS o LEFT JOIN LATERAL unnest(o.old_ids) WITH ORDINALITY AS u(id, place) ON true
  LEFT JOIN {table} AS t ON t.id = u.id WHERE o.change_id = :change GROUP BY o.edition_id, o.number
) AS v WHERE c.edition_id = v.edition_id AND c.number = v.number
"""), {"change": change_id, "undo": by_change})  # fmt: skip
    session.execute(text("UPDATE edition SET state = 'compared', ended_at = NULL, ended_by = NULL "
                         "WHERE state = 'settled' AND id IN "
                         "(SELECT edition_id FROM edition_change WHERE undone_change_id = :undo)"),
                    {"undo": by_change})  # fmt: skip
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def accept_again(session: Session, undo: int, redo: int, *, by: str, at: dt.datetime) -> int:
    """What an undo had reopened is accepted again, because the undo itself is taken back."""
    one = EditionChange
    query = update(one).where(one.undone_change_id == undo, one.state.in_((*UNDECIDED, ChangeState.DECLINED)))
    done = session.execute(query.values(state=ChangeState.ACCEPTED, change_id=redo, undone_change_id=None,
                                        decided_at=at, decided_by=by).returning(one.number)).all()  # fmt: skip
    return len(done)
