"""Where whoever marks something may mark: the outline of their towns and communities, for the map they draw on."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from api.answers import PRIVATE
from api.definition import JSON_ONLY
from api.deps import Asking, Known, Me, ReadSession
from api.marking import MARKERS
from geo.errors import NotYours
from geo.people.areas import Areas
from geo.shapes.outline import outline
from geo.store.read import features
from geo.store.wanted import Wanted
from layers import LAYERS

router = APIRouter(tags=["marks"], dependencies=[Known])


@router.get("/marks/area", response_model=None, responses=JSON_ONLY)
def get_area(session: ReadSession, asking: Asking, me: Me) -> JSONResponse:
    """The area in which this person marks things, as one outline a few metres off; null where none is drawn yet."""
    if me.audience not in MARKERS:
        raise NotYours(
            "บทบาทนี้ทำเครื่องหมายไม่ได้ เปลี่ยนบทบาทได้ที่ /auth/me", "This role does not mark anything; switch on /auth/me"
        )
    found = _areas(session, asking, me.areas)
    body = {
        "type": "Feature",
        "geometry": outline(one["geometry"] for one in found),
        "properties": {"names": [_name(one["properties"]) for one in found]},
    }
    return JSONResponse(body, headers={"Cache-Control": PRIVATE})


def _areas(session: Session, asking: Asking, areas: Areas) -> list[dict[str, Any]]:
    """The features of which the area consists; a town that has no outline is told by its communities."""
    wanted = [("community", Wanted(ids=tuple(sorted(areas.communities)))) if areas.communities else None,
              ("shared_area", Wanted(ids=tuple(sorted(areas.shared)))) if areas.shared else None]  # fmt: skip
    found = [one for each in wanted if each for one in features(session, LAYERS[each[0]], asking, each[1]).features]
    for town in sorted(areas.towns):
        of_town = features(session, LAYERS["municipality"], asking, Wanted(equal=(("code", town),))).features
        if not any(one["geometry"] for one in of_town):
            every = Wanted(equal=(("municipality", town),), limit=1000)
            of_town = features(session, LAYERS["community"], asking, every).features
        found += of_town
    return found


def _name(words: dict[str, Any]) -> dict[str, str]:
    name = words.get("name_th") or words.get("code") or ""
    return {"th": name, "en": words.get("name_en") or name}
