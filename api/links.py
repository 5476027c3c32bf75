"""Links: absolute where the base URL is known, and always typed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request


def base_of(request: Request) -> str:
    """The address people reach this server at: ATLAS_BASE_URL, else what the request came to."""
    known: str | None = request.scope.get("base")
    if known is None:
        # Every link of an answer begins with it.
        settings = request.app.state.settings
        known = request.scope["base"] = settings.base_url or _as_asked(request)
    return known


def _as_asked(request: Request) -> str:
    host = request.headers.get("host")
    if host is None:
        return str(request.base_url).rstrip("/")
    # What `base_url` makes of it, without taking an address apart and putting it together again.
    return f"{request.scope['scheme']}://{host}{request.scope.get('root_path', '')}".rstrip("/")


def link(request: Request, path: str, rel: str, kind: str, title: str, **more: Any) -> dict[str, Any]:
    """One link of an OGC document."""
    return {"href": base_of(request) + path, "rel": rel, "type": kind, "title": title, **more}


def with_query(path: str, **params: Any) -> str:
    """A path with the parameters that are not None."""
    known = {name: value for name, value in params.items() if value is not None}
    return f"{path}?{urlencode(known)}" if known else path
