"""A change in a sentence, in Thai and in English."""

from __future__ import annotations

from collections.abc import Sequence

from geo.errors import Text
from geo.shapes.measure import rai_ngan_wah

GROUPS = {
    "owner": Text("เจ้าของ", "owner"),
    "deed": Text("เอกสารสิทธิ์", "deed"),
    "area": Text("เนื้อที่ตามเอกสาร", "area on paper"),
    "use": Text("การใช้ประโยชน์", "use"),
    "value": Text("ราคาประเมิน", "value"),
    "address": Text("ที่อยู่", "address"),
    "other": Text("ข้อมูลอื่น", "other columns"),
}
_SENTENCES = {
    "ELSEWHERE": Text("รหัส {old} อยู่คนละที่กับปีก่อน", "the code {old} stands on other ground than before"),
    "REARRANGED": Text(
        "{olds} แปลงจัดรูปใหม่เป็น {news} แปลง: {old} → {new}", "{olds} parcels became {news} others: {old} → {new}"
    ),
    "SPLIT": Text("แบ่งแยก {old} เป็น {news} แปลง: {new}", "{old} was split into {news}: {new}"),
    "MERGE": Text("รวม {olds} แปลง ({old}) เป็น {new}", "{olds} parcels ({old}) were merged into {new}"),
    "BOUNDARY_CHANGE": Text("แนวเขตของ {new} เปลี่ยน", "the boundary of {new} changed"),
    "RECODED": Text("เปลี่ยนรหัส {old} เป็น {new} รูปแปลงเดิม", "{old} is now called {new}; its shape is the same"),
    "NEW": Text("แปลงใหม่ {new}", "new parcel {new}"),
    "RETIRED": Text("ไม่มีแปลง {old} แล้ว", "{old} is no longer there"),
    "MISSING": Text(
        "ไม่มี {old} ในไฟล์นี้ ซึ่งเป็นเพียงบางส่วนของเมือง", "{old} is not in this file, which is a part of the town only"
    ),
    "TRANSFER": Text("โอน {new}", "{new} was transferred"),
    "VALUES": Text("ข้อมูลของ {new} เปลี่ยน", "values of {new} changed"),
}  # fmt: skip
_DOUBTS = {
    "REPEATED_CODE": Text("รหัสนี้ซ้ำกันหลายแถว", "the code stands on several rows"),
    "CODE_ELSEWHERE": Text("รหัสนี้อยู่บนที่ดินอื่นด้วย", "a code of it stands on other ground in the other file"),
    "COVERED": Text("ที่ดินส่วนใหญ่ทับกับแปลงอื่น", "most of its ground is held by other parcels"),
    "AREA": Text("เนื้อที่รวมไม่ตรงกัน", "the areas do not sum"),
    "NO_SHAPE": Text("ไม่มีรูปแปลงให้เทียบ", "there is no shape to compare"),
}
_NO_CODE = Text("(ไม่มีรหัส)", "(no code)")
_MOST_CODES = 6


def told(
    kind: str, old: Sequence[str | None], new: Sequence[str | None], before: float, after: float,
    groups: Sequence[str], doubts: Sequence[str],
) -> Text:  # fmt: skip
    """The sentence of one change. It names codes and groups of columns, never what stands in a cell."""
    both = (
        _in_language("th", kind, old, new, before, after, groups, doubts),
        _in_language("en", kind, old, new, before, after, groups, doubts),
    )
    return Text(*both)


def _in_language(
    language: str, kind: str, old: Sequence[str | None], new: Sequence[str | None], before: float, after: float,
    groups: Sequence[str], doubts: Sequence[str],
) -> str:  # fmt: skip
    codes = {"old": _codes(language, old), "new": _codes(language, new), "olds": len(old), "news": len(new)}
    parts = [_SENTENCES[kind].in_language(language).format(**codes)]
    if kind == "BOUNDARY_CHANGE" and len(old) == 1 and old != new:
        parts.append(Text("เดิมรหัส {old}", "formerly {old}").in_language(language).format(**codes))
    if old and new and (area := _area(language, before, after)):
        parts.append(area)
    if groups:
        names = ", ".join(GROUPS[name].in_language(language) if name in GROUPS else name for name in groups)
        parts.append(f"{Text('เปลี่ยน', 'changed').in_language(language)}: {names}")
    parts += [_DOUBTS[name].in_language(language) for name in doubts]
    return (" · " if language == "th" else "; ").join(parts)


def _codes(language: str, keys: Sequence[str | None]) -> str:
    names = [_NO_CODE.in_language(language) if key is None else key for key in keys[:_MOST_CODES]]
    more = len(keys) - len(names)
    rest = Text(f"และอีก {more:,} แปลง", f"and {more:,} more").in_language(language)
    return ", ".join(names) + (f" {rest}" if more else "")


def _area(language: str, before: float, after: float) -> str:
    """Both areas, when both are known and differ by what a deed would show."""
    if before != before or after != after or round(before / 4, 1) == round(after / 4, 1):
        return ""
    unit = Text("ไร่-งาน-ตร.ว.", "rai-ngan-wah").in_language(language)
    return f"{_thai_area(before)} → {_thai_area(after)} {unit}"


def _thai_area(square_metres: float) -> str:
    return str(rai_ngan_wah(round(square_metres / 4, 1) * 4))
