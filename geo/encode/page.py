"""A page of GeoJSON features from the bytes of its rows."""

from __future__ import annotations

from geo.encode import EncodedPage, Records
from geo.encode.kernels.feature_page import written_page
from geo.encode.kernels.records import looked_through
from geo.encode.tile import Rows, heading


def features(
    records: Records, names: tuple[str, ...], *, digits: int, swap: bool, most: int | None, is_counted: bool
) -> EncodedPage:  # fmt: skip
    """See `geo.encode.features`."""
    rows = Rows.of(records, len(names) + 2 + is_counted)
    if is_counted:
        rows = rows.without_first()
    count = rows.count if most is None else min(rows.count, most)
    words, ends, _ = heading("", names).for_json
    out, end = written_page(
        rows.buffer, count, rows.types, rows.starts, rows.lengths, words, ends, digits, swap
    )  # fmt: skip
    ids, is_high, around = looked_through(rows.buffer, count, rows.types, rows.starts, rows.lengths)
    return EncodedPage(
        body=out[:end].tobytes(), ids=tuple(ids.tolist()), more=rows.count > count, is_high=is_high,
        edges=tuple(around.tolist()),
    )  # fmt: skip
