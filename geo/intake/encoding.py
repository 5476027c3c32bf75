"""Which encoding a file's text is in: decided by all of its bytes, once for the file (DOMAIN 10.7).

A `.cpg` is only a witness: Thai offices send cp874 with none, with a wrong one, or with a name GDAL does
not know (`OEM 874`). Two bytes can be Thai in cp874 and a letter in UTF-8 at once, so no single cell
decides.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from geo.errors import Problem, Text
from geo.intake.refusals import refusal

UTF8, CP874 = "UTF-8", "cp874"
MOST_LINE_BYTES = 1024**2
ROWS_AT_ONCE = 20_000
_DAMAGED_SHARE = 0.3
_WORDS = re.compile(rb"[\x80-\xff]+")

_ALIASES = {
    **dict.fromkeys(("utf8", "utf", "65001", "cp65001", "ansi65001", "oem65001", "utf8sig"), UTF8),
    **dict.fromkeys(
        ("874", "cp874", "oem874", "ansi874", "windows874", "win874", "ms874", "ibm874", "tis620",
         "tis6202533", "iso885911", "iso8859-11", "88591-1", "thai"), CP874),
    **dict.fromkeys(("1252", "cp1252", "ansi1252", "windows1252", "win1252"), "cp1252"),
    **dict.fromkeys(("88591", "iso88591", "latin1", "8859-1"), "ISO-8859-1"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The encoding, why, and what a person should know about it."""

    encoding: str
    reason: Text
    problems: tuple[Problem, ...] = ()


ALWAYS_UTF8 = Decision(encoding=UTF8, reason=Text("รูปแบบไฟล์นี้เป็น UTF-8 เสมอ", "this format is always UTF-8"))


@dataclass(frozen=True, kw_only=True)
class TextFacts:
    """What the non-ASCII cells of a file show, each distinct cell of a block counted once."""

    cells: int = 0
    utf8_bad: int = 0
    utf8_cut: int = 0
    utf8_thai: int = 0
    cp874_bad: int = 0
    cp874_thai: int = 0

    @property
    def is_utf8(self) -> bool:
        """Thai in UTF-8, but for some damaged cells that are no better in cp874.

        Bytes fall into whole UTF-8 letters by chance now and then, but not cell after cell.
        """
        damaged = self.utf8_bad <= self.utf8_thai * _DAMAGED_SHARE and self.cp874_bad >= self.utf8_bad
        return self.utf8_thai > 0 and (self.utf8_bad == 0 or damaged)

    @property
    def is_cp874(self) -> bool:
        """Mostly readable Thai in cp874, but for some damaged cells."""
        fine = self.cp874_bad <= self.cp874_thai * _DAMAGED_SHARE
        return fine and self.cp874_thai >= (self.cells - self.cp874_bad) / 2


def known_encoding(name: str) -> str | None:
    """The encoding somebody means by `OEM 874`, `TIS-620`, `65001` …; None when it is no encoding."""
    text = name.strip().strip("\ufeff\0 ").casefold()
    plain = "".join(letter for letter in text if letter.isalnum())
    if not plain:
        return None
    if plain in _ALIASES:
        return _ALIASES[plain]
    try:
        # To Python `hex` and `zip` are codecs too; this is for those of text alone.
        "".encode(text)
        return codecs.lookup(text).name
    except (LookupError, ValueError):
        return None


def asked_encoding(name: str) -> str:
    """The encoding a person asked for; RefusedImport when there is none of that name."""
    known = known_encoding(name)
    if known is None:
        raise refusal(
            "unknown-encoding",
            f"ไม่รู้จักรหัสอักขระ “{name[:40]}”",
            f"there is no encoding “{name[:40]}”",
            choices=(
                Text("--encoding cp874", "--encoding cp874"),
                Text("--encoding UTF-8", "--encoding UTF-8"),
            ),
        )
    return known


def decided(facts: TextFacts, *, asked: str | None = None, witness: str | None = None) -> Decision:
    """The encoding of a file.

    What was asked, else what the bytes show, with the `.cpg` (`witness`) as a candidate.
    """
    candidate = known_encoding(witness) if witness else None
    if asked is not None:
        chosen = asked_encoding(asked)
        told = Text(f"ใช้ {chosen} ตามที่สั่ง", f"{chosen}, as asked")
        return Decision(encoding=chosen, reason=told, problems=_damage(facts, chosen))
    chosen, reason = _by_bytes(facts, candidate)
    problems = _overruled(witness, candidate, chosen, facts) + _damage(facts, chosen)
    return Decision(encoding=chosen, reason=reason, problems=problems)


def _by_bytes(facts: TextFacts, candidate: str | None) -> tuple[str, Text]:
    if facts.cells == 0:
        return candidate or UTF8, Text("ไม่มีอักษรไทยในไฟล์ ใช้รหัสใดก็ได้", "no Thai letters in the file: any encoding does")
    if facts.is_utf8:
        return UTF8, Text("ไบต์ทั้งไฟล์อ่านเป็น UTF-8 ได้และเป็นภาษาไทย", "the bytes of the whole file are UTF-8 and Thai")
    if facts.is_cp874:
        return CP874, Text(
            "ไบต์ทั้งไฟล์ไม่ใช่ UTF-8 ภาษาไทย แต่อ่านเป็น cp874 (TIS-620) ได้ภาษาไทย",
            "the bytes of the whole file are no Thai UTF-8 and read as Thai in cp874 (TIS-620)",
        )
    if candidate is not None and candidate not in (UTF8, CP874):
        return candidate, Text(f"ใช้ {candidate} ตามไฟล์ .cpg", f"{candidate}, as its .cpg says")
    if facts.utf8_bad == 0:
        return UTF8, Text("ไบต์ทั้งไฟล์อ่านเป็น UTF-8 ได้", "the bytes of the whole file are UTF-8")
    raise refusal(
        "encoding-unknown",
        "อ่านตัวอักษรในไฟล์ไม่ออก ไม่ใช่ทั้ง UTF-8 และ cp874: บอกรหัสอักขระมาด้วย",
        "the letters in this file are neither UTF-8 nor cp874: say which encoding it is",
        choices=tuple(Text(f"--encoding {name}", f"--encoding {name}") for name in (CP874, UTF8, "cp1252")),
    )


def _overruled(witness: str | None, candidate: str | None, chosen: str, facts: TextFacts) -> tuple[Problem, ...]:
    if not witness or candidate == chosen or facts.cells == 0:
        return ()
    said = witness.strip()[:40]
    told = Text(
        f"ไฟล์ .cpg บอกว่า “{said}” แต่ไบต์ในไฟล์เป็น {chosen} จึงใช้ {chosen}",
        f"the .cpg says “{said}”, but the bytes are {chosen}: {chosen} was used",
    )
    return (Problem(code="encoding-overruled", told=told, value=said, became=chosen),)


def _damage(facts: TextFacts, chosen: str) -> tuple[Problem, ...]:
    found = []
    bad = {UTF8: facts.utf8_bad, CP874: facts.cp874_bad}.get(chosen, 0)
    if bad:
        told = Text(
            f"มีข้อความ {bad} แบบที่อ่านเป็น {chosen} ไม่ได้ทั้งหมด ส่วนที่เสียแสดงเป็น �",
            f"{bad} different texts cannot be read whole as {chosen}; what is damaged shows as �",
        )
        found.append(Problem(code="encoding-damaged", told=told))
    if chosen == UTF8 and facts.utf8_cut:
        told = Text(
            f"มีข้อความ {facts.utf8_cut} แบบที่ถูกตัดกลางตัวอักษรเพราะช่อง DBF เต็ม ตัวที่ขาดถูกตัดทิ้ง",
            f"{facts.utf8_cut} different texts were cut inside a letter by the width of the DBF field; "
            "the broken letter was left out",
        )
        found.append(Problem(code="text-cut", told=told, level="changed"))
    return tuple(found)


def facts_of(cells: Iterable[bytes], *, full_at: int | None = None) -> TextFacts:
    """What these cells show; `full_at` is the field's width, at which a letter may have been cut."""
    counted = bad = cut = thai = bad874 = thai874 = 0
    for cell in cells:
        if cell.isascii():
            continue
        counted += 1
        text, fault = _utf8(cell)
        was_cut = fault and full_at is not None and len(cell) == full_at and text is not None
        cut += bool(was_cut)
        bad += fault and not was_cut
        thai += any("\u0e01" <= letter <= "\u0e5b" for letter in text or "")
        readable = _is_thai_in_cp874(cell)
        bad874 += readable is None
        thai874 += bool(readable)
    return TextFacts(cells=counted, utf8_bad=bad, utf8_cut=cut, utf8_thai=thai, cp874_bad=bad874, cp874_thai=thai874)


def joined(facts: Iterable[TextFacts]) -> TextFacts:
    """The facts of several blocks together."""
    names = ("cells", "utf8_bad", "utf8_cut", "utf8_thai", "cp874_bad", "cp874_thai")
    every = list(facts)
    return TextFacts(**{name: sum(getattr(one, name) for one in every) for name in names})


def _utf8(cell: bytes) -> tuple[str | None, bool]:
    """The text, and whether something is wrong with it.

    A text with a fault is the one whose last letter is cut.
    """
    try:
        return cell.decode("utf-8"), False
    except UnicodeDecodeError as fault:
        if fault.reason == "unexpected end of data" and fault.start > 0:
            return cell[: fault.start].decode("utf-8"), True
        return None, True


def _is_thai_in_cp874(cell: bytes) -> bool | None:
    """Whether a cell reads as Thai in cp874; None when it cannot be read."""
    try:
        text = cell.decode("cp874")
    except UnicodeDecodeError:
        return None
    consonants = sum("ก" <= letter <= "ฮ" for letter in text)
    foreign = sum(not letter.isascii() for letter in text)
    return consonants * 3 >= foreign


def text_file_facts(path: Path, file_name: str) -> TextFacts:
    """The facts of a text file line by line; a line over a megabyte is no table of anything."""
    blocks: list[TextFacts] = []
    lines: set[bytes] = set()
    with path.open("rb") as file:
        while line := file.readline(MOST_LINE_BYTES + 1):
            if len(line) > MOST_LINE_BYTES:
                raise refusal(
                    "csv-long-line",
                    f"{file_name} มีบรรทัดยาวเกิน 1 MB",
                    f"{file_name} has a line of more than 1 MB",
                )
            if not line.isascii():
                lines.add(line)
            if len(lines) >= ROWS_AT_ONCE:
                blocks.append(facts_of(lines))
                lines = set()
    return joined([*blocks, facts_of(lines)])


def running_text_facts(path: Path) -> TextFacts:
    """The facts of a text file word by word, for those that may be one line from end to end."""
    blocks: list[TextFacts] = []
    words: set[bytes] = set()
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(MOST_LINE_BYTES):
            found = _WORDS.findall(rest + chunk)
            # A word at the end of the piece may go on in the next.
            rest = found.pop() if found and chunk[-1] >= 0x80 and len(found[-1]) < MOST_LINE_BYTES else b""
            words.update(found)
            if len(words) >= ROWS_AT_ONCE:
                blocks.append(facts_of(words))
                words = set()
    return joined([*blocks, facts_of(words | ({rest} if rest else set()))])


def in_utf8(path: Path, encoding: str, target: Path) -> None:
    """A copy of a text file in UTF-8; what cannot be read shows as U+FFFD."""
    with (
        path.open(encoding=encoding, errors="replace", newline="") as source,
        target.open("x", encoding="utf-8", newline="") as copy,
    ):
        while piece := source.read(MOST_LINE_BYTES):
            copy.write(piece)
