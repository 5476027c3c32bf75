"""Grants: exactly the audience that was granted, exactly where, and until the midnight in Bangkok that ends the day."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.layer import Audience
from geo.people.areas import NOWHERE, AreaKind, Areas
from geo.people.grants import (
    BY_NAME,
    Grant,
    areas_of,
    audiences_of,
    default_of,
    end_of,
    last_day_of,
    purpose_in,
    speaking_for,
    without_codes,
)

NOON = dt.datetime(2026, 3, 31, 5, 0, tzinfo=dt.UTC)
audiences = st.sampled_from([audience for audience in Audience if audience is not Audience.PUBLIC])
ends = st.one_of(st.none(), st.integers(-9000, 9000).map(lambda minutes: NOON + dt.timedelta(minutes=minutes)))
grants = st.builds(
    Grant, audience=audiences, kind=st.sampled_from(AreaKind), area=st.integers(1, 99).map(str), ends=ends
)


def granted(audience: Audience, kind: AreaKind, area: str, ends: dt.datetime | None = None) -> Grant:
    return Grant(audience=audience, kind=kind, area=area, ends=ends)


def test_areas_are_the_union_of_one_audience_alone() -> None:
    held = [
        granted(Audience.STAFF, AreaKind.MUNICIPALITY, "9098"), granted(Audience.STAFF, AreaKind.COMMUNITY, "12"),
        granted(Audience.STAFF, AreaKind.SHARED_AREA, "3"), granted(Audience.CARE, AreaKind.COMMUNITY, "13"),
    ]  # fmt: skip
    here = Areas(towns=frozenset({"9098"}), communities=frozenset({12}), shared=frozenset({3}))
    assert areas_of(held, Audience.STAFF, NOON) == here
    assert areas_of(held, Audience.CARE, NOON) == Areas(communities=frozenset({13}))
    assert areas_of(held, Audience.TAX, NOON) == NOWHERE


@given(st.lists(grants, max_size=6), audiences)
def test_nothing_is_inherited_and_nothing_over_counts(held: list[Grant], audience: Audience) -> None:
    areas = areas_of(held, audience, NOON)
    said = {*areas.towns, *map(str, areas.communities), *map(str, areas.shared)}
    assert said == {one.area for one in held if one.audience is audience and one.holds(NOON)}
    assert (audience in audiences_of(held, NOON)) == bool(areas)


@given(st.lists(grants, max_size=6))
def test_a_sign_in_never_begins_with_care_or_tax(held: list[Grant]) -> None:
    assert default_of(audiences_of(held, NOON)) not in BY_NAME


def test_the_best_default_comes_first() -> None:
    held = [
        granted(audience, AreaKind.MUNICIPALITY, "9098") for audience in Audience if audience is not Audience.PUBLIC
    ]
    assert audiences_of(held, NOON) == (
        Audience.STAFF, Audience.COMMUNITY, Audience.PARTNER, Audience.STEWARD, Audience.CARE, Audience.TAX,
    )  # fmt: skip
    assert default_of((Audience.CARE, Audience.TAX)) is Audience.PUBLIC


def test_a_last_day_ends_at_the_midnight_of_bangkok() -> None:
    ends = end_of(dt.date(2026, 3, 31))
    assert ends == dt.datetime(2026, 3, 31, 17, 0, tzinfo=dt.UTC)
    grant = granted(Audience.STAFF, AreaKind.MUNICIPALITY, "9098", ends)
    assert grant.holds(dt.datetime(2026, 3, 31, 16, 59, 59, tzinfo=dt.UTC))
    assert not grant.holds(dt.datetime(2026, 3, 31, 17, 0, tzinfo=dt.UTC))


@given(st.dates(dt.date(2000, 1, 1), dt.date(2200, 1, 1)))
def test_the_last_day_can_be_read_back(day: dt.date) -> None:
    assert last_day_of(end_of(day)) == day


@pytest.mark.parametrize(("minutes", "speaks"), [(59, Audience.CARE), (60, Audience.STAFF)])
def test_what_was_granted_by_name_falls_back_after_an_hour(minutes: int, speaks: Audience) -> None:
    held = (Audience.STAFF, Audience.CARE)
    later = NOON + dt.timedelta(minutes=minutes)
    assert speaking_for(Audience.CARE, held, since=NOON, at=later) is speaks
    assert speaking_for(Audience.CARE, held, since=None, at=NOON) is Audience.STAFF
    assert speaking_for(Audience.TAX, held, since=NOON, at=NOON) is Audience.STAFF


def test_a_towns_rule_withholds_its_own_grants_only() -> None:
    here = Grant(audience=Audience.CARE, kind=AreaKind.COMMUNITY, area="12", towns=frozenset({"9098"}))
    there = Grant(audience=Audience.CARE, kind=AreaKind.MUNICIPALITY, area="9099", towns=frozenset({"9099"}))
    rules = frozenset({("9098", Audience.CARE), ("9099", Audience.TAX)})
    assert without_codes([here, there], rules) == [there]


@pytest.mark.parametrize(
    ("text", "kept"), [("  home   visit ", "home visit"), ("visi", None), ("x" * 201, None), (None, None)]
)
def test_a_purpose_says_something(text: str | None, kept: str | None) -> None:
    assert purpose_in(text) == kept
