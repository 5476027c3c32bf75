"""Filters that people write (CQL2), read into expressions over the columns they may see."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement

from geo.layer import Field


@dataclass(frozen=True, kw_only=True)
class Queryable:
    """What a filter may speak of: a column and its words (none for the geometry)."""

    column: ColumnElement[Any]
    field: Field | None


class Filter(Hashable, Protocol):
    """A condition that somebody wrote."""

    def condition(self, queryables: Mapping[str, Queryable]) -> ColumnElement[bool]:
        """The same in SQL."""
