"""The functions that a filter may call beside those of CQL2: an allow-list, told at `/functions`.

Each is quick, says the same for the same values, and cannot fail on any: what has no answer is NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Numeric, cast, extract, func

from geo.errors import Text
from geo.filter.kinds import Kind

Sql = ColumnElement[Any]


@dataclass(frozen=True, kw_only=True)
class Function:
    """One function: what it is for, the kinds that each argument may have, the kind of its answer, and its SQL."""

    about: Text
    takes: tuple[tuple[Kind, ...], ...]
    gives: Kind
    sql: Callable[..., Sql]


_NUMBER, _TEXT, _TIME, _SHAPE = (Kind.NUMBER,), (Kind.TEXT,), (Kind.DATE, Kind.TIMESTAMP), (Kind.GEOMETRY,)


def _part(name: str) -> Callable[[Sql], Sql]:
    return lambda value: cast(extract(name, value), Numeric())


FUNCTIONS: dict[str, Function] = {
    "abs": Function(about=Text("ค่าสัมบูรณ์", "Without its sign"), takes=(_NUMBER,), gives=Kind.NUMBER, sql=func.abs),
    "ceil": Function(about=Text("ปัดขึ้น", "The next whole number"), takes=(_NUMBER,), gives=Kind.NUMBER, sql=func.ceil),
    "floor": Function(
        about=Text("ปัดลง", "The whole number before"), takes=(_NUMBER,), gives=Kind.NUMBER, sql=func.floor
    ),
    "round": Function(
        about=Text("ปัดเศษ (ครึ่งปัดออกจากศูนย์)", "The nearest whole number (halves away from zero)"),
        takes=(_NUMBER,), gives=Kind.NUMBER, sql=func.round,
    ),
    "lower": Function(about=Text("ตัวพิมพ์เล็ก", "In lower case"), takes=(_TEXT,), gives=Kind.TEXT, sql=func.lower),
    "upper": Function(about=Text("ตัวพิมพ์ใหญ่", "In upper case"), takes=(_TEXT,), gives=Kind.TEXT, sql=func.upper),
    "trim": Function(
        about=Text("ตัดช่องว่างหัวท้าย", "Without blanks around it"), takes=(_TEXT,), gives=Kind.TEXT, sql=func.btrim
    ),
    "length": Function(
        about=Text("จำนวนตัวอักษร", "How many characters"), takes=(_TEXT,), gives=Kind.NUMBER,
        sql=lambda text: cast(func.char_length(text), Numeric()),
    ),
    "year": Function(about=Text("ปี (ค.ศ.)", "Its year (CE)"), takes=(_TIME,), gives=Kind.NUMBER, sql=_part("year")),
    "month": Function(about=Text("เดือน", "Its month"), takes=(_TIME,), gives=Kind.NUMBER, sql=_part("month")),
    "day": Function(
        about=Text("วันในเดือน", "Its day of the month"), takes=(_TIME,), gives=Kind.NUMBER, sql=_part("day")
    ),
    "centroid": Function(
        about=Text("จุดศูนย์กลาง", "The point in its middle"), takes=(_SHAPE,), gives=Kind.GEOMETRY, sql=func.ST_Centroid
    ),
    "geometryType": Function(
        about=Text("ชนิดของรูป เช่น MULTIPOLYGON", "Its kind, such as MULTIPOLYGON"), takes=(_SHAPE,), gives=Kind.TEXT,
        sql=func.GeometryType,
    ),
}  # fmt: skip
