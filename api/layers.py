"""The layers of this database: those of the code, and those that its towns made.

They are looked at anew when somebody makes, changes or removes one: the listener hears of it in every process within
milliseconds. While nobody hears, each asker looks; and whoever asks for a layer that is not known looks once more, so
that one made a moment ago at the command line is there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from geo.errors import StoreAway, UnknownLayer
from geo.layer import Layer
from geo.store.db import session_of
from geo.store.read import Asking
from geo.store.town_definition import definition_in, layer_of
from geo.store.town_layers import town_layers
from geo.store.town_tables import TownLayer
from layers import LAYERS, MAPS

log = logging.getLogger("atlas.layers")

TOWN_LAYERS = "town_layer"


class Layers:
    """What layers there are now; `changed` is told the ids of those that are not what they were."""

    def __init__(self, engine: Engine, changed: Callable[[Iterable[str]], None]) -> None:
        self._engine, self._changed = engine, changed
        self._known: Mapping[str, Layer] = LAYERS
        self._kept: dict[str, tuple[int, dict[str, Any]]] = {}
        self._is_fresh = False
        self._lock = threading.Lock()

    @property
    def here(self) -> Mapping[str, Layer]:
        """All of them by id: the coded ones, in the order of loading, then the towns' own."""
        if not self._is_fresh:
            self.refresh()
        return self._known

    def named(self, name: str) -> Layer:
        """The layer called `name`; `UnknownLayer` when there is none."""
        found = self.here.get(name)
        if found is None and self._is_fresh:
            self.refresh()
            found = self._known.get(name)
        if found is None:
            raise _unknown(name)
        return found

    def knows(self, names: Iterable[str]) -> bool:
        """Whether these can be named without asking the database."""
        return self._is_fresh and all(name in self._known for name in names)

    def shown_to(self, asking: Asking) -> list[Layer]:
        """Those that are listed to somebody: not a town's own of which they would not get a single row."""
        return [layer for layer in self.here.values() if is_listed(layer, asking)]

    def of_map(self, name: str, asking: Asking) -> list[Layer]:
        """The layers of a named map, bottom to top."""
        coded = [LAYERS[one] for one in MAPS[name]]
        return coded + [one for one in self.shown_to(asking) if one.is_made and name in one.maps]

    def heard(self, yes: bool) -> None:
        """Whether changes are being heard from now on; until the next look nothing is taken for granted."""
        self._is_fresh = False
        if yes:
            self.refresh(fresh=True)

    def refresh(self, *, fresh: bool | None = None) -> bool:
        """Look at the database; whether anything is not as it was known. What did not change stays the same object."""
        with self._lock:
            kept = self._read()
            if kept is None:
                return False
            differing = {name for name in {*kept, *self._kept} if kept.get(name) != self._kept.get(name)}
            if differing:
                made = {
                    name: layer_of(definition_in(kept[name][1])) if name in differing else self._known[name]
                    for name in sorted(kept)
                }  # fmt: skip
                self._known, self._kept = MappingProxyType({**LAYERS, **made}), kept
            if fresh is not None:
                self._is_fresh = fresh
        if differing:
            self._changed(sorted(differing))
        return bool(differing)

    def _read(self) -> dict[str, tuple[int, dict[str, Any]]] | None:
        open_ones = select(TownLayer.id, TownLayer.version, TownLayer.definition).where(TownLayer.closed_at.is_(None))
        try:
            with session_of(self._engine) as session:
                return {name: (version, words) for name, version, words in session.execute(open_ones)}
        except (StoreAway, DBAPIError) as error:
            # What was known goes on to be said; whoever reads rows is told that the database is away.
            log.warning("cannot look at the towns' layers: %s", type(error).__name__)
            return None


def is_listed(layer: Layer, asking: Asking) -> bool:
    """Whether a layer is worth naming to somebody: a town's own that keeps its rows from the public is not theirs."""
    return not (layer.is_made and layer.public_rows is not None and asking.is_low)


async def layer_soon(request: Request, name: str) -> Layer:
    """The layer called `name`, for a coroutine: in a thread where the database has to be looked at."""
    layers = layers_of(request)
    return layers.named(name) if layers.knows((name,)) else await run_in_threadpool(layers.named, name)


def every_layer(session: Session) -> dict[str, Layer]:
    """All layers that hold rows, removed ones too: for them as well what the law asks goes on."""
    ours = town_layers(session)
    return {**LAYERS, **ours.open, **ours.closed}


def layers_in(engine: Engine) -> dict[str, Layer]:
    """All layers in use, for a command."""
    with session_of(engine) as session:
        return {**LAYERS, **town_layers(session).open}


def layer_in(engine: Engine, name: str) -> tuple[Layer, dict[str, Layer]]:
    """The layer called `name` with all of them, for a command; `UnknownLayer` when there is none."""
    every = layers_in(engine)
    if name not in every:
        raise _unknown(name)
    return every[name], every


def _unknown(name: str) -> UnknownLayer:
    return UnknownLayer(f"ไม่มีชั้นข้อมูลชื่อ {name!r}", f"There is no layer called {name!r}")


def layers_of(request: Request) -> Layers:
    """The layers of the service that was asked."""
    found: Layers = request.app.state.layers
    return found
