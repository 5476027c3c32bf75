"""Items: a collection's features as GeoJSON or a page, by key and never by OFFSET."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.answers import json_answer
from api.definition import GEOJSON, HTML, answers
from api.deps import Asking, Known, NamedLayer, ReadSession, box_of, instant_of, key_of, unknown_parameter
from api.kept_routes import KeptRoute
from api.links import link, with_query
from api.negotiation import format_of
from api.pages import page
from geo.store import read
from geo.store.read import KEY_LIMIT, MOST_AT_ONCE, Wanted, feature, features, shown_fields

router = APIRouter(tags=["items"], dependencies=[Known], route_class=KeptRoute)

OURS = ("f", "lang", "limit", "bbox", "after", "datetime")
Instant = Annotated[
    str | None, Query(alias="datetime", description="members: as it was at an instant, 2026-11-21T10:00:00Z")
]
Route = TypeVar("Route", bound=Callable[..., Any])


def takes_properties(route: Route) -> Route:
    """Mark a route whose further parameters are the layer's own properties."""
    route.takes_properties = True  # type: ignore[attr-defined]  # read by `known_parameters`
    return route


@router.get("/collections/{collection}/items", response_model=None, responses=answers(GEOJSON, HTML))
@takes_properties
def list_items(
    request: Request,
    layer: NamedLayer,
    session: ReadSession,
    asking: Asking,
    limit: Annotated[int, Query(ge=1, description=f"at most {MOST_AT_ONCE}; more is lowered, not refused")] = 100,
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
    after: Annotated[int | None, Query(ge=0, le=KEY_LIMIT, description="the key to go on from")] = None,
    moment: Instant = None,
) -> Response:
    """Features in key order; `next` leads on until there is no more. Further parameters filter by property."""
    wanted_format = format_of(request)
    equal = tuple((name, value) for name, value in request.query_params.multi_items() if name not in OURS)
    # /req/core/fc-limit-response-1: a limit above ours is lowered, not refused.
    wanted = Wanted(
        box=box_of(bbox), after=after, limit=min(limit, MOST_AT_ONCE), equal=equal, at=_past(asking, moment)
    )
    found = features(session, layer, asking, wanted)
    path = f"/collections/{layer.id}/items"
    same = {"limit": limit, "bbox": bbox, "datetime": moment, **dict(equal)}
    next_path = with_query(path, **same, after=found.next_after) if found.next_after is not None else None
    if wanted_format == "html":
        return page(request, "items.html", layer=layer, features=found.features, fields=shown_fields(layer, asking),
                    moment=moment, next_url=f"{next_path}&f=html" if next_path else None,
                    self_url=with_query(path, **same, after=after))  # fmt: skip
    links = [
        link(request, with_query(path, **same, after=after), "self", GEOJSON, "This page"),
        link(
            request,
            with_query(path, **same, after=after, f="html"),
            "alternate",
            "text/html",
            "หน้านี้ · As a page",
        ),
        link(request, f"/collections/{layer.id}", "collection", "application/json", layer.title.en),
    ]
    if next_path:
        links.append(link(request, next_path, "next", GEOJSON, "The next page"))
    document = {
        "type": "FeatureCollection",
        "numberReturned": len(found.features),
        "links": links,
        "features": found.features,
    }
    return json_answer(request, document, GEOJSON)


def _past(asking: read.Asking, moment: str | None) -> dt.datetime | None:
    """The instant that is asked for; for those who see no past there is no such parameter."""
    if moment is not None and asking.is_low:
        raise unknown_parameter("datetime")
    return instant_of(moment)


@router.get("/collections/{collection}/items/{fid}", response_model=None, responses=answers(GEOJSON, HTML))
def get_item(
    request: Request, layer: NamedLayer, fid: str, session: ReadSession, asking: Asking, moment: Instant = None
) -> Response:
    """One feature by its id."""
    wanted_format = format_of(request)
    found = feature(session, layer, asking, key_of(layer, fid), at=_past(asking, moment))
    if wanted_format == "html":
        return page(request, "item.html", layer=layer, feature=found, fields=shown_fields(layer, asking),
                    moment=moment, has_past=not asking.is_low)  # fmt: skip
    at = f"/collections/{layer.id}"
    own = f"{at}/items/{fid}"
    found["links"] = [
        link(request, with_query(own, datetime=moment), "self", GEOJSON, "This feature"),
        link(request, with_query(own, datetime=moment, f="html"), "alternate", "text/html", "As a page"),
        link(request, at, "collection", "application/json", layer.title.en),
    ]
    if not asking.is_low:
        # RFC 5829
        found["links"].append(link(request, f"{own}/versions", "version-history", "application/json", "Its versions"))
    return json_answer(request, found, GEOJSON)
