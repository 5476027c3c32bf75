"""What several jurisdictions share (a canal, a railway reserve): whose it is, who lives along it, what threatens it.

Everybody gets the same numbers, members too: those of one town would otherwise sit at a table with the others' blank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from markupsafe import Markup
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from api.community_page import POPULATION
from api.reading.exports import Fact, Sheet, fact_sheet
from api.reading.looking import EVERYBODY, Community, Looking
from api.reading.measures import MEASURES, STATES, number, said
from api.reading.numbers import BY, RISKS, Known, Numbers, numbers_of
from api.reading.tables import Risks, Table, risks, table
from geo.errors import Text
from geo.render.charts import Bar, bars
from geo.shapes.reach import within_reach
from geo.store.grouped import Group, grouped
from geo.store.read import Wanted, feature, features
from geo.store.wanted import Region
from layers import LAYERS

REACH_METRES = 300
MOST_AREAS = 500
WITHIN = (*RISKS, "parcel")
RATED = ("risk-point", "high-risk")


@dataclass(frozen=True, kw_only=True)
class People:
    """People of several communities by one way of counting: their sum, and of how many communities it is known."""

    name: str
    label: Text
    total: int | None
    known: int


@dataclass(frozen=True, kw_only=True)
class Touched:
    """A community that the area touches, with its town's name and its figures."""

    community: Community
    town: Text
    rates: list[Any]


@dataclass(frozen=True, kw_only=True)
class SharedPage:
    """Everything the page shows."""

    id: int
    words: dict[str, Any]
    towns: list[tuple[str, dict[str, Any] | None]]
    people: list[People]
    communities: list[Touched]
    risks: list[Risks]
    rates: list[tuple[Text, Text]]
    parcels: Table
    assets: Table
    assets_open: int

    def chart(self, name: str, language: str) -> Markup:
        """One way of counting people, community by community."""
        label = LAYERS["community"].fields[name].label.in_language(language)
        shown = [
            Bar(label=f"{one.community.words['name_th']} ({one.town.in_language(language)})",
                value=one.community.words.get(name), told=_people_told(one.community.words.get(name), language))
            for one in self.communities
        ]  # fmt: skip
        most = max((one.community.words.get(n) or 0 for one in self.communities for n in _PEOPLE), default=0)
        about = "; ".join(f"{bar.label} {bar.told}" for bar in shown)
        return bars(f"people-{name.replace('_', '-')}", shown, title=label, about=about, longest=most)


_PEOPLE = ("registered_people", "present_people")


def _people_told(value: int | None, language: str) -> str:
    return STATES[Known.NOT_KNOWN].in_language(language) if value is None else number(value, 0)


def shared_areas(looking: Looking) -> list[dict[str, Any]]:
    """Every shared area by name, with its id."""
    found = features(looking.session, LAYERS["shared_area"], EVERYBODY, Wanted(limit=MOST_AREAS), shapes=False).features
    words = [{**one["properties"], "id": one["id"]} for one in found]
    return sorted(words, key=lambda one: (one["name_th"], one["id"]))


def codes_in(words: dict[str, Any]) -> list[str]:
    """The codes of the municipalities that an area names, as people wrote them: with commas or spaces."""
    written = " ".join(one for one in (words.get("municipality"), words.get("municipalities")) if one)
    return list(dict.fromkeys(written.replace(",", " ").replace(";", " ").split()))


def shared_page(looking: Looking, fid: int, towns: dict[str, dict[str, Any]]) -> SharedPage:
    """The page of a shared area; `UnknownFeature` where there is none."""
    found = feature(looking.session, LAYERS["shared_area"], EVERYBODY, fid)
    outline, words = shape(found["geometry"]), found["properties"]
    communities = _touched(looking, outline)
    numbers = numbers_of(looking, communities, ("risk_point",))
    within = {name: _within(looking, fid, name, outline) for name in WITHIN}
    assets = _within(looking, fid, "asset", within_reach(outline, REACH_METRES))
    codes = [*codes_in(words), *(one.town for one in communities if one.town)]
    people = [_people(name, communities) for name in _PEOPLE]
    return SharedPage(
        id=fid, words=words, towns=[(code, towns.get(code)) for code in dict.fromkeys(codes)], people=people,
        communities=[_with_rates(one, towns) for one in numbers],
        risks=[risks(name, within[name]) for name in RISKS], rates=_rates(within["risk_point"], people),
        parcels=table("parcel", "land_use", within["parcel"], with_area=True), assets=table("asset", "kind", assets),
        assets_open=round(sum(one.sums[0] for one in assets if one.values[1] is True)),
    )  # fmt: skip


def _touched(looking: Looking, outline: BaseGeometry) -> list[Community]:
    wanted = Wanted(region=_region(outline), limit=MOST_AREAS)
    found = features(looking.session, LAYERS["community"], EVERYBODY, wanted).features
    # A community without an outline is nowhere, and so is in every region (`narrowing.py`).
    touched = [one for one in found if one["geometry"] and shape(one["geometry"]).intersects(outline)]
    communities = [Community(id=one["id"], words=one["properties"], square_metres=None) for one in touched]
    return sorted(communities, key=lambda one: (one.town or "", one.words["name_th"], one.id))


def _region(outline: BaseGeometry) -> Region:
    return Region(ewkb=shapely.to_wkb(shapely.set_srid(shapely.force_2d(outline), 4326), include_srid=True))


def _within(looking: Looking, fid: int, name: str, place: BaseGeometry) -> list[Group]:
    by, sums = BY[name]

    def ask() -> Any:
        wanted = Wanted(region=_region(place))
        found = grouped(looking.session, LAYERS[name], EVERYBODY, wanted, by=by, sums=sums)
        return [[one.values, one.count, one.sums] for one in found]

    kept = looking.remembered(("reading", "within", fid, name), (name, "shared_area"), ask)
    return [Group(values=tuple(values), count=count, sums=tuple(more)) for values, count, more in kept]


def _people(name: str, communities: Sequence[Community]) -> People:
    known = [one.words[name] for one in communities if one.words.get(name) is not None]
    label = LAYERS["community"].fields[name].label
    return People(name=name, label=label, total=sum(known) if known else None, known=len(known))


def _with_rates(numbers: Numbers, towns: dict[str, dict[str, Any]]) -> Touched:
    town = towns.get(numbers.community.town or "", {})
    name = town.get("name_th") or numbers.community.town or "–"
    measure = MEASURES["risk-point"]
    ways = ("count", "registered", "present")
    return Touched(
        community=numbers.community, town=Text(name, town.get("name_en") or name),
        rates=[said(measure.told(numbers, way), measure.digits_of(way)) for way in ways],
    )  # fmt: skip


def _rates(within: Sequence[Group], people: Sequence[People]) -> list[tuple[Text, Text]]:
    """Risk points within the area by 100 of the people of the communities it touches, each way of counting them."""
    count = sum(group.count for group in within)
    found = []
    for one in people:
        told = number(count / one.total * 100, 2) if one.total else None
        found.append((one.label, Text(told, told) if told else STATES[Known.NOT_KNOWN]))
    return found


def sheet_of(page: SharedPage) -> Sheet:
    """The page's numbers as a file."""
    words = page.words
    facts = [
        Fact(topic=POPULATION, item=one.label, value=one.total, unit=Text("คน", "people"),
             state=Text(f"ทราบ {one.known} จาก {len(page.communities)} ชุมชน",
                        f"known of {one.known} of {len(page.communities)} communities"))
        for one in page.people
    ]  # fmt: skip
    for each in page.communities:
        topic = Text(
            f"{each.community.words['name_th']} ({each.town.th})",
            f"{each.community.words.get('name_en') or each.community.words['name_th']} ({each.town.en})",
        )
        for name, on, source in (("registered_people", "counted_on", "registered_source"),
                                 ("present_people", "present_on", "present_source")):  # fmt: skip
            value, told = each.community.words.get(name), each.community.words.get(source)
            facts.append(
                Fact(topic=topic, item=LAYERS["community"].fields[name].label, value=value, unit=Text("คน", "people"),
                     as_of=each.community.words.get(on), source=Text(told, told) if told else None,
                     state=STATES[Known.NOT_KNOWN] if value is None else None)
            )  # fmt: skip
    for one in page.risks:
        facts += one.facts()
    facts += page.assets.facts() + page.parcels.facts()
    about = {"id": page.id, "municipalities": [code for code, _ in page.towns],
             "communities": [one.community.id for one in page.communities]}  # fmt: skip
    return fact_sheet(Text(words["name_th"], words.get("name_en") or words["name_th"]), facts, about)
