"""What the law asks of a written feature: nothing comes back that was erased, and its grounds are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.errors import Problem
from geo.intake.erased import ERASED
from geo.intake.grounds import SaidGrounds, grounds
from geo.intake.work import Work
from geo.layer import Layer
from geo.people.grants import BANGKOK
from geo.store.duties_tables import ErasedRow
from geo.store.erase import erased, key_words


def refuse_erased(session: Session, layer: Layer, works: Sequence[Work]) -> None:
    """Refuse a person's values in a row that was emptied at their request, and a row under a key that was."""
    # Parcels and buildings are not marked: who owns land is brought again, as the law says.
    if layer.shape.cells is None:
        return
    written = [work for work in works if work.action.do != "delete"]
    ids = [work.row.id for work in written if work.row is not None]
    query = select(ErasedRow.row_id).where(ErasedRow.layer == layer.id, ErasedRow.row_id.in_(ids))
    emptied = set(session.scalars(query)) if ids else set()
    for work in written:
        if work.row is not None and work.row.id in emptied and _brings_a_person(layer, work):
            work.draft.refuse("erased", ERASED)
    for key in layer.keys:
        _refuse_keys(session, layer, key, [work for work in written if set(key) & work.draft.words.keys()])


def _brings_a_person(layer: Layer, work: Work) -> bool:
    said = {**work.draft.words, **work.draft.links}
    return work.action.has_geometry or any(said.get(name) is not None for name in layer.personal())


def _refuse_keys(session: Session, layer: Layer, key: tuple[str, ...], works: Sequence[Work]) -> None:
    named = [(work, values) for work in works if (values := _key_of(work, key))[0] not in (None, "")]
    if not named:
        return
    towns = [work.draft.town for work, _ in named]
    known = erased(session, layer, towns, [key_words(key, values) for _, values in named])
    for (work, _), gone in zip(named, known, strict=True):
        if gone:
            work.draft.refuse("erased", ERASED, key[0])


def _key_of(work: Work, key: tuple[str, ...]) -> list[Any]:
    was = work.row.values if work.row else {}
    return [work.draft.words.get(name, was.get(name)) for name in key]


def tell_grounds(session: Session, layer: Layer, works: Sequence[Work], *, on: dt.datetime) -> list[Problem]:
    """What an import without a word about its grounds is told: which rest on no text that people agreed to."""
    fed = {name for work in works for name, value in work.draft.words.items() if value is not None}
    if layer.processing is None or not fed:
        return []
    day = on.astimezone(BANGKOK).date()
    _, problems = grounds(session, layer, frozenset(fed), SaidGrounds(), town=None, on=day)
    return problems
