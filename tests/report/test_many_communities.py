"""Where many towns share a service the form stays small: first the town, then its communities."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from api.report_said import MOST_LISTED
from tests.makers import make_rows
from tests.people.visiting import HTML
from tests.report.conftest import Reporting


def test_of_thousands_of_communities_a_form_holds_those_of_one_town(reporting: Reporting) -> None:
    other = 20
    with Session(reporting.engine) as session, session.begin():
        make_rows(session, "municipality", code="9099", municipality="9099", name_th="เทศบาลสอง", name_en="Two")
        make_rows(session, "community", count=MOST_LISTED, municipality="9098")
        there = make_rows(session, "community", count=other, municipality="9099", name_th="ชุมชนอื่น")
    browser = reporting.browser()

    def places(page: str) -> list[str]:
        choice = re.search(r'<select id="place".*?</select>', page, re.S)
        return re.findall(r'<option value="(\d+)"', choice.group(0)) if choice else []

    first = browser.get("/report", headers=HTML)
    assert len(first.content) < 100_000
    assert places(first.text) == []
    assert re.findall(r'<option value="(\d{4})"', first.text) == ["9098", "9099"]
    # The place on the map and typed coordinates are there whatever is chosen.
    assert 'name="lat"' in first.text
    chosen = browser.get("/report?municipality=9099", headers=HTML).text
    assert sorted(places(chosen)) == sorted(map(str, there))
    assert places(browser.get("/report?municipality=0000", headers=HTML).text) == []
    # A form that comes back with something wrong still has the list that its place is in.
    sent = reporting.sent(browser, words="", place=str(there[3]))
    assert sent.status_code == 400
    assert f'<option value="{there[3]}" selected>' in sent.text
    # And one that is right is taken.
    assert reporting.sent(browser, place=str(reporting.drawn)).status_code == 303
