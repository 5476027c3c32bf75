"""What can become of a parcel from one year's file to the next, and the list of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import Text
from geo.shapes.editions_told import told
from geo.shapes.topology_plan import Geometries, Numbers, Positions


class Kind(IntEnum):
    """What happened (DOMAIN 2.1); the order is that of the list, what needs a person's eye most first."""

    ELSEWHERE = 1  # the same code on ground that it has nothing to do with
    REARRANGED = 2  # several became several others on the same ground
    SPLIT = 3
    MERGE = 4
    BOUNDARY_CHANGE = 5
    RECODED = 6  # the same shape under another code
    NEW = 7
    RETIRED = 8
    MISSING = 9  # not in a file that is only a part of the town: nothing is known of it
    TRANSFER = 10  # same code and shape, another owner
    VALUES = 11  # same code and shape, other values


class Sure(IntEnum):
    """What a change was recognised by."""

    BOTH = 1  # by code and by geometry
    GEOMETRY = 2  # by geometry alone: codes are blank, other, or say nothing
    CODE = 3  # by code alone: there is no shape to compare, or it lies elsewhere


class Doubt(IntFlag):
    """Why a person should look before accepting."""

    NONE = 0
    REPEATED_CODE = 1  # the code stands on several rows of one edition
    CODE_ELSEWHERE = 2  # a code of this change stands on other ground in the other edition
    COVERED = 4  # most of its ground is held by other parcels of the other edition
    AREA = 8  # the parts do not sum to the whole
    NO_SHAPE = 16  # a row without a shape


@dataclass(frozen=True, kw_only=True)
class Edition:
    """One year's parcels.

    `keys` are the parcel codes as compared (None or blank where there is none; they may repeat), `shapes` longitude and
    latitude in WGS 84 (None where there is none), `values` for each group of columns ("owner", "area", "use", …) one
    comparable thing a row, such as digest_of gives. Groups that one edition lacks are not compared.
    """

    keys: NDArray[np.object_]
    shapes: Geometries
    values: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """What is the pen and what is the land."""

    # A tax map at 1:1,000 cannot show 5 cm: outlines that nowhere lie further apart are one outline.
    metres: float = 0.05
    # A single corner read a little otherwise: further than that, but too little ground for anyone to gain.
    square_metres: float = 0.5
    share: float = 0.001
    # From here on one parcel's ground is mostly another's.
    most: float = 0.5
    # A piece that is less than this of a row is a corner of it and no part.
    part: float = 0.1
    # Parts and wholes may differ by so much before a person is asked.
    sum_share: float = 0.01
    # A chain of neighbours longer than this is no one survey: it is told parcel by parcel.
    chain: int = 30


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change, with the rows of both editions that it is about.

    Of a boundary change old[k] became new[k], all of one moved line together. Areas are square metres on the spheroid,
    NaN where there is no shape.
    """

    kind: Kind
    old: tuple[int, ...]
    new: tuple[int, ...]
    square_metres_before: float
    square_metres_after: float
    sure: Sure
    groups: tuple[str, ...]
    doubts: Doubt
    told: Text


@dataclass(frozen=True, kw_only=True)
class Differences:
    """All changes between two editions, as columns; `differences[k]` is one of them, put in words.

    Change k is about old rows `old[old_starts[k]:old_starts[k + 1]]`, and new ones likewise. `groups_changed` has bit g
    set where group `groups[g]` changed. `same_old[k]` and `same_new[k]` are rows in which nothing changed.
    `shifted_metres` is (east, north) when all of the town moved alike: that is a datum, not the land, and the changes
    are those that remain when it is taken back. It must be shown to whoever accepts them.
    """

    kinds: NDArray[np.uint8]
    sures: NDArray[np.uint8]
    doubts: NDArray[np.uint8]
    groups_changed: NDArray[np.uint32]
    square_metres_before: Numbers
    square_metres_after: Numbers
    old_starts: Positions
    old: Positions
    new_starts: Positions
    new: Positions
    same_old: Positions
    same_new: Positions
    groups: tuple[str, ...]
    old_keys: NDArray[np.object_]
    new_keys: NDArray[np.object_]
    shifted_metres: tuple[float, float] | None

    def __len__(self) -> int:
        return len(self.kinds)

    def __getitem__(self, number: int) -> Change:
        old = self.old[self.old_starts[number] : self.old_starts[number + 1]]
        new = self.new[self.new_starts[number] : self.new_starts[number + 1]]
        kind, bits = Kind(int(self.kinds[number])), int(self.groups_changed[number])
        groups = tuple(name for bit, name in enumerate(self.groups) if bits >> bit & 1)
        before, after = float(self.square_metres_before[number]), float(self.square_metres_after[number])
        doubts = Doubt(int(self.doubts[number]))
        return Change(
            kind=kind, old=tuple(old.tolist()), new=tuple(new.tolist()), square_metres_before=before,
            square_metres_after=after, sure=Sure(int(self.sures[number])), groups=groups, doubts=doubts,
            told=told(
                kind.name, self.old_keys[old].tolist(), self.new_keys[new].tolist(), before, after, groups,
                [doubt.name or "" for doubt in doubts],
            ),
        )  # fmt: skip

    def __iter__(self) -> Iterator[Change]:
        return (self[number] for number in range(len(self)))

    @property
    def counts(self) -> dict[Kind, int]:
        """How many changes there are of each kind that occurs."""
        found = np.bincount(self.kinds, minlength=max(Kind) + 1)
        return {kind: int(found[kind]) for kind in Kind if found[kind]}


def digest_of(columns: Sequence[Any], count: int) -> NDArray[np.uint64]:
    """One number for each of `count` rows of some columns: equal where all of their cells are.

    A column is anything that pandas makes a Series of; blanks (None, NaN, empty text) are one and the same.
    """
    digest = np.zeros(count, dtype=np.uint64)
    for column in columns:
        cells = pd.Series(column).astype(object)
        cells = cells.where(cells.notna() & (cells != ""), None).map(lambda cell: None if cell is None else str(cell))
        one = pd.util.hash_array(cells.fillna("").to_numpy(dtype=object), categorize=True)
        digest = digest * np.uint64(0x9E3779B97F4A7C15) ^ one
    return digest
