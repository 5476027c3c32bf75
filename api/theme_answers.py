"""The theme that a request asks for, with its classes as they are now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy.orm import Session

from api.caching import EditCache
from api.flights import Place, Rests
from geo.layer import Layer, Theme
from geo.people.grants import BANGKOK
from geo.render.themes import Drawn, drawn, theme_of
from geo.store.ages import newest_year
from geo.store.read import Asking


def drawn_theme(
    session: Session, cache: EditCache, layers: Sequence[Layer], asking: Asking, name: str | None, now: dt.datetime
) -> dict[str, Drawn]:
    """The theme by the layer that it is of; empty where none is asked for, BadRequest where there is none such."""
    if name is None:
        return {}
    layer, theme = theme_of(layers, asking, name)
    newest = _newest(session, cache, layer, theme, asking, now) if theme.relative else None
    return {layer.id: drawn(layer, theme, newest)}


def _newest(
    session: Session, cache: EditCache, layer: Layer, theme: Theme, asking: Asking, now: dt.datetime
) -> int | None:
    """The newest year, asked for once between two edits."""
    today = now.astimezone(BANGKOK).date()
    key = ("newest year", layer.table, theme.by, asking.eyes, today.year)
    found: tuple[int | None] | None = cache.kept(key)
    if found is None:
        names = Rests.on([layer], asking, lambda _: Place()).layers
        since = cache.edits(names)
        found = (newest_year(session, layer, asking, theme.by, today),)
        cache.keep(key, found, layers=names, box=None, since=since)
    return found[0]
