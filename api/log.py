"""Logs: one line a request with the route's pattern, the status and the time, and no value a person sent.

Paths may hold ids and queries may hold names, so the pattern is written and not the address.
"""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("atlas.request")


class RequestLog:
    """Writes a line for each request at level `info`, for the hundreds of tiles of a map at `debug` only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note what came of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        level = logging.DEBUG if scope["path"].startswith("/tiles/") else logging.INFO
        if not log.isEnabledFor(level):
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            # A bare route leaves only its function behind; static files neither.
            route = getattr(scope.get("route"), "path", None) or getattr(scope.get("endpoint"), "__name__", "-")
            note_request(level, scope["method"], str(route), status or 500, started)


def note_request(level: int, method: str, route: str, status: int, began: float) -> None:
    """The line of one request."""
    log.log(level, "%s %s %s %.0f ms", method, route, status, (time.perf_counter() - began) * 1000)


def set_up_logging(level: str) -> None:
    """Plain lines on standard error."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # The server's own access line holds whole addresses; ours does not.
    logging.getLogger("uvicorn.access").disabled = True
