"""The doorstep where requests arrive: a kept tile goes out before a task, a scope's layers and a response are made.

Of what such an answer costs, the server's own machinery around the service is most. Everything that is not plainly a
question for what lies on the doorstep is uvicorn's, as ever; so is all of it where uvicorn should one day begin its
tasks in another way, and the service's middleware then hands out the same.
"""

from __future__ import annotations

import http
import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api.doorstep import Doorstep

_LOG = logging.getLogger("atlas.request")
_FIRST_LINES = {
    status: b"HTTP/1.1 %d %s\r\n" % (status, http.HTTPStatus(status).phrase.encode()) for status in (200, 204, 304)
}


class DoorProtocol(HttpToolsProtocol):
    """uvicorn's connection, which looks at the doorstep before it asks the service."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        doorstep: Doorstep | None = self.app_state.get("doorstep")
        scope = cycle.scope
        # Whoever asks without waiting for answers, or without reading them, goes in and is kept waiting there.
        is_busy = self.pipeline or self.flow.write_paused or self.transport.is_closing()
        is_plain = scope["method"] == "GET" and not scope["query_string"] and cycle.keep_alive
        if doorstep is None or is_busy or not is_plain or _LOG.isEnabledFor(logging.DEBUG):
            super()._start_asgi_task(cycle, app)
            return
        found = doorstep.answer(scope["path"], scope["headers"])  # type: ignore[arg-type]  # a list, as uvicorn makes it
        if found is None:
            super()._start_asgi_task(cycle, app)
            return
        status, headers, body = found
        parts = [_FIRST_LINES[status]]
        for name, value in (*cycle.default_headers, *headers):
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n", body)
        self.transport.write(b"".join(parts))
        cycle.response_started = cycle.response_complete = True
        cycle.on_response()
