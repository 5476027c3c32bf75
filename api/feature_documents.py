"""What is said around features: the members of a collection, links and headers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Hashable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from api.answers import with_headers
from api.asked import Asked
from api.formats import ALL, ONE_FEATURE, Format
from api.kept import Kept
from api.links import base_of, link
from geo.encode import EncodedPage
from geo.layer import Layer
from geo.render import written
from geo.shapes.served import CRS84, CRS84H
from geo.store.read import Asking
from geo.store.wanted import Cursor

MOST_KINDS_OF_LINKS = 200  # one of a layer and a way of asking; whoever asks in ever new ways drives them out
# What stands in no address of ours, in the places of what differs.
_ANY_FEATURE, _ANY_QUESTION = "-any-feature-", "-any-question-"
_HERE, _NEXT = Cursor(id=9_111_111_111_111_111_111), Cursor(id=9_122_222_222_222_222_222)
_LINKS: dict[Hashable, bytes] = {}
VARY = "Accept, Accept-Language, Accept-Encoding"


def words_of_page(
    request: Request, layer: Layer, asked: Asked, kind: Format, returned: int, matched: int | None,
    next_after: Cursor | None,
) -> dict[str, Any]:  # fmt: skip
    """What a collection of features says before its features."""
    document: dict[str, Any] = {"type": "FeatureCollection"}
    if kind is Format.JSON_FG:
        document |= {"conformsTo": [written.JSON_FG], "featureType": layer.id, "coordRefSys": asked.crs.uri}
    if matched is not None:
        document["numberMatched"] = matched
    return document | {
        "numberReturned": returned,
        "timeStamp": _time(request),
        "links": links_of_page(request, layer, asked, kind, next_after),
    }


def _time(request: Request) -> str:
    now: dt.datetime = request.app.state.now()
    return f"{now.astimezone(dt.UTC).isoformat(timespec='seconds')[:19]}Z"


def page_address(layer: Layer, asked: Asked, after: Cursor | None, **more: str) -> str:
    """The address of the same question from another place on, perhaps in another format."""
    same = [*asked.same, *more.items()]
    if after is not None:
        same.append(("after", after.told()))
    path = f"/collections/{layer.id}/items"
    return f"{path}?{urlencode(same)}" if same else path


def links_of_page(
    request: Request, layer: Layer, asked: Asked, kind: Format, next_after: Cursor | None
) -> list[dict[str, Any]]:
    """Itself, the other formats, its collection and the next page."""
    here, named = asked.wanted.after, request.query_params.get("f") if request.scope["query_string"] else None
    bare = page_address(layer, asked, None)
    more = f"{bare}&" if "?" in bare else f"{bare}?"

    def address(after: Cursor | None, form: str | None) -> str:
        last = [("f", form)] if form is not None else []
        if after is not None:
            last.append(("after", after.told()))
        return more + urlencode(last) if last else bare

    found = [link(request, address(here, named), "self", kind.media_type, "This page")]
    found += [
        link(request, address(here, str(one)), "alternate", one.media_type, one.called)
        for one in ALL
        if one is not kind
    ]
    found.append(link(request, f"/collections/{layer.id}", "collection", "application/json", layer.title.en))
    if next_after is not None:
        following = address(next_after, named)
        found.append(link(request, following, "next", kind.media_type, "หน้าถัดไป · The next page"))
    return found


def page_headers(
    request: Request, layer: Layer, asked: Asked, kind: Format, next_after: Cursor | None, returned: int,
    matched: int | None,
) -> dict[str, str]:  # fmt: skip
    """What a format without room for it says in its headers: links (RFC 8288), numbers, the CRS."""
    links = [one for one in links_of_page(request, layer, asked, kind, next_after) if one["rel"] in ("self", "next")]
    headers = {
        "Link": ", ".join(f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in links),
        "OGC_NumberReturned": str(returned),
        "Content_Crs": f"<{asked.crs.uri}>",
    }
    return headers if matched is None else {**headers, "OGC_NumberMatched": str(matched)}


def links_of_one(
    request: Request, layer: Layer, asking: Asking, asked: Asked, kind: Format, fid: int | str
) -> list[dict[str, Any]]:
    """One feature's: itself, its other formats, its collection, and its versions for whoever may see them."""
    at = f"/collections/{layer.id}"
    own = f"{at}/items/{fid}"

    def address(**more: str) -> str:
        same = [*asked.same, *more.items()]
        return f"{own}?{urlencode(same)}" if same else own

    named = {"f": request.query_params["f"]} if "f" in request.query_params else {}
    links = [link(request, address(**named), "self", kind.media_type, "This feature")]
    links += [link(request, address(f=str(one)), "alternate", one.media_type, one.called)
              for one in ONE_FEATURE if one is not kind]  # fmt: skip
    links.append(link(request, at, "collection", "application/json", layer.title.en))
    if not asking.is_low:
        # RFC 5829
        links.append(link(request, f"{own}/versions", "version-history", "application/json", "Its versions"))
    return links


def links_in_bytes(request: Request, layer: Layer, asking: Asking, asked: Asked, fid: int) -> bytes:
    """The same as JSON, for GeoJSON: those of one feature differ from those of another by its number alone."""
    named = request.query_params.get("f") if request.scope["query_string"] else None
    key = (base_of(request), layer.id, layer.title.en, asking.is_low, asked.same, named)
    told = _LINKS.get(key)
    if told is None:
        told = _remembered(key, links_of_one(request, layer, asking, asked, Format.GEOJSON, _ANY_FEATURE))
    return told.replace(_ANY_FEATURE.encode(), b"%d" % fid)


def _page_links_in_bytes(request: Request, layer: Layer, asked: Asked, next_after: Cursor | None) -> bytes:
    """Those of a page of GeoJSON, likewise: from page to page only the question and the cursors are others."""
    named = request.query_params.get("f") if request.scope["query_string"] else None
    here = asked.wanted.after
    key = (base_of(request), layer.id, layer.title.en, bool(asked.same), named, here is None, next_after is None)
    told = _LINKS.get(key)
    if told is None:
        wanted = replace(asked.wanted, after=here and _HERE)
        of_any = replace(asked, wanted=wanted, same=((_ANY_QUESTION, ""),) if asked.same else ())
        told = _remembered(key, links_of_page(request, layer, of_any, Format.GEOJSON, next_after and _NEXT))
    for mark, cursor in ((_HERE, here), (_NEXT, next_after)):
        if cursor is not None:
            told = told.replace(mark.told().encode(), cursor.told().encode())
    # The asker's own words come last, so that nothing in them is taken for one of our marks.
    return told.replace(b"%s=" % _ANY_QUESTION.encode(), urlencode(asked.same).encode()) if asked.same else told


def _remembered(key: Hashable, links: list[dict[str, Any]]) -> bytes:
    if len(_LINKS) >= MOST_KINDS_OF_LINKS:
        _LINKS.clear()
    told = _LINKS[key] = json.dumps(links, ensure_ascii=False, separators=(",", ":")).encode()
    return told


def crs_told(asked: Asked, *, is_high: bool) -> str:
    """The CRS of an answer as its header says it; with heights where any of the shapes has them."""
    return f"<{CRS84H.uri if is_high and asked.crs is CRS84 else asked.crs.uri}>"


def content_crs(asked: Asked, shapes: list[bytes | None]) -> str:
    """The same, from the shapes (EWKB)."""
    # The highest bits of an EWKB type say that a height follows (little-endian, as PostGIS writes it here).
    return crs_told(asked, is_high=any(shape is not None and shape[4] & 0x80 for shape in shapes))


def encoded_page(
    request: Request, layer: Layer, asked: Asked, held: EncodedPage, matched: int | None
) -> Kept:  # fmt: skip
    """A page of GeoJSON features that compiled code has written."""
    next_after = Cursor(id=held.ids[-1]) if held.more else None
    counted = b"" if matched is None else b'"numberMatched":%d,' % matched
    head = b'{"type":"FeatureCollection",%s"numberReturned":%d,"links":%s' % (
        counted, held.count, _page_links_in_bytes(request, layer, asked, next_after),
    )  # fmt: skip
    # The time of day is no news: the same features have the same tag, and a weak one, because the bytes differ.
    body = b'%s,"timeStamp":"%s","features":[%s]}' % (head, _time(request).encode(), held.body)
    kept = Kept.weakly(body, head, held.body)
    # A row without a shape lies in every rectangle.
    box = asked.wanted.box
    kept.box = box if box and box.west <= box.east and layer.shape.required else None
    told = crs_told(asked, is_high=held.is_high)
    return with_headers(request, kept, Format.GEOJSON.media_type, vary=VARY, Content_Crs=told)
