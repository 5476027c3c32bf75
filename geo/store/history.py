"""What a closed version keeps: the row's own columns, as SQL names."""

from __future__ import annotations

from psycopg.sql import Identifier

from geo.layer import Layer

NOT_KEPT = ("closed_at", "closed_change_id", "closed_as")


def quoted(name: str) -> str:
    """A name as PostgreSQL reads it; names come from layers, never from files."""
    return Identifier(name).as_string(None)


def columns_as_they_were(layer: Layer) -> tuple[str, ...]:
    """The quoted names of the columns that a row and its history share."""
    return tuple(quoted(column.name) for column in layer.history.columns if column.name not in NOT_KEPT)
