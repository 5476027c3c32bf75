"""The API document in OpenAPI 3.0, which OGC API Features 1.0 asks for (class oas30), made from the one in 3.1.

3.1 is JSON Schema of 2020; 3.0 is a dialect of its own. Only what says something different is written anew, and what
3.0 has no word for is left out: a document may promise less in 3.0, and never something else.
"""

from __future__ import annotations

import copy
from typing import Any

VERSION = "3.0.3"
# Keywords of JSON Schema that 3.0 does not know.
_UNKNOWN = (
    "$schema", "$id", "$defs", "$comment", "$anchor", "if", "then", "else", "patternProperties", "propertyNames",
    "unevaluatedProperties", "unevaluatedItems", "dependentRequired", "dependentSchemas", "contains", "minContains",
    "maxContains", "contentMediaType", "contentEncoding", "contentSchema", "prefixItems",
)  # fmt: skip
_SCHEMA_LISTS = ("allOf", "anyOf", "oneOf")
_SCHEMAS = ("items", "additionalProperties", "not")


def in_openapi_30(document: dict[str, Any]) -> dict[str, Any]:
    """The same document in OpenAPI 3.0; the one that is given stays as it is."""
    found = copy.deepcopy(document)
    found["openapi"] = VERSION
    found["info"].pop("summary", None)
    found.pop("webhooks", None)
    found.pop("jsonSchemaDialect", None)
    _walk(found)
    return found


def _walk(node: Any) -> None:
    """Every schema of the document, wherever it stands."""
    if isinstance(node, list):
        for one in node:
            _walk(one)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "schema" and isinstance(value, dict):
                node[name] = schema_30(value)
            elif name == "schemas" and isinstance(value, dict):
                node[name] = {key: schema_30(one) for key, one in value.items()}
            elif name not in ("example", "examples", "enum"):
                _walk(value)


def schema_30(schema: dict[str, Any]) -> dict[str, Any]:
    """One schema in the words of 3.0."""
    found = {name: value for name, value in schema.items() if name not in _UNKNOWN}
    if schema.get("contentMediaType") or schema.get("contentEncoding"):
        found["format"] = "binary"
    for name in _SCHEMA_LISTS:
        if name in found:
            found[name] = [schema_30(one) for one in found[name]]
    for name in _SCHEMAS:
        if isinstance(found.get(name), dict):
            found[name] = schema_30(found[name])
    if "properties" in found:
        found["properties"] = {name: schema_30(one) for name, one in found["properties"].items()}
    _without_null(found)
    _plain_words(found)
    return found


def _plain_words(schema: dict[str, Any]) -> None:
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if isinstance(schema.get("examples"), list):
        examples = schema.pop("examples")
        schema.setdefault("example", examples[0] if examples else None)
    for name, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if name in schema and not isinstance(schema[name], bool):
            schema[bound], schema[name] = schema[name], True
    if schema.get("required") == []:
        del schema["required"]
    if schema.get("type") == "array":
        schema.setdefault("items", {})
    if "$ref" in schema and len(schema) > 1:
        # Beside a reference 3.0 reads nothing.
        schema["allOf"] = [{"$ref": schema.pop("$ref")}, *schema.get("allOf", [])]


def _without_null(schema: dict[str, Any]) -> None:
    """`null` is no type in 3.0: a schema says `nullable`."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        others = [kind for kind in kinds if kind != "null"]
        if len(others) < len(kinds):
            schema["nullable"] = True
        if len(others) == 1:
            schema["type"] = others[0]
        else:
            del schema["type"]
            schema["anyOf"] = [*schema.get("anyOf", []), *({"type": kind} for kind in others)]
    for name in ("anyOf", "oneOf"):
        if name not in schema:
            continue
        others = [one for one in schema[name] if not _is_null(one)]
        if len(others) == len(schema[name]):
            continue
        schema["nullable"] = True
        if len(others) == 1 and "$ref" not in others[0]:
            del schema[name]
            schema.update({key: value for key, value in others[0].items() if key not in schema})
        else:
            schema[name] = others


def _is_null(schema: dict[str, Any]) -> bool:
    # Its own `const: null` has become an enum by now; a bare `type: null` has stayed.
    return schema.get("type") == "null" or schema.get("enum") == [None]
