"""A community's page, and two to six communities side by side."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.community_page import community_page
from api.community_page import sheet_of as community_sheet
from api.definition import HTML, JSON, answers
from api.deps import Asking, Known, MaybeSignedIn, Now, PeopleSession, key_of
from api.negotiation import language_of
from api.pages import STRICT, page
from api.people import cookies
from api.reading.compare import FEWEST, LETTERS, MOST, comparison, ids_in, per_of
from api.reading.compare import sheet_of as comparison_sheet
from api.reading.exports import sheet_answer, wanted_format
from api.reading.looking import Looking, Picture, as_everybody, communities_named, community_named, looking, towns_here
from api.reading.measures import PER
from api.reading.tables import day_of
from api.routes.styles import kept_page
from geo.errors import BadRequest
from geo.render.legend import edition_words
from geo.store import following
from layers import LAYERS

router = APIRouter(tags=["maps"], dependencies=[Known])

FILES = answers(HTML, JSON, "text/csv")
An_id = Annotated[str | None, Query(max_length=20, description="one more community")]


@router.get("/communities/compare", response_model=None, responses=FILES)
def compare_communities(
    request: Request,
    asking: Asking,
    ids: Annotated[str, Query(max_length=150, description="two to six ids joined by commas")] = "",
    per: Annotated[str | None, Query(max_length=20)] = None,
    town: Annotated[str | None, Query(max_length=20, description="whose communities the form offers")] = None,
    add1: An_id = None,
    add2: An_id = None,
    add3: An_id = None,
    add4: An_id = None,
    add5: An_id = None,
) -> Response:
    """The same measures of two to six communities side by side; with fewer than two, a form to choose them."""
    wanted, way = wanted_format(request, "csv", "json"), per_of(per)
    asked = ids_in(ids, add1, add2, add3, add4, add5)
    with as_everybody(request) as everybody:
        chosen = communities_named(everybody.session, asked) if asked else []
        towns = towns_here(everybody.session)
        offered = town or (chosen[0].town if chosen else None) or next(iter(sorted(towns)), None)
        choices = _choices(everybody, offered) if wanted == "html" else None
    if len(chosen) < FEWEST and wanted != "html":
        raise BadRequest(f"ต้องมีอย่างน้อย {FEWEST} ชุมชน", f"At least {FEWEST} communities are needed")
    found = None
    if len(chosen) >= FEWEST:
        with looking(request, asking, towns=[one.town for one in chosen], communities=asked) as eyes:
            found = comparison(eyes, chosen, way)
        if wanted != "html":
            return sheet_answer(request, comparison_sheet(found), wanted, "communities")
    language = language_of(request)
    made = page(
        request, "compare.html", chosen=chosen, found=found, towns=towns, offered=offered, choices=choices,
        per=way, day=day_of, dividers=PER, letters=LETTERS, most=MOST, fields=LAYERS["community"].fields,
        names=[(one.words.get("name_en") if language == "en" else None) or one.words["name_th"] for one in chosen],
    )  # fmt: skip
    return kept_page(request, made)


def _choices(everybody: Looking, town: str | None) -> Picture | None:
    return everybody.town(town) if town else None


@router.get("/communities/{fid}", response_model=None, responses=FILES)
def get_community(
    request: Request, fid: str, asking: Asking, me: MaybeSignedIn, people: PeopleSession, now: Now
) -> Response:
    """Everything about one community, to read, to print and to take along."""
    wanted, number = wanted_format(request, "csv", "json"), key_of(LAYERS["community"], fid)
    with as_everybody(request) as everybody:
        community, outline = community_named(everybody.session, number)
    with looking(request, asking, towns=[community.town], communities=[number]) as eyes:
        found = community_page(eyes, community, outline, now=now)
    if wanted != "html":
        return sheet_answer(request, community_sheet(found), wanted, f"community-{number}")
    made = page(
        request,
        "community.html",
        policy=f"{STRICT}; frame-src 'self'",
        page=found,
        page_fields=LAYERS["community"].fields,
        edition_words=edition_words,
        home_layer=LAYERS["household"],
        is_followed=me is not None and following.is_followed(people, me.person_id, "community", str(number)),
        csrf=cookies.session_csrf(request) if me is not None and me.in_browser else "",
    )
    return kept_page(request, made)
