"""What a part of a filter is, and how people are told that two parts do not go together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from geo.errors import BadRequest, Text
from geo.filter.limits import bad
from geo.layer import Field


class Kind(StrEnum):
    """The kinds of values, by the names that a list of functions has for them."""

    BOOLEAN = "boolean"
    NUMBER = "number"
    TEXT = "string"
    DATE = "date"
    TIMESTAMP = "timestamp"
    INTERVAL = "interval"
    GEOMETRY = "geometry"
    ARRAY = "array"


TOLD = {
    Kind.BOOLEAN: Text("จริงหรือเท็จ", "true or false"),
    Kind.NUMBER: Text("ตัวเลข", "a number"),
    Kind.TEXT: Text("ข้อความ", "text"),
    Kind.DATE: Text("วันที่", "a date"),
    Kind.TIMESTAMP: Text("เวลา", "a timestamp"),
    Kind.INTERVAL: Text("ช่วงเวลา", "an interval"),
    Kind.GEOMETRY: Text("รูปเรขาคณิต", "a geometry"),
    Kind.ARRAY: Text("รายการค่า", "an array"),
}
_OF_PYTHON: dict[type, Kind] = {
    bool: Kind.BOOLEAN, int: Kind.NUMBER, float: Kind.NUMBER, Decimal: Kind.NUMBER, str: Kind.TEXT,
    dt.date: Kind.DATE, dt.datetime: Kind.TIMESTAMP, list: Kind.ARRAY,
}  # fmt: skip


def kind_of(field: Field | None) -> Kind | None:
    """The kind of a column; a column that is none of them cannot be filtered on."""
    return Kind.GEOMETRY if field is None else _OF_PYTHON.get(field.python_type)


def wrong_kind(op: str, wanted: Iterable[Kind], found: Kind) -> BadRequest:
    """The words for an argument that an operation does not take."""
    th = " หรือ ".join(TOLD[one].th for one in wanted)
    en = " or ".join(TOLD[one].en for one in wanted)
    return bad(f"{op} ต้องเป็น{th} ไม่ใช่{TOLD[found].th}", f"{op} takes {en}, not {TOLD[found].en}")


def not_alike(op: str, left: Kind, right: Kind) -> BadRequest:
    """The words for two values that cannot be compared."""
    return bad(
        f"{op} เปรียบเทียบ{TOLD[left].th}กับ{TOLD[right].th}ไม่ได้",
        f"{op} cannot compare {TOLD[left].en} with {TOLD[right].en}",
    )
