"""A town's page: its communities ranked, mapped and listed by a chosen measure."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.answers import answer
from api.definition import HTML, JSON, answers
from api.deps import Asking, Known
from api.kept import Kept
from api.negotiation import language_of
from api.pages import page
from api.reading.exports import SVG, sheet_answer, wanted_format
from api.reading.looking import as_everybody, looking, towns_here
from api.reading.measures import DEFAULT, measure_named, measures_for, per_named
from api.reading.tables import day_of
from api.reading.town import MOST_BARS, ranking, sheet_of, town_bars, town_map
from api.routes.styles import kept_page
from geo.errors import Text, UnknownFeature
from geo.render.charts import in_a_cell
from layers import LAYERS

router = APIRouter(tags=["maps"], dependencies=[Known])

MOST_ROWS = 300  # beyond that a page grows too heavy for a phone; the files have all of them


@router.get("/towns/{code}", response_model=None, responses=answers(HTML, JSON, "text/csv", SVG))
def get_town(
    request: Request,
    code: str,
    asking: Asking,
    by: Annotated[str, Query(max_length=60, description="the measure")] = DEFAULT,
    per: Annotated[str | None, Query(max_length=20, description="what it is divided by")] = None,
    sort: Annotated[
        str | None, Query(max_length=40, description="a column, with - before it from the greatest")
    ] = None,
) -> Response:
    """The communities of a town by a measure."""
    wanted = wanted_format(request, "csv", "json", "svg")
    with as_everybody(request) as everybody:
        towns = towns_here(everybody.session)
        picture = everybody.town(code) if re.fullmatch(r"[0-9A-Za-z_.-]{1,20}", code) else None
    if picture is None or not (code in towns or picture.communities):
        raise UnknownFeature(f"ไม่พบเทศบาล {code[:40]}", f"There is no municipality {code[:40]}")
    words = towns.get(code, {})
    name = Text(words.get("name_th") or code, words.get("name_en") or words.get("name_th") or code)
    with looking(request, asking, towns=[code]) as eyes:
        measure = measure_named(eyes, by)
        found = ranking(eyes, picture, measure, per_named(measure, per), sort)
        known = measures_for(eyes)
    if wanted in ("csv", "json"):
        return sheet_answer(request, sheet_of(found, code, name), wanted, f"town-{code}-{measure.id}")
    drawn = town_map(found, name, language_of(request))
    if wanted == "svg":
        vary = "Accept, Accept-Language, Accept-Encoding"
        return answer(request, Kept.of(str(drawn).encode()), f"{SVG}; charset=utf-8", vary=vary)
    made = page(
        request, "town.html", code=code, words=words, name=name, found=found, picture=drawn,
        bars=town_bars(found, name, language_of(request)), measures=known, people=_people(picture.communities),
        cell=in_a_cell, day=day_of, most_rows=MOST_ROWS, most_bars=MOST_BARS, fields=LAYERS["municipality"].fields,
        community_fields=LAYERS["community"].fields,
    )  # fmt: skip
    return kept_page(request, made)


def _people(communities: list[Any]) -> list[dict[str, Any]]:
    """What the communities' own numbers add up to, of how many it is known, and from which day to which."""
    found = []
    for name, on in (("registered_people", "counted_on"), ("present_people", "present_on")):
        known = [one.words for one in communities if one.words.get(name) is not None]
        days = sorted(words[on] for words in known if words.get(on))
        total = sum(words[name] for words in known) if known else None
        span = (days[0], days[-1]) if days else None
        found.append({"name": name, "total": total, "known": len(known), "of": len(communities), "days": span})
    return found
