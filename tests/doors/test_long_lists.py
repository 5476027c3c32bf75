"""Lists of persons, of registers and of what is held of somebody have an end on every page, and a way to the rest."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from geo.layer import Audience
from geo.people.areas import AreaKind
from geo.store.duties_tables import ConsentText, Incident, SubjectRequest
from geo.store.people_tables import Person, PersonGrant
from geo.store.tables import Change, ImportBatch
from tests.makers import make_rows, rewrite
from tests.marks.conftest import Browsing, browsing
from tests.people.made import BEFORE
from tests.people.visiting import HTML
from tests.writes.conftest import PEOPLE, Desk, desk_of

MOST_BYTES = 300_000
MANY = 5_000
LISTS = {"people": "/people", "requests": "/requests", "incidents": "/incidents"}
LONG_NAME = "นางสาวผู้มีชื่อและนามสกุลยาวเป็นพิเศษเพื่อการทดสอบ " * 2
DAY = dt.date(2026, 3, 1)


@pytest.fixture(scope="module")
def desk(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A town with thousands of persons, of requests and of incidents, all as long as they may be."""
    with desk_of(new_database, tmp_path_factory, PEOPLE) as found:
        with Session(found.engine) as session, session.begin():
            _many_people(session)
            _many_entries(session)
        yield found


def _many_people(session: Session) -> None:
    made = {"made_at": BEFORE, "made_by": "x"}
    persons = [{"login": f"person-{n:05d}", "name": f"{LONG_NAME[:110]} {n}", **made} for n in range(MANY)]
    ids = session.scalars(insert(Person).returning(Person.id), persons).all()
    here = {"kind": AreaKind.MUNICIPALITY.value, "area": "9098", **made}
    several = (Audience.STAFF, Audience.COMMUNITY, Audience.PARTNER, Audience.STEWARD)
    grants = [{"person_id": one, "audience": audience.value, **here} for one in ids for audience in several]
    session.execute(insert(PersonGrant), grants)


def _many_entries(session: Session) -> None:
    """A third of them is closed; those that are open are the more urgent the later they were written down."""
    made = {"municipality": "9098", "made_at": BEFORE, "made_by": "x"}
    closed = {"closed_at": BEFORE, "closed_by": "x"}
    is_open = {"closed_at": None, "closed_by": None}
    session.execute(insert(SubjectRequest), [
        {"kind": "access", "subject": "ผ" * 290 + str(n), "reached_by": "x", "asked": "y" * 4000, "received_on": DAY,
         "due_on": DAY + dt.timedelta(days=MANY - n), "outcome": None if n % 3 else "done", **made,
         **(is_open if n % 3 else closed)} for n in range(MANY)])  # fmt: skip
    session.execute(insert(Incident), [
        {"known_at": BEFORE, "due_at": BEFORE + dt.timedelta(hours=MANY - n), "what": f"{n} " + "ก" * 3900,
         "data": "y", **made, **(is_open if n % 3 else closed)} for n in range(MANY)])  # fmt: skip


@pytest.fixture(scope="module")
def steward(desk: Desk) -> Browsing:
    return browsing(desk, "steward")


def way(page: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found.group(1).replace("&amp;", "&") if found else None


@pytest.mark.parametrize("name", LISTS)
def test_pages_of_a_long_list_are_small_and_lead_to_its_end_and_back(name: str, steward: Browsing) -> None:
    address: str | None = f"{LISTS[name]}?f=html&lang=th"
    seen: list[str] = []
    pages: list[str] = []
    while address:
        answer = steward.client.get(address, headers=HTML)
        assert answer.status_code == 200, answer.text
        assert len(answer.content) < MOST_BYTES, address
        seen += re.findall(rf'<td><a href="/{name}/(\d+)"', answer.text)
        pages.append(address)
        address = way(answer.text, "next")
        assert address is None or ("f=html" in address and "lang=th" in address)
    assert len(seen) == len(set(seen)) >= MANY
    assert len(pages) == -(-len(seen) // 100)
    back = way(steward.client.get(pages[-1], headers=HTML).text, "prev")
    assert back == pages[-2]
    assert way(steward.client.get(pages[1], headers=HTML).text, "prev") == pages[0]
    assert way(steward.client.get(pages[0], headers=HTML).text, "prev") is None


@pytest.mark.parametrize("name", LISTS)
def test_programs_go_through_the_same_list_by_its_links(name: str, desk: Desk) -> None:
    address, seen = f"{LISTS[name]}?limit=2000", list[int]()
    while address:
        told = desk.ask("steward", "GET", address, Accept="application/json").json()
        assert len(told[name]) <= 1000
        seen += [one["id"] for one in told[name]]
        address = next((one["href"] for one in told["links"] if one["rel"] == "next"), "")
    assert len(seen) == len(set(seen)) == told["count"] >= MANY


def test_what_is_most_urgent_stands_first_and_what_is_closed_last(desk: Desk) -> None:
    first = desk.ask("steward", "GET", "/requests?limit=3", Accept="application/json").json()
    last = desk.ask("steward", "GET", f"/requests?offset={MANY - 2}", Accept="application/json").json()
    days = [one["due_on"] for one in first["requests"]]
    assert days == sorted(days)
    assert all(one["closed_at"] is None for one in first["requests"])
    assert all(one["closed_at"] for one in last["requests"])
    assert [one["id"] for one in last["requests"]] == sorted((one["id"] for one in last["requests"]), reverse=True)


def test_the_page_of_one_entry_shows_its_newest_notes(desk: Desk, steward: Browsing) -> None:
    (entry,) = desk.rows("SELECT id FROM subject_request ORDER BY id LIMIT 1")
    desk.rows("INSERT INTO register_note (register, entry, what, made_at, made_by) SELECT 'request', :e, "
              "'note-' || n || '-' || repeat('น', 3900), :at, 'x' FROM generate_series(1, 60) AS n",
              e=entry.id, at=BEFORE)  # fmt: skip
    path = f"/requests/{entry.id}"
    page = steward.client.get(path, headers=HTML)
    assert len(page.content) < MOST_BYTES
    assert ("note-60-" in page.text, "note-40-" in page.text) == (True, False)
    assert len(desk.ask("steward", "GET", path, Accept="application/json").json()["notes"]) == 60


def test_beyond_the_end_there_is_a_way_back(steward: Browsing) -> None:
    for path in LISTS.values():
        read = steward.get(f"{path}?offset=999999")
        assert read.status_code == 200
        back = way(read.text, "prev")
        assert back is not None
        assert "<td>" in steward.get(back).text


@pytest.mark.parametrize("wrong", ["limit=0", "limit=x", "offset=-1", f"offset={2**31}"])
def test_a_part_that_is_none_is_refused(wrong: str, desk: Desk) -> None:
    for path in LISTS.values():
        assert desk.ask("steward", "GET", f"{path}?{wrong}", Accept="application/json").status_code == 400


def test_a_short_list_says_nothing_of_parts(desk: Desk) -> None:
    desk.someone("elsewhere", "steward municipality 9099")
    answer: Any = desk.ask("elsewhere", "GET", "/requests", Accept="application/json")
    assert answer.json() == {"requests": []}
    told = desk.ask("elsewhere", "GET", "/people", Accept="application/json").json()
    assert set(told) == {"people", "one_time_codes_required"}


def _came_with_files(session: Session, fid: int) -> None:
    """Thirty of its versions from files, each with a text of its own that people agreed to."""
    deeds = session.scalars(text("SELECT change_id FROM household_history WHERE id = :f ORDER BY version"), {"f": fid})
    for number, deed in enumerate(deeds.all()[:30], start=1):
        consent = ConsentText(municipality="9098", code="survey", version=number, words="ย" * 6000, made_at=BEFORE,
                              made_by="x")  # fmt: skip
        session.add(consent)
        session.flush()
        batch = ImportBatch(layer="household", file_name="a.csv", file_sha256=b"a", file_bytes=1, driver="CSV",
                            counts={}, report={}, loaded_by="x", purpose="สำรวจ",
                            consent_text_id=consent.id)  # fmt: skip
        session.add(batch)
        session.flush()
        session.execute(update(Change).where(Change.id == deed).values(batch_id=batch.id))


def test_the_data_of_one_person_is_told_in_short_on_the_page_and_whole_to_machines(desk: Desk) -> None:
    with Session(desk.engine) as session, session.begin():
        (fid,) = make_rows(session, "household", count=1)
        for day in range(60):
            at = BEFORE + dt.timedelta(days=day + 1)
            rewrite(session, "household", [fid], at, head_name=f"head {day} " + "ห" * 200)
        session.execute(text("SELECT atlas_note_read('malee', 'care', :why, 'http', 'household', ARRAY[:f]::bigint[]) "
                             "FROM generate_series(1, 400)"), {"f": fid, "why": "เหตุผล" * 20})  # fmt: skip
        _came_with_files(session, fid)
    path = f"/collections/household/items/{fid}/dossier"
    headers = desk.people["care"]
    page = desk.client.get(path, headers=headers | HTML)
    assert page.status_code == 200
    assert len(page.content) < MOST_BYTES
    assert "51 former versions more" in page.text
    assert re.search(r"\d{3} readings more", page.text)
    assert 'href="?f=json"' in page.text
    assert "10 imports more" in page.text
    assert page.text.count('<p class="as-written">') == 4
    assert page.text.count("head 59 ") == 1
    told = desk.ask("care", "GET", path, Accept="application/json").json()
    assert len(told["versions"]) == 61
    assert len(told["sources"]) == 30
    assert {len(one["consent_words"]) for one in told["sources"]} == {6000}
    assert len(told["readings"]) >= 400
