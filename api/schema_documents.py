"""Properties as JSON Schema (OGC 23-058r2, “Schemas”): what each is, in which unit, from which list, in which role.

The schema is of the logical model: a property may be missing, or null in GeoJSON, unless it is required. Titles are in
the asked language, and in both under a keyword of our own (what JSON Schema does not know begins with `x-ogc-`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from geo.errors import Text
from geo.layer import Cells, Field, Layer
from geo.store.queryables import GEOMETRY, ID

DRAFT = "https://json-schema.org/draft/2020-12/schema"
PLACE = Text("รูปและที่ตั้ง", "Shape and place")
_TYPES: dict[type, dict[str, str]] = {
    bool: {"type": "boolean"}, int: {"type": "integer", "format": "int32"}, Decimal: {"type": "number"},
    float: {"type": "number", "format": "double"}, dt.date: {"type": "string", "format": "date"},
    dt.datetime: {"type": "string", "format": "date-time"},
}  # fmt: skip
# UCUM knows no money.
_UNITS = {"m²": {"x-ogc-unit": "m2"}, "THB": {"x-ogc-unit": "THB", "x-ogc-unitLang": "ISO4217"}}


def document(
    layer: Layer, properties: Mapping[str, dict[str, Any]], *, at: str, language: str, required: list[str] | None = None
) -> dict[str, Any]:
    """A schema of these properties and no others."""
    whole: dict[str, Any] = {
        "$schema": DRAFT,
        "$id": at,
        "type": "object",
        **titled(layer.title, language),
        "description": layer.about.in_language(language),
        "properties": dict(properties),
    }
    if required:
        whole["required"] = required
    return {**whole, "additionalProperties": False}


def titled(label: Text, language: str) -> dict[str, Any]:
    """A title in the asked language, and in both."""
    return {"title": label.in_language(language), "x-ogc-titles": {"th": label.th, "en": label.en}}


def described(
    layer: Layer, fields: Mapping[str, Field | None], language: str, *, as_array: bool = False
) -> dict[str, dict[str, Any]]:
    """Each property with its title, type, unit, codes and role; `as_array` tells several codes as an array of them."""
    found = {}
    for place, (name, words) in enumerate(fields.items(), 1):
        one = _shape(layer, fields, language) if words is None else _property(words, language, as_array=as_array)
        if name == layer.instant:
            one["x-ogc-role"] = "primary-instant"
        found[name] = {**one, "x-ogc-propertySeq": place}
    return found


def _shape(layer: Layer, fields: Mapping[str, Field | None], language: str) -> dict[str, Any]:
    is_square = layer.shape.cells is not None and "count" in fields
    kinds = ("POLYGON",) if is_square else layer.shape.kinds
    kind = kinds[0].lower() if len(kinds) == 1 else "any"
    written = kind if is_square or kind == "any" else f"{kind}-or-multi{kind}"
    return {**titled(PLACE, language), "format": f"geometry-{written}", "x-ogc-role": "primary-geometry"}


def _property(words: Field, language: str, *, as_array: bool) -> dict[str, Any]:
    found: dict[str, Any] = {**titled(words.label, language), **_TYPES.get(words.python_type, {"type": "string"})}
    if words.python_type is list:
        found |= {"type": "array", "items": _TYPES.get(words.item_type or str, {"type": "string"})}
    if words.is_large:
        found["format"] = "int64"
    if words.name == ID:
        return {**found, "format": "int64", "readOnly": True, "x-ogc-role": "id"}
    if words.link:
        found |= {"format": "int64", "x-ogc-role": "reference", "x-ogc-collectionId": words.link.to}
    if words.codes:
        found |= _of_codes(words, language, as_array=as_array)
    if words.unit:
        found |= _UNITS.get(words.unit, {"x-ogc-unit": words.unit})
    if words.computed:
        found["readOnly"] = True
    return found


def _of_codes(words: Field, language: str, *, as_array: bool) -> dict[str, Any]:
    assert words.codes is not None
    number = words.python_type is int
    codes = [
        {"const": int(one.code) if number else one.code, **titled(one.label, language)} for one in words.codes.codes
    ]
    if not words.many:
        return {"oneOf": codes}
    if as_array:
        return {"type": "array", "items": {"type": "string", "oneOf": codes}}
    several = Text("รหัสหลายรหัส คั่นด้วยช่องว่าง", "Several codes with blanks between them")
    return {"description": several.in_language(language), "x-ogc-codes": codes}


def required(layer: Layer, fields: Mapping[str, Field | None]) -> list[str]:
    """What a new feature must bring: columns that are never empty and that nothing else fills."""
    columns = layer.table.__table__.c
    found = [
        name
        for name, words in fields.items()
        if words is not None and name in columns and words.imported and not columns[name].nullable and name != ID
    ]
    return [*found, GEOMETRY] if layer.shape.required and GEOMETRY in fields else found


def read_only(properties: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same where nobody writes: numbers of squares are counted, not sent."""
    return {name: {**one, "readOnly": True} for name, one in properties.items()}


def is_of_squares(form: object) -> bool:
    """Whether an audience gets squares, which are made and not written."""
    return isinstance(form, Cells)
