"""Which column of a sent file is which: proposed by names, contents and what the town chose before, and changed here.

What is proposed is what the file is examined with, so that an officer sees what it leads to; it is kept with the
examination, and nothing is written before somebody has seen both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from api.edition_desk import EditionDesk
from geo.errors import BadRequest, RefusedImport, Text
from geo.intake.doctor.proposals import Proposal, mapping_of, proposals
from geo.intake.editions.work import as_json, from_json
from geo.intake.load import LoadOptions
from geo.intake.match import may_be_fed
from geo.intake.open import opened
from geo.layer import Layer
from geo.store.column_choices import remember, remembered
from geo.store.db import session_of
from geo.store.editions_books import edition_of
from geo.store.editions_tables import Edition
from geo.thai import folded_header

MATCHING = "matching"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One column of the file as the page tells it."""

    column: str
    field: str | None
    why: Mapping[str, str]


def columns_of(edition: Edition) -> list[Line]:
    """The columns of an edition's file, as they were when it was examined; none of what is no layer."""
    return [Line(**one) for one in (edition.doctor or {}).get(MATCHING, ())]


def fields_of(layer: Layer) -> list[tuple[str, Text]]:
    """The fields that a column may feed, by their labels."""
    return [(name, words.label) for name, words in layer.fields.items() if may_be_fed(layer, name)]


def proposed(desk: EditionDesk, number: int, layer: Layer, path: Path, options: LoadOptions) -> LoadOptions:
    """The options with the columns that are proposed for this file, kept with the edition; a choice of before holds."""
    if options.map or options.left_out:
        return options
    made = _proposals(desk, layer, path, options)
    left_out = tuple(one.column for one in made if one.field is None and one.why == "remembered")
    found = replace(options, map=mapping_of(made), left_out=left_out)
    with session_of(desk.engine) as session:
        edition_of(session, number).options = as_json(found)
    return found


def matching_of(desk: EditionDesk, layer: Layer, path: Path, options: LoadOptions) -> list[dict[str, Any]]:
    """What the page tells of the columns: what each feeds with these options, and why."""
    fed = {column: name for name, column in options.map.items()}
    return [
        {"column": one.column, "field": fed.get(one.column), "why": _why(one, fed.get(one.column), options)}
        for one in _proposals(desk, layer, path, options)
    ]  # fmt: skip


_CHOSEN = Text("ตามที่ท่านเลือก", "as you chose")


def _why(one: Proposal, field: str | None, options: LoadOptions) -> dict[str, str]:
    told = one.told if field == one.field and one.column not in options.left_out else _CHOSEN
    if one.candidates and field is None:
        return {"th": f"{told.th}: {', '.join(one.candidates)}", "en": f"{told.en}: {', '.join(one.candidates)}"}
    return {"th": told.th, "en": told.en}


def _proposals(desk: EditionDesk, layer: Layer, path: Path, options: LoadOptions) -> tuple[Proposal, ...]:
    try:
        with opened(path, encoding=options.encoding, crs=options.crs, layer=options.sheet) as file:
            headers = [name for name, _ in file.columns]
            with session_of(desk.engine) as session:
                known = remembered(session, layer, options.municipality or "", headers)
            before = {folded_header(header): field for header, field in known.fields.items()}
            before |= {folded_header(header): "" for header in known.unused}
            return proposals(layer, file, remembered=before)
    except RefusedImport:
        # The examination says why, with the choices that would have it opened.
        return ()


def remember_columns(desk: EditionDesk, session: Session, edition: Edition, form: Mapping[str, str]) -> None:
    """Take in what a person says of the columns (`field.0` of the first …), for this file and for the town's next."""
    layer = desk.layers.get(edition.layer)
    lines = columns_of(edition)
    if layer is None or not lines:
        raise BadRequest("ไฟล์นี้ไม่มีคอลัมน์ให้เลือก", "There are no columns of this file to choose")
    known = {name for name, _ in fields_of(layer)}
    chosen: dict[str, str | None] = {}
    for place, line in enumerate(lines):
        said = form.get(f"field.{place}", line.field or "").strip()
        if said and said not in known:
            raise BadRequest(f"ไม่มีช่องข้อมูล {said[:60]}", f"There is no field {said[:60]}")
        chosen[line.column] = said or None
    used = [field for field in chosen.values() if field]
    if twice := sorted({field for field in used if used.count(field) > 1}):
        labels = ", ".join(layer.fields[field].label.th for field in twice)
        english = ", ".join(layer.fields[field].label.en for field in twice)
        raise BadRequest(f"เลือกช่องเดียวกันสองคอลัมน์: {labels}", f"Two columns feed the same field: {english}")
    # Only what the person changed is a choice of theirs; the rest is proposed anew for the next file.
    changed = {line.column: chosen[line.column] for line in lines if chosen[line.column] != line.field}
    remember(session, layer, edition.municipality, changed, by=desk.me.login, at=desk.now)
    options = replace(
        from_json(edition.options), map={field: column for column, field in chosen.items() if field},
        left_out=tuple(column for column, field in chosen.items() if not field),
    )  # fmt: skip
    edition.options = as_json(options)
    session.flush()
