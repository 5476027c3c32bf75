"""Days and moments as pages tell them."""

from __future__ import annotations

import datetime as dt

import pytest

from api.days import told_day, told_moment
from api.pages import attributes


@pytest.mark.parametrize("value", [dt.date(2026, 11, 22), "2026-11-22", dt.datetime(2026, 11, 21, 18, tzinfo=dt.UTC)])
def test_a_day_is_of_the_buddhist_era_in_thai_and_the_other_stands_beside(value: dt.date | str) -> None:
    found = told_day(value)
    assert (found.iso, found.words.th, found.words.en) == ("2026-11-22", "22 พ.ย. 2569", "22 Nov 2026")
    assert (found.beside.th, found.beside.en) == ("ค.ศ. 2026", "B.E. 2569")


@pytest.mark.parametrize(
    "value", [dt.datetime(2026, 11, 21, 18, 5, tzinfo=dt.UTC), "2026-11-21T18:05:00Z", "2026-11-22T01:05+07:00"]
)
def test_a_moment_is_told_by_bangkoks_clock(value: dt.datetime | str) -> None:
    found = told_moment(value)
    assert found.iso == "2026-11-22T01:05:00+07:00"
    assert (found.words.th, found.words.en) == ("22 พ.ย. 2569 01:05 น.", "22 Nov 2026, 01:05")


def test_attributes_are_escaped_and_what_does_not_hold_is_not_there() -> None:
    told = attributes({"required": True, "hidden": False, "list": None, "placeholder": '"><b>'})
    assert told == ' required placeholder="&#34;&gt;&lt;b&gt;"'
