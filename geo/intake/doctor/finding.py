"""What the doctor says of a file: findings, each with its rows, its places, two sentences, and what to do.

Rows that share a code and a column are one finding, however many they are; all of their numbers are kept and none of
their hidden cells.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import Text
from geo.intake.report import TOWN_MAP, UsedColumn, map_link

ERROR, WARNING, NOTE = "error", "warning", "note"
LEVELS = (ERROR, WARNING, NOTE)
FIRST_ROWS = 20
MOST_PLACES = 2_000
MOST_VALUES = 50
NO_ROWS: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
NO_PLACES: NDArray[np.float64] = np.zeros((0, 2))
NO_SHAPES: NDArray[np.object_] = np.zeros(0, dtype=object)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, or worth knowing, of a file.

    `level` is `error` (the file or the rows cannot be taken), `warning` (they would be, as they are) or `note`.
    `count` is of rows, unless `of` says otherwise ("pairs", "gaps", "columns", "files"). `rows` are all of them,
    ascending, from 1. `places` are longitude and latitude (n, 2), WGS 84, of up to `MOST_PLACES` of them; `shapes` the
    overlaps or gaps themselves (WGS 84). `values` are what stands in them and how often: only of columns that the
    public may see. `facts` are the numbers of the sentences, for programs.
    """

    code: str
    level: str
    title: Text
    told: Text
    advice: Text
    count: int
    of: str = "rows"
    column: str | None = None
    rows: NDArray[np.int64] = field(default_factory=lambda: NO_ROWS)
    places: NDArray[np.float64] = field(default_factory=lambda: NO_PLACES)
    shapes: NDArray[np.object_] = field(default_factory=lambda: NO_SHAPES)
    values: tuple[tuple[str, int], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    @property
    def id(self) -> str:
        """The finding's name within its examination, for links and pages."""
        return self.code if self.column is None else f"{self.code}:{self.column}"

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of all its places and shapes; None for a finding without any."""
        corners = [self.places, shapely.get_coordinates(self.shapes)]
        xy = np.concatenate([one for one in corners if len(one)] or [NO_PLACES])
        if not len(xy):
            return None
        (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
        return float(west), float(south), float(east), float(north)

    def geojson(self, most: int = MOST_PLACES) -> dict[str, Any]:
        """Its shapes, else its places, as a FeatureCollection for a map (longitude, latitude, seven decimals)."""
        drawn: Any = self.shapes if len(self.shapes) else shapely.points(self.places)
        smooth: Any = shapely.set_precision(drawn[:most], 1e-7, mode="pointwise")
        features = [
            {"type": "Feature", "properties": {"finding": self.id, "level": self.level},
             "geometry": json.loads(one)}
            for one in shapely.to_geojson(smooth).tolist()
            if one is not None
        ]  # fmt: skip
        return {"type": "FeatureCollection", "features": features}

    def to_json(
        self, *, most_rows: int = FIRST_ROWS, most_places: int = 200, map_url: str = TOWN_MAP
    ) -> dict[str, Any]:
        """The finding as it is sent; its empty parts are left out."""
        known: dict[str, Any] = {
            "id": self.id, "code": self.code, "level": self.level, "count": self.count, "of": self.of,
            "title": _pair(self.title), "told": _pair(self.told), "advice": _pair(self.advice),
        }  # fmt: skip
        known |= {"column": self.column} if self.column is not None else {}
        known |= {"rows": self.rows[:most_rows].tolist(), "rows_in_all": len(self.rows)} if len(self.rows) else {}
        known |= {"values": [list(one) for one in self.values]} if self.values else {}
        known |= {"facts": dict(self.facts)} if self.facts else {}
        if (box := self.box) is not None:
            known["box"] = [round(edge, 6) for edge in box]
            known["map"] = map_link((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, map_url=map_url)
            known["geojson"] = self.geojson(most_places)
        return known


@dataclass(frozen=True, kw_only=True)
class Examination:
    """A file looked at before anything of it is written.

    `kind` is a layer's id or "land_office" (the monthly list, which is loaded nowhere yet). `refused` is set, with
    `choices`, when it cannot be taken as it is. `forms` counts how rows keep the parts of their codes (three, two,
    disagrees, unjudged). `remarks` say what was decided, `unchecked` what could not be looked at and why.
    """

    kind: str
    file_name: str
    sha256: str | None = None
    size: int | None = None
    driver: str | None = None
    encoding: str | None = None
    encoding_reason: Text | None = None
    crs: str | None = None
    crs_source: Text | None = None
    crs_operation: str | None = None
    municipality: str | None = None
    rows: int | None = None
    used: tuple[UsedColumn, ...] = ()
    unused: tuple[str, ...] = ()
    forms: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    findings: tuple[Finding, ...] = ()
    remarks: tuple[Text, ...] = ()
    unchecked: tuple[Text, ...] = ()
    refused: Text | None = None
    choices: tuple[Text, ...] = ()

    @property
    def levels(self) -> Mapping[str, int]:
        """How many findings there are of each level."""
        counted = Counter(one.level for one in self.findings)
        return {level: counted[level] for level in LEVELS}

    @property
    def has_errors(self) -> bool:
        """Whether something stands in the way of loading the file, or some of its rows."""
        return self.refused is not None or any(one.level == ERROR for one in self.findings)

    @property
    def told(self) -> Text:
        """The result in one sentence."""
        if self.refused is not None:
            return Text(f"รับไฟล์นี้ไม่ได้: {self.refused.th}", f"This file cannot be taken: {self.refused.en}")
        if not self.findings:
            return Text(f"{self.rows or 0:,} แถว ไม่พบสิ่งผิดปกติ", f"{self.rows or 0:,} rows; nothing is wrong with them")
        n = self.levels
        return Text(
            f"{self.rows or 0:,} แถว พบข้อผิดพลาด {n[ERROR]} เรื่อง คำเตือน {n[WARNING]} เรื่อง ข้อสังเกต {n[NOTE]} เรื่อง",
            f"{self.rows or 0:,} rows: {n[ERROR]} kinds of errors, {n[WARNING]} of warnings, {n[NOTE]} of notes",
        )

    def finding(self, id: str) -> Finding | None:
        """The finding of this name (`code` or `code:column`); by its code alone, the first."""
        return next((one for one in self.findings if id in (one.id, one.code)), None)

    def by_row(self) -> Mapping[int, tuple[str, ...]]:
        """For each row that something is told of, the names of its findings."""
        found: dict[int, list[str]] = {}
        for one in self.findings:
            for row in one.rows.tolist():
                found.setdefault(row, []).append(one.id)
        return {row: tuple(ids) for row, ids in found.items()}

    def to_json(self, *, map_url: str = TOWN_MAP, most_rows: int = FIRST_ROWS) -> dict[str, Any]:
        """The examination as it is sent."""
        return {
            "kind": self.kind, "told": _pair(self.told), "has_errors": self.has_errors, "levels": dict(self.levels),
            "file": {
                "name": self.file_name, "sha256": self.sha256, "bytes": self.size, "driver": self.driver,
                "encoding": self.encoding, "encoding_reason": _pair(self.encoding_reason), "crs": self.crs,
                "crs_source": _pair(self.crs_source), "crs_operation": self.crs_operation,
            },
            "municipality": self.municipality, "rows": self.rows,
            "columns": [{k: v for k, v in vars(one).items() if v is not None} for one in self.used],
            "unused_columns": list(self.unused), "forms": dict(self.forms),
            "refused": _pair(self.refused), "choices": [_pair(one) for one in self.choices],
            "findings": [one.to_json(map_url=map_url, most_rows=most_rows) for one in self.findings],
            "remarks": [_pair(one) for one in self.remarks], "unchecked": [_pair(one) for one in self.unchecked],
        }  # fmt: skip


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Errors first, then warnings, then notes; within a level the most rows first."""
    return tuple(sorted(findings, key=lambda one: (LEVELS.index(one.level), -one.count, one.id)))


def _pair(told: Text | None) -> dict[str, str] | None:
    return None if told is None else {"th": told.th, "en": told.en}
