"""What goes into a worklist: an edition's changes, and of the rows what the reader may see and asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from geo.errors import NotYours
from geo.layer import Audience, Layer
from geo.render.worklist import Worklist
from geo.store.asking import Asking
from geo.store.editions_books import ChangeLine, Which, changes_of
from geo.store.editions_codes import codes_in_use
from geo.store.editions_tables import Edition
from geo.store.read import MOST_AT_ONCE, raw_page
from geo.store.wanted import Wanted

MOST_CHANGES = 100_000


def worklist_of(
    session: Session, layer: Layer, edition: Edition, *, made_on: dt.date, states: Sequence[str] = ("open", "accepted"),
    owners: tuple[Session, Asking] | None = None,
) -> Worklist:  # fmt: skip
    """The worklist of an edition, for whoever changes that town's rows (`session` signs in as the writer).

    `owners` adds owners and deeds as the rows hold them now: a reading session of the tax office's, through the read
    door, which has every row written down. `NotYours` for anybody who asks as another audience.
    """
    changes = changes_of(session, edition.id, Which(states=states, limit=MOST_CHANGES))
    values: Mapping[int, Mapping[str, Any]] = {}
    if owners is not None:
        values = _values(*owners, layer, changes)
    return Worklist(
        layer=layer, edition=edition.id, town=edition.municipality, file_name=edition.file_name,
        tax_year=edition.tax_year, made_on=made_on, changes=changes,
        codes=codes_in_use(session, layer, edition.municipality), values=values,
    )  # fmt: skip


def _values(session: Session, asking: Asking, layer: Layer, changes: Sequence[ChangeLine]) -> dict[int, dict[str, Any]]:
    if asking.audience is not Audience.TAX:
        raise NotYours("ข้อมูลเจ้าของสำหรับงานภาษีเท่านั้น", "Owners are for the tax office alone")
    assert layer.yearly is not None
    ids = sorted({id for change in changes if change.event != "PASSING" for id in change.old_ids})
    found: dict[int, dict[str, Any]] = {}
    for at in range(0, len(ids), MOST_AT_ONCE):
        some = tuple(ids[at : at + MOST_AT_ONCE])
        page = raw_page(session, layer, asking, Wanted(ids=some, names=layer.yearly.owner))
        names = list(page.fields)
        found |= {id: dict(zip(names, row, strict=True)) for id, row in zip(page.ids, page.values, strict=True)}
    return found
