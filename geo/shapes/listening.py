"""Hear the warnings of the libraries below, one listener at a time.

Python keeps one list of warning filters for the whole process; two threads that change it at once can leave
it changed for ever.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_one_at_a_time = threading.RLock()


@contextmanager
def warnings_heard() -> Iterator[list[warnings.WarningMessage]]:
    """The warnings given inside the block, kept instead of printed."""
    with _one_at_a_time, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        yield heard
