"""A year's file over HTTP, the whole way: sent, examined, decided, written, taken back, downloaded."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.doors.conftest import Served, serving
from tests.people.made import make_person
from tests.people.visiting import HTML
from tests.taxmap.conftest import Rows, cell, town
from tests.taxmap.sent import (
    EXPECTED,
    OWNER,
    SECRETS,
    Sender,
    in_browser,
    last_year,
    make_town,
    this_year,
    with_token,
    zipped,
)

CODES = "SELECT parcel_code, land_use, owner_name, round(ST_Area(geom)::numeric, 10) FROM parcel ORDER BY 1"


@pytest.fixture
def served(database_url: str, engine: Engine, tmp_path: Path) -> Iterator[Served]:
    """The service with a home of its own; two towns with an officer each."""
    with Session(engine) as session, session.begin():
        make_town(session)
    make_person(engine, "wipa", "tax municipality 9098", "staff municipality 9098")
    make_person(engine, "somsri", "tax municipality 9099")
    with serving(database_url, tmp_path / "home") as found:
        yield found


@pytest.fixture
def wipa(served: Served) -> Sender:
    """The officer's program, after last year's file was accepted."""
    found = with_token(served.browser(), "wipa", "tax")
    number = found.brings(zipped(_new_folder(), last_year(), name="old"), tax_year="2569", whole="1")
    assert found.does(f"/editions/{number}/accept").json()["accepted"] == 16
    return found


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="atlas-test-sent-", dir=_TEMP.name))


_TEMP = tempfile.TemporaryDirectory(prefix="atlas-test-sent-")


def this_file(**words: Any) -> bytes:
    return zipped(_new_folder(), this_year(), **words)


# --- by a program ----------------------------------------------------------------------------------------------------


def test_a_file_is_examined_and_compared_and_nothing_is_written(wipa: Sender, rows: Rows) -> None:
    before = rows(CODES)
    answer = wipa.sends(this_file(), tax_year="70", whole="1")
    assert answer.status_code == 201
    number = answer.json()["edition"]
    assert (answer.headers["location"], answer.json()["job"]) == (f"/editions/{number}", f"/jobs/{number}")
    assert wipa.waits(number)["state"] == "compared"
    told = wipa.gets(f"/editions/{number}").json()
    assert {kind: states["open"] for kind, states in told["changes"].items()} == EXPECTED
    assert (told["tax_year"], told["whole"], told["made_by"]) == (2027, True, "wipa")
    assert told["doctor"]["rows"] == 16
    assert told["file"]["name"] == "LTAX.zip"
    assert rows(CODES) == before
    assert [one["id"] for one in wipa.gets("/imports").json()["imports"]] == [number, number - 1]
    assert wipa.gets("/tax").json() == {"waiting": [number], "questions": 0}


def test_changes_are_chosen_by_kind_state_code_place_and_number(wipa: Sender) -> None:
    number = wipa.brings(this_file(), whole="1")
    (split,) = wipa.changes(number, kind="SPLIT")
    assert (split["codes_before"], split["codes_after"]) == (["01A001"], ["01A001", "01A001/001"])
    assert [one["kind"] for one in wipa.changes(number, code="01A006")] == ["MERGE"]
    assert wipa.changes(number, state="accepted") == []
    west, south, east, north = cell(0, 5).bounds
    inside = wipa.changes(number, bbox=f"{west},{south},{east},{north}")
    assert [one["kind"] for one in inside] == ["NEW"]
    assert len(wipa.changes(number, **{"from": "3"}, limit="2")) == 2
    assert wipa.changes(number, **{"from": "3"})[0]["number"] == 3
    drawn = wipa.gets(f"/editions/{number}/changes?f=geojson&kind=SPLIT")
    assert drawn.headers["content-type"] == "application/geo+json"
    assert {one["properties"]["side"] for one in drawn.json()["features"]} == {"before", "after"}
    for wrong in ("kind=NOTHING", "state=NOTHING", "bbox=1,2", "from=0", "limit=0", "f=pdf"):
        assert wipa.gets(f"/editions/{number}/changes?{wrong}").status_code == 400, wrong


def test_some_are_declined_one_is_accepted_then_the_rest_and_all_is_taken_back_and_done_again(
    wipa: Sender, rows: Rows
) -> None:
    before = rows(CODES)
    number = wipa.brings(this_file(), whole="1")
    of = {one["kind"]: one["number"] for one in wipa.changes(number)}
    assert wipa.does(f"/editions/{number}/decide", do="decline", **{f"n.{of['NEW']}": "1"}).json()["declined"] == 1
    one = wipa.does(f"/editions/{number}/decide", do="accept", **{f"n.{of['SPLIT']}": "1"}).json()
    assert (one["accepted"], one["stale"]) == (1, [])
    kind = wipa.does(f"/editions/{number}/accept", kind="TRANSFER").json()
    rest = wipa.does(f"/editions/{number}/accept").json()
    assert (kind["accepted"], rest["accepted"]) == (1, 4)
    assert wipa.gets(f"/editions/{number}").json()["state"] == "settled"
    codes = [row[0] for row in rows(CODES)]
    assert "01A001/001" in codes
    assert not {"01A020", "01A016", "01A006"} & set(codes)
    after = rows(CODES)
    for carried in (rest, kind, one):
        assert wipa.does(f"/editions/{number}/undo", change=str(carried["change"])).status_code == 200
    assert rows(CODES) == before
    # What was taken back is taken back once; the taking back is taken back in turn.
    assert wipa.does(f"/editions/{number}/undo", change=str(one["change"])).status_code == 409
    undos = rows("SELECT id FROM change WHERE operation = 'undo' ORDER BY id DESC")
    for (undo,) in undos:
        assert wipa.does(f"/editions/{number}/undo", change=str(undo)).status_code == 200
    assert rows(CODES) == after


def test_a_file_takes_back_only_what_was_accepted_of_it(wipa: Sender, rows: Rows) -> None:
    number = wipa.brings(this_file(), whole="1")
    ((load,),) = rows("SELECT max(id) FROM change WHERE operation = 'load'")
    for wrong, status in ((str(load), 404), ("9999999999999999999", 400), ("x", 400), ("", 400)):
        assert wipa.does(f"/editions/{number}/undo", change=wrong).status_code == status, wrong
    assert wipa.does(f"/editions/{number - 1}/undo", change=str(load)).status_code == 200
    assert rows(CODES) == []


def test_what_cannot_be_decided_is_refused_in_words(wipa: Sender) -> None:
    number = wipa.brings(this_file(), whole="1")
    for path, form, status in (
        ("decide", {"do": "accept"}, 400), ("decide", {"do": "burn", "n.1": "1"}, 400),
        ("decide", {"do": "accept", "n.x": "1"}, 400), ("decide", {"do": "accept", "n.999": "1"}, 400),
        ("accept", {"kind": "NOTHING"}, 400), ("accept", {"kind": "RECODED"}, 409), ("cancel", {}, 409),
        ("columns", {"field.0": "no_such"}, 400), ("columns", {"field.0": "land_use", "field.1": "land_use"}, 400),
    ):  # fmt: skip
        answer = wipa.does(f"/editions/{number}/{path}", **form)
        assert answer.status_code == status, (path, form, answer.text)
        assert answer.json()["detail"]
    assert wipa.does("/editions/999/accept").status_code == 404
    assert wipa.gets(f"/editions/{number}/findings/999").status_code == 404


# --- the findings and the columns ------------------------------------------------------------------------------------


def test_findings_are_read_as_words_a_page_and_places(wipa: Sender) -> None:
    lots = town()
    lots[5] = lots[4]
    number = wipa.brings(zipped(_new_folder(), lots), whole="1")
    findings = wipa.gets(f"/editions/{number}").json()["doctor"]["findings"]
    place = next(n for n, one in enumerate(findings, 1) if one["code"] == "duplicate-key")
    assert wipa.gets(f"/editions/{number}/findings/{place}").json()["rows"] == [5, 6]
    page = wipa.sees(f"/editions/{number}/findings/{place}")
    assert "5, 6" in page
    places = wipa.gets(f"/editions/{number}/findings/{place}?f=geojson")
    assert places.headers["content-type"] == "application/geo+json"
    assert {one["properties"]["level"] for one in places.json()["features"]} == {findings[place - 1]["level"]}


def test_a_column_that_was_chosen_is_remembered_for_the_town_and_no_other(wipa: Sender, served: Served) -> None:
    number = wipa.brings(this_file(), whole="1")
    columns = {one["column"]: n for n, one in enumerate(wipa.gets(f"/editions/{number}").json()["doctor"]["matching"])}
    chosen = {f"field.{columns['mystery']}": "zone", f"field.{columns['Id_Chanod']}": ""}
    assert wipa.does(f"/editions/{number}/columns", **chosen).status_code == 200
    wipa.waits(number)

    def fed(who: Sender, number: int) -> dict[str, str | None]:
        told = who.gets(f"/editions/{number}").json()["doctor"]["matching"]
        return {one["column"]: one["field"] for one in told}

    expected = {"parcel_cod": "parcel_code", "land_use": "land_use", "own_name": "owner_name", "Id_Chanod": None,
                "mystery": "zone"}  # fmt: skip
    assert fed(wipa, number) == expected
    assert fed(wipa, wipa.brings(this_file(), whole="1")) == expected
    other = with_token(served.browser(), "somsri", "tax")
    found = fed(other, other.brings(zipped(_new_folder(), [*town(2)]), municipality="9099"))
    assert (found["mystery"], found["Id_Chanod"]) == (None, "deed_no")


def test_a_file_without_its_coordinate_system_is_opened_by_the_one_that_is_chosen(wipa: Sender, rows: Rows) -> None:
    number = wipa.brings(this_file(prj=False), whole="1")
    told = wipa.gets(f"/editions/{number}").json()
    assert told["state"] == "refused"
    assert any("EPSG:32647" in one["en"] for one in told["told"]["choices"])
    page = wipa.sees(f"/editions/{number}")
    assert '<input type="hidden" name="crs" value="EPSG:32647">' in page
    assert "--crs" not in page
    # Nothing can be accepted of it, and it is not taken for settled.
    assert wipa.does(f"/editions/{number}/accept").status_code == 409
    assert wipa.gets(f"/editions/{number}/corrected.gpkg").status_code == 409
    assert wipa.does(f"/editions/{number}/options", crs="EPSG:32647").status_code == 200
    assert wipa.waits(number)["state"] == "compared"
    assert {one["kind"] for one in wipa.changes(number)} == set(EXPECTED)
    # Chosen wrongly it is told, and chosen again.
    assert wipa.does(f"/editions/{number}/options", crs="EPSG:4326").status_code == 200
    assert wipa.waits(number)["state"] == "refused"
    assert wipa.does(f"/editions/{number}/options", crs="nonsense", encoding="hex").status_code == 200
    assert wipa.waits(number)["state"] in ("refused", "failed")
    assert wipa.does(f"/editions/{number}/options", crs="EPSG:32647", encoding="").status_code == 200
    assert wipa.waits(number)["state"] == "compared"
    assert wipa.does(f"/editions/{number}/accept").json()["accepted"] == 7


# --- the end of it ---------------------------------------------------------------------------------------------------


def test_what_waits_or_is_worked_on_is_cancelled_and_examined_again(
    wipa: Sender, served: Served, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, go_on, is_there = rows(CODES), threading.Event(), threading.Event()
    from api import edition_look, edition_work

    real = edition_work.examination

    def held(*given: Any, progress: Any, **more: Any) -> Any:
        is_there.set()
        assert go_on.wait(30)
        progress.every, progress._next = 0.0, 0.0
        return real(*given, progress=progress, **more)

    monkeypatch.setattr(edition_look, "examination", held)
    first, second = (wipa.sends(this_file(), whole="1").json()["edition"] for _ in range(2))
    assert is_there.wait(30)
    assert (wipa.gets(f"/jobs/{first}").json()["state"], wipa.gets(f"/jobs/{second}").json()["state"]) == (
        "examining", "waiting")  # fmt: skip
    for path in ("accept", "compare", "drop", "options"):
        assert wipa.does(f"/editions/{first}/{path}").status_code == 409, path
    assert wipa.does(f"/editions/{second}/accept").status_code == 409
    assert "data-job" in wipa.sees(f"/editions/{first}")
    for number in (first, second):
        assert wipa.does(f"/editions/{number}/cancel").status_code == 200
    go_on.set()
    assert [wipa.waits(number)["state"] for number in (first, second)] == ["cancelled", "cancelled"]
    assert rows(CODES) == before
    monkeypatch.undo()
    assert wipa.does(f"/editions/{second}/compare").status_code == 200
    assert wipa.waits(second)["state"] == "compared"
    assert wipa.gets(f"/jobs/{first}").json()["state"] == "cancelled"


def test_a_dropped_file_is_gone_and_over(wipa: Sender, tmp_path: Path) -> None:
    number = wipa.brings(this_file(), whole="1")
    assert (tmp_path / "home" / "editions" / str(number)).is_dir()
    assert wipa.does(f"/editions/{number}/drop").status_code == 200
    assert not (tmp_path / "home" / "editions" / str(number)).exists()
    assert wipa.gets(f"/editions/{number}/corrected.gpkg").status_code == 404
    for path in ("accept", "compare", "options"):
        assert wipa.does(f"/editions/{number}/{path}").status_code == 409, path
    assert wipa.gets(f"/editions/{number}").json()["state"] == "dropped"


def test_the_worklist_opens_and_owners_are_in_it_for_the_tax_office_alone_each_row_read_once(
    wipa: Sender, served: Served, rows: Rows
) -> None:
    number = wipa.brings(this_file(), whole="1")
    before = len(rows("SELECT 1 FROM read_log"))

    def words(path: str) -> str:
        answer = wipa.gets(path, Accept="*/*")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        return str([row for sheet in book for row in sheet.iter_rows(values_only=True)])

    assert OWNER not in words(f"/editions/{number}/worklist.xlsx")
    assert len(rows("SELECT 1 FROM read_log")) == before
    assert f"{OWNER}-1" in words(f"/editions/{number}/worklist.xlsx?owners=true")
    read = rows("SELECT person, layer, records FROM read_log ORDER BY id OFFSET :n", n=before)
    assert {(one.person, one.layer) for one in read} == {("wipa", "parcel")}
    records = [id for one in read for id in one.records]
    asked = {id for change in wipa.changes(number) for id in change["old_ids"]}
    assert sorted(records) == sorted(asked)
    staff = with_token(served.browser(), "wipa", "staff")
    assert staff.gets(f"/editions/{number}/worklist.xlsx?owners=true").status_code == 404


def test_the_corrected_copy_opens_and_leaves_nothing_behind(wipa: Sender) -> None:
    number = wipa.brings(this_file(), whole="1")
    answer = wipa.gets(f"/editions/{number}/corrected.gpkg", Accept="*/*")
    assert answer.status_code == 200
    assert "LTAX-corrected.gpkg" in answer.headers["content-disposition"]
    with tempfile.NamedTemporaryFile(suffix=".gpkg") as kept:
        kept.write(answer.content)
        kept.flush()
        found = pyogrio.read_dataframe(kept.name, layer="parcel")
    assert len(found) == 16
    assert OWNER in str(found.to_dict())
    assert list(Path(tempfile.gettempdir()).glob("atlas-corrected-*")) == []


# --- files of other kinds --------------------------------------------------------------------------------------------


BUILDINGS = "building_code,use,wkt\n" + "".join(
    f'01A00{n}/B1,residential,"{cell(n, 0, 0.4, 0.4).wkt}"\n' for n in range(1, 4)
)


def test_a_building_file_is_loaded_whole_once_and_taken_back(wipa: Sender, rows: Rows) -> None:
    number = wipa.brings(("buildings.csv", BUILDINGS.encode()), layer="building")
    assert "นำเข้าไฟล์นี้" in wipa.sees(f"/editions/{number}")
    assert rows("SELECT count(*) FROM building") == [(0,)]
    assert wipa.changes(number) == []
    assert wipa.gets(f"/editions/{number}/worklist.xlsx").status_code == 404
    wipa.sees(f"/editions/{number}/changes")
    answer = wipa.does(f"/editions/{number}/accept")
    assert answer.status_code == 200, answer.text
    report = answer.json()["import_report"]
    assert report["counts"]["inserted"] == 3
    assert wipa.gets(f"/editions/{number}").json()["state"] == "settled"
    assert wipa.does(f"/editions/{number}/accept").status_code == 409
    assert wipa.gets(f"/editions/{number}").json()["state"] == "settled"
    page = wipa.sees(f"/editions/{number}")
    ((change,),) = rows("SELECT id FROM change WHERE layer = 'building'")
    assert f'name="change" value="{change}"' in page
    assert wipa.does(f"/editions/{number}/undo", change=str(change)).status_code == 200
    assert rows("SELECT count(*) FROM building") == [(0,)]


def test_the_monthly_list_is_examined_and_there_is_nothing_to_accept(wipa: Sender) -> None:
    head = "ประเภทการจดทะเบียน,วันที่จดทะเบียน,โฉนด,ที่ดิน,ห.สำรวจ,ไร่,งาน,วา,คำนำหน้า,ชื่อ,นามสกุล,13 หลัก,สถานะดำเนินการ\n"
    line = "ขาย,30/2/2567,secret-deed,84,9,0,1,50,นาย,secret-owner,สกุล,1234567890125,เสร็จ\n"
    number = wipa.brings(("ม10.csv", (head + line).encode("cp874")), layer="land_office")
    told = wipa.gets(f"/editions/{number}")
    assert {one["code"] for one in told.json()["doctor"]["findings"]} >= {"bad-date", "bad-person-id"}
    page = wipa.sees(f"/editions/{number}")
    for shown in (told.text, page):
        assert not [secret for secret in (*SECRETS, "1234567890125") if secret in shown]
    assert f'action="/editions/{number}/accept"' not in page
    assert wipa.does(f"/editions/{number}/accept").status_code == 400
    for path in ("worklist.xlsx", "corrected.gpkg"):
        assert wipa.gets(f"/editions/{number}/{path}").status_code == 404, path
    wipa.sees(f"/editions/{number}/changes")
    assert wipa.does(f"/editions/{number}/drop").status_code == 200


# --- by forms --------------------------------------------------------------------------------------------------------


def test_the_same_by_forms_of_a_browser(wipa: Sender, served: Served, rows: Rows) -> None:
    browser = in_browser(served.browser(), "wipa", "tax")
    assert 'enctype="multipart/form-data"' in browser.sees("/imports")
    bare = Sender(client=browser.client)
    assert bare.sends(this_file()).status_code == 403
    number = browser.brings(this_file(), whole="1", tax_year="2570")
    assert browser.client.get(f"/jobs/{number}", headers=HTML).headers["location"] == f"/editions/{number}"
    page = browser.sees(f"/editions/{number}")
    for path in ("accept", "compare", "drop", "columns", "options"):
        assert f'action="/editions/{number}/{path}"' in page, path
    listed = browser.sees(f"/editions/{number}/changes?kind=SPLIT")
    assert 'name="n.' in listed
    answer = browser.does(f"/editions/{number}/accept")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/editions/{number}")
    settled = browser.sees(f"/editions/{number}")
    assert f'action="/editions/{number}/undo"' in settled
    ((change,),) = rows("SELECT max(id) FROM change WHERE operation = 'load'")
    assert browser.does(f"/editions/{number}/undo", change=str(change)).status_code == 303
    undone = browser.sees(f"/editions/{number}")
    assert "เอากลับคืน" in undone
    # Its file went when all of it was accepted, and the page says what can be done instead.
    assert "ไฟล์นี้ไม่ได้เก็บไว้แล้ว" in undone
    assert f'action="/editions/{number}/accept"' not in undone


def test_all_that_is_declined_can_be_wanted_after_all_or_laid_aside(wipa: Sender) -> None:
    number = wipa.brings(this_file(), whole="1")
    every = {f"n.{one['number']}": "1" for one in wipa.changes(number)}
    assert wipa.does(f"/editions/{number}/decide", do="decline", **every).json()["declined"] == 7
    page = wipa.sees(f"/editions/{number}")
    assert "ปิดไฟล์นี้" in page
    assert "data-tick" in wipa.sees(f"/editions/{number}/changes")
    assert wipa.does(f"/editions/{number}/decide", do="accept", **every).json()["accepted"] == 7
