"""All rows that the checks of a load tell of, kept by code and column instead of being listed one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.report import Findings


@dataclass(kw_only=True)
class Noted:
    """What was told of a column that feeds `fed`: the first words, every row (from 1), the values that may be shown."""

    told: Text
    level: str
    fed: str | None
    _rows: list[NDArray[np.int64]] = field(default_factory=list)
    values: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Ascending, each once."""
        return np.unique(np.concatenate(self._rows)) if self._rows else np.zeros(0, dtype=np.int64)

    def add(self, rows: NDArray[np.intp], value: str | None) -> None:
        """More rows, which share a value."""
        self._rows.append(rows.astype(np.int64))
        if value is not None:
            self.values[value] += len(rows)


class RowFindings(Findings):
    """Findings that keep every row and list none: a line for each of a hundred thousand rows helps nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[tuple[str, str | None], Noted] = {}

    def noted(
        self, code: str, told: Text, level: str, *, field: str | None, column: str | None, rows: NDArray[np.intp],
        value: str | None,
    ) -> None:  # fmt: skip
        """Keep these rows."""
        if (code, column) not in self.found:
            self.found[code, column] = Noted(told=told, level=level, fed=field)
        self.found[code, column].add(rows, value)

    def room(self, code: str) -> int:
        """None: what would be listed is counted."""
        return 0

    def values_room(self, code: str, column: str | None) -> int:
        """None: values are kept with their rows."""
        return 0
