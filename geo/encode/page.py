"""A page of GeoJSON features from the bytes of its rows."""

from __future__ import annotations

import numpy as np

from geo.encode import EncodedPage
from geo.encode.kernels.feature_page import written_page
from geo.encode.kernels.records import keys
from geo.encode.tile import Rows, heading


def features(buffer: bytes, names: tuple[str, ...], *, digits: int, swap: bool, most: int | None) -> EncodedPage:
    """See `geo.encode.features`."""
    rows = Rows.of(buffer, len(names) + 2)
    count = rows.count if most is None else min(rows.count, most)
    words, ends, _ = heading("", names).for_json
    out, end = written_page(
        rows.buffer, count, rows.types, rows.starts, rows.lengths, words, ends, digits, swap
    )  # fmt: skip
    shapes = np.arange(count) * rows.types.size + rows.types.size - 1
    first = rows.starts[shapes[rows.lengths[shapes] > 4]]
    # The highest bit of an EWKB type, which PostgreSQL writes little-endian here, says that heights follow.
    is_high = bool((rows.buffer[first + 4] & 0x80).any())
    ids = keys(rows.buffer, count, rows.types, rows.starts, len(names) + 2)
    return EncodedPage(body=out[:end].tobytes(), ids=tuple(ids.tolist()), more=rows.count > count, is_high=is_high)
