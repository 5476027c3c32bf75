"""Rows of a file and of a town that shapes must tell of: which became which, and which id goes on.

The part that keeps the code keeps the id, else the largest; of several that were merged the one whose code the new one
bears, else the lowest code's (DOMAIN §2.1).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.shapes.editions import Change, Differences, Edition, Kind, Sure, differences
from geo.shapes.topology_plan import Progress, quiet
from geo.store.editions_plan import Found, Side

# Of an old row's ground so much must be the new rows' before it counts as theirs unseen.
PROVEN = 0.9
# Of a town that moved as a whole, all but so many of its rows did.
FEW = 0.25
PAIRED = (Kind.BOUNDARY_CHANGE, Kind.RECODED, Kind.TRANSFER, Kind.VALUES, Kind.ELSEWHERE)


def told_by_shapes(
    old: Side, new: Side, *, whole: bool, stayed: int, proven: bool = False, progress: Progress = quiet
) -> tuple[list[Found], float]:
    """What became of the rows, town by town: no ground of one town becomes another's; and how many metres all of a
    town moved alike, 0 where it did not.

    `proven`: nobody looks at it before it is done. Then only what lies within the file's new shapes has become them.
    `stayed` rows lie where they lay: where they are more than a few, no datum has changed.
    """
    found: list[Found] = []
    shift = 0.0
    seeks = stayed <= FEW * len(new)
    for town in sorted({*old.towns, *new.towns}):
        olds = np.flatnonzero(np.array(old.towns, dtype=object) == town)
        news = np.flatnonzero(np.array(new.towns, dtype=object) == town)
        one, other = _taken(old, olds), _taken(new, news)
        told = differences(_edition(one), _edition(other), whole=whole, seeks_shift=seeks, progress=progress)
        found += _of_one_town(told, one, other, whole=whole, proven=proven)
        shift = max(shift, math.hypot(*(told.shifted_metres or (0.0, 0.0))))
    return found, shift


def _taken(side: Side, rows: NDArray[np.intp]) -> Side:
    return Side(
        ids=side.ids[rows], towns=[side.towns[row] for row in rows], codes=[side.codes[row] for row in rows],
        shapes=side.shapes[rows], key_pairs=side.key_pairs[rows],
    )  # fmt: skip


def _of_one_town(told: Differences, old: Side, new: Side, *, whole: bool, proven: bool) -> list[Found]:
    found = [
        Found(kind="SAME", sure=Sure.BOTH.name, doubts=(), old=(int(old.ids[one]),), new=(int(new.ids[other]),),
              continues=(int(old.ids[one]),))
        for one, other in zip(told.same_old.tolist(), told.same_new.tolist(), strict=True)
    ]  # fmt: skip
    changes = list(told)
    if proven:
        changes = [one for change in changes for one in _as_proven(change, old, new, whole=whole)]
    again = _same_key(changes, old, new)
    for change in changes:
        if change.kind in (Kind.NEW, Kind.RETIRED, Kind.MISSING) and again.keys() & _sides(change):
            continue
        found += _found(change, old, new)
    # A repeated code on other ground: one by one, in their order, as rows with a key always were.
    found += [
        Found(kind=Kind.ELSEWHERE.name, sure=Sure.CODE.name, doubts=("REPEATED_CODE",), old=(int(old.ids[one]),),
              new=(int(new.ids[other]),), continues=(int(old.ids[one]),))
        for (side, one), other in again.items() if side == "old"
    ]  # fmt: skip
    return found


def _as_proven(change: Change, old: Side, new: Side, *, whole: bool) -> Iterator[Change]:
    """A change as it is, or what is left of it when ground of it is not proven to be the new rows'."""
    if change.kind not in (Kind.SPLIT, Kind.MERGE, Kind.REARRANGED):
        yield change
        return
    ground = shapely.union_all(new.shapes[list(change.new)])
    olds = old.shapes[list(change.old)]
    if (shapely.area(shapely.intersection(olds, ground)) >= PROVEN * shapely.area(olds)).all():
        yield change
        return
    pairs = dict(zip(change.new, _goes_on(change, old, new), strict=True))
    places = {int(old.ids[one]): one for one in change.old}
    for other, id in pairs.items():
        same = id != 0 and old.codes[places[id]] == new.codes[other]
        kind = Kind.BOUNDARY_CHANGE if same else Kind.NEW
        yield replace(change, kind=kind, old=(places[id],) if same else (), new=(other,))
    kept = {places[id] for other, id in pairs.items() if id and old.codes[places[id]] == new.codes[other]}
    for one in change.old:
        if one not in kept:
            yield replace(change, kind=Kind.RETIRED if whole else Kind.MISSING, old=(one,), new=())


def _edition(side: Side) -> Edition:
    keys: NDArray[np.object_] = np.full(len(side), None, dtype=object)
    keys[:] = side.codes
    return Edition(keys=keys, shapes=side.shapes, values={})


def _sides(change: Change) -> set[tuple[str, int]]:
    return {("old", one) for one in change.old} | {("new", one) for one in change.new}


def _same_key(changes: list[Change], old: Side, new: Side) -> dict[tuple[str, int], int]:
    """Rows that shapes say nothing of, though the town and the file have them under one key: each other's places."""
    lost = {int(old.ids[one]): one for change in changes if change.kind in (Kind.RETIRED, Kind.MISSING)
            for one in change.old}  # fmt: skip
    made = [one for change in changes if change.kind is Kind.NEW for one in change.new]
    found: dict[tuple[str, int], int] = {}
    for other in made:
        one = lost.get(int(new.key_pairs[other]))
        if one is not None:
            found["old", one], found["new", other] = other, one
    return found


def _found(change: Change, old: Side, new: Side) -> Iterator[Found]:
    goes_on = _goes_on(change, old, new)
    doubts = tuple(doubt.name for doubt in change.doubts if doubt.name)
    yield Found(
        kind=change.kind.name, sure=change.sure.name, doubts=doubts, old=tuple(int(old.ids[one]) for one in change.old),
        new=tuple(int(new.ids[one]) for one in change.new), continues=goes_on,
    )  # fmt: skip


def _goes_on(change: Change, old: Side, new: Side) -> tuple[int, ...]:
    """Beside each new row the id that it continues, 0 for none; each id once."""
    if change.kind in PAIRED:
        return tuple(int(old.ids[one]) for one in change.old)
    taken: dict[int, int] = {}
    left = [one for one in change.old if one not in taken.values()]
    olds, news = (Counter(side.codes[one] for one in places) for side, places in ((old, change.old), (new, change.new)))
    for other in change.new:
        code = new.codes[other]
        if code and olds[code] == 1 and news[code] == 1:
            one = next(one for one in left if old.codes[one] == code)
            taken[other] = one
            left.remove(one)
    if not taken and change.kind is Kind.SPLIT:
        taken[max(change.new, key=lambda one: _area(new, one))] = change.old[0]
    if not taken and change.kind is Kind.MERGE:
        # Codes sort as text: two digits, a letter, three digits.
        taken[change.new[0]] = min(change.old, key=lambda one: (old.codes[one] or "~", int(old.ids[one])))
    return tuple(int(old.ids[taken[other]]) if other in taken else 0 for other in change.new)


def _area(side: Side, place: int) -> float:
    shape = side.shapes[place]
    return 0.0 if shape is None else float(shapely.area(shape))
