"""The queue: what waits for whoever asks, in their role and area."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from api.answers import PRIVATE
from api.definition import JSON_OR_PAGE
from api.deps import Known, Me, Now, PeopleSession, key_of
from api.layers import layers_of
from api.mark_told import moment
from api.marking import living
from api.negotiation import format_of
from api.pages import page
from api.waiting import GROUPS, Chosen, Waiting, waiting_for
from geo.life import life_of
from geo.render.popup import day, pair
from layers import LAYERS

router = APIRouter(tags=["marks"], dependencies=[Known])

MOST = 50
_HEADERS = {"Cache-Control": PRIVATE}


@router.get("/queue", response_model=None, responses=JSON_OR_PAGE)
def get_queue(
    request: Request, me: Me, people: PeopleSession, now: Now,
    layer: Annotated[str | None, Query(description="marks of one layer")] = None,
    community: Annotated[str | None, Query(max_length=20, description="marks in one community, by its id")] = None,
    kind: Annotated[str | None, Query(max_length=40, description="marks of one kind, by its code")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="how many of each group")] = MOST,
) -> Response:  # fmt: skip
    """What waits for you: the marks of your area by what you can do next, the longest waiting first."""
    wanted = format_of(request)
    # A form sends what was left open as nothing.
    if layer:
        living(layers_of(request).named(layer))
    every = waiting_for(request, me, people, now, Chosen(layer=layer or None))
    place = key_of(LAYERS["community"], community) if community else None
    chosen = Chosen(layer=layer or None, community=place, kind=kind or None)
    groups = {group: [one for one in found if chosen.holds(one.words)] for group, found in every.items()}
    if wanted == "json":
        told = [{"id": group.id, "title": pair(group.title), "step": group.step, "count": len(found),
                 "marks": [_told(one) for one in found[:limit]]} for group, found in groups.items()]  # fmt: skip
        body = {"role": me.audience.value, "count": sum(map(len, groups.values())), "groups": told}
        return JSONResponse(body, headers=_HEADERS)
    marks = [one for found in every.values() for one in found]
    return page(
        request, "queue.html", headers=_HEADERS, groups=groups, most=limit, chosen=chosen, day=day,
        has_role=me.audience in GROUPS, count=sum(map(len, groups.values())), is_narrowed=chosen != Chosen(),
        communities=sorted({(one.words["community_id"], one.community) for one in marks if one.community},
                           key=lambda two: str(two[1])),
        kinds=sorted({(one.words["kind"], one.kind) for one in marks if one.kind}, key=lambda two: two[1].th),
        layers=[one for one in layers_of(request).here.values() if life_of(one)],
    )  # fmt: skip


def _told(one: Waiting) -> dict[str, Any]:
    words = one.words
    days = {name: words[name].isoformat() if words.get(name) else None for name in ("reinspect_on", "due_on")}
    return {
        "layer": one.layer.id, "id": one.id, "title": pair(one.title), "kind": words.get("kind"),
        "state": words["status"], "score": words.get("score"), "band": words.get("band"),
        "community": words["community_id"], "since": moment(one.since), "page": one.page, **days,
    }  # fmt: skip
