"""A town layer from its making to its end: loaded again, edited, removed, brought back; in two processes at once."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.settings import Settings
from geo.errors import BadRequest, UnknownLayer
from geo.intake.make import Why
from geo.layer import Audience, Nature
from geo.store import town_layers
from geo.store.db import session_of, writing_engine
from geo.store.locks import drift
from geo.store.retention import run
from geo.store.town_layers import town_layers as of_this_database
from geo.store.write import Act, add, amend, close
from layers import LAYERS
from tests.conftest import app_of, running
from tests.makers import tile_at
from tests.people.made import make_person
from tests.people.visiting import headers_of
from tests.town_layers.conftest import AT, Make, asked, in_a_while, loaded, places, written

ACT = Act(by="a steward", origin="test", at=AT + dt.timedelta(days=2), reason="a test")


def done(owner: Engine, what: Any, name: str) -> None:
    with session_of(owner) as session:
        what(session, name, LAYERS, act=ACT)


def test_loading_the_same_file_again_changes_nothing(make: Make, owner: Engine, pois: Path) -> None:
    make(pois, "again", town="9098")
    assert loaded(owner, "again", pois).counts.nothing_changed
    assert asked(owner, "SELECT count(*), max(version) FROM again") == [(3, 1)]


def test_without_a_key_the_next_file_replaces_the_last(make: Make, owner: Engine, tmp_path: Path) -> None:
    layer, _ = make(written(tmp_path, "2568.gpkg", places(name=["ก", "ข", "ค"], n=[1, 2, 3])), "yearly", town="9098")
    with session_of(owner) as session:
        add(session, layer, {"name": "ที่คนเพิ่ม", "municipality": "9098"}, None, act=ACT)
        amend(session, layer, 1, {"n": 100}, act=ACT)
    report = loaded(owner, "yearly", written(tmp_path, "2569.gpkg", places(name=["ก", "ข", "ง"], n=[1, 20, 3])))
    assert (report.counts.inserted, report.counts.ended, report.counts.unchanged) == (2, 2, 1)
    # What people corrected and added stays; what is in no file any more has ended, and is kept.
    assert asked(owner, "SELECT name, n FROM yearly ORDER BY id") == [("ก", 100), ("ที่คนเพิ่ม", None), ("ข", 20), ("ง", 3)]
    assert asked(owner, "SELECT name, closed_as FROM yearly_history ORDER BY id, version") == [
        ("ก", "update"), ("ข", "delete"), ("ค", "delete"),
    ]  # fmt: skip


def test_with_a_key_the_next_file_changes_rows_and_ends_none(make: Make, owner: Engine, tmp_path: Path) -> None:
    make(written(tmp_path, "a.gpkg", places(code=["a", "b"], n=[1, 2])), "by_code", town="9098", key=("code",))
    report = loaded(owner, "by_code", written(tmp_path, "b.gpkg", places(code=["a", "c"], n=[10, 3])))
    assert (report.counts.inserted, report.counts.updated, report.counts.not_in_file, report.counts.ended) == (
        1,
        1,
        1,
        0,
    )
    assert asked(owner, "SELECT code, n, version FROM by_code ORDER BY code") == [
        ("a", 10, 2),
        ("b", 2, 1),
        ("c", 3, 1),
    ]


def test_another_towns_rows_are_not_touched(make: Make, owner: Engine, tmp_path: Path) -> None:
    path = written(tmp_path, "all.gpkg", places(n=[1, 2]))
    make(path, "of_all_towns", town=None)
    for town in ("9098", "9099"):
        loaded(owner, "of_all_towns", path, municipality=town)
    report = loaded(owner, "of_all_towns", written(tmp_path, "less.gpkg", places(n=[1])), municipality="9099")
    assert report.counts.ended == 1
    assert asked(owner, "SELECT municipality, count(*) FROM of_all_towns GROUP BY 1 ORDER BY 1") == [
        ("9098", 2), ("9099", 1), (None, 2),
    ]  # fmt: skip
    make(path, "of_one_town", town="9098")
    with pytest.raises(BadRequest, match="9098's own"):
        loaded(owner, "of_one_town", path, municipality="9099")


def test_editors_write_restore_and_import_and_others_may_not(
    make: Make, owner: Engine, web: TestClient, pois: Path
) -> None:
    layer, _ = make(pois, "edited", town="9098", public=True, editors=Audience.STAFF)
    with session_of(owner) as session:
        amend(session, layer, 1, {"name": "แก้แล้ว"}, act=ACT)
        close(session, layer, 2, act=ACT)
    for login, grant in (("editor", "staff municipality 9098"), ("neighbours", "staff municipality 9099"),
                         ("viewer", "partner municipality 9098")):  # fmt: skip
        make_person(owner, login, grant)
    editor = headers_of(web, "editor")
    for login in ("neighbours", "viewer"):
        headers = headers_of(web, login)
        for fid in (1, 2):
            answer = web.post(
                f"/collections/edited/items/{fid}/restore", headers=headers, json={"version": 1, "reason": "x"}
            )
            assert answer.status_code in (403, 404)
        with pois.open("rb") as file:
            answer = web.post("/imports", headers=headers, files={"file": file}, data={"layer": "edited"})
        assert answer.status_code == 403
    for fid in (1, 2):
        answer = web.post(
            f"/collections/edited/items/{fid}/restore", headers=editor, json={"version": 1, "reason": "x"}
        )
        assert answer.status_code in (200, 201), answer.text
    assert asked(owner, "SELECT name FROM edited ORDER BY id") == [("วัดหนึ่ง",), ("ศาลาสอง",), ("ตลาดสาม",)]
    with pois.open("rb") as file:
        answer = web.post("/imports", headers=editor, files={"file": file}, data={"layer": "edited"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["counts"]["unchanged"] == 3
    told = web.get("/collections/edited/items/1/versions", headers=editor | {"Accept": "application/json"})
    assert told.status_code == 200


def test_rows_know_the_community_that_they_lie_in(make: Make, owner: Engine, tmp_path: Path) -> None:
    asked(
        owner, "INSERT INTO community (municipality, community_code, name_th, geom, change_id) VALUES "
        "('9098', 'c1', 'ชุมชนหนึ่ง', ST_MakeEnvelope(100.47, 7.01, 100.4735, 7.02, 4326), 0) RETURNING id",
    )  # fmt: skip
    make(written(tmp_path, "in.gpkg", places(n=[1, 2])), "in_communities", town="9098", public=True)
    assert asked(owner, "SELECT c.community_code, t.community_link FROM in_communities AS t "
                        "LEFT JOIN community AS c ON c.id = t.community_id ORDER BY t.n") == [
        ("c1", "location"), (None, None)]  # fmt: skip
    asked(owner, "DELETE FROM community WHERE community_code = 'c1'")
    assert asked(owner, "SELECT count(community_id) FROM in_communities") == [(0,)]


def test_a_removed_layer_is_nowhere_and_comes_back_whole(
    make: Make, owner: Engine, web: TestClient, pois: Path
) -> None:
    layer, _ = make(pois, "coming_back", town="9098", public=True)
    with session_of(owner) as session:
        amend(session, layer, 1, {"name": "แก้แล้ว"}, act=ACT)
    doors = ("/collections/coming_back", "/collections/coming_back/items", "/tiles/coming_back.json",
             "/tiles/coming_back/{}/{}/{}.mvt".format(*tile_at(14)), "/maps?layers=coming_back",
             "/tiles/coming_back/legend",
             "/collections/coming_back/items/1")  # fmt: skip
    assert {web.get(one).status_code for one in doors} == {200}
    done(owner, town_layers.remove, "coming_back")
    in_a_while(lambda: {web.get(one).status_code for one in doors} == {404})
    assert "coming_back" not in web.get("/collections").text + web.get("/map").text + web.get("/").text
    with owner.connect() as connection:
        ours = of_this_database(connection)
        assert drift(connection, {**LAYERS, **ours.open}, ours.closed_tables) == []
        rights = connection.exec_driver_sql(
            "SELECT count(*) FROM information_schema.column_privileges WHERE table_name LIKE 'coming_back%%' "
            "AND grantee LIKE 'atlas\\_%%' AND grantee <> 'atlas_owner'"
        ).scalar_one()  # fmt: skip
    assert rights == 0
    with pytest.raises(UnknownLayer):
        done(owner, town_layers.remove, "coming_back")
    with pytest.raises(BadRequest, match="restore"):
        make(pois, "coming_back", town="9098")
    done(owner, town_layers.restore, "coming_back")
    assert {web.get(one).status_code for one in doors} == {200}
    found = web.get("/collections/coming_back/items").json()["features"]
    assert [one["properties"]["name"] for one in found] == ["แก้แล้ว", "ศาลาสอง", "ตลาดสาม"]
    with session_of(owner) as session:
        told = [(one.did, one.by, one.reason) for one in town_layers.acts(session, "coming_back")]
    assert told == [("restored", "a steward", "a test"), ("removed", "a steward", "a test"), ("made", "a tester", None)]


def test_dropped_for_ever_leaves_the_word_that_it_was_and_no_row(make: Make, owner: Engine, pois: Path) -> None:
    make(pois, "gone", town="9098", public=True)
    done(owner, town_layers.remove, "gone")
    done(owner, town_layers.drop, "gone")
    assert asked(owner, "SELECT to_regclass('gone'), to_regclass('gone_history')") == [(None, None)]
    assert asked(owner, "SELECT report::text FROM import_batch WHERE layer = 'gone'") == [("{}",)]
    assert asked(owner, "SELECT did FROM town_layer_act WHERE layer = 'gone' ORDER BY id") == [
        ("made",), ("removed",), ("dropped",),
    ]  # fmt: skip
    make(pois, "gone", town="9098")
    assert asked(owner, "SELECT count(*) FROM gone") == [(3,)]


@pytest.mark.parametrize("removed", [False, True])
def test_personal_values_go_when_their_time_is_over_even_of_a_removed_layer(
    removed: bool, make: Make, owner: Engine, pois: Path
) -> None:
    name = f"persons_{removed}".lower()
    why = Why(purpose="ติดต่อ | Reaching them", basis="public-task", keep_years=2)
    make(pois, name, town="9098", natures={"ring_up": Nature.PERSON}, why=why)
    if removed:
        done(owner, town_layers.remove, name)
    for day, left in ((dt.date(2028, 3, 1), 3), (dt.date(2028, 3, 2), 0)):
        with session_of(owner) as session:
            ours = of_this_database(session)
            every = {**LAYERS, **ours.open, **ours.closed}
            run(session, {name: every[name]}, by="retention", at=dt.datetime.combine(day, dt.time(1), dt.UTC), on=day)
        assert asked(owner, f"SELECT count(ring_up), count(name) FROM {name}") == [(left, 3)]


def test_two_who_make_layers_at_once_do_not_meet(make: Make, owner: Engine, tmp_path: Path) -> None:
    paths = {name: written(tmp_path, f"{name}.gpkg", places(n=list(range(50)))) for name in ("left", "right", "middle")}
    with ThreadPoolExecutor(4) as pool:
        several = [pool.submit(make, path, f"at_once_{name}", town="9098", public=True) for name, path in paths.items()]
        assert [one.exception() for one in several] == [None] * 3
        same = [pool.submit(make, paths["left"], "only_one", town="9098") for _ in range(3)]
        faults = [one.exception() for one in same]
    assert sum(one is None for one in faults) == 1
    assert all(isinstance(one, BadRequest) for one in faults if one is not None)
    with owner.connect() as connection:
        ours = of_this_database(connection)
        assert drift(connection, {**LAYERS, **ours.open}, ours.closed_tables) == []


@pytest.fixture(scope="module")
def two_servers(town_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two services over one database, as two workers are."""
    home = tmp_path_factory.mktemp("two")
    with running(town_url, home) as one, running(town_url, home) as other:
        yield [one, other]


def test_every_worker_knows_a_layer_at_once_and_forgets_it_at_once(
    make: Make, owner: Engine, two_servers: list[str], pois: Path
) -> None:
    assert {requests.get(f"{one}/collections/here", timeout=30).status_code for one in two_servers} == {404}
    make(pois, "here", town="9098", public=True)
    assert {requests.get(f"{one}/collections/here/items", timeout=30).status_code for one in two_servers} == {200}
    z, x, y = tile_at(14)
    tiles = [f"{one}/tiles/here/{z}/{x}/{y}.mvt" for one in two_servers]
    assert {len(requests.get(one, timeout=30).content) > 50 for one in tiles} == {True}
    done(owner, town_layers.remove, "here")
    in_a_while(lambda: {requests.get(one, timeout=30).status_code for one in tiles} == {404})


def test_nobody_who_reads_meanwhile_gets_a_fault_or_what_is_hidden(
    make: Make, owner: Engine, two_servers: list[str], pois: Path
) -> None:
    """Half of a change is never seen: neither a failure inside, nor a hidden value after the change was answered."""
    from geo.store.town_changes import changed
    from geo.store.town_definition import definition_in

    make(pois, "in_motion", town="9098", public=True)
    over, wrong, hidden_since = threading.Event(), [], [0.0]

    def read(address: str) -> None:
        while not over.is_set():
            began = time.monotonic()
            for door in ("/collections/in_motion/items", "/tiles/in_motion/{}/{}/{}.geojson".format(*tile_at(16))):
                answer = requests.get(address + door, timeout=30)
                if answer.status_code not in (200, 404) or (hidden_since[0] and began > hidden_since[0] + 1
                                                            and "secret-" in answer.text):  # fmt: skip
                    wrong.append((door, answer.status_code, answer.text[:300]))

    threads = [threading.Thread(target=read, args=(one,)) for one in two_servers for _ in range(2)]
    for one in threads:
        one.start()
    for turn in range(8):
        with session_of(owner) as session:
            before = definition_in(town_layers.kept(session, "in_motion").definition)
            audience = Audience.STAFF if turn % 2 == 0 else Audience.PUBLIC
            town_layers.change(session, changed(before, audiences={"ring_up": audience}), LAYERS, act=ACT)
        time.sleep(0.1)
    with session_of(owner) as session:
        before = definition_in(town_layers.kept(session, "in_motion").definition)
        town_layers.change(session, changed(before, audiences={"ring_up": Audience.STAFF}), LAYERS, act=ACT)
    hidden_since[0] = time.monotonic()
    time.sleep(1.5)
    done(owner, town_layers.remove, "in_motion")
    time.sleep(0.3)
    over.set()
    for one in threads:
        one.join(timeout=60)
    assert wrong == []


def test_two_databases_in_one_process_do_not_meet(
    make: Make, web: TestClient, new_database: Callable[[], str], tmp_path: Path, pois: Path
) -> None:
    from geo.intake.load import LoadOptions
    from geo.intake.make import Said, make_layer

    make(pois, "same_name", town="9098", public=True)
    url = new_database()
    other = writing_engine(url)
    path = written(tmp_path, "other.gpkg", places(quite_else=["ของอีกเมือง"]))
    make_layer(other, path, Said(id="same_name", town="9099", public=True), LoadOptions(), coded=LAYERS, by="x",
               origin="test", at=AT)  # fmt: skip
    other.dispose()
    with TestClient(app_of(Settings(home=tmp_path), url)) as elsewhere:
        tile = "/tiles/same_name/{}/{}/{}.geojson".format(*tile_at(16))
        for _ in range(2):
            assert "quite_else" in elsewhere.get("/collections/same_name/items").text
            assert "วัดหนึ่ง" in web.get("/collections/same_name/items").text
            assert "ของอีกเมือง" in elsewhere.get(tile).text
            assert "ของอีกเมือง" not in web.get(tile).text
