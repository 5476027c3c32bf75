"""Where rows end in what has arrived of PostgreSQL's protocol so far."""

from __future__ import annotations

import numpy as np

from geo.encode.kernels.wire import rows_end


def end_of_rows(held: bytearray, at: int) -> int:
    """Where the whole `DataRow` messages that begin at `at` end; `at` itself where there are none."""
    found: int = rows_end(np.frombuffer(held, np.uint8), at, len(held))
    return found
