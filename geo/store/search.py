"""Features by name, as people write it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    case,
    func,
    select,
)
from sqlalchemy.orm import Session

from geo.layer import Cells, Layer
from geo.store.asking import Asking, form, shown_fields
from geo.store.read import rows
from geo.store.wanted import Wanted
from geo.thai import search_key


def search(session: Session, layer: Layer, asking: Asking, text: str, limit: int = 10) -> list[dict[str, Any]]:
    """Features whose names contain `text` as people write it (Thai normalised, prefixes left out), best first.

    Each has `id`, the shown name columns and `lon`, `lat` of a point on it (None where nobody has drawn it).
    """
    wanted = search_key(text)
    names = [n for n in ("name_th", "name_en", "aliases", layer.name_field) if n in shown_fields(layer, asking)]
    if not wanted or not names or isinstance(form(layer, asking), Cells):
        return []
    inner = rows(layer, asking, Wanted()).subquery()
    columns = [inner.c[name] for name in dict.fromkeys(names)]
    hits = []
    for row in session.execute(select(inner.c.id, *columns)):
        places = [key.find(wanted) for key in (search_key(value) for value in row[1:] if value)]
        found = [place for place in places if place >= 0]
        if found:
            hits.append((min(found), str(row[1]), row[0]))
    chosen = [fid for _, _, fid in sorted(hits)[:limit]]
    return _placed(session, layer, asking, chosen, list(dict.fromkeys(names)))


def _placed(
    session: Session, layer: Layer, asking: Asking, ids: Sequence[int], names: list[str]
) -> list[dict[str, Any]]:
    if not ids:
        return []
    inner = rows(layer, asking, Wanted(ids=tuple(ids))).subquery()
    point = func.ST_PointOnSurface(inner.c.geom)
    order: Any = case({fid: place for place, fid in enumerate(ids)}, value=inner.c.id)
    query = select(inner.c.id, *(inner.c[n] for n in names), func.ST_X(point), func.ST_Y(point)).order_by(order)
    return [dict(zip(("id", *names, "lon", "lat"), row, strict=True)) for row in session.execute(query)]
