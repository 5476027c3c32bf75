"""A filter as it was understood: values that never change, the same for both encodings.

Shapes lie in longitude and latitude already. What a property is, and whether the parts fit together, is asked when the
filter meets the columns of whoever asks (`expressions.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Property:
    """A column by the name that it has outside."""

    name: str


@dataclass(frozen=True)
class Words:
    """A text."""

    text: str


@dataclass(frozen=True)
class Number:
    """A number, as exact as it was written."""

    value: Decimal


@dataclass(frozen=True)
class Truth:
    """Yes or no."""

    value: bool


@dataclass(frozen=True)
class Day:
    """An instant as long as a day, in no time zone."""

    value: dt.date


@dataclass(frozen=True)
class Moment:
    """An instant on the clock, UTC."""

    value: dt.datetime


@dataclass(frozen=True)
class Interval:
    """From one instant to another, both of them in it; None is open."""

    start: Node | None
    end: Node | None


@dataclass(frozen=True)
class Shape:
    """A shape in WGS 84 longitude and latitude: its well-known binary, of mixed dimensions one for each of them."""

    parts: tuple[bytes, ...]


@dataclass(frozen=True)
class Array:
    """A set of values; their order means nothing."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Operation:
    """Whatever is done with its arguments, by the name that it has in CQL2 JSON."""

    op: str
    args: tuple[Node, ...]


Node = Property | Words | Number | Truth | Day | Moment | Interval | Shape | Array | Operation


def names_in(node: Node | None) -> Iterator[str]:
    """The properties that are used, as often as they are."""
    if isinstance(node, Property):
        yield node.name
    elif isinstance(node, Interval):
        yield from names_in(node.start)
        yield from names_in(node.end)
    elif isinstance(node, (Array, Operation)):
        for one in node.items if isinstance(node, Array) else node.args:
            yield from names_in(one)
