"""The checks of the doctor that cost a load next to nothing: what it tells beside its own, without holding it up.

How shapes lie to each other takes as long as the load itself and is left to `atlas doctor` (or `atlas load --check`):
an officer who loads the same file once a month should not wait twice for what only a new drawing needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import shapely
from numpy.typing import NDArray

from geo.errors import Problem, Text
from geo.intake.check import Checked
from geo.intake.doctor.areas import RULE, allowed_metres, scales_in
from geo.intake.doctor.files import file_findings
from geo.intake.doctor.finding import NOTE, Finding
from geo.intake.doctor.make import finding
from geo.intake.match import Matching
from geo.intake.open import Opened
from geo.intake.report import Findings
from geo.shapes.many_areas import areas_of_many
from geo.shapes.measure import NGAN_OF_A_RAI, SQUARE_METRES_OF_A_WAH, WAH_OF_A_NGAN
from geo.store.known import Known

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

AREA, DEED, SCALE = ("rai", "ngan", "wah"), "deed_no", "map_scale"


@dataclass(kw_only=True)
class QuickLook:
    """What is kept of a load's batches for it; `remember` is called with them in order."""

    matching: Matching
    _deeds: list[pa.Array[Any]] = field(default_factory=list)
    _rows: list[NDArray[np.int32]] = field(default_factory=list)
    _differing: list[NDArray[np.int64]] = field(default_factory=list)
    _middles: list[NDArray[np.float64]] = field(default_factory=list)

    def remember(self, checked: Checked) -> None:
        """One more batch."""
        self._rows.append(checked.row_numbers)
        if checked.shapes is not None:
            west, south, east, north = shapely.bounds(checked.shapes).T
            self._middles.append(np.column_stack(((west + east) / 2, (south + north) / 2)))
        if DEED in checked.columns:
            self._deeds.append(checked.columns[DEED])
        if set(AREA) <= set(checked.columns) and checked.shapes is not None and len(checked):
            self._differing.append(checked.row_numbers[_differs(checked)].astype(np.int64))

    def tell(self, findings: Findings, file: Opened, known: Known) -> None:
        """A line for each finding: its count, and the first of its rows."""
        for one in (*file_findings(file, self.matching, known), *self._of_rows(file)):
            if one.level != NOTE:
                row = int(one.rows[0]) if len(one.rows) else None
                lon, lat = self._place(row)
                problem = Problem(
                    code=one.code, told=one.told, level="warning", row=row, column=one.column, lon=lon, lat=lat
                )
                findings.add_same(problem, max(len(one.rows), 1))

    def _place(self, row: int | None) -> tuple[float | None, float | None]:
        """The middle of a row's shape; none for a row that was not taken, or has no shape."""
        if row is None or not self._middles:
            return None, None
        numbers = np.concatenate(self._rows)
        found = np.concatenate(self._middles)[numbers == row]
        if not len(found) or not np.isfinite(found[0]).all():
            return None, None
        return round(float(found[0][0]), 6), round(float(found[0][1]), 6)

    def _of_rows(self, file: Opened) -> Iterator[Finding]:
        if self._deeds:
            counted = compute.value_counts(pa.chunked_array(self._deeds).drop_null())
            again = counted.field("values").filter(compute.greater(counted.field("counts"), 1))
            mask = np.asarray(compute.is_in(pa.chunked_array(self._deeds), again))
            if mask.any():
                rows = np.concatenate(self._rows)[mask]
                yield finding("deed-repeated", rows=rows, column=self.matching.columns.get(DEED))
        rows = np.concatenate(self._differing) if self._differing else np.zeros(0, dtype=np.int64)
        if len(rows):
            yield finding("area-differs", Text(f"({RULE.th})", RULE.en), rows=rows, column=self.matching.columns["rai"])
        for name, full in file.full_cells().items():
            if name in self.matching.columns.values():
                yield finding("text-cut", rows=full.rows + 1, column=name)


def _differs(checked: Checked) -> NDArray[np.bool_]:
    assert checked.shapes is not None
    rai, ngan, wah = (_floats(checked.columns[name]) for name in AREA)
    nothing = np.isnan(rai) & np.isnan(ngan) & np.isnan(wah)
    rai, ngan, wah = (np.nan_to_num(part) for part in (rai, ngan, wah))
    paper = ((rai * NGAN_OF_A_RAI + ngan) * WAH_OF_A_NGAN + wah) * SQUARE_METRES_OF_A_WAH
    scales = scales_in(checked.columns[SCALE]) if SCALE in checked.columns else None
    allowed = allowed_metres(checked.shapes) if scales is None else allowed_metres(checked.shapes, scales)
    # Tenths of a wah stand in a column that is not loaded: up to one wah more is allowed for them.
    differs = np.abs(areas_of_many(checked.shapes) - paper) > allowed + SQUARE_METRES_OF_A_WAH
    return np.asarray(differs & ~nothing & (paper > 0))


def _floats(values: pa.Array[Any]) -> NDArray[np.float64]:
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
