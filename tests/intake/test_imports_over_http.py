"""POST /imports: who may, what comes back, and what is refused."""

from __future__ import annotations

import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.routes import imports
from geo.store.db import session_of
from geo.store.tokens import make_token
from tests.intake.conftest import FILES, Rows

STATIONS = FILES / "swapped_axes.geojson"


@pytest.fixture
def token(engine: Engine) -> dict[str, str]:
    """The header of somebody who may write."""
    with session_of(engine) as session:
        return {"Authorization": f"Bearer {make_token(session, 'an officer')}"}


def posted(client: TestClient, headers: dict[str, str], *, name: str = STATIONS.name, **fields: Any) -> Any:
    with STATIONS.open("rb") as file:
        files = {"file": (name, file, "application/geo+json")}
        return client.post("/imports", headers=headers, files=files, data={"layer": "flood_station", **fields})


def test_somebody_without_a_token_may_not(client: TestClient, rows: Rows) -> None:
    for headers in ({}, {"Authorization": "Bearer atlas_wrong"}):
        assert posted(client, headers).status_code == 401
    assert client.get("/imports/1").status_code == 401
    assert rows("SELECT count(*) FROM flood_station") == [(0,)]


def test_a_file_comes_in_and_its_report_can_be_read_again(
    client: TestClient, token: dict[str, str], rows: Rows
) -> None:
    answer = posted(client, token, municipality="9098")
    assert answer.status_code == 201
    report = answer.json()
    assert report["counts"]["inserted"] == 2
    assert answer.headers["Location"] == f"/imports/{report['id']}"
    assert "no-store" in answer.headers["Cache-Control"]
    again = client.get(answer.headers["Location"], headers=token)
    assert (again.status_code, again.json()) == (200, report)
    assert rows("SELECT loaded_by, file_name FROM import_batch") == [("an officer", STATIONS.name)]
    assert rows("SELECT origin FROM change") == [("http",)]


def test_a_dry_run_keeps_nothing_and_makes_nothing(client: TestClient, token: dict[str, str], rows: Rows) -> None:
    answer = posted(client, token, dry_run="true")
    assert answer.status_code == 200
    assert answer.json()["counts"]["inserted"] == 2
    assert "Location" not in answer.headers
    assert rows("SELECT (SELECT count(*) FROM flood_station), (SELECT count(*) FROM import_batch)") == [(0, 0)]


def test_a_refused_file_is_a_problem_document_with_its_problems_and_choices(
    client: TestClient, token: dict[str, str]
) -> None:
    content = b'station_code,wkt\nX,"POINT(662695 775773)"\n'
    answer = client.post(
        "/imports", headers=token, files={"file": ("metres.csv", io.BytesIO(content))}, data={"layer": "flood_station"}
    )
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    body = answer.json()
    assert body["problems"][0]["code"] == "metres-as-degrees"
    assert any("EPSG:32647" in choice["en"] for choice in body["choices"])
    assert body["detail_th"] != body["detail_en"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"layer": "castle"}, 404), ({"layer": ""}, 400), ({"dry_run": "perhaps"}, 400), ({"map": "no-sign"}, 400),
        ({"colour": "red"}, 400), ({"municipality": "x"}, 400), ({"crs": "EPSG:999999"}, 400),
        ({"encoding": "klingon"}, 400), ({"encoding": "utf-16"}, 400),
        ({"set": "kind=castle"}, 400),
        ({"set": "version=7"}, 400), ({"map": ["name_th=nowhere"]}, 400),
    ],
)  # fmt: skip
def test_an_option_that_makes_no_sense_is_told(
    client: TestClient, token: dict[str, str], rows: Rows, fields: dict[str, Any], status: int
) -> None:
    answer = posted(client, token, **fields)
    assert answer.status_code == status
    assert answer.json()["detail_th"]
    assert rows("SELECT count(*) FROM flood_station") == [(0,)]


def test_constants_and_columns_can_be_said(client: TestClient, token: dict[str, str], rows: Rows) -> None:
    answer = posted(client, token, set=["kind=camera", "canal=คลองสมมติ"], map=["note=name_th"])
    assert answer.status_code == 201
    assert rows("SELECT DISTINCT canal FROM flood_station") == [("คลองสมมติ",)]
    assert rows("SELECT note FROM flood_station ORDER BY 1") == [("สะพานสอง",), ("สะพานหนึ่ง",)]


def test_a_form_without_a_file_or_that_is_no_form_is_told(client: TestClient, token: dict[str, str]) -> None:
    assert client.post("/imports", headers=token, data={"layer": "parcel"}).status_code == 400
    assert client.post("/imports", headers=token, json={"layer": "parcel"}).status_code == 400
    torn = {**token, "Content-Type": "multipart/form-data"}
    assert client.post("/imports", headers=torn, content=b"nothing like a form").status_code == 400


def test_a_file_that_announces_itself_too_large_is_refused_at_once(client: TestClient, token: dict[str, str]) -> None:
    headers = {**token, "Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(3 * 1024**3)}
    assert client.post("/imports", headers=headers, content=b"--x").status_code == 413


def test_a_file_that_grows_too_large_is_refused_as_it_comes(
    client: TestClient, token: dict[str, str], rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_BYTES", 200)
    assert posted(client, token).status_code == 413
    assert rows("SELECT count(*) FROM flood_station") == [(0,)]


def test_a_senders_path_is_not_kept(client: TestClient, token: dict[str, str], rows: Rows) -> None:
    assert posted(client, token, name="C:\\Users\\somebody\\stations.geojson").status_code == 201
    assert rows("SELECT file_name FROM import_batch") == [("stations.geojson",)]


def test_an_import_ends_when_the_service_is_told_to_stop_and_keeps_nothing(
    client: TestClient, token: dict[str, str], rows: Rows
) -> None:
    stopping = client.app.state.stopping  # type: ignore[attr-defined]  # an ASGI app in general has no state
    stopping.set()
    try:
        answer = posted(client, token, municipality="9098")
    finally:
        stopping.clear()
    assert answer.status_code == 503
    assert rows("SELECT (SELECT count(*) FROM flood_station), (SELECT count(*) FROM import_batch)") == [(0, 0)]


def test_a_report_that_is_not_there_is_not_found(client: TestClient, token: dict[str, str]) -> None:
    assert client.get("/imports/999", headers=token).status_code == 404
    assert client.get("/imports/-1", headers=token).status_code == 400
    assert client.get("/imports/abc", headers=token).status_code == 400
