"""What the made-up town's taxes are worked out from: areas by use, who owns, since when it lies vacant, prices.

As in a real register some of it is missing, so that pages show what they ask for. Drawn by a generator of its own: the
rest of the town stays as it was.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from data.demo.ground import Ints
from data.demo.plan import Floats

Words = NDArray[np.object_]

# What nobody has filled in yet, of each column.
UNKNOWN = 0.04
FIRST_VACANT, LAST_VACANT = 2012, 2026
_GROUPS = ("farm_wah", "home_wah", "other_wah", "vacant_wah")
_STATE = ("treasury", "railway", "municipality", "other_state", "lands")
_RELIGIOUS = ("temple", "mosque")
# The made-up (สมมติ) prices of buildings by Treasury type, baht for a square metre, from tax year 2563 on.
PRICES = """building_type,name,baht_per_square_metre,valid_from,valid_to
100,บ้านเดี่ยว (ราคาสมมติ),7100,2563,
200,บ้านแถว (ราคาสมมติ),7300,2563,
300,ห้องแถว (ราคาสมมติ),6900,2563,
400,ตึกแถว (ราคาสมมติ),8000,2563,
501,คลังสินค้าเล็ก (ราคาสมมติ),5600,2563,
502,คลังสินค้าใหญ่ (ราคาสมมติ),3500,2563,
504,โรงจอดรถ (ราคาสมมติ),2500,2563,
505,สถานศึกษา (ราคาสมมติ),7400,2563,
506/1,โรงแรมไม่เกิน 5 ชั้น (ราคาสมมติ),9500,2563,
506/2,โรงแรมเกิน 5 ชั้น (ราคาสมมติ),10200,2563,
508,สถานพยาบาล (ราคาสมมติ),9400,2563,
509/1,สำนักงานไม่เกิน 5 ชั้น (ราคาสมมติ),7400,2563,
509/2,สำนักงานเกิน 5 ชั้น (ราคาสมมติ),8800,2563,
510,ภัตตาคาร (ราคาสมมติ),6800,2563,
511/1,ห้างสรรพสินค้า (ราคาสมมติ),9400,2563,
511/2,ค้าปลีกค้าส่ง (ราคาสมมติ),8100,2563,
513,โรงงาน (ราคาสมมติ),6100,2563,
514,ตลาดเล็ก (ราคาสมมติ),3500,2563,
"""


def taxed(use: Words, wah: Floats, price: Floats, agency: Words, rng: Generator) -> dict[str, object]:
    """The tax columns of parcels: `wah` and `price` (baht for each) of their own, the agency that owns the land."""
    count = len(use)
    groups = {name: np.zeros(count) for name in _GROUPS}
    homes = rng.uniform(0.4, 0.75, count)
    of = {"residential": "home_wah", "agriculture": "farm_wah", "vacant": "vacant_wah"}
    for word in np.unique(use.astype(str)):
        rows = use == word
        if word == "mixed":
            groups["home_wah"][rows] = np.rint(wah * homes * 10)[rows] / 10
            groups["other_wah"][rows] = np.rint(wah * 10)[rows] / 10 - groups["home_wah"][rows]
        else:
            groups[of.get(str(word), "other_wah")][rows] = wah[rows]
    # A field has its farmhouse now and then.
    farmhouse = (use == "agriculture") & (rng.random(count) < 0.2) & (wah > 300)
    groups["home_wah"][farmhouse] = 50.0
    groups["farm_wah"][farmhouse] -= 50.0
    blank = rng.random(count) < UNKNOWN
    kind = np.where(
        rng.random(count) < np.where(np.isin(use, ("commercial", "industry")), 0.4, 0.04), "juristic", "person"
    )
    kind = np.where(np.isin(agency, _STATE), "state", np.where(np.isin(agency, _RELIGIOUS), "religious", kind))
    has_home = groups["home_wah"] > 0
    main = np.where(rng.random(count) < 0.72, "land_and_house", "not_main")
    main = np.where(np.isin(agency, _STATE) & has_home, "house_only", main)
    since = np.minimum(LAST_VACANT, FIRST_VACANT + rng.gamma(3.0, 2.4, count).astype(int))
    return {
        **{name: _some((values > 0) & ~blank, np.round(values, 2)) for name, values in groups.items()},
        "vacant_since": _some((use == "vacant") & (rng.random(count) > UNKNOWN), since),
        "owner_kind": _some(rng.random(count) > UNKNOWN, kind),
        "main_home": _some(has_home & (kind != "juristic") & (rng.random(count) > UNKNOWN), main),
        "baht_per_wah": _some(rng.random(count) > UNKNOWN / 2, np.rint(price / 10) * 10),
    }


def priced(footprint: Floats, storeys: Ints, rng: Generator) -> dict[str, object]:
    """The tax columns of buildings: floor areas, and for a few a price of their own."""
    count = len(footprint)
    floor = np.round(footprint * storeys * rng.uniform(0.86, 1.0, count), 1)
    own = np.rint(rng.uniform(5_000, 9_500, count) / 50) * 50
    return {
        "floor_area_square_metres": _some(rng.random(count) > 2 * UNKNOWN, floor),
        "baht_per_square_metre": _some(rng.random(count) < UNKNOWN, own),
    }


def _some(known: NDArray[np.bool_], values: NDArray[np.generic]) -> Words:
    """The values where they are known, None elsewhere."""
    found = values.astype(object)
    found[~known] = None
    return found
