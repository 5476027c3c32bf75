"""What the map tells beside its tiles: how old each layer is, the days it can go back to, and classes of a number."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.answers import json_answer
from api.definition import JSON_ONLY
from api.deps import Asking, Cache, Known, Now, ReadSession, box_of
from api.flights import Place, Rests
from api.tile_answers import layers_named
from geo.errors import BadRequest, NotSignedIn, Text
from geo.people.grants import BANGKOK
from geo.render.popup import day, pair
from geo.render.themes import drawn, theme_of
from geo.store.ages import classes, days_of_change, newest_day
from geo.store.banded import banded
from geo.store.tiles import for_tiles

router = APIRouter(tags=["maps"], dependencies=[Known])

UNKNOWN = Text("ไม่ทราบวันที่ของข้อมูล", "date not known")
Ids = Annotated[str, Query(description="layer ids joined by commas")]


@router.get("/map/ages", response_model=None, responses=JSON_ONLY)
def get_ages(request: Request, session: ReadSession, asking: Asking, cache: Cache, now: Now, layers: Ids) -> Response:
    """As of when each of these layers is, in both eras; None where nothing that the asker may know says it."""
    seen, today = for_tiles(asking), now.astimezone(BANGKOK).date()
    told: dict[str, Any] = {}
    for layer in layers_named(request, layers):
        key = ("age", layer.table, seen.eyes, today)
        found = cache.kept(key)
        if found is None:
            names = Rests.on([layer], seen, lambda _: Place()).layers
            since = cache.edits(names)
            found = (newest_day(session, layer, seen, today),)
            cache.keep(key, found, layers=names, box=None, since=since)
        (newest,) = found
        told[layer.id] = {
            "on": newest.isoformat() if newest else None,
            "told": pair(day(newest)) if newest else pair(UNKNOWN),
        }
    return json_answer(request, {"layers": told})


@router.get("/map/days", response_model=None, responses=JSON_ONLY)
def get_days(request: Request, session: ReadSession, asking: Asking, layers: Ids) -> Response:
    """The days on which rows of these layers in the asker's area were written: what a map can go back to."""
    seen = for_tiles(asking)
    if seen.is_low:
        raise NotSignedIn("ประวัติย้อนหลังสำหรับผู้เข้าสู่ระบบของเทศบาล", "The past is for members of a town who are signed in")
    # Not kept: what is erased from the past is erased without a word.
    found = days_of_change(session, layers_named(request, layers), seen)
    return json_answer(request, {"days": [one.isoformat() for one in found]})


@router.get("/map/classes", response_model=None, responses=JSON_ONLY)
def get_classes(
    request: Request, session: ReadSession, asking: Asking, cache: Cache,
    layer: Annotated[str, Query(description="a layer's id")],
    property: Annotated[str, Query(description="one of its numbers")],
) -> Response:  # fmt: skip
    """Five classes of a number with about as many features in each, over all that the asker sees of the layer."""
    seen = for_tiles(asking)
    (chosen,) = layers_named(request, layer.split(",")[0])
    key = ("classes", chosen.table, seen.eyes, property)
    found = cache.kept(key)
    if found is None:
        names = Rests.on([chosen], seen, lambda _: Place()).layers
        since = cache.edits(names)
        found = classes(session, chosen, seen, property)
        cache.keep(key, found, layers=names, box=None, since=since)
    told = {"starts": found.starts, "low": found.low, "high": found.high, "without": found.without}
    return json_answer(request, {"layer": chosen.id, "property": property, **told})


@router.get("/map/bands", response_model=None, responses=JSON_ONLY)
def get_bands(
    request: Request, session: ReadSession, asking: Asking,
    layer: Annotated[str, Query(description="a layer's id")],
    theme: Annotated[str, Query(description="one of its themes that stand in no tile")],
    bbox: Annotated[str, Query(description="west,south,east,north in degrees")],
) -> Response:  # fmt: skip
    """Which features in a rectangle are of which class of a theme that tiles do not carry: ids, and no values.

    Answered to whoever may read the column, never kept, and written down as a reading of what was told.
    """
    (chosen,) = layers_named(request, layer.split(",")[0])
    _, found = theme_of([chosen], asking, theme)
    if found.apart_from is None:
        raise BadRequest(f"ธีม {found.id} อยู่ในไทล์แล้ว", f"the theme {found.id} is in the tiles themselves")
    box = box_of(bbox)
    assert box is not None
    kinds = drawn(chosen, found, None).classes
    told = banded(session, chosen, asking, found.by, [band.least for band in found.bands], box)
    bands = [{"key": one.key, "ids": told.ids.get(int(one.key) if one.key else None, [])} for one in kinds]
    return json_answer(request, {"layer": chosen.id, "theme": found.id, "more": told.more, "bands": bands})
