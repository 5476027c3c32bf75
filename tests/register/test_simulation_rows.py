"""What the town's arrays hold is what each parcel's page works out, satang for satang."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from geo.layer import Audience
from geo.people.areas import Areas
from geo.store.asking import Asking
from geo.store.audit import WITNESS
from geo.store.parcel_register import lot_of
from geo.store.simulation import town_rows
from geo.tax.lot import reckoned
from geo.tax.many import CLASSES, many_taxes_of_parts
from geo.tax.money import satang
from geo.tax.prices import read_prices
from geo.tax.settings import Rounding, TownTax
from geo.tax.tables import standard
from geo.tax.town import TownRules
from geo.tax.town_base import Assumed, Public
from layers import LAYERS
from tests.makers import make_rows

PRICES = b"building_type,baht_per_square_metre\n100,7250\n400,8200.5\n511/2,8350\n"
YEAR = 2024


def made_up_town(session: Session, count: int, seed: int = 7) -> list[int]:
    """Parcels with every hole that a register has."""
    draw = np.random.default_rng(seed)

    def some(values: list[Any]) -> list[Any]:
        return [values[place] for place in draw.integers(0, len(values), count)]

    ids = make_rows(
        session, "parcel", count=count, step=0.00002, rai=some([0, 0, 1, None]), ngan=some([0, 1, 3]),
        wah=some([Decimal("12.5"), Decimal("99.999"), Decimal(0), None]),
        area_square_metres=some([400.0, 123.456789, 1601.3333333333]),
        land_use=some(["residential", "commercial", "agriculture", "vacant", "mixed", None]),
        farm_wah=some([None, None, None, Decimal("33.333")]), home_wah=some([None, Decimal(50), Decimal("0.004")]),
        other_wah=some([None, None, Decimal("17.25")]), vacant_wah=some([None, None, Decimal(100)]),
        vacant_since=some([None, 2018, 2021, 2024, 2030]), owner_kind=some(["person", "juristic", None, "state"]),
        main_home=some(["land_and_house", "house_only", "not_main", None]),
        baht_per_wah=some([Decimal(30_000), Decimal("1234.56"), None, Decimal(9_999_999)]),
        appraised_baht=some([None, Decimal("1234567.89"), Decimal(60_000_000)]),
        land_owner_agency=some(["private", "private", None, "railway"]), document_type=some(["NS4", "NS4", None]),
    )  # fmt: skip
    houses = int(count * 1.2)
    make_rows(
        session, "building", count=houses, step=0.00001,
        parcel_id=[ids[place] for place in draw.integers(0, count, houses)],
        use=(use := ["residential", "commercial", "mixed", None] * houses)[:houses],
        building_type=(["100", "400", "511/2", "505", None] * houses)[:houses],
        structure=(["masonry", "timber", "half_timber", "masonry", "masonry", None] * houses)[:houses],
        storeys=([1, 2, None] * houses)[:houses], area_square_metres=([80.0, 55.123456789] * houses)[:houses],
        floor_area_square_metres=([Decimal("151.237"), None] * houses)[:houses],
        year_built=([1960, 2010, 2024, 2031, 2014, 2020, None] * houses)[:houses],
        baht_per_square_metre=([None, None, Decimal("6543.21")] * houses)[:houses],
        appraised_baht=([None, None, None, Decimal("876543.21")] * houses)[:houses],
    )  # fmt: skip
    assert use
    return ids


@pytest.mark.parametrize("rounding", [Rounding.HALF_UP, Rounding.DOWN, Rounding.UP])
@pytest.mark.parametrize("year", [YEAR, 2026])
def test_every_parcel_of_the_town_is_reckoned_as_on_its_page(session: Session, rounding: Rounding, year: int) -> None:
    ids = made_up_town(session, 400)
    town = TownRules(town=TownTax(rounding=rounding), rules=standard(), prices=read_prices(PRICES))
    base = town_rows(session, "9098", [year], town).base(year, Assumed(public=Public.TAXED))
    taxes = many_taxes_of_parts(base.parts_satang, base.vacant_years, year, town=town.town, rules=town.rules)
    held = dict(zip(base.id.tolist(), taxes.all.tax_satang.tolist(), strict=True))
    session.info[WITNESS] = lambda layer, ids: None
    asking = Asking(audience=Audience.TAX, person="a tester", areas=Areas(towns=frozenset({"9098"})), purpose="a test")
    pages = {fid: reckoned(lot_of(session, LAYERS, asking, fid), year, town) for fid in ids}
    assert {fid: satang(one.estimate.tax_baht) for fid, one in pages.items() if one.estimate} == held
    assert len(held) > 60
    assert sum(base.left_out.values()) == len(ids) - len(held)
    assert {len(CLASSES)} == {base.parts_satang.shape[1]}


def test_what_may_be_exempt_is_counted_apart(session: Session) -> None:
    made_up_town(session, 100)
    town = TownRules(rules=standard(), prices=read_prices(PRICES))
    without = town_rows(session, "9098", [YEAR], town).base(YEAR, Assumed())
    with_it = town_rows(session, "9098", [YEAR], town).base(YEAR, Assumed(public=Public.TAXED))
    assert without.left_out["exempt"] > 20
    assert with_it.left_out["exempt"] == 0
    assert len(without.id) < len(with_it.id)
    assert sum(without.left_out.values()) + len(without.id) == sum(with_it.left_out.values()) + len(with_it.id) == 100
