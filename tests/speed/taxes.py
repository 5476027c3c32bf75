"""The tax of every parcel at once: from arrays, and from the rows of the database to totals by community.

Beside it the same parcels go through the exact function one by one (a sample of them): the ratio says what the arrays
are worth. The town of the benchmark has no buildings, so that a real one takes as much longer as it has of them.
"""

from __future__ import annotations

import time
from decimal import Decimal

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.store.simulation import town_rows
from geo.tax.estimate import Property, estimate
from geo.tax.many import CLASSES, many_taxes_of_parts, summed
from geo.tax.of_class import Use
from geo.tax.scenario import Scenario, run
from geo.tax.telling import exact_figures, fixed_blocks, told_figures
from geo.tax.town import usual_rules
from geo.tax.town_base import FULLEST, TaxBase
from tests.speed.report import Figure
from tests.speed.tools import Bench, said

YEAR = 2026
MOST_SECONDS = 20.0
SAMPLE = 2_000
PROMISED_FOR = 1_000_000


def taxes_rows(bench: Bench) -> list[Figure]:
    """Seconds for all parcels, and the ratio to one by one."""
    rules = usual_rules()
    with Session(bench.engine) as session:
        towns = session.scalars(text("SELECT DISTINCT municipality FROM parcel ORDER BY 1")).all()
        bases, reading, telling, safely, total = [], 0.0, 0.0, 0.0, 0
        for code in towns:
            began = time.perf_counter()
            base = town_rows(session, str(code), [YEAR], rules).base(YEAR, FULLEST)
            read = time.perf_counter()
            found = run(base, base, Scenario(year=YEAR, to_year=YEAR), rules)
            exact_figures(found)
            told = time.perf_counter()
            told_figures(found, base, fixed_blocks(base, YEAR, rules))
            reading, telling, safely = (
                reading + read - began,
                telling + told - read,
                safely + time.perf_counter() - told,
            )
            total += found.before.all.total_satang
            bases.append(base)
    parts, years = (np.concatenate([getattr(one, name) for one in bases]) for name in ("parts_satang", "vacant_years"))
    began = time.perf_counter()
    alone = many_taxes_of_parts(parts, years, YEAR)
    arrays = time.perf_counter() - began
    assert summed(alone.all.tax_satang) == total
    each = _one_by_one(bases) / (arrays / len(parts))
    said(f"taxes: {len(parts):,} parcels, arrays {arrays:.2f} s, from rows {reading + telling:.2f} s")
    # Below the size that the promise is about, so much less time is promised too.
    promised, from_rows = MOST_SECONDS * min(1.0, bench.parcels / PROMISED_FOR), reading + telling
    return [
        Figure(what=f"tax of {len(parts):,} parcels, from database rows to totals by community",
               measured=f"{from_rows:.1f} s", promised=f"< {promised:.1f} s", holds=from_rows < promised,
               details=[f"taxes: {len(towns)} towns one after the other; reading {reading:.1f} s, taxes and exact "
                        f"totals {telling:.1f} s; the safe totals of planners {safely:.1f} s more"]),
        Figure(what=f"tax of {len(parts):,} parcels from arrays", measured=f"{arrays:.2f} s",
               promised=f"< {promised:.1f} s", holds=arrays < promised,
               details=[f"taxes: {each:,.0f} times as fast as `estimate` for each of {SAMPLE:,} parcels, one by one"]),
    ]  # fmt: skip


def _one_by_one(bases: list[TaxBase]) -> float:
    """Seconds a parcel by the exact function."""
    base = max(bases, key=lambda one: len(one.id))
    rows = np.linspace(0, len(base.id) - 1, min(SAMPLE, len(base.id))).astype(int)
    began = time.perf_counter()
    for row in rows:
        (columns,) = np.nonzero(base.parts_satang[row])
        if len(columns):
            uses = tuple(
                Use(kind=CLASSES[column], area=int(base.parts_satang[row, column]) // 1_000 + 1,
                    vacant_years=int(base.vacant_years[row]) if CLASSES[column] == "vacant" else None)
                for column in columns
            )  # fmt: skip
            estimate(Property(uses=uses, appraised_baht=Decimal(int(base.parts_satang[row].sum())) / 100), YEAR)
    return (time.perf_counter() - began) / len(rows)
