"""A newer file beside what the town has: every row checked, every change found and listed, nothing changed.

What is compared stays in one transaction of temporary tables; what is kept of it names columns, never values.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.intake.editions.bring import plan
from geo.intake.editions.files import EditionFiles
from geo.intake.editions.work import Beating, as_json, at_work, from_json
from geo.intake.load import Load, LoadOptions, ready
from geo.layer import Layer
from geo.store.db import session_of
from geo.store.editions_books import (
    EditionState,
    begin,
    decline_again,
    edition_of,
    forget_undecided,
    keep_examination,
    set_state,
    undecided,
)
from geo.store.editions_listed import list_changes
from geo.store.editions_plan import kinds, not_in_file
from geo.store.editions_tables import Edition

# What examines a file before it is compared, as JSON: told where it lies, how it is to be opened, whom to tell how far.
Examining = Callable[[Path, LoadOptions, Beating], dict[str, Any]]


def begun(
    engine: Engine, layer: Layer | str, source: Path, options: LoadOptions, *, files: EditionFiles, by: str,
    at: dt.datetime, tax_year: int | None = None, file_name: str | None = None,
) -> int:  # fmt: skip
    """A new edition of a town's layer with its file kept, waiting to be examined and compared; its number.

    What is no layer has its name instead: it can be examined, and no more. `options.whole` says that the file is the
    whole town. `BadRequest` where no town is named, `StoreAway` where the disk has no room: then there is no edition
    either.
    """
    kind = layer if isinstance(layer, str) else layer.id
    if options.municipality is None:
        raise BadRequest("ต้องระบุเทศบาล (--municipality)", "Say which municipality the file is of (--municipality)")
    if not source.exists():
        raise BadRequest(f"ไม่พบไฟล์ {source.name}", f"There is no file {source.name}")
    edition = Edition(
        layer=kind, municipality=options.municipality, file_name=(file_name or source.name)[-200:], file_sha256=b"",
        file_bytes=0, tax_year=tax_year, is_whole=options.whole, options=as_json(options),
        state=EditionState.WAITING.value, work_done=0, work_total=None, heartbeat_at=at, cancel_asked=False, counts={},
        made_at=at, made_by=by,
    )  # fmt: skip
    with session_of(engine) as session:
        number = begin(session, edition)
    kept = None
    try:
        kept = files.keep(number, source)
    finally:
        with session_of(engine) as session:
            row = edition_of(session, number)
            if kept is None:
                session.delete(row)
            else:
                row.file_sha256, row.file_bytes = kept.sha256, kept.size
    return number


def compared(
    engine: Engine, layers: Mapping[str, Layer], number: int, *, files: EditionFiles, at: dt.datetime,
    examine: Examining | None = None,
) -> dict[str, int]:  # fmt: skip
    """Compare an edition with what is there now, for the first time or again; how many changes there are of each kind.

    A file of a layer that is not `yearly` is examined alone, to be loaded as it is when somebody accepts it
    (`whole.py`); of what is no layer nothing follows. Whatever goes wrong is written down with the edition and raised
    (`RefusedImport` with all of a file's problems, `Cancelled`); the town's data is as it was. What was accepted stays
    so, and so does what was declined.
    """
    with session_of(engine) as session:
        edition = edition_of(session, number)
        options, layer, name = from_json(edition.options), layers.get(edition.layer), edition.file_name
    with at_work(engine, number, EditionState.EXAMINING) as beating:
        path = files.path(number)
        if path is None:
            raise BadRequest("ไม่มีไฟล์นี้เก็บไว้แล้ว ให้นำไฟล์เข้ามาใหม่", "The file is not kept any more; bring it again")
        examination = None
        if examine is not None:
            examination = examine(path, options, beating)
            with session_of(engine) as session:
                keep_examination(session, number, examination)
                # Whoever examines may have proposed which column is which.
                options = from_json(edition_of(session, number).options)
        if layer is None or layer.yearly is None:
            return _looked_at(engine, number, examination)
        with ready(layer, path, options, layers=layers, file_name=name) as load, session_of(engine) as session:
            return _listed(session, load, number, at=at, beating=beating)


def _looked_at(engine: Engine, number: int, examination: dict[str, Any] | None) -> dict[str, int]:
    """A file that is compared with nothing: it waits for somebody, unless it cannot be taken at all."""
    refused = (examination or {}).get("refused")
    state = EditionState.REFUSED if refused else EditionState.COMPARED
    with session_of(engine) as session:
        set_state(session, number, state, counts={"READ": (examination or {}).get("rows") or 0}, told=refused)
    return {}


def _listed(session: Session, load: Load, number: int, *, at: dt.datetime, beating: Beating) -> dict[str, int]:
    layer, options = load.layer, load.options
    assert options.municipality is not None
    incoming, staged = load.stage(session, progress=beating)
    beating.every = 0.0
    shift = plan(session, layer, incoming, whole=options.whole, seen=True,
                 progress=lambda done, total: beating(done, total))  # fmt: skip
    beating(1, 1)
    last, declined = forget_undecided(session, number)
    list_changes(session, layer, incoming, edition=number, town=options.municipality, first=last + 1)
    decline_again(session, number, declined, last + 1)
    counts = {**kinds(session), "NOT_IN_FILE": not_in_file(session, layer)}
    counts["READ"], counts["REFUSED"] = staged.rows, staged.refused
    counts |= {"SHIFTED_CM": round(shift * 100)} if shift else {}
    # Cancelled until here, nothing of it was listed.
    beating(1, 1)
    done = EditionState.COMPARED if undecided(session, number) else EditionState.SETTLED
    set_state(session, number, done, counts=counts, compared_at=at, told=None)
    return counts
