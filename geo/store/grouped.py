"""Counts of what an audience may see, by several columns at once and of many places in one question.

Built on `rows`, so that a page of a hundred communities costs as many questions as it tells of layers, and tells no
more than its rows would. Of a layer that the public gets as cells only the sum of those cells is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, literal_column, select
from sqlalchemy.orm import Session

from geo.errors import unknown_property
from geo.layer import Base, Cells, Layer
from geo.store.asking import Asking, form, shown_fields
from geo.store.read import plain, rows, squares
from geo.store.tallies import Tally
from geo.store.wanted import EVERYTHING, Wanted

COMMUNITY = "community_id"


@dataclass(frozen=True, kw_only=True)
class Group:
    """The rows that share the values of some columns: those values as JSON has them, how many, and sums over them."""

    values: tuple[Any, ...]
    count: int
    sums: tuple[float, ...] = ()


def grouped(
    session: Session,
    layer: Layer,
    asking: Asking,
    wanted: Wanted = EVERYTHING,
    *,
    by: Sequence[str],
    sums: Sequence[str] = (),
    communities: Sequence[int] | None = None,
) -> list[Group]:
    """Counts by columns that this audience sees; with `communities` of their rows alone.

    BadRequest for a column that is not shown, and for a layer of which this audience gets cells.
    """
    _check(layer, asking, (*by, *sums, *(() if communities is None else (COMMUNITY,))))
    inner = rows(layer, asking, wanted).order_by(None).subquery()
    query = _counted(inner, by, sums)
    if communities is not None:
        query = query.where(inner.c[COMMUNITY].in_(communities))
    return _groups(session, query, len(by))


def touching(
    session: Session, layer: Layer, places: Layer, asking: Asking, ids: Sequence[int], wanted: Wanted = EVERYTHING,
    *, by: Sequence[str],
) -> list[Group]:  # fmt: skip
    """The same of shapes by the place they touch, whose id comes first: a flood zone counts for each it reaches.

    Places are where they are now, of whichever instant the shapes are `wanted`.
    """
    place, inner, met = _met(layer, places, asking, ids, wanted, by)
    columns = [inner.c[name] for name in by]
    query = select(place.c.id, *columns, func.count()).select_from(met)
    return _groups(session, query.group_by(place.c.id, *columns), 1 + len(by))


def touching_for_either(
    eyes: Sequence[tuple[Session, Asking]], layer: Layer, places: Layer, ids: Sequence[int], *, by: Sequence[str]
) -> list[Group]:
    """The same of what any of these see, each shape once: a member of one community sees its own and the public's."""
    seen: dict[tuple[int, int], tuple[Any, ...]] = {}
    for session, asking in eyes:
        place, inner, met = _met(layer, places, asking, ids, EVERYTHING, by)
        query = select(place.c.id, inner.c.id, *(inner.c[name] for name in by)).select_from(met)
        for where, fid, *values in session.execute(query):
            seen.setdefault((where, fid), (where, *map(plain, values)))
    counts = Counter(seen.values())
    return _sorted(Group(values=values, count=count) for values, count in counts.items())


def _met(
    layer: Layer, places: Layer, asking: Asking, ids: Sequence[int], wanted: Wanted, by: Sequence[str]
) -> tuple[Any, Any, Any]:
    """The places, the rows, and where they meet."""
    _check(layer, asking, by)
    inner = rows(layer, asking, wanted).order_by(None).subquery()
    place = rows(places, asking, Wanted(ids=tuple(ids))).order_by(None).subquery()
    meets = and_(inner.c.geom.op("&&")(place.c.geom), func.ST_Intersects(inner.c.geom, place.c.geom))
    return place, inner, inner.join(place, meets)


def in_squares(session: Session, layer: Layer, communities: Sequence[int]) -> dict[int, Tally]:
    """What the squares that are told add up to in each community (`tallies` says how they are shared out)."""
    held = squares(layer, Asking(), EVERYTHING).subquery()
    table = Base.metadata.tables["community"]
    community = table.c
    share: ColumnElement[float] = func.atlas_share_of(held.c.geom, community.id)
    pairs = select(community.id.label("community"), held.c["count"].label("held"), share.label("part"))
    pairs = pairs.select_from(held.join(table, held.c.geom.op("&&")(community.geom)))
    pairs = pairs.where(community.id.in_(communities))
    # Not to be merged with what is around it: the share of each pair would be worked out three times.
    shared = pairs.offset(literal_column("0")).subquery().c
    total = cast(func.round(func.sum(shared.held * shared.part)), BigInteger)
    about = func.coalesce(func.bool_or(and_(shared.part > 0, shared.part < 1)), False)
    found = session.execute(select(shared.community, total, about).group_by(shared.community))
    least = layer.shape.cells.at_least if layer.shape.cells else 1
    return {
        place: Tally(value=None, count=count if (count or 0) >= least else None, is_about=bool(is_about))
        for place, count, is_about in found
    }


def _check(layer: Layer, asking: Asking, names: Sequence[str]) -> None:
    shown = shown_fields(layer, asking)
    for name in names:
        if name not in shown or isinstance(form(layer, asking), Cells):
            raise unknown_property(name)


def _counted(inner: Any, by: Sequence[str], sums: Sequence[str]) -> Any:
    wanted = [inner.c[name] for name in by]
    query = select(*wanted, func.count(), *(func.coalesce(func.sum(inner.c[name]), 0) for name in sums))
    return query.select_from(inner).group_by(*wanted)


def _groups(session: Session, query: Any, width: int) -> list[Group]:
    found = [
        Group(
            values=tuple(map(plain, row[:width])),
            count=row[width],
            sums=tuple(float(one) for one in row[width + 1 :]),
        )
        for row in session.execute(query)
    ]
    return _sorted(found)


def _sorted(found: Iterable[Group]) -> list[Group]:
    # The order in which PostgreSQL finds groups says where rows lie in their table.
    return sorted(found, key=lambda group: (-group.count, *(str(one or "") for one in group.values)))
