"""What a town layer will be after somebody's words: a definition out of another, before anything is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from geo.errors import BadRequest, Text
from geo.layer import Audience, Cells, Nature, Processing, Published
from geo.store.town_definition import ColumnType, Definition, TownColumn
from geo.store.town_names import column_names

_NOTHING: Mapping[str, Any] = {}


def changed(
    before: Definition, *, title: tuple[str | None, str | None] = (None, None),
    about: tuple[str | None, str | None] = (None, None), source: Text | None = None, licence: str | None = None,
    public: bool = False, audiences: Mapping[str, Audience] = _NOTHING, shape: Published | Cells | None = None,
    editors: Audience | None = None, instant: str | None = None, labels: Mapping[str, Text] = _NOTHING,
    color: str | None = None, symbol: str | None = None, label: str | None = None,
    natures: Mapping[str, Nature | None] = _NOTHING, added: Mapping[str, ColumnType] = _NOTHING,
    key: Sequence[str] | None = None, processing: Processing | None = None,
) -> Definition:  # fmt: skip
    """The definition with what is said otherwise; what is not said stays. `-` takes an instant or a label away."""
    said = replace(before, columns=(*before.columns, *_added(before, added)))
    columns = {one.name: one for one in said.columns}
    if public:
        opened = {name: replace(one, audience=Audience.PUBLIC) for name, one in columns.items() if one.nature is None}
        columns |= opened
    for name, nature in natures.items():
        one = said.column(name)
        kept = columns[one.name].audience
        columns[one.name] = replace(columns[one.name], nature=nature, audience=_at_most_staff(kept) if nature else kept)
    for name, audience in audiences.items():
        one = said.column(name)
        columns[one.name] = replace(columns[one.name], audience=audience)
    for name, words in labels.items():
        one = said.column(name)
        columns[one.name] = replace(columns[one.name], label=words)
    if public and shape is None and before.public is Published.WITHHELD:
        shape = Published.AS_IT_IS
    more: dict[str, Any] = {
        "title": _pair(before.title, *title), "about": _pair(before.about, *about), "source": source,
        "licence": licence, "public": shape, "editors": editors, "color": color, "symbol": symbol,
        "processing": processing, "key": tuple(said.column(name).name for name in key) if key else None,
    }  # fmt: skip
    more = {name: value for name, value in more.items() if value is not None}
    for name, called in (("instant", instant), ("label", label)):
        if called:
            more[name] = None if called == "-" else said.column(called).name
    if not any(one.nature for one in columns.values()) and not isinstance(said.public, Cells):
        more["processing"] = None  # what speaks of nobody needs no grounds
    # At once, because only all of it together is whole: personal values and their grounds, say.
    return replace(said, **more, columns=tuple(columns.values()))


def _added(before: Definition, added: Mapping[str, ColumnType]) -> tuple[TownColumn, ...]:
    here = {one.source for one in before.columns}
    for source in added:
        if source in here:
            raise BadRequest(f"มีคอลัมน์ {source} อยู่แล้ว", f"there is a column {source} already")
    names = column_names(list(added), taken=[one.name for one in before.columns])
    return tuple(
        TownColumn(name=name, source=source, type=kind, label=Text(source, source))
        for name, (source, kind) in zip(names, added.items(), strict=True)
    )


def _at_most_staff(audience: Audience) -> Audience:
    return Audience.STAFF if audience in (Audience.PUBLIC, Audience.PARTNER) else audience


def _pair(before: Text, th: str | None, en: str | None) -> Text | None:
    return Text(th or before.th, en or before.en) if th or en else None
