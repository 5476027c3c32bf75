"""Bare routes: for what is asked by the hundred, where a framework's arguments would cost more than the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope


class Bare(Route):
    """A route without declared arguments, that logs and audits know by its path all the same."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        super().__init__(path, endpoint, methods=["GET"], include_in_schema=False)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether it is meant; the route itself goes along."""
        match, child = super().matches(scope)
        # Another method is somebody else's: what is declared behind this one says which there are.
        if match is Match.PARTIAL:
            return Match.NONE, {}
        return match, {**child, "route": self} if match is Match.FULL else child
