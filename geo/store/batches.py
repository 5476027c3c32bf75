"""The books of imports: which file came in, by whom, as which change, and its report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, outerjoin, select, text
from sqlalchemy.orm import Session

from geo.errors import UnknownFeature
from geo.layer import Layer
from geo.personal import Basis, SensitiveBasis
from geo.store.db import told_when_away
from geo.store.tables import Change, ImportBatch

LOAD_LOCK = 0x6C6F6164  # "load"


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What the batch keeps of the file itself."""

    name: str
    sha256: str
    size: int
    driver: str
    encoding: str
    crs: str | None
    crs_operation: str | None
    municipality: str | None


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """Why a file with personal data was taken, what its people agreed to, and until when its values stay."""

    purpose: str
    basis: Basis
    sensitive_basis: SensitiveBasis | None
    consent_text_id: int | None
    retain_until: dt.date | None


@dataclass(kw_only=True)
class Act:
    """One load being written: its batch, its change, its time."""

    batch: ImportBatch
    change: Change
    at: dt.datetime


@contextmanager
def one_transaction(engine: Engine, *, keep: bool) -> Iterator[Session]:
    """A session whose work is kept whole at the end, or not at all: on a failure, or when it was a dry run."""
    with told_when_away(), Session(engine) as session, session.begin() as transaction:
        yield session
        if not keep:
            session.flush()
            transaction.rollback()


def begun(
    session: Session, layer: Layer, file: FileFacts, *, by: str, origin: str, at: dt.datetime,
    grounds: Grounds | None = None,
) -> Act:  # fmt: skip
    """The batch and change rows of a load, which wait their turn behind another load of the same layer."""
    take_turn(session, layer)
    batch = ImportBatch(
        layer=layer.id, file_name=file.name, file_sha256=bytes.fromhex(file.sha256), file_bytes=file.size, loaded_at=at,
        loaded_by=by, municipality=file.municipality, driver=file.driver, encoding=file.encoding, crs_in=file.crs,
        crs_operation=file.crs_operation, counts={}, report={}, purpose=grounds and grounds.purpose,
        lawful_basis=grounds and grounds.basis, sensitive_basis=grounds and grounds.sensitive_basis,
        consent_text_id=grounds and grounds.consent_text_id, retain_until=grounds and grounds.retain_until,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    change = Change(made_at=at, made_by=by, origin=origin, operation="load", layer=layer.id, batch_id=batch.id)
    session.add(change)
    session.flush()
    return Act(batch=batch, change=change, at=at)


def take_turn(session: Session, layer: Layer) -> None:
    """Wait behind another load of the same layer, until the end of whose transaction nothing else is begun."""
    turn = text("SELECT pg_advisory_xact_lock(:lock, hashtext(:layer))")
    session.execute(turn, {"lock": LOAD_LOCK, "layer": layer.id})


def ended(session: Session, act: Act, *, counts: dict[str, Any], report: dict[str, Any], nothing_changed: bool) -> None:
    """Write down how it went; a load that changed nothing leaves its batch and no change."""
    act.batch.counts = counts
    act.batch.report = report
    if nothing_changed:
        session.delete(act.change)
    else:
        act.change.counts = counts
    session.flush()


def stored_report(session: Session, batch_id: int) -> dict[str, Any]:
    """The report of an import; `UnknownFeature` when there is none."""
    return _batch(session, batch_id).report


def layer_and_town(session: Session, batch_id: int) -> tuple[str, str | None]:
    """What an import went into, and for which municipality; `UnknownFeature` when there is none."""
    batch = _batch(session, batch_id)
    return batch.layer, batch.municipality


def _batch(session: Session, batch_id: int) -> ImportBatch:
    batch = session.get(ImportBatch, batch_id)
    if batch is None:
        raise UnknownFeature(f"ไม่มีการนำเข้าหมายเลข {batch_id}", f"There is no import {batch_id}")
    return batch


def brought_otherwise(session: Session, layer: Layer, town: str, file_name: str) -> int:
    """How many of a town's rows of a layer were last written by anything but files of that name."""
    rows = layer.table.__table__.c
    changes = outerjoin(layer.table.__table__, Change, Change.id == rows.change_id)
    joined = changes.outerjoin(ImportBatch, ImportBatch.id == Change.batch_id)
    other = ImportBatch.file_name.is_distinct_from(file_name)
    query = select(func.count()).select_from(joined).where(rows.municipality == town, other)
    return session.scalar(query) or 0
