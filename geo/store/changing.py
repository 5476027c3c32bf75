"""Connections that change features for somebody: the writer's role, in that person's area, for as long as it takes.

What is signed says nothing a minute later, and a load may take longer: the area is signed anew, before a statement,
whenever half of its time is over. A statement that goes on for longer is not troubled, because PostgreSQL asks when it
began.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, event

from geo.errors import StoreRefused
from geo.store import area
from geo.store.db import writing_engine
from geo.store.roles import Role, signed_in_as

INSUFFICIENT_PRIVILEGE = "42501"
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
