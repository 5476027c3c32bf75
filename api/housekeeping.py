"""What runs by itself while the service is up: a town has nobody who would set up a timer.

It runs beside the workers, in the process that minds them; of several services on one database, one does it.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from api.layers import every_layer
from geo.errors import AtlasError
from geo.intake.editions.files import EditionFiles, let_files_go
from geo.intake.expiring import expire_overdue
from geo.people.grants import BANGKOK
from geo.photos.keeping import Keeping
from geo.store import photo_files
from geo.store.db import session_of, writing_engine
from geo.store.retention import keep_house

log = logging.getLogger("atlas.housekeeping")

LOOK_EVERY_SECONDS = 15 * 60


@contextmanager
def house_kept(
    url: str, photos: Keeping, *, home: Path | None = None, every: float = LOOK_EVERY_SECONDS
) -> Iterator[None]:
    """Look now and every quarter of an hour whether today's work is done, until the end of the block.

    `home` is where the files of editions lie, where this service keeps any.
    """
    jobs: tuple[Callable[[Engine, dt.datetime], None], ...] = (
        let_values_go, expire_marks, partial(let_photos_go, photos),
    )  # fmt: skip
    if home is not None:
        jobs = (*jobs, partial(let_editions_go, EditionFiles(home)))
    with again_and_again(url, jobs, every=every, name="housekeeping"):
        yield


@contextmanager
def again_and_again(
    url: str, jobs: tuple[Callable[[Engine, dt.datetime], None], ...], *, every: float, name: str
) -> Iterator[None]:
    """Do these jobs now and every so many seconds, in a thread of their own, until the end of the block."""
    over = threading.Event()
    thread = threading.Thread(target=_keep, args=(url, jobs, every, over, name), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=30)


def _keep(
    url: str, jobs: tuple[Callable[[Engine, dt.datetime], None], ...], every: float, over: threading.Event, name: str
) -> None:
    engine = writing_engine(url, pool_size=1)
    try:
        while not over.is_set():
            for job in jobs:
                try:
                    job(engine, dt.datetime.now(dt.UTC))
                except AtlasError as error:
                    # The database is away for a while: the next look finds the work still to be done.
                    log.warning("%s waits: %s", name, error.told.en)
            over.wait(every)
    finally:
        engine.dispose()


def let_values_go(engine: Engine, at: dt.datetime) -> None:
    """Personal values whose time is over."""
    with session_of(engine) as session:
        done = keep_house(session, every_layer(session), by="retention", at=at, on=at.astimezone(BANGKOK).date())
    if done:
        log.info("retention took personal values out of %d rows and closed versions", done)


def expire_marks(engine: Engine, at: dt.datetime) -> None:
    """Marks that nobody inspected again by their day."""
    with session_of(engine) as session:
        done = expire_overdue(session, every_layer(session), at=at)
    if done:
        log.info("%d marks were not inspected again by their day", done)


def let_photos_go(photos: Keeping, engine: Engine, at: dt.datetime) -> None:
    """Photographs that were taken off long ago, and the files of those that were erased."""
    with session_of(engine) as session:
        layers = [one for one in every_layer(session).values() if one.photographed]
        done = sum(photo_files.erase_old(session, layer, by="retention", at=at) for layer in layers)
        going = photo_files.going(session)
    if done:
        log.info("%d photographs were erased 90 days after they were taken off", done)
    for digest in going:
        # Each by itself: what is gone is noted as gone though the store goes away before the next.
        with session_of(engine) as session:
            photo_files.let_file_go(session, photos, digest, at=at)


def let_editions_go(files: EditionFiles, engine: Engine, at: dt.datetime) -> None:
    """The files of editions that are settled, laid aside or too old; and work on one that stands still."""
    with session_of(engine) as session:
        done = let_files_go(session, files, at=at)
    if done:
        log.info("the files of %d editions are deleted", len(done))
