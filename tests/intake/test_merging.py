"""Loading again, loading changed files, and failing on the way: versions, history, and nothing lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pgpq import ArrowToPostgresBinaryEncoder

from geo.errors import RefusedImport
from tests.intake.conftest import AT, Load, Rows

EVERYTHING = (
    "SELECT (SELECT count(*) FROM parcel), (SELECT count(*) FROM import_batch), (SELECT count(*) FROM change), "
    "(SELECT sum(features) FROM tile_count)"
)
HEADER = "parcel_code,land_use,rai,owner_name,wkt\n"


def square(place: int) -> str:
    west = 100.47 + place * 0.001
    return f"POLYGON(({west} 7,{west + 0.0005} 7,{west + 0.0005} 7.0005,{west} 7.0005,{west} 7))"


def parcels(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "parcels.csv"
    path.write_text(header + "".join(f"{line}\n" for line in lines), "utf-8")
    return path


def lot(code: str, rai: object, place: int, use: str = "vacant", owner: str = "นายสมมติ ทดสอบ") -> str:
    return f'{code},{use},{rai},{owner},"{square(place)}"'


def test_one_changed_value_makes_exactly_one_new_version_with_its_history(
    load: Load, rows: Rows, tmp_path: Path
) -> None:
    load("parcel", parcels(tmp_path, lot("01A001", 1, 0), lot("01A002", 2, 1)), municipality="9098")
    later = AT + dt.timedelta(days=365)
    report = load(
        "parcel", parcels(tmp_path, lot("01A001", 1, 0), lot("01A002", 7, 1)), municipality="9098", at=later, by="next"
    )
    assert (report.counts.inserted, report.counts.updated, report.counts.unchanged) == (0, 1, 1)
    assert rows("SELECT parcel_code, version, rai, changed_at FROM parcel ORDER BY 1") == [
        ("01A001", 1, 1, AT),
        ("01A002", 2, 7, later),
    ]
    assert rows("SELECT parcel_code, version, rai, closed_at, closed_as FROM parcel_history") == [
        ("01A002", 1, 2, later, "update")
    ]
    made = rows(
        "SELECT made_by, operation, counts ->> 'updated' FROM change c WHERE id = (SELECT closed_change_id FROM "
        "parcel_history) AND id = (SELECT change_id FROM parcel WHERE version = 2)"
    )
    assert made == [("next", "load", "1")]


def test_a_load_that_waited_for_another_comes_after_it(load: Load, rows: Rows, tmp_path: Path) -> None:
    """It began before that one and merges after it; each version ends no earlier than it began."""
    load("parcel", parcels(tmp_path, lot("01A001", 1, 0)), municipality="9098")
    for rai in (2, 3):
        load("parcel", parcels(tmp_path, lot("01A001", rai, 0)), municipality="9098", at=AT - dt.timedelta(hours=rai))
    assert rows("SELECT version, changed_at FROM parcel") == [(3, AT)]
    assert rows("SELECT changed_at, closed_at FROM parcel_history") == [(AT, AT)] * 2


def test_a_changed_shape_is_a_change(load: Load, rows: Rows, tmp_path: Path) -> None:
    load("parcel", parcels(tmp_path, lot("01A001", 1, 0)), municipality="9098")
    report = load("parcel", parcels(tmp_path, lot("01A001", 1, 3)), municipality="9098")
    assert report.counts.updated == 1
    assert rows("SELECT version, ST_XMin(geom) FROM parcel") == [(2, pytest.approx(100.473))]


def test_rows_that_are_not_in_the_file_stay_and_are_counted(load: Load, rows: Rows, tmp_path: Path) -> None:
    load("parcel", parcels(tmp_path, lot("01A001", 1, 0), lot("01A002", 2, 1)), municipality="9098")
    report = load("parcel", parcels(tmp_path, lot("01A001", 1, 0), lot("01A003", 3, 2)), municipality="9098")
    assert (report.counts.inserted, report.counts.unchanged, report.counts.not_in_file) == (1, 1, 1)
    assert rows("SELECT count(*) FROM parcel") == [(3,)]


def test_another_town_has_its_own_codes(load: Load, rows: Rows, tmp_path: Path) -> None:
    load("parcel", parcels(tmp_path, lot("01A001", 1, 0)), municipality="9098")
    report = load("parcel", parcels(tmp_path, lot("01A001", 5, 1)), municipality="9099")
    assert (report.counts.inserted, report.counts.not_in_file) == (1, 0)
    assert rows("SELECT municipality, rai, version FROM parcel ORDER BY 1") == [("9098", 1, 1), ("9099", 5, 1)]


def test_repeated_codes_are_matched_one_by_one(load: Load, rows: Rows, tmp_path: Path) -> None:
    seventeen = [lot("02I085/003", rai, rai) for rai in range(17)]
    load("parcel", parcels(tmp_path, *seventeen), municipality="9098")
    assert load("parcel", parcels(tmp_path, *seventeen), municipality="9098").counts.nothing_changed
    seventeen[4] = lot("02I085/003", 99, 4)
    report = load("parcel", parcels(tmp_path, *seventeen), municipality="9098")
    assert (report.counts.inserted, report.counts.updated, report.counts.unchanged) == (0, 1, 16)
    assert rows("SELECT version, ST_XMin(geom) FROM parcel WHERE rai = 99") == [(2, pytest.approx(100.474))]


def test_rows_without_a_code_are_known_again_by_what_they_are(load: Load, rows: Rows, tmp_path: Path) -> None:
    without = [lot("", 1, 0), lot("", 2, 1), lot("", 2, 1)]
    load("parcel", parcels(tmp_path, *without), municipality="9098")
    assert load("parcel", parcels(tmp_path, *without), municipality="9098").counts.nothing_changed
    report = load("parcel", parcels(tmp_path, lot("", 1, 0), lot("", 5, 1)), municipality="9098")
    assert (report.counts.inserted, report.counts.unchanged) == (1, 1)
    assert rows("SELECT count(*) FROM parcel") == [(4,)]


def test_the_same_file_never_undoes_a_correction_made_since(load: Load, rows: Rows, tmp_path: Path) -> None:
    path = parcels(tmp_path, lot("01A001", 1, 0))
    load("parcel", path, municipality="9098")
    rows("UPDATE parcel SET rai = 4, parcel_code = '01A009', version = 2")
    assert load("parcel", path, municipality="9098").counts.nothing_changed
    assert rows("SELECT parcel_code, rai, version FROM parcel") == [("01A009", 4, 2)]


def test_only_columns_that_the_file_brings_are_overwritten(load: Load, rows: Rows, tmp_path: Path) -> None:
    load("parcel", parcels(tmp_path, lot("01A001", 1, 0)), municipality="9098")
    brief = parcels(tmp_path, f'01A001,3,"{square(0)}"', header="parcel_code,rai,wkt\n")
    assert load("parcel", brief, municipality="9098").counts.updated == 1
    assert rows("SELECT rai, land_use, owner_name FROM parcel") == [(3, "vacant", "นายสมมติ ทดสอบ")]


def test_a_list_without_shapes_does_not_take_an_outline_away(load: Load, rows: Rows, tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.csv"
    drawn.write_text(f'community_code,name_th,zone,wkt\nC1,ริมทาง,1,"{square(0)}"\n', "utf-8")
    load("community", drawn, municipality="9098")
    named = tmp_path / "named.csv"
    named.write_text("community_code,name_th,zone\nC1,ริมทาง,2\n", "utf-8")
    assert load("community", named, municipality="9098").counts.updated == 1
    assert rows("SELECT zone, geom IS NULL FROM community") == [("2", False)]


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(load: Load, rows: Rows, tmp_path: Path) -> None:
    path = parcels(tmp_path, lot("01A001", 1, 0))
    report = load("parcel", path, municipality="9098", dry_run=True)
    assert report.counts.inserted == 1
    assert report.batch_id is None
    assert "dry run" in report.told.en
    assert rows(EVERYTHING) == [(0, 0, 0, None)]
    load("parcel", path, municipality="9098")
    changed = parcels(tmp_path, lot("01A001", 9, 0))
    assert load("parcel", changed, municipality="9098", dry_run=True).counts.updated == 1
    assert rows("SELECT rai, version FROM parcel") == [(1, 1)]


@pytest.mark.parametrize("loaded_before", [False, True])
def test_a_load_that_fails_midway_leaves_nothing(
    load: Load, rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loaded_before: bool
) -> None:
    if loaded_before:
        load("parcel", parcels(tmp_path, lot("01A001", 1, 0)), municipality="9098")
    before = rows(EVERYTHING)
    path = parcels(tmp_path, *(lot(f"01A{n:03d}", n, n) for n in range(40)))
    real, calls = ArrowToPostgresBinaryEncoder, iter(range(100))

    class LineCut:
        """The second batch's bytes end in the middle, as when a line is cut."""

        def __init__(self, schema: pa.Schema) -> None:
            self.encoder = real(schema)
            self.write_header, self.write_batch = self.encoder.write_header, self.encoder.write_batch

        def finish(self) -> bytes:
            rest = bytes(self.encoder.finish())
            return rest if next(calls) < 1 else rest[: len(rest) // 2 + 3]

    monkeypatch.setattr("geo.store.staging.ArrowToPostgresBinaryEncoder", LineCut)
    monkeypatch.setattr("geo.intake.open.Opened.batches", _in_small_batches)
    with pytest.raises(Exception, match=r"COPY|message format|unexpected"):
        load("parcel", path, municipality="9098")
    assert rows(EVERYTHING) == before


def _in_small_batches(self: object, columns: list[str]) -> Iterator[pa.RecordBatch]:
    rows: Iterator[pa.RecordBatch] = self.rows(tuple(columns), 16, True)  # type: ignore[attr-defined]
    return rows


def test_a_file_of_which_no_row_can_be_taken_is_refused_with_all_its_problems(
    load: Load, rows: Rows, tmp_path: Path
) -> None:
    with pytest.raises(RefusedImport) as refused:
        load("parcel", parcels(tmp_path, "01A001,vacant,1,,POINT(100.47 7)", "01A002,vacant,1,,POINT(100.48 7)"))
    assert [problem.row for problem in refused.value.problems] == [1, 2]
    assert rows("SELECT count(*) FROM import_batch") == [(0,)]


def test_the_batch_remembers_the_file_and_its_report(load: Load, rows: Rows, tmp_path: Path) -> None:
    report = load("parcel", parcels(tmp_path, lot("01A001", 1, 0)), municipality="9098")
    found = rows(
        "SELECT id, file_name, encode(file_sha256, 'hex'), loaded_by, municipality, driver, report FROM import_batch"
    )
    assert found[0][:6] == (report.batch_id, "parcels.csv", report.file_sha256, "officer", "9098", "CSV")
    assert found[0][6] == report.to_json()
    assert rows("SELECT batch_id FROM change") == [(report.batch_id,)]


def test_the_number_of_a_thousand_lots_is_kept_for_far_zooms(load: Load, rows: Rows, tmp_path: Path) -> None:
    load("parcel", parcels(tmp_path, *(lot(f"01A{n:03d}", n, n % 50) for n in range(1000))), municipality="9098")
    assert rows("SELECT sum(features) FROM tile_count WHERE layer = 'parcel'") == [(1000,)]
