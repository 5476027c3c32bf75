"""Work on an edition that may take a minute: it says how far it is, can be cancelled, and tells how it ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from geo.errors import AtlasError, Cancelled, RefusedImport
from geo.intake.grounds import SaidGrounds
from geo.intake.load import LoadOptions
from geo.intake.report import Entry
from geo.store.db import session_of
from geo.store.editions_books import EditionState, beat, set_state, take

BEAT_SECONDS = 1.0
MOST_PROBLEMS = 100
_GROUNDS = ("purpose", "basis", "sensitive_basis", "consent", "retain_until")


@dataclass(kw_only=True)
class Beating:
    """Called with (done, in all): writes it down at most once a second, and ends the work that is not wanted."""

    engine: Engine
    number: int
    every: float = BEAT_SECONDS
    _next: float = field(default=0.0)

    def __call__(self, done: int, total: int | None) -> None:
        if time.monotonic() < self._next:
            return
        with session_of(self.engine) as session:
            wanted = beat(session, self.number, done, total)
        if not wanted:
            raise Cancelled("ยกเลิกแล้ว ข้อมูลของเมืองเป็นเหมือนเดิม", "Cancelled; the town's data is as it was")
        self._next = time.monotonic() + self.every


@contextmanager
def at_work(engine: Engine, number: int, state: EditionState, *, back: EditionState | None = None) -> Iterator[Beating]:
    """The edition is in this state while the block goes on; how it failed is written down, and it fails all the same.

    `back` is what it is again when the work fails, where that is not the end of it. `OutOfTurn` where other work is
    going on; two who accept at once wait for each other elsewhere.
    """
    with session_of(engine) as session:
        was = EditionState(take(session, number, state).state)
        set_state(session, number, state, cancel_asked=False, work_done=0, work_total=None, told=None)
    ended: EditionState | None = EditionState.FAILED
    told = _INTERRUPTED
    try:
        yield Beating(engine=engine, number=number)
        ended = None
    except Cancelled as error:
        ended, told = EditionState.CANCELLED, _words(error)
        raise
    except RefusedImport as error:
        ended, told = EditionState.REFUSED, _words(error)
        raise
    except AtlasError as error:
        ended, told = EditionState.FAILED, _words(error)
        raise
    finally:
        if ended is not None:
            if back is not None:
                ended = was if was is EditionState.SETTLED else back
            with session_of(engine) as session:
                # Of two at once the other may have ended it.
                set_state(session, number, ended, after=state, told=told, cancel_asked=False)


_INTERRUPTED = {
    "th": "งานล้มเหลวกลางคัน ข้อมูลของเมืองเป็นเหมือนเดิม", "en": "The work failed midway; the town's data is as it was",
}  # fmt: skip


def _words(error: AtlasError) -> dict[str, Any]:
    found: dict[str, Any] = {"th": error.told.th, "en": error.told.en}
    if error.problems:
        found["problems"] = [Entry(problem=problem).as_json() for problem in error.problems[:MOST_PROBLEMS]]
    if isinstance(error, RefusedImport) and error.choices:
        found["choices"] = [{"th": choice.th, "en": choice.en} for choice in error.choices]
    return found


def as_json(options: LoadOptions) -> dict[str, Any]:
    """Options as they are kept with the edition, to open its file again in the same way."""
    found = {name: value for name, value in vars(options).items() if name not in ("grounds", "dry_run")}
    found |= {"map": dict(options.map), "set": dict(options.set), "left_out": list(options.left_out)}
    found["grounds"] = {name: getattr(options.grounds, name) for name in _GROUNDS}
    return found


def from_json(found: dict[str, Any]) -> LoadOptions:
    """The options that were kept."""
    return LoadOptions(**{**found, "grounds": SaidGrounds(**found.get("grounds", {}))})
