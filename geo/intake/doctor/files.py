"""A file as a whole against the files before it: the same again, more or fewer rows, columns that came or went."""

from __future__ import annotations

from collections.abc import Iterator

from geo.errors import Text
from geo.intake.doctor.finding import Finding
from geo.intake.doctor.make import finding
from geo.intake.match import Matching
from geo.intake.open import Opened
from geo.people.grants import BANGKOK
from geo.store.known import Known

# The layers of the tax map: a file of one is of the whole town.
TAX_MAP = ("parcel", "building", "sign_board", "tax_zone", "tax_block", "tax_sheet")
JUMP = 0.2
# Of so few rows a fifth is one or two.
LEAST_ROWS = 20


def file_findings(file: Opened, matching: Matching, known: Known, *, rows: int | None = None) -> Iterator[Finding]:
    """The file as a whole against what is here; `rows` as they were counted, else as the file says."""
    same = next((one for one in known.loads if one.sha256 == file.sha256), None)
    if same is not None:
        day = same.loaded_at.astimezone(BANGKOK).date().isoformat()
        more = Text(f"({same.file_name} นำเข้าเมื่อ {day})", f"{same.file_name}, loaded on {day}")
        yield finding("identical-file", more, count=1, of="files", facts={"loaded_on": day})
    count = file.feature_count if rows is None else rows
    here = known.rows or 0
    if count is not None and here >= LEAST_ROWS and abs(count - here) > JUMP * here:
        yield _jump(count, here)
    if known.loads and known.loads[0].columns:
        yield from _columns(file, matching, known.loads[0].columns)


def _jump(count: int, here: int) -> Finding:
    change = count / here - 1
    more = Text(
        f"(ในไฟล์ {count:,} แถว ในระบบ {here:,} แถว {change:+.0%})",
        f"{count:,} in the file and {here:,} here, {change:+.0%}",
    )
    return finding("count-jump", more, count=abs(count - here), facts={"here": here, "in_file": count})


def _columns(file: Opened, matching: Matching, before: frozenset[str]) -> Iterator[Finding]:
    here = {name for name, _ in file.columns}
    for code, names in (
        ("field-removed", sorted(before - here)),
        ("new-public-candidate", sorted(set(matching.unused) & (here - before))),
    ):
        if names:
            listed = ", ".join(names[:20])
            yield finding(code, Text(f"({listed})", listed), count=len(names), of="columns", facts={"columns": names})
