"""The numbers of a page as files: a table in UTF-8 that spreadsheets and programs read, and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from api.answers import answer, json_answer
from api.kept import Kept
from api.negotiation import accepted, wants_html
from geo.errors import BadRequest, Text
from geo.render.popup import pair

CSV = "text/csv; charset=utf-8"
SVG = "image/svg+xml"
# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection); names are written by people.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a file: its name for programs and its words for people."""

    name: str
    label: Text


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table as a file: what it is, its columns, its rows, and what else a reader must know."""

    title: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    about: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One number of a page: what of what, in which unit, as of when and from where; or why there is none."""

    topic: Text
    item: Text
    value: float | None
    state: Text | None = None
    unit: Text | None = None
    as_of: str | None = None
    source: Text | None = None


FACTS = (
    Column(name="topic", label=Text("หัวข้อ", "Topic")), Column(name="item", label=Text("รายการ", "Item")),
    Column(name="value", label=Text("ค่า", "Value")), Column(name="remark", label=Text("หมายเหตุ", "Remark")),
    Column(name="unit", label=Text("หน่วย", "Unit")), Column(name="as_of", label=Text("ณ วันที่", "As of")),
    Column(name="source", label=Text("ที่มา", "Source")),
)  # fmt: skip


def fact_sheet(title: Text, facts: Sequence[Fact], about: Mapping[str, Any] | None = None) -> Sheet:
    """Facts as a table, one a line."""
    rows = [[one.topic, one.item, one.value, one.state, one.unit, one.as_of, one.source] for one in facts]
    return Sheet(title=title, columns=FACTS, rows=rows, about=about or {})


def wanted_format(request: Request, *known: str) -> str:
    """A page unless something else is asked for: `f=`, or Accept with JSON and no page; 400 for an unknown `f`."""
    asked = request.query_params.get("f")
    if asked is None:
        is_program = "application/json" in accepted(request) and not wants_html(request)
        return "json" if is_program and "json" in known else "html"
    if asked not in ("html", *known):
        raise BadRequest(f"ไม่รู้จักรูปแบบ f={asked[:40]!r}", f"Unknown format f={asked[:40]!r}")
    return asked


def sheet_answer(request: Request, sheet: Sheet, written: str, name: str) -> Response:
    """The table as `csv` or `json`; a browser saves it under `name`."""
    if written == "json":
        return json_answer(request, _document(sheet))
    headers = {"Content_Disposition": f'attachment; filename="{name}.csv"'}
    return answer(request, Kept.of(csv_of(sheet).encode()), CSV, vary="Accept, Accept-Encoding", **headers)


def csv_of(sheet: Sheet) -> str:
    """Lines of values below a line of names in Thai and English; without a byte-order mark."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow([f"{one.label.th} ({one.label.en})" for one in sheet.columns])
    for row in sheet.rows:
        table.writerow([_in_a_cell(value) for value in row])
    return file.getvalue()


def _document(sheet: Sheet) -> dict[str, Any]:
    names = [one.name for one in sheet.columns]
    return {
        "title": pair(sheet.title),
        **sheet.about,
        "columns": [{"name": one.name, "label": pair(one.label)} for one in sheet.columns],
        "rows": [dict(zip(names, map(_in_json, row), strict=True)) for row in sheet.rows],
    }


def _in_json(value: Any) -> Any:
    if isinstance(value, Text):
        return pair(value)
    return round(value, 4) if isinstance(value, float) else value


def _in_a_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return round(value, 4) if isinstance(value, float) else value
    told = value.th if isinstance(value, Text) and value.th == value.en else str(value)
    return f"'{told}" if told.startswith(_FORMULAS) else told
