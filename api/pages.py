"""Pages: Jinja2 with escaping always on, and the headers every page carries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.answers import PRIVATE, is_personal
from api.caching import EditCache
from api.negotiation import language_of
from api.people.views import speaking
from api.people.words import AUDIENCES, EVENTS, KINDS, STATES
from geo.errors import StoreAway
from geo.store.db import session_of
from geo.store.read import holds_made_up_rows
from geo.store.roles import Role

HERE = Path(__file__).parent
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
)
GUARDS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["called"] = {"audience": AUDIENCES, "kind": KINDS, "state": STATES, "event": EVENTS}


def is_made_up(request: Request) -> bool:
    """Whether to say that this is made-up data: the demo is switched on, or its rows are here."""
    state = request.app.state
    if state.settings.demo:
        return True
    cache: EditCache = state.cache
    found = cache.kept("made up")
    if found is None:
        since = cache.edits(("municipality",))
        try:
            with session_of(state.reading[Role.PUBLIC]) as session:
                found = holds_made_up_rows(session)
        except StoreAway:
            # The page that says so has no data on it.
            return False
        cache.keep("made up", found, layers=("municipality",), box=None, since=since)
    return bool(found)


def page(
    request: Request,
    template: str,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    policy: str = STRICT,
    **words: Any,
) -> HTMLResponse:
    """A page from a template; `made_up`, `language` and `request` are there for every template."""
    language = language_of(request)
    me = getattr(request.state, "signed_in", None)
    body = _environment.get_template(template).render(
        request=request, made_up=is_made_up(request), language=language, signed_in=me,
        speaking=speaking(me) if me else None, **words,
    )  # fmt: skip
    kept = {"Cache-Control": PRIVATE} if is_personal(request) else {}
    return HTMLResponse(
        body,
        status_code,
        {**GUARDS, **kept, "Content-Security-Policy": policy, "Content-Language": language, **(headers or {})},
    )
