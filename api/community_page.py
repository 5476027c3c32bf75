"""What the page about a community tells: its words, its numbers, what threatens it and what it can count on.

Everything comes through the read door as the person who asks gets it; a count too small to be told comes as None.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from api.reading.changes import Change, Seen, changes, seen
from api.reading.exports import Fact, Sheet, fact_sheet
from api.reading.looking import EVERYBODY, Community, Looking
from api.reading.measures import LAND, MEASURES, PER, RISK, SMALLEST_TOLD, STATES, STRENGTH, Measure, homes_by, said
from api.reading.numbers import HOMES, RISKS, SURVEYED, Known, Numbers, numbers_of
from api.reading.tables import Line, Risks, Table, color, day_of, label, risks, table
from geo.errors import Text
from geo.layer import Cells
from geo.shapes.whereabouts import Box
from geo.store.read import Edition, Wanted, edition, features, form
from layers import LAYERS

MOST_ASSETS = 300
NEEDS = (*RISKS, "asset", "parcel", "building", HOMES, SURVEYED)
RATED = tuple(
    one for one in MEASURES.values()
    if one.is_count and one.theme in (RISK, STRENGTH, LAND)
)  # fmt: skip
POPULATION = Text("ประชากร", "People")


@dataclass(frozen=True, kw_only=True)
class Homes:
    """Surveyed households by one column: value, how many (None: too few to be told), and what they are put together."""

    label: Text
    lines: list[Line]


@dataclass(frozen=True, kw_only=True)
class CommunityPage:
    """Everything the page shows."""

    id: int
    community: dict[str, Any]
    area_square_metres: float | None
    box: Box | None
    municipality: dict[str, Any] | None
    shared_areas: list[dict[str, Any]]
    days: dict[str, Text | None]
    numbers: Numbers
    rates: list[tuple[Measure, list[Any]]]
    surveyed: int | None
    surveyed_in_squares: bool
    surveyed_about: bool
    edition: Edition | None
    risks: list[Risks]
    assets: list[tuple[Text, str | None, list[dict[str, Any]]]]
    asset_count: int
    assets_shown: int
    parcels: Table
    buildings: Table
    homes: list[Homes] | None
    seen: list[Seen]
    changes: list[Change] | None


def community_page(
    looking: Looking, community: Community, outline: BaseGeometry | None, *, now: dt.datetime
) -> CommunityPage:
    """The page of a community, as whoever looks may read it."""
    fid, words = community.id, community.words
    (numbers,) = numbers_of(looking, [community], NEEDS)
    households, box = LAYERS[HOMES], box_of(outline)
    assets = _assets(looking, fid)
    surveyed = numbers.surveyed
    return CommunityPage(
        id=fid,
        community=words,
        area_square_metres=community.square_metres,
        box=box,
        municipality=_municipality(looking.session, words.get("municipality")),
        shared_areas=_crossing(looking.session, outline),
        days={name: day_of(words.get(name)) for name in ("counted_on", "present_on", "announced_on")},
        numbers=numbers,
        rates=[(one, [said(one.told(numbers, per), one.digits_of(per)) for per in _WAYS]) for one in RATED],
        surveyed=surveyed.count if surveyed else None,
        surveyed_in_squares=isinstance(form(households, looking.asking), Cells),
        surveyed_about=bool(surveyed and surveyed.is_about),
        edition=edition(looking.session, households, looking.asking, municipality=words.get("municipality")),
        risks=[risks(name, numbers.groups[name]) for name in RISKS],
        assets=assets,
        asset_count=sum(group.count for group in numbers.groups["asset"]),
        assets_shown=sum(len(found) for _, _, found in assets),
        parcels=table("parcel", "land_use", numbers.groups["parcel"], with_area=True),
        buildings=table("building", "use", numbers.groups["building"], with_area=True),
        homes=_homes(numbers),
        seen=[seen(numbers, name, now) for name in RISKS],
        changes=changes(looking, community, numbers, box, now) if looking.is_member else None,
    )


_WAYS = ("count", "registered", "present", "km2")


def box_of_feature(found: dict[str, Any]) -> Box | None:
    """The rectangle around a GeoJSON feature; None where nobody has drawn it."""
    return box_of(shape(found["geometry"]) if found["geometry"] else None)


def box_of(outline: BaseGeometry | None) -> Box | None:
    """The rectangle around an outline."""
    if outline is None:
        return None
    west, south, east, north = outline.bounds
    return Box(west=west, south=south, east=east, north=north)


def sheet_of(page: CommunityPage) -> Sheet:
    """The page's numbers as a file."""
    words = page.community
    name = Text(words["name_th"], words.get("name_en") or words["name_th"])
    facts = [*_people_facts(page), *_rate_facts(page)]
    for each in page.risks:
        facts += each.facts()
    for one in page.seen:
        facts += one.facts()
    facts += page.parcels.facts() + page.buildings.facts()
    for homes in page.homes or ():
        facts += [
            Fact(topic=homes.label, item=line.label, value=line.count, unit=Text("ครัวเรือน", "households"),
                 state=STATES[Known.WITHHELD] if line.count is None else None, source=LAYERS[HOMES].source)
            for line in homes.lines
        ]  # fmt: skip
    return fact_sheet(name, facts, {"id": page.id, "municipality": words.get("municipality")})


def _people_facts(page: CommunityPage) -> list[Fact]:
    words, fields = page.community, LAYERS["community"].fields
    found = []
    for name, on, source in (
        ("registered_people", "counted_on", "registered_source"), ("present_people", "present_on", "present_source"),
        ("registered_households", "counted_on", "registered_source"),
    ):  # fmt: skip
        value, told = words.get(name), words.get(source)
        found.append(
            Fact(topic=POPULATION, item=fields[name].label, value=value, as_of=words.get(on),
                 state=STATES[Known.NOT_KNOWN] if value is None else None, source=Text(told, told) if told else None)
        )  # fmt: skip
    state = STATES[Known.WITHHELD] if page.surveyed is None else None
    if page.surveyed_about and page.surveyed is not None:
        state = Text("โดยประมาณ", "approximate")
    surveyed = MEASURES[SURVEYED]
    return [*found, Fact(topic=POPULATION, item=surveyed.title, value=page.surveyed, state=state, unit=surveyed.unit,
                         source=LAYERS[HOMES].source)]  # fmt: skip


def _rate_facts(page: CommunityPage) -> list[Fact]:
    found = []
    for measure in RATED:
        for per in _WAYS:
            told = measure.told(page.numbers, per)
            found.append(
                Fact(topic=measure.theme, item=measure.title, value=told.value,
                     unit=measure.unit if per == "count" else PER[per].unit,
                     state=STATES[told.known] if told.value is None else None, source=measure.how)
            )  # fmt: skip
    return found


def _homes(numbers: Numbers) -> list[Homes] | None:
    """Housing and tenure, for those who may read the survey; None for everybody else."""
    if HOMES not in numbers.groups:
        return None
    layer = LAYERS[HOMES]
    if sum(group.count for group in numbers.groups[HOMES]) < SMALLEST_TOLD:
        return []
    return [
        Homes(
            label=layer.fields[name].label,
            lines=[Line(label=label(layer, name, code), color=color(layer, name, code), count=count)
                   for code, count, _ in homes_by(numbers, name)],
        )
        for name in ("tenure", "programme", "registration")
    ]  # fmt: skip


def _municipality(session: Session, code: str | None) -> dict[str, Any] | None:
    if not code:
        return None
    wanted = Wanted(equal=(("code", code),), limit=1)
    found = features(session, LAYERS["municipality"], EVERYBODY, wanted, shapes=False).features
    return found[0]["properties"] if found else None


def _crossing(session: Session, outline: BaseGeometry | None) -> list[dict[str, Any]]:
    box = box_of(outline)
    if box is None:
        return []
    near = features(session, LAYERS["shared_area"], EVERYBODY, Wanted(box=box, limit=100)).features
    return [{**one["properties"], "id": one["id"]} for one in near if shape(one["geometry"]).intersects(outline)]


def _assets(looking: Looking, fid: int) -> list[tuple[Text, str | None, list[dict[str, Any]]]]:
    layer = LAYERS["asset"]
    wanted = Wanted(equal=(("community_id", str(fid)),), limit=MOST_ASSETS)
    by_kind: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for one in features(looking.session, layer, looking.asking, wanted, shapes=False).features:
        by_kind[one["properties"]["kind"]].append({**one["properties"], "id": one["id"]})
    codes = layer.fields["kind"].codes
    order = [code.code for code in codes.codes] if codes else []
    kinds = sorted(by_kind, key=lambda kind: (order.index(kind) if kind in order else len(order), kind or ""))
    return [(label(layer, "kind", kind), color(layer, "kind", kind), by_kind[kind]) for kind in kinds]
