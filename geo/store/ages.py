"""How old what a layer shows is: the newest day that its asker may know, and the days on which something changed.

Members know when a row was written. The public knows days that somebody made public, and of squares the edition's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, func, select, union
from sqlalchemy.orm import Session

from geo.errors import unknown_property
from geo.layer import Cells, Layer
from geo.store.asking import Asking, form, shown_fields
from geo.store.read import edition, inside, rows
from geo.store.wanted import Wanted

TOWN_TIME = "Asia/Bangkok"
CLASSES = 5


def newest_day(session: Session, layer: Layer, asking: Asking, today: dt.date) -> dt.date | None:
    """The newest day on which something of this layer was changed, surveyed or published; None where nothing says.

    A day to come (a plan, a slip of the pen) is no age.
    """
    if isinstance(form(layer, asking), Cells):
        published = edition(session, layer, asking)
        return published.last if published else None
    if not asking.is_low:
        columns = layer.table.__table__.c
        written = cast(func.timezone(TOWN_TIME, func.max(columns.changed_at)), Date)
        # Whoever may not look into the past of a row is not told that it changed: in open layers too.
        return session.scalar(select(written).where(inside(columns, layer, asking.areas)))
    names = _days(layer, asking)
    if not names:
        return None
    inner = rows(layer, asking, Wanted(names=names)).order_by(None).subquery()
    newest = [func.max(_day(inner.c[name])).filter(_day(inner.c[name]) <= today) for name in names]
    return max((day for day in session.execute(select(*newest)).one() if day is not None), default=None)


def _days(layer: Layer, asking: Asking) -> tuple[str, ...]:
    shown = shown_fields(layer, asking).items()
    return tuple(name for name, words in shown if words.python_type in (dt.date, dt.datetime))


def _day(column: Any) -> ColumnElement[dt.date]:
    return column if isinstance(column.type, Date) else cast(func.timezone(TOWN_TIME, column), Date)


def days_of_change(session: Session, layers: Sequence[Layer], asking: Asking) -> list[dt.date]:
    """The days on which rows of these layers in this member's area were written, oldest first; none for the public."""
    if asking.is_low:
        return []
    parts = []
    for layer in layers:
        for columns, times in (
            (layer.table.__table__.c, ("changed_at",)), (layer.history.c, ("changed_at", "closed_at"))
        ):  # fmt: skip
            for time in times:
                day = cast(func.timezone(TOWN_TIME, columns[time]), Date).label("day")
                parts.append(select(day).where(inside(columns, layer, asking.areas)).distinct())
    if not parts:
        return []
    every = union(*parts).subquery()
    return list(session.scalars(select(every.c.day).order_by(every.c.day)))


def newest_year(session: Session, layer: Layer, asking: Asking, name: str, today: dt.date) -> int | None:
    """The newest year in a column of all that this audience sees; a year after the next is a slip of the pen."""
    if name not in shown_fields(layer, asking):
        raise unknown_property(name[:80])
    inner = rows(layer, asking, Wanted(names=(name,))).order_by(None).subquery()
    year = inner.c[name]
    newest: int | None = session.scalar(select(func.max(year)).where(year <= today.year + 1))
    return newest


@dataclass(frozen=True, kw_only=True)
class Classes:
    """Where the classes of a number begin, lowest first: about as many features in each of them, the first holds all
    that is lower. `low` and `high` are the ends, `without` how many have no value."""

    starts: list[float]
    low: float | None
    high: float | None
    without: int


def classes(session: Session, layer: Layer, asking: Asking, name: str) -> Classes:
    """Classes of a numeric column over all that this audience sees of a layer: the same wherever the map looks."""
    words = shown_fields(layer, asking).get(name)
    if words is None or words.codes or words.link or words.python_type in (str, bool, dt.date, dt.datetime, list):
        raise unknown_property(name[:80])
    inner = rows(layer, asking, Wanted(names=(name,))).order_by(None).subquery()
    value = inner.c[name]
    parts = [one / CLASSES for one in range(1, CLASSES)]
    asked = select(
        func.percentile_disc(parts).within_group(value), func.min(value), func.max(value),
        func.count().filter(value.is_(None)),
    )  # fmt: skip
    starts, low, high, without = session.execute(asked).one()
    if low is None:
        return Classes(starts=[], low=None, high=None, without=without)
    rounded = sorted({_rounded(float(start), float(low), float(high)) for start in starts})
    return Classes(
        starts=[start for start in rounded if float(low) < start <= float(high)], low=float(low), high=float(high),
        without=without,
    )  # fmt: skip


def _rounded(value: float, low: float, high: float) -> float:
    """A start that people can read: two digits that matter, as long as that keeps it within the numbers."""
    if value == int(value) and abs(value) < 100:
        return value
    short = float(f"{value:.2g}")
    return short if low < short <= high else value
