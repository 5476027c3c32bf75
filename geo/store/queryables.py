"""What somebody may filter and sort by: the properties they see, the row's own number, and its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo.errors import Text
from geo.filter import Queryable
from geo.layer import Audience, Field, Layer, Published
from geo.store.asking import Asking, form, shown_fields

ID, GEOMETRY = "id", "geometry"
ID_FIELD = Field(name=ID, label=Text("หมายเลข", "Identifier"), audience=Audience.PUBLIC, python_type=int)


def queryable_fields(layer: Layer, asking: Asking) -> dict[str, Field | None]:
    """What this audience may filter by, in order; None is the geometry, which is not there where it is withheld."""
    found: dict[str, Field | None] = {ID: ID_FIELD, **shown_fields(layer, asking)}
    if form(layer, asking) is not Published.WITHHELD:
        found[GEOMETRY] = None
    return found


def sortable_fields(layer: Layer, asking: Asking) -> dict[str, Field]:
    """What this audience may sort by: the same without the geometry and without lists."""
    every = queryable_fields(layer, asking).items()
    return {name: words for name, words in every if words is not None and words.python_type is not list}


def queryables(layer: Layer, asking: Asking, columns: Any) -> Mapping[str, Queryable]:
    """The same over a query's columns: `id`, the properties by name, and `geom`."""
    return {
        name: Queryable(column=columns.geom if words is None else columns[name], field=words)
        for name, words in queryable_fields(layer, asking).items()
    }
