"""Filters that people write (CQL2), read into expressions over the columns they may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from sqlalchemy import ColumnElement

from geo.errors import BadRequest
from geo.filter.expressions import Writer
from geo.filter.functions import FUNCTIONS
from geo.filter.limits import check_size, short
from geo.filter.literal_shapes import CRS84, crs_called
from geo.filter.reading import Reader, json_structure
from geo.filter.said import Queryable
from geo.filter.text import structure_of
from geo.filter.tree import Node, names_in

__all__ = ["CRS84", "FUNCTIONS", "LANGUAGES", "Filter", "Language", "Queryable", "read_filter"]

Language = Literal["cql2-text", "cql2-json"]
LANGUAGES: tuple[Language, ...] = ("cql2-text", "cql2-json")


@dataclass(frozen=True)
class Filter:
    """A filter as it was understood; two that say the same in other words or another encoding are often equal."""

    root: Node = field(compare=False, repr=False)
    canonical: str

    @cached_property
    def names(self) -> frozenset[str]:
        """The properties that it uses."""
        return frozenset(names_in(self.root))

    def condition(self, queryables: Mapping[str, Queryable]) -> ColumnElement[bool]:
        """The expression over these columns and no others; `BadRequest` where they do not fit what is said of them.

        A name that is not among them is refused with the words of one that never was.
        """
        return Writer(queryables).condition(self.root)


def read_filter(text: str, *, language: str = "cql2-text", srid: int | None = None, crs: str | None = None) -> Filter:
    """A filter from CQL2; the shapes in it are in `crs`, a URI as `filter-crs` has it, with the axes of its registry.

    Without one they are in longitude and latitude. `srid` says the same as an EPSG number, 4326 longitude first.
    """
    if language not in LANGUAGES:
        raise BadRequest(
            f"filter-lang ต้องเป็น {' หรือ '.join(LANGUAGES)}",
            f"filter-lang is {' or '.join(LANGUAGES)}, not {short(language)!r}",
        )
    if crs is None:
        crs = CRS84 if srid in (None, 4326) else f"EPSG:{srid}"
    written_in = crs_called(crs)
    check_size(text, language)
    structure = structure_of(text) if language == "cql2-text" else json_structure(text)
    root = Reader(written_in).read(structure)
    return Filter(root=root, canonical=repr(root))
