"""The one door through which features are changed, one at a time; files come through `merge`, its bulk half.

Each act writes its `change` row and the closed version in the same transaction as the feature, so that there is no
change nobody made (DESIGN §2.9).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Table, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from geo.errors import BadRequest, LostRace, UnknownFeature
from geo.layer import Layer
from geo.shapes.measure import area_square_metres
from geo.store.tables import Change


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does it, from where, when, and why."""

    by: str
    origin: str
    at: dt.datetime
    reason: str | None = None


def add(session: Session, layer: Layer, words: Mapping[str, Any], shape: BaseGeometry | None, *, act: Act) -> int:
    """A new feature; `words` by column, `shape` in longitude and latitude (EPSG:4326). Returns its id."""
    values = {**_checked(layer, words), **_shape_values(layer, shape)}
    change = _change(session, layer, "insert", act)
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
    expected_version: int | None = None,
) -> int:
    """The next version of a feature, with the given columns changed; a link set here is 'hand' and stays so.

    Returns the version that now holds, the old one when nothing differs. `UnknownFeature` where there is none;
    `LostRace` when `expected_version` is not the present one.
    """
    values = {**_checked(layer, words), **(_shape_values(layer, shape) if shape is not None else {})}
    present = _present(session, layer, fid, expected_version)
    if not _differs(session, layer, fid, values):
        return present
    change = _change(session, layer, "update", act)
    _keep_version(session, layer, fid, change, act, closed_as="update")
    table = layer.table
    session.execute(
        update(table).where(table.id == fid).values(**values, version=present + 1, change_id=change, changed_at=act.at)
    )
    return present + 1


def close(session: Session, layer: Layer, fid: int, *, act: Act, expected_version: int | None = None) -> None:
    """End a feature: it leaves the map and its last version stays in the history."""
    _present(session, layer, fid, expected_version)
    change = _change(session, layer, "delete", act)
    _keep_version(session, layer, fid, change, act, closed_as="delete")
    session.execute(delete(layer.table).where(layer.table.id == fid))


def _change(session: Session, layer: Layer, operation: str, act: Act) -> int:
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
        return {}
    kinds = {*layer.shape.kinds, *(f"MULTI{kind}" for kind in layer.shape.kinds if kind != "POINT")}
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
        if field.measure == "area":
            values[name] = float(area_square_metres(np.array([shape], dtype=object))[0])
    return values


def _present(session: Session, layer: Layer, fid: int, expected: int | None) -> int:
    """The present version, with the row locked until the transaction ends."""
    found = session.scalar(select(layer.table.version).where(layer.table.id == fid).with_for_update())
    if found is None:
        raise UnknownFeature(f"ไม่พบรายการ {layer.id}/{fid}", f"There is no {layer.id}/{fid}")
    if expected is not None and expected != found:
        raise LostRace(
            f"{layer.id}/{fid} ถูกแก้เป็นรุ่น {found} แล้ว", f"{layer.id}/{fid} has become version {found} in the meantime"
        )
    return found


def _differs(session: Session, layer: Layer, fid: int, values: Mapping[str, Any]) -> bool:
    table: Table = layer.table.__table__  # type: ignore[assignment]  # declared classes map to tables
    same = [
        table.c[name].is_not_distinct_from(value) if name != "geom"
        else func.ST_AsBinary(table.c.geom) == func.ST_AsBinary(func.ST_GeomFromEWKT(value))
        for name, value in values.items()
    ]  # fmt: skip
    return session.scalar(select(literal(1)).where(table.c.id == fid, *same)) is None


def _keep_version(session: Session, layer: Layer, fid: int, change: int, act: Act, *, closed_as: str) -> None:
    history = layer.history
    own = [column.name for column in history.columns if not column.name.startswith("closed_")]
    table = layer.table.__table__
    row = select(*(table.c[name] for name in own), literal(act.at), literal(change), literal(closed_as))
    session.execute(
        insert(history).from_select([*own, "closed_at", "closed_change_id", "closed_as"], row.where(table.c.id == fid))
    )
