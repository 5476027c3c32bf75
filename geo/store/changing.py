"""Connections that change features for somebody: the writer's role, in that person's area, for as long as it takes.

What is signed says nothing a minute later, and a load may take longer: the area is signed anew, before a statement,
whenever half of its time is over. A statement that goes on for longer is not troubled, because PostgreSQL asks when it
began.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, ExceptionContext, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from geo.errors import Crowded, RefusedFeature, StoreAway, StoreRefused
from geo.store import area
from geo.store.db import session_of, writing_engine
from geo.store.roles import Role, signed_in_as

One = TypeVar("One")

INSUFFICIENT_PRIVILEGE = "42501"
# A deadlock, a transaction that could not be put in order with another, a row that others refer to no longer.
GAVE_WAY = ("40P01", "40001", "23503")
LOCK_NOT_AVAILABLE = "55P03"
LONGEST_WAIT_SECONDS = 10
# Data exceptions, integrity constraints, limits of the server.
_NO_ROOM = ("22", "23", "54")
_SIGNS = "atlas_area"
_FRESH_UNTIL = "atlas_area_is_fresh_until"
_OF_SAVEPOINTS = ("SAVEPOINT ", "ROLLBACK TO SAVEPOINT ", "RELEASE SAVEPOINT ")


def changing_engine(owners_url: str) -> Engine:
    """An engine that signs in as the writer; without `changing_in` it may change nothing."""
    engine = writing_engine(signed_in_as(owners_url, Role.WRITER))
    event.listen(engine, "begin", _not_said)
    event.listen(engine, "rollback_savepoint", _not_said)
    event.listen(engine, "before_cursor_execute", _say)
    event.listen(engine, "handle_error", _refused)
    return engine


def changing_in(engine: Engine, sign: Callable[[], str]) -> Engine:
    """The same connections, each of whose transactions is in the area that `sign` signs (geo/store/area.py)."""
    return engine.execution_options(**{_SIGNS: sign})


def changed(engine: Engine, work: Callable[[Session], One]) -> One:
    """What `work` does in one transaction of its own, tried again where PostgreSQL gave way to another writer.

    Whoever waits too long for others is told so; what no column can hold is refused, whatever was looked at before.
    """
    for last in (False, False, True):
        try:
            with session_of(engine) as session:
                session.execute(text(f"SET LOCAL lock_timeout = {LONGEST_WAIT_SECONDS * 1000}"))
                return work(session)
        except (StoreAway, DBAPIError) as error:
            state = _state_of(error)
            if state in GAVE_WAY and not last:
                continue
            if state in (*GAVE_WAY, LOCK_NOT_AVAILABLE):
                raise Crowded(
                    "มีผู้อื่นกำลังแก้ข้อมูลเดียวกัน ยังไม่มีอะไรถูกบันทึก โปรดลองอีกครั้ง",
                    "Others are changing the same just now; nothing has been kept, please try again",
                ) from error
            if state is not None and state[:2] in _NO_ROOM:
                raise RefusedFeature(
                    "ฐานข้อมูลเก็บค่านี้ไม่ได้ ไม่มีอะไรถูกบันทึก", "The database cannot hold such a value; nothing has been kept"
                ) from None
            raise
    raise AssertionError("the last attempt neither returns nor fails")


def _state_of(error: BaseException) -> str | None:
    """What PostgreSQL calls a failure."""
    cause = error.__cause__ if isinstance(error, StoreAway) else error
    return getattr(getattr(cause, "orig", None), "sqlstate", None)


def _not_said(connection: Connection, *_: Any) -> None:
    # A setting is of its transaction, and of its savepoint where it was made inside one.
    connection.info.pop(_FRESH_UNTIL, None)


def _say(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    sign = connection.get_execution_options().get(_SIGNS)
    if sign is None or time.monotonic() < connection.info.get(_FRESH_UNTIL, 0.0):
        return
    if statement.startswith(_OF_SAVEPOINTS):
        return  # what is said before going back to a savepoint is lost, and after a failure it cannot be said
    connection.info[_FRESH_UNTIL] = time.monotonic() + area.SECONDS / 2
    connection.exec_driver_sql("SELECT set_config(%s, %s, true)", (area.SETTING, sign()))


def _refused(context: ExceptionContext) -> StoreRefused | None:
    if getattr(context.original_exception, "sqlstate", None) != INSUFFICIENT_PRIVILEGE:
        return None
    return StoreRefused(
        "ฐานข้อมูลไม่ยอมรับ: มีบางส่วนอยู่นอกพื้นที่ตามสิทธิ์ของท่าน ไม่มีอะไรถูกบันทึก",
        "The database refused it: some of it lies outside the area of your grant. Nothing has been kept",
    )
