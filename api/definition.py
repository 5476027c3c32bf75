"""The definition of this API: what FastAPI works out from the routes, and what an answer of ours really is.

FastAPI says of each route that it answers JSON, and 422 where a parameter is wrong. Ours answer pages and maps too, and
every failure is a problem document (`errors.py`); a definition that says otherwise is of no use to a program.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from fastapi import FastAPI

from api.layers import is_listed
from api.openapi30 import in_openapi_30
from api.parameters import features_of_one
from geo.layer import Layer
from geo.store.asking import Asking

JSON, HTML, GEOJSON = "application/json", "text/html", "application/geo+json"
PROBLEM, OPENAPI = "application/problem+json", "application/vnd.oai.openapi+json"
_FAILURES = ("4XX", "503")
_PROBLEM = {
    "description": "A problem document (RFC 9457) in Thai and English, or the same as a page",
    "content": {
        PROBLEM: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail", "title_th", "title_en", "detail_th", "detail_en"],
                "properties": {
                    "type": {"type": "string"}, "status": {"type": "integer"}, "instance": {"type": "string"},
                    "problems": {"type": "array"}, "choices": {"type": "array"},
                } | {f"{name}{end}": {"type": "string"} for name in ("title", "detail") for end in ("", "_th", "_en")},
            }
        },
        HTML: {},
    },
}  # fmt: skip


def answers(*kinds: str, status: int | str = 200) -> dict[int | str, dict[str, Any]]:
    """What a route answers, for its decorator."""
    return {status: {"content": {kind: {} for kind in kinds}}}


def form_answers(status: int) -> dict[str, dict[str, Any]]:
    """What our forms answer: a document to a program, a page or the way to one to a browser."""
    return {
        str(status): {"content": {JSON: {}, HTML: {}}},
        "303": {"description": "The page to go on to, in a browser"},
    }


JSON_ONLY, JSON_OR_PAGE, PAGE = answers(JSON), answers(JSON, HTML), answers(HTML)


class Defined(FastAPI):
    """An app that tells what its routes really answer."""

    def openapi(self) -> dict[str, Any]:
        """The definition, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            for operations in document["paths"].values():
                for operation in operations.values():
                    _correct(operation["responses"])
            parts = document.setdefault("components", {})
            parts["schemas"] = {
                n: one for n, one in parts.get("schemas", {}).items() if not n.endswith("ValidationError")
            }
            parts["responses"] = {"Problem": _PROBLEM}
            public = [one for one in self.state.layers.here.values() if is_listed(one, Asking())]
            _with_each_layer(document["paths"], public)
            self.openapi_schema = document
            return document
        return self.openapi_schema

    def forget_definition(self) -> None:
        """Make it anew when it is asked for next: there are other layers now."""
        self.openapi_schema = None
        self.__dict__.pop("openapi_30", None)

    @cached_property
    def openapi_30(self) -> dict[str, Any]:
        """The same in OpenAPI 3.0."""
        return in_openapi_30(self.openapi())


def _with_each_layer(paths: dict[str, Any], layers: Iterable[Layer]) -> None:
    """What may be asked of a layer's features by name, beside what may be asked of any layer's."""
    general = paths["/collections/{collection}/items"]["get"]
    for layer in layers:
        paths[f"/collections/{layer.id}/items"] = {
            "get": {
                **general,
                **features_of_one(layer),
                "operationId": f"{layer.id}_items",
                "summary": layer.title.en,
                "description": f"{layer.title} — {layer.about}",
            }
        }


def _correct(responses: dict[str, Any]) -> None:
    responses.pop("422", None)
    for status in _FAILURES:
        responses.setdefault(status, {"$ref": "#/components/responses/Problem"})
