"""The parameters of features as the API document tells them: names, kinds, bounds, and how lists are written."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from api.asked import DEFAULT_LIMIT
from api.formats import NAMES, ONE_FEATURE
from geo.filter import LANGUAGES
from geo.layer import Field, Layer
from geo.render.written import Profile
from geo.shapes.served import CRS84, SERVED
from geo.store.read import MOST_AT_ONCE, Asking, shown_fields


def parameter(name: str, about: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One parameter of the query; lists are written with commas."""
    return {"name": name, "in": "query", "required": False, "description": about, "style": "form", "explode": False,
            "schema": schema, **more}  # fmt: skip


def path_parameter(name: str, about: str) -> dict[str, Any]:
    """One part of the path."""
    return {"name": name, "in": "path", "required": True, "description": about, "schema": {"type": "string"}}


_LIST = {"type": "array", "items": {"type": "string"}}
_CRS = {"type": "string", "format": "uri", "enum": list(SERVED), "default": CRS84.uri}

LANGUAGE = parameter("lang", "ภาษา · the language of labels", {"type": "string", "enum": ["th", "en"]})
LIMIT = parameter(
    "limit", f"at most {MOST_AT_ONCE}; more is lowered, not refused",
    {"type": "integer", "minimum": 1, "maximum": MOST_AT_ONCE, "default": DEFAULT_LIMIT},
)  # fmt: skip
BBOX = parameter(
    "bbox", "west,south,east,north in degrees, or six numbers with heights; in the axis order of bbox-crs",
    {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
)  # fmt: skip
DATETIME = parameter(
    "datetime", "an instant, a day or an interval (RFC 3339); features without a time are always in it. "
    "Members look back with an instant at layers whose features have no time of their own",
    {"type": "string"},
)  # fmt: skip
COMMON = (
    parameter("bbox-crs", "the CRS of bbox", _CRS),
    parameter("crs", "the CRS of the answer", _CRS),
    parameter("properties", "the properties that are wanted", _LIST),
    parameter("sortby", "names to sort by, each with + or - before it", _LIST),
    parameter("filter", "a condition in CQL2 over the collection's queryables", {"type": "string"}),
    parameter("filter-lang", "how the condition is written", {"type": "string", "enum": list(LANGUAGES)}),
    parameter("filter-crs", "the CRS of the shapes in the condition", {"type": "string", "format": "uri"}),
    parameter("profile", "how codes and links are told",
              {"type": "array", "items": {"type": "string", "enum": [str(one) for one in Profile]}}),
    parameter("after", "where to go on from, as the next link says it", {"type": "string"}),
)  # fmt: skip


def format_parameter(names: tuple[str, ...]) -> dict[str, Any]:
    """`f=`, which goes before Accept."""
    return parameter("f", "the format; goes before Accept", {"type": "string", "enum": list(names)})


_COLLECTION = path_parameter("collection", "ชั้นข้อมูล · the layer")
FEATURES = {"parameters": [_COLLECTION, format_parameter(NAMES), LANGUAGE, LIMIT, BBOX, DATETIME, *COMMON]}
FEATURE = {
    "parameters": [
        _COLLECTION, path_parameter("fid", "รหัสรายการ · the feature's id"),
        format_parameter(tuple(name for name in NAMES if name in {*map(str, ONE_FEATURE), "json", "json-fg"})),
        LANGUAGE, DATETIME, *(one for one in COMMON if one["name"] in ("crs", "properties", "profile")),
    ]
}  # fmt: skip


_KINDS: dict[type, dict[str, Any]] = {
    int: {"type": "integer"}, float: {"type": "number"}, Decimal: {"type": "number"}, bool: {"type": "boolean"},
    dt.date: {"type": "string", "format": "date"}, dt.datetime: {"type": "string", "format": "date-time"},
}  # fmt: skip


def property_parameter(field: Field) -> dict[str, Any]:
    """A property of a layer as a filter: features whose value is equal."""
    schema = dict(_KINDS.get(field.python_type, {"type": "string"}))
    if field.codes and not field.many:
        schema["enum"] = list(field.codes.by_code)
    return parameter(field.name, str(field.label), schema)


def features_of_one(layer: Layer) -> dict[str, Any]:
    """The operation `GET /collections/{id}/items` of one layer, with the properties that everybody sees."""
    own = [property_parameter(one) for one in shown_fields(layer, Asking()).values() if one.python_type is not list]
    taken = {one["name"] for one in FEATURES["parameters"]}
    others = [one for one in FEATURES["parameters"] if one["in"] == "query"]
    return {"parameters": [*others, *(one for one in own if one["name"] not in taken)]}
