"""Laws of editions: comparing and accepting all is loading; an undo is as if nothing had been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from geo.store.db import session_of
from tests.databases import Databases
from tests.taxmap.conftest import Lot, Officer, cell, town

SIDE = 4
ROWS = (
    "SELECT coalesce(parcel_code, ''), land_use, rai, owner_name, ST_AsText(ST_Normalize(geom)), "
    "round(area_square_metres::numeric, 2) FROM parcel ORDER BY 1, 2, 3, 4, 5"
)
WITH_IDS = (
    "SELECT id, parcel_code, land_use, rai, owner_name, ST_AsText(ST_Normalize(geom)), parcel_code, community_id "
    "FROM parcel ORDER BY id"
)

FATES = (
    "same", "same", "value", "owner", "split", "other-split", "merge", "recode", "blank", "corner", "twice", "gone",
)  # fmt: skip


@st.composite
def years(draw: st.DrawFn) -> list[Lot]:
    """What may become of the 16 lots of the town: each is kept, changed, split, merged, recoded, blanked or gone."""
    lots: list[Lot] = []
    taken: set[int] = set()
    for n, lot in enumerate(town(SIDE * SIDE, SIDE)):
        if n in taken:
            continue
        what = draw(st.sampled_from(FATES))
        column, row = n % SIDE, n // SIDE
        if what == "value":
            lots.append(replace(lot, rai=lot.rai + draw(st.integers(1, 3))))
        elif what == "owner":
            lots.append(replace(lot, owner="นางสาวสมมติ ใหม่"))
        elif what == "split":
            lots += [replace(lot, shape=cell(column, row, 0.4)),
                     replace(lot, code=lot.code + "/001", shape=cell(column + 0.4, row, 0.6))]  # fmt: skip
        elif what == "other-split":
            lots += [replace(lot, code=f"02B{n:03d}", shape=cell(column, row, 0.4)),
                     replace(lot, code=f"02C{n:03d}", shape=cell(column + 0.4, row, 0.6))]  # fmt: skip
        elif what == "merge" and column + 1 < SIDE and n + 1 not in taken:
            taken.add(n + 1)
            lots.append(replace(lot, shape=cell(column, row, 2)))
        elif what == "recode":
            lots.append(replace(lot, code=f"03D{n:03d}"))
        elif what == "blank":
            lots.append(replace(lot, code=""))
        elif what == "corner":
            lots.append(replace(lot, shape=cell(column, row, 0.9)))
        elif what == "twice":
            lots += [lot, replace(lot, rai=9)]
        elif what != "gone":
            lots.append(lot)
    return lots or [town()[0]]


def asked(officer: Officer, sql: str) -> Sequence[Any]:
    with session_of(officer.engine) as session:
        return [tuple(row) for row in session.execute(text(sql))]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(newer=years())
def test_comparing_and_accepting_all_is_a_load_and_an_undo_is_nothing(
    databases: Databases, tmp_path_factory: Any, newer: list[Lot]
) -> None:
    stands = [databases.lend() for _ in range(2)]
    try:
        officer = Officer(engine=stands[0].engine, folder=tmp_path_factory.mktemp("year"))
        fresh = Officer(engine=stands[1].engine, folder=tmp_path_factory.mktemp("fresh"))
        officer.loads(town(SIDE * SIDE, SIDE))
        before = asked(officer, WITH_IDS)
        fresh.loads(newer)
        number = officer.compares(newer)
        done = officer.accepts(number)
        assert (done.stale, done.refused) == ((), ())
        assert asked(officer, ROWS) == asked(fresh, ROWS)
        now = {(row[1], row[0]) for row in asked(officer, WITH_IDS)}
        codes = {code for code, _ in now}
        assert {(row[1], row[0]) for row in before if row[1] in codes} <= now
        if done.change_id is not None:
            assert officer.undoes(done.change_id).left == ()
        assert asked(officer, WITH_IDS) == before
    finally:
        for stand in stands:
            databases.give_back(stand)
