"""Schemas, queryables and sortables over HTTP: JSON Schema of what each asker sees, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema_rs import Draft202012Validator, meta
from sqlalchemy.orm import Session

from api.schema_documents import described
from api.settings import Settings
from geo.filter import FUNCTIONS, read_filter
from geo.filter.kinds import Kind
from geo.layer import Audience
from geo.store.db import writing_engine
from geo.store.queryables import queryable_fields, queryables
from geo.store.read import Asking
from layers import LAYERS
from tests.conftest import app_of
from tests.makers import make_rows, release_all
from tests.people.made import make_person
from tests.people.visiting import headers_of

NAMES = ("schema", "queryables", "sortables")
VALUES = {"integer": "1", "number": "1.5", "boolean": "true", "string": "'x'"}
LITERALS = {Kind.NUMBER: "2.5", Kind.TEXT: "'x'", Kind.DATE: "DATE('2020-01-01')", Kind.GEOMETRY: "POINT(1 1)"}


@pytest.fixture(scope="module")
def doors(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over one database of everything."""
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        for name in LAYERS:
            make_rows(session, name, count=8, step=0.00001)
        release_all(session)
    make_person(engine, "somchai", "staff municipality 9098")
    home: Path = tmp_path_factory.mktemp("home")
    with TestClient(app_of(Settings(home=home), url), base_url="http://atlas.example") as found:
        yield found
    engine.dispose()


@pytest.fixture(scope="module")
def staff(doors: TestClient) -> dict[str, str]:
    return headers_of(doors, "somchai", scope="staff")


def told(doors: TestClient, layer: str, name: str, **how: Any) -> dict[str, Any]:
    answer = doors.get(f"/collections/{layer}/{name}", **how)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/schema+json")
    document: dict[str, Any] = answer.json()
    return document


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layer", LAYERS)
def test_each_is_a_valid_schema_of_the_standard(
    layer: str, name: str, doors: TestClient, staff: dict[str, str]
) -> None:
    for headers in ({}, staff):
        schema = told(doors, layer, name, headers=headers)
        meta.validate(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"http://atlas.example/collections/{layer}/{name}"
        assert (schema["type"], schema["additionalProperties"]) == ("object", False)
        properties = schema["properties"]
        for words in properties.values():
            is_shape = str(words.get("format", "")).startswith("geometry-")
            assert is_shape != ("type" in words)
            assert all(key.startswith("x-ogc-") for key in words if key.startswith("x-"))
            assert {words["title"]} <= set(words["x-ogc-titles"].values())
        assert sorted(words["x-ogc-propertySeq"] for words in properties.values()) == list(
            range(1, len(properties) + 1)
        )
        for role in ("id", "primary-geometry", "primary-instant"):
            assert sum(words.get("x-ogc-role") == role for words in properties.values()) <= 1
        assert ("geometry" in properties) == (name != "sortables")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_schema_names_what_its_asker_sees_and_nothing_else(
    layer: str, doors: TestClient, staff: dict[str, str]
) -> None:
    public = told(doors, layer, "queryables")["properties"]
    fields = LAYERS[layer].fields_for(Audience.PUBLIC)
    assert set(public) == {"id", "geometry", *(("count", "as_of") if LAYERS[layer].shape.cells else fields)}
    member = told(doors, layer, "queryables", headers=staff)["properties"]
    assert set(member) == {"id", "geometry", *LAYERS[layer].fields_for(Audience.STAFF)}
    items = doors.get(f"/collections/{layer}/items?limit=1").json()["features"]
    assert set(items[0]["properties"]) == set(public) - {"id", "geometry"}


@pytest.mark.parametrize("layer", LAYERS)
def test_items_fit_their_schema(layer: str, doors: TestClient, staff: dict[str, str]) -> None:
    for headers in ({}, staff):
        schema = told(doors, layer, "schema", headers=headers)
        check = Draft202012Validator(schema)
        for feature in doors.get(f"/collections/{layer}/items", headers=headers).json()["features"]:
            known = {name: value for name, value in feature["properties"].items() if value is not None}
            check.validate({"id": feature["id"], "geometry": feature["geometry"], **known})


@pytest.mark.parametrize("layer", LAYERS)
def test_every_queryable_is_filtered_by_what_its_schema_says(layer: str, doors: TestClient) -> None:
    """The type in the schema is the kind that a filter takes."""
    columns = LAYERS[layer].table.__table__.c
    known = told(doors, layer, "queryables")["properties"]
    if LAYERS[layer].shape.cells:
        return
    for name, words in known.items():
        value = {"integer": "1", "number": "1.5", "boolean": "true", "string": "'x'", "array": None}.get(
            words.get("type")
        )
        if words.get("format") == "date":
            value = "DATE('2020-01-01')"
        filter = f'"{name}" = {value}' if value else f"A_CONTAINS(\"{name}\", ('x'))"
        if "type" not in words:
            filter = f'S_INTERSECTS("{name}", POINT(1 1))'
        assert read_filter(filter).condition(queryables(LAYERS[layer], Asking(), columns)) is not None


def test_codes_are_told_with_both_labels_and_integers_stay_integers(doors: TestClient) -> None:
    kind = told(doors, "risk_point", "schema")["properties"]["severity"]
    first = LAYERS["risk_point"].fields["severity"].codes
    assert first is not None
    assert kind["type"] == "integer"
    assert [one["const"] for one in kind["oneOf"]] == [int(code.code) for code in first.codes]
    labels = [one["x-ogc-titles"] for one in kind["oneOf"]]
    assert labels == [{"th": code.label.th, "en": code.label.en} for code in first.codes]
    several = told(doors, "community", "queryables")["properties"]["problems"]
    assert (several["type"], several["items"]["type"]) == ("array", "string")
    assert told(doors, "community", "schema")["properties"]["problems"]["type"] == "string"


def test_roles_units_and_what_must_be_brought_are_told(doors: TestClient) -> None:
    parcel = told(doors, "parcel", "schema")
    assert parcel["properties"]["community_id"]["x-ogc-role"] == "reference"
    assert parcel["properties"]["community_id"]["x-ogc-collectionId"] == "community"
    assert parcel["properties"]["area_square_metres"]["x-ogc-unit"] == "m2"
    assert parcel["properties"]["geometry"]["format"] == "geometry-polygon-or-multipolygon"
    assert parcel["required"] == ["geometry"]
    risk = told(doors, "risk_point", "schema")["properties"]
    # Only what `datetime=` selects by is the instant of a feature.
    assert "x-ogc-role" not in risk["seen_on"]
    dated = replace(LAYERS["risk_point"], instant="seen_on")
    said = described(dated, queryable_fields(dated, Asking()), "en")
    assert said["seen_on"]["x-ogc-role"] == "primary-instant"
    assert risk["score"]["readOnly"] is True
    assert risk["id"] | {"readOnly": True, "x-ogc-role": "id", "type": "integer"} == risk["id"]
    assert "name_th" in told(doors, "community", "schema")["required"]


def test_the_public_of_households_gets_squares_to_read_and_not_to_write(doors: TestClient) -> None:
    schema = told(doors, "household", "schema")
    assert all(words["readOnly"] for words in schema["properties"].values())
    assert "required" not in schema
    assert schema["properties"]["geometry"]["format"] == "geometry-polygon"


def test_titles_are_in_the_language_that_is_asked_for(doors: TestClient) -> None:
    for language in ("th", "en"):
        schema = told(doors, "parcel", "queryables", params={"lang": language})
        zone = LAYERS["parcel"].fields["zone"].label
        assert schema["properties"]["zone"]["title"] == zone.in_language(language)
        assert schema["properties"]["zone"]["x-ogc-titles"] == {"th": zone.th, "en": zone.en}


@pytest.mark.parametrize("name", NAMES)
def test_people_get_a_page_and_a_profile_that_is_not_offered_is_no_error(name: str, doors: TestClient) -> None:
    page = doors.get(f"/collections/risk_point/{name}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "likelihood" in page.text
    answer = doors.get(f"/collections/risk_point/{name}?profile=rel-as-link,codelist-ref")
    assert 'rel="profile"' in answer.headers["link"]
    assert "codelist-inline" in answer.headers["link"]
    assert doors.get(f"/collections/risk_point/{name}?nosuch=1").status_code == 400
    assert doors.get(f"/collections/nosuch/{name}").status_code == 404
    assert doors.get(f"/collections/risk_point/{name}", headers={"Accept": "image/png"}).status_code == 406


def test_every_function_is_told_and_takes_what_is_told(doors: TestClient) -> None:
    listed = doors.get("/functions").json()["functions"]
    assert [one["name"] for one in listed] == list(FUNCTIONS)
    for one in listed:
        args = [LITERALS[Kind(argument["type"][0])] for argument in one["arguments"]]
        read_filter(f"{one['name']}({', '.join(args)}) IS NULL").condition({})
    assert doors.get("/functions", headers={"Accept": "text/html"}).status_code == 200
