"""Towns and links of written features: as they say, else by their place; and what follows when a target moves."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tests.people.made import give
from tests.writes.conftest import Desk, feature, ring, told

ITEMS = "/collections/asset/items"
COMMUNITIES = "/collections/community/items"


def link_of(desk: Desk, fid: int, layer: str = "asset") -> tuple[Any, ...]:
    return tuple(desk.rows(f"SELECT community_id, community_link FROM {layer} WHERE id = :id", id=fid)[0])


def a_community(desk: Desk, lon: float, lat: float, side: float = 0.001) -> int:
    body = {"type": "Feature", "geometry": ring(lon, lat, side), "properties": {"name_th": "ชุมชน"}}
    answer = desk.ask("staff", "POST", COMMUNITIES, body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_a_feature_is_linked_by_its_place_and_follows_it(desk: Desk) -> None:
    east, west = a_community(desk, 100.60, 7.2), a_community(desk, 100.61, 7.2)
    made = desk.ask("staff", "POST", ITEMS, feature(100.6005, 7.2005, name_th="ศาลา"))
    fid, at = made.json()["id"], made.headers["location"]
    assert link_of(desk, fid) == (east, "location")
    assert (
        desk.ask("staff", "PATCH", at, {"geometry": {"type": "Point", "coordinates": [100.6105, 7.2005]}}).status_code
        == 200
    )
    assert link_of(desk, fid) == (west, "location")
    # Sent back as it was read, but moved: the place decides, because nobody chose the link.
    read = desk.ask("staff", "GET", at).json()
    read["geometry"]["coordinates"] = [100.6005, 7.2005]
    assert desk.ask("staff", "PUT", at, read).status_code == 200
    assert link_of(desk, fid) == (east, "location")
    assert (
        desk.ask("staff", "PATCH", at, {"geometry": {"type": "Point", "coordinates": [100.7, 7.5]}}).status_code == 200
    )
    assert link_of(desk, fid) == (None, None)


def test_a_link_by_hand_stays_until_somebody_writes_the_feature_anew(desk: Desk) -> None:
    near, far = a_community(desk, 100.62, 7.2), a_community(desk, 100.65, 7.2)
    made = desk.ask("staff", "POST", ITEMS, feature(100.6205, 7.2005, name_th="ศาลา", community_id=far))
    fid, at = made.json()["id"], made.headers["location"]
    assert link_of(desk, fid) == (far, "hand")
    assert (
        desk.ask("staff", "PATCH", at, {"geometry": {"type": "Point", "coordinates": [100.6206, 7.2005]}}).status_code
        == 200
    )
    assert link_of(desk, fid) == (far, "hand")
    assert desk.ask("staff", "PATCH", at, {"community_id": None}).status_code == 200
    assert link_of(desk, fid) == (None, "hand")
    assert desk.ask("staff", "PUT", at, feature(100.6206, 7.2005, name_th="ศาลา")).status_code == 200
    assert link_of(desk, fid) == (near, "location")


def test_a_link_leads_to_what_is_there_in_the_same_town(desk: Desk) -> None:
    theirs = desk.made("community", municipality="9099")
    for fid in (theirs, 999_999, 2**62):
        assert told(desk.ask("staff", "POST", ITEMS, feature(name_th="x", community_id=fid))) == {
            ("unknown-link", "community_id")
        }
    for wrong in (0, -1, 2**63, 1.5, "1", True):
        assert told(desk.ask("staff", "POST", ITEMS, feature(name_th="x", community_id=wrong))) == {
            ("wrong-type", "community_id")
        }


def test_links_follow_a_community_that_is_drawn_anew_or_ends(desk: Desk) -> None:
    large, small = a_community(desk, 100.70, 7.2, 0.01), a_community(desk, 100.70, 7.2, 0.002)
    made = desk.ask("staff", "POST", ITEMS, feature(100.701, 7.201, name_th="ศาลา"))
    fid = made.json()["id"]
    chosen = desk.ask("staff", "POST", ITEMS, feature(100.705, 7.205, name_th="ลาน", community_id=small)).json()["id"]
    assert (link_of(desk, fid), link_of(desk, chosen)) == ((small, "location"), (small, "hand"))
    moved = {"geometry": ring(100.75, 7.2, 0.002)}
    assert desk.ask("staff", "PATCH", f"{COMMUNITIES}/{small}", moved).status_code == 200
    assert (link_of(desk, fid), link_of(desk, chosen)) == ((large, "location"), (small, "hand"))
    # What was linked to it has another version, and nothing is emptied without a trace.
    assert desk.ask("staff", "DELETE", f"{COMMUNITIES}/{small}").status_code == 204
    assert link_of(desk, chosen) == (large, "location")
    assert desk.ask("staff", "DELETE", f"{COMMUNITIES}/{large}").status_code == 204
    for one, versions in ((fid, [small, large]), (chosen, [small, large])):
        assert link_of(desk, one) == (None, None)
        was = desk.rows("SELECT community_id FROM asset_history WHERE id = :id ORDER BY version", id=one)
        assert [row[0] for row in was] == versions


def test_what_others_are_linked_to_is_ended_by_who_has_the_whole_town(desk: Desk) -> None:
    home = desk.made("community")
    who = desk.someone("chief", f"staff community {home}")
    assert desk.ask(who, "PATCH", f"{COMMUNITIES}/{home}", {"name_en": "Home"}).status_code == 200
    assert desk.ask(who, "DELETE", f"{COMMUNITIES}/{home}").status_code == 403
    assert desk.rows("SELECT version FROM community WHERE id = :id", id=home) == [(2,)]


def test_the_town_is_that_of_the_place_else_of_the_writer(desk: Desk) -> None:
    desk.rows("DELETE FROM municipality")
    desk.made("municipality", code="9098", municipality="9098",
              geom="SRID=4326;POLYGON((101 6, 101.1 6, 101.1 6.1, 101 6.1, 101 6))")  # fmt: skip
    desk.made("municipality", code="9097", municipality="9097",
              geom="SRID=4326;POLYGON((101.2 6, 101.3 6, 101.3 6.1, 101.2 6.1, 101.2 6))")  # fmt: skip
    who = desk.someone("of-two", "staff municipality 9098")
    number = desk.rows("SELECT id FROM person WHERE login = 'of-two'")[0][0]
    with Session(desk.engine) as session, session.begin():
        give(session, number, "staff municipality 9097")
    town = "SELECT municipality FROM asset WHERE id = :id"
    for lon, code in ((101.05, "9098"), (101.25, "9097")):
        made = desk.ask(who, "POST", ITEMS, feature(lon, 6.05, name_th="x"))
        assert desk.rows(town, id=made.json()["id"]) == [(code,)]
    # Of two towns it must be said; of one it need not.
    assert told(desk.ask(who, "POST", ITEMS, feature(name_th="x"))) == {("no-municipality", "municipality")}
    made = desk.ask(who, "POST", ITEMS, feature(name_th="x", municipality="๙๐๙๘"))
    assert desk.rows(town, id=made.json()["id"]) == [("9098",)]
    assert told(desk.ask(who, "POST", ITEMS, feature(name_th="x", municipality="หาดใหญ่"))) == {
        ("unknown-municipality", "municipality")
    }
