"""Which column of a file probably feeds which field: by what was chosen before, by names, and by what is in it.

A proposal is shown and changed by a person. Where contents fit several fields, or several columns fit one, nothing is
proposed: the candidates are named and the officer is asked.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

import pyarrow.compute

from geo.errors import Text
from geo.intake.kinds import TEXT_TABLES
from geo.intake.match import found_by_name, may_be_fed, place_columns
from geo.intake.open import Opened
from geo.intake.parcel_codes import PARCEL_CODE
from geo.intake.values import FIRST_BUDDHIST_YEAR, is_year
from geo.layer import Field, Layer
from geo.thai import DateOrder, folded_header, is_null_literal, read_date, read_number, western_digits

REMEMBERED, NAME, CONTENTS, ASK, UNUSED = "remembered", "name", "contents", "ask", "unused"
LOOKED_AT_ROWS, LOOKED_AT_VALUES = 20_000, 2_000
LEAST_VALUES = 3
FITS = 0.9
SURE = 0.75
_NOTHING: Mapping[str, str] = MappingProxyType({})
_SCALES = frozenset(("250", "500", "1000", "2000", "4000", "5000", "10000", "50000"))

_KNOWN = Text("ชื่อคอลัมน์ตรงกัน", "its name is known")
_KNOWN_CUT = Text("ชื่อคอลัมน์ตรงกัน (ถูกตัดเหลือ 10 ตัว)", "its name, cut to ten letters, is known")
_DOUBTFUL = Text(
    "ชื่อตรงกัน แต่ค่าส่วนใหญ่ไม่ใช่แบบที่ควรเป็น โปรดตรวจ",
    "its name is known, but most of its values are not of that kind: please look",
)

Test = Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One column of the file, the field that it would feed (None: none, or ask), and why.

    `why` is "remembered", "name", "contents", "ask" (`candidates` fit and somebody must choose) or "unused".
    `confidence` is from 0 to 1; below `SURE` nothing is proposed.
    """

    column: str
    field: str | None
    why: str
    confidence: float
    told: Text
    candidates: tuple[str, ...] = ()


def proposals(layer: Layer, file: Opened, *, remembered: Mapping[str, str] = _NOTHING) -> tuple[Proposal, ...]:
    """One for each column, in file order. `remembered`: folded header → field, or → "" for a column left out before."""
    headers = [name for name, _ in file.columns]
    places = set(place_columns(headers)) if file.driver in TEXT_TABLES and file.geometry_type else set()
    values = _values(file)
    found: dict[str, Proposal] = {}
    taken: set[str] = set()
    for one in (*_remembered(layer, headers, remembered), *_named(layer, headers, file.driver, values)):
        if one.column not in found and (one.field is None or one.field not in taken):
            found[one.column] = one
            taken |= {one.field} if one.field else set()
    open_columns = [name for name in headers if name not in found and name not in places]
    for one in _by_contents(layer, open_columns, taken, values):
        found[one.column] = one
    return tuple(found.get(name) or _unused(name) for name in headers)


def mapping_of(made: Sequence[Proposal]) -> Mapping[str, str]:
    """Field to column, as LoadOptions.map takes it, of what is proposed."""
    return {one.field: one.column for one in made if one.field is not None}


def _unused(column: str) -> Proposal:
    told = Text("ไม่ตรงกับคอลัมน์ใดของชั้นข้อมูล จะไม่ถูกเก็บ", "fits no field of the layer; it will not be kept")
    return Proposal(column=column, field=None, why=UNUSED, confidence=0.0, told=told)


def _remembered(layer: Layer, headers: Sequence[str], remembered: Mapping[str, str]) -> Iterator[Proposal]:
    for header in headers:
        field = remembered.get(folded_header(header))
        if field is None or (field and (field not in layer.fields or not may_be_fed(layer, field))):
            continue
        told = Text("ตามที่เคยเลือกไว้ของเทศบาลนี้", "as this municipality chose before")
        yield Proposal(column=header, field=field or None, why=REMEMBERED, confidence=1.0, told=told)


def _named(
    layer: Layer, headers: Sequence[str], driver: str, values: Mapping[str, Sequence[str]]
) -> Iterator[Proposal]:
    """By name; a name whose contents cannot be what the field holds is less sure, and says so."""
    columns, problems = found_by_name(layer, headers, driver=driver)
    for field, header in columns.items():
        whole = any(folded_header(header) == folded_header(name) for name in (*_names(layer, field), field))
        confidence = 1.0 if whole else 0.9
        told = _KNOWN if whole else _KNOWN_CUT
        test = _test_of(layer.fields[field])
        if test is not None and len(values[header]) >= LEAST_VALUES and _share(values[header], test) < 0.5:
            confidence, told = 0.6, _DOUBTFUL
        yield Proposal(column=header, field=field, why=NAME, confidence=confidence, told=told)
    for problem in problems:
        if problem.column is not None:
            yield Proposal(column=problem.column, field=None, why=ASK, confidence=0.0, told=problem.told)


def _names(layer: Layer, field: str) -> tuple[str, ...]:
    words = layer.fields[field]
    return words.link.import_from if words.link else words.import_from


def _values(file: Opened) -> dict[str, Sequence[str]]:
    """Some of the distinct values of each column, as texts."""
    found: dict[str, dict[str, None]] = {name: {} for name, _ in file.columns}
    rows = 0
    for batch in file.attributes(size=LOOKED_AT_ROWS):
        for name, distinct in found.items():
            if len(distinct) < LOOKED_AT_VALUES:
                values = pyarrow.compute.unique(batch.column(name).drop_null())[:LOOKED_AT_VALUES]
                texts = (_written(value) for value in values.to_pylist())
                distinct |= dict.fromkeys(text for text in texts if not is_null_literal(text))
        rows += batch.num_rows
        if rows >= LOOKED_AT_ROWS:
            break
    return {name: list(distinct)[:LOOKED_AT_VALUES] for name, distinct in found.items()}


def _written(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return western_digits(str(value)).strip()


def _by_contents(
    layer: Layer, columns: Sequence[str], taken: set[str], values: Mapping[str, Sequence[str]]
) -> Iterator[Proposal]:
    free = {name: words for name, words in layer.fields.items() if name not in taken and may_be_fed(layer, name)}
    fits: dict[str, dict[str, float]] = {column: {} for column in columns}
    for column in columns:
        for name, words in free.items():
            # Of years and codes a file may hold one or two; of other things so few tell nothing.
            if len(values[column]) >= (1 if words.codes is not None or is_year(words) else LEAST_VALUES):
                test = _telling_test(name, words)
                if test is not None and (share := _share(values[column], test[0])) >= FITS:
                    fits[column][name] = share * test[1]
    area = _area_columns(columns, values) if {"rai", "ngan", "wah"} <= set(free) else {}
    for column, field in area.items():
        fits[column] = {field: 0.8}
    rivals = {name: [column for column in columns if name in fits[column]] for name in free}
    for column in columns:
        if fits[column]:
            yield _chosen(column, fits[column], rivals)


def _chosen(column: str, fits: Mapping[str, float], rivals: Mapping[str, Sequence[str]]) -> Proposal:
    """The only field that fits, if no other column fits it; else the candidates."""
    best = sorted(fits, key=lambda name: -fits[name])
    field = best[0]
    clear = len(best) == 1 or fits[field] - fits[best[1]] > 0.15
    if clear and len(rivals[field]) <= 1 and fits[field] >= SURE:
        told = Text("ค่าในคอลัมน์เป็นแบบของช่องนี้", "its values are of this field's kind")
        return Proposal(column=column, field=field, why=CONTENTS, confidence=round(fits[field], 2), told=told)
    told = Text("ค่าในคอลัมน์อาจเป็นของหลายช่อง โปรดเลือก", "its values would fit these fields; please choose")
    return Proposal(column=column, field=None, why=ASK, confidence=round(fits[field], 2), told=told,
                    candidates=tuple(best[:5]))  # fmt: skip


def _area_columns(columns: Sequence[str], values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Three columns side by side that hold rai, ngan (0 to 3, each of which occurs) and wah (many, below 100)."""
    for place in range(len(columns) - 2):
        rai, ngan, wah = columns[place : place + 3]
        whole, four, hundred = (_numbers(values[name]) for name in (rai, ngan, wah))
        if not (whole and four and hundred):
            continue
        if four == {0, 1, 2, 3} and max(hundred) < 100 and len(hundred) > 20 and all(one % 1 == 0 for one in whole):
            return {rai: "rai", ngan: "ngan", wah: "wah"}
    return {}


def _numbers(texts: Sequence[str]) -> set[Decimal]:
    """What these texts say, if all of them are numbers of something that may be measured."""
    found = [read_number(text).value for text in texts]
    return {one for one in found if one is not None} if all(one is not None and one >= 0 for one in found) else set()


def _share(texts: Sequence[str], test: Test) -> float:
    return sum(map(test, texts)) / len(texts) if texts else 0.0


def _telling_test(name: str, words: Field) -> tuple[Test, float] | None:
    """A test that says something of a column whose name says nothing, and how sure it makes one."""
    if words.pattern:
        return _like(words.pattern), 1.0
    if words.link is not None:
        return (
            (lambda text: re.fullmatch(PARCEL_CODE, text) is not None, 0.9)
            if words.link.code == "parcel_code"
            else None
        )
    if words.codes is not None:
        codes = words.codes
        return (lambda text: not text.isdigit() and codes.code_for(text) is not None), 0.9
    if is_year(words):
        return _is_year, 0.6
    return _BY_FIELD.get(name)


def _test_of(words: Field) -> Test | None:
    """What a field's values have to be at least."""
    if words.codes is not None:
        codes = words.codes
        return lambda text: codes.code_for(text) is not None
    if words.python_type in (int, float, Decimal):
        return lambda text: read_number(text).value is not None
    if words.python_type is dt.date:
        return lambda text: read_date(text, DateOrder()).value is not None or read_number(text).value is None
    return None


def _is_year(text: str) -> bool:
    year = int(text) if re.fullmatch("[0-9]{4}", text) else 0
    return 1950 <= year <= 2100 or FIRST_BUDDHIST_YEAR + 90 <= year <= FIRST_BUDDHIST_YEAR + 250


def _like(pattern: str) -> Test:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


_BY_FIELD: Mapping[str, tuple[Test, float]] = {
    "zone": (_like("0[1-9]|[1-4][0-9]"), 0.5),
    "block": (_like("(?:[0-9]{2})?[A-Z]"), 0.85),
    "lot": (_like("[0-9]{3}(?:/[0-9]{1,3}){0,3}"), 0.6),
    "map_sheet": (_like(r"[0-9]{4}\s*(?:I{1,3}|IV)\s*[0-9]{4}.*"), 1.0),
    "map_scale": (lambda text: re.sub(r"^1\s*[:/]\s*|,", "", text) in _SCALES, 0.9),
    "deed_no": (_like("(?:โฉนด(?:ที่ดิน)?(?:เลขที่)?|น\\.?ส\\.?\\s?[34].?)\\s*[0-9]{1,6}"), 0.85),
}  # fmt: skip
