"""The door where requests arrive: plain questions are answered before a task, a scope's layers and a response are made.

Of what such an answer costs, the server's own machinery around the service is most. Everything that is not plainly a
question for the door (`doorstep.py`) is uvicorn's, as ever; so is all of it where uvicorn should one day begin its
tasks in another way, and the service's middleware then answers the same.
"""

from __future__ import annotations

import http
from collections.abc import Coroutine
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api.doorstep import Answer, Doorstep, asked_at

_FIRST_LINES = {
    status: b"HTTP/1.1 %d %s\r\n" % (status, http.HTTPStatus(status).phrase.encode()) for status in (200, 204, 304)
}


class DoorProtocol(HttpToolsProtocol):
    """uvicorn's connection, which asks at the door before it asks the service."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        doorstep: Doorstep | None = self.app_state.get("doorstep")
        scope: Any = cycle.scope
        # Whoever asks without waiting for answers, or without reading them, goes in and is kept waiting there.
        is_busy = self.pipeline or self.flow.write_paused or self.transport.is_closing()
        said = None
        if doorstep is not None and not is_busy and cycle.keep_alive:
            said = doorstep.plainly(scope)
        if doorstep is None or said is None:
            super()._start_asgi_task(cycle, app)
            return
        found = doorstep.answer(scope, said)
        if found is not None:
            self._tell(cycle, found)
            return
        soon = doorstep.soon(scope, said, stays=True)
        if soon is None:
            super()._start_asgi_task(cycle, app)
            return
        task = self.loop.create_task(self._told(cycle, app, soon))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _told(self, cycle: RequestResponseCycle, app: Any, soon: Coroutine[Any, Any, Answer | None]) -> None:
        found = await asked_at(cycle.scope, soon)  # type: ignore[arg-type]  # a dict, as uvicorn makes it
        if found is None:
            super()._start_asgi_task(cycle, app)
        elif not self.transport.is_closing():
            self._tell(cycle, found)

    def _tell(self, cycle: RequestResponseCycle, found: Answer) -> None:
        status, headers, body = found
        parts = [_FIRST_LINES[status]]
        for name, value in (*cycle.default_headers, *headers):
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n", body)
        self.transport.write(b"".join(parts))
        cycle.response_started = cycle.response_complete = True
        cycle.on_response()
