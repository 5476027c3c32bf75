"""What became of a town's parcels from one edition of its file to the next (DOMAIN 2.1).

Rows are paired by code and shape, then by shape alone; what is left is laid over each other and told by whose ground
became whose. Codes repeat and are blank in real files (DOMAIN 2.3), so the ground decides and the code confirms.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

from geo.shapes.editions_ground import Family, common_ground, covered_share, families, moved_together
from geo.shapes.editions_kinds import Change, Differences, Doubt, Edition, Kind, Sure, Tolerance, digest_of
from geo.shapes.editions_pairs import Pairing
from geo.shapes.editions_rows import Ints, moved_by, rows_of, shift_metres
from geo.shapes.editions_sorted import Found, listed
from geo.shapes.topology_plan import Positions, Progress, quiet

__all__ = [
    "Change", "Differences", "Doubt", "Edition", "Kind", "Sure", "Tolerance", "differences", "digest_of",
]  # fmt: skip

OWNER = "owner"


def differences(
    old: Edition, new: Edition, *, whole: bool = True, seeks_shift: bool = True, tolerance: Tolerance | None = None,
    progress: Progress = quiet,
) -> Differences:  # fmt: skip
    """Every change; each row of both editions is in exactly one, or in one pair of `same_old` and `same_new`.

    Not `whole`: the new file covers a part of the town, and what it lacks is MISSING unless others now hold its ground.
    Where the editions are not the town but what is left of it, a block that was drawn anew looks like a datum: without
    `seeks_shift` nothing is moved back.
    """
    tolerance = tolerance or Tolerance()
    one, other, groups = rows_of(old, new)
    shift = shift_metres(one, other) if seeks_shift else None
    if shift is not None:
        one = moved_by(one, shift)
    pairing = Pairing(one, other)
    pairing.by_bytes()
    pairing.by_outline(tolerance, progress)
    ground = common_ground(pairing, tolerance, progress)
    sorting = _Sorting(pairing=pairing, whole=whole, tolerance=tolerance, progress=progress)
    sorting.pairs(groups)
    sorting.families(families(pairing, ground, tolerance))
    return listed(sorting.found, pairing, groups, shift)


@dataclass(kw_only=True)
class _Sorting:
    """Pairs and families become changes."""

    pairing: Pairing
    whole: bool
    tolerance: Tolerance
    progress: Progress
    found: Found = field(default_factory=Found)

    def __post_init__(self) -> None:
        old, new = self.pairing.old, self.pairing.new
        most = int(max(old.key.max(initial=-1), new.key.max(initial=-1))) + 2
        # How often each code stands in either edition; the last place is of rows without one.
        self.old_count = np.bincount(np.where(old.key < 0, most - 1, old.key), minlength=most)
        self.new_count = np.bincount(np.where(new.key < 0, most - 1, new.key), minlength=most)
        self.old_count[-1] = self.new_count[-1] = 0

    def pairs(self, groups: tuple[str, ...]) -> None:
        """Rows of one shape: the same, other values, or another code."""
        old = np.flatnonzero(self.pairing.of_old >= 0)
        new = self.pairing.of_old[old]
        rows = self.pairing.old, self.pairing.new
        keys = rows[0].key[old], rows[1].key[new]
        changed = rows[0].groups[old] != rows[1].groups[new]
        recoded, other = keys[0] != keys[1], changed.any(axis=1)
        same = ~recoded & ~other
        self.found.same_old, self.found.same_new = old[same], new[same]
        owner = changed[:, groups.index(OWNER)] if OWNER in groups else np.zeros(len(old), dtype=bool)
        kinds = np.where(recoded, Kind.RECODED, np.where(owner, Kind.TRANSFER, Kind.VALUES))
        shapeless = rows[0].shape[old] < 0
        sures = np.where(shapeless, Sure.CODE, np.where(recoded | (keys[0] < 0), Sure.GEOMETRY, Sure.BOTH))
        elsewhere = recoded & ((self.new_count[keys[0]] > 0) | (self.old_count[keys[1]] > 0))
        doubts = self._repeated(keys[0], keys[1]) | np.where(elsewhere, Doubt.CODE_ELSEWHERE, 0)
        doubts |= np.where(shapeless, Doubt.NO_SHAPE, 0)
        for k in np.flatnonzero(~same).tolist():
            self.found.add(Kind(int(kinds[k])), old[k : k + 1], new[k : k + 1], Sure(int(sures[k])), int(doubts[k]))

    def _repeated(self, old: Ints, new: Ints) -> Ints:
        several = (self.old_count[old] > 1) | (self.new_count[old] > 1)
        several |= (self.old_count[new] > 1) | (self.new_count[new] > 1)
        return np.where(several, int(Doubt.REPEATED_CODE), 0)

    def families(self, found: list[Family]) -> None:
        """Rows whose shape changed, by how many became how many."""
        lost, made = self._alone(
            np.array([one.old[0] for one in found if not len(one.new)], dtype=np.intp),
            np.array([one.new[0] for one in found if not len(one.old)], dtype=np.intp),
        )
        moved: list[tuple[int, int]] = []
        for one in found:
            if not len(one.old) or not len(one.new):
                continue
            if pairs := self._the_same_parcels(one):
                moved += pairs
                continue
            kind = Kind.SPLIT if len(one.old) == 1 else Kind.MERGE if len(one.new) == 1 else Kind.REARRANGED
            self.found.add(kind, *self._in_order(one), self._sure(one), self._doubts(one) | self._sum(one))
        self._boundaries(np.array(moved, dtype=np.intp).reshape(-1, 2))
        gone = Kind.RETIRED if self.whole else Kind.MISSING
        self._single(gone, lost, old=True)
        self._single(Kind.NEW, made, old=False)

    def _the_same_parcels(self, one: Family) -> list[tuple[int, int]]:
        """One row that became one; or as many as before, each under its own code and on most of its own ground."""
        rows = self.pairing.old, self.pairing.new
        if len(one.old) == len(one.new) == 1:
            return [(int(one.old[0]), int(one.new[0]))]
        keys = rows[0].key[one.old], rows[1].key[one.new]
        orders = np.argsort(keys[0]), np.argsort(keys[1])
        codes = keys[0][orders[0]], keys[1][orders[1]]
        if len(codes[0]) != len(codes[1]) or (codes[0] != codes[1]).any() or len(np.unique(codes[0])) < len(codes[0]):
            return []
        old, new = one.old[orders[0]], one.new[orders[1]]
        shapes = rows[0].plan.shapes[old], rows[1].plan.shapes[new]
        kept = shapely.area(shapely.intersection(*shapes))
        if codes[0][0] < 0 or (kept < 0.6 * np.minimum(shapely.area(shapes[0]), shapely.area(shapes[1]))).any():
            return []
        return list(zip(old.tolist(), new.tolist(), strict=True))

    def _in_order(self, one: Family) -> tuple[Positions, Positions]:
        """Rows by their codes, those without one last."""
        rows = self.pairing.old, self.pairing.new
        return (
            one.old[np.lexsort((rows[0].shape[one.old], rows[0].key[one.old], rows[0].key[one.old] < 0))],
            one.new[np.lexsort((rows[1].shape[one.new], rows[1].key[one.new], rows[1].key[one.new] < 0))],
        )

    def _sure(self, one: Family) -> Sure:
        """A code that stayed on its ground confirms what the ground says."""
        old, new = self.pairing.old.key[one.old], self.pairing.new.key[one.new]
        return Sure.BOTH if np.intersect1d(old[old >= 0], new[new >= 0]).size else Sure.GEOMETRY

    def _doubts(self, one: Family) -> int:
        old, new = self.pairing.old.key[one.old], self.pairing.new.key[one.new]
        keys = np.concatenate((old, new))
        doubt = int(self._repeated(keys, keys).max(initial=0))
        gone, come = np.setdiff1d(old[old >= 0], new), np.setdiff1d(new[new >= 0], old)
        if (self.new_count[gone] > 0).any() or (self.old_count[come] > 0).any():
            doubt |= Doubt.CODE_ELSEWHERE
        return doubt

    def _sum(self, one: Family) -> int:
        before = float(shapely.area(self.pairing.old.plan.shapes[one.old]).sum())
        after = float(shapely.area(self.pairing.new.plan.shapes[one.new]).sum())
        return int(Doubt.AREA) if abs(before - after) > self.tolerance.sum_share * max(before, after) else 0

    def _boundaries(self, moved: Positions) -> None:
        """Moved lines, with all the parcels along each."""
        if not len(moved):
            return
        old, new = moved[:, 0], moved[:, 1]
        group = moved_together(self.pairing.old.plan.shapes[old], self.pairing.new.plan.shapes[new], self.progress)
        long = np.bincount(group, minlength=len(group))[group] > self.tolerance.chain
        group[long] = np.flatnonzero(long)
        keys = self.pairing.old.key[old], self.pairing.new.key[new]
        order = np.lexsort((self.pairing.old.shape[old], keys[1], keys[0], group))
        for some in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
            same = (keys[0][some] == keys[1][some]) & (keys[0][some] >= 0)
            sure = Sure.BOTH if same.all() else Sure.GEOMETRY
            self.found.add(
                Kind.BOUNDARY_CHANGE, old[some], new[some], sure, self._doubts(Family(old=old[some], new=new[some]))
            )

    def _alone(self, lost: Positions, made: Positions) -> tuple[Positions, Positions]:
        """Rows with nothing on the other side, without those that have their code there, once in both."""
        rows = self.pairing.old, self.pairing.new
        keys = rows[0].key[lost], rows[1].key[made]
        mine, yours = _once(keys[0]), _once(keys[1])
        _, left, right = np.intersect1d(keys[0][mine], keys[1][yours], assume_unique=True, return_indices=True)
        first, second = mine[left], yours[right]
        for one, other in zip(lost[first].tolist(), made[second].tolist(), strict=True):
            pair = Family(old=np.array([one]), new=np.array([other]))
            shapeless = rows[0].plan.shapes[one] is None or rows[1].plan.shapes[other] is None
            kind = Kind.BOUNDARY_CHANGE if shapeless else Kind.ELSEWHERE
            doubt = Doubt.NO_SHAPE if shapeless else Doubt.CODE_ELSEWHERE
            self.found.add(kind, pair.old, pair.new, Sure.CODE, self._doubts(pair) | doubt)
        return np.delete(lost, first), np.delete(made, second)

    def _single(self, kind: Kind, rows: Positions, *, old: bool) -> None:
        """New and retired rows, and whose ground they are on."""
        mine, theirs = (self.pairing.old, self.pairing.new) if old else (self.pairing.new, self.pairing.old)
        count = self.new_count if old else self.old_count
        shapes = mine.plan.shapes[rows]
        there = ~shapely.is_missing(shapes)
        covered = np.zeros(len(rows))
        covered[there] = covered_share(shapes[there], theirs.plan.shapes, self.progress)
        known = count[mine.key[rows]] > 0
        doubts = self._repeated(mine.key[rows], mine.key[rows]) | np.where(known, int(Doubt.CODE_ELSEWHERE), 0)
        doubts = doubts | np.where(covered >= self.tolerance.part, int(Doubt.COVERED), 0)
        doubts = doubts | np.where(there, 0, int(Doubt.NO_SHAPE))
        none = rows[:0]
        for row, is_there, blank, doubt in zip(
            rows.tolist(), there.tolist(), (mine.key[rows] < 0).tolist(), doubts.tolist(), strict=True
        ):
            sure = Sure.CODE if not is_there else Sure.GEOMETRY if blank or doubt & Doubt.CODE_ELSEWHERE else Sure.BOTH
            one = np.array([row])
            self.found.add(kind, one if old else none, none if old else one, sure, doubt)


def _once(keys: Ints) -> Positions:
    """Where a code stands that stands nowhere else."""
    _, where, count = np.unique(keys, return_index=True, return_counts=True)
    where = where[count == 1]
    return np.asarray(where[keys[where] >= 0])
