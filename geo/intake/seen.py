"""One batch of rows under inspection: says where a row is, and hands what it finds to the report.

Problems are told by position in the batch; the row number, the point to click and the rule that hidden cells are not
repeated are added here, once for all checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import Problem, Text
from geo.intake.report import Findings
from geo.layer import Audience, Layer
from geo.shapes.measure import point_on

Mask = NDArray[np.bool_]
Positions = NDArray[np.intp]

MOST_OF_A_VALUE = 120


class Seen:
    """The rows from `first_row` on, their shapes in WGS 84, and the findings about them."""

    def __init__(
        self,
        findings: Findings,
        layer: Layer,
        *,
        first_row: int,
        rows: int,
        shapes: NDArray[np.object_] | None,
    ) -> None:
        self.findings = findings
        self.layer = layer
        self.first_row = first_row
        self.rows = rows
        self.shapes = shapes
        self.refused: Mask = np.zeros(rows, dtype=bool)

    def refuse(self, code: str, told: Text, where: Mask, **more: Any) -> None:
        """These rows are not taken; a row already refused is not refused twice."""
        fresh = where & ~self.refused
        self.refused |= where
        if fresh.any():
            self.tell(code, told, np.flatnonzero(fresh), level="error", **more)

    def tell(
        self,
        code: str,
        told: Text | Sequence[Text],
        where: Positions,
        *,
        level: str,
        field: str | None = None,
        column: str | None = None,
        values: Sequence[Any] | None = None,
        became: Sequence[Any] | None = None,
        points: Sequence[tuple[float, float] | None] | None = None,
    ) -> None:
        """List each row; `values`, `became`, `told` and `points` go with `where`, position by position."""
        if not len(where):
            return
        self._noted(code, told if isinstance(told, Text) else told[0], level, where, field, column, None)
        room = min(self.findings.room(code), len(where))
        shown = where[:room]
        places = self._points(shown)
        problems = []
        for turn, position in enumerate(shown.tolist()):
            point = (points[turn] if points and not self.layer.shape.cells else None) or places[turn]
            problems.append(
                Problem(
                    code=code, told=told if isinstance(told, Text) else told[turn], level=level,
                    row=self.first_row + position, column=column,
                    value=self._shown(field, values, turn), became=self._shown(field, became, turn),
                    lon=point[0] if point else None, lat=point[1] if point else None,
                )
            )  # fmt: skip
        self.findings.add(problems, unlisted=len(where) - room, code=code, level=level)

    def warn(
        self, code: str, told: Text, where: Positions, *, field: str | None = None, column: str | None = None,
        value: Any = None,
    ) -> None:  # fmt: skip
        """One line for all these rows, which share the value."""
        if not len(where):
            return
        self._noted(code, told, "warning", where, field, column, value)
        point = self._points(where[:1])[0]
        problem = Problem(
            code=code, told=told, level="warning", row=self.first_row + int(where[0]), column=column,
            value=self._shown(field, None if value is None else [value], 0),
            lon=point[0] if point else None, lat=point[1] if point else None,
        )  # fmt: skip
        self.findings.add_same(problem, len(where))

    def count(
        self, code: str, told: Text, where: Positions, *, field: str | None = None, column: str | None = None,
        value: Any = None, values: int = 1,
    ) -> None:  # fmt: skip
        """Rows of a warning beyond those that get a line of their own."""
        self._noted(code, told, "warning", where, field, column, value)
        self.findings.count_values(code, column, rows=len(where), values=values)

    def _noted(
        self, code: str, told: Text, level: str, where: Positions, field: str | None, column: str | None, value: Any
    ) -> None:
        shown = self._shown(field, None if value is None else [value], 0)
        rows = where + self.first_row
        self.findings.noted(code, told, level, field=field, column=column, rows=rows, value=shown)

    def _shown(self, field: str | None, values: Sequence[Any] | None, turn: int) -> str | None:
        """A cell as the report may repeat it: not at all when the public may not see its column."""
        if values is None or values[turn] is None:
            return None
        if field is not None and self.layer.fields[field].audience is not Audience.PUBLIC:
            return None
        return str(values[turn])[:MOST_OF_A_VALUE]

    def _points(self, where: Positions) -> list[tuple[float, float] | None]:
        # A report is kept longer than a household's place may be.
        if self.shapes is None or not len(where) or self.layer.shape.cells:
            return [None] * len(where)
        shapes = self.shapes[where]
        sound = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
        # A point inside needs a valid shape; any corner is good enough for the others.
        valid = np.zeros(len(shapes), dtype=bool)
        valid[sound] = shapely.is_valid(shapes[sound])
        points: list[tuple[float, float] | None] = [None] * len(where)
        for turn, (x, y) in zip(np.flatnonzero(valid), point_on(shapes[valid]), strict=True):
            points[turn] = _point(x, y)
        for turn in np.flatnonzero(sound & ~valid):
            x, y = shapely.get_coordinates(shapes[turn])[0]
            points[turn] = _point(x, y)
        return points


def _point(x: float, y: float) -> tuple[float, float] | None:
    on_earth = np.isfinite(x) and np.isfinite(y) and abs(x) <= 180 and abs(y) <= 90
    return (round(float(x), 6), round(float(y), 6)) if on_earth else None
