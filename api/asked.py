"""What a request for features asks: its parameters read into `Wanted`, a CRS and nothing else.

Every wrong parameter is named, all of them at once; one that is not known is refused, because a misspelt filter must
not answer with everything (OGC API Features, /req/core/query-param-unknown).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import shapely
from starlette.requests import Request

from api.intervals import span_of
from api.negotiation import LANGUAGES
from geo.errors import BadRequest, unknown_property
from geo.filter import Filter, read_filter
from geo.layer import Layer
from geo.render.written import Profile
from geo.shapes.served import CRS84, Served, outline, served_crs
from geo.shapes.whereabouts import Box
from geo.store.asking import Asking
from geo.store.queryables import sortable_fields
from geo.store.read import MOST_AT_ONCE, shown_fields
from geo.store.wanted import Cursor, During, Heights, Order, Region, Wanted

FILTERS = ("filter", "filter-lang", "filter-crs")
OURS = (
    "f", "lang", "limit", "bbox", "bbox-crs", "after", "datetime", "crs", "properties", "sortby", *FILTERS,
    "profile",
)  # fmt: skip
ONE_FEATURES_OWN = ("f", "lang", "crs", "datetime", "properties", "profile")
DEFAULT_LIMIT = 100

_UNSORTED: tuple[Order, ...] = ()
_AS_IT_IS: frozenset[Profile] = frozenset()
One = TypeVar("One")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which features, and in which CRS their shapes are wanted; `same` is what the next page asks again."""

    wanted: Wanted
    crs: Served = CRS84
    profiles: frozenset[Profile] = frozenset()
    same: tuple[tuple[str, str], ...] = ()


class Reader:
    """Reads the parameters of one request, and keeps what is wrong with each until the end."""

    def __init__(self, request: Request, known: tuple[str, ...]) -> None:
        self._values: dict[str, str] = {}
        self._others: list[tuple[str, str]] = []
        self._wrong: list[BadRequest] = []
        for name, value in request.query_params.multi_items():
            if "\x00" in name + value:
                raise BadRequest("พารามิเตอร์มีอักขระ NUL", "A parameter holds a NUL character")
            if name not in known:
                self._others.append((name, value))
            elif name in self._values:
                raise BadRequest(f"พารามิเตอร์ {name} ให้มามากกว่าหนึ่งครั้ง", f"The parameter {name} is given more than once")
            else:
                self._values[name] = value
        if self._values.get("lang", "th") not in LANGUAGES:
            raise BadRequest("lang ต้องเป็น th หรือ en", "lang must be th or en")

    @property
    def others(self) -> tuple[tuple[str, str], ...]:
        """The parameters that are not ours: the layer's own properties, or nothing at all."""
        return tuple(self._others)

    @property
    def same(self) -> tuple[tuple[str, str], ...]:
        """What the next page has to ask again."""
        kept = [(name, value) for name, value in self._values.items() if name not in ("after", "f", "lang")]
        return (*kept, *self._others)

    def text(self, name: str) -> str | None:
        """The parameter as it was sent."""
        return self._values.get(name)

    def read(self, name: str, how: Callable[[str], One], default: One) -> One:
        """The parameter's meaning; what is wrong with it is told by `finish`."""
        text = self._values.get(name)
        if text is None:
            return default
        try:
            return how(text)
        except BadRequest as wrong:
            self._wrong.append(wrong)
            return default

    def finish(self) -> None:
        """Tell what was wrong, all of it at once."""
        if len(self._wrong) == 1:
            raise self._wrong[0]
        if self._wrong:
            raise BadRequest(
                "; ".join(one.told.th for one in self._wrong), "; ".join(one.told.en for one in self._wrong)
            )


def features_asked(request: Request, layer: Layer, asking: Asking, *, most: int = MOST_AT_ONCE) -> Asked:
    """The parameters of `…/items`; a limit above `most` is lowered to it."""
    reader = Reader(request, OURS)
    shown = shown_fields(layer, asking)
    for name, _ in reader.others:
        if name not in shown:
            raise unknown_property(name[:80])
    crs = reader.read("crs", lambda text: served_crs(text, "crs"), CRS84)
    bbox_crs = reader.read("bbox-crs", lambda text: served_crs(text, "bbox-crs"), CRS84)
    order = reader.read("sortby", lambda text: order_of(text, layer, asking), _UNSORTED)
    span = reader.read("datetime", span_of, None)
    place = reader.read("bbox", lambda text: place_of(text, bbox_crs), Place())
    at = instant_asked(layer, asking, span)
    wanted = Wanted(
        box=place.box,
        region=place.region,
        heights=place.heights,
        after=reader.read("after", lambda text: Cursor.read(text, order), None),
        limit=min(reader.read("limit", limit_of, DEFAULT_LIMIT), most),
        equal=reader.others,
        where=filter_asked(reader),
        during=span if at is None else None,
        order=order,
        names=reader.read("properties", lambda text: names_of(text, layer, asking), None),
        at=at,
    )
    profiles = reader.read("profile", _profiles_of, _AS_IT_IS)
    reader.finish()
    return Asked(wanted=wanted, crs=crs, profiles=profiles, same=reader.same)


def feature_asked(request: Request, layer: Layer, asking: Asking, fid: int) -> Asked:
    """The parameters of `…/items/{fid}`."""
    if not request.scope["query_string"]:
        return Asked(wanted=Wanted(ids=(fid,), limit=1))
    reader = Reader(request, ONE_FEATURES_OWN)
    for name, _ in reader.others:
        raise unknown_property(name[:80])
    span = reader.read("datetime", span_of, None)
    wanted = Wanted(
        ids=(fid,),
        limit=1,
        names=reader.read("properties", lambda text: names_of(text, layer, asking), None),
        at=instant_asked(layer, asking, span),
    )
    crs = reader.read("crs", lambda text: served_crs(text, "crs"), CRS84)
    profiles = reader.read("profile", _profiles_of, _AS_IT_IS)
    reader.finish()
    return Asked(wanted=wanted, crs=crs, profiles=profiles, same=reader.same)


def _profiles_of(text: str) -> frozenset[Profile]:
    """How codes and links are told (OGC 23-058r2), with commas between them."""
    try:
        return frozenset(Profile(part.strip()) for part in text.split(","))
    except ValueError:
        known = ", ".join(Profile)
        raise BadRequest(
            f"profile: ไม่รู้จัก {text[:80]!r} (มี {known})", f"profile: {text[:80]!r} is not known (there are {known})"
        ) from None


def instant_asked(layer: Layer, asking: Asking, span: During | None) -> dt.datetime | None:
    """The instant that is looked back to: of a layer whose features have no time of their own, by a member."""
    if span is None or asking.is_low or layer.instant in shown_fields(layer, asking) or not span.is_instant:
        return None
    return span.start


def limit_of(text: str) -> int:
    """How many features; a number above ours is lowered by the caller (/req/core/fc-limit-response-1)."""
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise BadRequest("limit: ต้องเป็นจำนวนเต็ม", "limit: must be a whole number")
    # Longer numbers than any page are all the same to us.
    if text.startswith("-") or int(text[:30]) < 1:
        raise BadRequest("limit: ต้องไม่น้อยกว่า 1", "limit: must be at least 1")
    return int(text[:30])


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a bbox stands for."""

    box: Box | None = None
    region: Region | None = None
    heights: Heights | None = None


def place_of(text: str, crs: Served) -> Place:
    """Four numbers, or six with heights, in the axis order of their CRS; west > east crosses ±180°."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise _bad_bbox()
    heights = None
    if len(numbers) == 6:
        low, high = numbers.pop(2), numbers.pop(4)
        if low > high:
            raise _bad_bbox()
        heights = Heights(low=low, high=high)
    if crs.swapped:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    box = Box(west=numbers[0], south=numbers[1], east=numbers[2], north=numbers[3])
    if box.south > box.north or (box.west > box.east and not crs.is_degrees):
        raise _bad_bbox()
    if crs.is_degrees:
        if max(abs(box.west), abs(box.east)) > 180 or max(abs(box.south), abs(box.north)) > 90:
            raise _bad_bbox()
        return Place(box=box, heights=heights)
    shape = outline(box, crs)
    ewkb = shapely.to_wkb(shapely.set_srid(shape, 4326), include_srid=True)
    return Place(region=Region(ewkb=ewkb), heights=heights)


def _bad_bbox() -> BadRequest:
    return BadRequest(
        "bbox ต้องเป็น ตะวันตก,ใต้,ตะวันออก,เหนือ (หรือหกจำนวนรวมความสูง) ตามลำดับแกนของ bbox-crs โดยปกติเป็นองศา",
        "bbox must be west,south,east,north (or six numbers with heights) in the axis order of bbox-crs, else degrees",
    )


def order_of(text: str, layer: Layer, asking: Asking) -> tuple[Order, ...]:
    """`name`, `+name` or `-name`, with commas between them."""
    fields = sortable_fields(layer, asking)
    found: dict[str, Order] = {}
    for part in text.split(","):
        # A plus sign in an address is a space.
        name = part.strip().removeprefix("+")
        descending = name.startswith("-")
        name = name.removeprefix("-")
        if name not in fields:
            raise unknown_property(name[:80])
        if name in found:
            raise BadRequest(f"sortby: มี {name} ซ้ำ", f"sortby: {name} is there twice")
        found[name] = Order(name=name, descending=descending)
    return tuple(found.values())


def names_of(text: str, layer: Layer, asking: Asking) -> tuple[str, ...]:
    """The properties that are wanted; none at all is a wish too."""
    shown = shown_fields(layer, asking)
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in names:
        if name not in shown:
            raise unknown_property(name[:80])
    return names


def filter_asked(reader: Reader) -> Filter | None:
    """The condition in CQL2 (OGC API Features, Part 3)."""
    language, crs = reader.text("filter-lang") or "cql2-text", reader.text("filter-crs")
    return reader.read("filter", lambda text: read_filter(text, language=language, crs=crs), None)
