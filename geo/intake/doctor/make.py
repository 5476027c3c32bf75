"""One way to make a finding of rows: its words from the table, its sentence, its places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.doctor.finding import MOST_VALUES, NO_PLACES, NO_ROWS, NO_SHAPES, Finding
from geo.intake.doctor.words import words_for

_UNITS = {
    "rows": Text("แถว", "rows"), "pairs": Text("คู่", "pairs"), "gaps": Text("แห่ง", "places"),
    "columns": Text("คอลัมน์", "columns"), "files": Text("ไฟล์", "files"), "buildings": Text("หลัง", "buildings"),
}  # fmt: skip


class Located(Protocol):
    """Whoever knows where a file's rows are."""

    def places(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Longitude and latitude of these rows (from 1)."""


def finding(
    code: str, more: Text | None = None, *, looked: Located | None = None, rows: NDArray[Any] = NO_ROWS,
    column: str | None = None, count: int | None = None, of: str = "rows", level: str = "warning",
    values: tuple[tuple[str, int], ...] = (), facts: Mapping[str, Any] | None = None,
    places: NDArray[np.float64] | None = None, shapes: NDArray[np.object_] = NO_SHAPES, title: Text | None = None,
) -> Finding:  # fmt: skip
    """A finding of these rows (from 1, in any order); `more` goes on after the count in its sentence."""
    rows = np.unique(np.asarray(rows, dtype=np.int64))
    words = words_for(code, level, title or Text(code, code))
    counted = len(rows) if count is None else count
    if places is None:
        places = looked.places(rows) if looked is not None else NO_PLACES
    said = _sentence(words.title, counted, of, column, more)
    return Finding(
        code=code, level=words.level, title=words.title, told=said, advice=words.advice, count=counted, of=of,
        column=column, rows=rows, places=places, shapes=shapes, values=values[:MOST_VALUES], facts=dict(facts or {}),
    )  # fmt: skip


def _sentence(title: Text, count: int, of: str, column: str | None, more: Text | None) -> Text:
    unit = _UNITS[of]
    singular = unit.en.removesuffix("s") if count == 1 else unit.en
    th, en = f"{title.th} {count:,} {unit.th}", f"{title.en}: {count:,} {singular}"
    if column is not None:
        th, en = f"{th} ในคอลัมน์ {column}", f"{en} in the column {column}"
    if more is not None:
        th, en = f"{th} {more.th}", f"{en}; {more.en}"
    return Text(th, en)


def shown_values(values: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The commonest first."""
    return tuple(sorted(values.items(), key=lambda one: (-one[1], one[0])))[:MOST_VALUES]
