"""How the staged rows of a layer that is `yearly` come into its table: as a difference to what is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from geo.intake.editions.shaped import told_by_shapes
from geo.layer import Layer
from geo.shapes.topology_plan import Progress, quiet
from geo.store.editions_applied import carry_out
from geo.store.editions_plan import Found, count_stayed, kinds, name_kinds, not_in_file, pair, residue, settle
from geo.store.merge import Incoming, Merged, hold
from geo.store.tables import Change


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What became of the rows: changes by kind, rows of other layers whose links followed, links left to be asked.

    `shifted_metres` is how far nearly all of the town moved alike, which is no change of the land.
    """

    merged: Merged
    kinds: Mapping[str, int] = field(default_factory=dict)
    followed: Mapping[str, int] = field(default_factory=dict)
    questions: int = 0
    shifted_metres: float = 0.0


class Way(Protocol):
    """How staged rows come into the table; `only` are the rows of the file that are wanted, None for all."""

    @property
    def only(self) -> NDArray[np.int32] | None: ...

    def bring(self, session: Session, incoming: Incoming, cause: Change, at: dt.datetime) -> Brought: ...


def plan(
    session: Session, layer: Layer, incoming: Incoming, *, whole: bool, seen: bool, progress: Progress = quiet
) -> float:
    """What the staged rows would do, as the plan's temporary tables; how many metres the whole town moved alike.

    `seen`: a person looks before it is done.

    Rows without a code are new to every load until somebody gives them one; a person sees that their shape is the same.
    """
    pair(session, layer, incoming)
    found: list[Found] = []
    shift = 0.0
    if incoming.shapes:
        old, new = residue(session, layer, incoming, whole=whole, bare=seen)
        if len(new) or (whole and len(old)):
            stayed = count_stayed(session)
            found, shift = told_by_shapes(old, new, whole=whole, stayed=stayed, proven=not seen, progress=progress)
    settle(session, layer, incoming, found)
    name_kinds(session, layer)
    return shift


@dataclass(frozen=True, kw_only=True)
class AllAtOnce:
    """A load: everything that the file brings; what its shapes have taken in ends, what it merely lacks stays.

    Unless it is the `whole` town: then what it lacks has ended.
    """

    layer: Layer
    layers: Mapping[str, Layer]
    whole: bool
    only: NDArray[np.int32] | None = None

    def bring(self, session: Session, incoming: Incoming, cause: Change, at: dt.datetime) -> Brought:
        """Plan it and do it, while the layer's other writers wait."""
        hold(session, self.layer)
        shift = plan(session, self.layer, incoming, whole=self.whole, seen=False)
        counts, missing = kinds(session), not_in_file(session, self.layer)
        merged, followed, asked = carry_out(session, self.layer, self.layers, incoming, cause=cause, at=at)
        merged = Merged(
            inserted=merged.inserted, updated=merged.updated, unchanged=merged.unchanged,
            not_in_file=missing - merged.ended, ended=merged.ended, box=merged.box,
        )  # fmt: skip
        return Brought(merged=merged, kinds=counts, followed=followed, questions=asked, shifted_metres=shift)
