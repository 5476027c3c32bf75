"""Which rows are wanted: said once, whatever asks for them.

Everything in here is a value: it can be compared, kept as a key, and made before there is a database.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from geo.errors import BadRequest
from geo.filter import Filter
from geo.shapes.whereabouts import Box

KEY_LIMIT = 2**63 - 1
LONGEST_CURSOR = 20_000


@dataclass(frozen=True, kw_only=True)
class Order:
    """One column to sort by; rows without a value come last either way."""

    name: str
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Where a page ended: the last row's id and, where they are sorted, its values as JSON writes them."""

    id: int
    values: tuple[Any, ...] = ()

    def told(self) -> str:
        """As it stands in the address of the next page: a number, or numbers and words packed."""
        if not self.values:
            return str(self.id)
        packed = json.dumps([self.id, *self.values], ensure_ascii=False, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, order: tuple[Order, ...]) -> Cursor:
        """The same back; BadRequest where it is none of ours for this order."""
        try:
            if not order:
                if not (text.isascii() and text.isdigit()):
                    raise ValueError(text)
                found = cls(id=int(text[:20]))
            else:
                if len(text) > LONGEST_CURSOR:
                    raise ValueError(text)
                fid, *values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
                if type(fid) is not int or len(values) != len(order):
                    raise ValueError(text)
                if any(isinstance(value, (dict, list)) for value in values):
                    raise ValueError(text)
                found = cls(id=fid, values=tuple(values))
            if not 0 <= found.id <= KEY_LIMIT:
                raise ValueError(text)
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise BadRequest(
                "after ต้องเป็นค่าที่ได้จากลิงก์ next ของหน้าก่อน", "after must be what the next link of the page before it says"
            ) from None
        return found


@dataclass(frozen=True, kw_only=True)
class During:
    """A time or a span of time, from `start` to `end` (None is open); the end belongs to it unless `before_end`.

    `is_instant` says that one moment was named, with a time of day.
    """

    start: dt.datetime | None
    end: dt.datetime | None
    before_end: bool = False
    is_instant: bool = False


@dataclass(frozen=True, kw_only=True)
class Region:
    """A place that rows must touch: the true outline of a rectangle of another CRS, in degrees (EWKB)."""

    ewkb: bytes


@dataclass(frozen=True, kw_only=True)
class OpenBox:
    """A rectangle whose edges are bound when the statement is run (`pages.py`), and the one within it."""

    whole: Any
    inner: Any


@dataclass(frozen=True, kw_only=True)
class Heights:
    """The lower and upper bound of a box of six numbers, metres; what has no height is at every one."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rows are wanted, in which order, and how many of them.

    A rectangle of degrees or a region, heights, those after a cursor, by id, by equal values, by a filter, in a time.
    `by_place` says that the rows are looked up by where they are and by nothing else (a tile): among the thousands of a
    town, the index of municipalities finds nothing that the place has not found already.
    With `at` they are wanted as they were at that instant, which only members of an area may ask. `names` are the
    properties that are wanted of them (None: all that the asker sees).
    """

    box: Box | None = None
    region: Region | None = None
    heights: Heights | None = None
    after: Cursor | None = None
    limit: int | None = None
    ids: tuple[int, ...] = ()
    equal: tuple[tuple[str, str], ...] = ()
    where: Filter | None = None
    during: During | None = None
    order: tuple[Order, ...] = ()
    names: tuple[str, ...] | None = None
    by_place: bool = False
    at: dt.datetime | None = None

    @property
    def is_plain(self) -> bool:
        """Whether only ids, a rectangle and a cursor say which rows, and nothing says in which order or when."""
        chosen = self.region or self.heights or self.equal or self.where or self.during or self.at
        return not (chosen or self.order or self.by_place)


EVERYTHING = Wanted()
