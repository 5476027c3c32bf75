"""One parcel of the register: what stands on it and beside it, where it came from; owner and value for the tax office.

Everything about it comes through the read door. Its public and staff columns are read as staff read them, even for the
tax office: so that what the log of readings holds is each look at an owner or a value, and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from geo.errors import NotYours
from geo.layer import Audience, Layer
from geo.shapes.whereabouts import Box
from geo.store.asking import Asking, no_such
from geo.store.read import Wanted, features, raw_page
from geo.store.tables import Change, ImportBatch
from geo.tax.houses import FARM, HOME, OTHER, VACANT, House
from geo.tax.lot import Lot

MOST_ON_IT = 200
MOST_BESIDE = 150
# What the tax office looks up of a parcel by name.
OWNER_FIELDS = ("owner_name", "owner_address", "owner_kind", "main_home", "deed_no", "survey_no", "land_no")


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A file that a version of the parcel came from."""

    id: int
    file_name: str
    loaded_at: dt.datetime
    loaded_by: str


@dataclass(frozen=True, kw_only=True)
class Board:
    """A sign as the register has it: what it is called, and what its tax is worked out from."""

    id: int
    name: str
    kind: str | None
    width_cm: int | None
    height_cm: int | None
    faces: int | None
    moving: bool


def as_staff(asking: Asking) -> Asking:
    """How the tax office reads what is not kept by name: as staff of the same places."""
    return replace(asking, audience=Audience.STAFF) if asking.audience is Audience.TAX else asking


def on_it(session: Session, layer: Layer, asking: Asking, fid: int) -> list[dict[str, Any]]:
    """The features of a layer that name this parcel, as staff (or whoever asks) see them, without shapes."""
    wanted = Wanted(equal=(("parcel_id", str(fid)),), limit=MOST_ON_IT)
    return features(session, layer, as_staff(asking), wanted, shapes=False).features


def around(session: Session, layer: Layer, asking: Asking, box: Box) -> list[dict[str, Any]]:
    """The parcels in a rectangle with their shapes and codes."""
    wanted = Wanted(box=box, limit=MOST_BESIDE, names=("parcel_code", "land_use"))
    return features(session, layer, as_staff(asking), wanted).features


def batches_of(session: Session, layer: Layer, fid: int) -> list[Batch]:
    """The files that the parcel's versions came from, newest first; the owner's session knows them."""
    now, then = layer.table.__table__.c, layer.history.c
    changes = union(select(now.change_id).where(now.id == fid), select(then.change_id).where(then.id == fid)).subquery()
    query = select(ImportBatch).join(Change, Change.batch_id == ImportBatch.id)
    query = query.where(Change.id.in_(select(changes.c.change_id))).order_by(ImportBatch.id.desc()).distinct()
    return [
        Batch(id=one.id, file_name=one.file_name, loaded_at=one.loaded_at, loaded_by=one.loaded_by)
        for one in session.scalars(query)
    ]


def owner_of(session: Session, layers: Mapping[str, Layer], asking: Asking, fid: int) -> dict[str, Any]:
    """Owner and deed of a parcel, and owners of its signs: a reading of each in the log. NotYours but for TAX."""
    parcel = _row(session, layers["parcel"], asking, fid)
    signs = features(
        session, layers["sign_board"], asking, Wanted(equal=(("parcel_id", str(fid)),), limit=MOST_ON_IT), shapes=False
    ).features
    return {
        **{name: parcel[name] for name in OWNER_FIELDS},
        "signs": [{"id": one["id"], **{name: one["properties"][name] for name in ("sign_code", "owner_name")}}
                  for one in signs],
    }  # fmt: skip


def lot_of(session: Session, layers: Mapping[str, Layer], asking: Asking, fid: int) -> Lot:
    """A parcel with its buildings as the tax sees it: a reading of the parcel in the log, and one of its buildings."""
    row = _row(session, layers["parcel"], asking, fid)
    wanted = Wanted(equal=(("parcel_id", str(fid)),), limit=MOST_ON_IT)
    found = raw_page(session, layers["building"], asking, wanted)
    houses = [dict(zip(found.fields, values, strict=True)) for values in found.values]
    return Lot(
        rai=row["rai"], ngan=row["ngan"], wah=row["wah"], map_square_metres=row["area_square_metres"],
        baht_per_wah=row["baht_per_wah"], appraised_baht=row["appraised_baht"], land_use=row["land_use"],
        wah_of={name: row[f"{name}_wah"] for name in (FARM, HOME, OTHER, VACANT)}, vacant_since=row["vacant_since"],
        owner_kind=row["owner_kind"], main_home=row["main_home"], agency=row["land_owner_agency"],
        document=row["document_type"],
        houses=tuple(_house(number, one) for number, one in zip(found.ids, houses, strict=True)),
    )  # fmt: skip


def boards_of(found: list[dict[str, Any]]) -> list[Board]:
    """Signs that were read already."""
    return [
        Board(id=one["id"], name=one["properties"]["sign_code"] or str(one["id"]),
              moving=bool(one["properties"]["moving"]),
              **{name: one["properties"][name] for name in ("kind", "width_cm", "height_cm", "faces")})
        for one in found
    ]  # fmt: skip


def _row(session: Session, layer: Layer, asking: Asking, fid: int) -> dict[str, Any]:
    if asking.audience is not Audience.TAX:
        raise NotYours(
            "เจ้าของ เอกสารสิทธิ และราคาประเมินเป็นของงานภาษีเท่านั้น", "Owner, deed and value are the tax office's alone"
        )
    found = raw_page(session, layer, asking, Wanted(ids=(fid,), limit=1))
    if not found.ids:
        raise no_such(layer, fid)
    return dict(zip(found.fields, found.values[0], strict=True))


def _house(number: int, row: dict[str, Any]) -> House:
    footprint: float | None = row["area_square_metres"]
    floor: Decimal | None = row["floor_area_square_metres"]
    return House(
        name=row["building_code"] or f"#{number}", floor_square_metres=floor, footprint_square_metres=footprint,
        storeys=row["storeys"], baht_per_square_metre=row["baht_per_square_metre"],
        appraised_baht=row["appraised_baht"], building_type=row["building_type"], structure=row["structure"],
        year_built=row["year_built"], use=row["use"],
    )  # fmt: skip
