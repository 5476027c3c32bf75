"""What runs by itself once a day while the service is up: a town has nobody who would set up a timer.

It runs beside the workers, in the process that minds them; of several services on one database, one does it.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from api.layers import every_layer
from geo.errors import AtlasError
from geo.people.grants import BANGKOK
from geo.store.db import session_of, writing_engine
from geo.store.retention import keep_house

log = logging.getLogger("atlas.housekeeping")

LOOK_EVERY_SECONDS = 15 * 60


@contextmanager
def house_kept(url: str, *, every: float = LOOK_EVERY_SECONDS) -> Iterator[None]:
    """Look now and every quarter of an hour whether today's work is done, until the end of the block."""
    over = threading.Event()
    thread = threading.Thread(target=_keep, args=(url, every, over), name="housekeeping", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=30)


def _keep(url: str, every: float, over: threading.Event) -> None:
    engine = writing_engine(url, pool_size=1)
    try:
        while not over.is_set():
            now = dt.datetime.now(dt.UTC)
            try:
                with session_of(engine) as session:
                    done = keep_house(
                        session, every_layer(session), by="retention", at=now, on=now.astimezone(BANGKOK).date()
                    )
                if done:
                    log.info("retention took personal values out of %d rows and closed versions", done)
            except AtlasError as error:
                # The database is away for a while: the next look finds the work still to be done.
                log.warning("retention waits: %s", error.told.en)
            over.wait(every)
    finally:
        engine.dispose()
