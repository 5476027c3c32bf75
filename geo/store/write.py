"""The one door through which features are changed, one at a time; files come through `merge`, its bulk half.

Each act writes its `change` row and the closed version in the same transaction as the feature, so that there is no
change nobody made (DESIGN §2.9).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Table, case, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from geo.errors import BadRequest, LostRace, UnknownFeature
from geo.layer import Base, Layer
from geo.life import STATUS, Life, life_of
from geo.people.areas import Areas
from geo.shapes.measure import area_square_metres, length_metres
from geo.store.read import inside, no_such
from geo.store.tables import Change

NOTHING: Mapping[str, Any] = MappingProxyType({})
_MEASURES = {"area": area_square_metres, "length": length_metres}


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does it, from where, when, and why."""

    by: str
    origin: str
    at: dt.datetime
    reason: str | None = None


def add(
    session: Session, layer: Layer, words: Mapping[str, Any], shape: BaseGeometry | None, *, act: Act,
    found: Mapping[str, Any] = NOTHING,
) -> int:  # fmt: skip
    """A new feature; `words` by column, `shape` in longitude and latitude (EPSG:4326). Returns its id.

    `found` are links that nobody set by hand, each with how it was found, as columns.
    """
    values = {**_checked(layer, words), **_shape_values(layer, shape), **found}
    change = begun_change(session, layer, "insert", act)
    statement = insert(layer.table).values(**values, change_id=change, changed_at=act.at).returning(layer.table.id)
    fid: int = session.execute(statement).scalar_one()
    return fid


def amend(
    session: Session,
    layer: Layer,
    fid: int,
    words: Mapping[str, Any],
    *,
    act: Act,
    shape: BaseGeometry | None = None,
    shapeless: bool = False,
    found: Mapping[str, Any] = NOTHING,
    expected_version: int | None = None,
    operation: str = "update",
) -> int:
    """The next version of a feature, with the given columns changed; a link set here is 'hand' and stays so.

    Without `shape` it keeps the one it has, unless it is to be `shapeless`; `found` is as in `add`, `operation` is what
    the history calls it. Returns the version that now holds, the old one when nothing differs. `UnknownFeature` where
    there is none; `LostRace` when `expected_version` is not the present one.
    """
    drawn = _shape_values(layer, shape) if shape is not None or shapeless else {}
    values = {**_checked(layer, words), **drawn, **found}
    present, act = _present(session, layer, fid, expected_version, act)
    if not _differs(session, layer, fid, values):
        return present
    change = begun_change(session, layer, operation, act)
    keep_version(session, layer, fid, change, act, closed_as="update")
    table = layer.table
    session.execute(
        update(table).where(table.id == fid).values(**values, version=present + 1, change_id=change, changed_at=act.at)
    )
    return present + 1


def close(session: Session, layer: Layer, fid: int, *, act: Act, expected_version: int | None = None) -> None:
    """End a feature: it leaves the map and its last version stays in the history."""
    _, act = _present(session, layer, fid, expected_version, act)
    change = begun_change(session, layer, "delete", act)
    keep_version(session, layer, fid, change, act, closed_as="delete")
    session.execute(delete(layer.table).where(layer.table.id == fid))


def begun_change(session: Session, layer: Layer, operation: str, act: Act) -> int:
    """The change row of an act; returns its id, which the rows it makes carry."""
    change = Change(made_by=act.by, origin=act.origin, made_at=act.at, operation=operation, layer=layer.id,
                    reason=act.reason)  # fmt: skip
    session.add(change)
    session.flush()
    return change.id


def _checked(layer: Layer, words: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in words.items():
        field = layer.fields.get(name)
        if field is None or field.computed:
            raise BadRequest(f"ไม่มีช่องข้อมูล {name!r} ให้แก้", f"There is no column {name!r} to fill")
        if field.codes and value is not None:
            parts = str(value).split() if field.many else [str(value)]
            unknown = [part for part in parts if part not in field.codes.by_code]
            if unknown:
                raise BadRequest(f"{field.label.th}: ไม่มีรหัส {unknown}", f"{field.label.en}: no code {unknown}")
        values[name] = value
        if field.link:
            values[f"{name.removesuffix('_id')}_link"] = "hand"
    return values


def _shape_values(layer: Layer, shape: BaseGeometry | None) -> dict[str, Any]:
    if shape is None:
        if layer.shape.required:
            raise BadRequest("ต้องมีรูปร่างบนแผนที่", "A shape on the map is needed")
        return {"geom": None, **dict.fromkeys(name for name, field in layer.fields.items() if field.measure)}
    kinds = set(layer.shape.allowed)
    if shape.geom_type.upper() not in kinds:
        raise BadRequest(
            f"ชั้นนี้รับ {sorted(kinds)} ไม่รับ {shape.geom_type}", f"This layer takes {sorted(kinds)}, not {shape.geom_type}"
        )
    west, south, east, north = shape.bounds if not shape.is_empty else (999.0,) * 4
    if not (shape.is_valid and -180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadRequest("รูปร่างไม่ถูกต้อง", f"The shape is not valid: {shapely.is_valid_reason(shape)}")
    values: dict[str, Any] = {"geom": shapely.to_wkt(shapely.set_srid(shape, 0), rounding_precision=-1)}
    values["geom"] = "SRID=4326;" + values["geom"]
    for name, field in layer.fields.items():
        if field.measure:
            values[name] = float(_MEASURES[field.measure](np.array([shape], dtype=object))[0])
    return values


def _present(session: Session, layer: Layer, fid: int, expected: int | None, act: Act) -> tuple[int, Act]:
    """The present version, with the row locked until the transaction ends; the act is no earlier than that version."""
    table = layer.table
    found = session.execute(select(table.version, table.changed_at).where(table.id == fid).with_for_update()).first()
    if found is None:
        raise no_such(layer, fid)
    check_race(layer, fid, found.version, expected)
    return found.version, not_before(act, found.changed_at)


def check_race(layer: Layer, fid: int, found: int, expected: int | None) -> None:
    """`LostRace` where somebody expected another version than the one found."""
    if expected is not None and expected != found:
        raise LostRace(
            f"{layer.id}/{fid} ถูกแก้เป็นรุ่น {found} แล้ว", f"{layer.id}/{fid} has become version {found} in the meantime"
        )


def not_before(act: Act, earlier: dt.datetime) -> Act:
    """The same act; whoever had to wait for another writer comes after them: no version ends before it began."""
    return replace(act, at=max(act.at, earlier))


def _differs(session: Session, layer: Layer, fid: int, values: Mapping[str, Any]) -> bool:
    table: Table = layer.table.__table__  # type: ignore[assignment]  # declared classes map to tables
    same = [
        table.c[name].is_not_distinct_from(value) if name != "geom"
        else func.ST_AsBinary(table.c.geom).is_not_distinct_from(func.ST_AsBinary(func.ST_GeomFromEWKT(value)))
        for name, value in values.items()
    ]  # fmt: skip
    return session.scalar(select(literal(1)).where(table.c.id == fid, *same)) is None


def keep_version(session: Session, layer: Layer, fid: int, change: int, act: Act, *, closed_as: str) -> None:
    """Copy the present version to the history, closed by a change."""
    history = layer.history
    own = [column.name for column in history.columns if not column.name.startswith("closed_")]
    table = layer.table.__table__
    row = select(*(table.c[name] for name in own), literal(act.at), literal(change), literal(closed_as))
    session.execute(
        insert(history).from_select([*own, "closed_at", "closed_change_id", "closed_as"], row.where(table.c.id == fid))
    )


@dataclass(frozen=True, kw_only=True)
class Newest:
    """The last version of a row: the present one, or of a row that has ended the one it ended with."""

    version: int
    since: dt.datetime
    is_present: bool


def restore(
    session: Session, layer: Layer, fid: int, version: int, *, act: Act, columns: Collection[str], areas: Areas | None,
    expected_version: int | None = None,
) -> int:  # fmt: skip
    """Bring a closed version back as the next one, of a row that has ended too; returns the version that now holds.

    `columns` are those that the person sees: nobody undoes what they cannot see, so that the others stay as they are.
    Both the row and the version that is wanted must lie in `areas` (None is everywhere), else `UnknownFeature`. What
    the version was linked to and is gone since, or is out of sight, is left open unless the row is linked to it still.
    """
    newest = newest_of(session, layer, fid, areas)
    check_race(layer, fid, newest.version, expected_version)
    if newest.is_present and version == newest.version:
        raise BadRequest(f"รุ่น {version} คือรุ่นปัจจุบัน", f"Version {version} is the present one")
    closed = layer.history.c
    here = literal(True) if areas is None else inside(closed, layer, areas)
    if session.scalar(select(literal(1)).where(closed.id == fid, closed.version == version, here)) is None:
        raise UnknownFeature(
            f"ไม่พบรุ่น {version} ของ {layer.id}/{fid}", f"There is no version {version} of {layer.id}/{fid}"
        )
    life = life_of(layer)
    if life is not None:
        # The state is not brought back with what was: it is reached by the steps of the mark's life alone.
        columns = set(columns) - {STATUS}
    brought = _brought(layer, columns, is_present=newest.is_present)
    if life is not None:
        _check_restores_no_verified(session, layer, life, fid, version, newest, brought)
    if newest.is_present and _is_so_already(session, layer, fid, version, brought):
        return newest.version
    act = not_before(act, newest.since)
    change = begun_change(session, layer, "restore", act)
    opened = {"version": newest.version + 1, "change_id": change, "changed_at": act.at}
    if newest.is_present:
        keep_version(session, layer, fid, change, act, closed_as="update")
        _bring_back(session, layer, fid, version, {**brought, **opened})
    else:
        _bring_back_ended(session, layer, fid, (version, newest.version), brought, opened)
    return newest.version + 1


def _check_restores_no_verified(
    session: Session, layer: Layer, life: Life, fid: int, version: int, newest: Newest,
    brought: dict[str, ColumnElement[Any]],
) -> None:  # fmt: skip
    """What the public sees of a mark was verified as it is; one that ended comes back to be verified anew."""
    now, then = layer.table.__table__.c, layer.history.c
    if newest.is_present:
        if session.scalar(select(now.status).where(now.id == fid)) in life.public:
            raise BadRequest(
                "รายการที่ตรวจสอบแล้วนำรุ่นเก่ากลับมาไม่ได้ โปรดเปิดแก้ไขใหม่ก่อน (ขั้น revise)",
                "What is verified cannot go back to another version; reopen it to be changed first (step `revise`)",
            )
    elif version != newest.version:
        ended = select(then.status).where(then.id == fid, then.version == newest.version)
        if session.scalar(ended) in life.public:
            brought[STATUS] = literal("reported")


def newest_of(session: Session, layer: Layer, fid: int, areas: Areas | None) -> Newest:
    """The last version, its row locked; `UnknownFeature` where there is none or it lies elsewhere."""
    now, then = layer.table.__table__.c, layer.history.c
    here = [literal(True) if areas is None else inside(columns, layer, areas) for columns in (now, then)]
    found = session.execute(
        select(now.version, now.changed_at, here[0]).where(now.id == fid).with_for_update(of=layer.table)
    ).first()
    is_present = found is not None
    if found is None:
        ended = select(then.version, then.closed_at, here[1]).where(then.id == fid)
        found = session.execute(ended.order_by(then.version.desc()).limit(1)).first()
        # A row that went on elsewhere has not ended; where it is may be out of this role's sight.
        if found is not None and found[0] != session.scalar(select(func.atlas_last_version(layer.id, fid))):
            found = None
    if found is None or not found[2]:
        raise no_such(layer, fid)
    return Newest(version=found[0], since=found[1], is_present=is_present)


def _brought(layer: Layer, columns: Collection[str], *, is_present: bool) -> dict[str, ColumnElement[Any]]:
    """What a closed version brings back: the shape and the given columns, but what is worked out from others."""
    now, closed = layer.table.__table__.c, layer.history.c
    values: dict[str, ColumnElement[Any]] = {"geom": closed.geom}
    for name, field in layer.fields.items():
        if name not in columns or field.computed:
            continue
        values[name] = closed[name]
        if field.link:
            target = Base.metadata.tables[field.link.to].c.id
            values[name] = select(target).where(target == closed[name]).scalar_subquery()
            if is_present:
                values[name] = func.coalesce(values[name], case((now[name] == closed[name], now[name])))
            how = f"{name.removesuffix('_id')}_link"
            values[how] = case((values[name].is_not(None), closed[how]))
    return values


def _is_so_already(
    session: Session, layer: Layer, fid: int, version: int, brought: Mapping[str, ColumnElement[Any]]
) -> bool:
    now, then = layer.table.__table__.c, layer.history.c
    same = [
        now[name].is_not_distinct_from(value) if name != "geom"
        else func.ST_AsBinary(now.geom).is_not_distinct_from(func.ST_AsBinary(value))
        for name, value in brought.items()
    ]  # fmt: skip
    found = select(literal(1)).where(now.id == then.id, then.id == fid, then.version == version, *same)
    return session.scalar(found) is not None


def _bring_back(session: Session, layer: Layer, fid: int, version: int, values: Mapping[str, Any]) -> None:
    now, then = layer.table, layer.history.c
    session.execute(update(now).where(now.id == then.id, then.id == fid, then.version == version).values(**values))


def _bring_back_ended(
    session: Session, layer: Layer, fid: int, versions: tuple[int, int], brought: Mapping[str, Any],
    opened: Mapping[str, Any],
) -> None:  # fmt: skip
    """Under its own id; what is not brought comes from the version that the row ended with."""
    then, last = layer.history.c, layer.history.alias("last").c
    table: Table = layer.table.__table__  # type: ignore[assignment]  # declared classes map to tables
    kept = {
        column.name: last[column.name] for column in table.columns
        if column.computed is None and column.name in last and column.name not in (*brought, *opened)
    }  # fmt: skip
    values = {**kept, **brought, **{name: literal(value) for name, value in opened.items()}}
    row = select(*values.values()).where(
        then.id == fid, then.version == versions[0], last.id == then.id, last.version == versions[1]
    )
    done = pg_insert(table).from_select(list(values), row).on_conflict_do_nothing().returning(table.c.id)
    if session.execute(done).first() is None:
        check_race(layer, fid, versions[1] + 1, versions[1])  # somebody else has just brought it back
