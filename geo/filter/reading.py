"""The structure of CQL2 JSON, read into a tree: what is said is checked here, what it is said of later."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from geo.filter import tree
from geo.filter.functions import FUNCTIONS
from geo.filter.limits import (
    LARGEST_EXPONENT,
    MOST_DIGITS,
    MOST_LEVELS,
    MOST_WILDCARDS,
    Budget,
    bad,
    check_characters,
    short,
    too_deep,
)
from geo.filter.literal_shapes import Crs, box_of, shape_of
from geo.filter.text import Bracketed, WrittenNumber, WrittenShape
from geo.filter.tree import Node, Operation

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
ARITHMETIC = ("+", "-", "*", "/", "%", "div", "^")
SPATIAL = (
    "s_contains", "s_crosses", "s_disjoint", "s_equals", "s_intersects", "s_overlaps", "s_touches", "s_within",
)  # fmt: skip
OF_INSTANTS = ("t_after", "t_before", "t_disjoint", "t_equals", "t_intersects")
OF_INTERVALS = (
    "t_contains", "t_during", "t_finishedBy", "t_finishes", "t_meets", "t_metBy", "t_overlappedBy", "t_overlaps",
    "t_startedBy", "t_starts",
)  # fmt: skip
OF_ARRAYS = ("a_containedBy", "a_contains", "a_equals", "a_overlaps")

_TWO = (*COMPARISONS, *ARITHMETIC, *SPATIAL, *OF_INSTANTS, *OF_INTERVALS, *OF_ARRAYS, "like", "in")
# How many arguments each takes; None is “two or more”.
_TAKES: dict[str, int | None] = {
    **dict.fromkeys(_TWO, 2), "and": None, "or": None, "not": 1, "isNull": 1, "between": 3, "casei": 1, "accenti": 1,
}  # fmt: skip
_EXACT = Context(prec=2 * MOST_DIGITS)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def json_structure(text: str) -> Any:
    """CQL2 JSON as Python has it, numbers with their digits; NaN and infinity are no JSON."""
    try:
        return json.loads(text, parse_float=WrittenNumber, parse_int=WrittenNumber, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise bad(
            f"ไม่ใช่ JSON ที่ตัวอักษรที่ {error.pos + 1:,}", f"not JSON at character {error.pos + 1:,}: {error.msg}"
        ) from None
    except RecursionError:
        raise too_deep() from None


def _no_number(name: str) -> Any:
    raise bad(f"{name} ไม่ใช่ตัวเลข", f"{name} is no number")


class Reader:
    """Reads one filter."""

    def __init__(self, crs: Crs) -> None:
        self.crs = crs
        self.budget = Budget()

    def read(self, said: Any, level: int = 0) -> Node:
        """One part of it, with all that it holds."""
        self.budget.take_part()
        if level > MOST_LEVELS:
            raise too_deep()
        while isinstance(said, Bracketed):
            said = said.inner
        if isinstance(said, bool):
            return tree.Truth(said)
        if isinstance(said, str):
            check_characters(said)
            return tree.Words(said)
        if isinstance(said, WrittenNumber):
            return tree.Number(number(said.text))
        if isinstance(said, WrittenShape):
            return shape_of(said.text, self.crs, self.budget)
        if isinstance(said, list):
            return tree.Array(tuple(self.read(one, level + 1) for one in said))
        if isinstance(said, dict):
            return self._object(said, level)
        raise bad("null ไม่ใช่ค่าที่เปรียบเทียบได้ ใช้ IS NULL", "null is no value to compare with; use IS NULL (isNull)")

    def _object(self, said: dict[str, Any], level: int) -> Node:
        if "op" in said:
            return self._operation(said, level)
        if "property" in said:
            name = said["property"]
            if not isinstance(name, str) or not name:
                raise bad("property ต้องเป็นชื่อ", "a property is called by a name")
            check_characters(name)
            return tree.Property(name)
        if "date" in said:
            return tree.Day(day(said["date"]))
        if "timestamp" in said:
            return tree.Moment(moment(said["timestamp"]))
        if "interval" in said:
            return self._interval(said["interval"], level)
        if "bbox" in said and "type" not in said:
            return self._box(said["bbox"])
        if "type" in said:
            return shape_of(said, self.crs, self.budget)
        raise bad("มีวัตถุ JSON ที่ไม่รู้จัก", f"an object that CQL2 does not know: {short(', '.join(map(str, said)))}")

    def _operation(self, said: dict[str, Any], level: int) -> Node:
        op, args = said["op"], said.get("args")
        if not isinstance(op, str) or not isinstance(args, list):
            raise bad("op ต้องเป็นชื่อ และ args ต้องเป็นรายการ", "`op` is a name and `args` a list")
        if op not in _TAKES and op not in FUNCTIONS:
            raise bad(f"ไม่รู้จักฟังก์ชัน {short(op)!r} (ดู /functions)", f"no function {short(op)!r} (see /functions)")
        wanted = len(FUNCTIONS[op].takes) if op in FUNCTIONS else _TAKES[op]
        if len(args) != wanted and not (wanted is None and len(args) >= 2):
            raise bad(
                f"{op} ต้องมี {wanted or '2 ขึ้นไป'} ค่า ไม่ใช่ {len(args):,}",
                f"{op} takes {wanted or 'two or more'} arguments, not {len(args):,}",
            )
        if op in OF_ARRAYS:
            args = [[one.inner] if isinstance(one, Bracketed) else one for one in args]
        read = Operation(op, tuple(self.read(one, level + 1) for one in args))
        if op == "in" and not (isinstance(read.args[1], tree.Array) and read.args[1].items):
            raise bad("IN ต้องมีรายการค่า", "IN takes a list of values")
        if op == "like":
            _check_pattern(read.args[1])
        return read

    def _interval(self, said: Any, level: int) -> Node:
        if not isinstance(said, list) or len(said) != 2:
            raise bad("INTERVAL มีต้นและปลาย", "an INTERVAL has a start and an end")
        start, end = (self._end(one, level) for one in said)
        fixed = (tree.Day, tree.Moment)
        if isinstance(start, fixed) and isinstance(end, fixed):
            if type(start) is not type(end):
                raise bad(
                    "ต้นและปลายของ INTERVAL ต้องเป็นวันทั้งคู่ หรือเวลาทั้งคู่",
                    "both ends of an INTERVAL are dates, or both are timestamps",
                )
            if start.value > end.value:
                raise bad("INTERVAL จบก่อนเริ่ม", "the INTERVAL ends before it starts")
        return tree.Interval(start, end)

    def _end(self, said: Any, level: int) -> Node | None:
        if said == "..":
            return None
        if isinstance(said, str):
            return tree.Day(day(said)) if _DAY.fullmatch(said) else tree.Moment(moment(said))
        return self.read(said, level + 1)

    def _box(self, said: Any) -> Node:
        if not isinstance(said, list) or not all(isinstance(one, WrittenNumber) for one in said):
            raise bad("BBOX ต้องเป็นตัวเลข", "a BBOX is made of numbers")
        return box_of([float(number(one.text)) for one in said], self.crs, self.budget)


def number(text: str) -> Decimal:
    """A number that fits what PostgreSQL reckons with; trailing zeros mean nothing."""
    try:
        value = Decimal(text) if len(text) <= MOST_DIGITS and _NUMBER.fullmatch(text) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise bad(f"ตัวเลขยาวเกิน {MOST_DIGITS} ตัวอักษร", f"a number of more than {MOST_DIGITS} characters")
    if value and not -LARGEST_EXPONENT <= value.adjusted() < LARGEST_EXPONENT:
        raise bad(
            f"ตัวเลขต้องอยู่ระหว่าง 1e-{LARGEST_EXPONENT} ถึง 1e{LARGEST_EXPONENT}",
            f"numbers reach from 1e-{LARGEST_EXPONENT} to 1e{LARGEST_EXPONENT}",
        )
    return value.normalize(_EXACT) if value else Decimal(0)


def day(said: Any) -> dt.date:
    """A date as RFC 3339 writes it."""
    try:
        if isinstance(said, str) and _DAY.fullmatch(said):
            return dt.date.fromisoformat(said)
    except ValueError:
        pass  # a 31st of February
    raise bad(f"ไม่ใช่วันที่: {_told(said)}", f"no date such as 2026-11-21: {_told(said)}")


def moment(said: Any) -> dt.datetime:
    """A timestamp as RFC 3339 writes it, in UTC."""
    try:
        if isinstance(said, str) and _MOMENT.fullmatch(said):
            return dt.datetime.fromisoformat(said)
    except ValueError:
        pass  # an hour of 25
    raise bad(f"ไม่ใช่เวลา: {_told(said)}", f"no timestamp in UTC such as 2026-11-21T10:00:00Z: {_told(said)}")


def _told(said: Any) -> str:
    return repr(short(said)) if isinstance(said, str) else type(said).__name__


def _check_pattern(node: Node) -> None:
    while isinstance(node, Operation) and node.op in ("casei", "accenti"):
        node = node.args[0]
    if not isinstance(node, tree.Words):
        raise bad("LIKE ต้องตามด้วยข้อความ", "what follows LIKE is a text (also in CASEI or ACCENTI)")
    plain = re.sub(r"\\.", "", node.text, flags=re.S)
    if plain.endswith("\\"):
        raise bad("แบบของ LIKE จบด้วย \\", "the pattern of LIKE ends with a \\ that escapes nothing")
    if plain.count("%") > MOST_WILDCARDS:
        raise bad(f"แบบของ LIKE มี % เกิน {MOST_WILDCARDS}", f"a pattern of LIKE with more than {MOST_WILDCARDS} %")
