"""What lies around the lots of a tax map: zones and blocks put together from them, sheets under them, signs on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.random import Generator

from data.demo.ground import Land, Shapes
from data.demo.parcels import Parcels, chosen
from data.demo.plan import Floats, Plan
from geo.shapes.sheets import sheets_over
from geo.shapes.unions import unions

Rows = list[dict[str, Any]]
BLOCK_METRES, ZONE_METRES = 6.0, 15.0
SHEET_SCALES = ("1000", "4000")
SIGNED = {"commercial": 0.3, "mixed": 0.12, "industry": 0.2}
KINDS = {"thai_only": 0.42, "thai_with_other": 0.43, "no_thai_or_below": 0.15}
# Width and height in centimetres, and faces, as shop signs are.
SIZES = ((120, 60, 1), (240, 120, 1), (300, 80, 1), (100, 200, 2), (600, 300, 1), (1200, 400, 2))
MADE_UP = "(สมมติ)"


def zone_rows(parcels: Parcels) -> tuple[Shapes, Rows]:
    """The zones: the first two digits of the codes."""
    names, shapes = unions([code[:2] for code in parcels.own_codes], parcels.lots.shapes, closed_metres=ZONE_METRES)
    return shapes, [{"zone": name, "name_th": f"เขต {name} {MADE_UP}"} for name in names]


def block_rows(parcels: Parcels) -> tuple[Shapes, Rows]:
    """The blocks: a letter within each zone."""
    names, shapes = unions([code[:3] for code in parcels.own_codes], parcels.lots.shapes, closed_metres=BLOCK_METRES)
    return shapes, [{"block_code": name, "zone": name[:2], "block": name[2]} for name in names]


def sheet_rows(plan: Plan) -> tuple[Shapes, Rows]:
    """The sheets over the town's outline, in degrees already."""
    outline = shapely.transform(plan.outline, plan.lon_lat)
    found = [sheet for scale in SHEET_SCALES for sheet in sheets_over(outline, scale)]
    rows = [{"sheet_no": one.sheet_no, "scale": one.scale, "numbering": one.numbering} for one in found]
    return np.array([one.shape for one in found], dtype=object), rows


def sign_rows(land: Land, parcels: Parcels, rng: Generator) -> tuple[Floats, Rows]:
    """Signs on the street side of shops; words and owners are numbers that say they are made up."""
    lots = parcels.lots
    share = np.array([SIGNED.get(use, 0.0) for use in parcels.use])
    with_sign = np.flatnonzero(rng.random(len(lots)) < share)
    fronts = lots.corners[with_sign, :2].mean(axis=1)
    kinds = chosen(KINDS, len(with_sign), rng)
    sizes = rng.integers(0, len(SIZES), len(with_sign))
    moving = rng.random(len(with_sign)) < 0.06
    rows: Rows = []
    for number, (lot, kind, size, moves) in enumerate(zip(with_sign, kinds, sizes, moving, strict=True), start=1):
        width, height, faces = SIZES[size]
        rows.append({
            "sign_code": f"{land.plan.code}-S{number:05d}", "kind": kind, "moving": bool(moves), "width_cm": width,
            "height_cm": height, "faces": faces, "surveyed_on": np.datetime64("2025-11-03") + number % 180,
            "words": f"ป้ายสมมติ {number:05d}", "owner_name": f"เจ้าของป้ายสมมติ {number:05d}",
            "parcel_code": parcels.own_codes[lot] if parcels.sure[lot] else None,
        })  # fmt: skip
    return fronts, rows
