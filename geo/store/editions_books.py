"""The books of a year's file: begun, examined, compared, decided, settled; who did it and when.

An edition's work beats: whoever does it writes down how far it is, and one whose heart stands still has failed. What is
written here never says what stands in a cell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import case, delete, func, select, text, update
from sqlalchemy.orm import Session

from geo.errors import BadRequest, OutOfTurn, Text, UnknownFeature
from geo.shapes.editions_told import told as told_in_words
from geo.shapes.whereabouts import Box
from geo.store.editions_tables import Edition, EditionChange

SILENT = dt.timedelta(minutes=15)
MOST_LISTED = 500
MOST_OF_ONE = 50


class EditionState(StrEnum):
    """What an edition is at."""

    WAITING = "waiting"
    EXAMINING = "examining"
    COMPARED = "compared"
    SETTLING = "settling"
    SETTLED = "settled"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"
    DROPPED = "dropped"


class ChangeState(StrEnum):
    """What became of one change: `stale` means that the rows were changed meanwhile, `refused` that the file's were."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    STALE = "stale"
    REFUSED = "refused"


AT_WORK = (EditionState.WAITING, EditionState.EXAMINING, EditionState.SETTLING)
# What is still to be decided.
UNDECIDED = (ChangeState.OPEN, ChangeState.STALE, ChangeState.REFUSED)


@dataclass(frozen=True, kw_only=True)
class Which:
    """The changes that are wanted: by number, kind, state, place; `after` is the number to go on from."""

    numbers: Collection[int] | None = None
    kinds: Collection[str] | None = None
    states: Collection[str] | None = None
    code: str | None = None
    box: Box | None = None
    after: int = 0
    limit: int = 100


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """One change as people see it; of one that is about very many rows the first `MOST_OF_ONE` of each list.

    `rows_before` and `rows_after` say how many there are. Areas are square metres, `wah_*` square wah on paper.
    """

    number: int
    kind: str
    event: str | None
    state: str
    sure: str
    doubts: tuple[str, ...]
    columns: tuple[str, ...]
    old_ids: tuple[int, ...]
    file_rows: tuple[int, ...]
    continues: tuple[int, ...]
    codes_before: tuple[str | None, ...]
    codes_after: tuple[str | None, ...]
    areas_before: tuple[float | None, ...]
    areas_after: tuple[float | None, ...]
    wah_before: tuple[float | None, ...]
    wah_after: tuple[float | None, ...]
    rows_before: int
    rows_after: int
    change_id: int | None
    decided_at: dt.datetime | None
    decided_by: str | None

    @property
    def told(self) -> Text:
        """The change in a sentence."""
        before, after = (
            sum(one for one in areas if one is not None) if areas and None not in areas else float("nan")
            for areas in (self.areas_before, self.areas_after)
        )
        if self.event == "PASSING":
            names = ", ".join(self.columns)
            return Text(
                f"{self.rows_after:,} แปลงเปลี่ยนเฉพาะ {names}", f"{self.rows_after:,} rows differ in {names} alone"
            )
        return told_in_words(self.kind, self.codes_before, self.codes_after, before, after, (), self.doubts)


def begin(session: Session, edition: Edition) -> int:
    """Write a new edition down; its number."""
    session.add(edition)
    session.flush()
    return edition.id


def edition_of(session: Session, number: int, *, towns: Collection[str] | None = None) -> Edition:
    """The edition of that number; `UnknownFeature` where there is none, or none of these towns'."""
    found = session.get(Edition, number, populate_existing=True) if 0 < number < 2**63 else None
    if found is None or (towns is not None and found.municipality not in towns):
        raise UnknownFeature(f"ไม่มีไฟล์รุ่นหมายเลข {number}", f"There is no edition {number}")
    return found


def editions_of(
    session: Session, *, towns: Collection[str] | None = None, layer: str | None = None, limit: int = 100
) -> list[Edition]:
    """The editions of some towns (of all that this session sees, for None), newest first."""
    query = select(Edition).order_by(Edition.id.desc()).limit(min(limit, MOST_LISTED))
    if towns is not None:
        query = query.where(Edition.municipality.in_(sorted(towns)))
    if layer is not None:
        query = query.where(Edition.layer == layer)
    return list(session.scalars(query))


def standing(edition: Edition, at: dt.datetime) -> EditionState:
    """The state as it is now: work whose heart stands still is over, and has left nothing behind."""
    state = EditionState(edition.state)
    if state in AT_WORK and at - edition.heartbeat_at > SILENT:
        return EditionState.COMPARED if state is EditionState.SETTLING else EditionState.FAILED
    return state


def take(session: Session, number: int, work: EditionState) -> Edition:
    """The edition, for this work; `OutOfTurn` where it is over or other work is going on with it."""
    found = session.get(Edition, number, with_for_update=True, populate_existing=True)
    if found is None:
        raise UnknownFeature(f"ไม่มีไฟล์รุ่นหมายเลข {number}", f"There is no edition {number}")
    state = standing(found, session.scalar(select(func.clock_timestamp())) or found.heartbeat_at)
    busy = EditionState.EXAMINING if work is EditionState.SETTLING else None
    if state in (EditionState.EXAMINING, EditionState.SETTLING) and busy in (None, state):
        raise OutOfTurn("กำลังทำงานกับไฟล์นี้อยู่", "This file is being worked on already")
    if state is EditionState.DROPPED or (state is EditionState.SETTLED and work is EditionState.EXAMINING):
        raise OutOfTurn("ไฟล์รุ่นนี้สิ้นสุดแล้ว", "This edition is over")
    ended_badly = state in (EditionState.REFUSED, EditionState.FAILED, EditionState.CANCELLED)
    is_unseen = state is EditionState.WAITING or (ended_badly and found.compared_at is None)
    if work is EditionState.SETTLING and is_unseen:
        raise OutOfTurn("ไฟล์นี้ยังไม่ได้ตรวจและเทียบ", "This file is not examined and compared yet")
    return found


def put_in_line(session: Session, number: int) -> None:
    """Have an edition wait to be examined again; `OutOfTurn` where it is over or being worked on."""
    take(session, number, EditionState.EXAMINING)
    set_state(session, number, EditionState.WAITING, cancel_asked=False, work_done=0, work_total=None, told=None)


def is_waiting(session: Session, number: int) -> bool:
    """Whether an edition still waits to be examined, and nobody cancelled it meanwhile."""
    return session.scalar(select(Edition.state).where(Edition.id == number)) == EditionState.WAITING


def set_state(
    session: Session, number: int, state: EditionState, *, after: EditionState | None = None, **values: Any
) -> None:
    """What an edition is at from now on; only if it is still at `after`, where that is told."""
    values = {"state": state.value, "heartbeat_at": func.clock_timestamp(), **values}
    query = update(Edition).where(Edition.id == number)
    session.execute((query if after is None else query.where(Edition.state == after)).values(**values))


def beat(session: Session, number: int, done: int, total: int | None) -> bool:
    """Write down how far the work is; whether it is still wanted."""
    query = update(Edition).where(Edition.id == number)
    query = query.values(work_done=done, work_total=total, heartbeat_at=func.clock_timestamp())
    asked = session.scalar(query.returning(Edition.cancel_asked))
    return asked is False


def ask_to_cancel(session: Session, number: int) -> None:
    """Have the work on an edition end at its next beat, and what only waits at once; `OutOfTurn` for neither."""
    waits = Edition.state == EditionState.WAITING
    done = session.execute(
        update(Edition).where(Edition.id == number, Edition.state.in_(AT_WORK))
        .values(cancel_asked=~waits, state=case((waits, EditionState.CANCELLED.value), else_=Edition.state))
        .returning(Edition.id)
    ).first()  # fmt: skip
    if done is None:
        raise OutOfTurn("ไม่มีงานที่กำลังทำอยู่", "Nothing is being done that could be cancelled")


def keep_examination(session: Session, number: int, examination: dict[str, Any]) -> None:
    """What the doctor found of the file."""
    session.execute(update(Edition).where(Edition.id == number).values(doctor=examination))


def counts_of(session: Session, number: int) -> dict[str, dict[str, int]]:
    """How many changes there are of each kind in each state."""
    one = EditionChange
    query = select(one.kind, one.state, func.count()).where(one.edition_id == number).group_by(one.kind, one.state)
    found: dict[str, dict[str, int]] = {}
    for kind, state, count in session.execute(query):
        found.setdefault(kind, {})[state] = count
    return found


def changes_of(session: Session, number: int, which: Which | None = None) -> list[ChangeLine]:
    """The changes of an edition in the order of their numbers."""
    which = which or Which()
    one = EditionChange
    most = MOST_OF_ONE
    query = select(
        one.number, one.kind, one.event, one.state, one.sure, one.doubts, one.columns, one.old_ids[1:most],
        one.rows[1:most], one.continues[1:most], one.codes_before, one.codes_after, one.areas_before, one.areas_after,
        one.wah_before, one.wah_after, func.cardinality(one.old_ids), func.cardinality(one.rows), one.change_id,
        one.decided_at, one.decided_by,
    )  # fmt: skip
    query = query.where(*_wanted(number, which)).order_by(one.number).limit(min(which.limit, 100_000))
    return [ChangeLine(**_as_line(tuple(row))) for row in session.execute(query)]


def count_changes(session: Session, number: int, which: Which | None = None) -> int:
    """How many changes fit, from the wanted number on."""
    query = select(func.count()).select_from(EditionChange).where(*_wanted(number, which or Which()))
    return session.scalar(query) or 0


def _as_line(row: tuple[Any, ...]) -> dict[str, Any]:
    names = tuple(ChangeLine.__dataclass_fields__)
    values = (tuple(value) if isinstance(value, list) else value for value in row)
    return dict(zip(names, values, strict=True))


def change_shapes(session: Session, number: int, which: Which | None = None) -> list[dict[str, Any]]:
    """GeoJSON features of the changes: the shapes before and after, each feature saying which it is.

    Where the shape stays (transfers, other values) there is the one before alone.
    """
    which = which or Which()
    query = text("""
SELECT c.number, c.kind, c.state, s.side, ST_AsGeoJSON(s.shape, 7)::jsonb AS shape, c.codes_before, c.codes_after
FROM edition_change AS c
CROSS JOIN LATERAL (VALUES ('before', c.geom_before), ('after', c.geom_after)) AS s(side, shape)
WHERE c.edition_id = :edition AND s.shape IS NOT NULL AND c.number = ANY(:numbers) ORDER BY c.number, s.side DESC
""")
    one = EditionChange
    chosen = session.scalars(
        select(one.number).where(*_wanted(number, which)).order_by(one.number).limit(min(which.limit, 5_000))
    )
    found = session.execute(query, {"edition": number, "numbers": list(chosen)})
    return [
        {"type": "Feature", "id": f"{row.number}-{row.side}", "geometry": row.shape,
         "properties": {"number": row.number, "kind": row.kind, "state": row.state, "side": row.side,
                        "codes_before": row.codes_before, "codes_after": row.codes_after}}
        for row in found
    ]  # fmt: skip


def _wanted(number: int, which: Which) -> list[Any]:
    one = EditionChange
    tests: list[Any] = [one.edition_id == number, one.number > which.after]
    if which.numbers is not None:
        tests.append(one.number.in_(sorted(which.numbers)))
    if which.kinds is not None:
        tests.append(one.kind.in_(sorted(which.kinds)))
    if which.states is not None:
        tests.append(one.state.in_(sorted(which.states)))
    if which.code:
        tests.append(one.codes_before.contains([which.code]) | one.codes_after.contains([which.code]))
    if which.box is not None:
        box = func.ST_MakeEnvelope(which.box.west, which.box.south, which.box.east, which.box.north, 4326)
        tests.append(one.geom.op("&&")(box))
    return tests


def decline(session: Session, number: int, numbers: Collection[int], *, by: str, at: dt.datetime) -> int:
    """Leave these changes out; how many were still to be decided. One that is declined can be accepted later."""
    one = EditionChange
    query = update(one).where(one.edition_id == number, one.number.in_(sorted(numbers)), one.state.in_(UNDECIDED))
    done = session.execute(query.values(state=ChangeState.DECLINED, decided_at=at, decided_by=by).returning(one.number))
    return len(done.all())


def drop(session: Session, number: int, *, by: str, at: dt.datetime) -> None:
    """Lay an edition aside: what was accepted stays accepted, what was not is not asked any more."""
    found = edition_of(session, number)
    if standing(found, at) in AT_WORK:
        raise OutOfTurn("กำลังทำงานอยู่ ให้ยกเลิกก่อน", "It is being worked on; cancel that first")
    if EditionState(found.state) is EditionState.DROPPED:
        raise BadRequest(f"ไฟล์รุ่นที่ {number} ถูกพักไปแล้ว", f"Edition {number} is laid aside already")
    set_state(session, number, EditionState.DROPPED, ended_at=at, ended_by=by)


def file_is_gone(session: Session, number: int, *, at: dt.datetime) -> None:
    """Its file is not kept any more."""
    session.execute(update(Edition).where(Edition.id == number).values(file_gone_at=at))


def forget_undecided(session: Session, number: int) -> tuple[int, dict[tuple[str, tuple[int, ...]], tuple[Any, Any]]]:
    """Take out what is not accepted, before comparing again: the last number in use, and what was declined, by whom."""
    one = EditionChange
    declined = {
        (row.kind, tuple(sorted(row.old_ids)) or tuple(row.rows)): (row.decided_at, row.decided_by)
        for row in session.execute(select(one.kind, one.old_ids, one.rows, one.decided_at, one.decided_by)
                                   .where(one.edition_id == number, one.state == ChangeState.DECLINED))
    }  # fmt: skip
    session.execute(delete(one).where(one.edition_id == number, one.state != ChangeState.ACCEPTED))
    last = session.scalar(select(func.max(one.number)).where(one.edition_id == number)) or 0
    return last, declined


def decline_again(session: Session, number: int, declined: dict[Any, tuple[Any, Any]], first: int) -> None:
    """What was declined before and is found again stays declined."""
    if not declined:
        return
    one = EditionChange
    found = session.execute(select(one).where(one.edition_id == number, one.number >= first)).scalars()
    for change in found:
        known = declined.get((change.kind, tuple(sorted(change.old_ids)) or tuple(change.rows)))
        if known is not None:
            change.state, (change.decided_at, change.decided_by) = ChangeState.DECLINED, known
    session.flush()


def undecided(session: Session, number: int) -> int:
    """How many changes are still to be decided; rows that the file merely lacks ask for nothing."""
    one = EditionChange
    query = select(func.count()).where(one.edition_id == number, one.state.in_(UNDECIDED), one.kind != "MISSING")
    return session.scalar(query) or 0


def silent(session: Session, at: dt.datetime) -> Sequence[Edition]:
    """Editions whose work stands still."""
    query = select(Edition).where(Edition.state.in_(AT_WORK), Edition.heartbeat_at < at - SILENT)
    return list(session.scalars(query))
