"""Statements put together once and run thousands of times: SQLAlchemy's words, the driver's execution.

Putting a query together costs as much as a small answer. What differs from one asking to the next is left open, by
name, and bound when the statement is run; PostgreSQL keeps its plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql import psycopg as postgresql

from geo.store.area import SETTING

MOST_STATEMENTS = 500  # a town has a handful of areas and filters; what is made anew costs a few milliseconds
_DIALECT: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped there

# The setting is made in the statement itself, a journey less than a transaction around it, and ends with it. It comes
# before the answer because a row is needed before anything is made of it; were it not so, the answer would be empty.
_IN_AREA = f" FROM (SELECT set_config('{SETTING}', %(area)s, true) AS area OFFSET 0) AS s WHERE s.area <> ''"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """SQL for the driver, a select of single values and nothing else, with what is bound whoever runs it.

    `about` is what its maker needs to read the answer.
    """

    sql: str
    values: Mapping[str, Any]
    about: Any = None

    async def row(
        self, connection: AsyncConnection[Any], values: Mapping[str, Any], area: str | None
    ) -> tuple[Any, ...]:  # fmt: skip
        """The answer's one row, bytes as they are; `area` is the signed area of whoever is no part of the public."""
        # The driver would otherwise have bytes spelled out as text.
        async with connection.cursor(binary=True) as cursor:
            await cursor.execute(self.sql + (_IN_AREA if area else ""), {**self.values, **values, "area": area})
            return await cursor.fetchone() or ()


def prepared(query: Select[Any], left_open: Collection[str], *, about: Any = None) -> Prepared:
    """A query of single values (no FROM of its own) for the driver; parameters named in `left_open` are bound later."""
    compiled = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    values = {
        name: _as_bound(compiled.binds.get(name), value)
        for name, value in compiled.params.items()
        if name not in left_open
    }
    return Prepared(sql=str(compiled), values=values, about=about)


def _as_bound(parameter: Any, value: Any) -> Any:
    """A value as its type hands it to the driver."""
    process = parameter.type.dialect_impl(_DIALECT).bind_processor(_DIALECT) if parameter is not None else None
    return process(value) if process else value


class Statements:
    """Those that were made, by key. A key with an `id()` in it needs an `about` that holds that very object."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Prepared] = {}

    def get(self, key: Hashable, make: Callable[[], Prepared]) -> Prepared:
        """What was made before, or is made now."""
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= MOST_STATEMENTS:
                self._made.clear()
            found = self._made[key] = make()
        return found
