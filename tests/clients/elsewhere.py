"""Pages of another origin: they load the libraries that web developers use, and ask the Atlas across origins."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.looking import until

PAGES = Path(__file__).parent / "pages"
PACKAGES = Path(__file__).resolve().parents[2] / "api" / "web" / "node_modules"


class _Files(SimpleHTTPRequestHandler):
    """Our pages, and beneath `/node_modules` what npm brought."""

    extensions_map = {  # noqa: RUF012  # as the class above it has it
        **SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript", ".js": "text/javascript",
    }  # fmt: skip

    def translate_path(self, path: str) -> str:
        inside = super().translate_path(path)
        rest = Path(inside).relative_to(self.directory)
        return str(PACKAGES.joinpath(*rest.parts[1:])) if rest.parts[:1] == ("node_modules",) else inside

    def list_directory(self, path: Any) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test that fails tells what the page complained of."""


@contextlib.contextmanager
def pages_served() -> Iterator[str]:
    """The pages on a free port of this machine; gives their address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(PAGES))) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(timeout=20)


@dataclass
class Visit:
    """A page and what it complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)


@contextlib.contextmanager
def visited(browser: Browser, address: str) -> Iterator[Visit]:
    """A page once its library is there; anything in its console fails the test at its end."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, locale="th-TH")
    visit = Visit(page=context.new_page())
    visit.page.on("console", lambda said: visit.complaints.append(f"{said.type}: {said.text}"))
    visit.page.on("pageerror", lambda error: visit.complaints.append(f"error: {error}"))
    try:
        answer = visit.page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        until(visit.page, "window.ready")
        yield visit
    except BaseException as wrong:
        wrong.add_note("\n".join(visit.complaints))
        raise
    finally:
        context.close()
    assert visit.complaints == []
