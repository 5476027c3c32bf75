"""Shared areas: what several jurisdictions look after together, listed and one by one."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.definition import HTML, JSON, answers
from api.deps import Asking, Known, key_of
from api.pages import STRICT, page
from api.reading.exports import sheet_answer, wanted_format
from api.reading.looking import as_everybody, towns_here
from api.reading.measures import STATES
from api.reading.numbers import Known as Told
from api.reading.shared import REACH_METRES, codes_in, shared_areas, shared_page, sheet_of
from api.reading.tables import day_of
from api.routes.styles import kept_page
from layers import LAYERS

router = APIRouter(tags=["maps"], dependencies=[Known])


@router.get("/shared-areas", response_model=None, responses=answers(HTML))
def list_shared_areas(request: Request, asking: Asking) -> Response:
    """Every shared area, with the municipalities it names."""
    wanted_format(request)
    with as_everybody(request) as eyes:
        found, towns = shared_areas(eyes), towns_here(eyes.session)
    layer = LAYERS["shared_area"]
    made = page(request, "shared_areas.html", areas=found, towns=towns, codes_in=codes_in, layer=layer)
    return kept_page(request, made)


@router.get("/shared-areas/{fid}", response_model=None, responses=answers(HTML, JSON, "text/csv"))
def get_shared_area(request: Request, fid: str, asking: Asking) -> Response:
    """One shared area: whose it is, who lives along it, what threatens it and what helps."""
    wanted, layer = wanted_format(request, "csv", "json"), LAYERS["shared_area"]
    with as_everybody(request) as eyes:
        found = shared_page(eyes, key_of(layer, fid), towns_here(eyes.session))
    if wanted != "html":
        return sheet_answer(request, sheet_of(found), wanted, f"shared-area-{found.id}")
    made = page(
        request, "shared_area.html", policy=f"{STRICT}; frame-src 'self'", page=found, layer=layer,
        reach=REACH_METRES, day=day_of, not_known=STATES[Told.NOT_KNOWN], fields=LAYERS["community"].fields,
    )  # fmt: skip
    return kept_page(request, made)
