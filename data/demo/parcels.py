"""What the tax map says of each lot: code, use, area, document; owners are numbers that say they are made up.

As in real files a few codes are repeated and a few are missing (both are told by `defects`), and a lot on the
railway's land has somebody on it who does not own it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from data.demo.ground import CANALSIDE, CORE, ESTATE, INNER, MIDDLE, OUTER, PARK, RAILSIDE, Bools, Ints, Land, Lots
from data.demo.plan import Floats
from data.demo.taxes import taxed

Words = NDArray[np.object_]

USES: dict[int, dict[str, float]] = {
    CORE: {"commercial": 0.42, "mixed": 0.31, "residential": 0.21, "vacant": 0.05, "government": 0.01},
    INNER: {"residential": 0.62, "mixed": 0.14, "commercial": 0.12, "vacant": 0.1, "industry": 0.02},
    MIDDLE: {"residential": 0.67, "vacant": 0.19, "commercial": 0.07, "mixed": 0.04, "industry": 0.03},
    OUTER: {
        "agriculture": 0.34,
        "vacant": 0.22,
        "residential": 0.28,
        "industry": 0.07,
        "commercial": 0.05,
        "open": 0.04,
    },
    ESTATE: {"residential": 0.91, "vacant": 0.08, "mixed": 0.01},
    RAILSIDE: {"residential": 0.86, "mixed": 0.1, "vacant": 0.04},
    CANALSIDE: {"residential": 0.85, "mixed": 0.09, "vacant": 0.06},
    PARK: {"open": 1.0},
}
# A town on a cape has barracks, schools and parks at its edge instead of fields.
UNFARMED = {"residential": 0.4, "government": 0.2, "vacant": 0.14, "education": 0.1, "open": 0.09, "commercial": 0.07}
SINGLE = {"education": 0.28, "religion": 0.27, "government": 0.18, "commercial": 0.15, "open": 0.12}
TITLES = {"NS4": 0.93, "NS3K": 0.04, "NS3": 0.03}
FIELD_TITLES = {"NS4": 0.68, "NS3K": 0.16, "NS3": 0.1, "SPK": 0.04, "SK1": 0.02}
RAILSIDE_HOLDS = {"squat": 0.62, "lease": 0.22, "mankong": 0.11, "permit": 0.05}
CANALSIDE_HOLDS = {"squat": 0.48, "owner": 0.24, "mankong": 0.14, "permit": 0.14}
HOLDS = {"owner": 0.78, "lease": 0.19, "unknown": 0.03}
BAHT_A_WAH = {
    CORE: 110_000,
    INNER: 42_000,
    MIDDLE: 19_000,
    OUTER: 3_800,
    ESTATE: 23_000,
    RAILSIDE: 9_000,
    CANALSIDE: 9_000,
    PARK: 4_000,
}
STRIP_ZONES = {RAILSIDE: 97, CANALSIDE: 98, PARK: 99}
REPEATED, BLANK = 0.002, 0.001


@dataclass(frozen=True, kw_only=True)
class Parcels:
    """The lots' rows. `own_codes` is what each lot should be called; `columns["parcel_code"]` what the file says."""

    lots: Lots
    own_codes: Words
    use: Words
    sure: Bools
    columns: dict[str, object]


def parcels_of(land: Land, rng: Generator) -> Parcels:
    """The parcel rows of a town."""
    lots = _in_order(land.lots)
    use = _uses(lots, land, rng)
    zone, block, lot = _code_parts(lots)
    own = zone + block + lot
    code, sure = _with_defects(own, rng)
    area = shapely.area(lots.shapes)
    tenths = np.rint(area / 4 * 10).astype(int)
    numbers = np.arange(1, len(lots) + 1)
    days = rng.integers(0, 900, len(lots))
    price = np.array([BAHT_A_WAH[grain] for grain in range(8)])[lots.grain] * rng.uniform(0.8, 1.25, len(lots))
    holding = _holding(lots, use, rng)
    columns: dict[str, object] = {
        "parcel_code": code, "zone": zone, "block": block, "lot": lot, "land_use": use,
        "rai": tenths // 4000, "ngan": tenths % 4000 // 1000, "wah": tenths % 1000 / 10,
        **holding,
        "map_sheet": _each(zone, "สมมติ-{}"), "map_scale": np.full(len(lots), "1:1000", dtype=object),
        "tax_year": _years(lots.quarter, numbers), "surveyed_on": np.datetime64("2024-01-08") + days,
        "deed_no": _each(numbers, "สมมติ-{:06d}"), "survey_no": _each(numbers, "สมมติ {:05d}"),
        "land_no": _each(numbers % 400 + 1, "สมมติ {}"), "owner_name": _each(numbers, "เจ้าของสมมติ {:06d}"),
        "owner_address": _each(numbers, "ที่อยู่สมมติ {:06d}"), "appraised_baht": np.rint(tenths / 10 * price / 100) * 100,
    }  # fmt: skip
    columns |= taxed(use, tenths / 10, price, holding["land_owner_agency"], rng.spawn(1)[0])
    return Parcels(lots=lots, own_codes=own, use=use, sure=sure, columns=columns)


def chosen(shares: dict[str, float], count: int, rng: Generator) -> Words:
    """So many words, drawn by their shares."""
    words = np.array(list(shares), dtype=object)
    ends = np.cumsum(list(shares.values()))
    found: Words = words[np.minimum(np.searchsorted(ends, rng.random(count) * ends[-1], side="right"), len(words) - 1)]
    return found


def _each(values: object, form: str) -> Words:
    return np.array([form.format(value) for value in np.asarray(values)], dtype=object)


def _years(quarter: Ints, numbers: Ints) -> Words:
    """Most lots are of this year; two quarters in twelve wait for their turn, and single lots were forgotten."""
    years = 2026 - np.where(quarter % 6 == 4, 1, np.where(quarter % 12 == 7, 3, 0)).astype(object)
    years[numbers % 97 == 0] = 2021
    years[numbers % 211 == 0] = None
    found: Words = years
    return found


def _in_order(lots: Lots) -> Lots:
    """By quarter and block, as lots are numbered; a block's own lots keep their order along the street."""
    return lots.only(np.lexsort((lots.block, lots.grain * (lots.quarter == 0), lots.quarter)))


def _uses(lots: Lots, land: Land, rng: Generator) -> Words:
    use = np.empty(len(lots), dtype=object)
    for grain, usual in USES.items():
        shares = UNFARMED if grain == OUTER and not land.plan.farmed else usual
        rows = lots.grain == grain
        use[rows] = chosen(shares, int(rows.sum()), rng)
    # Fields lie together: most lots of an outer block are used as its first one is.
    outer = np.flatnonzero(lots.grain == OUTER)
    _, first, back = np.unique(lots.block[outer], return_index=True, return_inverse=True)
    alike = rng.random(len(outer)) < 0.65
    use[outer[alike]] = use[outer[first[back]]][alike]
    shapely.prepare(land.carriageways)
    by_the_road = shapely.dwithin(land.carriageways, lots.shapes, 4.0) & ~lots.single & (lots.grain < RAILSIDE)
    shops = by_the_road & (rng.random(len(lots)) < np.where(lots.grain == OUTER, 0.12, 0.45))
    use[shops] = chosen({"commercial": 0.6, "mixed": 0.4}, int(shops.sum()), rng)
    alone = lots.single & (lots.grain != PARK)
    use[alone] = chosen(SINGLE, int(alone.sum()), rng)
    return use


def _code_parts(lots: Lots) -> tuple[Words, Words, Words]:
    """Zone (two digits), block (a letter) and lot (three digits), counted along the quarter's blocks."""
    strip = np.array([STRIP_ZONES.get(grain, 0) for grain in range(8)])[lots.grain]
    zone = np.where(lots.quarter > 0, lots.quarter, strip)
    _, first, back, count = np.unique(zone, return_index=True, return_inverse=True, return_counts=True)
    place = np.arange(len(lots)) - first[back]
    chunk = np.maximum(60, -(-count[back] // 26))
    letters = np.array([chr(65 + letter) for letter in range(26)], dtype=object)
    return _each(zone, "{:02d}"), letters[place // chunk], _each(place % chunk + 1, "{:03d}")


def _with_defects(own: Words, rng: Generator) -> tuple[Words, Bools]:
    """What real files do to codes; `sure` rows have a code that names them and nobody else."""
    code = own.copy()
    chance = rng.random(len(own))
    chance[0] = 1.0
    repeated = np.flatnonzero(chance < REPEATED)
    repeated = repeated[np.append(True, np.diff(repeated) > 1)] if len(repeated) else repeated
    code[repeated] = own[repeated - 1]
    blank = chance > 1 - BLANK
    blank[0] = False
    blank[np.maximum(repeated - 1, 0)] = False
    code[blank] = None
    sure = ~blank
    sure[repeated] = False
    sure[repeated - 1] = False
    return code, sure


def _holding(lots: Lots, use: Words, rng: Generator) -> dict[str, Words]:
    """Documents, owning agencies and who really holds the land."""
    n = len(lots)
    field = lots.grain == OUTER
    document = np.where(field, chosen(FIELD_TITLES, n, rng), chosen(TITLES, n, rng))
    agency = np.full(n, "private", dtype=object)
    held = chosen(HOLDS, n, rng)
    mosque = rng.random(n) < 0.3
    rail, canal = lots.grain == RAILSIDE, lots.grain == CANALSIDE
    none = rng.random(n) < 0.45
    for rows, title, owner in (
        (rail, "SRT", "railway"), (canal & none, "NONE", "unknown"), (canal & ~none, "PUB", "other_state"),
        ((use == "religion") & ~mosque, "WAT", "temple"), ((use == "religion") & mosque, "MASJID", "mosque"),
        ((use == "government") | (use == "education"), "RP", "treasury"), (use == "open", "PUB", "municipality"),
    ):  # fmt: skip
        document[rows], agency[rows] = title, owner
        held[rows] = "owner"
    held[rail], held[canal] = (
        chosen(RAILSIDE_HOLDS, int(rail.sum()), rng),
        chosen(CANALSIDE_HOLDS, int(canal.sum()), rng),
    )
    held[use == "vacant"] = "vacant"
    return {"document_type": document, "land_owner_agency": agency, "occupancy": held}


def front_and_depth(lots: Lots) -> tuple[Floats, Floats]:
    """The length of each lot's front and its depth, in metres."""
    corners = lots.corners
    front = np.hypot(*np.moveaxis(corners[:, 1] - corners[:, 0], -1, 0))
    depth = np.hypot(*np.moveaxis(corners[:, 3] - corners[:, 0], -1, 0))
    return front, depth
