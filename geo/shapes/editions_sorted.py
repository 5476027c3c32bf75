"""Changes as they are found, and the list that they become: sorted, with areas and with what else changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from geo.shapes.editions_kinds import Differences, Kind, Sure
from geo.shapes.editions_pairs import Pairing
from geo.shapes.editions_rows import Ints, Rows
from geo.shapes.many_areas import areas_of_many
from geo.shapes.topology_plan import Numbers, Positions, in_degrees


@dataclass(kw_only=True)
class Found:
    """Changes in the order in which they were found."""

    kinds: list[Kind] = field(default_factory=list)
    old: list[list[int]] = field(default_factory=list)
    new: list[list[int]] = field(default_factory=list)
    sures: list[Sure] = field(default_factory=list)
    doubts: list[int] = field(default_factory=list)
    same_old: Positions = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    same_new: Positions = field(default_factory=lambda: np.zeros(0, dtype=np.intp))

    def add(self, kind: Kind, old: Positions, new: Positions, sure: Sure, doubt: int) -> None:
        """One more."""
        self.kinds.append(kind)
        self.old.append(old.tolist())
        self.new.append(new.tolist())
        self.sures.append(sure)
        self.doubts.append(int(doubt))


def listed(found: Found, pairing: Pairing, groups: tuple[str, ...], shift: tuple[float, float] | None) -> Differences:
    """The list, by kind and then by code; where codes are blank, by row."""
    order = _order(found, pairing)
    kinds = np.array(found.kinds, dtype=np.uint8)[order]
    old, old_starts = _flat([found.old[k] for k in order])
    new, new_starts = _flat([found.new[k] for k in order])
    change, one, other = _row_by_row(old, new, (old_starts, new_starts))
    return Differences(
        kinds=kinds, sures=np.array(found.sures, dtype=np.uint8)[order],
        doubts=np.array(found.doubts, dtype=np.uint8)[order],
        groups_changed=_groups_changed(pairing, change, one, other, len(kinds)),
        square_metres_before=_areas(pairing.old, old, old_starts),
        square_metres_after=_areas(pairing.new, new, new_starts), old_starts=old_starts, old=old,
        new_starts=new_starts, new=new, same_old=found.same_old, same_new=found.same_new, groups=groups,
        old_keys=pairing.old.names, new_keys=pairing.new.names,
        shifted_metres=shift,
    )  # fmt: skip


def _order(found: Found, pairing: Pairing) -> list[int]:
    def place(k: int) -> tuple[int, int, list[int], list[int]]:
        codes = pairing.new.key[found.new[k]] if found.new[k] else pairing.old.key[found.old[k]]
        known = [code for code in codes.tolist() if code >= 0]
        return int(found.kinds[k]), min(known, default=len(pairing.old) + len(pairing.new)), found.old[k], found.new[k]

    return sorted(range(len(found.kinds)), key=place)


def _flat(rows: list[list[int]]) -> tuple[Positions, Positions]:
    starts = np.concatenate(([0], np.cumsum([len(some) for some in rows]))).astype(np.intp)
    return np.fromiter(chain.from_iterable(rows), dtype=np.intp, count=int(starts[-1])), starts


def _areas(rows: Rows, positions: Positions, starts: Positions) -> Numbers:
    """The sum of each change's shapes on the spheroid; NaN where one of them has none."""
    areas = areas_of_many(in_degrees(rows.plan.shapes[positions], rows.plan))
    of = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    sums = np.bincount(of, weights=np.nan_to_num(areas), minlength=len(starts) - 1).astype(np.float64)
    sums[of[np.isnan(areas)]] = np.nan
    return sums


def _row_by_row(
    old: Positions, new: Positions, starts: tuple[Positions, Positions]
) -> tuple[Ints, Positions, Positions]:
    """Of changes of as many rows as before: which change, its old row, its new row."""
    counts = np.diff(starts[0]), np.diff(starts[1])
    equal = counts[0] == counts[1]
    change = np.arange(len(equal))
    kept_old, kept_new = np.repeat(equal, counts[0]), np.repeat(equal, counts[1])
    return np.repeat(change, counts[0])[kept_old], old[kept_old], new[kept_new]


def _groups_changed(pairing: Pairing, change: Ints, old: Positions, new: Positions, count: int) -> NDArray[np.uint32]:
    bits = np.zeros(count, dtype=np.uint32)
    changed = pairing.old.groups[old] != pairing.new.groups[new]
    for bit in range(changed.shape[1]):
        np.bitwise_or.at(bits, change[changed[:, bit]], np.uint32(1 << bit))
    return bits
