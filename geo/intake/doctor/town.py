"""A file against what is here already: the same file again, more or fewer rows, columns that came or went, new values,
parcels that are not there, rows beyond the town's outline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from geo.errors import Text
from geo.intake.doctor.files import file_findings
from geo.intake.doctor.finding import Finding
from geo.intake.doctor.look import Looked
from geo.intake.doctor.make import finding, shown_values
from geo.layer import Audience
from geo.shapes.topology import Plan, outside
from geo.shapes.topology_plan import Progress
from geo.store.known import PARCEL, Known


def town_findings(looked: Looked, known: Known) -> Iterator[Finding]:
    """Everything that needs to know what is here, but for shapes."""
    yield from file_findings(looked.load.file, looked.load.matching, known, rows=looked.rows)
    yield from _values(looked, known)
    yield from _without_parcel(looked, known)


def _values(looked: Looked, known: Known) -> Iterator[Finding]:
    """Codes of the list that no row of the table has: right as they are, and worth a look."""
    for name, here in known.values.items():
        column = looked.column_of(name)
        if not here or name not in looked.read or column is None:
            continue
        coded = looked.read[name].cast(pa.string())
        counts: Any = pyarrow.compute.value_counts(coded.drop_null())
        counted = {one["values"]: one["counts"] for one in counts.to_pylist()}
        new = {value: count for value, count in counted.items() if value not in here}
        if not new:
            continue
        mask = np.asarray(pyarrow.compute.is_in(coded, pa.array(sorted(new), pa.string())))
        shown = looked.layer.fields[name].audience is Audience.PUBLIC
        values = shown_values(new) if shown else ()
        yield finding("new-value", looked=looked, rows=looked.numbers[mask], column=column, values=values)


def _without_parcel(looked: Looked, known: Known) -> Iterator[Finding]:
    """Buildings and signs that name a parcel which is not here."""
    if not known.lots.codes:
        return
    for name, words in looked.layer.fields.items():
        if words.link is None or words.link.to != PARCEL or name not in looked.read:
            continue
        given = looked.read[name].cast(pa.string())
        there = pyarrow.compute.is_in(given, pa.array(sorted(known.lots.codes), pa.string()))
        lost = np.asarray(pyarrow.compute.invert(there)) & np.asarray(pyarrow.compute.is_valid(given))
        if lost.any():
            rows = looked.numbers[lost]
            yield finding("no-parcel", looked=looked, rows=rows, column=looked.column_of(name))


def outside_findings(looked: Looked, plan: Plan, known: Known, progress: Progress) -> Iterator[Finding]:
    """Rows that reach beyond the town's outline."""
    if known.boundary is None:
        return
    found = outside(plan, known.boundary, progress=progress)
    if not len(found.position):
        return
    wholly = int((found.share > 0.99).sum())
    more = Text(f"(นอกเขตทั้งแปลง {wholly:,} แถว)", f"{wholly:,} of them wholly")
    places = np.column_stack((found.places.lon, found.places.lat))
    yield finding("outside-municipality", more, rows=found.position + 1, places=places, facts={"wholly": wholly})
