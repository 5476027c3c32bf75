"""Statements put together once and run thousands of times: SQLAlchemy's words, the driver's way of writing values.

Putting a query together costs as much as a small answer. What differs from one asking to the next is left open, by
name, and bound when the statement is run; PostgreSQL keeps its plan.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Any, Generic, TypeVar

from psycopg.adapt import PyFormat, Transformer
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql import psycopg as postgresql
from sqlalchemy.types import BigInteger, Double, Integer, String

MOST_STATEMENTS = 500  # a town has a handful of areas and filters; what is made anew costs a few milliseconds
_DIALECT: Any = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped there
_NAMED = re.compile(r"%\((\w+)\)s|%%")
_BINARY = 1
Made = TypeVar("Made")
_numbers = itertools.count()


@dataclass(frozen=True)
class Open:
    """A parameter that is bound when the statement is run: its number in `pg_type`, and how its value is written."""

    name: str
    type: int
    pack: Callable[[Any], bytes]


def _packer(form: str, size: int) -> Callable[[Any], bytes]:
    pack = Struct(form).pack
    return lambda value: pack(size, value)


def _packed_text(value: str) -> bytes:
    told = value.encode()
    return len(told).to_bytes(4, "big") + told


# In the order in which they are looked for: a BigInteger is an Integer too.
_OPEN = (
    (Double, 701, _packer("!id", 8)),
    (BigInteger, 20, _packer("!iq", 8)),
    (Integer, 23, _packer("!ii", 4)),
    (String, 25, _packed_text),
)


def left_open(name: str, kind: Any) -> Open:
    """A parameter of one of the few types that are left open."""
    return next(Open(name, number, pack) for known, number, pack in _OPEN if isinstance(kind, known))


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """SQL with `$1` and so on, whose parameters are each a value of their own, bound whoever runs it, or left open.

    `about` is what its maker needs to read the answer.
    """

    sql: str
    parameters: tuple[Any, ...]
    about: Any = None
    number: int = field(default_factory=lambda: next(_numbers))


def prepared(query: Select[Any], are_open: Collection[str], *, about: Any = None) -> Prepared:
    """A query for `Lines`; parameters named in `are_open` are bound later."""
    compiled = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    places: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        return f"${places.setdefault(found[1], len(places) + 1)}" if found[1] else "%"

    sql = _NAMED.sub(numbered, str(compiled))
    parameters = tuple(
        left_open(name, compiled.binds[name].type)
        if name in are_open
        else _as_bound(compiled.binds.get(name), compiled.params[name])
        for name in places
    )
    return Prepared(sql=sql, parameters=parameters, about=about)


def _as_bound(parameter: Any, value: Any) -> Any:
    """A value as its type hands it to the driver."""
    process = parameter.type.dialect_impl(_DIALECT).bind_processor(_DIALECT) if parameter is not None else None
    return process(value) if process else value


def written(parameters: Sequence[Any]) -> tuple[list[int], list[int], list[bytes | None]]:
    """Types, formats and bytes (with their length before them) of parameters; None for those that are left open."""
    writer = Transformer()
    fixed = writer.dump_sequence(
        [None if isinstance(one, Open) else one for one in parameters], [PyFormat.AUTO] * len(parameters)
    )
    types, formats = list(writer.types or ()), [int(form) for form in writer.formats or ()]
    told: list[bytes | None] = [_with_length(value) for value in fixed]
    for place, one in enumerate(parameters):
        if isinstance(one, Open):
            types[place], formats[place], told[place] = one.type, _BINARY, None
    return types, formats, told


def _with_length(value: Any) -> bytes:
    return b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4, "big") + bytes(value)


class Statements(Generic[Made]):
    """Those that were made, by key. A key with an `id()` in it needs an `about` that holds that very object."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Made] = {}

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What was made before, or is made now."""
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= MOST_STATEMENTS:
                self._made.clear()
            found = self._made[key] = make()
        return found
