"""What the page about a parcel tells: as whoever looks may read it, and to the tax office no more until it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session
from starlette.requests import Request

from api.negotiation import language_of
from api.reading.looking import EVERYBODY, as_everybody, looking
from api.reading.tables import rai_of
from geo.errors import Text
from geo.intake.parcel_codes import ParcelCode, parcel_code
from geo.layer import Audience, Field
from geo.render.sketch import Plot, frame_of, sketch
from geo.store.asking import Asking, no_such, shown_fields
from geo.store.parcel_register import MOST_ON_IT, Batch, around, as_staff, batches_of, on_it
from geo.store.past import Version, versions
from geo.store.read import Wanted, feature, features
from geo.tax.houses import FARM, HOME, OTHER, VACANT
from geo.tax.lot import NOTABLE_PERCENT
from layers import LAYERS

PARCEL = LAYERS["parcel"]
MOST_VERSIONS = 10
# A parcel that touches another lies within half a metre of it, as drawing is.
_TOUCHING_DEGREES = 0.5 / 111_200
_ON_MAP = "parcel,building,sign_board"
_WAH_OF = {name: f"{name}_wah" for name in (FARM, HOME, OTHER, VACANT)}


@dataclass(frozen=True, kw_only=True)
class Areas:
    """The area on paper and on the map in square metres, as deeds write them, and the difference in percent."""

    paper: float | None
    on_map: float | None

    @property
    def paper_told(self) -> str | None:
        """On paper, `2-1-50.5`."""
        return None if self.paper is None else rai_of(self.paper)

    @property
    def map_told(self) -> str | None:
        """On the map, `2-1-50.5`."""
        return None if self.on_map is None else rai_of(self.on_map)

    @property
    def percent(self) -> float | None:
        """How much more the map has than the paper, in percent of the paper."""
        if not self.paper or self.on_map is None:
            return None
        return round((self.on_map - self.paper) / self.paper * 100, 1)

    @property
    def is_notable(self) -> bool:
        """Whether somebody should look at it."""
        return self.percent is not None and abs(self.percent) > NOTABLE_PERCENT


@dataclass(frozen=True, kw_only=True)
class Changed:
    """A version: what was done, and the columns that came out otherwise than in the version before."""

    version: Version
    columns: list[tuple[Field, Any, Any]]


@dataclass(frozen=True, kw_only=True)
class ParcelPage:
    """Everything that the page shows without a click."""

    id: int
    words: dict[str, Any]
    fields: Mapping[str, Field]
    code: ParcelCode | None
    code_disagrees: bool
    areas: Areas
    uses: list[tuple[Field, float, float]]
    sketch: Markup | None
    neighbours: list[tuple[int, str]]
    buildings: list[dict[str, Any]]
    signs: list[dict[str, Any]]
    is_cut: bool
    community: dict[str, Any] | None
    is_member: bool
    map_address: str | None
    is_tax: bool
    history: list[Changed]
    more_history: bool
    batches: list[Batch]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.words.get("parcel_code") or f"#{self.id}"


def parcel_town(request: Request, fid: int) -> dict[str, Any]:
    """The parcel as everybody knows it; `UnknownFeature` where there is none."""
    with as_everybody(request) as everybody:
        return feature(everybody.session, PARCEL, EVERYBODY, fid)


def parcel_page(request: Request, asking: Asking, owners: Session, fid: int) -> ParcelPage:
    """The page of a parcel, as whoever looks may read it."""
    known = parcel_town(request, fid)["properties"]
    town, community = known.get("municipality"), known.get("community_id")
    own = as_staff(asking)
    with looking(request, own, towns=[town], communities=[community] if community else []) as eyes:
        found = _present(eyes.session, eyes.asking, fid)
        words, outline = found["properties"], shape(found["geometry"]) if found["geometry"] else None
        beside = around(eyes.session, PARCEL, eyes.asking, frame_of(outline)) if outline is not None else []
        beside = [one for one in beside if one["id"] != fid and one["geometry"]]
        standing = {name: on_it(eyes.session, LAYERS[name], eyes.asking, fid) for name in ("building", "sign_board")}
        past = _history(eyes.session, eyes.asking, fid) if eyes.is_member else ([], False)
        is_member, shown = eyes.is_member, shown_fields(PARCEL, eyes.asking)
    code = parcel_code(words.get("parcel_code") or "")
    return ParcelPage(
        id=fid, words=words, fields=shown, code=code, code_disagrees=code is not None and _disagrees(code, words),
        areas=areas_of(words), uses=_uses(words, shown), neighbours=_neighbours(outline, beside),
        sketch=_sketch(request, outline, beside, words, fid), buildings=standing["building"],
        signs=standing["sign_board"], is_cut=any(len(some) >= MOST_ON_IT for some in standing.values()),
        community=_community(request, community), is_member=is_member,
        # Whoever is a member of elsewhere has no parcels of this town on their maps.
        map_address=_map_of(outline, fid, asking) if is_member or asking.is_low else None,
        is_tax=is_member and asking.audience is Audience.TAX, history=past[0], more_history=past[1],
        batches=batches_of(owners, PARCEL, fid) if is_member else [],
    )  # fmt: skip


def _present(session: Session, asking: Asking, fid: int) -> dict[str, Any]:
    found = features(session, PARCEL, asking, Wanted(ids=(fid,), limit=1)).features
    if not found:
        raise no_such(PARCEL, fid)
    return found[0]


def areas_of(words: Mapping[str, Any]) -> Areas:
    """What a row says of its area; 0-0-0 says nothing."""
    wah = (words.get("rai") or 0) * 400 + (words.get("ngan") or 0) * 100 + (words.get("wah") or 0)
    return Areas(paper=float(wah) * 4 or None, on_map=words.get("area_square_metres"))


def _disagrees(code: ParcelCode, words: Mapping[str, Any]) -> bool:
    """Whether the parts beside a code contradict it, in either way of keeping them (DOMAIN §2.3)."""
    zone, block, lot = (words.get(name) for name in ("zone", "block", "lot"))
    if zone is None or block is None or lot is None:
        return False
    in_three = zone == code.zone and block == code.block
    is_same_lot = lot in (code.lot, f"{code.lot}{code.sub}")
    return not (is_same_lot and (in_three or block == f"{code.zone}{code.block}"))


def _uses(words: Mapping[str, Any], shown: Mapping[str, Field]) -> list[tuple[Field, float, float]]:
    """Each use that has an area, in square wah, and its part of all in percent; for those who may read them."""
    found = [(shown[name], float(words[name])) for name in _WAH_OF.values() if name in shown and words.get(name)]
    of = sum(area for _, area in found)
    return [(one, area, round(area / of * 100, 1)) for one, area in found]


def _neighbours(outline: BaseGeometry | None, beside: Sequence[dict[str, Any]]) -> list[tuple[int, str]]:
    if outline is None:
        return []
    near = [one for one in beside if shape(one["geometry"]).distance(outline) <= _TOUCHING_DEGREES]
    named = [(one["id"], one["properties"]["parcel_code"] or f"#{one['id']}") for one in near]
    return sorted(named, key=lambda one: (one[1], one[0]))


def _sketch(
    request: Request, outline: BaseGeometry | None, beside: Sequence[dict[str, Any]], words: Mapping[str, Any], fid: int
) -> Markup | None:
    if outline is None:
        return None
    plots = [Plot(shape=shape(one["geometry"]), name=one["properties"]["parcel_code"] or "") for one in beside]
    with as_everybody(request) as everybody:
        wanted = Wanted(equal=(("parcel_id", str(fid)),), limit=MOST_ON_IT, names=())
        houses = [
            shape(one["geometry"])
            for one in features(everybody.session, LAYERS["building"], EVERYBODY, wanted).features
        ]
    name = words.get("parcel_code") or f"#{fid}"
    title = Text(f"รูปแปลง {name} และแปลงข้างเคียง", f"The shape of {name} and its neighbours")
    about = Text(
        f"แปลงข้างเคียง {len(plots)} แปลง อาคาร {len(houses)} หลัง",
        f"{len(plots)} parcels around, {len(houses)} buildings",
    )
    language = language_of(request)
    return sketch(outline, plots, houses, title=title.in_language(language), about=about.in_language(language),
                  unit=Text("ม.", "m").in_language(language))  # fmt: skip


def _map_of(outline: BaseGeometry | None, fid: int, asking: Asking) -> str | None:
    """Its map. One that outlines an item reads it whole, which the log would hold: the tax office gets the place."""
    if outline is None:
        return None
    if asking.audience is not Audience.TAX:
        return f"/maps?layers={_ON_MAP}&item={fid}"
    box = frame_of(outline)
    return f"/maps?layers={_ON_MAP}&bbox={box.west:.6f},{box.south:.6f},{box.east:.6f},{box.north:.6f}"


def _community(request: Request, fid: int | None) -> dict[str, Any] | None:
    if fid is None:
        return None
    with as_everybody(request) as everybody:
        found = features(everybody.session, LAYERS["community"], EVERYBODY, Wanted(ids=(fid,), limit=1), shapes=False)
        return {**found.features[0]["properties"], "id": fid} if found.features else None


def _history(session: Session, asking: Asking, fid: int) -> tuple[list[Changed], bool]:
    """The newest versions with what became of each column, and whether there are older ones."""
    found = versions(session, PARCEL, asking, fid, limit=MOST_VERSIONS + 1).versions
    shown = shown_fields(PARCEL, asking)
    changed = []
    for place, one in enumerate(found[:MOST_VERSIONS]):
        before = found[place + 1].properties if place + 1 < len(found) else None
        columns = [
            (words, before[name], one.properties[name]) for name, words in shown.items()
            if before is not None and before[name] != one.properties[name]
        ]  # fmt: skip
        changed.append(Changed(version=one, columns=columns))
    return changed, len(found) > MOST_VERSIONS
