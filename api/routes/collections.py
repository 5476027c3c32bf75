"""Collections: one for each layer, described from its declaration."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.answers import json_answer
from api.caching import EditCache
from api.definition import JSON_OR_PAGE
from api.deps import Asking, Cache, Known, NamedLayer, ReadSession
from api.flights import Place, Rests
from api.formats import ALL
from api.layers import layers_of
from api.links import link
from api.negotiation import format_of, language_of
from api.pages import page
from api.routes.schemas import schema_links
from api.tileset_documents import TILESETS
from geo.layer import Cells, Layer
from geo.shapes.served import CRS84, CRS84H, LISTED
from geo.shapes.whereabouts import Box
from geo.store import read

router = APIRouter(tags=["collections"], dependencies=[Known])


@router.get("/collections", response_model=None, responses=JSON_OR_PAGE)
def list_collections(request: Request, session: ReadSession, asking: Asking, cache: Cache) -> Response:
    """Every layer's description."""
    if format_of(request) == "html":
        return page(request, "collections.html", layers=layers_of(request).shown_to(asking))
    described = []
    for layer in layers_of(request).shown_to(asking):
        box, span = known_extent(session, cache, layer, asking), known_span(session, cache, layer, asking)
        described.append(_described(request, layer, box, span, asking))
    links = [
        link(request, "/collections", "self", "application/json", "This document"),
        link(request, "/collections?f=html", "alternate", "text/html", "ชั้นข้อมูล · Collections"),
    ]
    return json_answer(request, {"links": links, "collections": described})


@router.get("/collections/{collection}", response_model=None, responses=JSON_OR_PAGE)
def get_collection(request: Request, layer: NamedLayer, session: ReadSession, asking: Asking, cache: Cache) -> Response:
    """One layer's description."""
    box = known_extent(session, cache, layer, asking)
    document = _described(request, layer, box, known_span(session, cache, layer, asking), asking)
    if format_of(request) == "html":
        fields = read.shown_fields(layer, asking)
        return page(request, "collection.html", layer=layer, links=document["links"], fields=fields, extent=box)
    return json_answer(request, document)


def known_extent(session: Any, cache: EditCache, layer: Layer, asking: read.Asking) -> Box | None:
    """The layer's extent, asked of the database once between two edits."""
    key = ("extent", layer.table, asking.eyes)
    found = cache.kept(key)
    if found is not None:
        return found[0]  # type: ignore[no-any-return]  # the cache holds anything
    names = Rests.on([layer], asking, lambda _: Place()).layers
    since = cache.edits(names)
    box = read.extent(session, layer, asking)
    # What is edited within it neither makes it larger nor smaller.
    cache.keep(key, (box,), layers=names, box=None, since=since, inside=None if asking.areas.shared else box)
    return box


def known_span(session: Any, cache: EditCache, layer: Layer, asking: read.Asking) -> read.Span:
    """The layer's heights and times, asked of the database once between two edits."""
    key = ("span", layer.table, asking.eyes)
    found: read.Span | None = cache.kept(key)
    if found is None:
        since = cache.edits((layer.id,))
        found = read.span(session, layer, asking)
        cache.keep(key, found, layers=(layer.id,), box=None, since=since)
    return found


def _extent(box: Box, span: read.Span) -> dict[str, Any]:
    spatial = {"bbox": [[box.west, box.south, box.east, box.north]], "crs": CRS84.uri}
    if span.heights:
        low, high = span.heights
        spatial = {"bbox": [[box.west, box.south, low, box.east, box.north, high]], "crs": CRS84H.uri}
    if span.times is None:
        return {"spatial": spatial}
    return {"spatial": spatial, "temporal": {"interval": [[_moment(one) for one in span.times]], "trs": _GREGORIAN}}


_GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"


def _moment(value: dt.date | dt.datetime) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{value.isoformat()}T00:00:00Z"


def _described(request: Request, layer: Layer, box: Box | None, span: read.Span, asking: read.Asking) -> dict[str, Any]:
    at, language = f"/collections/{layer.id}", language_of(request)
    document: dict[str, Any] = {
        "id": layer.id,
        "title": layer.title.in_language(language),
        "title_th": layer.title.th,
        "title_en": layer.title.en,
        "description": layer.about.in_language(language),
        "attribution": str(layer.source),
        "license": layer.licence,
        "itemType": "feature",
        "crs": list(LISTED),
        "storageCrs": CRS84.uri,
        "links": [
            link(request, at, "self", "application/json", layer.title.en),
            link(request, f"{at}?f=html", "alternate", "text/html", layer.title.th),
            *(link(request, f"{at}/items?f={one}", "items", one.media_type, one.called) for one in ALL),
            *schema_links(request, layer),
            link(request, f"{at}/tiles", TILESETS, "application/json", "ชุดไทล์ · Tilesets"),
            link(request, f"/tiles/{layer.id}.json", "describedby", "application/json", "TileJSON"),
            link(request, f"/maps?layers={layer.id}", "preview", "text/html", "แผนที่ · Map"),
        ],
    }
    if box:
        document["extent"] = _extent(box, span)
    form = read.form(layer, asking)
    if isinstance(form, Cells):
        document["cells"] = {"metres": form.metres, "at_least": form.at_least}
    if layer.public_rows_say and asking.is_low:
        document["restriction"] = layer.public_rows_say.in_language(language)
    return document
