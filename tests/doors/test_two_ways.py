"""Pages and single features are answered by prepared statements or the general way, and both say the same."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

import api.prepared_answers
import api.routes.items
from geo.store import pages
from geo.store.prepared import Statements
from layers import LAYERS
from tests.makers import make_rows, release_all
from tests.people.made import make_person
from tests.people.visiting import headers_of

# Of what has no time of its own every feature is in any span: the same question, put in a way that is not prepared.
GENERALLY = "datetime=2000-01-01/.."
EPSG = "http://www.opengis.net/def/crs/EPSG/0"
QUESTIONS = [
    "", "limit=3", "limit=3&after=2", "bbox=100,6,101,8", "bbox=100,6,101,8&limit=2",
    "bbox=100,6,101,8&limit=2&after=3", "bbox=100.4729,7.0159,100.4734,7.0162",
    "bbox=100.472900,7.016000,100.472901,7.016001", "bbox=1,1,2,2",
    "bbox=-180,-90,180,90&limit=4", f"crs={EPSG}/3857&limit=3", f"crs={EPSG}/4326&bbox=100,6,101,8",
    f"crs={EPSG}/32647&after=1", "properties=municipality&bbox=100,6,101,8",
]  # fmt: skip


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the prepared statements gave, one after the other."""
    found: list[Any] = []
    page_of = pages.page_of

    async def noted(*words: Any, **more: Any) -> Any:
        found.append(await page_of(*words, **more))
        return found[-1]

    monkeypatch.setattr(api.prepared_answers, "page_of", noted)
    return found


@pytest.fixture
def rows_of_all(engine: Engine) -> Engine:
    with Session(engine) as session, session.begin():
        for name, layer in LAYERS.items():
            status: dict[str, Any] = {"status": ["verified", "reported"] * 3} if layer.life == "risk" else {}
            make_rows(session, name, count=6, **status)
        release_all(session)
    return engine


def told(client: TestClient, path: str, headers: dict[str, str]) -> tuple[int, Any, str | None]:
    answer = client.get(path, headers=headers)
    document = answer.json()
    said = {
        name: document.get(name) for name in ("features", "numberMatched", "numberReturned", "geometry", "properties")
    }
    return answer.status_code, said, answer.headers.get("content-crs")


@pytest.mark.parametrize("who", [None, "staff"])
def test_a_page_is_the_same_on_both(
    who: str | None, rows_of_all: Engine, client: TestClient, prepared: list[Any]
) -> None:
    make_person(rows_of_all, "malee", "staff municipality 9098")
    headers = headers_of(client, "malee", scope="staff") if who else {}
    for name in LAYERS:
        for question in QUESTIONS:
            if "properties" in question and name == "household":
                continue  # in squares it has no such column
            path = f"/collections/{name}/items?{question}"
            assert told(client, path, headers) == told(client, f"{path}&{GENERALLY}", headers), path
    assert len(prepared) > 50, "the prepared way was not gone"


def test_a_feature_is_the_same_on_both(rows_of_all: Engine, client: TestClient, prepared: list[Any]) -> None:
    for name in LAYERS:
        for fid in (1, 2, 77):
            path = f"/collections/{name}/items/{fid}"
            assert told(client, path, {}) == told(client, f"{path}?{GENERALLY}", {}), path
    assert len(prepared) > 10


def test_of_a_whole_layer_whose_rows_are_counted_the_number_is_told_however_many(
    engine: Engine, client: TestClient
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO parcel (change_id, geom, municipality) SELECT 1, ST_Translate(ST_GeomFromText('POLYGON("
                "(100 7, 100.0009 7, 100.0009 7.0009, 100 7))', 4326), x * 0.001, y * 0.001), '9098' "
                "FROM generate_series(1, 102) x, generate_series(1, 100) y"
            )
        )
    make_person(engine, "somying", "staff municipality 9099")
    elsewhere = headers_of(client, "somying")
    assert client.get("/collections/parcel/items?limit=1").json()["numberMatched"] == 10_200
    assert client.get("/collections/parcel/items?limit=1&sortby=-zone").json()["numberMatched"] == 10_200
    assert client.get("/collections/parcel/items?limit=1&properties=zone&f=jsonfg").json()["numberMatched"] == 10_200
    # Some of them, and those of another town's staff, are another number.
    assert "numberMatched" not in client.get("/collections/parcel/items?limit=1&filter=zone IS NULL").json()
    assert client.get("/collections/parcel/items?limit=1", headers=elsewhere).json()["numberMatched"] == 0
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM parcel WHERE id IN (SELECT id FROM parcel ORDER BY id LIMIT 150)"))
    until = time.monotonic() + 5
    while client.get("/collections/parcel/items?limit=1").json()["numberMatched"] != 10_050:
        assert time.monotonic() < until


def test_of_too_many_nothing_is_counted_and_the_first_are_told(
    rows_of_all: Engine, client: TestClient, prepared: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_COUNTED", 4)
    monkeypatch.setattr(pages, "PAGES_COUNTED", 1)
    monkeypatch.setattr(pages, "_STATEMENTS", Statements())
    path = "/collections/asset/items?bbox=100,6,101,8&limit=3"
    found = client.get(path).json()
    assert prepared == [None]
    assert "numberMatched" not in found
    assert found["numberReturned"] == 3
    assert found["features"] == client.get(f"{path}&{GENERALLY}").json()["features"]
    (following,) = (one["href"] for one in found["links"] if one["rel"] == "next")
    assert len(client.get(following).json()["features"]) == 3
