"""The API document: valid in both versions, the same in both, and with each layer's own parameters."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from api.app import create_app
from api.definition import Defined
from api.openapi30 import in_openapi_30, schema_30
from api.settings import Settings
from geo.layer import Audience
from layers import LAYERS


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Defined:
    found = create_app(Settings(home=tmp_path_factory.mktemp("home")), database_url="postgresql+psycopg://nobody@/none")
    assert isinstance(found, Defined)
    return found


def test_both_documents_are_valid(app: Defined) -> None:
    OpenAPIV31SpecValidator(app.openapi()).validate()
    OpenAPIV30SpecValidator(app.openapi_30).validate()
    assert app.openapi_30["openapi"].startswith("3.0")


def test_both_say_the_same_operations(app: Defined) -> None:
    def operations(document: dict[str, Any]) -> set[tuple[str, str, tuple[str, ...]]]:
        return {(path, method, tuple(one["name"] for one in told.get("parameters", ())))
                for path, methods in document["paths"].items() for method, told in methods.items()}  # fmt: skip

    assert operations(app.openapi()) == operations(app.openapi_30)


@pytest.mark.parametrize("name", LAYERS)
def test_each_collection_lists_the_parameters_of_its_own_that_everybody_may_use(name: str, app: Defined) -> None:
    told = app.openapi_30["paths"][f"/collections/{name}/items"]["get"]["parameters"]
    by_name = {one["name"]: one for one in told}
    assert {"limit", "bbox", "datetime", "crs", "bbox-crs"} <= set(by_name)
    assert (by_name["bbox"]["style"], by_name["bbox"]["explode"]) == ("form", False)
    assert (by_name["bbox"]["schema"]["minItems"], by_name["bbox"]["schema"]["maxItems"]) == (4, 6)
    assert {"minimum", "maximum", "default"} <= set(by_name["limit"]["schema"])
    layer = LAYERS[name]
    shown = {"count", "as_of"} if layer.shape.cells else set(layer.fields_for(Audience.PUBLIC))
    hidden = set(layer.fields) - shown
    assert shown - set(by_name) == set()
    assert hidden & set(by_name) == set()


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "string", "nullable": True}),
        ({"type": ["integer", "null"]}, {"type": "integer", "nullable": True}),
        ({"const": "a"}, {"enum": ["a"]}),
        ({"type": "integer", "exclusiveMinimum": 3}, {"type": "integer", "minimum": 3, "exclusiveMinimum": True}),
        ({"type": "string", "contentMediaType": "application/octet-stream"}, {"type": "string", "format": "binary"}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"anyOf": [{"$ref": "#/x"}, {"type": "null"}]}, {"anyOf": [{"$ref": "#/x"}], "nullable": True}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"properties": {"const": {"type": ["string", "null"]}}},
         {"properties": {"const": {"type": "string", "nullable": True}}}),
    ],
)  # fmt: skip
def test_what_only_the_newer_one_can_say_is_said_in_the_words_of_the_older(
    schema: dict[str, Any], told: dict[str, Any]
) -> None:
    assert schema_30(schema) == told


def test_the_newer_document_stays_as_it_was(app: Defined) -> None:
    before = repr(app.openapi())
    in_openapi_30(app.openapi())
    assert repr(app.openapi()) == before
