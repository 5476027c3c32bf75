"""The one switch between Thai and English, remembered by the browser.

A form and not a link: what is only looked at, prefetched or crawled switches nothing. There is nothing to win by
switching somebody's language, and no page for everybody could hold a proof of one's own; so it is enough that the form
was sent from here.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.deps import Known
from api.negotiation import CHOSEN, LANGUAGES
from api.people import cookies
from api.people.forms import SmallForm, fields, needed
from api.people.page_forms import done
from geo.errors import BadRequest

router = APIRouter(tags=["landing"], dependencies=[Known])

YEAR_SECONDS = 365 * 86400


@router.post("/language", response_model=None, openapi_extra=fields("language", optional=("next",)))
def post_language(request: Request, form: SmallForm) -> Response:
    """Remember `th` or `en` in this browser, and go on to the page one came from (`next`)."""
    cookies.check_from_here(request)
    chosen = needed(form, "language", most=8)
    if chosen not in LANGUAGES:
        raise BadRequest("เลือกได้เฉพาะ th หรือ en", "The language is th or en")
    answer = done(request, _without_language(cookies.local_path(form.get("next"), otherwise="/")), language=chosen)
    # Scripts may read it: the map switches without loading anything anew, and writes it by itself.
    answer.set_cookie(
        CHOSEN, chosen, max_age=YEAR_SECONDS, path="/", secure=cookies.is_https(request), samesite="lax"
    )  # fmt: skip
    return answer


def _without_language(path: str) -> str:
    """The same page without the language in its address, which would hold against what was chosen."""
    parts = urlsplit(path)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in asked if name != "lang"]
    return path if len(kept) == len(asked) else parts._replace(query=urlencode(kept)).geturl()
