"""Made-up data is marked wherever it is seen, also when nobody switched the demo on."""

from __future__ import annotations

import time

from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.store.tables import DEMO, Change
from tests.makers import make_rows

# A page says it in words; a map is told to draw the mark.
MARKS = ("ข้อมูลสมมติ", '"demo":true')


def marked(client: TestClient, address: str) -> bool:
    text = client.get(address, headers={"Accept": "text/html"}).text
    return any(mark in text for mark in MARKS)


def test_pages_and_maps_say_so_once_the_demo_wrote_here(engine: Engine, client: TestClient) -> None:
    with Session(engine) as session, session.begin():
        (fid,) = make_rows(session, "community", name_th="ชุมชนหนึ่ง")
    for address in ("/", "/map", f"/communities/{fid}"):
        assert not marked(client, address)
    with Session(engine) as session, session.begin():
        session.add(Change(made_by=DEMO, origin="demo", operation="load", layer="municipality"))
        make_rows(session, "municipality")
    # The edit is told to the service by the database, and heard a moment later.
    until = time.monotonic() + 5
    while not marked(client, "/") and time.monotonic() < until:
        time.sleep(0.02)
    for address in ("/", "/map", f"/communities/{fid}", "/collections/castle"):
        assert marked(client, address), address
