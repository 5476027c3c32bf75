"""The properties of one feature as a program wrote them, judged by the columns they are for; all that is wrong at once.

Text is read as files are (Thai digits, Buddhist years, spellings of a code). A file's row is taken as well as may be
and its faults are told; whoever writes one feature can mend it, so that what cannot be read is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from geo.errors import Problem, Text
from geo.intake.seen import MOST_OF_A_VALUE
from geo.intake.values import Cell, number_cell, reader_of
from geo.layer import Field, Layer
from geo.store.read import plain

Handling = Literal["strict", "lenient"] | None
Doing = Literal["create", "replace", "update"]

MOST_OF_A_TEXT = 10_000
# Kept by a file with a word about it; here they are mended by whoever sent them.
_REFUSED = ("out-of-bounds",)
UNKNOWN = Text("ไม่มีช่องข้อมูลนี้", "there is no such property")
READ_ONLY = Text("ช่องนี้ระบบคำนวณเอง แก้ไม่ได้", "this is worked out here and cannot be set")
LEFT_OUT = Text("ช่องนี้ระบบคำนวณเอง จึงไม่ใช้ค่าที่ส่งมา", "this is worked out here; what was sent was left aside")
REQUIRED = Text("ต้องมีค่า", "a value is needed")
WRONG_TYPE = Text("ชนิดของค่าไม่ตรงกับช่องข้อมูล", "not the type of value that this holds")
BAD_TEXT = Text("มีอักขระที่ใช้ไม่ได้", "holds a character that is none")
TOO_LONG = Text(f"ยาวเกิน {MOST_OF_A_TEXT:,} ตัวอักษร", f"longer than {MOST_OF_A_TEXT:,} characters")
LARGEST_KEY = 2**63 - 1


@dataclass(kw_only=True)
class Draft:
    """What a feature is to become: plain columns, links by hand and the town where they are said, and the problems."""

    words: dict[str, Any] = field(default_factory=dict)
    links: dict[str, int | None] = field(default_factory=dict)
    town: str | None = None
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, code: str, told: Text, column: str | None = None, *, value: Any = None) -> None:
        """One more reason not to take it."""
        said = str(value)[:MOST_OF_A_VALUE] if isinstance(value, (str, int, Decimal)) else None
        self.problems.append(Problem(code=code, told=told, level="error", column=column, value=said))


def drafted(
    layer: Layer, shown: Collection[str], properties: Mapping[str, Any], *, doing: Doing, handling: Handling,
    present: Mapping[str, Any],
) -> Draft:  # fmt: skip
    """The properties as columns. `shown` are those that the writer sees; `present` holds the row as it is."""
    draft = Draft()
    for name, value in properties.items():
        if name not in shown:
            # A hidden column is refused with the words of one that does not exist.
            draft.refuse("unknown-property", UNKNOWN, name[:80])
        elif layer.fields[name].computed or layer.fields[name].measure:
            _leave(draft, name, value, present, handling)
        elif layer.fields[name].link:
            _link(draft, name, value, present)
        else:
            _word(draft, layer.fields[name], value, handling)
    if doing == "replace":
        for name in _replaceable(layer, shown):
            draft.words.setdefault(name, None)
    _check_required(draft, layer, doing)
    draft.town = draft.words.pop("municipality", None)
    return draft


def _replaceable(layer: Layer, shown: Collection[str]) -> list[str]:
    """The columns that become empty where a replacement leaves them out: nobody undoes what they cannot see."""
    return [
        name for name, words in layer.fields.items()
        if name in shown and words.imported and not words.measure and name != "municipality"
    ]  # fmt: skip


def _check_required(draft: Draft, layer: Layer, doing: Doing) -> None:
    told = {problem.column for problem in draft.problems}
    for name, words in layer.fields.items():
        column = layer.table.__table__.columns[name]
        if column.nullable or words.computed or name in told:
            continue
        if draft.words.get(name, None if doing != "update" or name in draft.words else "") is None:
            draft.refuse("required", REQUIRED, name)


def _leave(draft: Draft, name: str, value: Any, present: Mapping[str, Any], handling: Handling) -> None:
    """What is worked out here may be sent back as it was read."""
    same = plain(present.get(name))
    if value is None or _as_json(value) == _as_json(same):
        return
    if handling == "lenient":
        draft.problems.append(Problem(code="read-only", told=LEFT_OUT, level="changed", column=name))
    else:
        draft.refuse("read-only", READ_ONLY, name)


def _as_json(value: Any) -> Any:
    return float(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else value


def _link(draft: Draft, name: str, value: Any, present: Mapping[str, Any]) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_KEY):
        draft.refuse("wrong-type", WRONG_TYPE, name)
    elif name not in present or value != present[name]:
        draft.links[name] = value
    else:
        draft.links.pop(name, None)


def _word(draft: Draft, words: Field, value: Any, handling: Handling) -> None:
    cell = _cell(words, value)
    draft.words[words.name] = cell.value
    if cell.code is None or cell.told is None:
        return
    lost = cell.level != "changed" and (cell.value is None or cell.code == "unknown-code")
    strict = handling == "strict" and cell.level != "changed"
    if lost or strict or (cell.code in _REFUSED and handling != "lenient"):
        draft.refuse(cell.code, _without_what_is_kept(cell.told), words.name, value=value)
    else:
        draft.problems.append(Problem(code=cell.code, told=cell.told, level=cell.level, column=words.name))


def _without_what_is_kept(told: Text) -> Text:
    """The words of a file's report without their end, which says what became of the value."""
    return Text(told.th.partition(" เก็บ")[0], told.en.partition("; kept")[0])


def _cell(words: Field, value: Any) -> Cell:
    if value is None:
        return Cell(None)
    if isinstance(value, bool):
        return Cell(value) if words.python_type is bool else Cell(None, "wrong-type", WRONG_TYPE)
    if isinstance(value, str):
        if len(value) > MOST_OF_A_TEXT:
            return Cell(None, "too-long", TOO_LONG)
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            return Cell(None, "bad-text", BAD_TEXT)
        return reader_of(words, None)(value)
    if not isinstance(value, (int, Decimal)):
        return Cell(None, "wrong-type", WRONG_TYPE)
    if words.codes is not None:
        return reader_of(words, None)(str(value)[:MOST_OF_A_TEXT])
    if words.python_type in (int, float, Decimal):
        return number_cell(Decimal(value), words)
    return Cell(None, "wrong-type", WRONG_TYPE)
