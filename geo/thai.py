"""Thai text as people type it: one form to compare, numbers and dates to compute with.

The raw text is always kept elsewhere. What stands here is pure, so that intake, search and the pages read
Thai the same way. Functions ending in `_all` take and give pyarrow arrays; they work once per distinct
value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute

from geo.thai_dates import DateOrder, Order, ReadDate, date_order, read_date, read_dates
from geo.thai_digits import western_digits

__all__ = [
    "DateOrder", "Number", "Order", "ReadDate", "date_order", "folded_header", "is_null_literal", "looks_mojibake",
    "mojibake_all", "normalised", "normalised_all", "null_literals_all", "number", "plain_all", "read_date",
    "read_dates", "read_number", "search_key", "search_key_all", "western_digits", "western_digits_all",
]  # fmt: skip

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

TONES = "\u0e48\u0e49\u0e4a\u0e4b"
MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"

# Anything that `_mended` would change; most cells have none of it and return at once.
_SUSPECT = re.compile(
    f"[^\x00-\x7f\u0e01-\u0e3a\u0e3f-\u0e5b]|เเ|\u0e4d|[เแโใไ][{TONES}]|\u0e33[{TONES}\u0e33]"
    f"|([{MARKS}])\\1|[\u0e48-\u0e4c][{MARKS}]|[\u0e38\u0e39]\u0e3a|[\x00-\x08\x0e-\x1f\x7f]"
)
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\xad\u200b-\u200f\u2060\ufeff]")
_SARA_AM_BEFORE_TONE = re.compile(f"\u0e33([{TONES}]+)")
_SPLIT_SARA_AM = re.compile(f"\u0e4d([{TONES}]*)\u0e32|([{TONES}]+)\u0e4d\u0e32")
_TONE_AFTER_LEADING_VOWEL = re.compile(f"([เแโใไ])([{TONES}]+)([ก-ฮ])")
_RUN_OF_MARKS = re.compile(f"[{MARKS}]{{2,}}")


class Number(NamedTuple):
    """A number as written: its value, and whether the writer said "about" (กว่า, ประมาณ)."""

    value: Decimal | None
    approximate: bool = False


def normalised(text: str) -> str:
    """The one form of a Thai text (DOMAIN 4.7): sara am composed, marks in order, whitespace squeezed.

    A no-break space becomes a space, not nothing: removing it would join two words.
    """
    if _SUSPECT.search(text) is not None:
        for _ in range(8):  # one mending can uncover another; real text settles in one or two rounds
            mended = _mended(text)
            if mended == text:
                break
            text = mended
    return " ".join(text.split())


def _mended(text: str) -> str:
    text = _INVISIBLE.sub("", text).replace("เเ", "แ")
    text = _SARA_AM_BEFORE_TONE.sub("\\1\u0e33", text)
    text = _SPLIT_SARA_AM.sub(lambda found: (found[1] or found[2] or "") + "\u0e33", text)
    text = re.sub("\u0e33{2,}", "\u0e33", text)
    text = _TONE_AFTER_LEADING_VOWEL.sub("\\1\\3\\2", text)
    text = _RUN_OF_MARKS.sub(_ordered_marks, text)
    return unicodedata.normalize("NFC", text)


def _ordered_marks(found: re.Match[str]) -> str:
    """Vowels before tones before the silencer, each once: `ก่ิ` and `กิิ่` are both กิ่."""
    return "".join(sorted(dict.fromkeys(found[0]), key=_place_in_a_run))


def _place_in_a_run(mark: str) -> int:
    # NFC moves pinthu (class 9) before sara u (103); standing there already keeps the result still.
    if mark == "\u0e3a":
        return 0
    return 1 if mark < "\u0e48" or mark == "\u0e4d" else 2


_PREFIXES = re.compile(r"^(?:ชุมชน|หมู่บ้าน|มัสยิด|วัด)\s*(?=\S)")


def search_key(text: str) -> str:
    """What two spellings of one name share: casefolded, prefix (วัด, ชุมชน …) stripped, ฎ/ฏ joined.

    No spaces.

    For finding only, never for telling places apart: วัด and ชุมชน of one name are two places.
    """
    key = western_digits(normalised(text)).casefold()
    while (shorter := _PREFIXES.sub("", key)) != key:
        key = shorter
    return re.sub(r"[\s\-.,'\"()/]+", "", key.replace("ฎ", "ฏ")) or key


_WORTH = {
    "ร้อย": 100, "พัน": 1_000, "หมื่น": 10_000, "แสน": 100_000, "ล้าน": 1_000_000,
    "ร้อยล้าน": 10**8, "พันล้าน": 10**9, "หมื่นล้าน": 10**10, "แสนล้าน": 10**11,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<about>ประมาณ|ราว|เกือบ|กว่า)?\s*฿?\s*(?P<sign>[+-]?)\s*฿?\s*"
    r"(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?P<part>\.[0-9]+|\.)?(?P<power>[eE][+-]?[0-9]{1,2})?"
    r"\s*(?P<over>กว่า|เศษ)?\s*(?P<worth>(?:ร้อย|พัน|หมื่น|แสน)?ล้าน|ร้อย|พัน|หมื่น|แสน)?\s*(?P<over2>กว่า|เศษ)?"
    r"\s*(?:บาท|฿|คน|ครัวเรือน|หลังคาเรือน|หลัง|แห่ง|ไร่)?\s*(?:\.-)?"
)


def read_number(text: str) -> Number:
    """`1,234.5`, `๒๐๐`, `3.5 แสนบาท`, `90 กว่าล้าน`; no value when it is not a number. Never raises."""
    found = _NUMBER.fullmatch(western_digits(normalised(text)))
    if found is None or not (found["digits"] or (found["part"] or ".") != "."):
        return Number(None)
    whole = (found["digits"] or "0").replace(",", "")
    part = (found["part"] or "").removesuffix(".")
    value = Decimal(f"{found['sign']}{whole}{part}{found['power'] or ''}")
    worth = _WORTH.get(found["worth"] or "", 1)
    return Number(value * worth, bool(found["about"] or found["over"] or found["over2"]))


def number(text: str) -> Decimal | None:
    """The value of `read_number`."""
    return read_number(text).value


_NULLS = frozenset({
    "", "-", "--", "---", "–", "—", ".", "none", "null", "<null>", "(null)", "nan", "n/a", "na", "#n/a",
    "nil", "undefined",
    "ไม่มี", "ไม่มีข้อมูล", "ไม่ระบุ", "ไม่ทราบ",
})  # fmt: skip


def folded_header(name: str) -> str:
    """A header as it is compared: Thai normalised, western digits, case folded, no spaces or underscores."""
    return re.sub(r"[\s_\-]+", "", western_digits(normalised(name)).casefold())


def is_null_literal(text: str) -> bool:
    """Whether a cell says "nothing" in words: blank, `-`, None, null, NaN, N/A, ไม่มีข้อมูล …

    `Nan` so written is the province, and no computer writes "not a number" that way.
    """
    return len(text) < 40 and text.strip() != "Nan" and normalised(text).casefold() in _NULLS


# What the bytes 80-BF, which end every Thai letter in UTF-8, look like when read as cp874.
_TAIL = "[\u0e01-\u0e1f\x80-\xa0€…‘’“”•–—\ufffd?]"
_UTF8_AS_THAI = re.compile(f"เ[ธน]{_TAIL}เ[ธน]|^.?เ[ธน][\x80-\xa0€…‘’“”•–—\ufffd]")
_UTF8_AS_LATIN = re.compile("à[¸¹]|ï»¿|â€[œ\x9d™˜¦“”]")
_THAI_AS_LATIN = re.compile("[\xa1-\xfb]{3,}")
_LOST = re.compile(r"\ufffd|^[\s?]*\?{3,}[\s?]*$")


def looks_mojibake(text: str) -> bool:
    """Whether a text was read with the wrong encoding (DOMAIN 10.7), without accusing เธอ or เนิน."""
    if text.isascii():
        return _LOST.search(text) is not None
    if _LOST.search(text) or _UTF8_AS_THAI.search(text) or _UTF8_AS_LATIN.search(text):
        return True
    return any(_is_thai_when_read_again(run) for run in _THAI_AS_LATIN.findall(text))


def _is_thai_when_read_again(run: str) -> bool:
    try:
        again = run.encode("latin-1").decode("cp874")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return False
    # A Thai word does not begin with a mark; `éèê` and `°°°` would.
    return len(set(run)) > 2 and re.match(f"[{MARKS}]", again) is None


# All that `normalised`, `is_null_literal` and `looks_mojibake` could act on, and some more, in the words that Arrow's
# regular expressions know: the characters, the blanks, the marks out of order, the leftovers of a wrong encoding.
_MARK_RANGE = [
    chr(one) for low, high in ((0x31, 0x31), (0x34, 0x3A), (0x47, 0x4E)) for one in range(0xE00 + low, 0xE01 + high)
]
_DOUBTFUL = "|".join(
    (
        "[^ -~\u0e01-\u0e3a\u0e3f-\u0e5b]", "^ ", " $", "  ", r"\?", "เเ", "\u0e4d", f"[เแโใไ][{TONES}]",
        f"\u0e33[{TONES}\u0e33]", *(mark * 2 for mark in _MARK_RANGE), f"[\u0e48-\u0e4c][{MARKS}]",
        "[\u0e38\u0e39]\u0e3a", "เ[ธน][\u0e01-\u0e1f]เ[ธน]",
    )
)  # fmt: skip


def plain_all(values: pa.Array[Any]) -> Any:
    """Mask: true where a cell is surely standard text already, so that no person's rule needs to read it.

    False says nothing: the cell may be fine or not. Nulls are true.
    """
    doubtful = compute.match_substring_regex(values, _DOUBTFUL)
    nothing = compute.is_in(compute.utf8_lower(values), pa.array(sorted(_NULLS), pa.string()))
    return compute.invert(compute.fill_null(compute.or_(doubtful, nothing), False))


def normalised_all(values: pa.Array[Any]) -> pa.Array[Any]:
    """`normalised` for a column."""
    return _text_by_value(values, normalised)


def search_key_all(values: pa.Array[Any]) -> pa.Array[Any]:
    """`search_key` for a column."""
    return _text_by_value(values, search_key)


def western_digits_all(values: pa.Array[Any]) -> pa.Array[Any]:
    """`western_digits` for a column."""
    return _text_by_value(values, western_digits)


def null_literals_all(values: pa.Array[Any]) -> Any:
    """Mask: true where the cell is a null literal (nulls themselves are false)."""
    return _mask_by_value(values, is_null_literal)


def mojibake_all(values: pa.Array[Any]) -> Any:
    """Mask: true where the cell looks like mojibake (nulls are false)."""
    return _mask_by_value(values, looks_mojibake)


def _text_by_value(values: pa.Array[Any], each: Callable[[str], str]) -> pa.Array[Any]:
    coded = _coded(values)
    answers = [each(value) for value in coded.dictionary.to_pylist()]
    return pa.array(answers, pa.string()).take(coded.indices)


def _mask_by_value(values: pa.Array[Any], each: Callable[[str], bool]) -> Any:
    coded = _coded(values)
    answers = pa.array([each(value) for value in coded.dictionary.to_pylist()], pa.bool_())
    return answers.take(coded.indices).fill_null(False)


def _coded(values: pa.Array[Any]) -> Any:
    return values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
