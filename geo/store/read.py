"""The one door through which rows leave.

`rows` gives an audience its columns, its rows and its form of the geometry; items, tiles, pages, counts and exports are
all built on it, so that what is hidden on one route is hidden on its neighbour (PITFALLS 8-12).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from geo.errors import BadRequest, NotYours, Text, UnknownFeature
from geo.layer import Audience, Base, Cells, Field, Layer, Published
from geo.people.areas import NOWHERE, Areas
from geo.shapes.whereabouts import Box
from geo.store.audit import WITNESS, Witness
from geo.store.tables import Release, ReleaseCell
from geo.thai import search_key

MOST_AT_ONCE = 10_000
KEY_LIMIT = 2**63 - 1
DEGREE_DIGITS = 7  # about a centimetre: more would pretend to an accuracy that no tax map has
COUNT = Field(name="count", label=Text("จำนวน", "Count"), audience=Audience.PUBLIC, python_type=int)
AS_OF = Field(name="as_of", label=Text("เผยแพร่เมื่อ", "Published on"), audience=Audience.PUBLIC, python_type=dt.date)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks, and where they may look. A person who holds several audiences asks as one of them at a time."""

    audience: Audience = Audience.PUBLIC
    person: str | None = None
    areas: Areas = NOWHERE
    purpose: str | None = None

    @property
    def eyes(self) -> tuple[Audience, Areas]:
        """What decides what is seen: two people with the same eyes get the same answer, and may share a kept one."""
        return self.audience, self.areas

    @property
    def is_low(self) -> bool:
        """Whether it gets the public's rows and forms, if perhaps in more columns."""
        return self.audience in (Audience.PUBLIC, Audience.PARTNER)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rows are wanted: a rectangle of degrees, those after a key, by id, by equal values, at most so many.

    `by_place` says that the rows are looked up by where they are and by nothing else (a tile): among the thousands of a
    town, the index of municipalities finds nothing that the place has not found already.
    With `at` they are wanted as they were at that instant, which only members of an area may ask.
    """

    box: Box | None = None
    after: int | None = None
    limit: int | None = None
    ids: tuple[int, ...] = ()
    equal: tuple[tuple[str, str], ...] = ()
    by_place: bool = False
    at: dt.datetime | None = None


EVERYTHING = Wanted()


@dataclass(frozen=True, kw_only=True)
class Page:
    """Features in key order; `next_after` is the key to go on from, or None at the end."""

    features: list[dict[str, Any]]
    next_after: int | None


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many rows share a value; `count` is None where it is too small to be told.

    `is_about` says that it has parts of squares in it, which reach beyond the place that was asked for.
    """

    value: str | None
    count: int | None
    area_square_metres: float | None = None
    is_about: bool = False


@dataclass(frozen=True, kw_only=True)
class Edition:
    """What holds of a layer of cells: the days it was published on (of several towns the first and the last)."""

    first: dt.date
    last: dt.date
    at_least: int
    metres: int


def form(layer: Layer, asking: Asking) -> Cells | Published:
    """The form in which this audience gets the geometry."""
    if asking.is_low:
        return layer.shape.public
    return Published.AS_IT_IS


def shown_fields(layer: Layer, asking: Asking) -> dict[str, Field]:
    """The properties this audience gets, by name; for cells that is the count and its day."""
    if isinstance(form(layer, asking), Cells):
        return {"count": COUNT, "as_of": AS_OF}
    return {name: layer.fields[name] for name in layer.fields_for(asking.audience)}


def rows(layer: Layer, asking: Asking, wanted: Wanted) -> Select[Any]:
    """A query of `id`, the shown fields and `geom` (EPSG:4326) in key order; nothing else builds a query of rows."""
    if wanted.at is not None:
        query = _as_it_was(layer, asking, wanted, wanted.at)
    elif isinstance(form(layer, asking), Cells):
        query = _cells(layer, wanted)
    else:
        query = _plain(layer, asking, wanted)
    return _in_order(query, wanted)


def _in_order(query: Select[Any], wanted: Wanted) -> Select[Any]:
    key = query.selected_columns.id
    if wanted.after is not None:
        query = _narrowed(query, key > wanted.after)
    if wanted.ids:
        query = _narrowed(query, key.in_(wanted.ids))
    return query.order_by(key).limit(wanted.limit)


def _narrowed(query: Select[Any], condition: ColumnElement[bool]) -> Select[Any]:
    return query.having(condition) if query._group_by_clauses else query.where(condition)


def _plain(layer: Layer, asking: Asking, wanted: Wanted) -> Select[Any]:
    columns = layer.table.__table__.c
    return _of(columns, columns.geom_mercator, layer, asking, wanted).where(
        *_may_see(layer, asking, by_place=wanted.by_place)
    )


def _as_it_was(layer: Layer, asking: Asking, wanted: Wanted, at: dt.datetime) -> Select[Any]:
    """Of each row the version that held at an instant: the present one where it is old enough, else a closed one."""
    if asking.is_low:
        raise _unknown_property("datetime")
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
    held = union_all(_in_order(present, wanted), _in_order(closed, wanted)).subquery("held")
    return select(*held.c)


def _of(columns: Any, mercator: Any, layer: Layer, asking: Asking, wanted: Wanted) -> Select[Any]:
    shown = [columns[name] for name in shown_fields(layer, asking)]
    withheld = form(layer, asking) is Published.WITHHELD
    geom, mercator = (_NO_SHAPE, _NO_SHAPE) if withheld else (columns.geom, mercator)
    query = select(columns.id, columns.version, *shown, geom.label("geom"), mercator.label("mercator"))
    query = query.where(*_equal(columns, layer, asking, wanted))
    # Whoever does not get the shapes cannot find out by asking for rectangles where they are.
    if wanted.box and not withheld:
        meeting = meets(columns.geom, wanted.box)
        # A feature without a shape is nowhere, so no rectangle excludes it (OGC Features, bbox, requirement C).
        query = query.where(meeting if layer.shape.required else or_(meeting, columns.geom.is_(None)))
    return query


_NO_SHAPE: ColumnElement[Any] = literal_column("NULL::geometry")


def _may_see(layer: Layer, asking: Asking, *, by_place: bool = False) -> list[ColumnElement[bool]]:
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


def _cells(layer: Layer, wanted: Wanted) -> Select[Any]:
    """The squares of the editions that hold; two towns may each tell of their part of one square."""
    if wanted.equal:
        raise _unknown_property(wanted.equal[0][0])
    cell = ReleaseCell
    query = select(
        cell.cell_id.label("id"), cast(func.max(cell.release_id), BigInteger).label("version"),
        cast(func.sum(cell.count), BigInteger).label("count"),
        func.min(_PUBLISHED_ON).label("as_of"), cell.geom.label("geom"),
        cell.geom_mercator.label("mercator"),
    ).join(Release, Release.id == cell.release_id)  # fmt: skip
    query = query.where(cell.release_id.in_(_that_hold(layer)), cell.count.is_not(None))
    if wanted.box:
        # The numbers were counted when the edition was made: no box of the caller's changes them.
        query = query.where(meets(cell.geom, wanted.box))
    found: Any = query.group_by(cell.cell_id, cell.geom, cell.geom_mercator)
    grouped: Select[Any] = found
    return grouped


def meets(geom: Any, box: Box) -> ColumnElement[bool]:
    """Whether a geometry touches a rectangle of degrees; one with west > east crosses the antimeridian."""
    spans = [(box.west, box.east)] if box.west <= box.east else [(box.west, 180.0), (-180.0, box.east)]
    envelopes = [func.ST_MakeEnvelope(west, box.south, east, box.north, 4326) for west, east in spans]
    return or_(*(and_(geom.op("&&")(one), func.ST_Intersects(geom, one)) for one in envelopes))


def _equal(columns: Any, layer: Layer, asking: Asking, wanted: Wanted) -> list[ColumnElement[bool]]:
    shown = shown_fields(layer, asking)
    conditions = []
    for name, text in wanted.equal:
        # A hidden column cannot be filtered on, and is refused with the words of one that does not exist.
        if name not in shown:
            raise _unknown_property(name)
        conditions.append(columns[name] == _typed(shown[name], text))
    return conditions


def _unknown_property(name: str) -> BadRequest:
    return BadRequest(f"ไม่รู้จักพารามิเตอร์ {name!r}", f"Unknown parameter {name!r}")


def _typed(words: Field, text: str) -> Any:
    try:
        if words.python_type is bool:
            return {"true": True, "false": False}[text.lower()]
        if words.python_type is dt.date:
            return dt.date.fromisoformat(text)
        if words.python_type is dt.datetime:
            return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
        if words.python_type is list:
            raise ValueError(text)
        if words.python_type in (int, float, Decimal):
            number = Decimal(text)
            largest = (2**63 - 1 if words.is_large else 2**31 - 1) if words.python_type is int else 2**53
            if not number.is_finite() or abs(number) > largest or (number and number.adjusted() < -15):
                raise ValueError(text)
            return int(number) if words.python_type is int and number == int(number) else number
    except (KeyError, ValueError, OverflowError, InvalidOperation):
        told = f"{words.name}={text!r}"
        raise BadRequest(f"ค่าของ {told} ไม่ถูกต้อง", f"The value {told} does not fit that property") from None
    return text


def features(session: Session, layer: Layer, asking: Asking, wanted: Wanted, *, shapes: bool = True) -> Page:
    """GeoJSON features (RFC 7946: longitude first, right-hand rule, `DEGREE_DIGITS` decimals) as dicts, by key.

    Without `shapes` the geometry is null, for whoever needs the words alone.
    """
    limit = min(wanted.limit or MOST_AT_ONCE, MOST_AT_ONCE)
    more = Wanted(**{**wanted.__dict__, "limit": limit + 1})
    inner = rows(layer, asking, more).subquery()
    names = list(shown_fields(layer, asking))
    shape: Any = func.ST_AsGeoJSON(func.ST_ForcePolygonCCW(inner.c.geom), DEGREE_DIGITS) if shapes else null()
    found = session.execute(select(inner.c.id, *(inner.c[n] for n in names), shape).order_by(inner.c.id)).all()
    features = [_feature(tuple(row), names) for row in found[:limit]]
    witnessed(session, layer, asking, [one["id"] for one in features])
    return Page(features=features, next_after=features[-1]["id"] if len(found) > limit else None)


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


def no_such(layer: Layer, fid: object) -> UnknownFeature:
    """The words for a row that is not there, and for one that this audience may not know of."""
    return UnknownFeature(f"ไม่พบรายการ {layer.id}/{fid}", f"There is no {layer.id}/{fid}")


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


def extents(session: Session, layer: Layer, asking: Asking, *, by: str) -> dict[Any, tuple[Box, int]]:
    """For each value of a column that this audience may see, the rectangle around its shapes and how many there are."""
    if by not in shown_fields(layer, asking):
        raise _unknown_property(by)
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


def tallies(
    session: Session,
    layer: Layer,
    asking: Asking,
    *,
    by: str | None = None,
    community_id: int | None = None,
    municipality: str | None = None,
    crossing: tuple[Layer, int] | None = None,
) -> list[Tally]:
    """Counts (and measured area) of the rows this audience may see, in all or by one of its columns, largest first.

    `crossing` is a feature (its layer and id) that the counted shapes must touch: a flood zone belongs to every
    community it reaches. Of a layer that the public gets as cells only the sum of those cells is told, so that nothing
    can be taken away from it; what would cut through its cells is refused.
    """
    if isinstance(form(layer, asking), Cells):
        if by is not None or crossing is not None:
            raise _unknown_property(by or "crossing")
        return [_told_in_squares(session, layer, community_id, municipality)]
    if by is not None and by not in shown_fields(layer, asking):
        raise _unknown_property(by)
    table = layer.table.__table__
    group = table.c[by] if by else null()
    area = func.sum(table.c.area_square_metres) if "area_square_metres" in layer.fields else null()
    query = select(group, func.count(), area).select_from(table).where(*_may_see(layer, asking))
    if community_id is not None:
        query = query.where(table.c.community_id == community_id)
    if municipality is not None:
        query = query.where(table.c.municipality == municipality)
    if crossing is not None:
        place, fid = crossing
        shape = select(place.table.geom).where(place.table.id == fid, *_may_see(place, asking)).scalar_subquery()
        query = query.where(table.c.geom.op("&&")(shape), func.ST_Intersects(table.c.geom, shape))
    found = session.execute(query.group_by(group) if by else query).all()
    tallies = [Tally(value=row[0], count=row[1], area_square_metres=row[2]) for row in found]
    return sorted(tallies, key=lambda tally: (-(tally.count or 0), tally.value or ""))


def _told_in_squares(session: Session, layer: Layer, community_id: int | None, municipality: str | None) -> Tally:
    """What the squares that are told add up to in a place; None where that is too little to be told of one.

    A square on a border is shared out between communities by the public map (`atlas_share_of`), and counts whole for
    the town that its middle lies in. Every number here can be worked out from what is public one by one: it leaves
    nothing to take away from anything, however narrow the place and however its outline is drawn.
    """
    squares = _cells(layer, EVERYTHING).subquery()
    share: ColumnElement[float] = literal(1.0)
    told = select(squares)
    if community_id is not None:
        community = Base.metadata.tables["community"].c
        outline = select(community.geom).where(community.id == community_id).scalar_subquery()
        told = told.where(squares.c.geom.op("&&")(outline))
        share = func.atlas_share_of(squares.c.geom, community_id)
    if municipality is not None:
        town = Base.metadata.tables["municipality"].c
        outline = select(town.geom).where(town.code == municipality).limit(1).scalar_subquery()
        told = told.where(func.ST_Covers(outline, func.ST_Centroid(squares.c.geom)))
    shared = told.add_columns(share.label("share")).subquery()
    part = shared.c.share
    total = cast(func.round(func.sum(shared.c["count"] * part)), BigInteger)
    count, is_about = session.execute(select(total, func.coalesce(func.bool_or(and_(part > 0, part < 1)), False))).one()
    least = layer.shape.cells.at_least if layer.shape.cells else 1
    return Tally(value=None, count=count if (count or 0) >= least else None, is_about=bool(is_about))


def search(session: Session, layer: Layer, asking: Asking, text: str, limit: int = 10) -> list[dict[str, Any]]:
    """Features whose names contain `text` as people write it (Thai normalised, prefixes left out), best first.

    Each has `id`, the shown name columns and `lon`, `lat` of a point on it (None where nobody has drawn it).
    """
    wanted = search_key(text)
    names = [n for n in ("name_th", "name_en", "aliases", layer.name_field) if n in shown_fields(layer, asking)]
    if not wanted or not names or isinstance(form(layer, asking), Cells):
        return []
    inner = rows(layer, asking, Wanted()).subquery()
    columns = [inner.c[name] for name in dict.fromkeys(names)]
    hits = []
    for row in session.execute(select(inner.c.id, *columns)):
        places = [key.find(wanted) for key in (search_key(value) for value in row[1:] if value)]
        found = [place for place in places if place >= 0]
        if found:
            hits.append((min(found), str(row[1]), row[0]))
    chosen = [fid for _, _, fid in sorted(hits)[:limit]]
    return _placed(session, layer, asking, chosen, list(dict.fromkeys(names)))


def _placed(
    session: Session, layer: Layer, asking: Asking, ids: Sequence[int], names: list[str]
) -> list[dict[str, Any]]:
    if not ids:
        return []
    inner = rows(layer, asking, Wanted(ids=tuple(ids))).subquery()
    point = func.ST_PointOnSurface(inner.c.geom)
    order: Any = case({fid: place for place, fid in enumerate(ids)}, value=inner.c.id)
    query = select(inner.c.id, *(inner.c[n] for n in names), func.ST_X(point), func.ST_Y(point)).order_by(order)
    return [dict(zip(("id", *names, "lon", "lat"), row, strict=True)) for row in session.execute(query)]
