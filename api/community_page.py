"""What the page about a community tells: its words, its numbers, what threatens it and what it can count on.

Everything comes through the read door as the person who asks gets it; a count too small to be told comes as None.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from shapely.geometry import shape
from sqlalchemy.orm import Session

from geo.errors import Text
from geo.layer import Cells, Layer
from geo.render.popup import day
from geo.shapes.measure import rai_ngan_wah
from geo.shapes.whereabouts import Box
from geo.store.read import Asking, Edition, Wanted, edition, feature, features, form
from geo.store.tallies import Tally, tallies
from layers import LAYERS

MOST_ASSETS = 300


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a table: what, its colour, how many, and the area where it is measured."""

    label: Text
    color: str | None
    count: int | None
    square_metres: float | None = None

    @property
    def rai(self) -> str | None:
        """The area as deeds write it, `12-3-45.6`."""
        if self.square_metres is None:
            return None
        found = rai_ngan_wah(round(self.square_metres, 1))
        return f"{found.rai:,}-{found.ngan}-{round(found.wah, 1)}"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Lines of one layer by one of its columns."""

    layer: Layer
    label: Text
    lines: list[Line]

    @property
    def count(self) -> int:
        """All of them."""
        return sum(line.count or 0 for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class CommunityPage:
    """Everything the page shows."""

    id: int
    community: dict[str, Any]
    box: Box | None
    municipality: dict[str, Any] | None
    shared_areas: list[dict[str, Any]]
    counted: Text | None
    announced: Text | None
    surveyed: int | None
    surveyed_in_squares: bool
    surveyed_about: bool
    edition: Edition | None
    risks: list[tuple[Table, Table]]
    assets: list[tuple[Text, str | None, list[dict[str, Any]]]]
    asset_count: int
    assets_shown: int
    parcels: Table
    buildings: Table


def community_page(session: Session, asking: Asking, fid: int) -> CommunityPage:
    """The page of community `fid`; `UnknownFeature` when there is none."""
    community = feature(session, LAYERS["community"], asking, fid)
    words, box = community["properties"], box_of_feature(community)
    households = LAYERS["household"]
    surveyed = tallies(session, households, asking, community_id=fid)
    assets = _assets(session, asking, fid)
    return CommunityPage(
        id=fid,
        community=words,
        box=box,
        municipality=_municipality(session, asking, words.get("municipality")),
        shared_areas=_crossing(session, asking, community, box),
        counted=_day(words.get("counted_on")),
        announced=_day(words.get("announced_on")),
        surveyed=surveyed[0].count if surveyed else None,
        surveyed_in_squares=isinstance(form(households, asking), Cells),
        surveyed_about=bool(surveyed and surveyed[0].is_about),
        edition=edition(session, households, asking, municipality=words.get("municipality")),
        risks=[
            (_table(session, asking, name, "kind", fid), _table(session, asking, name, "band", fid))
            for name in ("risk_zone", "risk_point")
        ],
        assets=assets,
        asset_count=_table(session, asking, "asset", "kind", fid).count,
        assets_shown=sum(len(found) for _, _, found in assets),
        parcels=_table(session, asking, "parcel", "land_use", fid),
        buildings=_table(session, asking, "building", "use", fid),
    )


def box_of_feature(found: dict[str, Any]) -> Box | None:
    """The rectangle around a GeoJSON feature; None where nobody has drawn it."""
    if not found["geometry"]:
        return None
    west, south, east, north = shape(found["geometry"]).bounds
    return Box(west=west, south=south, east=east, north=north)


def _day(iso: str | None) -> Text | None:
    return day(dt.date.fromisoformat(iso)) if iso else None


def _municipality(session: Session, asking: Asking, code: str | None) -> dict[str, Any] | None:
    if not code:
        return None
    wanted = Wanted(equal=(("code", code),), limit=1)
    found = features(session, LAYERS["municipality"], asking, wanted).features
    return found[0]["properties"] if found else None


def _crossing(session: Session, asking: Asking, community: dict[str, Any], box: Box | None) -> list[dict[str, Any]]:
    if box is None:
        return []
    outline = shape(community["geometry"])
    near = features(session, LAYERS["shared_area"], asking, Wanted(box=box, limit=100)).features
    return [{**one["properties"], "id": one["id"]} for one in near if shape(one["geometry"]).intersects(outline)]


def _assets(session: Session, asking: Asking, fid: int) -> list[tuple[Text, str | None, list[dict[str, Any]]]]:
    layer = LAYERS["asset"]
    wanted = Wanted(equal=(("community_id", str(fid)),), limit=MOST_ASSETS)
    by_kind: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for one in features(session, layer, asking, wanted).features:
        by_kind[one["properties"]["kind"]].append({**one["properties"], "id": one["id"]})
    codes = layer.fields["kind"].codes
    order = [code.code for code in codes.codes] if codes else []
    kinds = sorted(by_kind, key=lambda kind: (order.index(kind) if kind in order else len(order), kind or ""))
    return [(_label(layer, "kind", kind), _color(layer, "kind", kind), by_kind[kind]) for kind in kinds]


def _table(session: Session, asking: Asking, layer_id: str, by: str, fid: int) -> Table:
    layer = LAYERS[layer_id]
    if layer.shape.dimension == 0 or layer_id in ("parcel", "building"):
        found = tallies(session, layer, asking, by=by, community_id=fid)
    else:
        # A flood zone reaches many communities and belongs to none: it counts for each that it touches.
        found = tallies(session, layer, asking, by=by, crossing=(LAYERS["community"], fid))
    return Table(layer=layer, label=layer.fields[by].label, lines=[_line(layer, by, tally) for tally in found])


def _line(layer: Layer, by: str, tally: Tally) -> Line:
    return Line(
        label=_label(layer, by, tally.value),
        color=_color(layer, by, tally.value),
        count=tally.count,
        square_metres=tally.area_square_metres,
    )


def _label(layer: Layer, by: str, code: str | None) -> Text:
    codes = layer.fields[by].codes
    if code is None or codes is None:
        return Text("ไม่ระบุ", "Not stated")
    return codes.label(code)


def _color(layer: Layer, by: str, code: str | None) -> str | None:
    codes = layer.fields[by].codes
    entry = codes.by_code.get(code) if codes and code is not None else None
    return entry.color if entry else None
