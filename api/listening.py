"""Hearing of edits: a connection of its own, which proves several times a second that it still hears."""

from __future__ import annotations

import json
import logging
import select
import threading
import time
from typing import Any

import psycopg

from api.caching import EditCache
from api.layers import TOWN_LAYERS, Layers
from geo.shapes.whereabouts import Box

log = logging.getLogger("atlas.cache")

PROVE_SECONDS = 0.2
# A network that swallows everything is given up on within seconds, instead of after the quarter of an hour that the
# system would wait; what is kept is not used meanwhile, because nothing is proved.
_IMPATIENT: dict[str, Any] = {
    "connect_timeout": 3, "tcp_user_timeout": 3000, "keepalives_idle": 1, "keepalives_interval": 1,
    "keepalives_count": 2,
}  # fmt: skip


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
                with psycopg.connect(
                    self._url, autocommit=True, application_name="atlas listener", **_IMPATIENT
                ) as connection:  # fmt: skip
                    connection.add_notify_handler(self._tell)
                    connection.execute("LISTEN atlas_edit")
                    self._layers.heard(True)
                    self._cache.hearing(True)
                    self._hear(connection)
            except psycopg.Error as error:
                log.warning("cannot hear edits, remembering nothing: %s", type(error).__name__)
            finally:
                self._cache.hearing(False)
                self._layers.heard(False)
            self._over.wait(0.5)

    def _hear(self, connection: psycopg.Connection[Any]) -> None:
        while not self._over.is_set():
            asked_at = time.monotonic()
            # PostgreSQL tells of every edit that was committed before this question before it answers the question.
            connection.execute("SELECT 1")
            self._cache.proved(asked_at)
            select.select([connection.fileno()], [], [], PROVE_SECONDS)

    def _tell(self, told: psycopg.Notify) -> None:
        edit = json.loads(told.payload)
        if edit["layer"] == TOWN_LAYERS:
            self._layers.refresh()
        box = edit["box"]
        self._cache.edited(
            edit["layer"], box and Box(west=box[0], south=box[1], east=box[2], north=box[3])
        )  # fmt: skip

    def stop(self) -> None:
        """End the thread, within a fraction of a second."""
        self._over.set()
        self.join(timeout=5)
