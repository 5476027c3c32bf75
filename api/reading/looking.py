"""With whose eyes a page looks, and what it has asked already.

A page is looked at as the member one is where all of it lies in one's area. Elsewhere a member sees what everybody
does, neither more nor less. A partner gets the public's rows, and so the public's pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session
from starlette.requests import Request

from api.caching import EditCache
from api.deps import session_as
from api.kept import Kept
from geo.errors import UnknownFeature
from geo.layer import Cells, Layer
from geo.shapes.measure import area_square_metres
from geo.shapes.outlines import drawn
from geo.store.asking import form, shown_fields
from geo.store.grouped import Group, grouped, in_squares, touching_for_either
from geo.store.read import Asking, Wanted, feature, features
from geo.store.tallies import Tally, tallies
from layers import LAYERS

EVERYBODY = Asking()
MOST_TOWNS = 1000


@dataclass(frozen=True, kw_only=True)
class Community:
    """A community as everybody knows it: its words, area, and outline as a path of its town's picture."""

    id: int
    words: dict[str, Any]
    square_metres: float | None
    path: str | None = None
    point: tuple[int, int] | None = None

    @property
    def town(self) -> str | None:
        """The code of its town."""
        code: str | None = self.words.get("municipality")
        return code


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The communities of a town, by name, and how tall their picture is."""

    communities: list[Community]
    height: int


@dataclass(frozen=True, kw_only=True)
class Looking:
    """A session, with whose eyes it looks, and what is remembered between two edits.

    Of a member of communities alone, `public` is a session with everybody's eyes: a flood zone that reaches their
    community belongs to none, and is theirs to see as it is everybody's.
    """

    session: Session
    asking: Asking
    cache: EditCache
    public: Session | None = None

    @property
    def is_member(self) -> bool:
        """Whether more is seen than everybody sees."""
        return not self.asking.is_low

    def groups(self, layer_id: str, ids: Sequence[int], by: tuple[str, ...], sums: tuple[str, ...] = ()) -> list[Group]:
        """Counts of a layer in these communities; the community comes first among the values."""
        layer, place = LAYERS[layer_id], LAYERS["community"]
        key = ("reading", layer_id, by, sums, tuple(ids), self.asking.eyes)
        reads = (layer_id, place.id)

        def ask() -> Any:
            if counts_by_touch(layer):
                found = touching_for_either(self._eyes(layer, by), layer, place, ids, by=by)
            else:
                found = grouped(self.session, layer, self.asking, by=("community_id", *by), sums=sums, communities=ids)
            return [[one.values, one.count, one.sums] for one in found]

        return [
            Group(values=tuple(values), count=count, sums=tuple(more))
            for values, count, more in self.remembered(key, reads, ask)
        ]

    @property
    def knows_homes(self) -> bool:
        """Whether housing and tenure are told: by the columns of a survey that its audience reads row by row."""
        layer = LAYERS["household"]
        return not isinstance(form(layer, self.asking), Cells) and "tenure" in shown_fields(layer, self.asking)

    def households(self, ids: Sequence[int]) -> dict[int, Tally]:
        """How many households were surveyed in each community; in squares for whoever gets squares."""
        layer = LAYERS["household"]
        if self.knows_homes:
            counts = {group.values[0]: group.count for group in self.groups(layer.id, ids, ())}
            return {fid: Tally(value=None, count=counts.get(fid, 0)) for fid in ids}
        if self.is_member:
            # A committee reads its own households one by one, but not by which community they are of.
            return {fid: tallies(self.session, layer, self.asking, community_id=fid)[0] for fid in ids}
        reads = (layer.id, "community", "building")

        def ask() -> Any:
            found = in_squares(self.session, layer, ids)
            return [[fid, one.count, one.is_about] for fid, one in found.items()]

        return {
            fid: Tally(value=None, count=count, is_about=about)
            for fid, count, about in self.remembered(("reading", "squares", tuple(ids)), reads, ask)
        }

    def _eyes(self, layer: Layer, by: Sequence[str]) -> list[tuple[Session, Asking]]:
        """Its sessions, each with whose eyes it looks; everybody's where everybody sees these columns."""
        for_all = self.public if set(by) <= set(shown_fields(layer, EVERYBODY)) else None
        return [(self.session, self.asking), *([(for_all, EVERYBODY)] if for_all else [])]

    def town(self, code: str) -> Picture:
        """The communities of a town with their outlines, simplified for a picture."""

        def ask() -> Any:
            wanted = Wanted(equal=(("municipality", code),))
            return _pictured(features(self.session, LAYERS["community"], EVERYBODY, wanted).features)

        kept = self.remembered(("reading", "town", code), ("community",), ask)
        return Picture(communities=[_community(one) for one in kept["communities"]], height=kept["height"])

    def remembered(self, key: tuple[Any, ...], reads: tuple[str, ...], ask: Any) -> Any:
        """What was asked since the last edit of those layers, or is asked now; as JSON has it either way."""
        kept: Kept | None = self.cache.kept(key)
        if kept is None:
            since = self.cache.edits(reads)
            kept = Kept.of(json.dumps(ask(), ensure_ascii=False, default=str).encode())
            self.cache.keep(key, kept, layers=reads, box=None, since=since)
        return json.loads(kept.body)


def counts_by_touch(layer: Layer) -> bool:
    """Whether a shape counts for each community that it touches, and not for the one that it names alone."""
    return layer.shape.dimension > 0 and layer.id not in ("parcel", "building")


@contextmanager
def looking(
    request: Request, asking: Asking, *, towns: Sequence[str | None] = (), communities: Sequence[int] = ()
) -> Iterator[Looking]:
    """Look as a member where every town, or each community, is in one's area; as everybody does otherwise."""
    areas = asking.areas
    in_towns = bool(towns) and all(town in areas.towns for town in towns)
    inside = in_towns or (bool(communities) and set(communities) <= areas.communities)
    eyes = asking if inside and not asking.is_low else EVERYBODY
    is_within = inside and not in_towns and eyes is not EVERYBODY
    with session_as(request, eyes) as session, session_as(request, EVERYBODY) if is_within else nullcontext() as public:
        yield Looking(session=session, asking=eyes, cache=request.app.state.cache, public=public)


@contextmanager
def as_everybody(request: Request) -> Iterator[Looking]:
    """Look as the public does, whoever asks."""
    with session_as(request, EVERYBODY) as session:
        yield Looking(session=session, asking=EVERYBODY, cache=request.app.state.cache)


def community_named(session: Session, fid: int) -> tuple[Community, BaseGeometry | None]:
    """A community as everybody knows it, and its outline in degrees; `UnknownFeature` where there is none."""
    found = feature(session, LAYERS["community"], EVERYBODY, fid)
    outline = shape(found["geometry"]) if found["geometry"] else None
    return _plain(found, outline), outline


def communities_named(session: Session, ids: Sequence[int]) -> list[Community]:
    """Communities in the order of their ids as asked; `UnknownFeature` where one is none."""
    found = {
        one["id"]: one for one in features(session, LAYERS["community"], EVERYBODY, Wanted(ids=tuple(ids))).features
    }
    for fid in ids:
        if fid not in found:
            raise UnknownFeature(f"ไม่พบชุมชน {fid}", f"There is no community {fid}")
    return [_plain(found[fid], shape(found[fid]["geometry"]) if found[fid]["geometry"] else None) for fid in ids]


def towns_here(session: Session) -> dict[str, dict[str, Any]]:
    """The words of every town by its code."""
    wanted = Wanted(limit=MOST_TOWNS)
    found = features(session, LAYERS["municipality"], EVERYBODY, wanted, shapes=False).features
    return {one["properties"]["code"]: one["properties"] for one in found}


def _plain(found: dict[str, Any], outline: BaseGeometry | None) -> Community:
    area = float(area_square_metres(np.array([outline], dtype=object))[0]) if outline is not None else None
    return Community(id=found["id"], words=found["properties"], square_metres=area)


def _pictured(found: list[dict[str, Any]]) -> dict[str, Any]:
    found.sort(key=lambda one: (one["properties"].get("name_th") or "", one["id"]))
    shapes = [shape(one["geometry"]) if one["geometry"] else None for one in found]
    picture = drawn(shapes)
    return {
        "height": picture.height,
        "communities": [
            [one["id"], one["properties"], _plain(one, outline).square_metres, path, point]
            for one, outline, path, point in zip(found, shapes, picture.paths, picture.points, strict=True)
        ],
    }


def _community(kept: list[Any]) -> Community:
    fid, words, area, path, point = kept
    return Community(id=fid, words=words, square_metres=area, path=path, point=(point[0], point[1]) if point else None)
