"""What can come between: other people's edits, two officers, a cancel, a full disk, another town."""

from __future__ import annotations

import errno
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from geo.errors import Cancelled, OutOfTurn, RefusedImport, StoreAway, UnknownFeature
from geo.intake.editions import work
from geo.intake.editions.accept import Accepted
from geo.intake.editions.compare import begun, compared
from geo.intake.editions.files import KEPT, EditionFiles, let_files_go
from geo.intake.load import LoadOptions
from geo.people.areas import Areas
from geo.store.db import session_of
from geo.store.editions_books import ask_to_cancel, beat, decline, drop, edition_of, editions_of, standing
from geo.store.write import Act, amend
from layers import LAYERS
from tests.intake.test_loading_as_the_writer import writing
from tests.taxmap.conftest import AT, LATER, TOWN, Lot, Officer, Rows, cell, other, town, written
from tests.taxmap.test_edition_life import PRESENT, year

EVERYTHING = (
    "SELECT (SELECT count(*) FROM import_batch), (SELECT count(*) FROM change), (SELECT count(*) FROM parcel_history)"
)


def edited(officer: Officer, rows: Rows, code: str, **values: Any) -> None:
    id = rows(f"SELECT id FROM parcel WHERE parcel_code = '{code}'")[0][0]
    with session_of(officer.engine) as session:
        amend(session, LAYERS["parcel"], id, values, act=Act(by="other", origin="test", at=LATER))


def test_what_somebody_changed_meanwhile_is_stale_and_compared_again(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    number = officer.compares(other(other(town(), "01A001", use="commercial"), "01A002", use="commercial"))
    edited(officer, rows, "01A001", rai=7)
    done = officer.accepts(number)
    assert (len(done.accepted), len(done.stale)) == (1, 1)
    assert rows("SELECT rai, land_use FROM parcel WHERE parcel_code = '01A001'") == [(7, "residential")]
    compared(officer.engine, LAYERS, number, files=officer.files, at=LATER)
    open_ = [line for line in officer.changes(number) if line.state == "open"]
    assert [(line.columns, line.codes_before) for line in open_] == [(("land_use", "rai"), ("01A001",))]
    officer.accepts(number)
    assert rows("SELECT rai, land_use FROM parcel WHERE parcel_code = '01A001'") == [(1, "commercial")]


def test_of_two_who_accept_at_once_the_second_finds_it_done(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    number = officer.compares(year(town()))
    done: list[Accepted] = []
    threads = [threading.Thread(target=lambda: done.append(officer.accepts(number, kinds={"SPLIT", "NEW"})))
               for _ in range(2)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((len(one.accepted), one.already) for one in done) == [(0, 2), (2, 0)]
    assert rows("SELECT count(*) FROM parcel") == [(18,)]


def test_what_is_declined_stays_out_until_somebody_wants_it(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    number = officer.compares(year(town()))
    (transfer,) = [line.number for line in officer.changes(number) if line.kind == "TRANSFER"]
    with session_of(officer.engine) as session:
        assert decline(session, number, [transfer], by="officer", at=LATER) == 1
    compared(officer.engine, LAYERS, number, files=officer.files, at=LATER)
    assert {line.kind: line.state for line in officer.changes(number)}["TRANSFER"] == "declined"
    officer.accepts(number)
    assert rows("SELECT owner_name FROM parcel WHERE parcel_code = '01A002'") == [("นายสมมติ 1",)]


@pytest.mark.parametrize("half", ["comparing", "accepting"])
def test_cancelled_at_half_nothing_is_done(
    half: str, officer: Officer, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer.loads(town())
    before, books = rows(PRESENT), rows(EVERYTHING)
    source = written(officer.folder, year(town()), "year.csv")
    number = officer.compares(year(town())) if half == "accepting" else begun(
        officer.engine, LAYERS["parcel"], source, LoadOptions(municipality=TOWN), files=officer.files, by="officer",
        at=LATER)  # fmt: skip
    beats = []

    def cancelling(session: Any, edition: int, done: int, total: int | None) -> bool:
        beats.append(done)
        with session_of(officer.engine) as other_session:
            ask_to_cancel(other_session, edition)
        return real(session, edition, done, total)

    real = beat
    monkeypatch.setattr(work, "beat", cancelling)
    with pytest.raises(Cancelled):
        _ = officer.accepts(number) if half == "accepting" else compared(
            officer.engine, LAYERS, number, files=officer.files, at=LATER)  # fmt: skip
    assert beats
    assert (rows(PRESENT), rows(EVERYTHING)) == (before, books)
    expected = ("cancelled", 0) if half == "comparing" else ("compared", 8)
    assert rows("SELECT state, (SELECT count(*) FROM edition_change WHERE state = 'open') FROM edition") == [expected]


def test_a_full_disk_is_told_and_leaves_no_edition(
    officer: Officer, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("geo.intake.editions.files.os.fsync", full)
    with pytest.raises(StoreAway):
        officer.compares(town())
    assert rows("SELECT count(*) FROM edition") == [(0,)]
    assert list((officer.folder / "home" / "editions").iterdir()) == []


def test_the_file_is_for_the_service_alone_and_goes_in_time(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    number = officer.compares(year(town()))
    path = officer.files.path(number)
    assert path is not None
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]
    with session_of(officer.engine) as session:
        assert let_files_go(session, officer.files, at=LATER + KEPT / 2) == []
        assert let_files_go(session, officer.files, at=LATER + KEPT * 2) == [number]
    assert officer.files.path(number) is None
    with pytest.raises(RefusedImport):
        officer.accepts(number)
    assert rows("SELECT state FROM edition") == [("compared",)]


def test_what_is_laid_aside_is_over(officer: Officer) -> None:
    officer.loads(town())
    number = officer.compares(year(town()))
    with session_of(officer.engine) as session:
        drop(session, number, by="officer", at=LATER)
        assert let_files_go(session, officer.files, at=LATER) == [number]
    with pytest.raises(OutOfTurn):
        officer.accepts(number)


def test_work_whose_heart_stands_still_has_failed(officer: Officer) -> None:
    source = written(officer.folder, town(), "year.csv")
    number = begun(officer.engine, LAYERS["parcel"], source, LoadOptions(municipality=TOWN), files=officer.files,
                   by="officer", at=AT)  # fmt: skip
    with session_of(officer.engine) as session:
        assert standing(edition_of(session, number), AT).value == "waiting"
        assert standing(edition_of(session, number), LATER).value == "failed"


def test_a_wrong_file_is_refused_with_its_problems_and_told_in_both_languages(officer: Officer, rows: Rows) -> None:
    path = officer.folder / "wrong.csv"
    path.write_text("parcel_code,wkt\n01A001,POINT (500000 700000)\n", "utf-8")
    number = begun(officer.engine, LAYERS["parcel"], path, LoadOptions(municipality=TOWN), files=officer.files,
                   by="officer", at=LATER)  # fmt: skip
    with pytest.raises(RefusedImport):
        compared(officer.engine, LAYERS, number, files=officer.files, at=LATER)
    ((state, told),) = rows("SELECT state, told FROM edition")
    assert state == "refused"
    assert told["th"]
    assert told["en"]


def test_another_towns_officer_sees_and_does_nothing(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    number = officer.compares(year(town()))
    with writing(officer.engine, Areas(towns=frozenset({"9099"}))) as stranger:
        with session_of(stranger) as session:
            assert editions_of(session) == []
            for table in ("edition", "edition_change", "link_question", "column_choice"):
                assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
            with pytest.raises(UnknownFeature):
                edition_of(session, number)
        there = Officer(engine=stranger, folder=officer.folder)
        with pytest.raises(UnknownFeature):
            there.accepts(number)
        with pytest.raises(UnknownFeature):
            there.undoes(rows("SELECT max(id) FROM change")[0][0])


def test_the_towns_own_officer_does_all_of_it_as_the_writer(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    before = rows(PRESENT)
    with writing(officer.engine, Areas(towns=frozenset({TOWN}))) as engine:
        here = Officer(engine=engine, folder=officer.folder)
        done = here.accepts(here.compares(year(town())))
        assert len(done.accepted) == 8
        here.undoes(done.change_id)
    assert rows(PRESENT) == before


def test_no_reader_of_any_kind_may_look_into_an_edition(officer: Officer, rows: Rows) -> None:
    for table in ("edition", "edition_change", "link_question", "column_choice"):
        granted = rows(
            f"SELECT DISTINCT r.rolname FROM pg_class AS c, aclexplode(c.relacl) AS a JOIN pg_roles AS r ON r.oid = "
            f"a.grantee WHERE c.relname = '{table}' AND a.grantee <> c.relowner"
        )
        assert granted == [("atlas_writer",)]


def test_nothing_of_a_person_is_in_the_books_of_an_edition(officer: Officer, rows: Rows) -> None:
    officer.loads(town())
    officer.compares(other(town(), "01A002", owner="นางสาวลับมาก ไม่บอก"))
    for table in ("edition", "edition_change", "link_question"):
        assert "ลับมาก" not in str(rows(f"SELECT to_jsonb(t) FROM {table} AS t"))
        assert "สมมติ" not in str(rows(f"SELECT to_jsonb(t) FROM {table} AS t"))


def test_columns_that_are_other_every_year_are_one_change(officer: Officer, rows: Rows) -> None:
    def file(year_: int, use: str) -> Path:
        path = officer.folder / f"{year_}.csv"
        lines = [
            f'{lot.code},{year_},{use if n == 3 else "vacant"},"{lot.shape.wkt}"\n' for n, lot in enumerate(town())
        ]
        path.write_text("parcel_code,tax_year,land_use,wkt\n" + "".join(lines), "utf-8")
        return path

    from geo.intake.load import load_file

    options = LoadOptions(municipality=TOWN)
    load_file(officer.engine, LAYERS["parcel"], file(2569, "vacant"), options, layers=LAYERS, by="x", origin="t", at=AT)
    number = begun(officer.engine, LAYERS["parcel"], file(2570, "commercial"), options, files=officer.files, by="x",
                   at=LATER)  # fmt: skip
    counts = compared(officer.engine, LAYERS, number, files=officer.files, at=LATER)
    assert (counts["SAME"], counts["VALUES"]) == (15, 1)
    one, together = officer.changes(number)
    assert (one.columns, together.event, together.rows_after) == (("land_use", "tax_year"), "PASSING", 15)
    edited(officer, rows, "01A001", rai=3)
    officer.accepts(number)
    assert rows("SELECT tax_year, count(*) FROM parcel GROUP BY 1 ORDER BY 1") == [(2026, 1), (2027, 15)]


def test_an_edition_of_new_lots_is_all_new(officer: Officer, rows: Rows) -> None:
    number = officer.compares([*town(), Lot("", cell(0, 6))])
    assert {line.kind for line in officer.changes(number)} == {"NEW"}
    assert len(officer.accepts(number).accepted) == 17
    assert rows("SELECT count(*) FROM parcel") == [(17,)]
    assert officer.compares([*town(), Lot("", cell(0, 6))]) != number
    assert rows("SELECT state FROM edition ORDER BY id") == [("settled",), ("settled",)]


def test_a_shapefile_is_kept_with_what_belongs_to_it(officer: Officer) -> None:
    folder = officer.folder / "นายสมมติ"
    folder.mkdir()
    for name in ("แปลง.shp", "แปลง.dbf", "แปลง.SHX", "อื่น.shp"):
        (folder / name).write_bytes(b"x")
    files = EditionFiles(officer.folder / "home")
    kept = files.keep(7, folder / "แปลง.shp")
    assert kept.size == 3
    path = files.path(7)
    assert path is not None
    assert sorted(one.name for one in path.parent.iterdir()) == ["edition.dbf", "edition.shp", "edition.shx"]
