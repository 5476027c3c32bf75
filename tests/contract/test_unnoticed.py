"""What nobody sees changes nothing: each answer stays the same to the last byte and header when only that changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.settings import Settings
from layers import LAYERS
from tests.conftest import app_of
from tests.makers import HAT_YAI, make_rows, point, release_all, rewrite, square, tile_at
from tests.people.made import make_person
from tests.people.visiting import headers_of
from tests.planted import text_columns

LATER = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
NOW = dt.datetime.now(dt.UTC)
HAS_HIDDEN_ROWS = [name for name, layer in LAYERS.items() if layer.public_rows or layer.shape.cells]
HAS_HIDDEN_COLUMNS = [name for name, layer in LAYERS.items() if text_columns(layer)]


@contextmanager
def serving(database_url: str, home: Path) -> Iterator[TestClient]:
    """The service with nothing remembered from before, at a time of day that stands still."""
    app = app_of(Settings(home=home), database_url)
    app.state.now = lambda: NOW
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def a_town(engine: Engine) -> dict[str, list[int]]:
    """A dozen rows of every layer in one town, all published."""
    with Session(engine) as session, session.begin():
        made = {name: make_rows(session, name, count=12, step=0.0001) for name in LAYERS if name != "household"}
        # In two squares: each holds enough to be told, and the numbers differ.
        made["household"] = make_rows(session, "household", count=12, geom=[
            point(HAT_YAI[0] + (0.005 if n < 5 else 0.0), HAT_YAI[1]) for n in range(12)])  # fmt: skip
        release_all(session)
        return made


def places(made: dict[str, list[int]]) -> Iterator[str]:
    """Every door that rows of a layer can be read or counted through."""
    community = made["community"][0]
    yield from ("/", "/map", "/collections", "/communities/search?q=ชุมชน", f"/communities/{community}/map")
    yield from (f"/communities/{community}", f"/communities/{community}?f=json", "/communities/compare")
    yield from (f"/communities/compare?ids={community},{made['community'][1]}", "/shared-areas")
    yield from (f"/shared-areas/{made['shared_area'][0]}", f"/shared-areas/{made['shared_area'][0]}?f=csv")
    yield from (f"/towns/9098?by={by}" for by in ("risk-point", "risk-zone", "surveyed", "asset", "parcel"))
    yield from (f"/search?q={said}" for said in ("ชื่อ", "เปลี่ยนแล้ว", "1", "secret", "บ้าน"))
    yield from ("/map/classes?layer=risk_point&property=score", "/map/classes?layer=parcel&property=rai")
    yield from ("/tiles/parcel/legend?f=json&theme=tax_year", "/tiles/parcel/style.json?theme=occupancy")
    for name, ids in made.items():
        at = f"/collections/{name}"
        yield from (
            at,
            f"{at}/items",
            f"{at}/items?limit=5",
            f"{at}/items?limit=5&after={ids[4]}",
            f"{at}/items/{ids[5]}",
        )
        yield from (
            f"{at}/items?bbox=100.4,6.9,100.6,7.1",
            f"{at}/items?f=html",
            f"{at}/items?lang=en",
            f"/maps?layers={name}",
        )
        yield f"/map/ages?layers={name}"
        yield from (f"/tiles/{name}.json", f"/tiles/{name}/legend", f"/tiles/{name}/style.json")
        for z in (5, 12, 14, 16):
            _, x, y = tile_at(z)
            yield from (f"/tiles/{name}/{z}/{x}/{y}.mvt", f"/tiles/{name}/{z}/{x}/{y}.geojson")


def told(
    database_url: str, home: Path, made: dict[str, list[int]], *, login: str | None = None
) -> dict[str, tuple[int, dict[str, str], bytes]]:
    """Everything that is answered, to the last byte and header."""
    with serving(database_url, home) as client:
        headers = headers_of(client, login) if login else {}
        answers = {address: client.get(address, headers=headers) for address in places(made)}
    # Of households the public gets squares, and no single one.
    missing = {address for address, one in answers.items() if not one.is_success}
    assert missing == (set() if login else {f"/collections/household/items/{made['household'][5]}"})
    return {address: (one.status_code, dict(one.headers), one.content) for address, one in answers.items()}


def differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    assert before.keys() == after.keys()
    return [address for address, answer in before.items() if answer != after[address]]


def test_a_hidden_column_that_changes_changes_no_byte_for_the_public(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    made = a_town(engine)
    before = told(database_url, tmp_path, made)
    with Session(engine) as session, session.begin():
        for name in HAS_HIDDEN_COLUMNS:
            hidden = dict.fromkeys(text_columns(LAYERS[name]), "something else")
            rewrite(session, name, [made[name][2], made[name][7]], LATER, **hidden)
        # The next edition of the same households is the same edition, but for its day.
        release_all(session)
    # A row that was written anew lies elsewhere in its table: no answer may depend on where.
    assert differing(before, told(database_url, tmp_path, made)) == []


def test_rows_that_the_public_may_not_see_come_change_and_go_unnoticed(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    made = a_town(engine)
    before = told(database_url, tmp_path, made)
    with Session(engine) as session, session.begin():
        drafts = {}
        for name in ("risk_point", "risk_zone"):
            # One among the others, and one far away, where it would stretch an extent.
            near = make_rows(session, name, count=3, status="reported", community_id=made["community"][0])
            far = make_rows(session, name, status="reported", geom=spot(name, HAT_YAI[0] + 0.4))
            drafts[name] = [*near, *far]
        make_rows(session, "household", count=40, geom=point(HAT_YAI[0] + 0.3, HAT_YAI[1]))
    assert differing(before, told(database_url, tmp_path, made)) == []
    with Session(engine) as session, session.begin():
        for name, ids in drafts.items():
            rewrite(session, name, ids, LATER, name_th="เปลี่ยนแล้ว")
        session.execute(text("UPDATE household SET residents = 9 WHERE id % 2 = 0"))
    assert differing(before, told(database_url, tmp_path, made)) == []
    with Session(engine) as session, session.begin():
        for name, ids in drafts.items():
            session.execute(text(f"DELETE FROM {name} WHERE id = ANY(:ids)"), {"ids": ids})
        session.execute(text("DELETE FROM household WHERE id % 3 = 0"))
    assert differing(before, told(database_url, tmp_path, made)) == []


def spot(name: str, lon: float) -> str:
    return point(lon, HAT_YAI[1]) if LAYERS[name].shape.dimension == 0 else square(lon, HAT_YAI[1], 0.01)


def test_what_another_town_keeps_to_itself_changes_nothing_for_a_member_of_this_one(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    made = a_town(engine)
    make_person(engine, "somchai", "staff municipality 9098")
    before = told(database_url, tmp_path, made, login="somchai")
    with Session(engine) as session, session.begin():
        for name in HAS_HIDDEN_ROWS:
            theirs = make_rows(session, name, count=3, municipality="9099", geom=[
                spot(name, HAT_YAI[0] + east) for east in (0.0, 0.0001, 0.4)])  # fmt: skip
            rewrite(session, name, theirs[:1], LATER, municipality="9099")
    # A shared area tells everybody what is public of every town that shares it, members too.
    changed = differing(before, told(database_url, tmp_path, made, login="somchai"))
    assert [one for one in changed if not one.startswith("/shared-areas/")] == []
