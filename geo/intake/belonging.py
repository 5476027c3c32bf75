"""The last columns of a batch: which town a row is in and what it belongs to, with what is to be told of them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.check import Checked
from geo.intake.match import Matching
from geo.store.links import TOWN, Linker, points_for

NO_TOWN = Text(
    "ไม่รู้ว่าอยู่เทศบาลใด (ระบุด้วย --municipality)", "no municipality is known for it (say which with --municipality)"
)
BAD_TOWN = Text("ไม่ใช่รหัสเทศบาล จึงหาจากที่ตั้งถ้ามี", "not a municipality code; the place decides, where there is one")
OTHER_TOWN = Text(
    "ไฟล์บอกเทศบาลอื่น แต่ใช้ตาม --municipality", "the file names another municipality; --municipality was followed"
)
UNKNOWN = Text("ไม่พบรหัสนี้ในเทศบาลเดียวกัน จึงหาจากที่ตั้งแทน", "no such code in this municipality; the place was used instead")
SEVERAL = Text("มีหลายรายการที่ใช้รหัสนี้ จึงเลือกที่ใกล้ที่สุด", "several have this code; the nearest was taken")
TOWN_CODE = "[0-9]{2,8}"


class LinkingBatches:
    """Turns checked rows into rows of the staging table."""

    def __init__(self, linker: Linker, matching: Matching, town: str | None) -> None:
        self.linker = linker
        self.matching = matching
        self.town = town

    def completed(self, checked: Checked) -> pa.RecordBatch:
        """The batch with its municipality and its links."""
        points = self._points(checked)
        towns = self._towns(checked, points)
        columns: dict[str, pa.Array[Any]] = {
            "row_no": pa.array(checked.row_numbers, pa.int32()), "municipality": pa.array(towns, pa.string()),
            **checked.columns,
        }  # fmt: skip
        for name in self.linker.links:
            columns.update(self._link(name, checked, towns, points))
        columns["source_digest"] = checked.digest
        if checked.wkb is not None:
            columns["geom"] = checked.wkb
        return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))

    def _points(self, checked: Checked) -> NDArray[np.object_]:
        """Points inside the shapes, worked out only where something will be looked for by place."""
        by_place = self.linker.locates or (self.town is None and self.linker.knows_towns)
        if checked.shapes is None or not by_place:
            return np.full(len(checked), None, dtype=object)
        return points_for(checked.shapes)

    def _towns(self, checked: Checked, points: NDArray[np.object_]) -> list[str | None]:
        layer = self.linker.layer
        if layer.id == TOWN:
            return list(checked.columns[layer.keys[0][0]].to_pylist())
        if self.town is not None:
            self._tell_other_towns(checked, self.town)
            return [self.town] * len(checked)
        towns: list[str | None] = [None] * len(checked)
        if checked.named_town is not None:
            towns = self._towns_from_the_file(checked, checked.named_town)
        blank = [row for row, town in enumerate(towns) if town is None]
        if blank and self.linker.knows_towns:
            for row, town in zip(blank, self.linker.towns_around(points[blank]), strict=True):
                towns[row] = town
        nowhere = np.array([row for row, town in enumerate(towns) if town is None], dtype=np.intp)
        checked.seen.warn("no-municipality", NO_TOWN, checked.positions(nowhere))
        return towns

    def _tell_other_towns(self, checked: Checked, town: str) -> None:
        named: list[str | None] = [] if checked.named_town is None else checked.named_town.to_pylist()
        for other in sorted({name for name in named if name is not None and name != town}):
            rows = np.array([row for row, name in enumerate(named) if name == other], dtype=np.intp)
            checked.seen.warn("other-municipality", OTHER_TOWN, checked.positions(rows),
                              column=self.matching.columns.get("municipality"), value=other)  # fmt: skip

    def _towns_from_the_file(self, checked: Checked, named: pa.Array[Any]) -> list[str | None]:
        towns: list[str | None] = named.to_pylist()
        column = self.matching.columns.get("municipality")
        for wrong in sorted(town for town in set(towns) if town is not None and not re.fullmatch(TOWN_CODE, town)):
            rows = [row for row, town in enumerate(towns) if town == wrong]
            checked.seen.warn("unknown-municipality", BAD_TOWN, checked.positions(np.array(rows, dtype=np.intp)),
                              column=column, value=wrong)  # fmt: skip
            for row in rows:
                towns[row] = None
        return towns

    def _link(
        self, name: str, checked: Checked, towns: list[str | None], points: NDArray[np.object_]
    ) -> dict[str, pa.Array[Any]]:
        codes = checked.given[name].to_pylist() if name in checked.given else None
        found = self.linker.linked(name, towns, codes, points)
        column = self.matching.columns.get(name)
        for code, told, rows in (("unknown-link", UNKNOWN, found.unknown), ("several-links", SEVERAL, found.several)):
            self._tell(code, told, rows, checked, codes or [], name, column)
        return {
            name: pa.array(found.ids, pa.int64(), mask=found.ids == 0),
            f"{name.removesuffix('_id')}_link": pa.array(found.how, pa.string()),
        }

    def _tell(
        self, code: str, told: Text, rows: NDArray[np.intp], checked: Checked, codes: list[str | None], name: str,
        column: str | None,
    ) -> None:  # fmt: skip
        by_value: dict[str | None, list[int]] = {}
        for row in rows.tolist():
            by_value.setdefault(codes[row], []).append(row)
        for value, found in by_value.items():
            if checked.seen.findings.values_room(code, column):
                where = checked.positions(np.array(found, dtype=np.intp))
                checked.seen.warn(code, told, where, field=name, column=column, value=value)
            else:
                checked.seen.findings.count_values(code, column, rows=len(found), values=1)
