"""What a client can read: its language, and whether it is a browser."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

from geo.errors import BadRequest

LANGUAGES = ("th", "en")
# What a person chose by the switch on our pages. The map's script writes it too (`api/web/src/beside.ts`).
CHOSEN = "atlas_language"


def language_of(request: Request) -> str:
    """`th` or `en`: the `lang` parameter, what a person chose, the first of the two in Accept-Language, else Thai.

    What was chosen holds for pages. A program that brings a browser's cookies along is told the same as without them.
    """
    asked = request.query_params.get("lang") if request.scope["query_string"] else None
    if asked in LANGUAGES:
        return asked
    if "cookie" in request.headers and (chosen := request.cookies.get(CHOSEN)) in LANGUAGES and _is_page(request):
        return chosen
    if "accept-language" not in request.headers:
        return "th"
    weights: list[tuple[float, str]] = []
    for place, part in enumerate(request.headers.get("accept-language", "").split(",")):
        tag, _, rest = part.strip().partition(";q=")
        language = tag.split("-")[0].lower()
        if language in LANGUAGES:
            weights.append((_weight(rest) - place / 1000, language))
    return max(weights)[1] if weights else "th"


def _is_page(request: Request) -> bool:
    return wants_html(request) or request.query_params.get("f") == "fragment"


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def accepted(request: Request) -> dict[str, float]:
    """The media types of Accept with their weights; empty when the client says nothing."""
    found: dict[str, float] = {}
    for part in request.headers.get("accept", "").split(","):
        kind, *params = [piece.strip() for piece in part.split(";")]
        if kind:
            weight = next((param[2:] for param in params if param.startswith("q=")), "")
            found[kind.lower()] = _weight(weight)
    return found


def wants_html(request: Request) -> bool:
    """Whether a page is wanted rather than JSON: `f=html`, or a browser's Accept."""
    asked = request.query_params.get("f")
    if asked is not None:
        return asked == "html"
    return accepted(request).get("text/html", 0) > 0


def format_of(request: Request) -> str:
    """`html` or `json`; 400 for an unknown `f`, 406 for an Accept with neither in it."""
    asked = request.query_params.get("f")
    if asked is not None:
        if asked not in ("json", "html"):
            raise BadRequest(f"ไม่รู้จักรูปแบบ f={asked!r}", f"Unknown format f={asked!r}")
        return asked
    types = accepted(request)
    if wants_html(request):
        return "html"
    readable = [kind for kind in types if kind.endswith("json") or kind in ("application/*", "*/*")]
    if types and not any(types[kind] > 0 for kind in readable):
        raise HTTPException(406)
    return "json"
