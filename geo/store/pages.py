"""Pages of features that programs ask for by the hundred: statements put together once, rows told as bytes.

They are those of the read door (`read.rows`) with the place, the cursor and the number of rows left open. Questions
that a planner should see whole before it answers (filters, an order, the past) go the general way, `stream.py`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BigInteger, Double, bindparam, func, select

from geo.encode import EncodedPage, Records, features, number_before
from geo.layer import Audience, Cells, Layer
from geo.shapes.served import Served
from geo.store.lines import Lines
from geo.store.narrowing import well_within
from geo.store.prepared import Prepared, Statements, prepared
from geo.store.read import Asking, Wanted, form, is_written_down, named_fields, rows
from geo.store.stream import told_columns
from geo.store.wanted import Cursor, OpenBox

MOST_COUNTED = 10_000
PAGES_COUNTED = 3
# What takes longer to write than a thread takes to start: others are answered meanwhile.
BYTES_FOR_A_THREAD = 400_000


@dataclass(frozen=True, kw_only=True)
class CountedPage:
    """A page, and how many features there are in all; None where that was not counted."""

    page: EncodedPage
    matched: int | None


def can_be_prepared(layer: Layer, asking: Asking, wanted: Wanted) -> bool:
    """Whether `page_of` may be asked: one feature, or those of a rectangle, or all of them in the order of their ids.

    Reading that is written down needs a session with a witness. Whoever looks in some areas only has to say in which
    rectangle: without one PostgreSQL must know the areas before it chooses how to look for them.
    """
    box = wanted.box
    if not wanted.is_plain or is_written_down(layer, asking) or isinstance(form(layer, asking), Cells):
        return False
    if wanted.ids:
        return len(wanted.ids) == 1 and box is None and wanted.after is None
    return len(box.pieces) == 1 if box else asking.audience is Audience.PUBLIC


def counted_for(limit: int) -> int:
    """How many features are counted for a page of so many: whoever asks for much is told of more."""
    return max(MOST_COUNTED, PAGES_COUNTED * limit)


def _open(name: str, kind: Any) -> Any:
    return bindparam(name, None, type_=kind)


_EDGES = ("west", "south", "east", "north")
_WHOLE = {name: _open(name, Double()) for name in _EDGES}
_INNER = {name: _open(f"inner_{name}", Double()) for name in _EDGES}
_NUMBERS = ("fid", "after", "limit", "most", "most_and_one")
_FID, _AFTER, _LIMIT, _MOST, _MOST_AND_ONE = (_open(name, BigInteger()) for name in _NUMBERS)
_LEFT_OPEN = (*_EDGES, *(f"inner_{name}" for name in _EDGES), *_NUMBERS)
# As `Box` and `Cursor` are, with what is bound later in the place of numbers.
_ANY_BOX: Any = OpenBox(whole=SimpleNamespace(**_WHOLE), inner=SimpleNamespace(**_INNER))
_ANY_AFTER = Cursor(id=_AFTER)
_STATEMENTS: Statements[Prepared] = Statements()


async def page_of(
    lines: Lines, layer: Layer, asking: Asking, wanted: Wanted, crs: Served, *,
    area: str | None = None,
) -> CountedPage | None:  # fmt: skip
    """The page as GeoJSON features in `crs` (none whose datum shift is our own), with the number of all of them.

    None where a rectangle holds more than `counted_for` says: which way to find the first of so many is for the
    planner to say. `area` is the signed area of whoever is no part of the public.
    """
    key = (id(layer), asking.eyes, crs.uri, wanted.names, bool(wanted.box), bool(wanted.after), bool(wanted.ids))
    asked = _STATEMENTS.get(key, lambda: _made(layer, asking, wanted, crs))
    limit, box = wanted.limit or 1, wanted.box
    most = counted_for(limit)
    values: dict[str, Any] = {"limit": limit + 1, "most": most, "most_and_one": most + 1}
    if wanted.ids:
        values["fid"] = wanted.ids[0]
    if wanted.after:
        values["after"] = wanted.after.id
    if box:
        inner = well_within(box)
        values |= {name: getattr(box, name) for name in _EDGES}
        values |= {f"inner_{name}": getattr(inner, name) for name in _EDGES}
    (records,) = await lines.ask([(asked, values)], area)
    matched = number_before(records) if box else None
    if matched is not None and matched > most:
        return None
    held = await _encoded(records, asked.about[1], crs, limit, is_counted=bool(box))
    if matched is None and not held.more and not wanted.after:
        matched = held.count
    return CountedPage(page=held, matched=matched)


async def _encoded(
    records: Records, names: tuple[str, ...], crs: Served, limit: int, *, is_counted: bool
) -> EncodedPage:  # fmt: skip
    def written() -> EncodedPage:
        return features(records, names, digits=crs.digits, swap=crs.swapped, most=limit, is_counted=is_counted)

    return written() if len(records.buffer) < BYTES_FOR_A_THREAD else await asyncio.to_thread(written)


def _made(layer: Layer, asking: Asking, wanted: Wanted, crs: Served) -> Prepared:
    names = tuple(named_fields(layer, asking, wanted))
    same = Wanted(names=wanted.names)
    after = _ANY_AFTER if wanted.after else None
    if wanted.ids:
        query = rows(layer, asking, replace(same, ids=(_FID,)))
    elif wanted.box is None:
        query = rows(layer, asking, replace(same, after=after)).limit(_LIMIT)
    else:
        return prepared(_within(layer, asking, same, after, names, crs), _LEFT_OPEN, about=(layer, names))
    told = told_columns(query.subquery("held"), names, crs)
    return prepared(told, _LEFT_OPEN, about=(layer, names))


def _within(
    layer: Layer, asking: Asking, same: Wanted, after: Cursor | None, names: tuple[str, ...], crs: Served
) -> Any:  # fmt: skip
    """What lies in a rectangle is looked at once, to be counted and to be told; not all of it where that is much."""
    found = rows(layer, asking, replace(same, box=_ANY_BOX, by_place=True)).order_by(None).limit(_MOST_AND_ONE)
    held = found.subquery("found")
    # No more columns than are told: they are all put aside between the counting and the telling.
    near = select(held.c.id, *(held.c[name] for name in names), held.c.geom).cte("near")
    matched = select(func.count().label("matched")).select_from(near).subquery("all")
    first = select(near)
    if after:
        first = first.where(near.c.id > after.id)
    page = told_columns(first.order_by(near.c.id).limit(_LIMIT).subquery("held"), names, crs).subquery("page")
    # The number stands in each row, and in one without a feature where there is none: what is joined by no equality is
    # gone through in its order.
    return select(matched.c.matched, *page.c).select_from(
        matched.outerjoin(page, matched.c.matched <= _MOST)
    )  # fmt: skip
