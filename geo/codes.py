"""Code lists: what a column may hold, as bilingual data instead of free text.

A list is a CSV file under `data/codes/` with the columns `code,th,en` and, where useful, `aliases` (other spellings,
separated by `|`), `color` (hex), `pattern` (hatching) and crosswalk columns; a town extends it without touching code.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from geo.errors import BadLayer, Text
from geo.thai import normalised, western_digits

PATTERNS = ("slash", "lines", "dots", "cross")
FOLDER = Path(__file__).resolve().parent.parent / "data" / "codes"


@dataclass(frozen=True, kw_only=True)
class Code:
    """One entry; `pattern` is how a map hatches it beside its colour, `more` the file's other columns (`hip_2025`)."""

    code: str
    label: Text
    aliases: tuple[str, ...] = ()
    color: str | None = None
    pattern: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CodeList:
    """An ordered list of codes that knows how people write them."""

    id: str
    codes: tuple[Code, ...]

    @classmethod
    def read(cls, id: str) -> CodeList:
        """The list in `data/codes/{id}.csv`; `BadLayer` when a row lacks a label or repeats a code."""
        path = FOLDER / f"{id}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            codes = tuple(_code(id, row) for row in csv.DictReader(file))
        if len({code.code for code in codes}) != len(codes):
            raise BadLayer(f"code list {id} repeats a code")
        return cls(id, codes)

    @cached_property
    def by_code(self) -> dict[str, Code]:
        """Each entry by its code."""
        return {code.code: code for code in self.codes}

    @cached_property
    def spellings(self) -> dict[str, str]:
        """Every accepted spelling (code, labels, aliases; folded) and the code it means."""
        found: dict[str, str] = {}
        for code in self.codes:
            for name in (code.code, code.label.th, code.label.en, *code.aliases):
                found.setdefault(folded(name), code.code)
        return found

    @cached_property
    def written(self) -> dict[str, str]:
        """The codes, labels and aliases letter by letter, and the code that each means."""
        found: dict[str, str] = {}
        for code in self.codes:
            for name in (code.code, code.label.th, code.label.en, *code.aliases):
                found.setdefault(name, code.code)
        return found

    def code_for(self, written: str) -> str | None:
        """The code that `written` means, or None when the list does not know it."""
        return self.spellings.get(folded(written))

    def label(self, code: str) -> Text:
        """The label of `code`; a code that the list has lost is shown as it is rather than hidden."""
        entry = self.by_code.get(code)
        return entry.label if entry else Text(code, code)


def folded(name: str) -> str:
    """A spelling as it is compared: Thai normalised, western digits, case folded."""
    return western_digits(normalised(name)).casefold()


_OWN = ("code", "th", "en", "aliases", "color", "pattern")


def _code(id: str, row: dict[str, str]) -> Code:
    rest = {key: value for key, value in row.items() if key not in _OWN and value}
    if not (row.get("code") and row.get("th") and row.get("en")):
        raise BadLayer(f"code list {id}: a row needs code, th and en, not {row}")
    if (row.get("pattern") or PATTERNS[0]) not in PATTERNS:
        raise BadLayer(f"code list {id}: a pattern is one of {', '.join(PATTERNS)}, not {row['pattern']!r}")
    return Code(
        code=row["code"],
        label=Text(row["th"], row["en"]),
        aliases=tuple(alias for alias in (row.get("aliases") or "").split("|") if alias),
        color=row.get("color") or None,
        pattern=row.get("pattern") or None,
        more=rest,
    )
