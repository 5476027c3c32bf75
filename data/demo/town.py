"""A whole town as Arrow tables, one a layer, with the columns that a file of that layer would have.

The same seed gives the same bytes. A bigger scale means more towns, made one after another, so that memory holds one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.random import Generator

from data.demo.communities import Communities, communities_of
from data.demo.ground import Land, Shapes
from data.demo.land import land_of
from data.demo.parcels import parcels_of
from data.demo.people import buildings_of, households_of, known_or_none
from data.demo.places import asset_rows, risk_point_rows, risk_zone_rows, shared_area_rows, station_rows
from data.demo.plan import BOUNDARY_NOTE, Floats, Plan, plans
from data.demo.taxmap import block_rows, sheet_rows, sign_rows, zone_rows

SEED = 2569
GEOMETRY = "geometry"
# The order of loading: what a row links to comes first.
ORDER = (
    "municipality", "community", "shared_area", "parcel", "building", "household", "asset", "risk_zone", "risk_point",
    "flood_station", "tax_zone", "tax_block", "tax_sheet", "sign_board",
)  # fmt: skip
WHOLE_NUMBERS = {
    "registered_people", "people_by_rolls", "present_people", "registered_households", "communities_count",
    "committees_count", "capacity", "likelihood", "severity", "hazard_year", "return_years", "budget_baht",
    "vacant_since", "tax_year", "width_cm", "height_cm", "faces",
}  # fmt: skip
DECIMALS = {
    "depth_m", "bank_m", "farm_wah", "home_wah", "other_wah", "vacant_wah", "baht_per_wah", "baht_per_square_metre",
    "floor_area_square_metres",
}  # fmt: skip
DAYS = {"counted_on", "seen_on", "surveyed_on", "present_on", "inspected_on", "reinspect_on", "due_on"}
YES_OR_NO = {"open_in_flood", "has_carer", "moving"}
COUNTED_ON = np.datetime64("2026-10-01")
PRESENT_ON = np.datetime64("2026-09-30")
REGISTER, SURVEY = "ทะเบียนราษฎร (สมมติ) · register (made up)", "สำรวจครัวเรือน (สมมติ) · household survey (made up)"
# Real towns have not walked through every community yet: one in so many says nothing of who is really there.
NOT_YET_WALKED = 17
PROBLEMS = {
    "railside": "P06 P19 P10",
    "canalside": "P14 P16 P09",
    "coastal": "P08 P17",
    "religious": "P12 P11",
    "urban": "P08 P18",
}
LAND_OWNERS = {"railside": "railway", "canalside": "other_state"}


@dataclass(frozen=True, kw_only=True)
class Town:
    """One town: its plan and a table for each layer."""

    plan: Plan
    tables: dict[str, pa.Table]


def towns(scale: float = 1.0, seed: int = SEED, *, only: tuple[str, ...] = ORDER) -> Iterator[Town]:
    """The demo's towns, one at a time; `only` leaves out layers that nobody asked for."""
    for number, plan in enumerate(plans(scale, seed)):
        yield _town(plan, np.random.default_rng([seed, number]), only)


def _town(plan: Plan, rng: Generator, only: tuple[str, ...]) -> Town:
    land = land_of(plan, rng)
    parcels = parcels_of(land, rng)
    tables = {"parcel": _table(plan, parcels.columns, parcels.lots.shapes)}
    if set(only) != {"parcel"}:
        buildings = buildings_of(parcels, rng)
        homes, households = households_of(plan.code, parcels, buildings, rng)
        communities = communities_of(land, rng)
        size = plan.kept * plan.outline.area / 21e6
        tables |= {
            "building": _table(plan, buildings.columns, buildings.shapes),
            "household": _table(plan, households, np.asarray(shapely.points(homes), dtype=np.object_)),
            "community": _community_table(land, communities, homes, households),
            "municipality": _rows_table(plan, np.array([plan.outline], dtype=object), [_municipality(plan)]),
            "shared_area": _shapes_table(plan, *shared_area_rows(land)),
            "asset": _points_table(plan, *asset_rows(land, parcels, communities, size, rng)),
            "risk_zone": _shapes_table(plan, *risk_zone_rows(land, rng)),
            "risk_point": _points_table(plan, *risk_point_rows(land, parcels, communities, size, rng)),
            "flood_station": _points_table(plan, *station_rows(land)),
            "tax_zone": _rows_table(plan, *zone_rows(parcels)),
            "tax_block": _rows_table(plan, *block_rows(parcels)),
            "tax_sheet": _degrees_table(plan, *sheet_rows(plan)),
            # Drawn aside and last, so that what was there before stays where it is.
            "sign_board": _points_table(plan, *sign_rows(land, parcels, rng.spawn(1)[0])),
        }
    return Town(plan=plan, tables={name: tables[name] for name in ORDER if name in only})


def _municipality(plan: Plan) -> dict[str, Any]:
    facts = {name: value for name, value in plan.facts.items() if name != "shares"}
    return {
        "code": plan.code,
        "name_th": plan.name_th,
        "name_en": plan.name_en,
        "boundary_note": BOUNDARY_NOTE,
        **facts,
    }


def _community_table(land: Land, communities: Communities, homes: Floats, households: dict[str, Any]) -> pa.Table:
    """Communities with the numbers that the made-up households give."""
    n = len(communities.codes)
    of = communities.of(homes)
    registered = (of >= 0) & np.isin(households["registration"].astype(str), ("1", "2"))
    families = np.bincount(of[registered], minlength=n)
    residents = households["residents"]
    people = np.bincount(of[registered], weights=residents[registered], minlength=n).astype(int)
    # TYPEAREA 1, 3 and 5 live here, whatever the register says.
    here = (of >= 0) & np.isin(households["registration"].astype(str), ("1", "3", "5"))
    present = np.bincount(of[here], weights=residents[here], minlength=n).astype(int)
    walked = np.arange(n) % NOT_YET_WALKED != NOT_YET_WALKED - 1
    columns: dict[str, Any] = {
        "community_code": communities.codes, "name_th": communities.names_th, "name_en": communities.names_en,
        "kind": communities.kinds, "zone": [str(1 + place * 4 // n) for place in range(n)],
        "land_owner_agency": [LAND_OWNERS.get(kind, "private") for kind in communities.kinds],
        "registered_households": families, "registered_people": people, "counted_on": np.full(n, COUNTED_ON),
        "registered_source": [REGISTER] * n, "present_people": known_or_none(present, walked),
        "present_on": np.where(walked, PRESENT_ON, np.datetime64("NaT")),
        "present_source": [SURVEY if one else None for one in walked],
        "problems": [PROBLEMS[kind] for kind in communities.kinds], "boundary_note": [BOUNDARY_NOTE] * n,
        "note": ["ข้อมูลสมมติเพื่อการสาธิต"] * n,
    }  # fmt: skip
    return _table(land.plan, columns, communities.shapes)


def _points_table(plan: Plan, places: Floats, rows: list[dict[str, Any]]) -> pa.Table:
    return _rows_table(plan, np.asarray(shapely.points(places), dtype=object), rows)


def _shapes_table(plan: Plan, shapes: list[Any], rows: list[dict[str, Any]]) -> pa.Table:
    return _rows_table(plan, np.array(shapes, dtype=object), rows)


def _rows_table(plan: Plan, shapes: Shapes, rows: list[dict[str, Any]]) -> pa.Table:
    return _degrees_table(plan, _in_degrees(plan, shapes), rows)


def _degrees_table(plan: Plan, degrees: Shapes, rows: list[dict[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    return _named_table(plan, {name: [row.get(name) for row in rows] for name in names}, degrees)


def _in_degrees(plan: Plan, shapes: Shapes) -> Shapes:
    """Metres of the plan as longitude and latitude, here and nowhere else."""
    return np.asarray(shapely.transform(np.asarray(shapes, dtype=object), plan.lon_lat), dtype=object)


def _table(plan: Plan, columns: dict[str, Any], shapes: Shapes) -> pa.Table:
    return _named_table(plan, columns, _in_degrees(plan, shapes))


def _named_table(plan: Plan, columns: dict[str, Any], degrees: Shapes) -> pa.Table:
    """Columns and shapes as Arrow."""
    named: dict[str, Any] = {"municipality": pa.array([plan.code] * len(degrees), pa.string())}
    named |= {name: _column(name, values) for name, values in columns.items()}
    return pa.table(named | {GEOMETRY: pa.array(shapely.to_wkb(degrees), pa.binary())})


def _column(name: str, values: Any) -> pa.Array[Any]:
    if name in DAYS:
        return pa.array(np.asarray(values, dtype="datetime64[D]"), pa.date32())
    kind = (
        pa.int64() if name in WHOLE_NUMBERS
        else pa.float64() if name in DECIMALS
        else pa.bool_() if name in YES_OR_NO
        else pa.string() if np.asarray(values).dtype.kind in "OU" else None
    )  # fmt: skip
    return pa.array(values, kind)
