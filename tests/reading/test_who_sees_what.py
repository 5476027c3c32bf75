"""Who is told what on the reading pages: members of the place, members of another, everybody; and what is too small."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from api.reading.looking import Looking, community_named
from api.reading.measures import MEASURES, homes_by, measures_for
from api.reading.numbers import HOMES, Known, numbers_of
from geo.errors import BadRequest
from geo.layer import Audience
from geo.people.areas import Areas
from geo.store.grouped import grouped
from geo.store.read import Asking
from layers import LAYERS
from tests.makers import make_rows, rewrite
from tests.people.visiting import HTML
from tests.reading.conftest import TODAY, World

PAGES = ("/communities/{one}", "/communities/compare?ids={one},{three}", "/towns/9098", "/shared-areas/{canal}")
HOME_COLUMNS = ("tenure", "programme", "registration")
STAFF = Asking(audience=Audience.STAFF, person="somebody", areas=Areas(towns=frozenset({"9098"})))


def at(world: World, path: str) -> str:
    return path.format(one=world.one, three=world.three, canal=world.canal)


def numbers_in(page: str) -> str:
    """A page's own part: not who looks at it."""
    return page[page.index("<main") : page.index("</main>")]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["neighbour", "partner", "other committee"])
def test_a_member_of_elsewhere_sees_what_everybody_sees(world: World, path: str, who: str) -> None:
    address = at(world, path)
    assert numbers_in(world.page(address, who)) == numbers_in(world.page(address))
    answer = world.client.get(address, headers={**world.headers[who], "Accept": "text/html"})
    assert answer.headers["cache-control"] == "private, no-store"


def test_what_is_not_verified_is_counted_for_members_of_the_place_alone(world: World) -> None:
    for who, points in (("", 2), ("neighbour", 2), ("partner", 2), ("other committee", 2), ("staff", 4),
                        ("committee", 4)):  # fmt: skip
        told = world.json(f"/communities/{world.one}", who)
        row = next(one for one in told["rows"] if one["item"]["en"] == "Risk points")
        assert row["value"] == points, who
    # A committee sees its own community as a member, and its town as everybody does.
    for who, points in (("", 2), ("committee", 2), ("staff", 4)):
        rows = world.json("/towns/9098?per=count", who)["rows"]
        assert next(one["value_count"] for one in rows if one["id"] == world.one) == points, who
    # Side by side with a neighbour all are told alike, whoever asks.
    both = world.json(f"/communities/compare?ids={world.one},{world.over}", "staff")
    row = next(one for one in both["rows"] if one["item"]["en"] == "Risk points" and one["unit"]["en"] == "points")
    assert row["value"] == 2


@pytest.mark.parametrize("who", ["", "neighbour", "partner", "committee", "other committee"])
def test_housing_and_tenure_are_for_those_who_read_the_survey(world: World, who: str) -> None:
    page = world.page(f"/communities/{world.one}", who)
    assert ("ไม่เผยแพร่: มาจากการสำรวจรายครัวเรือน" in page) == (who != "committee")
    assert ("ไม่บอกคณะกรรมการชุมชน: การสำรวจบันทึก" in page) == (who == "committee")
    options = world.page("/towns/9098", who)
    for label in ("บ้านเช่า", "บ้านมั่นคง", "ประชากรแฝง"):
        assert label not in page + options
    refused = [world.client.get(f"/towns/9098?by={name}", headers=world.headers.get(who, {}))
               for name in ("tenure-3", "no-such-one")]  # fmt: skip
    assert [one.status_code for one in refused] == [400, 400]
    assert refused[0].json()["detail"].replace("tenure-3", "…") == refused[1].json()["detail"].replace(
        "no-such-one", "…"
    )


def test_no_count_tells_a_committee_how_a_home_is_held(session: Session) -> None:
    # It reads its homes one by one: a count that follows at once would tell of the one that was added.
    (fid,) = make_rows(session, "community")
    make_rows(session, "household", count=9, community_id=fid, tenure="1")
    committee = Asking(audience=Audience.COMMUNITY, person="somebody", areas=Areas(communities=frozenset({fid})))
    eyes = Looking(session=session, asking=committee, cache=no_cache())
    assert eyes.households([fid])[fid].count == 9
    assert not eyes.knows_homes
    for by in HOME_COLUMNS:
        with pytest.raises(BadRequest):
            grouped(session, LAYERS["household"], committee, by=(by,))


@pytest.mark.parametrize("who", ["staff", "care"])
def test_of_fifteen_homes_seven_and_six_are_told_and_two_hide_the_six(world: World, who: str) -> None:
    page = world.page(f"/communities/{world.one}", who)
    table = re.search(r'<th scope="col"><span lang="th">การอยู่อาศัย</span>.*?</table>', page, re.S)
    assert table is not None
    cells = re.findall(r"<tr><td><span lang=\"th\">([^<]+)</span>.*?<td class=\"number\">(.*?)</td>", table[0], re.S)
    told = {label: re.sub(r"<[^>]+>", "", cell).split()[0] for label, cell in cells}
    # Two would be fifteen less thirteen, so that the next smallest is hidden with them.
    assert told == {"บ้านตนเอง": "7", "บ้านเช่า": "ไม่บอก", "อาศัยผู้อื่นอยู่": "ไม่บอก"}
    assert "สำรวจไว้น้อยกว่า 5 ครัวเรือน" in world.page(f"/communities/{world.three}", who)


def test_no_share_of_a_survey_tells_what_is_hidden_beside_it(world: World) -> None:
    for code in ("1", "2", "3"):
        rows = world.json(f"/towns/9098?by=tenure-{code}", "staff")["rows"]
        first = next(one for one in rows if one["id"] == world.one)
        assert (first["value_count"], first["remark"]["en"]) == (None, "not published")
    whole = world.json("/towns/9098?by=programme-mankong", "staff")["rows"]
    assert next(one for one in whole if one["id"] == world.one)["value_count"] == 100


def test_every_measure_says_who_may_know_it_and_needs_nothing_else() -> None:
    for measure in MEASURES.values():
        assert (measure.audience is Audience.PUBLIC) == (HOMES not in measure.needs), measure.id
        for name in measure.needs:
            assert name == "surveyed" or name in LAYERS
        assert measure.per[0].id != "count" or not measure.is_count


def test_shares_of_homes_of_the_public_are_withheld_even_when_asked_for_by_name(session: Session) -> None:
    (fid,) = make_rows(session, "community")
    make_rows(session, "household", count=9, community_id=fid, tenure="1")
    community, _ = community_named(session, fid)
    for asking, known in ((Asking(), Known.WITHHELD), (STAFF, Known.YES)):
        eyes = Looking(session=session, asking=asking, cache=no_cache())
        (numbers,) = numbers_of(eyes, [community], (HOMES,))
        assert MEASURES["tenure-1"].told(numbers).known is known
        assert (HOMES in numbers.groups) == (asking is STAFF)
        assert any(one.id == "tenure-1" for one in measures_for(eyes)) == (asking is STAFF)
    assert homes_by(numbers, "tenure") == [("1", 9, numbers.total(HOMES))]


def no_cache() -> Any:
    from api.caching import EditCache

    return EditCache()


def test_an_edit_shows_at_once_though_numbers_are_remembered(engine: Engine, client: TestClient) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "municipality", code="9098")
        (fid,) = make_rows(session, "community", registered_people=100)
        points = make_rows(session, "risk_point", count=2, community_id=fid)
    assert [row["value_count"] for row in told(client)] == [2]
    with Session(engine) as session, session.begin():
        rewrite(session, "risk_point", points[:1], TODAY, status="reported")
    assert [row["value_count"] for row in told(client)] == [1]
    with Session(engine) as session, session.begin():
        rewrite(session, "community", [fid], TODAY, registered_people=50)
    assert [row["value_registered"] for row in told(client)] == [2.0]


def told(client: TestClient) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get("/towns/9098?f=json").json()["rows"]
    return rows


def test_a_page_asks_few_questions_however_many_communities_there_are(engine: Engine, client: TestClient) -> None:
    for more in (3, 20):
        with Session(engine) as session, session.begin():
            make_rows(session, "community", count=more, registered_people=10)
            make_rows(session, "risk_point", count=2)
        client.get("/towns/9098", headers={"Accept": "text/html"})
        asked: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any, asked: list[str] = asked) -> None:
            asked.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        for by in ("risk-point", "risk-zone", "surveyed"):
            assert client.get(f"/towns/9098?by={by}", headers={"Accept": "text/html"}).status_code == 200
        event.remove(Engine, "before_cursor_execute", note)
        # Three pages: towns, communities, one layer each. One question a community would be many more.
        assert 3 <= len([one for one in asked if one.startswith("SELECT")]) <= 18


def test_the_map_on_a_communitys_page_is_there_for_members_of_elsewhere_too(world: World) -> None:
    for who in ("", "neighbour", "other committee", "staff", "partner"):
        found = world.client.get(f"/communities/{world.one}/map", headers=world.headers.get(who, {}) | HTML)
        assert found.status_code == 200, who
        assert "ชุมชนหนึ่ง" in found.text
