"""What a citizen says, looked at field by field, all that is wrong told at once; and where it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from fastapi import Request
from shapely.geometry import shape as shape_of
from sqlalchemy.orm import Session

from api.caching import EditCache
from api.deps import session_as
from api.people.page_forms import day_in
from api.report_words import GROUPS, LIKELIHOODS, MOST_WORDS, OTHER, SEVERITIES
from geo.errors import BadRequest, StoreAway, Text, UnknownFeature
from geo.people.grants import BANGKOK
from geo.store import read
from geo.store.links import points_for, towns_at
from geo.thai_digits import western_digits
from layers import LAYERS

_KINDS = {code for group in GROUPS for code, _ in group.kinds} | {OTHER}
FARTHEST_METRES = 5_000.0
# Of some hundred bytes each in the form.
MOST_LISTED = 1_000
_NOTHING = Text("โปรดบอกว่าเกิดอะไรขึ้น อย่างน้อยสั้น ๆ", "Say what happened, if only in a few words")
_OUTSIDE = Text(
    "จุดนี้อยู่นอกเขตเทศบาลที่ใช้ระบบนี้ โปรดเลือกจุดใหม่ หรือแจ้งเทศบาลหรือ อบต. ของพื้นที่นั้นโดยตรง",
    "This place lies outside the municipalities that use this service: choose another place, or tell the local "
    "authority of that area",
)
_NO_PLACE = Text("โปรดบอกสถานที่: เลือกชุมชน หรือเลือกจุดบนแผนที่", "Say where: choose a community, or a place on the map")
_NO_OUTLINE = Text(
    "ชุมชนนี้ยังไม่มีแนวเขตในระบบ โปรดเลือกจุดบนแผนที่หรือพิมพ์พิกัด",
    "This community has no outline here yet: choose a place on the map, or type the coordinates",
)


@dataclass(frozen=True, kw_only=True)
class Where:
    """A place in degrees (WGS 84) and its town; `community` where that is all that was said of it."""

    lon: float
    lat: float
    town: str
    community: int | None
    told: Text


@dataclass(kw_only=True)
class Said:
    """The columns of a mark as they were said, and what is wrong with them, by field of the form."""

    columns: dict[str, Any] = field(default_factory=dict)
    where: Where | None = None
    wrong: list[tuple[str, Text]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Community:
    """A community to choose from."""

    id: int
    name: Text


@dataclass(frozen=True, kw_only=True)
class Town:
    """A town with its communities, and the rectangle around it: west, south, east, north in degrees."""

    code: str
    name: Text
    box: tuple[float, float, float, float]
    communities: tuple[Community, ...]


def said_in(request: Request, words: Mapping[str, str], *, at: dt.datetime) -> Said:
    """What a form says, with its place looked up; all that is wrong is in `wrong`."""
    said = Said()
    told = words.get("words", "").replace("\r\n", "\n").strip()
    kind = words.get("kind", "").strip()
    if kind not in _KINDS:
        said.wrong.append(("kind", Text("โปรดเลือกว่าเป็นเรื่องอะไร", "Choose what it is about")))
    elif kind != OTHER:
        said.columns["kind"] = kind
    if not told:
        said.wrong.append(("words", _NOTHING))
    elif len(told) > MOST_WORDS:
        said.wrong.append(("words", Text(
            f"ยาวเกิน {MOST_WORDS:,} ตัวอักษร (ตอนนี้ {len(told):,}) โปรดตัดให้สั้นลง",
            f"Longer than {MOST_WORDS:,} characters (it has {len(told):,}): please shorten it",
        )))  # fmt: skip
    said.columns["description"] = told
    for name, choices in (("severity", SEVERITIES), ("likelihood", LIKELIHOODS)):
        value = words.get(name, "").strip()
        if value and value not in dict(choices):
            said.wrong.append((name, Text("โปรดเลือกจากรายการ", "Choose one from the list")))
        elif value:
            said.columns[name] = int(value)
    _seen_on(said, words, at)
    said.where = _where(request, words, said)
    return said


def _seen_on(said: Said, words: Mapping[str, str], at: dt.datetime) -> None:
    try:
        day = day_in(words.get("seen_on", "")[:80], "seen_on")
    except BadRequest:
        said.wrong.append(("seen_on", Text(
            "อ่านวันที่ไม่ได้ เขียนเช่น 21/11/2569 หรือเว้นว่าง",
            "The day cannot be read: write 21/11/2569 or 2026-11-21, or leave it out",
        )))  # fmt: skip
        return
    if day is not None and day > at.astimezone(BANGKOK).date():
        said.wrong.append(("seen_on", Text("วันที่นี้ยังมาไม่ถึง", "This day has not come yet")))
    elif day is not None:
        said.columns["seen_on"] = day.isoformat()


def _where(request: Request, words: Mapping[str, str], said: Said) -> Where | None:
    lat, lon = (western_digits(words.get(name, "")).strip().replace(",", ".") for name in ("lat", "lon"))
    chosen = words.get("place", "").strip()
    if lat or lon:
        found = _at(request, lat, lon, words.get("accuracy", ""))
    elif chosen:
        found = _in_community(request, chosen)
    else:
        found = ("place", _NO_PLACE)
    if isinstance(found, Where):
        return found
    said.wrong.append(found)
    return None


def _at(request: Request, lat: str, lon: str, accuracy: str) -> Where | tuple[str, Text]:
    x, y = _number(lon, 180), _number(lat, 90)
    if x is None or y is None:
        return "lat", Text(
            "อ่านพิกัดไม่ได้ เขียนเช่น 7.0086 และ 100.4747", "The coordinates cannot be read: write 7.0086 and 100.4747"
        )
    with session_as(request, read.Asking()) as session:
        town = towns_at(session, LAYERS["municipality"], np.array([shapely.Point(x, y)], dtype=object))[0]
    if town is None:
        return "lat", _OUTSIDE
    metres = _number(accuracy, FARTHEST_METRES)
    if metres is None or metres <= 0:
        told = Text("ผู้แจ้งเลือกจุดเอง", "the reporter chose the place")
    else:
        told = Text(f"จากจีพีเอส คลาดเคลื่อนประมาณ {metres:,.0f} เมตร", f"from GPS, accurate to about {metres:,.0f} metres")
    return Where(lon=round(x, 6), lat=round(y, 6), town=town, community=None, told=told)


def _number(written: str, most: float) -> float | None:
    try:
        found = float(written[:40])
    except ValueError:
        return None
    # Not a number, and numbers without end, are not within anything.
    return found if abs(found) <= most else None


def _in_community(request: Request, chosen: str) -> Where | tuple[str, Text]:
    fid = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 16 else 0
    with session_as(request, read.Asking()) as session:
        try:
            found = read.feature(session, LAYERS["community"], read.Asking(), fid)
        except UnknownFeature:
            return "place", Text("ไม่พบชุมชนนี้ โปรดเลือกจากรายการ", "There is no such community: choose one from the list")
        name, town = found["properties"]["name_th"], found["properties"]["municipality"]
        inside, of_what = found["geometry"], Text("จุดกลางชุมชน", "the middle of the community")
        if inside is None and town:
            inside = _outline_of(session, town)
            of_what = Text(
                "จุดกลางเมือง เพราะชุมชนยังไม่มีแนวเขต", "the middle of the town, for the community has no outline yet"
            )
    if inside is None or not town:
        return "place", _NO_OUTLINE
    (point,) = points_for(np.array([shape_of(inside)], dtype=object))
    told = Text(
        f"ผู้แจ้งบอกเพียงชุมชน “{name}” จุดนี้คือ{of_what.th} ไม่ใช่ที่เกิดเหตุ",
        f"the reporter named the community “{name}” only; the point is {of_what.en}, not the place itself",
    )
    return Where(lon=round(point.x, 6), lat=round(point.y, 6), town=town, community=fid, told=told)


def _outline_of(session: Session, town: str) -> dict[str, Any] | None:
    wanted = read.Wanted(equal=(("code", town),), limit=1)
    found = read.features(session, LAYERS["municipality"], read.Asking(), wanted).features
    outline: dict[str, Any] | None = found[0]["geometry"] if found else None
    return outline


def towns(request: Request) -> Sequence[Town]:
    """The towns whose communities are known, those with the most first; none while the database is away."""
    cache: EditCache = request.app.state.cache
    names = ("community", "municipality")
    found: Sequence[Town] | None = cache.kept("report places")
    if found is None:
        since = cache.edits(names)
        try:
            with session_as(request, read.Asking()) as session:
                found = _towns_now(session)
        except StoreAway:
            # The form is shown without them, with everything that was typed.
            return ()
        cache.keep("report places", found, layers=names, box=None, since=since)
    return found


def listed(towns: Sequence[Town], code: str | None, words: Mapping[str, str]) -> tuple[Sequence[Town], bool]:
    """The towns whose communities a form can hold, and whether a town has to be chosen first.

    Where all of them are too many for a telephone, those of the town that was chosen, be it by a community of it.
    """
    if sum(len(town.communities) for town in towns) <= MOST_LISTED:
        return towns, False
    place = words.get("place", "")
    chosen = [town for town in towns if town.code == code or any(str(one.id) == place for one in town.communities)]
    return chosen[:1], True


def _towns_now(session: Session) -> Sequence[Town]:
    asking, everything = read.Asking(), read.EVERYTHING
    known = read.features(session, LAYERS["municipality"], asking, everything, shapes=False).features
    called = {one["properties"]["code"]: one["properties"] for one in known}
    boxes = {town: (box, 0) for town, (box, _) in
             read.extents(session, LAYERS["municipality"], asking, by="code").items()}  # fmt: skip
    boxes |= read.extents(session, LAYERS["community"], asking, by="municipality")
    by_town: dict[str, list[Community]] = {}
    for one in read.features(session, LAYERS["community"], asking, everything, shapes=False).features:
        words = one["properties"]
        if words["municipality"] in boxes:
            name = Text(words["name_th"], words["name_en"] or words["name_th"])
            by_town.setdefault(words["municipality"], []).append(Community(id=one["id"], name=name))
    made = []
    for code, (box, _) in boxes.items():
        words, communities = called.get(code, {}), by_town.get(code or "", [])
        if code and box and (communities or len(called) == 1):
            name = Text(words.get("name_th") or code, words.get("name_en") or words.get("name_th") or code)
            made.append(Town(code=code, name=name, box=(box.west, box.south, box.east, box.north),
                             communities=tuple(sorted(communities, key=lambda one: one.name.th))))  # fmt: skip
    return sorted(made, key=lambda town: (-len(town.communities), town.code))
