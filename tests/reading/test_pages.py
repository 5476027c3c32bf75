"""What the reading pages tell, in both languages, and what they tell of what is not known."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from geo.errors import Text
from tests.reading.conftest import World

UNTOLD = re.compile(r"ยังไม่มีข้อมูล")


def read_csv(world: World, path: str, who: str = "") -> list[dict[str, str]]:
    found = world.client.get(path, headers=world.headers.get(who, {}))
    assert found.status_code == 200, found.text[:300]
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    assert found.headers["content-disposition"].startswith("attachment; filename=")
    assert not found.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(found.content.decode("utf-8"))))


def facts(document: Any, topic: str) -> dict[str, Any]:
    return {row["item"]["en"]: row["value"] for row in document["rows"] if row["topic"]["en"] == topic}


def test_a_community_tells_both_numbers_of_people_with_day_and_source(world: World) -> None:
    page = world.page(f"/communities/{world.one}")
    for words in ("200", "250", "ณ 1 ต.ค. 2569", "ณ 30 ก.ย. 2569", "ที่มา: ทะเบียนสมมติ", "ที่มา: สำรวจสมมติ"):
        assert words in page
    # Two verified risk points: by 100 of each, and each says whose number it divides by.
    row = re.search(r'<th scope="row"><span lang="th">จุดเสี่ยง</span>.*?</tr>', page, re.S)
    assert row is not None
    assert re.findall(r'<td class="number">([\d.,]+)</td>', row[0])[:3] == ["2", "1.0", "0.8"]
    assert "ต่อ 100 คนตามทะเบียน" in page
    assert "ต่อ 100 คนที่อยู่จริง" in page


def test_what_nobody_counted_is_not_known_and_never_a_zero(world: World) -> None:
    page = world.page(f"/communities/{world.two}")
    tile = re.search(r'<ul class="tiles people">.*?</ul>', page, re.S)
    assert tile is not None
    assert "ยังไม่มีข้อมูล" in tile[0]
    told = world.json(f"/communities/{world.two}")
    row = next(one for one in told["rows"] if one["item"]["en"] == "People really there")
    assert (row["value"], row["remark"]["en"], row["as_of"]) == (None, "not known", None)
    rates = [one for one in told["rows"] if one["unit"] and one["unit"]["en"] == "per 100 really there"]
    assert rates
    assert {one["value"] for one in rates} == {None}


def test_risks_are_told_by_hazard_and_level_and_by_state_in_the_order_of_the_lists(world: World) -> None:
    public, staff = (world.json(f"/communities/{world.one}", who) for who in ("", "staff"))
    by_state = facts(public, "Risk points: Status")
    assert by_state == {"Verified": 2}
    assert sum(facts(staff, "Risk points: Status").values()) == 4
    assert any("Very high" in name for name in facts(public, "Risk points: hazard and level"))
    # Of the community's own as well, though no community is its.
    committee = world.json(f"/communities/{world.one}", "committee")
    assert sum(facts(committee, "Risk zones: Status").values()) == 1
    # A zone belongs to none and counts for each community that it touches.
    for fid in (world.one, world.two):
        assert sum(facts(world.json(f"/communities/{fid}"), "Risk zones: Status").values()) == 1


def test_what_was_seen_this_year_stands_beside_the_year_before(world: World) -> None:
    told = facts(world.json(f"/communities/{world.one}"), "Risk points: day seen")
    assert told == {"the last 12 months": 1, "the 12 months before": 1}
    page = world.page(f"/communities/{world.one}")
    assert "ไม่ใช่ประวัติการแก้ไขข้อมูล" in page
    assert "ตามประวัติในระบบ" not in page
    assert "ตามประวัติในระบบ" in world.page(f"/communities/{world.one}", "staff")


@pytest.mark.parametrize("path", ["/communities/{one}", "/communities/compare?ids={one},{two}", "/towns/9098",
                                  "/shared-areas", "/shared-areas/{canal}", "/communities/compare"])  # fmt: skip
def test_each_page_is_in_both_languages_light_and_without_markup_of_strangers(world: World, path: str) -> None:
    address = path.format(one=world.one, two=world.two, canal=world.canal)
    for language in ("th", "en"):
        page = world.page(f"{address}{'&' if '?' in address else '?'}lang={language}")
        assert f'<html lang="{language}">' in page
        assert len(page.encode()) < 300_000
        assert "<img" not in page
        assert " style=" not in page
        assert "<script>" not in page
    assert "เปรียบเทียบ" in world.page(address) or "ร่วม" in world.page(address) or "ชุมชน" in world.page(address)


def test_communities_are_compared_on_one_scale(world: World) -> None:
    page = world.page(f"/communities/compare?ids={world.one},{world.three},{world.over}&per=present")
    chart = re.search(r'<svg[^>]*aria-labelledby="of-risk-point-title.*?</svg>', page, re.S)
    assert chart is not None
    widths = [float(one) for one in re.findall(r'<rect x="0.5" y="[\d.]+" width="([\d.]+)"', chart[0])]
    # 2 of 250 and 1 of 60: the longer is the longest there can be, the other is as much shorter.
    assert widths[0] / widths[1] == pytest.approx((2 / 250) / (1 / 60), rel=0.01)
    told = world.json(f"/communities/compare?ids={world.one},{world.three}")
    assert told["ids"] == [world.one, world.three]
    assert facts(told, "One")["People really there per 100 registered"] == 125


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("ids=1,2,3,4,5,6,7", 400), ("ids=one,two", 400), ("ids=999999,999998", 404), ("ids={one}&f=csv", 400),
        ("ids={one}&f=xml", 400), ("ids={one},{two}&per=head", 400), ("ids={one}", 200), ("", 200),
        ("ids={one}&add1={two}&add2=", 200), ("ids=-1,{one}", 400), ("nothing=1", 400),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused_in_words(world: World, query: str, status: int) -> None:
    address = f"/communities/compare?{query.format(one=world.one, two=world.two)}"
    assert world.client.get(address, headers={"Accept": "text/html"}).status_code == status


def test_a_town_is_ranked_mapped_and_told_in_numbers(world: World) -> None:
    told = world.json("/towns/9098")
    assert [row["name_th"] for row in told["rows"]] == ["ชุมชนหนึ่ง", "ชุมชนสอง", "ชุมชนสาม"]
    assert [row["value_registered"] for row in told["rows"]] == [1.0, 0.25, 0]
    assert [row["value_present"] for row in told["rows"]] == [0.8, None, 0]
    assert [row["rank"] for row in told["rows"]] == [1, 2, 3]
    assert sum(one["count"] for one in told["classes"]) == 3
    page = world.page("/towns/9098?per=present")
    # Hatched apart: one community of which nobody knows who is there.
    assert 'fill="url(#town-map-none)"' in page
    assert "ยังไม่มีข้อมูล  (1 ชุมชน)" in page
    assert "รวมจากชุมชนที่ทราบ 2 จาก 3" in page
    assert "310,000" in page


def test_a_table_sorts_by_link_and_says_so(world: World) -> None:
    page = world.page("/towns/9098")
    assert page.count('aria-sort="descending"') == 1
    (following,) = re.findall(r'aria-sort="descending"><a href="([^"]+)"', page)
    turned = world.page(following.replace("&amp;", "&"))
    assert 'aria-sort="ascending"' in turned
    names = [re.findall(r'<th scope="row"><a href="/communities/\d+">([^<]+)</a>', one) for one in (page, turned)]
    assert names[0] == ["ชุมชนหนึ่ง", "ชุมชนสอง", "ชุมชนสาม"]
    assert names[1] == names[0][::-1]
    by_name = world.page("/towns/9098?sort=-name")
    assert re.findall(r'<th scope="row"><a href="/communities/\d+">([^<]+)</a>', by_name)[0] == "ชุมชนหนึ่ง"
    unknown_last = [row["value_present"] for row in world.json("/towns/9098?sort=present")["rows"]]
    assert unknown_last == [0, 0.8, None]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/towns/9098?by=no-such-measure", 400), ("/towns/9098?per=head", 400), ("/towns/9098?sort=head", 400),
        ("/towns/0000", 404), ("/towns/..%2F..", 404), ("/towns/%00", 404), ("/towns/9098?f=pdf", 400),
        ("/shared-areas/999999", 404), ("/shared-areas/x", 404), ("/communities/x?f=csv", 404),
        ("/towns/9098?by=land-vacant&per=present", 400), ("/shared-areas?f=csv", 400),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_in_words(world: World, address: str, status: int) -> None:
    assert world.client.get(address, headers={"Accept": "text/html"}).status_code == status


def test_a_table_comes_back_from_its_file_as_it_was_told(world: World) -> None:
    rows, told = read_csv(world, "/towns/9098?f=csv"), world.json("/towns/9098")
    labels = {one["name"]: f"{one['label']['th']} ({one['label']['en']})" for one in told["columns"]}
    assert "คนที่อยู่จริง (People really there)" in rows[0]
    for row, one in zip(rows, told["rows"], strict=True):
        assert row[labels["name_th"]] == one["name_th"]
        for name in ("registered_people", "present_people", "value_registered"):
            assert row[labels[name]] == ("" if one[name] is None else str(one[name]))
    assert {row["ณ วันที่ (As of)"] for row in read_csv(world, f"/communities/{world.one}?f=csv")} >= {"2026-10-01"}


def test_the_map_is_a_picture_of_its_own_too(world: World) -> None:
    found = world.client.get("/towns/9098?f=svg&lang=en")
    assert found.headers["content-type"].startswith("image/svg+xml")
    assert found.text.startswith("<svg xmlns=")
    assert found.text.count("<path") == 3
    assert "&lt;img" in found.text


def test_a_shared_area_counts_the_people_of_every_jurisdiction(world: World) -> None:
    told = world.json(f"/shared-areas/{world.canal}")
    assert set(told["communities"]) == {world.one, world.two, world.three, world.over}
    assert told["municipalities"] == ["9098", "9099", "9076"]
    people = {row["item"]["en"]: (row["value"], row["remark"]["en"]) for row in told["rows"][:2]}
    assert people == {"Registered people": (750, "known of 4 of 4 communities"),
                      "People really there": (390, "known of 3 of 4 communities")}  # fmt: skip
    # Of the points of the first community two are verified; the one of the second lies off the canal.
    assert facts(told, "Risk points: Status") == {"Verified": 3}
    assert sum(facts(told, "Assets: Kind").values()) == 2
    page = world.page(f"/shared-areas/{world.canal}")
    assert "9076" in page
    assert "ยังไม่มีข้อมูลในระบบนี้" in page
    assert 'href="/towns/9099"' in page
    assert f'href="/shared-areas/{world.canal}"' in world.page("/shared-areas")
    assert f'href="/shared-areas/{world.canal}"' in world.page(f"/communities/{world.one}")


def test_a_page_without_anything_says_what_to_do(client: Any) -> None:
    html = {"Accept": "text/html"}
    assert "atlas load shared_area" in client.get("/shared-areas", headers=html).text
    assert "ยังไม่มีชุมชนในระบบ" in client.get("/communities/compare", headers=html).text
    assert client.get("/towns/9098", headers=html).status_code == 404


def test_words_of_people_are_no_formula_in_a_spreadsheet() -> None:
    from api.reading.exports import Fact, csv_of, fact_sheet

    sheet = fact_sheet(Text("ก", "A"), [Fact(topic=Text("=1+1", "=1+1"), item=Text("ก", "A"), value=-5)])
    line = csv_of(sheet).splitlines()[1]
    assert line.startswith("'=1+1,")
    assert ",-5," in line
