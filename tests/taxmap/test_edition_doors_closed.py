"""Who may not: a town's files are its tax office's alone, what they hide stays hidden, editors answer for links."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.edition_words import CHANGE_STATES, COLORS, COUNTED, KINDS, OVER, STATES
from geo.shapes.editions import Kind
from geo.store.db import writing_engine
from geo.store.editions_books import AT_WORK, ChangeState, EditionState
from tests.doors.conftest import Served, serving
from tests.makers import make_rows
from tests.people.made import make_person
from tests.people.visiting import HTML
from tests.planted import all_that_is_logged
from tests.taxmap.conftest import cell
from tests.taxmap.sent import JSON, SECRETS, Sender, last_year, make_town, this_year, with_token, zipped

WHO = {
    "partner": "partner municipality 9098", "community": "community community {community}",
    "staff": "staff municipality 9098", "care": "care municipality 9098", "steward": "steward municipality 9098",
    "elsewhere": "tax municipality 9099", "tax": "tax municipality 9098",
}  # fmt: skip
OUTSIDERS = ("public", *(who for who in WHO if who != "tax"))
READ = (
    "", "/changes", "/changes?f=geojson", "/changes?kind=TRANSFER", "/findings/1", "/findings/1?f=geojson",
    "/worklist.xlsx", "/worklist.xlsx?owners=true", "/corrected.gpkg",
)  # fmt: skip
DONE = ("accept", "decide", "undo", "columns", "options", "compare", "cancel", "drop")


@dataclass(frozen=True, kw_only=True)
class Office:
    """A town with a file that waits, a link that nobody could tell, and everybody who might look."""

    served: Served
    engine: Engine
    number: int
    question: int
    building: int
    people: dict[str, Sender]
    logged: Any


@pytest.fixture(scope="module")
def office(new_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    url = new_database()
    engine = writing_engine(url)
    with Session(engine) as session, session.begin():
        make_town(session)
        (community,) = make_rows(session, "community", geom=f"SRID=4326;{cell(0, 0, 4, 4).wkt}")
    for who, grant in WHO.items():
        make_person(engine, who, grant.format(community=community))
    folder = tmp_path_factory.mktemp("sent")
    with serving(url, tmp_path_factory.mktemp("home")) as served, all_that_is_logged("httpx2", "httpcore") as logged:
        people = {who: with_token(served.browser(), who, grant.split()[0]) for who, grant in WHO.items()}
        tax = people["tax"]
        first = tax.brings(zipped(folder, last_year(), name="old"), whole="1")
        assert tax.does(f"/editions/{first}/accept").status_code == 200
        building = _across(engine)
        split = tax.brings(zipped(folder, this_year(), name="new"), whole="1")
        assert tax.does(f"/editions/{split}/accept", kind="SPLIT").json()["questions"] == 1
        (question,) = tax.gets("/tax/questions").json()["questions"]
        yield Office(served=served, engine=engine, number=split, question=question["id"], building=building,
                     people=people | {"public": Sender(client=served.browser())}, logged=logged)  # fmt: skip
    engine.dispose()


def _across(engine: Engine) -> int:
    """A building that lies on both halves of what will be split."""
    with Session(engine) as session, session.begin():
        parcel = session.connection().exec_driver_sql("SELECT id FROM parcel WHERE parcel_code = '01A001'").scalar()
        (found,) = make_rows(session, "building", geom=f"SRID=4326;{cell(0.3, 0.3, 0.4, 0.4).wkt}", parcel_id=parcel)
    return found


@pytest.mark.parametrize("who", OUTSIDERS)
def test_nobody_else_reads_or_decides_a_file(who: str, office: Office) -> None:
    asking, may_not = office.people[who], (401,) if who == "public" else (403, 404)
    for path in (*(f"/editions/{office.number}{more}" for more in READ), f"/jobs/{office.number}"):
        for accept in (JSON, HTML, {"Accept": "*/*"}):
            answer = asking.client.get(path, headers=asking.headers | accept)
            led_to_sign_in = who == "public" and answer.status_code == 303
            # A browser is led to the page of a job, and told there.
            led_on = path.startswith("/jobs/") and answer.status_code == 303
            assert answer.status_code in may_not or led_to_sign_in or led_on, (path, answer.status_code)
            assert "parcel_cod" not in answer.text
    for path in DONE:
        form = {"do": "accept", "n.1": "1"} if path == "decide" else {"change": "1"} if path == "undo" else {}
        assert asking.does(f"/editions/{office.number}/{path}", **form).status_code in may_not, path
    with tempfile.TemporaryDirectory() as folder:
        assert asking.sends(zipped(Path(folder), last_year())).status_code in may_not


@pytest.mark.parametrize("who", [*OUTSIDERS, "tax"])
def test_no_door_tells_what_a_files_hidden_columns_hold(who: str, office: Office) -> None:
    asking = office.people[who]
    paths = ["/imports", "/tax", "/tax/questions", f"/jobs/{office.number}"]
    paths += [f"/editions/{office.number}{more}" for more in READ if "owners" not in more and "corrected" not in more]
    for path in paths:
        for accept in (JSON, HTML, {"Accept": "*/*"}):
            answer = asking.client.get(path, headers=asking.headers | accept)
            assert answer.status_code < 500, path
            assert not [secret for secret in SECRETS if secret in answer.text], path


def test_nothing_of_a_persons_is_logged(office: Office) -> None:
    asked = office.people["tax"].gets(f"/editions/{office.number}/worklist.xlsx?owners=true", Accept="*/*")
    assert asked.status_code == 200
    written = office.logged.getvalue()
    assert "edition" in written
    assert not [secret for secret in SECRETS if secret in written]


def test_lists_of_a_town_are_empty_for_another(office: Office) -> None:
    elsewhere = office.people["elsewhere"]
    assert elsewhere.gets("/imports").json()["imports"] == []
    assert elsewhere.gets("/tax").json() == {"waiting": [], "questions": 0}
    for who in ("staff", "steward", "partner"):
        assert office.people[who].gets("/imports").json()["imports"] == [], who
    assert "เปลี่ยนบทบาท" in office.people["staff"].sees("/tax")


def test_which_parcel_is_answered_by_who_keeps_the_layer_and_nobody_else(office: Office) -> None:
    path, tax = f"/tax/questions/{office.question}", office.people["tax"]
    (asked,) = tax.gets("/tax/questions").json()["questions"]
    assert (asked["layer"], asked["row_id"], asked["was_code"]) == ("building", office.building, "01A001")
    codes = {one["code"]: one["id"] for one in asked["candidates"]}
    assert set(codes) == {"01A001", "01A001/001"}
    for who in OUTSIDERS:
        expected = (401,) if who == "public" else (403, 404)
        assert office.people[who].does(path, parcel=str(codes["01A001"])).status_code in expected, who
        page = office.people[who].client.get("/tax/questions", headers=office.people[who].headers | HTML)
        assert f'action="{path}"' not in page.text, who
    assert f'action="{path}"' in tax.sees("/tax/questions")
    assert tax.gets("/tax").json()["questions"] == 1
    for wrong, status in (("x", 400), ("99999999999999999999", 400), ("9999999", 400)):
        assert tax.does(path, parcel=wrong).status_code == status, wrong
    assert tax.does(path, parcel=str(codes["01A001/001"])).json()["version"] == 2
    assert tax.does(path, parcel=str(codes["01A001"])).status_code == 409
    assert tax.gets("/tax/questions").json()["questions"] == []
    assert tax.does("/tax/questions/999", parcel="1").status_code == 404


def test_every_state_and_kind_has_its_words() -> None:
    assert set(STATES) == {str(one) for one in EditionState}
    assert frozenset(str(one) for one in EditionState if one not in AT_WORK) == OVER
    assert set(CHANGE_STATES) == {str(one) for one in ChangeState}
    assert set(KINDS) == set(COLORS) == {one.name for one in Kind}
    said = {of for path in Path("geo/intake/doctor").glob("*.py") for of in _counted(path.read_text("utf-8"))}
    assert said <= set(COUNTED)


def _counted(source: str) -> set[str]:
    return {one for found in re.findall(r'\bof="([a-z]+)"(?:[^,)]* else "([a-z]+)")?', source) for one in found if one}


def test_a_reader_of_a_public_client_is_told_to_sign_in(office: Office) -> None:
    stranger: TestClient = office.served.browser()
    assert stranger.get("/tax", headers=JSON).status_code == 401
    assert stranger.get(f"/editions/{office.number}", headers=HTML).status_code in (303, 401)
