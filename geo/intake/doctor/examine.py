"""The doctor at work: a file opened and checked as a load would, and asked what a load never asks.

Nothing is written. Whatever refuses the file becomes what is told of it, with the choices that would have it taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo.errors import Problem, RefusedImport, Text
from geo.intake.doctor.areas import numbers_in
from geo.intake.doctor.cells import cell_findings, text_columns
from geo.intake.doctor.codes import code_findings, forms
from geo.intake.doctor.finding import Examination, Finding, in_order
from geo.intake.doctor.ground import BUILDING, SIDE_BY_SIDE, ground_findings
from geo.intake.doctor.look import ASKED, READ, WHOLE, Looked, Watch, looked_through
from geo.intake.doctor.make import finding, shown_values
from geo.intake.doctor.paper import area_findings
from geo.intake.doctor.town import town_findings
from geo.intake.doctor.words import ORDINARY
from geo.intake.load import Load, LoadOptions, Progress, crs_name, ready
from geo.intake.places import no_places, outside_refusal
from geo.layer import Layer
from geo.store.known import Known

# Told by the doctor of every column of the file, matched or not: once is enough.
_TOLD_OF_CELLS = frozenset(("null-literal", "mojibake"))
_TOLD_BETTER = frozenset(("key-composition", "no-key", "text-cut"))
_NO_OPTIONS = LoadOptions()


def examined(
    known: Known, layer: Layer, path: Path, options: LoadOptions = _NO_OPTIONS, *, layers: Mapping[str, Layer],
    file_name: str | None = None, parcels: NDArray[np.object_] | None = None, topology: bool = True,
    progress: Progress | None = None, cancelled: Callable[[], bool] | None = None,
) -> Examination:  # fmt: skip
    """Everything worth knowing of a file for `layer`, before anything is written; Cancelled when stopped.

    `known` is what is here (geo.store.known.known_here; NOTHING_KNOWN without a database). `parcels` are the lots in
    WGS 84 that buildings are held against. Without `topology` shapes are not held against each other.
    """
    watch = Watch(progress=progress, cancelled=cancelled)
    watch.tell(0)
    name = file_name or path.name
    try:
        with ready(layer, path, options, layers=layers, file_name=file_name, places_needed=False) as load:
            return _examined(load, known, parcels, watch, topology=topology)
    except RefusedImport as refusal:
        return refused(layer.id, name, refusal, options.municipality)


def refused(kind: str, name: str, refusal: RefusedImport, town: str | None) -> Examination:
    """The examination of a file that cannot be taken: what it was refused for."""
    first = Problem(code="refused", told=refusal.told, level="error")
    problems = [one for one in refusal.problems if one.level == "error"] or [first]
    found = []
    for code in dict.fromkeys(one.code for one in problems):
        alike = [one for one in problems if one.code == code]
        rows = np.array([one.row for one in alike if one.row is not None], dtype=np.int64)
        made = finding(code, rows=rows, count=max(len(rows), 1), of="rows" if len(rows) else "files", level="error",
                       title=alike[0].told)  # fmt: skip
        found.append(replace(made, level="error", told=alike[0].told))
    return Examination(
        kind=kind, file_name=name, municipality=town, findings=in_order(found), refused=refusal.told,
        choices=refusal.choices,
    )  # fmt: skip


def _examined(
    load: Load, known: Known, parcels: NDArray[np.object_] | None, watch: Watch, *, topology: bool
) -> Examination:
    looked = looked_through(load, watch)
    cells = list(cell_findings(looked))
    garbled = {one.column: one.rows for one in cells if one.code == "mojibake"}
    found = [*_of_the_file(load), *_of_the_load(looked, garbled), *cells]
    for part in (code_findings, area_findings):
        found += part(looked)
        watch.tell(READ + 5)
    found += town_findings(looked, known)
    watch.tell(ASKED)
    if topology:
        found += ground_findings(looked, known, parcels, watch)
    watch.tell(WHOLE)
    whole = _examination(looked, found, tuple(_unchecked(looked, known, parcels, topology=topology)))
    return _refused_as_a_whole(looked, whole)


def _examination(looked: Looked, found: list[Finding], unchecked: tuple[Text, ...]) -> Examination:
    file, placing, load = looked.load.file, looked.load.placing, looked.load
    operation = placing.operation if placing else None
    return Examination(
        kind=load.layer.id, file_name=file.file_name, sha256=file.sha256, size=file.size, driver=file.driver,
        encoding=file.encoding, encoding_reason=file.encoding_reason, crs=crs_name(file) if placing else None,
        crs_source=file.crs_source, municipality=load.options.municipality, rows=looked.rows,
        crs_operation=f"{operation.name} [{operation.code}]" if operation else None, used=load.matching.used,
        unused=load.matching.unused, forms=forms(looked), findings=in_order(found), unchecked=unchecked,
    )  # fmt: skip


def _of_the_file(load: Load) -> Iterator[Finding]:
    """What the reader, the matching and the placing told of the file as a whole, and of rows that the reader met."""
    problems = (*load.matching.problems, *(load.placing.problems if load.placing else ()), *load.file.problems)
    groups: dict[tuple[str, str | None], list[Problem]] = {}
    for one in problems:
        if one.code not in ORDINARY | _TOLD_BETTER:
            groups.setdefault((one.code, one.column), []).append(one)
    for (code, column), alike in groups.items():
        rows = np.array([one.row for one in alike if one.row is not None], dtype=np.int64)
        made = finding(code, rows=rows, column=column, count=max(len(rows), 1), of="rows" if len(rows) else "files",
                       level=alike[0].level, title=alike[0].told)  # fmt: skip
        yield made if len(rows) else replace(made, told=alike[0].told)


def _of_the_load(looked: Looked, garbled: Mapping[str | None, NDArray[np.int64]]) -> Iterator[Finding]:
    """What a load would tell of rows and cells, a finding for each code and column; garbled text is told as that."""
    texts = frozenset(text_columns(looked))
    for (code, column), noted in looked.findings.found.items():
        told_as_area = noted.fed in ("ngan", "wah") and code == "out-of-bounds"
        told_as_year = code == "out-of-bounds" and noted.fed is not None and noted.fed.endswith("year")
        if code in ORDINARY | _TOLD_BETTER or told_as_area or (code in _TOLD_OF_CELLS and column in texts):
            continue
        rows = noted.rows
        if column in garbled and code != "mojibake":
            rows = rows[~np.isin(rows, garbled[column])]
        if told_as_year:
            rows = rows[~np.isin(rows, _short_years(looked, column))]
        if len(rows):
            yield finding(code, looked=looked, rows=rows, column=column, level=noted.level, title=noted.told,
                          values=shown_values(noted.values))  # fmt: skip


def _short_years(looked: Looked, column: str | None) -> NDArray[np.int64]:
    """Rows that are told as years of two digits."""
    if column is None:
        return np.zeros(0, dtype=np.int64)
    years = numbers_in(looked.raw.column(column))
    return np.flatnonzero((years > 0) & (years < 100)) + 1


def _unchecked(looked: Looked, known: Known, parcels: NDArray[np.object_] | None, *, topology: bool) -> Iterator[Text]:
    """What could not be looked at, so that nobody takes silence for a clean bill."""
    if looked.layer.shape.dimension != 2:
        return
    if not topology:
        yield Text("ไม่ได้ตรวจการทับซ้อนและช่องว่าง", "overlaps and gaps were not looked for")
    if known.boundary is None and looked.layer.id in SIDE_BY_SIDE | {BUILDING}:
        yield Text("ไม่รู้แนวเขตเทศบาล จึงไม่ได้ตรวจว่าอยู่นอกเขต",
                   "the town's outline is not known: nothing was looked for outside it")  # fmt: skip
    if looked.layer.id == BUILDING and (parcels is None or not len(parcels)):
        yield Text("ไม่มีแปลงที่ดินให้เทียบ จึงไม่ได้ตรวจโรงเรือนคร่อมแนวแปลง",
                   "there are no parcels to hold buildings against")  # fmt: skip
    if known.rows is None:
        yield Text("ไม่ได้เทียบกับข้อมูลที่มีอยู่ (ไม่มีฐานข้อมูล)", "nothing was compared with what is here (no database)")


def _refused_as_a_whole(looked: Looked, whole: Examination) -> Examination:
    """A file without the shapes that its layer needs, or of which less than half lies where it should."""
    if looked.load.placing is None and looked.layer.shape.required and looked.rows:
        lacking = no_places(looked.load.file)
        why = refused(whole.kind, whole.file_name, lacking, None).findings
        return replace(whole, refused=lacking.told, choices=lacking.choices, findings=(*why, *whole.findings))
    if looked.rows and looked.outside * 2 <= looked.rows:
        taken = len(looked.numbers)
        if taken:
            return whole
        return replace(whole, refused=Text("ไม่มีแถวใดที่รับได้", "none of the rows can be taken"))
    if not looked.rows:
        return replace(whole, refused=Text("ไฟล์ไม่มีแถวข้อมูล", "the file has no rows"))
    refusal = outside_refusal(looked.load.file, None)
    return replace(whole, refused=refusal.told, choices=refusal.choices)
