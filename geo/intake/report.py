"""What became of a file: every row refused or changed and why, in both languages, with a place to click.

A cell of a column that the public may not see is named by row and column and never repeated: a report is stored,
sent and printed, and would otherwise be a second copy of people's names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import Problem, Text
from geo.personal import BASES, SENSITIVE_BASES
from geo.store.batches import Grounds

MOST_OF_A_CODE = 10_000
MOST_VALUES_OF_A_WARNING = 200

TOWN_MAP = "/map"

# What became of a row from one edition to the next (geo/shapes/editions_kinds.py).
KINDS = {
    "SAME": Text("เหมือนเดิม", "the same"),
    "ELSEWHERE": Text("รหัสอยู่คนละที่", "code elsewhere"),
    "REARRANGED": Text("จัดรูปใหม่", "rearranged"),
    "SPLIT": Text("แบ่งแยก", "split"),
    "MERGE": Text("รวม", "merged"),
    "BOUNDARY_CHANGE": Text("แนวเขตเปลี่ยน", "boundary changed"),
    "RECODED": Text("เปลี่ยนรหัส", "recoded"),
    "NEW": Text("แปลงใหม่", "new"),
    "RETIRED": Text("ยกเลิก", "retired"),
    "MISSING": Text("ไม่มีในไฟล์", "missing"),
    "TRANSFER": Text("โอน", "transferred"),
    "VALUES": Text("ข้อมูลเปลี่ยน", "values changed"),
}  # fmt: skip


def map_link(lon: float, lat: float, *, map_url: str = TOWN_MAP) -> str:
    """Where a person looks at a place: the town map, close."""
    return f"{map_url}#18/{lat:.6f}/{lon:.6f}"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the report; `rows` is how many rows share it, the problem's own row being the first."""

    problem: Problem
    rows: int = 1

    def as_json(self, map_url: str = TOWN_MAP) -> dict[str, Any]:
        """The entry without its empty parts."""
        problem = self.problem
        known = {name: value for name, value in vars(problem).items() if value is not None and name != "told"}
        if problem.lon is not None and problem.lat is not None:
            known["map"] = map_link(problem.lon, problem.lat, map_url=map_url)
        if self.rows > 1:
            known["rows"] = self.rows
        return {**known, "th": problem.told.th, "en": problem.told.en}


class Findings:
    """The problems of one file as they are met; counts are exact even where the list is cut."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.levels: Counter[str] = Counter()
        self._listed: list[Entry] = []
        self._same: dict[tuple[str, str | None, str | None], tuple[Problem, int]] = {}
        self._values: Counter[tuple[str, str | None]] = Counter()

    def noted(
        self, code: str, told: Text, level: str, *, field: str | None, column: str | None, rows: NDArray[np.intp],
        value: str | None,
    ) -> None:  # fmt: skip
        """Every row (from 1) that something is told of, for whoever keeps them all; a report keeps what it lists."""

    def room(self, code: str) -> int:
        """How many more rows with this code will be listed one by one."""
        return max(0, MOST_OF_A_CODE - self.counts[code])

    def add(self, problems: Iterable[Problem], *, unlisted: int = 0, code: str = "", level: str = "") -> None:
        """List these one by one; `unlisted` more of `code` are only counted."""
        for problem in problems:
            self.counts[problem.code] += 1
            self.levels[problem.level] += 1
            self._listed.append(Entry(problem=problem))
        if unlisted:
            self.counts[code] += unlisted
            self.levels[level] += unlisted

    def add_same(self, problem: Problem, rows: int) -> None:
        """A warning that many rows share: one line for a code, a column and a value."""
        self.counts[problem.code] += rows
        self.levels[problem.level] += rows
        key = (problem.code, problem.column, problem.value)
        if key in self._same:
            first, seen = self._same[key]
            self._same[key] = (first, seen + rows)
            return
        if not self.values_room(*key[:2]):
            self._values[key[:2]] += 1
            return
        self._values[key[:2]] += 1
        self._same[key] = (problem, rows)

    def values_room(self, code: str, column: str | None) -> int:
        """How many more values of a warning will get a line of their own."""
        return max(0, MOST_VALUES_OF_A_WARNING - self._values[code, column])

    def count_values(self, code: str, column: str | None, *, rows: int, values: int, level: str = "warning") -> None:
        """Rows with values beyond those that are listed: counted, and told in one line."""
        self.counts[code] += rows
        self.levels[level] += rows
        self._values[code, column] += values

    def forget(self, code: str, rows: Collection[int]) -> None:
        """Take back what was told of these rows, because it is told better elsewhere."""
        kept = [one for one in self._listed if one.problem.code != code or one.problem.row not in rows]
        for entry in set(self._listed) - set(kept):
            self.counts[code] -= 1
            self.levels[entry.problem.level] -= 1
        self._listed = kept

    def entries(self) -> tuple[Entry, ...]:
        """Everything listed, by row, and an honest line about what the list leaves out."""
        shared = [Entry(problem=problem, rows=rows) for problem, rows in self._same.values()]
        listed = sorted((*self._listed, *shared), key=lambda entry: entry.problem.row or 0)
        return (*listed, *self._left_out())

    def _left_out(self) -> Iterator[Entry]:
        listed = Counter(entry.problem.code for entry in self._listed)
        shared = {code for code, _, _ in self._same}
        for code, count in self.counts.items():
            more = count - listed[code]
            if more and code not in shared:
                yield _more(code, Text(f"และอีก {more:,} แถวแบบเดียวกัน", f"and {more:,} more rows like these"), more)
        for (code, column), values in self._values.items():
            more = values - MOST_VALUES_OF_A_WARNING
            if more > 0:
                told = Text(f"และอีก {more:,} ค่าแบบเดียวกัน", f"and {more:,} more values like these")
                yield _more(code, told, more, column)

    def errors(self) -> tuple[Problem, ...]:
        """The problems that cost a row, for a refusal."""
        return tuple(entry.problem for entry in self.entries() if entry.problem.level == "error")


def _more(code: str, told: Text, rows: int, column: str | None = None) -> Entry:
    return Entry(problem=Problem(code=code, told=told, column=column, level="warning"), rows=rows)


@dataclass(frozen=True, kw_only=True)
class UsedColumn:
    """One column of the layer and what fed it: a column of the file, or a constant from `--set`."""

    field: str
    column: str | None = None
    constant: str | None = None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What happened to the rows; `changed` and `warnings` count values, the rest count rows.

    Of a layer that is `yearly`, `kinds` counts what became of rows, and `questions` links that a person must decide.
    """

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    not_in_file: int = 0
    ended: int = 0
    repaired: int = 0
    changed: int = 0
    warnings: int = 0
    relinked: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    questions: int = 0

    @property
    def nothing_changed(self) -> bool:
        """Whether the town's data is as it was before."""
        return not (self.inserted or self.updated or self.ended)

    def as_json(self) -> dict[str, Any]:
        """The numbers by name."""
        return {**vars(self), "relinked": dict(self.relinked), "kinds": dict(self.kinds)}


@dataclass(frozen=True, kw_only=True)
class Report:
    """One load, for people and programs."""

    layer: str
    batch_id: int | None
    dry_run: bool
    file_name: str
    file_sha256: str
    file_bytes: int
    driver: str
    encoding: str
    encoding_reason: Text
    crs: str | None
    crs_source: Text
    crs_operation: str | None
    municipality: str | None
    used: tuple[UsedColumn, ...]
    unused: tuple[str, ...]
    counts: Counts
    by_code: Mapping[str, int]
    entries: tuple[Entry, ...]
    grounds: Grounds | None = None

    @property
    def told(self) -> Text:
        """The result in one sentence."""
        n = self.counts
        lead = Text("(ทดลอง ไม่ได้บันทึก) ", "(dry run, nothing was kept) ") if self.dry_run else Text("", "")
        if n.nothing_changed:
            return Text(
                f"{lead.th}ไม่มีอะไรเปลี่ยน: อ่าน {n.read:,} แถว เหมือนเดิม {n.unchanged:,} ไม่รับ {n.refused:,}",
                f"{lead.en}Nothing changed: {n.read:,} rows read, {n.unchanged:,} as before, {n.refused:,} refused",
            )
        gone = Text(f" สิ้นสุด {n.ended:,}", f", {n.ended:,} ended") if n.ended else Text("", "")
        return Text(
            f"{lead.th}อ่าน {n.read:,} แถว เพิ่ม {n.inserted:,} แก้ {n.updated:,} เหมือนเดิม {n.unchanged:,} "
            f"ไม่รับ {n.refused:,} ไม่มีในไฟล์นี้ {n.not_in_file:,}{gone.th}",
            f"{lead.en}{n.read:,} rows read: {n.inserted:,} new, {n.updated:,} changed, {n.unchanged:,} as before, "
            f"{n.refused:,} refused; {n.not_in_file:,} of the town are not in this file{gone.en}",
        )

    def to_json(self, map_url: str = TOWN_MAP) -> dict[str, Any]:
        """The report as it is stored and sent."""
        return {
            "id": self.batch_id,
            "layer": self.layer,
            "dry_run": self.dry_run,
            "told": {"th": self.told.th, "en": self.told.en},
            "file": {
                "name": self.file_name, "sha256": self.file_sha256, "bytes": self.file_bytes, "driver": self.driver,
                "encoding": self.encoding,
                "encoding_reason": {"th": self.encoding_reason.th, "en": self.encoding_reason.en},
                "crs": self.crs, "crs_source": {"th": self.crs_source.th, "en": self.crs_source.en},
                "crs_operation": self.crs_operation,
            },
            "municipality": self.municipality,
            "grounds": self._grounds(),
            "columns": [
                {name: value for name, value in vars(used).items() if value is not None} for used in self.used
            ],
            "unused_columns": list(self.unused),
            "counts": self.counts.as_json(),
            "by_code": dict(self.by_code),
            "problems": [entry.as_json(map_url) for entry in self.entries],
        }  # fmt: skip

    def _grounds(self) -> dict[str, Any] | None:
        why = self.grounds
        if why is None:
            return None
        until = why.retain_until.isoformat() if why.retain_until else None
        return {"purpose": why.purpose, "lawful_basis": why.basis, "sensitive_basis": why.sensitive_basis,
                "consent_text": why.consent_text_id, "retain_until": until}  # fmt: skip

    def to_text(self, language: str | None = None, *, most: int = 40) -> str:
        """The report for a terminal, in one language or in both: the sentence, the columns, the first problems."""
        lines = [_said(self.told, language), *self._facts(language)]
        # What was refused comes first: it must not be buried under what was mended.
        urgent = sorted(self.entries, key=lambda entry: entry.problem.level != "error")
        lines += [_line(entry, language) for entry in urgent[:most]]
        if len(self.entries) > most:
            more = len(self.entries) - most
            told = Text(f"… อีก {more:,} รายการ (ดูทั้งหมดด้วย --report)", f"… {more:,} more (all with --report)")
            lines.append(_said(told, language))
        return "\n".join(lines)

    def _facts(self, language: str | None) -> Iterator[str]:
        yield f"{self.file_name} · {self.driver} · {self.encoding}: {_said(self.encoding_reason, language)}"
        if self.crs:
            yield f"{self.crs} ({_said(self.crs_source, language)}) → WGS 84: {self.crs_operation}"
        if self.grounds:
            bases = [BASES[self.grounds.basis]]
            bases += [SENSITIVE_BASES[self.grounds.sensitive_basis]] if self.grounds.sensitive_basis else []
            yield f"{self.grounds.purpose} — {', '.join(_said(one, language) for one in bases)}"
        if self.counts.kinds:
            yield ", ".join(f"{_said(KINDS[kind], language)} {n:,}" for kind, n in self.counts.kinds.items())
        if self.counts.questions:
            asked = Text("รอให้คนตัดสินว่าอยู่แปลงใด", "wait for a person to say on which parcel they are")
            yield f"{self.counts.questions:,} {_said(asked, language)}"
        if self.used:
            yield ", ".join(f"{used.field} ← {used.column or repr(used.constant)}" for used in self.used)
        if self.unused:
            lead = _said(Text("คอลัมน์ที่ไม่ได้ใช้", "columns not used"), language)
            yield f"{lead}: {', '.join(self.unused)}"


_MARKS = {"error": "✗", "changed": "~", "warning": "!"}


def _said(told: Text, language: str | None) -> str:
    return told.in_language(language) if language else str(told)


def _line(entry: Entry, language: str | None) -> str:
    problem = entry.problem
    parts = [_MARKS.get(problem.level, "!")]
    if problem.row is not None:
        parts.append(f"{_said(Text('แถว', 'row'), language)} {problem.row}")
    parts += [problem.column] if problem.column else []
    parts.append(_said(problem.told, language))
    if problem.value is not None:
        parts.append(f"“{problem.value}”" + (f" → “{problem.became}”" if problem.became is not None else ""))
    if entry.rows > 1:
        parts.append(f"(×{entry.rows:,})")
    if problem.lon is not None and problem.lat is not None:
        parts.append(f"[{problem.lon:.5f}, {problem.lat:.5f}]")
    return " ".join(parts)
