"""Making, changing, removing and bringing back the layers that towns make without code.

Each act is one transaction of the owner: the table, its triggers, its locks, the definition and the word of who did it.
A lock makes two of them wait for each other, and for a migration. Everybody hears of it by the trigger of `town_layer`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import Connection, Table, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateColumn

from geo.errors import BadRequest, Text, UnknownLayer
from geo.layer import Base, Cells, Layer
from geo.store.bulk import LOCK_NOT_AVAILABLE
from geo.store.functions import follow_edits, recount
from geo.store.history import quoted
from geo.store.locks import LOCK, put_locks_on, sign
from geo.store.staging import STAGING
from geo.store.town_definition import COMMUNITY, Definition, TownColumn, definition_in, layer_of
from geo.store.town_tables import TownLayer, TownLayerAct
from geo.store.write import Act

MOST_LETTERS = 40
PATIENCE = "5s"
# Beside the tables: what else bears a name here, and what pages are called.
_NOT_FREE = frozenset((STAGING, "people", "new", "uploads", "search", "layers", "towns", "extent"))
MADE, CHANGED, REMOVED, RESTORED, DROPPED = "made", "changed", "removed", "restored", "dropped"
DID = {
    MADE: Text("สร้าง", "made"), CHANGED: Text("แก้ไข", "changed"), REMOVED: Text("นำออก", "removed"),
    RESTORED: Text("นำกลับมา", "brought back"), DROPPED: Text("ลบถาวร", "dropped for ever"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TownLayers:
    """The layers that towns made in one database: those in use, and those that were removed and can come back."""

    open: Mapping[str, Layer]
    closed: Mapping[str, Layer]

    @property
    def closed_tables(self) -> tuple[str, ...]:
        """The tables of what was removed."""
        return tuple(name for layer in self.closed.values() for name in (layer.id, layer.history.name))


def town_layers(connection: Connection | Session) -> TownLayers:
    """All of them, in the order of their ids."""
    found = connection.execute(select(TownLayer.definition, TownLayer.closed_at).order_by(TownLayer.id)).all()
    made = [(layer_of(definition_in(kept)), closed_at is None) for kept, closed_at in found]
    return TownLayers(
        open={layer.id: layer for layer, is_open in made if is_open},
        closed={layer.id: layer for layer, is_open in made if not is_open},
    )


def kept(session: Session, name: str) -> TownLayer:
    """What is kept of one, removed ones too; `UnknownLayer` when there is none."""
    found = session.get(TownLayer, name)
    if found is None:
        raise UnknownLayer(f"ไม่มีชั้นข้อมูลชื่อ {name!r}", f"There is no layer called {name!r}")
    return found


def acts(session: Session, name: str) -> list[TownLayerAct]:
    """Everything that was done to one, the newest first; of one that was dropped too."""
    return list(session.scalars(select(TownLayerAct).where(TownLayerAct.layer == name).order_by(-TownLayerAct.id)))


def check_id(name: str) -> str:
    """An id that a town layer may bear."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or len(name) > MOST_LETTERS:
        raise BadRequest(
            f"รหัสชั้นข้อมูล {name[:60]!r}: ใช้ a–z 0–9 และ _ ขึ้นต้นด้วยตัวอักษร ไม่เกิน {MOST_LETTERS} ตัว",
            f"the id {name[:60]!r}: a to z, digits and _, a letter first, {MOST_LETTERS} at most",
        )
    if name in Base.metadata.tables or name in _NOT_FREE or name.endswith("_history"):
        raise BadRequest(f"รหัส {name} ใช้ไม่ได้ มีอยู่แล้วในระบบ", f"the id {name} is taken by the Atlas itself")
    return name


def begin(session: Session, layer: Layer, said: Definition, *, act: Act) -> None:
    """The table of a new layer, still empty and nobody's; `finish` opens it, in the same transaction."""
    check_id(said.id)
    _patiently(session)
    _check_free(session, said.id)
    try:
        with _told_when_busy(said.id), session.begin_nested():
            session.add(TownLayer(id=said.id, version=1, municipality=said.town, definition=said.as_json(),
                                  made_at=act.at, made_by=act.by))  # fmt: skip
            session.flush()
    except IntegrityError:
        raise _taken(said.id, is_closed=False) from None
    connection = session.connection()
    layer.table.metadata.create_all(connection)
    for place, name in enumerate(dict.fromkeys((*said.key, *((said.instant,) if said.instant else ())))):
        # Called by its place: with a long Thai name PostgreSQL would cut the index's own.
        _run(connection, f"CREATE INDEX {quoted(f'{said.id}_{place}_index')} ON {quoted(said.id)} ({quoted(name)})")
    follow_edits(connection, {said.id: layer})
    _note(session, said, MADE, act)


def finish(session: Session, layer: Layer, coded: Mapping[str, Layer]) -> None:
    """Give a new layer its rights, its links and its counts."""
    connection = session.connection()
    with _told_when_busy(layer.id):
        _link_to_communities(connection, layer)
        _lock(session, layer, coded)


def _link_to_communities(connection: Connection, layer: Layer) -> None:
    if "community_id" in layer.links:
        # Not before its rows are in: whoever writes communities waits for as long as this lock is held.
        _run(connection, f"ALTER TABLE {quoted(layer.id)} ADD FOREIGN KEY (community_id) "
                         f"REFERENCES {COMMUNITY} (id) ON DELETE SET NULL")  # fmt: skip


def change(session: Session, said: Definition, coded: Mapping[str, Layer], *, act: Act) -> bool:
    """Let a layer be what is said now; whether that differs from what it was.

    Columns may be added; their types, the kinds of shapes and squares stay as the file had them.
    """
    row = _in_use(session, said.id)
    before = definition_in(row.definition)
    if said == before:
        return False
    _check_change(before, said)
    _patiently(session)
    layer = layer_of(said)
    connection = session.connection()
    with _told_when_busy(said.id):
        for one in said.columns[len(before.columns) :]:
            _add_column(connection, layer, one)
        row.definition, row.version, row.municipality = said.as_json(), row.version + 1, said.town
        session.flush()
        follow_edits(connection, {said.id: layer})
        _lock(session, layer, coded)
        recount(connection, layer)
    _note(session, said, CHANGED, act)
    return True


def remove(session: Session, name: str, coded: Mapping[str, Layer], *, act: Act) -> None:
    """Take a layer out of sight of everybody; its rows stay for the town to bring back."""
    row = _in_use(session, name)
    _patiently(session)
    row.closed_at, row.closed_by = act.at, act.by
    session.flush()
    said = definition_in(row.definition)
    layer = layer_of(said)
    with _told_when_busy(name):
        recount(session.connection(), replace(layer, generalise=None))
        _lock(session, layer, coded)
    _note(session, said, REMOVED, act)


def restore(session: Session, name: str, coded: Mapping[str, Layer], *, act: Act) -> None:
    """Bring back a layer that was removed, with all of its rows."""
    row = kept(session, name)
    if row.closed_at is None:
        raise BadRequest(f"ชั้นข้อมูล {name} ยังใช้อยู่", f"the layer {name} is in use")
    _patiently(session)
    row.closed_at = row.closed_by = None
    session.flush()
    said = definition_in(row.definition)
    layer = layer_of(said)
    recount(session.connection(), layer)
    _lock(session, layer, coded)
    _note(session, said, RESTORED, act)


def drop(session: Session, name: str, coded: Mapping[str, Layer], *, act: Act) -> None:
    """End a layer and its rows for ever, and what reports quote of them; that it was stays in the book of acts."""
    row = kept(session, name)
    _patiently(session)
    said = definition_in(row.definition)
    layer = layer_of(said)
    connection = session.connection()
    with _told_when_busy(name):
        for table in (layer.history.name, layer.id):
            _run(connection, f"DROP TABLE {quoted(table)}")
    for statement in (
        "DELETE FROM tile_count WHERE layer = :layer",
        "DELETE FROM release_cell WHERE release_id IN (SELECT id FROM release WHERE layer = :layer)",
        "DELETE FROM release WHERE layer = :layer",
        "UPDATE import_batch SET report = '{}' WHERE layer = :layer",
    ):
        session.execute(text(statement), {"layer": name})
    session.delete(row)
    session.flush()
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    ours = town_layers(session)
    sign(connection, {**coded, **ours.open}, ours.closed_tables)
    _note(session, said, DROPPED, act)


def _check_free(session: Session, name: str) -> None:
    row = session.get(TownLayer, name)
    if row is not None:
        raise _taken(name, is_closed=row.closed_at is not None)
    for table in (name, f"{name}_history"):
        if session.scalar(text("SELECT to_regclass(:name)"), {"name": f"public.{quoted(table)}"}) is not None:
            raise BadRequest(f"มีตาราง {table} อยู่แล้ว ใช้รหัสอื่น", f"there is a table {table} already; choose another id")


def _taken(name: str, *, is_closed: bool) -> BadRequest:
    if is_closed:
        return BadRequest(
            f"ชั้นข้อมูล {name} เคยมีและถูกนำออก นำกลับมาด้วย atlas layer restore {name} หรือลบถาวรด้วย"
            f" atlas layer remove {name} --for-ever",
            f"{name} was removed and its rows are kept: `atlas layer restore {name}` brings it back,"
            f" `atlas layer remove {name} --for-ever` makes the id free",
        )
    return BadRequest(f"มีชั้นข้อมูล {name} อยู่แล้ว", f"there is a layer called {name} already")


def _in_use(session: Session, name: str) -> TownLayer:
    row = session.get(TownLayer, name, with_for_update=True)
    if row is None or row.closed_at is not None:
        raise UnknownLayer(f"ไม่มีชั้นข้อมูลชื่อ {name!r}", f"There is no layer called {name!r}")
    return row


def _check_change(before: Definition, said: Definition) -> None:
    same = [(one.name, one.source, one.type) for one in before.columns]
    if [(one.name, one.source, one.type) for one in said.columns[: len(same)]] != same:
        raise BadRequest(
            "ชนิดและชื่อของคอลัมน์เดิมแก้ไม่ได้", "a column keeps its name and type; make the layer anew for others"
        )
    squares = isinstance(before.public, Cells) or isinstance(said.public, Cells)
    if before.kinds != said.kinds or before.linked != said.linked or (squares and before.public != said.public):
        raise BadRequest(
            "ชนิดของรูปและช่องจำนวนกำหนดเมื่อสร้างเท่านั้น", "kinds of shapes and squares are settled when a layer is made"
        )


def _add_column(connection: Connection, layer: Layer, one: TownColumn) -> None:
    for table in (cast(Table, layer.table.__table__), layer.history):
        column: Any = CreateColumn(table.c[one.name])
        written = column.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]  # untyped there
        _run(connection, f"ALTER TABLE {quoted(table.name)} ADD COLUMN {written}")


def _lock(session: Session, layer: Layer, coded: Mapping[str, Layer]) -> None:
    """The layer's grants and policies; from here on whoever makes another waits until this one is committed."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    ours = town_layers(session)
    put_locks_on(session.connection(), layer, {**coded, **ours.open}, ours.closed_tables)


def _patiently(session: Session) -> None:
    # Whoever loads or reads at this moment is waited for, and not for ever.
    session.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))


@contextmanager
def _told_when_busy(name: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise BadRequest(
            f"มีผู้กำลังนำเข้าหรือใช้ {name} อยู่ โปรดลองใหม่ในอีกสักครู่",
            f"somebody is loading or using {name} just now; try again in a moment",
        ) from error


def _note(session: Session, said: Definition, did: str, act: Act) -> None:
    session.add(TownLayerAct(layer=said.id, municipality=said.town, at=act.at, by=act.by, did=did, reason=act.reason,
                             definition=said.as_json()))  # fmt: skip
    session.flush()


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement.replace("%", "%%"))


def of_towns(session: Session, towns: Collection[str]) -> list[TownLayer]:
    """The layers that these towns made: those in use first, by their ids."""
    query = select(TownLayer).where(TownLayer.municipality.in_(sorted(towns)))
    return sorted(session.scalars(query), key=lambda one: (one.closed_at is not None, one.id))
