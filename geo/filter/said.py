"""One part of a filter in SQL, and the types in which PostgreSQL compares and reckons without running over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Double, Numeric, Text, cast, func, literal

from geo.filter import tree
from geo.filter.kinds import Kind
from geo.layer import Field

Sql = ColumnElement[Any]


@dataclass(frozen=True, kw_only=True)
class Queryable:
    """A column that somebody may ask about, and what is known of it; without a field it is the geometry."""

    column: Sql
    field: Field | None


@dataclass(frozen=True, kw_only=True)
class Said:
    """A part in SQL, with its kind; `node` where it is a value that was written, `field` where it is a column."""

    sql: Sql
    kind: Kind
    node: tree.Node | None = None
    field: Field | None = None

    @property
    def is_double(self) -> bool:
        """Whether it is a column of binary fractions."""
        return self.field is not None and self.field.python_type is float


def numbers(left: Said, right: Said) -> tuple[Sql, Sql]:
    """Two numbers in types that PostgreSQL compares without running over."""
    if left.is_double and right.is_double:
        return left.sql, right.sql
    return _beside(left, right), _beside(right, left)


def _beside(said: Said, other: Said) -> Sql:
    if isinstance(said.node, tree.Number):
        return _written(said.node.value, other)
    if said.is_double and not isinstance(other.node, tree.Number):
        return exact(said)
    return said.sql


def _written(value: Decimal, column: Said) -> Sql:
    if column.is_double:
        return literal(float(value), Double())
    if column.field is not None and value == value.to_integral_value() and abs(value) < 2**63:
        return literal(int(value), BigInteger())
    return literal(value, Numeric())


def exact(said: Said) -> Sql:
    """A number as a decimal fraction: a binary one by its shortest digits, which are those that people see."""
    if said.is_double:
        return cast(cast(said.sql, Text()), Numeric())
    return said.sql if said.field is None else cast(said.sql, Numeric())


def as_day(said: Said) -> Sql:
    """The day of an instant, a timestamp's as it is written in UTC."""
    if isinstance(said.node, tree.Moment):
        return literal(said.node.value.astimezone(dt.UTC).date(), Date())
    return cast(at_utc(said), Date()) if said.kind is Kind.TIMESTAMP else said.sql


def at_utc(said: Said) -> Sql:
    return func.timezone("UTC", said.sql) if said.kind is Kind.TIMESTAMP else said.sql
