"""What there was a year ago: the numbers of the history, for those of the area and for nobody else."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient
from shapely import box
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from geo.store.write import Act, amend, close
from layers import LAYERS
from tests.makers import HAT_YAI, make_rows, rewrite, square
from tests.people.made import make_person
from tests.people.visiting import headers_of
from tests.reading.conftest import TODAY

LON, LAT = HAT_YAI
LONG_AGO, LATELY = TODAY - dt.timedelta(days=500), TODAY - dt.timedelta(days=30)
GRANTS = {
    "staff": "staff municipality 9098", "tax": "tax municipality 9098", "committee": "community community {here}",
    "other committee": "community community {there}", "other staff": "staff municipality 9099",
}  # fmt: skip
CAPTION = "history, on this day last year"
FOR_MEMBERS = "for members of this area who are signed in"
USES = ("Residential", "Vacant or unused", "Commercial and other")
Told = Mapping[str, tuple[str, ...]]


def told(page: str) -> Told:
    """Each line of the register's past: what there was and what there is, as the page says it."""
    table = page[page.index(CAPTION) :].partition("</table>")[0]
    found = {}
    for row in re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", table, re.S):
        label = re.search(r'<span lang="en">([^<]+)</span>', row)
        assert label is not None
        cells = [re.sub(r"<[^>]+>", " ", one).split() for one in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        found[label[1]] = tuple(" ".join(one) for one in cells)
    return found


def page_of(client: TestClient, fid: int, who: str = "") -> str:
    """A community's page in English as somebody gets it."""
    asked = headers_of(client, who, scope=GRANTS[who].split()[0], purpose="reading") if who else {}
    found = client.get(f"/communities/{fid}?lang=en", headers={**asked, "Accept": "text/html"})
    assert found.status_code == 200, found.text[:300]
    return found.text


@pytest.fixture
def changed(engine: Engine) -> dict[str, int]:
    """A community whose register was changed a month ago, and its neighbour of the same town."""
    with Session(engine) as session, session.begin():
        here, there = (
            make_rows(session, "community", geom=square(LON + at * 0.02, LAT, 0.01), registered_people=100,
                      changed_at=LONG_AGO)[0]
            for at in range(2)
        )  # fmt: skip
        own: dict[str, Any] = {"community_id": here, "changed_at": LONG_AGO}
        lots = make_rows(session, "parcel", count=4, land_use=["residential"] * 3 + ["vacant"],
                         area_square_metres=[400.0, 400.0, 400.0, 1600.0], **own)  # fmt: skip
        buildings = make_rows(session, "building", count=3, **own)
        near = make_rows(session, "risk_zone", count=2, geom=square(LON + 0.001, LAT + 0.001, 0.001), **own)
        make_rows(session, "household", count=6, tenure="1", **own)
        make_rows(session, "asset", count=3, **own)
        # Beside it: none of these is ever counted here.
        make_rows(session, "parcel", count=5, community_id=there, changed_at=LONG_AGO, area_square_metres=1.0)
        make_rows(session, "risk_zone", geom=square(LON + 0.021, LAT + 0.001, 0.001), community_id=there,
                  changed_at=LONG_AGO)  # fmt: skip
        # A month ago: a lot is built upon, one is given up and two are new; a house is gone; a zone reaches us no more.
        rewrite(session, "parcel", lots[3:], LATELY, land_use="commercial")
        act = Act(by="a tester", origin="test", at=LATELY)
        close(session, LAYERS["parcel"], lots[0], act=act)
        make_rows(session, "parcel", count=2, land_use="residential", area_square_metres=100.0, community_id=here,
                  changed_at=LATELY)  # fmt: skip
        close(session, LAYERS["building"], buildings[0], act=act)
        amend(session, LAYERS["risk_zone"], near[0], {}, shape=box(LON + 0.5, LAT, LON + 0.51, LAT + 0.01), act=act)
        make_rows(session, "asset", community_id=here, changed_at=LATELY)
        rewrite(session, "community", [here], LATELY, registered_people=140)
    made = {"here": here, "there": there}
    for name, grant in GRANTS.items():
        make_person(engine, name, grant.format(**made))
    return made


def test_a_year_ago_is_read_from_the_history_by_members(changed: dict[str, int], client: TestClient) -> None:
    for who in ("staff", "tax", "committee"):
        past = told(page_of(client, changed["here"], who))
        assert past["Registered people"] == ("100", "140"), who
        assert past["Assets"] == ("3", "4"), who
        assert past["Parcels"] == ("4 2,800 m² · 1-3-0.0", "5 2,600 m² · 1-2-50.0"), who
        assert past["Buildings"] == ("3", "2"), who
    # What a lot was used for is counted as it was then, and with the area that it had.
    lines = {name: amounts for name, amounts in past.items() if name in USES}
    assert lines == {
        "Residential": ("3 1,200 m² · 0-3-0.0", "4 1,000 m² · 0-2-50.0"),
        "Commercial and other": ("0", "1 1,600 m² · 1-0-0.0"),
        "Vacant or unused": ("1 1,600 m² · 1-0-0.0", "0"),
    }  # fmt: skip


def test_a_zone_counts_where_it_lay(changed: dict[str, int], client: TestClient) -> None:
    assert told(page_of(client, changed["here"], "staff"))["Risk zones"] == ("2", "1")


def test_what_a_committee_may_not_count_by_place_is_said_and_not_told(
    changed: dict[str, int], client: TestClient
) -> None:
    assert told(page_of(client, changed["here"], "staff"))["Households"] == ("6", "6")
    (words,) = told(page_of(client, changed["here"], "committee"))["Households"]
    assert words.startswith("counted by community for the town")


@pytest.mark.parametrize("who", ["", "other committee", "other staff"])
def test_who_is_of_elsewhere_is_told_of_no_past_and_why(changed: dict[str, int], client: TestClient, who: str) -> None:
    page = page_of(client, changed["here"], who)
    assert CAPTION not in page
    assert FOR_MEMBERS in page
    assert FOR_MEMBERS not in page_of(client, changed["here"], "committee")


def test_of_a_community_that_is_younger_nothing_is_a_zero(engine: Engine, client: TestClient) -> None:
    with Session(engine) as session, session.begin():
        (fid,) = make_rows(session, "community", geom=square(LON, LAT, 0.01), changed_at=LATELY)
        make_rows(session, "parcel", community_id=fid, changed_at=LATELY, area_square_metres=400.0)
    make_person(engine, "staff", GRANTS["staff"])
    past = told(page_of(client, fid, "staff"))
    for name in ("Parcels", "Buildings", "Risk zones", "Registered people"):
        assert past[name][0].startswith("no history yet"), name
    assert past["Parcels"][1] == "1 400 m² · 0-1-0.0"


def test_the_past_costs_one_question_a_layer(changed: dict[str, int], client: TestClient) -> None:
    headers = {**headers_of(client, "staff", scope="staff"), "Accept": "text/html"}
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    assert client.get(f"/communities/{changed['here']}", headers=headers).status_code == 200
    event.remove(Engine, "before_cursor_execute", note)
    for layer in ("parcel", "building", "risk_zone", "risk_point", "asset", "household", "community"):
        assert len([one for one in asked if f"{layer}_history" in one]) == 1, layer
