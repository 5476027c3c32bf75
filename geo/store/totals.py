"""How many rows a layer has in all, where that is kept: triggers count them for the tiles of far zooms."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer, Published
from geo.store.asking import Asking, form

_ALL = text("SELECT coalesce(sum(features), 0) FROM tile_count WHERE layer = :layer")


def has_total(layer: Layer, asking: Asking) -> bool:
    """Whether every row is counted, and this audience sees every one: no number tells of what somebody may not see."""
    is_counted = layer.generalise is not None and layer.shape.required
    to_the_public = asking.is_low and layer.public_rows is None and form(layer, asking) is Published.AS_IT_IS
    return is_counted and (layer.is_open or to_the_public)


def total(session: Session, layer: Layer) -> int:
    """The number of a layer's rows, from some thousands of counts instead of a million rows."""
    return int(session.scalar(_ALL, {"layer": layer.id}) or 0)
