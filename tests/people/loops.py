"""Coroutines in tests: in a thread of their own, because the browser's own loop may run in this one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

One = TypeVar("One")


def in_a_loop_of_its_own(make: Callable[[], Coroutine[Any, Any, One]]) -> One:
    """What the coroutine gives."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(make())).result()
