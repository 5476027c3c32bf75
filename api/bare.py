"""Bare routes: for what is asked by the hundred, where a framework's arguments would cost more than the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope


class Bare(Route):
    """A route without declared arguments, that logs and audits know by its path all the same."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        @wraps(endpoint)
        async def known_by_its_path(request: Request) -> Response:
            request.scope["route"] = self
            return await endpoint(request)

        super().__init__(path, known_by_its_path, methods=["GET"], include_in_schema=False)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether it is meant; another method is for what is declared behind it, which says which there are."""
        match, child = super().matches(scope)
        return (Match.NONE, {}) if match is Match.PARTIAL else (match, child)
