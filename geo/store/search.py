"""Features by what people call them: names, codes, house numbers, as they are written and however they are spaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from geo.layer import Audience, Cells, Layer, Published
from geo.shapes.whereabouts import Box
from geo.store.asking import Asking, form, shown_fields
from geo.store.read import rows, witnessed
from geo.store.search_functions import SOUGHT, sought_here
from geo.store.wanted import Wanted
from geo.thai import search_key

# Shorter words are everywhere in a large layer, and no index knows them.
SHORTEST_IN_LARGE = 3
# So many rows are looked at for the outline of the places that they name.
MOST_IN_PLACES = 50_000


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A feature that was found: by which column and its value there, what it is called, and where it is."""

    id: int
    column: str
    value: str
    values: dict[str, Any]
    box: Box | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, kw_only=True)
class Hits:
    """The best of what was found, and whether there is more."""

    found: list[Hit]
    is_more: bool


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place that is called so: by which column, in which community, and around what lies in it (WGS 84)."""

    column: str
    value: str
    community: int | None
    box: Box


NOTHING = Hits(found=[], is_more=False)


def sought_in(layer: Layer, asking: Asking) -> tuple[str, ...]:
    """The columns in which this audience finds features of a layer; none where it gets no single features."""
    if isinstance(form(layer, asking), Cells) or form(layer, asking) is Published.WITHHELD:
        return ()
    shown = shown_fields(layer, asking)
    declared = layer.found_by or (layer.name_field or "", *(name for key in layer.keys for name in key))
    return tuple(name for name in dict.fromkeys(declared) if name in shown and shown[name].python_type is str)


def hits(session: Session, layer: Layer, asking: Asking, text: str, limit: int = 6) -> Hits:
    """Features with a column that holds `text` as people write it (Thai normalised, no spaces), best first.

    A column that begins with it comes before one that has it in the middle, and a short one before a long one.
    """
    key = search_key(text)
    columns = sought_in(layer, asking)
    if not key or not columns or (layer.generalise and len(key) < SHORTEST_IN_LARGE):
        return NOTHING
    found = session.execute(_found(layer, asking, columns, key, limit + 1)).all()
    best: dict[int, tuple[str, str]] = {}
    for fid, column, value in found:
        best.setdefault(fid, (column, value))
    chosen = dict(list(best.items())[:limit])
    placed = _where(session, layer, asking, tuple(chosen))
    witnessed(session, layer, asking, list(chosen))
    made = [
        Hit(id=fid, column=column, value=value, values=placed[fid][0], box=placed[fid][1], lon=placed[fid][2],
            lat=placed[fid][3])
        for fid, (column, value) in chosen.items() if fid in placed
    ]  # fmt: skip
    return Hits(found=made, is_more=len(best) > limit)


def _found(layer: Layer, asking: Asking, columns: Sequence[str], key: str, limit: int) -> Select[Any]:
    """The best rows of each column, then of all: an index is used for one column and not for any of several."""
    parts = []
    for place, name in enumerate(columns):
        inner = rows(layer, asking, Wanted(names=(name,))).order_by(None).subquery()
        held = func.atlas_search_key(inner.c[name])
        begins = func.strpos(held, key)
        part = select(
            inner.c.id.label("id"), literal(name).label("found_in"), inner.c[name].label("value"),
            (begins > 1).label("inside"), func.length(held).label("long"), literal(place).label("place"),
        )  # fmt: skip
        part = part.where(held.like(f"%{_escaped(key)}%"))
        if asking.audience is not Audience.PUBLIC and (layer.id, name) in SOUGHT:
            looked_up = getattr(func, sought_here(layer.id, name))(key, limit * len(columns))
            part = part.where(inner.c.id.in_(select(looked_up)))
        part = part.order_by(begins > 1, func.length(held), inner.c[name], inner.c.id)
        parts.append(select(part.limit(limit * len(columns)).subquery()))
    every = union_all(*parts).subquery("every")
    order = (every.c.inside, every.c.long, every.c.place, every.c.value, every.c.id)
    # One feature may be found by several of its columns.
    return select(every.c.id, every.c.found_in, every.c.value).order_by(*order).limit(limit * len(columns))


def places(session: Session, layer: Layer, asking: Asking, text: str, limit: int = 6) -> list[Place]:
    """Places by a name that their rows bear, such as a lane by the buildings in it: each name once a community.

    The same rules of likeness and order as `hits`; one more than `limit` where there are more.
    """
    key = search_key(text)
    shown = shown_fields(layer, asking)
    columns = [name for name in layer.names_places if name in shown]
    if not key or not columns or isinstance(form(layer, asking), Cells) or len(key) < SHORTEST_IN_LARGE:
        return []
    found: list[Place] = []
    for name in columns:
        for value, community, box in session.execute(_named(layer, asking, name, key, limit + 1)):
            west, south, east, north = (float(one) for one in box)
            found.append(Place(column=name, value=value, community=community,
                               box=Box(west=west, south=south, east=east, north=north)))  # fmt: skip
    return found


def _named(layer: Layer, asking: Asking, name: str, key: str, limit: int) -> Select[Any]:
    inner = rows(layer, asking, Wanted(names=(name, "community_id"))).order_by(None).subquery()
    held = func.atlas_search_key(inner.c[name])
    some = select(inner.c[name].label("value"), inner.c.community_id.label("community"), inner.c.geom.label("geom"))
    some = some.where(held.like(f"%{_escaped(key)}%"))
    if asking.audience is not Audience.PUBLIC and (layer.id, name) in SOUGHT:
        looked_up = getattr(func, sought_here(layer.id, name))(key, MOST_IN_PLACES)
        some = some.where(inner.c.id.in_(select(looked_up)))
    each = some.subquery()
    around = func.ST_Extent(each.c.geom)
    edges = [edge(around) for edge in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    word = func.atlas_search_key(each.c.value)
    return (
        select(each.c.value, each.c.community, array(edges))
        .group_by(each.c.value, each.c.community)
        .order_by(func.strpos(word, key) > 1, func.length(word), each.c.value, each.c.community)
        .limit(limit)
    )


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _where(
    session: Session, layer: Layer, asking: Asking, ids: tuple[int, ...]
) -> dict[int, tuple[dict[str, Any], Box | None, float | None, float | None]]:
    if not ids:
        return {}
    shown = shown_fields(layer, asking)
    names = [name for name in ("name_th", "name_en", layer.name_field or "", "community_id") if name in shown]
    names = list(dict.fromkeys(names))
    inner = rows(layer, asking, Wanted(ids=ids)).order_by(None).subquery()
    point = func.ST_PointOnSurface(inner.c.geom)
    edges = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
    query = select(inner.c.id, *(inner.c[name] for name in names), *(edge(inner.c.geom) for edge in edges),
                   func.ST_X(point), func.ST_Y(point))  # fmt: skip
    found = {}
    for fid, *rest in session.execute(query):
        values = dict(zip(names, rest, strict=False))
        west, south, east, north, lon, lat = rest[len(names) :]
        box = None if west is None else Box(west=west, south=south, east=east, north=north)
        found[fid] = (values, box, lon, lat)
    return found


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
    found = []
    for row in session.execute(select(inner.c.id, *columns)):
        places = [key.find(wanted) for key in (search_key(value) for value in row[1:] if value)]
        at = [place for place in places if place >= 0]
        if at:
            found.append((min(at), str(row[1]), row[0]))
    chosen = [fid for _, _, fid in sorted(found)[:limit]]
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
