"""Arrays, compared as sets: each element is a text that says its kind, so that 1 is not '1'."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Numeric, Text, and_, case, cast, func, literal
from sqlalchemy.dialects.postgresql import ARRAY, array

from geo.filter import tree
from geo.filter.kinds import Kind
from geo.filter.limits import bad
from geo.filter.said import Sql

# No code holds it, and a text that begins with it gets another one: the mark of what is no text.
_MARK = "\x1f"


def compared(op: str, left: Sql, right: Sql) -> ColumnElement[bool]:
    """Whether two arrays stand in a relation."""
    if op == "a_equals":
        return and_(left.op("@>", is_comparison=True)(right), left.op("<@", is_comparison=True)(right))
    sign = {"a_contains": "@>", "a_containedBy": "<@", "a_overlaps": "&&"}[op]
    return left.op(sign, is_comparison=True)(right)


def codes(column: Sql) -> Sql:
    """A column of several codes with blanks between them."""
    return func.string_to_array(column, " ", type_=ARRAY(Text()))


def column(values: Sql, item_type: type) -> Sql:
    """A column of arrays of texts or of numbers."""
    if item_type is str:
        return cast(values, ARRAY(Text()))
    # By way of text a binary fraction has the digits that people see; as a decimal one it has no exponent.
    digits = cast(cast(cast(values, ARRAY(Text())), ARRAY(Numeric())), ARRAY(Text()))
    mark, between = f"{_MARK}n", "\x1e"
    marked = literal(mark, Text()).op("||")(func.array_to_string(digits, f"{between}{mark}"))
    several = func.string_to_array(marked, between, type_=ARRAY(Text()))
    return case((func.cardinality(digits) == 0, listed([])), else_=several)


def listed(items: Sequence[Sql]) -> Sql:
    """An array that was written."""
    return cast(array(items, type_=Text()), ARRAY(Text()))


def item(kind: Kind, value: Sql) -> Sql:
    """An element of some kind."""
    if kind is Kind.TEXT:
        return value
    if kind is Kind.NUMBER:
        return _marked("n", cast(func.trim_scale(value), Text()))
    if kind is Kind.GEOMETRY:
        return _marked("g", func.encode(func.ST_AsBinary(func.ST_Normalize(func.ST_Force2D(value)), "NDR"), "hex"))
    if kind is Kind.TIMESTAMP:
        return _marked("t", func.to_char(func.timezone("UTC", value), 'YYYY-MM-DD"T"HH24:MI:SS.US'))
    if kind is Kind.DATE:
        return _marked("d", func.to_char(value, "YYYY-MM-DD"))
    return _marked(kind, cast(value, Text()))


def written(text: str) -> str:
    """A text that was written, so that it is not taken for something else."""
    return f"{_MARK}{text}" if text.startswith(_MARK) else text


def constant(node: tree.Node) -> Sql:
    """An array in an array, or an interval, of values that were written: the same for the same set."""
    return literal(f"{_MARK}c{_said(node)}", Text())


def _said(node: tree.Node | None) -> str:
    if isinstance(node, tree.Array):
        return f"({','.join(sorted({_said(one) for one in node.items}))})"
    if isinstance(node, tree.Interval):
        return f"[{_said(node.start)},{_said(node.end)}]"
    if isinstance(node, (tree.Property, tree.Operation)):
        raise bad(
            "ในรายการซ้อน และ INTERVAL ในรายการ ใช้ได้เฉพาะค่าคงที่",
            "arrays in arrays, and intervals in arrays, hold literal values alone",
        )
    return repr(node)


def _marked(kind: str, text: Sql) -> Sql:
    return literal(f"{_MARK}{kind}", Text()).op("||")(text)
