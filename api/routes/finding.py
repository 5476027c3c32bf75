"""Finding a place on the map: by name, code, house number or coordinates, in every layer that the asker sees."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.answers import json_answer
from api.definition import JSON_ONLY
from api.deps import Asking, Known, ReadSession
from api.layers import layers_of
from geo.errors import Text
from geo.layer import Layer
from geo.render.popup import pair
from geo.shapes.spoken_places import SpokenPlace, spoken_places
from geo.store import read
from geo.store.asking import shown_fields
from geo.store.read import Wanted, features
from geo.store.search import Hit, Place, hits, places
from geo.store.tiles import for_tiles
from layers import LAYERS

router = APIRouter(tags=["maps"], dependencies=[Known])

# Layers whose features have a page of their own.
_PAGES = {"community": "/communities", "parcel": "/parcels"}
LONGEST = 120
EACH = 6
# What people mean most often comes first; the rest follows as the layers do.
IN_ORDER = ("community", "asset", "risk_point", "risk_zone", "parcel", "building", "household", "shared_area")


@router.get("/search", response_model=None, responses=JSON_ONLY)
def find(
    request: Request, session: ReadSession, asking: Asking,
    q: Annotated[str, Query(max_length=LONGEST, description="a name, lane, code, house number, or coordinates")] = "",
) -> Response:  # fmt: skip
    """What is called so, by layer, and the places that the words mean as coordinates."""
    # As on the map itself nothing is found by what is kept by name: neither persons nor deeds.
    seen = for_tiles(asking)
    spoken = spoken_places(q)
    groups = [] if spoken else _groups(session, _in_order(layers_of(request).shown_to(seen)), seen, q)
    return json_answer(request, {"q": q, "places": [_spoken(place) for place in spoken], "groups": groups})


def _in_order(layers: Sequence[Layer]) -> list[Layer]:
    ranks = {name: rank for rank, name in enumerate(IN_ORDER)}
    return sorted(layers, key=lambda layer: ranks.get(layer.id, len(ranks)))


def _groups(session: Session, layers: Sequence[Layer], asking: read.Asking, text: str) -> list[dict[str, Any]]:
    found = [(layer, hits(session, layer, asking, text, EACH)) for layer in layers]
    called = [(layer, places(session, layer, asking, text, EACH)) for layer in layers if layer.names_places]
    within = {hit.values.get("community_id") for _, some in found for hit in some.found}
    names = _communities(session, asking, within | {one.community for _, some in called for one in some})
    return [*(
        {"layer": layer.id, "title": pair(shown_fields(layer, asking)[some[0].column].label), "more": len(some) > EACH,
         "found": [_told_place(one, names) for one in some[:EACH]]}
        for layer, some in called if some
    ), *(
        {"layer": layer.id, "title": pair(layer.title), "more": some.is_more,
         "found": [_told(layer, asking, hit, names) for hit in some.found]}
        for layer, some in found if some.found
    )]  # fmt: skip


def _told_place(place: Place, communities: dict[int, Text]) -> dict[str, Any]:
    """A place by its name: no feature, so it has no number and no page."""
    community, box = communities.get(place.community or 0), place.box
    return {
        "id": None, "name": pair(Text(place.value, place.value)), "by": None,
        "community": pair(community) if community else None, "box": [box.west, box.south, box.east, box.north],
        "lon": (box.west + box.east) / 2, "lat": (box.south + box.north) / 2, "page": None,
    }  # fmt: skip


def _communities(session: Session, asking: read.Asking, within: Collection[int | None]) -> dict[int, Text]:
    """The names of these communities, as far as this asker knows them."""
    ids = tuple(sorted(one for one in within if one))
    if not ids:
        return {}
    known = features(session, LAYERS["community"], asking, Wanted(ids=ids), shapes=False).features
    words = {one["id"]: one["properties"] for one in known}
    return {fid: Text(one["name_th"], one.get("name_en") or one["name_th"]) for fid, one in words.items()}


def _told(layer: Layer, asking: read.Asking, hit: Hit, communities: dict[int, Text]) -> dict[str, Any]:
    thai = hit.values.get(layer.name_field) if layer.name_field else None
    thai = hit.values.get("name_th") or thai or hit.value
    label = shown_fields(layer, asking)[hit.column].label
    by = None if hit.value in (thai, hit.values.get("name_en")) else Text(
        f"{label.th} {hit.value}", f"{label.en} {hit.value}")  # fmt: skip
    community = communities.get(hit.values.get("community_id") or 0)
    return {
        "id": hit.id,
        "name": pair(Text(str(thai), str(hit.values.get("name_en") or thai))),
        "by": pair(by) if by else None,
        "community": pair(community) if community else None,
        "box": [hit.box.west, hit.box.south, hit.box.east, hit.box.north] if hit.box else None,
        "lon": hit.lon,
        "lat": hit.lat,
        "page": f"{_PAGES[layer.id]}/{hit.id}" if layer.id in _PAGES else None,
    }


def _spoken(place: SpokenPlace) -> dict[str, Any]:
    return {"lon": place.lon, "lat": place.lat, "read_as": pair(place.read_as)}
