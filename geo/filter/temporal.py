"""How times lie to each other (OWL-Time): an instant starts and ends at once, an open end is infinitely far.

Where a date meets a timestamp, both are days: the timestamp's as it is written, in UTC. The standard's table says
T_STARTS and T_STARTEDBY the other way round; the names are followed here, as its own test data do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Date, DateTime, and_, cast, literal_column, or_

from geo.filter.kinds import Kind
from geo.filter.said import Said, Sql, as_day


@dataclass(frozen=True)
class Span:
    """From a start to an end, both in it; None is open."""

    start: Said | None
    end: Said | None

    @property
    def has_days(self) -> bool:
        """Whether an end of it is a date."""
        return any(one is not None and one.kind is Kind.DATE for one in (self.start, self.end))


Bool = ColumnElement[bool]
# Of the first span its start and end, then those of the second.
_RELATIONS: dict[str, Callable[[Sql, Sql, Sql, Sql], Bool]] = {
    "t_after": lambda a, z, b, y: a > y,
    "t_before": lambda a, z, b, y: z < b,
    "t_disjoint": lambda a, z, b, y: or_(a > y, z < b),
    "t_intersects": lambda a, z, b, y: and_(a <= y, z >= b),
    "t_equals": lambda a, z, b, y: and_(a == b, z == y),
    "t_contains": lambda a, z, b, y: and_(a < b, z > y),
    "t_during": lambda a, z, b, y: and_(a > b, z < y),
    "t_finishedBy": lambda a, z, b, y: and_(a < b, z == y),
    "t_finishes": lambda a, z, b, y: and_(a > b, z == y),
    "t_meets": lambda a, z, b, y: z == b,
    "t_metBy": lambda a, z, b, y: a == y,
    "t_overlaps": lambda a, z, b, y: and_(a < b, z > b, z < y),
    "t_overlappedBy": lambda a, z, b, y: and_(a > b, a < y, z > y),
    "t_startedBy": lambda a, z, b, y: and_(a == b, z > y),
    "t_starts": lambda a, z, b, y: and_(a == b, z < y),
}


def related(op: str, left: Span, right: Span) -> Bool:
    """Whether two spans stand in a relation."""
    in_days = left.has_days or right.has_days
    ends = [
        _end(one, sign, in_days=in_days) for span in (left, right) for one, sign in ((span.start, "-"), (span.end, ""))
    ]
    return _RELATIONS[op](*ends)


def _end(said: Said | None, sign: str, *, in_days: bool) -> Sql:
    if said is None:
        return cast(literal_column(f"'{sign}infinity'"), Date() if in_days else DateTime(timezone=True))
    return as_day(said) if in_days else said.sql
