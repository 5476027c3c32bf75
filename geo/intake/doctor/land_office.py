"""The Land Department's monthly list of registered rights (ม.10): events about parcels, with their owners (DOMAIN 2.4).

It is no layer and is loaded nowhere yet: it is examined alone. Both forms of its headers are known (Thai, and
`REG_CODE …`); which number `REG_CODE` gives which event is **not confirmed**, so that codes are counted and called
unknown, while Thai words for an event are recognised. Nothing of a person is repeated: neither a name, a deed, nor a
13-digit number; wrong ones are told by their rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import md5
from pathlib import Path

import numpy as np
import pyarrow as pa

from geo.errors import RefusedImport, Text
from geo.intake.doctor.examine import refused
from geo.intake.doctor.finding import Examination, Finding, in_order
from geo.intake.doctor.look import WHOLE, Watch
from geo.intake.doctor.make import finding, shown_values
from geo.intake.load import LoadOptions, Progress
from geo.intake.open import Opened, opened
from geo.intake.refusals import refusal
from geo.intake.report import UsedColumn
from geo.store.known import Known
from geo.thai import DateOrder, folded_header, is_null_literal, looks_mojibake, read_date, read_number, western_digits

KIND = "land_office"
# Field → the headers it has in either form.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "event": ("REG_CODE", "REG_NAME", "ประเภทการจดทะเบียน", "ประเภทจดทะเบียน", "ประเภทนิติกรรม"),
    "registered_on": ("REG_DATE", "วันที่จดทะเบียน", "วันจดทะเบียน"),
    "baht": ("REG_AMT", "ราคาประเมิน", "ทุนทรัพย์", "จำนวนเงิน"),
    "deed": ("PARCEL_NO", "โฉนด", "เลขที่โฉนด"), "ns3": ("NS3A_NO", "น.ส.3ก"),
    "land": ("LAND_NO", "ที่ดิน", "เลขที่ดิน"), "survey": ("SURVEY_NO", "ห.สำรวจ", "หน้าสำรวจ"),
    "rai": ("RAI", "ไร่"), "ngan": ("NGAN", "งาน"), "wah": ("WA", "วา", "ตร.ว."), "part": ("SUBWA", "เศษ"),
    "person": ("OWN_PERS_ID", "13 หลัก", "เลขประจำตัวประชาชน"), "title": ("OWN_TITLE", "คำนำหน้า"),
    "first": ("OWN_FNAME", "ชื่อ"), "last": ("OWN_LNAME", "นามสกุล"), "state": ("สถานะดำเนินการ", "สถานะ"),
    "utm1": ("UTM_MAP1", "UTM1"), "utm2": ("UTM_MAP2", "UTM2"), "utm3": ("UTM_MAP3", "UTM3"),
    "utm4": ("UTM_MAP4", "UTM4"), "scale": ("UTM_SCALE", "มาตราส่วน"), "air1": ("UTM_AIRMAP1",),
    "air2": ("UTM_AIRMAP2",), "air3": ("UTM_AIRMAP3",),
}  # fmt: skip
# What tells the list from a tax-map file, which has some of the same columns.
TELLING = frozenset(("event", "registered_on", "person", "state", "title", "air1"))
# DOMAIN 2.1: the words of an event, the longer before those that they hold.
EVENTS: tuple[tuple[str, str], ...] = (
    ("โอนบางส่วน", "TRANSFER_PARTIAL"), ("บางส่วน", "TRANSFER_PARTIAL"), ("แบ่ง", "SPLIT"), ("รวม", "MERGE"),
    ("แก้ชื่อ", "OWNER_CORRECTION"), ("แก้เนื้อที่", "BOUNDARY_CHANGE"), ("สอบเขต", "BOUNDARY_CHANGE"),
    ("ยกเลิก", "RETIRED"), ("จำนอง", "ENCUMBRANCE"), ("ภาระ", "ENCUMBRANCE"), ("ออกโฉนด", "NEW"), ("แปลงใหม่", "NEW"),
    ("ซื้อขาย", "TRANSFER"), ("ขาย", "TRANSFER"), ("โอน", "TRANSFER"), ("มรดก", "TRANSFER"), ("ให้", "TRANSFER"),
)  # fmt: skip
_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}
_NO_OPTIONS = LoadOptions()
NOT_LOADED = Text(
    "บัญชี ม.10 ยังไม่ถูกนำเข้าที่ใด ใช้ตรวจและเทียบกับแปลงเท่านั้น",
    "the monthly list is not loaded anywhere yet: it is checked, and compared with the parcels",
)


def is_land_office(headers: Sequence[str]) -> bool:
    """Whether a file with these headers is the monthly list."""
    found = set(columns_of(headers))
    return len(found) >= 5 and len(found & TELLING) >= 2


def columns_of(headers: Sequence[str]) -> dict[str, str]:
    """Field to column."""
    by_name = {folded_header(header): header for header in reversed(headers)}
    matched = {
        field: next((by_name[key] for name in names if (key := folded_header(name)) in by_name), None)
        for field, names in HEADERS.items()
    }
    return {field: column for field, column in matched.items() if column is not None}


def examined_list(
    known: Known, path: Path, options: LoadOptions = _NO_OPTIONS, *, file_name: str | None = None,
    progress: Progress | None = None, cancelled: Callable[[], bool] | None = None,
) -> Examination:  # fmt: skip
    """Everything worth knowing of a monthly list (CSV or XLSX); Cancelled when stopped."""
    watch = Watch(progress=progress, cancelled=cancelled)
    watch.tell(0)
    try:
        with opened(path, file_name=file_name, encoding=options.encoding, layer=options.sheet) as file:
            return _examined(file, known, options, watch)
    except RefusedImport as fault:
        return refused(KIND, file_name or path.name, fault, options.municipality)


def _examined(file: Opened, known: Known, options: LoadOptions, watch: Watch) -> Examination:
    headers = [name for name, _ in file.columns]
    columns = columns_of(headers)
    if not is_land_office(headers):
        raise refusal(
            "not-a-land-office-list",
            f"{file.file_name} ไม่มีคอลัมน์ของบัญชี ม.10",
            f"{file.file_name} has not the columns of the Land Department's monthly list",
            choices=[Text(f"คอลัมน์ในไฟล์: {', '.join(headers[:60])}", f"columns found: {', '.join(headers[:60])}")],
        )
    cells = _cells(file, columns, watch)
    rows = len(next(iter(cells.values())))
    found = [*_problems(file), *_findings(cells, columns, known)]
    used = tuple(UsedColumn(field=field, column=column) for field, column in columns.items())
    unchecked = () if known.lots.any else (
        Text("ยังไม่มีแปลงในระบบ จึงไม่ได้เทียบกับแปลง", "there are no parcels here to compare it with"),)  # fmt: skip
    return Examination(
        kind=KIND, file_name=file.file_name, sha256=file.sha256, size=file.size, driver=file.driver,
        encoding=file.encoding, encoding_reason=file.encoding_reason, municipality=options.municipality, rows=rows,
        used=used, unused=tuple(name for name in headers if name not in columns.values()), findings=in_order(found),
        forms=_events(cells)[0], remarks=(NOT_LOADED,), unchecked=unchecked,
    )  # fmt: skip


def _cells(file: Opened, columns: Mapping[str, str], watch: Watch) -> dict[str, list[str]]:
    cells: dict[str, list[str]] = {field: [] for field in columns}
    progress = watch.part(0, WHOLE)
    for batch in file.attributes(sorted(set(columns.values()))):
        for field, column in columns.items():
            texts = batch.column(column).cast(pa.string()).to_pylist()
            cells[field] += ["" if text is None else text.strip() for text in texts]
        progress(len(next(iter(cells.values()))), file.feature_count)
    return cells


def _problems(file: Opened) -> Iterator[Finding]:
    for one in file.problems:
        made = finding(one.code, count=1, of="rows" if one.row else "files", level=one.level, title=one.told,
                       column=one.column, rows=np.array([one.row] if one.row else [], dtype=np.int64))  # fmt: skip
        yield replace(made, told=one.told)


def _findings(cells: Mapping[str, list[str]], columns: Mapping[str, str], known: Known) -> Iterator[Finding]:
    counted, unknown, codes = _events(cells)
    if unknown:
        values = shown_values(codes)
        yield finding("unknown-event", rows=_numbers(unknown), column=columns.get("event"), values=values,
                      facts={"events": dict(counted)})  # fmt: skip
    yield from _repeated(cells, columns)
    yield from _unreadable(cells, columns)
    if "person" in cells:
        wrong = [row for row, text in enumerate(cells["person"]) if text and not is_person_id(text)]
        if wrong:
            yield finding("bad-person-id", rows=_numbers(wrong), column=columns["person"])
    for field, texts in cells.items():
        for code, test in (("null-literal", is_null_literal), ("mojibake", looks_mojibake)):
            rows = [row for row, text in enumerate(texts) if text and test(text)]
            if rows:
                yield finding(code, rows=_numbers(rows), column=columns[field])
    yield from _unmatched(cells, known)


def _numbers(rows: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.asarray(rows, dtype=np.int64) + 1


def _events(cells: Mapping[str, list[str]]) -> tuple[Mapping[str, int], list[int], Mapping[str, int]]:
    """How many rows there are of each event, the rows whose event is unknown, and what stands there."""
    if "event" not in cells:
        return {}, [], {}
    counted: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    unknown: list[int] = []
    for row, text in enumerate(cells["event"]):
        event = event_of(text)
        counted[event or "UNKNOWN"] += 1
        if event is None:
            unknown.append(row)
            codes[text[:60] or "–"] += 1
    return dict(counted), unknown, codes


def event_of(text: str) -> str | None:
    """The event that a Thai word or one of our own codes means; None for a number nobody has explained."""
    if text in {code for _, code in EVENTS}:
        return text
    return next((code for word, code in EVENTS if word in text), None)


def is_person_id(text: str) -> bool:
    """Whether a 13-digit number has the right last digit (DOMAIN 4.3)."""
    digits = re.sub(r"[\s\-]", "", western_digits(text))
    if re.fullmatch("[0-9]{13}", digits) is None:
        return False
    total = sum(int(digit) * (13 - place) for place, digit in enumerate(digits[:12]))
    return (11 - total % 11) % 10 == int(digits[12])


def natural_keys(cells: Mapping[str, list[str]]) -> list[str]:
    """`UTM1|UTM2|UTM3|UTM4 (2 digits)|scale|land_no` of each row, "" where a part is missing.

    น.ส.3ก has an air photograph's numbers instead.
    """
    count = len(next(iter(cells.values())))
    deed = [cells.get(name, [""] * count) for name in ("utm1", "utm2", "utm3", "utm4", "scale", "land")]
    air = [cells.get(name, [""] * count) for name in ("air1", "air2", "air3", "land")]
    keys = []
    for row in range(count):
        parts = [column[row] for column in deed]
        parts[3] = parts[3].zfill(2) if parts[3] else ""
        flown = [column[row] for column in air]
        keys.append("|".join(parts) if all(parts) else "|".join(flown) if all(flown) else "")
    return keys


def _repeated(cells: Mapping[str, list[str]], columns: Mapping[str, str]) -> Iterator[Finding]:
    """The same registration of the same land by the same person twice."""
    keys = natural_keys(cells)
    if not any(keys) and "deed" in cells:
        keys = cells["deed"]
    lacking = [row for row, key in enumerate(keys) if not key]
    if lacking:
        yield finding("no-key", rows=_numbers(lacking), column=columns.get("land") or columns.get("deed"))
    whole = ["\x1f".join((keys[row], *(cells[name][row] for name in sorted(cells)))) if keys[row] else ""
             for row in range(len(keys))]  # fmt: skip
    several = {text for text, count in Counter(filter(None, whole)).items() if count > 1}
    rows = [row for row, text in enumerate(whole) if text in several]
    if rows:
        yield finding("duplicate-key", rows=_numbers(rows), facts={"repeats": len(rows) - len(several)})


def _unreadable(cells: Mapping[str, list[str]], columns: Mapping[str, str]) -> Iterator[Finding]:
    if "registered_on" in cells:
        days = {text: read_date(text, DateOrder()) for text in set(cells["registered_on"]) if text}
        bad = [row for row, text in enumerate(cells["registered_on"]) if text and days[text].value is None]
        if bad:
            yield finding("bad-date", rows=_numbers(bad), column=columns["registered_on"])
        era = [row for row, text in enumerate(cells["registered_on"])
               if text and days[text].value is not None and not days[text].was_buddhist]  # fmt: skip
        if era and len(era) < len(cells["registered_on"]) - len(bad):
            yield finding("mixed-years", rows=_numbers(era), column=columns["registered_on"])
    for field in ("baht", "rai", "ngan", "wah", "part"):
        texts = cells.get(field, [])
        bad = [row for row, text in enumerate(texts)
               if text and not is_null_literal(text) and read_number(text).value is None]  # fmt: skip
        if bad:
            yield finding("not-a-number", rows=_numbers(bad), column=columns[field])
    for field, limit in (("ngan", 4), ("wah", 100)):
        large = [row for row, text in enumerate(cells.get(field, [])) if (read_number(text).value or 0) >= limit]
        if large:
            yield finding("area-units", rows=_numbers(large), column=columns[field])


def _unmatched(cells: Mapping[str, list[str]], known: Known) -> Iterator[Finding]:
    if not known.lots.any:
        return
    keys, deeds = natural_keys(cells), cells.get("deed", [])
    lost, by_land, by_deed = [], 0, 0
    for row, key in enumerate(keys):
        if any(digest in known.lots.lands for digest in _land_digests(key)):
            by_land += 1
        elif row < len(deeds) and deeds[row] and _digest(f"deed|{deeds[row]}") in known.lots.deeds:
            by_deed += 1
        else:
            lost.append(row)
    more = Text(f"(พบด้วยระวางและเลขที่ดิน {by_land:,} ด้วยโฉนด {by_deed:,})",
                f"{by_land:,} were found by sheet and land number, {by_deed:,} by deed")  # fmt: skip
    if lost:
        yield finding("unmatched", more, rows=_numbers(lost), facts={"by_land": by_land, "by_deed": by_deed})


def _land_digests(key: str) -> Iterator[str]:
    """The digests under which a parcel may stand: its sheet with the quarter in Roman numbers or Arabic."""
    parts = key.split("|")
    if len(parts) != 6:
        return
    first, second, third, fourth, scale, land = parts
    for quarter in (second, _ROMAN.get(second, second)):
        for sheet in (f"{first}{quarter}{third}{fourth}", f"{first}{quarter}{third}", first):
            yield _digest(f"{re.sub('[^0-9A-Za-z]', '', sheet).upper()}|{scale}|{land}")


def _digest(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
