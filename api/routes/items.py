"""Items: a collection's features by key and never by OFFSET, in the formats and the CRS that are asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import shapely
from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from api.answers import PRIVATE, PUBLIC, answer, is_private, json_answer
from api.asked import Asked, feature_asked, features_asked
from api.bare import Bare
from api.conditions import http_date, item_tag, known_version
from api.definition import answers
from api.deps import asking_soon, key_of, session_as
from api.doorstep import Desk
from api.feature_documents import (
    VARY,
    content_crs,
    encoded_page,
    links_of_one,
    page_address,
    page_headers,
    words_of_page,
)
from api.formats import ALL, ONE_FEATURE, Format, features_format
from api.kept import Kept
from api.kept_answers import at_the_door, kept_answers
from api.layers import layer_soon
from api.links import base_of
from api.negotiation import language_of
from api.pages import STRICT, page
from api.parameters import FEATURE, FEATURES
from api.prepared_answers import feature_soon, is_written_by_code, page_soon
from geo.layer import Layer
from geo.render import written
from geo.store import read
from geo.store.pages import counted_for
from geo.store.read import MOST_AT_ONCE, Asking, RawPage, raw_page
from geo.store.stream import features_in_bytes
from geo.store.wanted import Cursor, Wanted

router = APIRouter(tags=["items"])

CHUNK = 1_000
# A page is for eyes and for a telephone: it leads on to the next one long before it weighs 300 kB.
MOST = {Format.SEQUENCE: 1_000_000, Format.HTML: 100}


async def list_items(request: Request) -> Kept | Response:
    """Features in key order, or sorted; `next` leads on until there is no more."""
    layer = await layer_soon(request, request.path_params["collection"])
    asking = await asking_soon(request)
    found = await page_soon(request, layer, asking)
    return found if found is not None else await run_in_threadpool(_list_items, request, layer, asking)


def _list_items(request: Request, layer: Layer, asking: Asking) -> Kept | Response:
    kind = features_format(request)
    asked = features_asked(request, layer, asking, most=MOST.get(kind, MOST_AT_ONCE))
    if kind is Format.SEQUENCE:
        return _streamed(request, layer, asking, asked)
    if kind is Format.GEOJSON and is_written_by_code(asked):
        return _from_bytes(request, layer, asking, asked)
    with session_as(request, asking) as session:
        found = raw_page(session, layer, asking, asked.wanted)
        is_all = found.next_after is None
        matched = _matched(session, layer, asking, asked.wanted, len(found.ids), is_all=is_all)
    return _written(request, layer, asking, asked, kind, found, matched)


def _from_bytes(request: Request, layer: Layer, asking: Asking, asked: Asked) -> Kept:
    with session_as(request, asking) as session:
        held = features_in_bytes(session, layer, asking, asked.wanted, asked.crs)
        matched = _matched(session, layer, asking, asked.wanted, held.count, is_all=not held.more)
    return encoded_page(request, layer, asked, held, matched)


def _matched(
    session: Session, layer: Layer, asking: Asking, wanted: Wanted, returned: int, *, is_all: bool
) -> int | None:  # fmt: skip
    """How many there are in all, where that is cheap to say; nothing where it is not."""
    if wanted.after is None and is_all:
        return returned
    return read.count_up_to(session, layer, asking, wanted, counted_for(wanted.limit or 1))


def _written(
    request: Request, layer: Layer, asking: Asking, asked: Asked, kind: Format, found: RawPage, matched: int | None
) -> Response:
    next_after = found.next_after
    if kind is Format.HTML:
        return _as_page(request, layer, asking, asked, found, matched)
    if kind is Format.GEOJSON or kind is Format.JSON_FG:
        document = _collection(request, layer, asked, kind, found, matched)
        return _features_answer(request, document, kind, asked, found)
    headers = page_headers(request, layer, asked, kind, next_after, len(found.ids), matched)
    if kind is Format.CSV:
        body = written.csv_text(found, asked.crs).encode()
        return answer(request, Kept.of(body), "text/csv; charset=utf-8; header=present", vary=VARY, **headers)
    body = (
        written.parquet_bytes(found, asked.crs)
        if kind is Format.PARQUET
        else written.flatgeobuf_bytes(found, layer, asked.crs)
    )
    name = f'attachment; filename="{layer.id}.{kind}"'
    return answer(request, Kept.of(body), kind.media_type, vary=VARY, Content_Disposition=name, **headers)


def _told(request: Request, layer: Layer, asked: Asked, found: RawPage, kind: Format) -> Iterator[dict[str, Any]]:
    features = written.features_of(
        found, layer, asked.crs, profiles=asked.profiles, base=base_of(request), language=language_of(request)
    )
    return (written.json_fg_feature(one, layer, asked.crs) for one in features) if kind is Format.JSON_FG else features


def _collection(
    request: Request, layer: Layer, asked: Asked, kind: Format, found: RawPage, matched: int | None
) -> dict[str, Any]:
    words = words_of_page(request, layer, asked, kind, len(found.ids), matched, found.next_after)
    return {**words, "features": list(_told(request, layer, asked, found, kind))}


def _features_answer(
    request: Request, document: dict[str, Any], kind: Format, asked: Asked, found: RawPage
) -> Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    # The time of day is no news: the same features have the same tag, and a weak one, because the bytes differ.
    same = json.dumps({**document, "timeStamp": None}, ensure_ascii=False, separators=(",", ":")).encode()
    return answer(
        request, Kept.weakly(body, same), kind.media_type, vary=VARY, Content_Crs=content_crs(asked, found.shapes)
    )


def _streamed(request: Request, layer: Layer, asking: Asking, asked: Asked) -> Response:
    """A GeoJSON text sequence (RFC 8142), read and sent a thousand features at a time."""
    # What is wrong with the question is told before the first byte.
    with session_as(request, asking) as session:
        first = raw_page(session, layer, asking, _chunk(asked.wanted, asked.wanted.after, asked.wanted.limit or CHUNK))

    def records() -> Iterator[bytes]:
        left, found = asked.wanted.limit or CHUNK, first
        while True:
            for feature in _told(request, layer, asked, found, Format.SEQUENCE):
                told = json.dumps(feature, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
                yield b"\x1e" + told.encode() + b"\n"
            left -= len(found.ids)
            if left <= 0 or found.next_after is None:
                return
            with session_as(request, asking) as session:
                found = raw_page(session, layer, asking, _chunk(asked.wanted, found.next_after, left))

    headers = {
        "Cache-Control": PRIVATE if is_private(request) else PUBLIC, "Vary": VARY, "X-Content-Type-Options": "nosniff",
        "Content-Crs": content_crs(asked, first.shapes),
    }  # fmt: skip
    return StreamingResponse(records(), media_type=Format.SEQUENCE.media_type, headers=headers)


def _chunk(wanted: Wanted, after: Cursor | None, left: int) -> Wanted:
    return Wanted(**{**wanted.__dict__, "after": after, "limit": min(CHUNK, left)})


def _as_page(
    request: Request, layer: Layer, asking: Asking, asked: Asked, found: RawPage, matched: int | None
) -> Response:
    features = list(_told(request, layer, asked, found, Format.HTML))
    following = None if found.next_after is None else page_address(layer, asked, found.next_after, f="html")
    return page(
        request, "items.html", layer=layer, features=features, fields=found.fields, next_url=following,
        moment=request.query_params.get("datetime") if asked.wanted.at else None, as_of=asked.wanted.at,
        matched=matched,
        self_url=page_address(layer, asked, asked.wanted.after, f="geojson"), map_url=_map_of(layer, found, asked),
        formats=[(one.called, page_address(layer, asked, asked.wanted.after, f=str(one))) for one in ALL[:-1]],
        policy=f"{STRICT}; frame-src 'self'",
    )  # fmt: skip


def _map_of(layer: Layer, found: RawPage, asked: Asked) -> str | None:
    """The map of the place that these features are in; the past is not on it."""
    shapes = [shape for shape in shapely.from_wkb([one for one in found.shapes if one]) if not shape.is_empty]
    if not shapes or asked.wanted.at is not None:
        return None
    west, south, east, north = shapely.total_bounds(shapes)
    margin = max(east - west, north - south, 0.002) * 0.05
    box = (max(west - margin, -180), max(south - margin, -90), min(east + margin, 180), min(north + margin, 90))
    return f"/maps?{urlencode({'layers': layer.id, 'bbox': ','.join(f'{edge:.6f}' for edge in box)})}"


async def get_item(request: Request) -> Kept | Response:
    """One feature by its id."""
    layer = await layer_soon(request, request.path_params["collection"])
    asking = await asking_soon(request)
    found = await feature_soon(request, layer, asking)
    return found if found is not None else await run_in_threadpool(_get_item, request, layer, asking)


def _get_item(request: Request, layer: Layer, asking: Asking) -> Response:
    kind, fid = features_format(request, ONE_FEATURE), key_of(layer, request.path_params["fid"])
    asked = feature_asked(request, layer, asking, fid)
    with session_as(request, asking) as session:
        # Before the feature itself: a tag may be older than what it is on, and is then refused; never younger.
        known = known_version(request, session, layer, asking, fid, at=asked.wanted.at)
        found = raw_page(session, layer, asking, asked.wanted)
    if not found.ids:
        raise read.no_such(layer, fid)
    (feature,) = _told(request, layer, asked, found, kind)
    moment = request.query_params.get("datetime") if asked.wanted.at else None
    if kind is Format.HTML:
        return page(request, "item.html", layer=layer, feature=feature, fields=found.fields,
                    moment=moment, as_of=asked.wanted.at, has_past=not asking.is_low)  # fmt: skip
    if kind is Format.JSON_FG:
        feature = {"type": "Feature", "conformsTo": [written.JSON_FG], "coordRefSys": asked.crs.uri, **feature}
    feature["links"] = links_of_one(request, layer, asking, asked, kind, fid)
    headers = {"Content_Crs": content_crs(asked, found.shapes)}
    if known is None:
        return json_answer(request, feature, kind.media_type, **headers)
    tag = item_tag(request, known[0], request.url.path, request.url.query, kind)
    return json_answer(request, feature, kind.media_type, etag=tag, Last_Modified=http_date(known[1]), **headers)


def one_feature(request: Request, layer: Layer, asking: Asking, fid: int) -> tuple[dict[str, Any], dict[str, str]]:
    """A feature as whoever wrote it reads it, in GeoJSON, with the headers that go along."""
    asked = feature_asked(request, layer, asking, fid)
    with session_as(request, asking) as session:
        found = raw_page(session, layer, asking, asked.wanted)
    if not found.ids:
        raise read.no_such(layer, fid)
    (feature,) = _told(request, layer, asked, found, Format.GEOJSON)
    feature["links"] = links_of_one(request, layer, asking, asked, Format.GEOJSON, fid)
    return feature, {"Content-Crs": content_crs(asked, found.shapes)}


# Programs ask for pages of features by the hundred too: bare routes answer, and the declared ones behind them describe
# them in the API document.
_ITEMS, _ITEM = "/collections/{collection}/items", "/collections/{collection}/items/{fid}"
_LIST, _GET = kept_answers(list_items), kept_answers(get_item)
FIRST = (Bare(_ITEMS, _LIST), Bare(_ITEM, _GET))
DESKS = (
    Desk(re.compile(r"/collections/(?P<collection>[^/]+)/items"), _ITEMS, at_the_door(list_items)),
    Desk(re.compile(r"/collections/(?P<collection>[^/]+)/items/(?P<fid>\d+)", re.ASCII), _ITEM, at_the_door(get_item)),
)
router.get(_ITEMS, response_model=None, responses=answers(*(one.media_type for one in ALL)), openapi_extra=FEATURES)(
    _LIST
)
router.get(
    _ITEM, response_model=None, responses=answers(*(one.media_type for one in ONE_FEATURE)), openapi_extra=FEATURE
)(_GET)
