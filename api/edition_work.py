"""Files examined and compared in a thread of this process, one after another; how far it is stands in the database.

So every worker can tell of it, cancel it, and see when its process died. One at a time, because a tax map of 100,000
parcels takes a gigabyte while it is looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Engine

from geo.errors import AtlasError, RefusedImport
from geo.intake.doctor.examine import examined
from geo.intake.doctor.finding import Examination
from geo.intake.doctor.land_office import KIND as LAND_OFFICE
from geo.intake.doctor.land_office import examined_list
from geo.intake.doctor.look import shapes_of
from geo.intake.load import LoadOptions
from geo.layer import Layer
from geo.shapes.measure import bounds_of
from geo.shapes.whereabouts import Box
from geo.store.db import session_of
from geo.store.editions_books import ask_to_cancel
from geo.store.known import known_here, parcel_shapes

log = logging.getLogger("atlas.editions")

BUILDING = "building"
# What is kept with an edition; all rows are in the corrected copy.
MOST_ROWS_KEPT = 2_000
Progress = Callable[[int, int | None], None]


class EditionWork:
    """The thread; `close` ends what it is at, and nothing of it is half-done."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="edition")
        self._lock = Lock()
        self._going: dict[int, Engine] = {}

    def start(self, engine: Engine, number: int, job: Callable[[], Any]) -> None:
        """Have a job done when its turn comes; how it ends is written down by itself."""
        with self._lock:
            self._going[number] = engine
        self._pool.submit(self._done, number, job)

    def close(self) -> None:
        """Cancel what is going on and wait for it."""
        with self._lock:
            going = dict(self._going)
        self._pool.shutdown(wait=False, cancel_futures=True)
        for number, engine in going.items():
            try:
                with session_of(engine) as session:
                    ask_to_cancel(session, number)
            except AtlasError as error:
                log.info("edition %d is not cancelled: %s", number, error.told.en)
        self._pool.shutdown(wait=True)

    def _done(self, number: int, job: Callable[[], Any]) -> None:
        try:
            job()
        except AtlasError as error:
            # Told to the officer by the edition itself.
            log.info("edition %d ended: %s", number, error.told.en)
        except Exception:
            log.exception("edition %d failed", number)
        finally:
            with self._lock:
                self._going.pop(number, None)


def examination(
    engine: Engine, layers: Mapping[str, Layer], kind: str, path: Path, options: LoadOptions, *, file_name: str,
    progress: Progress | None = None,
) -> Examination:  # fmt: skip
    """What the doctor finds of a file, beside what this person's towns have."""
    layer = None if kind == LAND_OFFICE else layers[kind]
    with session_of(engine) as session:
        known = known_here(session, layer, options.municipality, layers)
    if layer is None:
        return examined_list(known, path, options, file_name=file_name, progress=progress)
    parcels = None
    if layer.id == BUILDING and (box := _box(layers, layer, path, options, file_name)) is not None:
        with session_of(engine) as session:
            parcels = parcel_shapes(session, options.municipality, layers, box)
    return examined(known, layer, path, options, layers=layers, file_name=file_name, parcels=parcels, progress=progress)


def _box(layers: Mapping[str, Layer], layer: Layer, path: Path, options: LoadOptions, file_name: str) -> Box | None:
    """Where the file's shapes lie; None for a file that is refused, which is told when it is examined."""
    try:
        return bounds_of(shapes_of(layer, path, options, layers=layers, file_name=file_name))
    except RefusedImport:
        return None
