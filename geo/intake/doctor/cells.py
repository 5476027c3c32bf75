"""What is wrong inside the cells of a file, its unmatched columns too: words for nothing, garbled and cut text, years.

Cells are judged once for each distinct value of the whole file. A cell is repeated only where the public sees its
column; everything else is told by its row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.doctor.areas import numbers_in
from geo.intake.doctor.finding import Finding
from geo.intake.doctor.look import Looked
from geo.intake.doctor.make import finding, shown_values
from geo.intake.values import FIRST_BUDDHIST_YEAR, is_year
from geo.thai import is_null_literal, looks_mojibake, plain_all

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

# Days since 1899-12-30: from 1954 to 2119, and the same years counted by the Buddhist era.
_EXCEL_DAYS = ((20_000, 80_000), (218_000, 279_000))
LEAST_CUT_WIDTH = 6
Mask = NDArray[np.bool_]


def text_columns(looked: Looked) -> list[str]:
    """The file's columns of text."""
    return [name for name in looked.raw.column_names if pa.types.is_string(looked.raw.schema.field(name).type)]


def cell_findings(looked: Looked) -> Iterator[Finding]:
    """Words for nothing and garbled text in every text column, text that fills its field, years and dates."""
    garbled: dict[str, Mask] = {}
    for name in text_columns(looked):
        coded = looked.raw.column(name).combine_chunks().dictionary_encode()
        texts: pa.Array[Any] = coded.dictionary
        doubtful = np.flatnonzero(~np.asarray(plain_all(texts)))
        cells = {int(place): str(texts[int(place)].as_py()).replace("\x00", "").strip() for place in doubtful}
        means = _codes_of(looked, name)
        nothing = {
            place: text for place, text in cells.items() if text and text not in means and is_null_literal(text)
        }  # fmt: skip
        wrong = {place: text for place, text in cells.items() if place not in nothing and looks_mojibake(text)}
        if nothing:
            # The word for nothing says nothing of anybody: it is shown, whoever may see the column.
            yield _of_cells(looked, "null-literal", name, coded, nothing, show=True)
        if wrong:
            garbled[name] = _rows_with(coded, wrong)
            yield _of_cells(looked, "mojibake", name, coded, wrong, show=looked.may_show(name))
    yield from _cut(looked, garbled)
    yield from _years(looked)
    yield from _days(looked)


def _codes_of(looked: Looked, column: str) -> Mapping[str, str]:
    """What the codes of the field that a column feeds are called: `NONE` is a document of land, and not nothing."""
    for name, fed_by in looked.load.matching.columns.items():
        codes = looked.layer.fields[name].codes
        if fed_by == column and codes is not None:
            return codes.written
    return {}


def _rows_with(coded: Any, places: Mapping[int, str]) -> Mask:
    return np.isin(np.asarray(coded.indices.fill_null(-1)), list(places))


def _of_cells(looked: Looked, code: str, column: str, coded: Any, cells: Mapping[int, str], *, show: bool) -> Finding:
    indices = np.asarray(coded.indices.fill_null(-1))
    rows = np.flatnonzero(np.isin(indices, list(cells))) + 1
    values: dict[str, int] = {}
    if show:
        counted = np.bincount(indices[indices >= 0], minlength=len(coded.dictionary))
        for place, text in cells.items():
            values[text] = values.get(text, 0) + int(counted[place])
    return finding(code, looked=looked, rows=rows, column=column, values=shown_values(values))


def _cut(looked: Looked, garbled: Mapping[str, Mask]) -> Iterator[Finding]:
    """Thai text without a free byte after it in its field."""
    for name, full in looked.load.file.full_cells().items():
        rows, broken = full.rows, full.broken
        if name in garbled:
            rows, broken = rows[~garbled[name][rows]], broken[~garbled[name][rows]]
        if not len(rows) or full.width < LEAST_CUT_WIDTH:
            continue
        halved = int(broken.sum())
        more = Text(
            f"(ช่องกว้าง {full.width} ไบต์" + (f", {halved:,} แถวตัวสุดท้ายขาดครึ่ง)" if halved else ")"),
            f"the field has {full.width} bytes" + (f", and {halved:,} end in half a letter" if halved else ""),
        )
        facts = {"width": full.width, "halved": halved}
        yield finding("text-cut", more, looked=looked, rows=rows + 1, column=name, facts=facts)


def _years(looked: Looked) -> Iterator[Finding]:
    """Columns of years that mix the eras, or leave the century out."""
    for name, words in looked.layer.fields.items():
        column = looked.column_of(name)
        if column is None or not is_year(words):
            continue
        years = numbers_in(looked.raw.column(column))
        short = np.flatnonzero((years > 0) & (years < 100))
        buddhist = (years >= FIRST_BUDDHIST_YEAR) & (years < FIRST_BUDDHIST_YEAR + 400)
        common = np.flatnonzero((years >= 1800) & (years < FIRST_BUDDHIST_YEAR))
        if len(short):
            yield finding("short-year", looked=looked, rows=short + 1, column=column)
        if buddhist.any() and len(common):
            # The fewer are the strangers, whichever era they are of.
            few = common if len(common) <= buddhist.sum() else np.flatnonzero(buddhist)
            old, new = int(buddhist.sum()), len(common)
            more = Text(
                f"(พ.ศ. {old:,} แถว ค.ศ. {new:,} แถว)", f"{old:,} of the Buddhist Era and {new:,} of the Common Era"
            )
            facts = {"buddhist": old, "common": new}
            yield finding("mixed-years", more, looked=looked, rows=few + 1, column=column, facts=facts)


def _days(looked: Looked) -> Iterator[Finding]:
    """Dates that are Excel's count of days, because nobody said that the column holds dates."""
    for (code, column), noted in list(looked.findings.found.items()):
        if code != "bad-date" or column is None:
            continue
        rows = noted.rows
        texts: list[Any] = looked.raw.column(column).take(pa.array(rows - 1, pa.int64())).to_pylist()
        written = [str(text or "") for text in texts]
        days = np.array([float(text) if re.fullmatch(r"[0-9]{5,6}(\.[0-9]+)?", text) else 0 for text in written])
        counted = np.logical_or.reduce([(days >= low) & (days <= high) for low, high in _EXCEL_DAYS])
        if counted.any():
            yield finding("date-as-number", looked=looked, rows=rows[counted], column=column)
