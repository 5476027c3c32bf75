"""The list of what to key into LTAX Online."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import load_workbook

from geo.errors import NotYours
from geo.layer import Audience
from geo.people.areas import Areas
from geo.render.worklist import Worklist, write_worklist
from geo.render.worklist_codes import Codes
from geo.render.worklist_made import worklist_of
from geo.store.asking import Asking
from geo.store.audit import WITNESS
from geo.store.db import session_of
from geo.store.editions_books import edition_of
from layers import LAYERS
from tests.taxmap.conftest import TOWN, Officer, town
from tests.taxmap.test_edition_life import year

DAY = dt.date(2026, 11, 22)


def made(officer: Officer, owners: bool = False, audience: Audience = Audience.TAX) -> Worklist:
    """The worklist of the town's year."""
    officer.loads(town())
    number = officer.compares(year(town()))
    with session_of(officer.engine) as session:
        asking = Asking(audience=audience, areas=Areas(towns=frozenset({TOWN})), person="officer", purpose="tax")
        return worklist_of(session, LAYERS["parcel"], edition_of(session, number), made_on=DAY,
                           owners=(session, asking) if owners else None)  # fmt: skip


def sheets(worklist: Worklist) -> dict[str, list[tuple[Any, ...]]]:
    """What is in each sheet but the header."""
    out = io.BytesIO()
    write_worklist(worklist, out)
    book = load_workbook(io.BytesIO(out.getvalue()))
    return {name: [tuple(row) for row in book[name].iter_rows(min_row=2, values_only=True)] for name in book.sheetnames}


def test_each_event_has_a_sheet_in_the_order_of_keying(officer: Officer) -> None:
    found = sheets(made(officer))
    assert [name.rpartition(" ")[2] for name in found] == [
        "first", "TRANSFER", "BOUNDARY_CHANGE", "SPLIT", "MERGE", "NEW", "RETIRED", "RECODED", "VALUES",
    ]  # fmt: skip
    assert [row[2:4] for row in found["แบ่งแยก SPLIT"]] == [("01A006", "01A006"), (None, "01A006/001")]
    assert [row[2:5] for row in found["รวม MERGE"]] == [("01A010", "01A010", "01A010"), ("01A011", None, None)]
    assert [row[2:5] for row in found["แปลงใหม่ NEW"]] == [(None, "01A017", "01A017")]
    (transfer,) = found["โอน TRANSFER"]
    assert (transfer[0], transfer[5], transfer[9]) == ("☐", "1-0-0", "ชื่อเจ้าของ (Owner's name)")


def test_nobodys_name_is_in_it_unless_the_tax_office_asks_and_that_is_written_down(officer: Officer) -> None:
    worklist = made(officer)
    assert "สมมติ" not in str(sheets(worklist))
    noted: list[tuple[str, list[int]]] = []
    with session_of(officer.engine) as session:
        session.info[WITNESS] = lambda layer, ids: noted.append((layer, list(ids)))
        asking = Asking(audience=Audience.TAX, areas=Areas(towns=frozenset({TOWN})), person="officer", purpose="tax")
        with_owners = worklist_of(session, LAYERS["parcel"], edition_of(session, worklist.edition), made_on=DAY,
                                  owners=(session, asking))  # fmt: skip
        with pytest.raises(NotYours):
            worklist_of(session, LAYERS["parcel"], edition_of(session, worklist.edition), made_on=DAY,
                        owners=(session, replace(asking, audience=Audience.STAFF)))  # fmt: skip
    assert "นายสมมติ 1" in str(sheets(with_owners)["โอน TRANSFER"])
    assert [layer for layer, _ in noted] == ["parcel"]
    assert len(noted[0][1]) == 8


def test_text_that_looks_like_a_formula_stays_text(officer: Officer) -> None:
    worklist = made(officer)
    evil = replace(worklist, file_name="=HYPERLINK(\"http://x\")", changes=[
        replace(one, codes_before=("+1\x00",), codes_after=("@SUM(A1)",), old_ids=one.old_ids[:1], continues=(0,))
        for one in worklist.changes
    ])  # fmt: skip
    out = io.BytesIO()
    write_worklist(evil, out)
    book = load_workbook(io.BytesIO(out.getvalue()))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert all(cell.quotePrefix for cell in cells if str(cell.value)[0] in "=+-@")
    assert "+1" in {cell.value for cell in cells}


def test_every_sheet_is_frozen_and_readable(officer: Officer) -> None:
    out = io.BytesIO()
    write_worklist(made(officer), out)
    for sheet in load_workbook(io.BytesIO(out.getvalue())).worksheets[1:]:
        assert sheet.freeze_panes == "E2"
        assert sheet.column_dimensions["K"].width == 44
        assert sheet["A2"].font.name == "TH Sarabun New"


def test_a_part_without_a_code_gets_the_next_of_its_level() -> None:
    codes = Codes(in_use=frozenset({"01A006", "01A006/001", "01A020", "01A007/001/01"}))
    assert codes.suggested("SPLIT", ["01A006"], ["01A006", None, ""]) == {1: "01A006/002", 2: "01A006/003"}
    assert codes.suggested("SPLIT", ["01A006/001"], [None]) == {0: "01A006/001/01"}
    assert codes.suggested("SPLIT", ["01A007/001/01"], [None]) == {0: "01A007/001/01/1"}
    assert codes.suggested("SPLIT", ["01A007/001/01/1"], [None]) == {}
    assert codes.suggested("NEW", [], ["01A099"]) == {0: "01A021"}
    assert codes.suggested("NEW", [], [None]) == {}
    assert codes.suggested("MERGE", ["01A011", "01A010"], [None]) == {0: "01A010"}
