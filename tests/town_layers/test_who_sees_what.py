"""Who sees which column of a town layer, by every door and by psql; and a change of it holds at once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, make_url

from geo.errors import BadRequest
from geo.intake.make import Why
from geo.layer import Audience, Cells, Nature, Published
from geo.people.areas import Areas
from geo.store import town_layers
from geo.store.area import known_key, signed
from geo.store.db import session_of
from geo.store.locks import drift, locks_are_current
from geo.store.migrate import migrate
from geo.store.roles import Role, signed_in_as
from geo.store.town_changes import changed
from geo.store.town_definition import ColumnType, definition_in
from geo.store.town_layers import town_layers as of_this_database
from geo.store.write import Act
from layers import LAYERS
from tests.makers import tile_at
from tests.people.made import make_person
from tests.people.visiting import headers_of
from tests.planted import readable
from tests.town_layers.conftest import AT, Make, asked, in_a_while, places, written

HIDDEN = "ring_up"
STAFF = {
    "staff": "staff municipality 9098",
    "neighbour": "staff municipality 9099",
    "partner": "partner municipality 9098",
}


@pytest.fixture(scope="module")
def people(owner: Engine, web: TestClient) -> dict[str, dict[str, str]]:
    """Who asks, with what they send along."""
    for login, grant in STAFF.items():
        make_person(owner, login, grant)
    return {"public": {}} | {login: headers_of(web, login, scope=grant.split()[0]) for login, grant in STAFF.items()}


@pytest.fixture
def psql(town_url: str, owner: Engine) -> Callable[..., subprocess.CompletedProcess[str]]:
    """psql as a role, in an area."""

    def run(role: Role, statement: str, town: str | None = None) -> subprocess.CompletedProcess[str]:
        url = make_url(signed_in_as(town_url, role)).set(drivername="postgresql")
        area = signed(known_key(owner), Audience.STAFF, Areas(towns=frozenset({town}))) if town else ""
        script = f"BEGIN; SELECT set_config('atlas.area', '{area}', true) \\g /dev/null\n{statement};\nCOMMIT;"
        return subprocess.run(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url.render_as_string(hide_password=False)], input=script,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run


def change(owner: Engine, name: str, **said: Any) -> bool:
    with session_of(owner) as session:
        before = definition_in(town_layers.kept(session, name).definition)
        act = Act(by="a steward", origin="test", at=AT, reason="a test")
        return town_layers.change(session, changed(before, **said), LAYERS, act=act)


def doors(name: str, fid: int = 1) -> Iterator[str]:
    yield from (f"/collections/{name}", f"/collections/{name}/items", f"/collections/{name}/items/{fid}",
                f"/tiles/{name}.json", f"/tiles/{name}/legend", f"/tiles/{name}/style.json", f"/maps?layers={name}",
                f"/collections/{name}/items/{fid}/versions")  # fmt: skip
    for z in (0, 6, 12, 14, 16, 18):
        for kind in ("mvt", "geojson"):
            yield "/tiles/{}/{}/{}/{}.{}".format(name, *tile_at(z), kind)


def said_by(web: TestClient, address: str, headers: dict[str, str], accept: str) -> str:
    answer = web.get(address, headers={**headers, "Accept": accept})
    assert answer.status_code < 500, (address, answer.text)
    return readable(answer.content, answer.headers.get("content-type", "")) + json.dumps(dict(answer.headers))


def test_the_public_never_sees_a_hidden_column_or_its_name(
    make: Make, web: TestClient, people: dict[str, dict[str, str]], pois: Path
) -> None:
    make(pois, "shown", town="9098", public=True, audiences={HIDDEN: Audience.STAFF})
    for who in ("public", "partner", "neighbour"):
        for address in doors("shown"):
            for accept in ("application/json", "text/html"):
                said = said_by(web, address, people[who], accept)
                assert "secret-" not in said, (who, address)
                if who in ("public", "partner"):
                    assert HIDDEN not in said, (who, address)
    for query in ("{}=secret-a", "sortby={}", "filter={}='secret-a'"):
        hidden, none = (web.get(f"/collections/shown/items?{query.format(name)}") for name in (HIDDEN, "nothing"))
        assert (hidden.status_code, none.status_code) == (400, 400)
        # In the words of a column that does not exist.
        assert hidden.json()["detail"].replace(HIDDEN, "nothing") == none.json()["detail"]
    found = web.get("/collections/shown/items", headers=people["staff"]).json()["features"]
    assert [one["properties"][HIDDEN] for one in found] == ["secret-a", "secret-b", "secret-c"]


def test_without_a_word_nothing_of_a_layer_is_for_the_public(
    make: Make, web: TestClient, people: dict[str, dict[str, str]], pois: Path, psql: Any
) -> None:
    make(pois, "inside", town="9098")
    for who in ("public", "partner"):
        assert web.get("/collections/inside/items", headers=people[who]).json()["features"] == []
        assert web.get("/collections/inside/items/1", headers=people[who]).status_code == 404
        listed = web.get("/collections", headers=people[who]).json()["collections"]
        assert "inside" not in {one["id"] for one in listed}
        for address in doors("inside"):
            assert not {"secret-", "ศาลาสอง"} & set(said_by(web, address, people[who], "application/json").split('"'))
    assert web.get("/collections/inside/items", headers=people["neighbour"]).json()["features"] == []
    assert len(web.get("/collections/inside/items", headers=people["staff"]).json()["features"]) == 3
    assert psql(Role.PUBLIC, "SELECT count(*) FROM inside").stdout == "0\n"
    # Not even how many there are per square, which far zooms would draw.
    assert psql(Role.PUBLIC, "SELECT count(*) FROM tile_count WHERE layer = 'inside'").stdout == "0\n"


def test_each_role_selects_what_the_layer_says_and_no_more(make: Make, pois: Path, psql: Any) -> None:
    make(pois, "locked", town="9098", public=True, audiences={HIDDEN: Audience.STAFF})
    assert psql(Role.PUBLIC, "SELECT name FROM locked ORDER BY id").stdout.split() == ["วัดหนึ่ง", "ศาลาสอง", "ตลาดสาม"]
    for statement in (
        "SELECT ring_up FROM locked", "SELECT 1 FROM locked WHERE ring_up LIKE 'secret%'",
        "SELECT id FROM locked ORDER BY ring_up", "SELECT changed_at FROM locked",
        "SELECT * FROM locked_history", "SELECT definition FROM town_layer", "SELECT definition FROM town_layer_act",
        "UPDATE locked SET name = 'x'", "DELETE FROM locked", "SELECT nextval('locked_id_seq')",
    ):  # fmt: skip
        refused = psql(Role.PUBLIC, statement)
        assert refused.returncode != 0
        assert "permission denied" in refused.stderr
    for role in (Role.MEMBER, Role.CARE, Role.TAX):
        assert "permission denied" in psql(role, "SELECT definition FROM town_layer", "9098").stderr
    assert psql(Role.MEMBER, "SELECT count(ring_up) FROM locked", "9098").stdout == "3\n"
    assert psql(Role.MEMBER, "SELECT count(ring_up) FROM locked", "9099").stdout == "0\n"
    # Whoever writes in another town changes nothing of this one.
    assert psql(Role.WRITER, "WITH done AS (UPDATE locked SET name = 'x' RETURNING 1) SELECT count(*) FROM done",
                "9099").stdout == "0\n"  # fmt: skip


def test_the_locks_are_those_of_all_layers_without_starting_anew(
    make: Make, owner: Engine, town_url: str, pois: Path
) -> None:
    make(pois, "kept_by_locks", town="9098", public=True)
    change(owner, "kept_by_locks", audiences={"rank": Audience.COMMUNITY, HIDDEN: Audience.STAFF})
    with owner.connect() as connection:
        ours = of_this_database(connection)
        every = {**LAYERS, **ours.open}
        assert drift(connection, every, ours.closed_tables) == []
        assert locks_are_current(connection, every, ours.closed_tables)
    with owner.begin() as connection:
        connection.exec_driver_sql("GRANT SELECT (ring_up) ON kept_by_locks TO atlas_public")
        assert any("kept_by_locks.ring_up" in one for one in drift(connection, every, ours.closed_tables))
        connection.exec_driver_sql("COMMENT ON FUNCTION atlas_area() IS 'locks of yesterday'")
    migrate(town_url, LAYERS)
    with owner.connect() as connection:
        assert drift(connection, every, ours.closed_tables) == []


def says_nothing_hidden(web: TestClient, address: str) -> bool:
    return "secret-" not in web.get(address).text


def test_a_changed_audience_holds_at_once_in_kept_answers_too(
    make: Make, owner: Engine, web: TestClient, pois: Path
) -> None:
    make(pois, "changing", town="9098", public=True)
    tile = "/tiles/changing/{}/{}/{}.geojson".format(*tile_at(16))
    before = [web.get(tile).text, web.get(tile).text, web.get("/collections/changing/items").text]
    assert all("secret-a" in one for one in before)
    change(owner, "changing", audiences={HIDDEN: Audience.STAFF})
    for address in (tile, "/collections/changing/items", "/collections/changing/items/1"):
        in_a_while(partial(says_nothing_hidden, web, address))
    change(owner, "changing", shape=Published.WITHHELD)
    in_a_while(lambda: web.get(tile).json()["features"] == [])
    assert {one["geometry"] for one in web.get("/collections/changing/items").json()["features"]} == {None}
    # Nor is it found out by asking for rectangles.
    for box in ("100.472,7.015,100.4732,7.017", "100,6,100.1,6.1"):
        assert len(web.get("/collections/changing/items", params={"bbox": box}).json()["features"]) == 3
    change(owner, "changing", public=True)
    in_a_while(lambda: "secret-a" in web.get(tile).text)


def test_a_new_column_is_there_for_those_who_may_see_it(make: Make, owner: Engine, web: TestClient, pois: Path,
                                                        people: dict[str, dict[str, str]]) -> None:  # fmt: skip
    make(pois, "growing", town="9098", public=True)
    for _ in range(4):  # prepared statements are prepared by now
        web.get("/collections/growing/items")
    change(owner, "growing", added={"ความจุ": ColumnType.INTEGER})
    in_a_while(lambda: "ความจุ" in web.get("/collections/growing/items", headers=people["staff"]).text)
    assert "ความจุ" not in web.get("/collections/growing/items").text
    found = web.get("/collections/growing/items", headers=people["staff"]).json()["features"]
    assert {one["properties"]["ความจุ"] for one in found} == {None}
    change(owner, "growing", audiences={"ความจุ": Audience.PUBLIC})
    in_a_while(lambda: "ความจุ" in web.get("/collections/growing/items").text)
    assert asked(owner, "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'growing_history' "
                        "AND column_name = 'ความจุ'") == [("ความจุ",)]  # fmt: skip


def test_a_layer_of_the_same_name_with_other_columns_is_read_as_it_is(
    make: Make, owner: Engine, web: TestClient, tmp_path: Path
) -> None:
    make(written(tmp_path, "one.gpkg", places(x=["text"])), "made_anew", town="9098", public=True)
    for _ in range(4):
        assert web.get("/collections/made_anew/items").json()["features"][0]["properties"]["x"] == "text"
    with session_of(owner) as session:
        town_layers.drop(session, "made_anew", LAYERS, act=Act(by="a steward", origin="test", at=AT))
    make(written(tmp_path, "two.gpkg", places(x=[7])), "made_anew", town="9098", public=True)
    for _ in range(4):
        assert web.get("/collections/made_anew/items").json()["features"][0]["properties"]["x"] == 7


def test_personal_columns_say_why_and_for_how_long(make: Make, web: TestClient, pois: Path) -> None:
    said: dict[str, Any] = {"town": "9098", "public": True, "natures": {HIDDEN: Nature.PERSON}}
    with pytest.raises(BadRequest, match="its purpose"):
        make(pois, "persons", **said)
    with pytest.raises(BadRequest, match="personal; say so"):
        make(pois, "persons", town="9098", audiences={HIDDEN: Audience.CARE})
    why = Why(purpose="ติดต่อ | Reaching them", basis="public-task", keep_years=2)
    with pytest.raises(BadRequest, match="neither for the public"):
        make(pois, "persons", **said, why=why, audiences={HIDDEN: Audience.PUBLIC})
    with pytest.raises(BadRequest, match="section 26"):
        make(pois, "persons", **said | {"natures": {HIDDEN: Nature.SENSITIVE}}, why=why)
    layer, _ = make(pois, "persons", **said, why=why)
    assert layer.fields[HIDDEN].audience is Audience.STAFF
    # Nothing personal is in a tile, whoever asks for it.
    assert HIDDEN not in (*layer.popup, layer.name_field, layer.style.label)
    with pytest.raises(BadRequest, match="not written on the map"):
        make(pois, "persons_by_name", **said, why=why, label=HIDDEN)
    register = web.get("/processing", headers={"Accept": "application/json"}).json()["processing"]
    assert "Reaching them" in json.dumps(next(one for one in register if one["layer"] == "persons"))
    assert HIDDEN not in web.get("/processing").text


def test_squares_with_counts_take_the_place_of_points(make: Make, owner: Engine, web: TestClient, tmp_path: Path,
                                                      psql: Any) -> None:  # fmt: skip
    frame = places(n=list(range(12)))
    frame.geometry = [frame.geometry[0]] * 9 + [frame.geometry[11]] * 3
    why = Why(purpose="เยี่ยมบ้าน | Visits", basis="public-task", keep_years=1)
    make(written(tmp_path, "homes.gpkg", frame), "homes", town="9098", shape=Cells(metres=250, at_least=5), why=why)
    found = web.get("/collections/homes/items").json()["features"]
    assert [one["properties"]["count"] for one in found] == [9]
    assert {one["geometry"]["type"] for one in found} == {"Polygon"}
    assert psql(Role.PUBLIC, "SELECT count(*) FROM homes").returncode != 0
    assert asked(owner, "SELECT count(*) FROM release WHERE layer = 'homes'") == [(1,)]


def test_a_partner_is_promised_nothing_that_nobody_published(make: Make, pois: Path) -> None:
    with pytest.raises(BadRequest, match="publish the shape or a column first"):
        make(pois, "for_partners", town="9098", audiences={"rank": Audience.PARTNER})
