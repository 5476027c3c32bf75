"""What a municipality's officers said of the headers of its files, remembered for the next file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.layer import Layer
from geo.store.editions_tables import ColumnChoice
from geo.thai import folded_header


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What is known of a file's headers: the field that a header feeds, and headers that are not used."""

    fields: Mapping[str, str]
    unused: frozenset[str]


def remembered(session: Session, layer: Layer, town: str, headers: Collection[str]) -> Choices:
    """What was chosen for these headers, by the header as the file writes it; a field that is no more is forgotten."""
    by_name = {folded_header(header): header for header in headers}
    one = ColumnChoice
    query = select(one.header, one.field, one.is_used).where(
        one.municipality == town, one.layer == layer.id, one.header.in_(sorted(by_name))
    )
    found = session.execute(query).all()
    fields = {by_name[row.header]: row.field for row in found if row.is_used and row.field in layer.fields}
    return Choices(fields=fields, unused=frozenset(by_name[row.header] for row in found if not row.is_used))


def remember(
    session: Session, layer: Layer, town: str, chosen: Mapping[str, str | None], *, by: str, at: dt.datetime
) -> None:
    """Keep what somebody chose: header to field, or to None for one that is not used. The last word holds."""
    unknown = sorted({field for field in chosen.values() if field is not None} - set(layer.fields))
    if unknown:
        raise BadRequest(f"ไม่มีช่องข้อมูล {', '.join(unknown)}", f"There are no columns {', '.join(unknown)}")
    for header, field in chosen.items():
        values = {"field": field, "is_used": field is not None, "chosen_at": at, "chosen_by": by}
        name = {"municipality": town, "layer": layer.id, "header": folded_header(header)}
        statement = insert(ColumnChoice).values(**name, **values)
        session.execute(statement.on_conflict_do_update(index_elements=list(name), set_=values))


def forget(session: Session, layer: Layer, town: str, headers: Collection[str]) -> int:
    """Choose nothing for these headers any more; how many there were."""
    one = ColumnChoice
    names = sorted({folded_header(header) for header in headers})
    gone = delete(one).where(one.municipality == town, one.layer == layer.id, one.header.in_(names))
    return len(session.execute(gone.returning(one.header)).all())
