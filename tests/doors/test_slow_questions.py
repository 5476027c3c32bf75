"""A question that takes too long is ended by PostgreSQL, and whoever asked is told when to come again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.settings import Settings
from geo.store import db
from tests.conftest import app_of
from tests.makers import make_rows, tile_at

MILLISECONDS = 400
Z, X, Y = tile_at(16)
BOX = "bbox=100.3,6.9,100.6,7.1"


@pytest.fixture
def impatient(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The service with a shorter time for each statement."""
    monkeypatch.setattr(db, "READ_ONLY", db.READ_ONLY.replace(str(db.READ_SECONDS * 1000), str(MILLISECONDS)))
    assert str(MILLISECONDS) in db.READ_ONLY
    with TestClient(app_of(Settings(home=tmp_path), database_url), raise_server_exceptions=False) as found:
        yield found


@pytest.mark.parametrize("path", [
    f"/collections/asset/items?{BOX}", "/collections/asset/items", "/collections/asset/items/1",
    f"/collections/asset/items?{BOX}&f=csv", f"/collections/asset/items?{BOX}&f=html",
    "/collections/asset/items?filter=CASEI(name_th) LIKE '%25a%25'&sortby=-name_th",
    "/collections/asset/items?f=geojsonseq", f"/tiles/asset/{Z}/{X}/{Y}.mvt", f"/tiles/asset/{Z}/{X}/{Y}.geojson",
    f"/tiles/asset/{Z}/{X}/{Y}.mvt?filter=name_th IS NOT NULL",
    f"/collections/asset/tiles/WebMercatorQuad/{Z}/{Y}/{X}?f=geojson",
])  # fmt: skip
def test_it_is_503_with_a_time_to_come_again(path: str, impatient: TestClient, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "asset", count=3)
    # Somebody who holds the table: nothing that reads it comes to an end.
    with engine.connect() as holder:
        holder.execute(text("LOCK TABLE asset IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        answer = impatient.get(path)
        took = time.monotonic() - began
        holder.rollback()
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    wanted = "text/html; charset=utf-8" if "f=html" in path else "application/problem+json"
    assert answer.headers["content-type"] == wanted
    assert "canceling" not in answer.text
    assert took < 30, "it was ended, and not waited for"
    again = impatient.get(path)
    assert again.status_code in (200, 204), again.text
