"""How our tiles are drawn and what that means: a MapLibre style, and a legend for people, pages and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.answers import answer, json_answer
from api.definition import JSON_ONLY, JSON_OR_PAGE
from api.deps import Asking, Cache, Known, Now, ReadSession
from api.kept import Kept
from api.links import base_of
from api.negotiation import format_of, language_of
from api.pages import GUARDS, page
from api.routes.collections import known_extent
from api.theme_answers import drawn_theme
from api.tile_answers import joined, layers_named
from geo.errors import Text
from geo.layer import Layer
from geo.render.legend import edition_words, legend, legend_document
from geo.render.style import style_document
from geo.render.themes import Drawn, themes_for
from geo.store import read
from geo.store.tiles import for_tiles

router = APIRouter(tags=["maps"], dependencies=[Known])

HTML = "text/html; charset=utf-8"
FRAGMENT = "fragment"
Theme = Annotated[str | None, Query(description="colour by one of the themes that the legend lists")]


@router.get("/tiles/{ids}/legend", response_model=None, responses=JSON_OR_PAGE)
def get_legend(
    request: Request, ids: str, session: ReadSession, asking: Asking, cache: Cache, now: Now, theme: Theme = None
) -> Response:
    """What the colours of layers mean: JSON, a small page, or (`f=fragment`) its list alone, to be put into a page."""
    layers, seen = layers_named(request, ids), for_tiles(asking)
    is_fragment = request.query_params.get("f") == FRAGMENT
    wanted = FRAGMENT if is_fragment else format_of(request)
    editions = editions_of(session, layers, asking)
    themed = drawn_theme(session, cache, layers, asking, theme, now)
    if wanted == "json":
        themes = {layer.id: themes_for(layer, asking) for layer in layers}
        return json_answer(request, legend_document(layers, seen, editions, themed, themes))
    entries = [(layer, legend(layer, seen, themed.get(layer.id)), editions.get(layer.id)) for layer in layers]
    return kept_page(request, page(request, "legend_list.html" if is_fragment else "legend.html", legends=entries))


@router.get("/tiles/{ids}/style.json", response_model=None, responses=JSON_ONLY)
def get_style(
    request: Request, ids: str, session: ReadSession, asking: Asking, cache: Cache, now: Now, theme: Theme = None
) -> Response:
    """A MapLibre style of one or several layers, coloured by a theme where one is named."""
    layers, seen = layers_named(request, ids), for_tiles(asking)
    box = joined([box for layer in layers if (box := known_extent(session, cache, layer, seen))])
    themed: Mapping[str, Drawn] = drawn_theme(session, cache, layers, asking, theme, now)
    found = style_document(
        layers, seen, base_url=base_of(request), language=language_of(request), box=box, themed=themed
    )
    return json_answer(request, found)


def editions_of(session: Session, layers: Sequence[Layer], asking: read.Asking) -> dict[str, Text]:
    """When the squares on a map were published. Asked anew for each page: a page that is kept would tell an old day."""
    found = {layer.id: read.edition(session, layer, asking) for layer in layers}
    return {name: edition_words(one) for name, one in found.items() if one}


def kept_page(request: Request, made: Response, *, leaves: bool = False) -> Response:
    """A page with a tag, so that it is not sent twice; one that `leaves` names itself to the street map's server."""
    headers = {
        **GUARDS,
        "Content-Security-Policy": made.headers["content-security-policy"],
        "Content-Language": made.headers["content-language"],
        **({"Referrer-Policy": "strict-origin-when-cross-origin"} if leaves else {}),
    }
    named = {name.replace("-", "_"): value for name, value in headers.items()}
    named.pop("X_Content_Type_Options", None)
    return answer(request, Kept.of(bytes(made.body)), HTML, vary="Accept, Accept-Language, Accept-Encoding", **named)
