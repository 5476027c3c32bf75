"""How shapes lie to each other, in PostGIS: the index first, then the exact test.

PostGIS before 3.5 relates no collections of mixed dimensions; such a one is a shape for each dimension here, and every
relation is put together from those of its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, cast, func, not_, or_
from sqlalchemy.types import UserDefinedType

Sql = ColumnElement[Any]


class _Ewkb(UserDefinedType[str]):
    """A geometry parameter as hexadecimal EWKB: PostgreSQL reads it when it binds it, and not at every row."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry"


# EWKB of SRID 4326, little-endian: the flag in the type and four bytes more.
_SRID = (4326).to_bytes(4, "little").hex()


def literal_shape(wkb: bytes) -> Sql:
    """A shape in degrees as a parameter."""
    plain = wkb.hex()
    kind = (int.from_bytes(wkb[1:5], "little") | 0x20000000).to_bytes(4, "little").hex()
    return cast(bindparam(None, f"01{kind}{_SRID}{plain[10:]}", type_=_Ewkb()), _Ewkb())


def related(op: str, left: Sequence[Sql], right: Sequence[Sql]) -> ColumnElement[bool]:
    """Whether two shapes stand in a relation; each is the list of its parts, one for each dimension."""
    if op == "s_disjoint":
        return not_(related("s_intersects", left, right))
    if len(left) == len(right) == 1:
        return _exactly(op, left[0], right[0])
    return _MIXED[op](left, right)


def _exactly(op: str, a: Sql, b: Sql) -> ColumnElement[bool]:
    name = f"ST_{op.removeprefix('s_').capitalize()}"
    return and_(a.op("&&", is_comparison=True)(b), getattr(func, name)(a, b))


def _each(op: str, left: Sequence[Sql], right: Sequence[Sql]) -> list[ColumnElement[bool]]:
    return [_exactly(op, a, b) for a in left for b in right]


def _intersects(left: Sequence[Sql], right: Sequence[Sql]) -> ColumnElement[bool]:
    return or_(*_each("s_intersects", left, right))


def _insides_meet(left: Sequence[Sql], right: Sequence[Sql]) -> ColumnElement[bool]:
    """Two parts meet, and not by their borders alone."""
    return or_(*(and_(_exactly("s_intersects", a, b), not_(_exactly("s_touches", a, b))) for a in left for b in right))


def _touches(left: Sequence[Sql], right: Sequence[Sql]) -> ColumnElement[bool]:
    return and_(_intersects(left, right), not_(_insides_meet(left, right)))


def _within(left: Sequence[Sql], right: Sequence[Sql]) -> ColumnElement[bool]:
    """Nothing of it lies outside the other's parts, and the insides meet."""
    return and_(_insides_meet(left, right), *(func.ST_IsEmpty(_without(one, right)) for one in left))


def _without(shape: Sql, parts: Sequence[Sql]) -> Sql:
    """What is left of a shape, larger dimensions taken off first."""
    for part in parts:
        shape = func.ST_Difference(shape, part)
    return shape


def _contains(left: Sequence[Sql], right: Sequence[Sql]) -> ColumnElement[bool]:
    return _within(right, left)


def _equals(left: Sequence[Sql], right: Sequence[Sql]) -> ColumnElement[bool]:
    if len(left) == len(right):
        return and_(*(_exactly("s_equals", a, b) for a, b in zip(left, right, strict=True)))
    # What is of one dimension is never all of what is of two; and of what has no shape nobody knows.
    return and_(_intersects(left, right), func.ST_Dimension(left[0]) < 0)


def _crosses(left: Sequence[Sql], right: Sequence[Sql]) -> ColumnElement[bool]:
    return and_(_insides_meet(left, right), not_(_within(left, right)), not_(_within(right, left)))


def _overlaps(left: Sequence[Sql], right: Sequence[Sql]) -> ColumnElement[bool]:
    # The largest dimensions are alike, and the insides meet in all of it.
    alike = func.ST_Dimension(left[0]) == func.ST_Dimension(right[0])
    meet = or_(*(_exactly(f"s_{op}", left[0], right[0]) for op in ("overlaps", "within", "contains")))
    return and_(alike, meet, not_(_within(left, right)), not_(_within(right, left)))


_MIXED: dict[str, Callable[[Sequence[Sql], Sequence[Sql]], ColumnElement[bool]]] = {
    "s_intersects": _intersects, "s_touches": _touches, "s_within": _within, "s_contains": _contains,
    "s_equals": _equals, "s_crosses": _crosses, "s_overlaps": _overlaps,
}  # fmt: skip
