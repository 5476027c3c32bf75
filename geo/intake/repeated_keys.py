"""Codes that several rows of one town share: told with their count and places; every row is kept.

Of all that a file holds, only this is kept from the first row to the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import shapely
from numpy.typing import NDArray

from geo.errors import Problem, Text
from geo.intake.check import Checked
from geo.intake.report import Findings
from geo.layer import Audience, Layer

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

NO_KEY = Text("ไม่มีรหัส จับคู่กับของเดิมไม่ได้", "without a code; cannot be matched with what is here already")
BETWEEN = "\x1f"
MOST_ROWS_LISTED = 10


@dataclass(kw_only=True)
class RepeatedKeys:
    """The keys of a load's rows, town by town; `remember` is called with its batches in order."""

    layer: Layer
    key: tuple[str, ...]
    columns: Mapping[str, str]
    _keys: list[pa.Array[Any]] = field(default_factory=list)
    _rows: list[NDArray[np.int32]] = field(default_factory=list)
    _boxes: list[NDArray[np.float64]] = field(default_factory=list)

    def remember(self, checked: Checked, staged: pa.RecordBatch) -> None:
        """The rows of a batch that know their town, under the same key by which rows are matched with the table."""
        if not self.key:
            return
        town, first, *others = (staged.column(name).cast(pa.string()) for name in ("municipality", *self.key))
        bare = compute.equal(compute.fill_null(first, ""), "")
        checked.seen.warn("no-key", NO_KEY, checked.positions(np.flatnonzero(np.asarray(bare))), field=self.key[0],
                          column=self.columns.get(self.key[0]))  # fmt: skip
        joined = compute.binary_join_element_wise(
            town, first, *others, BETWEEN, null_handling="replace", null_replacement=""
        )
        self._keys.append(compute.if_else(bare, pa.scalar(None, pa.string()), joined))
        self._rows.append(checked.row_numbers)
        if checked.shapes is not None:
            self._boxes.append(shapely.bounds(checked.shapes))

    def tell(self, findings: Findings) -> None:
        """One finding for each shared code, with the rows that share it; at the place of the first."""
        if not self._keys:
            return
        keys = pa.chunked_array(self._keys)
        rows = np.concatenate(self._rows)
        boxes = np.concatenate(self._boxes) if self._boxes and not self.layer.shape.cells else None
        shown = all(self.layer.fields[name].audience is Audience.PUBLIC for name in self.key)
        for key, places in _shared(keys).items():
            first = int(rows[places[0]])
            value = " / ".join(part for part in key.split(BETWEEN)[1:] if part) if shown else f"#{first}"
            lon, lat = _middle(boxes, places[0])
            problem = Problem(
                code="duplicate-key", told=_told([int(row) for row in rows[places]]), row=first,
                column=self.columns.get(self.key[0]), value=value, lon=lon, lat=lat,
            )  # fmt: skip
            findings.add_same(problem, len(places))


def _shared(keys: pa.ChunkedArray[Any]) -> dict[str, list[int]]:
    """The keys that occur more than once, with their places, in the order of the first."""
    counted: Any = compute.value_counts(keys.drop_null())
    repeated = counted.field("values").filter(compute.greater(counted.field("counts"), 1))
    mask = compute.is_in(keys, repeated).to_numpy(zero_copy_only=False)
    found: dict[str, list[int]] = {}
    for place, key in zip(np.flatnonzero(mask).tolist(), keys.filter(pa.array(mask)).to_pylist(), strict=True):
        found.setdefault(str(key), []).append(place)
    return found


def _told(rows: list[int]) -> Text:
    listed = ", ".join(map(str, rows[:MOST_ROWS_LISTED])) + (" …" if len(rows) > MOST_ROWS_LISTED else "")
    return Text(
        f"รหัสซ้ำ {len(rows)} แถว (แถว {listed}) เก็บไว้ทุกแถว",
        f"{len(rows)} rows share this code (rows {listed}); all are kept",
    )


def _middle(boxes: NDArray[np.float64] | None, place: int) -> tuple[float | None, float | None]:
    if boxes is None or not np.isfinite(boxes[place]).all():
        return None, None
    west, south, east, north = boxes[place]
    return round(float(west + east) / 2, 6), round(float(south + north) / 2, 6)
