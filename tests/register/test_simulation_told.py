"""Laws of what is told of a town's taxes: nothing small is told, and nothing small is left over from what is told."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import BadRequest
from geo.tax.disclosure import AT_LEAST, blocks_of, holds, in_thousands, told_blocks
from geo.tax.kinds import TaxClass
from geo.tax.many import CLASSES, Whole
from geo.tax.scenario import RateChange, Scenario, UseChange, run, scenario_in, with_rate
from geo.tax.tables import standard
from geo.tax.telling import Figure, Figures, exact_figures, fixed_blocks, told_figures
from geo.tax.town import TownRules
from geo.tax.town_base import USES, TaxBase

TOWN = TownRules(rules=standard())
YEAR = 2024
OTHER, RESIDENCE, VACANT = (CLASSES.index(one) for one in (
    TaxClass.OTHER_USE, TaxClass.OTHER_RESIDENCE, TaxClass.VACANT,
))  # fmt: skip


def base_of(parcels: list[tuple[int, int, int, int]]) -> TaxBase:
    """Parcels as (community, use, class column, million baht); vacant land since 2022."""
    count = len(parcels)
    community, use, column, millions = (np.array(one, np.int64) for one in zip(*parcels, strict=True))
    parts = np.zeros((count, len(CLASSES)), np.int64)
    parts[np.arange(count), column] = millions * 100_000_000
    is_vacant = column == VACANT
    return TaxBase(
        id=np.arange(1, count + 1), community=community, use=use, parts_satang=parts,
        vacant_years=np.where(is_vacant, 3, 0), since=np.where(is_vacant, 2022, -1),
        asked=np.zeros(count, np.int64), left_out={},
    )  # fmt: skip


towns = st.lists(
    st.tuples(st.integers(-1, 3), st.integers(0, 3), st.sampled_from([OTHER, RESIDENCE, VACANT]),
              st.sampled_from([1, 1, 2, 3, 40, 60, 300])),
    min_size=1, max_size=120,
)  # fmt: skip
scenarios = st.one_of(
    st.just(Scenario(year=YEAR, to_year=YEAR)),
    st.builds(lambda kind, bracket, percent: Scenario(year=YEAR, to_year=YEAR, rate=RateChange(
        kind=CLASSES[kind], bracket=bracket, percent=Decimal(percent) / 10_000)),
        st.sampled_from([OTHER, RESIDENCE, VACANT]), st.integers(1, 3), st.integers(0, 3_000)),
    st.builds(lambda use, community, to: Scenario(year=YEAR, to_year=YEAR, use=UseChange(
        use=USES[use], community=community, to=CLASSES[to])),
        st.integers(0, 3), st.sampled_from([None, 0, 1, 2, 3]), st.sampled_from([OTHER, RESIDENCE])),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What one run told, and of which parcels each figure was the sum."""

    before: Whole
    after: Whole
    groups: list[frozenset[int]]


def told(base: TaxBase, scenario: Scenario) -> Told | None:
    """The parcels of each block that a run tells; None where it is refused."""
    found = run(base, base, scenario, TOWN)
    blocks = fixed_blocks(base, YEAR, TOWN)
    try:
        told_figures(found, base, blocks)
    except BadRequest:
        return None
    shown = told_blocks(blocks, found.before_satang, found.after_satang)
    groups = [frozenset(np.flatnonzero(blocks.of == one).tolist()) for one in np.flatnonzero(shown)]
    return Told(found.before_satang, found.after_satang, groups)


def may_be_told(satang: Whole) -> bool:
    owing = satang[satang > 0]
    return len(satang) >= AT_LEAST if not len(owing) else len(owing) >= AT_LEAST and 2 * owing.max() <= owing.sum()


@settings(max_examples=150, deadline=None)
@given(towns, scenarios)
def test_every_block_that_is_told_stands_for_itself(
    parcels: list[tuple[int, int, int, int]], scenario: Scenario
) -> None:
    found = told(base_of(parcels), scenario)
    if found is None:
        return
    for group in found.groups:
        rows = np.array(sorted(group))
        before, after = found.before[rows], found.after[rows]
        assert may_be_told(before)
        assert may_be_told(after)
        changed = before != after
        if changed.any():
            assert may_be_told(np.abs(after - before)[changed])
            assert changed.all() or may_be_told(before[~changed])


@settings(max_examples=60, deadline=None)
@given(towns, st.lists(scenarios, min_size=2, max_size=4))
def test_no_two_runs_leave_a_parcel_over(
    parcels: list[tuple[int, int, int, int]], asked: list[Scenario]
) -> None:  # fmt: skip
    """The blocks of any two runs are the same parcels or none in common: their sums subtract to sums of blocks."""
    base = base_of(parcels)
    found = [one for one in (told(base, scenario) for scenario in asked) if one is not None]
    for one, other in itertools.combinations(found, 2):
        for left, right in itertools.product(one.groups, other.groups):
            assert left == right or not left & right


@settings(max_examples=100, deadline=None)
@given(towns)
def test_what_is_hidden_is_in_no_figure(parcels: list[tuple[int, int, int, int]]) -> None:
    base = base_of(parcels)
    found = run(base, base, Scenario(year=YEAR, to_year=YEAR), TOWN)
    blocks = fixed_blocks(base, YEAR, TOWN)
    figures = told_figures(found, base, blocks)
    shown = told_blocks(blocks, found.before_satang, found.before_satang)
    inside = np.append(shown, False)[blocks.of]
    assert figures.total.parcels == int(inside.sum())
    if figures.total.before is not None:
        assert figures.total.before == in_thousands(int(found.before_satang[inside].sum()))
    by_community = sum(one.parcels for one in figures.communities.values())
    assert by_community + (figures.together.parcels if figures.together else 0) == figures.total.parcels
    # What a reader could take from the total: nothing, or what is told of several communities together.
    rest = (figures.total.before or 0) - sum(one.before or 0 for one in figures.communities.values())
    together = figures.together.before if figures.together else 0
    assert abs(rest - (together or 0)) <= 1_000 * (len(figures.communities) + 2)


def plain(counts: dict[int, int]) -> TaxBase:
    """So many parcels of two million baht in each community, all of one use."""
    return base_of([(community, 1, OTHER, 2) for community, count in counts.items() for _ in range(count)])


def figures_of(base: TaxBase, scenario: Scenario | None = None) -> Figures:
    found = run(base, base, scenario or Scenario(year=YEAR, to_year=YEAR), TOWN)
    return told_figures(found, base, fixed_blocks(base, YEAR, TOWN))


def test_a_small_community_is_hidden_together_with_another_so_that_nothing_can_be_subtracted() -> None:
    found = figures_of(plain({0: 9, 1: 12, 2: 40}))
    assert found.communities[0].before is None
    assert found.communities[1].before is None
    assert found.communities[2].before == 240_000
    assert found.together == Figure(of=21, parcels=21, before=126_000, after=126_000)
    assert found.total.before == 366_000


def test_ten_are_told_and_nine_are_not() -> None:
    assert figures_of(plain({0: 10})).communities[0].before == 60_000
    found = figures_of(plain({0: 9}))
    assert (found.communities[0].before, found.total.before, found.together) == (None, None, None)
    assert found.total.of == 9


def test_a_community_of_which_one_parcel_is_more_than_half_is_hidden() -> None:
    parcels = [(0, 1, OTHER, 2)] * 12 + [(1, 1, OTHER, 2)] * 11 + [(1, 1, OTHER, 40)]
    found = figures_of(base_of(parcels))
    assert found.communities[1].before is None
    assert found.communities[0].before is None
    assert found.together is not None
    assert found.together.parcels == 24


def test_a_change_of_fewer_than_ten_parcels_is_refused_in_words() -> None:
    parcels = [(0, 1, OTHER, 2)] * 30 + [(0, 2, OTHER, 2)] * 9
    scenario = Scenario(year=YEAR, to_year=YEAR, use=UseChange(use=USES[2], community=0, to=TaxClass.OTHER_RESIDENCE))
    with pytest.raises(BadRequest, match="fewer than 10 parcels") as refused:
        figures_of(base_of(parcels), scenario)
    assert "น้อยกว่า 10 แปลง" in refused.value.told.th
    figures = figures_of(base_of([*parcels, (0, 2, OTHER, 2)]), scenario)
    assert figures.total.change is not None
    assert figures.total.change < 0


def test_a_bracket_that_few_reach_is_refused_and_hides_nobody_else() -> None:
    """Three large parcels: a rate of theirs alone would tell what they are worth."""
    parcels = [(0, 1, OTHER, 2)] * 30 + [(0, 1, OTHER, 60)] * 3
    rate = RateChange(kind=TaxClass.OTHER_USE, bracket=2, percent=Decimal("0.5"))
    with pytest.raises(BadRequest, match="fewer than 10 parcels"):
        figures_of(base_of(parcels), Scenario(year=YEAR, to_year=YEAR, rate=rate))


def test_the_tax_office_gets_every_satang() -> None:
    base = base_of([(0, 1, OTHER, 2), (1, 1, RESIDENCE, 60)])
    found = exact_figures(run(base, base, Scenario(year=YEAR, to_year=YEAR), TOWN))
    assert found.is_exact
    assert {fid: one.before for fid, one in found.communities.items()} == {0: 6_000.0, 1: 13_000.0}
    assert found.total.before == 19_000.0
    assert found.classes["other_residence"].before == 13_000.0


def test_a_run_that_lacks_one_of_a_block_tells_nothing_of_it() -> None:
    base = plain({0: 12, 1: 15})
    fewer = base.only(base.id != 1)
    found = run(fewer, fewer, Scenario(year=YEAR, to_year=YEAR), TOWN)
    figures = told_figures(found, base, fixed_blocks(base, YEAR, TOWN))
    assert figures.communities[0].before is None
    assert figures.communities[1].before == 90_000


def test_a_rate_above_the_ceiling_or_of_no_bracket_is_refused() -> None:
    for kind, bracket, percent in ((TaxClass.OTHER_USE, 1, "1.3"), (TaxClass.OTHER_USE, 9, "0.3"),
                                   (TaxClass.AGRICULTURE_PERSON, 1, "0.16")):  # fmt: skip
        with pytest.raises(BadRequest):
            with_rate(TOWN.rules, RateChange(kind=kind, bracket=bracket, percent=Decimal(percent)), YEAR)


@pytest.mark.parametrize(
    "words", [{"class": "other_use"}, {"percent": "0.3"}, {"class": "x", "percent": "1"}, {"use": "vacant"},
              {"to": "other_use"}, {"use": "x", "to": "other_use"}, {"class": "other_use", "percent": "1e-3"},
              {"use": "vacant", "to": "other_use", "community": "-1"},
              {"class": "other_use", "percent": "0.30001"}, {"class": "other_use", "percent": "nan"},
              {"class": "other_use", "percent": "-1"},
              {"class": "other_use", "percent": "0.3", "bracket": "0"}, {"year": "12"}, {"homes": "x"}],
)  # fmt: skip
def test_half_a_scenario_is_none(words: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        scenario_in(words, year=YEAR)


def test_a_year_is_compared_with_another() -> None:
    base = base_of([(0, 1, VACANT, 2)] * 20)
    later = replace(base, vacant_years=base.vacant_years + 1)
    scenario = Scenario(year=YEAR, to_year=YEAR + 1)
    found = told_figures(run(base, later, scenario, TOWN), base, fixed_blocks(base, YEAR, TOWN))
    assert (found.total.before, found.total.after) == (120_000, 240_000)


def test_amounts_are_rounded_to_thousands() -> None:
    assert [in_thousands(one) for one in (0, 49_999, 50_000, 149_999, 150_000, -50_000, -49_999)] == [
        0, 0, 1_000, 1_000, 2_000, -1_000, 0,
    ]  # fmt: skip


def test_one_group_among_many_is_looked_at_by_itself() -> None:
    of = np.array([0] * 10 + [1] * 9 + [-1] * 5, np.int64)
    assert holds(of, 2, np.full(24, 7, np.int64)).tolist() == [True, False]
    blocks = blocks_of(np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(3, np.int64), np.ones(3, np.int64))
    assert len(blocks) == 0
