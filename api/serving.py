"""Running the web server: one process or several, a clean end on Ctrl-C, and `ready` only when it answers."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.log import set_up_logging
from api.settings import Settings
from geo import encode

log = logging.getLogger(__name__)

WORKER_SECONDS = 60
TRIM_SECONDS = 5  # it takes some milliseconds, which is nothing once in so many seconds
_ARENA_MAX = -8  # M_ARENA_MAX of the GNU C library


def made_app() -> FastAPI:
    """The service as a worker process makes it: from the environment."""
    _few_heaps()
    settings = Settings.from_environment()
    set_up_logging(settings.log)
    app = create_app(settings, database_url=os.environ["ATLAS_SERVING_URL"])
    encode.warm_up()
    # What is there now stays: nobody has to look through it for garbage again, so that what requests leave behind is
    # looked through often.
    gc.collect()
    gc.freeze()
    return app


def _few_heaps() -> None:
    """Let the threads share two heaps, and give back what lies free in them.

    Of its own each thread keeps what was freed in its heap, and long answers come and go; what is kept for long lies
    in between, so that a heap by itself gives hardly anything back.
    """
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        try:
            library.mallopt(_ARENA_MAX, 2)
            trim = library.malloc_trim
        except AttributeError:
            log.debug("this C library manages its heaps in another way")
        else:
            threading.Thread(target=_give_back, args=(trim,), daemon=True, name="heaps").start()


def _give_back(trim: Callable[[int], int]) -> None:
    while True:
        time.sleep(TRIM_SECONDS)
        trim(0)


def serve_until_told(settings: Settings, workers: int, *, ready: Callable[[], None]) -> None:
    """Serve until Ctrl-C or a polite kill; `ready` is called once, when /readyz answers 200."""
    set_up_logging(settings.log)
    over = threading.Event()
    watcher = threading.Thread(target=_tell_when_ready, args=(settings, ready, over), daemon=True)
    watcher.start()
    # On a slow or busy machine a worker takes longer than uvicorn's five seconds to start, is killed, and takes as long
    # again: the service would never come.
    options = {"host": settings.host, "port": settings.port, "log_config": None, "access_log": False,
               "server_header": False, "http": "api.door_protocol:DoorProtocol", "timeout_graceful_shutdown": 10,
               "timeout_worker_healthcheck": WORKER_SECONDS}  # fmt: skip
    try:
        uvicorn.run("api.serving:made_app", factory=True, workers=workers, **options)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        # Ctrl-C is how a person ends it; uvicorn has closed everything by now.
        pass
    finally:
        over.set()


def _tell_when_ready(settings: Settings, ready: Callable[[], None], over: threading.Event) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    address = f"http://{host}:{settings.port}/readyz"
    while not over.is_set():
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    ready()
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
