"""How much of a filter is read: asked before anything else looks at it.

Anybody may send a filter, and what is small to write may be large to answer. The limits are far above what people and
programs write; each refusal names the one that was met.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from geo.errors import BadRequest

MOST_CHARACTERS = 100_000
MOST_LEVELS = 100
MOST_PARTS = 2_000
MOST_TOKENS = 5 * MOST_PARTS
MOST_VERTICES = 10_000
MOST_SHAPES = 50
MOST_WILDCARDS = 100
MOST_MENDED = 150
MOST_DIGITS = 100
# Numbers as large and as small as these take part; beyond them PostgreSQL's own types would run over.
LARGEST_EXPONENT = 150

_QUOTED = {
    "cql2-text": re.compile(r"'(?:[^'\\]|\\.|'')*'|\"[^\"]*\"", re.S),
    "cql2-json": re.compile(r'"(?:[^"\\]|\\.)*"', re.S),
}
_BRACKETS = re.compile(r"[()\[\]{}]")
# In JSON each operation opens two of them, and the coordinates of a multipolygon five.
_BRACKETS_A_LEVEL = {"cql2-text": 1, "cql2-json": 2}


def bad(th: str, en: str) -> BadRequest:
    """A filter that makes no sense, in words that name the parameter."""
    return BadRequest(f"filter: {th}", f"filter: {en}")


def short(text: str) -> str:
    """What somebody wrote, as far as an answer repeats it."""
    return text if len(text) <= 60 else f"{text[:60]}…"


def check_size(text: str, language: str) -> None:
    """Refuse what is too long or too deep to be read, and characters that no database takes."""
    if len(text) > MOST_CHARACTERS:
        raise bad(f"ยาวเกิน {MOST_CHARACTERS:,} ตัวอักษร", f"longer than {MOST_CHARACTERS:,} characters")
    level = deepest = 0
    for bracket in _BRACKETS.findall(_QUOTED[language].sub("", text)):
        level += 1 if bracket in "([{" else -1
        deepest = max(deepest, level)
    if deepest > MOST_LEVELS * _BRACKETS_A_LEVEL[language] + 5:
        raise too_deep()
    check_characters(text)


def check_characters(text: str) -> None:
    """Refuse what no UTF-8 text of PostgreSQL holds: NUL, and halves of a surrogate pair."""
    if "\x00" in text or any("\ud800" <= one <= "\udfff" for one in text):
        raise bad("มีอักขระที่ใช้ไม่ได้", "it holds a character that is none (NUL, or half of a surrogate pair)")


def too_deep() -> BadRequest:
    """The words for a filter that is nested too deep."""
    return bad(f"ซ้อนกันลึกเกิน {MOST_LEVELS} ชั้น", f"nested deeper than {MOST_LEVELS} levels")


@dataclass(kw_only=True)
class Budget:
    """What is left of the limits while one filter is read."""

    parts: int = MOST_PARTS
    vertices: int = MOST_VERTICES
    shapes: int = MOST_SHAPES
    mended: int = MOST_MENDED

    def take_part(self) -> None:
        """One more operation, property or value."""
        self.parts -= 1
        if self.parts < 0:
            raise bad(f"มีส่วนประกอบเกิน {MOST_PARTS:,} ส่วน", f"more than {MOST_PARTS:,} operations, names and values")

    def take_shape(self, vertices: int) -> None:
        """One more shape."""
        self.shapes -= 1
        if self.shapes < 0:
            raise bad(f"มีรูปเกิน {MOST_SHAPES} รูป", f"more than {MOST_SHAPES} shapes")
        self.take_vertices(vertices)

    def take_vertices(self, count: int) -> None:
        """So many more corners."""
        self.vertices -= count
        if self.vertices < 0:
            raise bad(f"รูปมีจุดรวมกันเกิน {MOST_VERTICES:,} จุด", f"shapes of more than {MOST_VERTICES:,} vertices together")

    def may_mend(self, vertices: int) -> bool:
        """Whether a shape that is not valid is small enough to be mended, with those before it."""
        self.mended -= vertices
        return self.mended >= 0
