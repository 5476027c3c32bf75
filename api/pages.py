"""Pages: Jinja2 with escaping always on, and the headers every page carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.answers import IDENTITY, PRIVATE, PUBLIC, is_personal
from api.caching import EditCache
from api.days import time_of, told_day, told_moment
from api.links import base_of
from api.navigation import BELOW, methods_at, ways
from api.negotiation import language_of
from api.people.cookies import local_path
from api.people.views import speaking
from api.people.words import AUDIENCES, EVENTS, KINDS, STATES
from geo.errors import StoreAway, Text
from geo.store.db import session_of
from geo.store.read import holds_made_up_rows
from geo.store.roles import Role

HERE = Path(__file__).parent
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
)
VARY = f"Accept, Accept-Language, {IDENTITY}"
GUARDS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["called"] = {"audience": AUDIENCES, "kind": KINDS, "state": STATES, "event": EVENTS}


def attributes(words: Mapping[str, Any]) -> Markup:
    """Attributes of a tag, the values escaped: `True` is the name alone, `False` and `None` are not there at all."""
    told = (
        Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)
        for name, value in words.items()
        if value is not None and value is not False
    )
    return Markup("").join(told)


_environment.globals |= {
    "told_day": told_day, "told_moment": told_moment, "time_of": time_of, "attributes": attributes, "text": Text,
}  # fmt: skip


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


def rendered(template: str, **words: Any) -> str:
    """A template by itself, escaped as every other: what is not answered to a request, such as a mail."""
    return _environment.get_template(template).render(**words)


def page(
    request: Request,
    template: str,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    policy: str = STRICT,
    **words: Any,
) -> HTMLResponse:
    """A page from a template.

    `request`, `language`, `made_up`, `signed_in`, `standing`, `today` and the `ways` of its head are there for each.
    """
    language = language_of(request)
    me = getattr(request.state, "signed_in", None)
    body = _environment.get_template(template).render(
        request=request, made_up=is_made_up(request), language=language, signed_in=me,
        speaking=speaking(me) if me else None, standing=standing_of(request), today=request.app.state.now(),
        ways=ways(request, is_member=me is not None), below=ways(request, BELOW, is_member=me is not None), **words,
    )  # fmt: skip
    kept = {"Cache-Control": PRIVATE if is_personal(request) else PUBLIC, "Vary": VARY}
    return HTMLResponse(
        body,
        status_code,
        {**GUARDS, **kept, "Content-Security-Policy": policy, "Content-Language": language, **(headers or {})},
    )


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a page stands: its path for links back to it, and its whole address for paper."""

    path: str
    address: str


def back_of(request: Request) -> str | None:
    """The page of ours from which somebody came, where the browser says so and it is another than this one."""
    came = urlsplit(request.headers.get("referer", ""))
    path = local_path(came.path + (f"?{came.query}" if came.query else ""), otherwise="")
    is_ours = came.netloc != "" and came.netloc == urlsplit(base_of(request)).netloc
    return path if path and is_ours and (path != standing_of(request).path or request.method != "GET") else None


def standing_of(request: Request) -> Standing:
    """Where a page can be opened again; of an answer to a form that is the front page, unless it stands there too."""
    url, path = request.url, "/"
    if request.method in ("GET", "HEAD"):
        path = url.path + (f"?{url.query}" if url.query else "")
    elif "GET" in methods_at(request.app, url.path):
        path = url.path
    return Standing(path=path, address=f"{base_of(request)}{path}")
