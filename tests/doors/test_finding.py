"""One box finds names, codes, house numbers and coordinates: of what the asker sees, and of nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.thai import normalised, search_key
from tests.makers import make_rows, release_all
from tests.people.made import make_person
from tests.people.visiting import headers_of


@pytest.fixture
def town(engine: Engine) -> dict[str, int]:
    """A community with a parcel, a building, a household, a shelter, and a risk that only members know of."""
    with Session(engine) as session, session.begin():
        (community,) = make_rows(session, "community", name_th="ชุมชนจันทร์นิเวศน์", name_en="Chan Niwet", zone="3",
                                 aliases="ซอยสี่ฎีกา", community_code="C-7")  # fmt: skip
        made = {"community": community}
        at: dict[str, Any] = {"community_id": community}
        made["parcel"] = make_rows(session, "parcel", parcel_code="01A033/12", **at)[0]
        made["building"] = make_rows(session, "building", building_code="B-9", house_no="71/4", **at)[0]
        made["asset"] = make_rows(session, "asset", name_th="ศาลาริมคลองเตย", asset_code="A-1", **at)[0]
        made["risk"] = make_rows(session, "risk_point", name_th="ท่อระบายน้ำตันหน้าตลาด", status="reported", **at)[0]
        made["house"] = make_rows(session, "household", household_code="H-55", house_no="71/4", count=1, **at)[0]
        theirs: dict[str, Any] = {"municipality": "9099"}
        make_rows(session, "risk_point", name_th="ท่อระบายน้ำของเมืองอื่น", status="reported", **theirs)
        make_rows(session, "household", household_code="H-55", house_no="71/4", **theirs)
        make_rows(session, "parcel", parcel_code="01A033/99", **theirs)
        release_all(session)
    return made


def found(client: TestClient, said: str, **headers: str) -> dict[str, list[dict[str, Any]]]:
    answer = client.get("/search", params={"q": said}, headers=headers)
    assert answer.status_code == 200
    return {group["layer"]: group["found"] for group in answer.json()["groups"]}


@pytest.mark.parametrize(
    "said",
    ["จันทร์นิเวศน์", "นิเวศน์", "ชุมชน จันทร์ นิเวศน์", "niwet", "CHAN  NIWET", "ซอยสี่ฏีกา", "C7", "จันทร์"],
)
def test_a_community_is_found_by_any_part_of_any_of_its_names(
    said: str, client: TestClient, town: dict[str, int]
) -> None:
    (hit,) = found(client, said)["community"]
    assert hit["id"] == town["community"]
    assert hit["name"] == {"th": "ชุมชนจันทร์นิเวศน์", "en": "Chan Niwet"}
    assert hit["page"] == f"/communities/{town['community']}"
    west, south, east, north = hit["box"]
    assert west < hit["lon"] < east
    assert south < hit["lat"] < north


@pytest.mark.parametrize("said", ["01A033/12", "๐๑a๐๓๓/๑๒", "a03312", "01A033 12"])
def test_a_parcel_is_found_by_its_code_however_it_is_written(
    said: str, client: TestClient, town: dict[str, int]
) -> None:
    (hit,) = found(client, said)["parcel"]
    assert (hit["id"], hit["name"]["th"]) == (town["parcel"], "01A033/12")
    assert hit["community"] == {"th": "ชุมชนจันทร์นิเวศน์", "en": "Chan Niwet"}


def test_what_begins_with_the_words_comes_before_what_has_them_inside(client: TestClient, engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        make_rows(session, "asset", count=3, name_th=["โรงเรียนวัดโคก", "โคกหนองนา", "โคก"], name_en=None)
    names = [hit["name"]["th"] for hit in found(client, "โคก")["asset"]]
    assert names == ["โคก", "โคกหนองนา", "โรงเรียนวัดโคก"]


def test_a_house_is_found_by_those_who_may_see_houses_and_in_their_own_town(
    engine: Engine, client: TestClient, town: dict[str, int]
) -> None:
    assert found(client, "71/4") == {}
    assert found(client, "H-55") == {}
    make_person(engine, "somchai", "staff municipality 9098", "care municipality 9098")
    make_person(engine, "malee", "partner municipality 9098")
    for scope in ("staff", "care"):
        mine = found(client, "71/4", **headers_of(client, "somchai", scope=scope, purpose="visits"))
        assert [hit["id"] for hit in mine["building"]] == [town["building"]]
        assert [hit["id"] for hit in mine["household"]] == [town["house"]]
        assert mine["building"][0]["by"] == {"th": "บ้านเลขที่ 71/4", "en": "House number 71/4"}
    assert found(client, "71/4", **headers_of(client, "malee")) == {}
    # Nothing by name was read: nothing had to be written down.
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM read_log WHERE door = '/search'")) == 0


def test_a_lane_is_found_once_for_all_that_stands_in_it_and_by_community(
    engine: Engine, client: TestClient, town: dict[str, int]
) -> None:
    with Session(engine) as session, session.begin():
        (other,) = make_rows(session, "community", name_th="ชุมชนป้อม6", name_en="Pom 6", community_code="C-8")
        for community, lane, count in ((town["community"], "ซอยร่มเย็น 3", 5), (other, "ซอยร่มเย็น 3", 2),
                                       (other, "ซอยร่มเย็น 31", 1)):  # fmt: skip
            make_rows(session, "building", count=count, soi=lane, community_id=community)
        make_rows(session, "building", soi="ซอยร่มเย็น 3", municipality="9099")
    make_person(engine, "wichai", f"community community {other}")
    ours = ["ชุมชนจันทร์นิเวศน์", "ชุมชนป้อม6", None]
    for said in ("ร่มเย็น 3", "ซอยร่มเย็น๓", "มเย็น3"):
        answer = client.get("/search", params={"q": said}).json()
        (group,) = [one for one in answer["groups"] if one["title"]["th"] == "ซอย"]
        # Each community's own, and the shortest name first.
        assert [one["name"]["th"] for one in group["found"]] == ["ซอยร่มเย็น 3"] * 3 + ["ซอยร่มเย็น 31"]
        assert [one["community"] and one["community"]["th"] for one in group["found"][:3]] == ours
        assert all(one["id"] is None and one["box"][0] <= one["lon"] <= one["box"][2] for one in group["found"])
    mine = client.get("/search", params={"q": "ร่มเย็น 3"}, headers=headers_of(client, "wichai")).json()["groups"]
    assert [one["name"]["th"] for one in mine[0]["found"]] == ["ซอยร่มเย็น 3", "ซอยร่มเย็น 31"]
    # One letter is everywhere, and a sign of a pattern means itself.
    assert not [one for said in ("ซ", "ร่ม%") for one in client.get("/search", params={"q": said}).json()["groups"]
                if one["title"]["th"] == "ซอย"]  # fmt: skip


def test_members_find_with_the_index_what_lies_in_their_area_and_nothing_else(
    engine: Engine, client: TestClient, town: dict[str, int]
) -> None:
    make_person(engine, "somchai", "staff municipality 9098")
    make_person(engine, "wichai", f"community community {town['community']}")
    for login in ("somchai", "wichai"):
        mine = found(client, "01A033", **headers_of(client, login))
        assert [hit["name"]["th"] for hit in mine["parcel"]] == ["01A033/12"]
        risks = found(client, "ระบายน้ำ", **headers_of(client, login))["risk_point"]
        assert [hit["name"]["th"] for hit in risks] == ["ท่อระบายน้ำตันหน้าตลาด"]
    # Everybody sees parcels of both towns; a risk that nobody verified is nobody's but its town's.
    assert len(found(client, "01A033")["parcel"]) == 2
    assert "risk_point" not in found(client, "ระบายน้ำ")


def test_the_answer_for_a_hidden_row_is_that_for_none(client: TestClient, town: dict[str, int]) -> None:
    answers = [client.get("/search", params={"q": said}) for said in ("ท่อระบายน้ำตัน", "ท่อระบายน้ำใส")]
    told = [answer.text.replace("ตัน", "").replace("ใส", "") for answer in answers]
    assert told[0] == told[1]
    assert [answer.headers["cache-control"] for answer in answers] == [answers[0].headers["cache-control"]] * 2


@pytest.mark.parametrize("said", ["%", "_", "\\", "%%%", "01A0__/12", "a%b", "' OR 1=1", "\u200b"])
def test_signs_of_a_pattern_mean_themselves(said: str, client: TestClient, town: dict[str, int]) -> None:
    assert found(client, said) == {}


def test_coordinates_are_a_place_and_say_how_they_were_read(client: TestClient, town: dict[str, int]) -> None:
    told = client.get("/search", params={"q": "๗.๐๑๖, ๑๐๐.๔๗๒"}).json()
    assert told["groups"] == []
    (place,) = told["places"]
    assert (place["lat"], place["lon"]) == (7.016, 100.472)
    assert place["read_as"]["th"] == "อ่านเป็น ละติจูด 7.016000 ลองจิจูด 100.472000"


def test_an_odd_question_is_refused_in_words(client: TestClient) -> None:
    assert client.get("/search", params={"q": "ก" * 121}).status_code == 400
    assert client.get("/search", params={"q": "ก", "layer": "parcel"}).status_code == 400
    assert client.get("/search").json() == {"q": "", "places": [], "groups": []}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.text(
        st.characters(min_codepoint=0x0E01, max_codepoint=0x0E3A) | st.sampled_from("AbC ฎ-./เเ๙"), max_size=12
    )
)
def test_postgresql_compares_as_the_program_does(said: str, engine: Engine) -> None:
    raw = normalised(said)
    with engine.connect() as connection:
        held = connection.scalar(text("SELECT atlas_search_key(:said)"), {"said": raw})
    key = search_key(raw)
    # The program takes prefixes off besides; what is left is what PostgreSQL holds, or the end of it.
    assert held.endswith(key) or key == raw.strip()


@pytest.mark.parametrize("table", ["parcel", "building", "risk_point"])
def test_an_index_knows_the_middles_of_words(table: str, engine: Engine) -> None:
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT indexname FROM pg_indexes WHERE tablename = :t"), {"t": table}).all()
    assert any(name.endswith("_sought") for name in names)
