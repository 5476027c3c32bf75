"""What of a town's taxes may be told to whoever may not read the single parcel (DOMAIN §7.3, PITFALLS 12).

A simulation can be asked again and again, with one thing changed each time. So nothing is told that is not a sum of
fixed blocks of parcels, and no block is told, in any run, that does not stand for itself. Whatever is subtracted from
whatever then leaves blocks again.

- A block holds at least `AT_LEAST` parcels with a tax, none with more than half of it (or as many that owe nothing).
- Blocks are parcels of one community that every scenario treats alike: same use, class, bracket, years of vacancy and
  missing answers. What of a community is too little for a block of its own is put together with the rest of it, and
  what is still too little with the like from the whole town; the smallest block joins them where that is too little.
- In a run a block is told when its sums before and after, and what changed and what did not, each hold again.

Parcels in no told block are in no figure: the totals say how many they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.tax.many import Whole

AT_LEAST = 10
# Figures for planners are told in whole thousands of baht.
ROUNDED_TO_BAHT = 1_000
NO_COMMUNITY = -1
_NOWHERE = -2

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """The block of each parcel (-1: none), and of each block its community (-2: of the whole town) and likeness.

    `alike` is the signature that all parcels of a block share, or -1 where they are put together from several.
    """

    of: Whole
    community: Whole
    alike: Whole

    def __len__(self) -> int:
        return len(self.community)


def holds(of: Whole, count: int, satang: Whole, among: Flags | None = None) -> Flags:
    """For each of `count` groups whether its amounts may be told; `among` looks at some of the parcels alone."""
    chosen = of >= 0 if among is None else (of >= 0) & among
    of, satang = of[chosen], satang[chosen]
    parcels = np.bincount(of, minlength=count)
    owing = np.bincount(of[satang > 0], minlength=count)
    sums, largest = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(sums, of, satang)
    np.maximum.at(largest, of, satang)
    is_many = (owing >= AT_LEAST) & (largest <= sums - largest)
    return np.asarray(is_many | ((owing == 0) & (parcels >= AT_LEAST)))


def blocks_of(community: Whole, signature: Whole, apart: Whole, tax_satang: Whole) -> Blocks:
    """The blocks of a town: made once, from the register alone, whatever is asked.

    `signature` is what a scenario may go by; `apart` what a run may leave out (missing answers, years of vacancy): of
    those only the like are put together. `tax_satang` is the tax that the blocks must hold for.
    """
    count = len(community)
    of, made = np.full(count, -1, np.int64), _Made()
    left = np.ones(count, bool)
    for place, keys in enumerate(((community, signature), (community, apart), (apart,))):
        group, firsts = _groups([key[left] for key in keys])
        told = holds(group, len(firsts), tax_satang[left])
        rows = np.flatnonzero(left)
        numbers = np.where(told, np.cumsum(told) - 1 + len(made.community), -1)
        of[rows] = numbers[group]
        kept = rows[firsts[told]]
        made.community += (community[kept] if place < 2 else np.full(len(kept), _NOWHERE)).tolist()
        made.alike += (signature[kept] if place == 0 else np.full(len(kept), -1)).tolist()
        left = of < 0
    _join_the_rest(of, made, apart, tax_satang)
    return Blocks(of=of, community=np.array(made.community, np.int64), alike=np.array(made.alike, np.int64))


class _Made:
    """The blocks so far."""

    def __init__(self) -> None:
        self.community: list[int] = []
        self.alike: list[int] = []


def _groups(keys: list[Whole]) -> tuple[Whole, NDArray[np.intp]]:
    """The group of each row by all keys together, and the first row of each group."""
    found = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        _, inverse = np.unique(key, return_inverse=True)
        found = found * (int(inverse.max(initial=0)) + 1) + inverse
        # Kept small, so that no product of groups leaves 64 bits.
        _, found = np.unique(found, return_inverse=True)
    _, firsts = np.unique(found, return_index=True)
    return found.astype(np.int64), firsts


def _join_the_rest(of: Whole, made: _Made, apart: Whole, tax: Whole) -> None:
    """What is left of the plain parcels joins the smallest blocks of their kind, until together they hold."""
    rest = (of < 0) & (apart == 0)
    if not rest.any():
        return
    plain = np.unique(of[(of >= 0) & (apart == 0)])
    sizes = np.bincount(of[of >= 0], minlength=len(made.community))
    for block in plain[np.argsort(sizes[plain], kind="stable")]:
        rest |= of == block
        if holds(np.zeros(int(rest.sum()), np.int64), 1, tax[rest])[0]:
            of[rest] = block
            made.community[int(block)], made.alike[int(block)] = _NOWHERE, -1
            return


def told_blocks(blocks: Blocks, before: Whole, after: Whole) -> Flags:
    """For each block whether a run may tell it: its sums, what changed in it and what did not."""
    count = len(blocks)
    changed = before != after
    differ = np.abs(after - before)
    of = blocks.of
    how_many = np.bincount(of[(of >= 0) & changed], minlength=count)
    same = np.bincount(of[(of >= 0) & ~changed], minlength=count)
    found = holds(of, count, before) & holds(of, count, after)
    found &= (how_many == 0) | holds(of, count, differ, changed)
    found &= (how_many == 0) | (same == 0) | holds(of, count, before, ~changed)
    return np.asarray(found)


def in_thousands(satang: int) -> int:
    """Satang as whole thousands of baht, in baht; halves away from zero."""
    step = ROUNDED_TO_BAHT * 100
    whole = (abs(satang) * 2 + step) // (2 * step) * ROUNDED_TO_BAHT
    return whole if satang >= 0 else -whole
