"""Features for programs that ask by the hundred: without a thread, a session or a query put together anew.

What is asked for most is answered here: pages of GeoJSON in a rectangle or in the order of ids, and single features.
Everything else goes the general way (`routes/items.py`), which says the same of the same rows.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.answers import with_headers
from api.asked import Asked, feature_asked, features_asked
from api.conditions import is_bootstrap
from api.deps import area_of, key_of, session_as
from api.feature_documents import VARY, crs_told, encoded_page, links_in_bytes
from api.flights import Flights, Place, Rests
from api.formats import ALL, ONE_FEATURE, Format, features_format
from api.kept import Kept
from geo.encode import EncodedPage
from geo.layer import Audience, Layer
from geo.store import read
from geo.store.lines import Lines
from geo.store.pages import CountedPage, can_be_prepared, counted_for, page_of
from geo.store.read import Asking
from geo.store.roles import Role
from geo.store.stream import features_in_bytes
from geo.store.wanted import EVERYTHING

# Other parameters may take long to read; that is for a thread.
_QUICKLY_READ = frozenset({"f", "lang", "limit", "bbox", "after", "properties", "crs"})


def _is_quickly_read(request: Request) -> bool:
    return not request.scope["query_string"] or _QUICKLY_READ.issuperset(request.query_params)


def is_written_by_code(asked: Asked) -> bool:
    """Whether compiled code can write it: nothing to look up for codes and links, no datum shift of our own, and the
    next page named by an id alone."""
    return not asked.profiles and not asked.wanted.order and not asked.crs.pinned


async def page_soon(request: Request, layer: Layer, asking: Asking) -> Kept | None:
    """The page of features that is asked for, or None where that is for the general way."""
    if not _is_quickly_read(request) or features_format(request, ALL) is not Format.GEOJSON:
        return None
    asked = features_asked(request, layer, asking)
    if not is_written_by_code(asked) or not can_be_prepared(layer, asking, asked.wanted):
        return None
    found = await _found(request, layer, asking, asked)
    if found is None:
        # More than are counted: nothing is said of how many.
        return encoded_page(
            request, layer, asked, await run_in_threadpool(_of_many, request, layer, asking, asked), None
        )
    matched = found.matched
    if matched is None:
        matched = await _matched(request, layer, asking, counted_for(asked.wanted.limit or 1))
    return encoded_page(request, layer, asked, found.page, matched)


def _of_many(request: Request, layer: Layer, asking: Asking, asked: Asked) -> EncodedPage:
    with session_as(request, asking) as session:
        return features_in_bytes(session, layer, asking, asked.wanted, asked.crs)


async def _found(request: Request, layer: Layer, asking: Asking, asked: Asked) -> CountedPage | None:
    lines: Lines = request.app.state.lines[Role.PUBLIC if asking.audience is Audience.PUBLIC else Role.MEMBER]
    return await page_of(lines, layer, asking, asked.wanted, asked.crs, area=area_of(request, asking))


async def _matched(request: Request, layer: Layer, asking: Asking, most: int) -> int | None:
    """How many features there are in all, where that is cheap to say; kept, because every page says it."""
    flights: Flights = request.app.state.flights

    def counted() -> tuple[int | None]:
        with session_as(request, asking) as session:
            return (read.count_up_to(session, layer, asking, EVERYTHING, most),)

    rests = Rests.on([layer], asking, lambda _: Place())
    found: tuple[int | None] = await flights.answer(
        ("matched", layer.table, asking.eyes, most), lambda: run_in_threadpool(counted), rests
    )
    return found[0]


async def feature_soon(request: Request, layer: Layer, asking: Asking) -> Kept | None:
    """The feature that is asked for, or None where that is for the general way: members are told versions besides."""
    if not _is_quickly_read(request) or not asking.is_low or is_bootstrap(request):
        return None
    if features_format(request, ONE_FEATURE) is not Format.GEOJSON:
        return None
    fid = key_of(layer, request.path_params["fid"])
    asked = feature_asked(request, layer, asking, fid)
    if not is_written_by_code(asked) or not can_be_prepared(layer, asking, asked.wanted):
        return None
    found = await _found(request, layer, asking, asked)
    if found is None or not found.page.count:
        raise read.no_such(layer, fid)
    told = links_in_bytes(request, layer, asking, asked, fid)
    kept = Kept.of(b'%s,"links":%s}' % (found.page.body[:-1], told))
    kept.box = found.page.around if asked.crs.is_degrees else None
    # Packed whatever its length, as a member's is, whose tag says nothing of it (`answers.json_answer`).
    kept.least = 0
    said = crs_told(asked, is_high=found.page.is_high)
    return with_headers(request, kept, Format.GEOJSON.media_type, vary=VARY, Content_Crs=said)
