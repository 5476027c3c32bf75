"""What a town's data is before a file is loaded into it: what the file is held against.

Deed and land numbers leave their table as digests alone: a file's own are looked for among them, and nobody reads one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from geo.layer import Layer
from geo.shapes.whereabouts import Box
from geo.store.history import quoted
from geo.store.links import TOWN
from geo.store.tables import ImportBatch

PARCEL = "parcel"
MOST_VALUES = 2_000
MOST_LOADS = 200
_NO_VALUES: Mapping[str, frozenset[str]] = MappingProxyType({})
# A sheet as it is compared: `5039 II 4682-07` and `5039II468207` are one.
_SHEET = "upper(regexp_replace(coalesce(map_sheet, ''), '[^0-9A-Za-z]', '', 'g'))"


@dataclass(frozen=True, kw_only=True)
class EarlierLoad:
    """A file that was brought into this layer for this town; `columns` are all that it had, used or not."""

    file_name: str
    sha256: str
    loaded_at: dt.datetime
    columns: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Lots:
    """The town's parcels, for whatever is held against them: codes, digests of deeds and of sheet-and-land numbers."""

    codes: frozenset[str] = frozenset()
    deeds: frozenset[str] = frozenset()
    lands: frozenset[str] = frozenset()

    @property
    def any(self) -> bool:
        """Whether there are parcels at all."""
        return bool(self.codes or self.deeds or self.lands)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is here: rows of the layer in the town (None: nobody asked), its boundary in WGS 84, earlier loads (newest
    first), the values that its coded columns hold now, and its parcels."""

    rows: int | None = None
    boundary: BaseGeometry | None = None
    loads: tuple[EarlierLoad, ...] = ()
    values: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NO_VALUES)
    lots: Lots = field(default_factory=Lots)


NOTHING_KNOWN = Known()


def loads_of(session: Session, layer: Layer, town: str | None) -> Known:
    """The quick half of what is known: how many rows there are, and the files of before."""
    return Known(rows=_rows(session, layer, town), loads=_loads(session, layer, town))


def known_here(session: Session, layer: Layer | None, town: str | None, layers: Mapping[str, Layer]) -> Known:
    """What is known of a town before a file of `layer` comes; of the Land Department's list for `layer` None."""
    lots = lots_of(session, town, layers)
    boundary = boundary_of(session, town, layers)
    if layer is None:
        return Known(boundary=boundary, lots=lots)
    return Known(
        rows=_rows(session, layer, town), boundary=boundary, loads=_loads(session, layer, town),
        values=_values(session, layer, town), lots=lots,
    )  # fmt: skip


def _rows(session: Session, layer: Layer, town: str | None) -> int:
    asked = text(f"SELECT count(*) FROM {quoted(layer.id)} WHERE {_of(town)}")
    return int(session.scalar(asked, {"town": town}) or 0)


def _of(town: str | None) -> str:
    return "true" if town is None else "municipality = :town"


def boundary_of(session: Session, town: str | None, layers: Mapping[str, Layer]) -> BaseGeometry | None:
    """The town's outline in WGS 84; None where it is not known."""
    if town is None or TOWN not in layers:
        return None
    code = quoted(layers[TOWN].keys[0][0])
    asked = text(f"SELECT ST_AsBinary(ST_Union(ST_Force2D(geom))) FROM {quoted(TOWN)} WHERE {code} = :town")
    found = session.scalar(asked, {"town": town})
    return None if found is None else shapely.from_wkb(bytes(found))


def _loads(session: Session, layer: Layer, town: str | None) -> tuple[EarlierLoad, ...]:
    # Of a report with ten thousand lines only the columns are asked for.
    used, unused = ImportBatch.report["columns"], ImportBatch.report["unused_columns"]
    asked = (
        select(ImportBatch.file_name, ImportBatch.file_sha256, ImportBatch.loaded_at, used.label("used"),
               unused.label("unused"))
        .where(ImportBatch.layer == layer.id, ImportBatch.municipality.is_not_distinct_from(town))
        .order_by(ImportBatch.id.desc())
        .limit(MOST_LOADS)
    )  # fmt: skip
    return tuple(
        EarlierLoad(file_name=row.file_name, sha256=bytes(row.file_sha256).hex(), loaded_at=row.loaded_at,
                    columns=_columns(row.used, row.unused))
        for row in session.execute(asked)
    )  # fmt: skip


def _columns(used: Sequence[Mapping[str, Any]] | None, unused: Sequence[str] | None) -> frozenset[str]:
    """A file's columns by the report of its load; none for a report from before they were kept."""
    return frozenset(filter(None, (*(one.get("column") for one in used or ()), *(unused or ()))))


def _values(session: Session, layer: Layer, town: str | None) -> Mapping[str, frozenset[str]]:
    """The codes in use, of the columns whose values come from a list."""
    found = {}
    for name, words in layer.fields.items():
        if words.codes is None or words.many or words.computed:
            continue
        column = quoted(name)
        asked = text(
            f"SELECT DISTINCT {column}::text FROM {quoted(layer.id)} "
            f"WHERE {column} IS NOT NULL AND {_of(town)} LIMIT :most"
        )
        found[name] = frozenset(session.scalars(asked, {"town": town, "most": MOST_VALUES}))
    return found


def lots_of(session: Session, town: str | None, layers: Mapping[str, Layer]) -> Lots:
    """The town's parcels by their codes and digests (md5 of what `deed_digest` and `land_digest` say)."""
    if PARCEL not in layers:
        return Lots()
    asked = text(
        "SELECT parcel_code, md5('deed|' || nullif(deed_no, '')) AS deed, "
        f"md5({_SHEET} || '|' || coalesce(map_scale, '') || '|' || nullif(land_no, '')) AS land "
        f"FROM {quoted(PARCEL)} WHERE {_of(town)}"
    )
    rows = session.execute(asked, {"town": town}).all()
    codes, deeds, lands = (frozenset(filter(None, column)) for column in zip(*rows, strict=True)) if rows else ((),) * 3
    return Lots(codes=frozenset(codes), deeds=frozenset(deeds), lands=frozenset(lands))


def parcel_shapes(session: Session, town: str | None, layers: Mapping[str, Layer], box: Box) -> NDArray[np.object_]:
    """The parcels of a town within a box, in WGS 84, for what is drawn over them."""
    if PARCEL not in layers:
        return np.zeros(0, dtype=object)
    asked = text(
        f"SELECT ST_AsBinary(ST_Force2D(geom)) FROM {quoted(PARCEL)} "
        f"WHERE {_of(town)} "
        "AND geom && ST_SetSRID(ST_MakeBox2D(ST_Point(:west, :south), ST_Point(:east, :north)), 4326)"
    )
    edges = {"west": box.west, "south": box.south, "east": box.east, "north": box.north, "town": town}
    return np.array(shapely.from_wkb([bytes(one) for one in session.scalars(asked, edges)]), dtype=object)
