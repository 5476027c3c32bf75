"""What the tests of the taxes share: properties in a word, and a copy of the tables to spoil."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

from geo.errors import RefusedRates
from geo.tax.estimate import Estimate, Property, estimate
from geo.tax.kinds import TaxClass
from geo.tax.of_class import Use
from geo.tax.settings import USUAL, TownTax
from geo.tax.tables import FOLDER, rules

# No general relief is known of it, and nothing of it is left uncharged.
PLAIN_YEAR = 2024
MILLION = 1_000_000


def baht(*amounts: int | str) -> tuple[Decimal, ...]:
    """Amounts to compare with."""
    return tuple(Decimal(amount) for amount in amounts)


def of_value(
    kind: TaxClass, baht: int | Decimal, year: int = PLAIN_YEAR, *, vacant_years: int | None = None,
    town: TownTax = USUAL,
) -> Estimate:  # fmt: skip
    """The estimate of a value in one class; vacant land is in its first year unless told otherwise."""
    if kind is TaxClass.VACANT and vacant_years is None:
        vacant_years = 1
    use = Use(kind=kind, vacant_years=vacant_years)
    return estimate(Property(uses=(use,), appraised_baht=baht), year, town=town)


def spoiled(folder: Path, name: str, before: str, after: str) -> RefusedRates:
    """How the tables are refused when one piece of one of them is written otherwise."""
    shutil.copytree(FOLDER, folder / "tax")
    path = folder / "tax" / name
    text = path.read_text(encoding="utf-8")
    assert before in text, f"{name} does not say {before}"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return refusal(folder / "tax")


def refusal(folder: Path) -> RefusedRates:
    """How the tables of a folder are refused."""
    try:
        rules(folder)
    except RefusedRates as error:
        return error
    raise AssertionError("the tables were taken")
