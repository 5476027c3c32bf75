"""Whose ground became whose: the rows of two editions that still have no partner, laid over each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geo.shapes.editions_kinds import Tolerance
from geo.shapes.editions_pairs import Pairing
from geo.shapes.topology_plan import Geometries, Numbers, Positions, Progress, joined, overlaid, pieces
from geo.shapes.topology_shared import OVERLAYS_AT_ONCE, meeting, shared

# Neighbours whose lines moved have this much of a moved line in common, not a corner only.
_COMMON_LINE_METRES = 0.05
_TOUCH_METRES = 0.01


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Old and new rows that share `square_metres`."""

    old: Positions
    new: Positions
    square_metres: Numbers


@dataclass(frozen=True, kw_only=True)
class Family:
    """Old rows and the new rows that their ground went to, or one of one side that has none on the other."""

    old: Positions
    new: Positions


def common_ground(pairing: Pairing, tolerance: Tolerance, progress: Progress) -> Ground:
    """What rows without a partner share; those that turn out to be one shape become partners."""
    old, new = pairing.with_shape()
    first, second = pairing.old.plan.shapes[old], pairing.new.plan.shapes[new]
    found = [(old[:0], new[:0], np.zeros(0))]
    for one, other in meeting(first, second, tolerance.square_metres, tolerance.metres, progress):
        areas, slight = shared(first[one], second[other], 0.0, tolerance.metres, progress)
        real = (areas > 0) & ~slight
        found.append((old[one[real]], new[other[real]], areas[real]))
    one, other, areas = (np.concatenate(column) for column in zip(*found, strict=True))
    before, after = shapely.area(pairing.old.plan.shapes[one]), shapely.area(pairing.new.plan.shapes[other])
    differ = before + after - 2 * areas
    same = (differ <= tolerance.square_metres) & (differ <= tolerance.share * np.maximum(before, after))
    pairing.choose(one[same], other[same], differ[same])
    left = (pairing.of_old[one] < 0) & (pairing.of_new[other] < 0)
    return Ground(old=one[left], new=other[left], square_metres=areas[left])


def families(pairing: Pairing, ground: Ground, tolerance: Tolerance) -> list[Family]:
    """Rows that hang together because most of one is in the other."""
    old, new = pairing.left_old, pairing.left_new
    of_old, of_new = _share(pairing, ground)
    same_code = (pairing.old.key[ground.old] == pairing.new.key[ground.new]) & (pairing.old.key[ground.old] >= 0)
    larger = np.maximum(of_old, of_new)
    strong = (larger >= tolerance.most) | (same_code & (larger >= tolerance.part))
    # A row that nobody has most of, though it is covered: it went to several in parts.
    for rows, share, count in ((ground.old, of_old, len(pairing.old)), (ground.new, of_new, len(pairing.new))):
        tied = np.bincount(rows, weights=strong, minlength=count) > 0
        covered = np.bincount(rows, weights=share, minlength=count) >= tolerance.most
        strong |= (covered & ~tied)[rows] & (share >= tolerance.part)
    number_old = np.full(len(pairing.old), -1, dtype=np.intp)
    number_new = np.full(len(pairing.new), -1, dtype=np.intp)
    number_old[old], number_new[new] = np.arange(len(old)), len(old) + np.arange(len(new))
    family = joined(number_old[ground.old[strong]], number_new[ground.new[strong]], len(old) + len(new))
    rows = np.concatenate((old, new))
    order = np.argsort(family, kind="stable")
    starts = np.flatnonzero(np.diff(family[order])) + 1
    is_old = order < len(old)
    return [
        Family(old=rows[some[is_old_of]], new=rows[some[~is_old_of]])
        for some, is_old_of in zip(np.split(order, starts), np.split(is_old, starts), strict=True)
        if len(some)
    ]


def _share(pairing: Pairing, ground: Ground) -> tuple[Numbers, Numbers]:
    before = shapely.area(pairing.old.plan.shapes[ground.old])
    after = shapely.area(pairing.new.plan.shapes[ground.new])
    return ground.square_metres / before, ground.square_metres / after


def covered_share(shapes: Geometries, others: Geometries, progress: Progress) -> Numbers:
    """How much of each shape lies under any of the others: 0 to 1, more where those lie on each other."""
    there = np.flatnonzero(~shapely.is_missing(others))
    covered = np.zeros(len(shapes))
    if not len(shapes) or not len(there):
        return covered
    for one, other in meeting(shapes, others[there], 0.0, 0.0, progress):
        areas, _ = shared(shapes[one], others[there[other]], 0.0, 0.0, progress)
        covered += np.bincount(one, weights=areas, minlength=len(shapes))
    return covered / shapely.area(shapes)


def moved_together(old: Geometries, new: Geometries, progress: Progress) -> Positions:
    """For each pair of old and new shapes the lowest of those whose moved ground lies along its own.

    A corner that several parcels share moves in all of them; taking the change of one without the others' would
    leave a gap or an overlap. Two moved lines that meet in an unmoved corner are two changes.
    """
    moved = pieces(overlaid(shapely.symmetric_difference, old, new))
    real = moved.areas > 0
    shapes, of = moved.shapes[real], moved.of[real]
    if not len(shapes):
        return np.arange(len(old))
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TOUCH_METRES)
    neighbours = of[one] < of[other]
    one, other = one[neighbours], other[neighbours]
    along = np.zeros(len(one), dtype=bool)
    for at in range(0, len(one), OVERLAYS_AT_ONCE):
        progress(at, len(one))
        some = slice(at, at + OVERLAYS_AT_ONCE)
        near = shapely.buffer(shapes[one[some]], _TOUCH_METRES, quad_segs=2)
        line = np.asarray(shapely.boundary(shapes[other[some]]), dtype=object)
        along[some] = shapely.length(overlaid(shapely.intersection, near, line)) >= _COMMON_LINE_METRES
    return joined(of[one[along]], of[other[along]], len(old))
