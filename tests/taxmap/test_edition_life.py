"""A year's file: compared, looked at, accepted all or one by one, taken back."""

from __future__ import annotations

from tests.taxmap.conftest import Lot, Officer, Rows, cell, other, town, without

PRESENT = "SELECT id, parcel_code, land_use, rai, owner_name, ST_AsText(ST_Normalize(geom)) FROM parcel ORDER BY id"


def year(lots: list[Lot]) -> list[Lot]:
    """The town a year later, with one change of each kind."""
    lots = other(other(lots, "01A001", use="commercial"), "01A002", owner="นางสาวสมมติ ใหม่")
    lots = other(other(lots, "01A006", shape=cell(1, 1, 0.5)), "01A010", shape=cell(1, 2, 2))
    lots = other(other(lots, "01A013", code="01A113"), "01A004", shape=cell(3, 0, 1.2))
    return [*without(lots, "01A011", "01A016"), Lot("01A006/001", cell(1.5, 1, 0.5)), Lot("01A017", cell(0, 5))]


def test_every_kind_is_found_and_nothing_else(officer: Officer) -> None:
    officer.loads(town())
    number = officer.compares(year(town()))
    found = {(line.kind, line.codes_before, line.codes_after) for line in officer.changes(number)}
    assert found == {
        ("SPLIT", ("01A006",), ("01A006", "01A006/001")),
        ("MERGE", ("01A010", "01A011"), ("01A010",)),
        ("BOUNDARY_CHANGE", ("01A004",), ("01A004",)),
        ("RECODED", ("01A013",), ("01A113",)),
        ("NEW", (), ("01A017",)),
        ("RETIRED", ("01A016",), ()),
        ("TRANSFER", ("01A002",), ("01A002",)),
        ("VALUES", ("01A001",), ("01A001",)),
    }
    (transfer,) = [line for line in officer.changes(number) if line.kind == "TRANSFER"]
    assert (transfer.columns, transfer.event) == (("owner_name",), "TRANSFER")


def test_comparing_changes_nothing_of_the_town(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    before = rows(PRESENT)
    officer.compares(year(town()))
    assert rows(PRESENT) == before
    assert rows("SELECT count(*) FROM change") == [(1,)]


def test_accepting_all_gives_the_rows_of_the_file_and_keeps_the_ids(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    ids = dict(rows("SELECT parcel_code, id FROM parcel"))
    done = officer.accepts(officer.compares(year(town())))
    assert len(done.accepted) == 8
    now = {row.parcel_code: row.id for row in rows(PRESENT)}
    assert set(now) == {lot.code for lot in year(town())}
    assert {code: now[code] for code in ids if code in now} == {code: ids[code] for code in ids if code in now}
    assert now["01A113"] == ids["01A013"]
    assert rows("SELECT state, file_gone_at IS NOT NULL FROM edition") == [("settled", True)]
    assert list((officer.folder / "home" / "editions").iterdir()) == []


def test_one_change_is_accepted_and_the_others_wait(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    number = officer.compares(year(town()))
    done = officer.accepts(number, kinds={"SPLIT"})
    assert len(done.accepted) == 1
    assert rows("SELECT count(*) FROM parcel") == [(17,)]
    assert rows("SELECT state FROM edition") == [("compared",)]
    assert officer.accepts(number, kinds={"SPLIT"}).already == 1


def test_an_undo_gives_back_exactly_what_was_there_and_can_be_undone(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    before = rows(PRESENT)
    number = officer.compares(year(town()))
    done = officer.accepts(number)
    after = rows(PRESENT)
    back = officer.undoes(done.change_id)
    assert rows(PRESENT) == before
    assert back.left == ()
    assert {line.state for line in officer.changes(number)} == {"open"}
    again = officer.undoes(back.change_id)
    assert rows(PRESENT) == after
    assert {line.state for line in officer.changes(number)} == {"accepted"}
    officer.undoes(again.change_id)
    assert rows(PRESENT) == before
    assert {line.state for line in officer.changes(number)} == {"open"}
