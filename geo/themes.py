"""Themes: the ways in which one layer may be coloured, by a column of codes or by classes of a number.

A theme is seen by whoever sees its column. Its colours are told apart by those who see red and green alike, and where
there are more kinds than such colours, by hatching as well (`tests/taxmap/test_themes.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geo.codes import CodeList
from geo.errors import BadLayer, Text

UNSAID = Text("ไม่ระบุ", "Not stated")
UNSAID_COLOR = "#9aa5ab"
# For codes that nobody gave a colour; the script has the same (api/web/src/classes.ts).
MANY = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#76b7b2", "#edc948", "#9c755f", "#ff9da7", "#5b5b5b")
BUDDHIST_ERA = 543


@dataclass(frozen=True, kw_only=True)
class Band:
    """A class of a number: from `least` on, up to where the next band begins.

    Of a theme that is `relative`, `least` is by how much the number is below the greatest there is.
    """

    label: Text
    color: str
    least: float
    pattern: str | None = None


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One way to colour a layer: by the codes of the column `by`, or by `bands` of it, lowest first.

    With `relative` the bands say how far a number lies below the newest one (years of data). With `apart_from` the
    column is in no tile: from that zoom on a map asks which features lie in which band (`geo/store/banded.py`), and
    never for the number itself.
    """

    id: str
    title: Text
    by: str
    bands: tuple[Band, ...] = ()
    relative: bool = False
    apart_from: int | None = None
    note: Text | None = None

    def __post_init__(self) -> None:
        starts = [band.least for band in self.bands]
        if starts != sorted(set(starts)):
            raise BadLayer(f"theme {self.id}: bands begin lowest first, each somewhere else")
        if (self.relative or self.apart_from is not None) and not self.bands:
            raise BadLayer(f"theme {self.id}: needs bands")


@dataclass(frozen=True, kw_only=True)
class Class:
    """One line of a theme's legend: a `code`, or numbers from `least` up to and without `below` (None: no end).

    The class of what has no value, or a code that nobody knows, has the key "".
    """

    key: str
    label: Text
    color: str
    pattern: str | None = None
    code: str | None = None
    least: float | None = None
    below: float | None = None


def classes(theme: Theme, codes: CodeList | None, newest: int | None = None) -> tuple[Class, ...]:
    """The classes of a theme, the one without a value last; `newest` is what a relative theme counts back from."""
    if not theme.bands:
        found = _of_codes(codes)
    elif theme.relative:
        found = () if newest is None else _years(theme.bands, newest)
    else:
        found = _numbers(theme.bands)
    return (*found, Class(key="", label=UNSAID, color=UNSAID_COLOR, code=None if theme.bands else ""))


def _of_codes(codes: CodeList | None) -> tuple[Class, ...]:
    return tuple(
        Class(key=one.code, code=one.code, label=one.label, color=one.color or MANY[at % len(MANY)],
              pattern=one.pattern)
        for at, one in enumerate(codes.codes if codes else ())
    )  # fmt: skip


def _numbers(bands: Sequence[Band]) -> tuple[Class, ...]:
    ends: list[Any] = [band.least for band in bands[1:]]
    return tuple(
        Class(key=str(at), label=band.label, color=band.color, pattern=band.pattern, least=band.least, below=end)
        for at, (band, end) in enumerate(zip(bands, [*ends, None], strict=True))
    )


def _years(bands: Sequence[Band], newest: int) -> tuple[Class, ...]:
    """Newest first; a year after the newest is none that anybody should believe, and is told as not stated."""
    found = []
    for at, band in enumerate(bands):
        last = newest - int(band.least)
        first = newest - int(bands[at + 1].least) + 1 if at + 1 < len(bands) else None
        found.append(
            Class(key=str(at), label=_in_both_eras(band.label, first, last), color=band.color, pattern=band.pattern,
                  least=first, below=last + 1)
        )  # fmt: skip
    return tuple(found)


def _in_both_eras(label: Text, first: int | None, last: int) -> Text:
    def of(era: int) -> str:
        if first is None:
            return f"≤ {last + era}"
        return str(last + era) if first == last else f"{first + era}–{last + era}"

    return Text(f"{label.th} · พ.ศ. {of(BUDDHIST_ERA)}", f"{label.en} · {of(0)} (B.E. {of(BUDDHIST_ERA)})")
