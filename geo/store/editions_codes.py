"""The codes that a town's rows bear, for suggestions of codes that are free."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.store.history import quoted


def codes_in_use(session: Session, layer: Layer, town: str) -> frozenset[str]:
    """Every code there is, and every one that there was: a number is not given twice."""
    code = quoted(layer.keys[0][0])
    tables = [f"SELECT {code}::text AS code FROM {quoted(one)} WHERE municipality = :town"
              for one in (layer.id, layer.history.name)]  # fmt: skip
    found = session.scalars(text(" UNION ".join(tables)), {"town": town})
    return frozenset(one for one in found if one)
