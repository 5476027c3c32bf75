"""The figures of a run: exactly, for the tax office; or those that may be told, for planners and for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geo.errors import BadRequest
from geo.tax.disclosure import AT_LEAST, NO_COMMUNITY, Blocks, Flags, blocks_of, in_thousands, told_blocks
from geo.tax.kinds import TaxClass
from geo.tax.many import CLASSES, Whole, many_taxes_of_parts, summed
from geo.tax.scenario import Run
from geo.tax.town import TownRules
from geo.tax.town_base import TaxBase

# A class of its own for parcels of several uses, of which nobody is told how the tax is divided.
SEVERAL = "several"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Parcels and their tax, baht: `of` is how many there are, `parcels` how many the amounts are of.

    Amounts are None where they are not told.
    """

    of: int
    parcels: int
    before: float | None
    after: float | None

    @property
    def change(self) -> float | None:
        """What the change comes to."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A run told: in all, by class, by community (-1: in none), and what is told of several communities together."""

    is_exact: bool
    total: Figure
    classes: Mapping[str, Figure]
    communities: Mapping[int, Figure]
    together: Figure | None


def exact_figures(found: Run) -> Figures:
    """Every satang."""
    base, before, after = found.base, found.before, found.after
    classes = {}
    for column, kind in enumerate(CLASSES):
        count = int(((base.parts_satang[:, column] > 0) | (found.parts_after[:, column] > 0)).sum())
        if count:
            amounts = (summed(one.by_class_satang[:, column]) / 100 for one in (before, after))
            classes[str(kind)] = _figure(count, count, *amounts)
    places, inverse = np.unique(base.community, return_inverse=True)
    counts = np.bincount(inverse, minlength=len(places))
    sums = [_summed_by(inverse, len(places), one) for one in (found.before_satang, found.after_satang)]
    communities = {
        int(place): _figure(int(count), int(count), first / 100, last / 100)
        for place, count, first, last in zip(places, counts, *sums, strict=True)
    }
    count = len(base.id)
    total = _figure(count, count, before.all.total_satang / 100, after.all.total_satang / 100)
    return Figures(is_exact=True, total=total, classes=classes, communities=communities, together=None)


def fixed_blocks(reference: TaxBase, year: int, town: TownRules) -> Blocks:
    """The blocks of a town, from the base of one year with every assumption made, so that no run alters them."""
    taxes = many_taxes_of_parts(reference.parts_satang, reference.vacant_years, year, town=town.town, rules=town.rules)
    code = np.zeros(len(reference.id), np.int64)
    for column, kind in enumerate(CLASSES):
        brackets = town.rules.brackets(kind, year)
        exemption = town.rules.exemption(kind, year)
        value = reference.parts_satang[:, column]
        taxed = value - (exemption.baht * 100 if exemption else 0)
        starts = np.array([one.from_baht * 100 for one in brackets], np.int64)
        # 0: nothing of this class; 1: all of it exempt; above that the bracket.
        touched = np.where(value > 0, np.searchsorted(starts, np.maximum(taxed, 0), side="left") + 1, 0)
        code = code * (len(brackets) + 2) + touched
    apart = reference.asked + 16 * (np.where(reference.since > 0, reference.since, 0))
    signature = _numbered(code, reference.use, apart)
    return blocks_of(reference.community, signature, apart, taxes.all.tax_satang)


def _numbered(*keys: Whole) -> Whole:
    found = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        _, inverse = np.unique(key, return_inverse=True)
        found = found * (int(inverse.max(initial=0)) + 1) + inverse
        _, found = np.unique(found, return_inverse=True)
    return found.astype(np.int64)


def told_figures(found: Run, reference: TaxBase, blocks: Blocks) -> Figures:
    """What may be told of a run, in whole thousands of baht; BadRequest where it touches too few parcels."""
    of = _in_blocks(found.base.id, reference.id, blocks)
    own = Blocks(of=of, community=blocks.community, alike=blocks.alike)
    told = told_blocks(own, found.before_satang, found.after_satang)
    _refuse_too_few(found, of, told)
    count = len(blocks)
    before, after = (_summed_by(of, count, one) for one in (found.before_satang, found.after_satang))
    parcels = np.bincount(of[of >= 0], minlength=count)

    def figure(these: Flags, all_of_them: int) -> Figure:
        chosen = told & these
        if not chosen.any():
            return Figure(of=all_of_them, parcels=0, before=None, after=None)
        first, last = (in_thousands(summed(one[chosen])) for one in (before, after))
        return _figure(all_of_them, int(parcels[chosen].sum()), first, last)

    community = blocks.community
    communities = {
        int(place): figure(community == place, int((found.base.community == place).sum()))
        for place in np.unique(found.base.community)
    }
    apart = community < NO_COMMUNITY
    together = figure(apart, int(parcels[apart].sum()))
    return Figures(
        is_exact=False, total=figure(np.ones(count, bool), len(found.base.id)), communities=communities,
        classes=_by_class(found, own, told, before, after), together=together if together.parcels else None,
    )  # fmt: skip


def _in_blocks(ids: Whole, reference: Whole, blocks: Blocks) -> Whole:
    """The block of each parcel of a run; -1 for all of a block of which the run lacks any."""
    place = np.searchsorted(reference, ids)
    there = place < len(reference)
    there[there] = reference[place[there]] == ids[there]
    of = np.full(len(ids), -1, np.int64)
    of[there] = blocks.of[place[there]]
    whole = np.bincount(blocks.of[blocks.of >= 0], minlength=len(blocks))
    here = np.bincount(of[of >= 0], minlength=len(blocks))
    # A run that has all but one of a block would tell, beside one that has all, of the one.
    is_whole = np.append(whole == here, False)
    return np.where(is_whole[of], of, -1)


def _refuse_too_few(found: Run, of: Whole, told: Flags) -> None:
    changed = found.before_satang != found.after_satang
    if not changed.any():
        return
    is_told = np.append(told, False)[of]
    if (changed & is_told).any():
        return
    raise BadRequest(
        f"การเปลี่ยนนี้กระทบน้อยกว่า {AT_LEAST} แปลง หรือแปลงเดียวเกินครึ่ง จึงไม่บอกผล เพื่อไม่ให้ทราบภาษีของแปลงใดแปลงหนึ่ง"
        " ลองเลือกการใช้หรือพื้นที่ที่กว้างขึ้น",
        f"This touches fewer than {AT_LEAST} parcels, or one of them is more than half of it: nothing is told, so that"
        " nobody learns the tax of one parcel. Choose a wider use or place.",
    )


def _by_class(found: Run, blocks: Blocks, told: Flags, before: Whole, after: Whole) -> dict[str, Figure]:
    """Blocks by the class that all of their parcels are of; those of several, and what was put together, are apart."""
    count = len(blocks)
    rows = np.flatnonzero(blocks.of >= 0)
    numbers, first = np.unique(blocks.of[rows], return_index=True)
    parcels = np.bincount(blocks.of[rows], minlength=count)
    names = (*map(str, CLASSES), SEVERAL)
    of = []
    for parts in (found.base.parts_satang, found.parts_after):
        kind = np.full(count, len(CLASSES), np.int64)
        held = parts[rows[first]] > 0
        kind[numbers] = np.where(held.sum(axis=1) == 1, held.argmax(axis=1), len(CLASSES))
        of.append(np.where(blocks.alike < 0, len(CLASSES), kind))
    classes = {}
    for number, name in enumerate(names):
        was, is_now = told & (of[0] == number), told & (of[1] == number)
        if (was | is_now).any():
            many = int(parcels[was | is_now].sum())
            amounts = in_thousands(summed(before[was])), in_thousands(summed(after[is_now]))
            classes[name] = _figure(many, many, *amounts)
    return classes


def _summed_by(of: Whole, count: int, satang: Whole) -> Whole:
    sums = np.zeros(count, np.int64)
    np.add.at(sums, of[of >= 0], satang[of >= 0])
    return sums


def _figure(of: int, parcels: int, before: float, after: float) -> Figure:
    return Figure(of=of, parcels=parcels, before=before, after=after)


def class_label(name: str) -> TaxClass | None:
    """The class of a line; None for parcels of several uses."""
    return None if name == SEVERAL else TaxClass(name)
