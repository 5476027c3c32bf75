"""The folder of tables read into one checked rule set: all of it is right, or none of it is used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from geo.tax import declared
from geo.tax.checks import known_sources, years_in_order
from geo.tax.declared import Table
from geo.tax.reader import Dated, read, refused
from geo.tax.rules import Rules

FOLDER = Path(__file__).resolve().parents[2] / "data" / "tax"
# The name people give this set of tables; the digest beside it tells a table that a town has changed.
EDITION = "2569.1"

Kind = TypeVar("Kind", bound=Dated)


SOURCES = "sources.csv"
TABLES: dict[str, Table[Any]] = {
    one.name: one
    for one in (
        declared.RATES, declared.EXEMPTIONS, declared.YEARLY, declared.SPECIAL, declared.VACANCY,
        declared.DEPRECIATION, declared.PAYMENT, declared.SIGNS, declared.CONFIRMED,
    )
}  # fmt: skip
NAMES = (*TABLES, SOURCES)


@cache
def standard() -> Rules:
    """The rule set that comes with the Atlas."""
    return rules(FOLDER)


def rules(folder: Path) -> Rules:
    """The rule set in a folder with the tables of `data/tax`; RefusedRates tells the rows of the first bad table."""
    return _rules(_written(folder))


def standard_table(name: str) -> bytes:
    """A table as it comes with the Atlas."""
    return (FOLDER / name).read_bytes()


def rules_with(own: Mapping[str, bytes]) -> Rules:
    """The rule set of a town that keeps some of the tables itself; RefusedRates where they do not fit together."""
    return _remembered(tuple(sorted(own.items()))) if own else standard()


@lru_cache(maxsize=64)
def _remembered(own: tuple[tuple[str, bytes], ...]) -> Rules:
    return _rules({**_written(FOLDER), **dict(own)})


def _written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def _rules(written: Mapping[str, bytes]) -> Rules:
    columns = ("source", "about", "address")
    sources = frozenset(read(SOURCES, written.get(SOURCES), columns, lambda row: row.text("source")))
    return Rules(
        version=f"{EDITION}-{_digest(written)}",
        rates=_read(written, declared.RATES, sources),
        exemptions=_read(written, declared.EXEMPTIONS, sources),
        yearly=_read(written, declared.YEARLY, sources),
        special=_read(written, declared.SPECIAL, sources),
        vacancies=_read(written, declared.VACANCY, sources),
        depreciations=_read(written, declared.DEPRECIATION, sources),
        payment=_read(written, declared.PAYMENT, sources),
        signs=_read(written, declared.SIGNS, sources),
        confirmed=_read(written, declared.CONFIRMED, sources),
    )


def _read(written: Mapping[str, bytes], table: Table[Kind], sources: frozenset[str]) -> tuple[Kind, ...]:
    found = read(table.name, written.get(table.name), table.columns, table.made)
    if wrong := [*known_sources(found, sources), *years_in_order(found), *table.wrong(found)]:
        raise refused(table.name, wrong)
    return found


def _digest(written: Mapping[str, bytes]) -> str:
    found = hashlib.sha256()
    for name in sorted(written):
        found.update(name.encode() + b"\0" + written[name] + b"\0")
    return found.hexdigest()[:8]
