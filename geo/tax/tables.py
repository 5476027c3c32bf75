"""The folder of tables read into one checked rule set: all of it is right, or none of it is used."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TypeVar

from geo.tax import declared
from geo.tax.checks import known_sources, years_in_order
from geo.tax.declared import Table
from geo.tax.reader import Dated, read, refused
from geo.tax.rules import Rules

FOLDER = Path(__file__).resolve().parents[2] / "data" / "tax"
# The name people give this set of tables; the digest beside it tells a table that a town has changed.
EDITION = "2569.1"

Kind = TypeVar("Kind", bound=Dated)


@cache
def standard() -> Rules:
    """The rule set that comes with the Atlas."""
    return rules(FOLDER)


def rules(folder: Path) -> Rules:
    """The rule set in a folder with the tables of `data/tax`; RefusedRates tells the rows of the first bad table."""
    sources = frozenset(read(folder / "sources.csv", ("source", "about", "address"), lambda row: row.text("source")))
    return Rules(
        version=f"{EDITION}-{_digest(folder)}",
        rates=_read(folder, declared.RATES, sources),
        exemptions=_read(folder, declared.EXEMPTIONS, sources),
        yearly=_read(folder, declared.YEARLY, sources),
        special=_read(folder, declared.SPECIAL, sources),
        vacancies=_read(folder, declared.VACANCY, sources),
        depreciations=_read(folder, declared.DEPRECIATION, sources),
        payment=_read(folder, declared.PAYMENT, sources),
        signs=_read(folder, declared.SIGNS, sources),
        confirmed=_read(folder, declared.CONFIRMED, sources),
    )


def _read(folder: Path, table: Table[Kind], sources: frozenset[str]) -> tuple[Kind, ...]:
    found = read(folder / table.name, table.columns, table.made)
    if wrong := [*known_sources(found, sources), *years_in_order(found), *table.wrong(found)]:
        raise refused(table.name, wrong)
    return found


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.csv")):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:8]
