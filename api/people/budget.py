"""How much password hashing this process does at once: two hashes, a short queue, and then `TooOften`.

Argon2 takes 64 MiB and a tenth of a second on purpose. Its threads are its own, so that a flood of sign-ins fills
neither the memory nor the threads of the other doors; and one block of addresses never holds all places in the queue.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

from geo.errors import TooOften

One = TypeVar("One")

AT_ONCE = 2
PLACES = 20
PLACES_OF_A_BLOCK = 8
# Kept free for devices that people signed in with before: strangers who fill the line do not keep them out.
PLACES_OF_THE_KNOWN = 6


class HashingBudget:
    """The threads that hash, and who stands in line for them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hashing")
        self._lock = Lock()
        self._inside: Counter[str] = Counter()

    async def spend(self, block: str, work: Callable[[], One], *, known: bool = False) -> One:
        """Do the work when its turn comes; `TooOften` at once where the line is too long."""
        places = PLACES + (PLACES_OF_THE_KNOWN if known else 0)
        with self._lock:
            if self._inside[block] >= PLACES_OF_A_BLOCK or self._inside.total() >= places:
                raise TooOften(1)
            self._inside[block] += 1
        waiting = self._threads.submit(work)
        waiting.add_done_callback(lambda done: self._left(block, done))
        return await asyncio.wrap_future(waiting)

    def _left(self, block: str, _done: Future[Any]) -> None:
        with self._lock:
            self._inside[block] -= 1
            if not self._inside[block]:
                del self._inside[block]

    def close(self) -> None:
        """Let the threads go; what stands in line is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
