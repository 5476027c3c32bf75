"""Simulations over HTTP: exact for the tax office, safe for planners, released figures alone for everybody else."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.makers import make_rows, square
from tests.register.conftest import HTML, LAT, LON, NOTHING, SIDE, Register

PATH = "/tax/simulation?municipality=9098"
CHANGE = f"{PATH}&class=other_use&bracket=1&percent=0.6"


@pytest.fixture(scope="module")
def town(register: Register) -> Register:
    """Thirty shops in the second community, nine in the third: 100 wah of 20,000 baht each."""
    shop = {**NOTHING, "land_use": "commercial", "baht_per_wah": Decimal(20_000)}
    with Session(register.engine) as session, session.begin():
        for community, count, at in (("two", 30, 1), ("three", 9, 2)):
            make_rows(
                session, "parcel", count=count, **shop, community_id=register.made[community], parcel_code=None,
                owner_name="secret-owner",
                geom=[square(LON + at * SIDE + 0.0001 * place, LAT, 0.0001) for place in range(count)],
            )  # fmt: skip
    return register


def figures(found: Any) -> dict[str, Any]:
    return {one["name"]["en"]: (one["parcels"], one["before"], one["after"]) for one in found["communities"]}


def told(register: Register, path: str, who: str) -> Any:
    answer = register.get(f"{path}&f=json", who)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    return {**document, "communities": [
        {**row, "name": row["community"], "id": row["id"]} for row in document["rows"] if row["id"] is not None
    ]}  # fmt: skip


def test_the_tax_office_reads_exact_sums_and_it_is_written_down_once(town: Register) -> None:
    before = len(town.readings())
    found = told(town, PATH, "tax")
    assert town.readings()[before:] == [("tax", "parcel", [])]
    assert found["exact"]
    by = figures(found)
    # 2 M of other use at 0.3 %: 6,000 baht each.
    assert by["Two"] == (30, 180_000.0, 180_000.0)
    assert by["Three"] == (9, 54_000.0, 54_000.0)
    # Without prices of buildings the shop cannot be reckoned; the mosque and the railway may be exempt.
    out = {one["reason"]: one["count"] for one in found["left_out"]}
    assert out["exempt"] == 2
    assert out["building"] == 1
    assert out["price"] == 1
    assert found["parcels"] == 46


def test_planners_get_rounded_sums_and_no_small_community(town: Register) -> None:
    for who in ("staff", "steward", "care"):
        before = town.readings()
        found = told(town, PATH, who)
        assert not found["exact"]
        by = figures(found)
        assert by["Three"] == (0, None, None)
        # The nine are told together with the one of the first community that pays 552 baht, ten in all, and with one
        # that pays nothing.
        assert by["Two"] == (30, 180_000, 180_000)
        assert by["One"] == (0, None, None)
        assert (found["together"]["parcels"], found["together"]["before"]) == (11, 55_000)
        assert found["total"]["before"] == 235_000
        assert town.readings() == before


def test_a_change_of_rate_is_told_before_and_after(town: Register) -> None:
    exact, safe = told(town, CHANGE, "tax"), told(town, CHANGE, "staff")
    assert figures(exact)["Two"] == (30, 180_000.0, 360_000.0)
    assert exact["total"]["change"] == 234_000.0
    assert figures(safe)["Two"] == (30, 180_000, 360_000)
    # What was told together has nine parcels that change and two that do not: it is hidden whole, from the total too.
    assert safe["together"] is None
    assert (safe["total"]["parcels"], safe["total"]["after"]) == (30, 360_000)


def test_a_use_becomes_another_class(town: Register) -> None:
    path = f"{PATH}&use=commercial&community={town.made['two']}&to=other_residence"
    assert figures(told(town, path, "tax"))["Two"] == (30, 180_000.0, 12_000.0)
    refused = town.get(f"{PATH}&use=commercial&community={town.made['three']}&to=other_residence&f=json", "staff")
    assert refused.status_code == 400
    assert "น้อยกว่า 10 แปลง" in refused.json()["detail_th"]
    assert town.get(f"{PATH}&use=commercial&community=999999&to=other_use", "staff").status_code == 400


@pytest.mark.parametrize(("who", "status"), [("", 401), ("partner", 403), ("committee", 403), ("other staff", 403)])
def test_nobody_else_simulates(town: Register, who: str, status: int) -> None:
    for more in ("&year=2567", "&class=other_use&percent=0.5", "&homes=main", "&use=vacant&to=other_use"):
        assert town.get(f"{PATH}{more}", who, **HTML).status_code == status
        assert town.get(f"{PATH}{more}&f=csv", who).status_code == status
    page = town.get(PATH, who, **HTML)
    assert page.status_code == 200
    assert "180,000" not in page.text
    assert town.get(f"{PATH}&f=json", who).status_code == 404


def test_what_is_released_is_read_by_everybody_and_does_not_follow_the_data(town: Register) -> None:
    assert town.post("/tax/simulation/releases", "staff", municipality="9098", title="x").status_code == 403
    assert town.post("/tax/simulation/releases", "neighbour", municipality="9098", title="x").status_code == 403
    made = town.post("/tax/simulation/releases", "tax", municipality="9098", title="ฐานภาษี 2567", year="2567")
    assert made.status_code == 201
    number = made.json()["number"]
    path = f"{PATH}&released={number}"
    found = told(town, path, "")
    assert not found["exact"]
    assert found["together"]["before"] == 55_000
    assert figures(found)["Three"] == (0, None, None)
    assert town.get(path, **HTML).headers["cache-control"].startswith("public")
    # The planner's own address reads the same, and no other does.
    same = told(town, f"{PATH}&year=2024", "")
    assert same["together"] == found["together"]
    assert town.get(f"{PATH}&year=2023", **HTML).status_code == 401
    with town.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE parcel SET baht_per_wah = 40000 WHERE baht_per_wah = 20000")
    assert told(town, path, "")["rows"] == found["rows"]
    assert told(town, PATH, "tax")["total"]["before"] > 400_000
    with town.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE parcel SET baht_per_wah = 20000 WHERE baht_per_wah = 40000")
    assert "ฐานภาษี 2567" in town.get(PATH, **HTML).text
    withdrawn = town.post(f"/tax/simulation/releases/{number}/withdraw", "steward", municipality="9098")
    assert withdrawn.status_code == 200
    assert town.get(path, **HTML).status_code == 404
    assert town.post(f"/tax/simulation/releases/{number}/withdraw", "steward", municipality="9098").status_code == 404


def test_a_file_has_the_communities_and_the_total(town: Register) -> None:
    rows = list(csv.reader(io.StringIO(town.get(f"{PATH}&f=csv", "tax").text)))
    assert rows[0][:2] == ["รหัสรายการ (Id)", "ชุมชน (Community)"]
    assert [row[4] for row in rows[1:] if row[1].startswith("ชุมชนสอง")] == ["180000.0"]
    assert rows[-1][1].startswith("รวมทั้งเทศบาล")


def test_assumptions_are_told_and_counted(town: Register) -> None:
    usual = told(town, PATH, "tax")
    more = told(town, f"{PATH}&homes=other&public=taxed&vacant=first", "tax")
    assert len(more["assumed"]) == 3
    assert more["total"]["of"] > usual["total"]["of"]
    assert sum(one["count"] for one in more["left_out"]) + more["total"]["of"] == more["parcels"]


def test_two_years_are_compared(town: Register) -> None:
    found = told(town, f"{PATH}&year=2565&to_year=2566", "tax")
    # 2566 took 15 % off; and what lies vacant since 2563 pays its first step.
    assert found["total"]["before"] != found["total"]["after"]
    assert town.get(f"{PATH}&year=1999", "staff", **HTML).status_code == 400
    assert town.get(f"{PATH}&to_year=%E0%B9%91", "staff", **HTML).status_code == 400


def test_the_pages_are_drawn(town: Register) -> None:
    for who in ("staff", "tax", "steward"):
        page = town.get(PATH, who, **HTML)
        assert page.status_code == 200
        assert 'class="chart choropleth"' in page.text
        assert ("/tax/simulation/releases" in page.text) == (who != "staff")
    assert town.get("/tax/simulation?municipality=0000", **HTML).status_code == 404
    assert town.get("/tax/simulation", **HTML).status_code == 200
