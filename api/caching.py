"""What is remembered between requests, and forgotten when an edit touches it (DESIGN §2.11).

A trigger tells every worker which layer changed and where. A worker that cannot hear remembers nothing, so that no
answer is ever older than the telling.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from api.layers import TOWN_LAYERS, Layers
from geo.shapes.whereabouts import Box

log = logging.getLogger("atlas.cache")

MOST_BYTES = 64 * 2**20
GRID_MARGIN_DEGREES = 0.01  # a cell of households reaches beyond the household that changed it


@dataclass(slots=True)
class Kept:
    """One answer: its bytes, its strong ETag and, once somebody asked for it, the compressed bytes.

    It is packed where it is longer than `least`.
    """

    body: bytes
    etag: str
    least: int = 500
    _gzipped: bytes | None = field(default=None)

    @classmethod
    def of(cls, body: bytes) -> Kept:
        """The answer `body` with its tag."""
        return cls(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"')

    def gzipped(self) -> bytes:
        """The body as gzip, made once; the fixed header keeps it the same bytes each time."""
        if self._gzipped is None:
            packer = zlib.compressobj(5, zlib.DEFLATED, 31)
            self._gzipped = packer.compress(self.body) + packer.flush()
        return self._gzipped


class EditCache:
    """Answers by key, each belonging to layers and a rectangle; the oldest go when it is full."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._kept: OrderedDict[Hashable, tuple[Kept | Any, tuple[str, ...], Box | None, int]] = OrderedDict()
        self._edits: dict[str, int] = {}
        self._lock = threading.Lock()
        self._most, self._bytes, self._hearing = most_bytes, 0, False

    def kept(self, key: Hashable) -> Any | None:
        """What is remembered under `key`, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def edits(self, layers: tuple[str, ...]) -> tuple[int, ...]:
        """A mark to be taken before asking the database, so that an answer overtaken by an edit is not kept."""
        with self._lock:
            return tuple(self._edits.get(layer, 0) for layer in layers)

    def keep(
        self, key: Hashable, value: Any, *, layers: tuple[str, ...], box: Box | None, since: tuple[int, ...]
    ) -> None:
        """Remember an answer unless one of its layers changed since `since` was taken."""
        size = len(value.body) * 2 if isinstance(value, Kept) else 1024
        with self._lock:
            if not self._hearing or since != tuple(self._edits.get(layer, 0) for layer in layers):
                return
            if size > self._most // 8:
                return
            self._kept[key] = (value, layers, box, size)
            self._bytes += size
            while self._bytes > self._most:
                _, (_, _, _, freed) = self._kept.popitem(last=False)
                self._bytes -= freed

    def edited(self, layer: str, box: Box) -> None:
        """Forget what an edit touches."""
        wide = Box(
            west=box.west - GRID_MARGIN_DEGREES, south=box.south - GRID_MARGIN_DEGREES,
            east=box.east + GRID_MARGIN_DEGREES, north=box.north + GRID_MARGIN_DEGREES,
        )  # fmt: skip
        with self._lock:
            self._edits[layer] = self._edits.get(layer, 0) + 1
            gone = [
                key for key, (_, layers, place, _) in self._kept.items()
                if layer in layers and (place is None or place.meets(wide))
            ]  # fmt: skip
            for key in gone:
                self._bytes -= self._kept.pop(key)[3]

    def hearing(self, yes: bool) -> None:
        """Whether edits are being heard; while they are not, nothing is remembered."""
        with self._lock:
            self._hearing = yes
            self._kept.clear()
            self._bytes = 0
            for layer in self._edits:
                self._edits[layer] += 1


class Listener(threading.Thread):
    """Hears `atlas_edit` on a connection of its own and comes back by itself when the database was away."""

    def __init__(self, cache: EditCache, url: str, layers: Layers) -> None:
        super().__init__(name="atlas-listener", daemon=True)
        self._cache, self._layers = cache, layers
        self._url = url.replace("postgresql+psycopg://", "postgresql://")
        self._over = threading.Event()

    def run(self) -> None:
        """Listen until `stop`."""
        while not self._over.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=3) as connection:
                    connection.execute("LISTEN atlas_edit")
                    self._layers.heard(True)
                    self._cache.hearing(True)
                    self._hear(connection)
            except psycopg.Error as error:
                log.warning("cannot hear edits, remembering nothing: %s", type(error).__name__)
            self._cache.hearing(False)
            self._layers.heard(False)
            self._over.wait(0.5)

    def _hear(self, connection: psycopg.Connection[Any]) -> None:
        while not self._over.is_set():
            for told in connection.notifies(timeout=0.5):
                _tell(self._edited, told.payload)
            # A server that vanished without a word is found by asking.
            connection.execute("SELECT 1")

    def _edited(self, layer: str, box: Box) -> None:
        if layer == TOWN_LAYERS:
            self._layers.refresh()
        self._cache.edited(layer, box)

    def stop(self) -> None:
        """End the thread, within half a second."""
        self._over.set()
        self.join(timeout=5)


def _tell(edited: Callable[[str, Box], None], payload: str) -> None:
    told = json.loads(payload)
    west, south, east, north = told["box"]
    edited(told["layer"], Box(west=west, south=south, east=east, north=north))
