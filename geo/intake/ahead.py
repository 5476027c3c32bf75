"""Making the next things while the last is being used."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

One = TypeVar("One")


class _Ended:
    """The last word of the maker: why it stopped, if by a failure."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure


def ahead(things: Iterator[One], *, by: int = 2) -> Iterator[One]:
    """The same things, made in another thread, at most `by` of them waiting: memory stays that of a few batches."""
    waiting: queue.Queue[One | _Ended] = queue.Queue(maxsize=by)
    stop = threading.Event()

    def offer(thing: One | _Ended) -> None:
        while not stop.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(thing, timeout=0.2)
                return

    def make() -> None:
        try:
            for thing in things:
                offer(thing)
                if stop.is_set():
                    return
        except BaseException as failure:  # noqa: BLE001  # carried over to the thread that waits for it
            offer(_Ended(failure))
        else:
            offer(_Ended())

    maker = threading.Thread(target=make, name="intake-ahead", daemon=True)
    maker.start()
    try:
        while not isinstance(thing := waiting.get(), _Ended):
            yield thing
        if thing.failure is not None:
            raise thing.failure
    finally:
        # Whoever stops listening, by a failure of their own, ends the maker too.
        stop.set()
        maker.join()
