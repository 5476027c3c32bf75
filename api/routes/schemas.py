"""Schemas: what a collection's features hold, and what they can be filtered and sorted by, for whoever asks.

OGC 23-058r2 (Features Part 5, Common Part 3), and the functions of filters (Features Part 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import schema_documents as documents
from api.answers import json_answer
from api.definition import HTML, JSON_OR_PAGE, answers
from api.deps import Asking, Known, NamedLayer
from api.links import base_of, link
from api.negotiation import format_of, language_of
from api.pages import page
from geo.errors import Text
from geo.filter import FUNCTIONS
from geo.layer import Layer
from geo.store import read
from geo.store.queryables import queryable_fields, sortable_fields

router = APIRouter(tags=["schemas"], dependencies=[Known])

SCHEMA_JSON = "application/schema+json"
SCHEMA = answers(SCHEMA_JSON, HTML)
# Codes stand in the schema itself. Other profiles may be asked for: what is not offered is not an error.
CODES_INLINE = "http://www.opengis.net/def/profile/OGC/0/codelist-inline"
Profile = Annotated[
    str | None, Query(max_length=500, description="profiles that are wanted, with commas; codes are always told inline")
]
RELATIONS = {
    "schema": ("http://www.opengis.net/def/rel/ogc/1.0/schema", Text("โครงสร้างข้อมูล", "Schema")),
    "queryables": (
        "http://www.opengis.net/def/rel/ogc/1.0/queryables",
        Text("สิ่งที่กรองได้", "What it can be filtered by"),
    ),
    "sortables": ("http://www.opengis.net/def/rel/ogc/1.0/sortables", Text("สิ่งที่เรียงได้", "What it can be sorted by")),
}
CONFORMS_TO = (
    *(f"http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/{name}" for name in (
        "schemas", "advanced-property-roles", "references", "returnables-and-receivables", "queryables", "sortables",
        "profile-parameter", "profile-codelists",
    )),
    # What today's clients look for: the same standard under its number among the Features parts.
    *(f"http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/{name}" for name in (
        "schemas", "core-roles-features", "returnables-and-receivables", "queryables", "sortables",
    )),
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    *(f"http://www.opengis.net/spec/cql2/1.0/conf/{name}" for name in (
        "cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators", "case-insensitive-comparison",
        "accent-insensitive-comparison", "basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions",
        "temporal-functions", "array-functions", "property-property", "functions", "arithmetic",
    )),
)  # fmt: skip


def schema_links(request: Request, layer: Layer) -> list[dict[str, Any]]:
    """The links from a collection to its three schemas."""
    return [
        link(request, f"/collections/{layer.id}/{name}", relation, SCHEMA_JSON, str(title))
        for name, (relation, title) in RELATIONS.items()
    ]


@router.get("/collections/{collection}/schema", response_model=None, responses=SCHEMA)
def get_schema(request: Request, layer: NamedLayer, asking: Asking, profile: Profile = None) -> Response:
    """What a feature of this collection holds, and what a new one must bring."""
    fields = queryable_fields(layer, asking)
    properties = documents.described(layer, fields, language_of(request))
    if documents.is_of_squares(read.form(layer, asking)):
        return _answer(request, layer, "schema", documents.read_only(properties))
    return _answer(request, layer, "schema", properties, documents.required(layer, fields))


@router.get("/collections/{collection}/queryables", response_model=None, responses=SCHEMA)
def get_queryables(request: Request, layer: NamedLayer, asking: Asking, profile: Profile = None) -> Response:
    """What this collection can be filtered by; other names are 400."""
    fields = queryable_fields(layer, asking)
    return _answer(
        request, layer, "queryables", documents.described(layer, fields, language_of(request), as_array=True)
    )


@router.get("/collections/{collection}/sortables", response_model=None, responses=SCHEMA)
def get_sortables(request: Request, layer: NamedLayer, asking: Asking, profile: Profile = None) -> Response:
    """What this collection can be sorted by."""
    fields = sortable_fields(layer, asking)
    return _answer(request, layer, "sortables", documents.described(layer, fields, language_of(request)))


def _answer(
    request: Request,
    layer: Layer,
    name: str,
    properties: Mapping[str, dict[str, Any]],
    required: list[str] | None = None,
) -> Response:
    at = f"/collections/{layer.id}/{name}"
    if format_of(request) == "html":
        title = RELATIONS[name][1]
        return page(
            request, "schema.html", layer=layer, name=name, about=title, properties=properties, required=required or []
        )
    told = documents.document(
        layer, properties, at=base_of(request) + at, language=language_of(request), required=required
    )
    return json_answer(request, told, SCHEMA_JSON, Link=f'<{CODES_INLINE}>; rel="profile"')


@router.get("/functions", response_model=None, responses=JSON_OR_PAGE)
def list_functions(request: Request) -> Response:
    """The functions that a filter may call beside those of CQL2."""
    language = language_of(request)
    if format_of(request) == "html":
        return page(request, "functions.html", functions=FUNCTIONS)
    told = [
        {
            "name": name,
            "description": one.about.in_language(language),
            "arguments": [{"type": [str(kind) for kind in kinds]} for kinds in one.takes],
            "returns": [str(one.gives)],
        }
        for name, one in FUNCTIONS.items()
    ]
    return json_answer(request, {"functions": told})
