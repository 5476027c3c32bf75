"""By how much an area on paper and one on the map may differ, and numbers as files write them.

The rule, told with each finding. A line on a sheet can be drawn and read to 0.3 mm, which at 1:1,000 is 30 cm on the
ground; if the whole outline is that far out, the area differs by its length times that. On top comes a square wah,
because deeds round to one. Differences within this are the pen; beyond it they are told. Where a row says no scale,
1:1,000 is taken, in which tax maps are drawn (DOMAIN 2.1). That municipalities hold to this rule is **not confirmed**.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo.errors import Text
from geo.thai import read_number, western_digits

PEN_METRES_ON_PAPER = 0.0003
ROUNDED_TO_SQUARE_METRES = 4.0
USUAL_SCALE = 1_000.0
SCALES = (250.0, 50_000.0)
RULE = Text(
    "เกณฑ์: ต่างได้ไม่เกิน เส้นรอบรูป × 0.3 มม. × มาตราส่วน (ไม่บอกถือเป็น 1:1,000) + 1 ตร.ว.",
    "the rule: they may differ by the outline's length × 0.3 mm × the scale (1:1,000 unless a row says otherwise), "
    "and one square wah",
)
Numbers = NDArray[np.float64]
# A column, in one piece or several, of a type that is found out at run time.
Column = Any


def allowed_metres(shapes: NDArray[np.object_], scales: Numbers | float = USUAL_SCALE) -> Numbers:
    """By how many square metres paper and map may differ, by the rule above."""
    return _outlines(shapes) * PEN_METRES_ON_PAPER * scales + ROUNDED_TO_SQUARE_METRES


def _outlines(shapes: NDArray[np.object_]) -> Numbers:
    """Lengths of outlines in metres, near enough: degrees of the place, laid flat."""
    _, south, _, north = shapely.bounds(shapes).T
    narrow = np.cos(np.radians((south + north) / 2))
    # One place stands for a town: its width of a degree differs by a ten-thousandth within it.
    scale = 111_320.0 * float(np.nanmedian(narrow)) if np.isfinite(narrow).any() else 111_320.0

    def flat(lonlat: Numbers) -> Numbers:
        return lonlat * (scale, 110_640.0)

    return np.asarray(shapely.length(shapely.transform(shapes, flat)))


def scales_in(values: Column) -> Numbers:
    """Scales as they are written; the usual one where there is none, or none that a sheet has."""
    found = _scale_numbers(values)
    known = (found >= SCALES[0]) & (found <= SCALES[1])
    return np.where(known, found, USUAL_SCALE)


def _scale_numbers(values: Column) -> Numbers:
    """`1:4,000` and `4000` are both 4000."""
    if not pa.types.is_string(values.type):
        return np.nan_to_num(numbers_in(values))
    coded: Any = whole(values).dictionary_encode()
    read = [re.sub(r"^1\s*[:/]\s*|,", "", western_digits(text).strip()) for text in coded.dictionary.to_pylist()]
    known = [float(text) if re.fullmatch(r"[0-9]{1,6}(\.0+)?", text) else 0.0 for text in read]
    indices = np.asarray(coded.indices.fill_null(len(known)))
    return np.asarray(np.array([*known, 0.0])[indices])


def numbers_in(values: Column) -> NDArray[np.float64]:
    """A column as numbers, NaN where it has none."""
    if not pa.types.is_string(values.type):
        return np.asarray(values.cast(pa.float64()).to_numpy(), dtype=np.float64)
    coded: Any = whole(values).dictionary_encode()
    read = [read_number(text).value for text in coded.dictionary.to_pylist()]
    known = np.array([*(np.nan if one is None else float(one) for one in read), np.nan])
    return np.asarray(known[np.asarray(coded.indices.fill_null(len(read)))])


def whole(values: Column) -> Any:
    """A column in one piece, whether it comes in batches or not."""
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
