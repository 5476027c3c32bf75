"""Links: absolute where the base URL is known, and always typed."""

from __future__ import annotations

from functools import lru_cache
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
    scope = request.scope
    server = scope.get("server")
    root = scope.get("app_root_path", scope.get("root_path", ""))
    return _address(scope.get("scheme", "http"), request.headers.get("host"), tuple(server) if server else None, root)


@lru_cache(maxsize=256)
def _address(scheme: str, host: str | None, server: tuple[Any, ...] | None, root: str) -> str:
    # The framework's own way, because it looks whether Host is one: it is written by whoever asks.
    headers = [(b"host", host.encode("latin-1"))] if host is not None else []
    scope = {"type": "http", "scheme": scheme, "server": server, "root_path": root, "path": "/", "query_string": b"",
             "headers": headers}  # fmt: skip
    return str(Request(scope).base_url).rstrip("/")


def link(request: Request, path: str, rel: str, kind: str, title: str, **more: Any) -> dict[str, Any]:
    """One link of an OGC document."""
    return {"href": base_of(request) + path, "rel": rel, "type": kind, "title": title, **more}


def with_query(path: str, **params: Any) -> str:
    """A path with the parameters that are not None."""
    known = {name: value for name, value in params.items() if value is not None}
    return f"{path}?{urlencode(known)}" if known else path
