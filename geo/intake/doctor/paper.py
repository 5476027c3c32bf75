"""The area that a deed gives (rai, ngan, wah) against the area of the shape that was drawn.

The rule stands in geo.intake.doctor.areas, and is told with each finding.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.doctor.areas import RULE, USUAL_SCALE, Column, Numbers, allowed_metres, numbers_in, scales_in
from geo.intake.doctor.cells import text_columns
from geo.intake.doctor.finding import Finding
from geo.intake.doctor.look import Looked
from geo.intake.doctor.make import finding
from geo.shapes.many_areas import areas_of_many
from geo.shapes.measure import NGAN_OF_A_RAI, SQUARE_METRES_OF_A_WAH, WAH_OF_A_NGAN
from geo.thai import folded_header, western_digits

# Tenths of a square wah (0-9), beside the whole ones (DOMAIN 2.8, not confirmed).
TENTHS = frozenset(map(folded_header, ("subwa", "sub_wa", "land_space_sub_wa", "เศษ", "เศษวา")))
# A day is written alike, but its month has two digits as a rule, and its year or day comes first.
_WRITTEN = re.compile(r"\s*([0-9,]{1,9})\s*-\s*([0-9])\s*-\s*([0-9]{1,3}(?:\.[0-9]+)?)\s*")
_MOST_EXAMPLES = 10


def area_findings(looked: Looked) -> Iterator[Finding]:
    """Areas written in units that do not exist, in one column, or other than what was drawn."""
    paper = np.full(looked.rows, np.nan)
    if {"rai", "ngan", "wah"} <= set(looked.layer.fields):
        paper = _of_three(looked)
        yield from _units(looked)
    for name in _single_columns(looked):
        written, wrong = _of_one(looked.raw.column(name))
        paper = np.where(np.isnan(paper), written, paper)
        rows = np.flatnonzero(~np.isnan(written)) + 1
        yield finding("area-in-one-column", column=name, looked=looked, rows=rows, places=None)
        if wrong.any():
            yield finding("area-units", looked=looked, rows=np.flatnonzero(wrong) + 1, column=name)
    yield from _differing(looked, paper)


def _of_three(looked: Looked) -> Numbers:
    """Square metres by row; NaN where nothing is written, or nothing that can be an area."""
    parts = []
    for name in ("rai", "ngan", "wah"):
        column = looked.column_of(name)
        parts.append(np.full(looked.rows, np.nan) if column is None else numbers_in(looked.raw.column(column)))
    written = ~np.all([np.isnan(part) for part in parts], axis=0)
    rai, ngan, wah = (np.nan_to_num(part) for part in parts)
    total = ((rai * NGAN_OF_A_RAI + ngan) * WAH_OF_A_NGAN + wah + _tenths(looked)) * SQUARE_METRES_OF_A_WAH
    total[~written | (total <= 0)] = np.nan
    return np.asarray(total)


def _tenths(looked: Looked) -> Numbers:
    """Square wah from the column of tenths: 5 is half a wah, and so is 0.5."""
    column = next((name for name in looked.raw.column_names if folded_header(name) in TENTHS), None)
    if column is None:
        return np.zeros(looked.rows)
    found = np.nan_to_num(numbers_in(looked.raw.column(column)))
    return np.where((found >= 1) & (found < 10), found / 10, np.where((found > 0) & (found < 1), found, 0.0))


def _units(looked: Looked) -> Iterator[Finding]:
    for name, limit in (("ngan", NGAN_OF_A_RAI), ("wah", WAH_OF_A_NGAN)):
        column = looked.column_of(name)
        if column is None:
            continue
        wrong = np.flatnonzero(numbers_in(looked.raw.column(column)) >= limit)
        if len(wrong):
            yield finding("area-units", looked=looked, rows=wrong + 1, column=column)


def _single_columns(looked: Looked) -> list[str]:
    """Columns in which most of what is written is rai-ngan-wah."""
    found = []
    days = {looked.column_of(name) for name, words in looked.layer.fields.items() if words.python_type is dt.date}
    for name in text_columns(looked):
        if name in days:
            continue
        texts = [text for text in looked.raw.column(name).unique().to_pylist() if text and text.strip()]
        some = texts[:2_000]
        if some and sum(_WRITTEN.fullmatch(western_digits(text)) is not None for text in some) > len(some) / 2:
            found.append(name)
    return found


def _of_one(values: Column) -> tuple[Numbers, NDArray[np.bool_]]:
    """Square metres, and where ngan or wah are more than there can be."""
    coded: Any = values.combine_chunks().dictionary_encode()
    areas, wrong = [], []
    for text in coded.dictionary.to_pylist():
        read = _WRITTEN.fullmatch(western_digits(text))
        rai, ngan, wah = (float(part.replace(",", "") or 0) for part in read.groups()) if read else (np.nan,) * 3
        area = ((rai * NGAN_OF_A_RAI + ngan) * WAH_OF_A_NGAN + wah) * SQUARE_METRES_OF_A_WAH
        areas.append(area if area > 0 else np.nan)
        wrong.append(ngan >= NGAN_OF_A_RAI or wah >= WAH_OF_A_NGAN)
    indices = np.asarray(coded.indices.fill_null(len(areas)))
    return np.array([*areas, np.nan])[indices], np.array([*wrong, False], dtype=bool)[indices]


def _differing(looked: Looked, paper: Numbers) -> Iterator[Finding]:
    if looked.shapes is None or np.isnan(paper).all():
        return
    drawn, allowed = areas_of_many(looked.shapes), allowed_metres(looked.shapes, _scales(looked))
    differ = np.abs(drawn - paper)
    where = np.flatnonzero(differ > allowed)
    if not len(where):
        return
    worst = where[np.argsort(-differ[where])][:_MOST_EXAMPLES]
    facts: dict[str, Any] = {
        "judged": int((~np.isnan(drawn - paper)).sum()),
        "widest": [
            {"row": int(row) + 1, "paper_m2": round(float(paper[row]), 1), "map_m2": round(float(drawn[row]), 1),
             "allowed_m2": round(float(allowed[row]), 1)}
            for row in worst
        ],
    }  # fmt: skip
    judged = Text(f"จาก {facts['judged']:,} แถวที่เทียบได้ ({RULE.th})", f"of {facts['judged']:,} compared ({RULE.en})")
    yield finding("area-differs", judged, looked=looked, rows=where + 1, column=looked.column_of("rai"), facts=facts)


def _scales(looked: Looked) -> Numbers:
    """The scale of each row's sheet."""
    column = looked.column_of("map_scale") if "map_scale" in looked.layer.fields else None
    if column is None:
        return np.full(looked.rows, USUAL_SCALE)
    return scales_in(looked.raw.column(column))
