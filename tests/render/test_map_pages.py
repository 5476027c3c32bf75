"""The map pages and the page about a community, as a browser gets them."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from api.settings import Settings
from geo.store.db import writing_engine
from geo.store.releases import release
from layers import LAYERS
from tests.conftest import app_of
from tests.makers import HAT_YAI, make_rows, point, release_all, square

HTML = {"accept": "text/html", "accept-language": "th"}
EVIL = "<img src=x onerror=alert(1)>${alert(1)}`"


@pytest.fixture(scope="module")
def town_url(new_database: Callable[[], str]) -> str:
    """One database for the tests of this file that only read."""
    return new_database()


@pytest.fixture(scope="module")
def town(town_url: str) -> dict[str, int]:
    """A community with everything in it, one with little, one nobody has drawn."""
    engine = writing_engine(town_url)
    with Session(engine) as session, session.begin():
        made = _town(session)
        release_all(session)
    engine.dispose()
    return made


def _town(session: Session) -> dict[str, int]:
    lon, lat = HAT_YAI
    make_rows(session, "municipality", code="9098", name_th="เทศบาลนครหาดใหญ่", name_en="Hat Yai")
    full, little, undrawn = (
        make_rows(session, "community", name_th=name, name_en=english, aliases=None, **more)[0]
        for name, english, more in (
            (
                "ชุมชนจันทร์นิเวศน์",
                "Chan Niwet",
                {"registered_households": 1234, "geom": square(lon - 0.01, lat - 0.01, 0.02)},
            ),
            (EVIL, EVIL, {"geom": square(lon + 0.02, lat - 0.01, 0.02)}),
            ("ชุมชนยังไม่มีแนวเขต", "Undrawn", {"geom": None}),
        )
    )
    uses, areas = ["residential", "residential", "vacant"], [400.0, 400.0, 1700.0]
    make_rows(session, "parcel", count=3, land_use=uses, community_id=full, area_square_metres=areas)
    make_rows(session, "building", count=2, use=["residential", "commercial"], community_id=full)
    names = ["วัดหนึ่ง", EVIL]
    make_rows(session, "asset", count=2, kind=["temple", "school"], name_th=names, community_id=full)
    status = ["verified", "verified", "reported"]
    make_rows(session, "risk_point", count=3, status=status, kind="FIRE", community_id=full)
    make_rows(session, "household", count=7, step=0.0, community_id=full)
    make_rows(session, "household", count=4, geom=point(lon + 0.03, lat), community_id=little)
    make_rows(session, "shared_area", name_th="คลองสำโรง")
    return {"full": full, "little": little, "undrawn": undrawn}


@pytest.fixture(scope="module")
def client(town_url: str, town: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over the town; nothing in this file changes it."""
    app = app_of(Settings(home=tmp_path_factory.mktemp("atlas")), town_url)
    with TestClient(app, raise_server_exceptions=False) as found:
        yield found


@pytest.fixture
def pages(client: TestClient, town: dict[str, int]) -> Callable[[str], str]:
    """The text of a page that answers 200."""

    def read(path: str) -> str:
        answer = client.get(path, headers=HTML)
        assert answer.status_code == 200, answer.text
        return answer.text

    return read


def test_the_town_map_is_small_and_keeps_a_strict_policy(client: TestClient, town: dict[str, int]) -> None:
    answer = client.get("/map", headers=HTML)
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert len(answer.content) < 150_000
    assert "unsafe" not in policy
    assert "sha256-" in policy
    for part in ("default-src 'none'", "frame-ancestors 'self'", "base-uri 'none'", "connect-src 'self'"):
        assert part in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"]


def test_a_map_page_asked_for_again_is_not_sent_again(client: TestClient, town: dict[str, int]) -> None:
    first = client.get("/map", headers=HTML)
    again = client.get("/map", headers={**HTML, "if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_a_street_map_is_let_through_the_policy_and_nothing_else(town_url: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, basemap="https://{s}.tile.example/{z}/{x}/{y}.png")
    with TestClient(app_of(settings, town_url)) as client:
        policy = client.get("/map", headers=HTML).headers["content-security-policy"]
    assert "img-src 'self' data: https://*.tile.example;" in policy
    assert "connect-src 'self'" in policy
    assert policy.count("https:") == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/maps?layers=no_such_layer", 404),
        ("/maps?layers=parcel&bbox=a,b,c,d", 400),
        ("/maps?layers=parcel&bbox=1,2,3", 400),
        ("/maps", 400),
        ("/maps?layers=parcel&item=999999", 404),
        ("/maps?layers=parcel&item=x", 404),
        ("/communities/999999", 404),
        ("/communities/99999999999999999999999", 404),
        ("/communities/-1", 404),
        ("/communities/one", 404),
        ("/communities/999999/map", 404),
        ("/tiles/no_such_layer/legend", 404),
        ("/communities/search?q=" + "x" * 200, 400),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(client: TestClient, path: str, status: int) -> None:
    page, problem = client.get(path, headers=HTML), client.get(path)
    assert page.status_code == problem.status_code == status
    assert problem.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in page.text
    assert "<h1>" in page.text


def test_a_map_of_an_empty_server_still_opens(database_url: str, tmp_path: Path) -> None:
    with TestClient(app_of(Settings(home=tmp_path), database_url)) as client:
        for path in ("/map", "/maps?layers=parcel,household", "/"):
            assert client.get(path, headers=HTML).status_code == 200


def test_the_page_of_a_community_tells_its_numbers(pages: Callable[[str], str], town: dict[str, int]) -> None:
    page = pages(f"/communities/{town['full']}")
    for words in ("ชุมชนจันทร์นิเวศน์", "Chan Niwet", "1,234", "เทศบาลนครหาดใหญ่", "วัดหนึ่ง", "คลองสำโรง"):
        assert words in page
    assert re.search(r"ที่อยู่อาศัย.*?<td class=\"number\">2</td>\s*<td class=\"number\">800<small>0-2-0", page, re.S)
    assert re.search(r"<b>7</b>.*?ครัวเรือนที่สำรวจ", page, re.S)
    assert "secret-" not in page


def test_only_verified_risks_are_counted(pages: Callable[[str], str], town: dict[str, int]) -> None:
    page = pages(f"/communities/{town['full']}")
    assert re.search(r"จุดเสี่ยง</span> \(2\)", page)


def test_fewer_than_five_households_are_not_told(pages: Callable[[str], str], town: dict[str, int]) -> None:
    for community in (town["little"], town["undrawn"]):
        page = pages(f"/communities/{community}")
        assert "ไม่เผยแพร่" in page
        assert not re.search(r"<b>[0-4]</b>.{0,80}ครัวเรือนที่สำรวจ", page, re.S)


def test_a_community_nobody_has_drawn_has_a_page_and_a_map(pages: Callable[[str], str], town: dict[str, int]) -> None:
    assert "<iframe" not in pages(f"/communities/{town['undrawn']}")
    assert "atlas.tiles(" in pages(f"/communities/{town['undrawn']}/map")


@pytest.mark.parametrize("path", ["/communities/{}", "/communities/{}/map", "/collections/community/items/{}?f=html",
                                  "/collections/community/items?f=html&after=0&x={}"])  # fmt: skip
def test_markup_in_a_name_is_shown_as_words(pages: Callable[[str], str], town: dict[str, int], path: str) -> None:
    page = pages(path.format(town["little"]).replace(f"&x={town['little']}", ""))
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_communities_are_found_as_thai_is_written(client: TestClient, town: dict[str, int]) -> None:
    for words in ("จันทร์นิเวศน์", "ชุมชน จันทร์นิเวศน์", "chan", "นิเวศ"):
        found = client.get("/communities/search", params={"q": words}).json()["found"]
        assert [one["id"] for one in found] == [town["full"]], words
        assert found[0]["page"] == f"/communities/{town['full']}"
        west, south, east, north = found[0]["box"]
        assert west < found[0]["lon"] < east
        assert south < found[0]["lat"] < north


def test_a_community_without_an_outline_is_found_without_a_place(client: TestClient, town: dict[str, int]) -> None:
    found = client.get("/communities/search", params={"q": "ยังไม่มีแนวเขต"}).json()["found"]
    assert [(one["id"], one["box"]) for one in found] == [(town["undrawn"], None)]


def test_an_empty_search_finds_nothing(client: TestClient, town: dict[str, int]) -> None:
    assert client.get("/communities/search?q=").json() == {"found": []}
    assert client.get("/communities/search").json() == {"found": []}


def test_a_map_of_several_towns_offers_each(database_url: str, tmp_path: Path) -> None:
    engine = writing_engine(database_url)
    with Session(engine) as session, session.begin():
        for code, name in (("9098", "เทศบาลนครหาดใหญ่"), ("9099", "เทศบาลนครสงขลา")):
            make_rows(session, "municipality", code=code, name_th=name)
            make_rows(session, "community", municipality=code)
    engine.dispose()
    with TestClient(app_of(Settings(home=tmp_path), database_url)) as client:
        first = client.get("/map", headers=HTML).text
        moved = client.get("/map?municipality=9099", headers=HTML).text
    assert first.index("เทศบาลนครหาดใหญ่") < first.index("เทศบาลนครสงขลา")
    assert moved.index("เทศบาลนครสงขลา") < moved.index("เทศบาลนครหาดใหญ่")


def test_the_legend_and_the_style_of_a_layer_are_served(client: TestClient) -> None:
    page = client.get("/tiles/parcel/legend", headers=HTML)
    style = client.get("/tiles/parcel/style.json").json()
    assert "ที่อยู่อาศัย" in page.text
    assert page.headers["etag"]
    assert style["sources"]["parcel"]["tiles"][0].endswith("/tiles/parcel/{z}/{x}/{y}.mvt")


def test_the_legend_of_squares_tells_the_day_and_how_many_one_holds_at_least(
    client: TestClient, pages: Callable[[str], str], town: dict[str, int]
) -> None:
    for path in ("/map", "/tiles/household/legend", f"/communities/{town['full']}?lang=en"):
        assert "published 1 Jan 2026 · squares of at least 5" in pages(path)
    assert "เผยแพร่เมื่อ 1 ม.ค. 2569 · อย่างน้อย 5 ต่อช่อง" in pages(f"/communities/{town['full']}")
    # What is not published in squares has no day.
    assert "squares of at least" not in pages("/tiles/parcel/legend")
    assert '"edition":null' in pages("/maps?layers=parcel")


def test_two_towns_tell_the_days_of_both(database_url: str, tmp_path: Path) -> None:
    engine = writing_engine(database_url)
    with Session(engine) as session, session.begin():
        for month, town in ((1, "9098"), (3, "9099")):
            make_rows(session, "household", count=6, municipality=town, step=0.0)
            release(session, LAYERS["household"], town, by="a steward", at=dt.datetime(2026, month, 5, tzinfo=dt.UTC))
    engine.dispose()
    with TestClient(app_of(Settings(home=tmp_path), database_url)) as client:
        told = client.get("/tiles/household/legend", headers=HTML).text
    assert "published 5 Jan 2026 – 5 Mar 2026 · squares of at least 5" in told


def test_the_made_up_mark_is_on_the_demo_and_only_there(town_url: str, tmp_path: Path, client: TestClient) -> None:
    with TestClient(app_of(Settings(home=tmp_path, demo=True), town_url)) as demo:
        assert "Made-up data" in demo.get("/", headers=HTML).text
        assert '"demo":true' in demo.get("/map", headers=HTML).text
    assert "Made-up data" not in client.get("/", headers=HTML).text
    assert '"demo":false' in client.get("/map", headers=HTML).text
