"""A tree and the columns of whoever asks, as one SQL expression: values are parameters, names come from the columns.

Each part is told with its kind, and what does not go together is refused before PostgreSQL sees it. NULL goes through
as SQL has it, which is how the standard has it too.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Numeric,
    Text,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.sql.elements import Grouping

from geo.errors import BadRequest, unknown_property
from geo.filter import arrays, reading, spatial, temporal, tree
from geo.filter.functions import FUNCTIONS
from geo.filter.kinds import TOLD, Kind, kind_of, not_alike, wrong_kind
from geo.filter.limits import bad, short
from geo.filter.said import Queryable, Said, Sql, as_day, at_utc, exact, numbers


class Writer:
    """Writes one filter over the columns of one asker."""

    def __init__(self, queryables: Mapping[str, Queryable]) -> None:
        self.queryables = queryables

    def condition(self, node: tree.Node) -> ColumnElement[bool]:
        """A part that must be true or false."""
        said = self.said(node)
        if said.kind is not Kind.BOOLEAN:
            raise bad(
                f"ต้องเป็นเงื่อนไขที่จริงหรือเท็จ ไม่ใช่{TOLD[said.kind].th}",
                f"a condition is true or false, and not {TOLD[said.kind].en}",
            )
        return said.sql

    def said(self, node: tree.Node) -> Said:
        """Any part but an interval or an array, which stand in their own functions alone."""
        match node:
            case tree.Property(name):
                return self._property(name)
            case tree.Words(text):
                return Said(sql=literal(text, Text()), kind=Kind.TEXT, node=node)
            case tree.Number(value):
                return Said(sql=literal(value, Numeric()), kind=Kind.NUMBER, node=node)
            case tree.Truth(value):
                return Said(sql=literal(value, Boolean()), kind=Kind.BOOLEAN, node=node)
            case tree.Day(value):
                return Said(sql=literal(value, Date()), kind=Kind.DATE, node=node)
            case tree.Moment(value):
                return Said(sql=literal(value, DateTime(timezone=True)), kind=Kind.TIMESTAMP, node=node)
            case tree.Shape(parts):
                return Said(sql=spatial.literal_shape(parts[0]), kind=Kind.GEOMETRY, node=node)
            case tree.Interval():
                return Said(sql=false(), kind=Kind.INTERVAL, node=node)
            case tree.Array():
                return Said(sql=false(), kind=Kind.ARRAY, node=node)
            case tree.Operation(op, args):
                return self._operation(op, args)

    def _property(self, name: str) -> Said:
        found = self.queryables.get(name)
        if found is None:
            raise unknown_property(short(name))
        kind = kind_of(found.field)
        if kind is None:
            raise bad(f"กรองด้วย {name} ไม่ได้", f"{name} cannot be filtered on")
        return Said(sql=found.column, kind=kind, field=found.field)

    def _operation(self, op: str, args: tuple[tree.Node, ...]) -> Said:
        if op in FUNCTIONS:
            return self._function(op, args)
        if op in ("casei", "accenti"):
            return self._folded(op, args[0])
        if op in reading.ARITHMETIC:
            return self._reckoned(op, args)
        # In brackets of its own: `NOT a IS NULL` would be `NOT (a IS NULL)`.
        return Said(sql=Grouping(self._predicate(op, args)), kind=Kind.BOOLEAN)

    def _predicate(self, op: str, args: tuple[tree.Node, ...]) -> ColumnElement[bool]:
        if op in ("and", "or"):
            return (and_ if op == "and" else or_)(*(self.condition(one) for one in args))
        if op == "not":
            return not_(self.condition(args[0]))
        if op == "isNull":
            return self._is_null(args[0])
        if op in reading.COMPARISONS:
            return self._compared(op, self.said(args[0]), self.said(args[1]))
        if op == "between":
            value, low, high = map(self.said, args)
            return and_(self._compared(">=", value, low, of="BETWEEN"), self._compared("<=", value, high, of="BETWEEN"))
        if op == "in":
            return self._among(args)
        if op == "like":
            text, pattern = (self._of_kind("LIKE", one, Kind.TEXT) for one in args)
            return text.sql.like(pattern.sql)
        if op in reading.SPATIAL:
            return self._spatial(op, args)
        if op in reading.OF_ARRAYS:
            return arrays.compared(op, *(self._array(op, one) for one in args))
        return temporal.related(op, *(self._span(op, one) for one in args))

    def _of_kind(self, op: str, node: tree.Node, *kinds: Kind) -> Said:
        said = self.said(node)
        if said.kind not in kinds:
            raise wrong_kind(op, kinds, said.kind)
        return said

    def _is_null(self, node: tree.Node) -> ColumnElement[bool]:
        if isinstance(node, tree.Interval):
            span = self._span("INTERVAL", node)
            return or_(false(), *(one.sql.is_(None) for one in (span.start, span.end) if one is not None))
        return self.said(node).sql.is_(None)

    def _compared(self, op: str, left: Said, right: Said, *, of: str | None = None) -> ColumnElement[bool]:
        a, b = self._comparable(of or op, left, right)
        if op in ("=", "<>"):
            return a == b if op == "=" else a != b
        if left.kind is Kind.TEXT:
            # By code points, on every machine; equality is left to the column's own index.
            a, b = a.collate("C"), b.collate("C")
        orders: dict[str, ColumnElement[bool]] = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
        return orders[op]

    def _comparable(self, op: str, left: Said, right: Said) -> tuple[Sql, Sql]:
        times = (Kind.DATE, Kind.TIMESTAMP)
        if left.kind in times and right.kind in times:
            return (left.sql, right.sql) if left.kind is right.kind else (as_day(left), as_day(right))
        if left.kind is not right.kind:
            raise not_alike(op, left.kind, right.kind)
        if left.kind in (Kind.GEOMETRY, Kind.INTERVAL, Kind.ARRAY):
            raise wrong_kind(op, (Kind.BOOLEAN, Kind.NUMBER, Kind.TEXT, *times), left.kind)
        if left.kind is Kind.NUMBER:
            return numbers(left, right)
        return left.sql, right.sql

    def _among(self, args: tuple[tree.Node, ...]) -> ColumnElement[bool]:
        assert isinstance(args[1], tree.Array)
        value = self.said(args[0])
        pairs = [self._comparable("IN", value, self.said(one)) for one in args[1].items]
        # One list where the value itself is compared with each, so that an index serves it.
        if all(own is value.sql for own, _ in pairs):
            return value.sql.in_([other for _, other in pairs])
        return or_(*(own == other for own, other in pairs))

    def _folded(self, op: str, node: tree.Node) -> Said:
        said = self._of_kind(op.upper(), node, Kind.TEXT)
        fold = func.atlas_casefold if op == "casei" else func.atlas_unaccented
        if said.node is None:
            return Said(sql=fold(said.sql, type_=Text()), kind=Kind.TEXT)
        # Asked once a query instead of once a row; by the same function, so that both sides fold alike.
        once = select(fold(said.sql, type_=Text())).scalar_subquery()
        return Said(sql=once, kind=Kind.TEXT, node=said.node)

    def _reckoned(self, op: str, args: tuple[tree.Node, ...]) -> Said:
        left, right = (self._of_kind(op, one, Kind.NUMBER) for one in args)
        return Said(sql=func.atlas_reckoned(op, exact(left), exact(right), type_=Numeric()), kind=Kind.NUMBER)

    def _function(self, op: str, args: tuple[tree.Node, ...]) -> Said:
        function = FUNCTIONS[op]
        told = [self._of_kind(op, node, *kinds) for node, kinds in zip(args, function.takes, strict=True)]
        for one in told:
            if isinstance(one.node, tree.Shape) and len(one.node.parts) > 1:
                raise bad(f"{op} ไม่รับ GEOMETRYCOLLECTION", f"{op} takes no GEOMETRYCOLLECTION of mixed dimensions")
        values = [exact(one) if one.kind is Kind.NUMBER else at_utc(one) for one in told]
        return Said(sql=function.sql(*values), kind=function.gives)

    def _spatial(self, op: str, args: tuple[tree.Node, ...]) -> ColumnElement[bool]:
        shapes = [self._of_kind(op.upper(), one, Kind.GEOMETRY) for one in args]
        parts = [
            [spatial.literal_shape(part) for part in one.node.parts] if isinstance(one.node, tree.Shape) else [one.sql]
            for one in shapes
        ]
        return spatial.related(op, *parts)

    def _span(self, op: str, node: tree.Node) -> temporal.Span:
        instants = (Kind.DATE, Kind.TIMESTAMP)
        if isinstance(node, tree.Interval):
            return temporal.Span(*(self._of_kind("INTERVAL", one, *instants) if one else None
                                   for one in (node.start, node.end)))  # fmt: skip
        said = self._of_kind(op.upper(), node, *instants)
        if op in reading.OF_INTERVALS:
            raise _for_intervals(op)
        return temporal.Span(said, said)

    def _array(self, op: str, node: tree.Node) -> Sql:
        if isinstance(node, tree.Array):
            return arrays.listed([self._item(one) for one in node.items])
        said = self.said(node)
        if said.field is not None and said.field.many:
            return arrays.codes(said.sql)
        if said.kind is Kind.ARRAY and said.field is not None:
            return arrays.column(said.sql, said.field.item_type or str)
        raise wrong_kind(op.upper(), (Kind.ARRAY,), said.kind)

    def _item(self, node: tree.Node) -> Sql:
        if isinstance(node, (tree.Array, tree.Interval)):
            return arrays.constant(node)
        if isinstance(node, tree.Words):
            return literal(arrays.written(node.text), Text())
        if isinstance(node, tree.Shape) and len(node.parts) > 1:
            return arrays.constant(node)
        said = self.said(node)
        return arrays.item(said.kind, exact(said) if said.kind is Kind.NUMBER else said.sql)


def _for_intervals(op: str) -> BadRequest:
    name = op.upper()
    return bad(
        f"{name} ใช้กับช่วงเวลา (INTERVAL) ทั้งสองข้าง; กับวันหรือเวลาเดียวใช้ T_INTERSECTS",
        f"{name} relates two intervals (INTERVAL); for a single date or timestamp there is T_INTERSECTS",
    )
