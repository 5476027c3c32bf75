"""A load or an acceptance taken back whole: what it made ends, what it changed is as it was, what it ended is back.

Nothing is lost by it: each row gets a next version with the values of before, and the undo is a change that can itself
be taken back. A row that somebody touched since stays as they left it, and is told. What was erased at a person's
request is gone from the past too, so that nothing brings it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import BadRequest, OutOfTurn, UnknownFeature
from geo.layer import Layer
from geo.life import life_of
from geo.store.batches import take_turn
from geo.store.editions_decided import accept_again, reopen
from geo.store.editions_links import linked_to
from geo.store.history import columns_as_they_were, quoted
from geo.store.merge import hold
from geo.store.tables import Change
from geo.store.write import Act

TAKEN_BACK = ("load", "undo")
MOST_LEFT = 1000
_ROWS = "undoing"


@dataclass(frozen=True, kw_only=True)
class Left:
    """A row that was left as it is, because somebody touched it since."""

    layer: str
    id: int


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What an undo did; `change_id` is its own, to take it back by. `left` names at most `MOST_LEFT` rows."""

    change_id: int
    of: int
    ended: int = 0
    restored: int = 0
    brought_back: int = 0
    relinked: Mapping[str, int] = field(default_factory=dict)
    left: tuple[Left, ...] = ()
    left_in_all: int = 0
    questions: int = 0
    reopened: int = 0


@dataclass(kw_only=True)
class _Undoing:
    """One undo while it goes on."""

    session: Session
    layers: Mapping[str, Layer]
    act: Act
    of: int
    batch_id: int | None
    change: Change
    restored: int = 0
    brought_back: int = 0
    ended: int = 0
    relinked: dict[str, int] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)


def undone(session: Session, layers: Mapping[str, Layer], change_id: int, *, act: Act) -> Undone:
    """Take a change back whole: a load, an acceptance, or an undo; what it did to the links of others goes with it.

    `UnknownFeature` where there is no such change that this session may see, `BadRequest` where it is of another kind,
    `OutOfTurn` where it was taken back already.
    """
    operation, name, batch, cause, was_done = _asked(session, layers, change_id)
    if operation not in TAKEN_BACK:
        raise BadRequest(
            f"การเปลี่ยนแปลง {change_id} ไม่ใช่การนำเข้าหรือการย้อน", f"Change {change_id} is no load, acceptance or undo"
        )
    layer = layers[name]
    if life_of(layer) is not None:
        # What is verified was so by two people; one alone does not bring it back.
        raise BadRequest(
            f"ชั้น {name} ย้อนทั้งชุดไม่ได้ เพราะแต่ละจุดผ่านขั้นตอนของตัวเอง",
            f"Loads of {name} are not taken back whole: each mark goes by the steps of its own life",
        )
    take_turn(session, layer)
    _check_not_undone(session, change_id)
    parts = _parts(session, layers, change_id, operation, batch)
    for one in sorted({layer.id, *parts, *(one.id for one, _ in linked_to(layer, layers))}):
        hold(session, layers[one])
    change = Change(made_at=act.at, made_by=act.by, origin=act.origin, operation="undo", layer=name, reason=act.reason,
                    batch_id=batch, counts={"undoes": change_id, "cause": cause, "done": not was_done})  # fmt: skip
    session.add(change)
    session.flush()
    work = _Undoing(session=session, layers=layers, act=act, of=change_id, batch_id=batch, change=change)
    _take_back(work, layer, parts)
    questions = _questions(session, cause, act, withdraw=was_done)
    if was_done:
        reopened = reopen(session, layer, change_id, change.id)
    else:
        reopened = accept_again(session, change_id, change.id, by=act.by, at=act.at)
    counts = {"restored": work.restored, "inserted": work.brought_back, "ended": work.ended, "left": len(work.left)}
    change.counts = {**(change.counts or {}), **counts}
    session.flush()
    return Undone(
        change_id=change.id, of=change_id, ended=work.ended, restored=work.restored, brought_back=work.brought_back,
        relinked=work.relinked, left=tuple(work.left[:MOST_LEFT]), left_in_all=len(work.left), questions=questions,
        reopened=reopened,
    )  # fmt: skip


def _asked(session: Session, layers: Mapping[str, Layer], change_id: int) -> tuple[str, str, int | None, int, bool]:
    """Its operation, layer and batch, the load it goes back to, and whether it did that or took it back.

    A change names no town, its batch does: who may not see the batch may not see the change.
    """
    found = session.execute(text(
        "SELECT c.operation, c.layer, c.batch_id, coalesce((c.counts ->> 'cause')::bigint, c.id) AS cause, "
        "coalesce((c.counts ->> 'done')::boolean, true) AS was_done "
        "FROM change AS c JOIN import_batch AS b ON b.id = c.batch_id WHERE c.id = :change"
    ), {"change": change_id}).first() if 0 < change_id < 2**63 else None  # fmt: skip
    if found is None or found.layer not in layers:
        raise UnknownFeature(f"ไม่มีการเปลี่ยนแปลงหมายเลข {change_id}", f"There is no change {change_id}")
    return found.operation, found.layer, found.batch_id, found.cause, found.was_done


def _check_not_undone(session: Session, change_id: int) -> None:
    """Who wants back what an undo took away takes the undo back; the message says which it is."""
    by = session.scalar(
        text("SELECT max(u.id) FROM change AS u JOIN change AS c ON c.batch_id = u.batch_id WHERE c.id = :change "
             "AND u.operation = 'undo' AND (u.counts ->> 'undoes')::bigint = :change"), {"change": change_id},
    )  # fmt: skip
    if by is None:
        return
    raise OutOfTurn(
        f"การเปลี่ยนแปลง {change_id} ถูกย้อนแล้วด้วยหมายเลข {by} (ย้อนหมายเลขนั้นได้)",
        f"Change {change_id} was taken back already, by {by}, which can be taken back in turn",
    )


def _parts(
    session: Session, layers: Mapping[str, Layer], change_id: int, operation: str, batch: int | None
) -> dict[str, list[int]]:
    """The changes that went with it, by layer: links that followed a load, or what an undo did to them."""
    test = "operation = 'relink' AND NOT coalesce(counts, '{}') ? 'part_of'"
    if operation == "undo":
        test = "(counts ->> 'part_of')::bigint = :change"
    found = session.execute(
        text(f"SELECT id, layer FROM change WHERE batch_id = :batch AND {test} ORDER BY id"),
        {"batch": batch, "change": change_id} if operation == "undo" else {"batch": batch},
    )
    parts: dict[str, list[int]] = {}
    for row in found:
        if row.layer in layers:
            parts.setdefault(row.layer, []).append(row.id)
    return parts


def _take_back(work: _Undoing, layer: Layer, parts: Mapping[str, list[int]]) -> None:
    """The rows of before first, then what is linked to them, and only then the end of what was made."""
    _look(work.session, layer, [work.of])
    work.left += _left(work.session, layer)
    work.restored = _restore(work, layer, work.change.id)
    work.brought_back = _bring_back(work, layer, work.change.id)
    work.session.execute(text(f"ALTER TABLE {_ROWS} RENAME TO {_ROWS}_first"))
    for name, changes in parts.items():
        other = work.layers[name]
        _look(work.session, other, changes)
        work.left += _left(work.session, other)
        change = _beside(work, other)
        done = _restore(work, other, change.id) + _bring_back(work, other, change.id)
        _settle(work, other, change, done)
        work.session.execute(text(f"DROP TABLE {_ROWS}"))
    work.session.execute(text(f"ALTER TABLE {_ROWS}_first RENAME TO {_ROWS}"))
    _let_go(work, layer)
    work.ended = _end(work, layer)
    work.session.execute(text(f"DROP TABLE {_ROWS}"))


def _beside(work: _Undoing, layer: Layer) -> Change:
    change = Change(
        made_at=work.act.at, made_by=work.act.by, origin=work.act.origin, operation="relink", layer=layer.id,
        batch_id=work.batch_id, counts={"part_of": work.change.id},
    )  # fmt: skip
    work.session.add(change)
    work.session.flush()
    return change


def _settle(work: _Undoing, layer: Layer, change: Change, done: int) -> None:
    if done:
        change.counts = {"part_of": work.change.id, "relinked": done}
        work.relinked[layer.id] = work.relinked.get(layer.id, 0) + done
    else:
        work.session.delete(change)
    work.session.flush()


def _look(session: Session, layer: Layer, changes: list[int]) -> None:
    """What to do with each row that these changes touched together: `restore`, `end` or `back`, or `leave` it.

    `version` is the closed one whose values come back, `last` the newest there is.
    """
    table, history = quoted(layer.id), quoted(layer.history.name)
    session.execute(text(f"""
CREATE TEMPORARY TABLE {_ROWS} ON COMMIT DROP AS
WITH opened AS (
  SELECT id FROM {table} WHERE change_id = ANY(:changes)
  UNION SELECT id FROM {history} WHERE change_id = ANY(:changes)
), closed AS (
  SELECT DISTINCT ON (id) id, version, change_id = ANY(:changes) AS was_made,
    max(version) OVER (PARTITION BY id) AS latest
  FROM {history} WHERE closed_change_id = ANY(:changes) ORDER BY id, version
), touched AS (
  SELECT id FROM opened UNION SELECT id FROM closed
)
SELECT x.id, c.version, coalesce(t.version, l.version) AS last, CASE
  WHEN t.change_id = ANY(:changes) THEN CASE WHEN c.id IS NULL OR c.was_made THEN 'end' ELSE 'restore' END
  WHEN t.id IS NULL AND l.version = c.latest AND NOT c.was_made THEN 'back'
  WHEN t.id IS NULL AND l.version = c.latest THEN 'nothing'
  ELSE 'leave' END AS what
FROM touched AS x LEFT JOIN closed AS c USING (id) LEFT JOIN {table} AS t USING (id)
LEFT JOIN LATERAL (SELECT max(h.version) AS version FROM {history} AS h WHERE h.id = x.id) AS l ON true
"""), {"changes": changes})  # fmt: skip
    session.execute(text(f"ANALYZE {_ROWS}"))


def _left(session: Session, layer: Layer) -> list[Left]:
    found = session.scalars(text(f"SELECT id FROM {_ROWS} WHERE what = 'leave' ORDER BY id"))
    return [Left(layer=layer.id, id=id) for id in found]


def _values(layer: Layer) -> dict[str, str]:
    """A row's columns as the closed version `h` had them; what it was linked to and is gone is left open."""
    values: dict[str, str] = {}
    for column in layer.table.__table__.columns:
        if column.computed is None and column.name not in ("id", "version", "change_id", "changed_at"):
            values[column.name] = f"h.{quoted(column.name)}"
    for name, link in layer.links.items():
        there = f"EXISTS (SELECT 1 FROM {quoted(link.to)} AS n WHERE n.id = h.{quoted(name)})"
        how = f"{name.removesuffix('_id')}_link"
        values[how] = f"CASE WHEN h.{quoted(name)} IS NULL OR {there} THEN h.{quoted(how)} END"
        values[name] = f"CASE WHEN {there} THEN h.{quoted(name)} END"
    return values


def _keep(layer: Layer, what: str, closed_as: str) -> str:
    kept = columns_as_they_were(layer)
    return f"""
INSERT INTO {quoted(layer.history.name)} ({", ".join(kept)}, closed_at, closed_change_id, closed_as)
SELECT {", ".join(f"t.{name}" for name in kept)}, greatest(:at, t.changed_at), :change, '{closed_as}'
FROM {_ROWS} AS u JOIN {quoted(layer.id)} AS t USING (id) WHERE u.what = '{what}'
"""


def _restore(work: _Undoing, layer: Layer, change: int) -> int:
    given = {"change": change, "at": work.act.at}
    work.session.execute(text(_keep(layer, "restore", "update")), given)
    parts = ", ".join(f"{quoted(name)} = {value}" for name, value in _values(layer).items())
    done = work.session.execute(text(f"""
UPDATE {quoted(layer.id)} AS t SET {parts}, version = t.version + 1, change_id = :change,
  changed_at = greatest(:at, t.changed_at)
FROM {_ROWS} AS u JOIN {quoted(layer.history.name)} AS h ON h.id = u.id AND h.version = u.version
WHERE u.what = 'restore' AND t.id = u.id
"""), given)  # fmt: skip
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def _bring_back(work: _Undoing, layer: Layer, change: int) -> int:
    values = _values(layer)
    done = work.session.execute(text(f"""
INSERT INTO {quoted(layer.id)} (id, version, change_id, changed_at, {", ".join(map(quoted, values))})
SELECT u.id, u.last + 1, :change, greatest(:at, h.closed_at), {", ".join(values.values())}
FROM {_ROWS} AS u JOIN {quoted(layer.history.name)} AS h ON h.id = u.id AND h.version = u.version
WHERE u.what = 'back' ORDER BY u.id
"""), {"change": change, "at": work.act.at})  # fmt: skip
    return int(done.rowcount)  # type: ignore[attr-defined]  # an INSERT has one


def _let_go(work: _Undoing, target: Layer) -> None:
    """What is linked to a row that ends now is linked by its place, or not at all; with a version of its own."""
    for layer, name in linked_to(target, work.layers):
        column, how = quoted(name), quoted(f"{name.removesuffix('_id')}_link")
        table, kept = quoted(layer.id), columns_as_they_were(layer)
        change = _beside(work, layer)
        done = work.session.scalar(text(f"""
WITH moved AS (
  SELECT r.id, n.id AS target
  FROM {table} AS r JOIN {_ROWS} AS u ON u.what = 'end' AND u.id = r.{column} LEFT JOIN LATERAL (
    SELECT t.id FROM {quoted(target.id)} AS t, ST_PointOnSurface(r.geom) AS p
    WHERE t.geom && p AND ST_Covers(t.geom, p) AND t.municipality IS NOT DISTINCT FROM r.municipality
      AND NOT EXISTS (SELECT 1 FROM {_ROWS} AS e WHERE e.what = 'end' AND e.id = t.id)
    ORDER BY ST_Area(t.geom), t.id LIMIT 1
  ) AS n ON true
), closed AS (
  INSERT INTO {quoted(layer.history.name)} ({", ".join(kept)}, closed_at, closed_change_id, closed_as)
  SELECT {", ".join(f"r.{one}" for one in kept)}, greatest(:at, r.changed_at), :change, 'update'
  FROM moved JOIN {table} AS r USING (id)
), opened AS (
  UPDATE {table} AS r SET {column} = m.target, {how} = CASE WHEN m.target IS NOT NULL THEN 'location' END,
    version = r.version + 1, change_id = :change, changed_at = greatest(:at, r.changed_at)
  FROM moved AS m WHERE r.id = m.id RETURNING 1
)
SELECT count(*) FROM opened
"""), {"change": change.id, "at": work.act.at})  # fmt: skip
        _settle(work, layer, change, done or 0)


def _end(work: _Undoing, layer: Layer) -> int:
    given = {"change": work.change.id, "at": work.act.at}
    work.session.execute(text(_keep(layer, "end", "delete")), given)
    done = work.session.execute(text(
        f"DELETE FROM {quoted(layer.id)} AS t USING {_ROWS} AS u WHERE u.what = 'end' AND t.id = u.id"))  # fmt: skip
    return int(done.rowcount)  # type: ignore[attr-defined]  # a DELETE has one


def _questions(session: Session, cause: int, act: Act, *, withdraw: bool) -> int:
    """What a load asked is not asked any more; when its undo is taken back, it is asked again."""
    if withdraw:
        done = session.execute(
            text("UPDATE link_question SET state = 'withdrawn', answered_at = :at, answered_by = :by "
                 "WHERE change_id = :cause AND state = 'open'"), {"cause": cause, "at": act.at, "by": act.by},
        )  # fmt: skip
    else:
        done = session.execute(
            text("UPDATE link_question SET state = 'open', answered_at = NULL, answered_by = NULL "
                 "WHERE change_id = :cause AND state = 'withdrawn'"), {"cause": cause},
        )  # fmt: skip
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one
