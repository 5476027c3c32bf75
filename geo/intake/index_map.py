"""The index of a town's tax map, worked out where the town has no file of it: zones and blocks from its lots, sheets
from its outline.

What is worked out enters as a file does, through the same door as a batch of its own, named `WORKED_OUT`: it can be
looked at, undone and made again, and a second time changes nothing. A town's own zones are not written over.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.intake.load import LoadOptions, load_file
from geo.intake.parcel_codes import parcel_code
from geo.intake.report import Report
from geo.layer import Layer
from geo.shapes.crs import utm_srid
from geo.shapes.sheets import sheets_over
from geo.shapes.unions import unions
from geo.store.batches import brought_otherwise
from geo.store.db import session_of
from geo.store.read import MOST_AT_ONCE, Asking, RawPage, Wanted, raw_page

WORKED_OUT = "worked-out-{layer}.geojson"
PARTS = ("tax_zone", "tax_block", "tax_sheet")
SCALES = ("1000", "4000")
# Gaps that are closed between the lots of a block and of a zone: twice this, a lane and a street.
CLOSED_METRES = {"tax_block": 6.0, "tax_zone": 15.0}


@dataclass(frozen=True, kw_only=True)
class Worked:
    """What became of each layer, and how many lots say nothing of their block."""

    reports: Mapping[str, Report]
    lots: int
    without_block: int


@dataclass(frozen=True, kw_only=True)
class _Lots:
    shapes: NDArray[np.object_]
    blocks: list[str | None]


def work_out_index(
    engine: Engine, layers: Mapping[str, Layer], town: str, *, by: str, origin: str, at: dt.datetime,
    parts: Sequence[str] = PARTS, scales: Sequence[str] = SCALES, anew: bool = False,
) -> Worked:  # fmt: skip
    """Fill the index layers of a town; BadRequest where there is nothing to work from, or a file of the town's own.

    `anew` goes on over a town's own rows: what has the same key is then written over, as by any later file.
    """
    with session_of(engine) as session:
        if not anew:
            _refuse_beside_others(session, [layers[part] for part in parts], town)
        lots = _lots(session, layers["parcel"], town) if {"tax_zone", "tax_block"} & set(parts) else None
        outline = _outline(session, layers["municipality"], town) if "tax_sheet" in parts else None
    found: dict[str, Any] = {}
    for part in parts:
        if part == "tax_sheet":
            found[part] = _sheets(outline, scales)
        elif lots is not None:
            found[part] = _areas(lots, part)
    with TemporaryDirectory(prefix="atlas-index-") as folder:
        reports = {}
        for part, frame in found.items():
            path = Path(folder, WORKED_OUT.format(layer=part))
            # Nine decimals: a tenth of a millimetre, so that neighbours stay neighbours.
            frame.to_file(path, driver="GeoJSON", COORDINATE_PRECISION=9)
            reports[part] = load_file(
                engine, layers[part], path, LoadOptions(municipality=town), layers=layers, by=by, origin=origin, at=at
            )
    return Worked(
        reports=reports, lots=len(lots.blocks) if lots else 0,
        without_block=sum(block is None for block in lots.blocks) if lots else 0,
    )  # fmt: skip


def _refuse_beside_others(session: Session, layers: Sequence[Layer], town: str) -> None:
    for layer in layers:
        others = brought_otherwise(session, layer, town, WORKED_OUT.format(layer=layer.id))
        if others:
            raise BadRequest(
                f"{layer.title.th} ของ {town} มีจากไฟล์หรือแก้ด้วยมือแล้ว {others} รายการ จึงไม่คำนวณทับ (ใช้ --anew หากต้องการ)",
                f"{others} rows of {layer.id} of {town} came from a file or were edited: not worked over (--anew)",
            )


def _pages(session: Session, layer: Layer, wanted: Wanted) -> list[RawPage]:
    found = [raw_page(session, layer, Asking(), wanted)]
    while (after := found[-1].next_after) is not None:
        found.append(raw_page(session, layer, Asking(), Wanted(**{**wanted.__dict__, "after": after})))
    return found


def _lots(session: Session, layer: Layer, town: str) -> _Lots:
    """The town's lots as the public sees them, each with its zone and block."""
    names = ("parcel_code", "zone", "block")
    wanted = Wanted(equal=(("municipality", town),), names=names, limit=MOST_AT_ONCE)
    shapes: list[bytes | None] = []
    blocks: list[str | None] = []
    for page in _pages(session, layer, wanted):
        place = [list(page.fields).index(name) for name in names]
        shapes += page.shapes
        blocks += [block_of(*(values[at] for at in place)) for values in page.values]
    if not any(blocks):
        raise BadRequest(
            f"ไม่มีแปลงที่ดินของ {town} ที่รหัสบอกเขตและบล็อก", f"no parcel of {town} has a code that tells its zone and block"
        )
    return _Lots(shapes=shapely.from_wkb(np.array(shapes, dtype=object)), blocks=blocks)


def block_of(code: str | None, zone: str | None, block: str | None) -> str | None:
    """Zone and block of a lot, `01A`: from its code, or where that tells nothing from its parts (DOMAIN 2.3)."""
    for written in (code, f"{zone or ''}{block or ''}001", f"{block or ''}001"):
        parts = parcel_code((written or "").strip())
        if parts:
            return parts.zone + parts.block
    return None


def _areas(lots: _Lots, part: str) -> Any:
    chosen = np.array([block is not None for block in lots.blocks])
    shapes = lots.shapes[chosen]
    names = [block[:2] if part == "tax_zone" else block for block in lots.blocks if block is not None]
    lon, lat = np.nanmean(shapely.get_coordinates(shapely.centroid(shapes)), axis=0)
    metres = pyproj.Transformer.from_crs(4326, utm_srid(float(lon), float(lat)), always_xy=True)
    flat = shapely.transform(shapely.force_2d(shapes), lambda xy: np.column_stack(metres.transform(xy[:, 0], xy[:, 1])))
    found, areas = unions(names, np.asarray(flat, dtype=object), closed_metres=CLOSED_METRES[part])
    back = shapely.transform(
        areas, lambda xy: np.column_stack(metres.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))
    )
    counts = Counter(names)
    if part == "tax_zone":
        words = {"zone": found, "name_th": [f"เขต {name} (คำนวณจาก {counts[name]:,} แปลง)" for name in found]}
    else:
        words = {"block_code": found, "zone": [name[:2] for name in found], "block": [name[2] for name in found]}
    return gpd.GeoDataFrame(words, geometry=back, crs=4326)


def _outline(session: Session, layer: Layer, town: str) -> Any:
    (page, *_) = _pages(session, layer, Wanted(equal=(("code", town),)))
    shapes = [shape for shape in page.shapes if shape is not None]
    if not shapes:
        raise BadRequest(
            f"ไม่มีแนวเขตของเทศบาล {town} ให้คำนวณระวาง",
            f"there is no outline of the municipality {town} to lay sheets over",
        )
    return shapely.union_all(shapely.force_2d(shapely.from_wkb(shapes)))


def _sheets(outline: Any, scales: Sequence[str]) -> Any:
    found = [sheet for scale in scales for sheet in sheets_over(outline, scale)]
    words = {name: [getattr(one, name) for one in found] for name in ("sheet_no", "scale", "numbering")}
    return gpd.GeoDataFrame(words, geometry=[one.shape for one in found], crs=4326)
