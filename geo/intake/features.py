"""GeoJSON features as programs send them, taken apart into what is to be done; members that mean nothing here are told.

Nothing is looked up: whether the values fit is for `edit`, which knows the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geo.errors import BadRequest, Problem, Text
from geo.intake.work import Action, Do
from geo.intake.written import Handling
from geo.store.present import ANYTHING, Condition

# What a feature has beside its words when it was read here, and what GeoJSON allows: no loss to leave it aside.
_LEFT_ASIDE = frozenset(("links", "bbox", "timeStamp", "conformsTo", "featureType", "title"))
_OF_A_FEATURE = frozenset(("type", "id", "geometry", "properties"))
_SHAPES = ("geometry", "geom")
_OTHER_ID = Text("id ในเนื้อหาไม่ตรงกับที่อยู่", "the id in the body is not the one in the address")
_ID_IS_OURS = Text("ระบบเป็นผู้ให้ id", "the id is given by this service")
_ID_LEFT = Text("ระบบเป็นผู้ให้ id จึงไม่ใช้ที่ส่งมา", "the id is given by this service; the one sent was left aside")
_MEMBER = Text("ไม่รู้จักสมาชิกนี้ของ Feature", "a Feature has no such member here")
_MEMBER_LEFT = Text("ไม่รู้จักสมาชิกนี้ จึงไม่ใช้", "a Feature has no such member here; it was left aside")
_OLD_CRS = Text("ให้บอกระบบพิกัดด้วย Content-Crs", "say the coordinate system with the header Content-Crs")
_PROPERTIES = Text("properties ต้องเป็น object", "properties must be an object")


def whole(
    do: Do, document: Any, *, fid: int | None = None, condition: Condition = ANYTHING, handling: Handling = None
) -> Action:
    """A feature that is to be there as it stands (create, replace): what it leaves out is empty."""
    if not isinstance(document, dict) or document.get("type") != "Feature":
        raise BadRequest('ต้องเป็น GeoJSON ที่มี "type": "Feature"', 'the body must be GeoJSON with "type": "Feature"')
    properties = document.get("properties")
    problems = [*_id_problems(document, fid, handling), *_strangers(document, handling)]
    if properties is not None and not isinstance(properties, dict):
        problems.append(Problem(code="wrong-type", told=_PROPERTIES, level="error", column="properties"))
    return Action(
        do=do, fid=fid, properties=properties if isinstance(properties, dict) else {},
        geometry=document.get("geometry"), has_geometry=True, condition=condition, problems=tuple(problems),
    )  # fmt: skip


def part(document: Any, *, fid: int, condition: Condition = ANYTHING, handling: Handling = None) -> Action:
    """A merge patch (RFC 7396), shaped as GeoJSON or flat: what it leaves out stays as it is."""
    if not isinstance(document, dict):
        raise BadRequest("ต้องเป็น object ของ JSON", "the body must be a JSON object")
    problems = _id_problems(document, fid, handling)
    if "properties" in document or "type" in document:
        if document.get("type", "Feature") != "Feature":
            raise BadRequest('type ต้องเป็น "Feature"', 'type must be "Feature"')
        properties = document.get("properties", {})
        problems += _strangers(document, handling)
    else:
        properties = {name: value for name, value in document.items() if name not in (*_SHAPES, "id", "links")}
    if not isinstance(properties, dict):
        problems.append(Problem(code="wrong-type", told=_PROPERTIES, level="error", column="properties"))
        properties = {}
    # `geom` is how the flat schema calls it; in a Feature it is a member that means nothing.
    given = [name for name in _SHAPES if name in document]
    return Action(
        do="update", fid=fid, properties=properties, geometry=document[given[0]] if given else None,
        has_geometry=bool(given), condition=condition, problems=tuple(problems),
    )  # fmt: skip


def _id_problems(document: Mapping[str, Any], fid: int | None, handling: Handling) -> list[Problem]:
    said = document.get("id")
    if said is None or (fid is not None and not isinstance(said, bool) and str(said) == str(fid)):
        return []
    if fid is not None:
        return [Problem(code="other-id", told=_OTHER_ID, level="error", column="id")]
    if handling == "lenient":
        return [Problem(code="read-only", told=_ID_LEFT, level="changed", column="id")]
    return [Problem(code="read-only", told=_ID_IS_OURS, level="error", column="id")]


def _strangers(document: Mapping[str, Any], handling: Handling) -> list[Problem]:
    found = []
    for name, value in document.items():
        if name in _OF_A_FEATURE or name in _LEFT_ASIDE or value is None:
            continue
        column = name[:80]
        if name in ("crs", "coordRefSys", "place"):
            found.append(Problem(code="unknown-member", told=_OLD_CRS, level="error", column=column))
        elif handling == "lenient":
            found.append(Problem(code="unknown-member", told=_MEMBER_LEFT, level="changed", column=column))
        else:
            found.append(Problem(code="unknown-member", told=_MEMBER, level="error", column=column))
    return found
