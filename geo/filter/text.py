"""CQL2 text into the structure of CQL2 JSON, so that one reader understands both.

Lark parses by a table and a stack of its own: however deep brackets go, Python's stack does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken

from geo.errors import BadRequest
from geo.filter.limits import MOST_TOKENS, bad, short

_NAMES = (
    r":_A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFE\u200C-\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_START, _PART = f"[{_NAMES}]", rf"[{_NAMES}.0-9\u0300-\u036F\u203F-\u2040]"
# Brackets in brackets in brackets, as a multipolygon has them; between them nothing but numbers.
_NUMBERS = r"[-+0-9.eE,\s]*"
_RING = rf"\({_NUMBERS}\)"
_RINGS = rf"\((?:{_NUMBERS}{_RING})*{_NUMBERS}\)"
_SIMPLE = rf"(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*Z?\s*\((?:{_NUMBERS}{_RINGS})*{_NUMBERS}\)"

# Names are written in any case, and are known by how CQL2 JSON writes them.
_CAMEL = {
    one.lower(): one
    for one in (
        "t_finishedBy", "t_metBy", "t_overlappedBy", "t_startedBy", "a_containedBy",
    )
}  # fmt: skip
_PREFIXES = ("s_", "t_", "a_")
_ESCAPES = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "'": "'", "\\": "\\"}
# What is no escape of CQL2 stays as it is: `\%` is for LIKE.
_ESCAPED = re.compile(r"''|\\(.)", re.S)


@dataclass(frozen=True)
class WrittenShape:
    """A shape as well-known text."""

    text: str


@dataclass(frozen=True)
class WrittenNumber:
    """The digits of a number."""

    text: str


@dataclass(frozen=True)
class Bracketed:
    """One thing in brackets: itself, or an array of one where an array is wanted."""

    inner: Any


def structure_of(text: str) -> Any:
    """What was written, as CQL2 JSON has it."""
    parsing = _parser().parse_interactive(text)
    try:
        for read, _ in enumerate(parsing.iter_parse()):
            if read > MOST_TOKENS:
                raise bad(f"มีคำและเครื่องหมายเกิน {MOST_TOKENS:,}", f"more than {MOST_TOKENS:,} words and signs")
        return parsing.feed_eof()  # type: ignore[no-untyped-call]  # Lark leaves it untyped
    except UnexpectedInput as error:
        raise _unreadable(text, error) from None


def _unreadable(text: str, error: UnexpectedInput) -> BadRequest:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return bad("จบก่อนจะครบ", "it ends too early")
    place = error.pos_in_stream or 0
    found = short(text[place : place + 20])
    return bad(f"อ่านไม่ได้ที่ตัวอักษรที่ {place + 1:,}: {found!r}", f"not CQL2 at character {place + 1:,}: {found!r}")


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("cql2.lark").read_text(encoding="utf-8")
    for name, put in (("SIMPLE", _SIMPLE), ("START", _START), ("PART", _PART)):
        grammar = grammar.replace(f"@{name}@", put)
    return Lark(grammar, parser="lalr", lexer="basic", transformer=_Structure(), maybe_placeholders=False)


def _operation(op: str, *args: Any) -> dict[str, Any]:
    return {"op": op, "args": list(args)}


class _Structure(Transformer[Token, Any]):
    """What each rule of the grammar means."""

    def either(self, parts: list[Any]) -> Any:
        return _operation("or", *parts)

    def both(self, parts: list[Any]) -> Any:
        return _operation("and", *parts)

    def negated(self, parts: list[Any]) -> Any:
        return _operation("not", *parts)

    def comparison(self, parts: list[Any]) -> Any:
        left, op, right = parts
        return _operation("".join(op.split()), left, right)

    def reckoning(self, parts: list[Any]) -> Any:
        left, op, right = parts
        return _operation(op.lower(), left, right)

    def like(self, parts: list[Any]) -> Any:
        return _operation("like", *parts)

    def between(self, parts: list[Any]) -> Any:
        return _operation("between", *parts)

    def among(self, parts: list[Any]) -> Any:
        return _operation("in", parts[0], parts[1:])

    def is_null(self, parts: list[Any]) -> Any:
        return _operation("isNull", *parts)

    def not_like(self, parts: list[Any]) -> Any:
        return _operation("not", self.like(parts))

    def not_between(self, parts: list[Any]) -> Any:
        return _operation("not", self.between(parts))

    def not_among(self, parts: list[Any]) -> Any:
        return _operation("not", self.among(parts))

    def is_not_null(self, parts: list[Any]) -> Any:
        return _operation("not", self.is_null(parts))

    def minus(self, parts: list[Any]) -> Any:
        _, value = parts
        if isinstance(value, WrittenNumber) and not value.text.startswith("-"):
            return WrittenNumber(f"-{value.text}")
        return _operation("*", WrittenNumber("-1"), value)

    def plus(self, parts: list[Any]) -> Any:
        return WrittenNumber(str(parts[1]))

    def number(self, parts: list[Any]) -> Any:
        return WrittenNumber(str(parts[0]))

    def words(self, parts: list[Any]) -> Any:
        return _ESCAPED.sub(_unescaped, parts[0][1:-1])

    def true(self, _: list[Any]) -> Any:
        return True

    def false(self, _: list[Any]) -> Any:
        return False

    def property(self, parts: list[Any]) -> Any:
        return {"property": str(parts[0])}

    def quoted(self, parts: list[Any]) -> Any:
        return {"property": str(parts[0][1:-1])}

    def shape(self, parts: list[Any]) -> Any:
        return WrittenShape(str(parts[0]))

    def bracketed(self, parts: list[Any]) -> Any:
        return Bracketed(parts[0])

    def array(self, parts: list[Any]) -> Any:
        return list(parts)

    def call(self, parts: list[Any]) -> Any:
        name, *args = parts
        lower = name.lower()
        if lower in ("date", "timestamp") and len(args) == 1:
            return {lower: args[0]}
        if lower in ("interval", "bbox"):
            return {lower: args}
        if lower.startswith(_PREFIXES) or lower in ("casei", "accenti"):
            return _operation(_CAMEL.get(lower, lower), *args)
        if lower in _RESERVED:
            raise bad(f"{name} ไม่ใช่ฟังก์ชัน", f"{name} is no function")
        return _operation(str(name), *args)


# What CQL2 JSON calls an operation, though CQL2 text writes it otherwise: as a function it would be another way in.
_RESERVED = ("and", "or", "not", "like", "between", "in", "isnull", "div", "property", "op", "args")


def _unescaped(found: re.Match[str]) -> str:
    if found[0] == "''":
        return "'"
    return _ESCAPES.get(found[1], found[0])
