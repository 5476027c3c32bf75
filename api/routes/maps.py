"""Maps for people: the town's, one of chosen layers, and everything about a community on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.answers import json_answer
from api.caching import EditCache
from api.community_page import box_of_feature
from api.definition import JSON_ONLY, PAGE
from api.deps import Asking, Cache, Known, ReadSession, box_of, session_as
from api.layers import layers_of
from api.marking import MARKERS
from api.negotiation import language_of
from api.pages import STRICT, is_made_up, page
from api.people.cookies import session_csrf
from api.people.views import speaking
from api.reading.looking import EVERYBODY, as_everybody
from api.routes.collections import known_extent
from api.routes.styles import editions_of, kept_page
from api.tile_answers import joined, layers_named
from geo.errors import Text, UnknownFeature
from geo.layer import Layer
from geo.render.folium_map import Account, Focus, Ways, folium_map, page_parts
from geo.shapes.whereabouts import Box
from geo.store import read
from geo.store.read import Wanted, feature, features
from geo.store.search import search
from geo.store.tiles import for_tiles
from layers import LAYERS

router = APIRouter(tags=["maps"], dependencies=[Known])

WAYS = Ways(pages={"community": "/communities/{id}", "parcel": "/parcels/{id}"}, search_url="/search")
# Hat Yai and Songkhla: where a map looks while there is nothing on it yet.
NOTHING_YET = Box(west=100.40, south=6.93, east=100.65, north=7.26)
KEY_LIMIT = 2**63 - 1


@router.get("/map", response_model=None, responses=PAGE)
def get_town_map(
    request: Request,
    session: ReadSession,
    asking: Asking,
    cache: Cache,
    municipality: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """The town map; `municipality` moves it to one of several towns."""
    layers = layers_of(request).of_map("town", asking)
    towns = _towns(session, asking, cache)
    # The town that was asked for comes first, else the one with the most communities.
    towns.sort(key=lambda town: (town.code != municipality, -town.communities, town.code or ""))
    if municipality is not None and all(town.code != municipality for town in towns):
        raise UnknownFeature(f"ไม่พบเทศบาล {municipality}", f"There is no municipality {municipality}")
    if towns:
        box = towns[0].box
    else:
        boxes = (known_extent(session, cache, layer, asking) for layer in layers)
        box = next((found for found in boxes if found), NOTHING_YET)
    places = [(town.name, town.box) for town in towns]
    title = Text("แผนที่เมือง", "The town map")
    return map_page(request, session, layers, box, asking, title=title, places=places)


@router.get("/maps", response_model=None, responses=PAGE)
def get_map(
    request: Request,
    session: ReadSession,
    asking: Asking,
    cache: Cache,
    layers: Annotated[str, Query(description="layer ids joined by commas")],
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
    item: Annotated[str | None, Query(description="an item of the first layer to go to and outline")] = None,
) -> Response:
    """A map of chosen layers: of a rectangle, around one item, or of all there is."""
    chosen = layers_named(request, layers)
    box, focus = box_of(bbox), None
    if item is not None:
        # Where it lies, and nothing that is kept by name: to open a map is no reading that is written down.
        seen = for_tiles(asking)
        with session_as(request, seen) as eyes:
            found = feature(eyes, chosen[0], seen, _key(item, chosen[0]))
        box, focus = box or box_of_feature(found), Focus(layer=chosen[0].id, id=found["id"])
    box = box or _around(session, asking, cache, chosen)
    title = Text(" · ".join(layer.title.th for layer in chosen), ", ".join(layer.title.en for layer in chosen))
    return map_page(request, session, chosen, box, asking, title=title, focus=focus, all_shown=True)


@router.get("/communities/search", response_model=None, responses=JSON_ONLY)
def search_communities(
    request: Request,
    session: ReadSession,
    asking: Asking,
    q: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Communities by name, compared as Thai is written; with the rectangle to jump to."""
    layer = LAYERS["community"]
    hits = search(session, layer, asking, q)
    ids = tuple(hit["id"] for hit in hits)
    known = features(session, layer, asking, Wanted(ids=ids)).features if ids else []
    by_id = {one["id"]: one for one in known}
    found = [_hit(hit, by_id[hit["id"]]) for hit in hits if hit["id"] in by_id]
    return json_answer(request, {"found": found})


@router.get("/communities/{fid}/map", response_model=None, responses=PAGE)
def get_community_map(request: Request, fid: str, session: ReadSession, asking: Asking) -> Response:
    """The map around one community, its outline marked."""
    # Where it lies is known to everybody: its page is read by members of elsewhere too, and the map stands on it.
    with as_everybody(request) as everybody:
        community = feature(everybody.session, LAYERS["community"], EVERYBODY, _key(fid, LAYERS["community"]))
        words = community["properties"]
        town = _box_of_town(everybody.session, EVERYBODY, words.get("municipality"))
    layers = layers_of(request).of_map("community", asking)
    box = box_of_feature(community) or town or NOTHING_YET
    title = Text(words["name_th"], words.get("name_en") or words["name_th"])
    focus = Focus(layer="community", id=community["id"])
    return map_page(request, session, layers, box, asking, title=title, focus=focus)


def map_page(
    request: Request,
    session: Session,
    layers: Sequence[Layer],
    box: Box,
    asking: read.Asking,
    *,
    title: Text,
    focus: Focus | None = None,
    all_shown: bool = False,
    places: Sequence[tuple[Text, Box]] = (),
) -> Response:
    """A Folium map as a page of ours: one script on it, named by its hash in the page's policy."""
    settings = request.app.state.settings
    found = folium_map(
        layers, box=box, language=language_of(request), demo=is_made_up(request), basemap=settings.basemap,
        focus=focus, ways=WAYS, asking=for_tiles(asking), all_shown=all_shown, places=places,
        editions=editions_of(session, layers, asking), account=_account(request),
        past=not asking.is_low, choosing=asking,
    )  # fmt: skip
    parts = page_parts(found)
    policy = STRICT.replace("script-src 'self'", f"script-src 'self' {parts.script_hash}")
    if settings.basemap:
        policy = policy.replace("img-src 'self' data:", f"img-src 'self' data: {_origin(settings.basemap)}")
    # The street map's own server asks who shows it; nothing else outside is ever asked for anything.
    made = page(request, "map.html", policy=policy, parts=parts, title=title, marking=_marking(request))
    return kept_page(request, made, leaves=True)


def _marking(request: Request) -> dict[str, str] | None:
    """What the script that marks needs of this session; None for whoever marks nothing."""
    me = getattr(request.state, "signed_in", None)
    if me is None or me.audience not in MARKERS or not me.may_write or not me.in_browser:
        return None
    # What was typed is kept on the device by person, and a device may serve several: a number tells nobody who.
    return {"csrf": session_csrf(request), "person": f"{me.person_id}.{me.audience}"}


def _account(request: Request) -> Account:
    """As whom somebody looks, or where to sign in and come back from."""
    me = getattr(request.state, "signed_in", None)
    if me is None:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Account(href=f"/login?next={quote(path, safe='')}", label=Text("เข้าสู่ระบบ", "Sign in"))
    told = speaking(me)
    th, en = (" · ".join(part.in_language(one) for part in told.more) for one in ("th", "en"))
    return Account(href="/auth/me", label=told.audience, more=Text(th, en))


def _origin(url: str) -> str:
    parts = urlsplit(url.replace("{s}", "*"))
    return f"{parts.scheme}://{parts.netloc}"


def _around(session: Session, asking: read.Asking, cache: EditCache, layers: Sequence[Layer]) -> Box:
    boxes = [box for layer in layers if (box := known_extent(session, cache, layer, asking))]
    return joined(boxes) or NOTHING_YET


@dataclass(frozen=True, kw_only=True)
class _Town:
    code: str | None
    name: Text
    box: Box
    communities: int


def _towns(session: Session, asking: read.Asking, cache: EditCache) -> list[_Town]:
    """The towns whose communities are drawn, with the rectangle around them; asked once between two edits."""
    key, names = ("towns", asking.eyes), ("community", "municipality")
    found: list[_Town] | None = cache.kept(key)
    if found is None:
        since = cache.edits(names)
        found = _towns_now(session, asking)
        cache.keep(key, found, layers=names, box=None, since=since)
    return list(found)


def _towns_now(session: Session, asking: read.Asking) -> list[_Town]:
    known = features(session, LAYERS["municipality"], asking, read.EVERYTHING, shapes=False).features
    names = {one["properties"]["code"]: one["properties"] for one in known}
    return [
        _Town(code=code, name=_name_of_town(code, names.get(code, {})), box=box, communities=count)
        for code, (box, count) in read.extents(session, LAYERS["community"], asking, by="municipality").items()
    ]


def _name_of_town(code: str | None, words: dict[str, Any]) -> Text:
    name = words.get("name_th") or code or "ไม่ระบุเทศบาล"
    return Text(name, words.get("name_en") or name)


def _box_of_town(session: Session, asking: read.Asking, municipality: str | None) -> Box | None:
    """The rectangle around a town's communities, or else its own outline."""
    for layer, column in (("community", "municipality"), ("municipality", "code")):
        box = read.extent(session, LAYERS[layer], asking, Wanted(equal=((column, municipality or ""),)))
        if box:
            return box
    return None


def _hit(hit: dict[str, Any], community: dict[str, Any]) -> dict[str, Any]:
    box = box_of_feature(community)
    return {
        **hit,
        "zone": community["properties"].get("zone"),
        "box": [box.west, box.south, box.east, box.north] if box else None,
        "page": f"/communities/{hit['id']}",
    }


def _key(fid: str, layer: Layer) -> int:
    if not (fid.isascii() and fid.isdigit() and len(fid) < 20 and int(fid) <= KEY_LIMIT):
        raise UnknownFeature(f"ไม่พบรายการ {layer.id}/{fid}", f"There is no {layer.id}/{fid}")
    return int(fid)
