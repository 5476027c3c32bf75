"""Rows of two editions in numbers that can be compared at once: codes, shapes and values become small integers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.shapes.editions_kinds import Edition
from geo.shapes.topology_plan import Geometries, Plan, Positions, plan_of

Ints = NDArray[np.int64]

# A town that moved as one: at least so many parcels whose code stands once, so large a part of them, this much alike.
_SHIFT_LEAST_ROWS = 20
_SHIFT_SHARE = 0.8
_SHIFT_METRES = 0.1


@dataclass(frozen=True, kw_only=True)
class Rows:
    """One edition: `key` and `shape` are -1 where there is none; `groups` has a column for each compared group.

    Numbers are the same in both editions where the thing is the same, and in the order of the codes as text, so that
    nothing depends on the order of rows.
    """

    key: Ints
    shape: Ints
    value: Ints
    groups: Ints
    plan: Plan
    names: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.key)


def rows_of(old: Edition, new: Edition) -> tuple[Rows, Rows, tuple[str, ...]]:
    """Both editions in the same numbers, and the names of the groups that both have."""
    names = tuple(sorted(old.values.keys() & new.values.keys()))
    codes = [_codes(edition.keys) for edition in (old, new)]
    key = _numbers(np.concatenate(codes))
    shape = _numbers(np.concatenate([_written(edition.shapes) for edition in (old, new)]))
    columns = [_numbers(np.concatenate([np.asarray(edition.values[name]) for edition in (old, new)])) for name in names]
    groups = np.column_stack(columns) if columns else np.zeros((len(key), 0), dtype=np.int64)
    value = (
        np.unique(groups, axis=0, return_inverse=True)[1].astype(np.int64).reshape(-1)
        if columns
        else np.zeros_like(key)
    )
    first = plan_of(old.shapes)
    # Both are laid flat in one zone; that of the edition which has shapes at all.
    second = plan_of(new.shapes, like=first) if len(first.measured) else plan_of(new.shapes)
    return (
        _part(slice(0, len(old)), key, shape, value, groups, first, codes[0]),
        _part(slice(len(old), None), key, shape, value, groups, second, codes[1]),
        names,
    )


def _part(of: slice, key: Ints, shape: Ints, value: Ints, groups: Ints, plan: Plan, names: NDArray[np.object_]) -> Rows:
    # A shape that could not be laid flat is compared with nothing but its own bytes.
    return Rows(key=key[of], shape=shape[of], value=value[of], groups=groups[of], plan=plan, names=names)


def _codes(keys: NDArray[np.object_]) -> NDArray[np.object_]:
    found = pd.Series(keys, dtype=object)
    written = found[found.notna()].map(str)
    codes = np.full(len(found), None, dtype=object)
    codes[written.index[written.str.strip() != ""]] = written[written.str.strip() != ""]
    return codes


def _written(shapes: Geometries) -> NDArray[np.object_]:
    """Shapes as bytes: the same where only the first corner, the direction or the wrapping differ."""
    plain = shapely.force_2d(np.array(shapes, dtype=object))
    plain[shapely.is_empty(plain)] = None
    alone = shapely.get_num_geometries(plain) == 1
    plain[alone] = shapely.get_geometry(plain[alone], 0)
    return np.asarray(shapely.to_wkb(shapely.normalize(plain)), dtype=object)


def _numbers(things: NDArray[Any]) -> Ints:
    """Small integers in the order of the things; -1 for None."""
    if things.dtype == object:
        numbers, _ = pd.factorize(things, sort=True)
        return np.asarray(numbers, dtype=np.int64)
    return np.unique(things, return_inverse=True)[1].astype(np.int64)


def shift_metres(old: Rows, new: Rows) -> tuple[float, float] | None:
    """How far nearly all parcels moved alike (east, north): a datum taken otherwise, not the land."""
    keys = [np.where(shapely.is_missing(rows.plan.shapes), -1, rows.key) for rows in (old, new)]
    once = [np.unique(key, return_index=True, return_counts=True) for key in keys]
    single = [(key[count == 1], where[count == 1]) for key, where, count in once]
    code, left, right = np.intersect1d(single[0][0], single[1][0], assume_unique=True, return_indices=True)
    left, right = single[0][1][left[code >= 0]], single[1][1][right[code >= 0]]
    if len(left) < _SHIFT_LEAST_ROWS:
        return None
    ways = shapely.bounds(new.plan.shapes[right])[:, :2] - shapely.bounds(old.plan.shapes[left])[:, :2]
    way = np.median(ways, axis=0)
    alike = np.hypot(*(ways - way).T) <= _SHIFT_METRES
    if alike.mean() < _SHIFT_SHARE or np.hypot(*way) < _SHIFT_METRES / 2:
        return None
    return float(way[0]), float(way[1])


def moved_by(rows: Rows, metres: tuple[float, float]) -> Rows:
    """The rows with their shapes elsewhere."""
    shapes, drawn = (
        np.asarray(shapely.transform(some, lambda xy: xy + metres), dtype=object)
        for some in (rows.plan.shapes, rows.plan.drawn)
    )
    return replace(rows, plan=replace(rows.plan, shapes=shapes, drawn=drawn))


def paired(old: Ints, new: Ints, old_order: Ints, new_order: Ints) -> tuple[Positions, Positions]:
    """Positions with the same number, each used once; where a number repeats, in the given order."""
    one, other = _counted(old, old_order, max(len(old), len(new))), _counted(new, new_order, max(len(old), len(new)))
    _, left, right = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    return left.astype(np.intp), right.astype(np.intp)


def _counted(numbers: Ints, order: Ints, most: int) -> Ints:
    """Each number together with how many of it stand before it."""
    by_number = np.lexsort((order, numbers))
    ranked = numbers[by_number]
    rank = np.empty(len(numbers), dtype=np.int64)
    rank[by_number] = np.arange(len(numbers)) - np.searchsorted(ranked, ranked)
    return numbers * (most + 1) + rank


def together(*columns: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Several numbers of the rows of two editions as one: equal where all of them are."""
    count = len(columns[0][0])
    mixed = np.zeros(count + len(columns[0][1]), dtype=np.int64)
    for old, new in columns:
        column = np.concatenate((old, new))
        # Packed again at each step: the product of three would not fit into 64 bits.
        mixed = np.unique(mixed * (int(column.max(initial=0)) + 2) + column + 1, return_inverse=True)[1].reshape(-1)
    return mixed[:count].astype(np.int64), mixed[count:].astype(np.int64)
