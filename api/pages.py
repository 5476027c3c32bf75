"""Pages: Jinja2 with escaping always on, and the headers every page carries."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.negotiation import language_of

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


def page(
    request: Request,
    template: str,
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    policy: str = STRICT,
    **words: Any,
) -> HTMLResponse:
    """A page from a template; `settings`, `language` and `request` are there for every template."""
    language = language_of(request)
    settings = request.app.state.settings
    body = _environment.get_template(template).render(request=request, settings=settings, language=language, **words)
    return HTMLResponse(
        body,
        status_code,
        {**GUARDS, "Content-Security-Policy": policy, "Content-Language": language, **(headers or {})},
    )
