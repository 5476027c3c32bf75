"""A file of a layer without editions, examined before and now accepted: loaded as it is, and its copy forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import Engine

from geo.errors import BadRequest, OutOfTurn
from geo.intake.editions.files import EditionFiles
from geo.intake.editions.work import at_work, from_json
from geo.intake.load import ready
from geo.intake.report import Report
from geo.layer import Layer
from geo.store.db import session_of
from geo.store.editions_books import EditionState, edition_of, set_state

BATCH = "BATCH"


def loaded(
    engine: Engine, layers: Mapping[str, Layer], number: int, *, files: EditionFiles, by: str, origin: str,
    at: dt.datetime,
) -> Report:  # fmt: skip
    """Load the file of an edition, all of it or nothing; its report. `BadRequest` for what is loaded nowhere."""
    with session_of(engine) as session:
        edition = edition_of(session, number)
        layer, options, name = layers.get(edition.layer), from_json(edition.options), edition.file_name
        is_loaded = edition.state == EditionState.SETTLED
    if layer is None or layer.yearly is not None:
        raise BadRequest("ไฟล์ชนิดนี้ไม่ได้นำเข้าทั้งไฟล์", "Files of this kind are not loaded as a whole")
    if is_loaded:
        raise OutOfTurn("ไฟล์นี้นำเข้าไปแล้ว", "This file is loaded already")
    with at_work(engine, number, EditionState.SETTLING, back=EditionState.COMPARED) as beating:
        path = files.path(number)
        if path is None:
            raise BadRequest("ไม่มีไฟล์นี้เก็บไว้แล้ว ให้นำไฟล์เข้ามาใหม่", "The file is not kept any more; bring it again")
        with ready(layer, path, options, layers=layers, file_name=name) as load, session_of(engine) as session:
            report = load.into(session, by=by, origin=origin, at=at, progress=beating)
            counts = {"READ": report.counts.read, BATCH: report.batch_id}
            told = {"th": report.told.th, "en": report.told.en}
            # Nothing beats from here on: the edition's row is this transaction's.
            set_state(session, number, EditionState.SETTLED, counts=counts, told=told, ended_at=at, ended_by=by)
    files.forget(number)
    with session_of(engine) as session:
        edition_of(session, number).file_gone_at = at
    return report
