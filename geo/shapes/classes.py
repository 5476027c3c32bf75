"""Classes of a choropleth: which numbers share a colour.

Natural breaks (Fisher 1958, as Jenks uses them): of all ways to cut the sorted numbers into so many runs, the one with
the least squared distance from the runs' means. Equal numbers are one number with a weight, so that no tie is ever
split; where there are no more different numbers than classes, each is a class of its own.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST = 5


@dataclass(frozen=True, kw_only=True)
class Class:
    """One class: the least and the greatest number that is really in it, and how many there are."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, kw_only=True)
class Classes:
    """Classes from low to high, and how many of the numbers were none (missing, NaN, infinite)."""

    classes: tuple[Class, ...]
    missing: int

    def of(self, value: float | None) -> int | None:
        """The place of a number's class, from 0; None for what is no number. It must be one of those classified."""
        if value is None or not math.isfinite(value):
            return None
        place = bisect.bisect_left([one.high for one in self.classes], value)
        return min(place, len(self.classes) - 1) if self.classes else None


def natural_classes(values: Iterable[float | None], most: int = MOST) -> Classes:
    """At most `most` classes of these numbers, ties together; ValueError when `most` is less than one."""
    if most < 1:
        raise ValueError("there is at least one class")
    given = list(values)
    numbers = np.array([one for one in given if one is not None and math.isfinite(one)], dtype=np.float64)
    distinct, counts = np.unique(numbers, return_counts=True)
    starts = _starts(distinct, counts.astype(np.float64), min(most, len(distinct)))
    classes = tuple(
        Class(low=float(distinct[start]), high=float(distinct[end - 1]), count=int(counts[start:end].sum()))
        for start, end in itertools.pairwise((*starts, len(distinct)))
    )
    return Classes(classes=classes, missing=len(given) - len(numbers))


def _starts(values: Floats, weights: Floats, wanted: int) -> Sequence[int]:
    """Where each of the `wanted` runs begins, with the least sum of weighted squares within them."""
    if wanted == 0:
        return []
    if wanted == len(values):
        return range(wanted)
    # Measured from the middle and in units of the span, so that neither great nor tiny numbers lose their digits.
    span = float(values[-1] / 2 - values[0] / 2)
    scaled = (values / 2 - (values[0] / 4 + values[-1] / 4)) / (span or 1.0)
    count = np.concatenate(([0.0], np.cumsum(weights)))
    total = np.concatenate(([0.0], np.cumsum(weights * scaled)))
    squares = np.concatenate(([0.0], np.cumsum(weights * scaled**2)))

    def spread(start: NDArray[np.intp], end: int) -> Floats:
        held = count[end] - count[start]
        found: Floats = squares[end] - squares[start] - (total[end] - total[start]) ** 2 / held
        return found

    n = len(values)
    least = np.array([0.0, *(spread(np.array([0]), end)[0] for end in range(1, n + 1))])
    came_from: list[NDArray[np.intp]] = []
    for run in range(2, wanted + 1):
        best, came = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=np.intp)
        for end in range(run, n + 1):
            starts = np.arange(run - 1, end)
            sums = least[starts] + spread(starts, end)
            place = int(np.argmin(sums))
            best[end], came[end] = sums[place], starts[place]
        least = best
        came_from.append(came)
    found, end = [], n
    for came in reversed(came_from):
        end = int(came[end])
        found.append(end)
    return [0, *reversed(found)]
