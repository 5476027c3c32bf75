"""Personal values go when their time is over: what was said of the layer or of the import, and no number moves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import Engine

from geo.errors import BadRequest
from geo.store.db import session_of
from geo.store.retention import due, keep_house, run
from geo.store.write import Act, amend
from layers import LAYERS
from tests.duties.conftest import AT, HOUSEHOLD, Load, Rows, everything_in, survey
from tests.makers import make_rows

DAY = dt.timedelta(days=1)


def ran(engine: Engine, on: str) -> int:
    day = dt.date.fromisoformat(on)
    with session_of(engine) as session:
        return run(session, LAYERS, by="retention", at=dt.datetime.combine(day, dt.time(1), dt.UTC), on=day)


def test_sensitive_values_go_first_then_the_person_then_nothing_more(
    load: Load, rows: Rows, engine: Engine, tmp_path: Path
) -> None:
    load(survey(tmp_path, houses=6, surveyed_on="2026-05-01"))
    squares = "SELECT cell_id, count(*), sum(residents) FROM household GROUP BY 1 ORDER BY 1"
    before = [tuple(one) for one in rows(squares)]
    assert ran(engine, "2031-04-30") == 0
    assert ran(engine, "2031-05-01") == 6
    now = rows("SELECT disabled, head_name, version FROM household ORDER BY id")
    assert [tuple(one) for one in now] == [(None, f"secret-head-{place}", 2) for place in range(6)]
    assert ran(engine, "2031-05-02") == 0
    # What the job did five years before does not make the row younger.
    assert ran(engine, "2036-05-01") >= 6
    assert "secret-" not in everything_in(engine)
    assert ran(engine, "2046-05-01") == 0
    assert [tuple(one) for one in rows(squares)] == before


def test_what_was_sensitive_goes_from_closed_versions_on_the_same_day(
    load: Load, rows: Rows, engine: Engine, tmp_path: Path
) -> None:
    load(survey(tmp_path, houses=2, surveyed_on="2026-05-01"))
    late = dt.datetime(2031, 4, 1, tzinfo=dt.UTC)
    with session_of(engine) as session:
        for (fid,) in rows("SELECT id FROM household"):
            amend(session, HOUSEHOLD, fid, {"disabled": 2}, act=Act(by="x", origin="test", at=late))
    assert ran(engine, "2031-05-01") == 2
    for table in ("household", "household_history"):
        assert rows(f"SELECT count(*) FROM {table} WHERE disabled IS NOT NULL")[0][0] == 0
    # Who it was is not over yet, neither now nor as it was.
    assert rows("SELECT count(*) FROM household_history WHERE head_name IS NOT NULL")[0][0] == 4


def test_a_row_without_a_day_of_its_own_counts_from_when_it_first_came(
    load: Load, rows: Rows, engine: Engine, tmp_path: Path
) -> None:
    load(survey(tmp_path, houses=2, surveyed_on=""), at=dt.datetime(2026, 3, 31, 18, tzinfo=dt.UTC))
    with session_of(engine) as session:
        fid = rows("SELECT min(id) FROM household")[0][0]
        amend(session, HOUSEHOLD, fid, {"residents": 9}, act=Act(by="x", origin="test", at=AT + 400 * DAY))
    # It was the first of April in Bangkok already.
    left = []
    for day in ("2031-03-31", "2031-04-01"):
        ran(engine, day)
        left.append(rows("SELECT count(*) FROM household WHERE disabled IS NOT NULL")[0][0])
    assert left == [2, 0]


def test_what_an_import_said_goes_before_what_the_layer_says(
    load: Load, rows: Rows, engine: Engine, tmp_path: Path
) -> None:
    load(survey(tmp_path, houses=2, surveyed_on="2012-01-01"), retain_until="31/12/2572")
    assert ran(engine, "2029-12-30") == 0
    assert ran(engine, "2029-12-31") == 2
    assert "secret-head" not in everything_in(engine)


@pytest.mark.parametrize("written", ["2026-11-21", "21/11/2569", "2020-01-01", "someday", "2570"])
def test_a_day_that_is_over_or_none_is_refused(load: Load, rows: Rows, tmp_path: Path, written: str) -> None:
    with pytest.raises(BadRequest):
        load(survey(tmp_path), retain_until=written)
    assert rows("SELECT count(*) FROM household")[0][0] == 0


def test_an_old_survey_is_told_of_before_its_values_go(load: Load, engine: Engine, tmp_path: Path) -> None:
    report = load(survey(tmp_path, houses=3, surveyed_on="2012-01-01"))
    assert report.by_code["past-its-time"] == 1
    with session_of(engine) as session:
        (found,) = due(session, HOUSEHOLD, AT.date())
    assert (found.municipality, found.sensitive, found.persons) == ("9098", 3, 3)


def test_closed_versions_go_after_their_own_time_and_the_present_owner_stays(rows: Rows, engine: Engine) -> None:
    with session_of(engine) as session:
        (fid,) = make_rows(session, "parcel", changed_at=AT)
        amend(session, LAYERS["parcel"], fid, {"owner_name": "secret-second"}, act=Act(by="x", origin="test", at=AT))
    assert ran(engine, "2036-11-20") == 0
    assert ran(engine, "2036-11-21") == 1
    said = everything_in(engine)
    assert ("secret-parcel-owner_name" in said, "secret-second" in said) == (False, True)


def test_the_daily_job_runs_once_a_day(load: Load, engine: Engine, tmp_path: Path) -> None:
    load(survey(tmp_path, houses=2, surveyed_on="2012-01-01"))
    done = []
    for hours in (0, 1, 25):
        with session_of(engine) as session:
            done.append(
                keep_house(session, LAYERS, by="retention", at=AT + hours * dt.timedelta(hours=1), on=AT.date())
            )
    assert done == [2, 0, 0]
