"""Lists of persons and of registers a part at a time: how many, from where on, and the ways back and on.

They are read by few and change while they are read, so that a place in the list is enough and nothing marks a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from api.links import link, with_query
from api.negotiation import format_of

MOST_ON_A_PAGE, MOST_AT_ONCE = 100, 1_000
LARGEST = 2**31 - 1
# What stays the same from one page to the next.
_KEPT = ("f", "lang", "limit")


@dataclass(frozen=True, kw_only=True)
class Pages:
    """Where a part lies in its list, counted from 1 for people, and the addresses of the parts before and after."""

    first: int
    last: int
    count: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, kw_only=True)
class Part:
    """The part of a list that was asked for."""

    request: Request
    limit: int
    offset: int

    def of(self, count: int) -> Pages:
        """The same in a list of so many."""
        end = self.offset + self.limit
        # From beyond the end the way back leads to the last page.
        before = max(0, min(self.offset - self.limit, (count - 1) // self.limit * self.limit))
        return Pages(
            first=self.offset + 1, last=min(end, count), count=count,
            previous=self._at(before) if self.offset else None, next=self._at(end) if end < count else None,
        )  # fmt: skip

    def told(self, count: int) -> dict[str, Any]:
        """What JSON says of it: nothing where the list is told whole."""
        pages = self.of(count)
        ways = (("prev", pages.previous, "The page before"), ("next", pages.next, "The next page"))
        links = [link(self.request, path, rel, "application/json", title) for rel, path, title in ways if path]
        return {"count": count, "links": links} if links else {}

    def _at(self, offset: int) -> str:
        query = self.request.query_params
        kept = {name: query[name] for name in _KEPT if name in query}
        return with_query(self.request.scope["route"].path, **kept, offset=offset or None)


def _asked(
    request: Request,
    limit: Annotated[int | None, Query(
        ge=1, description=f"how many; more than {MOST_AT_ONCE:,} (on a page {MOST_ON_A_PAGE}) is lowered, not refused",
    )] = None,
    offset: Annotated[int, Query(ge=0, le=LARGEST, description="after how many it goes on")] = 0,
) -> Part:  # fmt: skip
    most = MOST_ON_A_PAGE if format_of(request) == "html" else MOST_AT_ONCE
    return Part(request=request, limit=min(limit or most, most), offset=offset)


ThePart = Annotated[Part, Depends(_asked)]
