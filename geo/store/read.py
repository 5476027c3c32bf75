"""The one door through which rows leave.

`rows` gives an audience its columns, its rows and its form of the geometry; items, tiles, pages, counts and exports are
all built on it, so that what is hidden on one route is hidden on its neighbour (PITFALLS 8-12).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    and_,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from geo.errors import NotYours, unknown_property
from geo.layer import Audience, Base, Cells, Field, Layer, Published
from geo.people.areas import Areas
from geo.shapes.whereabouts import Box
from geo.store.asking import Asking, form, named_fields, no_such, shown_fields
from geo.store.audit import WITNESS, Witness
from geo.store.narrowing import beyond, kept_value, meets, narrowed, sorted_by
from geo.store.tables import Release, ReleaseCell
from geo.store.totals import has_total, total
from geo.store.wanted import EVERYTHING, KEY_LIMIT, Cursor, Wanted

# What a caller of the door needs to speak to it.
__all__ = [
    "DEGREE_DIGITS", "EVERYTHING", "KEY_LIMIT", "MOST_AT_ONCE", "Asking", "Cursor", "Edition", "Page",
    "RawPage", "Span", "Wanted", "count_up_to", "edition", "extent", "extents", "feature", "features", "form",
    "holds_made_up_rows", "inside", "is_written_down", "may_see", "named_fields", "no_such",
    "plain", "raw_page", "rows", "shown_fields", "span", "squares", "witnessed",
]  # fmt: skip

MOST_AT_ONCE = 10_000
DEGREE_DIGITS = 7  # about a centimetre: more would pretend to an accuracy that no tax map has


@dataclass(frozen=True, kw_only=True)
class Page:
    """Features in their order; `next_after` is where to go on from, or None at the end."""

    features: list[dict[str, Any]]
    next_after: Cursor | None


@dataclass(frozen=True, kw_only=True)
class Edition:
    """What holds of a layer of cells: the days it was published on (of several towns the first and the last)."""

    first: dt.date
    last: dt.date
    at_least: int
    metres: int


def rows(layer: Layer, asking: Asking, wanted: Wanted) -> Select[Any]:
    """A query of `id`, the shown fields and `geom` (EPSG:4326) in order; nothing else builds a query of rows."""
    for name in wanted.names or ():
        if name not in shown_fields(layer, asking):
            raise unknown_property(name)
    if wanted.at is not None:
        query = _as_it_was(layer, asking, wanted, wanted.at)
    elif isinstance(form(layer, asking), Cells):
        query = squares(layer, asking, wanted)
    else:
        query = _plain(layer, asking, wanted)
    return _in_order(query, layer, asking, wanted)


def _in_order(query: Select[Any], layer: Layer, asking: Asking, wanted: Wanted) -> Select[Any]:
    columns = query.selected_columns
    if wanted.after is not None:
        query = query.where(beyond(columns, layer, asking, wanted.order, wanted.after))
    if wanted.ids:
        query = query.where(columns.id.in_(wanted.ids))
    return query.order_by(*sorted_by(columns, wanted.order), columns.id).limit(wanted.limit)


def _plain(layer: Layer, asking: Asking, wanted: Wanted) -> Select[Any]:
    columns = layer.table.__table__.c
    return _of(columns, columns.geom_mercator, layer, asking, wanted).where(
        *may_see(layer, asking, by_place=wanted.by_place)
    )


def _as_it_was(layer: Layer, asking: Asking, wanted: Wanted, at: dt.datetime) -> Select[Any]:
    """Of each row the version that held at an instant: the present one where it is old enough, else a closed one."""
    if asking.is_low:
        raise unknown_property("datetime")
    now, then = layer.table.__table__.c, layer.history.c
    mercator = func.ST_Transform(func.ST_Force2D(then.geom), 3857)
    # Where a version lay decides who sees it: a row that moved to this town was somebody else's before, and what is
    # open to everybody today need not have been.
    present = _of(now, now.geom_mercator, layer, asking, wanted).where(
        now.changed_at <= at, inside(now, layer, asking.areas)
    )
    closed = _of(then, mercator, layer, asking, wanted).where(
        then.changed_at <= at, then.closed_at > at, inside(then, layer, asking.areas)
    )
    # Each in its own order and no longer than the page, so that a page costs what it holds.
    both = [_in_order(one, layer, asking, wanted) for one in (present, closed)]
    held = union_all(*both).subquery("held")
    return select(*held.c)


def _of(columns: Any, mercator: Any, layer: Layer, asking: Asking, wanted: Wanted) -> Select[Any]:
    shown = [columns[name] for name in shown_fields(layer, asking)]
    withheld = form(layer, asking) is Published.WITHHELD
    geom, mercator = (_NO_SHAPE, _NO_SHAPE) if withheld else (columns.geom, mercator)
    query = select(columns.id, columns.version, *shown, geom.label("geom"), mercator.label("mercator"))
    return query.where(*narrowed(columns, layer, asking, wanted))


# With its type, because functions of shapes are asked about it.
_NO_SHAPE: ColumnElement[Any] = literal_column("NULL::geometry")


def may_see(layer: Layer, asking: Asking, *, by_place: bool = False) -> list[ColumnElement[bool]]:
    """The conditions on a present row that this audience may see in its area."""
    if layer.is_open:
        return []
    conditions = [layer.public_rows(layer.table)] if asking.is_low and layer.public_rows else []
    if asking.audience is not Audience.PUBLIC:
        conditions.append(inside(layer.table.__table__.c, layer, asking.areas, by_place=by_place))
    return conditions


def inside(columns: Any, layer: Layer, areas: Areas, *, by_place: bool = False) -> ColumnElement[bool]:
    """Whether a row, or a closed version of one, lies where somebody may look.

    By its town, its community, or the shape of a shared area.
    """
    tests: list[ColumnElement[bool]] = []
    if areas.towns:
        # No index is on the expression, so that the planner leaves that of the bare column alone.
        town = func.coalesce(columns.municipality, "") if by_place else columns.municipality
        tests.append(town.in_(sorted(areas.towns)))
    if areas.communities and (layer.id == "community" or "community_id" in columns):
        column = columns.id if layer.id == "community" else columns.community_id
        tests.append(column.in_(sorted(areas.communities)))
    if areas.shared:
        shared = Base.metadata.tables["shared_area"]
        shape = select(func.ST_Union(shared.c.geom)).where(shared.c.id.in_(sorted(areas.shared))).scalar_subquery()
        tests.append(and_(columns.geom.op("&&")(shape), func.ST_Intersects(columns.geom, shape)))
    return or_(*tests) if tests else false()


_PUBLISHED_ON = cast(func.timezone("Asia/Bangkok", Release.made_at), Date)


def _that_hold(layer: Layer) -> Select[Any]:
    """The editions that hold: of each town the newest that is not withdrawn."""
    newest = select(func.max(Release.id)).where(Release.layer == layer.id, Release.withdrawn_at.is_(None))
    return newest.group_by(Release.municipality)


def edition(session: Session, layer: Layer, asking: Asking, *, municipality: str | None = None) -> Edition | None:
    """What this audience sees of a layer of cells, of one town or of all; None where nothing is published in cells."""
    if not isinstance(form(layer, asking), Cells):
        return None
    query = select(
        func.min(_PUBLISHED_ON), func.max(_PUBLISHED_ON), func.min(Release.at_least), func.max(Release.metres)
    ).where(Release.id.in_(_that_hold(layer)))
    if municipality is not None:
        query = query.where(Release.municipality == municipality)
    first, last, at_least, metres = session.execute(query).one()
    return None if first is None else Edition(first=first, last=last, at_least=at_least, metres=metres)


def squares(layer: Layer, asking: Asking, wanted: Wanted) -> Select[Any]:
    """The squares of the editions that hold; two towns may each tell of their part of one square.

    The numbers were counted when the edition was made: no box or filter of the caller's changes them.
    """
    cell = ReleaseCell
    query = select(
        cell.cell_id.label("id"), cast(func.max(cell.release_id), BigInteger).label("version"),
        cast(func.sum(cell.count), BigInteger).label("count"),
        func.min(_PUBLISHED_ON).label("as_of"), cell.geom.label("geom"),
        cell.geom_mercator.label("mercator"),
    ).join(Release, Release.id == cell.release_id)  # fmt: skip
    query = query.where(cell.release_id.in_(_that_hold(layer)), cell.count.is_not(None))
    if wanted.box:
        query = query.where(meets(cell.geom, wanted.box))
    held = query.group_by(cell.cell_id, cell.geom, cell.geom_mercator).subquery("cells")
    return select(*held.c).where(*narrowed(held.c, layer, asking, replace(wanted, box=None)))


def features(session: Session, layer: Layer, asking: Asking, wanted: Wanted, *, shapes: bool = True) -> Page:
    """GeoJSON features (RFC 7946: longitude first, right-hand rule, `DEGREE_DIGITS` decimals) as dicts, in order.

    Without `shapes` the geometry is null, for whoever needs the words alone.
    """
    limit = min(wanted.limit or MOST_AT_ONCE, MOST_AT_ONCE)
    query = rows(layer, asking, replace(wanted, limit=limit + 1))
    inner = query.subquery()
    names = list(named_fields(layer, asking, wanted))
    kept = [one.name for one in wanted.order]
    shape: Any = func.ST_AsGeoJSON(func.ST_ForcePolygonCCW(inner.c.geom), DEGREE_DIGITS) if shapes else null()
    order = sorted_by(inner.c, wanted.order)
    asked = select(inner.c.id, *(inner.c[n] for n in names), shape, *(inner.c[n].label(f"by_{n}") for n in kept))
    found = session.execute(asked.order_by(*order, inner.c.id)).all()
    features = [_feature(tuple(row)[: len(names) + 2], names) for row in found[:limit]]
    witnessed(session, layer, asking, [one["id"] for one in features])
    if len(found) <= limit:
        return Page(features=features, next_after=None)
    last = found[limit - 1]
    return Page(features=features, next_after=Cursor(id=last[0], values=tuple(map(kept_value, last[len(names) + 2 :]))))


@dataclass(frozen=True, kw_only=True)
class RawPage:
    """Rows as they are: ids, the values of `fields`, shapes as EWKB in degrees; and where to go on from."""

    fields: dict[str, Field]
    ids: list[int]
    values: list[tuple[Any, ...]]
    shapes: list[bytes | None]
    next_after: Cursor | None


def raw_page(session: Session, layer: Layer, asking: Asking, wanted: Wanted) -> RawPage:
    """A page of rows for formats that know more kinds of values than JSON does."""
    limit = min(wanted.limit or MOST_AT_ONCE, MOST_AT_ONCE)
    inner = rows(layer, asking, replace(wanted, limit=limit + 1)).subquery()
    fields = named_fields(layer, asking, wanted)
    ordering = [inner.c[one.name].label(f"by_{one.name}") for one in wanted.order]
    asked = select(inner.c.id, func.ST_AsEWKB(inner.c.geom), *(inner.c[name] for name in fields), *ordering)
    found = session.execute(asked.order_by(*sorted_by(inner.c, wanted.order), inner.c.id)).all()
    kept = found[:limit]
    witnessed(session, layer, asking, [row[0] for row in kept])
    after = None
    if len(found) > limit:
        after = Cursor(id=kept[-1][0], values=tuple(map(kept_value, kept[-1][2 + len(fields) :])))
    return RawPage(
        fields=fields, ids=[row[0] for row in kept], values=[tuple(row[2 : 2 + len(fields)]) for row in kept],
        shapes=[None if row[1] is None else bytes(row[1]) for row in kept], next_after=after,
    )  # fmt: skip


def count_up_to(session: Session, layer: Layer, asking: Asking, wanted: Wanted, most: int) -> int | None:
    """How many rows are wanted in all, whatever page of them; None where counting more than `most` would be needed."""
    if has_total(layer, asking) and replace(wanted, after=None, limit=None, order=(), names=None) == EVERYTHING:
        return total(session, layer)
    every = rows(layer, asking, replace(wanted, after=None, limit=None, order=())).order_by(None).limit(most + 1)
    found = session.scalar(select(func.count()).select_from(every.subquery())) or 0
    return found if found <= most else None


def is_written_down(layer: Layer, asking: Asking) -> bool:
    """Whether reading this layer as this audience is noted in the log of readings: where it shows what is by name."""
    by_name = (Audience.CARE, Audience.TAX)
    return asking.audience in by_name and any(one.audience == asking.audience for one in layer.fields.values())


def witnessed(session: Session, layer: Layer, asking: Asking, ids: Sequence[int]) -> None:
    """Have a reading written down where it must be, before its rows leave."""
    if ids and is_written_down(layer, asking):
        witness: Witness | None = session.info.get(WITNESS)
        if witness is None:
            raise NotYours("การอ่านนี้ต้องถูกบันทึก", "This reading has to be written down, and nobody is there to do it")
        witness(layer.id, ids)


def feature(
    session: Session, layer: Layer, asking: Asking, fid: int, *, at: dt.datetime | None = None
) -> dict[str, Any]:
    """One GeoJSON feature; `UnknownFeature` when there is none that this audience may see."""
    page = features(session, layer, asking, Wanted(ids=(fid,), limit=1, at=at))
    if not page.features:
        raise no_such(layer, fid)
    return page.features[0]


def _feature(row: Sequence[Any], names: list[str]) -> dict[str, Any]:
    shape = row[-1]
    return {
        "type": "Feature",
        "id": row[0],
        "geometry": json.loads(shape) if shape else None,
        "properties": {name: plain(value) for name, value in zip(names, row[1:-1], strict=True)},
    }


def plain(value: Any) -> Any:
    """A database value as JSON has it: numbers as numbers, days in ISO form."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else value


def holds_made_up_rows(session: Session) -> bool:
    """Whether the demo ever wrote here: every map and page then says that it shows made-up data."""
    return bool(session.scalar(select(func.atlas_holds_made_up())))


def extent(session: Session, layer: Layer, asking: Asking, wanted: Wanted = EVERYTHING) -> Box | None:
    """The rectangle around what is wanted and this audience may see (of the cells, where it gets cells)."""
    inner = rows(layer, asking, wanted).order_by(None).subquery()
    return _box(session.execute(select(*_edges(inner))).one())


@dataclass(frozen=True, kw_only=True)
class Span:
    """How high a layer's shapes reach, metres, and from when to when its features are; None where they say nothing."""

    heights: tuple[float, float] | None
    times: tuple[Any, Any] | None


def span(session: Session, layer: Layer, asking: Asking) -> Span:
    """The heights and times of what this audience may see."""
    inner = rows(layer, asking, EVERYTHING).order_by(None).subquery()
    is_high = func.ST_NDims(inner.c.geom) > 2
    edges = (func.min(func.ST_ZMin(inner.c.geom)), func.max(func.ST_ZMax(inner.c.geom)))
    found = session.execute(select(*edges).where(is_high)).one()
    times = None
    if layer.instant in shown_fields(layer, asking):
        when = inner.c[layer.instant]
        first, last = session.execute(select(func.min(when), func.max(when))).one()
        times = None if first is None else (first, last)
    return Span(heights=None if found[0] is None else (found[0], found[1]), times=times)


def extents(session: Session, layer: Layer, asking: Asking, *, by: str) -> dict[Any, tuple[Box, int]]:
    """For each value of a column that this audience may see, the rectangle around its shapes and how many there are."""
    if by not in shown_fields(layer, asking):
        raise unknown_property(by)
    inner = rows(layer, asking, EVERYTHING).order_by(None).subquery()
    query = select(inner.c[by], func.count(inner.c.geom), *_edges(inner)).group_by(inner.c[by])
    found = ((value, count, _box(edges)) for value, count, *edges in session.execute(query))
    return {value: (box, count) for value, count, box in found if box is not None}


def _edges(inner: Any) -> list[ColumnElement[float]]:
    box = func.ST_Extent(inner.c.geom)
    return [edge(box) for edge in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]


def _box(edges: Sequence[Any]) -> Box | None:
    west, south, east, north = edges
    return None if west is None else Box(west=west, south=south, east=east, north=north)
