"""The tax base of a whole town in arrays: each parcel's value by class, as `lot.reckoned` would work it out.

Whole satang and whole hundredths of a square wah throughout, so that a town's total is the sum of its parcels' pages.
A parcel of which something is missing is in none of the sums, and is counted by what is missing: it is never a zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.codes import CodeList
from geo.errors import Text
from geo.tax.houses import FARM, HOME, OTHER, VACANT
from geo.tax.kinds import TaxClass
from geo.tax.lot import GROUP_OF_USE
from geo.tax.many import CLASSES, MOST_AREA, MOST_SATANG, Whole, shared

USE_CODES = CodeList.read("land_use")
USES = tuple(one.code for one in USE_CODES.codes)
_INTEGERS = ">i8"
# What the store hands over of each parcel: -1 where nothing is known; areas in hundredths of a square wah. `use` is a
# place in USES; `owner` 1 person, 2 not a person; `main` 1 land and house, 2 the house only, 3 not a main home.
PARCEL = np.dtype([(name, _INTEGERS) for name in (
    "id", "community", "land", FARM, HOME, OTHER, VACANT, "use", "since", "owner", "main", "exempt",
)])  # fmt: skip
# And of each building: its parcel, which use it serves (0 shared, 1 home, 2 other), and satang.
HOUSE = np.dtype([(name, _INTEGERS) for name in ("parcel", "group", "satang")])
GROUPS = (FARM, HOME, OTHER, VACANT)
_OF = {kind: column for column, kind in enumerate(CLASSES)}
_PERSONS_FARM, _JURISTIC_FARM = _OF[TaxClass.AGRICULTURE_PERSON], _OF[TaxClass.AGRICULTURE_JURISTIC]
_MAIN, _HOUSE_ONLY = _OF[TaxClass.MAIN_HOME], _OF[TaxClass.MAIN_HOME_HOUSE_ONLY]
_RESIDENCE, _OTHER_USE, _VACANT = _OF[TaxClass.OTHER_RESIDENCE], _OF[TaxClass.OTHER_USE], _OF[TaxClass.VACANT]


class Homes(StrEnum):
    """What a home is taken for of which nobody has said whether it is the owner's main one."""

    ASKED = "asked"
    MAIN = "main"
    OTHER = "other"


class Farms(StrEnum):
    """What a farm is taken for of which nobody has said whether its owner is a natural person."""

    ASKED = "asked"
    PERSON = "person"
    JURISTIC = "juristic"


class Vacant(StrEnum):
    """What vacant land is taken for of which nobody has said since when."""

    ASKED = "asked"
    FIRST = "first"


class Public(StrEnum):
    """What property of the state or of a religion is taken for."""

    EXEMPT = "exempt"
    TAXED = "taxed"


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """What is assumed of parcels of which the register does not say it; everything is told beside the figures."""

    homes: Homes = Homes.ASKED
    farms: Farms = Farms.ASKED
    vacant: Vacant = Vacant.ASKED
    public: Public = Public.EXEMPT


# Every parcel that could be in anybody's sums is in these.
FULLEST = Assumed(homes=Homes.OTHER, farms=Farms.PERSON, vacant=Vacant.FIRST, public=Public.TAXED)
# Why a parcel is in no sum; of several reasons the first.
REASONS: Mapping[str, Text] = {
    "exempt": Text("อาจได้รับยกเว้น (รัฐ ศาสนสถาน ที่สาธารณะ)", "may be exempt (state, religious, public)"),
    "price": Text("ไม่มีราคาประเมินที่ดิน หรือไม่มีเนื้อที่", "no appraised price of the land, or no area"),
    "use": Text("ไม่ทราบการใช้", "its use is not known"),
    "owner": Text("เกษตรกรรม: ไม่ทราบประเภทเจ้าของ", "farming: the kind of owner is not known"),
    "home": Text("อยู่อาศัย: ไม่ทราบว่าเป็นบ้านหลังหลัก", "homes: not known whether a main home"),
    "vacancy": Text("ว่างเปล่า: ไม่ทราบตั้งแต่ปีใด", "vacant: not known since when"),
    "building": Text("อาคาร: ขาดราคา พื้นที่ โครงสร้าง หรือปีที่สร้าง", "a building without price, area, structure or year"),
    "large": Text("มูลค่าหรือเนื้อที่เกินกว่าที่เป็นไปได้ โปรดตรวจแถว", "a value or area beyond any real one: check the row"),
}


@dataclass(frozen=True, kw_only=True)
class TaxBase:
    """Parcels that can be reckoned: satang by class (columns as `CLASSES`), and what tells them apart.

    `asked` is a bit for each assumption that a parcel needs (1 homes, 2 farms, 4 vacancy, 8 public property);
    `left_out` counts the others by reason.
    """

    id: Whole
    community: Whole
    use: Whole
    parts_satang: Whole
    vacant_years: Whole
    since: Whole
    asked: Whole
    left_out: Mapping[str, int]

    def only(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> TaxBase:
        """Some of its parcels."""
        return replace(self, id=self.id[rows], community=self.community[rows], use=self.use[rows],
                       parts_satang=self.parts_satang[rows], vacant_years=self.vacant_years[rows],
                       since=self.since[rows], asked=self.asked[rows])  # fmt: skip


def base_of(parcels: NDArray[Any], houses: NDArray[Any], year: int, assumed: Assumed) -> TaxBase:
    """The base of a town in a Gregorian year, of rows as `PARCEL` (by id) and `HOUSE` name them."""
    held = {name: parcels[name].astype(np.int64) for name in PARCEL.names or ()}
    count = len(parcels)
    explicit = np.stack([held[name] for name in GROUPS], axis=1).reshape(count, 4)
    few = (explicit > 0).sum(axis=1)
    groups = np.where((few > 0)[:, None], explicit, _guessed(held["use"]))
    is_large = (groups > MOST_AREA).any(axis=1) | (held["land"] > MOST_SATANG)
    is_large |= np.minimum(groups, MOST_AREA).sum(axis=1) > MOST_AREA
    areas, years, asked, unknown = _areas(np.where(is_large[:, None], 1, groups), held, year, assumed)
    of, satang, group = _houses(held["id"], houses)
    lacks = np.zeros(count, bool)
    lacks[of[satang < 0]] = True
    is_large[of[satang > MOST_SATANG]] = True
    reasons = {
        "exempt": (held["exempt"] > 0) & (assumed.public is Public.EXEMPT), "price": held["land"] < 0,
        "use": groups.sum(axis=1) == 0, **unknown, "building": lacks, "large": is_large,
    }  # fmt: skip
    is_out = np.any(np.stack(list(reasons.values())), axis=0).reshape(count)
    parts = _parts(held, areas, is_out, of, satang, group, few < 2)
    is_large = ~is_out & (parts.sum(axis=1) > MOST_SATANG)
    reasons["large"] |= is_large
    base = TaxBase(
        id=held["id"], community=held["community"], use=held["use"], parts_satang=parts, vacant_years=years,
        since=np.where(groups[:, 3] > 0, held["since"], -1), asked=asked + 8 * (held["exempt"] > 0),
        left_out=_counted(reasons),
    )  # fmt: skip
    return base.only(~(is_out | is_large))


def _guessed(use: Whole) -> Whole:
    """One group of area 1 by the register's word for the use; nothing where the word says none."""
    known = np.zeros((len(USES) + 1, 4), np.int64)
    for place, code in enumerate(USES):
        if code in GROUP_OF_USE:
            known[place, GROUPS.index(GROUP_OF_USE[code])] = 1
    # -1 is the last row, which says nothing.
    return known[use]


def _areas(
    groups: Whole, held: Mapping[str, Whole], year: int, assumed: Assumed
) -> tuple[Whole, Whole, Whole, dict[str, NDArray[np.bool_]]]:
    """Areas by class, years of vacancy, the assumptions that are needed, and where they are not made."""
    farm, home, other, vacant = groups.T
    main, owner, since = held["main"], held["owner"], held["since"]
    is_nobodys = (main < 1) & (owner != 2)
    is_main = (main == 1) | (is_nobodys & (assumed.homes is Homes.MAIN))
    is_persons = (owner == 1) | ((owner < 1) & (assumed.farms is Farms.PERSON))
    areas = np.zeros((len(groups), len(CLASSES)), np.int64)
    areas[:, _PERSONS_FARM], areas[:, _JURISTIC_FARM] = np.where(is_persons, farm, 0), np.where(is_persons, 0, farm)
    areas[:, _MAIN], areas[:, _RESIDENCE] = np.where(is_main, home, 0), np.where(is_main, 0, home)
    areas[:, _OTHER_USE], areas[:, _VACANT] = other, vacant
    years = np.where(since > 0, year - since + 1, 1)
    needs = {
        "owner": (farm > 0) & (owner < 1), "home": (home > 0) & is_nobodys, "vacancy": (vacant > 0) & (since <= 0),
    }  # fmt: skip
    asked = needs["home"] + 2 * needs["owner"] + 4 * needs["vacancy"]
    unknown = {
        "owner": needs["owner"] & (assumed.farms is Farms.ASKED),
        "home": needs["home"] & (assumed.homes is Homes.ASKED),
        "vacancy": (needs["vacancy"] & (assumed.vacant is Vacant.ASKED))
        | ((vacant > 0) & ((years < 1) | (years > 1000))),
    }
    return areas, np.where(vacant > 0, years, 0), asked, unknown


def _houses(ids: Whole, houses: NDArray[Any]) -> tuple[NDArray[np.intp], Whole, Whole]:
    """The row of each building's parcel, its satang and its group; buildings of no parcel here are left away."""
    parcel = houses["parcel"].astype(np.int64)
    of = np.searchsorted(ids, parcel)
    there = of < len(ids)
    there[there] = ids[of[there]] == parcel[there]
    return of[there], houses["satang"].astype(np.int64)[there], houses["group"].astype(np.int64)[there]


def _parts(
    held: Mapping[str, Whole], areas: Whole, is_out: NDArray[np.bool_], of: NDArray[np.intp], satang: Whole,
    group: Whole, is_alone: NDArray[np.bool_],
) -> Whole:  # fmt: skip
    """Satang by class: the land shared by area, a building to the use that it serves or shared as the land is."""
    parts = np.zeros_like(areas)
    rows = np.flatnonzero(~is_out)
    parts[rows] = shared(held["land"][rows], areas[rows])
    counted = ~is_out[of]
    of, satang, group = of[counted], satang[counted], group[counted]
    has_home = areas[of, _MAIN] + areas[of, _RESIDENCE] > 0
    own = np.full(len(of), -1)
    own = np.where((group == 2) & (areas[of, _OTHER_USE] > 0), _OTHER_USE, own)
    own = np.where((group == 1) & has_home, np.where(areas[of, _MAIN] > 0, _MAIN, _RESIDENCE), own)
    # A main home on somebody else's land is taxed apart from the land.
    apart = has_home & (held["main"][of] == 2) & (is_alone[of] | (group == 1))
    own = np.where(apart, _HOUSE_ONLY, own)
    single = own >= 0
    np.add.at(parts, (of[single], own[single]), satang[single])
    np.add.at(parts, of[~single], shared(satang[~single], areas[of[~single]]))
    return parts


def _counted(reasons: Mapping[str, NDArray[np.bool_]]) -> dict[str, int]:
    counts, told = {}, np.zeros(len(next(iter(reasons.values()))), bool)
    for name in REASONS:
        counts[name] = int((reasons[name] & ~told).sum())
        told |= reasons[name]
    return counts
