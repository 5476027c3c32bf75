"""The lives of the demo's marks as people are told them: on a mark's page, in the feed, in the queue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from data.demo import write_town
from layers import LAYERS
from tests.marks.conftest import browsing
from tests.people.visiting import HTML
from tests.writes.conftest import Desk, desk_of

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
OFFICER = "demo_staff"
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def desk(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The service on the day on which the demo was made, with an officer of the demo town."""
    with desk_of(new_database, tmp_path_factory, {}) as found:
        found.clock.at = NOW
        found.someone(OFFICER, "staff municipality 9098")
        write_town(found.engine, LAYERS, scale=0.3, at=NOW)
        yield found


def in_state(desk: Desk, state: str) -> str:
    """The page of a mark of Hat Yai in a state."""
    sql = "SELECT id FROM risk_point WHERE municipality = '9098' AND status = :state ORDER BY id"
    return f"/marks/risk_point/{desk.rows(sql, state=state)[0].id}"


def test_the_page_of_a_mark_tells_its_life(desk: Desk) -> None:
    page = in_state(desk, "in_action")
    history = desk.ask(OFFICER, "GET", page, **JSON).json()["life"]["history"]
    assert [one["step"] for one in history][-3:] == ["inspect", "verify", "act"]
    assert history[-1]["at"] < "2026-11-21"
    read = browsing(desk, OFFICER).get(page).text
    assert all(one["by"] in read for one in history)


def test_everybody_else_is_told_the_states_alone(desk: Desk) -> None:
    page = in_state(desk, "in_action")
    desk.client.cookies.clear()
    assert "demo_" not in desk.client.get(page, headers=HTML).text
    told = desk.ask(None, "GET", page, **JSON).json()["life"]["history"]
    assert [set(one) for one in told] == [{"step", "became", "at"}] * 2
    assert [one["became"] for one in told] == ["verified", "in_action"]


def test_the_feed_tells_what_became_of_marks(desk: Desk) -> None:
    feed = desk.client.get("/feed.atom").text
    assert feed.count("<entry>") == 50
    assert "demo_" not in feed


def test_marks_of_the_queue_wait_since_their_last_step(desk: Desk) -> None:
    groups = desk.ask(OFFICER, "GET", "/queue", **JSON).json()["groups"]
    since = [one["since"] for group in groups for one in group["marks"]]
    assert since
    assert max(since) < "2026-11-21"


def test_an_officer_of_the_demo_verifies_what_another_one_inspected(desk: Desk) -> None:
    path = in_state(desk, "inspected")
    answer = desk.ask(OFFICER, "POST", f"{path}/steps/verify", {}, Content_Type="application/json", If_Match='"1"')
    assert answer.status_code == 200, answer.text
    history = desk.ask(OFFICER, "GET", path, **JSON).json()["life"]["history"]
    assert [(one["step"], one["version"]) for one in history[-2:]] == [("inspect", 1), ("verify", 2)]
    assert history[-1]["by"] == OFFICER
