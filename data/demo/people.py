"""What stands on the lots and who lives there: buildings and households.

Nobody here is real: a household's head is "ครัวเรือนสมมติ 000123", telephones are left empty, and every number of the
CARE columns is drawn by chance, so that the privacy tests have something to guard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from data.demo.ground import (
    CANALSIDE,
    CORE,
    ESTATE,
    INNER,
    MIDDLE,
    OUTER,
    PARK,
    RAILSIDE,
    Bools,
    Ints,
    Shapes,
    inside_quads,
    quads,
)  # fmt: skip
from data.demo.parcels import Parcels, Words, chosen, front_and_depth
from data.demo.plan import Floats
from data.demo.taxes import priced

BUILT = {CORE: 0.84, INNER: 0.72, MIDDLE: 0.66, OUTER: 0.8, ESTATE: 0.74, RAILSIDE: 0.9, CANALSIDE: 0.88}
BARE = ("vacant", "agriculture", "open", "transport")
WIDEST = {"residential": 15.0, "mixed": 18.0, "religion": 26.0, "education": 45.0, "government": 38.0}
STRUCTURES = {"masonry": 0.72, "half_timber": 0.19, "timber": 0.09}
POOR_STRUCTURES = {"masonry": 0.3, "half_timber": 0.42, "timber": 0.28}
BUILDING_USE = {"open": "government"}
STATUS = {"COMPLETE": 0.72, "WAITING": 0.14, "DRAFT": 0.09, "START": 0.05}
REGISTRATION = {"1": 0.58, "3": 0.26, "2": 0.1, "5": 0.06}
TENURE = {"1": 0.61, "3": 0.27, "2": 0.11, "4": 0.01}
COLLECTORS = {"volunteer": 0.55, "committee": 0.25, "partner": 0.15, "health": 0.05}
LANES = ("ร่มเย็น", "ดอกแก้ว", "ปาล์มทอง", "ศรีสุข", "ริมสวน", "ร่วมใจ", "อยู่สุข", "เพชรงาม", "ไทรงาม", "สวนพลู", "ทุ่งรี", "บุญเกิด")
FIRST_SURVEY = np.datetime64("2025-01-06")


@dataclass(frozen=True, kw_only=True)
class Buildings:
    """The buildings' rows; `corners` is the box each footprint was cut from, `lot` its row among the lots."""

    shapes: Shapes
    corners: Floats
    lot: Ints
    codes: Words
    columns: dict[str, object]


def buildings_of(parcels: Parcels, rng: Generator) -> Buildings:
    """One building on most used lots, inside its lot."""
    lots = parcels.lots
    used = ~np.isin(parcels.use.astype(str), BARE)
    chance = np.array([BUILT.get(grain, 0.0) for grain in range(8)])[lots.grain]
    rows = np.flatnonzero(used & (lots.single | (rng.random(len(lots)) < chance)))
    box, angled = _footprints(parcels, rows, rng)
    shapes = quads(box)
    shapes[angled] = _angled(box[angled], rng)
    inside = shapely.is_valid(shapes) & (shapely.area(shapes) > 8)
    inside &= lots.whole[rows] | shapely.contains_properly(lots.shapes[rows], shapes)
    rows, box, shapes = rows[inside], box[inside], shapes[inside]
    n, use = len(rows), parcels.use[rows]
    codes = parcels.own_codes[rows] + "/B1"
    storeys = _storeys(lots.grain[rows], use, rng)
    poor = np.isin(lots.grain[rows], (RAILSIDE, CANALSIDE))
    area = shapely.area(shapes)
    columns: dict[str, object] = {
        "building_code": codes,
        "use": np.array([BUILDING_USE.get(word, word) for word in use], dtype=object),
        "building_type": _types(use, lots.grain[rows], storeys),
        "structure": np.where(poor, chosen(POOR_STRUCTURES, n, rng), chosen(STRUCTURES, n, rng)),
        "storeys": storeys,
        "year_built": np.minimum(2026, 2026 - (rng.gamma(2.2, 11, n)).astype(int)),
        "house_no": np.array([f"สมมติ {place + 1}" for place in rows], dtype=object),
        "soi": _lanes(parcels, rows),
        "appraised_baht": np.rint(area * storeys * rng.uniform(5200, 9800, n) / 100) * 100,
        "parcel_code": known_or_none(parcels.own_codes[rows], parcels.sure[rows]),
    }
    columns |= priced(area, storeys, rng.spawn(1)[0])
    return Buildings(shapes=shapes, corners=box, lot=rows, codes=codes, columns=columns)


def _lanes(parcels: Parcels, rows: Ints) -> Words:
    """Two rows of blocks share a lane; in the middle of the town and out in the fields there are none, only roads."""
    lots = parcels.lots.only(rows)
    quarter, place = np.unique(lots.quarter, return_inverse=True)
    names = np.array([LANES[number % len(LANES)] for number in range(len(quarter))], dtype=object)
    # Counted in each quarter: the blocks of a quarter that comes later have numbers of their own.
    nth = np.empty(len(rows), dtype=np.int64)
    for number in range(len(quarter)):
        here = place == number
        nth[here] = np.unique(lots.block[here], return_inverse=True)[1]
    made = np.array([f"ซอย{name} {block // 2 + 1}" for name, block in zip(names[place], nth, strict=True)],
                    dtype=object)  # fmt: skip
    return known_or_none(made, ~np.isin(lots.grain, (CORE, OUTER, PARK)))


def _footprints(parcels: Parcels, rows: Ints, rng: Generator) -> tuple[Floats, Bools]:
    """A box inside each lot: shops fill the front, houses stand back, big lots keep their yards."""
    lots = parcels.lots.only(rows)
    front, depth = front_and_depth(lots)
    use = parcels.use[rows]
    shop = (lots.grain == CORE) & (front < 15) & ~lots.single
    tight = shop | np.isin(lots.grain, (ESTATE, RAILSIDE, CANALSIDE))
    gap = np.where(
        shop, 0.15, np.where(tight, rng.uniform(0.5, 1.4, len(rows)), front * rng.uniform(0.1, 0.22, len(rows)))
    )
    widest = np.array([WIDEST.get(word, 34.0) for word in use]) * rng.uniform(0.75, 1.1, len(rows))
    width = np.minimum(front - 2 * gap, np.where(shop, np.inf, widest))
    before = np.where(
        tight, rng.uniform(0.3, 2.6, len(rows)), np.minimum(depth * rng.uniform(0.12, 0.3, len(rows)), 14)
    )
    deepest = np.where(tight, depth * rng.uniform(0.55, 0.88, len(rows)), width * rng.uniform(0.75, 1.5, len(rows)))
    deep = np.minimum(deepest, depth - before - 0.6)
    slack = np.maximum(front - 2 * gap - width, 0)
    left = gap + slack * rng.uniform(0.1, 0.9, len(rows))
    u = np.stack((left, left + width, left + width, left), axis=1) / front[:, None]
    v = np.stack((before, before, before + deep, before + deep), axis=1) / depth[:, None]
    sound = (width > 2) & (deep > 2)
    u[~sound], v[~sound] = 0.5, 0.5
    return inside_quads(lots.corners[:, None], u, v), sound & ~shop & (width > 7) & (rng.random(len(rows)) < 0.4)


def _angled(box: Floats, rng: Generator) -> Shapes:
    """L-shaped footprints: the box without one of its back corners."""
    n = len(box)
    across, up = rng.uniform(0.35, 0.65, n), rng.uniform(0.4, 0.7, n)
    zero, one = np.zeros(n), np.ones(n)
    u = np.stack((zero, one, one, across, across, zero), axis=1)
    v = np.stack((zero, zero, up, up, one, one), axis=1)
    ring = inside_quads(box[:, None], u, v)
    return np.asarray(shapely.polygons(np.concatenate((ring, ring[:, :1]), axis=1)), dtype=object)


def _storeys(grain: Ints, use: Words, rng: Generator) -> Ints:
    usual = np.select([grain == CORE, grain == INNER, grain >= RAILSIDE], [2.6, 1.9, 1.2], 1.4)
    found = np.maximum(1, np.rint(rng.normal(usual, 0.7))).astype(np.int64)
    tall = (grain == CORE) & (use == "commercial") & (rng.random(len(grain)) < 0.03)
    found[tall] = rng.integers(6, 15, int(tall.sum()))
    return found


def _types(use: Words, grain: Ints, storeys: Ints) -> Words:
    """The Treasury's building types that go with use and place."""
    found = np.select(
        [use == "industry", use == "education", use == "government", use == "religion",
         (use == "commercial") & (storeys > 5), grain == CORE, use == "commercial", grain == ESTATE],
        ["513", "505", "509/1", "", "509/2", "400", "511/2", "200"], "100",
    ).astype(object)  # fmt: skip
    found[found == ""] = None
    return found


def households_of(
    code: str, parcels: Parcels, buildings: Buildings, rng: Generator
) -> tuple[Floats, dict[str, object]]:
    """Where households live (places inside their building) and what a survey would say of them."""
    lot_use, grain = parcels.use[buildings.lot], parcels.lots.grain[buildings.lot]
    strip = np.isin(grain, (RAILSIDE, CANALSIDE))
    lived_in = np.select([lot_use == "residential", lot_use == "mixed", lot_use == "commercial"], [0.8, 0.7, 0.18], 0.0)
    several = np.where(strip, rng.integers(1, 4, len(grain)) // 2 + 1, 1 + (rng.random(len(grain)) < 0.05))
    count = np.where(rng.random(len(grain)) < np.where(strip & (lived_in > 0), 0.93, lived_in), several, 0)
    rows = np.repeat(np.arange(len(grain)), count)
    n = len(rows)
    places = inside_quads(buildings.corners[rows], rng.uniform(0.08, 0.3, n), rng.uniform(0.08, 0.36, n))
    numbers = np.arange(1, n + 1)
    columns: dict[str, object] = {
        "household_code": np.array([f"{code}-H{number:06d}" for number in numbers], dtype=object),
        "house_no": np.asarray(buildings.columns["house_no"])[rows],
        "registration": chosen(REGISTRATION, n, rng),
        "residents": np.maximum(1, rng.poisson(3.1, n)),
        "tenure": chosen(TENURE, n, rng),
        "programme": _programmes(strip[rows], rng),
        "savings_member": rng.random(n) < np.where(strip[rows], 0.38, 0.14),
        "survey_status": chosen(STATUS, n, rng),
        "surveyed_on": FIRST_SURVEY + rng.integers(0, 640, n),
        "collector_role": chosen(COLLECTORS, n, rng),
        "head_name": np.array([f"ครัวเรือนสมมติ {number:06d}" for number in numbers], dtype=object),
        **_needs(strip[rows], rng),
        "note": np.full(n, "ข้อมูลสมมติเพื่อการสาธิต", dtype=object),
        "building_code": buildings.codes[rows],
    }
    return places, columns


def known_or_none(values: NDArray[Any], known: Bools) -> Words:
    """The values where they are known and None elsewhere."""
    found = values.astype(np.object_)
    found[~known] = None
    return found


def _programmes(strip: Bools, rng: Generator) -> Words:
    poor, other = {"mankong": 0.24, "por_piang": 0.07, "none": 0.69}, {"por_piang": 0.01, "none": 0.99}
    return np.where(strip, chosen(poor, len(strip), rng), chosen(other, len(strip), rng))


def _needs(strip: Bools, rng: Generator) -> dict[str, object]:
    """Made-up needs, more of them where life is harder."""
    n = len(strip)
    elderly, disabled = rng.poisson(np.where(strip, 0.55, 0.4), n), (rng.random(n) < 0.06).astype(np.int64)
    bedbound = (rng.random(n) < np.where(elderly > 0, 0.05, 0.003)).astype(np.int64)
    income = np.rint(np.exp(rng.normal(np.where(strip, 9.1, 9.9), 0.45)) / 100) * 100
    groups = [(bedbound > 0, "5"), (disabled > 0, "7"), (income < 6000, "10"), (rng.random(n) < 0.012, "3")]
    troubles = [
        (income < 6000, "P20"), (strip & (rng.random(n) < 0.5), "P06"), (elderly > 1, "P12"), (bedbound > 0, "P03"),
        (strip & (rng.random(n) < 0.25), "P19"), (rng.random(n) < 0.12, "P05"),
    ]  # fmt: skip
    return {
        "elderly": elderly, "disabled": disabled, "bedbound": bedbound,
        "has_carer": known_or_none(rng.random(n) < 0.7, bedbound > 0),
        "vulnerabilities": _several(groups, n), "monthly_income_baht": income, "problems": _several(troubles, n),
    }  # fmt: skip


def _several(codes: list[tuple[Bools, str]], count: int) -> Words:
    """The codes that hold for each row, separated by spaces; None where there is none."""
    found = np.full(count, "", dtype=object)
    for rows, code in codes:
        found[rows] += code + " "
    return np.array([words.strip() or None for words in found], dtype=object)
