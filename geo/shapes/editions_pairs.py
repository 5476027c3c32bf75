"""Rows of two editions that have the same shape: found by their bytes first, then within the pen's width."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.shapes.editions_kinds import Tolerance
from geo.shapes.editions_rows import Ints, Rows, paired, together
from geo.shapes.topology_plan import Geometries, Numbers, Positions, Progress

Mask = NDArray[np.bool_]
_AT_ONCE = 5_000


class Pairing:
    """Which old row is which new one, so far: each row at most once."""

    def __init__(self, old: Rows, new: Rows) -> None:
        self.old, self.new = old, new
        self.of_old: Positions = np.full(len(old), -1, dtype=np.intp)
        self.of_new: Positions = np.full(len(new), -1, dtype=np.intp)

    def take(self, old: Positions, new: Positions) -> None:
        """These are pairs."""
        self.of_old[old], self.of_new[new] = new, old

    @property
    def left_old(self) -> Positions:
        """Old rows without a partner."""
        return np.flatnonzero(self.of_old < 0)

    @property
    def left_new(self) -> Positions:
        """New rows without a partner."""
        return np.flatnonzero(self.of_new < 0)

    def with_shape(self) -> tuple[Positions, Positions]:
        """Rows without a partner that can be laid on others."""
        old, new = self.left_old, self.left_new
        return (
            old[~shapely.is_missing(self.old.plan.shapes[old])],
            new[~shapely.is_missing(self.new.plan.shapes[new])],
        )

    def by_bytes(self) -> None:
        """The same code and the same shape to the last bit: nearly all of a town."""
        old, new = self.old, self.new
        self._paired(together((old.key, new.key), (old.shape, new.shape), (old.value, new.value)))
        coded = (old.key >= 0) | (old.shape >= 0), (new.key >= 0) | (new.shape >= 0)
        self._paired(together((old.key, new.key), (old.shape, new.shape)), *coded)
        # What is left of one shape goes by another code now, or by none.
        self._paired((old.shape, new.shape), old.shape >= 0, new.shape >= 0)

    def _paired(self, numbers: tuple[Ints, Ints], old: Mask | None = None, new: Mask | None = None) -> None:
        one, other = self.left_old, self.left_new
        if old is not None and new is not None:
            one, other = one[old[one]], other[new[other]]
        order = self.old.value[one], self.new.value[other]
        left, right = paired(numbers[0][one], numbers[1][other], *order)
        self.take(one[left], other[right])

    def by_outline(self, tolerance: Tolerance, progress: Progress) -> None:
        """Outlines that nowhere lie further apart than the pen is wide."""
        old, new = self.with_shape()
        if not len(old) or not len(new):
            return
        # As drawn: two ways to mend one crossed outline may differ by more than the pen.
        first, second = self.old.plan.drawn[old], self.new.plan.drawn[new]
        one, other = _near(first, second, tolerance.metres)
        apart = np.empty(len(one))
        for at in range(0, len(one), _AT_ONCE):
            progress(at, len(one))
            some = slice(at, at + _AT_ONCE)
            apart[some] = _apart(first[one[some]], second[other[some]])
        close = apart <= tolerance.metres
        self.choose(old[one[close]], new[other[close]], apart[close])

    def choose(self, old: Positions, new: Positions, cost: Numbers) -> None:
        """Of pairs with the same shape those with the same code first, then with the same values, then the closest."""
        other_code = (self.old.key[old] != self.new.key[new]) | (self.old.key[old] < 0)
        other_value = self.old.value[old] != self.new.value[new]
        # The last four keep the answer the same when the rows come in another order.
        last = self.new.shape[new], self.old.shape[old], self.new.key[new], self.old.key[old]
        for k in np.lexsort((*last, np.round(cost, 6), other_value, other_code)).tolist():
            if self.of_old[old[k]] < 0 and self.of_new[new[k]] < 0:
                self.of_old[old[k]], self.of_new[new[k]] = new[k], old[k]


def _near(old: Geometries, new: Geometries, metres: float) -> tuple[Positions, Positions]:
    """Pairs whose boxes agree within a tolerance."""
    bounds = shapely.bounds(old), shapely.bounds(new)
    # The south-western corners alone tell nearly all apart, and points are looked up faster than shapes.
    corners = np.asarray(shapely.points(bounds[1][:, :2]), dtype=object)
    one, other = shapely.STRtree(corners).query(shapely.points(bounds[0][:, :2]), "dwithin", 2 * metres)
    close = (np.abs(bounds[0][one] - bounds[1][other]) <= metres * 1.001).all(axis=1)
    return one[close], other[close]


def _apart(old: Geometries, new: Geometries) -> Numbers:
    """The greatest distance of one outline from the other, in metres."""
    return np.asarray(shapely.hausdorff_distance(shapely.boundary(old), shapely.boundary(new)), dtype=np.float64)
