"""Every part of the service, wired on one page."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.caching import EditCache
from api.definition import Defined
from api.doorstep import AtTheDoor, Doorstep
from api.edition_work import EditionWork
from api.errors import Caught, add_error_handlers
from api.flights import Flights
from api.kept import reads_gzip
from api.layers import Layers
from api.listening import Listener
from api.log import RequestLog
from api.people.budget import HashingBudget
from api.people.who import PEOPLE
from api.report_forms import Room
from api.settings import Settings
from geo import encode
from geo.photos.keeping import Keeping
from geo.shapes.whereabouts import Box
from geo.store.area import known_key
from geo.store.changing import changing_engine
from geo.store.db import read_only_engine, renewable, writing_engine
from geo.store.lines import Lines
from geo.store.roles import READERS, TILE_READERS, Role, signed_in_as

HERE = Path(__file__).parent
CROSS_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
CROSS_HEADERS = (
    "Authorization", "Content-Type", "Content-Crs", "If-Match", "If-None-Match", "If-Unmodified-Since", "Prefer",
    "Idempotency-Key",
)  # fmt: skip
EXPOSED = (
    "ETag", "Last-Modified", "Location", "Content-Crs", "Preference-Applied", "Idempotency-Replayed", "Link", "Allow",
    "Accept-Post", "Accept-Patch", "Retry-After",
)  # fmt: skip
EVERYWHERE = Box(west=-180, south=-90, east=180, north=90)
ROUTES = (
    "tiles",
    "town_uploads",
    "town_layers",
    "tilesets",
    "styles",
    "items",
    "schemas",
    "writes",
    "marks",
    "mark_area",
    "mark_steps",
    "queue",
    "following",
    "feed",
    "field",
    "batches",
    "history",
    "photos",
    "report",
    "collections",
    "landing",
    "language",
    "health",
    "imports",
    "editions",
    "edition_changes",
    "tax_office",
    "maps",
    "communities",
    "towns",
    "shared_areas",
    "parcels",
    "tax_settings",
    "tax_simulation",
    "finding",
    "map_facts",
    "sign_in",
    "oidc",
    "me",
    "people",
    "processing",
    "registers",
    "dossier",
    "releases",
)


def create_app(settings: Settings, *, database_url: str) -> FastAPI:
    """The service over one database; both URLs of its engines are `database_url`."""
    app = Defined(
        title="ชุมชนแอตลาส · Chumchon Atlas",
        version="0.1.0",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        # What a route answers is said by itself (`definition.answers`); otherwise each would be told to answer JSON.
        default_response_class=Response,
    )
    app.state.settings = settings
    # One clock for everything that a request asks the time of.
    app.state.now = partial(dt.datetime.now, dt.UTC)
    app.state.database_url = database_url
    # Each audience reads as a role of its own, to which PostgreSQL gives what the read door gives (DESIGN §2.5).
    roles = {role: signed_in_as(database_url, role) for role in READERS}
    app.state.reading = {role: read_only_engine(url) for role, url in roles.items()}
    app.state.lines = {role: Lines(url) for role, url in roles.items() if role in TILE_READERS}
    # Accounts, grants and tokens are the owner's alone: only what looks into a credential reads them.
    app.state.people = read_only_engine(database_url, pool_size=4)
    app.state.writing = writing_engine(database_url)
    # Features are changed over HTTP by a role that PostgreSQL keeps within the person's area.
    app.state.changing = changing_engine(database_url)
    app.state.noting = writing_engine(signed_in_as(database_url, Role.WRITER))
    app.state.renewing = [
        renewable(one) for one in (*app.state.reading.values(), app.state.writing, app.state.changing)
    ]
    app.state.area_key = cache(lambda: known_key(app.state.writing))
    app.state.cache = EditCache()
    app.state.layers = Layers(app.state.people, partial(_layers_changed, app))
    app.state.flights = Flights(app.state.cache)
    app.state.stopping = Event()
    app.state.hashing = HashingBudget()
    app.state.report_room = Room()
    app.state.edition_work = EditionWork()
    app.state.photos = Keeping(settings.home, settings.photos)
    add_error_handlers(app)
    rooms = [import_module(f"api.routes.{name}") for name in ROUTES]
    for room in rooms:
        app.include_router(room.router)
    # What programs ask for by the hundred is looked for first: to pass by all the others takes as long as a small tile.
    app.router.routes[:0] = [route for room in rooms for route in getattr(room, "FIRST", ())]
    desks = [desk for room in rooms for desk in getattr(room, "DESKS", ())]
    app.state.doorstep = Doorstep(app.state.cache, desks, base_url=settings.base_url or None)
    app.state.doorstep.app = app
    static = HERE / "static"
    if static.is_dir():
        app.mount("/static", Asked(directory=static), name="static")
    # Public data may be read by any page: a notebook, another town's map; and a page that has a token of its own may
    # write with it. Without credentials: a browser sends no cookie of ours along, and shows no other site what an
    # answer to one holds.
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=CROSS_METHODS, allow_headers=CROSS_HEADERS,
        expose_headers=EXPOSED,
    )  # fmt: skip
    app.add_middleware(Packed, minimum_size=1000, compresslevel=5)
    app.add_middleware(Forgetting, cache=app.state.cache)
    app.add_middleware(Headed)
    app.add_middleware(Optioned)
    app.add_middleware(Caught)
    app.add_middleware(RequestLog)
    app.add_middleware(AtTheDoor, doorstep=app.state.doorstep)
    return app


class Packed(GZipMiddleware):
    """Gzip for what is not packed yet; tiles and items pack themselves once and keep it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a tile by, and whoever reads no gzip: `gzip;q=0` names it too."""
        read = scope["type"] == "http" and reads_gzip(Headers(scope=scope).get("accept-encoding", ""))
        if not read or scope["path"].startswith("/tiles/"):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Headed:
    """HEAD is answered wherever GET is: the same headers, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask as GET, and send on all but the body."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, without_body)


class Optioned:
    """OPTIONS is answered wherever anything is: with what may be done there (`Allow`)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask, and turn "not this way, but so" into the answer to what was asked."""
        if scope["type"] != "http" or scope["method"] != "OPTIONS":
            await self.app(scope, receive, send)
            return
        allowed = ""

        async def answering(message: Message) -> None:
            nonlocal allowed
            if message["type"] == "http.response.start" and message["status"] == 405:
                allowed = Headers(raw=message["headers"]).get("allow", "")
            if not allowed:
                await send(message)

        await self.app(scope, receive, answering)
        if allowed:
            methods = {"OPTIONS", *allowed.replace(" ", "").split(",")}
            methods |= {"HEAD"} if "GET" in methods else set()
            await Response(status_code=204, headers={"Allow": ", ".join(sorted(methods))})(scope, receive, send)


class Forgetting:
    """After anything but a reading nobody is remembered: what was ended by it is over before its answer arrives."""

    def __init__(self, app: ASGIApp, cache: EditCache) -> None:
        self.app, self.cache = app, cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and forget before the answer begins."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return

        async def forgetting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.cache.edited(PEOPLE, EVERYWHERE)
                # What it changed is told to all workers in a moment; this one must not answer with what was before.
                self.cache.doubt()
            await send(message)

        await self.app(scope, receive, forgetting)


class Asked(StaticFiles):
    """Static files that a browser asks about each time (their names stay the same from release to release)."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or 304, with the word that it must be asked about."""
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _layers_changed(app: Defined, names: Iterable[str]) -> None:
    """Forget what was kept of these layers, and the plans that connections have prepared of their tables."""
    state = app.state
    for name in names:
        state.cache.edited(name, EVERYWHERE)
    for renew in state.renewing:
        renew()
    app.forget_definition()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    await asyncio.to_thread(encode.warm_up)
    listener = Listener(app.state.cache, app.state.database_url, app.state.layers)
    listener.start()
    # For the server itself, which looks there before it asks the service (`door_protocol.py`).
    yield {"doorstep": app.state.doorstep}
    app.state.stopping.set()
    for lines in app.state.lines.values():
        await lines.close()
    listener.stop()
    app.state.edition_work.close()
    app.state.hashing.close()
    state = app.state
    for engine in (*state.reading.values(), state.people, state.writing, state.changing, state.noting):
        engine.dispose()
