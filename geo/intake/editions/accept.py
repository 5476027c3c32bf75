"""Changes of an edition accepted: one transaction through the same path as a load, with its batch, change and history.

The file is read again, so that its rows go through the same checks, and through the same refusal of what was erased
since. What people changed in the meantime makes a change stale: told, and not done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.errors import RefusedImport, Text
from geo.intake.editions.bring import Brought
from geo.intake.editions.files import EditionFiles
from geo.intake.editions.work import Beating, at_work, from_json
from geo.intake.load import ready
from geo.intake.report import Report
from geo.layer import Layer
from geo.store.batches import FileFacts, begun, ended, take_turn
from geo.store.db import session_of
from geo.store.editions_applied import carry_out
from geo.store.editions_books import EditionState, edition_of, file_is_gone, set_state, undecided
from geo.store.editions_decided import (
    Chosen,
    accepted_already,
    file_rows,
    leave_out_unstaged,
    mark_accepted,
    mark_stale,
    numbers_of,
)
from geo.store.editions_plan import kinds, make_plan, take_plan
from geo.store.editions_tables import Edition
from geo.store.merge import Incoming, hold
from geo.store.staging import make_staging
from geo.store.tables import Change


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What an acceptance did: the numbers that are done, those that went stale or whose rows are refused now.

    `change_id` is None where nothing was left to do; `already` counts what was accepted before. `report` is that of the
    rows, as of a load; `followed` counts rows of other layers whose links went along, `questions` links to be decided.
    """

    edition: int
    change_id: int | None = None
    accepted: tuple[int, ...] = ()
    stale: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    already: int = 0
    followed: Mapping[str, int] = field(default_factory=dict)
    questions: int = 0
    report: Report | None = None

    @property
    def told(self) -> Text:
        """It in one sentence."""
        th = f"รับแล้ว {len(self.accepted):,} รายการ"
        en = f"{len(self.accepted):,} changes accepted"
        if self.already and not self.accepted:
            th, en = f"{th} (รับไว้ก่อนแล้ว {self.already:,})", f"{en} ({self.already:,} had been before)"
        if self.stale:
            th += f" ข้อมูลเปลี่ยนไปแล้ว {len(self.stale):,} รายการ ให้เทียบใหม่"
            en += f"; {len(self.stale):,} are stale because people changed the rows since: compare again"
        if self.refused:
            th, en = (
                f"{th} แถวถูกปฏิเสธ {len(self.refused):,} รายการ",
                f"{en}; rows of {len(self.refused):,} are refused now",
            )
        if self.questions:
            th += f" มี {self.questions:,} รายการที่ต้องให้คนบอกว่าอยู่แปลงใด"
            en += f"; {self.questions:,} links wait for a person"
        return Text(th, en)


@dataclass(kw_only=True)
class _Way:
    """How the rows of accepted changes come in: as they were listed."""

    layer: Layer
    layers: Mapping[str, Layer]
    edition: int
    numbers: list[int]
    only: NDArray[np.int32]
    cause: Change | None = None
    refused: list[int] = field(default_factory=list)
    brought: Brought | None = None

    def bring(self, session: Session, incoming: Incoming, cause: Change, at: dt.datetime) -> Brought:
        """Take the plan from the books and do it."""
        make_plan(session)
        take_plan(session, self.edition, self.numbers)
        self.refused = leave_out_unstaged(session, self.edition, self.numbers)
        counts = {kind: count for kind, count in kinds(session).items() if kind != "SAME"}
        merged, followed, asked = carry_out(
            session, self.layer, self.layers, incoming, cause=cause, at=at, ends_missing=True
        )
        self.cause = cause
        self.brought = Brought(merged=merged, kinds=counts, followed=followed, questions=asked)
        return self.brought


def accepted(
    engine: Engine, layers: Mapping[str, Layer], number: int, chosen: Chosen | None = None, *, files: EditionFiles,
    by: str, origin: str, at: dt.datetime,
) -> Accepted:  # fmt: skip
    """Accept changes of an edition: all that is open, or what is chosen; all of it in one transaction, or nothing.

    Doing so twice does nothing more; of two at once the second waits, and finds it done.
    """
    chosen = chosen or Chosen()
    with (
        at_work(engine, number, EditionState.SETTLING, back=EditionState.COMPARED) as beating,
        session_of(engine) as session,
    ):
        edition = edition_of(session, number)
        layer = layers[edition.layer]
        take_turn(session, layer)
        done = _done(session, layer, layers, edition, chosen, files, beating, by=by, origin=origin, at=at)
        # Nothing beats from here on: the edition's row is this transaction's.
        is_over = not undecided(session, number)
        over: dict[str, Any] = {"ended_at": at, "ended_by": by} if is_over else {}
        set_state(session, number, EditionState.SETTLED if is_over else EditionState.COMPARED, told=None, **over)
    if is_over:
        files.forget(number)
        with session_of(engine) as session:
            file_is_gone(session, number, at=at)
    return done


def _done(
    session: Session, layer: Layer, layers: Mapping[str, Layer], edition: Edition, chosen: Chosen, files: EditionFiles,
    beating: Beating, *, by: str, origin: str, at: dt.datetime,
) -> Accepted:  # fmt: skip
    numbers = numbers_of(session, edition.id, chosen)
    already = accepted_already(session, edition.id, chosen)
    if not numbers:
        return Accepted(edition=edition.id, already=already)
    hold(session, layer)
    stale = mark_stale(session, layer, edition.id, numbers)
    numbers = sorted(set(numbers) - set(stale))
    if not numbers:
        return Accepted(edition=edition.id, stale=tuple(stale), already=already)
    rows = file_rows(session, edition.id, numbers)
    way = _Way(layer=layer, layers=layers, edition=edition.id, numbers=numbers, only=np.array(rows, dtype=np.int32))
    report = None
    if rows:
        path = files.path(edition.id)
        if path is None:
            raise _not_kept()
        options = from_json(edition.options)
        with ready(layer, path, options, layers=layers, file_name=edition.file_name) as load:
            report = load.into(session, by=by, origin=origin, at=at, progress=beating, way=way)
    else:
        _without_rows(session, way, edition, by=by, origin=origin, at=at)
    assert way.cause is not None
    assert way.brought is not None
    done = tuple(sorted(set(numbers) - set(way.refused)))
    mark_accepted(session, edition.id, done, change_id=way.cause.id, by=by, at=at)
    return Accepted(
        edition=edition.id, change_id=way.cause.id, accepted=done, stale=tuple(stale), refused=tuple(way.refused),
        already=already, followed=report.counts.relinked if report else way.brought.followed,
        questions=way.brought.questions, report=report,
    )  # fmt: skip


def _without_rows(session: Session, way: _Way, edition: Edition, *, by: str, origin: str, at: dt.datetime) -> None:
    """Rows that end and nothing else: the file has no part in it."""
    facts = FileFacts(
        name=edition.file_name, sha256=edition.file_sha256.hex(), size=edition.file_bytes, driver="edition",
        encoding="-", crs=None, crs_operation=None, municipality=edition.municipality,
    )  # fmt: skip
    act = begun(session, way.layer, facts, by=by, origin=origin, at=at)
    hows = [f"{name.removesuffix('_id')}_link" for name in way.layer.links]
    make_staging(session, way.layer, ["municipality", *way.layer.links, *hows, "source_digest", "geom"])
    brought = way.bring(session, Incoming(fed=(), measured=(), key=(), shapes=False), act.change, at)
    counts = {"ended": brought.merged.ended, "kinds": dict(brought.kinds), "questions": brought.questions}
    ended(session, act, counts=counts, report=counts, nothing_changed=not brought.merged.ended)


def _not_kept() -> RefusedImport:
    return RefusedImport(
        Text("ไม่มีไฟล์นี้เก็บไว้แล้ว", "the file is not kept any more"),
        choices=(
            Text("นำไฟล์เข้ามาเทียบใหม่", "bring the file again and compare it"),
            Text("ถ้าเพิ่งย้อนการรับ ให้ย้อนการย้อนนั้น", "if an acceptance was undone just now, undo the undo"),
        ),
    )
