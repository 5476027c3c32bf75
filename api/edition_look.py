"""An edition looked at when its turn comes: its columns as they were chosen before, the doctor, the comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.edition_columns import MATCHING, matching_of, proposed
from api.edition_desk import EditionDesk
from api.edition_work import MOST_ROWS_KEPT, Progress, examination
from geo.intake.doctor.finding import Examination
from geo.intake.editions.compare import compared
from geo.intake.load import LoadOptions
from geo.store.db import session_of
from geo.store.editions_books import edition_of, is_waiting


def look_at(desk: EditionDesk, number: int) -> None:
    """Have an edition that waits examined and compared; its page tells how far that is."""
    with session_of(desk.engine) as session:
        edition = edition_of(session, number)
        kind, name = edition.layer, edition.file_name

    def examine(path: Path, options: LoadOptions, progress: Progress) -> dict[str, Any]:
        layer = desk.layers.get(kind)
        if layer is not None:
            options = proposed(desk, number, layer, path, options)
        found = examination(desk.engine, desk.layers, kind, path, options, file_name=name, progress=progress)
        told: dict[str, Any] = found.to_json(most_rows=MOST_ROWS_KEPT)
        return told | {MATCHING: matching_of(desk, layer, path, options) if layer is not None else []}

    def job() -> None:
        with session_of(desk.engine) as session:
            is_wanted = is_waiting(session, number)
        # Asked for twice it is done once, and cancelled meanwhile it is not done at all.
        if is_wanted:
            compared(desk.engine, desk.layers, number, files=desk.files, at=desk.now, examine=examine)

    desk.work.start(desk.engine, number, job)


def examination_of(desk: EditionDesk, kind: str, path: Path, options: LoadOptions, *, file_name: str) -> Examination:
    """The examination itself, made anew: what is kept of one is what pages tell."""
    return examination(desk.engine, desk.layers, kind, path, options, file_name=file_name)
