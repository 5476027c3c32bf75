"""Codes for parcels that have none yet, by the rules of DOMAIN §2.1; an officer confirms each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

CODE = re.compile(r"(?P<block>[0-9]{2}[A-Z])(?P<lot>[0-9]{3})(?P<sub>(?:/[0-9]{1,3}){0,3})")
# Digits of a part's number on each level: 02B015/001, then /001/01, then /001/01/1.
LEVELS = (3, 2, 1)


@dataclass(kw_only=True)
class Codes:
    """The codes in use; each that is suggested is in use from then on."""

    in_use: frozenset[str]
    _taken: set[str] = field(default_factory=set)
    _last: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for code in self.in_use:
            found = CODE.fullmatch(code)
            if found:
                block, lot = found["block"], int(found["lot"])
                self._last[block] = max(self._last.get(block, 0), lot)

    def take(self, codes: Iterable[str]) -> None:
        """These are given in the file: no part is suggested under one of them."""
        self._taken.update(codes)

    def suggested(self, event: str, before: Sequence[str | None], after: Sequence[str | None]) -> dict[int, str]:
        """By place among the new rows the code that the rule gives; none for a part that is named by the rule already.

        Of a new parcel without a code nobody knows the block.
        """
        found: dict[int, str] = {}
        if event == "SPLIT" and before and before[0]:
            for place, code in enumerate(after):
                if code != before[0] and not (code or "").startswith(f"{before[0]}/"):
                    found |= {place: part} if (part := self._part(before[0])) else {}
        elif event == "MERGE" and after and (known := sorted(code for code in before if code)):
            found = {0: known[0]}
        elif event == "NEW" and after and (written := CODE.fullmatch(after[0] or "")) and not written["sub"]:
            found = {0: following} if (following := self._next_in(written["block"])) else {}
        return found

    def _next_in(self, block: str) -> str | None:
        """The number after the highest of a block; None beyond three digits."""
        lot = self._last.get(block, 0) + 1
        if lot > 999:
            return None
        self._last[block] = lot
        return f"{block}{lot:03d}"

    def _part(self, code: str) -> str | None:
        """The next free part of a parcel; None beyond the third level, or for a code that is none."""
        found = CODE.fullmatch(code)
        level = found["sub"].count("/") if found else len(LEVELS)
        if found is None or level >= len(LEVELS):
            return None
        digits = LEVELS[level]
        for number in range(1, 10**digits):
            part = f"{code}/{number:0{digits}d}"
            if part not in self.in_use and part not in self._taken:
                self._taken.add(part)
                return part
        return None
