"""No personal value in a log line or an answer to a failure: secrets are sent in every way and looked for."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.makers import make_rows
from tests.people.made import make_person, password_of
from tests.people.visiting import bearer, sent, sign_in, token_for
from tests.planted import all_that_is_logged

SECRET = "ความลับ-planted-secret-4711"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, but for the test's own client, which writes the addresses it asks for."""
    with all_that_is_logged("http") as found:
        yield found


def test_nothing_that_was_sent_or_read_reaches_the_log(
    engine: Engine, client: TestClient, written: io.StringIO, database_url: str
) -> None:
    with Session(engine) as session, session.begin():
        ids = make_rows(session, "household", count=3, head_name=SECRET, phone=SECRET, note=SECRET)
    make_person(engine, "nok", "care municipality 9098", "staff municipality 9098")
    token = token_for(client, "nok", scope="care", purpose="visits to the sick").json()["access_token"]
    headers = bearer(token)
    said = []
    for address in (
        "/collections/household/items", f"/collections/household/items/{ids[0]}", "/tiles/household/16/51058/31488.mvt",
        f"/collections/household/items?head_name={SECRET}", f"/collections/household/items?{SECRET}=1",
        f"/collections/{SECRET}", f"/maps?layers={SECRET}", f"/communities/search?q={SECRET}", f"/tiles/{SECRET}.json",
        f"/collections/household/items?bbox={SECRET}", f"/{SECRET}",
    ):  # fmt: skip
        assert client.get(address, headers=headers).status_code < 500
        # The public's answer to the same says nothing of what is inside.
        said.append(client.get("/collections/household/items", headers={"X-Name": "planted-secret"}).text)
    sign_in(client, "nok", password=SECRET)
    sign_in(client, SECRET, password=SECRET)
    sign_in(client, "nok")
    sent(client, "/auth/password", old=SECRET, new=SECRET)
    client.post("/auth/token", data={"grant_type": "password", "username": SECRET, "password": SECRET})
    client.post("/auth/revoke", data={"token": SECRET})
    client.get("/auth/me", headers=bearer(f"atlas_{SECRET}".encode("ascii", "ignore").decode()))
    rows = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"household_code": "H1", "head_name": SECRET, "disabled": SECRET},
         "geometry": {"type": "Point", "coordinates": [100.47, 7.01]}}]}  # fmt: skip
    file = {"file": (f"{SECRET}.geojson", json.dumps(rows).encode(), "application/geo+json")}
    client.post("/imports", headers=headers, files=file, data={"layer": "household", "municipality": "9098"})
    assert SECRET not in "".join(said)
    log = written.getvalue()
    assert "/collections/{collection}/items" in log  # something was written
    for planted in (SECRET, "planted-secret", token, password_of("nok")):
        assert planted not in log, [line for line in log.splitlines() if planted in line][:3]


def test_a_failure_nobody_foresaw_is_told_and_logged_without_the_row(
    engine: Engine, client: TestClient, written: io.StringIO
) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "asset", name_th=SECRET)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE asset RENAME COLUMN kind TO kind_of_old"))
    answer = client.get("/collections/asset/items", params={"name_th": SECRET})
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert SECRET not in written.getvalue()
